"""From a recipe to a head: bones and flesh, eyeballs, lids that close, and expressions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from tests.people.asset import BODY, CAVITY, FACE, SOCKET, TEETH, TONGUE, Base, base
from tests.people.warp import FIELDS, warp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

_REST_GAZE = 2.5  # degrees below level: at the camera
EYEBALL = 7  # part number of the two eyeballs, after those of the asset

GROUPS: dict[str, dict[str, float]] = {
    "smile": {
        "mouthSmileLeft": 0.85,
        "mouthSmileRight": 0.85,
        "cheekSquintLeft": 0.5,
        "cheekSquintRight": 0.5,
        "eyeSquintLeft": 0.22,
        "eyeSquintRight": 0.22,
        "mouthDimpleLeft": 0.25,
        "mouthDimpleRight": 0.25,
        "mouthUpperUpLeft": 0.2,
        "mouthUpperUpRight": 0.2,
        "jawOpen": 0.06,
    },
    "open-mouth": {"jawOpen": 1.0, "mouthLowerDownLeft": 0.25, "mouthLowerDownRight": 0.25},
    "blink": {"eyeBlinkLeft": 1.0, "eyeBlinkRight": 1.0},
    "brows-up": {"browInnerUp": 0.8, "browOuterUpLeft": 0.8, "browOuterUpRight": 0.8},
    "brows-down": {"browDownLeft": 0.9, "browDownRight": 0.9},
    "frown": {"mouthFrownLeft": 0.8, "mouthFrownRight": 0.8, "browDownLeft": 0.4, "browDownRight": 0.4},
    "squint": {"eyeSquintLeft": 0.9, "eyeSquintRight": 0.9},
    "pucker": {"mouthPucker": 0.9},
    "surprise": {"browInnerUp": 0.9, "browOuterUpLeft": 0.9, "browOuterUpRight": 0.9, "jawOpen": 0.45},
}
"""Friendly names; every ARKit name (`jawOpen`, `eyeBlinkLeft` ...) works as well."""


@dataclass(frozen=True, slots=True)
class Bones:
    """What a head is made of, before skin and hair.

    Attributes:
        sex: 0 female to 1 male.
        age: 0 child, 1 young adult, 2 old; fractions blend.
        origin: weights of "african", "asian", "caucasian" (MakeHuman's names), summing to 1.
        weight: -1 thin to 1 heavy.
        axes: shape axis of `asset.Base.axes` or `warp.FIELDS` -> about -1..1.
        shut: how far the lips are pressed together at rest (MakeHuman people part them).
        wide: how far the eyes are opened at rest, in units of `eyeWide`.
        cheer: a trace of a smile at rest (without one MakeHuman people look sad).
        lids: correction of the blink that closes this person's lids, as `measure --lids` finds it.
    """

    sex: float = 0.5
    age: float = 1.0
    origin: Mapping[str, float] = field(default_factory=lambda: {"caucasian": 1.0})
    weight: float = 0.0
    axes: Mapping[str, float] = field(default_factory=dict)
    shut: float = 0.14
    wide: float = 0.35
    cheer: float = 0.16
    lids: float = 1.0


def _add(points: NDArray[np.float32], data: Base, name: str, amount: float) -> None:
    if name and amount:
        direction = data.directions[name]
        points[direction.at] += np.float32(amount) * direction.shift


def _ages(age: float) -> dict[str, float]:
    if age <= 1:
        return {"child": 1 - age, "young": age}
    return {"young": 2 - age, "old": age - 1}


def carve(bones: Bones) -> NDArray[np.float32]:
    """The (n, 3) points of a head in centimetres, the middle of the eyes at the origin."""
    data = base()
    points = data.rest.copy()
    for sex, s in (("female", 1 - bones.sex), ("male", bones.sex)):
        for age, a in _ages(bones.age).items():
            for origin, o in bones.origin.items():
                _add(points, data, f"macro/{origin}-{sex}-{age}", s * a * o)
            heavy = "max" if bones.weight > 0 else "min"
            _add(points, data, f"macro/{heavy}-{sex}-{age}", s * a * abs(bones.weight))
            _add(points, data, f"macro/average-{sex}-{age}", s * a * (1 - abs(bones.weight)))
    for axis, amount in bones.axes.items():
        if axis in FIELDS:
            continue
        positive, negative = data.axes[axis]
        _add(points, data, positive if amount > 0 or not negative else negative, abs(amount) if negative else amount)
    _add(points, data, "unit/mouthClose", bones.shut)
    for side in ("Left", "Right"):
        _add(points, data, f"unit/mouthSmile{side}", bones.cheer)
    _add(points, data, "unit/eyeWideLeft", bones.wide)
    _add(points, data, "unit/eyeWideRight", bones.wide)
    points -= (points[data.eyes[0]].mean(0) + points[data.eyes[1]].mean(0)) / 2
    return _lower_arms(warp(points, bones.axes))


def _lower_arms(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """MakeHuman people hold their arms away from the body: let them hang."""
    result = points.copy()
    shoulder_y = -16.0
    for side in (-1, 1):
        x = points[:, 0] * side
        amount = np.clip((x - 13.5) / 7, 0, 1) * np.clip((shoulder_y + 6 - points[:, 1]) / 6, 0, 1)
        amount = amount * amount * (3 - 2 * amount) * np.radians(38)
        dx, dy = x - 15.5, points[:, 1] - shoulder_y
        result[:, 0] = np.where(x > 13.5, side * (15.5 + dx * np.cos(amount) + dy * np.sin(amount)), result[:, 0])
        result[:, 1] = np.where(x > 13.5, shoulder_y + dy * np.cos(amount) - dx * np.sin(amount), result[:, 1])
    return result


@dataclass(frozen=True, slots=True, eq=False)
class Eyeball:
    """One eyeball: centre (3,), radius, the lid vertices that slide over it, and what closes its lids.

    `clear` is how near the centre each lid vertex may come: a lid's inside less than its outside, or they would mix.
    `lashes` are the vertices of its lashes, `roots` the place in `lids` of the lid vertex each of them grows on.
    """

    centre: NDArray[np.float32]
    radius: float
    lids: NDArray[np.int64]
    clear: NDArray[np.float32]
    close: float
    lashes: NDArray[np.int64]
    roots: NDArray[np.int64]


def eyeball_grid(rings: int = 12, spokes: int = 28) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Unit directions (p, 3) over the front of an eyeball, pole towards +z, and its triangles."""
    polar = np.linspace(0, np.radians(105), rings + 1)[1:]
    turn = np.arange(spokes) * 2 * np.pi / spokes
    grid = np.stack(
        [
            np.sin(polar)[:, None] * np.cos(turn),
            np.sin(polar)[:, None] * np.sin(turn),
            np.cos(polar)[:, None] * np.ones(spokes),
        ],
        -1,
    ).reshape(-1, 3)
    points = np.vstack([[[0, 0, 1]], grid]).astype(np.float32)
    triangles = [[0, 1 + i, 1 + (i + 1) % spokes] for i in range(spokes)]
    for r in range(rings - 1):
        for i in range(spokes):
            p, q = 1 + r * spokes + i, 1 + r * spokes + (i + 1) % spokes
            triangles += [[p, p + spokes, q], [q, p + spokes, q + spokes]]
    return points, np.array(triangles, np.int32)


_GRID, _GRID_TRIANGLES = eyeball_grid()


class Head:
    """A carved head that can take expressions. `points` are those of the asset, then two eyeballs."""

    def __init__(self, bones: Bones) -> None:
        """Carve, find the eyeballs and fit the blink to this person's lids."""
        data = base()
        self.rest, self._lids = carve(bones), bones.lids
        skin = np.unique(data.triangles[data.part == FACE])
        self.balls = tuple(self._ball(side, skin) for side in (0, 1))
        n = len(self.rest)
        grids = [_GRID_TRIANGLES + n, _GRID_TRIANGLES + n + len(_GRID)]
        self.triangles = np.concatenate([data.triangles, *grids])
        self.part = np.concatenate([data.part, np.full(2 * len(_GRID_TRIANGLES), EYEBALL, np.uint8)])
        self.look = np.zeros((n + 2 * len(_GRID), 3), np.float32)
        self.look[n:] = np.concatenate([_GRID, _GRID])
        self.occlusion = np.concatenate([data.occlusion, np.ones(2 * len(_GRID), np.float32)])
        self.neutral = self.pose({})

    def _ball(self, side: int, skin: NDArray[np.int64]) -> Eyeball:
        data = base()
        around = self.rest[data.eyes[side]]
        fit = np.linalg.lstsq(np.c_[2 * around, np.ones(len(around))], (around**2).sum(1), rcond=None)[0]
        centre = fit[:3].astype(np.float32)
        radius = float(np.linalg.norm(around - centre, axis=1).mean())
        offset = self.rest[skin] - centre
        near = skin[(np.linalg.norm(offset, axis=1) < radius * 1.75) & (offset[:, 2] > 0)]
        direction = data.directions[f"unit/eyeBlink{('Right', 'Left')[side]}"]
        move = np.zeros_like(self.rest)
        move[direction.at] = direction.shift
        o = self.rest[near] - centre
        r = np.linalg.norm(o, axis=1)
        rim = near[(np.abs(o[:, 0]) < 0.5) & (r < radius * 1.28) & (r > radius * 1.06)]
        upper = rim[(self.rest[rim, 1] > centre[1]) & (move[rim, 1] < -0.5)]
        lower = rim[(self.rest[rim, 1] < centre[1]) & (move[rim, 1] > -0.4)]
        top = upper[np.argsort(self.rest[upper, 1])[:5]]
        bottom = lower[np.argsort(-self.rest[lower, 1])[:5]]
        gap = float(self.rest[top, 1].mean() - self.rest[bottom, 1].mean())
        travel = float(move[bottom, 1].mean() - move[top, 1].mean())
        lashes = np.unique(data.lashes)
        lashes = lashes[(data.rest[lashes, 0] > 0) == bool(side)]
        apart = np.linalg.norm(data.rest[lashes][:, None] - data.rest[near][None], axis=2)
        close = float(np.clip((gap + 0.10) / max(travel, 0.2), 0.4, 1.5)) * self._lids
        away = np.linalg.norm(self.rest[near] - centre, axis=1)
        clear = (radius + 0.02 + 0.13 * np.clip((away - radius) / 0.3, 0, 1)).astype(np.float32)
        return Eyeball(centre, radius, near, clear, close, lashes, apart.argmin(1))

    def pose(self, expression: Mapping[str, float], gaze: tuple[float, float] = (0.0, 0.0)) -> NDArray[np.float32]:
        """Points (n + eyeballs, 3) with an expression and a gaze (degrees to the image's right, up)."""
        data = base()
        points = self.rest.copy()
        for name, amount in resolve(expression).items():
            if name == "eyeBlinkRight":
                amount *= self.balls[0].close  # noqa: PLW2901
            elif name == "eyeBlinkLeft":
                amount *= self.balls[1].close  # noqa: PLW2901
            _add(points, data, f"unit/{name}", amount)
        eyes = []
        for ball in self.balls:
            offset = points[ball.lids] - ball.centre
            distance = np.linalg.norm(offset, axis=1)
            clear = ball.clear
            inside = (distance < clear) & (offset[:, 2] > 0.3 * distance)
            push = np.where(inside, clear / np.maximum(distance, 1e-6) - 1, 0)[:, None] * offset
            points[ball.lids] += push
            points[ball.lashes] += push[ball.roots]
            eyes.append(_GRID @ rotation(gaze[0], gaze[1] - _REST_GAZE, 0).T * ball.radius + ball.centre)
        return np.concatenate([points, *eyes]).astype(np.float32)


def resolve(expression: Mapping[str, float]) -> dict[str, float]:
    """Expression by unit names: groups opened, amounts added.

    Raises:
        KeyError: a name is neither a group nor a face unit.
    """
    units: dict[str, float] = {}
    for name, amount in expression.items():
        if name not in GROUPS and f"unit/{name}" not in base().directions:
            raise KeyError(name)
        for unit, share in GROUPS.get(name, {name: 1.0}).items():
            units[unit] = units.get(unit, 0.0) + share * amount
    return {unit: amount for unit, amount in units.items() if amount}


def rotation(yaw: float, pitch: float, roll: float) -> NDArray[np.float32]:
    """Rotation (3, 3), degrees: yaw > 0 turns +z to +x, pitch > 0 turns +z to +y, roll > 0 turns +y to +x."""
    y, p, r = np.radians([yaw, pitch, roll])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), np.sin(p)], [0, -np.sin(p), np.cos(p)]])
    about_z = np.array([[np.cos(r), np.sin(r), 0], [-np.sin(r), np.cos(r), 0], [0, 0, 1]])
    result: NDArray[np.float32] = (about_z @ about_y @ about_x).astype(np.float32)
    return result


__all__ = ["BODY", "CAVITY", "EYEBALL", "FACE", "GROUPS", "SOCKET", "TEETH", "TONGUE", "Bones", "Head", "rotation"]
