"""The bytes of a signed file that no hash and no signature covers, and whether they are as we write them.

The hash of the file leaves the manifest out, and the manifest's own hashes and signature leave out what frames them:
some 10 KB of padding behind the signature, the types and switches of the boxes, the header of the container. The
library calls a file trusted whatever stands there. We write these bytes in one way only, so anything else was put in:
with this check no byte of a picture of ours can change unnoticed. It says nothing about files of other programs.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from typing import Final

from app.codec import Format

_PAD: Final = re.compile(rb"\x63pad\x59(..)", re.DOTALL)
"""CBOR: the text `pad`, then a byte string with a two-byte length."""
_TYPE_TAIL: Final = bytes.fromhex("00110010800000aa00389b71")
"""All JUMBF box types of C2PA are four letters and these twelve bytes."""
_STORE: Final = b"\x03"
_ASSERTION: Final = b"\x13"
"""The switches of a box: requestable and named; for an assertion also salted."""
_OUTER: Final = ((b"c2pa", b"c2pa"), (b"c2ma", None), (b"c2as", b"c2pa.assertions"))
_LAST: Final = ((b"c2cl", b"c2pa.claim.v2"), (b"c2cs", b"c2pa.signature"))
"""Types and names of the boxes around the assertions; the name of the manifest itself is signed."""
_KINDS: Final = frozenset({b"cbor", b"json"})
_APP11: Final = b"JP\x02\x11\x00\x00\x00\x01"
"""What follows the length of a JPEG segment with JUMBF: the number of the box, and the first packet of it."""


def is_as_written(manifest: bytes, fmt: Format) -> bool:
    """Tell whether the unsigned bytes around and in a manifest are those that we write.

    Args:
        manifest: What the hash of the file leaves out, as one piece: a JPEG segment, a PNG or a WebP chunk.
        fmt: The format of the file.

    Returns:
        True if every unsigned byte is as it leaves `app.stamp.writer`.
    """
    box = _unwrap(manifest, fmt)
    return box is not None and box_is_as_written(box)


def box_is_as_written(box: bytes) -> bool:
    """The same of the manifest alone, taken out of its container; for a film see `app.stamp.framing_film`."""
    return _padding_is_blank(box) and _boxes_are_plain(box)


def _unwrap(manifest: bytes, fmt: Format) -> bytes | None:
    """Take the JUMBF box out of its container; None unless container and box are exactly as long as they say."""
    if fmt is Format.JPEG:
        head, tail = b"\xff\xeb" + struct.pack(">H", (len(manifest) - 2) & 0xFFFF) + _APP11, b""
    elif fmt is Format.PNG:
        body = manifest[4:-4]
        head = struct.pack(">I", max(0, len(manifest) - 12)) + b"caBX"
        tail = struct.pack(">I", zlib.crc32(body))
    else:
        # The zero that follows a chunk of odd size is not left out of the hash.
        head, tail = b"C2PA" + struct.pack("<I", max(0, len(manifest) - 8)), b""
    box = manifest[len(head) : len(manifest) - len(tail)]
    whole = head + struct.pack(">I", len(box)) + box[4:] + tail
    return box if whole == manifest else None


def _padding_is_blank(box: bytes) -> bool:
    pads = [(pad.end(), int.from_bytes(pad[1], "big")) for pad in _PAD.finditer(box)]
    return bool(pads) and all(box[start : start + size] == bytes(size) for start, size in pads)


def _boxes_are_plain(box: bytes) -> bool:
    """Compare type, switches and name of each box: store, manifest, assertions, claim, signature."""
    try:
        found = list(_descriptions(box))
    except (ValueError, struct.error):
        return False
    inner = len(found) - len(_OUTER) - len(_LAST)
    wanted = [*_OUTER, *[(None, None)] * inner, *_LAST]
    switches = [_STORE] * len(_OUTER) + [_ASSERTION] * inner + [_STORE] * len(_LAST)
    return (
        inner > 0
        and len(found) == len(wanted)
        and all(
            description[4:16] == _TYPE_TAIL
            and description[16:17] == switch
            and (description[:4] == kind or (kind is None and description[:4] in _KINDS))
            and (name is None or description[17:] == name + b"\x00")
            for description, (kind, name), switch in zip(found, wanted, switches, strict=True)
        )
    )


def _descriptions(boxes: bytes) -> Iterator[bytes]:
    """Walk the boxes in order and give the content of each description; sizes must fit exactly."""
    place = 0
    while place < len(boxes):
        size, kind = struct.unpack_from(">I4s", boxes, place)
        if not 8 <= size <= len(boxes) - place:
            raise ValueError("a box is longer than its parent")
        content = boxes[place + 8 : place + size]
        if kind == b"jumb":
            yield from _descriptions(content)
        elif kind == b"jumd":
            yield content
        place += size
