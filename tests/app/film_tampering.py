"""Every way of changing a signed film that we know of, with what is said about it.

`CASES` maps a name to `Case(change, alone, known, code)`: a function from the signed film to the changed bytes, the
verdict without a registry, the verdict with that of the installation that made it (the same unless given), and a
failure code that must be among those told.
"""

import dataclasses
import datetime as dt
import io
import secrets
import struct
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import av
import numpy as np

from app import bmff, codec, film_out
from app import film as films
from app.stamp import label, manifest, watermark, writer
from app.stamp.proof import Proof
from app.stamp.registry import fingerprint
from app.verify import Verdict
from tests.app import stamp_helpers
from tests.app.film_helpers import box, drawn, film, remuxed, replaced

COUNT = 6
IDENT = 0x5E1F5A3E
OTHER = 0x07E5F11B
THEIRS = 0x57A26E50
PIXELS = "assertion.bmffHash.mismatch"
UNSIGNED = "selfsame.unsignedBytes"
_C2PA = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")


@cache
def signed_film(name="ours", seed=0, ident=IDENT):
    """A film as it leaves the stamp: labelled, marked, signed and registered."""
    pen = stamp_helpers.signer(name)
    lines = label.lines("swap", demo=False)
    marked = [watermark.embed(label.draw(drawn(n, 480, 360, seed), lines, None), ident, 40.5) for n in range(COUNT)]
    plain = film_out.encode(marked, films.Timing.even(COUNT), films.read(film(sound=("aac",))))
    told = dataclasses.replace(stamp_helpers.statement(), watermark=f"{ident:08x}")
    definition = manifest.build(told, codec.Format.MP4, dt.datetime.now(dt.UTC))
    data, store = writer._sign(plain, definition, pen, codec.Format.MP4)
    if pen.registry.recall(ident) is None:
        prints = [fingerprint(p) for p in films.read(data).frames()]
        pen.registry.keep(Proof(b"salt", "", secrets.token_hex(32)), "consent", ident, store, prints)
    return data


class Case(NamedTuple):
    """One way of changing a film."""

    change: Callable[[bytes], bytes]
    alone: Verdict
    known: Verdict | None = None
    code: str | None = None


def frames(data):
    return list(films.read(data).frames())


def flip(marker, offset=0):
    """One bit, so far behind the first place of some bytes."""

    def change(data):
        place = data.index(marker) + offset
        return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]

    return change


def flip_in(kind, share):
    """One bit of the content of an outer box."""

    def change(data):
        found = part(data, kind)
        place = found.body + int(share * (found.end - found.body - 1))
        return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]

    return change


def part(data, kind):
    return next(one for one in bmff.boxes(data) if one.kind == kind)


def header(kind, offset, new):
    return lambda data: replaced(data, kind, offset, new)


def put(new, before):
    """A box put before the outer box of a kind; None is the end. Places in the file are not mended."""

    def change(data):
        place = len(data) if before is None else part(data, before).start
        return data[:place] + new + data[place:]

    return change


def renamed(kind, new):
    """An outer box under another name: its size and all places in the file stay right."""

    def change(data):
        place = part(data, kind).start + 4
        return data[:place] + new + data[place + 4 :]

    return change


def transplanted(data):
    """The manifest of another film of ours, which is as long."""
    mine, other = part(data, b"uuid"), signed_film(seed=1, ident=OTHER)
    theirs = part(other, b"uuid")
    assert mine.end - mine.start == theirs.end - theirs.start
    return data[: mine.start] + other[theirs.start : theirs.end] + data[mine.end :]


def encoded(change=lambda pixels: pixels, crf=23):
    return lambda data: film_out.encode(
        [np.ascontiguousarray(change(p)) for p in frames(data)], films.Timing.even(COUNT), crf=crf
    )


def resigned(data, *, capture):
    """Signed once more by somebody else: as if a camera had taken it, or as if their Selfsame had made it."""
    definition = manifest.build(stamp_helpers.statement(), codec.Format.MP4, dt.datetime.now(dt.UTC))
    if capture:
        made = {
            "action": "c2pa.created",
            "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture",
        }
        actions = {"label": "c2pa.actions.v2", "created": True, "data": {"actions": [made]}}
        definition = definition | {"title": "<script>alert(1)</script>", "ingredients": [], "assertions": [actions]}
    return writer._sign(remuxed(data), definition, stamp_helpers.signer("stranger"), codec.Format.MP4)[0]


def moved(data):
    """The header behind the content."""
    pieces = {one.kind: data[one.start : one.end] for one in bmff.boxes(data)}
    return b"".join(pieces[kind] for kind in (b"ftyp", b"uuid", b"free", b"mdat", b"moov"))


def wide(data):
    """The last box with its size in eight bytes."""
    last = part(data, b"mdat")
    return data[: last.start] + struct.pack(">I4sQ", 1, b"mdat", last.end - last.start + 8) + data[last.body :]


def silent(data):
    """The sound left out; the frames to the bit."""
    out = io.BytesIO()
    with av.open(io.BytesIO(data)) as source, av.open(out, "w", format="mp4") as to:
        stream = to.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                to.mux(packet)
    return out.getvalue()


def nested(deep):
    """Boxes one in the other."""
    return b"".join(struct.pack(">I4s", 8 * (deep - n), b"udta") for n in range(deep))


