"""The challenge: unpredictable, from rest, once; who can do less does more of it."""

import collections
import dataclasses
import itertools
import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent import challenge, policy
from consent.challenge import dot
from consent.errors import Forgery, Refusal
from consent.types import Ability, Action, Assurance, Colour
from models.presentation import path as path_of_a_dot

FACIAL = {Action.CLOSE_EYES, Action.OPEN_MOUTH}
SETS = st.frozensets(st.sampled_from(list(Ability)))


@given(SETS)
def test_every_set_of_abilities_gets_its_bits_or_a_no(abilities):
    facial = {Ability.EYES, Ability.MOUTH} & abilities
    if Ability.TURN not in abilities or not facial:
        with pytest.raises(Refusal) as caught:
            challenge.orders(abilities)
        assert caught.value.code == "too-little-to-ask"
        return
    orders = challenge.orders(abilities)
    assert len(set(orders)) == len(orders)
    assert math.log2(len(orders)) >= policy.ORDER_BITS
    must = {Action.TURN_LEFT, Action.TURN_RIGHT} | {Action(ability) for ability in facial}
    for order in orders[:: max(1, len(orders) // 40)]:
        assert len(order) >= policy.ACTIONS
        turns = {Action.TURN_LEFT, Action.TURN_RIGHT}
        assert must <= set(order) <= turns | {Action(a) for a in abilities if a is not Ability.TURN}
        if len(abilities) > 2:
            assert all(a != b for a, b in itertools.pairwise(order))


def test_what_is_drawn_has_as_many_ways_as_the_docs_say():
    """Order, place of the colours or the dot, and colours; a dot's path, which has no count, comes on top."""
    orders = challenge.orders()
    assert (len(orders), {len(order) for order in orders}) == (384, {5})
    assert len(Colour) * (len(Colour) - 1) ** (policy.LIGHT_SLOTS - 1) == 468_750
    for kind in Assurance:
        plans = [challenge.draw(assurance=kind).open() for _ in range(300)]
        places = {next(i for i, a in enumerate(p.steps) if a in (Action.LIGHT, Action.DOT)) for p in plans}
        assert places == {1, 2, 3, 4, 5}
        assert {len(p.colours) for p in plans} == {policy.LIGHT_SLOTS if kind is Assurance.MOTION_LIGHT else 0}


def test_draws_are_spread_over_the_orders():
    plans = [challenge.draw().open() for _ in range(2000)]
    counts = collections.Counter(tuple(a for a in p.steps if a is not Action.LIGHT) for p in plans)
    expected = 2000 / len(challenge.orders())
    # the chance of any order beyond three times its share and ten is under 1e-5
    assert max(counts.values()) < 3 * expected + 10
    assert len(counts) > 0.9 * len(challenge.orders())
    places = collections.Counter(p.steps.index(Action.LIGHT) for p in plans)
    assert set(places) == {1, 2, 3, 4, 5}
    assert len({p.colours for p in plans}) > 1980


@pytest.mark.parametrize("abilities", [challenge.EVERYTHING, frozenset({Ability.TURN, Ability.EYES})])
def test_spare_turns_and_one_thing_more_are_drawn(abilities):
    plans = [challenge.draw(assurance=kind, abilities=abilities).open() for _ in range(60) for kind in Assurance]
    assert {plan.spare for plan in plans} == {challenge.TURNS, challenge.TURNS[::-1]}  # but for 2 in 2**120
    kinds = {action for plan in plans for action in plan.steps if action not in (Action.LIGHT, Action.DOT)}
    assert {plan.again[0] for plan in plans} == kinds  # any is missing in fewer than one of a million runs
    for plan in plans:
        asked = [action for action in plan.steps if action not in (Action.LIGHT, Action.DOT)]
        assert len(plan.again) == 1
        assert plan.again[0] in asked
        assert plan.again[0] is not asked[-1]


def test_the_colours_never_stay():
    for _ in range(50):
        colours = challenge.draw().open().colours
        assert len(colours) == policy.LIGHT_SLOTS
        assert all(a is not b for a, b in itertools.pairwise(colours))
    assert {c.rgb for c in Colour} == {c for c in itertools.product((0.0, 1.0), repeat=3) if 0 < sum(c) < 3}


def test_pauses_are_within_bounds_and_differ():
    pauses = [challenge.between(*policy.START_JITTER) for _ in range(300)]
    assert all(policy.START_JITTER[0] <= p <= policy.START_JITTER[1] for p in pauses)
    assert len(set(pauses)) > 100
    # uniform: the mean of 250 and more lies within a tenth of the middle but for a chance of under 1e-6
    low, high = policy.START_JITTER
    assert abs(statistics.fmean(pauses) - (low + high) / 2) < 0.1 * (low + high) / 2


@pytest.mark.parametrize("abilities", [challenge.EVERYTHING, challenge.EVERYTHING - {Ability.NOD}])
@pytest.mark.parametrize("assurance", list(Assurance))
def test_a_challenge_is_of_the_kind_that_was_asked_for(assurance, abilities):
    def clock():
        return 12.5

    drawn = challenge.draw(clock, assurance, abilities)
    plan = drawn.open()
    assert (drawn.assurance, drawn.clock, drawn.made) == (assurance, clock, 12.5)
    assert (Action.LIGHT in plan.steps, Action.DOT in plan.steps) == (
        assurance.value == "motion+light",
        assurance.value == "motion",
    )
    assert bool(plan.colours) == (Action.LIGHT in plan.steps)
    assert len(plan.paths) == len(set(plan.paths)) == 1 + (Action.DOT in plan.steps), "and one to spare"
    assert {path.rises for path in plan.paths} == {Ability.NOD in abilities}


def test_a_challenge_opens_once():
    drawn = challenge.draw()
    drawn.open()
    with pytest.raises(Forgery) as caught:
        drawn.open()
    assert caught.value.code == "spent"
    assert caught.value.reason.startswith("This challenge was")


@pytest.mark.parametrize("assurance", list(Assurance))
def test_a_chosen_plan_is_a_forgery(assurance):
    one, other = (challenge.draw(assurance=assurance) for _ in range(2))
    parts = {f.name: getattr(other._plan, f.name) for f in dataclasses.fields(other._plan)}
    for name, value in parts.items():
        plan = dataclasses.replace(one._plan, **{name: value})
        if plan == one._plan:
            continue
        with pytest.raises(Forgery):
            dataclasses.replace(one, _plan=plan).open()
    with pytest.raises(Forgery):
        dataclasses.replace(one, assurance="motion" if assurance is Assurance.MOTION_LIGHT else "motion+light").open()


# --- the dot -----------------------------------------------------------------------------------------------------


@given(st.booleans())
def test_a_dot_moves_smoothly_within_its_field(up):
    path = dot(up=up)
    assert path.at(-1.0) == path.at(0.0) == (0.0, 0.0)
    assert path.seconds == (policy.DOT_SECONDS if up else policy.DOT_SECONDS_ONE_WAY)
    assert path.rises == up
    places = [path.at(i / 100) for i in range(int(path.seconds * 100))]
    assert all(-1 <= x <= 1 and -1 <= y <= 1 for x, y in places)
    assert all(math.dist(a, b) <= 0.01 * 1.9 * policy.DOT_SPEED + 1e-9 for a, b in itertools.pairwise(places))
    assert any(x for x, _ in places)
    assert any(y for _, y in places) == up
    assert path.at(path.stops[-1][0] + 1) == path.stops[-1][1:]


def test_a_dot_leaps_as_far_and_as_fast_as_it_is_said_to():
    leaps = []
    for path in [dot() for _ in range(40)]:
        assert path.rises, "it rises where nothing else is said"
        assert path.stops[0] == (0.0, 0.0, 0.0)
        for (then, *here), (now, *there) in itertools.pairwise(path.stops):
            assert math.dist(here, there) >= policy.DOT_LEAP
            assert math.isclose(math.dist(here, there), policy.DOT_SPEED * (now - then))
            leaps.append(abs(here[0] - there[0]))
        assert path.stops[-2][0] < path.seconds <= path.stops[-1][0]
    assert min(leaps) < policy.DOT_LEAP < max(leaps), "it leaps up and down, too"


def test_no_two_dots_go_the_same_way():
    assert len({dot().stops for _ in range(100)}) == 100


@pytest.mark.parametrize(("drawn", "share"), [(lambda _: 0, 0.0), (lambda n: n // 2, 0.5), (lambda n: n - 1, 1.0)])
def test_pauses_reach_from_one_end_to_the_other(monkeypatch, drawn, share):
    monkeypatch.setattr(challenge.secrets, "randbelow", drawn)
    low, high = policy.START_JITTER
    assert challenge.between(low, high) == pytest.approx(low + share * (high - low), abs=1e-9)


@given(st.booleans())
def test_a_dot_says_enough_of_every_way_in_which_it_moves(up):
    path = dot(up=up)
    x, y = np.array([path.at(i / 50) for i in range(int(50 * path.seconds))]).T
    assert x.std() >= 0.38
    if up:
        assert y.std() >= 0.38
        assert abs(np.corrcoef(x, y)[0, 1]) <= 0.62


def places(monkeypatch, *fractions):
    """Let the system's random source give these shares of its range, again and again; any path will do."""
    monkeypatch.setattr(path_of_a_dot, "SPREAD", 0.0)
    monkeypatch.setattr(path_of_a_dot, "ALIKE", 1.1)
    given = itertools.cycle(fractions)
    monkeypatch.setattr(challenge.secrets, "randbelow", lambda n: round(next(given) * (n - 1)))


def test_a_dot_goes_from_edge_to_edge_and_stops_when_its_time_is_over(monkeypatch):
    monkeypatch.setattr(policy, "DOT_SPEED", 1.0)
    monkeypatch.setattr(policy, "DOT_SECONDS", 3.0)
    places(monkeypatch, 1.0, 0.5, 0.0, 0.5)
    assert dot().stops == ((0.0, 0.0, 0.0), (1.0, 1.0, 0.0), (3.0, -1.0, 0.0))


def test_a_way_may_be_as_short_as_the_shortest(monkeypatch):
    places(monkeypatch, 0.85, 0.5, 0.0, 0.5, 1.0, 0.5)
    assert [x for _, x, _ in dot().stops][:3] == [0.0, policy.DOT_LEAP, -1.0]
