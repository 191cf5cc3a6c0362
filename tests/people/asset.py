"""The reduced CC0 head: rest shape, triangles, and the named directions in which it may move."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

ASSETS = Path(__file__).parent / "assets"

FACE, BODY, CAVITY, SOCKET, TEETH, TONGUE, LASH = range(7)
"""What a triangle belongs to: skin with a painted chart, other skin, mouth cavity, eye socket, ..."""

_OPPOSITES = {
    "incr": "decr",
    "up": "down",
    "forward": "backward",
    "out": "in",
    "convex": "concave",
    "uncompress": "compress",
}


@dataclass(frozen=True, slots=True)
class Direction:
    """A sparse shift of the mesh: vertex indices (k,) and centimetres (k, 3)."""

    at: NDArray[np.int64]
    shift: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Base:
    """Everything of `base.npz`, unpacked. Centimetres; x to the image's right, y up, z towards the camera.

    Attributes:
        rest: (n, 3) float32.
        triangles: (m, 3) int32, without the lashes'.
        part: (m,) uint8, see `FACE` ...
        corners: (m, 3) int32 into `chart`.
        chart: (c, 2) float32 texture place of a corner in the face's chart, 0..1, y down.
        lashes: (k, 3) int32 triangles of the lashes.
        eyes: two (e,) index arrays: the vertices round the person's right and left eyeball.
        occlusion: (n,) float32 0..1 share of the sky a vertex sees.
        directions: named shifts: `macro/...`, `shape/...`, `unit/...`.
        axes: shape axis -> (direction for positive values, direction for negative ones or "").
        lips, eyelids, ears: (h, w) float32 0..1 masks on the chart.
    """

    rest: NDArray[np.float32]
    triangles: NDArray[np.int32]
    part: NDArray[np.uint8]
    corners: NDArray[np.int32]
    chart: NDArray[np.float32]
    lashes: NDArray[np.int32]
    eyes: tuple[NDArray[np.int64], NDArray[np.int64]]
    occlusion: NDArray[np.float32]
    directions: Mapping[str, Direction]
    axes: Mapping[str, tuple[str, str]]
    lips: NDArray[np.float32]
    eyelids: NDArray[np.float32]
    ears: NDArray[np.float32]


def _axes(names: list[str]) -> dict[str, tuple[str, str]]:
    """Pair the one-sided shape targets: `nose-hump-incr` and `nose-hump-decr` are the axis `nose-hump`."""
    axes: dict[str, tuple[str, str]] = {}
    known = set(names)
    for name in names:
        if not name.startswith("shape/"):
            continue
        stem, _, end = name.rpartition("-")
        if end in _OPPOSITES:
            other = f"{stem}-{_OPPOSITES[end]}"
            axes[stem.removeprefix("shape/")] = (name, other if other in known else "")
        elif end not in _OPPOSITES.values() or not any(
            f"{stem}-{k}" in known for k, v in _OPPOSITES.items() if v == end
        ):
            axes[name.removeprefix("shape/")] = (name, "")
    return axes


def _mask(packed: NDArray[np.uint8]) -> NDArray[np.float32]:
    result: NDArray[np.float32] = (np.asarray(cv2.imdecode(packed, 0), np.float32) / 248).astype(np.float32)
    return result


@functools.cache
def base() -> Base:
    """The asset, read once."""
    with np.load(ASSETS / "base.npz") as file:
        z = {key: file[key] for key in file.files}
    ends = np.cumsum(z["counts"])
    names = [str(n) for n in z["names"]]
    directions = {}
    for name, end, count in zip(names, ends, z["counts"], strict=True):
        at = np.cumsum(z["indices"][end - count : end].astype(np.int64))
        directions[name] = Direction(at, z["shifts"][end - count : end].astype(np.float32) / 100)
    lash = z["part"] == LASH
    triangles = z["triangles"].astype(np.int32)
    return Base(
        rest=z["rest"].astype(np.float32) / 1000,
        triangles=triangles[~lash],
        part=z["part"][~lash],
        corners=z["corners"].astype(np.int32)[~lash],
        chart=z["chart"].astype(np.float32) / 65535,
        lashes=triangles[lash],
        eyes=(z["eyes"][0].astype(np.int64), z["eyes"][1].astype(np.int64)),
        occlusion=z["occlusion"].astype(np.float32) / 255,
        directions=directions,
        axes=_axes(names),
        lips=_mask(z["lips"]),
        eyelids=_mask(z["eyelids"]),
        ears=_mask(z["ears"]),
    )
