"""Every way of changing a signed file that we know of, and what is said about it."""

import re
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import codec
from app.verify import Verdict, verify
from tests.app.stamp_helpers import FORMATS, picture, signer, stamped, state
from tests.app.stamp_helpers import settings as our_settings


def check(data):
    return verify(data, [signer().anchor_pem])


def flipped(data, place):
    out = bytearray(data)
    out[place] ^= 1
    return bytes(out)


def place_of(data, marker, offset=0):
    place = data.find(marker)
    assert place > 0
    return place + offset


def padding(data):
    """Find the signature's padding: where it starts and how long it is."""
    found = re.search(rb"\x63pad\x59(..)", data, re.DOTALL)
    return found.end(), struct.unpack(">H", found[1])[0]


def with_right_sums(data, fmt):
    """Mend the checksum of a PNG's manifest chunk, as who changes it on purpose would."""
    if fmt != "png":
        return data
    place, chunk = png_manifest(data)
    return data[:place] + chunk[:-4] + struct.pack(">I", zlib.crc32(chunk[4:-4])) + data[place + len(chunk) :]


PLACES = {
    "claim": (b"claim_generator_info", 40, "claimSignature.mismatch"),
    "title": (b"made with their consent", 3, "claimSignature.mismatch"),
    "assertion": (b"notAllowed", 0, "assertion.hashedURI.mismatch"),
    "consent": (b"source_matches_subject", 26, "assertion.hashedURI.mismatch"),
    "certificate": (b"Selfsame installation", 3, "claimSignature.mismatch"),
}


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("what", list(PLACES))
def test_one_bit_of_the_manifest(fmt, what):
    marker, offset, code = PLACES[what]
    data = stamped(fmt)
    report = check(flipped(data, place_of(data, marker, offset)))
    assert report.verdict is Verdict.ALTERED
    assert code in report.failures
    assert (report.statement, report.title, report.signer, report.when) == (None, None, None, None)


@pytest.mark.parametrize("fmt", FORMATS)
def test_one_bit_of_the_pixels(fmt):
    data = stamped(fmt)
    place = len(data) // 4 if fmt == "webp" else len(data) - len(data) // 4  # WebP has its manifest at the end
    report = check(flipped(data, place))
    assert report.verdict is Verdict.ALTERED
    assert "assertion.dataHash.mismatch" in report.failures


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("share", [0, 1, 0.5])
def test_one_bit_of_the_padding_that_the_signature_cannot_cover(fmt, share):
    """The library calls such a file trusted; some 10 KB of it could be anything."""
    data = stamped(fmt)
    start, length = padding(data)
    changed = with_right_sums(flipped(data, start + int(share * (length - 1))), fmt)
    assert state(our_settings(), changed, fmt) == "Trusted"
    report = check(changed)
    assert report.verdict is Verdict.ALTERED
    assert report.failures == ("selfsame.unsignedBytes",)


@pytest.mark.parametrize("fmt", FORMATS)
def test_a_message_hidden_in_the_padding(fmt):
    data = stamped(fmt)
    start, _ = padding(data)
    hidden = b"\x63pad\x59\x00\x04\x00\x00\x00\x00<svg onload=alert(1)>"
    report = check(with_right_sums(data[:start] + hidden + data[start + len(hidden) :], fmt))
    assert report.verdict is Verdict.ALTERED
    assert report.failures == ("selfsame.unsignedBytes",)


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("length", [10, 200, 0.25, 0.5, 0.9])
def test_cut_short(fmt, length):
    data = stamped(fmt)
    report = check(data[: -(length if length >= 1 else int(length * len(data)))])
    assert report.verdict in {Verdict.ALTERED, Verdict.NOT_A_PICTURE}
    assert report.statement is None


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("more", [b"x", b"\x00", b"x" * 16384])
def test_bytes_appended(fmt, more):
    assert check(stamped(fmt) + more).verdict is Verdict.ALTERED


@pytest.mark.parametrize("fmt", FORMATS)
def test_encoded_again(fmt):
    report = check(codec.encode(codec.decode(stamped(fmt)), fmt))
    assert report.verdict is Verdict.NO_MANIFEST


