"""The gate to the letter: whose world, which face, what just reaches a limit, in which order, and what the log says."""

import dataclasses
import math

import numpy as np
import pytest

from consent import policy
from consent.enrolment import enrol
from consent.errors import Forgery, Refusal
from consent.template import score
from consent.types import LIVE_SEAL, Action, Domain, LiveFrame, Origin, Photo, Purpose, freeze
from tests.booth import Unmarked, World
from tests.conftest import EVERYTHING, checked_again
from tests.promises.stage import Clock, draw, finder, gate_of, sat

NARROW = dataclasses.replace(EVERYTHING, purposes=frozenset({Purpose.AGE}))


@pytest.fixture(scope="module")
def ada_and_gita():
    """Ada on the left, Gita on the right."""
    return Photo(freeze(np.concatenate([draw(name, seed=6) for name in ("ada", "gita")], axis=1)))


@pytest.fixture(scope="module")
def known(notary, ledger):
    return gate_of("ada", notary, ledger)


def refused(call, *args):
    with pytest.raises(Refusal) as caught:
        call(*args)
    return caught.value


def code(call, *args):
    return refused(call, *args).code


def rows(ledger, before):
    return [(e["event"], e["code"], e["purpose"]) for e in ledger.entries()[before:]]


# --- worlds, faces, limits -------------------------------------------------------------------------------------------


def test_who_exists_in_one_simulator_matches_pictures_of_that_one_alone(notary, ledger):
    clock, home, other = Clock(), World(), World()
    mine = home.photograph("ada", seed=1)
    live = dataclasses.replace(checked_again(sat("ada"), clock), world=mine.mark[:32])
    gate = enrol(LIVE_SEAL.put(live), notary.sign(EVERYTHING, clock), ledger, clock)
    assert gate.domain is Domain.DEMO
    assert ledger.entries()[-1]["code"] == "demo"
    assert gate.match(mine).score >= policy.MATCH_COSINE
    for picture in (Unmarked().photograph("ada", seed=1), other.photograph("ada", seed=1)):
        assert code(gate.match, picture) == "other-world"
    moved = Photo(home.photograph("ada", seed=2).pixels, mine.mark)  # a genuine mark, of another picture
    assert code(gate.match, moved) == "bad-mark"


def test_a_marked_picture_is_not_let_into_a_cameras_session(known):
    assert code(known.match, World().photograph("ada", seed=1)) == "other-world"


def test_the_face_that_is_chosen_is_compared_and_the_other_one_named(known, ada_and_gita):
    left, right = (d.box for d in finder().detect(ada_and_gita.pixels))
    match = known.match(ada_and_gita, 0)
    assert (match.face.box, match.others, match.origin, match.action) == (left, (right,), Origin.PHOTO, None)
    no = refused(known.match, ada_and_gita, 1)
    assert (no.code, no.boxes) == ("not-you", (right,))
    for choose, why in ((None, "several-faces"), (2, "no-such-face")):
        no = refused(known.match, ada_and_gita, choose)
        assert (no.code, no.boxes) == (why, (left, right))


def test_what_reaches_the_limit_exactly_matches_in_a_photograph_and_in_the_live_check(
    known, notary, ledger, monkeypatch
):
    photo = Photo(draw("ada", seed=1))
    exact = known.match(photo).score
    monkeypatch.setattr(policy, "MATCH_COSINE", exact)
    assert known.match(photo).score == exact
    monkeypatch.setattr(policy, "MATCH_COSINE", math.nextafter(exact, 2))
    assert code(known.match, photo) == "not-you"
    lowest = min(match.score for match in known.live())
    monkeypatch.setattr(policy, "MATCH_COSINE", lowest)
    assert len(gate_of("ada", notary, ledger).live()) == len(known.live())
    monkeypatch.setattr(policy, "MATCH_COSINE", math.nextafter(lowest, 2))
    assert len(gate_of("ada", notary, ledger).live()) == len(known.live()) - 1


# --- the person's own frames -----------------------------------------------------------------------------------------


