"""A mask over mouth and nose is no skin: nothing is drawn on it, nor taken from it."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from app.engines._filters import blur, level, polygon
from app.engines._geometry import Box, Seen, width_of
from consent.errors import Refusal
from models.topology import LIPS_OUTER

_ACROSS: Final = 140.0
"""Pixels across the face at which it is looked at."""
_LOWER: Final = (50, 280, 361, 397, 378, 152, 149, 172, 132)
_FOREHEAD: Final = (108, 151, 337, 336, 9, 107)
_LIPS: Final = 0.02
"""Face widths round the lips in which their edges are looked for."""
_COLOUR: Final = 8.5
"""Chroma, CIE Lab, by which the lower face differs from the forehead where it is covered."""
_EDGES: Final = 0.10
"""Contrast of the strongest tenth of the lips' surroundings, under which no mouth is seen. By hand, seventeen drawn and
real faces in all lights: bare and bearded 0.109 to 0.490, with blue, black and white masks drawn on 0.054 to 0.087 but
for two; their chroma differs by 0.7 to 17.4 and by 9.3 to 64.7. Both must hold: a beard has another colour, a blurred
mouth no edges."""


def uncovered(*pictures: Seen) -> None:
    """Pass faces whose mouth is not covered.

    Raises:
        Refusal: `face-covered`.
    """
    for seen in pictures:
        if _looks_covered(seen):
            raise Refusal(
                "face-covered",
                "Something covers the mouth and nose in this picture, such as a mask.",
                "Use a picture in which the whole face can be seen.",
                (seen.face.box,),
            )


def _looks_covered(seen: Seen) -> bool:
    width = width_of(seen.face.mesh)
    box = Box.around(seen.face.mesh, 0.05 * width, seen.pixels.shape)
    if box.empty:
        return False
    scale = min(1.0, _ACROSS / width)
    view = box.cut(seen.pixels)
    size = (max(2, round(view.shape[1] * scale)), max(2, round(view.shape[0] * scale)))
    small = cv2.resize(view, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    mesh = (seen.face.mesh - np.append(box.corner, 0) + (0.5, 0.5, 0)) * scale - (0.5, 0.5, 0)
    across, grey = width * scale, level(small)
    lips = polygon(grey.shape, mesh[list(LIPS_OUTER), :2], _LIPS * across) > 0.5
    lower = (polygon(grey.shape, mesh[list(_LOWER), :2]) > 0.5) & ~lips
    forehead = polygon(grey.shape, mesh[list(_FOREHEAD), :2]) > 0.5
    if not (lips.any() and lower.any() and forehead.any()):
        return False  # cut off by the picture's border; the gate has judged what is there
    edges = np.abs(grey - blur(grey, 0.03 * across)) / (blur(grey, 0.05 * across) + 6)
    lab = np.asarray(cv2.cvtColor(small / 255, cv2.COLOR_RGB2LAB), np.float32)
    apart = np.median(lab[lower], 0) - np.median(lab[forehead], 0)
    return bool(np.hypot(apart[1], apart[2]) > _COLOUR and np.quantile(edges[lips], 0.9) < _EDGES)
