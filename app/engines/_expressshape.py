"""How a face's shape moves with expression: generic directions on the person's own mesh, and their own movement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from app.engines._filters import Points
from app.engines._geometry import Placement, rigid
from models.topology import LEFT_BROW, LEFT_EYE, LIPS_INNER, LIPS_OUTER, RIGHT_BROW, RIGHT_EYE

_CORNERS: Final = (61, 291)
_CHEEKS: Final = (205, 425)
_EYES: Final = (RIGHT_EYE, LEFT_EYE)
_BROWS: Final = (RIGHT_BROW, LEFT_BROW)
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
_WIDER: Final = 0.22
"""Share of the eye's height that wide-open eyes gain."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An expression as numbers; 0 is as it is in the picture.

    Attributes:
        smile: -1 (corners of the mouth down) to 1.
        brows: -1 (lowered) to 1 (raised).
        eyes: -1 (closed) to 1 (wide).
        mouth: 0 to 1 (wide open).
    """

    smile: float = 0.0
    brows: float = 0.0
    eyes: float = 0.0
    mouth: float = 0.0


def expressed(mesh: Points, asked: Asked) -> Points:
    """The mesh (468, 3) with another expression, by generic directions; 0 everywhere changes nothing."""
    place = Placement.of(mesh)
    own = place.back(mesh)
    width = float(np.ptp(own[:, 0]))
    own = own / width
    # a smile widens the mouth; corners that go down do not narrow it as much
    smile = asked.smile
    corners = _smile(own) * ((smile, smile, smile) if smile > 0 else (0.25 * smile, 0.8 * smile, 0))
    move = corners + _brows(own) * asked.brows + _mouth(own) * asked.mouth + _eyes(own, asked.eyes)
    return mesh + place.turn(move * width)


def own_movement(neutral: Points, moved: Points, onto: Points) -> Points:
    """What a person's face does between two of their frames, as offsets (468, 3) on a third mesh `onto`.

    Both differences are taken in the head's frame, so a turn or a step between the frames is no movement. Eyes and
    brows are left out: lids are not seen by the mesh, and the upper head steadies the fit.
    """
    here = rigid(moved, neutral).forward(moved) - neutral
    offset = rigid(neutral, onto).turn(here)
    own = Placement.of(onto).back(onto)
    nose, eyes = own[4, 1], (own[33, 1] + own[263, 1]) / 2
    low = np.clip((own[:, 1] - (0.75 * eyes + 0.25 * nose)) / (0.5 * (nose - eyes)), 0, 1)
    return np.asarray(offset * low[:, None], np.float64)


def _pull(own: Points, centre: Points, spread: tuple[float, float]) -> Points:
    """Gaussian weight (468, 1) round a place, face widths."""
    apart = (own[:, :2] - centre[:2]) / spread
    return np.asarray(np.exp(-(apart**2).sum(1))[:, None], np.float64)


def _smile(own: Points) -> Points:
    """Corners out and up, cheeks and lower lids up, chin a little."""
    move = _pull(own, own[17], (0.10, 0.07)) * (0, -0.008, 0)
    for side, corner, cheek, eye in zip((-1, 1), _CORNERS, _CHEEKS, _EYES, strict=True):
        move = move + _pull(own, own[corner], (0.13, 0.11)) * (0.036 * side, -0.042, 0.012)
        move = move + _pull(own, own[cheek], (0.14, 0.12)) * (0.010 * side, -0.020, -0.010)
        lowest = own[list(eye)][np.argmax(own[list(eye), 1])]
        move = move + _pull(own, lowest + np.array([0, 0.02, 0]), (0.12, 0.03)) * (0, -0.010, 0)
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


def _brows(own: Points) -> Points:
    """Brows up, the forehead above them follows."""
    move = np.zeros_like(own)
    for brow in _BROWS:
        centre = own[list(brow)].mean(0)
        near = np.clip(1.25 * _pull(own, centre, (0.24, 0.075)), 0, 1)
        forehead = np.where(own[:, 1:2] < centre[1], _pull(own, centre, (0.24, 0.16)), 0)
        move += np.maximum(near, forehead) * (0, -0.042, 0)
    return move


def _eyes(own: Points, amount: float) -> Points:
    """Upper lids down to the lower ones (amount < 0), or a little up (> 0); what lies over them follows."""
    move = np.zeros_like(own)
    for uppers, lowers, overs, further in zip(_UPPER_LIDS, _LOWER_LIDS, _OVER_LIDS, _FURTHER_UP, strict=True):
        gap = own[list(lowers)] - own[list(uppers)]
        # a lid closes as one piece: margin and lashes keep their width, the skin under the brow gives way
        travel, lower = (-0.92 * amount, 0.08 * amount) if amount < 0 else (-_WIDER * amount, 0.3 * _WIDER * amount)
        move[list(uppers)] += travel * gap
        move[list(lowers)] += lower * gap
        move[list(overs)] += 0.85 * travel * gap
        move[list(further)] += 0.35 * travel * gap[1:-1]
    return move


def lip_gap(mesh: Points) -> float:
    """Inner-lip gap over inner-mouth width, as `Face.mouth`."""
    across = float(np.linalg.norm(mesh[78, :2] - mesh[308, :2]))
    return float(np.linalg.norm(mesh[13, :2] - mesh[14, :2])) / max(across, 1e-6)


def smile_of(mesh: Points) -> float:
    """How far the corners of the mouth are out and up, face widths; only differences of one person mean something."""
    own = Placement.of(mesh).back(mesh)
    width = float(np.ptp(own[:, 0]))
    across = np.linalg.norm(own[61] - own[291])
    rise = own[[*LIPS_INNER, *LIPS_OUTER], 1].mean() - own[[61, 291], 1].mean()
    return float((across + rise) / width)
