import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import codec
from app.stamp import label
from consent.errors import Fault
from tests.app.stamp_helpers import picture

SIZES = [(128, 128), (128, 400), (400, 128), (200, 150), (256, 256), (640, 480), (480, 640), (1080, 1920), (1920, 1080)]
KINDS = [(purpose, demo) for purpose, _ in label.PURPOSE_LINES for demo in (False, True)]


def drawn(width, height, purpose="swap", *, demo=False, face=None):
    return label.draw(picture(width, height), label.lines(purpose, demo=demo), face)


def plate_of(pixels):
    found = label.find(pixels)
    assert found is not None
    x, y, width, height = found.box
    return pixels[y : y + height, x : x + width]


@pytest.mark.parametrize(("purpose", "demo"), KINDS)
@pytest.mark.parametrize("size", SIZES)
def test_found_in_every_size_for_every_kind_after_jpeg_50(size, purpose, demo):
    pixels = drawn(*size, purpose, demo=demo)
    for seen in (pixels, codec.decode(codec.encode(pixels, "jpeg", 50))):
        found = label.find(seen)
        assert (found.purpose, found.demo) == (purpose, demo)
        assert found.score > 0.95
        x, y, width, height = found.box
        assert x >= 0 <= y
        assert x + width <= size[0]
        assert y + height <= size[1]


@pytest.mark.parametrize(("width", "height"), [(4000, 3000), (3000, 4000)])
def test_twelve_megapixels(width, height):
    canvas = np.full((height, width, 3), 120, np.uint8)
    pixels = label.draw(canvas, label.lines("express", demo=True), (1000.0, 500.0, 1500.0, 1500.0))
    found = label.find(pixels)
    assert (found.purpose, found.demo) == ("express", True)
    assert capitals(plate_of(pixels)) >= 150


def capitals(plate):
    """Height in rows of the first line of text: its first run of rows with bright ink."""
    rows = plate.max(axis=(1, 2)) > 100
    first = int(np.argmax(rows))
    return int(np.argmin(rows[first:]))


@pytest.mark.parametrize("size", SIZES)
def test_capitals_are_five_per_cent_of_the_shorter_side(size):
    assert capitals(plate_of(drawn(*size))) >= 0.05 * min(size)


@pytest.mark.parametrize("size", SIZES)
def test_contrast(size):
    plate = plate_of(drawn(*size))
    assert (plate[0] == 0).all()
    assert plate.max() >= 250
    assert label.contrast(255, 0) == pytest.approx(21)
    for row in plate.max(axis=(1, 2))[plate.max(axis=(1, 2)) > 100]:
        assert label.contrast(float(row), 0) >= 7


def test_contrast_ratio_by_the_book():
    assert label.contrast(0x76, 255) == pytest.approx(4.54, abs=0.01)
    assert label.contrast(0, 0) == 1


@pytest.mark.parametrize("size", SIZES)
def test_the_ink_keeps_the_same_distance_from_all_edges(size):
    ink = plate_of(drawn(*size, "age", demo=True)).max(axis=2) > 100
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    gaps = [rows[0], ink.shape[0] - 1 - rows[-1], columns[0], ink.shape[1] - 1 - columns[-1]]
    assert min(gaps) >= 2
    assert max(gaps) - min(gaps) <= 2 + 0.04 * ink.shape[0]


def test_words():
    assert label.lines("swap", demo=False) == ("AI MODIFIED", "FACE SWAP")
    assert label.lines("age", demo=False) == ("AI MODIFIED", "AGE PREVIEW")
    assert label.lines("express", demo=True) == ("AI MODIFIED", "EXPRESSION PREVIEW", "DEMO PERSON")
    with pytest.raises(Fault, match="no-such-label"):
        label.lines("undress", demo=False)


@pytest.mark.parametrize("size", [(640, 480), (480, 640), (256, 256)])
@pytest.mark.parametrize("corner", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_does_not_cover_a_face_in_a_corner(size, corner):
    wide, high = 0.45 * size[0], 0.6 * size[1]
    face = (corner[0] * (size[0] - wide), corner[1] * (size[1] - high), wide, high)
    x, y, width, height = label.find(drawn(*size, face=face)).box
    apart = x >= face[0] + wide or x + width <= face[0] or y >= face[1] + high or y + height <= face[1]
    assert apart


def test_a_face_that_fills_the_frame_still_gets_a_label_where_it_covers_least():
    found = label.find(drawn(300, 300, face=(-20.0, 40.0, 340.0, 400.0)))
    assert found.box[1] < 60, "only the top is (partly) free"


@given(
    st.integers(128, 420),
    st.integers(128, 420),
    st.tuples(*[st.floats(-500, 900)] * 2, *[st.floats(1, 900)] * 2),
    st.sampled_from(KINDS),
)
@settings(max_examples=60, deadline=None)
def test_any_size_and_face(width, height, face, kind):
    before = picture(width, height)
    after = label.draw(before, label.lines(kind[0], demo=kind[1]), face)
    found = label.find(after)
    assert (found.purpose, found.demo) == kind
    assert found.score == pytest.approx(1)
    x, y, wide, high = found.box
    outside = np.ones((height, width), bool)
    outside[y : y + high, x : x + wide] = False
    assert (after[outside] == before[outside]).all()


def test_draw_leaves_its_input_alone():
    before = picture()
    kept = before.copy()
    label.draw(before, label.lines("swap", demo=False), None)
    assert (before == kept).all()


def test_too_small_to_label():
    with pytest.raises(Fault, match="picture-too-small-to-label"):
        drawn(127, 300)
    assert label.find(picture(127, 300)) is None


@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_found_where_nothing_is(size):
    width, height = size
    noise = np.random.default_rng(3).integers(0, 256, (height, width, 3)).astype(np.uint8)
    for plain in (picture(*size), noise, np.zeros_like(noise), np.full_like(noise, 255)):
        assert label.find(plain) is None


def test_a_black_plate_without_text_or_with_other_words_is_no_label():
    pixels = drawn(300, 300)
    x, y, width, height = label.find(pixels).box
    blank = pixels.copy()
    blank[y : y + height, x : x + width] = 0
    assert label.find(blank) is None
    other = label.draw(picture(300, 300), ("NO CHANGES", "ORIGINAL X"), None)
    assert label.find(other) is None


def test_half_a_label_or_a_faint_one_is_no_label():
    pixels = drawn(300, 300)
    x, y, width, height = label.find(pixels).box
    half = pixels.copy()
    half[y : y + height // 2, x : x + width] = picture(300, 300)[y : y + height // 2, x : x + width]
    assert label.find(half) is None
    faint = pixels.copy()
    faint[y : y + height, x : x + width] = 100 + faint[y : y + height, x : x + width] // 8
    assert label.find(faint) is None
