"""The consent receipt: only for what was really agreed, and provable later."""

import dataclasses
import hashlib
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from app.receipt import VERSION, record, verify, withdrawn
from consent import policy
from consent.errors import Forgery, Refusal
from consent.receipt import Consent, Notary, Receipt, body
from consent.types import Purpose

TEXT = "You may use my face to make me older. 可以用我的脸。"
YES = Consent(frozenset({Purpose.AGE, Purpose.SWAP}), adult=True, myself=True, language="en", version="1", text=TEXT)


@pytest.fixture(scope="module")
def notary():
    return Notary(Ed25519PrivateKey.generate(), record)


def test_a_receipt_says_what_was_agreed_and_verifies(notary):
    signed = notary.sign(YES)
    content = verify(signed.document)
    assert content["record_header"]["record_id"] == signed.id
    assert content["record_header"]["schema_version"] == content["receipt_metadata"]["schema_version"] == VERSION
    processing = content["pii_processing"]
    assert [one["purpose"] for one in processing["purposes"]] == ["age", "swap"]
    assert {one["lawful_basis"] for one in processing["purposes"]} == {"explicit-consent"}
    assert processing["language"] == "en"
    assert processing["recipient_third_parties"] == []
    assert processing["retention_period"] == f"PT{policy.SESSION_SECONDS // 60:.0f}M"
    assert [one["event_state"] for one in content["events"]] == ["given"]
    assert content["party_identification"][0]["declared"] == ["adult", "self"]
    assert content["public_key"] == notary.public
    signed.check()


def test_a_receipt_to_the_letter(notary):
    """docs/consent.md has this as a table; whoever reads receipts by program relies on it."""
    signed = notary.sign(YES)
    content = verify(signed.document)
    header, (given,) = content["record_header"], content["events"]
    assert re.fullmatch(r"[0-9a-f]{24}", signed.id)
    assert re.fullmatch(r"[0-9a-f]{16}", header["pii_principal_id"])
    made = datetime.fromisoformat(given["event_time"])
    assert timedelta(0) <= datetime.now(UTC) - made < timedelta(minutes=1)
    assert made.microsecond == 0
    basis = {"purpose_type": "own-pictures", "lawful_basis": "explicit-consent"}
    assert {k: v for k, v in content.items() if k not in {"public_key", "signature"}} == {
        "receipt_metadata": {"schema_version": "selfsame-consent-2", "receipt_id": f"{signed.id}-1"},
        "record_header": {
            "schema_version": "selfsame-consent-2",
            "record_id": signed.id,
            "pii_principal_id": header["pii_principal_id"],
        },
        "pii_processing": {
            "privacy_notice": {"version": "1", "sha256": hashlib.sha256(TEXT.encode()).hexdigest(), "text": TEXT},
            "language": "en",
            "purposes": [{"purpose": "age", **basis}, {"purpose": "swap", **basis}],
            "pii_information": [
                {"pii_type": "face-images", "special_pii_category": "biometric"},
                {"pii_type": "face-data", "special_pii_category": "biometric"},
            ],
            "pii_controllers": ["installation"],
            "collection_method": "camera-and-chosen-files",
            "processing_method": "automatic",
            "storage_locations": ["memory-of-this-computer"],
            "retention_period": "PT30M",
            "geographic_restrictions": ["this-computer"],
            "jurisdiction": "not-known",
            "recipient_third_parties": [],
            "withdrawal_method": ["button", "command"],
        },
        "party_identification": [
            {"party_id": "person", "party_role": "pii-principal", "declared": ["adult", "self"]},
            {"party_id": "installation", "party_role": "pii-controller", "party_type": "run-by-the-person"},
        ],
        "events": [
            {
                "event_state": "given",
                "event_time": given["event_time"],
                "validity_duration": "PT30M",
                "entity_id": "person",
                "event_type": "explicit",
            }
        ],
    }
    assert TEXT in signed.document, "a person who opens the file can read it"
    assert signed.document.count("\n") > 40


def test_what_is_signed_is_the_same_whatever_order_it_is_written_in(notary):
    """RFC 8785 has the idea: one way to write a document, so that anyone can check it with their own tools."""
    document = {"b": [1, "é"], "signature": "x", "a": None, "public_key": "y"}
    assert body(document) == b'{"a":null,"b":[1,"\\u00e9"]}'
    signed = notary.sign(YES)
    turned = dict(reversed(json.loads(signed.document).items()))
    assert verify(json.dumps(turned))["record_header"]["record_id"] == signed.id
    assert signed.document.startswith('{\n  "')
    assert "\n   " in signed.document
    assert signed.purposes == YES.purposes


def test_a_receipt_is_fresh_at_once(notary):
    notary.sign(YES, clock=lambda: 5.0).check()


def test_the_text_that_was_read_is_in_it_with_its_digest(notary):
    notice = verify(notary.sign(YES).document)["pii_processing"]["privacy_notice"]
    assert notice == {"version": "1", "text": TEXT, "sha256": hashlib.sha256(TEXT.encode()).hexdigest()}


