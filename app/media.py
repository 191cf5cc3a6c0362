"""Pictures that people hand in, and the bytes that go out.

`read` is the only way in for a picture file. Convention: `uint8` RGB `(H, W, 3)`, sRGB, EXIF orientation applied.
"""

from __future__ import annotations

from typing import Final

from app.codec import Format, decode, encode
from consent.errors import Refusal
from consent.types import Photo

__all__ = ["MIN_SIDE", "Format", "encode", "read"]

MIN_SIDE: Final = 128
"""Shortest side: below it neither a face can be compared nor the label be read."""


def read(data: bytes) -> Photo:
    """Turn the bytes of a picture file into a `Photo`.

    Args:
        data: A JPEG, PNG or WebP file, recognised by its content.

    Returns:
        The decoded picture; see `app.codec.decode` for what happens to profiles, transparency and orientation.

    Raises:
        Refusal: `not-a-picture`, `unsupported-picture`, `moving-picture`, `picture-too-large`, `broken-picture`,
            `picture-too-small`; never anything else, whatever the bytes.
    """
    pixels = decode(data)
    height, width = pixels.shape[:2]
    if min(height, width) < MIN_SIDE:
        raise Refusal(
            "picture-too-small",
            f"The picture has {width} x {height} pixels; both sides need at least {MIN_SIDE}.",
            "Use a larger picture.",
        )
    return Photo(pixels=pixels)
