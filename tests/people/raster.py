"""A z-buffer triangle rasteriser in plain numpy: which triangle, and where inside it, covers each pixel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_EMPTY = np.iinfo(np.int64).max
_TRIANGLE_BITS = 20
_NOBODY = (1 << _TRIANGLE_BITS) - 1  # no triangle has this number
_DEPTH_STEPS = 2.0e5  # steps per unit of depth (centimetres): 0.05 micrometres, far below a lid's thickness
_SIZES = (2, 3, 4, 6, 8, 11, 16, 24, 40, 80, 160, 320, 4096)  # bounding-box classes, pixels
_BATCH = 200_000  # candidate pixels tested at once: bounds the memory


@dataclass(frozen=True, slots=True)
class Coverage:
    """The covered pixels of a picture.

    Attributes:
        pixels: (n,) int64 flat indices of the covered pixels.
        triangles: (n,) int64 the nearest triangle of each.
        weights: (n, 3) float32 perspective-correct barycentric weights of its corners, summing to 1.
    """

    pixels: NDArray[np.int64]
    triangles: NDArray[np.int64]
    weights: NDArray[np.float32]


def _edges(
    screen: NDArray[np.float32], triangles: NDArray[np.int32]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Corner positions (3 x (m, 3)) and twice the signed area (m,) of every triangle."""
    a, b, c = (screen[triangles[:, k]] for k in range(3))
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    return a, b, c, area