def test_own_frames_come_at_rest_first_and_sharpest_first_with_score_and_action(notary, ledger):
    clock = Clock()
    asked = ((Action.OPEN_MOUTH, {}), (Action.TURN_LEFT, {"yaw": 12}), (Action.TURN_LEFT, {"yaw": 14}))
    seen = [(action, freeze(draw("ada", seed=90 + n, **turn))) for n, (action, turn) in enumerate(asked)]
    frames = [*(LiveFrame(pixels, finder().find(pixels)[0], action) for action, pixels in seen), *sat("ada")]
    assert len({frame.face.sharpness for frame in frames}) == len(frames)
    gate = enrol(checked_again(frames, clock), notary.sign(EVERYTHING, clock), ledger, clock)
    own = gate.live()
    resting = sorted(sat("ada"), key=lambda frame: -frame.face.sharpness)
    moving = sorted(frames[:3], key=lambda frame: -frame.face.sharpness)
    for match, frame in zip(own, [*resting, *moving], strict=True):
        assert match.pixels is frame.pixels
        assert (match.face, match.action, match.origin) == (frame.face, frame.action, Origin.LIVE)
        assert match.score == score(gate._template, gate._recogniser.embed(frame.pixels, frame.face))


def test_a_live_check_that_was_used_is_named_in_the_no(notary, ledger):
    clock = Clock()
    live, receipt = checked_again(sat("ada"), clock), notary.sign(EVERYTHING, clock)
    gate = enrol(live, receipt, ledger, clock)
    assert (gate.domain, ledger.entries()[-1]["code"]) == (Domain.LIVE, "live")
    assert refused(enrol, live, receipt, ledger, clock).reason == Refusal.of("spent", what="live check").reason


def test_a_live_check_is_too_old_after_a_minute_and_from_tomorrow_never(notary, ledger):
    for age, why in ((0.0, None), (policy.LIVE_SECONDS, None), (policy.LIVE_SECONDS + 1e-6, "live-stale")):
        clock = Clock()
        live = checked_again(sat("ada"), clock)
        clock.now += age
        receipt = notary.sign(EVERYTHING, clock)
        if why is None:
            gate = enrol(live, receipt, ledger, clock)
            assert gate.expires == clock.now + policy.SESSION_SECONDS
            assert len(gate.session) == 16
        else:
            assert code(enrol, live, receipt, ledger, clock) == why
    ahead = Clock(2000.0)
    assert code(enrol, checked_again(sat("ada"), ahead), notary.sign(EVERYTHING, Clock()), ledger, Clock()) == (
        "live-stale"
    )


# --- what is logged --------------------------------------------------------------------------------------------------


def test_every_yes_and_no_is_a_row_with_its_event_its_code_and_its_purpose(notary, ledger):
    clock = Clock()
    gate = gate_of("ada", notary, ledger, clock, NARROW)
    assert gate.purposes == frozenset({Purpose.AGE})
    before = len(ledger.entries())
    match = gate.match(Photo(draw("ada", seed=1)))
    assert code(gate.match, Photo(draw("gita", seed=1))) == "not-you"
    assert code(gate.grant, match, match, Purpose.SWAP) == "purpose-not-agreed"
    grant = gate.grant(match, match, Purpose.AGE)
    assert code(gate.redeem, grant, Purpose.SWAP) == "wrong-purpose"
    work = gate.redeem(grant, Purpose.AGE)
    assert code(gate.redeem, grant, Purpose.AGE) == "spent"
    draft = work.draft(match.pixels, "none", {})
    gate.release(draft)
    assert code(gate.release, draft) == "spent"
    late = gate.grant(match, match, Purpose.AGE)
    clock.now += policy.GRANT_SECONDS
    assert code(gate.redeem, late, Purpose.AGE) == "grant-stale"
    assert rows(ledger, before) == [
        ("match", "", ""),
        ("match-refused", "not-you", ""),
        ("grant-refused", "purpose-not-agreed", "swap"),
        ("grant", "", "age"),
        ("redeem-refused", "wrong-purpose", "swap"),
        ("redeem", "", "age"),
        ("redeem-refused", "spent", "age"),
        ("release", "", ""),
        ("release-refused", "spent", ""),
        ("grant", "", "age"),
        ("redeem-refused", "grant-stale", "age"),
    ]
    assert {e["session"] for e in ledger.entries()[before:]} == {gate.session}


