"""One frame's geometry: where the face lies, where it is moved to, and which place of the atlas each pixel shows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import cv2
import numpy as np

from app.engines._filters import Floats, Pixels, Points, resize
from app.engines._geometry import Box, width_of
from app.engines._wrap import PLACES, Drawn, Unwrap, box_of, carried_on, step_of

_CELLS: Final = 64.0
"""Cells across a face."""
_STILL: Final = 0.03
"""Pixels of motion below which a pixel is not touched."""
MARGIN: Final = 0.02
"""Face widths round the mesh that belong to the face's own box, else than where a beard hangs."""


@dataclass(frozen=True, slots=True)
class Beat:
    """One moment of a take: `seconds` since the frame before, `share` 0..1 of what is painted that is shown."""

    seconds: float
    share: float


class Laid:
    """A face that is moved from one mesh to another, drawn once.

    Args:
        before: (468, 3), where the face lies in the frame.
        after: (468, 3), where it is to lie.
        shape: of the frame.
        rings: how much round the face is drawn (see `_wrap`).
        margin: face widths round the mesh that belong to `face`.

    Attributes:
        mesh: `after`.
        width: of the moved face, pixels.
        points: the moved mesh, carried on.
        box: of the frame, all that is drawn.
        face: of the frame, the face alone, inside `box`.
        drawn: the points drawn into `box`.
        at: (rows, columns, 2), the place of the head that each cell shows, face widths from the middle of an atlas;
            nonsense where `drawn` knows nothing.
        sure: (rows, columns), 1 where it is known which place that is, 0 where not.
    """

    def __init__(
        self, before: Points, after: Points, shape: tuple[int, ...], rings: int, margin: float = MARGIN
    ) -> None:
        self.mesh, self.width = after, width_of(after)
        same = after is before
        start = carried_on(before)
        self.points = start if same else carried_on(after, before)
        self.box = box_of(self.points, rings, shape)
        self.face = _inside(Box.around(after, margin * self.width, shape), self.box)
        self.drawn = Drawn(self.points, self.box, step_of(after, _CELLS), rings)
        cells = self.drawn.cells(np.hstack([PLACES, start[:, :2] - self.points[:, :2]]))
        # triangles thinner than a cell say nonsense of their place, here and there
        self.at = np.asarray(cv2.medianBlur(np.ascontiguousarray(cells[..., :2]), 3), np.float32)
        self.sure = self.drawn.whole(self.at)
        self._moves: Floats | None = None
        if not same:
            moves = cv2.GaussianBlur(cv2.medianBlur(np.ascontiguousarray(cells[..., 2:]), 3), (0, 0), 0.8)
            moves[~self.drawn.known] = 0
            self._moves = self.drawn.enlarge(np.asarray(moves, np.float32))

    @cached_property
    def places(self) -> Floats:
        """(H, W, 2) of `face`, the place of the head that each pixel shows; see `at`."""
        return self.on_face(self.at)

    @cached_property
    def shown(self) -> Floats:
        """(H, W) of `face`, 0..1: 1 inside the face, where its place is known."""
        inner = cv2.erode(self.drawn.face.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=1)
        return self.on_face(self.sure * np.asarray(inner, np.float32))

    def on_face(self, cells: Floats) -> Floats:
        """Cells (rows, columns[, C]) over the pixels of `face`, bilinear."""
        step, face = self.drawn.step, self.face
        left, top = face.left - self.box.left, face.top - self.box.top
        first, last = (
            (top // step, left // step),
            (-(-(top + face.shape[0]) // step), -(-(left + face.shape[1]) // step)),
        )
        first, last = (max(0, first[0] - 1), max(0, first[1] - 1)), (last[0] + 1, last[1] + 1)
        some = np.ascontiguousarray(cells[first[0] : last[0], first[1] : last[1]])
        if step > 1:
            some = resize(some, (some.shape[1] * step, some.shape[0] * step))
        top, left = top - first[0] * step, left - first[1] * step
        return some[top : top + face.shape[0], left : left + face.shape[1]]

    def part(self, box: Box) -> tuple[slice, slice]:
        """Where a smaller box of the frame lies in the maps of `face`."""
        left, top = self.face.left, self.face.top
        return np.s_[box.top - top : box.bottom - top, box.left - left : box.right - left]

    def bent(self, pixels: Pixels) -> Pixels:
        """The frame with its face moved: a new picture, exact where nothing moves."""
        out = pixels.copy()
        if self._moves is None:
            return out
        moves = self._moves
        moved = cv2.bitwise_not(cv2.inRange(moves, (-_STILL, -_STILL), (_STILL, _STILL)))
        x, y, wide, high = cv2.boundingRect(moved)
        if not wide:
            return out
        left, top = self.box.left, self.box.top
        whole = Box(left + x, top + y, left + x + wide, top + y + high)
        face = _inside(self.face, whole)
        # a face is resampled well, what is round it fast
        for box, way in ((face, cv2.INTER_CUBIC), *((part, cv2.INTER_LINEAR) for part in _round(face, whole))):
            if 0 in box.shape:
                continue
            area = np.s_[box.top - top : box.bottom - top, box.left - left : box.right - left]
            across = np.arange(box.left, box.right, dtype=np.float32)
            down = np.arange(box.top, box.bottom, dtype=np.float32)[:, None]
            at = moves[area][..., 0] + across, moves[area][..., 1] + down
            cv2.copyTo(cv2.remap(pixels, *at, way, borderMode=cv2.BORDER_REPLICATE), moved[area], box.cut(out))
        return out


def _inside(box: Box, outer: Box) -> Box:
    """The part of a box that lies in another."""
    left, top = max(box.left, outer.left), max(box.top, outer.top)
    return Box(left, top, max(left, min(box.right, outer.right)), max(top, min(box.bottom, outer.bottom)))


def _round(inner: Box, outer: Box) -> tuple[Box, ...]:
    """What of a box lies round another one inside it."""
    if 0 in inner.shape:
        return (outer,)
    return (
        Box(outer.left, outer.top, outer.right, inner.top),
        Box(outer.left, inner.bottom, outer.right, outer.bottom),
        Box(outer.left, inner.top, inner.left, inner.bottom),
        Box(inner.right, inner.top, outer.right, inner.bottom),
    )


def seen_in(unwrap: Unwrap, out: Pixels, laid: Laid) -> Floats:
    """The face of a frame in a small atlas: (h, w, 3)."""
    view, scale = laid.face.cut(out), unwrap.atlas.scale / laid.width
    size = (max(2, round(view.shape[1] * scale)), max(2, round(view.shape[0] * scale)))
    small = np.asarray(cv2.resize(view, size, interpolation=cv2.INTER_AREA), np.float32)
    ratio = np.array([size[0] / view.shape[1], size[1] / view.shape[0]], np.float32)
    at = (unwrap.places(laid.points) - laid.face.corner.astype(np.float32) + 0.5) * ratio - np.float32(0.5)
    seen = cv2.remap(small, at[..., 0], at[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(seen, np.float32)
