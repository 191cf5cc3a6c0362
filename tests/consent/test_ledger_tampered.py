"""The log tells when it was touched: changed, lost, moved, added and forged rows, and heads that do not fit."""

import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import assume, example, given
from hypothesis import strategies as st

from consent import ledger as module
from consent.errors import Fault
from consent.ledger import Ledger
from tests.consent.logbook import KEY, ROWS, SESSION, chained, code, fault, read, write

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
