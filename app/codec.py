"""Bytes to arrays and back: the only decoder and the only encoder of pictures.

Kept apart from `app.media` so that `app.verify` can decode a stranger's file without importing any type of the gate.

Convention: `uint8` RGB `(H, W, 3)`, sRGB, row 0 at the top, EXIF orientation already applied.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from consent.errors import Fault, Refusal

Pixels = NDArray[np.uint8]

MAX_BYTES: Final = 64 * 1024 * 1024
"""Largest file that is looked at."""
MAX_PIXELS: Final = 50_000_000
"""Largest picture that is decoded: a 48-megapixel telephone picture fits (150 MB as an array)."""
MAX_SIDE: Final = 16_383
"""Longest side, so that whatever was read can also be written as WebP."""
MAX_SCANS: Final = 500
"""Most passes of a progressive JPEG (encoders write 10 or so): each costs a walk over all pixels and few bytes."""

MAX_PIECES: Final = 20_000
"""Most chunks of a PNG or WebP file (a large PNG has some 8,000), and segments before a JPEG's first scan (some
hundreds): the libraries take half a second for these, and up to minutes for the millions that fit into `MAX_BYTES`."""

_ORIENTATION_TAG: Final = 0x0112
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_GAMMA_SLACK: Final = 0.05
"""Relative difference from sRGB's 1 / 2.2 up to which a gamma means sRGB; cameras and editors write 45455."""
_SEND_ANOTHER: Final = "Use a JPEG, PNG or WebP picture."


class Format(StrEnum):
    """A format that is read and written. `MP4` is that of films (`app.film`); nothing here decodes or encodes it."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    MP4 = "mp4"

    @property
    def mime(self) -> str:
        """The media type, e.g. `image/jpeg`."""
        return "video/mp4" if self is Format.MP4 else f"image/{self.value}"

    @property
    def suffix(self) -> str:
        """The usual ending of a file's name, with the dot."""
        return ".jpg" if self is Format.JPEG else f".{self.value}"


STILLS: Final = {kind.value: kind for kind in (Format.JPEG, Format.PNG, Format.WEBP)}
"""Formats of single pictures, by name."""


def sniff(data: bytes) -> Format | None:
    """Tell the format by the first bytes; the name of a file says nothing.

    Args:
        data: The file, or its first 12 bytes.

    Returns:
        The format, or None for anything else.
    """
    if data.startswith(b"\xff\xd8\xff"):
        return Format.JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return Format.PNG
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return Format.WEBP
    if data[4:8] == b"ftyp" and data[8:11] not in _STILL_BRANDS:
        return Format.MP4
    return None


_STILL_BRANDS: Final = frozenset({b"hei", b"hev", b"mif", b"msf", b"avi"})
"""Of HEIF and AVIF, which lie in the same boxes as films."""


def pieces(data: bytes) -> int:
    """Chunks of a PNG or WebP file, or a JPEG's segments up to its first scan; counted up to `MAX_PIECES` + 1."""
    fmt = sniff(data)
    if fmt is Format.JPEG:
        return _segments(data)
    order: Literal["big", "little"] = "big" if fmt is Format.PNG else "little"
    place, around = {Format.PNG: (8, 12), Format.WEBP: (16, 8)}.get(fmt or Format.JPEG, (len(data), 0))
    count = 0
    while place + 4 <= len(data) and count <= MAX_PIECES:
        size = int.from_bytes(data[place : place + 4], order)
        place += around + size + (size % 2 if fmt is Format.WEBP else 0)
        count += 1
    return count


def _segments(data: bytes) -> int:
    """The same of a JPEG; bytes between segments, which mean nothing, are read one by one, so each counts."""
    place, count = 2, 0
    while place + 4 <= len(data) and count <= MAX_PIECES:
        before, place = place, data.find(b"\xff", place, len(data) - 1)
        kind = data[place + 1] if place >= 0 else 0xDA
        count += 1 + max(place, before) - before
        if kind == 0xDA:  # what follows is the scan, or nothing
            break
        alone = kind in range(0xD0, 0xDA) or kind in {0, 1}
        place += 1 if kind == 0xFF else 2 if alone else 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    return count


