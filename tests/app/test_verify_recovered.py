"""A copy whose manifest was stripped, broken or replaced still leads back to it; a mark on another picture does not."""

import dataclasses
import datetime as dt
import functools

import numpy as np
import pytest

from app import codec
from app.stamp import manifest, watermark, writer
from app.stamp.reading import BLANK
from app.verify import Verdict, verify
from consent.errors import Fault, Refusal
from tests.app.stamp_helpers import FORMATS, facts, settings, sign, signer, write
from tests.app.test_stamp_watermark import CHANGES, portrait, scenery

BOX = (280.0, 150.0, 120.0, 150.0)


@functools.cache
def stamped(fmt="png", name="ours"):
    return write(portrait(), facts(face_box=BOX), signer(name), fmt)


def check(data, name="ours", **rest):
    return verify(data, [signer(name).anchor_pem], registry=signer(name).registry, **rest)


def changed(how, fmt="jpeg"):
    return codec.encode(np.ascontiguousarray(CHANGES[how](codec.decode(stamped().data))), fmt)


@pytest.mark.parametrize("fmt", FORMATS)
def test_what_is_stamped_carries_the_mark_that_its_manifest_names(fmt):
    report = check(stamped(fmt).data)
    assert report.verdict is Verdict.OURS
    assert report.watermark == report.statement.watermark
    assert watermark.find(codec.decode(stamped(fmt).data)).ident == int(report.watermark, 16)


@pytest.mark.parametrize("how", CHANGES)
def test_a_stripped_copy_leads_back(how):
    report = check(changed(how))
    assert report.verdict is Verdict.RECOVERED
    assert report.statement == stamped().report.statement
    assert report.watermark == report.statement.watermark
    assert "changed" in report.sentence


@pytest.mark.parametrize("fmt", FORMATS)
def test_in_any_format(fmt):
    assert check(changed("nothing", fmt)).verdict is Verdict.RECOVERED


def test_withdrawn_is_said_of_copies_too():
    gone = {stamped().report.statement.consent: "2026-11-22T10:00:00+00:00"}
    report = check(changed("JPEG 50"), withdrawn=gone)
    assert report.withdrawn.startswith("2026-11-22")
    assert report.sentence.endswith("Consent withdrawn on 2026-11-22.")


def test_one_that_was_signed_again_by_another_leads_back():
    """As a camera's own picture, say: the signature is intact, and only the mark tells."""
    plain = codec.encode(codec.decode(stamped().data), "jpeg")
    theirs = writer._sign(plain, _capture(), signer("stranger"), codec.Format.JPEG)[0]
    assert verify(theirs, [signer().anchor_pem]).verdict is Verdict.SOMEONE_ELSE
    report = check(theirs)
    assert report.verdict is Verdict.RECOVERED
    assert report.statement == stamped().report.statement


def _capture():
    kind = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"
    actions = {"actions": [{"action": "c2pa.created", "digitalSourceType": kind}]}
    return {
        "claim_generator_info": [{"name": "A camera", "version": "1"}], "title": "IMG_1", "format": "image/jpeg",
        "assertions": [{"label": "c2pa.actions.v2", "created": True, "data": actions}],
    }  # fmt: skip


def test_a_broken_file_leads_back_with_what_is_broken():
    data = bytearray(stamped("jpeg").data)
    data[-60] ^= 1
    report = check(bytes(data))
    assert report.verdict is Verdict.RECOVERED
    assert report.failures == ("assertion.dataHash.mismatch",)


def test_the_mark_of_ours_on_another_picture_is_a_copy():
    ident = int(stamped().report.watermark, 16)
    forged = codec.encode(watermark.embed(scenery(3), ident), "png")
    report = check(forged)
    assert report.verdict is Verdict.MARK_COPIED
    assert report.statement is None
    assert report.watermark == f"{ident:08x}"


def test_an_unknown_mark_is_told_and_proves_nothing():
    marked = codec.encode(watermark.embed(scenery(3), 12345), "png")
    report = check(marked)
    assert (report.verdict, report.watermark) == (Verdict.NO_MANIFEST, f"{12345:08x}")
    assert verify(marked, [signer().anchor_pem]).watermark is None  # without a registry nothing is looked for


def test_another_installation_knows_nothing_of_it():
    assert check(changed("nothing"), "stranger").verdict is Verdict.NO_MANIFEST


def test_a_manifest_that_was_changed_in_the_registry_is_not_believed(monkeypatch):
    entry = signer().registry.recall(int(stamped().report.watermark, 16))
    at = entry.manifest.index(b"swap-mesh 1")
    worse = entry.manifest[:at] + b"swap-mesh 2" + entry.manifest[at + 11 :]
    assert by_registry(manifest=worse) == (Verdict.NO_MANIFEST, None)


