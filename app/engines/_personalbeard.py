"""The beard of a learnt face: where it is, on the face and beyond the jaw, and where it may be drawn."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from app.engines._filters import Floats, Points, blur, polygon
from app.engines._skin import Colour
from app.engines._wrap import Atlas
from models.topology import LIPS_INNER, OVAL

_LOWER: Final = (
    *(234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323, 454),
    *(411, 425, 327, 2, 98, 205, 187),
)
"""Outline of all that a beard may cover: from ear to ear, along the jaw, and under the nose."""
_CHEEKS: Final = ((117, 118, 119, 100, 142, 36, 205, 50), (346, 347, 348, 329, 371, 266, 425, 280))
_CHIN: Final = (172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 405, 314, 17, 84, 181)
"""Outline of where a full beard always is."""
_BEYOND: Final = 0.16
"""Face widths below the jaw that a beard may reach."""
_SLACK: Final = (60.0, 6.0, 6.0)
_OTHER: Final = (2.2, 4.0)
"""Standard deviations from the skin between which hair begins."""
_LIKE: Final = (2.5, 4.5)
"""Standard deviations from the beard's own colour between which something else begins."""


def beard_of(atlas: Atlas, colours: Floats) -> Floats:
    """Where the beard is in an atlas of a bearded face: (h, w) 0..1.

    Args:
        atlas: the layout.
        colours: (h, w, 3), grey levels, the face seen from the front.
    """
    shape, scale, mesh = atlas.size[::-1], atlas.scale, atlas.mesh[:, :2]
    lab = cv2.cvtColor(np.clip(colours, 0, 255).astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    calm = blur(np.asarray(lab, np.float32), 0.008 * scale)
    cheeks = np.maximum(*(polygon(shape, mesh[list(ring)]) for ring in _CHEEKS)) > 0.5
    chin = polygon(shape, mesh[list(_CHIN)]) > 0.5
    skin = Colour.of(calm[cheeks], _SLACK)
    hair = chin & (skin.distance(calm) > _OTHER[0])
    own = Colour.of(calm[hair], _SLACK)
    other = _ramp(skin.distance(calm), _OTHER)
    like = 1 - _ramp(own.distance(calm), _LIKE)
    on_face = polygon(shape, mesh[list(_LOWER)], 0, 0.02 * scale)
    lips = polygon(shape, mesh[list(LIPS_INNER)], 0.01 * scale, 0.006 * scale)
    inside = on_face * np.maximum(other, chin) * (1 - lips)
    outline = _grown(mesh[list(OVAL)], _BEYOND * scale, mesh)
    below = polygon(shape, outline, 0, 0.04 * scale) * other * like
    below[: int(mesh[[93, 323], 1].mean())] = 0  # what hangs above the jaw is hair of the head
    return np.clip(blur(np.maximum(inside, below), 0.006 * scale), 0, 1)


def _ramp(values: Floats, limits: tuple[float, float]) -> Floats:
    return np.asarray(np.clip((values - limits[0]) / (limits[1] - limits[0]), 0, 1), np.float32)


def _grown(ring: Points, by: float, mesh: Points) -> Points:
    """An outline, further from the middle of the face by so many pixels."""
    away = ring - mesh.mean(0)
    return np.asarray(ring + away / np.linalg.norm(away, axis=1, keepdims=True) * by, np.float64)
