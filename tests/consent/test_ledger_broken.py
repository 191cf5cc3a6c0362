"""A log that is none, is cut, is held by somebody or can only be read: a clear sentence, and nothing is lost."""

import sqlite3
from contextlib import closing

from consent.ledger import Ledger
from tests.consent.logbook import KEY, ROWS, SESSION, both, code, connecting, fault


def test_a_file_that_is_no_database(log):
    for content in (b"{}\n", b"no log\n" * 500, b"SQLite format 3\0" + bytes(4000)):
        log._path.write_bytes(content)
        both(log, "log-broken")
        assert log._path.read_bytes() == content


def test_a_cut_database(copy):
    log = copy()
    data = log._path.read_bytes()
    for size in (100, 4096, len(data) - 4096):
        log._path.write_bytes(data[:size])
        assert code(log.entries) in {"log-broken", "log-unusable"}


def test_a_folder_in_its_place(log):
    log._path.mkdir()
    both(log, "log-unusable")


def test_a_folder_in_the_heads_place(copy):
    log = copy()
    log._head.unlink()
    log._head.mkdir()
    both(log, "log-unusable")


def test_a_link_in_its_place_is_not_followed(log, tmp_path, copy):
    for target in (copy()._path, tmp_path / "nowhere"):
        log._path.unlink(missing_ok=True)
        log._path.symlink_to(target)
        both(log, "log-unusable")
    assert not (tmp_path / "nowhere").exists()


def test_what_to_do_is_said(log, copy):
    log._path.mkdir()
    mend = "Free some space or mend the folder's permissions, and try again."
    assert fault(log.entries).remedy == mend
    broken = copy()
    broken._head.write_text("")
    keep = "Move the log and its .head file away to keep them as evidence; a new log is begun."
    assert fault(broken.entries).remedy == keep


def test_no_folder(tmp_path):
    log = Ledger(tmp_path / "no" / "ledger.db", KEY)
    assert log.entries() == []
    assert code(log.record, "match", SESSION) == "log-unusable"


def test_a_log_that_can_only_be_read(copy, monkeypatch):
    log = copy()
    connecting(monkeypatch)
    assert code(log.record, "match", SESSION) == "log-unusable"
    assert len(log.entries()) == ROWS


def test_a_log_that_somebody_holds(copy, monkeypatch):
    log = copy()
    with closing(sqlite3.connect(log._path, isolation_level=None)) as other:
        real = sqlite3.connect
        monkeypatch.setattr(sqlite3, "connect", lambda where, **given: real(where, **(given | {"timeout": 0.01})))
        other.execute("BEGIN IMMEDIATE")
        assert code(log.record, "match", SESSION) == "log-unusable"
        assert len(log.entries()) == ROWS
        other.execute("COMMIT")
        other.execute("BEGIN EXCLUSIVE")
        both(log, "log-unusable")
    assert len(log.entries()) == ROWS


def test_a_reader_is_waited_for(copy, monkeypatch):
    """The row is not committed while somebody reads, so a reader never sees a head of the next row."""
    log = copy()
    with closing(sqlite3.connect(log._path, isolation_level=None)) as other:
        real = sqlite3.connect
        monkeypatch.setattr(sqlite3, "connect", lambda where, **given: real(where, **(given | {"timeout": 0.01})))
        other.execute("BEGIN")
        other.execute("SELECT * FROM log").fetchone()
        assert code(log.record, "match", SESSION) == "log-unusable"
    assert len(log.entries()) == ROWS
