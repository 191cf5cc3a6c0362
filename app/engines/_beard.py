"""Beards in a swap: hair is never swapped, on the chin as on the head, so a beard stays the target's or stays away."""

from __future__ import annotations

from typing import Final, Literal

import cv2
import numpy as np

from app.engines._filters import Floats, blur, polygon
from app.engines._geometry import Box, Seen, width_of
from app.engines._skin import Colour
from models.topology import LEFT_EYE, LIPS_OUTER, OVAL, RIGHT_EYE

_ACROSS: Final = 140.0
"""Pixels across the face at which a beard is looked for."""
_WHERE: Final = (
    *(234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323, 454),
    *(411, 425, 327, 2, 98, 205, 187),
)
"""Outline of all that a beard may cover: from ear to ear, along the jaw, and under the nose."""
_GROWN, _SOFT = 0.02, 0.03
"""Face widths."""
_CHEEKS: Final = ((117, 118, 119, 100, 142, 36, 205, 50), (346, 347, 348, 329, 371, 266, 425, 280))
"""Outlines of what is nearly always bare skin."""
_SLACK: Final = (60.0, 6.0, 6.0)
"""Least variance of skin in L, a, b."""
_OTHER: Final = (2.6, 4.0)
"""Standard deviations from the colour of the cheeks between which skin ends."""
_COVERED: Final = 0.42
"""Share of it that is not skin where there is a beard. By hand: a full beard covers 0.62 to 0.69, bare chins,
stubble and the shadows on seven real portraits 0.00 to 0.26."""


def other_beard(source: Seen, target: Seen, box: Box) -> Floats:
    """Where the target's lower face stays, (H, W) of `box`: 1 there if one of the two wears a beard and the other none.

    Half a beard is worse than either: it would end where the mesh does, on the jaw and the neck.
    """
    if bearded(source) == bearded(target):
        return np.zeros(box.shape, np.float32)
    mesh, width = target.face.mesh - np.append(box.corner, 0), width_of(target.face.mesh)
    return polygon(box.shape, mesh[list(_WHERE), :2], _GROWN * width, _SOFT * width)


def bearded(seen: Seen) -> Literal["beard", "bare"]:
    """Whether the lower face is covered by what has another colour than this person's skin."""
    width = width_of(seen.face.mesh)
    box = Box.around(seen.face.mesh, 0.05 * width, seen.pixels.shape)
    if box.empty:
        return "bare"
    scale = min(1.0, _ACROSS / width)
    view = box.cut(seen.pixels)
    size = (max(2, round(view.shape[1] * scale)), max(2, round(view.shape[0] * scale)))
    small = cv2.resize(view, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    mesh = (seen.face.mesh - np.append(box.corner, 0) + (0.5, 0.5, 0)) * scale - (0.5, 0.5, 0)
    lab = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2LAB), np.float32)
    calm = blur(lab, 0.006 * width * scale)
    cheeks = np.maximum(*(polygon(lab.shape, mesh[list(ring), :2]) for ring in _CHEEKS))
    face = polygon(lab.shape, mesh[list(OVAL), :2]) > 0.5
    face[: int(mesh[[*LEFT_EYE, *RIGHT_EYE], 1].max())] = False  # what is below shows the skin's whole range of light
    skin = Colour.of(calm[cheeks > 0.5], _SLACK).refined(calm[face], _SLACK, 3.5)
    lower = polygon(lab.shape, mesh[list(_WHERE), :2], 0, _SOFT * width * scale)
    lower = lower * (1 - polygon(lab.shape, mesh[list(LIPS_OUTER), :2], 0.008 * width * scale))
    other = np.clip((skin.distance(calm) - _OTHER[0]) / (_OTHER[1] - _OTHER[0]), 0, 1)
    return "beard" if float((other * lower).sum()) > _COVERED * max(float(lower.sum()), 1.0) else "bare"
