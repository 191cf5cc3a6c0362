"""What the gate hands on, and what it says when it does not, to the word; with a clock that stands still."""

import dataclasses
import math

import numpy as np
import pytest

from consent import policy
from consent.errors import Forgery, Refusal
from consent.types import Domain, Origin, Photo, Purpose
from tests.promises.stage import Clock, draw, gate_of


@pytest.fixture(scope="module")
def clock():
    return Clock()


@pytest.fixture(scope="module")
def known(notary, ledger, clock):
    """Ada's gate, and two of her pictures, matched."""
    gate = gate_of("ada", notary, ledger, clock)
    return gate, gate.live()[0], gate.match(Photo(draw("ada", seed=1)))


def said(call, *args):
    with pytest.raises(Refusal) as caught:
        call(*args)
    no = caught.value
    return no.code, no.reason, no.remedy


def words(code, **values):
    no = Refusal.of(code, **values)
    return no.code, no.reason, no.remedy


def test_a_draft_carries_what_it_was_made_from_and_opens_once(known):
    gate, source, target = known
    work = gate.redeem(gate.grant(source, target, Purpose.EXPRESS), Purpose.EXPRESS)
    draft = work.draft(255 - target.pixels, "engine 1", {"a": 1.0, "b": "c"})
    assert said(work.draft, target.pixels, "engine 1", {}) == words("spent", what="grant")
    released = gate.release(draft)
    assert released.original is target.pixels
    assert released.source is source.pixels
    assert (released.pixels != target.pixels).any()
    assert dataclasses.asdict(released.facts) == {
        "purposes": (Purpose.EXPRESS,),
        "domain": Domain.LIVE,
        "assurance": gate.assurance,
        "session": gate.session,
        "consent": gate.consent,
        "source_origin": Origin.LIVE,
        "target_origin": Origin.PHOTO,
        "engine": "engine 1",
        "parameters": {"a": 1.0, "b": "c"},
        "face_box": target.face.box,
        "source_score": source.score,
        "target_score": target.score,
    }
    assert said(gate.release, draft) == words("spent", what="draft")


def test_a_grant_is_for_one_purpose_once_and_for_two_minutes(known, clock):
    gate, source, target = known
    grant = gate.grant(source, target, Purpose.SWAP)
    assert (grant.source, grant.target, grant.purpose) == (source, target, Purpose.SWAP)
    assert grant.expires == clock.now + policy.GRANT_SECONDS
    assert said(gate.redeem, grant, Purpose.AGE) == words("wrong-purpose")
    clock.now += policy.GRANT_SECONDS - 0.5
    work = gate.redeem(grant, Purpose.SWAP)
    assert (work.source, work.target, work.own) == (source, target, gate.live())
    assert said(gate.redeem, grant, Purpose.SWAP) == words("spent", what="leave")
    late = gate.grant(source, target, Purpose.SWAP)
    clock.now += policy.GRANT_SECONDS
    assert said(gate.redeem, late, Purpose.SWAP) == words("grant-stale")


def test_an_engine_hands_in_a_picture_of_the_same_kind_with_numbers(known):
    gate, _, target = known
    work = gate.redeem(gate.grant(target, target, Purpose.AGE), Purpose.AGE)
    for bad in (target.pixels[:-1], target.pixels.astype(np.int16)):
        assert said(work.draft, bad, "engine", {}) == words("bad-output")
    for bad in (math.nan, math.inf):
        assert said(work.draft, target.pixels, "engine", {"a": "b", "years": bad}) == words("bad-option")
    work.draft(target.pixels, "engine", {})


def test_several_things_are_done_in_one_go_with_leave_for_each(known):
    gate, source, target = known

    def leave(purpose, to=target):
        return gate.redeem(gate.grant(source, to, purpose), purpose)

    swap, age, used = leave(Purpose.SWAP), leave(Purpose.AGE), leave(Purpose.EXPRESS)
    used.draft(target.pixels, "engine", {})
    assert said(swap.draft, target.pixels, "engine", {}, leave(Purpose.AGE, source)) == words("bad-output")
    other = gate.redeem(gate.grant(target, target, Purpose.AGE), Purpose.AGE)  # one source alone stands in the facts
    assert said(swap.draft, target.pixels, "engine", {}, other) == words("bad-output")
    draft = swap.draft(255 - target.pixels, "engine", {}, age)
    assert gate.release(draft).facts.purposes == (Purpose.SWAP, Purpose.AGE)
    for spent in (swap, age):
        assert said(spent.draft, target.pixels, "engine", {}) == words("spent", what="grant")
    for also in (used, swap):
        fresh = leave(Purpose.AGE)
        assert said(fresh.draft, target.pixels, "engine", {}, also) == words("spent", what="grant")


def test_who_is_no_match_is_told_so_with_the_box(known):
    gate, _, _ = known
    with pytest.raises(Refusal) as caught:
        gate.match(Photo(draw("gita", seed=1)))
    assert (caught.value.code, len(caught.value.boxes)) == ("not-you", 1)
    assert caught.value.reason == Refusal.of("not-you").reason


def test_the_end_is_logged_once_and_nothing_is_left(notary, ledger):
    clock = Clock()
    ended, withdrawn, late = (gate_of("ada", notary, ledger, clock) for _ in range(3))
    assert ended.expires == clock.now + policy.SESSION_SECONDS
    before = len(ledger.entries())
    for _ in range(2):
        ended.close()
        withdrawn.withdraw()
    clock.now = late.expires
    assert said(late.live) == words("session-expired")
    late.close()
    told = [(e["event"], e["session"], e["consent"]) for e in ledger.entries()[before:]]
    assert told == [("ended", ended.session, ""), ("withdrawn", withdrawn.session, withdrawn.consent)]
    for gate in (ended, withdrawn, late):
        assert said(gate.live) == words("session-withdrawn")
        assert (gate._template, gate._live) == (None, ())


def test_a_clock_that_goes_back_ends_the_session(notary, ledger):
    clock = Clock()
    gate = gate_of("ada", notary, ledger, clock)
    match = gate.live()[0]
    clock.now -= 1.0
    with pytest.raises(Refusal, match="session-expired"):
        gate.grant(match, match, Purpose.AGE)
    with pytest.raises(Refusal) as caught:
        gate.grant(match, match, Purpose.AGE)
    assert not isinstance(caught.value, Forgery)
    assert ledger.entries()[-1]["code"] == "session-withdrawn"
