"""What a bent picture does not show: the inside of an opened mouth, the skin of a closed lid, the fold of a smile."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from app.engines._filters import Floats, Pixels, Points, polygon
from app.engines._geometry import Box, Raster, width_of
from app.engines._wrinkles import PLACES, smile_folds
from models.topology import CANONICAL, LEFT_EYE, LIPS_INNER, RIGHT_EYE

_UPPER: Final = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
_LOWER: Final = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
_TEETH: Final = 0.032
"""Height of the drawn teeth, face widths."""
_LIDS: Final = ((RIGHT_EYE, (30, 29, 27, 28, 56)), (LEFT_EYE, (260, 259, 257, 258, 286)))
"""Each eye's outline and the points on the lid above it."""
CREASE: Final = 0.10
"""Share of its light that skin loses in the deepest fold of a full smile."""
_SHOWS: Final = 0.05
"""Lip gap over mouth width from which the picture itself shows an inside."""


LEFT_SIDE: Final[Points] = np.clip(0.5 + CANONICAL[:, 0] / np.ptp(CANONICAL[:, 0]) / 0.1, 0, 1)
"""How far each point belongs to the person's left half: (468,)."""


def fill_mouth(out: Pixels, original: Pixels, before: Points, after: Points, gap: float) -> None:
    """Paints the inside of the opened mouth into `out` (in place).

    Args:
        out: the deformed picture.
        original: the picture before.
        before: mesh in `original`.
        after: mesh in `out`.
        gap: lip gap over mouth width in `original`.
    """
    width = width_of(after)
    ring = after[list(LIPS_INNER), :2]
    box = Box.around(ring, 0.02 * width, out.shape)
    if box.empty:
        return
    view = box.cut(out)
    local = after - np.append(box.corner, 0)
    mask = polygon(view.shape, local[list(LIPS_INNER)], 0, max(0.6, 0.008 * width))[..., None]
    inside = _hollow(view, local, width)
    if gap >= _SHOWS:
        shown, kept = _own_teeth(original, before, after, box, width)
        inside = inside * (1 - kept) + shown * kept
    view[:] = np.clip(view * (1 - mask) + inside * mask + 0.5, 0, 255).astype(np.uint8)


def close_lid(out: Pixels, after: Points, closed: float, side: int) -> None:
    """Takes what is left of the white out of lids that were bent over an eye (in place).

    The mesh's lids do not lie on the picture's to the pixel, so a strip of the eye survives: there nothing may be
    lighter than the lid. Lashes and iris stay as the dark line of a closed eye.

    Args:
        out: the deformed picture.
        after: mesh in it.
        closed: 0..1.
        side: 0 for the right eye, 1 for the left.
    """
    width = width_of(after)
    ring, lid = _LIDS[side]
    box = Box.around(after[list(ring)], 0.06 * width, out.shape)
    if box.empty:
        return
    view = box.cut(out)
    mesh = after - np.append(box.corner, 0)
    skin = np.median([_colour_at(view, mesh[point, :2], width) for point in lid], axis=0)
    mask = polygon(view.shape, mesh[list(ring)], 0.018 * width, 0.008 * width) * np.clip(2.5 * closed - 1.5, 0, 1)
    covered = np.minimum(view, 0.95 * skin)
    mask = mask[..., None]
    painted = view * (1 - mask) + covered * mask
    view[:] = np.where(mask > 0, np.clip(painted + 0.5, 0, 255), view).astype(np.uint8)


def crease(out: Pixels, after: Points, smile: tuple[float, float]) -> None:
    """Shades the folds from the nose past the mouth that a smile (0..1, right and left) deepens (in place)."""
    width = width_of(after)
    box = Box.around(after, 2, out.shape)
    if box.empty:
        return
    raster = Raster(after, box, step=max(1, round(width / 160)))
    if raster.empty:
        return
    strength = np.column_stack([max(smile[0], 0) * (1 - LEFT_SIDE) + max(smile[1], 0) * LEFT_SIDE])
    spread = raster.spread(np.column_stack([PLACES, strength]))
    gain = (1 + CREASE * spread[..., 2] * folds_at(spread[..., :2]) * raster.cover())[..., None]
    view = box.cut(out)
    changed = np.abs(gain - 1) > 1 / 512
    view[:] = np.where(changed, np.clip(view * gain + 0.5, 0, 255), view).astype(np.uint8)