def rasterise(
    screen: NDArray[np.float32],
    triangles: NDArray[np.int32],
    size: tuple[int, int],
    *,
    cull: bool = True,
    bias: NDArray[np.float32] | None = None,
    before: NDArray[np.float32] | None = None,
) -> Coverage:
    """Find the nearest triangle at every pixel centre.

    Args:
        screen: (n, 3) x and y in pixels (y down) and the distance from the camera plane (> 0).
        triangles: (m, 3) corner indices, counter-clockwise seen from outside in a y-up world.
        size: (width, height) of the picture.
        cull: leave out triangles seen from behind.
        bias: (m,) added to the depth of a triangle (negative: it wins over what lies close to it).
        before: (width * height,) depth of what is there already; only what lies nearer is found.
    """
    width, height = size
    a, b, c, area = _edges(screen, triangles)
    low = np.minimum(np.minimum(a, b), c)
    high = np.maximum(np.maximum(a, b), c)
    x0 = np.clip(np.ceil(low[:, 0] - 0.5), 0, width).astype(np.int32)
    x1 = np.clip(np.floor(high[:, 0] - 0.5), -1, width - 1).astype(np.int32)
    y0 = np.clip(np.ceil(low[:, 1] - 0.5), 0, height).astype(np.int32)
    y1 = np.clip(np.floor(high[:, 1] - 0.5), -1, height - 1).astype(np.int32)
    box_w, box_h = x1 - x0 + 1, y1 - y0 + 1
    # y points down on the screen, so outward-facing triangles have negative area
    seen = (area < -1e-9) if cull else (np.abs(area) > 1e-9)
    seen &= (box_w > 0) & (box_h > 0) & (low[:, 2] > 1.0)
    span = np.maximum(box_w, box_h)
    buffer = np.full(width * height, _EMPTY, np.int64)
    if before is not None:
        there = np.clip(before.astype(np.float64), 0, 2e4) * _DEPTH_STEPS
        np.copyto(buffer, (there.astype(np.int64) << _TRIANGLE_BITS) | _NOBODY)
    near: NDArray[np.float32] = (1.0 / np.maximum(screen[:, 2], 1e-3)).astype(np.float32)
    corner_near = near[triangles]
    shift = np.zeros(len(triangles), np.float32) if bias is None else bias
    inverse: NDArray[np.float32] = (1.0 / np.where(seen, area, 1.0)).astype(np.float32)
    smaller = 0
    for largest in _SIZES:
        chosen = np.nonzero(seen & (span > smaller) & (span <= largest))[0]
        smaller = largest
        step = max(1, _BATCH // (min(largest, max(width, height)) ** 2))
        for start in range(0, len(chosen), step):
            t = chosen[start : start + step]
            # barycentric weights are linear in the pixel: one addition each from a row's and a column's share
            px = x0[t].astype(np.float32) + np.float32(0.5) - a[t, 0]
            py = y0[t].astype(np.float32) + np.float32(0.5) - a[t, 1]
            ux, uy = ((b - a)[t, k] * inverse[t] for k in (0, 1))
            vx, vy = ((c - a)[t, k] * inverse[t] for k in (0, 1))
            dx = np.arange(int(box_w[t].max()), dtype=np.float32)
            dy = np.arange(int(box_h[t].max()), dtype=np.float32)[:, None]
            w1 = (px * vy - py * vx)[:, None, None] + vy[:, None, None] * dx - vx[:, None, None] * dy
            w2 = (py * ux - px * uy)[:, None, None] - uy[:, None, None] * dx + ux[:, None, None] * dy
            least = np.minimum(w1, w2)
            np.minimum(least, 1 - w1 - w2, out=least)
            at = np.flatnonzero(least >= 0)  # what lies beside a triangle's box lies beside the triangle
            if len(at) == 0:
                continue
            i, place = np.divmod(at, least.shape[1] * least.shape[2])
            j, k = np.divmod(place, least.shape[2])
            w1, w2, t = w1.ravel()[at], w2.ravel()[at], t[i]
            column, row = x0[t] + k, y0[t] + j
            on = (column < width) & (row < height)
            w1, w2, t, pixel = w1[on], w2[on], t[on], (row.astype(np.int64) * width + column)[on]
            n = corner_near[t]
            depth = 1.0 / ((1 - w1 - w2) * n[:, 0] + w1 * n[:, 1] + w2 * n[:, 2]) + shift[t]
            if before is not None:
                free = depth < before[pixel]
                depth, t, pixel = depth[free], t[free], pixel[free]
            key = ((np.clip(depth, 0, 2e4) * _DEPTH_STEPS).astype(np.int64) << _TRIANGLE_BITS) | t
            np.minimum.at(buffer, pixel, key)
    pixels = np.nonzero((buffer & _NOBODY) != _NOBODY)[0]
    won = buffer[pixels] & _NOBODY
    return Coverage(pixels, won, _weights(pixels, won, width, (a, b, c, inverse), corner_near))


def _weights(
    pixels: NDArray[np.int64],
    won: NDArray[np.int64],
    width: int,
    corners: tuple[NDArray[np.float32], ...],
    corner_near: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Perspective-correct weights of the winning triangles."""
    a, b, c, inverse = corners
    p, q, r = a[won], b[won], c[won]
    px = (pixels % width).astype(np.float32) + 0.5 - p[:, 0]
    py = (pixels // width).astype(np.float32) + 0.5 - p[:, 1]
    scale = inverse[won]
    w1 = (px * (r[:, 1] - p[:, 1]) - py * (r[:, 0] - p[:, 0])) * scale
    w2 = (py * (q[:, 0] - p[:, 0]) - px * (q[:, 1] - p[:, 1])) * scale
    near = corner_near[won]
    result = np.empty((len(won), 3), np.float32)
    result[:, 0] = (1 - w1 - w2) * near[:, 0]
    result[:, 1] = w1 * near[:, 1]
    result[:, 2] = w2 * near[:, 2]
    result *= 1 / (result[:, :1] + result[:, 1:2] + result[:, 2:])
    return result


def normals(points: NDArray[np.float32], triangles: NDArray[np.int32]) -> NDArray[np.float32]:
    """Area-weighted unit normals (n, 3) of the vertices of a mesh."""
    a, b, c = (points[triangles[:, k]] for k in range(3))
    u, v = b - a, c - a
    face = np.stack(
        [
            u[:, 1] * v[:, 2] - u[:, 2] * v[:, 1],
            u[:, 2] * v[:, 0] - u[:, 0] * v[:, 2],
            u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0],
        ],
        1,
    )
    total = np.zeros_like(points)
    for k in range(3):
        for axis in range(3):
            total[:, axis] += np.bincount(triangles[:, k], face[:, axis], len(points)).astype(np.float32)
    length = np.sqrt((total * total).sum(1, keepdims=True))
    result: NDArray[np.float32] = (total / np.maximum(length, 1e-12)).astype(np.float32)
    return result
