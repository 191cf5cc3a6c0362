import copy
import dataclasses
import io
import os
import pickle

import numpy as np
import pytest
from PIL import Image

from app import codec
from app.stamp import label, writer
from app.stamp.statement import PURPOSES
from app.verify import Verdict, verify
from consent.errors import Fault, Forgery, Refusal
from consent.types import Domain, Origin, Purpose
from tests.app.stamp_helpers import FORMATS, facts, picture, plain, settings, signer, state, statement
from tests.app.stamp_helpers import write as stamped_from
from tests.promises.stage import gate_of


def write(fmt="jpeg", pixels=None, **changes):
    return stamped_from(picture() if pixels is None else pixels, facts(**changes), signer(), fmt)


@pytest.mark.parametrize(
    ("purpose", "fmt", "domain"),
    [
        (purpose, fmt, list(Domain)[(one + other) % 2])  # each purpose in both worlds, and each world in each format
        for one, purpose in enumerate(PURPOSES)
        for other, fmt in enumerate(FORMATS)
    ],
)
def test_what_comes_out_is_ours_labelled_and_says_what_was_done(fmt, purpose, domain):
    stamped = write(fmt, purposes=tuple(map(Purpose, purpose.split("+"))), domain=domain)
    assert codec.sniff(stamped.data) == fmt
    assert (stamped.mime, stamped.suffix) == (codec.Format(fmt).mime, codec.Format(fmt).suffix)
    assert state(settings(), stamped.data, fmt) == "Trusted"
    report = verify(stamped.data, [signer().anchor_pem])
    assert report == stamped.report
    assert report.verdict is Verdict.OURS
    assert report.statement.purpose == purpose
    assert plain(report.statement) == statement(purposes=tuple(map(Purpose, purpose.split("+"))), domain=domain)
    assert (report.label.purpose, report.label.demo) == (purpose, domain is Domain.DEMO)


def test_png_pixels_are_the_labelled_pixels():
    wanted = label.draw(picture(), label.lines("swap", demo=False), facts().face_box)
    assert (codec.decode(write("png").data) == wanted).all()


@pytest.mark.parametrize("fmt", FORMATS)
def test_no_metadata_but_the_manifest(fmt):
    with Image.open(io.BytesIO(write(fmt).data)) as image:
        assert not dict(image.getexif())
        assert not {"exif", "comment", "icc_profile", "xmp"} & set(image.info)


@pytest.mark.parametrize("fmt", FORMATS)
def test_no_thumbnail_and_a_small_manifest(fmt):
    stamped = write(fmt)
    assert b"thumbnail" not in stamped.data
    plain = codec.encode(label.draw(picture(), label.lines("swap", demo=False), facts().face_box), fmt, writer.QUALITY)
    assert len(stamped.data) - len(plain) < 20_000


def test_save(tmp_path):
    before = os.umask(0o022)
    try:
        path = write("png").save(tmp_path / "out.png")
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o644
    assert verify(path.read_bytes(), [signer().anchor_pem]).verdict is Verdict.OURS
    with pytest.raises(Refusal) as caught:
        write("png").save(path)
    assert caught.value.code == "file-exists"
    again = write("png")
    again.save(path, overwrite=True)
    assert path.read_bytes() == again.data
    assert [p.name for p in tmp_path.iterdir()] == ["out.png"]


def test_nobody_else_can_make_or_change_one():
    good = write()
    with pytest.raises(Forgery):
        writer.Stamped(codec.encode(picture(), "jpeg"), codec.Format.JPEG, good.report, b"")
    with pytest.raises(Forgery):
        writer.Stamped(codec.encode(picture(), "jpeg"), codec.Format.JPEG, good.report, good.seal)
    with pytest.raises(Forgery):
        writer.Stamped(good.data, codec.Format.PNG, good.report, good.seal)
    with pytest.raises(Forgery):
        dataclasses.replace(good, data=b"")
    with pytest.raises(dataclasses.FrozenInstanceError):
        good.data = b""
    for travel in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError):
            travel(good)
    assert "data" not in repr(good)


def test_a_look_alike_gate_opens_nothing():
    class Gate:
        def release(self, draft):
            pytest.fail("asked a look-alike")

    with pytest.raises(Forgery):
        writer.stamp(Gate(), object(), signer())


def drafted(gate):
    """A draft of the real gate; nothing was changed in it."""
    mine = gate.live()[0]
    work = gate.redeem(gate.grant(mine, mine, Purpose.AGE), Purpose.AGE)
    return work.draft(mine.pixels, "none", {"years": 0.0})


@pytest.mark.parametrize("fmt", FORMATS)
def test_the_stamp_opens_the_draft_by_its_gate(gate, fmt):
    stamped = writer.stamp(gate, drafted(gate), signer(), fmt)
    assert stamped.report.verdict is Verdict.OURS
    assert stamped.report.statement.session == gate.session


def test_what_the_gate_refuses_is_not_stamped(gate):
    draft = drafted(gate)
    writer.stamp(gate, draft, signer())
    with pytest.raises(Forgery, match="already"):
        writer.stamp(gate, draft, signer())
    with pytest.raises(Forgery):
        writer.stamp(gate, object(), signer())


