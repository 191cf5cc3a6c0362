"""Begin a live check, unless too many failed just now.

Counted in the log, so that a new start of the program helps nobody: a check that was begun and not passed has failed,
whether it was refused, cancelled or left.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from consent import policy
from consent.challenge import EVERYTHING, Challenge, draw
from consent.errors import Refusal
from consent.ledger import Ledger
from consent.types import Ability, Assurance, Clock, exactly, since_boot

BEGUN, PASSED = "check-begun", "enrolled"


def now() -> datetime:
    """The time of day."""
    return datetime.now(UTC)


def begin(
    ledger: Ledger,
    clock: Clock = since_boot,
    assurance: Assurance = Assurance.MOTION_LIGHT,
    abilities: frozenset[Ability] = EVERYTHING,
    today: Callable[[], datetime] = now,
) -> Challenge:
    """Draw a challenge and log that a check was begun.

    Args:
        ledger: the log that counts.
        clock: the session's clock.
        assurance: which kind of challenge.
        abilities: what the person can do.
        today: the time of day, as the log has it.

    Raises:
        Forgery: `forged`, for something that only looks like a ledger.
        Refusal: `too-many-tries`, with the time to wait; `too-little-to-ask`.
        Fault: `log-broken` or `log-unusable`; no check without a log.
    """
    exactly(Ledger, ledger)
    challenge = draw(clock, assurance, abilities)

    def allow(entries: list[dict[str, str]]) -> None:
        left = pause(entries, today())
        if left > 0:
            minutes = math.ceil(left / 60)
            raise Refusal.of("too-many-tries", "soon" if minutes == 1 else "", minutes=str(minutes))

    ledger.record(BEGUN, "", str(assurance), allow=allow)
    return challenge


def pause(entries: list[dict[str, str]], at: datetime) -> float:
    """Seconds that must still pass before another check may begin; 0 for none.

    Two limits: checks begun and not passed within minutes, and checks begun within an hour, passed or not. Times that
    lie ahead by more than a pause are those of a clock that was wrong, and do not count.
    """
    latest = at + timedelta(seconds=policy.PAUSE_SECONDS)
    failed: list[datetime] = []
    begun: list[datetime] = []
    ends = at
    for entry in entries:
        if entry.get("event") == PASSED:
            failed.clear()
        if entry.get("event") != BEGUN or (time := datetime.fromisoformat(entry["time"])) > latest:
            continue
        failed.append(time)
        begun.append(time)
        recent = failed[-policy.FAILURES :]
        if len(recent) == policy.FAILURES and (recent[-1] - recent[0]).total_seconds() <= policy.FAILURE_SECONDS:
            ends = max(ends, recent[-1] + timedelta(seconds=policy.PAUSE_SECONDS))
    last_hour = [time for time in begun if (at - time).total_seconds() < policy.MOST_SECONDS]
    if len(last_hour) >= policy.MOST_CHECKS:
        ends = max(ends, last_hour[-policy.MOST_CHECKS] + timedelta(seconds=policy.MOST_SECONDS))
    return (ends - at).total_seconds()
