import datetime as dt
import json
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import codec
from app import verify as module
from app.stamp import label
from app.verify import Verdict, verify
from tests.app import stamp_helpers as make
from tests.app.stamp_helpers import C2PA_EKU, EMAIL_EKU, FORMATS, picture, signer, stamped


def check(data):
    return verify(data, [signer().anchor_pem])


@pytest.mark.parametrize("fmt", FORMATS)
def test_ours(fmt):
    report = check(stamped(fmt))
    assert report.verdict is Verdict.OURS
    assert report.failures == ()
    assert make.plain(report.statement) == make.statement()
    assert report.title == "Face swap of the person themself, made with their consent"
    assert report.signer.startswith("Selfsame installation")
    assert abs(dt.datetime.fromisoformat(report.when) - dt.datetime.now(dt.UTC)) < dt.timedelta(hours=1)
    assert (report.label.purpose, report.label.demo) == ("swap", False)


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("anchors", [[], ["stranger"]])
def test_another_installation(fmt, anchors):
    report = verify(stamped(fmt), [signer(name).anchor_pem for name in anchors])
    assert report.verdict is Verdict.SELFSAME_ELSEWHERE
    assert report.failures == ()
    assert make.plain(report.statement) == make.statement(), "a claim, and the sentence says so"
    assert "believe it only if" in report.sentence


WITHDRAWN = {"c0ffee": "2026-11-22T09:30:00.000+00:00", "another": "2020-01-01T00:00:00.000+00:00"}


@pytest.mark.parametrize("fmt", FORMATS)
def test_ours_with_the_consent_withdrawn(fmt):
    plain, report = check(stamped(fmt)), verify(stamped(fmt), [signer().anchor_pem], WITHDRAWN)
    assert report.verdict is Verdict.OURS
    assert report.withdrawn == WITHDRAWN["c0ffee"]
    assert report.sentence == f"{plain.sentence} Consent withdrawn on 2026-11-22."
    assert report.statement == plain.statement
    assert report.as_json()["withdrawn"] == WITHDRAWN["c0ffee"]
    assert plain.withdrawn is None


def test_another_consent_withdrawn_says_nothing_about_ours():
    assert verify(stamped(), [signer().anchor_pem], {"c0ffe": "2026-11-22", "C0FFEE": "2026-11-22"}) == check(stamped())


@pytest.mark.parametrize("anchors", [[], ["stranger"]])
def test_a_claim_of_another_installation_is_not_looked_up(anchors):
    """Anybody may write our receipt's number into a picture of their own."""
    report = verify(stamped(), [signer(name).anchor_pem for name in anchors], WITHDRAWN)
    assert report.verdict is Verdict.SELFSAME_ELSEWHERE
    assert report.withdrawn is None
    assert "withdrawn" not in report.sentence


def test_an_altered_file_is_altered_withdrawn_or_not():
    data = bytearray(stamped())
    data[-200] ^= 1
    report = verify(bytes(data), [signer().anchor_pem], WITHDRAWN)
    assert (report.verdict, report.withdrawn) == (Verdict.ALTERED, None)


def test_several_anchors():
    anchors = [signer("stranger").anchor_pem, signer().anchor_pem]
    assert verify(stamped(), anchors).verdict is Verdict.OURS
    assert verify(stamped(name="stranger"), anchors).verdict is Verdict.OURS


CAMERA = {
    "claim_generator_info": [{"name": "Camera", "version": "1"}],
    "title": "Holiday",
    "assertions": [
        {
            "label": "c2pa.actions.v2",
            "data": {
                "actions": [
                    {
                        "action": "c2pa.created",
                        "when": "2026-01-02T03:04:05Z",
                        "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture",
                    }
                ]
            },
        }
    ],
}


