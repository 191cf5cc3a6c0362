"""Face swaps as they were done before, written down from the published method, to be measured beside ours.

They get what our renderer gets: two pictures and two meshes. Their results stay in the bench.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from app.engines._geometry import Seen
from consent.types import Pixels
from models.topology import LEFT_BROW, LEFT_EYE, LIPS_INNER, LIPS_OUTER, OVAL, RIGHT_BROW, RIGHT_EYE

_POINTS: Final = sorted(
    {*OVAL, *LIPS_OUTER, *LIPS_INNER, *LEFT_EYE, *RIGHT_EYE, *LEFT_BROW, *RIGHT_BROW, 1, 2, 4, 5, 6, 98, 168, 195, 327}
)
"""About a hundred landmarks, as the 68 of the published methods: outline, brows, eyes, nose and lips."""


def copied(source: Seen, target: Seen) -> Pixels:
    """Copy and paste: the source's face moved, turned and scaled onto the target's, cut at its outline."""
    a, b = (one.face.mesh[:, :2].astype(np.float32) for one in (source, target))
    move, _ = cv2.estimateAffinePartial2D(a, b, method=cv2.LMEDS)
    height, width = target.pixels.shape[:2]
    moved = cv2.warpAffine(source.pixels, move, (width, height), borderMode=cv2.BORDER_REFLECT)
    mask = np.zeros((height, width), np.uint8)
    outline = a[list(OVAL)] @ move[:, :2].T + move[:, 2]
    cv2.fillPoly(mask, [np.round(outline).astype(np.int32)], 1)
    out = target.pixels.copy()
    out[mask > 0] = moved[mask > 0]
    return out


def classical(source: Seen, target: Seen) -> Pixels:
    """The method of the 2010s: Delaunay triangles of landmarks warped one by one into the hull, then Poisson blending.

    As published in many places: landmarks, their convex hull, a piecewise affine warp, `cv2.seamlessClone` (Perez et
    al. 2003).
    """
    a, b = (one.face.mesh[_POINTS, :2].astype(np.float32) for one in (source, target))
    height, width = target.pixels.shape[:2]
    b = np.clip(b, 1, (width - 2, height - 2)).astype(np.float32)
    warped = target.pixels.copy()
    for corners in _delaunay(b, (width, height)):
        _lay_triangle(source.pixels, warped, a[corners], b[corners])
    mask = np.zeros((height, width), np.uint8)
    hull = np.round(cv2.convexHull(b)).astype(np.int32)
    cv2.fillConvexPoly(mask, hull, 255)
    left, top, across, down = cv2.boundingRect(hull)
    middle = (left + across // 2, top + down // 2)
    return np.asarray(cv2.seamlessClone(warped, target.pixels, mask, middle, cv2.NORMAL_CLONE), np.uint8)


def _delaunay(points: np.ndarray, size: tuple[int, int]) -> list[list[int]]:
    division = cv2.Subdiv2D((0, 0, *size))
    number = {}
    for index, (x, y) in enumerate(points):
        number.setdefault(division.insert((float(x), float(y))), index)
    found = []
    for flat in division.getTriangleList():
        near = [np.abs(points - flat[k : k + 2]).sum(1) for k in (0, 2, 4)]
        corners = [int(one.argmin()) for one in near]
        if all(one.min() < 1 for one in near) and len(set(corners)) == 3:
            found.append(corners)
    return found


def _lay_triangle(source: Pixels, out: Pixels, a: np.ndarray, b: np.ndarray) -> None:
    left, top, across, down = cv2.boundingRect(b)
    corner = np.array([left, top], np.float32)
    move = cv2.getAffineTransform(a, b - corner)
    patch = cv2.warpAffine(source, move, (across, down), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    mask = np.zeros((down, across), np.uint8)
    cv2.fillConvexPoly(mask, np.round(b - corner).astype(np.int32), 1)
    view = out[top : top + down, left : left + across]
    view[mask[: view.shape[0], : view.shape[1]] > 0] = patch[: view.shape[0], : view.shape[1]][
        mask[: view.shape[0], : view.shape[1]] > 0
    ]
