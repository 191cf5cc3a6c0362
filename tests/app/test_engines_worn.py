"""Beards and glasses: a swap neither brings them nor takes them away, and never leaves half of one."""

from __future__ import annotations

from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from app.engines import _swap
from app.engines._beard import other_beard
from app.engines._geometry import Box, width_of
from app.engines._glasses import glasses, lines
from app.engines._shades import shade
from models.faces import Finder
from tests.bench_truth import other_day
from tests.people import Scene, person
from tests.people.cast import someone


def shot(who, **scene):
    pixels = who.render(Scene(distance=48.0, **scene))
    [face] = Finder().find(pixels)
    return SimpleNamespace(pixels=pixels, face=face)


@pytest.fixture(scope="module")
def pair():
    """The same man with a full beard, and shaven on another day."""
    return shot(person("bram")), shot(other_day("bram"), yaw=8.0, light="window")


@pytest.fixture(scope="module")
def wearers():
    """The same woman without glasses and with them."""
    return shot(someone("edda")), shot(someone("edda/round"), yaw=-7.0, light="warm")


def parts(seen):
    """Pixels of the chin, and of what lies between the eyes' outer corners and the wings of the nose."""
    mesh = seen.face.mesh[:, :2]
    rings = [136, 150, 152, 379, 365, 434, 18, 214], [33, 263, 358, 129]
    masks = [cv2.fillPoly(np.zeros(seen.pixels.shape[:2], np.uint8), [np.int32(mesh[ring])], 1) for ring in rings]
    return [mask.astype(bool) for mask in masks]


@pytest.mark.parametrize("source", [0, 1], ids=["no beard is lent", "no beard is taken"])
def test_the_chin_stays_and_the_rest_is_swapped(pair, source):
    target = pair[1 - source]
    chin, middle = parts(target)
    change = np.abs(_swap.render(pair[source], target).astype(int) - target.pixels).mean(2)
    assert change[chin].mean() < 1
    assert change[middle].mean() > 3


@pytest.mark.parametrize("which", [0, 1])
def test_two_pictures_of_the_same_chin_are_swapped_whole(pair, which):
    seen = pair[which]
    box = Box.around(seen.face.mesh, 0.05 * width_of(seen.face.mesh), seen.pixels.shape)
    assert not other_beard(seen, seen, box).any()


@pytest.mark.parametrize("source", [0, 1], ids=["no glasses are lent", "no glasses are taken"])
def test_the_eyes_stay_where_somebody_wears_glasses_and_the_rest_is_swapped(wearers, source):
    target = wearers[1 - source]
    change = np.abs(_swap.render(wearers[source], target).astype(int) - target.pixels).mean(2)
    for ring in ([226, 31, 228, 230, 232, 233], [446, 261, 448, 450, 452, 453]):
        under = cv2.fillPoly(np.zeros(change.shape, np.uint8), [np.int32(target.face.mesh[ring, :2])], 1).astype(bool)
        assert change[under].mean() < 1
    ring = np.int32(target.face.mesh[[43, 106, 182, 83, 18, 313, 406, 335, 273], :2])
    chin = cv2.fillPoly(np.zeros(change.shape, np.uint8), [ring], 1).astype(bool)
    assert change[chin].mean() > 1.5


@pytest.mark.parametrize(("name", "light"), [("chima", "dim"), ("dilan", "window"), ("ada", "soft")])
@pytest.mark.parametrize("shape", ["", "/round", "/square", "/oval"])
def test_glasses_are_seen_on_dark_and_on_light_skin(name, light, shape):
    seen = shot(someone(name + shape), light=light, yaw=12.0)
    box = Box.around(seen.face.mesh, 0.05 * width_of(seen.face.mesh), seen.pixels.shape)
    assert bool(glasses(seen, seen, box).any()) == bool(shape), lines(seen)


def with_dark_glass(seen):
    """The picture with two round dark lenses over the eyes."""
    pixels = seen.pixels.copy()
    for corners in ((33, 133), (362, 263)):
        a, b = seen.face.mesh[list(corners), :2]
        reach = float(np.linalg.norm(b - a))
        middle = np.int32((a + b) / 2).tolist()
        cv2.ellipse(pixels, middle, (round(0.85 * reach), round(0.7 * reach)), 0, 0, 360, (15, 15, 18), -1, cv2.LINE_AA)
    [face] = Finder().find(pixels)
    return SimpleNamespace(pixels=pixels, face=face)


def test_no_eye_looks_through_dark_glasses_and_no_dark_glass_is_lent(pair):
    bare, dark = pair[0], with_dark_glass(pair[1])
    assert shade(dark) < 0.6 < 0.9 < shade(pair[1])
    for source, target in ((bare, dark), (dark, bare)):
        out = _swap.render(source, target).astype(int)
        for ring in ([33, 160, 158, 133, 153, 144], [362, 385, 387, 263, 373, 380]):
            area = cv2.fillPoly(np.zeros(out.shape[:2], np.uint8), [np.int32(target.face.mesh[ring, :2])], 1) > 0
            assert (out[area] == target.pixels[area]).all()
