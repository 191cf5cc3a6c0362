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
from consent.types import Ability, Assurance, Clock, since_boot

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
        Refusal: `too-many-tries`, with the time to wait; `too-little-to-ask`.
        Fault: `log-broken` or `log-unusable`; no check without a log.
    """
    left = pause(ledger, today())
    if left > 0:
        minutes = math.ceil(left / 60)
        raise Refusal(
            "too-many-tries",
            f"{policy.FAILURES} checks in a row were not passed.",
            f"Please wait {minutes} minute{'s' if minutes > 1 else ''} and try again, rested and in better light.",
        )
    challenge = draw(clock, assurance, abilities)
    ledger.record(BEGUN, "", str(assurance))
    return challenge


def pause(ledger: Ledger, at: datetime) -> float:
    """Seconds that must still pass before another check may begin; 0 for none.

    A time in the log that lies ahead of `at`, as after a change of the clock, counts as now.
    """
    failed: list[datetime] = []
    ends = at - timedelta(days=1)
    for entry in ledger.entries():
        if entry.get("event") == BEGUN:
            failed.append(min(at, datetime.fromisoformat(entry["time"])))
            recent = failed[-policy.FAILURES :]
            if len(recent) == policy.FAILURES and (recent[-1] - recent[0]).total_seconds() <= policy.FAILURE_SECONDS:
                ends = recent[-1] + timedelta(seconds=policy.PAUSE_SECONDS)
        elif entry.get("event") == PASSED:
            failed.clear()
    return max(0.0, (ends - at).total_seconds())
