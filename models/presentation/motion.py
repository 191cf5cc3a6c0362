"""How a head and its parts stand against the same person's own neutral second: angles and shares, never a limit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from models.faces import Face
from models.presentation.path import Point

WINK: Final = 0.1
"""How much wider than the mean of both an eye may be open: behind the rims of glasses what is measured of lids is
unsteady (closed eyes of one face 0.45 and 0.60 of their own), and the mean of both is steadier than either."""

LIPS: Final = 0.06
"""How much less the rise of the outer lips counts than that of the gap between them. In a dark beard the mesh takes the
tongue for the lower lip: of one rendered man the gap rose by 0.04 to 0.19 with the mouth wide open, the outer lips by
0.22. Of 24 development people the gap rose by 0.24 to 0.71 then, the outer lips by 0.39 to 0.69; with the mouth open by
a third, as in talk, by at most 0.15 and 0.19, and with the head turned by 30 degrees by at most 0.19 and 0.20."""


@dataclass(frozen=True, slots=True)
class Rest:
    """The person's own neutral second: medians of yaw and pitch in degrees, of eyes, mouth and lips, and of the size.

    `mouth` is the inner-lip gap over the width of the mouth, `lips` the same of the outer lips in space, which a
    turn changes little. `size` is the distance between the eyes in pixels, as it would be seen from the front.
    """

    yaw: float
    pitch: float
    eyes: tuple[float, float]
    mouth: float
    lips: float
    size: float


@dataclass(frozen=True, slots=True)
class Moved:
    """One frame against the rest.

    Attributes:
        left: degrees the head turned to the person's own left.
        down: degrees it nodded.
        open: how far the eyes are open, each as a share of its own opening at rest: the mean of both, or, with a wink,
            that of the wider one less `WINK`.
        mouth: rise of the inner-lip gap over the mouth's width, or that of the outer lips less `LIPS`, if that is more.
        nearer: growth of the distance between the eyes, as a share.
    """

    left: float
    down: float
    open: float
    mouth: float
    nearer: float


def rest_of(faces: Sequence[Face]) -> Rest:
    """The neutral state of a few frames at rest."""

    def median(values: list[float]) -> float:
        return float(np.median(values))

    return Rest(
        median([f.pose.yaw for f in faces]),
        median([f.pose.pitch for f in faces]),
        (median([f.eyes[0] for f in faces]), median([f.eyes[1] for f in faces])),
        median([f.mouth for f in faces]),
        median([_lips(f) for f in faces]),
        median([_size(f) for f in faces]),
    )


def moved(face: Face, rest: Rest) -> Moved:
    """What changed since the rest; NaN where the face has no number."""
    return Moved(
        face.pose.yaw - rest.yaw,
        rest.pitch - face.pose.pitch,
        _open(face, rest),
        float(np.maximum(face.mouth - rest.mouth, _lips(face) - rest.lips - LIPS)),
        _size(face) / max(rest.size, 1e-6) - 1,
    )


def aim(face: Face, rest: Rest, field: Point) -> Point:
    """Where the nose points, x to the right and y up; `field` are the degrees (yaw, pitch) that make 1."""
    turned = moved(face, rest)
    return -turned.left / field[0], -turned.down / field[1]


def _open(face: Face, rest: Rest) -> float:
    shares = [now / max(then, 1e-6) for now, then in zip(face.eyes, rest.eyes, strict=True)]
    return float(max(np.mean(shares), np.max(shares) - WINK))


def _lips(face: Face) -> float:
    """From the upper lip's upper rim to the lower lip's lower rim, over the mouth's width."""
    high, low, right, left = face.mesh[[0, 17, 61, 291]]
    return float(np.linalg.norm(low - high) / max(float(np.linalg.norm(left - right)), 1e-6))


def _size(face: Face) -> float:
    """Pixels between the eyes, the foreshortening of a turn undone."""
    return face.eye_distance / max(0.5, math.cos(math.radians(face.pose.yaw)))
