"""What an engine works with, built or changed by hand between the gate's leave and the draft."""

import dataclasses

import numpy as np
import pytest

from consent.errors import Forgery
from consent.gate import Work
from consent.types import Grant, Match, Once, Origin, Purpose
from tests.promises.stage import draw, gate_of, photo, sat


@pytest.fixture
def gate(notary, ledger):
    return gate_of("ada", notary, ledger)


@pytest.fixture(scope="module")
def stranger():
    """Somebody else's picture, called a match by hand."""
    frame = sat("bram")[0]
    return Match(frame.pixels, frame.face, (), 1.0, Origin.PHOTO, None)


def leave(gate):
    match = gate.live()[0]
    return gate.grant(match, match, Purpose.AGE)


def refused(work):
    with pytest.raises(Forgery) as caught:
        work.draft(work.target.pixels, "engine", {})
    return caught.value.code == "forged"


def test_work_built_by_hand_gives_no_draft(gate, stranger):
    """Not of a picture that nobody matched, nor of a grant that was not redeemed."""
    never = Grant(stranger, stranger, Purpose.SWAP, 1e9, bytes(16))
    assert refused(Work((), never, gate, Once()))
    assert refused(Work(gate.live(), leave(gate), gate, Once()))


def test_work_that_was_used_gives_no_second_draft_as_a_new_one(gate):
    work = gate.redeem(leave(gate), Purpose.AGE)
    work.draft(work.target.pixels, "engine", {})
    assert refused(dataclasses.replace(work, _once=Once()))


def test_work_takes_no_other_grant(gate, notary, ledger):
    theirs = leave(gate_of("bram", notary, ledger))
    for grant in (leave(gate), theirs):
        assert refused(dataclasses.replace(gate.redeem(leave(gate), Purpose.AGE), _grant=grant))


def test_what_goes_along_with_work_is_this_gates_own_and_as_it_was_redeemed(gate, stranger, notary, ledger):
    other = gate_of("bram", notary, ledger)
    never = Grant(stranger, stranger, Purpose.SWAP, 1e9, bytes(16))
    renewed = dataclasses.replace(gate.redeem(leave(gate), Purpose.AGE), _once=Once())
    for also in (other.redeem(leave(other), Purpose.AGE), renewed, Work((), never, gate, Once()), leave(gate), None):
        work = gate.redeem(leave(gate), Purpose.AGE)
        with pytest.raises(Forgery, match="forged"):
            work.draft(work.target.pixels, "engine", {}, also)
        work.draft(work.target.pixels, "engine", {})  # and was not used up by it


@pytest.mark.parametrize("name", ["pixels", "others", "face"])
def test_a_picture_that_is_changed_while_an_engine_works_gives_no_draft(gate, stranger, name):
    work = gate.redeem(leave(gate), Purpose.AGE)
    object.__setattr__(work.target, name, getattr(stranger, name) if name != "others" else ((0.0, 0.0, 9.0, 9.0),))
    assert refused(work)


def test_a_mesh_that_an_engine_moves_in_place_gives_no_draft(gate):
    """The mesh says how far an engine may reach."""
    match = gate.match(photo(draw("ada", seed=1)))
    work = gate.redeem(gate.grant(match, match, Purpose.AGE), Purpose.AGE)
    mesh = work.target.face.mesh
    mesh.setflags(write=True)
    mesh[:, :2] *= 3
    assert refused(work)


def test_a_live_frame_that_became_somebody_elses_is_given_to_no_engine(gate, stranger):
    first, last = gate.live()[0], gate.live()[-1]
    grant = gate.grant(first, first, Purpose.SWAP)
    object.__setattr__(last, "pixels", stranger.pixels)
    with pytest.raises(Forgery, match="forged"):
        gate.redeem(grant, Purpose.SWAP)


def test_what_was_not_touched_gives_its_draft(gate):
    work = gate.redeem(leave(gate), Purpose.AGE)
    released = gate.release(work.draft(work.target.pixels, "engine", {}))
    assert np.array_equal(released.pixels, work.target.pixels)
