"""Where heads are in a picture: boxes, and the pixels that belong to them."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from models.faces import SIDE, Face, Finder, Image, Points

Box = tuple[float, float, float, float]
"""x, y, width, height, pixels."""


def same(box: Box, other: Box) -> bool:
    """Whether both are one face: the middle of the box lies in the other, and neither is twice as wide.

    A small face held before a large one is somebody else's. Boxes of one face differ by a sixth at most (15 turned and
    5 real ones, by both networks and at both sizes).
    """
    x, y = box[0] + box[2] / 2, box[1] + box[3] / 2
    centred = 0 <= x - other[0] <= other[2] and 0 <= y - other[1] <= other[3]
    return centred and other[2] / 2 < box[2] < 2 * other[2]


def around(face: Face, sizes: float, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """The rectangle that reaches so many face sizes beyond the mesh: x0, y0, x1, y1 in pixels, the ends excluded.

    `shape` is the picture's, (H, W, ...); nothing lies outside of it.
    """
    low, high = face.mesh[:, :2].min(0), face.mesh[:, :2].max(0)
    far = sizes * float((high - low).max())
    x0, y0 = (max(0, math.floor(v - far)) for v in low)
    return x0, y0, min(shape[1], math.ceil(high[0] + far)), min(shape[0], math.ceil(high[1] + far))


def closer(finder: Finder, image: Image, part: tuple[int, int, int, int], known: tuple[Box, ...]) -> tuple[Box, ...]:
    """Who shows only in a closer look at a part of a picture: small faces of a large one.

    Args:
        finder: finds.
        image: `uint8 RGB (H, W, 3)`.
        part: x0, y0, x1, y1 in pixels, the ends excluded.
        known: boxes of everybody who was found before.
    """
    x0, y0, x1, y1 = part
    near = (d.box for d in finder.detect(np.ascontiguousarray(image[y0:y1, x0:x1]), 2 * SIDE))
    boxes = ((x + x0, y + y0, w, h) for x, y, w, h in near)
    return tuple(box for box in boxes if not any(same(box, other) for other in known))


def others(boxes: tuple[Box, ...], mesh: Points, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """(H, W) whose pixels are somebody else's: the boxes, and the hair round them where this face is not.

    Args:
        boxes: of everybody else.
        mesh: (N, 2) of the face that is meant.
        shape: the picture's, (H, W, ...).
    """
    theirs = np.zeros(shape[:2], np.uint8)
    for x, y, w, h in boxes:
        cv2.rectangle(theirs, *_corners(x - 0.4 * w, y - 0.5 * h, 1.8 * w, 1.8 * h), 1, -1)
    cv2.fillConvexPoly(theirs, cv2.convexHull(np.round(mesh).astype(np.int32)), 0)
    for x, y, w, h in boxes:
        cv2.rectangle(theirs, *_corners(x, y, w, h), 1, -1)
    return theirs.astype(np.bool_)


def composed(changed: Image, image: Image, face: Face, boxes: tuple[Box, ...], sizes: float) -> Image:
    """`changed` within so many face sizes of a face; `image` everywhere else, and on everybody else's head."""
    x0, y0, x1, y1 = around(face, sizes, image.shape)
    out = image.copy()
    out[y0:y1, x0:x1] = changed[y0:y1, x0:x1]
    if boxes:
        theirs = others(boxes, face.mesh[:, :2], out.shape)
        out[theirs] = image[theirs]
    return out


def _corners(x: float, y: float, w: float, h: float) -> tuple[tuple[int, int], tuple[int, int]]:
    """The outermost pixels of a box."""
    return (math.floor(x), math.floor(y)), (math.ceil(x + w), math.ceil(y + h))
