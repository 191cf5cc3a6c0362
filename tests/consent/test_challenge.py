"""The challenge: unpredictable, from rest, once."""

import collections
import dataclasses
import itertools
import math

import pytest

from consent import challenge, policy
from consent.errors import Forgery
from consent.types import Action


def test_every_order_has_both_turns_eyes_and_mouth_and_no_repeat():
    for order in challenge.ORDERS:
        assert len(order) == policy.ACTIONS
        assert {Action.TURN_LEFT, Action.TURN_RIGHT, Action.CLOSE_EYES, Action.OPEN_MOUTH} <= set(order)
        assert all(a != b for a, b in itertools.pairwise(order))
        assert Action.CENTRE not in order


def test_the_bits_are_those_of_the_orders():
    assert len(set(challenge.ORDERS)) == len(challenge.ORDERS) == 264
    assert math.isclose(challenge.BITS, math.log2(264))


def test_draws_are_spread_over_the_orders():
    counts = collections.Counter(challenge.draw().open()[0] for _ in range(2640))
    # uniform: 10 expected each; the chance of any order above 32 is under 1e-5
    assert max(counts.values()) < 32
    assert len(counts) > 250


def test_pauses_are_within_bounds_and_differ():
    pauses = [p for _ in range(50) for p in challenge.draw().open()[1]]
    assert all(policy.START_JITTER[0] <= p <= policy.START_JITTER[1] for p in pauses)
    assert len(set(pauses)) > 100


def test_a_challenge_opens_once():
    drawn = challenge.draw()
    drawn.open()
    with pytest.raises(Forgery) as caught:
        drawn.open()
    assert caught.value.code == "spent"


def test_a_chosen_order_is_a_forgery():
    drawn = challenge.draw()
    chosen = dataclasses.replace(drawn, _order=(Action.TURN_LEFT,) * policy.ACTIONS)
    with pytest.raises(Forgery):
        chosen.open()
