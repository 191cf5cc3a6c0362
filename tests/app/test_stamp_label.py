import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ImageFont

from app import codec
from app.stamp import label
from app.stamp.matching import contrast
from app.stamp.plate import plate
from app.stamp.statement import PURPOSES
from consent.errors import Fault
from tests.app.stamp_helpers import picture

SIZES = [(128, 128), (128, 400), (400, 128), (200, 150), (256, 256), (640, 480), (480, 640), (1080, 1920), (1920, 1080)]
LANGUAGES = ["en", "zh"]
KINDS = [(purpose, demo) for purpose in ("swap", "age", "express") for demo in (False, True)]


def drawn(width, height, purpose="swap", *, demo=False, face=None, language="en"):
    return label.draw(picture(width, height), label.lines(purpose, demo=demo, language=language), face)


def jpeg50(pixels):
    return codec.decode(codec.encode(pixels, "jpeg", 50))


def halved(pixels):
    return cv2.resize(pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)


def plate_of(pixels):
    found = label.find(pixels)
    assert found is not None
    x, y, width, height = found.box
    return pixels[y : y + height, x : x + width]


def by_turns(sizes):
    """Every size in both languages with two kinds each, so that all kinds come in all of them."""
    return [
        (size, language, *KINDS[(number + turn) % len(KINDS)])
        for number, size in enumerate(sizes)
        for turn, language in enumerate((*LANGUAGES, *LANGUAGES))
    ]


@pytest.mark.parametrize(("size", "language", "purpose", "demo"), by_turns(SIZES))
def test_found_in_every_size_for_every_kind_after_jpeg_50(size, language, purpose, demo):
    pixels = drawn(*size, purpose, demo=demo, language=language)
    for seen in (pixels, jpeg50(pixels)):
        found = label.find(seen)
        assert (found.purpose, found.demo, found.language) == (purpose, demo, language)
        assert found.score > 0.985
        x, y, width, height = found.box
        assert x >= 0 <= y
        assert x + width <= size[0]
        assert y + height <= size[1]


HALVED = [(256, 256), (300, 262), (333, 411), (480, 640), (1111, 777), (1920, 1080)]


@pytest.mark.parametrize(("size", "language", "purpose", "demo"), by_turns(HALVED))
def test_found_in_half_the_size_and_after_jpeg_50_of_that(size, language, purpose, demo):
    """256 is the smallest: of a smaller picture, half is too small to look for a label in."""
    whole = drawn(*size, purpose, demo=demo, language=language)
    for seen in (halved(whole), jpeg50(halved(whole)), halved(jpeg50(whole))):
        found = label.find(seen)
        assert (found.purpose, found.demo, found.language) == (purpose, demo, language)
        assert found.score > 0.84
        true = np.array(label.find(whole).box) / 2
        assert np.abs(np.array(found.box) - true).max() <= 2 + 0.02 * true[2]


@pytest.mark.parametrize("purpose", [name for name in PURPOSES if "+" in name])
@pytest.mark.parametrize("demo", [False, True])
@pytest.mark.parametrize("language", LANGUAGES)
def test_several_things_at_once_have_their_own_words(language, demo, purpose):
    for size in ((128, 128), (256, 256), (640, 480)):
        whole = drawn(*size, purpose, demo=demo, language=language)
        for seen in (whole, jpeg50(whole), *([halved(whole)] if size[0] >= 256 else [])):
            found = label.find(seen)
            assert (found.purpose, found.demo, found.language) == (purpose, demo, language)


@pytest.mark.parametrize("share", [0.9, 0.73, 0.61])
@pytest.mark.parametrize("language", LANGUAGES)
def test_found_when_made_smaller_by_any_share(language, share):
    small = cv2.resize(
        drawn(640, 480, "age", language=language), None, fx=share, fy=share, interpolation=cv2.INTER_AREA
    )
    assert label.find(small).purpose == "age"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("width", "height"), [(4000, 3000), (4320, 7680)])
def test_large_pictures(width, height, language):
    canvas = np.full((height, width, 3), 120, np.uint8)
    words = label.lines("express", demo=True, language=language)
    pixels = label.draw(canvas, words, (1000.0, 500.0, 1500.0, 1500.0))
    found = label.find(pixels)
    assert (found.purpose, found.demo, found.language) == ("express", True, language)
    assert capitals(plate_of(pixels)) >= 0.05 * min(width, height)


def capitals(plate):
    """Height in rows of the first line of text: its first run of rows with ink of enough contrast."""
    rows = plate.max(axis=(1, 2)) >= 149
    first = int(np.argmax(rows))
    return int(np.argmin(rows[first:]))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", SIZES)
