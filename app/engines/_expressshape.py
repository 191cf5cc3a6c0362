"""How a face's shape moves with expression: generic directions on the person's own mesh, and their own movement."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from app.engines._filters import Points
from app.engines._geometry import Placement
from models.topology import LEFT_BROW, LEFT_EYE, RIGHT_BROW, RIGHT_EYE

Pair = tuple[float, float]
"""A value for the person's right side and one for the left."""

_CORNERS: Final = (61, 291)
_CHEEKS: Final = (205, 425)
_EYES: Final = (RIGHT_EYE, LEFT_EYE)
_BROWS: Final = (RIGHT_BROW, LEFT_BROW)
_INNER: Final = (55, 285)
"""Inner ends of the brows."""
_UPPER_LIP: Final = (
    *(78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308),
    *(61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291),
    *(62, 183, 42, 41, 38, 12, 268, 271, 272, 407, 292),
    *(76, 184, 74, 73, 72, 11, 302, 303, 304, 408, 306),
)
_LOWER_LIP: Final = (
    *(95, 88, 178, 87, 14, 317, 402, 318, 324),
    *(96, 89, 179, 86, 15, 316, 403, 319, 325),
    *(77, 90, 180, 85, 16, 315, 404, 320, 307),
    *(146, 91, 181, 84, 17, 314, 405, 321, 375),
)
_UPPER_LIDS: Final = ((246, 161, 160, 159, 158, 157, 173), (466, 388, 387, 386, 385, 384, 398))
_LOWER_LIDS: Final = ((7, 163, 144, 145, 153, 154, 155), (249, 390, 373, 374, 380, 381, 382))
_OVER_LIDS: Final = ((247, 30, 29, 27, 28, 56, 190), (467, 260, 259, 257, 258, 286, 414))
"""The row of points above each upper lid's own."""
_FURTHER_UP: Final = ((225, 224, 223, 222, 221), (445, 444, 443, 442, 441))
"""And the row above that; it has no points over the corners."""
_JAW: Final = 0.15
"""Face widths the lower lip travels at a fully open mouth."""
_TILT: Final = 7.0
"""Degrees of a full tilt: hair and neck follow by bending only."""
_TURN: Final = 8.0
"""Degrees of a full turn: what a picture of one side knows of the other is little."""
_DEPTH: Final = 0.45
"""Face widths behind the bridge of the nose about which a head turns."""
FOLLOWS_UP: Final = (0.19, 0.14)
"""Share of the eye's height the upper and the lower lid follow a gaze all the way up."""
FOLLOWS_DOWN: Final = (0.20, 0.06)
"""And down: there the upper lid goes along with the iris."""
_SKIN: Final = (0.75, 1.1)
"""Heights of the open eye between lid and brow: with the first no eye can be closed, with the second it can wholly."""
_WIDER: Final = 0.22
"""Share of the eye's height that wide-open eyes gain."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An expression as numbers; 0 is as it is in the picture. Right and left are the person's own.

    Attributes:
        smile: -1 (corners of the mouth down) to 1.
        brows: -1 (lowered) to 1 (raised).
        eyes: -1 (closed) to 1 (wide).
        mouth: 0 to 1 (wide open).
        gaze: -1 (to the image's left) to 1 (to its right).
        gaze_up: -1 (down) to 1 (up).
        tilt: -1 to 1 (clockwise in the image), the head towards a shoulder.
        turn: -1 to 1 (the nose to the image's right).
        grief: 0 to 1, the inner ends of the brows up.
        corner_right, corner_left: added to `smile` on one side; so are the next four.
        brow_right, brow_left: added to `brows`.
        eye_right, eye_left: added to `eyes`.
    """

    smile: float = 0.0
    brows: float = 0.0
    eyes: float = 0.0
    mouth: float = 0.0
    gaze: float = 0.0
    gaze_up: float = 0.0
    tilt: float = 0.0
    turn: float = 0.0
    grief: float = 0.0
    corner_right: float = 0.0
    corner_left: float = 0.0
    brow_right: float = 0.0
    brow_left: float = 0.0
    eye_right: float = 0.0
    eye_left: float = 0.0

    def added(self, other: Asked, share: float = 1.0) -> Asked:
        """This and a share of another."""
        return Asked(*(getattr(self, f.name) + share * getattr(other, f.name) for f in fields(self)))

    def limited(self) -> Asked:
        """With every number in its range."""
        low = {"mouth": 0.0, "grief": 0.0}
        names = [one.name for one in fields(self)]
        return Asked(*(min(1.0, max(low.get(name, -1.0), getattr(self, name))) for name in names))

    @property
    def corners(self) -> Pair:
        """The smile right and left."""
        return _both(self.smile, self.corner_right, self.corner_left)

    @property
    def both_brows(self) -> Pair:
        """The brows, right and left."""
        return _both(self.brows, self.brow_right, self.brow_left)

    @property
    def both_eyes(self) -> Pair:
        """The lids, right and left."""
        return _both(self.eyes, self.eye_right, self.eye_left)