def test_nobody_can_be_followed_from_one_receipt_to_the_next(notary):
    headers = [verify(notary.sign(YES).document)["record_header"] for _ in range(2)]
    assert not (set(headers[0].values()) & set(headers[1].values())) - {VERSION}


def test_every_purpose_can_be_agreed_to(notary):
    every = Consent(frozenset(Purpose), adult=True, myself=True, language="zh", version="1", text=TEXT)
    processing = verify(notary.sign(every).document)["pii_processing"]
    assert {one["purpose"] for one in processing["purposes"]} == set(Purpose)
    assert {"swap", "age", "express", "video", "mirror", "personal-model"} == set(Purpose)


# --- withdrawn --------------------------------------------------------------------------------------------------------

LATER = "2026-11-22T10:00:00.000+00:00"


def test_a_withdrawn_consent_has_a_receipt_too(notary):
    signed = notary.sign(YES)
    first, second = verify(signed.document), verify(withdrawn(notary, signed.document, LATER))
    assert [one["event_state"] for one in second["events"]] == ["given", "withdrawn"]
    assert second["events"][0] == first["events"][0]
    assert second["events"][1] == {
        "event_state": "withdrawn",
        "event_time": LATER,
        "validity_duration": "P0D",
        "entity_id": "person",
        "event_type": "explicit",
    }
    for section in ("record_header", "pii_processing", "party_identification"):
        assert second[section] == first[section]
    names = [one["receipt_metadata"]["receipt_id"] for one in (first, second)]
    assert names == [f"{signed.id}-1", f"{signed.id}-2"]


def test_it_is_withdrawn_once(notary):
    once = withdrawn(notary, notary.sign(YES).document, LATER)
    assert withdrawn(notary, once, "2027-01-01T00:00:00+00:00") == once


def test_only_the_installation_that_gave_it_withdraws_it(notary):
    elsewhere = Notary(Ed25519PrivateKey.generate(), record).sign(YES).document
    with pytest.raises(Refusal, match="receipt-elsewhere"):
        withdrawn(notary, elsewhere, LATER)
    with pytest.raises(Refusal, match="receipt-elsewhere"):  # ours, but of another kind
        withdrawn(notary, _signed_by(notary, {"version": "selfsame-consent-1"}), LATER)
    with pytest.raises(Forgery):
        withdrawn(notary, "{}", LATER)


def _signed_by(notary, content):
    signature = notary.key.sign(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hex()
    return json.dumps({**content, "public_key": notary.public, "signature": signature})


# --- what is none -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("consent", "code"),
    [
        (Consent(YES.purposes, adult=False, myself=True, language="en", version="1", text=TEXT), "not-adult"),
        (Consent(YES.purposes, adult=1, myself=True, language="en", version="1", text=TEXT), "not-adult"),
        (Consent(YES.purposes, adult=True, myself=False, language="en", version="1", text=TEXT), "not-myself"),
        (Consent(frozenset(), adult=True, myself=True, language="en", version="1", text=TEXT), "no-purpose"),
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


class Anything(frozenset):
    def __contains__(self, _):
        return True


@pytest.mark.parametrize("kind", [set, Anything])
def test_what_was_agreed_to_does_not_follow_what_was_handed_in(notary, kind):
    said = kind({Purpose.AGE})
    signed = notary.sign(dataclasses.replace(YES, purposes=said))
    if kind is set:
        said.add(Purpose.SWAP)
    signed.check()
    assert type(signed.purposes) is frozenset
    assert [purpose for purpose in Purpose if purpose in signed.purposes] == [Purpose.AGE]


def test_what_only_looks_like_a_consent_is_none(notary):
    class Asked(Consent):
        __slots__ = ()

    values = {field.name: getattr(YES, field.name) for field in dataclasses.fields(YES)}
    with pytest.raises(Forgery, match="forged"):
        notary.sign(Asked(**values))


def test_more_purposes_cannot_be_added(notary):
    signed = notary.sign(YES)
    wider = Receipt(signed.id, frozenset(Purpose), signed.document, signed.made, signed.clock, signed.seal)
    with pytest.raises(Forgery):
        wider.check()


@given(text=st.text() | st.recursive(st.none() | st.integers(), st.lists).map(json.dumps))
def test_foreign_text_is_no_receipt(text):
    with pytest.raises(Forgery):
        verify(text)


def leaves(value, path=()):
    """Where something stands in a document."""
    if isinstance(value, dict | list) and value:
        for key, below in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(below, (*path, key))
    else:
        yield path


def test_whatever_is_changed_in_a_receipt_shows(notary):
    document = notary.sign(YES).document
    places = list(leaves(json.loads(document)))
    assert len(places) > 30
    for *above, last in places:
        changed = part = json.loads(document)
        for key in above:
            part = part[key]
        part[last] = "other"
        with pytest.raises(Forgery):
            verify(json.dumps(changed))


def test_what_is_added_to_a_receipt_or_taken_out_shows(notary):
    document = json.loads(notary.sign(YES).document)
    for changed in ({**document, "more": 1}, {k: v for k, v in document.items() if k != "events"}):
        with pytest.raises(Forgery):
            verify(json.dumps(changed))
