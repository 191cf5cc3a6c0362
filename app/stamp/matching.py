"""Whether a plate lies in a corner of a picture: looked at in a small size, in which all plates are known.

Convention: pictures are `uint8` RGB `(H, W, 3)`; a box is `(x, y, width, height)` in pixels, y down.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from app.stamp.plate import Plate

Pixels = NDArray[np.uint8]
Box = tuple[int, int, int, int]

MARGIN: Final = 0.35
"""Between plate and edge, in heights of a capital."""
MIN_CONTRAST: Final = 7.0
_SLACK: Final = 2
"""Pixels, of the small size, by which a plate may lie elsewhere than reckoned."""


class Corner(IntEnum):
    """The corners of a picture, in the order in which a label prefers them."""

    BOTTOM_RIGHT = 0
    BOTTOM_LEFT = 1
    TOP_RIGHT = 2
    TOP_LEFT = 3

    def place(self, plate: tuple[int, int], picture: tuple[int, int], margin: int) -> tuple[int, int]:
        """Top left point (x, y) of a plate of (h, w) pixels in a picture of (H, W)."""
        right = self in {Corner.BOTTOM_RIGHT, Corner.TOP_RIGHT}
        below = self in {Corner.BOTTOM_RIGHT, Corner.BOTTOM_LEFT}
        return (picture[1] - plate[1] - margin if right else margin), (
            picture[0] - plate[0] - margin if below else margin
        )


@dataclass(frozen=True, slots=True)
class Seen:
    """A plate that was found: how alike, up to 1, and where."""

    score: float
    box: Box


class Corners:
    """The corners of a picture, made smaller.

    Args:
        pixels: the picture.
        cap: how high, in pixels of it, the capitals are thought to be.
        small: how high they become.
        room: largest plate that will be looked for, (h, w), in pixels of the smaller picture.
    """

    def __init__(self, pixels: Pixels, cap: float, small: int, room: tuple[int, int]) -> None:
        self._pixels, self._factor, self._small = pixels, cap / small, small
        margin = math.ceil(MARGIN * small) + 2 * _SLACK
        self._room = tuple(size + margin for size in room)
        self._cut: dict[Corner, Plate] = {}

    def match(self, corner: Corner, plate: Plate, least: float) -> Seen | None:
        """Look for a plate in a corner; None when it is less alike than `least`, or has too little contrast."""
        piece = self._piece(corner)
        (high, wide), (rows, columns) = plate.shape, piece.shape
        x, y = corner.place((high, wide), (rows, columns), round(MARGIN * self._small))
        if x < 0 or y < 0 or x + wide > columns or y + high > rows:
            return None
        left, top = max(0, x - _SLACK), max(0, y - _SLACK)
        part = piece[top : y + high + _SLACK, left : x + wide + _SLACK]
        _, score, _, (right, down) = cv2.minMaxLoc(cv2.matchTemplate(part, plate, cv2.TM_CCOEFF_NORMED))
        x, y = left + right, top + down
        if not score >= least or not _is_clear(piece[y : y + high, x : x + wide], plate):
            return None
        x0 = 0 if corner in {Corner.BOTTOM_LEFT, Corner.TOP_LEFT} else self._pixels.shape[1] - columns * self._factor
        y0 = 0 if corner in {Corner.TOP_RIGHT, Corner.TOP_LEFT} else self._pixels.shape[0] - rows * self._factor
        left, top, right, down = (round(v * self._factor) for v in (x, y, wide, high))
        return Seen(float(score), (round(x0) + left, round(y0) + top, right, down))

    def _piece(self, corner: Corner) -> Plate:
        if corner not in self._cut:
            height, width = self._pixels.shape[:2]
            rows, columns = (min(n, round(m * self._factor)) for n, m in zip((height, width), self._room, strict=True))
            x, y = corner.place((rows, columns), (height, width), 0)
            grey = cv2.cvtColor(self._pixels[y : y + rows, x : x + columns], cv2.COLOR_RGB2GRAY)
            size = (max(1, round(columns / self._factor)), max(1, round(rows / self._factor)))
            how = cv2.INTER_AREA if self._factor >= 1 else cv2.INTER_CUBIC
            self._cut[corner] = np.asarray(cv2.resize(grey, size, interpolation=how), np.uint8)
        return self._cut[corner]


def alike(piece: Pixels, plate: Plate, factor: float) -> float:
    """Correlate a piece of a picture with the plate of the same size, both made smaller by a factor of at least 1.

    Args:
        piece: `uint8 RGB (h, w, 3)`, or its brightness `(h, w)`.
        plate: what is wanted there.
        factor: 1 or more.

    Returns:
        -1 to 1; 0 when the piece has not the contrast of a label.
    """
    size = (max(1, round(plate.shape[1] / factor)), max(1, round(plate.shape[0] / factor)))
    grey = piece if piece.ndim == 2 else cv2.cvtColor(piece, cv2.COLOR_RGB2GRAY)
    seen, wanted = (np.asarray(cv2.resize(one, size, interpolation=cv2.INTER_AREA), np.uint8) for one in (grey, plate))
    return float(cv2.matchTemplate(seen, wanted, cv2.TM_CCOEFF_NORMED)[0, 0]) if _is_clear(seen, wanted) else 0.0


def contrast(first: float, second: float) -> float:
    """Return the WCAG contrast ratio, 1 to 21, of two greys given as sRGB values 0 to 255."""
    bright, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(grey: float) -> float:
    share = min(255.0, max(0.0, grey)) / 255
    return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)


def _is_clear(piece: Plate, plate: Plate) -> bool:
    """Whether black and white stand as far apart as a label's must.

    Both as the straight line through all pixels has them, for thin letters are nowhere quite white.
    """
    wanted, seen = plate.astype(np.float32), piece.astype(np.float32)
    spread = wanted - wanted.mean()
    slope = float((spread * seen).sum() / max(1.0, float((spread * spread).sum())))
    black = float(seen.mean()) - slope * float(wanted.mean())
    return slope > 0 and contrast(black + 255 * slope, black) >= MIN_CONTRAST
