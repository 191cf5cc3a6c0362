"""The log: whole, in order, signed, and never holding more than short words."""

import multiprocessing
import os
import re
import sqlite3
import stat
from contextlib import closing

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from consent.errors import Refusal
from consent.ledger import FIELDS, START, Ledger
from consent.types import Purpose
from tests.consent.logbook import (
    CONSENT,
    KEY,
    ROWS,
    SESSION,
    code,
    fault,
    files,
    many,
)


def test_rows_form_a_chain(log):
    log.record("enrolled", SESSION, "live", consent=CONSENT)
    log.record("match-refused", SESSION, "not-you")
    log.record("grant", SESSION, purpose="swap")
    first, second, third = log.entries()
    assert first["previous"] == START
    assert second["previous"] == first["hash"]
    assert third["previous"] == second["hash"]
    assert (second["event"], second["code"], third["purpose"]) == ("match-refused", "not-you", "swap")
    assert (first["consent"], second["consent"]) == (CONSENT, "")
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", first["time"])
    assert all(tuple(entry) == FIELDS for entry in log.entries())


def test_no_file_is_an_empty_log(log, tmp_path):
    assert log.entries() == []
    assert log.withdrawn() == {}
    assert list(tmp_path.iterdir()) == []


def test_only_the_owner_can_read_it_at_any_moment(tmp_path):
    seen = {}

    class Key:
        """Signs, and looks at the folder while a row is being written."""

        def sign(self, data):
            seen.update({path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()})
            return KEY.sign(data)

    before = os.umask(0)
    try:
        for _ in range(3):
            Ledger(tmp_path / "ledger.db", Key()).record("match", SESSION)
    finally:
        os.umask(before)
    assert seen == dict.fromkeys(("ledger.db", "ledger.db-journal", "ledger.db.head"), 0o600)
    assert sorted(files(tmp_path)) == ["ledger.db", "ledger.db.head"]


def test_withdrawals_are_told_by_their_receipt_the_first_time_counting(log):
    log.record("withdrawn", SESSION, consent=CONSENT)
    log.record("withdrawn", SESSION, consent=CONSENT)
    log.record("withdrawn", SESSION)
    log.record("enrolled", SESSION, consent="ab" * 12)
    assert log.withdrawn() == {CONSENT: log.entries()[0]["time"]}


def test_a_row_that_is_not_allowed_is_not_written(log):
    def never(entries):
        seen.append(len(entries))
        raise Refusal("too-many-tries", "No.", "Wait.")

    seen = []
    log.record("match", SESSION)
    for _ in range(2):
        with pytest.raises(Refusal):
            log.record("match", SESSION, allow=never)
    assert seen == [1, 1]
    assert len(log.entries()) == 1


def statements(monkeypatch):
    """What is asked of SQLite from now on."""
    asked = []
    real = sqlite3.connect

    def connect(*given, **more):
        db = real(*given, **more)
        db.set_trace_callback(asked.append)
        return db

    monkeypatch.setattr(sqlite3, "connect", connect)
    return asked


def test_a_row_is_flushed_and_its_head_whole_before_it_is_in_place(copy, monkeypatch):
    log = copy()
    asked = statements(monkeypatch)
    sizes = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: (sizes.append(os.fstat(file).st_size), real(file))[1])
    log.record("match", SESSION)
    assert asked.index("PRAGMA synchronous=EXTRA") < asked.index("BEGIN IMMEDIATE") < asked.index("COMMIT")
    assert asked.count("BEGIN IMMEDIATE") == 2
    asked.clear()
    log.entries()
    assert [one.startswith("SELECT") for one in asked[asked.index("BEGIN") + 1 :]] == [True] * 3, "one view of all"
    assert sizes == [log._head.stat().st_size]


def test_a_log_in_another_journal_mode_is_put_right(copy):
    log = copy()
    with closing(sqlite3.connect(log._path)) as db:
        assert db.execute("PRAGMA journal_mode=WAL").fetchone() == ("wal",)
    log.record("match", SESSION)
    with closing(sqlite3.connect(log._path)) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert len(log.entries()) == ROWS + 1
    assert sorted(files(log._path.parent)) == ["ledger.db", "ledger.db.head"]


