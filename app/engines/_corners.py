"""The corners of an open mouth lie in the shade of lips and cheeks: what gleams there alone looks like fangs."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from app.engines._filters import Floats, Points, blur, level, polygon
from models.topology import LIPS_INNER, LIPS_OUTER

_MIDDLE, _PLACES = 0.45, 9
"""Share of the way from the mouth's middle to a corner up to which a row of teeth is looked for, in so many places."""
_CORNER: Final = (0.5, 0.8)
"""Such shares between which the shade comes on."""
_OPEN: Final = 0.04
"""Height of the inside, in face widths, from which a mouth has corners in shade."""
_GLEAM: Final = (1.15, 1.6)
"""Brightness over that of the mouth's inside between which something gleams."""
_TOP: Final = 0.4
"""Share of the inside's height under the upper lip in which a row of teeth is looked for."""
_ROW: Final = (0.3, 0.7)
"""Share of these places where something gleams: up to the first no row is seen there, from the second one is."""
_GROWN: Final = 0.008
"""Face widths round what gleams that are shaded with it."""


def shaded(mouth: Floats, mesh: Points, width: float) -> Floats:
    """A lent mouth whose corners do not gleam by themselves; a row of teeth that runs through them stays.

    Args:
        mouth: (H, W, 3) grey levels.
        mesh: (468, >=2), where the face lies in it.
        width: of that face, pixels.

    Returns:
        (H, W, 3), `mouth` itself where nothing is to be done.
    """
    inner = mesh[list(LIPS_INNER), :2]
    right, left = mesh[78, :2], mesh[308, :2]
    along, height = (left - right) / 2, float(np.linalg.norm(mesh[13, :2] - mesh[14, :2]))
    half = float(np.linalg.norm(along))
    if height < _OPEN * width or half < 1:
        return mouth
    inside = polygon(mouth.shape, inner)
    near = polygon(mouth.shape, inner, 0.016 * width, 0.004 * width)  # corners of the mesh err by some pixels
    lips = polygon(mouth.shape, mesh[list(LIPS_OUTER), :2], 0, 0.004 * width)
    rows, columns = np.mgrid[: mouth.shape[0], : mouth.shape[1]]
    away = np.stack([columns, rows], 2) - (right + left) / 2
    across = away @ (along / half**2)
    to_corner = np.abs(across)
    grey = level(mouth)
    known = (inside > 0.5) & (to_corner < _CORNER[0])
    if known.sum() < 12:
        return mouth
    dark = float(np.median(grey[known]))
    gleam = np.clip((grey / max(dark, 1.0) - _GLEAM[0]) / (_GLEAM[1] - _GLEAM[0]), 0, 1)
    down = (away - (mesh[13, :2] - (right + left) / 2)) @ (mesh[14, :2] - mesh[13, :2]) / max(height, 1.0) ** 2
    top = (inside > 0.5) & (to_corner < _MIDDLE) & (down < _TOP)
    place = np.round((across[top] + _MIDDLE) / (2 * _MIDDLE) * (_PLACES - 1)).astype(int)
    seen = np.zeros(_PLACES)
    np.maximum.at(seen, place, gleam[top])
    alone = 1 - np.clip((float(seen.mean()) - _ROW[0]) / (_ROW[1] - _ROW[0]), 0, 1)
    red = (mouth.max(2) - mouth.min(2)) / np.maximum(mouth.max(2), 1)
    white = np.clip(2 * (1 - red / max(float(np.median(red[lips > 0.5])), 0.05)), 0, 1)
    corner = np.clip((to_corner - _CORNER[0]) / (_CORNER[1] - _CORNER[0]), 0, 1)
    found = np.asarray(np.clip(2 * gleam * white - 0.4, 0, 1) * near * alone, np.float32)
    side = 2 * round(_GROWN * width) + 1
    found = np.asarray(cv2.dilate(found, np.ones((side, side), np.uint8)), np.float32)  # with their soft rims
    share = (blur(found, 0.003 * width) * lips * corner)[..., None]
    calm = np.median(mouth[known], axis=0).astype(np.float32) * np.float32(0.8)
    return np.asarray(mouth * (1 - share) + calm * share, np.float32)
