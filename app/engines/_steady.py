"""Landmarks that hold still: a face's mesh smoothed over time, head and expression apart.

The head moves as one piece, so its place is smoothed as one; what the face does is smoothed in the head's own frame,
point by point, for lips are quick where a temple is not. Both by one-euro filters (Casiez, Roussel, Vogel 2012): the
slower something moves, the more it is smoothed. Only what is drawn is smoothed; nothing is decided by these points.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from app.engines._filters import Points
from app.engines._geometry import Placement, rigid, width_of
from models.topology import CANONICAL

_HEAD: Final = (1.0, 90.0)
_FACE: Final = (0.6, 30.0)
"""Cut-off at rest, Hz, and its rise with speed, Hz for a face width a second."""
_SPEED: Final = 1.5
"""Cut-off of the speed itself, Hz."""
_GAP: Final = 0.5
"""Seconds between two frames after which they have nothing to do with each other."""


class Euro:
    """A one-euro filter over points (N, D): one speed for each row, or a common one for all.

    Args:
        at_rest: cut-off of what does not move, Hz.
        rise: by how much it goes up with the speed, Hz for a unit of length a second.
        common: all rows move with one speed, their root mean square.
    """

    def __init__(self, at_rest: float, rise: float, *, common: bool) -> None:
        self._at_rest, self._rise, self._common = at_rest, rise, common
        self._value: Points | None = None
        self._speed: Points = np.zeros(0)

    def __call__(self, points: Points, seconds: float, unit: float) -> Points:
        """The next points, smoothed: `seconds` after the last ones, `unit` of them being one unit of length."""
        if self._value is None:
            self._value, self._speed = points.copy(), np.zeros_like(points)
            return points
        speed = (points - self._value) / (unit * seconds)
        self._speed = self._speed + _share(_SPEED, seconds) * (speed - self._speed)
        length = np.linalg.norm(self._speed, axis=1, keepdims=True)
        if self._common:
            length = np.full_like(length, float(np.sqrt((length**2).mean())))
        self._value = self._value + _share(self._at_rest + self._rise * length, seconds) * (points - self._value)
        return self._value


def _share(cut_off: Points | float, seconds: float) -> Points:
    """How much of the way to a new value is gone after some seconds."""
    return np.asarray(1 / (1 + 1 / (2 * np.pi * np.asarray(cut_off) * seconds)), np.float64)


class Steady:
    """Smooths the mesh of one face, frame after frame."""

    def __init__(self) -> None:
        self._head, self._face = Euro(*_HEAD, common=True), Euro(*_FACE, common=False)
        self._last: float | None = None

    def __call__(self, mesh: Points, seconds: float) -> Points:
        """The mesh (468, 3) shown at `seconds`, smoothed; after a gap, or back in time, it starts anew."""
        passed = np.inf if self._last is None else seconds - self._last
        if not 0 < passed < _GAP:
            self._head, self._face = Euro(*_HEAD, common=True), Euro(*_FACE, common=False)
            passed = 1.0
        self._last = seconds
        place = Placement.of(mesh)
        head = self._head(place.forward(CANONICAL), passed, width_of(mesh))
        face = self._face(place.back(mesh), passed, float(np.ptp(CANONICAL[:, 0])))
        return rigid(CANONICAL, head).forward(face)