def by_stranger(definition=CAMERA, data=None, fmt="jpeg", name="Mallory"):
    key, chain, root = make.certificate(C2PA_EKU, EMAIL_EKU, common_name=name)
    under = make.settings()
    under["trust"]["user_anchors"] = root
    return make.sign(under, definition, sign_with=key, chain=chain, data=data, fmt=fmt), root


def test_someone_else():
    report = check(by_stranger()[0])
    assert report.verdict is Verdict.SOMEONE_ELSE
    assert (report.title, report.signer, report.when) == ("Holiday", "Mallory", "2026-01-02T03:04:05Z")
    assert report.statement is None
    assert report.label is None


@pytest.mark.parametrize("fmt", FORMATS)
def test_ours_signed_again_by_someone_as_a_camera_picture(fmt):
    """Our manifest is then history; the visible label is what still tells."""
    report = check(by_stranger(data=stamped(fmt), fmt=fmt)[0])
    assert report.verdict is Verdict.SOMEONE_ELSE
    assert report.statement is None
    assert report.label.purpose == "swap"


def test_a_trusted_key_alone_is_not_enough():
    """Under an anchor of ours but without our statement: nothing that `stamp` wrote."""
    data, root = by_stranger()
    report = verify(data, [root])
    assert report.verdict is Verdict.ALTERED
    assert report.failures == ("selfsame.statement",)


@pytest.mark.parametrize("fmt", FORMATS)
def test_no_manifest(fmt):
    report = check(codec.encode(picture(), fmt))
    assert report.verdict is Verdict.NO_MANIFEST
    assert (report.statement, report.label, report.failures) == (None, None, ())


@pytest.mark.parametrize("fmt", FORMATS)
def test_no_manifest_but_a_label(fmt):
    """What is left of ours after a re-encoding."""
    report = check(codec.encode(codec.decode(stamped(fmt)), fmt, 60))
    assert report.verdict is Verdict.NO_MANIFEST
    assert report.label.purpose == "swap"


@pytest.mark.parametrize("data", [b"", b"hello", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"%PDF-1.7", b"GIF89a"])
def test_not_a_picture(data):
    report = check(data)
    assert report.verdict is Verdict.NOT_A_PICTURE
    assert report.sentence.endswith(".")
    assert report.failures


def test_too_large_is_not_looked_at(monkeypatch):
    monkeypatch.setattr(codec, "MAX_BYTES", 1000)
    assert check(stamped()).failures == ("picture-too-large",)


def test_signed_but_not_a_picture_that_can_be_seen(monkeypatch):
    monkeypatch.setattr(codec, "MAX_PIXELS", 1000)
    report = check(stamped())
    assert report.verdict is Verdict.ALTERED
    assert report.failures == ("picture-too-large",)


@pytest.mark.parametrize(
    ("failures", "verdict"),
    [
        (("signingCredential.expired",), Verdict.EXPIRED),
        (("signingCredential.untrusted", "signingCredential.expired"), Verdict.EXPIRED),
        (("signingCredential.expired", "assertion.dataHash.mismatch"), Verdict.ALTERED),
        (("signingCredential.untrusted",), Verdict.ALTERED),
        ((), Verdict.ALTERED),
    ],
)
def test_expired_only_if_nothing_else_is_wrong(failures, verdict):
    assert module._judge(module.Manifest(failures=failures)) is verdict


NASTY = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[click](javascript:alert(1))",
    "**bold** `code` # head | table",
    "\x1b[31mred\x1b[0m\r\n\x00",
    "\u202egnp.exe\u2066\u200b",
    "http://evil.example/?a=b&c=d",
    "A" * 100_000,
    "${jndi:ldap://x}",
    "{{7*7}} %s %n {0}",
]


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_strangers_text_comes_out_plain(text):
    definition = json.loads(json.dumps(CAMERA)) | {"title": text, "claim_generator_info": [{"name": text}]}
    definition["assertions"][0]["data"]["actions"][0] |= {"softwareAgent": {"name": text}, "description": text}
    definition["assertions"].append({"label": "org.selfsame.consent", "kind": "Json", "data": {"purpose": text}})
    name = "".join(c for c in text if c.isprintable())[:60]
    report = check(by_stranger(definition, name=name)[0])
    assert report.verdict is Verdict.SOMEONE_ELSE
    assert report.statement is None
    for value in (report.title, report.signer):
        assert len(value) <= 120
        assert value.isprintable()
        assert not set('<>&"`*_[]#|\\/@$%{}=!~^') & set(value)
    json.dumps(report.as_json(), allow_nan=False)


