"""What keeps a check from starting, to the very limit, and which of several things is said first."""

import dataclasses
import math

import pytest

from consent import policy
from consent.liveness.guide import ASK, advice
from models.faces import Pose
from tests.consent.shown import face

SHAPE = (400, 500, 3)
LOW, HIGH = policy.BRIGHTNESS


def at(x, y, height=160.0):
    """A box of which the middle lies there."""
    return {"box": (x - 60.0, y - height / 2, 120.0, height)}


FINE = dataclasses.replace(face(eyes=(0.3, 0.3), eye_distance=60.0), **at(250.0, 200.0))


def said(**changes):
    return advice(dataclasses.replace(FINE, **changes), SHAPE)


@pytest.mark.parametrize(
    "fine",
    [
        {},
        {"eye_distance": policy.LIVE_EYE_DISTANCE},
        at(250.0, 200.0, 0.7 * 400),
        at(150.0, 100.0),
        at(350.0, 300.0),
        {"brightness": 1.5 * LOW},
        {"brightness": HIGH},
        {"pose": Pose(12.0, -25.0, 80.0)},
        {"pose": Pose(-12.0, 25.0, -80.0)},
        {"sharpness": policy.SHARPNESS},
        {"eyes": (0.1, 0.1)},
    ],
)
def test_who_reaches_each_limit_may_begin(fine):
    assert said(**fine) == ""


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"eye_distance": policy.LIVE_EYE_DISTANCE - 1e-6}, "come-closer"),
        (at(250.0, 200.0, 0.7 * 400 + 1e-6), "go-back"),
        (at(150.0 - 1e-6, 200.0), "centre-yourself"),
        (at(350.0 + 1e-6, 200.0), "centre-yourself"),
        (at(250.0, 100.0 - 1e-6), "centre-yourself"),
        (at(250.0, 300.0 + 1e-6), "centre-yourself"),
        ({"brightness": 1.5 * LOW - 1e-9}, "more-light"),
        ({"brightness": HIGH + 1e-9}, "less-light"),
        ({"pose": Pose(12.0 + 1e-6, 0, 0)}, "centre"),
        ({"pose": Pose(-12.0 - 1e-6, 0, 0)}, "centre"),
        ({"pose": Pose(0, 25.0 + 1e-6, 0)}, "centre"),
        ({"pose": Pose(0, -25.0 - 1e-6, 0)}, "centre"),
        ({"sharpness": policy.SHARPNESS - 1e-9}, "hold-still"),
        ({"eyes": (0.3, 0.1 - 1e-9)}, "centre"),
        ({"eyes": (0.1 - 1e-9, 0.3)}, "centre"),
    ],
)
def test_who_does_not_is_told_why(changes, code):
    assert said(**changes) == code
    assert ASK[code]


@pytest.mark.parametrize("name", ["eye_distance", "brightness", "sharpness"])
def test_what_is_no_number_is_not_fine(name):
    assert said(**{name: math.nan})


def test_the_most_urgent_is_said_first():
    worst = {
        "eye_distance": 1.0, **at(0.0, 0.0, 400.0), "brightness": 0.0, "pose": Pose(90.0, 90.0, 0), "sharpness": 0.0,
    }  # fmt: skip
    order = ["come-closer", "go-back", "centre-yourself", "more-light", "centre", "hold-still"]
    mend = [{"eye_distance": 60.0}, at(0.0, 0.0), at(250.0, 200.0), {"brightness": 0.5}, {"pose": Pose(0, 0, 0)}]
    for number, code in enumerate(order):
        assert said(**worst) == code
        worst |= mend[number] if number < len(mend) else {}