def decode(data: bytes) -> Pixels:
    """Decode a JPEG, PNG or WebP picture.

    Transparency is laid on white, an ICC profile or a PNG's gamma is converted to sRGB, 16-bit, grey, palette and CMYK
    pictures become 8-bit RGB, and the EXIF orientation is applied: what browsers show is what is judged and changed.
    Nothing is decoded before the size in the header has been checked.

    Args:
        data: The whole file, from anyone.

    Returns:
        `uint8` RGB `(H, W, 3)`, C-contiguous and writable.

    Raises:
        Refusal: `not-a-picture`, `unsupported-picture`, `moving-picture`, `picture-too-large`, `broken-picture`.
    """
    if len(data) > MAX_BYTES:
        raise Refusal(
            "picture-too-large",
            f"The file has {len(data) / 2**20:.0f} MB; at most {MAX_BYTES // 2**20} MB are read.",
            "Make the picture smaller and try again.",
        )
    fmt = sniff(data)
    if fmt is None or fmt is Format.MP4:
        raise _not_ours(data)
    if pieces(data) > MAX_PIECES:
        raise Refusal(
            "picture-too-large", f"The {fmt.name} file is in too many pieces to be read.", "Save the picture again."
        )
    try:
        with Image.open(io.BytesIO(data), formats=[fmt.value.upper()]) as image:
            _check_header(image, fmt)
            if fmt is Format.JPEG and data.count(b"\xff\xda") > MAX_SCANS:
                raise Refusal(
                    "picture-too-large", "The JPEG file has too many passes to be read.", "Save the picture again."
                )
            image.load()
            return _to_array(image)
    except Refusal:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels() from error
    except Exception as error:  # a decoder fed with hostile bytes raises some twenty unrelated types
        raise Refusal(
            "broken-picture",
            f"The {fmt.name} file is damaged or cut short.",
            "Copy or save the picture again, or use another one.",
        ) from error


def encode(pixels: Pixels, fmt: str = "jpeg", quality: int = 92) -> bytes:
    """Encode an array; only pixels go in, so no EXIF, GPS, XMP or profile can come out.

    Args:
        pixels: `uint8` RGB `(H, W, 3)`, sRGB.
        fmt: `jpeg`, `png` or `webp`.
        quality: 1 to 100 for JPEG (4:4:4, so that small coloured detail stays crisp) and WebP; unused for PNG.

    Returns:
        The bytes of the file.

    Raises:
        Fault: `bad-pixels`, `bad-format`, `bad-quality`: the caller is wrong, or the encoder failed.
    """
    try:
        kind = STILLS[fmt]
    except KeyError as error:
        raise Fault("bad-format", f"{fmt!r} is not a format that is written.", "Use jpeg, png or webp.") from error
    if not 1 <= quality <= 100:
        raise Fault("bad-quality", f"Quality {quality} is outside 1 to 100.", "Use a quality from 1 to 100.")
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or not 0 < max(pixels.shape) <= MAX_SIDE:
        raise Fault(
            "bad-pixels",
            f"Expected uint8 (H, W, 3) with sides up to {MAX_SIDE}, got {pixels.dtype} {pixels.shape}.",
            "Hand over RGB pixels.",
        )
    options: dict[Format, dict[str, int]] = {
        Format.JPEG: {"quality": quality, "subsampling": 0},
        Format.PNG: {"compress_level": 1},  # 3 takes a third longer for a tenth less
        Format.WEBP: {"quality": quality, "method": 2},  # 4 takes twice as long for nothing
    }
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(out, kind.value.upper(), **options[kind])
    return out.getvalue()


def _check_header(image: Image.Image, fmt: Format) -> None:
    """Refuse by what the header says, before a single pixel is decoded."""
    width, height = image.size
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise _too_many_pixels()
    # A JPEG with several pictures (MPO) is a still with a preview or a depth map behind it: the first one is meant.
    if fmt is not Format.JPEG and getattr(image, "is_animated", False):
        raise Refusal(
            "moving-picture",
            "This file is an animation, not a single picture.",
            "Save one frame of it as a picture and use that.",
        )


