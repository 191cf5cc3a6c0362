"""Smooth bends of a whole head, for shapes that the sculpted axes do not reach: further axes named `warp-...`.

Each is a displacement field over the eyes' frame (centimetres; brows at y = 1.7, tip of the nose -3.6, mouth -6.5, chin
-10), about 1 at the edge of what is seen among people. Fields fade towards the neck, so heads stay on shoulders.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    Line = NDArray[np.floating[Any]]
    Field = Callable[[Line, Line, Line], tuple[Line | float, Line | float, Line | float]]

_EYE = 3.08  # centimetres from the middle


def _bump(v: Line, middle: float, wide: float) -> Line:
    return np.asarray(np.exp(-(((v - middle) / wide) ** 2) / 2))


def _step(v: Line, low: float, high: float) -> Line:
    t = np.clip((v - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))


def _front(z: Line) -> Line:
    return _step(z, -5.0, 0.0)


def _near_eye(x: Line, y: Line, z: Line, wide: float = 1.7) -> Line:
    return _bump(np.abs(x), _EYE, wide) * _bump(y, 0.0, 1.4) * _front(z)


FIELDS: Mapping[str, Field] = {
    "warp-eyes-apart": lambda x, y, z: (
        0.32 * (x / _EYE) * np.exp(0.5 - ((x / 4.4) ** 2) / 2) * _bump(y, 0.2, 2.0) * _front(z), 0.0, 0.0,
    ),
    "warp-eyes-deep": lambda x, y, z: (0.0, 0.0, -0.35 * _near_eye(x, y, z)),
    "warp-eyes-tilt": lambda x, y, z: (0.0, 0.26 * (np.abs(x) - _EYE) / 1.5 * _near_eye(x, y, z, 2.0), 0.0),
    "warp-midface": lambda x, y, z: (0.0, -0.75 * _step(y, -0.8, -5.2), 0.0),
    "warp-lower-face": lambda x, y, z: (0.0, -0.7 * _step(y, -6.6, -9.6), 0.0),
    "warp-brow-ridge": lambda x, y, z: (0.0, 0.0, 0.42 * _bump(y, 1.5, 0.8) * _bump(np.abs(x), 2.4, 2.2) * _front(z)),
    "warp-forehead": lambda x, y, z: (0.0, 0.9 * _step(y, 1.5, 8.0), -0.5 * _bump(y, 5.0, 2.0) * _front(z)),
    "warp-temples": lambda x, y, z: (0.09 * x * _bump(y, 4.0, 2.8), 0.0, 0.0),
    "warp-cheeks": lambda x, y, z: (0.10 * x * _bump(y, -2.4, 2.2) * _step(np.abs(x), 2.0, 5.0), 0.0, 0.0),
    "warp-jaw": lambda x, y, z: (0.16 * x * _bump(y, -7.6, 2.3) * _step(np.abs(x), 1.5, 4.5), 0.0, 0.0),
    "warp-profile": lambda x, y, z: (0.0, 0.0, 0.5 * _bump(x, 0.0, 2.6) * _bump(y, -4.0, 2.6) * _front(z)),
    "warp-mouth-forward": lambda x, y, z: (0.0, 0.0, 0.45 * _bump(x, 0.0, 2.4) * _bump(y, -6.4, 1.5) * _front(z)),
    "warp-flat": lambda x, y, z: (0.0, 0.0, -0.10 * (np.abs(x) - 3.0) * _front(z) * _step(-np.abs(y + 2), -9.0, -4.0)),
    "warp-aside": lambda x, y, z: (0.28 * _step(y, -0.5, -8.0) * _front(z), 0.0, 0.0),
    "warp-askew": lambda x, y, z: (0.0, 0.13 * x / 4 * _bump(y, -6.0, 2.5) * _front(z), 0.0),
}  # fmt: skip
"""Axis -> displacement of points by x, y, z, for an amount of 1."""


def warp(points: NDArray[np.float32], axes: Mapping[str, float]) -> NDArray[np.float32]:
    """Points (n, 3) of a head, the middle of the eyes at the origin, bent by those of the axes that bend."""
    mine = {name: amount for name, amount in axes.items() if name in FIELDS and amount}
    if not mine:
        return points
    x, y, z = points[:, 0], points[:, 1], points[:, 2]
    stays = _step(y, -17.0, -11.0)
    moved = points.copy()
    for name, amount in mine.items():
        for k, shift in enumerate(FIELDS[name](x, y, z)):
            moved[:, k] += np.float32(amount) * stays * np.asarray(shift, np.float32)
    return moved
