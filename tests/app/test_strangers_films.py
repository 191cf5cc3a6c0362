"""Headers of films in which something is missing: an answer for each, whatever the bytes."""

import pytest

from app import bmff
from app.verify import Verdict, verify
from tests.app.film_helpers import box, film

TYPE = box(b"ftyp", b"isom\0\0\2\0isomiso2avc1mp41")
PARTS = (b"mvhd", b"tkhd", b"mdhd", b"hdlr", b"stsd", b"stts", b"ctts", b"stsz", b"stz2", b"stsc", b"elst")


@pytest.mark.parametrize("kind", PARTS, ids=bytes.decode)
@pytest.mark.parametrize("content", [b"", b"\0", b"\1", b"\1" * 12], ids=len)
def test_a_part_of_the_header_that_is_empty_and_the_last_of_the_file(kind, content):
    inside = box(kind, content)
    for around in ((), (b"trak",), (b"mdia", b"trak"), (b"stbl", b"minf", b"mdia", b"trak"), (b"edts", b"trak")):
        header = inside
        for parent in around:
            header = box(parent, header)
        assert verify(TYPE + box(b"moov", header), []).verdict is Verdict.NOT_A_PICTURE


def test_a_part_that_is_empty_in_an_ordinary_film():
    data = film()
    for one in bmff.walk(data):
        if one.kind in PARTS:
            gone = data[: one.start] + box(one.kind) + data[one.end :]
            assert verify(gone, []).verdict in {Verdict.NOT_A_PICTURE, Verdict.NO_MANIFEST}
