"""What is said of films: of changed ones, of strangers', by another verifier, and whatever the bytes."""

import struct

import encypher_c2pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import film as films
from app.film_out import encode
from app.stamp import label
from app.stamp.framing_film import film_is_as_written
from app.verify import Verdict, verify
from tests.app.film_helpers import drawn, film
from tests.app.film_tampering import CASES, signed_film
from tests.app.stamp_helpers import settings as our_settings
from tests.app.stamp_helpers import signer, state

pytestmark = pytest.mark.long


@pytest.mark.parametrize("name", list(CASES))
def test_changed_films(name):
    change, alone, known, code = CASES[name]
    data = signed_film()
    changed = change(data)
    assert (changed == data) == (name == "untouched")
    report = verify(changed, [signer().anchor_pem])
    assert (name, report.verdict) == (name, alone)
    assert code is None or code in report.failures
    if alone is Verdict.ALTERED:
        assert (report.statement, report.title, report.signer, report.when) == (None, None, None, None)
    found = verify(changed, [signer().anchor_pem], registry=signer().registry)
    assert (name, found.verdict) == (name, known or alone)
    assert "<" not in str(found.as_json())


def test_the_library_alone_would_trust_some_of_them():
    """So that nobody thinks that `app.stamp.framing_film` is not needed."""
    trusted = []
    for name, case in CASES.items():
        try:
            trusted += [name] * (state(our_settings(), case.change(signed_film()), "mp4") == "Trusted")
        except Exception:  # noqa: BLE001 - the library's errors for what it cannot parse
            continue
    assert {"the padding of the signature", "the type of the file", "an mfra at the end"} <= set(trusted)


@given(st.floats(0, 1, exclude_max=True) | st.floats(0, 0.4), st.integers(1, 255))
@settings(max_examples=50)
def test_no_byte_can_change(share, change):
    data = bytearray(signed_film())
    place = int(share * len(data))
    data[place] ^= change
    assert verify(bytes(data), [signer().anchor_pem]).verdict is not Verdict.OURS


@given(st.data())
@settings(max_examples=40)
def test_no_piece_can_be_removed_doubled_or_replaced(data):
    good = signed_film()
    start = data.draw(st.integers(0, len(good) - 1) | st.integers(0, 200))
    piece = good[start : start + data.draw(st.integers(1, 300))]
    new = data.draw(st.sampled_from([b"", piece * 2, piece[::-1], bytes(len(piece))]) | st.binary(max_size=50))
    changed = good[:start] + new + good[start + len(piece) :]
    if changed != good:
        assert verify(changed, [signer().anchor_pem]).verdict is not Verdict.OURS


def ask(data, trusted, tmp_path, monkeypatch):
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    return encypher_c2pa.verify(
        data, "video/mp4", trust_pem=trusted, no_default_trust=True, telemetry=False, online=False
    )


def test_an_independent_verifier_agrees(tmp_path, monkeypatch):
    report = ask(signed_film(), signer().anchor_pem, tmp_path, monkeypatch)
    assert (report["integrity"], report["hard_binding"]) == ("valid", "match")
    assert report["trust"]["status"] == "valid_for_supplied_material"
    assert report["validation_results"]["failure"] == []
    stranger = ask(signed_film(), signer("stranger").anchor_pem, tmp_path, monkeypatch)
    assert (stranger["integrity"], stranger["trust"]["status"] != "valid_for_supplied_material") == ("valid", True)
    broken = ask(CASES["a bit of a frame"].change(signed_film()), signer().anchor_pem, tmp_path, monkeypatch)
    assert broken["integrity"] != "valid"


@pytest.mark.parametrize(
    ("kind", "verdict", "words"),
    [
        ({}, Verdict.NO_MANIFEST, "This film carries no signed manifest"),
        ({"codec": "libx265", "options": (("x265-params", "log-level=none"),)}, Verdict.NO_MANIFEST, "This film"),
        ({"videos": 2}, Verdict.NOT_A_PICTURE, "several videos"),
        ({"size": (160, 96)}, Verdict.NOT_A_PICTURE, "160 x 96"),
        ({"pix": "yuv420p10le", "colour": (("color_trc", 16),)}, Verdict.NO_MANIFEST, "This film"),
    ],
)
def test_strangers_films(kind, verdict, words):
    report = verify(film(**kind), [signer().anchor_pem])
    assert report.verdict is verdict
    assert words in report.sentence
    assert (report.label, report.watermark) == (None, None)


def test_a_label_counts_when_all_frames_looked_at_have_it():
    lines = label.lines("age", demo=True)
    frames = [label.draw(drawn(n), lines, None) for n in range(6)]
    whole = encode(frames, films.Timing.even(6))
    assert verify(whole, []).label.purpose == "age"
    assert verify(encode([*frames[:5], drawn(5)], films.Timing.even(6)), []).label is None


def test_long_films_are_looked_at_in_several_places(monkeypatch):
    """A label in the second half alone is none; and no more than some frames are decoded."""
    lines = label.lines("swap", demo=False)
    frames = [drawn(n, 160, 128) if n < 60 else label.draw(drawn(n, 160, 128), lines, None) for n in range(120)]
    data = encode(frames, films.Timing.even(120))
    assert verify(data, []).label is None
    seen = verify_frames(data)
    assert len(seen) == 8
    assert [label.find(p) is not None for p in seen] == [False] * 4 + [True] * 4


def verify_frames(data):
    from app import verify_film

    return verify_film.frames(data)


def test_sizes_of_the_manifest_box_are_compared():
    data = signed_film()
    size = struct.unpack(">I", data[32:36])[0]
    assert film_is_as_written(data)
    assert not film_is_as_written(data[:32] + struct.pack(">I", size - 1) + data[36:])