def short(pattern):
    return st.from_regex(pattern, fullmatch=True)


@given(
    event=short(r"[a-z0-9-]{1,40}"),
    session=short(r"[0-9a-f]{0,16}"),
    word=short(r"[a-z0-9+-]{0,40}"),
    consent=short(r"[0-9a-f]{0,24}"),
)
def test_short_words_come_back_as_they_were(copy, event, session, word, consent):
    log = copy(1)
    log.record(event, session, word, word, consent)
    entry = log.entries()[1]
    assert [entry[k] for k in FIELDS[1:6]] == [event, session, word, word, consent]


NO_WORDS = st.one_of(
    st.text(min_size=1).filter(lambda text: not set(text) <= set("0123456789abcdef-")),
    st.text("abcdef0123456789", min_size=41),
    st.binary(),
    st.floats(),
    st.integers(),
    st.none(),
    st.lists(st.floats()),
    st.sampled_from([np.zeros(128, np.float32), np.float32(0.5), ("match",), "Match", "match\n", "match\x00", "a b"]),
)


@given(place=st.integers(0, 4), value=NO_WORDS)
def test_nothing_else_can_enter(copy, place, value):
    assume(not (place in {2, 3} and isinstance(value, str) and len(value) <= 40 and set(value) <= set(WORD)))
    assume(not (place == 0 and isinstance(value, str) and len(value) <= 40 and set(value) <= set(WORD) - {"+"}))
    log = copy(1)
    before = files(log._path.parent)
    words = ["match", SESSION, "not-you", "swap", CONSENT]
    words[place] = value
    assert code(log.record, *words) == "not-for-the-log"
    assert files(log._path.parent) == before


WORD = "abcdefghijklmnopqrstuvwxyz0123456789+-"


def test_every_decision_has_a_name(log):
    found = fault(log.record, "", SESSION)
    assert (found.code, found.remedy) == ("not-for-the-log", "Report this.")
    assert found.reason == "A decision holds something that is no short word."


def test_words_have_a_longest_length_each(log):
    longest = ["e" * 40, "5" * 36, "c" * 40, "p" * 40, "a" * 36]
    log.record(*longest)
    for place, word in enumerate(longest):
        assert code(log.record, *longest[:place], word + word[0], *longest[place + 1 :]) == "not-for-the-log"
    assert [log.entries()[0][k] for k in FIELDS[1:6]] == longest


def test_a_purpose_is_kept_as_its_word(log):
    log.record("grant", SESSION, purpose=Purpose.MODEL)
    (entry,) = log.entries()
    assert type(entry["purpose"]) is str
    assert entry["purpose"] == "personal-model"


def test_a_whole_number_of_bytes_as_hexadecimal_does_not_fit(log):
    assert code(log.record, "match", np.zeros(16, np.float32).tobytes().hex()) == "not-for-the-log"


def test_processes_share_one_chain_while_it_is_read(tmp_path):
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=many, args=(tmp_path / "ledger.db", 8)) for _ in range(3)]
    for worker in workers:
        worker.start()
    seen = [0]
    while any(worker.is_alive() for worker in workers):
        seen.append(len(Ledger(tmp_path / "ledger.db", KEY).entries()))
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert seen == sorted(seen)
    assert len(Ledger(tmp_path / "ledger.db", KEY).entries()) == 24


@pytest.mark.parametrize("before", [True, False])
def test_a_log_that_is_begun_while_it_is_looked_for(log, monkeypatch, before):
    """Rows and head come from the same moment, also when there is no file yet whose lock could hold the writer."""
    real = os.path.lexists

    def begun(path):
        seen = not before and real(path)
        if not log._path.exists():
            many(log._path, 2)
        return real(path) if before else seen

    monkeypatch.setattr(os.path, "lexists", begun)
    assert len(log.entries()) == 2
