"""How a face stands against its own rest."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.liveness.motion import amount
from consent.types import Action
from models.faces import Face, Pose
from models.presentation.motion import moved, rest_of


def face(right, left):
    """A face that looks straight ahead, its eyes so far open."""
    nowhere = np.zeros((468, 3))
    return Face((0, 0, 1, 1), nowhere[:5, :2], nowhere, Pose(0, 0, 0), (right, left), 0.0, 1.0, 9.0, 0.5, 60.0)


def mouthed(gap, lips, turned=0.0):
    """A face whose mouth is 10 wide, the lips so far apart, as shares of that."""
    shown = face(0.4, 0.36)
    mesh = shown.mesh.copy()
    turn = math.radians(turned)
    mesh[[0, 17, 61, 291]] = (0, 0, 0), (0, 10 * lips, 0), (-5 * math.cos(turn), 2, -5 * math.sin(turn)), (
        5 * math.cos(turn), 2, 5 * math.sin(turn),
    )  # fmt: skip
    return dataclasses.replace(shown, mesh=mesh, mouth=gap)


REST = rest_of([face(0.40, 0.36)] * 3)


@given(st.floats(0, 1.2), st.floats(0, 1.2))
def test_eyes_are_open_by_their_mean_but_for_a_wink(right, left):
    shares = (right, left)
    seen = moved(face(right * 0.40, left * 0.36), REST).open
    assert max(shares) - 0.1 - 1e-9 <= seen <= max(shares) + 1e-9
    assert seen >= np.mean(shares) - 1e-9


@pytest.mark.parametrize(
    ("right", "left", "closed"),
    [
        (0.1, 0.3, True),
        (0.66, 0.53, True),  # measured: closed, behind the rims of glasses, in the dark
        (0.48, 0.62, True),
        (0.1, 1.0, False),  # a wink
        (0.1, 0.75, False),
        (0.7, 0.7, False),  # narrowed
        (0.94, 0.95, False),
        (math.nan, 0.1, False),
        (0.1, math.nan, False),
    ],
)
def test_both_eyes_close(right, left, closed):
    seen = amount(Action.CLOSE_EYES, face(right * 0.40, left * 0.36), REST)
    assert (seen >= 1) is closed


@pytest.mark.parametrize(
    ("gap", "lips", "opened"),
    [
        (0.02, 0.31, 0.01),  # talk
        (0.30, 0.30, 0.29),
        (0.05, 0.52, 0.16),  # measured: wide open in a dark beard, the tongue taken for the lip
        (0.20, 0.52, 0.19),
        (math.nan, 0.52, math.nan),
        (0.30, math.nan, math.nan),
    ],
)
def test_a_mouth_opens_by_its_gap_or_by_its_lips(gap, lips, opened):
    rest = rest_of([mouthed(0.01, 0.30)] * 3)
    for turned in (0.0, 30.0):
        assert moved(mouthed(gap, lips, turned), rest).mouth == pytest.approx(opened, abs=1e-9, nan_ok=True)
