"""The log: whole, in order, signed, telling when it was touched, and never holding more than short words."""

import multiprocessing
import os
import random
import re
import resource
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import assume, example, given
from hypothesis import strategies as st

from consent import ledger as module
from consent.errors import Fault, Refusal
from consent.ledger import FIELDS, START, Ledger
from consent.types import Purpose

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
SESSION, CONSENT = "0123456789abcdef", "0123456789abcdef01234567"
ROWS = 6


@pytest.fixture
def log(tmp_path):
    return Ledger(tmp_path / "ledger.db", KEY)


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A log of a few rows, to be copied, and what it looked like after each row."""
    folder = tmp_path_factory.mktemp("kept") / "log"
    folder.mkdir()
    log = Ledger(folder / "ledger.db", KEY)
    for number in range(ROWS):
        shutil.copytree(folder, folder.with_name(f"after-{number}"), dirs_exist_ok=True)
        log.record("match-refused", SESSION, "not-you", "swap", CONSENT)
    shutil.copytree(folder, folder.with_name(f"after-{ROWS}"))
    return folder


@pytest.fixture
def copy(kept, tmp_path_factory):
    """Makes a fresh copy of the log as it was after so many rows."""

    def made(rows=ROWS):
        folder = tmp_path_factory.mktemp("copy")
        shutil.copytree(kept.with_name(f"after-{rows}"), folder, dirs_exist_ok=True)
        return Ledger(folder / "ledger.db", KEY)

    return made


def fault(call, *args, **kwargs):
    with pytest.raises(Fault) as caught:
        call(*args, **kwargs)
    assert caught.value.remedy
    return caught.value


def code(call, *args, **kwargs):
    return fault(call, *args, **kwargs).code


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# --- what it is ------------------------------------------------------------------------------------------------------


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


# --- what may be in it -----------------------------------------------------------------------------------------------


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


# --- several writers -------------------------------------------------------------------------------------------------


def _write(path, count):
    for _ in range(count):
        Ledger(path, KEY).record("match", SESSION)


def test_processes_share_one_chain_while_it_is_read(tmp_path):
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_write, args=(tmp_path / "ledger.db", 8)) for _ in range(3)]
    for worker in workers:
        worker.start()
    seen = [0]
    while any(worker.is_alive() for worker in workers):
        seen.append(len(Ledger(tmp_path / "ledger.db", KEY).entries()))
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert seen == sorted(seen)
    assert len(Ledger(tmp_path / "ledger.db", KEY).entries()) == 24


# --- what was touched ------------------------------------------------------------------------------------------------


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


PLACE = st.integers(0, ROWS - 1)


@given(
    place=PLACE,
    field=st.integers(1, 8),
    value=st.one_of(st.text(), st.binary(), st.integers(-9, 9), st.floats(), st.none()),
)
def test_a_changed_row_is_found_and_named(copy, place, field, value):
    log = copy()
    rows = read(log._path)
    assume(rows[place][field] != value)
    rows[place] = (*rows[place][:field], value, *rows[place][field + 1 :])
    write(log._path, rows)
    found = fault(log.entries)
    assert found.code == "log-broken"
    assert f"Row {place + 1} " in found.reason


@given(place=PLACE, field=st.integers(0, 7), value=st.text())
def test_a_changed_row_with_a_hash_that_fits_is_found_by_the_next(copy, place, field, value):
    log = copy()
    rows = read(log._path)
    changed = list(rows[place][:8])
    changed[field] = changed[0] + 100 if field == 0 else value
    assume(changed != list(rows[place][:8]))
    rows[place] = (*changed, module._hash(tuple(changed)))
    write(log._path, rows)
    assert code(log.entries) == "log-broken"


def test_a_row_is_not_written_after_one_that_was_changed(copy):
    log = copy()
    rows = read(log._path)
    rows[-1] = (*rows[-1][:4], "looks-fine", *rows[-1][5:])
    write(log._path, rows)
    assert fault(log.record, "match", SESSION).reason == f"Row {ROWS} of the log was changed."
    assert read(log._path) == rows


def test_text_that_is_no_text_is_a_changed_row(copy):
    log = copy()
    write(log._path, read(log._path))
    assert len(log.entries()) == ROWS
    with closing(sqlite3.connect(log._path)) as db:
        db.execute("DROP TRIGGER no_change")
        db.execute("UPDATE log SET code = CAST(x'ff80' AS TEXT) WHERE number = 2")
        db.execute(module._SCHEMA[2])
        db.commit()
    assert fault(log.entries).reason == "Row 2 of the log was changed."


@given(places=st.sets(PLACE, min_size=1))
def test_missing_rows_are_found_and_the_first_is_named(copy, places):
    log = copy()
    rows = [row for number, row in enumerate(read(log._path)) if number not in places]
    write(log._path, rows)
    found = fault(log.entries)
    assert found.code == "log-broken"
    inner = min(places) if any(n not in places for n in range(min(places), ROWS)) else None
    assert (f"Row {inner + 1} " if inner is not None else f"ends at row {len(rows)},") in found.reason


@given(order=st.permutations(range(ROWS)))
def test_rows_in_another_order_are_found(copy, order):
    assume(order != list(range(ROWS)))
    log = copy()
    rows = read(log._path)
    write(log._path, [(number, *rows[place][1:]) for number, place in enumerate(order, 1)])
    first = next(number for number, place in enumerate(order) if number != place)
    assert f"Row {first + 1} " in fault(log.entries).reason


@given(place=PLACE, at=st.integers(0, ROWS))
def test_a_row_that_stands_twice_is_found(copy, place, at):
    log = copy()
    rows = read(log._path)
    twice = [(number, *row[1:]) for number, row in enumerate([*rows[:at], rows[place], *rows[at:]], 1)]
    write(log._path, twice)
    first = next(number for number, row in enumerate(twice) if row not in rows)
    assert f"Row {first + 1} " in fault(log.entries).reason


@pytest.mark.parametrize("number", [-1, 0, ROWS + 1, ROWS + 2])
def test_an_added_row_is_found(copy, number):
    log = copy()
    rows = read(log._path)
    body = (number, *rows[0][1:7], rows[-1][-1])
    write(log._path, [*rows, (*body, module._hash(body))])
    assert code(log.entries) == "log-broken"
    if number == ROWS + 1:
        assert code(log.record, "match", SESSION) == "log-broken"


@given(data=st.data())
def test_a_chain_forged_without_the_key_is_found(copy, data):
    """Whatever is cut, doubled, moved, changed or added, with every hash made anew."""
    log = copy()
    before = read(log._path)
    picked = data.draw(st.lists(st.sampled_from(before), max_size=ROWS + 3))
    event = data.draw(st.sampled_from(["match", "match-refused"]))
    rows = chained([(*row[:2], event, *row[3:]) for row in picked])
    assume(rows != before)
    write(log._path, rows)
    assert code(log.entries) == "log-broken"
    assert code(log.record, "match", SESSION) == "log-broken"


@example(place=3825, value=128)  # in the schema, which SQLite's message then quotes
@given(place=st.integers(0, 10**6), value=st.integers(0, 255))
def test_a_changed_byte_changes_nothing_or_is_found(copy, place, value):
    log = copy()
    before = log.entries()
    data = bytearray(log._path.read_bytes())
    data[place % len(data)] = value
    log._path.write_bytes(data)
    try:
        said = log.entries()
    except Fault as found:
        said = found.code
    assert said in (before, "log-broken", "log-unusable")  # SQLite keeps spare bytes that mean nothing


@given(place=st.integers(0, 10**6), value=st.integers(0, 255))
def test_a_changed_byte_of_the_head_is_found(copy, place, value):
    log = copy()
    data = bytearray(log._head.read_bytes())
    assume(data[place % len(data)] != value)
    data[place % len(data)] = value
    log._head.write_bytes(data)
    assert code(log.entries) == "log-broken"
    assert code(log.record, "match", SESSION) == "log-broken"


def test_rows_cut_off_the_end_are_found(copy):
    for rows in range(ROWS):
        log = copy()
        shutil.copy(copy(rows)._path, log._path) if rows else log._path.unlink()
        assert f"ends at row {rows}," in fault(log.entries).reason
        assert code(log.record, "match", SESSION) == "log-broken"


def test_an_older_head_is_found(copy):
    for rows in range(ROWS - 1):
        log = copy()
        shutil.copy(copy(rows)._head, log._head) if rows else log._head.unlink()
        assert code(log.entries) == "log-broken"
        assert code(log.record, "match", SESSION) == "log-broken"


def test_a_head_one_row_behind_is_what_a_kill_leaves_and_is_mended(copy):
    for rows in range(1, ROWS + 1):
        log = copy(rows)
        shutil.copy(copy(rows - 1)._head, log._head) if rows > 1 else log._head.unlink()
        assert len(log.entries()) == rows
        log.record("match", SESSION)
        assert log._head.read_text().startswith(f"{rows + 1} ")
        assert len(log.entries()) == rows + 1


def test_an_older_copy_of_both_is_not_found(copy):
    """What no log can tell that is kept in one place; docs/ledger.md says so."""
    log = copy(3)
    log.record("match", SESSION)
    assert len(log.entries()) == 4


def test_another_installations_log_is_found(copy):
    other = Ledger(copy()._path, Ed25519PrivateKey.generate())
    assert code(other.entries) == "log-broken"
    assert code(other.record, "match", SESSION) == "log-broken"


@pytest.mark.parametrize("mistake", ["UPDATE log SET code = 'x' WHERE number = 1", "DELETE FROM log WHERE number = 1"])
def test_the_database_refuses_mistakes(copy, mistake):
    log = copy()
    with closing(sqlite3.connect(log._path)) as db, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.execute(mistake)
    assert len(log.entries()) == ROWS


@pytest.mark.parametrize(
    "change",
    [
        "DROP TRIGGER no_change",
        "DROP TABLE log",
        "DROP TABLE head",
        "CREATE TABLE other (x)",
        "CREATE TEMP TABLE t (x); ALTER TABLE log ADD COLUMN face BLOB",
    ],
)
def test_another_schema_is_no_log(copy, change):
    log = copy()
    with closing(sqlite3.connect(log._path)) as db:
        db.executescript(change)
    found = fault(log.entries)
    assert (found.code, found.reason) == ("log-broken", "The log is damaged: it is another database.")
    assert code(log.record, "match", SESSION) == "log-broken"


def test_the_check_by_hand_of_the_docs_agrees(copy):
    page = (Path(__file__).parents[2] / "docs" / "ledger.md").read_text()
    (program,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    key = KEY.public_key().public_bytes_raw().hex()

    def by_hand(log, key=key):
        command = [sys.executable, "-c", program, str(log._path), key]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    log = copy()
    assert by_hand(log) == (0, f"{ROWS} rows, whole\n")
    assert by_hand(log, Ed25519PrivateKey.generate().public_key().public_bytes_raw().hex())[0] != 0
    rows = read(log._path)
    write(log._path, rows[:-2])
    assert by_hand(log) == (1, f"{ROWS - 2} rows, but {ROWS} were signed\n")
    write(log._path, [*rows[:2], (*rows[2][:4], "", *rows[2][5:]), *rows[3:]])
    assert by_hand(log) == (1, "row 3 was touched\n")


# --- what cannot be used ---------------------------------------------------------------------------------------------


def both(log, expected):
    """Reading and writing say the same."""
    assert code(log.entries) == expected
    assert code(log.record, "match", SESSION) == expected


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


def connecting(monkeypatch, **changed):
    real = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda where, **given: real(where.replace("mode=rw", "mode=ro"), **(given | changed))
    )


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


# --- killed, or out of room ------------------------------------------------------------------------------------------


def _child(work):
    """Run `work` in a process of its own; its exit code, negative for a signal."""
    child = os.fork()
    if not child:
        try:
            work()
        finally:
            os._exit(9)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


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
            _write(path, 10**6)
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
        end = _child(lambda limit=limit: _cramped(log._path, limit))
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
