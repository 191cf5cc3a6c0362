"""The log: whole, in order, signed, telling when it was touched, and never holding more than short words."""

import json
import sqlite3
import stat

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent.errors import Fault
from consent.ledger import FIELDS, START, Ledger

KEY = Ed25519PrivateKey.generate()
SESSION, CONSENT = "0123456789abcdef", "0123456789abcdef01234567"


@pytest.fixture
def log(tmp_path):
    return Ledger(tmp_path / "ledger.db", KEY)


def test_rows_form_a_chain(log):
    log.record("enrolled", SESSION, "live", consent=CONSENT)
    log.record("match-refused", SESSION, "not-you")
    log.record("grant", SESSION, purpose="swap")
    first, second, third = log.entries()
    assert first["previous"] == START
    assert second["previous"] == first["hash"]
    assert third["previous"] == second["hash"]
    assert (second["event"], second["code"], third["purpose"]) == ("match-refused", "not-you", "swap")
    assert all(tuple(entry) == FIELDS for entry in log.entries())


def test_no_file_is_an_empty_log(log, tmp_path):
    assert log.entries() == []
    assert list(tmp_path.iterdir()) == []
