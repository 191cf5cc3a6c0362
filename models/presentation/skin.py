"""The colours of skin and room in one frame, for the coloured light (see `light`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models import topology
from models.faces import Face

Grid = NDArray[np.float64]

_FULL: Final = 250
"""sRGB value from which a channel counts as clipped."""
_LINEAR: Final = np.where(
    np.arange(256) <= 10, np.arange(256) / 255 / 12.92, ((np.arange(256) / 255 + 0.055) / 1.055) ** 2.4
).astype(np.float32)
"""Linear light of an sRGB value (IEC 61966-2-1)."""


def _normals() -> Grid:
    """(468, 3) unit normals of the canonical head, towards the camera; x to the right, y down, z away."""
    head = topology.CANONICAL
    a, b, c = (head[topology.TRIANGLES[:, k]] for k in range(3))
    face = np.cross(b - a, c - a)
    out = np.zeros_like(head)
    for k in range(3):
        np.add.at(out, topology.TRIANGLES[:, k], face)
    out *= -np.sign(out[topology.NOSE_TIP, 2])
    return np.asarray(out / np.linalg.norm(out, axis=1, keepdims=True), np.float64)


NORMALS: Final = _normals()
"""Of the canonical head."""


def _spots() -> NDArray[np.int64]:
    """Mesh points on bare skin: no lids, brows, lips or nostrils, and not beyond the cheeks' turn."""
    head = topology.CANONICAL
    away = head[:, None, :2]
    lids, mouth = (
        head[[*topology.RIGHT_EYE, *topology.LEFT_EYE], :2],
        head[[*topology.LIPS_OUTER, *topology.LIPS_INNER], :2],
    )
    brows = head[[*topology.RIGHT_BROW, *topology.LEFT_BROW], :2]
    nostrils = head[[2, 97, 326, 99, 328, 60, 290, 94], :2]
    good = NORMALS[:, 2] < -0.30
    for ring, gap in ((lids, 0.75), (brows, 0.45), (mouth, 0.7), (nostrils, 0.5)):
        good &= np.linalg.norm(away - ring[None], axis=2).min(1) > gap
    good &= ~np.isin(np.arange(len(head)), topology.OVAL)
    chosen: list[int] = []
    for k in np.flatnonzero(good):  # the mesh is dense round the mouth and nose
        if all(np.linalg.norm(head[k] - head[j]) > 0.75 for j in chosen):
            chosen.append(int(k))
    return np.array(chosen, np.int64)


SPOTS: Final = _spots()
"""Mesh points whose colour is kept."""
_ACROSS: Final = 12
_DOWN: Final = 9
WINDOWS: Final = _ACROSS * _DOWN
"""Windows of the room that are looked at."""
_STEPS: Final = np.stack(np.meshgrid(np.arange(-3, 4), np.arange(-3, 4)), -1).reshape(-1, 2).astype(np.float32)
"""(49, 2): a window of seven by seven samples."""


@dataclass(frozen=True, slots=True, eq=False)
class Skin:
    """Colours of one frame, linear light 0..1.

    Attributes:
        spots: (len(SPOTS), 3) float32 RGB of the skin; NaN where clipped (that channel) or outside the picture.
        room: (108, 3) float32 RGB of windows of the picture, row by row; NaN over or under the person.
        pose: (yaw, pitch, roll) of the head, degrees.
    """

    spots: NDArray[np.float32] = field(repr=False)
    room: NDArray[np.float32] = field(repr=False)
    pose: tuple[float, float, float]


def _means(pixels: NDArray[np.uint8], centres: Grid, step: float) -> NDArray[np.float32]:
    """(n, 3) mean linear light of 7 x 7 samples, `step` pixels apart, round `centres` (n, 2); NaN where unusable."""
    height, width = pixels.shape[:2]
    at = np.rint(centres[:, None].astype(np.float32) + _STEPS * np.float32(step)).astype(np.int32)
    inside = ((at >= 0) & (at < (width, height))).all((1, 2))
    at[~inside] = 0
    values = pixels[at[..., 1], at[..., 0]]
    out = _LINEAR[values].mean(1)
    out[(values >= _FULL).mean(1) > 0.1] = np.nan
    out[~inside] = np.nan
    return np.asarray(out, np.float32)


def look(pixels: NDArray[np.uint8], face: Face) -> Skin:
    """The colours of one frame; about a millisecond.

    Args:
        pixels: `uint8 RGB (H, W, 3)`.
        face: measured in it.
    """
    height, width = pixels.shape[:2]
    mesh = face.mesh[:, :2]
    spots = _means(pixels, mesh[SPOTS], max(0.017 * face.eye_distance, 1.0))
    low, high = mesh.min(0), mesh.max(0)
    middle, size = (low + high) / 2, high - low
    cell = np.array([width / _ACROSS, height / _DOWN])
    grid = (np.stack(np.meshgrid(np.arange(_ACROSS), np.arange(_DOWN)), -1).reshape(-1, 2) + 0.5) * cell
    # hair stands off the mesh by up to a face's width; the body begins under the chin
    off = np.abs(grid - middle - (0, -0.15 * size[1])) / size
    person = (np.hypot(off[:, 0] / 0.95, off[:, 1] / 1.0) < 1) | (grid[:, 1] > middle[1] + 0.45 * size[1])
    room = np.full((len(grid), 3), np.nan, np.float32)
    room[~person] = _means(pixels, grid[~person], float(cell.min() / 8))
    return Skin(spots, room, (face.pose.yaw, face.pose.pitch, face.pose.roll))
