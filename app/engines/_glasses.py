"""Glasses in a swap: they do not lie on the skin, so the target keeps its own, or none."""

from __future__ import annotations

from typing import Final, Literal

import cv2
import numpy as np

from app.engines._filters import Floats, level, polygon
from app.engines._geometry import Box, Seen, width_of
from app.engines._shades import shade
from models.topology import LEFT_EYE, RIGHT_EYE

_ACROSS: Final = 200.0
"""Pixels across the face at which frames are looked for."""
_ROOM: Final = (
    (226, 31, 228, 229, 230, 231, 232, 233, 128, 114, 217, 126, 142, 36, 205, 50, 117, 111, 143, 35),
    (446, 261, 448, 449, 450, 451, 452, 453, 357, 343, 437, 355, 371, 266, 425, 280, 346, 340, 372, 265),
    (168, 193, 245, 188, 196, 197, 419, 412, 465, 417),
)
"""Outlines of where bare skin has no thin dark line: under both eyes down to the cheeks, and the bridge of the nose."""
_THIN: Final = 0.045
"""Face widths: what is narrower and darker than its surroundings counts as a line."""
_DARK: Final = (0.18, 0.30)
"""Share of the brightness round it that a line lacks, between which it comes to count."""
_COVERED: Final = 0.045
"""Share of that room that is line where glasses are worn. By hand: three shapes of frames on twenty drawn people 0.068
to 0.181, the same people without 0.000 to 0.008, seven real portraits without 0.001 to 0.024."""
_DARK_GLASS: Final = 0.8
"""`shade` below which dark glasses are worn. By hand, 34 pictures of drawn people in all lights and of real ones: 0.90
or more; below this limit are 30 with black glass drawn over the eyes, 25 with brown."""
_RINGS: Final = (RIGHT_EYE, LEFT_EYE)
_GROWN, _SOFT = 0.20, 0.025
"""Face widths round the eyes that stay, with their frames; softness of the border."""


def glasses(source: Seen, target: Seen, box: Box) -> Floats:
    """Where the target stays because somebody wears glasses, in either picture: (H, W) of `box`, 0..1."""
    if _wearing(source) == _wearing(target) == "nothing":
        return np.zeros(box.shape, np.float32)
    mesh, width = target.face.mesh - np.append(box.corner, 0), width_of(target.face.mesh)
    both = np.concatenate([mesh[list(ring), :2] for ring in _RINGS])
    hull = cv2.convexHull(both.astype(np.float32))[:, 0].astype(np.float64)
    return polygon(box.shape, hull, _GROWN * width, _SOFT * width)


def _wearing(seen: Seen) -> Literal["glasses", "nothing"]:
    """Whether thin dark lines run where skin has none, or it is dark under both eyes."""
    return "glasses" if lines(seen) > _COVERED or shade(seen) < _DARK_GLASS else "nothing"


def lines(seen: Seen) -> float:
    """Share of the skin under the eyes and of the nose's bridge that is thin dark line."""
    width = width_of(seen.face.mesh)
    box = Box.around(seen.face.mesh, 0, seen.pixels.shape)
    if box.empty:
        return 0.0
    scale = min(1.0, _ACROSS / width)
    view = box.cut(seen.pixels)
    size = (max(2, round(view.shape[1] * scale)), max(2, round(view.shape[0] * scale)))
    small = cv2.resize(view, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    mesh = (seen.face.mesh - np.append(box.corner, 0) + (0.5, 0.5, 0)) * scale - (0.5, 0.5, 0)
    grey = level(small)
    side = 2 * max(1, round(_THIN * width * scale / 2)) + 1
    closed = cv2.morphologyEx(grey, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    lacking = (closed - grey) / (closed + 6)
    dark = np.clip((lacking - _DARK[0]) / (_DARK[1] - _DARK[0]), 0, 1)
    room = np.maximum.reduce([polygon(grey.shape, mesh[list(ring), :2]) for ring in _ROOM])
    return float((dark * room).sum() / max(float(room.sum()), 1.0))
