"""Dark glasses in a swap: no thin frame shows them, but the skin right under both eyes lies in their dark."""

from __future__ import annotations

from typing import Final

import numpy as np

from app.engines._filters import level, sample
from app.engines._geometry import Seen, width_of

_ACROSS: Final = 140.0
"""Pixels across the face at which brightness is compared."""
_LIDS: Final = ((31, 228, 229, 230, 231, 232), (261, 448, 449, 450, 451, 452))
"""Points under each lower lid."""
_BELOW: Final = ((117, 118, 119, 120, 120, 121), (346, 347, 348, 349, 349, 350))
"""The next ones, towards the cheek."""
_SHARES: Final = (0.0, 0.2, 0.4)
"""How far from the one to the other is looked at."""
_CHEEKS: Final = ((50, 205, 36, 142, 101, 118), (280, 425, 266, 371, 330, 347))
_BLACK: Final = 6.0
"""Grey levels added before a ratio."""


def shade(seen: Seen) -> float:
    """Brightness under the eyes over that of the cheeks, of the eye that lacks less: about 1 without dark glasses."""
    mesh = seen.face.mesh[:, :2]
    shrink = width_of(seen.face.mesh) / _ACROSS
    found = []
    for lid, below, cheek in zip(_LIDS, _BELOW, _CHEEKS, strict=True):
        way = mesh[list(below)] - mesh[list(lid)]
        under = np.array([mesh[list(lid)] + share * way for share in _SHARES])
        dark, skin = (
            float(np.median(level(sample(seen.pixels, np.asarray(places, np.float32), shrink)))) + _BLACK
            for places in (under, mesh[list(cheek)][None])
        )
        found.append(dark / skin)
    return max(found)
