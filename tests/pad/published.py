"""The sessions behind a published table, as one file beside it: whoever doubts a rate judges them again in seconds.

Gzipped lines of JSON: what the file is and which code ran it, then a session a line by instrument and seed, as the
store keeps it (`store.as_text`) without its per-frame arrays. The same bytes for the same sessions. It also carries an
unfinished run to another machine.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from consent.errors import Refusal
from consent.types import Assurance
from tests.pad.store import FORMAT, Record, Store, as_text, from_text

SUFFIX: Final = ".sessions.gz"
_WHAT: Final = "selfsame bench liveness: sessions of synthetic people, numbers only"
_LONGEST: Final = 65_536
_CODE: Final = re.compile("[0-9a-f]{12}")
_NAME: Final = re.compile("[a-z0-9_]{1,40}")


def publish(path: Path, code: str, records: Iterable[Record]) -> None:
    """Write the sessions that `code` (`store.code_version`) ran, whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    head = json.dumps({"what": _WHAT, "format": FORMAT, "code": code})
    ordered = sorted(records, key=lambda record: record.job)
    part = path.with_name(path.name + ".part")
    part.write_bytes(
        gzip.compress("".join(f"{line}\n" for line in (head, *map(as_text, ordered))).encode(), 9, mtime=0)
    )
    part.replace(path)


def take(path: Path, folder: Path) -> Store:
    """Put published sessions into a folder that keeps them, where they are not there yet.

    Returns:
        The sessions of the code that was published.

    Raises:
        Refusal: `broken-store` when the file is not one of these, or not whole; those of `Store`.
        OSError: the folder cannot be written.
    """
    code, records = _read(path)
    kept = Store(folder, code)
    for record in records:
        if not kept.has(record.job):
            kept.put(record)
    return kept


def _read(path: Path) -> tuple[str, list[Record]]:
    """The version of the code, and what it ran."""
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="\n") as file:
            head = json.loads(file.readline(_LONGEST))
            code = str(head["code"])
            if head["what"] != _WHAT or head["format"] != FORMAT or not _CODE.fullmatch(code):
                raise ValueError("other")
            return code, [_record(line) for line in iter(lambda: file.readline(_LONGEST), "")]
    except (OSError, EOFError, ValueError, KeyError, TypeError, zlib.error):
        raise Refusal(
            "broken-store",
            f"{path} is not a whole file of sessions.",
            "Take the one that lies beside the published table.",
        ) from None


def _record(line: str) -> Record:
    record = from_text(line) if line.endswith("\n") else None
    if record is None or not _NAME.fullmatch(record.job.name) or record.job.assurance not in set(Assurance):
        raise ValueError("cut, too long or other")
    return record
