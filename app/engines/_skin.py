"""Where skin is: soft masks of a face's parts at the resolution an engine paints in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from app.engines._blend import oval
from app.engines._filters import Floats, Points, blur, polygon
from app.engines._geometry import Box, Raster, normals
from models.topology import LEFT_BROW, LEFT_EYE, LIPS_INNER, LIPS_OUTER, RIGHT_BROW, RIGHT_EYE

_CHEEKS: Final = (
    (117, 118, 119, 100, 142, 36, 205, 50),
    (346, 347, 348, 329, 371, 266, 425, 280),
    (108, 151, 337, 336, 9, 107),
)
"""Outlines of places that are nearly always bare skin: both cheeks and the brow's middle."""


_SHADE: Final = 0.5
"""Share of the cheeks' lightness below which something on them is no skin in shade."""
_SLACK: Final = (60.0, 6.0, 6.0)
"""Least variance of skin in L, a, b."""


_NEAR: Final = 0.12
"""Face widths round the mesh in which its masks are made: beyond them they are nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Colour:
    """A colour as a Gaussian in CIE Lab: `middle` (3,), `inverse` covariance (3, 3), `size` the log of its determinant.

    Made of no colours it is as near to everything.
    """

    middle: Floats
    inverse: Floats
    size: float

    @classmethod
    def of(cls, known: Floats, slack: tuple[float, float, float]) -> Colour:
        """The colour of pixels `known` (N, 3); `slack` is the least variance per channel."""
        if len(known) < 12:
            return cls(np.zeros(3, np.float32), np.zeros((3, 3), np.float32), 0.0)
        spread = np.cov(known.T) + np.diag(slack)
        middle = np.asarray(np.median(np.ascontiguousarray(known.T), axis=1), np.float32)
        return cls(middle, np.linalg.inv(spread).astype(np.float32), float(np.linalg.slogdet(spread)[1]))

    def refined(self, known: Floats, slack: tuple[float, float, float], near: float) -> Colour:
        """The colour of those pixels of `known` (N, 3) that lie within `near` standard deviations of this one."""
        if not len(known):  # nothing of that part is in the picture
            return Colour.of(known, slack)
        return Colour.of(known[self.distance(known[None])[0] < near], slack)

    def distance(self, lab: Floats) -> Floats:
        """How far each pixel (H, W, 3) is, in standard deviations (H, W)."""
        # distances after whitening by the Cholesky factor are those under the covariance
        white = np.linalg.cholesky(self.inverse + 1e-12 * np.eye(3)).T
        x, y, z = cv2.split(cv2.transform(lab, np.column_stack([white, -white @ self.middle]).astype(np.float32)))
        return np.asarray(cv2.magnitude(cv2.magnitude(x, y), z), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """A picture to paint a face's skin and hair in, with its masks (H, W) 0..1.

    Attributes:
        lab: (H, W, 3) CIE Lab, L 0..100.
        light: (H, W) its lightness alone, in one piece.
        mesh: (468, 3) in pixels of `lab`.
        width: of the face, pixels.
        raster: the mesh drawn over all of `lab`.
        face: the whole mesh, feathered to nothing at its outline.
        bare: skin of the face: no eyes, lips, brows or hair in front of it.
        lips: the lips, without what is between them.
        brows: the brows.
        calm: `lab` without its grain, to judge colours by.
        tone: the colour of this person's skin.
        strange: how far `calm` is from it, standard deviations.
    """

    lab: Floats
    light: Floats
    mesh: Points
    width: float
    raster: Raster
    face: Floats
    bare: Floats
    lips: Floats
    brows: Floats
    calm: Floats
    tone: Colour
    strange: Floats


def canvas(lab: Floats, mesh: Points, width: float) -> Canvas:
    """The masks of one face; see `Canvas`."""
    whole = Box(0, 0, lab.shape[1], lab.shape[0])
    raster, calm = Raster(mesh, whole), blur(lab, 0.006 * width)
    face = oval(raster, width, feather=0.07, inset=0.0)
    near = Box.around(mesh, _NEAR * width, lab.shape)
    near = whole if near.empty else near
    inside, seen, shape = near.cut(face), near.cut(calm), near.shape
    own = mesh[:, :2] - near.corner
    eyes = _rings(shape, own, (LEFT_EYE, RIGHT_EYE), 0.012 * width, 0.008 * width)
    lips = _rings(shape, own, (LIPS_OUTER,), 0.008 * width, 0.008 * width)
    brows = _rings(shape, own, (LEFT_BROW, RIGHT_BROW), 0.014 * width, 0.010 * width)
    # the lower face shows the skin's whole range of light; over the brows there may be a fringe
    lower = np.arange(shape[0])[:, None] > own[[*LEFT_BROW, *RIGHT_BROW], 1].mean()
    plain = (inside * (1 - np.maximum(eyes, lips)) * (1 - brows) > 0.5) & lower
    known = seen[_rings(shape, own, _CHEEKS, 0, 0) > 0.5]
    if len(known):  # a frame of glasses is on them, not of them
        known = known[known[:, 0] > _SHADE * np.median(known[:, 0])]
    tone = Colour.of(known, _SLACK).refined(seen[plain], _SLACK, 3.5)
    strange = tone.distance(calm)
    far = near.cut(strange)
    # shadows and lines may leave the colour model; what is broadly skin is skin
    broad = np.clip(blur(np.clip((3.8 - far) / 1.5, 0, 1), 0.025 * width) * 2.2 - 0.35, 0, 1)
    # what is narrow and far from any skin is none (a frame of glasses, a nostril, a strand)
    foreign = np.asarray(cv2.dilate(np.clip((far - 3.6) / 1.2, 0, 1), np.ones((3, 3), np.uint8)), np.float32)
    bare = inside * (1 - np.maximum(eyes, lips)) * (1 - 0.8 * brows) * broad * (1 - blur(foreign, 0.004 * width))
    lips = lips * (1 - _rings(shape, own, (LIPS_INNER,), 0, 0.004 * width))
    bare, lips, brows = (
        near.laid(np.asarray(part, np.float32), lab.shape) for part in (bare, lips * inside, brows * inside)
    )
    light = np.asarray(cv2.extractChannel(lab, 0), np.float32)
    return Canvas(lab, light, mesh, width, raster, face, bare, lips, brows, calm, tone, strange)


def light_direction(on: Canvas) -> Points:
    """Where the light comes from in the image plane: (2,), longer for a more one-sided light, at most 1.

    Least squares of the low-frequency lightness on the mesh's normals.
    """
    some = on.raster.samples(normals(on.mesh), 7)
    if len(some) < 20:
        return np.array([0.0, -0.5])
    facts, step = np.column_stack([some, np.ones(len(some))]), on.raster.step
    smooth = blur(on.light, 0.06 * on.width)[::step, ::step][on.raster.known][::7]
    solved = np.linalg.lstsq(facts, smooth, rcond=None)[0][:2]
    length = float(np.linalg.norm(solved))
    return np.asarray(solved / (length + 1e-6) * min(1.0, length / 20 + 0.3), np.float64)


def _rings(
    shape: tuple[int, ...], mesh: Points, rings: tuple[tuple[int, ...], ...], grow: float, soft: float
) -> Floats:
    """Several polygons as one mask."""
    masks = [polygon(shape, mesh[list(ring), :2], grow, soft) for ring in rings]
    return np.asarray(np.maximum.reduce(masks), np.float32)
