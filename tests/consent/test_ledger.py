"""The log: whole, in order, and telling when it was touched."""

import json
import multiprocessing
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.errors import Fault
from consent.ledger import START, Ledger


def _write(path, count):
    ledger = Ledger(path)
    for _ in range(count):
        ledger.record("match", "s")


def test_lines_form_a_chain(tmp_path):
    ledger = Ledger(tmp_path / "log")
    ledger.record("enrolled", "abc", "live")
    ledger.record("match-refused", "abc", "not-you")
    ledger.record("grant", "abc", purpose="swap")
    first, second, third = ledger.entries()
    assert first["previous"] == START
    assert second["previous"] == first["hash"]
    assert third["previous"] == second["hash"]
    assert (second["event"], second["code"], third["purpose"]) == ("match-refused", "not-you", "swap")


def test_only_the_owner_can_read_it(tmp_path):
    Ledger(tmp_path / "log").record("enrolled", "abc")
    assert stat.S_IMODE((tmp_path / "log").stat().st_mode) == 0o600


def test_no_file_is_an_empty_log(tmp_path):
    assert Ledger(tmp_path / "log").entries() == []


def test_processes_share_one_chain(tmp_path):
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_write, args=(tmp_path / "log", 20)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(Ledger(tmp_path / "log").entries()) == 60


@given(place=st.integers(0, 10_000), value=st.integers(0, 255))
def test_a_changed_byte_is_found(tmp_path_factory, place, value):
    path = tmp_path_factory.mktemp("log") / "log"
    _write(path, 4)
    data = bytearray(path.read_bytes())
    place %= len(data)
    if data[place] == value:
        return
    data[place] = value
    path.write_bytes(data)
    with pytest.raises(Fault) as caught:
        Ledger(path).entries()
    assert caught.value.code == "log-broken"


@pytest.mark.parametrize("line", [1, 2, 3])
def test_a_removed_line_is_found(tmp_path, line):
    _write(tmp_path / "log", 4)
    lines = (tmp_path / "log").read_bytes().splitlines(keepends=True)
    del lines[line - 1]
    (tmp_path / "log").write_bytes(b"".join(lines))
    with pytest.raises(Fault):
        Ledger(tmp_path / "log").entries()


def test_nothing_is_added_to_a_damaged_log(tmp_path):
    _write(tmp_path / "log", 2)
    for damaged in (
        (tmp_path / "log").read_bytes()[:-5],
        (tmp_path / "log").read_bytes().replace(b"match", b"mitch"),
        b"[1]\n",
        b'{"hash": 1}\n',
        b"{}\n",
    ):
        (tmp_path / "other").write_bytes(damaged)
        with pytest.raises(Fault):
            Ledger(tmp_path / "other").record("match", "s")
        assert (tmp_path / "other").read_bytes() == damaged


def test_it_holds_words_and_numbers_of_nothing_else(tmp_path):
    Ledger(tmp_path / "log").record("match", "abc", "not-you", "swap")
    entry = json.loads((tmp_path / "log").read_text())
    assert set(entry) == {"time", "event", "session", "code", "purpose", "previous", "hash"}
    assert all(isinstance(value, str) for value in entry.values())


def test_a_log_that_cannot_be_used_is_a_fault(tmp_path):
    (tmp_path / "log").mkdir()
    for call in (lambda log: log.record("match", "s"), lambda log: log.entries()):
        with pytest.raises(Fault) as caught:
            call(Ledger(tmp_path / "log"))
        assert caught.value.code == "log-unusable"
