"""One frame's geometry: where the face lies, where it is moved to, and which place of the atlas each pixel shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from app.engines._filters import Floats, Pixels, Points
from app.engines._geometry import Box, width_of
from app.engines._wrap import PLACES, Drawn, Unwrap, box_of, carried_on, step_of

_CELLS: Final = 64.0
"""Cells across a face."""
_STILL: Final = 0.03
"""Pixels of motion below which a pixel is not touched."""
_MARGIN: Final = 0.02
"""Face widths round the mesh that belong to the face's own box."""


@dataclass(frozen=True, slots=True, eq=False)
class Beat:
    """One moment of a take: `seconds` since the frame before, `fade` (H, W) of a `Laid.box`, how much is shown."""

    seconds: float
    fade: Floats


class Laid:
    """A face that is moved from one mesh to another, drawn once.

    Args:
        before: (468, 3), where the face lies in the frame.
        after: (468, 3), where it is to lie.
        shape: of the frame.
        rings: how much round the face is drawn (see `_wrap`).

    Attributes:
        mesh: `after`.
        width: of the moved face, pixels.
        points: the moved mesh, carried on.
        box: of the frame, that all maps here fill.
        drawn: the points drawn into it.
        places: (H, W, 2), the place of the head that each pixel shows, face widths from the middle of an atlas;
            nonsense where `drawn` knows nothing.
    """

    def __init__(self, before: Points, after: Points, shape: tuple[int, ...], rings: int) -> None:
        self.mesh, self.width = after, width_of(after)
        same = after is before
        start = carried_on(before)
        self.points = start if same else carried_on(after, before)
        self.box = box_of(self.points, rings, shape)
        self.drawn = Drawn(self.points, self.box, step_of(after, _CELLS), rings)
        values = np.hstack([PLACES, start[:, :2] - self.points[:, :2]])
        cells = self.drawn.cells(values)
        moves = cv2.GaussianBlur(np.ascontiguousarray(cells[..., 2:]), (0, 0), 0.8)
        moves[~self.drawn.known] = 0
        # triangles thinner than a cell say nonsense of it, here and there
        places = cv2.medianBlur(np.ascontiguousarray(cells[..., :2]), 3)
        self.places = self.drawn.enlarge(np.asarray(places, np.float32))
        self._moves: Floats | None = None if same else self.drawn.enlarge(np.asarray(moves, np.float32))

    @property
    def face(self) -> Box:
        """The box of the face alone, inside `box`, in pixels of the frame."""
        inner = Box.around(self.mesh, _MARGIN * self.width, (self.box.bottom, self.box.right))
        left, top = max(inner.left, self.box.left), max(inner.top, self.box.top)
        return Box(left, top, max(left, inner.right), max(top, inner.bottom))

    def part(self, box: Box) -> tuple[slice, slice]:
        """Where a smaller box of the frame lies in the maps."""
        left, top = self.box.left, self.box.top
        return np.s_[box.top - top : box.bottom - top, box.left - left : box.right - left]

    def bent(self, pixels: Pixels) -> Pixels:
        """The frame with its face moved: a new picture, exact where nothing moves."""
        out = pixels.copy()
        if self._moves is None:
            return out
        moves = self._moves
        moved = np.maximum(*(np.abs(moves[..., axis]) for axis in (0, 1))) > _STILL
        if not moved.any():
            return out
        rows, columns = np.flatnonzero(moved.any(1)), np.flatnonzero(moved.any(0))
        left, top = self.box.left, self.box.top
        whole = Box(left + int(columns[0]), top + int(rows[0]), left + int(columns[-1]) + 1, top + int(rows[-1]) + 1)
        # a face is resampled well, what is round it fast
        for box, way in ((whole, cv2.INTER_LINEAR), (self.face, cv2.INTER_CUBIC)):
            if box.empty:
                continue
            area = self.part(box)
            x = np.arange(box.left, box.right, dtype=np.float32)
            y = np.arange(box.top, box.bottom, dtype=np.float32)[:, None]
            at = moves[area][..., 0] + x, moves[area][..., 1] + y
            shifted = cv2.remap(pixels, *at, way, borderMode=cv2.BORDER_REPLICATE)
            cv2.copyTo(shifted, moved[area].astype(np.uint8), box.cut(out))
        return out


def seen_in(unwrap: Unwrap, out: Pixels, laid: Laid) -> Floats:
    """The face of a frame in a small atlas: (h, w, 3)."""
    view, scale = laid.face.cut(out), unwrap.atlas.scale / laid.width
    size = (max(2, round(view.shape[1] * scale)), max(2, round(view.shape[0] * scale)))
    small = np.asarray(cv2.resize(view, size, interpolation=cv2.INTER_AREA), np.float32)
    ratio = np.array([size[0] / view.shape[1], size[1] / view.shape[0]], np.float32)
    at = (unwrap.places(laid.points) - laid.face.corner.astype(np.float32) + 0.5) * ratio - np.float32(0.5)
    seen = cv2.remap(small, at[..., 0], at[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(seen, np.float32)
