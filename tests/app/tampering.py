"""Everything we know that can be done to a signed file, and what is said of each: `python -m tests.app.tampering`.

The table in docs/stamp-tampering.md is what this prints; `test_tamper_matrix` checks every row.
"""

import datetime as dt
import functools
import struct
import time
import zlib
from dataclasses import dataclass

import numpy as np

from app import codec
from app.checking import CODES
from app.stamp import manifest, watermark
from app.verify import Verdict, verify
from tests.app import malformed
from tests.app.stamp_helpers import (
    C2PA_EKU,
    EMAIL_EKU,
    certificate,
    facts,
    settings,
    sign,
    signer,
    stamped,
    statement,
    write,
)
from tests.app.test_stamp_watermark import portrait, scenery
from tests.app.test_verify_tampering import flipped, padding, place_of, with_right_sums

OURS, ALTERED, NONE, GONE = Verdict.OURS, Verdict.ALTERED, Verdict.NO_MANIFEST, Verdict.NOT_A_PICTURE
ELSEWHERE, ELSE, BACK, COPIED = (
    Verdict.SELFSAME_ELSEWHERE, Verdict.SOMEONE_ELSE, Verdict.RECOVERED, Verdict.MARK_COPIED,
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One thing done to a file.

    Attributes:
        name: what.
        make: gives the bytes.
        verdict: what must be said of them.
        changed: what must be said to have been changed.
        apart: whether it is looked at in a process of its own only.
    """

    name: str
    make: object
    verdict: Verdict
    changed: tuple[str, ...] = ()
    apart: bool = False

    @property
    def code(self):
        """Exit code of `selfsame verify`."""
        return CODES[self.verdict]

    def report(self):
        """What is said; only those called marked are large enough for a watermark that could be looked up."""
        registry = signer().registry if self.name.startswith("marked") else None
        return verify(self.make(), [signer().anchor_pem], registry=registry)


# --- ways ------------------------------------------------------------------------------------------------------------


def cut(fmt, data=None):
    """Where the manifest lies, as it is framed in the file, and its bytes."""
    from tests.app.test_verify_tampering import CUTS

    return dict(CUTS)[fmt](data or stamped(fmt))


def at(fmt, marker, offset=0):
    """One bit of the manifest, where these bytes stand; the check sum of a PNG is mended."""
    return with_right_sums(flipped(stamped(fmt), place_of(stamped(fmt), marker, offset)), fmt)


def in_pixels(fmt):
    data = stamped(fmt)
    return flipped(data, len(data) // 4 if fmt == "webp" else len(data) - len(data) // 4)


def in_padding(fmt):
    return with_right_sums(flipped(stamped(fmt), padding(stamped(fmt))[0] + 99), fmt)


def with_free_box():
    return malformed.in_jpeg(malformed.ours("jpeg") + malformed.box(b"free", b"x" * 50))


def in_signature(fmt):
    """The first bytes of the COSE signature lie before its certificates; the signature itself behind the padding."""
    start, length = padding(stamped(fmt))
    return with_right_sums(flipped(stamped(fmt), start + length + 10), fmt)


def without_manifest(fmt, data=None):
    data = data or stamped(fmt)
    start, piece = cut(fmt, data)
    rest = data[:start] + data[start + len(piece) :]
    return rest[:4] + struct.pack("<I", len(rest) - 8) + rest[8:] if fmt == "webp" else rest


def with_manifest_of(fmt, other):
    start, piece = cut(fmt)
    data = stamped(fmt)
    return data[:start] + cut(fmt, other)[1] + data[start + len(piece) :]


def twice(fmt):
    start, piece = cut(fmt)
    return stamped(fmt)[:start] + piece + stamped(fmt)[start:]


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def after_header(piece):
    return stamped("png")[:33] + piece + stamped("png")[33:]


def segment(kind, body):
    return stamped()[:2] + b"\xff" + kind + struct.pack(">H", len(body) + 2) + body + stamped()[2:]


def again(fmt, to=None, quality=92, data=None):
    return codec.encode(codec.decode(data or stamped(fmt)), to or fmt, quality)


def resized_in_webp():
    """The size that the file's head states, one more than is there."""
    data = stamped("webp")
    return data[:4] + struct.pack("<I", struct.unpack("<I", data[4:8])[0] + 2) + data[8:]


# --- signers ---------------------------------------------------------------------------------------------------------


def definition(*, data=None, title="Holiday", kind="digitalCapture", name="Camera", assertions=()):
    actions = {"actions": [{"action": "c2pa.created", "digitalSourceType": manifest._SOURCE_TYPES + kind}]}
    told = [{"label": "org.selfsame.consent", "created": True, "kind": "Json", "data": one} for one in assertions]
    return {
        "claim_generator_info": [{"name": name, "version": "1"}],
        "title": title,
        "assertions": [{"label": "c2pa.actions.v2", "created": True, "data": actions}, *told],
    }


@functools.cache
def stranger(name="Mallory", lifetime=dt.timedelta(days=30)):
    key, chain, root = certificate(C2PA_EKU, EMAIL_EKU, common_name=name, lifetime=lifetime)
    under = settings()
    under["trust"]["user_anchors"] = root
    return key, chain, under


def by_stranger(what=None, data=None, fmt="jpeg", **who):
    key, chain, under = stranger(**who)
    return sign(under, what or definition(), sign_with=key, chain=chain, data=data, fmt=fmt)


def by_us(*assertions):
    """Our key, on something that `stamp` never writes."""
    return sign(settings(), definition(assertions=assertions))


def newer_in_padding():
    data = by_us(told(version=4))
    return flipped(data, padding(data)[0] + 99)


@functools.cache
def expired():
    """Signed while the certificate was valid, and looked at after."""
    ours = manifest.build(statement(), codec.Format.JPEG, dt.datetime.now(dt.UTC))
    data = by_stranger(ours, lifetime=dt.timedelta(seconds=2))
    time.sleep(3.1)  # certificates count in whole seconds, the last one included
    return data


def told(**changes):
    return statement().as_json() | changes


OUR_NAME = "Selfsame installation"
SCRIPT = "<script>alert(1)</script>\x1b[2J[x](javascript:alert(1))"


@functools.cache
def marked():
    """One of ours that is large enough for the watermark."""
    return write(portrait(), facts(face_box=(280.0, 150.0, 120.0, 150.0)), signer(), "png").data


def taken_over():
    return by_stranger(data=again("png", "jpeg", 90, marked()))


def cropped():
    pixels = codec.decode(marked())
    height, width = pixels.shape[:2]
    return codec.encode(np.ascontiguousarray(pixels[height // 8 :, width // 8 :]), "jpeg", 80)


def mark_on_another():
    report = verify(marked(), [signer().anchor_pem])
    return codec.encode(watermark.embed(scenery(3), int(report.watermark, 16)), "png")


def many(fmts, make):
    return [(fmt, functools.partial(make, fmt)) for fmt in fmts]


# --- the table -------------------------------------------------------------------------------------------------------

ALL, TWO = ("jpeg", "png", "webp"), ("jpeg", "png")
HASHED, SIGNED, PIXELS, UNSIGNED = (("assertions",), ("claim",), ("pixels",), ("unsigned bytes",))

HARMLESS = {
    "JUMBF: no boxes at all": (NONE,),
    "JUMBF: 1,500 boxes in one another": (NONE,),
    "JUMBF: a box of 4 GB": (ALTERED, PIXELS),
    "JUMBF: a box of 8 EB": (ALTERED, PIXELS),
    "a header of 30,000 x 30,000": (GONE,),
    "a header of 30,000 x 30,000 over our manifest": (ALTERED, PIXELS),
    "a JPEG of 1,000,000 pieces": (GONE,),
    "a PNG of 4,000,000 pieces": (GONE,),
    "a WebP of 4,000,000 pieces": (GONE,),
    "pixels that unpack to 256 MB": (NONE,),
}
"""Malformed ones that end otherwise than as a changed manifest: what is read of them is whole, or is no manifest."""

CASES = [
    *(Case(f"{fmt}: nothing", make, OURS) for fmt, make in many(ALL, stamped)),
    # one bit
    *(Case(f"{fmt}: a bit of the pixels", make, ALTERED, PIXELS) for fmt, make in many(ALL, in_pixels)),
    *(
        Case(f"{fmt}: a bit of {what}", functools.partial(at, fmt, marker, offset), ALTERED, changed)
        for fmt in TWO
        for what, marker, offset, changed in (
            ("the claim", b"claim_generator_info", 40, SIGNED),
            ("the title", b"made with their consent", 3, SIGNED),
            ("the actions", b"c2pa.opened", 5, HASHED),
            ("the consent assertion", b"source_matches_subject", 26, HASHED),
            ("the scores of the gate", b'"source_score"', 17, HASHED),
            ("the training assertion", b"notAllowed", 0, HASHED),
            ("the certificate", b"Selfsame installation", 3, ("certificate", "claim")),
        )
    ),
    *(Case(f"{fmt}: a bit of the signature", make, ALTERED, SIGNED) for fmt, make in many(ALL, in_signature)),
    *(
        Case(f"{fmt}: a bit of the padding that no signature covers", make, ALTERED, UNSIGNED)
        for fmt, make in many(ALL, in_padding)
    ),
    # pieces
    Case("jpeg: the last quarter cut off", lambda: stamped()[: -len(stamped()) // 4], ALTERED, PIXELS),
    Case("png: the last quarter cut off", lambda: stamped("png")[: -len(stamped("png")) // 4], ALTERED, ("manifest",)),
    *(Case(f"{fmt}: the first 12 bytes alone", make, GONE) for fmt, make in many(ALL, lambda fmt: stamped(fmt)[:12])),
    Case("jpeg: a byte appended", lambda: stamped() + b"x", ALTERED, PIXELS),
    Case("png: a byte appended", lambda: stamped("png") + b"x", ALTERED, PIXELS),
    Case("jpeg: a web page appended", lambda: stamped() + b"<html><script>alert(1)</script></html>", ALTERED, PIXELS),
    Case("jpeg: an archive appended", lambda: stamped() + b"PK\x05\x06" + bytes(18), ALTERED, PIXELS),
    Case("webp: a size that is not right", resized_in_webp, ALTERED, PIXELS),
    Case("jpeg: the manifest twice", lambda: twice("jpeg"), ALTERED, PIXELS),
    Case("png: the manifest twice", lambda: twice("png"), ALTERED, ("manifest",)),
    *(
        Case(f"{fmt}: the manifest of another picture of ours", make, ALTERED, PIXELS)
        for fmt, make in many(ALL, lambda fmt: with_manifest_of(fmt, stamped(fmt, seed=1)))
    ),
    *(Case(f"{fmt}: the manifest cut out", make, NONE) for fmt, make in many(ALL, without_manifest)),
    # other programs
    *(Case(f"{fmt}: saved again", make, NONE) for fmt, make in many(ALL, again)),
    Case("jpeg: saved as PNG", lambda: again("jpeg", "png"), NONE),
    Case("jpeg: a comment put in", lambda: segment(b"\xfe", b"hello"), ALTERED, PIXELS),
    Case("jpeg: EXIF put in", lambda: segment(b"\xe1", b"Exif\x00\x00II*\x00\x08" + bytes(5)), ALTERED, PIXELS),
    Case("png: a text put in", lambda: after_header(chunk(b"tEXt", b"a\x00b")), ALTERED, PIXELS),
    Case("png: a gamma put in", lambda: after_header(chunk(b"gAMA", struct.pack(">I", 90000))), ALTERED, PIXELS),
    Case("jpeg: a box named free put behind the manifest", with_free_box, ALTERED, PIXELS),
    # signers
    Case("another installation's", lambda: stamped(name="stranger"), ELSEWHERE),
    Case("a foreign signer with our statement", lambda: by_stranger(definition(assertions=[told()])), ELSEWHERE),
    Case("a foreign signer who takes our name", lambda: by_stranger(definition(name="Selfsame"), name=OUR_NAME), ELSE),
    Case("a camera's", by_stranger, ELSE),
    Case("jpeg: signed again as a camera's", lambda: by_stranger(data=without_manifest("jpeg")), ELSE),
    Case("jpeg: signed again over our manifest", lambda: by_stranger(data=stamped()), ELSE),
    Case("a script in every text", lambda: by_stranger(definition(title=SCRIPT, name=SCRIPT), name=SCRIPT[:25]), ELSE),
    Case("an expired certificate", expired, Verdict.EXPIRED),
    Case("our key, no statement", by_us, ALTERED, ("manifest",)),
    Case("our key, two statements", lambda: by_us(told(), told(purpose="age")), ALTERED, ("manifest",)),
    Case("our key, a statement about another person", lambda: by_us(told(subject="other")), ALTERED, ("manifest",)),
    Case("our key, a statement of an older version", lambda: by_us(told(version=1)), Verdict.OTHER_VERSION),
    Case("our key, a statement of a newer version", lambda: by_us(told(version=4)), Verdict.OTHER_VERSION),
    Case("our key, a newer version, a bit of the padding", newer_in_padding, ALTERED, ("unsigned bytes", "manifest")),
    Case("a manifest on a server only", lambda: sign(settings(), remote="http://127.0.0.1:9/x.c2pa"), NONE),
    # the watermark
    Case("marked: nothing", marked, OURS),
    Case("marked: the manifest cut out", lambda: without_manifest("png", marked()), BACK, ("manifest removed",)),
    Case("marked: saved as JPEG 60", lambda: again("png", "jpeg", 60, marked()), BACK, ("manifest removed",)),
    Case("marked: an eighth cut off at two sides", cropped, BACK, ("manifest removed",)),
    Case("marked: a bit of the pixels' check sum", lambda: flipped(marked(), len(marked()) - 13), BACK, PIXELS),
    Case("marked: signed again as a camera's", taken_over, BACK, ("signed again by another",)),
    Case("marked: its mark put on another picture", mark_on_another, COPIED, ("watermark copied",)),
    # no pictures
    Case("zero bytes", lambda: b"", GONE),
    Case("text", lambda: b"hello", GONE),
    Case("a PDF", lambda: b"%PDF-1.7\n" + bytes(100), GONE),
    Case("our manifest without its picture", lambda: malformed.ours("jpeg"), GONE),
    *(
        Case(name, make, *HARMLESS.get(name, (ALTERED, ("manifest",))), apart=True)
        for name, make in malformed.MALFORMED.items()
    ),
]  # fmt: skip


def table():
    """The rows as Markdown."""
    yield "| what was done | verdict | code | said to be changed |"
    yield "|---|---|---|---|"
    for case in CASES:
        yield f"| {case.name} | {case.verdict} | {case.code} | {', '.join(case.changed)} |"


PAGE = """# What is done to files, and what is said of them

Each row is made and checked by `tests/app/test_tamper_matrix.py`; `python -m tests.app.tampering` prints this page.
The verdicts are those of [`app/verify.py`](../app/verify.py), the codes those of `selfsame verify`: 0 made here and
intact, 1 changed, recovered or expired, 2 not made here, 3 cannot be read. *Marked* pictures are large enough for the
watermark; the others are not, so that a manifest that is gone is gone. The malformed ones, from *JUMBF* on, are looked
at in a process with limits of time and memory. Films have tests of their own.
"""


def page():
    """The page of the documentation."""
    return "\n".join([PAGE, *table(), ""])


if __name__ == "__main__":
    print(page(), end="")