def test_letters_are_five_per_cent_of_the_shorter_side(size, language):
    pixels = drawn(*size, language=language)
    assert capitals(plate_of(pixels)) >= 0.05 * min(size)
    cap = label.cap_height(size[1], size[0], language)
    assert capitals(np.dstack([plate(("AI",), cap)] * 3)) >= max(0.05 * min(size), 7)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", SIZES)
def test_contrast(size, language):
    piece = plate_of(drawn(*size, language=language))
    assert (piece[0] == 0).all()
    assert (piece[:, 0] == 0).all()
    most = piece.max(axis=(1, 2))
    assert most.max() >= 230
    height = int(0.6 * len(most)) // 2
    inked = [float(row) for row in most[height:-height]]
    assert contrast(np.median(inked), 0) >= 7, "most rows of ink are bright enough"
    for letter in np.flatnonzero(piece.max(axis=(0, 2)) > 100):
        assert contrast(float(piece[:, letter].max()), 0) >= 3


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_ink_keeps_the_same_distance_from_all_edges(size, language):
    ink = plate_of(drawn(*size, "age", demo=True, language=language)).max(axis=2) > 100
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    gaps = [rows[0], ink.shape[0] - 1 - rows[-1], columns[0], ink.shape[1] - 1 - columns[-1]]
    assert min(gaps) >= 2
    assert max(gaps) - min(gaps) <= 2 + 0.04 * ink.shape[0]


def test_words():
    assert label.lines("swap", demo=False) == ("AI MODIFIED", "FACE SWAP")
    assert label.lines("age", demo=False) == ("AI MODIFIED", "AGE PREVIEW")
    assert label.lines("express", demo=True) == ("AI MODIFIED", "EXPRESSION PREVIEW", "DEMO PERSON")
    assert label.lines("swap", demo=False, language="zh") == ("AI合成", "换脸")
    assert label.lines("age", demo=False, language="zh") == ("AI合成", "年龄预览")
    assert label.lines("express", demo=True, language="zh") == ("AI合成", "表情预览", "演示人物")
    for wrong in ({"purpose": "undress"}, {"purpose": "swap", "language": "fr"}):
        with pytest.raises(Fault, match="no-such-label"):
            label.lines(**wrong, demo=False)


def test_the_font_has_every_letter():
    face = ImageFont.truetype("app/stamp/label.otf", 40)
    missing = face.getmask("\uffff").getbbox(), bytes(face.getmask("\uffff"))
    for language in LANGUAGES:
        for purpose, demo in KINDS:
            for letter in "".join(label.lines(purpose, demo=demo, language=language)).replace(" ", ""):
                assert (face.getmask(letter).getbbox(), bytes(face.getmask(letter))) != missing, letter


@pytest.mark.parametrize("size", [(640, 480), (480, 640), (256, 256)])
@pytest.mark.parametrize("corner", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_does_not_cover_a_face_in_a_corner(size, corner):
    wide, high = 0.45 * size[0], 0.6 * size[1]
    face = (corner[0] * (size[0] - wide), corner[1] * (size[1] - high), wide, high)
    x, y, width, height = label.find(drawn(*size, face=face)).box
    assert apart((x, y, width, height), face)


def test_a_face_that_fills_the_frame_still_gets_a_label_where_it_covers_least():
    found = label.find(drawn(300, 300, face=(-20.0, 40.0, 340.0, 400.0)))
    assert found.box[1] < 60, "only the top is (partly) free"


def apart(box, face):
    """Whether two boxes share no pixel."""
    (x, y, width, height), (left, top, wide, high) = box, face
    return x >= left + wide or x + width <= left or y >= top + high or y + height <= top


@given(
    st.integers(128, 420),
    st.integers(128, 420),
    st.tuples(*[st.floats(-500, 900)] * 2, *[st.floats(1, 900)] * 2),
    st.sampled_from(KINDS),
    st.sampled_from(LANGUAGES),
)
@settings(max_examples=80, deadline=None)
def test_any_size_and_face(width, height, face, kind, language):
    before = picture(width, height)
    text = label.lines(kind[0], demo=kind[1], language=language)
    after = label.draw(before, text, face)
    found = label.find(after)
    assert (found.purpose, found.demo, found.language) == (*kind, language)
    assert found.score == pytest.approx(1)
    x, y, wide, high = found.box
    outside = np.ones((height, width), bool)
    outside[y : y + high, x : x + wide] = False
    assert (after[outside] == before[outside]).all()
    assert x >= 0 <= y
    assert x + wide <= width
    assert y + high <= height
    if not apart(found.box, face):  # then no corner has room for it beside the face
        m = round(0.35 * label.cap_height(height, width, language))
        for u in (m, width - m - wide):
            for v in (m, height - m - high):
                assert not apart((u, v, wide, high), face)


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
