"""What the swap does about light and about landmarks that are out by a little."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engines._align import alignment, moved
from app.engines._blend import oval
from app.engines._geometry import Box, Raster, normals, width_of
from app.engines._light import relight
from tests.app.engines_sketch import sketch

SEEN = sketch(width=180)
MESH = SEEN.face.mesh
WIDTH = width_of(MESH)
BOX = Box.around(MESH, 0.05 * WIDTH, SEEN.pixels.shape)
RASTER = Raster(MESH, BOX)
WEIGHT = oval(RASTER, WIDTH)
TURNED = RASTER.spread(normals(MESH))


def skin(seed):
    """Plain skin with pores: (H, W, 3)."""
    pores = np.random.default_rng(seed).normal(1, 0.03, (*BOX.shape, 1))
    return (np.array([190, 150, 125]) * pores).astype(np.float32)


def lit(surface, direction, strength):
    """The surface in the light of a lamp: brighter where it is turned that way."""
    toward = np.asarray(direction, np.float32) / max(np.linalg.norm(direction), 1e-6)
    return (surface * np.exp(strength * (TURNED @ toward))[..., None]).astype(np.float32)


@settings(max_examples=15, deadline=None)
@given(st.tuples(*[st.floats(-1, 1)] * 3), st.floats(-0.6, 0.6), st.floats(0.6, 1.3))
def test_skin_comes_to_stand_in_the_other_light(direction, strength, gain):
    source, target = skin(1), lit(skin(1), direction, strength) * np.float32(gain)
    off = np.abs(relight(source, target, WEIGHT, MESH, RASTER) - target)[WEIGHT > 0.5]
    assert off.mean() < 0.02 * target.mean()


@pytest.mark.parametrize("strength", [0.0, 0.4])
def test_a_beard_keeps_its_colour(strength):
    # a chin of dark, rough hair; with a local transfer it came out as bright as the skin that it is laid on
    height = np.arange(BOX.shape[0])[:, None]
    chin = (height > 0.72 * BOX.shape[0]) & (WEIGHT > 0.9)
    source, target = skin(1), lit(skin(2), (1, 0.3, -1), strength)
    hair = np.random.default_rng(3).uniform(20, 70, (*BOX.shape, 1)).astype(np.float32)
    source[chin] = (hair * np.array([1, 0.8, 0.7], np.float32))[chin]
    out = relight(source, target, WEIGHT, MESH, RASTER)
    assert out[chin].mean() < 0.5 * target[chin].mean()
    cheek = (height < 0.5 * BOX.shape[0]) & (WEIGHT > 0.9)
    assert abs(out[cheek].mean() / target[cheek].mean() - 1) < 0.04


def test_without_skin_in_sight_nothing_is_relit():
    none = np.zeros(BOX.shape, np.float32)
    assert np.abs(relight(skin(1), lit(skin(1), (1, 0, 0), 0.5), none, MESH, RASTER) - skin(1)).max() < 1e-2


@pytest.mark.parametrize("shift", [(2.0, -1.5), (-3.0, 2.0)])
def test_what_landmarks_miss_is_found(shift):
    fine = cv2.GaussianBlur(np.random.default_rng(4).uniform(0, 255, BOX.shape), (0, 0), 3)
    fine = ((fine - fine.mean()) * 6 + 128).astype(np.float32)
    move = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float32)
    shifted = cv2.warpAffine(fine, move, BOX.shape[::-1], borderMode=cv2.BORDER_REFLECT)
    x, y = np.meshgrid(np.arange(BOX.shape[1], dtype=np.float32), np.arange(BOX.shape[0], dtype=np.float32))
    target, warped = (np.repeat(one[..., None], 3, 2) for one in (fine, shifted))
    found = moved(np.dstack([x, y]), alignment(warped, target, WEIGHT, WIDTH))
    inside = WEIGHT > 0.9
    off = np.linalg.norm(found[inside] - np.dstack([x, y])[inside] - shift, axis=1)
    assert np.median(off) < 0.4


def test_a_face_that_lies_right_is_left_where_it_is():
    picture = np.repeat(skin(5)[..., :1], 3, 2)
    x, y = np.meshgrid(np.arange(BOX.shape[1], dtype=np.float32), np.arange(BOX.shape[0], dtype=np.float32))
    found = moved(np.dstack([x, y]), alignment(picture, picture, WEIGHT, WIDTH))
    assert np.abs(found - np.dstack([x, y])).max() < 0.1
