"""Gaze, frame after frame: each eye is found in every other frame and followed in its own corners' frame."""

from __future__ import annotations

from typing import Final

import numpy as np

from app.engines._filters import Pixels, Points
from app.engines._gaze import Eye, eye_of, look_with
from app.engines._steady import Euro

_CORNERS: Final = ((33, 133), (362, 263))
_CALM: Final = (2.0, 25.0)
"""Cut-off of an eye at rest, Hz, and its rise, Hz for a width of the eye a second: a glance is quick."""


class Gazing:
    """Moves the irises of one person's frames."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Another scene."""
        self._filters = [Euro(*_CALM, common=False) for _ in range(2)]
        self._eyes: list[Points | None] = [None, None]
        self._since = [0.0, 0.0]
        self._number = 0

    def look(self, out: Pixels, mesh: Points, side: int, way: tuple[float, float], seconds: float) -> None:
        """As `_gaze.look`, in place; `way` is aside and up, `seconds` since the frame before."""
        self._number += 1
        self._since[side] += seconds
        if self._eyes[side] is None or (self._number // 2 + side) % 2 == 0:
            self._find(out, mesh, side)
        known = self._eyes[side]
        if known is None:
            return
        corner, turn = _frame(mesh, side)
        points = known @ turn.T + corner
        radius = float(np.linalg.norm(points[-1] - points[-2]))
        look_with(Eye(points[:-2], points[-2], radius), out, mesh, side, way)

    def _find(self, out: Pixels, mesh: Points, side: int) -> None:
        """Looks for the eye in this frame."""
        eye = eye_of(out, mesh, side)
        if eye is None:
            self._eyes[side], self._filters[side] = None, Euro(*_CALM, common=False)
            return
        corner, turn = _frame(mesh, side)
        points = np.vstack([eye.rims, eye.centre, eye.centre])
        points[-1] = eye.centre + turn[:, 0] / np.linalg.norm(turn[:, 0]) * eye.radius
        local = (points - corner) @ np.linalg.inv(turn).T
        self._eyes[side] = self._filters[side](local, max(self._since[side], 1e-3), 1.0)
        self._since[side] = 0.0


def _frame(mesh: Points, side: int) -> tuple[Points, Points]:
    """An eye's corner, and the similarity (2, 2) that takes its own frame (widths of the eye) to pixels."""
    a, b = (mesh[point, :2] for point in _CORNERS[side])
    x, y = b - a
    return a, np.array([[x, -y], [y, x]])
