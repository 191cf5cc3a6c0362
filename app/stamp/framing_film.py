"""The bytes of a signed film that no hash covers, and whether they are as we write them; see `app.stamp.framing`.

The hash of an MP4 leaves out the box with the manifest, `ftyp` and `mfra`, wherever they lie and however many there
are. A film of ours has exactly five boxes: `ftyp`, the manifest, `moov`, an empty `free`, `mdat`; and the first is
always the same.
"""

from __future__ import annotations

import struct
from typing import Final

from app import bmff
from app.stamp.framing import box_is_as_written

_TYPE: Final = b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41"
_C2PA: Final = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
_HEAD: Final = _C2PA + bytes(4) + b"manifest\x00" + bytes(8)
"""Of the box with the manifest: its type, version and flags, purpose, and no further box to look for."""
_LAYOUT: Final = (b"ftyp", b"uuid", b"moov", b"free", b"mdat")


def film_is_as_written(data: bytes) -> bool:
    """Tell whether the boxes of a film, and what no hash covers of them, are those that we write.

    Args:
        data: the whole file.

    Returns:
        True if every unsigned byte is as it leaves `app.stamp.film`.
    """
    try:
        found = list(bmff.boxes(data))
    except bmff.Malformed:
        return False
    if tuple(box.kind for box in found) != _LAYOUT or not data.startswith(_TYPE):
        return False
    manifest, free = found[1], found[3]
    head = struct.pack(">I", manifest.end - manifest.start) + b"uuid" + _HEAD
    whole = data[manifest.start : manifest.end]
    return whole.startswith(head) and free.end - free.start == 8 and box_is_as_written(whole[len(head) :])
