"""Moving a face's geometry: a dense, smooth deformation that fades to nothing around the head."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from app.engines._filters import Floats, Pixels, Points, deep, extend
from app.engines._geometry import Box, Raster, width_of

REACH: Final = 0.45
"""Face widths beyond the mesh at which the deformation has faded to nothing."""
_CELLS: Final = 160.0
"""Cells of the field across a face: an open eye is about eight of them high."""
_STILL: Final = 1e-3
"""Pixels of motion below which a pixel is not touched."""


def deform(image: Pixels, before: Points, after: Points) -> Pixels:
    """`image` with the face moved so that mesh `before` comes to lie on mesh `after` (both (468, 3) pixels).

    Motion inside the mesh follows its triangles; outside it continues smoothly and is gone `REACH` face widths away,
    so every pixel beyond that is exact. Returns a new picture.
    """
    out = image.copy()
    width = width_of(after)
    box = Box.around(after, REACH * width, image.shape)
    if box.empty:
        return out
    field = motion(before, after, box, width)
    moved = np.maximum(np.abs(field[..., 0]), np.abs(field[..., 1])) > _STILL
    if not moved.any():
        return out
    rows, columns = np.flatnonzero(moved.any(1)), np.flatnonzero(moved.any(0))
    area = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    field, moved = field[area], moved[area]
    left, top = box.left + int(columns[0]), box.top + int(rows[0])
    x = np.arange(left, left + field.shape[1], dtype=np.float32)
    y = np.arange(top, top + field.shape[0], dtype=np.float32)
    shifted = cv2.remap(
        image, field[..., 0] + x, field[..., 1] + y[:, None], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    cv2.copyTo(shifted, moved.astype(np.uint8), box.cut(out)[area])
    return out


def motion(before: Points, after: Points, box: Box, width: float) -> Floats:
    """Where each pixel of `box` comes from, as an offset (H, W, 2) in pixels; 0 beyond `REACH`."""
    raster = Raster(after, box, step=max(1, round(width / _CELLS)))
    if raster.empty:
        return np.zeros((*box.shape, 2), np.float32)
    offsets = (before - after)[:, :2]
    cells = extend(raster.cells(offsets), raster.known)
    outside = cv2.distanceTransform((~raster.inside).astype(np.uint8), cv2.DIST_L2, 5) * raster.step / width
    # the first strip outside eases from the mesh's own rim into a wide average, so no streaks leave the outline
    calm = cv2.GaussianBlur(cells, (0, 0), 0.06 * width / raster.step)
    ease = deep(np.clip(outside / 0.06, 0, 1), 2)
    fade = np.clip(1 - outside / (REACH - 4 * raster.step / width), 0, 1)  # less what the blur below adds
    cells = (cells * (1 - ease) + calm * ease) * deep(fade * fade * (3 - 2 * fade), 2)
    return raster.enlarge(np.asarray(cv2.GaussianBlur(cells, (0, 0), 0.8), np.float32))
