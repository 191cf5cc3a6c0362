"""The log of decisions: append-only, hash-chained, its newest row signed; never anything of a face.

An SQLite table. Each row's `hash` is the SHA-256 of the row with the `hash` of the row before; the newest row's number
and hash, the head, are signed with the installation's Ed25519 key. The head stands in the database and again in a
small file beside it, so that rows cut off the end, or an older copy of the database alone, are found.

Each append is one transaction under SQLite's write lock, whole or not at all. The head file follows right after, also
under that lock: so it is never ahead, and behind by at most the one row of a program that was killed in between; the
next append mends that first. Journal mode DELETE: a reader that sees row n keeps row n + 1 from being committed while
it reads the head file, which WAL does not, and nothing lies beside the log at rest. `synchronous=EXTRA`: FULL, and
the end of a transaction survives a power cut too; else the head file could be ahead after one.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent.errors import Fault

Allow = Callable[[list[dict[str, str]]], None] | None
Row = tuple[Any, ...]  # number, then FIELDS

FIELDS: Final = ("time", "event", "session", "code", "purpose", "consent", "previous", "hash")
START: Final = "0" * 64
_WORD: Final = r"[a-z0-9+-]{0,40}"
_HEX: Final = r"[0-9a-f-]{0,36}"
_PATTERNS: Final = (r"[a-z0-9-]{1,40}", _HEX, _WORD, _WORD, _HEX)
_SCHEMA: Final = [
    "CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), signed TEXT)",
    f"CREATE TABLE log (number INTEGER PRIMARY KEY, {' TEXT, '.join(FIELDS)} TEXT)",
    "CREATE TRIGGER no_change BEFORE UPDATE ON log BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END",
    "CREATE TRIGGER no_delete BEFORE DELETE ON log BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END",
]  # in the order of their names; the triggers guard against mistakes
_HEAD: Final = "SELECT ifnull(group_concat(signed), '') FROM head"


def _hash(row: Row) -> str:
    """Of a row without its own hash: SHA-256 over a compact JSON array of the number and the fields."""
    return hashlib.sha256(json.dumps(row, separators=(",", ":"), default=repr).encode()).hexdigest()


def _entry(row: Row) -> dict[str, str]:
    return dict(zip(FIELDS, row[1:], strict=True))


def _broken(reason: str) -> Fault:
    remedy = "Move the log and its .head file away to keep them as evidence; a new log is begun."
    return Fault("log-broken", reason, remedy)


def _unusable(reason: object) -> Fault:
    remedy = "Free some space or mend the folder's permissions, and try again."
    return Fault("log-unusable", f"The log of decisions cannot be used ({reason}).", remedy)


@final
class Ledger:
    """The log at one path.

    Args:
        path: the database; its folder must exist. The signed head stands beside it, with `.head` at its name's end.
        key: this installation's; it signs the head.
    """

    def __init__(self, path: Path, key: Ed25519PrivateKey) -> None:
        self._path, self._key = path, key
        self._head = path.with_name(f"{path.name}.head")

    def record(
        self, event: str, session: str, code: str = "", purpose: str = "", consent: str = "", *, allow: Allow = None
    ) -> None:
        """Append one decision and flush it to the disk.

        Args:
            event: what was decided; a short word, like all but the identifiers.
            session: whose session, hexadecimal.
            code: of a refusal, or what else is to be said.
            purpose: what for.
            consent: identifier of the receipt, hexadecimal.
            allow: looks at every row so far and raises when this one must not be written; nobody else writes between.

        Raises:
            Fault: `not-for-the-log`, for anything that is no such word: nothing of a face can be told in one.
                `log-broken`, when the last row (with `allow`: any row) was touched, or `log-unusable`; nothing is
                written then.
        """
        words = (event, session, code, purpose, consent)
        for word, pattern in zip(words, _PATTERNS, strict=True):
            if not (isinstance(word, str) and re.fullmatch(pattern, word)):
                raise Fault("not-for-the-log", "A decision holds something that is no short word.", "Report this.")
        with self._database(make=True) as db:
            db.execute("BEGIN IMMEDIATE")
            rows = self._checked(db, whole=allow is not None)
            if allow is not None:
                allow([_entry(row) for row in rows])
            for statement in _SCHEMA if not rows else ():
                db.execute(statement)
            self._publish(db)
            number, previous = (rows[-1][0] + 1, rows[-1][-1]) if rows else (1, START)
            row = (number, datetime.now(UTC).isoformat(timespec="milliseconds"), *map(str, words), previous)
            db.execute("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*row, _hash(row)))
            db.execute("INSERT OR REPLACE INTO head VALUES (1, ?)", (self._signed(number, _hash(row)),))
            db.execute("COMMIT")
            with suppress(sqlite3.Error, OSError):  # the row is safe; the next append mends the head file, or refuses
                db.execute("BEGIN IMMEDIATE")
                self._publish(db)

    def entries(self) -> list[dict[str, str]]:
        """Every row, oldest first, as strings under `FIELDS`; the whole chain and the signed head checked.

        Raises:
            Fault: `log-broken`, naming the row, or `log-unusable`.
        """
        if not any(map(os.path.lexists, (self._head, self._path))):  # in this order: one that is begun now has rows
            return []
        with self._database() as db:
            db.execute("BEGIN")
            return [_entry(row) for row in self._checked(db, whole=True)]

    def withdrawn(self) -> dict[str, str]:
        """When each withdrawn consent was withdrawn first: its identifier to a UTC date and time, ISO 8601.

        Raises:
            Fault: as `entries`.
        """
        return {e["consent"]: e["time"] for e in self.entries()[::-1] if e["event"] == "withdrawn" and e["consent"]}

    @contextmanager
    def _database(self, *, make: bool = False) -> Iterator[sqlite3.Connection]:
        """A connection for one transaction, rolled back unless it was committed; an empty one where there is no log."""
        try:
            if self._path.is_symlink():
                raise _unusable("a link is in its place")
            if make:
                self._path.touch(0o600)  # before SQLite, which would let others read it
            where = f"{self._path.absolute().as_uri()}?mode=rw" if self._path.exists() else ":memory:"
            with closing(sqlite3.connect(where, timeout=10, isolation_level=None, uri=True)) as db:
                db.text_factory = lambda text: text.decode(errors="replace")  # what it replaces, the hash tells
                db.execute("PRAGMA journal_mode=DELETE")
                db.execute("PRAGMA synchronous=EXTRA")
                yield db
        except (OSError, sqlite3.OperationalError) as error:
            raise _unusable(getattr(error, "strerror", None) or error) from None
        except (sqlite3.Error, UnicodeDecodeError):  # the latter from a message that quotes damaged text
            raise _broken("The log is damaged: it is no database any more.") from None

    def _checked(self, db: sqlite3.Connection, *, whole: bool) -> list[Row]:
        """The rows, or the last one alone: unchanged, in order, and up to the one that was signed."""
        schema = [sql for (sql,) in db.execute("SELECT sql FROM sqlite_master ORDER BY name")]
        if schema not in ([], _SCHEMA):
            raise _broken("The log is damaged: it is another database.")
        ask = f"SELECT * FROM log ORDER BY number {'' if whole else 'DESC LIMIT 1'}"  # noqa: S608 - our own words
        rows: list[Row] = db.execute(ask).fetchall() if schema else []
        number, last = (0, START) if whole or not rows else (rows[0][0] - 1, rows[0][-2])
        before = last
        for row in rows:
            number += 1
            if row[-1] != _hash(row[:-1]):
                raise _broken(f"Row {number} of the log was changed.")
            if row[-2] != last:
                raise _broken(f"Row {number} of the log is missing, not in its place, or not after the row before it.")
            before, last = last, row[-1]
        newest, older = self._signed(number, last), self._signed(number - 1, before)
        if self._kept() not in {newest, older} or (db.execute(_HEAD).fetchone()[0] if schema else "") != newest:
            raise _broken(f"The log ends at row {number}, but its signed head does not: rows were cut off or added.")
        return rows

    def _signed(self, number: int, digest: str) -> str:
        """The head as it is kept; nothing before the first row. Ed25519 signs the same bytes the same way each time."""
        signature = self._key.sign(f"selfsame-log-1 {number} {digest}".encode())  # no receipt begins like this
        return f"{number} {digest} {signature.hex()}\n" if number > 0 else ""

    def _kept(self) -> str:
        """The head in the file."""
        return self._head.read_text("latin-1") if self._head.exists() else ""

    def _publish(self, db: sqlite3.Connection) -> None:
        """Write the head file anew where it is behind, whole or not at all."""
        (signed,) = db.execute(_HEAD).fetchone()
        if signed != self._kept():
            part = self._head.with_name(f"{self._head.name}.part")
            part.unlink(missing_ok=True)
            with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
                file.write(signed)
                file.flush()
                os.fsync(file.fileno())
            part.replace(self._head)
