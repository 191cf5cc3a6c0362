"""Screens show their grid: a word of advice, never a reason."""

import dataclasses
import math

import cv2
import numpy as np
import pytest

from consent import policy
from models.faces import Finder
from models.presentation import surface
from tests.booth import SEAT
from tests.people import person


@pytest.fixture(scope="module", params=["bram", "chima"])
def seen(request):
    picture = person(request.param).render(dataclasses.replace(SEAT, seed=3))
    return cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), Finder().find(picture)[0]


def test_skin_has_no_grid(seen):
    assert surface.measure(*seen).moire < policy.SCREEN_MOIRE


@pytest.mark.parametrize("wave", [(0.21, 0.13), (0.35, 0.02), (0.05, 0.28)])
def test_a_grid_is_seen(seen, wave):
    grey, face = seen
    y, x = np.mgrid[: grey.shape[0], : grey.shape[1]]
    screen = np.clip(grey * (1 + 0.04 * np.sin(2 * np.pi * (x * wave[0] + y * wave[1]))), 0, 255).astype(np.uint8)
    assert surface.measure(screen, face).moire >= policy.SCREEN_MOIRE


def test_glare_is_a_share(seen):
    grey, face = seen
    assert surface.measure(np.full_like(grey, 255), face).glare == 1
    assert surface.measure(grey, face).glare < 0.05


def test_a_face_at_the_edge_says_nothing(seen):
    grey, face = seen
    assert math.isnan(surface.measure(grey[:, :150], face).moire)
