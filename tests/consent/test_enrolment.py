"""Enrolment: of one live capture and one consent that stands, and of nothing that merely looks like them."""

import dataclasses
import types

import pytest

from consent import liveness, policy
from consent.challenge import draw
from consent.enrolment import enrol
from consent.errors import Forgery, Refusal
from consent.gate import Gate
from consent.types import Assurance, Once, Purpose
from tests.conftest import EVERYTHING, checked_again
from tests.promises.stage import Clock, sat


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
    names = [f.name for f in dataclasses.fields(value)] + ["sealed_parts"]
    return types.SimpleNamespace(**{n: getattr(value, n) for n in names if hasattr(value, n)} | changes)


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
        def sealed_parts(self):
            return real.sealed_parts()

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
