"""The boxes of an MP4 or QuickTime file (ISO/IEC 14496-12), looked at before any decoder is.

A few bytes of a header can ask a decoder for any amount of memory: a table of 2^31 frames of equal size has no rows, a
compressed header unpacks without end. What is counted here is what such a header asks for, not what the file holds.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

MAX_BYTES: Final = 256 * 1024 * 1024
"""Largest film that is looked at: a minute and a half of a telephone's best, many of a usual one."""
MAX_SAMPLES: Final = 400_000
"""Frames or sound packets of one track: an hour of AAC has 170,000."""
MAX_EDITS: Final = 16
"""Rows of an edit list: each may play the whole track again."""
MAX_BOXES: Final = 5_000
"""In the whole file: ten minutes in pieces of a second have 4,000. Readers take time by their square."""
MAX_TRACKS: Final = 32

_PARENTS: Final = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"moof", b"traf", b"mvex"})
_ALSO: Final = frozenset({b"udta", b"meta", b"dinf", b"mfra", b"tref", b"schi", b"sinf", b"ilst", b"stsd", b"gmhd"})
"""Boxes into which readers go as well, and nothing of which is used here."""
_PACKED: Final = frozenset({b"cmov", b"cmvd", b"rmra", b"rmda"})
"""Of QuickTime: a compressed header, and a film that lies in another file."""
_CODED: Final = {b"encv", b"enca", b"drms", b"drmi", b"p608"}


class Malformed(ValueError):  # noqa: N818 - it becomes a refusal
    """Boxes that are not as the standard says."""


class CutShort(Malformed):
    """The file ends within a box."""


class Hostile(Malformed):
    """A header asks for more than any film that is read here needs."""


class TooMany(Hostile):
    """More boxes than any reader should be given."""


@dataclass(frozen=True, slots=True)
class Box:
    """One box.

    Attributes:
        kind: its four letters.
        start: of the box in the file, bytes.
        body: where its content begins.
        end: the first byte behind it.
        inside: the kinds of the boxes around it, outermost first.
    """

    kind: bytes
    start: int
    body: int
    end: int
    inside: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Track:
    """What the header says of one track.

    Attributes:
        number: its id.
        kind: `vide`, `soun` or another handler's name.
        codec: four letters of its first sample description, e.g. `avc1`.
        size: (width, height) in the sample description, 0 for none.
        matrix: (a, b, c, d) of the display matrix: x' = a x + c y, y' = b x + d y, y down.
        samples: the most that any of its tables counts, movie fragments included.
        seconds: what its header says; 0 when it does not.
    """

    number: int = 0
    kind: str = ""
    codec: str = ""
    size: tuple[int, int] = (0, 0)
    matrix: tuple[float, float, float, float] = (1.0, 0.0, 0.0, 1.0)
    samples: int = 0
    seconds: Fraction = Fraction(0)

    @property
    def is_encrypted(self) -> bool:
        """Whether its samples are."""
        return self.codec.encode("latin-1") in _CODED


def boxes(data: bytes, start: int = 0, end: int | None = None, inside: tuple[bytes, ...] = ()) -> Iterator[Box]:
    """The boxes of one level, in order.

    Raises:
        CutShort: the last one is longer than what there is.
        Malformed: a size that is no size.
    """
    end = len(data) if end is None else end
    while start < end:
        if end - start < 8:
            raise CutShort("less than a box's header")
        size, kind = struct.unpack_from(">I4s", data, start)
        body = start + 8
        if size == 1 and end - start >= 16:
            size, body = struct.unpack_from(">Q", data, body)[0], start + 16
        elif size == 0 and not inside:  # it goes on to the end of the file
            size = end - start
        if size < body - start:
            raise Malformed("a box smaller than its header")
        if size > end - start:
            raise CutShort("a box longer than what is around it")
        yield Box(kind, start, body, start + size, inside)
        start += size


def walk(data: bytes, start: int = 0, end: int | None = None, inside: tuple[bytes, ...] = ()) -> Iterator[Box]:
    """All boxes that matter here, parents before children.

    Raises:
        Malformed: see `boxes`.
    """
    for box in boxes(data, start, end, inside):
        yield box
        if box.kind in _PARENTS and len(inside) < 6:
            yield from walk(data, box.body, box.end, (*inside, box.kind))


def count(data: bytes) -> None:
    """Count the boxes that any reader would go through, as far as they are boxes.

    Raises:
        TooMany: more than `MAX_BOXES`.
    """
    waiting, seen = [(0, len(data), 0)], 0
    while waiting:
        start, end, depth = waiting.pop()
        try:
            for box in boxes(data, start, end, (b"",) if depth else ()):
                seen += 1
                if seen > MAX_BOXES:
                    raise TooMany("too many boxes")
                if box.kind in _PARENTS | _ALSO and depth < 32:
                    skip = {b"meta": 4, b"stsd": 8}.get(box.kind, 0)  # what stands before the boxes inside
                    waiting.append((min(box.body + skip, box.end), box.end, depth + 1))
        except TooMany:
            raise
        except Malformed:
            continue


