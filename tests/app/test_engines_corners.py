"""A lent mouth: what gleams in its corners alone is put in the shade, a row of teeth stays."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from app.engines._corners import shaded
from models.topology import CANONICAL, LIPS_INNER

WIDTH = 400.0


def open_mouth(gap=0.10):
    """The canonical face, `WIDTH` wide, its mouth open: (468, 2)."""
    flat = CANONICAL[:, :2] * (1, -1)
    mesh = (flat - flat[13]) / np.ptp(flat[:, 0]) * WIDTH + (100, 60)
    lower = [i for i in LIPS_INNER if mesh[i, 1] > mesh[[78, 308], 1].mean() and i not in {78, 308}]
    mesh[lower, 1] += gap * WIDTH
    return mesh


def drawn(places, mesh, bright=220.0):
    """A dark red inside with small bright spots."""
    picture = np.full((160, 200, 3), (70.0, 40.0, 40.0), np.float32)
    for x, y in places:
        picture[round(y) - 3 : round(y) + 4, round(x) - 3 : round(x) + 4] = bright
    return picture


def corners(mesh):
    middle = (mesh[78] + mesh[308]) / 2
    return [middle + 0.85 * (mesh[i] - middle) + (0, 5) for i in (78, 308)]


def test_lone_corners_lie_in_the_shade():
    mesh = open_mouth()
    picture = drawn(corners(mesh), mesh)
    out = shaded(picture, mesh, WIDTH)
    for x, y in np.round(corners(mesh)).astype(int):
        assert out[y, x].mean() < 0.6 * picture[y, x].mean()
    x, y = np.round((mesh[13] + mesh[14]) / 2).astype(int)
    assert (out[y, x] == picture[y, x]).all()
    assert (out[:20] == picture[:20]).all()  # nothing off the mouth


def test_a_row_of_teeth_stays():
    mesh = open_mouth()
    picture = drawn(corners(mesh), mesh)
    lip = np.round(mesh[[78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308]] + (0, 5)).astype(np.int32)
    cv2.polylines(picture, [lip], isClosed=False, color=(220.0, 220.0, 220.0), thickness=9)
    assert np.abs(shaded(picture, mesh, WIDTH) - picture).max() < 3


@pytest.mark.parametrize("gap", [-0.02, 0.0])
def test_lips_that_touch_stay(gap):
    mesh = open_mouth(gap)
    picture = drawn(corners(mesh), mesh)
    assert shaded(picture, mesh, WIDTH) is picture
