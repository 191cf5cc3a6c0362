"""Hair turns grey strand by strand: salt among pepper, temples first, never a veil and never a rim of light.

Strands come from the hair's own light and dark; where a picture shows none (black hair in shade), fine noise is drawn
out along the direction in which the hair runs, read from the structure tensor (Bigun and Granlund 1987), by line
integral convolution (Cabral and Leedom 1993).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from app.engines._filters import Floats, Points, blur, resize
from app.engines._skin import Canvas

_GREY: Final = 64.0
"""Lightness of a grey strand in a picture lit as usual."""
_LIFT: Final = 0.62
"""Share of the way to it that a turned strand goes: the light on the hair stays readable."""
STRAND: Final = 0.02
"""Face widths over which the surroundings of a strand are taken."""
FADES: Final = 0.85
"""Share of its colour that a turned strand loses."""
_FLOW: Final = (1.0, 2.0, 4.0, 7.0)
"""Steps, in pixels of half the canvas, by which noise is drawn out."""


@dataclass(frozen=True, slots=True)
class Hair:
    """What a picture's hair is like.

    Attributes:
        mean: lightness.
        spread: of the lightness.
        rough: strength of its strands, as lightness.
        needed: 0..1, how little of it is grey already.
        lift: lightness that a turned strand gains.
    """

    mean: float
    spread: float
    rough: float
    needed: float
    lift: float

    @classmethod
    def of(cls, on: Canvas, mask: Floats) -> Hair:
        """Measured under a mask (H, W) that is not empty."""
        mass, light = float(mask.sum()), on.light
        mean = 1 + float((light * mask).sum() / mass)
        spread = float(np.sqrt(((light - mean) ** 2 * mask).sum() / mass)) + 2
        # what is light and colourless is grey already
        _, green_red, blue_yellow = cv2.split(on.lab)
        chroma = float((np.hypot(green_red, blue_yellow) * mask).sum() / mass)
        needed = float(min(1.0, np.clip((chroma - 14) / 12, 0, 1) + np.clip((60 - mean) / 25, 0, 1)))
        face = light[on.face > 0.5]
        lit = float(np.clip(np.median(face) / 62, 0.35, 1.15)) if face.size else 1.0
        fine = light - blur(light, STRAND * on.width)
        rough = float(np.sqrt((fine**2 * mask).sum() / mask.sum()))
        return cls(mean, spread, rough, needed, max(_GREY * lit - mean, 0.0) * _LIFT)

    @property
    def shown(self) -> float:
        """0..1, how well the picture shows strands."""
        return float(np.clip((self.rough - 1.0) / 2.5, 0.25, 1))

    def whole(self, light: Floats) -> Floats:
        """How far a pixel of some lightness is hair: one lighter than hair is half something else, and turns by half.

        Skin at the hairline, sky round the head.
        """
        beyond = self.mean + 0.8 * self.spread
        return np.asarray(np.clip(1 - (light - beyond) / max(1.3 * self.spread, 11.0), 0, 1), np.float32)

    def strands(self, fine: Floats) -> Floats:
        """Strands, about -1.5..1.5, by the lightness of a picture against its surroundings."""
        return np.asarray(np.clip(fine / (1.4 * self.rough + 0.5), -1.5, 1.5), np.float32)


def greyed(on: Canvas, mask: Floats, amount: float, seed: int) -> Floats:
    """`on.lab` with the hair under `mask` (H, W) turned grey: temples first, light strands first; `amount` 0..1.6."""
    lab = on.lab
    if float(mask.sum()) < 1 or amount <= 0:
        return lab
    light, hair = on.light, Hair.of(on, mask)
    share, strands = _turned(on, hair, mask, amount, seed)
    share = share * hair.needed
    gain = np.minimum(hair.lift * (0.75 + 0.25 * strands), np.clip(90 - light, 0, None))
    _, green_red, blue_yellow = cv2.split(lab)
    lighter = light + share * hair.whole(light) * gain
    yellower = blue_yellow + (1.8 - 0.8 * blue_yellow) * share
    return np.asarray(cv2.merge([lighter, green_red * (1 - FADES * share), yellower]), np.float32)


def _turned(on: Canvas, hair: Hair, mask: Floats, amount: float, seed: int) -> tuple[Floats, Floats]:
    """How far each pixel has turned, 0..1, and its strand, about -1..1: (H, W) each."""
    light = on.light
    own = np.clip((light - blur(light, STRAND * on.width)) / (1.4 * hair.rough + 0.5), -1.5, 1.5)
    strands = own * hair.shown + (1 - hair.shown) * drawn(light, on.mesh, on.width, mask, seed)
    clumps, temples = early(light.shape, on.mesh, on.width, seed)
    turned = 1 / (1 + np.exp(-1.6 * (0.3 * clumps + 1.1 * strands + 1.1 * temples + 4.2 * amount - 2.7)))
    share = turned * mask * min(1.0, 1.8 * amount)
    return np.asarray(share, np.float32), np.asarray(np.clip(strands, -1, 1), np.float32)


def early(shape: tuple[int, ...], mesh: Points, width: float, seed: int) -> tuple[Floats, Floats]:
    """Where hair turns early, (H, W) each: in clumps, about -2..2, and at the temples, 0..0.8."""
    noise = np.random.default_rng(seed).standard_normal((24, 24)).astype(np.float32)
    clumps = cv2.resize(noise, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    x = np.arange(shape[1], dtype=np.float32)
    y = np.arange(shape[0], dtype=np.float32)[:, None]
    temples = 0.35 * np.clip(np.abs(x - float(mesh[168, 0])) / (0.5 * width), 0, 1.2)
    temples = temples + 0.35 * np.clip((y - float(mesh[10, 1])) / width + 0.35, 0, 1)
    return np.asarray(clumps, np.float32), temples


def drawn(light: Floats, mesh: Points, width: float, mask: Floats, seed: int) -> Floats:
    """Strands drawn along the hair, about -1.5..1.5, (H, W); 0 far from any hair.

    Args:
        light: (H, W) lightness; where it tells no direction, hair leaves the crown and falls.
        mesh: (468, 3) of the face in it.
        width: of the face, pixels.
        mask: (H, W), where hair is.
        seed: which strands.
    """
    rows, columns = (np.flatnonzero((mask > 0.02).any(axis)) for axis in (1, 0))
    area = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    whole = light[area]
    size = (max(4, whole.shape[1] // 2), max(4, whole.shape[0] // 2))
    small = resize(np.ascontiguousarray(whole), size)
    x = np.arange(size[0], dtype=np.float32) * 2 + columns[0]
    y = np.arange(size[1], dtype=np.float32)[:, None] * 2 + rows[0]
    fallback = np.arctan2(y - float(mesh[10, 1]) + 0.5 * width, x - float(mesh[10, 0]))
    across = cv2.Sobel(small, cv2.CV_32F, 1, 0), cv2.Sobel(small, cv2.CV_32F, 0, 1)
    sigma = 0.012 * width
    xx, yy, xy = (
        blur(np.asarray(v, np.float32), sigma) for v in (across[0] ** 2, across[1] ** 2, across[0] * across[1])
    )
    weight = 0.15 * (xx + yy) + 2.0
    double = np.arctan2(-2 * xy + weight * np.sin(2 * fallback), yy - xx + weight * np.cos(2 * fallback))
    direction = np.dstack([np.cos(double / 2), np.sin(double / 2)]).astype(np.float32)
    strands = np.random.default_rng(seed + 1).standard_normal(size[::-1]).astype(np.float32)
    grid = np.dstack(np.broadcast_arrays(np.arange(size[0], dtype=np.float32), np.arange(size[1])[:, None]))
    for step in _FLOW:
        strands = 0.5 * (_along(strands, grid + step * direction) + _along(strands, grid - step * direction))
    strands = (strands - blur(strands, 6)) / (strands.std() + 1e-6)
    found = np.zeros(light.shape, np.float32)
    found[area] = np.clip(resize(strands, (whole.shape[1], whole.shape[0])), -1.5, 1.5)
    return found


def _along(image: Floats, places: Floats) -> Floats:
    """`image` (H, W) at `places` (H, W, 2)."""
    places = places.astype(np.float32)
    at = (places[..., 0], places[..., 1])
    return np.asarray(cv2.remap(image, *at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT), np.float32)
