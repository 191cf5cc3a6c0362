"""The consent receipt: only for what was really agreed, and provable later."""

import json
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent import policy, receipt
from consent.errors import Fault, Forgery, Refusal
from consent.receipt import Consent, Notary, Receipt
from consent.types import Purpose

YES = Consent(frozenset({Purpose.AGE, Purpose.SWAP}), adult=True, myself=True, language="en", text_sha256="0" * 64)


@pytest.fixture(scope="module")
def notary(tmp_path_factory):
    return Notary.open(tmp_path_factory.mktemp("keys") / "receipts.pem")


def test_a_receipt_says_what_was_agreed_and_verifies(notary):
    signed = notary.sign(YES)
    content = receipt.verify(signed.document)
    assert content["id"] == signed.id
    assert content["purposes"] == ["age", "swap"]
    assert content["subject"] == "self"
    assert content["text_sha256"] == YES.text_sha256
    signed.check()


@pytest.mark.parametrize(
    ("consent", "code"),
    [
        (Consent(YES.purposes, adult=False, myself=True, language="en", text_sha256=""), "not-adult"),
        (Consent(YES.purposes, adult=1, myself=True, language="en", text_sha256=""), "not-adult"),
        (Consent(YES.purposes, adult=True, myself=False, language="en", text_sha256=""), "not-myself"),
        (Consent(frozenset(), adult=True, myself=True, language="en", text_sha256=""), "no-purpose"),
    ],
)
def test_without_consent_there_is_no_receipt(notary, consent, code):
    with pytest.raises(Refusal) as caught:
        notary.sign(consent)
    assert caught.value.code == code


def test_a_receipt_grows_stale(notary):
    now = [0.0]
    signed = notary.sign(YES, clock=lambda: now[0])
    now[0] = policy.RECEIPT_SECONDS
    signed.check()
    now[0] += 1
    with pytest.raises(Refusal) as caught:
        signed.check()
    assert caught.value.code == "consent-stale"


def test_a_clock_that_gives_no_number_refuses(notary):
    signed = notary.sign(YES, clock=lambda: float("nan"))
    with pytest.raises(Refusal):
        signed.check()


def test_more_purposes_cannot_be_added(notary):
    signed = notary.sign(YES)
    wider = Receipt(signed.id, frozenset(Purpose), signed.document, signed.made, signed.clock, signed.seal)
    with pytest.raises(Forgery):
        wider.check()


@given(text=st.text() | st.recursive(st.none() | st.integers(), st.lists).map(json.dumps))
def test_foreign_text_is_no_receipt(text):
    with pytest.raises(Forgery):
        receipt.verify(text)


@pytest.mark.parametrize("key", ["id", "time", "purposes", "adult", "language", "text_sha256", "kept"])
def test_a_changed_receipt_is_no_receipt(notary, key):
    document = json.loads(notary.sign(YES).document)
    document[key] = "other"
    with pytest.raises(Forgery):
        receipt.verify(json.dumps(document))


def test_the_key_is_kept_and_private(tmp_path):
    path = tmp_path / "receipts.pem"
    first = json.loads(Notary.open(path).sign(YES).document)
    second = json.loads(Notary.open(path).sign(YES).document)
    assert first["public_key"] == second["public_key"]
    assert first["id"] != second["id"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_a_broken_key_is_a_fault_and_stays(tmp_path, content):
    path = tmp_path / "receipts.pem"
    path.write_bytes(content)
    with pytest.raises(Fault) as caught:
        Notary.open(path)
    assert caught.value.code == "receipt-key-broken"
    assert path.read_bytes() == content
