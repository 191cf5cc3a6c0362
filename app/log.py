"""The log of decisions as a person reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

_WORDS: Final[Mapping[str, str]] = {
    "check-begun": "a live check was begun",
    "liveness-refused": "the live check said no",
    "enrolled": "the person was verified, a session began",
    "enrolment-refused": "no session began",
    "match": "a face matched the person",
    "match-refused": "a face was not accepted",
    "grant": "leave was given",
    "grant-refused": "leave was not given",
    "redeem": "leave was used",
    "redeem-refused": "leave was not accepted",
    "release": "a result went to be labelled and signed",
    "release-refused": "a result was held back",
    "ended": "the session ended",
    "withdrawn": "consent was withdrawn",
}


def lines(entries: Sequence[Mapping[str, str]]) -> Iterator[str]:
    """Each decision in a line, oldest first: local time, session, event in words, code, purpose, consent.

    Args:
        entries: from `Ledger.entries`; what a row does not have is left out, and an unknown event stands as it is.
    """
    for entry in entries:
        event = entry.get("event", "")
        said = _WORDS.get(event, event)
        purpose = f" for {entry['purpose']}" if entry.get("purpose") else ""
        code = f": {entry['code']}" if entry.get("code") else ""
        consent = f" (consent {entry['consent']})" if entry.get("consent") else ""
        yield f"{_local(entry.get('time', ''))}  {entry.get('session', '')[:8]:8}  {said}{purpose}{code}{consent}"


def summary(entries: Sequence[Mapping[str, str]]) -> str:
    """How many decisions there are and since when, of a log that was found whole."""
    if not entries:
        return "The log is empty."
    count = f"{len(entries)} decisions" if len(entries) > 1 else "1 decision"
    since = f"since {_local(entries[0].get('time', ''))}"
    return f"The log is whole: {count} {since}, each bound to the one before, the newest signed."


def as_json(entries: Sequence[Mapping[str, str]], *, rows: bool) -> dict[str, Any]:
    """The same for programs.

    Args:
        entries: from `Ledger.entries`, which only gives whole logs.
        rows: whether the decisions themselves are wanted.
    """
    since, until = (entries[0].get("time"), entries[-1].get("time")) if entries else (None, None)
    told = {"whole": True, "rows": len(entries), "since": since, "until": until}
    return told | ({"entries": list(entries)} if rows else {})


def _local(time: str) -> str:
    try:
        return datetime.fromisoformat(time).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except ValueError:
        return time or "at an unknown time"