def test_of_the_previews_of_a_pair_the_first_is_logged_and_each_refusal(notary, ledger):
    gate = gate_of("ada", notary, ledger)
    one, other = (gate.match(photo) for photo in (Photo(draw("ada", seed=8)), Photo(draw("ada", seed=9))))
    both = (Purpose.SWAP, Purpose.AGE)

    def preview(target, *purposes, kept=False):
        before = len(ledger.entries())
        swap, *more = [gate.redeem(gate.grant(one, target, p, purposes), p) for p in purposes]
        gate.release(swap.draft(target.pixels, "none", {}, *more), kept=kept)
        return [(e["event"], e["purpose"]) for e in ledger.entries()[before:]]

    first = [("grant", "swap"), ("redeem", "swap"), ("grant", "age"), ("redeem", "age"), ("release", "")]
    assert preview(one, *both) == first
    assert preview(one, *both) == preview(one, *both) == []
    assert preview(other, *both) == first, "another picture"
    assert preview(one, Purpose.AGE) == [("grant", "age"), ("redeem", "age"), ("release", "")], "another thing to do"
    assert preview(one, *both, kept=True) == [("release", "")], "a file of its own"
    before = len(ledger.entries())
    spent = gate.grant(one, one, Purpose.SWAP, both)
    gate.redeem(spent, Purpose.SWAP)
    assert code(gate.redeem, spent, Purpose.SWAP) == "spent"
    assert code(gate.redeem, gate.grant(one, one, Purpose.SWAP, both), Purpose.AGE) == "wrong-purpose"
    assert code(gate.grant, one, one, Purpose.VIDEO, both) == "purpose-not-agreed", "not among what is done"
    assert code(gate.grant, one, one, Purpose.SWAP, (Purpose.AGE,)) == "purpose-not-agreed"
    assert rows(ledger, before) == [
        ("redeem-refused", "spent", "swap"),
        ("redeem-refused", "wrong-purpose", "age"),
        ("grant-refused", "purpose-not-agreed", "video"),
        ("grant-refused", "purpose-not-agreed", "swap"),
    ]


def test_leave_that_was_asked_for_first_is_logged_until_one_came_out(notary, ledger):
    gate = gate_of("ada", notary, ledger)
    match = gate.match(Photo(draw("ada", seed=8)))
    before = len(ledger.entries())
    works = [gate.redeem(gate.grant(match, match, Purpose.AGE, (Purpose.AGE,)), Purpose.AGE) for _ in range(2)]
    for work in works:
        gate.release(work.draft(match.pixels, "none", {}))
    events = ["grant", "redeem", "grant", "redeem", "release"]
    assert [e["event"] for e in ledger.entries()[before:]] == events


def test_the_first_moment_of_a_session_counts_and_the_last_does_not(notary, ledger):
    clock = Clock()
    gate = gate_of("ada", notary, ledger, clock)
    assert gate.live()
    clock.now = math.nextafter(gate.expires, 0)
    assert gate.live()
    assert gate.live(), "a clock that stands still is none that goes back"
    clock.now = gate.expires
    assert code(gate.live) == "session-expired"


def test_a_grant_ends_at_its_very_second(known_at):
    gate, clock = known_at
    match = gate.live()[0]
    first, second = (gate.grant(match, match, Purpose.AGE) for _ in range(2))
    clock.now = math.nextafter(first.expires, 0)
    gate.redeem(first, Purpose.AGE)
    clock.now = second.expires
    with pytest.raises(Forgery, match="grant-stale"):
        gate.redeem(second, Purpose.AGE)


@pytest.fixture
def known_at(notary, ledger):
    clock = Clock()
    return gate_of("ada", notary, ledger, clock), clock
