"""Gaze: the irises moved between the lids. Every pixel stays the person's own.

The iris network says where iris and lids lie. The iris moves as it is; behind it the white of the same eye is drawn
out, before it the white is pressed together, and under a lid it vanishes. Lids follow a look up or down in the mesh
(`_expressshape`), as the lids of the living do.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cache
from typing import Final

import cv2
import numpy as np

from app.engines._expressshape import FOLLOWS_DOWN, FOLLOWS_UP
from app.engines._filters import Pixels, Points
from app.engines._geometry import Box
from models.faces import similarity, warped
from models.load import Lite
from models.topology import LEFT_EYE, RIGHT_EYE

_SIDE: Final = 64
_CORNERS: Final = ((33, 133), (362, 263))
"""Outer and inner corner of the right eye, inner and outer of the left: from the image's left to its right."""
_LOOK: Final = (0.75, 0.32)
"""Iris radii that a full look takes the iris aside, and up or down: about 22 and 9 degrees of an eye."""
_ROOM: Final = 0.7
"""Share of the white before the iris that may be pressed together."""
_CLOSED: Final = 0.13
"""Opening over the eye's width below which there is no iris to move."""
_FADE: Final = 0.7
"""Iris radii outside the rims over which a movement aside fades in the lids."""
_UNDER: Final = 0.18
"""Iris radii before a lid's rim in which an iris that goes under it vanishes."""


@dataclass(frozen=True, slots=True, eq=False)
class Eye:
    """One eye as the iris network sees it, pixels: the rims of the lids (16, 2), a ring, and the iris."""

    rims: Points
    centre: Points
    radius: float


class _Network:
    """The iris network, shared by all calls; it holds nothing of anyone."""

    def __init__(self) -> None:
        self._lock, self._net = threading.Lock(), Lite("iris")

    def eye(self, image: Pixels, mesh: Points, side: int) -> Eye:
        """The right (0) or left (1) eye of the face on `mesh`."""
        a, b = (mesh[corner, :2] for corner in _CORNERS[side])
        size = max(2.3 * float(np.linalg.norm(b - a)), 1.0)
        along = (b - a) / max(float(np.linalg.norm(b - a)), 1e-6)
        across = np.array([-along[1], along[0]])
        middle = (a + b) / 2
        ends = np.array([middle - along * size / 2, middle + along * size / 2, middle + across * size / 2])
        half = _SIDE / 2
        into = similarity(ends, np.array([[0.0, half], [_SIDE, half], [half, _SIDE]]))
        if side:  # the network was trained on one side only
            into = np.array([[-1.0, 0, _SIDE - 1], [0, 1, 0]]) @ np.vstack([into, (0, 0, 1)])
        crop = warped(image, into, _SIDE, 3.0)
        with self._lock:
            found = self._net.see(crop)
        flat = (found["output_eyes_contours_and_brows"], found["output_iris"])
        rims, iris = (one.astype(np.float64).reshape(-1, 3)[:, :2] for one in flat)
        back = cv2.invertAffineTransform(into)
        rims, iris = rims[list(_RING)] @ back[:, :2].T + back[:, 2], iris @ back[:, :2].T + back[:, 2]
        return Eye(rims, iris[0], float(np.linalg.norm(iris[1:] - iris[0], axis=1).mean()))


_RING: Final = (*range(9), *range(15, 8, -1))
"""The network's points along one lid's rim and back along the other."""


@cache
def _network() -> _Network:
    return _Network()


def look(out: Pixels, mesh: Points, side: int, aside: float, up: float) -> None:
    """Moves the iris of one eye (in place); closed eyes and eyes too small to have an iris are left alone.

    Args:
        out: uint8 RGB (H, W, 3) with a face on `mesh`.
        mesh: (468, 3), pixels.
        side: 0 for the right eye, 1 for the left.
        aside: -1 (to the image's left) to 1.
        up: -1 (down) to 1.
    """
    if (eye := eye_of(out, mesh, side)) is not None:
        look_with(eye, out, mesh, side, (aside, up))


def eye_of(image: Pixels, mesh: Points, side: int) -> Eye | None:
    """The right (0) or left (1) eye of the face on `mesh`; None where it is too small to have an iris."""
    ring = mesh[list(_RINGS[side]), :2]
    if _room(ring, image.shape).empty or min(np.ptp(ring, axis=0)) < 1:
        return None
    eye = _network().eye(image, mesh, side)
    return None if eye.radius < _LEAST or not np.isfinite(eye.rims).all() else eye


def look_with(eye: Eye, out: Pixels, mesh: Points, side: int, way: tuple[float, float]) -> None:
    """`look`, of an eye that was found already; `way` is `aside` and `up`."""
    aside, up = way
    ring = mesh[list(_RINGS[side]), :2]
    box = _room(ring, out.shape)
    if box.empty:
        return
    frame = _Frame.of(eye, ring, box)
    if (frame.low - frame.high)[frame.middle] < _CLOSED * (frame.right - frame.left):
        return
    view = box.cut(out)
    if aside:
        _moved(view, frame, frame.aside(aside))
    if up:
        _moved(view, frame, frame.upright(up, frame.far(aside)))