def _both(common: float, right: float, left: float) -> Pair:
    return max(-1.0, min(1.0, common + right)), max(-1.0, min(1.0, common + left))


def expressed(mesh: Points, asked: Asked) -> Points:
    """The mesh (468, 3) with another expression, by generic directions; 0 everywhere changes nothing."""
    place = Placement.of(mesh)
    own = place.back(mesh)
    width = float(np.ptp(own[:, 0]))
    own = own / width
    move = _smile(own, asked.corners) + _brows(own, asked.both_brows, asked.grief)
    move += _mouth(own) * asked.mouth + _eyes(own, asked.both_eyes, asked.gaze_up)
    after = own + move
    if asked.tilt or asked.turn:
        after = _turned(after, asked.tilt, asked.turn)
    return mesh + place.turn((after - own) * width)


def _turned(own: Points, tilt: float, turn: float) -> Points:
    """The whole face turned about a point behind the bridge of the nose: its middle stays, so both ends move little."""
    roll, yaw = math.radians(_TILT * tilt), math.radians(_TURN * turn)
    about_z = np.array([[math.cos(roll), -math.sin(roll), 0], [math.sin(roll), math.cos(roll), 0], [0, 0, 1]])
    about_y = np.array([[math.cos(yaw), 0, -math.sin(yaw)], [0, 1, 0], [math.sin(yaw), 0, math.cos(yaw)]])
    pivot = own[168] + (0, 0, _DEPTH)
    return np.asarray((own - pivot) @ (about_z @ about_y).T + pivot, np.float64)


def expression_of(mesh: Points, neutral: Points) -> Points:
    """What a face does, as offsets (468, 3) in the head's frame (centimetres of the canonical head).

    Args:
        mesh: the face.
        neutral: the same person's at rest, seen from about the same side (the mesh of a turned face is another one).
    """
    return Placement.of(mesh).back(mesh) - Placement.of(neutral).back(neutral)


def lower_face(mesh: Points) -> Points:
    """1 from the middle of the nose downwards, 0 from the eyes upwards: (468, 1)."""
    own = Placement.of(mesh).back(mesh)
    nose, eyes = own[4, 1], (own[33, 1] + own[263, 1]) / 2
    low = np.clip((own[:, 1] - (0.75 * eyes + 0.25 * nose)) / (0.5 * (nose - eyes)), 0, 1)
    return np.asarray(low[:, None], np.float64)


def _pull(own: Points, centre: Points, spread: tuple[float, float]) -> Points:
    """Gaussian weight (468, 1) round a place, face widths."""
    apart = (own[:, :2] - centre[:2]) / spread
    return np.asarray(np.exp(-(apart**2).sum(1))[:, None], np.float64)


def _smile(own: Points, amounts: Pair) -> Points:
    """Corners out and up, cheeks and lower lids up, chin a little; corners that go down do not narrow the mouth."""
    both = max(0.0, sum(amounts) / 2)
    move = _pull(own, own[17], (0.10, 0.07)) * (0, -0.008 * both, 0)
    for side, amount, corner, cheek, eye in zip((-1, 1), amounts, _CORNERS, _CHEEKS, _EYES, strict=True):
        if not amount:
            continue
        part = _pull(own, own[corner], (0.13, 0.11)) * (0.036 * side, -0.042, 0.012)
        part = part + _pull(own, own[cheek], (0.14, 0.12)) * (0.010 * side, -0.020, -0.010)
        lowest = own[list(eye)][np.argmax(own[list(eye), 1])]
        part = part + _pull(own, lowest + np.array([0, 0.02, 0]), (0.12, 0.03)) * (0, -0.010, 0)
        move = move + part * ((amount,) * 3 if amount > 0 else (0.25 * amount, 0.8 * amount, 0))
    return np.asarray(move, np.float64)


def _mouth(own: Points) -> Points:
    """The jaw drops as on a hinge: lower lip and chin down, corners in and down, upper lip stays."""
    line = (own[13, 1] + own[14, 1]) / 2
    below = np.clip((own[:, 1] - line) / (own[152, 1] - line), 0, 1.2)
    lateral = np.exp(-((np.abs(own[:, 0] - own[14, 0]) / 0.42) ** 4))
    jaw = np.where(own[:, 1] > line, 0.75 + 0.25 * below, 0) * lateral
    jaw[list(_UPPER_LIP)] = 0
    from_middle = 2 * np.abs(own[:, 0] - own[14, 0]) / max(abs(own[291, 0] - own[61, 0]), 1e-6)
    lip = list(_LOWER_LIP)
    jaw[lip] = 0.95 * (1 - np.clip(from_middle[lip], 0, 1) ** 2.2)
    move = jaw[:, None] * (0, _JAW, 0.03)
    for side, corner in zip((-1, 1), _CORNERS, strict=True):
        move = move + _pull(own, own[corner], (0.06, 0.06)) * (-0.022 * side, 0.030, 0)
    return np.asarray(move, np.float64)


