"""The neural swap's picture: what inswapper drew, laid into the target by the mesh, in the target's own sharpness."""

from __future__ import annotations

import cv2
import numpy as np

from app.engines._blend import lay_over, oval, own_detail
from app.engines._filters import Pixels
from app.engines._geometry import Box, Raster, Seen, width_of
from app.engines._inswapper import SIDE, Swapper


def redrawn(swapper: Swapper, source: Seen, target: Seen, amount: float) -> Pixels:
    """The target's picture with its face redrawn as the source's person.

    Args:
        swapper: the opened networks.
        source: whose identity is used.
        target: whose picture, pose, expression and light are kept.
        amount: 0 changes nothing, 1 is the whole swap.

    Returns:
        uint8 RGB of the target's shape; exact outside of the face's mesh and of the network's crop.
    """
    out = target.pixels.copy()
    width = width_of(target.face.mesh)
    box = Box.around(target.face.mesh, 0.05 * width, out.shape)
    if amount <= 0 or box.empty:
        return out
    raster = Raster(target.face.mesh, box)
    if raster.empty:
        return out
    drawn, into = swapper.redrawn(source.pixels, source.face, target.pixels, target.face)
    view = box.cut(out)
    size, corner = view.shape[1::-1], np.array(box.corner, np.float64)
    placed = np.column_stack([into[:, :2], into[:, :2] @ corner + into[:, 2]])  # from the box's pixels to the crop's
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    painted = cv2.warpAffine(drawn, placed, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    inner = np.zeros((SIDE, SIDE), np.float32)
    inner[2:-2, 2:-2] = 1
    inside = cv2.warpAffine(inner, placed, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    enlarged = 1 / max(float(np.sqrt(abs(np.linalg.det(into[:, :2])))), 1e-6)
    fine = own_detail(np.asarray(painted, np.float32), view.astype(np.float32), enlarged)
    mask = np.asarray(oval(raster, width) * np.minimum(inside, 1) * np.float32(amount), np.float32)
    lay_over(view, fine, mask)
    return out