def folds_at(places: Floats) -> Floats:
    """Height of the folds of a smile at `places` (H, W, 2) of `_wrinkles`' atlas: (H, W)."""
    height = cv2.remap(smile_folds(), places[..., 0], places[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    return np.asarray(height, np.float32)


def _hollow(view: Pixels, mesh: Points, width: float) -> Floats:
    """A dark warm hollow with a hint of tongue and of upper teeth, dim, for nobody knows them: (H, W, 3)."""
    x = np.arange(view.shape[1], dtype=np.float64)
    y = np.arange(view.shape[0], dtype=np.float64)[:, None]
    upper, lower = (_edge(mesh[list(side), :2], x) for side in (_UPPER, _LOWER))
    depth = np.clip((y - upper) / np.maximum(lower - upper, 1), 0, 1)
    middle, half = mesh[[78, 308], 0].mean(), max(abs(mesh[308, 0] - mesh[78, 0]) / 2, 1.0)
    side = np.clip(np.abs(x - middle) / half, 0, 1.2)
    lip = _colour_at(view, mesh[17, :2], width)
    hollow = lip * (0.15 + 0.12 * depth[..., None])
    tongue = 0.6 * np.clip((depth - 0.5) / 0.4, 0, 1) * np.exp(-((side / 0.6) ** 2))
    inside = hollow * (1 - tongue[..., None]) + 0.52 * lip * tongue[..., None]
    tall = _TEETH * width * np.sqrt(np.clip(1 - (side / 0.8) ** 2, 0, 1))
    teeth = np.clip((tall - (y - upper)) / (0.014 * width) + 0.5, 0, 1) * np.clip((0.75 - side) / 0.3, 0, 1)
    shade = 0.30 + 0.34 * np.exp(-((side / 0.5) ** 2)) * np.clip(0.3 + (y - upper) / (0.025 * width), 0, 1)
    skin = _colour_at(view, mesh[50, :2], width)
    white = 0.92 * (0.6 * skin.max() + 0.4 * skin) * shade[..., None]
    inside = inside + (white - inside) * 0.75 * teeth[..., None]
    return np.asarray(inside, np.float32)


def _own_teeth(original: Pixels, before: Points, after: Points, box: Box, width: float) -> tuple[Floats, Floats]:
    """The picture's own inside, moved with the upper lip and not stretched, and where it reaches: (H, W, 3), (H, W, 1).

    Upper teeth belong to the skull: when the jaw drops they stay, and the dark grows under them.
    """
    x = np.arange(box.left, box.right, dtype=np.float64)
    shift_y = _edge(after[list(_UPPER), :2], x) - _edge(before[list(_UPPER), :2], x)
    middle = after[[78, 308], 0].mean()
    scale = abs(after[308, 0] - after[78, 0]) / max(abs(before[308, 0] - before[78, 0]), 1.0)
    source_x = (before[[78, 308], 0].mean() + (x - middle) / max(scale, 0.2)).astype(np.float32)
    at_x = np.broadcast_to(source_x, box.shape).copy()
    at_y = (np.arange(box.top, box.bottom, dtype=np.float64)[:, None] - shift_y).astype(np.float32)
    shown = cv2.remap(original, at_x, at_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    area = Box.around(before[list(LIPS_INNER)], 0.03 * width, original.shape)
    ring = before[list(LIPS_INNER)] - np.append(area.corner, 0)
    known = polygon(area.shape, ring, 0, max(0.6, 0.006 * width))
    offset_x, offset_y = (np.asarray(at - c, np.float32) for at, c in ((at_x, area.left), (at_y, area.top)))
    kept = cv2.remap(known, offset_x, offset_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    return np.asarray(shown, np.float32), np.asarray(kept, np.float32)[..., None]


def _edge(points: Points, x: Points) -> Points:
    """Height of a lip edge (N, 2) at columns `x`."""
    order = np.argsort(points[:, 0])
    return np.asarray(np.interp(x, points[order, 0], points[order, 1]), np.float64)


def _colour_at(view: Pixels, place: Points, width: float) -> Floats:
    """Median colour (3,) round a place; the nearest pixels of the view where it lies outside."""
    reach = max(1, round(0.01 * width))
    x, y = (int(np.clip(round(float(v)), 0, side - 1)) for v, side in zip(place, view.shape[1::-1], strict=True))
    patch = view[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1].reshape(-1, 3)
    return np.asarray(np.median(patch, axis=0), np.float32)
