"""How a face stands against its own rest."""

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
