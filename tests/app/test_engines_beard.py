"""A beard is hair: a swap neither brings one nor takes one away, and never leaves half of one."""

from __future__ import annotations

from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from app.engines import _swap
from app.engines._beard import other_beard
from app.engines._geometry import Box, width_of
from models.faces import Finder
from tests.bench_truth import other_day
from tests.people import Scene, person


@pytest.fixture(scope="module")
def pair():
    """The same man with a full beard, and shaven on another day."""
    finder = Finder()

    def shot(who, **scene):
        pixels = who.render(Scene(distance=48.0, **scene))
        [face] = finder.find(pixels)
        return SimpleNamespace(pixels=pixels, face=face)

    return shot(person("bram")), shot(other_day("bram"), yaw=8.0, light="window")


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