def by_registry(**changes):
    """What a stripped copy is by a registry in which its row was changed."""
    entry = dataclasses.replace(signer().registry.recall(int(stamped().report.watermark, 16)), **changes)
    registry = type("Registry", (), {"recall": lambda self, _: entry})()
    report = verify(changed("nothing"), [signer().anchor_pem], registry=registry)
    return report.verdict, report.statement


def test_a_strangers_manifest_in_the_registry_is_not_believed():
    """Signed over the very blank picture against which manifests of the registry are read: nothing in it fails."""
    definition = manifest.build(stamped().report.statement, codec.Format.JPEG, dt.datetime.now(dt.UTC))
    blank = BLANK[codec.Format.JPEG]
    assert by_registry() == (Verdict.RECOVERED, stamped().report.statement)
    theirs = writer._sign(blank, definition, signer("stranger"), codec.Format.JPEG)[1]
    assert by_registry(manifest=theirs) == (Verdict.NO_MANIFEST, None)


def test_another_pictures_row_is_not_taken_for_it():
    other = write(portrait(), facts(face_box=BOX, session="0ff0"), signer(), "png")
    row = signer().registry.recall(int(other.report.watermark, 16))
    assert by_registry(manifest=row.manifest) == (Verdict.NO_MANIFEST, None)


def test_the_picture_before_the_edit_is_not_taken_for_it():
    """Nearly the same fingerprint, but no mark: the fingerprint alone says nothing."""
    report = check(codec.encode(portrait(), "jpeg"))
    assert (report.verdict, report.watermark) == (Verdict.NO_MANIFEST, None)


def test_the_picture_before_the_edit_with_the_mark_put_on_it_is_a_trace_and_no_proof():
    """It looks like the one that was stamped, so nothing here can tell them apart; the sentence must not say more."""
    forged = watermark.embed(portrait(), int(stamped().report.watermark, 16))
    report = check(codec.encode(forged, "jpeg"))
    assert report.verdict is Verdict.RECOVERED
    assert "no proof" in report.sentence
    assert report.label is None


def test_a_small_picture_has_no_mark_and_says_so():
    small = write(scenery(1, (230, 239)), facts(face_box=(80.0, 60.0, 60.0, 70.0)), signer(), "png")
    assert (small.report.statement.watermark, small.report.watermark) == ("none", None)


def test_a_strip_has_no_mark_and_says_so():
    strip = write(scenery(1, (2300, 256)), facts(face_box=(80.0, 60.0, 60.0, 70.0)), signer(), "jpeg")
    assert (strip.report.statement.watermark, check(strip.data).verdict) == ("none", Verdict.OURS)


@pytest.mark.parametrize("size", [(16383, 240), (240, 16383), (128, 16000)])
def test_anybodys_strip_gets_a_report(size):
    assert check(codec.encode(np.zeros((*size, 3), np.uint8), "png")).verdict is Verdict.NO_MANIFEST


def test_a_mark_that_cannot_be_read_stops_the_stamp(monkeypatch):
    monkeypatch.setattr(watermark, "find", lambda _: None)
    with pytest.raises(Refusal, match="watermark"):
        write(portrait(), facts(face_box=BOX), signer(), "png")


def test_a_registry_that_cannot_be_written_stops_the_stamp(monkeypatch):
    def full(*_):
        raise Fault("registry-unusable", "The disk is full.", "Free some space.")

    monkeypatch.setattr(type(signer().registry), "keep", full)
    with pytest.raises(Fault, match="full"):
        write(portrait(), facts(face_box=BOX), signer(), "png")


def test_plain_pictures_carry_a_mark_too():
    for grey in (0, 16, 128, 250):
        plain = np.full((300, 400, 3), grey, np.uint8)
        made = write(plain, facts(face_box=(150.0, 80.0, 90.0, 100.0)), signer(), "jpeg")
        assert made.report.watermark == made.report.statement.watermark


def test_what_carries_no_mark_is_judged_by_its_manifest_alone():
    for data in (sign(settings()), stamped(name="stranger").data, codec.encode(scenery(2), "png")):
        plain, looked_up = verify(data, [signer().anchor_pem]), check(data)
        assert (plain.verdict, plain.statement, plain.failures) == (
            looked_up.verdict, looked_up.statement, looked_up.failures,
        )  # fmt: skip
    assert check(stamped(name="stranger").data).verdict is Verdict.SELFSAME_ELSEWHERE
