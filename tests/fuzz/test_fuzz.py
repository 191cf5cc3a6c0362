"""A short walk over every reader of foreign bytes, always the same; `python -m tests.fuzz` goes on from there."""

import json

import pytest

from app.studio import receipts
from consent.errors import Refusal
from tests.fuzz import plain
from tests.fuzz.targets import TARGETS, Target, once

TIMES = {"film": 12, "verify": 12, "ledger": 12, "registry": 12, "keys": 25, "picture": 60}


@pytest.mark.parametrize("name", TARGETS)
def test_whatever_the_bytes(name):
    target, seeds = TARGETS[name], TARGETS[name].seeds()
    for number in range(TIMES.get(name, 150)):
        assert once(target, plain.changed(seeds, number)) is None, number


@pytest.mark.parametrize("name", sorted(set(TARGETS) - {"http", "socket"}))
def test_the_seeds_are_read(name):
    """Else the walk would begin outside the door."""
    for seed in TARGETS[name].seeds()[:1]:
        assert TARGETS[name].read(seed) is None


def test_a_sentence_is_no_finding_and_anything_else_is():
    def read(data):
        raise Refusal("a", "b", "c") if data == b"no" else RecursionError

    target = Target("mine", read, list)
    assert once(target, b"no") is None
    assert isinstance(once(target, b"deep"), RecursionError)


FOUND = [
    (
        "http",
        b"POST\0/gradio_api/queue/join\0session_hash=a\0host:127.0.0.1:7999\0cookie:x\0origin:http://12]7.0.0.1:7999",
    ),
    *(
        ("keys", b"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK" + rest + b"\n-----END PRIVATE KEY-----\n")
        for rest in (
            b"1VwBCIEICXaXN+y+uVqRC9//pb4A6WB+LFBmKmg+FHAqawgX1jh",  # of a kind that nobody knows
            b"2VvBCIEIKAE5td9cvV3u4JPY6dfkR6M4lj5ByPNn087WSmNtfWC",  # of one whose keys are longer
        )
    ),
    ("socket", b"[" * 1000),
]
"""What broke a reader once."""


@pytest.mark.parametrize(("name", "data"), FOUND)
def test_what_was_found_stays_mended(name, data):
    assert once(TARGETS[name], data) is None


def test_no_letter_of_a_receipts_signature_can_be_changed():
    """Not even to a capital, which names the same number."""
    (seed,) = TARGETS["receipt"].seeds()
    signature = json.loads(seed)["signature"]
    for other in (signature.upper(), signature[:2] + " " + signature[2:]):
        with pytest.raises(Refusal, match="receipt-forged"):
            receipts.read(seed.decode().replace(signature, other))


def test_a_registry_whose_words_are_damaged_stays_a_sentence():
    """The library's message quotes the damage, which is no text."""
    (seed,) = TARGETS["registry"].seeds()
    damaged = seed.replace(b"CREATE TABLE stamped", b"CREATE\xdfTABLE stamped")
    assert damaged != seed
    assert once(TARGETS["registry"], damaged) is None
