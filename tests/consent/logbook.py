"""What the tests of the log share: a key, and its file read and written as somebody could who has no key."""

import os
import sqlite3
from contextlib import closing

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent import ledger as module
from consent.errors import Fault
from consent.ledger import START, Ledger

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
SESSION, CONSENT = "0123456789abcdef", "0123456789abcdef01234567"
ROWS = 6


def fault(call, *args, **kwargs):
    with pytest.raises(Fault) as caught:
        call(*args, **kwargs)
    assert caught.value.remedy
    return caught.value


def code(call, *args, **kwargs):
    return fault(call, *args, **kwargs).code


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def many(path, count):
    for _ in range(count):
        Ledger(path, KEY).record("match", SESSION)


def read(path):
    with closing(sqlite3.connect(path)) as db:
        return db.execute("SELECT * FROM log ORDER BY number").fetchall()


def write(path, rows):
    """Replace all rows as somebody could who has the file and no key."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA synchronous=OFF")
        db.execute("DROP TRIGGER no_change")
        db.execute("DROP TRIGGER no_delete")
        db.execute("DELETE FROM log")
        db.executemany("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        for statement in module._SCHEMA[2:]:
            db.execute(statement)
        db.commit()


def chained(rows):
    """The same decisions with numbers and hashes that fit: all that can be done without the key."""
    previous, out = START, []
    for number, row in enumerate(rows, 1):
        body = (number, *row[1:7], previous)
        previous = module._hash(body)
        out.append((*body, previous))
    return out


def both(log, expected):
    """Reading and writing say the same."""
    assert code(log.entries) == expected
    assert code(log.record, "match", SESSION) == expected


def connecting(monkeypatch, **changed):
    real = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda where, **given: real(where.replace("mode=rw", "mode=ro"), **(given | changed))
    )


def child(work):
    """Run `work` in a process of its own; its exit code, negative for a signal."""
    child = os.fork()
    if not child:
        try:
            work()
        finally:
            os._exit(9)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