def _room(ring: Points, shape: tuple[int, ...]) -> Box:
    """What of a picture an eye's movement may change."""
    return Box.around(ring, 0.35 * float(np.ptp(ring[:, 0])) + 3, shape)


@dataclass(frozen=True, slots=True, eq=False)
class _Frame:
    """The eye's own axes: for each pixel `u` along the eye and `v` downwards, in radii from the middle of the iris.

    `high` and `low` are the rims' heights at each pixel's `u`, `left` and `right` the ends of the eye.
    """

    u: Points
    v: Points
    high: Points
    low: Points
    left: float
    right: float
    turn: Points
    radius: float

    @classmethod
    def of(cls, eye: Eye, ring: Points, box: Box) -> _Frame:
        """The frame of an eye in a box of its picture; `ring` (16, 2) are the mesh's rims."""
        a, b = ring[np.argmin(ring[:, 0])], ring[np.argmax(ring[:, 0])]
        along = (b - a) / max(float(np.linalg.norm(b - a)), 1e-6)
        turn = np.array([along, (-along[1], along[0])])
        rims = (np.vstack([eye.rims, ring]) - eye.centre) @ turn.T / eye.radius
        top, bottom = _rims(rims[:16])
        rows, columns = np.mgrid[box.top : box.bottom, box.left : box.right]
        u, v = np.moveaxis((np.dstack([columns, rows]) - eye.centre) @ turn.T / eye.radius, 2, 0)
        ends = float(rims[:, 0].min()), float(rims[:, 0].max())
        return cls(u, v, top(u), bottom(u), *ends, turn, eye.radius)

    @property
    def middle(self) -> tuple[int, int]:
        """The pixel in the middle of the iris."""
        row, column = np.unravel_index(int(np.hypot(self.u, self.v).argmin()), self.u.shape)
        return int(row), int(column)

    def far(self, aside: float) -> float:
        """Radii the iris goes aside."""
        room = max(0.0, (self.right if aside > 0 else -self.left) - 1)
        return aside * min(_LOOK[0], _ROOM * room)

    def aside(self, amount: float) -> Points:
        """How far each pixel moves for a look aside, radii: (H, W, 2)."""
        beyond = np.maximum(self.high - self.v, self.v - self.low)
        return np.dstack([self.far(amount) * self._along(0.0) * _ramp(1 - beyond / _FADE), 0 * self.u])

    def upright(self, up: float, at: float) -> Points:
        """How far each pixel moves for a look up or down, radii: (H, W, 2); the iris lies `at` radii aside.

        The lids have taken the picture along already: what is left to go is the rest of the way.
        """
        span = np.maximum(self.low - self.high, 0.1)
        part = np.clip((self.v - self.high) / span, 0, 1)
        follow = FOLLOWS_UP if up > 0 else FOLLOWS_DOWN
        way = -up * np.maximum(0, _LOOK[1] - span * (follow[0] * (1 - part) + follow[1] * part))
        before, after = (self.v - self.high, self.low - self.v) if up > 0 else (self.low - self.v, self.v - self.high)
        way = way * self._along(at) * _ramp(before / _UNDER) * _ramp(after / np.minimum(0.5 * span, 0.6))
        return np.dstack([0 * self.u, way])

    def _along(self, at: float) -> Points:
        """1 on the iris, 0 in the corners of the eye."""
        u, left, right = self.u - at, self.left - at, self.right - at
        near = _ramp((left - u) / (left + 1.05)) if left < -1.15 else (u > -1.1).astype(np.float64)
        return np.asarray(near * (_ramp((right - u) / (right - 1.05)) if right > 1.15 else u < 1.1), np.float64)


def _moved(view: Pixels, frame: _Frame, radii: Points) -> None:
    """Moves the pixels of a view by `radii` (H, W, 2) in the eye's axes (in place)."""
    shift = np.asarray(radii @ frame.turn * frame.radius, np.float32)
    moves = np.abs(shift).max(2) > 1e-3
    height, width = moves.shape
    x = np.arange(width, dtype=np.float32) - shift[..., 0]
    y = np.arange(height, dtype=np.float32)[:, None] - shift[..., 1]
    seen = cv2.remap(view, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    view[moves] = seen[moves]


def _rims(rims: Points) -> tuple[_Rim, _Rim]:
    """Upper and lower rim of the lids from their outline (16, 2), x to the right and y down."""
    first, second = rims[:9], np.vstack([rims[8:], rims[:1]])
    if first[4, 1] > second[4, 1]:
        first, second = second, first
    return _Rim(first[np.argsort(first[:, 0])]), _Rim(second[np.argsort(second[:, 0])])


@dataclass(frozen=True, slots=True, eq=False)
class _Rim:
    """A lid's rim as a line (N, 2)."""

    line: Points

    def __call__(self, x: Points | float) -> Points:
        """Its height at `x`."""
        return np.asarray(np.interp(x, self.line[:, 0], self.line[:, 1]), np.float64)


def _ramp(amount: Points) -> Points:
    """0 below 0, 1 above 1, smooth between."""
    clipped = np.clip(amount, 0, 1)
    return np.asarray(clipped * clipped * (3 - 2 * clipped), np.float64)


_RINGS: Final = (RIGHT_EYE, LEFT_EYE)
_LEAST: Final = 1.5
"""Pixels of radius below which an iris is no iris."""
