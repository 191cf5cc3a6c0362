"""Where hair is: soft masks of the hair round one face, and of its beard.

There is no parsing model: hair is what belongs to the person, lies round the face, is not skin and looks like the
crown. Who wears a cap is told from hair by its colour only; a dark plain cap is taken for hair.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from app.engines._filters import Floats, Points, blur, polygon
from app.engines._skin import Canvas, Colour
from models.topology import LEFT_BROW, OVAL, RIGHT_BROW

_LOWER_FACE: Final = (
    *(132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361),
    *(427, 2, 207),
)
_JAW: Final = (132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361)
_DISTINCT: Final = 18.0
"""Chroma of hair that is told from dark clothes by its colour."""
_CHEEKS: Final = (
    *(46, 143, 116, 123, 147, 213, 192, 214, 210, 211, 32, 208, 199, 428, 262, 431, 430, 434, 416, 433, 376, 352, 345),
    *(372, 276),
)
"""Round what hair does not fall over: eyes, cheeks, mouth."""
_DRESSED: Final = 0.15
"""Share of chest or shoulders that looks like hair, from which clothes cannot be told from what hangs over them."""
_ENDS: Final = 0.4
"""Face widths over which grey ends, in hair that hangs lower than is painted."""
_BEARD: Final = 0.38
"""Share of the lower face that a beard covers at least. Of 49 drawn people in three lights (by hand) six with a beard
reach 0.41 to 0.80 in one to three of these; without one all but a man with stubble stay under 0.34."""
_LEAST: Final = 0.004
"""Share of the squared face width that must look like hair; below it the person is taken for bald."""
_ALONE: Final = 0.05
"""Share of the squared face width from which hair with a colour of its own need not hang together with the crown."""
_COVER: Final = 0.3
"""Share of the crown that must look like the hair found; below it the mask is not sure enough to be used."""
_SLACK: Final = (50.0, 8.0, 8.0)
"""Least variance of hair in L, a, b."""
_NATURAL: Final = (35.0, 105.0, 50.0)
"""Hue from and to (degrees in the a, b plane) and highest chroma of hair that greys; a cap or dye lies outside."""


def hair_mask(on: Canvas, person: Floats) -> Floats:
    """Hair of the person on the canvas, (H, W) 0..1, soft; all 0 where none is found.

    `person` is the segmenter's mask of the canvas, (H, W) 0..1.
    """
    width, shape = on.width, on.lab.shape
    down, chin, brows = _axes(on.mesh)
    below_chin, above_brow = _along(shape, chin, down / width), _along(shape, brows, -down / width)
    outline = on.mesh[list(OVAL), :2]
    centre = outline.mean(0)

    def ring(grow: float, rise: float, soft: float) -> Floats:
        return polygon(shape, centre + (outline - centre) * grow - rise * width * down, 0, soft * width)

    unlike_skin = on.strange
    crown = (ring(1.36, 0.05, 0) > 0.5) & (ring(1.08, 0.02, 0) < 0.5) & (above_brow > 0.15)
    seeds = crown & (person > 0.8) & (unlike_skin > 2.6)
    seen = on.calm[seeds]
    least = _LEAST * width * width
    if len(seen) < least or not _natural(seen):
        return np.zeros(shape[:2], np.float32)
    hair = Colour.of(seen, _SLACK).refined(seen, _SLACK, 2)
    unlike_hair = hair.distance(on.calm)
    brightest = float(np.percentile(seen[:, 0], 97))
    like = np.clip((3.6 - unlike_hair) / 1.4, 0, 1) * np.clip((brightest + 14 - on.calm[..., 0]) / 12, 0, 1)
    # hair rather than skin: the likelier of the two colours (a broad one is less likely everywhere)
    more = (unlike_skin**2 - unlike_hair**2 + on.tone.size - hair.size) / 2
    rather = 1 / (1 + np.exp(-np.clip(more, -30, 30)))
    # the segmenter gives up some strands that hang free: of a half-hearted yes their colour makes a whole one
    person = np.maximum(person, like * rather * np.clip(3 * person - 0.5, 0, 1))
    # what hangs over cheeks, neck and collar is hair only where it has a colour of its own
    distinct = np.float32(np.hypot(*hair.middle[1:]) > _DISTINCT)
    # over the forehead only what is clearly not skin; the crown nearly whatever it is; by the cheeks only its colour
    face = ring(1, 0, 0.012)
    cheeks = polygon(shape, on.mesh[list(_CHEEKS), :2], 0, 0.02 * width)
    over = np.maximum(np.clip(above_brow / 0.05, 0, 1), distinct * (1 - cheeks))
    inside = face * over * like * rather
    crown_like = 0.8 * np.clip((above_brow - 0.05) / 0.2, 0, 1) * np.clip((unlike_skin - 2.4) / 1.5, 0, 1)
    outside = (1 - face) * np.maximum(like * rather, crown_like)
    # lower than the chin it is as likely a dark collar, unless chest and shoulders have another colour
    aside = np.abs(_along(shape, chin, np.array([down[1], -down[0]]) / width))
    clothed = (person > 0.8) & (below_chin > 0.4) & (below_chin < 0.74)
    shown = [like[part] for part in (clothed & (aside < 0.3), clothed & (aside > 0.75)) if part.sum() > least]
    dressed = max((float(one.mean()) for one in shown), default=1.0)
    hangs = bool(distinct) or dressed < _DRESSED
    around = np.maximum(ring(1.9, 0.22, 0.12), ring(1.8, -0.45, 0.12) * np.float32(hangs))
    low, soft = (0.78, 0.15) if hangs else (0.06, 0.35)
    reach = around * np.clip((low - below_chin) / soft, 0, 1)
    neck = np.clip((0.46 - aside) / 0.1, 0, 1) * np.clip((below_chin + 0.2) / 0.15, 0, 1)
    surely = rather if distinct else like * np.clip(5 * rather - 4, 0, 1) * np.float32(hangs)
    reach = reach * (1 - neck * (1 - surely))
    raw = np.maximum(inside, outside) * np.clip(person * 1.6 - 0.4, 0, 1) * reach
    edges = np.asarray(on.light / 100, np.float32)
    mask = np.clip(_guided(np.asarray(raw, np.float32), edges, max(1, round(0.03 * width))) * 1.25 - 0.12, 0, 1)
    # the filter reaches over the hairline: what is skin to the pixel comes off again
    skin_off = np.clip(1.7 * rather - 0.35, 0, 1) * np.clip(blur(person, 0.01 * width) * 2 - 0.6, 0, 1)
    ends = np.clip((0.72 - below_chin) / _ENDS, 0, 1) if hangs else 1.0  # in long hair, by and by
    mask = np.asarray(_joined(mask, seeds, width, face if distinct else None) * skin_off * ends, np.float32)
    scalp = crown & (person > 0.8) & (above_brow > 0.35)
    sure = float(mask[scalp].mean()) if scalp.any() else 0.0
    return mask if sure > _COVER else np.zeros(shape[:2], np.float32)


def beard_mask(on: Canvas, person: Floats) -> Floats:
    """Full beard and moustache, (H, W) 0..1; all 0 where the lower face is mostly bare (a shadow is no beard).

    Under the jaw the beard goes on where it looks the same. `person` is the segmenter's mask, (H, W) 0..1.
    """
    width, shape = on.width, on.lab.shape
    lower = polygon(shape, on.mesh[list(_LOWER_FACE), :2], 0, 0.02 * width) * on.face * (1 - on.lips)
    unlike_skin = on.strange
    covered = np.clip((unlike_skin - 2.2) / 1.2, 0, 1) * lower
    if float(covered.sum()) < _BEARD * max(float(lower.sum()), 1.0):
        return np.zeros(shape[:2], np.float32)
    beard = Colour.of(on.calm[covered > 0.7], _SLACK)
    below = on.mesh[list(_JAW), :2]
    hanging = np.vstack([below, (below + 0.16 * width * _axes(on.mesh)[0])[::-1]])
    like = np.clip((3.2 - beard.distance(on.calm)) / 1.2, 0, 1) * np.clip((unlike_skin - 2.2) / 1.2, 0, 1)
    more = polygon(shape, hanging, 0.045 * width, 0.025 * width) * like * np.clip(person * 1.6 - 0.4, 0, 1)
    return np.asarray(np.maximum(covered, more), np.float32)


def _joined(mask: Floats, seeds: NDArray[np.bool_], width: float, face: Floats | None) -> Floats:
    """The parts of `mask` (H, W) that hang together with `seeds`, softly cut.

    Where `face` (H, W) is given, large clear ones off the face as well: of a turned head the far side's hair comes out
    behind the neck.
    """
    labels = cv2.connectedComponents((mask > 0.3).astype(np.uint8))[1]
    kept = np.zeros(labels.max() + 1, np.float32)
    if face is not None:
        size, sure, on = (np.bincount(labels.ravel(), each) for each in (None, mask.ravel(), face.ravel()))
        kept[(size > _ALONE * width**2) & (sure > 0.7 * size) & (on < 0.2 * size)] = 1
    kept[labels[seeds]] = 1
    kept[0] = 0
    part = kept[labels]
    return np.asarray(mask * np.clip(2 * blur(part, 0.015 * width), 0, 1), np.float32)


def _natural(colours: Floats) -> bool:
    """Whether the median of `colours` (N, 3) is one that hair has by nature."""
    green_red, blue_yellow = (float(v) for v in np.median(colours, axis=0)[1:])
    chroma, hue = np.hypot(green_red, blue_yellow), np.degrees(np.arctan2(blue_yellow, green_red))
    low, high, most = _NATURAL
    return bool(chroma < 14 or (low < hue < high and chroma < most))


def _axes(mesh: Points) -> tuple[Points, Points, Points]:
    """The face's own downward direction, its chin and the middle of its brows, in the image plane."""
    across = mesh[263, :2] - mesh[33, :2]
    across = across / (np.linalg.norm(across) + 1e-9)
    return np.array([-across[1], across[0]]), mesh[152, :2], mesh[list(LEFT_BROW + RIGHT_BROW), :2].mean(0)


def _along(shape: tuple[int, ...], start: Points, direction: Points) -> Floats:
    """How far each pixel lies from `start` (x, y) along `direction`, (H, W)."""
    x = (np.arange(shape[1]) - start[0]) * direction[0]
    y = (np.arange(shape[0]) - start[1]) * direction[1]
    return np.asarray(x.astype(np.float32) + y.astype(np.float32)[:, None], np.float32)


def _guided(mask: Floats, guide: Floats, radius: int, eps: float = 4e-4) -> Floats:
    """Guided filter (He et al. 2010): `mask` with the edges of `guide`, both (H, W) 0..1."""

    def mean(image: Floats) -> Floats:
        return np.asarray(cv2.blur(image, (2 * radius + 1, 2 * radius + 1)), np.float32)

    mean_guide, mean_mask = mean(guide), mean(mask)
    slope = (mean(guide * mask) - mean_guide * mean_mask) / (mean(guide * guide) - mean_guide**2 + eps)
    offset = mean_mask - slope * mean_guide
    return np.asarray(np.clip(mean(slope) * guide + mean(offset), 0, 1), np.float32)
