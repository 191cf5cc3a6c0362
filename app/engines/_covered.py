"""A mask over mouth and nose is no skin: nothing is drawn on it, nor taken from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from app.engines._filters import Floats, Points, blur, level, polygon, sample
from app.engines._geometry import Box, Raster, Seen, width_of
from app.engines._swap import nearest_view
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
_NOSE: Final = (129, 98, 97, 2, 326, 327, 358, 4)
"""Round the nostrils, which no beard and no expression takes away."""
_ROUND: Final = 0.02
"""Face widths round nose and lips that are compared with the person's own frames."""
_KNOWN: Final = 0.40
"""Correlation with the nearest own frame, of nose or of lips, from which one of them is seen. By hand, 36 pictures of
drawn people in all lights, poses and moods against their own frames: bare 0.51 or more, under masks of five kinds, some
of skin's colour, some with patterns, 0.57 or less and all but 6 of 155 under 0.43; eight pairs of real portraits of two
people 0.51 or more, a real hand over the mouth 0.24 or less."""
_FAR: Final = 24.0
"""Degrees of yaw from the nearest own frame beyond which a nose looks another one."""


def uncovered(*pictures: Seen, own: Sequence[Seen] = ()) -> None:
    """Pass faces whose mouth is not covered.

    Args:
        pictures: faces that something is drawn on or taken from.
        own: the person's own frames of the live check. Without them only a mask of another colour is seen.

    Raises:
        Refusal: `face-covered`.
    """
    for seen in pictures:
        if _looks_covered(seen) or (own and _looks_strange(seen, own)):
            raise Refusal(
                "face-covered",
                "Something covers the mouth and nose in this picture, such as a mask.",
                "Use a picture in which the whole face can be seen.",
                (seen.face.box,),
            )


@dataclass(frozen=True, slots=True, eq=False)
class _Small:
    """A face at `_ACROSS` pixels: its picture (H, W, 3), mesh and width."""

    pixels: Floats
    mesh: Points
    across: float

    @classmethod
    def of(cls, seen: Seen) -> _Small | None:
        """None where none of it is in the picture."""
        width = width_of(seen.face.mesh)
        box = Box.around(seen.face.mesh, 0.05 * width, seen.pixels.shape)
        if box.empty:
            return None
        scale = min(1.0, _ACROSS / width)
        view = box.cut(seen.pixels)
        size = (max(2, round(view.shape[1] * scale)), max(2, round(view.shape[0] * scale)))
        small = cv2.resize(view, size, interpolation=cv2.INTER_AREA).astype(np.float32)
        return cls(
            small, (seen.face.mesh - np.append(box.corner, 0) + (0.5, 0.5, 0)) * scale - (0.5, 0.5, 0), width * scale
        )


def _looks_covered(seen: Seen) -> bool:
    """By colour, and by edges that are missing where the lips should be."""
    small = _Small.of(seen)
    if small is None:
        return False
    mesh, across, grey = small.mesh, small.across, level(small.pixels)
    lips = polygon(grey.shape, mesh[list(LIPS_OUTER), :2], _LIPS * across) > 0.5
    lower = (polygon(grey.shape, mesh[list(_LOWER), :2]) > 0.5) & ~lips
    forehead = polygon(grey.shape, mesh[list(_FOREHEAD), :2]) > 0.5
    if not (lips.any() and lower.any() and forehead.any()):
        return False  # cut off by the picture's border; the gate has judged what is there
    edges = np.abs(grey - blur(grey, 0.03 * across)) / (blur(grey, 0.05 * across) + 6)
    lab = np.asarray(cv2.cvtColor(small.pixels / 255, cv2.COLOR_RGB2LAB), np.float32)
    apart = np.median(lab[lower], 0) - np.median(lab[forehead], 0)
    return bool(np.hypot(apart[1], apart[2]) > _COLOUR and np.quantile(edges[lips], 0.9) < _EDGES)


def _looks_strange(seen: Seen, own: Sequence[Seen]) -> bool:
    """By nose and lips that are both unlike the person's own: a mask of skin's colour, with a pattern, or in grey."""
    small, view = _Small.of(seen), nearest_view(own, seen)
    if small is None or abs(view.face.pose.yaw - seen.face.pose.yaw) > _FAR:
        return False
    raster = Raster(small.mesh, Box(0, 0, small.pixels.shape[1], small.pixels.shape[0]))
    if raster.empty:
        return False
    shrink = max(1.0, width_of(view.face.mesh) / small.across)
    known = sample(view.pixels, raster.spread(view.face.mesh[:, :2]), shrink)
    here, there = (_relief(one, small.across) for one in (small.pixels, known))
    return max(_alike(here, there, small, ring) for ring in (_NOSE, LIPS_OUTER)) < _KNOWN


def _relief(picture: Floats, across: float) -> Floats:
    """What is finer than light and coarser than noise: (H, W), as a logarithm."""
    light = np.asarray(np.log(np.maximum(level(picture), 0) + 6), np.float32)
    return blur(np.asarray(light - blur(light, 0.06 * across), np.float32), 0.008 * across)


def _alike(here: Floats, there: Floats, small: _Small, ring: tuple[int, ...]) -> float:
    """Correlation of two reliefs (H, W) round some points of the mesh; 1 where none of them is in the picture."""
    hull = cv2.convexHull(small.mesh[list(ring), :2].astype(np.float32))[:, 0].astype(np.float64)
    weight = polygon(here.shape, hull, _ROUND * small.across)
    total = float(weight.sum())
    if total < 1:
        return 1.0
    a, b = (one - (one * weight).sum() / total for one in (here, there))
    return float((a * b * weight).sum() / np.sqrt((a * a * weight).sum() * (b * b * weight).sum() + 1e-6))
