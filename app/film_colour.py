"""The colours of decoded film frames, brought to what is shown here: sRGB-like (BT.709), 0 to 255."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from app.codec import Pixels

_HDR: Final = frozenset({16, 18})
"""Transfer curves by ITU-T H.273: PQ and HLG. Their white paper (203 cd/m2) becomes white, and skin stays as it is."""
_WIDE: Final = frozenset({9, 11, 12})
"""Primaries by the same: BT.2020 and P3."""
_MATRICES: Final = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}
"""swscale's number of a colour matrix by that of ITU-T H.273."""
_WHOLE: Final = np.clip((np.arange(256) - 16.0) * (255 / 219), 0, 255).round().astype(np.uint8)
"""Of brightness in a film, 16 to 235, that from 0 to 255."""
EXACT: Final = 4 | 0x40000 | 0x80000 | 0x2000
"""Of swscale: bicubic, accurate rounding, the same bits on every machine, all of the chroma."""
_SMOOTH: Final = 2 | 0x40000 | 0x80000 | 0x2000
"""The same but bilinear, which only the chroma feels: 0.2 dB for half of the time. HDR comes out in wrong colours."""


def said(frame: VideoFrame) -> tuple[str, ...]:
    """Sentences for the person: what of a film's colours is lost."""
    if frame.color_trc in _HDR:
        return ("It is an HDR film: its picture becomes an ordinary one, in which bright lights are plain white.",)
    return ("Its colours are shown as BT.709.",) if frame.color_primaries in _WIDE else ()


def rgb(frame: VideoFrame, square: tuple[int, int], by: VideoReformatter) -> Pixels:
    """A decoded frame, neither turned nor filled up: `uint8 RGB (H, W, 3)`.

    Its own colour matrix and range are applied; unmarked frames are read as players do, BT.601 below 720 lines. Of HDR,
    swscale keeps what is not brighter than white, and cuts the rest: nothing is guessed, and no tone of a face changes.

    Args:
        frame: as the decoder gives it.
        square: (width, height) with square pixels.
        by: one for all frames of a pass: what it works out for the first of HDR takes seconds.
    """
    plain = 1 if frame.color_trc in _HDR else None
    shown = by.reformat(
        frame,
        *square,
        format="rgb24",
        src_colorspace=_MATRICES.get(frame.colorspace, 1 if frame.height >= 720 else 5),
        src_color_range=2 if frame.color_range == 2 or frame.format.name.startswith("yuvj") else 1,
        dst_color_range=2,
        dst_color_trc=plain,
        dst_color_primaries=plain,
        interpolation=EXACT if plain else _SMOOTH,
    )
    return np.asarray(shown.to_ndarray(), np.uint8)


def brightness(frame: VideoFrame) -> NDArray[np.uint8]:
    """Of a frame that `app.film_out` wrote, without its colours: `uint8 (H, W)`, 0 black to 255 white."""
    plane = frame.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]
    return cv2.LUT(rows, _WHOLE)  # type: ignore[return-value]