V = Verdict
CASES = {
    "untouched": Case(lambda data: data, V.OURS),
    "a bit of a frame": Case(flip_in(b"mdat", 0.85), V.ALTERED, V.RECOVERED, PIXELS),
    "a bit of the sound": Case(flip_in(b"mdat", 0.999), V.ALTERED, V.RECOVERED, PIXELS),
    "when a frame is shown": Case(header(b"stts", 11, b"\x07"), V.ALTERED, V.RECOVERED, PIXELS),
    "how it is turned": Case(header(b"tkhd", 40, struct.pack(">5i", -65536, 0, 0, 0, -65536)), V.ALTERED, None, PIXELS),
    "a bit of the claim": Case(flip(b"claim_generator_info", 40), V.ALTERED, V.RECOVERED, "claimSignature.mismatch"),
    "a bit of the title": Case(flip(b"made with their consent", 3), V.ALTERED, V.RECOVERED, "claimSignature.mismatch"),
    "a bit of the statement": Case(
        flip(b"source_matches_subject", 26), V.ALTERED, V.RECOVERED, "assertion.hashedURI.mismatch"
    ),
    "a bit of the certificate": Case(flip(b"Selfsame installation", 3), V.ALTERED, V.RECOVERED),
    "the padding of the signature": Case(flip(b"\x63pad\x59", 900), V.ALTERED, V.RECOVERED, UNSIGNED),
    "the type of the file": Case(flip(b"isom"), V.ALTERED, V.RECOVERED, UNSIGNED),
    "the version in the type": Case(flip(b"ftyp", 11), V.ALTERED, V.RECOVERED, UNSIGNED),
    "flags of the manifest's box": Case(flip(_C2PA, 19), V.ALTERED, V.RECOVERED),
    "where more of the hash would be": Case(flip(b"manifest\0", 16), V.ALTERED, V.RECOVERED),
    "an mfra at the end": Case(
        put(box(b"mfra", box(b"mfro", struct.pack(">II", 0, 24))), None), V.ALTERED, V.RECOVERED, UNSIGNED
    ),
    "a second manifest's box at the end": Case(
        put(box(b"uuid", _C2PA + bytes(4) + b"original\0" + bytes(40)), None), V.ALTERED, V.RECOVERED
    ),
    "a free box at the end": Case(put(box(b"free", b"anything"), None), V.ALTERED, V.RECOVERED, PIXELS),
    "a free box before the content": Case(put(box(b"free", b"anything"), b"mdat"), V.ALTERED, None, PIXELS),
    "a box nobody knows at the end": Case(put(box(b"abcd", b"anything"), None), V.ALTERED, V.RECOVERED, PIXELS),
    "free renamed": Case(renamed(b"free", b"skip"), V.ALTERED, V.RECOVERED, PIXELS),
    "bytes at the end": Case(lambda data: data + b"x" * 8, V.ALTERED),
    "one byte at the end": Case(lambda data: data + b"\0", V.ALTERED),
    "a film behind the film": Case(lambda data: data + data, V.ALTERED),
    "the header behind the content": Case(moved, V.ALTERED, None, PIXELS),
    "a size in eight bytes": Case(wide, V.ALTERED, None, PIXELS),
    "ten bytes missing": Case(lambda data: data[:-10], V.ALTERED),
    "half of it missing": Case(lambda data: data[: len(data) // 2], V.ALTERED),
    "cut within the manifest": Case(lambda data: data[:5000], V.ALTERED),
    "cut to its type": Case(lambda data: data[:32], V.NOT_A_PICTURE),
    "in thousands of pieces": Case(put(box(b"free") * 6000, None), V.NOT_A_PICTURE, None, "film-in-pieces"),
    "in thousands of pieces within": Case(
        put(box(b"udta", box(b"free") * 6000), None), V.NOT_A_PICTURE, None, "film-in-pieces"
    ),
    "boxes in boxes": Case(put(nested(1000), None), V.ALTERED),
    "nothing": Case(lambda data: b"", V.NOT_A_PICTURE),
    "zeros": Case(lambda data: bytes(len(data)), V.NOT_A_PICTURE),
    "text": Case(lambda data: b"no film at all", V.NOT_A_PICTURE),
    "a picture under the name of a film": Case(lambda data: stamp_helpers.stamped("jpeg"), V.OURS),
    "frames of 8K by the header": Case(header(b"avc1", 24, struct.pack(">HH", 7680, 4320)), V.ALTERED, None, PIXELS),
    "2^31 frames by the header": Case(header(b"stsz", 4, struct.pack(">II", 1, 2**31)), V.ALTERED, None, PIXELS),
    "a packed header": Case(header(b"udta", -4, b"cmov"), V.ALTERED),
    "said to be encrypted": Case(header(b"avc1", -4, b"encv"), V.ALTERED),
    "the manifest renamed": Case(renamed(b"uuid", b"free"), V.NO_MANIFEST, V.RECOVERED),
    "written again by another program": Case(remuxed, V.NO_MANIFEST, V.RECOVERED),
    "the sound left out": Case(silent, V.NO_MANIFEST, V.RECOVERED),
    "encoded again": Case(encoded(), V.NO_MANIFEST, V.RECOVERED),
    "encoded again, mirrored": Case(encoded(lambda p: p[:, ::-1]), V.NO_MANIFEST, V.RECOVERED),
    "encoded again, cropped": Case(encoded(lambda p: p[:-36, :-48]), V.NO_MANIFEST, V.RECOVERED),
    "a still of it": Case(lambda data: codec.encode(frames(data)[3], "jpeg", 80), V.NO_MANIFEST, V.RECOVERED),
    "the manifest of another film": Case(transplanted, V.ALTERED, V.RECOVERED, PIXELS),
    "a film of another installation": Case(lambda data: signed_film("stranger", ident=THEIRS), V.SELFSAME_ELSEWHERE),
    "signed again by another installation": Case(
        lambda data: resigned(data, capture=False), V.SELFSAME_ELSEWHERE, V.RECOVERED
    ),
    "signed again as a camera's, with a script": Case(
        lambda data: resigned(data, capture=True), V.SOMEONE_ELSE, V.RECOVERED
    ),
}
