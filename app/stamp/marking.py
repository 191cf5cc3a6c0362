"""The watermark in many pictures of one size: the same mark as `app.stamp.watermark`, in a quarter of the time.

What does not depend on the picture is made once, in the picture's size. How strong it may be at each place is looked
for in a picture half as large. The mark is as strong, and is read as well: `selfsame bench stamp` measures it so.
"""

from __future__ import annotations

from typing import Any, Final, final

import cv2
import numpy as np

from app.stamp import watermark
from app.stamp.watermark import Image, Plane

_SHORT: Final = 256
"""Pixels of the shorter side in which texture is looked for; the canonical size of the mark has twice as many."""
_BAND_ROWS: Final = 64


@final
class Marker:
    """Hides one id in picture after picture.

    Args:
        ident: 0..2**32 - 1.
        size: (height, width) of the pictures, which must fit (`watermark.fits`).
        psnr: decibels of the result against the picture.
    """

    def __init__(self, ident: int, size: tuple[int, int], psnr: float) -> None:
        height, width = size
        self._size = size
        by = _SHORT / min(size)
        self._small = (round(width * by), round(height * by))
        self._pattern = watermark.pattern(ident, size)
        self._norm: Any = 255 / 10 ** (psnr / 20) * np.sqrt(height * width)

    def mark(self, pixels: Image) -> Image:
        """The marked picture: `uint8 RGB (H, W, 3)`; every channel of a pixel is changed by the same amount."""
        height, width = self._size
        room = cv2.resize(self._room(pixels), (width, height), interpolation=cv2.INTER_LINEAR)
        change = cv2.multiply(self._pattern, room)
        gain = self._norm / max(cv2.norm(change), 1e-9)
        marked = np.empty_like(pixels)
        for top in range(0, height, _BAND_ROWS):  # few enough to stay in the processor's own memory
            band = slice(top, top + _BAND_ROWS)
            up, down = (cv2.multiply(change[band], sign * gain, dtype=cv2.CV_8U) for sign in (1, -1))
            cv2.add(pixels[band], cv2.cvtColor(up, cv2.COLOR_GRAY2RGB), marked[band])
            cv2.subtract(marked[band], cv2.cvtColor(down, cv2.COLOR_GRAY2RGB), marked[band])
        return marked

    def _room(self, pixels: Image) -> Plane:
        """How much stronger the pattern may be: as `watermark` has it, half as large."""
        grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
        while min(grey.shape) >= 2 * _SHORT:
            rows, columns = (n // 2 for n in grey.shape)
            grey = cv2.resize(grey[: 2 * rows, : 2 * columns], (columns, rows), interpolation=cv2.INTER_AREA)
        small = np.asarray(cv2.resize(grey, self._small, interpolation=cv2.INTER_LINEAR), np.float32)
        return watermark.room(small, 1.0, 3)
