"""The invisible watermark: read again after what happens to pictures, never where there is none."""

import functools

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.stamp import watermark
from tests.people import Scene, person

IDS = st.integers(0, 2**32 - 1)


def scenery(seed, size=(520, 400)):
    """An invented picture: soft hills of colour, edges, and a little grain."""
    rng = np.random.default_rng(seed)
    picture = np.zeros((size[1], size[0], 3), np.float32)
    for coarse, strength in ((160, 80), (50, 35), (9, 10)):
        small = rng.standard_normal((size[1] // coarse + 2, size[0] // coarse + 2, 3)).astype(np.float32)
        picture += strength * cv2.resize(small, size, interpolation=cv2.INTER_CUBIC)
    for _ in range(6):
        x, y, r = (int(v) for v in rng.integers(20, 300, 3))
        cv2.circle(picture, (x, y), r // 3, [float(v) for v in rng.integers(-90, 90, 3)], -1)
    return np.clip(picture + 120 + rng.normal(0, 3, picture.shape), 0, 255).astype(np.uint8)


@functools.cache
def portrait():
    return person("ada").render(Scene())


def jpeg(picture, quality):
    packed = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.ascontiguousarray(cv2.imdecode(packed, cv2.IMREAD_COLOR)[..., ::-1])


def resized(picture, across, down=None, how=cv2.INTER_AREA):
    return cv2.resize(picture, None, fx=across, fy=down or across, interpolation=how)


def cropped(picture, share, at=(0.35, 0.6)):
    height, width = picture.shape[:2]
    rows, columns = round(height * (1 - share)), round(width * (1 - share))
    y, x = round((height - rows) * at[0]), round((width - columns) * at[1])
    return np.ascontiguousarray(picture[y : y + rows, x : x + columns])


def turned(picture, degrees):
    height, width = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    return cv2.warpAffine(picture, matrix, (width, height))


def lit(picture, gain):
    return np.clip(picture * np.float32(gain), 0, 255).astype(np.uint8)


CHANGES = {
    "nothing": lambda p: p,
    "JPEG 50": lambda p: jpeg(p, 50),
    "half the size": lambda p: resized(p, 0.5),
    "a quarter cropped": lambda p: cropped(p, 0.25),
    "darker": lambda p: lit(p, 0.7),
    "brighter": lambda p: lit(p, 1.2),
    "screenshot": lambda p: jpeg(cropped(resized(p, 0.83, how=cv2.INTER_LINEAR), 0.02), 80),
    "sent on": lambda p: jpeg(resized(p, 0.75), 70),
    "turned": lambda p: turned(p, 2),
    "turned and cropped": lambda p: jpeg(cropped(turned(p, -1), 0.1), 70),
    "wider": lambda p: resized(p, 1.03, 1),
    "narrower": lambda p: resized(p, 0.97, 1),
    "mirrored": lambda p: np.ascontiguousarray(p[:, ::-1]),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("draw", [portrait, lambda: scenery(5)], ids=["portrait", "scenery"])
def test_the_mark_is_read_after(change, draw):
    marked = watermark.embed(draw(), 0xC0FFEE42)
    mark = watermark.find(CHANGES[change](marked))
    assert mark is not None
    assert mark.ident == 0xC0FFEE42
    assert mark.place.mirrored == (change == "mirrored")


@settings(max_examples=15)
@given(IDS, st.integers(0, 10**6), st.integers(256, 900), st.integers(256, 900))
def test_any_id_in_any_size(ident, seed, width, height):
    marked = watermark.embed(scenery(seed, (width, height)), ident)
    mark = watermark.find(marked)
    assert mark is not None
    assert mark.ident == ident


@settings(max_examples=15)
@given(st.integers(0, 10**6), st.sampled_from([41.0, 43.0, 46.0]))
def test_it_is_as_faint_as_asked(seed, psnr):
    plain = scenery(seed, (420, 300))
    change = watermark.embed(plain, 7, psnr).astype(float) - plain
    assert 10 * np.log10(255**2 / np.mean(change**2)) == pytest.approx(psnr, abs=0.6)


def test_it_is_fainter_where_it_would_be_seen():
    plain = np.full((400, 400, 3), 128, np.uint8)
    plain[:, 200:] = np.random.default_rng(1).integers(90, 166, (400, 200, 1))
    change = np.abs(watermark.embed(plain, 7).astype(int) - plain).mean(2)
    assert change[:, :180].mean() < 0.6 * change[:, 220:].mean()


@settings(max_examples=6)
@given(st.integers(0, 10**6))
def test_nothing_is_read_where_nothing_is(seed):
    assert watermark.find(scenery(seed, (320, 256))) is None


def test_nothing_is_read_in_a_face_nobody_marked():
    assert watermark.find(portrait()) is None
    assert watermark.find(jpeg(cropped(portrait(), 0.2), 60)) is None


@pytest.mark.parametrize("picture", [
    np.zeros((64, 64, 3), np.uint8), np.full((300, 20, 3), 255, np.uint8), np.zeros((1, 1, 3), np.uint8),
    np.random.default_rng(0).integers(0, 256, (300, 300, 3), np.uint8),
], ids=["black", "narrow", "a pixel", "noise"])  # fmt: skip
def test_odd_pictures_hold_none(picture):
    assert watermark.find(picture) is None


@pytest.mark.parametrize("size", [(16383, 128), (128, 16383), (16383, 1000), (521, 64)])
def test_a_strip_is_neither_marked_nor_looked_at(size):
    """Brought to the canonical size it would take gigabytes, and more columns than OpenCV can warp."""
    strip = np.zeros((size[1], size[0], 3), np.uint8)
    strip[::3, ::3] = 200
    assert not watermark.fits(strip)
    assert watermark.find(strip) is None


def test_the_longest_picture_that_is_no_strip_is_marked_and_read():
    longest = scenery(4, (256 * watermark.LONGEST, 256))
    assert watermark.fits(longest)
    assert watermark.find(watermark.embed(longest, 77)).ident == 77


def test_a_second_mark_does_not_give_a_third_id():
    twice = watermark.embed(watermark.embed(portrait(), 1), 2)
    mark = watermark.find(twice)
    assert mark is None or mark.ident in {1, 2}


def test_a_wrong_bit_is_no_mark(monkeypatch):
    marked = watermark.embed(portrait(), 99)
    monkeypatch.setattr(watermark, "_coded", lambda ident: np.zeros(48, np.int64))
    assert watermark.find(marked) is None


def test_cells_are_found_again_in_a_part():
    marked = watermark.embed(scenery(9), 3)
    whole = watermark.cells(watermark.shrunk(marked))
    part = cropped(marked, 0.2, (0.0, 0.0))
    mark = watermark.find(part)
    seen = watermark.cells(watermark.shrunk(part), mark.place)
    rows, columns = seen.shape
    assert rows % watermark.CELLS == columns % watermark.CELLS == 0
    starts = ((y, x) for y in (0, watermark.CELLS) for x in (0, watermark.CELLS))  # the first tile may be cut
    apart = [np.nanmax(np.abs(seen[:8, :8] - whole[y : y + 8, x : x + 8])) for y, x in starts]
    assert min(apart) < 6
