"""Spectacle frames: a small mesh before the eyes, drawn like the loose hair, over the face."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tests.people.hair import Shells
from tests.people.look import Colour, linear

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tests.people.shape import Head

SHAPES = {"round": (2.15, 2.0, 2.0), "square": (2.45, 1.75, 4.5), "oval": (2.4, 1.6, 2.4)}
"""Name -> half width and half height (centimetres) and the exponent of the rim's superellipse."""
_SEGMENTS = 44
_UP = np.array([0.0, 1.0, 0.0])


def _strip(near: NDArray[np.float64], far: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """A ribbon between two polylines (n, 3): its points and triangles."""
    n = len(near)
    i = np.arange(n - 1)
    triangles = np.concatenate([np.stack([i, i + 1, i + n], 1), np.stack([i + 1, i + n + 1, i + n], 1)])
    return np.concatenate([near, far]), triangles


def frame(head: Head, shape: str, colour: Colour) -> Shells:
    """The frame of a head's glasses.

    Raises:
        KeyError: no frame has that shape (see `SHAPES`).
    """
    half_w, half_h, power = SHAPES[shape]
    turn = np.linspace(0, 2 * np.pi, _SEGMENTS)
    cos, sin = np.cos(turn), np.sin(turn)
    x = np.sign(cos) * np.abs(cos) ** (2 / power)
    y = np.sign(sin) * np.abs(sin) ** (2 / power)
    ribbons = []
    right, left = (ball.centre.astype(float) for ball in head.balls)
    depth = head.balls[0].radius + 1.15
    for centre, side in ((right, -1), (left, 1)):
        middle = centre + np.array([side * 0.12, -0.15, depth])

        def rim(grow: float, back: float, middle: NDArray[np.float64] = middle) -> NDArray[np.float64]:
            curve = middle[2] - 0.03 * (x * half_w) ** 2 - back  # the front is slightly curved
            return np.stack([middle[0] + x * (half_w + grow), middle[1] + y * (half_h + grow), curve], 1)

        ribbons += [_strip(rim(0.0, 0), rim(0.24, 0)), _strip(rim(0.24, 0), rim(0.24, 0.35))]
        hinge = middle + np.array([side * (half_w + 0.12), 0.5, -0.35])
        ear = np.array([side * (abs(hinge[0]) + 1.0), 0.4, centre[2] - 8.5])
        line = np.linspace(hinge, ear, 8)
        ribbons.append(_strip(line + 0.18 * _UP, line - 0.18 * _UP))
    start, end = right + np.array([half_w - 0.1, 0.25, depth]), left + np.array([0.1 - half_w, 0.25, depth])
    arch = np.linspace(start, end, 9) + np.sin(np.linspace(0, np.pi, 9))[:, None] * (0, 0.25, 0.35)
    ribbons.append(_strip(arch + 0.13 * _UP, arch - 0.13 * _UP))
    points, triangles, count = [], [], 0
    for place, corners in ribbons:
        points.append(place)
        triangles.append(corners + count)
        count += len(place)
    return Shells(
        source=np.full(count, -1, np.int64),
        offset=np.zeros(count, np.float32),
        free=np.concatenate(points).astype(np.float32),
        triangles=np.concatenate(triangles).astype(np.int32),
        cover=np.ones(count, np.float32),
        grain=np.zeros((count, 2), np.float32),
        ink=linear(colour),
    )