def _brows(own: Points, amounts: Pair, grief: float) -> Points:
    """Brows up, the forehead above them follows; `grief` lifts their inner ends alone and draws them together."""
    move = np.zeros_like(own)
    for side, amount, brow, inner in zip((-1, 1), amounts, _BROWS, _INNER, strict=True):
        centre = own[list(brow)].mean(0)
        above = own[:, 1:2] < centre[1]
        near = np.clip(1.25 * _pull(own, centre, (0.24, 0.075)), 0, 1)
        forehead = np.where(above, _pull(own, centre, (0.24, 0.16)), 0)
        own_side = 1 / (1 + np.exp(-np.clip(side * own[:, :1] / 0.02, -50, 50)))
        move += np.maximum(near, forehead) * (0, -0.042 * amount, 0) * own_side
        if grief:
            end = own[inner]
            lifted = np.maximum(
                _pull(own, end, (0.11, 0.07)), np.where(own[:, 1:2] < end[1], _pull(own, end, (0.11, 0.14)), 0)
            )
            move += lifted * (-0.006 * side * grief, -0.032 * grief, 0) * own_side
            outer = centre + (own[brow[0]] - centre) * 0.9
            move += _pull(own, outer, (0.10, 0.06)) * (0, 0.008 * grief, 0)
    return move


def _eyes(own: Points, amounts: Pair, gaze_up: float) -> Points:
    """Upper lids down to the lower ones (amount < 0), or a little up (> 0); what lies over them follows.

    Lids follow the gaze up and down as well.
    """
    move = np.zeros_like(own)
    follow = FOLLOWS_UP if gaze_up > 0 else FOLLOWS_DOWN
    rows = zip(amounts, _UPPER_LIDS, _LOWER_LIDS, _OVER_LIDS, _FURTHER_UP, strict=True)
    for amount, uppers, lowers, overs, further in rows:
        gap = own[list(lowers)] - own[list(uppers)]
        # a lid closes as one piece: margin and lashes keep their width, the skin under the brow gives way
        travel, lower = (-0.92 * amount, 0.08 * amount) if amount < 0 else (-_WIDER * amount, 0.3 * _WIDER * amount)
        open_still = max(0.0, 1 + min(amount, 0.0))
        travel -= follow[0] * gaze_up * open_still
        lower -= follow[1] * gaze_up * open_still
        move[list(uppers)] += travel * gap
        move[list(lowers)] += lower * gap
        move[list(overs)] += 0.85 * travel * gap
        move[list(further)] += 0.35 * travel * gap[1:-1]
    return move


def closable(mesh: Points, side: int) -> float:
    """How far an eye (0 the right, 1 the left) can be closed by bending, 0.3 to 1.

    What closes it is the skin between lid and brow; where there is little, the brow would be drawn over the eye.
    """
    own = Placement.of(mesh).back(mesh)
    lid, below = own[_UPPER_LIDS[side][3], 1], own[_LOWER_LIDS[side][3], 1]
    skin = lid - own[list(_BROWS[side][6:9]), 1].max()
    return float(np.clip((skin / max(below - lid, 1e-6) - _SKIN[0]) / (_SKIN[1] - _SKIN[0]), 0.3, 1))


def eye_share(side: int) -> Points:
    """How far each point follows the lids of an eye (0 the right, 1 the left): (468, 1), 0..1."""
    share = np.zeros((468, 1))
    rows = ((_UPPER_LIDS, 1.0), (_LOWER_LIDS, 1.0), (_OVER_LIDS, 0.85), (_FURTHER_UP, 0.35))
    for points, much in rows:
        share[list(points[side])] = much
    return share


def lip_gap(mesh: Points) -> float:
    """Inner-lip gap over inner-mouth width, as `Face.mouth`."""
    across = float(np.linalg.norm(mesh[78, :2] - mesh[308, :2]))
    return float(np.linalg.norm(mesh[13, :2] - mesh[14, :2])) / max(across, 1e-6)


def smile_of(mesh: Points) -> float:
    """How far the corners of the mouth are out and up, face widths; only differences of one person mean something.

    Up is towards the nose: an open mouth, whose corners go down, is no smile however far its lips are apart.
    """
    own = Placement.of(mesh).back(mesh)
    width = float(np.ptp(own[:, 0]))
    across = np.linalg.norm(own[61] - own[291])
    rise = own[2, 1] - own[[61, 291], 1].mean()
    return float((across + rise) / width)
