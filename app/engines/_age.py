"""The age renderer: shape first, then skin and hair, painted as a correction that leaves the photo's own detail."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from app.engines import _wrinkles
from app.engines._ageshape import aged, strength_of
from app.engines._field import deform
from app.engines._filters import Floats, Pixels, Points, blur, polygon, resize
from app.engines._geometry import Box, Placement, Seen, width_of
from app.engines._hair import beard_mask, greyed, hair_mask
from app.engines._skin import Canvas, canvas, light_direction
from models.person import Segmenter

OLDEST: Final = 40.0
YOUNGEST: Final = -20.0
_WORK: Final = 520.0
"""Face width in pixels at which skin and hair are painted; larger photos get the enlarged correction."""
_COLOUR: Final = 6.0
"""Chroma of a face below which its picture is taken for black and white."""
_COARSE_SKIN: Final = 2.6
"""Standard deviation of fine lightness above which skin shows enough of its own lines already."""
_HEAD: Final = 0.75
"""Face widths round the mesh in which hair is looked for."""
_UNDER_EYES: Final = (
    (226, 31, 228, 229, 230, 231, 232, 233, 121, 120, 119, 118, 117, 111),
    (446, 261, 448, 449, 450, 451, 452, 453, 350, 349, 348, 347, 346, 340),
)


def shaped(mesh: Points, years: float) -> Points:
    """The mesh (468, 3) of the same face `years` older (below 0: younger); 0 gives it back."""
    return aged(mesh, strength_of(years)) if years else mesh


def render(target: Seen, years: float, grey: float, seed: int, segmenter: Segmenter | None) -> Pixels:
    """The target's picture with the face `years` older (below 0: younger).

    Args:
        target: picture and face.
        years: `YOUNGEST`..`OLDEST`; 0 changes nothing.
        grey: 0..1, how much of the hair's share of `years` is shown (older only).
        seed: which wrinkles and strands; the same seed gives the same picture.
        segmenter: finds the person for the hair; None leaves hair and beard alone.

    Returns:
        uint8 RGB of the target's shape; exact beyond `_field.REACH` of the face and off the hair. Inputs stay.
    """
    if years == 0:
        return target.pixels.copy()
    mesh = shaped(target.face.mesh, years)
    out = deform(target.pixels, target.face.mesh, mesh)
    paint(out, mesh, years, grey, seed, segmenter)
    return out


def paint(  # noqa: PLR0917 - one order for both
    out: Pixels, mesh: Points, years: float, grey: float, seed: int, segmenter: Segmenter | None
) -> None:
    """Paints `years` on skin and hair of a face that has its shape already, in place.

    Args:
        out: uint8 RGB (H, W, 3), a whole picture; changed in place. What made the face in it does not matter.
        mesh: (468, 3) of that face as it lies in `out`.
        years: as for `render`; 0 paints nothing.
        grey: as for `render`.
        seed: as for `render`.
        segmenter: as for `render`.
    """
    strength, width = strength_of(years), width_of(mesh)
    box = Box.around(mesh, (_HEAD if strength > 0 else 0.05) * width, out.shape)
    if strength == 0 or box.empty:
        return
    view = box.cut(out)
    scale = min(1.0, _WORK / width)
    size = (max(2, round(view.shape[1] * scale)), max(2, round(view.shape[0] * scale)))
    small = resize(np.asarray(view, np.float32), size) / 255
    placed = (mesh - np.append(box.corner, 0) + (0.5, 0.5, 0)) * scale - (0.5, 0.5, 0)
    on = canvas(np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2LAB), np.float32), placed, width * scale)
    if on.raster.empty:
        return
    painted = _older(on, strength, seed) if strength > 0 else _younger(on, -strength)
    if strength > 0 and grey > 0 and segmenter is not None:
        person = segmenter.mask(np.clip(small * 255 + 0.5, 0, 255).astype(np.uint8))
        painted = greyed(painted, on, np.maximum(hair_mask(on, person), beard_mask(on)), strength * grey, seed)
    # a black-and-white picture stays one
    middle = float(np.median(np.hypot(on.lab[..., 1], on.lab[..., 2])[on.face > 0.5])) if on.face.max() > 0.5 else 0.0
    painted[..., 1:] = on.lab[..., 1:] + (painted - on.lab)[..., 1:] * min(1.0, middle / _COLOUR)
    changed = np.abs(painted - on.lab).max(2) > 1e-3
    if not changed.any():
        return
    after = np.clip(cv2.cvtColor(painted, cv2.COLOR_LAB2RGB), 0, 1)
    change = np.where(changed[..., None], (after - small) * 255, 0).astype(np.float32)
    change = resize(change, (view.shape[1], view.shape[0]))
    view[:] = np.clip(view + change + 0.5, 0, 255).astype(np.uint8)


def _older(on: Canvas, strength: float, seed: int) -> Floats:
    """Own lines deeper, new ones after the light, hollows, uneven tone, paler lips, lighter brows."""
    lab, light, width = on.lab, on.light, on.width
    out = lab.copy()
    places = on.raster.spread(_wrinkles.PLACES)
    atlas = _wrinkles.atlas(seed)
    height, slope_x, slope_y, hollow, spots, blotch = (
        cv2.remap(np.ascontiguousarray(layer), places[..., 0], places[..., 1], cv2.INTER_LINEAR)
        for layer in np.moveaxis(atlas.channels(), 2, 0)
    )
    fine = blur(light, max(0.6, 0.0055 * width)) - blur(light, 0.022 * width)
    folds = blur(light, 0.010 * width) - blur(light, 0.055 * width)
    coarse = float(np.sqrt((fine**2 * on.bare).sum() / max(float(on.bare.sum()), 1.0)))
    fine = fine * np.clip(_COARSE_SKIN / max(coarse, 1e-3), 0.6, 1)
    own = np.clip(fine, -14, 10) * np.where(fine < 0, 1.0, 0.35) + 0.45 * np.clip(folds, -10, 0)
    lit = 0.4 + 0.6 * np.clip(light / 65, 0, 1.1)  # in the dark, everything shows less
    toward = light_direction(on) @ Placement.of(on.mesh).rotation[:2, :2]
    shade = 11 * strength**0.9 * height + 56 * strength * (slope_x * toward[0] + slope_y * toward[1])
    shade = np.where(shade < 0, 18 * np.tanh(shade / 18), 6 * np.tanh(shade / 6)) * lit
    sunken = -3.5 * strength * hollow
    even = strength * on.bare
    out[..., 0] += on.bare * (own * strength * lit + shade + sunken) - even * (1.6 + 1.2 * blotch + 8 * spots)
    out[..., 1] += on.bare * 0.14 * np.clip(-shade, 0, 14) + even * (0.4 + 2.2 * blotch + 1.8 * spots)
    out[..., 2] += even * (1.2 - 0.8 * blotch + 4.5 * spots)
    out[..., 1] -= strength * on.lips * 0.30 * (lab[..., 1] - 10).clip(0)
    dark = np.clip((blur(light, 0.05 * width) - light) / 18 + 0.35, 0, 1) * on.brows * min(1.0, 0.8 * strength)
    out[..., 0] += 11 * dark
    out[..., 1] *= 1 - 0.55 * dark
    out[..., 2] += (1.5 - 0.45 * lab[..., 2]) * dark
    out[..., 0] = np.clip(out[..., 0], 0, 100)
    return out


def _younger(on: Canvas, strength: float) -> Floats:
    """Lines and folds shallower (dark ones more than light ones), shade under the eyes lifted, tone even and fresh."""
    lab, light, width = on.lab, on.light, on.width
    out = lab.copy()
    base = np.asarray(cv2.bilateralFilter(lab, -1, 10, max(2.0, 0.018 * width)), np.float32)
    detail = light - base[..., 0]
    fine = light - blur(light, max(0.6, 0.0035 * width))
    folds = base[..., 0] - blur(base[..., 0], 0.035 * width)
    smooth = base[..., 0] - np.minimum(folds, 0) * 0.65 * strength - np.maximum(folds, 0) * 0.15 * strength
    rested = smooth + np.where(detail < 0, 0.25, 0.45) * detail + 0.6 * fine
    share = 0.8 * strength * on.bare
    out[..., 0] += (rested - light) * share
    for channel in (1, 2):
        out[..., channel] += (blur(lab[..., channel], 0.02 * width) - lab[..., channel]) * 0.6 * share
    under = np.maximum.reduce([polygon(light.shape, on.mesh[list(ring), :2], 0, 0.02 * width) for ring in _UNDER_EYES])
    lift = np.clip(blur(light, 0.12 * width) - blur(light, 0.02 * width), 0, 12)
    out[..., 0] += strength * on.bare * (2.4 + 0.7 * lift * under)
    out[..., 1] += strength * (1.6 * on.bare + 2.0 * on.lips)
    out[..., 0] = np.clip(out[..., 0], 0, 100)
    return out