def _to_array(image: Image.Image) -> Pixels:
    turn = _TURNS.get(_orientation(image))
    if image.mode.startswith("I"):  # 16-bit grey: keep the high byte; Pillow's own conversion clips at 255
        deep = np.asarray(image).astype(np.int64)
        grey = np.clip(deep >> 8, 0, 255).astype(np.uint8)
        grey[deep == image.info.get("transparency", -1)] = 255
        kept = {name: value for name, value in image.info.items() if name != "transparency"}
        image = Image.fromarray(grey)
        image.info = kept
    if image.has_transparency_data:
        colour = image.convert("RGBA")
        paper = Image.new("RGBA", colour.size, (255, 255, 255, 255))
        paper.alpha_composite(colour)
        rgb = _to_srgb(paper.convert("RGB"), image.info)
    else:
        rgb = _to_srgb(image, image.info)
    if turn is not None:
        rgb = rgb.transpose(turn)
    return np.array(rgb, dtype=np.uint8, order="C")


def _to_srgb(image: Image.Image, info: Mapping[str | tuple[int, int], Any]) -> Image.Image:
    """Convert by the profile, else by a PNG's gamma; a profile that does not fit is ignored, as in browsers."""
    profile, gamma = info.get("icc_profile"), info.get("gamma")
    if image.mode in {"P", "1"}:
        image = image.convert("RGB")
    if profile is None and isinstance(gamma, float) and "srgb" not in info and abs(gamma * 2.2 - 1) > _GAMMA_SLACK:
        power = 1 / max(2.2 * gamma, 1e-5)
        table = [round(255 * (value / 255) ** power) for value in range(256)]
        return image.convert("RGB").point(table * 3)
    if isinstance(profile, bytes) and image.mode in {"RGB", "L", "CMYK"}:
        try:
            converted = ImageCms.profileToProfile(
                image,
                ImageCms.ImageCmsProfile(io.BytesIO(profile)),
                ImageCms.createProfile("sRGB"),
                outputMode="RGB",
            )
        except (ImageCms.PyCMSError, OSError, ValueError):
            converted = None
        if converted is not None:
            return converted
    return image if image.mode == "RGB" else image.convert("RGB")


def _orientation(image: Image.Image) -> int:
    """Return the EXIF orientation 1 to 8; unreadable EXIF means 1, for the picture itself is fine.

    The first EXIF block alone counts, as in browsers: not XMP, nor EXIF in a PNG's text, which Pillow would take.
    """
    try:
        exif = Image.Exif()
        exif.load(image.info.get("exif") or b"")
        value = exif.get(_ORIENTATION_TAG, 1)
    except Exception:  # noqa: BLE001  (any of a dozen types on damaged EXIF)
        return 1
    return value if isinstance(value, int) else 1


def _too_many_pixels() -> Refusal:
    return Refusal(
        "picture-too-large",
        f"The picture is larger than {MAX_PIXELS // 1_000_000} megapixels or {MAX_SIDE} pixels on one side.",
        "Make it smaller and try again.",
    )


def _not_ours(data: bytes) -> Refusal:
    """Name the common types that people do bring, so that the sentence helps."""
    known = {
        "a HEIC or AVIF picture": data[4:8] == b"ftyp" and data[8:11] in _STILL_BRANDS,
        "a video": data.startswith(b"\x1aE\xdf\xa3"),
        "a GIF": data.startswith(b"GIF8"),
        "a BMP picture": data.startswith(b"BM") and len(data) > 54,
        "a TIFF picture": data.startswith((b"II*\x00", b"MM\x00*")),
        "a PDF": data.startswith(b"%PDF"),
    }
    if sniff(data) is Format.MP4:
        return Refusal("unsupported-picture", "This is a film, not a picture.", _SEND_ANOTHER)
    for name, fits in known.items():
        if fits:
            return Refusal("unsupported-picture", f"This is {name}, which is not read here.", _SEND_ANOTHER)
    reason = "The file is empty." if not data else "This file is not a picture."
    return Refusal("not-a-picture", reason, _SEND_ANOTHER)
