"""Manifests that no program writes: boxes of wrong sizes, endless nesting, bombs. And pictures of impossible sizes."""

import struct
import zlib

import brotli

from app import codec
from tests.app.stamp_helpers import picture, stamped
from tests.app.test_verify_tampering import jpeg_manifest, png_manifest, webp_manifest

TAIL = bytes.fromhex("00110010800000aa00389b71")


def box(kind, *content):
    inside = b"".join(content)
    return struct.pack(">I4s", 8 + len(inside), kind) + inside


def described(kind, name, *content, toggles=b"\x03"):
    """A JUMBF box with its description."""
    return box(b"jumb", box(b"jumd", kind, TAIL, toggles, name, b"\x00"), *content)


def store(*manifests):
    return described(b"c2pa", b"c2pa", *manifests)


def in_png(boxes, data=None):
    """A PNG with these bytes as its manifest, and right check sums."""
    data = data or codec.encode(picture(), "png")
    body = b"caBX" + boxes
    return data[:33] + struct.pack(">I", len(boxes)) + body + struct.pack(">I", zlib.crc32(body)) + data[33:]


def in_jpeg(boxes):
    data = codec.encode(picture(), "jpeg")
    body = b"JP\x02\x11\x00\x00\x00\x01" + boxes
    return data[:2] + b"\xff\xeb" + struct.pack(">H", len(body) + 2) + body + data[2:]


def in_webp(boxes):
    data = codec.encode(picture(), "webp")
    chunk = b"C2PA" + struct.pack("<I", len(boxes)) + boxes + bytes(len(boxes) % 2)
    return data[:4] + struct.pack("<I", len(data) - 8 + len(chunk)) + data[8:] + chunk


def ours(fmt="png"):
    """The boxes of a manifest that we wrote."""
    cut, head, tail = {"jpeg": (jpeg_manifest, 12, 0), "png": (png_manifest, 8, 4), "webp": (webp_manifest, 8, 0)}[fmt]
    whole = cut(stamped(fmt))[1]
    return whole[head : len(whole) - tail]


def sized(size):
    """Our manifest, whose outermost box says that it is this long."""
    return struct.pack(">I", size) + ours()[4:]


def nested(depth, *, named=True):
    """Boxes in boxes."""
    inside = b""
    about = box(b"jumd", b"c2ma", TAIL, b"\x03", b"a\x00") if named else b""
    sizes = [8 + (len(about) + 8) * n for n in range(depth)]
    return b"".join(struct.pack(">I4s", size, b"jumb") + about for size in reversed(sizes)) + inside


def assertion(json):
    """A manifest with one assertion, which is this JSON."""
    return claim(b"\xa0", described(b"json", b"org.example", box(b"json", json)))


def claim(cbor, *assertions):
    """A manifest whose claim is this CBOR."""
    return store(
        described(
            b"c2ma",
            b"urn:c2pa:11111111-1111-4111-8111-111111111111",
            described(b"c2as", b"c2pa.assertions", *assertions),
            described(b"c2cl", b"c2pa.claim.v2", box(b"cbor", cbor)),
            described(b"c2cs", b"c2pa.signature", box(b"cbor", b"\xd2\x84\x40\xa0\xf6\x40")),
        )
    )


