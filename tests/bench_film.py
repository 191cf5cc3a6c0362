"""What the watermark of films survives: rendered portraits and empty rooms, each as the frames of a short film."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

import cv2
import numpy as np

from app import film, film_out, verify_film
from app.bench import Figure, share
from app.codec import Pixels
from app.stamp import watermark
from app.stamp.frames import PSNR
from app.stamp.marking import Marker

LARGEST: Final = 2_000_000
"""Pixels; larger pictures are made smaller first."""
_FRAMES: Final = 10
_CRF: Final = 28
_GOAL: Final = 0.95
RIGHT: Final = "share of films with all bits right, H.264 crf 28"


def moving(picture: Pixels) -> Iterator[Pixels]:
    """A film of a picture that drifts by a twenty-fifth of its width in ten frames."""
    height, width = picture.shape[:2]
    large = cv2.resize(picture, None, fx=1.04, fy=1.04, interpolation=cv2.INTER_CUBIC)
    top, room = (large.shape[0] - height) // 2, large.shape[1] - width
    for number in range(_FRAMES):
        left = room * number // (_FRAMES - 1)
        yield np.ascontiguousarray(large[top : top + height, left : left + width])


def sized(picture: Pixels) -> Pixels:
    """At most `LARGEST` pixels, both sides even."""
    height, width = picture.shape[:2]
    k = min(1.0, (LARGEST / (height * width)) ** 0.5)
    size = (int(width * k) // 2 * 2, int(height * k) // 2 * 2)
    return picture if size == (width, height) else np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))


def figures(pictures: Iterable[Pixels], say: Callable[[str], None]) -> Iterator[Figure]:
    """Mark, write as a film is written, compress again at crf 28, and read one frame, and what `verify` looks at."""
    one, looked, quality = list[bool](), list[bool](), list[float]()
    say(f"watermark: films of {_FRAMES} frames, H.264 at crf {_CRF}")
    for number, picture in enumerate(pictures):
        ident, timing = (2654435761 * (number + 1)) % 2**32, film.Timing.even(_FRAMES)
        plain = list(moving(sized(picture)))
        marker = Marker(ident, plain[0].shape[:2], PSNR)
        marked = [marker.mark(frame) for frame in plain]
        quality += [_psnr(a, b) for a, b in zip(marked, plain, strict=True)]
        written = film.read(film_out.encode(marked, timing))
        again = film_out.encode(written.frames(), timing, crf=_CRF)
        found = [(mark := watermark.find(frame)) is not None and mark.ident == ident for frame in film.read(again)]
        one.append(found[_FRAMES // 2])
        seen = [watermark.find(frame) for frame in verify_film.frames(again)]
        looked.append(any(mark is not None and mark.ident == ident for mark in seen))
    yield Figure("watermark.film_psnr_db", min(quality), "dB, the lowest frame", len(quality), 40.0)
    yield share("watermark.h264", sum(one), len(one), f"{RIGHT}, in one frame", _GOAL)
    yield share("watermark.h264_film", sum(looked), len(looked), f"{RIGHT}, in what verify looks at", _GOAL)


def _psnr(one: Pixels, other: Pixels) -> float:
    return float(10 * np.log10(255**2 / np.mean((one.astype(np.float32) - other) ** 2)))
