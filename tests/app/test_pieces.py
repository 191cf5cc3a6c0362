"""Files in so many pieces that a library would take minutes for them are given to none."""

import struct
import zlib

import pytest

from app import bmff, codec, verify
from tests.app.film_helpers import box, film
from tests.app.stamp_helpers import picture


def png(count):
    data, chunk = codec.encode(picture(), "png"), struct.pack(">I", 2) + b"teStab"
    return data[:33] + (chunk + struct.pack(">I", zlib.crc32(chunk[4:]))) * count + data[33:]


def webp(count):
    data = codec.encode(picture(), "webp")[12:] + (b"ABCD" + struct.pack("<I", 3) + b"abc\0") * count
    return b"RIFF" + struct.pack("<I", 4 + len(data)) + b"WEBP" + data


def jpeg(count):
    data = codec.encode(picture(), "jpeg")
    return data[:2] + b"\xff\xe0\x00\x02" * count + data[2:]


def filled(count):
    """Bytes that mean nothing: a reader goes through them one by one."""
    data = codec.encode(picture(), "jpeg")
    return data[:2] + b"\xff" * count + data[2:]


def littered(count):
    data = codec.encode(picture(), "jpeg")
    return data[:2] + b"\xff\xe0\x00\x02" + bytes(count) + data[2:]


def mp4(count):
    return film() + box(b"udta", box(b"free") * count)


@pytest.mark.parametrize(
    ("made", "most"), [(one, codec.MAX_PIECES) for one in (png, webp, jpeg, filled, littered)] + [(mp4, bmff.MAX_BOXES)]
)
def test_pieces(made, most, monkeypatch):
    few, many = verify.verify(made(100), []), made(most)
    assert few.verdict is verify.Verdict.NO_MANIFEST
    monkeypatch.setattr(verify, "read", None)
    assert verify.verify(many, []).verdict is verify.Verdict.NOT_A_PICTURE
    assert "too many pieces" in verify.verify(many, []).sentence


@pytest.mark.parametrize("size", [0, 1, 2**31, 2**32 - 1])
def test_whatever_the_sizes_say(size):
    for head, packed in ((b"\x89PNG\r\n\x1a\n", ">I"), (b"RIFF\0\0\0\0WEBPVP8 ", "<I")):
        assert codec.pieces(head + struct.pack(packed, size) + bytes(40)) < 10
    for short in (0, 1, 2, 2**16 - 1):
        assert codec.pieces(b"\xff\xd8\xff\xe0" + struct.pack(">H", short) + bytes(40)) < 10
    assert codec.pieces(codec.encode(picture(), "jpeg")) < 20
    assert codec.pieces(b"") == 0
