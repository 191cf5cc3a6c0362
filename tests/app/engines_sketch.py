"""A drawn stand-in for a picture with one face: the canonical head, shaded, posed and placed at will. Costs nothing."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.faces import Face, five_points, pose_of
from models.topology import CANONICAL, LEFT_BROW, LEFT_EYE, LIPS_INNER, LIPS_OUTER, OVAL, RIGHT_BROW, RIGHT_EYE


@dataclass(frozen=True)
class Sketch:
    """What a renderer sees of a match (`app.engines._geometry.Seen`)."""

    pixels: NDArray[np.uint8]
    face: Face


def turned(yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0) -> NDArray[np.float64]:
    """The canonical points (468, 3), turned by degrees as `models.faces.Pose` counts them."""
    y, p, r = np.radians([yaw, pitch, roll])
    about_y = np.array([[np.cos(y), 0, -np.sin(y)], [0, 1, 0], [np.sin(y), 0, np.cos(y)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), np.sin(p)], [0, -np.sin(p), np.cos(p)]])
    about_z = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    return np.asarray(CANONICAL @ (about_z @ about_x @ about_y).T)


def sketch(
    size: tuple[int, int] = (400, 400),
    width: float = 180.0,
    at: tuple[float, float] = (0.5, 0.5),
    seed: int = 0,
    skin: tuple[int, int, int] = (205, 160, 130),
    eyes: float = 0.3,
    **pose: float,
) -> Sketch:
    """A face `width` pixels wide at a share `at` of a picture of `size` (width, height); read-only, as a match is."""
    rng = np.random.default_rng(seed)
    wide, tall = size
    room = rng.integers(30, 220, (max(2, tall // 16), max(2, wide // 16), 3)).astype(np.uint8)
    pixels = cv2.resize(room, size, interpolation=cv2.INTER_CUBIC)
    mesh = turned(**pose) * (width / np.ptp(CANONICAL[:, 0])) + (at[0] * wide, at[1] * tall, 0)

    def fill(ring: tuple[int, ...], colour: tuple[int, int, int]) -> None:
        hull = cv2.convexHull(np.round(mesh[list(ring), :2] * 16).astype(np.int32))
        cv2.fillConvexPoly(pixels, hull, colour, cv2.LINE_AA, 4)

    fill(OVAL, skin)
    for brow in (RIGHT_BROW, LEFT_BROW):
        fill(brow, (60, 45, 35))
    for eye in (RIGHT_EYE, LEFT_EYE):
        fill(eye, (235, 235, 230))
    fill(LIPS_OUTER, (170, 80, 80))
    fill(LIPS_INNER, (60, 20, 20))
    x = np.arange(wide) - mesh[4, 0]
    shade = 1 + 0.12 * np.clip(x / width, -1, 1)[None, :, None]
    grain = rng.normal(0, 4, pixels.shape)
    pixels = np.clip(pixels * shade + grain, 0, 255).astype(np.uint8)
    pixels.setflags(write=False)
    mesh.setflags(write=False)
    low, high = mesh[:, :2].min(0), mesh[:, :2].max(0)
    box = (float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1]))
    points = five_points(mesh)
    mouth = float(np.linalg.norm(mesh[13, :2] - mesh[14, :2]) / max(float(np.linalg.norm(mesh[78] - mesh[308])), 1e-6))
    apart = float(np.linalg.norm(points[1] - points[0]))
    face = Face(box, points, mesh, pose_of(mesh, pixels.shape), (eyes, eyes), mouth, 0.9, 20.0, 0.5, apart)
    return Sketch(pixels, face)


def beyond(seen: Sketch, reach: float) -> NDArray[np.bool_]:
    """Pixels further than `reach` face widths from the face's outline: (H, W)."""
    mesh = seen.face.mesh
    hull = cv2.convexHull(np.round(mesh[:, :2]).astype(np.int32))
    far = np.ones(seen.pixels.shape[:2], np.uint8)
    cv2.fillConvexPoly(far, hull, 0)
    if not (far == 0).any():
        return np.ones(far.shape, bool)
    distance = cv2.distanceTransform(far, cv2.DIST_L2, 5)
    return np.asarray(distance > reach * np.ptp(mesh[:, 0]) + 4)
