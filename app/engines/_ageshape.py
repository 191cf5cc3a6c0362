"""How a face's shape moves with the years: soft tissue sags and thins, or rises and rounds.

Directions after what is measured on ageing faces: brows, lids and cheeks descend, jowls broaden the jaw, temples sink,
the nose's tip drops and its wings widen, ears lengthen, the upper lip lengthens and its red thins (Farkas et al. 2004;
Coleman and Grover 2006), the hairline rises. Of all steps, shape gives the most apparent age for the likeness it costs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from app.engines._filters import Points
from app.engines._geometry import Placement
from models.topology import LIPS_INNER, LIPS_OUTER


@dataclass(frozen=True, slots=True)
class _Pull:
    """A Gaussian pull round a landmark of each side; `older` and `younger` are (outward, down) at full strength.

    All lengths are face widths.
    """

    right: int
    left: int
    spread: tuple[float, float]
    older: tuple[float, float]
    younger: tuple[float, float]


_PULLS: Final = (
    _Pull(105, 334, (0.16, 0.06), (0, 0.016), (0, -0.010)),  # brows
    _Pull(46, 276, (0.07, 0.06), (0, 0.008), (0, -0.004)),  # their outer ends
    _Pull(33, 263, (0.05, 0.05), (-0.005, 0.008), (0.002, -0.004)),  # outer corners of the eyes
    _Pull(61, 291, (0.07, 0.07), (0.004, 0.016), (0, -0.007)),  # corners of the mouth
    _Pull(172, 397, (0.11, 0.10), (0.014, 0.010), (-0.016, -0.008)),  # jowls
    _Pull(136, 365, (0.11, 0.10), (0.014, 0.010), (-0.015, -0.008)),
    _Pull(150, 379, (0.11, 0.10), (0.014, 0.010), (-0.012, -0.008)),
    _Pull(205, 425, (0.13, 0.13), (-0.008, 0.012), (0.010, -0.010)),  # cheeks
    _Pull(54, 284, (0.10, 0.12), (-0.012, 0), (0.006, 0)),  # temples
    _Pull(129, 358, (0.06, 0.05), (0.010, 0.004), (-0.012, -0.003)),  # wings of the nose
    _Pull(4, 4, (0.09, 0.08), (0, 0.015), (0, -0.014)),  # tip of the nose
    _Pull(13, 13, (0.16, 0.06), (0, 0.010), (0, -0.008)),  # the upper lip is longer
    _Pull(152, 152, (0.20, 0.10), (0, 0.008), (0, -0.020)),  # chin
    _Pull(127, 356, (0.06, 0.07), (0.004, -0.006), (0, 0)),  # upper end of the ears
    _Pull(93, 323, (0.06, 0.09), (0.005, 0.014), (0, -0.004)),  # lobes
    _Pull(10, 10, (0.34, 0.11), (0, -0.016), (0, 0.006)),  # hairline
)
_EACH: Final = tuple(
    (landmark, side, pull)
    for pull in _PULLS
    for landmark, side in (((pull.right, -1),) if pull.right == pull.left else ((pull.right, -1), (pull.left, 1)))
)
_AT: Final = [landmark for landmark, _, _ in _EACH]
_SIDES: Final = np.array([(side, 1.0) for _, side, _ in _EACH])
_SPREADS: Final = np.array([pull.spread for _, _, pull in _EACH])
_OLDER: Final = np.array([pull.older for _, _, pull in _EACH])
_YOUNGER: Final = np.array([pull.younger for _, _, pull in _EACH])
_UPPER_LIDS: Final = ((246, 161, 160, 159, 158, 157), (466, 388, 387, 386, 385, 384))
_LOWER_LIDS: Final = ((7, 163, 144, 145, 153, 154), (249, 390, 373, 374, 380, 381))
_THINNER, _FULLER = 0.32, 0.22
"""Share of the lips' height that age takes and youth gives."""
_LAST, _HALF_WAY = 6.25, 120.0
"""Of the older side: what its strength would come to at last, and the years at half of that. By eye and by an age
network the first years of an even course hardly showed and the last ones were too much."""
_YOUNGER_YEARS = 15.0
"""Years younger at which every step has its full strength; further it goes on in a straight line."""


def strength_of(years: float) -> float:
    """Years as the strength of all steps: 0.48 at 10 years older, 1 at 23, 1.56 at 40; -1 at `_YOUNGER_YEARS`."""
    return _LAST * years / (years + _HALF_WAY) if years >= 0 else years / _YOUNGER_YEARS


def aged(mesh: Points, strength: float) -> Points:
    """The mesh (468, 3) at another age: see `strength_of`."""
    older, younger = max(strength, 0.0), max(-strength, 0.0)
    place = Placement.of(mesh)
    own = place.back(mesh)
    width = float(np.ptp(own[:, 0]))
    move = np.zeros_like(own)
    apart = (own[None, :, :2] - own[_AT, None, :2]) / (_SPREADS[:, None] * width)
    weight = np.exp(-(apart**2).sum(2))[..., None]
    move[:, :2] = (weight * ((older * _OLDER + younger * _YOUNGER) * _SIDES)[:, None]).sum(0)
    hood = np.linspace(1, 0.375, 6)  # the upper lid hangs most at its outer end
    for upper, lower in zip(_UPPER_LIDS, _LOWER_LIDS, strict=True):
        move[list(upper), 1] += older * 0.012 * hood - younger * 0.011
        move[list(lower), 1] += 0.003 * older + 0.007 * younger
    move *= width
    outer, inner = list(LIPS_OUTER), list(LIPS_INNER)
    move[outer] += (own[inner] - own[outer]) * (_THINNER * older - _FULLER * younger)
    return mesh + place.turn(move)
