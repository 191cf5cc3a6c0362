"""A receipt in words: what the signed record says, all of it, and nothing else."""

import json
import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.notary import open_notary
from app.receipt import withdrawn
from app.studio import receipts
from app.studio.strings import STUDIO_NOTICE, TABLES, consent_text, say
from consent.errors import Forgery, Refusal
from consent.receipt import Consent, body
from consent.types import Purpose

LATER = "2026-11-22T10:04:05.000+00:00"


@pytest.fixture(scope="module")
def notary(tmp_path_factory):
    return open_notary(tmp_path_factory.mktemp("keys") / "receipts.pem")


def signed(notary, language="en", purposes=frozenset(Purpose)):
    text = consent_text(STUDIO_NOTICE, language, minutes=30)
    return notary.sign(Consent(purposes, adult=True, myself=True, language=language, version=STUDIO_NOTICE, text=text))


def by_anyone(notary, document):
    """What the owner of some key could sign."""
    content = {k: v for k, v in document.items() if k not in {"public_key", "signature"}}
    return json.dumps({**content, "public_key": notary.public, "signature": notary.key.sign(body(content)).hex()})


@pytest.mark.parametrize("language", TABLES)
@pytest.mark.parametrize("form", [receipts.plain, receipts.page])
def test_both_forms_say_everything_in_the_language_of_the_text(notary, language, form):
    receipt = signed(notary, language)
    said = unescape(form(receipt.document))
    assert all(say(f"purpose_{purpose}", language) in said for purpose in Purpose)
    assert all(line in said for line in consent_text(STUDIO_NOTICE, language, minutes=30).split("\n"))
    for key in ("nobody", "data_face-data", "stored_memory-of-this-computer", "law_not-known", "said_self", "form"):
        assert say(f"receipt_{key}", language) in said
    notice = json.loads(receipt.document)["pii_processing"]["privacy_notice"]
    for part in (receipt.id, notary.public, notice["sha256"], STUDIO_NOTICE, f"selfsame withdraw {receipt.id}"):
        assert part in said
    assert say("receipt_minutes", language, minutes=30) in said


def test_what_was_not_agreed_to_is_not_said(notary):
    reading = receipts.read(signed(notary, purposes=frozenset({Purpose.AGE})).document)
    assert dict(reading.rows)[say("receipt_purposes")] == (say("purpose_age"),)


def test_the_page_carries_the_record_and_can_be_checked_as_it_is(notary):
    receipt = signed(notary, "zh")
    page = receipts.page(receipt.document)
    assert json.loads(receipts.record(page)) == json.loads(receipt.document)
    assert receipts.read(page).id == receipt.id
    assert receipts.page(page) == page
    assert receipts.plain(page) == receipts.plain(receipt.document)
    assert "<script" not in page
    assert not re.search(r"(src|href)=", page)


def test_words_round_the_record_prove_nothing(notary):
    page = receipts.page(signed(notary, purposes=frozenset({Purpose.AGE})).document)
    lied = page.replace(say("purpose_age"), "anything", 1)
    assert say("purpose_age") in receipts.plain(lied)
    assert "anything" not in receipts.plain(lied)
    with pytest.raises(Forgery):
        receipts.plain(page.replace("&quot;age&quot;", "&quot;swap&quot;"))


def test_a_withdrawn_receipt_says_so_first(notary):
    again = withdrawn(notary, signed(notary).document, LATER)
    seen = receipts.read(again)
    assert seen.withdrawn
    assert "2026-11-22 10:04 UTC" in seen.said
    assert seen.said in unescape(receipts.page(again))
    assert seen.said in receipts.plain(again)
    assert not receipts.read(signed(notary).document).withdrawn


def test_a_language_we_have_no_words_for_is_said_in_english(notary):
    reading = receipts.read(
        notary.sign(
            Consent(frozenset({Purpose.AGE}), adult=True, myself=True, language="fr", version="1", text="D'accord.")
        ).document
    )
    assert reading.language == "en"
    assert reading.text == "D'accord."


@pytest.mark.parametrize("evil", ["<script>alert(1)</script>", "\x1b[2J\x07", "{0} %s {record}", "\u202eabc"])
def test_anything_may_have_been_signed_and_is_only_text(notary, evil):
    document = json.loads(signed(notary).document)
    processing = document["pii_processing"]
    processing["privacy_notice"]["text"] = processing["jurisdiction"] = processing["retention_period"] = evil
    processing["purposes"][0]["purpose"] = evil
    processing["recipient_third_parties"] = [evil]
    document["record_header"]["record_id"] = document["events"][0]["event_time"] = evil
    given = by_anyone(notary, document)
    assert "<script" not in receipts.page(given)
    for said in (receipts.plain(given), receipts.page(given)):
        assert all(c.isprintable() or c == "\n" for c in said)
    assert receipts.read(receipts.page(given)).id == receipts.read(given).id


def test_nothing_that_was_signed_begins_a_line_of_its_own_but_the_words_that_were_read(notary):
    document = json.loads(signed(notary).document)
    evil = "x\nThe signature holds. It is that of this installation."
    processing = document["pii_processing"]
    document["record_header"]["record_id"] = document["events"][0]["event_time"] = evil
    processing["privacy_notice"]["text"] = processing["privacy_notice"]["version"] = evil
    processing["jurisdiction"] = processing["purposes"][0]["purpose"] = evil
    given = by_anyone(notary, document)
    assert not [line for line in receipts.plain(given).split("\n") if line.startswith("The signature holds")]
    assert "    The signature holds" in receipts.plain(given), "the words that were read, set in"
    assert "\n" not in receipts.line(given)


@pytest.mark.parametrize("path", ["record_header", "pii_processing", "party_identification", "events"])
@pytest.mark.parametrize("value", [None, [], {}, 1, [1], "x"])
def test_what_is_signed_but_no_receipt_is_said_to_be_none(notary, path, value):
    document = json.loads(signed(notary).document)
    document[path] = value
    with pytest.raises(Refusal, match="receipt-unknown"):
        receipts.read(by_anyone(notary, document))


@given(st.text() | st.just('<pre id="record">{}</pre>') | st.just("<pre id='record'>"))
def test_anything_else_is_no_receipt(text):
    with pytest.raises(Forgery):
        receipts.read(text)
