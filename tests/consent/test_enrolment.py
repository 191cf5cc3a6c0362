"""Enrolment: of one live capture and one consent that stands, and of nothing that merely looks like them."""

import dataclasses
import types

import pytest

from consent import liveness, policy
from consent.attempts import begin
from consent.challenge import draw
from consent.enrolment import enrol
from consent.errors import Forgery, Refusal
from consent.gate import Gate
from consent.types import Assurance, LiveFrame, Once, Purpose, freeze
from tests.conftest import EVERYTHING, checked_again
from tests.promises.stage import Clock, head, pasted, sat


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def agreed(notary, clock):
    return lambda: notary.sign(EVERYTHING, clock)


@pytest.fixture
def seen(clock):
    return lambda **rest: checked_again(sat("ada"), clock, **rest)


def code(call, *args):
    with pytest.raises(Refusal) as caught:
        call(*args)
    return caught.value.code


def like(value, **changes):
    """Something that answers every question as `value` does, but for the changes."""
    return types.SimpleNamespace(**{f.name: getattr(value, f.name) for f in dataclasses.fields(value)} | changes)


def test_what_enrols_logs_it(seen, agreed, ledger, clock):
    gate = enrol(seen(), agreed(), ledger, clock)
    last = ledger.entries()[-1]
    assert (last["event"], last["session"], last["consent"]) == ("enrolled", gate.session, gate.consent)


def test_something_with_a_check_is_no_consent(seen, ledger, clock):
    kind = types.SimpleNamespace(check=lambda: None, purposes=frozenset(Purpose), id="")
    assert code(enrol, seen(), kind, ledger, clock) == "forged"
    assert ledger.entries()[-1]["event"] == "enrolment-refused"


def test_other_frames_under_a_genuine_seal_are_forged(seen, agreed, ledger, clock):
    theirs = like(seen(), frames=sat("bram"))
    assert code(enrol, theirs, agreed(), ledger, clock) == "forged"

    real = seen()

    class Other(type(real)):
        pass

    values = {f.name: getattr(real, f.name) for f in dataclasses.fields(real)} | {"frames": sat("bram")}
    assert code(enrol, Other(**values), agreed(), ledger, clock) == "forged"


def test_a_live_check_enrols_once_whatever_is_put_into_a_copy_of_it(seen, agreed, ledger, clock):
    live = seen()
    enrol(live, agreed(), ledger, clock)
    assert code(enrol, live, agreed(), ledger, clock) == "spent"
    assert code(enrol, dataclasses.replace(live, once=Once()), agreed(), ledger, clock) == "forged"


def test_the_gate_itself_asks_for_age_and_freshness(seen, agreed, ledger, clock):
    assert code(Gate, seen(years=9.0), agreed(), ledger, clock) == "looks-under-age"
    assert code(Gate, seen(years=float("nan")), agreed(), ledger, clock) == "looks-under-age"
    live = seen()
    clock.now += policy.LIVE_SECONDS + 1
    assert code(Gate, live, agreed(), ledger, clock) == "live-stale"


def test_a_stale_consent_stays_stale_under_another_clock(seen, agreed, ledger, clock):
    receipt = agreed()
    clock.now += policy.RECEIPT_SECONDS + 1
    assert code(enrol, seen(), receipt, ledger, clock) == "consent-stale"
    revived = dataclasses.replace(receipt, clock=lambda: receipt.made)
    assert code(enrol, seen(), revived, ledger, clock) == "forged"


def test_a_consent_that_was_taken_back_opens_nothing_more(seen, agreed, ledger, clock):
    receipt = agreed()
    enrol(seen(), receipt, ledger, clock).withdraw()
    assert code(enrol, seen(), receipt, ledger, clock) == "consent-withdrawn"
    assert ledger.entries()[-1]["code"] == "consent-withdrawn"
    enrol(seen(), agreed(), ledger, clock)


def test_a_consent_that_another_process_took_back_opens_nothing(seen, agreed, ledger, clock):
    receipt = agreed()
    ledger.record("withdrawn", "", consent=receipt.id)
    assert code(enrol, seen(), receipt, ledger, clock) == "consent-withdrawn"


@pytest.mark.parametrize("way", [enrol, Gate, lambda live, receipt, ledger, clock: begin(ledger, clock)])
def test_something_with_the_answers_of_a_log_is_none(seen, agreed, ledger, clock, way):
    """A log that forgets would let somebody try for ever, and enrol with a consent that was taken back."""
    live, receipt, before = seen(), agreed(), len(ledger.entries())

    class Forgetful(type(ledger)):
        def withdrawn(self):
            return {}

    told = []
    pretended = types.SimpleNamespace(withdrawn=dict, entries=list, record=lambda *_, **__: told.append(1))
    for other in (pretended, object.__new__(Forgetful), None):
        assert code(way, live, receipt, other, clock) == "forged"
    assert not told
    assert len(ledger.entries()) == before
    way(live, receipt, ledger, clock)


def test_whose_own_frames_do_not_match_has_no_gate(seen, agreed, ledger, clock, monkeypatch):
    """So that there is always a frame of the live check to work with, or a sentence."""
    monkeypatch.setattr(policy, "MATCH_COSINE", 1.01)
    assert code(enrol, seen(), agreed(), ledger, clock) == "too-few-frames"
    assert ledger.entries()[-1]["code"] == "too-few-frames"


def test_a_challenge_and_a_recording_are_what_they_say(clock):
    drawn = draw(clock, Assurance.MOTION)
    easy = types.SimpleNamespace(clock=clock, assurance=Assurance.MOTION, open=drawn.open)
    with pytest.raises(Forgery):
        liveness.Recorder(easy)
    recording = liveness.Recorder(drawn).capture()
    assert code(liveness.check, like(recording, outcome="complete")) == "forged"
    again = dataclasses.replace(recording, once=Once())
    assert code(liveness.check, again) == "forged"
    assert code(liveness.check, recording) == "unfinished"
    assert code(liveness.check, recording) == "spent"


def test_somebody_in_the_background_of_the_live_check_stays_as_they_are(notary, ledger, clock):
    """Small faces do not stop the check; so a frame of it may show others, within the reach of an engine."""
    theirs, frames = head("bram", 14), []
    x, y, width, _ = (int(v) for v in sat("ada")[0].face.box)
    at = (slice(y, y + theirs.shape[0]), slice(x + width, x + width + theirs.shape[1]))
    for frame in sat("ada"):
        pixels = pasted(frame.pixels, theirs, x + width, y)
        frames.append(LiveFrame(freeze(pixels), frame.face, frame.action))
    gate = enrol(checked_again(frames, clock), notary.sign(EVERYTHING, clock), ledger, clock)
    for match in gate.live():
        assert len(match.others) == 1
        draft = gate.redeem(gate.grant(match, match, Purpose.AGE), Purpose.AGE).draft(255 - match.pixels, "none", {})
        changed = (gate.release(draft).pixels != match.pixels).any(2)
        assert changed.any()
        left, top, wide, high = (int(v) for v in match.others[0])
        assert not changed[top : top + high, left : left + wide].any()
        assert not changed[at][8:-8, 8:-8].any(), "nor their hair"


def test_nobody_else_is_seen_where_nobody_is(seen, agreed, ledger, clock):
    gate = enrol(seen(), agreed(), ledger, clock)
    assert [match.others for match in gate.live()] == [()] * len(gate.live())
