"""Parts of the face as soft masks that add up to the whole of it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import cv2
import numpy as np

from app.engines._filters import Floats, Points, polygon
from models.topology import LEFT_BROW, LEFT_EYE, LIPS_OUTER, NOSE, RIGHT_BROW, RIGHT_EYE

PARTS: Final = ("skin", "eyes", "brows", "nose", "mouth")
_GROWN: Final = {"eyes": 0.045, "brows": 0.02, "nose": 0.01, "mouth": 0.03}
"""Face widths that a part reaches beyond its landmarks: lids, single hairs, the rim of the lips."""
_SOFT: Final = 0.015
_RINGS: Final = {
    "eyes": (RIGHT_EYE, LEFT_EYE),
    "brows": (RIGHT_BROW, LEFT_BROW),
    "nose": (NOSE,),
    "mouth": (LIPS_OUTER,),
}
"""Where parts overlap, the one named first has it."""


def chosen_parts(mesh: Points, shape: tuple[int, ...], width: float, parts: Collection[str]) -> Floats:
    """How much of each pixel belongs to the chosen parts: (H, W) 0..1; 1 everywhere for all of them.

    Args:
        mesh: (468, >=2), pixels of the mask.
        shape: of the mask.
        width: of the face, pixels.
        parts: some of `PARTS`; skin is what is left by the others.
    """
    if set(parts) == set(PARTS):
        return np.ones(shape[:2], np.float32)
    left, total = np.ones(shape[:2], np.float32), np.zeros(shape[:2], np.float32)
    for part, rings in _RINGS.items():
        mine = np.zeros(shape[:2], np.float32)
        for ring in rings:
            hull = cv2.convexHull(mesh[list(ring), :2].astype(np.float32))[:, 0].astype(np.float64)
            mine = np.maximum(mine, polygon(shape, hull, _GROWN[part] * width, _SOFT * width))
        if part in parts:
            total += left * mine
        left *= 1 - mine
    return np.asarray(np.clip(total + left if "skin" in parts else total, 0, 1), np.float32)
