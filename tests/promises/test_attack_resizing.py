"""A picture that shows one person at the size it is looked at, and another in the few pixels that a warp reads."""

import cv2
import numpy as np
import pytest

from consent.errors import Refusal
from models.age import AgeEstimator
from models.faces import similarity, warped
from models.identity import PLACES, Recogniser
from tests.promises.stage import draw, finder, photo

BLOCK = 5
"""Pixels of the picture for one that the detector looks at: 3200 of 640."""


def large(name):
    return cv2.resize(draw(name, seed=5, size=(960, 720)), (3200, 2400), interpolation=cv2.INTER_CUBIC)


def read_by(warp, side, shape):
    """(H, W) the pixels that a bilinear warp alone would read."""
    back = cv2.invertAffineTransform(warp)
    places = np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).reshape(-1, 2) @ back[:, :2].T + back[:, 2]
    read = np.zeros(shape[:2], bool)
    for across in (0, 1):
        for down in (0, 1):
            x, y = (np.floor(places) + np.array([across, down])).astype(int).T
            inside = (x >= 0) & (y >= 0) & (x < shape[1]) & (y < shape[0])
            read[y[inside], x[inside]] = True
    return read


def hidden(shown, secret, read):
    """`shown`, with `secret` in the pixels that are read, made up for in the pixels round them: the detector's own
    reduced picture stays what it was, and so do its points."""
    rows, columns = (np.flatnonzero(read.any(axis)) for axis in (1, 0))
    part = tuple(np.s_[v[0] // BLOCK * BLOCK : (v[-1] // BLOCK + 1) * BLOCK] for v in (rows, columns))
    wanted, read = shown[part].astype(np.float32), read[part]
    height, width = read.shape[0] // BLOCK, read.shape[1] // BLOCK
    inside = np.where(read[..., None], secret[part].astype(np.float32), wanted)
    free = np.maximum((~read).reshape(height, BLOCK, width, BLOCK).sum((1, 3)), 1)
    for _ in range(6):
        excess = (inside - wanted).reshape(height, BLOCK, width, BLOCK, 3).sum((1, 3)) / free[..., None]
        inside -= np.where(read[..., None], 0, np.repeat(np.repeat(excess, BLOCK, 0), BLOCK, 1))
        inside = np.clip(inside, 0, 255)
    out = shown.copy()
    out[part] = np.round(inside)
    return out


@pytest.fixture(scope="module")
def trap():
    """A stranger's picture with Ada's face in every pixel that a plain warp to the recogniser's crop reads."""
    stranger, mine = large("bram"), large("ada")
    theirs, own = finder().find(stranger)[0], finder().find(mine)[0]
    size = (stranger.shape[1], stranger.shape[0])
    over = cv2.warpAffine(mine, similarity(own.points, theirs.points), size, borderMode=cv2.BORDER_REPLICATE)
    return stranger, hidden(stranger, over, read_by(similarity(theirs.points, PLACES), 112, stranger.shape))


def read_as(image, face):
    """Who a face is to the recogniser by a plain warp: (128,), unit length."""
    chip, recogniser = cv2.warpAffine(image, similarity(face.points, PLACES), (112, 112)), Recogniser()
    vector = recogniser._run(chip) + recogniser._run(np.ascontiguousarray(chip[:, ::-1]))
    return vector / np.linalg.norm(vector)


def test_the_trap_is_one(trap):
    """Looked at, it is the stranger; read by a plain warp, it is Ada."""
    stranger, picture = trap
    small = [cv2.resize(p, (640, 480), interpolation=cv2.INTER_AREA).astype(int) for p in (stranger, picture)]
    assert np.abs(small[0] - small[1]).mean() < 0.1
    face = finder().find(picture)[0]
    assert read_as(picture, face) @ read_as(large("ada"), finder().find(large("ada"))[0]) > 0.8
    assert read_as(picture, face) @ read_as(stranger, face) < 0.5


def test_nobody_passes_by_the_pixels_that_a_warp_reads(ada, trap):
    with pytest.raises(Refusal, match=r"not-you|looks-under-age"):
        ada.match(photo(trap[1]))


def test_the_trap_changes_no_score_and_no_age(trap):
    faces = [finder().find(picture)[0] for picture in trap]
    shown, trapped = (Recogniser().embed(picture, face) for picture, face in zip(trap, faces, strict=True))
    assert float(shown @ trapped) > 0.98
    years = [AgeEstimator().years(picture, face) for picture, face in zip(trap, faces, strict=True)]
    assert abs(years[0] - years[1]) < 3


@pytest.mark.parametrize("pitch", [1.5, 2.0, 3.7, 13.0])
def test_every_pixel_of_a_face_counts_in_its_crop(pitch):
    """Whichever pixels are bright, together they give the crop its brightness: none is left out."""
    side = 112
    image = np.zeros((round(side * pitch) + 20, round(side * pitch) + 20, 3), np.uint8)
    rng = np.random.default_rng(3)
    bright = rng.random(image.shape[:2]) < 0.5
    image[bright] = 255
    into = np.array([[1 / pitch, 0, -10 / pitch], [0, 1 / pitch, -10 / pitch]])
    skipped = ~read_by(into, side, image.shape)
    crop = warped(image, 2 * into, 2 * side)[:, :, 0].mean() / 255
    without = image.copy()
    without[skipped] = 0
    assert abs(crop - 0.5) < 0.02
    if pitch > 2:
        assert warped(without, 2 * into, 2 * side).mean() / 255 < 0.5 * 1.1 * (1 - skipped.mean()) + 0.02


@pytest.mark.parametrize("name", ["ada", "bram", "chima"])
@pytest.mark.parametrize("size", [(480, 360), (960, 720)])
def test_ordinary_pictures_are_seen_as_before(name, size):
    pixels = draw(name, seed=5, size=size)
    face = finder().find(pixels)[0]
    cosine = float(read_as(pixels, face) @ Recogniser().embed(pixels, face))
    assert cosine > (0.995 if size[0] < 500 else 0.97)
