"""How much of an action is seen, and when it is held: each limit reached, and just missed."""

import dataclasses
import math

import pytest

from consent import policy
from consent.liveness import motion
from consent.types import Action
from models.faces import Pose
from models.presentation.motion import LIPS, rest_of
from tests.consent.shown import face

STILL = dataclasses.replace(face(eyes=(0.4, 0.4), eye_distance=64.0), pose=Pose(2.0, 3.0, 0))
REST = rest_of([STILL])


def moved(left=0.0, down=0.0, **changes):
    return dataclasses.replace(STILL, pose=Pose(2.0 + left, 3.0 - down, 0), **changes)


def amount(action, **changes):
    return motion.amount(action, moved(**changes), REST)


@pytest.mark.parametrize("share", [-1.0, 0.0, 0.25, 0.5, 1.0, 2.0])
def test_half_of_what_is_asked_is_half(share):
    assert amount(Action.TURN_LEFT, left=share * policy.TURN_DEGREES) == pytest.approx(share)
    assert amount(Action.TURN_RIGHT, left=-share * policy.TURN_DEGREES) == pytest.approx(share)
    assert amount(Action.NOD, down=share * policy.NOD_DEGREES) == pytest.approx(share)
    lids = 0.4 * (1 - share * (1 - policy.EYES_CLOSED))
    assert amount(Action.CLOSE_EYES, eyes=(lids, lids)) == pytest.approx(share)
    least = -LIPS / policy.MOUTH_OPEN  # the outer lips did not move
    assert amount(Action.OPEN_MOUTH, mouth=share * policy.MOUTH_OPEN) == pytest.approx(max(share, least))
    assert amount(Action.LEAN_IN, eye_distance=64.0 * (1 + share * policy.LEAN_IN)) == pytest.approx(share, abs=0.01)


def test_eyes_and_size_say_nothing_of_a_head_that_is_turned_away():
    for left, seen in ((12.0, True), (-12.0, True), (12.5, False), (-12.5, False), (math.nan, False)):
        assert (amount(Action.CLOSE_EYES, left=left, eyes=(0.0, 0.0)) > 1) == seen
        assert (amount(Action.LEAN_IN, left=left, eye_distance=128.0) > 1) == seen
        if not seen:
            assert amount(Action.CLOSE_EYES, left=left, eyes=(0.0, 0.0)) == 0.0
    assert amount(Action.OPEN_MOUTH, left=30.0, mouth=0.3) > 1


def test_a_head_is_held_still_within_its_degrees_both_ways():
    for way in ({"left": 5.0}, {"left": -5.0}, {"down": 5.0}, {"down": -5.0}, {"left": 5.0, "down": -5.0}):
        assert motion.held_still(moved(**way), REST, 5.0)
        assert not motion.held_still(moved(**{name: 1.125 * by for name, by in way.items()}), REST, 5.0)
    assert not motion.held_still(moved(left=9.0, down=0.0), REST, 5.0)
    assert not motion.held_still(moved(left=0.0, down=9.0), REST, 5.0)


@pytest.mark.parametrize(
    ("change", "rests"),
    [
        ({}, True),
        ({"left": policy.NEUTRAL_DEGREES}, True),
        ({"left": policy.NEUTRAL_DEGREES + 0.1}, False),
        ({"down": -policy.NEUTRAL_DEGREES - 0.1}, False),
        ({"mouth": 0.499 * policy.MOUTH_OPEN}, True),
        ({"mouth": 0.501 * policy.MOUTH_OPEN}, False),
        ({"eyes": (0.4 * (1 - 0.599 * (1 - policy.EYES_CLOSED)),) * 2}, True),
        ({"eyes": (0.4 * (1 - 0.601 * (1 - policy.EYES_CLOSED)),) * 2}, False),
        ({"eye_distance": 64.0 * (1 + 0.599 * policy.LEAN_IN)}, True),
        ({"eye_distance": 64.0 * (1 + 0.605 * policy.LEAN_IN)}, False),
        ({"mouth": math.nan}, False),
    ],
)
def test_rest_is_head_eyes_mouth_and_place_as_before(change, rests):
    assert motion.at_rest(moved(**change), REST) == rests


def test_the_mouth_may_move_exactly_half_of_what_is_asked_at_rest(monkeypatch):
    monkeypatch.setattr(policy, "MOUTH_OPEN", 0.25)
    assert motion.at_rest(moved(mouth=0.125), REST)
    assert not motion.at_rest(moved(mouth=0.126), REST)


DONE = {Action.TURN_LEFT: {"left": 20.0}, Action.NOD: {"down": 10.0}, Action.CLOSE_EYES: {"eyes": (0.0, 0.0)}}


def film(action, *steps):
    """(page time, face): None for nobody, 0 for rest, 1 for the action; an eighth of a second each."""
    seen = {None: None, 0: STILL, 1: moved(**DONE[action])}
    return [(number / 8, seen[step]) for number, step in enumerate(steps)]


@pytest.mark.parametrize(
    ("action", "steps", "began"),
    [
        (Action.TURN_LEFT, (0, 1, 1, 1), 1 / 8),
        (Action.TURN_LEFT, (1, 1, 1, 1), 0.0),
        (Action.TURN_LEFT, (0, 0, 1, 1), None),
        (Action.TURN_LEFT, (1, 1, 1, 0), None),
        (Action.TURN_LEFT, (1, 1, 1, None), None),
        (Action.TURN_LEFT, (1, None, 1, 1), None),
        (Action.TURN_LEFT, (1, 0, 1, 1, 1), 2 / 8),
        (Action.NOD, (0, 1, 1), 1 / 8),
        (Action.NOD, (0, 0, 1), None),
        (Action.CLOSE_EYES, (0, 1, 1, 1), None),
        (Action.CLOSE_EYES, (0, 1, 1, 1, 1), 1 / 8),
    ],
)
def test_an_action_is_held_in_the_newest_frames(action, steps, began):
    assert motion.held(action, film(action, *steps), REST) == began


def test_it_is_held_so_many_seconds_exactly(monkeypatch):
    frames = film(Action.TURN_LEFT, 0, 1, 1, 1)
    for seconds, began in ((0.25, 1 / 8), (math.nextafter(0.25, 1), None)):
        monkeypatch.setattr(policy, "HOLD_SECONDS", seconds)
        assert motion.held(Action.TURN_LEFT, frames, REST) == began


def test_what_is_exactly_as_much_as_asked_is_done():
    exact = [(number / 8, moved(left=policy.TURN_DEGREES)) for number in range(3)]
    assert motion.held(Action.TURN_LEFT, exact, REST) == 0.0
