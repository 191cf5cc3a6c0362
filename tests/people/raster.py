"""Which triangle, and where inside it, covers each pixel: OpenCV's rasteriser, and weights of our own."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NEAR, _FAR = 1.0, 2.0e4  # units of depth (centimetres) between which anything is drawn
_VIEW = 1.0  # radians; any will do, for what lies on the screen is unprojected first
_MOST = 1 << 20  # more triangles than a mesh has: their numbers are drawn as a colour, number / _MOST


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


@functools.lru_cache(maxsize=32)
def _numbered(count: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Corner indices (1, m, 3) of triangles that share no corner, and their colours (1, 3 m, 3): each its number."""
    colours = np.zeros((1, 3 * count, 3), np.float32)
    colours[0, :, 0] = np.repeat(np.arange(1, count + 1, dtype=np.float32) / _MOST, 3)
    return np.arange(3 * count, dtype=np.int32).reshape(1, -1, 3), colours


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
    a, b, c = (screen[triangles[:, k]] for k in range(3))
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    # y points down on the screen, so outward-facing triangles have negative area
    seen = (area < -1e-9) if cull else (np.abs(area) > 1e-9)
    corners = np.stack([a, b, c], 1)
    seen &= (corners[:, :, 2] > _NEAR).all(1)
    chosen = np.nonzero(seen)[0]
    corners = corners[chosen]
    if bias is not None:
        corners[:, :, 2] += bias[chosen, None]
    scale = corners[:, :, 2:] * np.float32(2 * np.tan(_VIEW / 2) / height)
    corners[:, :, :2] = (corners[:, :, :2] - (width / 2, height / 2)) * scale * (1, -1)
    corners[:, :, 2] *= -1
    picture = np.zeros((height, width, 3), np.float32)
    depth = np.full((height, width), _FAR, np.float32)
    if before is not None:
        depth = np.minimum(before, _FAR).astype(np.float32).reshape(height, width)
    order, numbers = _numbered(len(chosen))
    how = cv2.TriangleRasterizeSettings()
    how.setShadingType(cv2.RASTERIZE_SHADING_FLAT)
    how.setCullingMode(cv2.RASTERIZE_CULLING_NONE)
    how.setGlCompatibleMode(cv2.RASTERIZE_COMPAT_DISABLED)
    place = np.eye(4, dtype=np.float32)
    cv2.triangleRasterize(
        np.ascontiguousarray(corners.reshape(1, -1, 3)), order, numbers, picture, depth, place, _VIEW, _NEAR, _FAR, how
    )
    drawn = np.rint(picture[..., 0].ravel() * _MOST).astype(np.int64)
    pixels = np.nonzero(drawn)[0]
    won = chosen[drawn[pixels] - 1]
    near: NDArray[np.float32] = (1.0 / np.maximum(screen[:, 2], 1e-3)).astype(np.float32)
    inverse: NDArray[np.float32] = (1.0 / np.where(seen, area, 1.0)).astype(np.float32)
    return Coverage(pixels, won, _weights(pixels, won, width, (a, b, c, inverse), near[triangles]))


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