def jpeg_manifest(data):
    """Cut out the APP11 segments: where they start, and their bytes."""
    place, found, start = 2, b"", 0
    while data[place + 1] != 0xDA:
        size = 2 + struct.unpack(">H", data[place + 2 : place + 4])[0]
        if data[place + 1] == 0xEB:
            start = start or place
            found += data[place : place + size]
        place += size
    return start, found


def png_manifest(data):
    place = data.find(b"caBX") - 4
    return place, data[place : place + 12 + struct.unpack(">I", data[place : place + 4])[0]]


def webp_manifest(data):
    place = data.rfind(b"C2PA")
    size = struct.unpack("<I", data[place + 4 : place + 8])[0]
    return place, data[place : place + 8 + size + size % 2]


CUTS = [("jpeg", jpeg_manifest), ("png", png_manifest), ("webp", webp_manifest)]


@pytest.mark.parametrize(("fmt", "cut"), CUTS)
def test_the_manifest_of_another_picture(fmt, cut):
    ours, other = stamped(fmt), stamped(fmt, seed=1)
    (start, theirs), (_, moved) = cut(ours), cut(other)
    assert len(theirs) > 10_000
    assert len(theirs) == len(moved)
    assert check(ours[:start] + theirs + ours[start + len(theirs) :]).verdict is Verdict.OURS
    report = check(ours[:start] + moved + ours[start + len(theirs) :])
    assert report.verdict is Verdict.ALTERED
    assert "assertion.dataHash.mismatch" in report.failures


@pytest.mark.parametrize(("fmt", "cut"), CUTS)
def test_the_manifest_cut_out(fmt, cut):
    data = stamped(fmt)
    start, manifest = cut(data)
    stripped = data[:start] + data[start + len(manifest) :]
    if fmt == "webp":
        stripped = stripped[:4] + struct.pack("<I", len(stripped) - 8) + stripped[8:]
    report = check(stripped)
    assert report.verdict is Verdict.NO_MANIFEST
    assert report.label.purpose == "swap"


def test_a_chunk_put_into_a_png():
    data = stamped("png")
    text = struct.pack(">I", 4) + b"tEXt" + b"a\x00bc" + b"\xe7\xb0\xfe\x1b"
    assert check(data[:-12] + text + data[-12:]).verdict is Verdict.ALTERED


@pytest.mark.parametrize(("fmt", "cut"), CUTS)
def test_the_frames_of_the_manifest_that_nothing_signs(fmt, cut):
    """Types, switches, names and sizes of the boxes: each byte of them, which the library partly overlooks."""
    data = stamped(fmt)
    start, manifest = cut(data)
    overlooked = 0
    for match in re.finditer(rb"....jumb....jumd.{16}.[a-z2.]+", manifest, re.DOTALL):
        for place in range(start + match.start(), start + match.end(), 11):
            changed = with_right_sums(flipped(data, place), fmt)
            report = check(changed)
            assert report.verdict in {Verdict.ALTERED, Verdict.NO_MANIFEST, Verdict.NOT_A_PICTURE}
            overlooked += report.failures == ("selfsame.unsignedBytes",)
    assert overlooked > 2, "the test itself must be able to fail"


@given(st.sampled_from(FORMATS), st.floats(0, 1, exclude_max=True), st.integers(1, 255))
@settings(max_examples=80)
@pytest.mark.filterwarnings("ignore")
def test_no_byte_can_change(fmt, share, change):
    data = bytearray(stamped(fmt))
    data[int(share * len(data))] ^= change
    assert check(bytes(data)).verdict in {Verdict.ALTERED, Verdict.NOT_A_PICTURE, Verdict.NO_MANIFEST}


@given(st.sampled_from(FORMATS), st.data())
@settings(max_examples=80)
@pytest.mark.filterwarnings("ignore")
def test_no_piece_can_be_removed_doubled_or_replaced(fmt, data):
    good = stamped(fmt)
    start = data.draw(st.integers(0, len(good) - 1))
    length = data.draw(st.integers(1, 300))
    piece = good[start : start + length]
    new = data.draw(st.sampled_from([b"", piece * 2, piece[::-1], bytes(len(piece))]) | st.binary(max_size=50))
    changed = good[:start] + new + good[start + length :]
    if changed != good:
        assert check(changed).verdict is not Verdict.OURS


def test_the_pictures_behind_these_tests_differ():
    assert (picture(seed=0) != picture(seed=1)).any()
