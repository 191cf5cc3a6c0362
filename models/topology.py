"""The 468-point face mesh: its triangles, its canonical shape and the index lists that engines and checks share.

Convention: mesh points are (x, y, z) with x to the image's right, y down, z away from the camera. *Right* and *left*
are the person's own, so the right eye stands on the image's left. Source: google-ai-edge/mediapipe, canonical face
geometry (Apache-2.0), read from the pinned file of the registry.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.load import weights

OVAL: Final = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
LIPS_OUTER: Final = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146)
LIPS_INNER: Final = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95)
RIGHT_EYE: Final = (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7)
LEFT_EYE: Final = (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249)
RIGHT_BROW: Final = (70, 63, 105, 66, 107, 55, 65, 52, 53, 46)
LEFT_BROW: Final = (300, 293, 334, 296, 336, 285, 295, 282, 283, 276)
NOSE: Final = (168, 6, 197, 195, 5, 4, 1, 2, 98, 327, 64, 294, 48, 278, 129, 358, 49, 279, 122, 351)
"""Bridge, tip and wings; their convex hull is the nose."""
RIGID: Final = (
    10, 338, 297, 332, 109, 67, 103, 151, 9, 8, 168, 6, 197, 195, 5, 4, 33, 133, 263, 362, 127, 356, 234, 454, 93, 323,
    132, 361, 21, 251, 162, 389, 54, 284, 50, 280, 205, 425,
)  # fmt: skip
"""Points that move little with expression: for rigid fits."""

NOSE_TIP: Final = 4
CHIN: Final = 152


def _fields(data: bytes) -> Iterator[tuple[int, int | float | bytes]]:
    """The (field number, value) pairs of one protocol-buffer message; varint, float and bytes only."""
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        tag = varint()
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            yield number, varint()
        elif wire == 5:
            yield number, struct.unpack_from("<f", data, at)[0]
            at += 4
        elif wire == 2:
            size = varint()
            yield number, data[at : at + size]
            at += size
        else:
            raise ValueError(f"wire type {wire} is not used in this file")


def _read() -> tuple[NDArray[np.float64], NDArray[np.int32], NDArray[np.int64]]:
    """Canonical points (468, 3), triangles (898, 3) and the indices MediaPipe itself fits the pose with."""
    vertices: list[float] = []
    corners: list[int] = []
    basis: list[int] = []
    for number, value in _fields(weights("geometry")):
        if number == 1 and isinstance(value, bytes):
            for inner, item in _fields(value):
                if inner == 3 and isinstance(item, float):
                    vertices.append(item)
                elif inner == 4 and isinstance(item, int):
                    corners.append(item)
        elif number == 2 and isinstance(value, bytes):
            basis.append(int(next((v for n, v in _fields(value) if n == 1 and isinstance(v, int)), 0)))
    points = np.array(vertices, np.float64).reshape(-1, 5)[:, :3] * (1, -1, -1)
    return points, np.array(corners, np.int32).reshape(-1, 3), np.array(sorted(basis), np.int64)


CANONICAL, TRIANGLES, POSE_BASIS = _read()
for _array in (CANONICAL, TRIANGLES, POSE_BASIS):
    _array.setflags(write=False)


def _inside(ring: tuple[int, ...]) -> NDArray[np.bool_]:
    """Which triangles lie wholly inside a ring of points (the lids of an eye, the inner lips)."""
    return np.asarray(np.isin(TRIANGLES, ring).all(axis=1), np.bool_)


_EYES = _inside(RIGHT_EYE) | _inside(LEFT_EYE)
_MOUTH = _inside(LIPS_INNER)
EYE_TRIANGLES: Final = TRIANGLES[_EYES]
MOUTH_TRIANGLES: Final = TRIANGLES[_MOUTH]
SKIN_TRIANGLES: Final = TRIANGLES[~(_EYES | _MOUTH)]
