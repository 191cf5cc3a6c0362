"""The red team: its cheap attacks, and that it would say so if one got through. `selfsame redteam` runs all of them."""

from __future__ import annotations

import json

import pytest

from app.redteam import Outcome, markdown, outcomes_json, table
from tests.redteam.attack import Attack, NotAttacked, Surface, answer, control, together
from tests.redteam.every import EVERY
from tests.redteam.ground import Ground
from tests.redteam.run import carried_out

CHEAP = [one for one in EVERY if one.is_cheap]


@pytest.fixture(scope="module")
def ground():
    ground = Ground()
    yield ground
    ground.close()


@pytest.mark.parametrize("attack", CHEAP, ids=[one.name for one in CHEAP])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_cheap_attack_is_withstood(ground, attack):
    outcome = carried_out(attack, ground)
    assert outcome.happened == outcome.expected


def test_there_are_enough_from_every_side():
    assert len(EVERY) >= 60
    assert len({one.name for one in EVERY}) == len(EVERY)
    assert {one.surface for one in EVERY} == set(Surface)
    assert all(one.expected and one.run.__code__.co_argcount == 1 for one in EVERY)


def tried(run):
    return carried_out(Attack("mine", Surface.PYTHON, "refused", run, is_cheap=True), None)


def test_whatever_else_happens_counts_as_through():
    def dud(_):
        control(False, "nothing was there to be attacked")  # noqa: FBT003

    def breaking(_):
        raise ValueError("oh")

    assert tried(lambda _: "refused").is_withstood
    for run in (lambda _: "done", lambda _: "", dud, breaking):
        assert not tried(run).is_withstood
    assert tried(dud).happened == "not attacked: nothing was there to be attacked"
    assert tried(breaking).happened == "broke: ValueError: oh"


def test_an_answer_is_told_as_it_is():
    def refuse():
        raise NotAttacked("x")

    assert answer(lambda: 1) == "done"
    assert answer(refuse) == "NotAttacked"
    assert together(["b", "a", "b"]) == "a, b"
    assert together([]) == "nothing was tried"


def test_the_table_and_the_json_name_what_got_through():
    fine, open_one = Outcome("a", "files", "no", "no", 0.1), Outcome("b", "HTTP", "no", "done", 0.1)
    assert "NO  b" in table([fine, open_one])
    assert "2 attacks, 1 with" in table([fine, open_one])
    told = json.loads(outcomes_json([fine, open_one]))
    assert (told["open"], [one["withstood"] for one in told["attacks"]]) == (1, [True, False])
    assert "| **done** |" in markdown([open_one])
