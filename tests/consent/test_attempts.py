"""Too many failed checks start a pause, whatever their end, and it outlives the program."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent import attempts, policy
from consent.errors import Fault, Refusal
from consent.ledger import Ledger
from consent.types import Ability, Assurance

KEY = Ed25519PrivateKey.generate()


@pytest.fixture
def log(tmp_path):
    return Ledger(tmp_path / "log.db", KEY)


def begun(log, times):
    for _ in range(times):
        attempts.begin(log)


def now(after=0.0):
    return datetime.now(UTC) + timedelta(seconds=after)


def test_five_failures_start_a_pause_with_its_length(log):
    begun(log, policy.FAILURES)
    with pytest.raises(Refusal) as caught:
        attempts.begin(Ledger(log._path, KEY))  # a new start of the program
    assert caught.value.code == "too-many-tries"
    assert "10 minutes" in caught.value.remedy
    assert "wait a minute " in _refused(log, now(policy.PAUSE_SECONDS - 30)).remedy
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
    log.record(attempts.PASSED, "0123456789abcdef", "live")
    begun(log, policy.FAILURES)
    assert attempts.pause(log.entries(), now()) > 0


def test_an_enrolment_that_is_refused_has_not_passed(log):
    begun(log, policy.FAILURES - 1)
    log.record("enrolment-refused", "", "looks-under-age")
    log.record("liveness-refused", "", "looks-flat")
    begun(log, 1)
    assert attempts.pause(log.entries(), now()) > 0


def entries(seconds):
    """Checks begun so many seconds ago, each."""
    return [{"event": attempts.BEGUN, "time": now(-s).isoformat()} for s in seconds]


def test_a_pause_is_counted_from_the_last_failure_and_to_the_second():
    at = now()

    def left(seconds):
        return attempts.pause(
            [{"event": attempts.BEGUN, "time": (at - timedelta(seconds=s)).isoformat()} for s in seconds], at
        )

    assert left([policy.FAILURE_SECONDS, 90, 60, 30, 0]) == policy.PAUSE_SECONDS, "at the very limit, too"
    assert left([policy.FAILURE_SECONDS + 0.5, 90, 60, 30, 0]) == 0
    assert left([170, 90, 60, 30, 20]) == policy.PAUSE_SECONDS - 20
    ahead = -policy.PAUSE_SECONDS
    assert left([0, 0, 0, 0, ahead]) == 0, "these are further apart than failures in a row"
    assert left([ahead] * 5) == 2 * policy.PAUSE_SECONDS, "ahead by a pause, no more: it counts"
    assert left([ahead - 0.5] * 5) == 0


def test_the_time_to_wait_is_said_in_whole_minutes_and_no_less(log):
    begun(log, policy.FAILURES)
    last = datetime.fromisoformat(log.entries()[-1]["time"])
    for left, words in ((0.5, "wait a minute "), (60.0, "wait a minute "), (61.0, "2 minutes"), (600.0, "10 minutes")):
        assert words in _refused(log, last + timedelta(seconds=policy.PAUSE_SECONDS - left)).remedy
    assert (
        attempts.begin(log, assurance=Assurance.MOTION, today=lambda: now(3 * policy.PAUSE_SECONDS)).assurance
        == "motion"
    )


def test_slow_failures_are_counted_by_the_hour():
    few = entries(range(50 * (policy.MOST_CHECKS - 2), -1, -50))
    assert attempts.pause(few, now()) <= 0
    many = entries(range(50 * (policy.MOST_CHECKS - 1), -1, -50))
    assert policy.MOST_SECONDS - 50 * policy.MOST_CHECKS < attempts.pause(many, now()) <= policy.MOST_SECONDS


def test_passing_in_between_does_not_buy_more_guesses():
    passed = {"event": attempts.PASSED, "time": now().isoformat()}
    bought = [e for entry in entries(range(1400, 0, -90)) for e in (entry, passed)]
    assert len(bought) >= 2 * policy.MOST_CHECKS
    assert attempts.pause(bought, now()) > 0


def test_a_clock_set_back_a_little_shortens_nothing(log):
    begun(log, policy.FAILURES)
    assert attempts.pause(log.entries(), now(-300)) >= policy.PAUSE_SECONDS


def test_a_clock_that_was_a_year_ahead_does_not_lock_anybody_out():
    assert attempts.pause(entries([-3e7] * 20), now()) <= 0


def test_checks_begun_at_once_are_counted_one_after_the_other(log):
    def one(_):
        try:
            attempts.begin(log)
        except Refusal as no:
            return no.code
        return "begun"

    with ThreadPoolExecutor(16) as pool:
        said = list(pool.map(one, range(16)))
    assert said.count("begun") == policy.FAILURES
    assert said.count("too-many-tries") == 16 - policy.FAILURES


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
    assert {k for k, v in entry.items() if v} == {"time", "event", "code", "previous", "hash"}


def test_too_little_to_ask_is_no_attempt(log):
    with pytest.raises(Refusal):
        attempts.begin(log, abilities=frozenset({Ability.EYES}))
    assert not log.entries()
