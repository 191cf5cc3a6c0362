"""A mask over mouth and nose: nothing is drawn on it, and the person is told why."""

from __future__ import annotations

from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from app import flow
from app.engines._covered import uncovered
from app.engines.age import AgeOptions
from app.engines.combine import CombineOptions
from app.engines.express import ExpressOptions
from app.engines.swap import SwapOptions
from app.stamp.signer import Signer
from consent.errors import Refusal
from consent.types import Photo
from models.faces import Finder
from tests.people import Scene, person
from tests.people.cast import someone

RIM = (234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323, 454)
RIM = (*RIM, 280, 425, 197, 205, 50)
ALL = [
    SwapOptions(),
    AgeOptions(years=20),
    ExpressOptions(mouth=1.0),
    CombineOptions(swap=SwapOptions(), age=AgeOptions(years=20)),
]


def seen(pixels):
    [face] = Finder().find(pixels)
    return SimpleNamespace(pixels=pixels, face=face)


def masked(pixels, colour):
    """The picture with a mask over the lower face, shaded by what was there."""
    face = seen(pixels).face
    over = cv2.fillPoly(np.zeros(pixels.shape[:2], np.float32), [np.int32(face.mesh[list(RIM), :2])], 1.0)
    over = cv2.GaussianBlur(over, (0, 0), 1.0)[..., None]
    shade = cv2.GaussianBlur(pixels.mean(2), (0, 0), 20.0)
    cloth = np.array(colour) * (shade / shade[over[..., 0] > 0.5].mean())[..., None]
    return np.clip(pixels * (1 - over) + cloth * over, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("options", ALL, ids=lambda one: type(one).__name__)
def test_who_wears_a_mask_is_told_so_by_every_engine(gate, tmp_path, options):
    pixels = masked(person("ada").render(Scene(distance=48.0, seed=61)), (90, 140, 190))
    target = gate.match(Photo(pixels))  # the gate still knows her; nothing is hidden from it
    with pytest.raises(Refusal, match="face-covered") as no:
        flow.make(gate, gate.live()[0], target, options, Signer.open(tmp_path))
    assert no.value.boxes == (target.face.box,)


def test_a_masked_source_is_told_too(gate, tmp_path):
    source = gate.match(Photo(masked(person("ada").render(Scene(distance=48.0, seed=62)), (90, 140, 190))))
    with pytest.raises(Refusal, match="face-covered"):
        flow.make(gate, source, gate.live()[0], SwapOptions(), Signer.open(tmp_path))


@pytest.mark.parametrize(
    "name", ["ada", "bram", "chima", "dilan", "edda", "dilan/beard", "chima/beard", "random-11/beard"]
)
@pytest.mark.parametrize("light", ["soft", "window", "warm", "dim"])
def test_bare_and_bearded_mouths_pass(name, light):
    uncovered(seen(someone(name).render(Scene(distance=50.0, light=light, yaw=10.0, expression={"smile": 0.5}))))


@pytest.mark.parametrize("colour", [(90, 140, 190), (25, 25, 28), (225, 225, 225)], ids=["blue", "black", "white"])
def test_masks_of_several_colours_are_seen(colour):
    with pytest.raises(Refusal, match="face-covered"):
        uncovered(seen(masked(person("edda").render(Scene(distance=48.0)), colour)))
