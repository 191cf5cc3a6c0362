"""The log of decisions: append-only, each line bound to the one before by SHA-256, never anything of a face.

One JSON object a line: `time`, `event`, `session`, optional `code` and `purpose`, `previous` and `hash`. Several
processes may write to one log: every append holds a file lock and re-reads the last line.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, final

from consent.errors import Fault

Allow = Callable[[list[dict[str, str]]], None]
START: Final = "0" * 64
_REMEDY: Final = "Move the file away to keep it as evidence; a new log is begun."


def _hash(entry: dict[str, str]) -> str:
    body = {k: v for k, v in entry.items() if k != "hash"}
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _parse(line: bytes, number: int) -> dict[str, str]:
    try:
        entry = json.loads(line)
        if not (isinstance(entry, dict) and all(isinstance(v, str) for v in entry.values())):
            raise TypeError
        if entry["hash"] != _hash(entry):
            raise ValueError
    except (ValueError, TypeError, KeyError, RecursionError):
        raise Fault("log-broken", f"Line {number} of the log was changed or damaged.", _REMEDY) from None
    return entry


def _unusable(error: OSError) -> Fault:
    reason = f"The log of decisions cannot be used ({error.strerror or error})."
    return Fault("log-unusable", reason, "Free some space or mend the folder's permissions, and try again.")


@final
class Ledger:
    """The log at one path."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def record(self, event: str, session: str, code: str = "", purpose: str = "", allow: Allow | None = None) -> None:
        """Append one decision and flush it to the disk.

        Args:
            event: what was decided.
            session: whose session.
            code: of a refusal, or what else is to be said.
            purpose: what for.
            allow: looks at every line so far and raises when this one must not be written; nobody else writes between.

        Raises:
            Fault: `log-broken`, when the last line was changed or cut off, `log-unusable`, when it cannot be written;
                nothing is written then.
        """
        with self._open() as descriptor:
            if allow is not None:
                allow(self.entries())
            previous = self._last(descriptor)
            entry = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event, "session": session}
            entry |= {k: v for k, v in (("code", code), ("purpose", purpose)) if v}
            entry["previous"] = previous
            entry["hash"] = _hash(entry)
            os.write(descriptor, (json.dumps(entry, ensure_ascii=True) + "\n").encode())
            os.fsync(descriptor)

    def entries(self) -> list[dict[str, str]]:
        """Every line, the whole chain checked.

        Raises:
            Fault: `log-broken`, naming the line, or `log-unusable`.
        """
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise _unusable(error) from None
        found, previous = [], START
        for number, line in enumerate(data.splitlines(), 1):
            entry = _parse(line, number)
            if entry.get("previous") != previous:
                raise Fault("log-broken", f"Line {number} of the log does not follow the line before it.", _REMEDY)
            previous = entry["hash"]
            found.append(entry)
        return found

    @contextmanager
    def _open(self) -> Iterator[int]:
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                yield descriptor
            finally:
                os.close(descriptor)
        except OSError as error:
            raise _unusable(error) from None

    @staticmethod
    def _last(descriptor: int) -> str:
        """The hash of the last line."""
        size = os.fstat(descriptor).st_size
        if size == 0:
            return START
        tail = os.pread(descriptor, 4096, max(0, size - 4096))
        if not tail.endswith(b"\n"):
            raise Fault("log-broken", "The last line of the log was cut off.", _REMEDY)
        return _parse(tail[:-1].rsplit(b"\n", 1)[-1], -1)["hash"]