def bomb(size):
    """A compressed manifest, framed as the library frames them, that grows to so many bytes."""
    packer, zeros = brotli.Compressor(quality=1), bytes(2**20)
    packed = packer.process(struct.pack(">I4s", size, b"jumb") + ours()[46:200])
    packed += b"".join(packer.process(zeros) for _ in range(size // len(zeros))) + packer.finish()
    return store(described(b"c2cm", b"urn:c2pa:22222222-2222-4222-8222-222222222222", box(b"brob", packed)))


def huge_header(data=None):
    """A PNG that says it is 30,000 by 30,000, with the right check sum."""
    data = data or codec.encode(picture(), "png")
    head = b"IHDR" + struct.pack(">II", 30_000, 30_000) + data[24:29]
    return data[:12] + head + struct.pack(">I", zlib.crc32(head)) + data[33:]


def inflating(size):
    """A PNG of honest size whose pixels would unpack to so many bytes."""
    data = codec.encode(picture(), "png")
    body = b"IDAT" + zlib.compress(bytes(size), 9)
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return data[:33] + chunk + data[-12:]


def in_pieces(fmt, count):
    """A file of so many empty pieces."""
    data = codec.encode(picture(), fmt)
    if fmt == "png":
        return data[:33] + (bytes(4) + b"tEXt" + struct.pack(">I", zlib.crc32(b"tEXt"))) * count + data[33:]
    if fmt == "webp":
        return data[:4] + struct.pack("<I", len(data) - 8 + 8 * count) + data[8:] + b"C2PA\x00\x00\x00\x00" * count
    return data[:2] + (b"\xff\xeb\x00\x14JP\x02\x11\x00\x00\x00\x01\x00\x00\x00\x08jumb") * count + data[2:]


MALFORMED = {
    "JUMBF: no boxes at all": lambda: in_png(b""),
    "JUMBF: random bytes": lambda: in_png(bytes(i * 37 % 251 for i in range(5000))),
    "JUMBF: zeros": lambda: in_png(bytes(5000)),
    "JUMBF: a box of size 0": lambda: in_png(sized(0)),
    "JUMBF: a box of size 1": lambda: in_png(sized(1)),
    "JUMBF: a box shorter than its head": lambda: in_png(sized(7)),
    "JUMBF: a box of 4 GB": lambda: in_png(sized(2**32 - 1)),
    "JUMBF: a box of 8 EB": lambda: in_png(struct.pack(">I4sQ", 1, b"jumb", 2**63) + ours()[8:]),
    "JUMBF: a box cut off in a JPEG": lambda: in_jpeg(ours("jpeg")[:4000]),
    "JUMBF: a box cut off in a WebP": lambda: in_webp(ours("webp")[:4000]),
    "JUMBF: 1,500 boxes in one another": lambda: in_jpeg(nested(1500)),
    "JUMBF: 100,000 boxes in one another": lambda: in_png(nested(100_000)),
    "JUMBF: 300,000 nameless boxes in one another": lambda: in_png(nested(300_000, named=False)),
    "JUMBF: 50,000 empty boxes in a row": lambda: in_png(store(described(b"c2ma", b"a") * 50_000)),
    "JUMBF: a name without an end": lambda: in_png(box(b"jumb", box(b"jumd", b"c2pa", TAIL, b"\x03", b"c2pa" * 500))),
    "JUMBF: a name that is no text": lambda: in_png(described(b"c2pa", b"\xff\xfe\xc0\x80")),
    "JUMBF: a store without a manifest": lambda: in_png(store()),
    "CBOR: an array of 2^64 items": lambda: in_png(claim(b"\x9b" + b"\xff" * 8)),
    "CBOR: a text of 2^63 bytes": lambda: in_png(claim(b"\x7b\x7f" + b"\xff" * 7)),
    "CBOR: 60,000 arrays in one another": lambda: in_png(claim(b"\x81" * 60_000)),
    "CBOR: 60,000 tags in one another": lambda: in_png(claim(b"\xc0" * 60_000)),
    "JSON: 20,000,000 arrays in one another": lambda: in_png(assertion(b"[" * 20_000_000)),
    "CBOR: no claim in the claim": lambda: in_png(claim(b"\xa0")),
    "a compressed manifest of 1 GB": lambda: in_png(bomb(2**30)),
    "a header of 30,000 x 30,000": huge_header,
    "a header of 30,000 x 30,000 over our manifest": lambda: huge_header(stamped("png")),
    "a JPEG of 1,000,000 pieces": lambda: in_pieces("jpeg", 1_000_000),
    "a PNG of 4,000,000 pieces": lambda: in_pieces("png", 4_000_000),
    "a WebP of 4,000,000 pieces": lambda: in_pieces("webp", 4_000_000),
    "pixels that unpack to 256 MB": lambda: inflating(2**28),
}
"""What each is, and how to make it; none is ever opened outside a process of its own."""
