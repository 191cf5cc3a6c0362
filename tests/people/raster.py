"""Which triangle, and where inside it, covers each pixel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tests.people import kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray


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

    def pick(self, some: NDArray[np.int64]) -> Coverage:
        """Some of the pixels."""
        return Coverage(self.pixels[some], self.triangles[some], self.weights[some])

    def mix(self, values: NDArray[np.floating], triangles: NDArray[np.int32]) -> NDArray[np.float32]:
        """Values (v, c) of the corners of `triangles` (m, 3), at the covered pixels: (n, c)."""
        return kernels.mix(values.astype(np.float32), triangles, self.triangles, self.weights)


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
    near = np.zeros((height, width), np.float32) if before is None else (1 / before).reshape(height, width)
    offset = np.zeros(len(triangles), np.float32) if bias is None else bias
    # y points down on the screen, so outward-facing triangles have negative area
    number = kernels.nearest(screen, triangles, offset, near, -1.0 if cull else 0.0)
    return Coverage(*kernels.covered(number, screen, triangles))


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
