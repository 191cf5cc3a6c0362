"""Too many failed checks start a pause, whatever their end, and it outlives the program."""

from datetime import UTC, datetime, timedelta

import pytest

from consent import attempts, policy
from consent.errors import Fault, Refusal
from consent.ledger import Ledger
from consent.types import Ability, Assurance


@pytest.fixture
def log(tmp_path):
    return Ledger(tmp_path / "log.jsonl")


def begun(log, times):
    for _ in range(times):
        attempts.begin(log)


def now(after=0.0):
    return datetime.now(UTC) + timedelta(seconds=after)


def test_five_failures_start_a_pause_with_its_length(log):
    begun(log, policy.FAILURES)
    with pytest.raises(Refusal) as caught:
        attempts.begin(Ledger(log._path))  # a new start of the program
    assert caught.value.code == "too-many-tries"
    assert "10 minutes" in caught.value.remedy
    assert "1 minute " in _refused(log, now(policy.PAUSE_SECONDS - 30)).remedy
    attempts.begin(log, today=lambda: now(policy.PAUSE_SECONDS + 1))


def _refused(log, at):
    with pytest.raises(Refusal) as caught:
        attempts.begin(log, today=lambda: at)
    return caught.value


def test_a_refused_begin_does_not_make_the_pause_longer(log):
    begun(log, policy.FAILURES)
    before = len(log.entries())
    for _ in range(3):
        _refused(log, now())
    assert len(log.entries()) == before


def test_a_passed_check_clears_what_came_before(log):
    begun(log, policy.FAILURES - 1)
    log.record(attempts.PASSED, "session", "live")
    begun(log, policy.FAILURES)
    assert attempts.pause(log, now()) > 0


def test_an_enrolment_that_is_refused_has_not_passed(log):
    begun(log, policy.FAILURES - 1)
    log.record("enrolment-refused", "", "looks-under-age")
    log.record("liveness-refused", "", "looks-flat")
    begun(log, 1)
    assert attempts.pause(log, now()) > 0


def test_slow_failures_start_none(log, monkeypatch):
    start = now()
    entries = [{"event": attempts.BEGUN, "time": (start + timedelta(seconds=50 * i)).isoformat()} for i in range(20)]
    monkeypatch.setattr(Ledger, "entries", lambda _: entries)
    assert attempts.pause(log, start + timedelta(seconds=50 * 20)) == 0


def test_a_clock_set_back_shortens_nothing(log):
    begun(log, policy.FAILURES)
    assert attempts.pause(log, now(-86400)) == policy.PAUSE_SECONDS


def test_no_check_without_a_log(log):
    begun(log, 1)
    log._path.write_text("no log\n")
    with pytest.raises(Fault) as caught:
        attempts.begin(log)
    assert caught.value.code == "log-broken"


def test_what_was_begun_is_logged_without_anything_of_the_person(log):
    attempts.begin(log, assurance=Assurance.MOTION, abilities=frozenset({Ability.TURN, Ability.EYES}))
    entry = log.entries()[0]
    assert (entry["event"], entry["session"], entry["code"]) == ("check-begun", "", "motion")
    assert set(entry) == {"time", "event", "session", "code", "previous", "hash"}


def test_too_little_to_ask_is_no_attempt(log):
    with pytest.raises(Refusal):
        attempts.begin(log, abilities=frozenset({Ability.EYES}))
    assert not log.entries()