def test_nothing_comes_out_or_is_remembered_after_a_withdrawal(notary, ledger, monkeypatch):
    """The person withdraws while the picture is being stamped."""
    one = gate_of("ada", notary, ledger)
    draft = drafted(one)
    kept = []
    monkeypatch.setattr(type(signer().registry), "keep", lambda *_: kept.append(1))

    right = writer.read_back

    def withdrawn_meanwhile(*args):
        one.withdraw()
        return right(*args)

    monkeypatch.setattr(writer, "read_back", withdrawn_meanwhile)
    with pytest.raises(Refusal, match="session-withdrawn"):
        writer.stamp(one, draft, signer())
    assert kept == []


def test_the_stamp_takes_no_pixels():
    """The public way in is a gate and a draft; there is no parameter for a picture, facts or leave to skip a step."""
    assert list(writer.stamp.__annotations__) == ["gate", "draft", "signer", "fmt", "language", "kept", "return"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_label_speaks_the_language_asked_for(gate, language):
    stamped = writer.stamp(gate, drafted(gate), signer(), language=language)
    assert stamped.report.label.language == language


def test_a_picture_in_which_no_watermark_can_be_read_is_refused(monkeypatch):
    """None such is known (a white one is marked, below), so the mark is taken out again."""
    monkeypatch.setattr(writer.watermark, "embed", lambda pixels, *_: pixels)
    with pytest.raises(Refusal) as caught:
        write(pixels=picture(400, 300))
    assert caught.value.code == "not-marked"
    assert caught.value.reason.endswith("nothing was written.")


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_flat_picture_is_marked_all_the_same(fmt, level):
    stamped = write(fmt, pixels=np.full((300, 400, 3), level, np.uint8))
    assert stamped.report.watermark is not None


def fault(**changes):
    with pytest.raises(Fault) as caught:
        write(**changes)
    return caught.value.code


def test_unknown_format():
    assert fault(fmt="gif") == "bad-format"


@pytest.mark.parametrize(
    "change",
    [
        {"session": "<b>"},
        {"engine": ""},
        {"engine": "x" * 129},
        {"parameters": {"a": float("inf")}},
        {"parameters": {"not a name": 1.0}},
    ],
)
def test_facts_that_the_manifest_cannot_carry(change):
    assert fault(**change) == "bad-facts"


def test_too_small():
    assert fault(pixels=picture(120, 120)) == "picture-too-small-to-label"


def test_a_key_that_fails(monkeypatch):
    def broken(*_):
        raise RuntimeError("the key is gone")

    monkeypatch.setattr(type(signer()), "sign", broken)
    assert fault() == "not-signed"


def test_a_wrong_signature(monkeypatch):
    right = type(signer()).sign
    monkeypatch.setattr(type(signer()), "sign", lambda self, claim: right(self, claim + b"!"))
    assert fault() == "not-signed"


def test_a_missing_label(monkeypatch):
    monkeypatch.setattr(label, "draw", lambda pixels, *_: pixels)
    assert fault() == "stamp-not-sound"


def test_a_label_with_the_wrong_words(monkeypatch):
    right = label.draw
    wrong = label.lines("age", demo=False)
    monkeypatch.setattr(label, "draw", lambda pixels, _, box: right(pixels, wrong, box))
    assert fault() == "stamp-not-sound"


def test_a_demo_label_is_not_left_out(monkeypatch):
    right = label.draw
    monkeypatch.setattr(label, "draw", lambda pixels, text, box: right(pixels, text[:2], box))
    assert fault(domain=Domain.DEMO) == "stamp-not-sound"


def test_other_facts_in_the_manifest(monkeypatch):
    right = writer.manifest.build
    other = statement(source_origin=Origin.PHOTO)
    monkeypatch.setattr(writer.manifest, "build", lambda _, fmt, when: right(other, fmt, when))
    assert fault() == "stamp-not-sound"


def test_damage_after_signing(monkeypatch):
    right = writer._sign

    def damaged(*arguments):
        signed, store = right(*arguments)
        data = bytearray(signed)
        data[-len(data) // 4] ^= 1
        return bytes(data), store

    monkeypatch.setattr(writer, "_sign", damaged)
    assert fault() == "stamp-not-sound"


def test_nothing_touches_the_disk_but_save(tmp_path, monkeypatch):
    """Not even a temporary file: the library signs from memory to memory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    for fmt in FORMATS:
        write(fmt)
    assert list(tmp_path.iterdir()) == []


def test_the_same_draft_of_noise_in_all_formats():
    noise = np.random.default_rng(5).integers(0, 256, (300, 260, 3)).astype(np.uint8)
    for fmt in FORMATS:
        assert write(fmt, pixels=noise).report.verdict is Verdict.OURS


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("length", range(1, 5))
def test_manifests_of_odd_and_even_length(fmt, length):
    assert write(fmt, engine="x" * length).report.verdict is Verdict.OURS