def test_two_statements_are_none():
    data = make.statement().as_json()
    definition = json.loads(json.dumps(CAMERA))
    definition["assertions"] += [{"label": "org.selfsame.consent", "kind": "Json", "data": data}] * 2
    report = check(by_stranger(definition)[0])
    assert report.statement is None or report.verdict is Verdict.SELFSAME_ELSEWHERE


@pytest.mark.parametrize("make_data", [stamped, lambda: b"", lambda: codec.encode(picture(), "png")])
def test_as_json(make_data):
    report = check(make_data())
    found = json.loads(json.dumps(report.as_json(), allow_nan=False))
    assert set(found) == {
        *("verdict", "sentence", "statement", "when", "title", "signer", "whose", "actions", "label", "failures"),
        *("changed", "watermark", "withdrawn", "manifest", "parts"),
    }
    assert found["verdict"] == report.verdict.value
    if report.label:
        assert found["label"]["box"] == list(report.label.box)
        assert (found["label"]["purpose"], found["label"]["demo"]) == ("swap", False)
        assert found["statement"]["subject"] == "self"


@pytest.mark.parametrize(
    ("verdict", "rest", "manifest"),
    [
        (Verdict.OURS, {}, "intact"),
        (Verdict.SELFSAME_ELSEWHERE, {}, "intact"),
        (Verdict.SOMEONE_ELSE, {}, "intact"),
        (Verdict.OTHER_VERSION, {}, "intact"),
        (Verdict.ALTERED, {}, "broken"),
        (Verdict.EXPIRED, {}, "expired"),
        (Verdict.RECOVERED, {}, "recovered"),
        (Verdict.NO_MANIFEST, {}, "none"),
        (Verdict.NOT_A_PICTURE, {}, "none"),
        (Verdict.MARK_COPIED, {}, "none"),
        (Verdict.MARK_COPIED, {"signer": "Mallory"}, "intact"),
        (Verdict.MARK_COPIED, {"failures": ("claimSignature.mismatch",)}, "broken"),
    ],
)
def test_how_the_manifest_is(verdict, rest, manifest):
    assert module.Report(verdict, "", **rest).manifest == manifest


def test_every_verdict_has_its_sentence():
    assert set(module._SENTENCES) == set(Verdict)


@given(st.sampled_from([b"", b"\xff\xd8\xff\xeb", b"\x89PNG\r\n\x1a\n", b"RIFF\x20\x00\x00\x00WEBPC2PA"]), st.binary())
@settings(max_examples=150)
@pytest.mark.filterwarnings("ignore")
def test_any_bytes_get_a_report(head, body):
    report = check(head + body)
    assert report.verdict in {Verdict.NOT_A_PICTURE, Verdict.ALTERED}
    assert report.label is None


def test_needs_neither_gate_nor_engine():
    """In a fresh process: importing and using it loads nothing that decides or acts."""
    program = (
        "import sys; from app.verify import verify; verify(b'x', []);"
        "bad = [m for m in sys.modules if m.startswith(('app.engines', 'app.studio', 'app.flow', 'app.stamp.writer',"
        " 'consent.')) and m != 'consent.errors'];"
        "print(bad)"
    )
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_the_label_is_looked_for_in_the_pixels_not_in_the_manifest(monkeypatch):
    monkeypatch.setattr(label, "find", lambda _: None)
    assert check(stamped()).label is None
