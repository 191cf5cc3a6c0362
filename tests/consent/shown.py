"""What is shown to the gate in these tests, and the code of what it says."""

import dataclasses

import numpy as np
import pytest

from consent.errors import Refusal
from consent.types import Photo
from models.faces import Face, Pose
from models.topology import CHIN
from tests.booth import SEAT
from tests.people import person

BOX = (100.0, 80.0, 120.0, 160.0)
EYES = np.array([[140.0, 140.0], [180.0, 140.0]])


def face(chin=64.0, moved=(0.0, 0.0), **changes):
    """A face whose mesh and points agree, `chin` pixels from eyes to chin."""
    mesh = np.tile([160.0, 165.0, 0.0], (468, 1))
    points = np.array([*EYES, [160.0, 165.0], [145.0, 185.0], [175.0, 185.0]])
    for places, at in zip(((33, 133), (362, 263), (4,), (61,), (291,)), points, strict=True):
        for place in places:
            mesh[place, :2] = at
    mesh[CHIN, :2] = (160.0, 140.0 + chin)
    mesh[:, :2] += moved
    made = Face(BOX, points, mesh, Pose(0, 0, 0), (0.3, 0.3), 0.0, 0.9, 9.0, 0.5, 40.0)
    return dataclasses.replace(made, **changes)


def picture(name, **changes):
    return Photo(person(name).render(dataclasses.replace(SEAT, **changes)))


def code_of(call, *args, kind=Refusal, **kwargs):
    with pytest.raises(kind) as caught:
        call(*args, **kwargs)
    return caught.value.code