def tracks(data: bytes) -> tuple[Track, ...]:
    """The tracks that the header names; its sizes and counts are checked on the way.

    Args:
        data: the whole file.

    Raises:
        CutShort, Hostile, Malformed: see there.
    """
    count(data)
    found: list[Track] = []
    headers = 0
    for box in walk(data):
        headers += box.kind == b"moov"
        if box.kind in _PACKED:
            raise Hostile("a header that is packed or lies elsewhere")
        if box.kind == b"trak":
            found.append(Track())
        if len(found) > MAX_TRACKS or headers > 1:
            raise Hostile("too many tracks or headers")
        if found and b"trak" in box.inside:
            try:
                found[-1] = _with(found[-1], data, box)
            except (struct.error, UnicodeDecodeError) as error:
                raise Malformed(f"a broken {box.kind!r}") from error
        if box.kind == b"mvhd" and _matrix(data, box, 36) != (1.0, 0.0, 0.0, 1.0):
            raise Malformed("a film that is turned as a whole")
    more = _in_fragments(data)
    found = [replace(track, samples=track.samples + more.get(track.number, 0)) for track in found]
    if any(track.samples > MAX_SAMPLES for track in found):
        raise Hostile("too many frames")
    return tuple(found)


def _with(track: Track, data: bytes, box: Box) -> Track:
    """The track with what one more of its boxes says."""
    version = data[box.body] if box.end > box.body else 0
    if box.kind == b"tkhd":
        place = box.body + (20 if version else 12)
        matrix = _matrix(data, box, 40)
        return replace(track, number=struct.unpack_from(">I", data, place)[0], matrix=matrix)
    if box.kind == b"mdhd":
        scale, length = struct.unpack_from(">IQ" if version else ">II", data, box.body + (20 if version else 12))
        return replace(track, seconds=Fraction(length, scale or 1))
    if box.kind == b"hdlr" and box.inside[-1] == b"mdia":
        return replace(track, kind=data[box.body + 8 : box.body + 12].decode("latin-1"))
    if box.kind == b"stsd":
        return _described(track, data, box)
    if box.kind == b"elst" and struct.unpack_from(">I", data, box.body + 4)[0] > MAX_EDITS:
        raise Hostile("too many edits")
    return replace(track, samples=max(track.samples, _counted(data, box)))


def _described(track: Track, data: bytes, box: Box) -> Track:
    """With the first sample description; a second one would be another film in the same track."""
    entries = list(boxes(data, box.body + 8, box.end, (b"stsd",)))
    if not entries or len({entry.kind for entry in entries}) > 1:
        raise Malformed("no sample description, or several")
    first, size = entries[0], (0, 0)
    if track.kind == "vide":
        sizes = {struct.unpack_from(">HH", data, entry.body + 24) for entry in entries}
        size = (max(w for w, _ in sizes), max(h for _, h in sizes))
    return replace(track, codec=first.kind.decode("latin-1"), size=size)


def _matrix(data: bytes, box: Box, place: int) -> tuple[float, float, float, float]:
    """(a, b, c, d) in 16.16 of a header; `place` is for version 0, which is 12 bytes shorter."""
    place += box.body + (12 if box.end > box.body and data[box.body] else 0)
    if box.end < place + 36:
        raise Malformed("a header without a matrix")
    a, b, _, c, d = struct.unpack_from(">5i", data, place)
    return a / 65536, b / 65536, c / 65536, d / 65536


def _counted(data: bytes, box: Box) -> int:
    """How many samples one table speaks of, whether or not it has a row for each."""
    if box.kind not in {b"stsz", b"stz2", b"stts", b"ctts", b"stsc"}:
        return 0
    if box.kind in {b"stsz", b"stz2"}:
        return int(struct.unpack_from(">I", data, box.body + 8)[0])
    rows = int(struct.unpack_from(">I", data, box.body + 4)[0])
    each = 12 if box.kind == b"stsc" else 8
    if rows > (box.end - box.body - 8) // each:
        raise Malformed("a table longer than its box")
    if rows > MAX_SAMPLES:
        raise Hostile("too many frames")
    table = struct.iter_unpack(">III" if each == 12 else ">II", data[box.body + 8 : box.body + 8 + rows * each])
    # samples in a chunk say how far a reader counts when the number of chunks is made up
    return max((row[1] for row in table), default=0) if each == 12 else sum(row[0] for row in table)


def _in_fragments(data: bytes) -> dict[int, int]:
    """Samples in movie fragments, by the number of their track."""
    counts: dict[int, int] = {}
    number = 0
    for box in walk(data):
        if box.kind not in {b"tfhd", b"trun"}:
            continue
        if box.end - box.body < 8:
            raise Malformed("a broken fragment")
        told = int(struct.unpack_from(">I", data, box.body + 4)[0])
        if box.kind == b"tfhd":
            number = told
        else:
            counts[number] = counts.get(number, 0) + told
    return counts
