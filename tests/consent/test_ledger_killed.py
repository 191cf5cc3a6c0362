"""The log when its writer is killed at any moment, or the disk is full: every row it said it wrote is there."""

import multiprocessing
import os
import random
import resource
import signal
import sqlite3
from pathlib import Path

import pytest

from consent.errors import Fault
from consent.ledger import Ledger
from tests.consent.logbook import (
    KEY,
    ROWS,
    SESSION,
    child,
    fault,
    files,
    many,
)


def _kills(folder, kills, seed):
    """Kill a writer again and again, at any moment; then every row it said it wrote is there, and one more at most."""
    draw = random.Random(seed)
    log = Ledger(folder / "ledger.db", KEY)
    for _ in range(kills):
        before = len(log.entries())
        told, tell = os.pipe()
        child = os.fork()
        if not child:
            while True:
                log.record("match", SESSION)
                os.write(tell, b".")
        os.close(tell)
        os.read(told, 1)
        signal.sigtimedwait([], draw.uniform(0, 0.06))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with os.fdopen(told, "rb") as rest:
            rows = 1 + len(rest.read())
        if len(log.entries()) - before - rows not in {0, 1}:
            os._exit(1)
        if draw.random() < 0.3:
            log.record("grant", SESSION)
    os._exit(0)


def test_it_survives_kills_at_any_moment(tmp_path):
    worker = multiprocessing.get_context("spawn").Process(target=_kills, args=(tmp_path, 60, 1))
    worker.start()
    worker.join()
    assert worker.exitcode == 0
    assert len(Ledger(tmp_path / "ledger.db", KEY).entries()) > 60


def _crowd(path, kills):
    """Three writers, any of which is killed at any moment and replaced, while somebody reads."""
    draw = random.Random(2)
    writers = [_writer(path) for _ in range(3)]
    for _ in range(kills):
        signal.sigtimedwait([], draw.uniform(0, 0.05))
        Ledger(path, KEY).entries()
        which = draw.randrange(3)
        os.kill(writers[which], signal.SIGKILL)
        os.waitpid(writers[which], 0)
        writers[which] = _writer(path)
    for writer in writers:
        os.kill(writer, signal.SIGKILL)
    ends = {os.waitstatus_to_exitcode(os.waitpid(writer, 0)[1]) for writer in writers}
    os._exit(0 if ends == {-signal.SIGKILL} else 1)


def _writer(path):
    child = os.fork()
    if not child:
        try:
            many(path, 10**6)
        finally:
            os._exit(9)
    return child


def test_killed_writers_do_not_disturb_the_others(tmp_path):
    worker = multiprocessing.get_context("spawn").Process(target=_crowd, args=(tmp_path / "ledger.db", 40))
    worker.start()
    worker.join()
    assert worker.exitcode == 0
    assert len(Ledger(tmp_path / "ledger.db", KEY).entries()) > 5


def _dying(path, where):
    """Write a row and die at one step: of SQLite's or of the head's."""

    def die(*_, **__):
        os.kill(os.getpid(), signal.SIGKILL)

    if where == "before-head":
        os.fsync = die
    elif where == "before-place":
        Path.replace = die
    else:
        real = sqlite3.connect

        def connect(*given, **more):
            db = real(*given, **more)
            db.set_trace_callback(lambda statement: statement.startswith(where) and die())
            return db

        sqlite3.connect = connect
    Ledger(path, KEY).record("match", SESSION)


@pytest.mark.parametrize(
    ("where", "rows"),
    [
        ("BEGIN", ROWS),
        ("INSERT INTO", ROWS),
        ("INSERT OR REPLACE", ROWS),
        ("COMMIT", ROWS),
        ("before-head", ROWS + 1),
        ("before-place", ROWS + 1),
    ],
)
def test_it_survives_a_kill_at_each_step(copy, where, rows):
    log = copy()
    worker = multiprocessing.get_context("spawn").Process(target=_dying, args=(log._path, where))
    worker.start()
    worker.join()
    assert worker.exitcode == -signal.SIGKILL
    assert len(log.entries()) == rows
    log.record("match", SESSION)
    assert len(log.entries()) == rows + 1
    assert sorted(files(log._path.parent)) == ["ledger.db", "ledger.db.head"]


def _cramped(path, limit):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        Ledger(path, KEY).record("match", SESSION)
    except Fault as no:
        os._exit(3 if no.code == "log-unusable" else 4)
    os._exit(0)


def _cramp(folder):
    """Append under every limit on the size of a file: there is room, or nothing was written."""
    log = Ledger(folder / "ledger.db", KEY)
    ends = set()
    for limit in (0, 50, 150, 300, 512, 1000, 4095, 4096, 5000, 8192, 8800, 12288, 13000, 16384, 20000, 100_000):
        before = len(log.entries())
        end = child(lambda limit=limit: _cramped(log._path, limit))
        if len(log.entries()) - before != (end == 0):
            os._exit(1)
        ends.add(end)
    os._exit(0 if ends == {0, 3} else 2)


@pytest.mark.parametrize("rows", [0, ROWS])
def test_a_full_disk_leaves_nothing_half_written(copy, rows):
    log = copy(rows)
    worker = multiprocessing.get_context("spawn").Process(target=_cramp, args=(log._path.parent,))
    worker.start()
    worker.join()
    assert worker.exitcode == 0


def test_a_log_that_is_busy_right_after_a_row_has_the_row(copy, monkeypatch):
    class Busy(sqlite3.Connection):
        """Lets one writer in, and then nobody."""

        begun = 0

        def execute(self, sql, *given):
            self.begun += sql == "BEGIN IMMEDIATE"
            if self.begun > 1:
                raise sqlite3.OperationalError("database is locked")
            return super().execute(sql, *given)

    log = copy()
    real = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *given, **more: real(*given, **more, factory=Busy))
    log.record("match", SESSION)
    assert log._head.read_text().startswith(f"{ROWS} ")
    log.record("match", SESSION)
    assert log._head.read_text().startswith(f"{ROWS + 1} ")
    monkeypatch.undo()
    assert len(log.entries()) == ROWS + 2


def test_a_head_that_cannot_be_written_is_mended_before_the_next_row_or_refuses(copy, monkeypatch):
    log = copy()

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    log.record("match", SESSION)
    assert len(log.entries()) == ROWS + 1
    found = fault(log.record, "match", SESSION)
    assert found.code == "log-unusable"
    assert "No space left" in found.reason
    assert len(log.entries()) == ROWS + 1
    monkeypatch.undo()
    log.record("match", SESSION)
    assert len(log.entries()) == ROWS + 2
