"""SFace: one face to a 128-d unit vector, averaged with its mirror image.

Measured on real adults (docs/models.md): cosine 0.50 lets in 3 of 218,864 impostor pairs photo against photo, 0.55
none; a template of five photographs at 0.50 none of 24,560, at 0.2 % false rejections.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.faces import Face, Image, similarity, warped
from models.load import expect, net, patterns

Vector = NDArray[np.float32]
"""(128,) of unit length, or NaN throughout. With a second recogniser (`models.arcface`) (642,): these, its own 512 of
unit length, its limit, and the gate's."""
FIRST: Final = 128
SECOND: Final = 512
PLACES: Final = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
)
"""ArcFace's five points in a 112 px crop (insightface, `face_align.arcface_dst`)."""


class Recogniser:
    """Embeds faces. Holds its own network; safe to share between threads.

    Raises:
        Fault: at construction, when the weight file is missing or altered, or the network gives a wrong answer.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._net = net("identity")
        one, other = (self._run(pattern) for pattern in patterns(112))
        length = max(float(np.linalg.norm(one) * np.linalg.norm(other)), 1e-9)
        expect("identity", float(one @ other) / length if one.size == 128 else np.nan, known=0.43, within=0.05)

    def embed(self, image: Image, face: Face) -> NDArray[np.float32]:
        """Identity of one face of `image` (`uint8 RGB (H, W, 3)`): (128,) float32 of unit length, or NaN throughout."""
        seen = chip(image, face)
        with self._lock:
            total = self._run(seen) + self._run(np.ascontiguousarray(seen[:, ::-1]))
        length = float(np.linalg.norm(total))
        return (total / length if length > 0 else np.full_like(total, np.nan)).astype(np.float32)

    def _run(self, chip: Image) -> NDArray[np.float64]:
        self._net.setInput(cv2.dnn.blobFromImage(chip, 1.0, (112, 112)), "data")  # OpenCV 5 needs the input's name
        return np.asarray(self._net.forward(), np.float64).ravel()


def chip(image: Image, face: Face) -> Image:
    """The upright face of `image` (`uint8 RGB (H, W, 3)`) by ArcFace's five points: `uint8 RGB (112, 112, 3)`."""
    twice = 2 * similarity(face.points, PLACES) + np.array([[0, 0, 0.5], [0, 0, 0.5]])
    wide = warped(image, twice, 224)  # twice as fine, then averaged, so that no pixel of the face goes unseen
    return np.asarray(cv2.resize(wide, (112, 112), interpolation=cv2.INTER_AREA), np.uint8)


def middle(vectors: Sequence[Vector]) -> Vector:
    """The mean of unit vectors, at unit length, each recogniser's by itself; NaN where one of them is."""
    mean = np.mean(vectors, axis=0)
    if mean.size <= FIRST + SECOND:
        return np.asarray(mean / np.linalg.norm(mean), np.float32)
    first, second, limits = np.split(mean, [FIRST, FIRST + SECOND])
    units = [first / np.linalg.norm(first), second / np.linalg.norm(second)]
    return np.concatenate([*units, np.max(vectors, axis=0)[-limits.size :]]).astype(np.float32)


def agreement(one: Vector, other: Vector) -> float:
    """How alike two faces are: the cosine, -1..1; NaN where anything is not a number.

    With a second recogniser the smaller of both scores, its own put on SFace's scale so that its limit lies where the
    gate's does: it can refuse what SFace would pass, and pass nothing that SFace would refuse.
    """
    if one.size <= FIRST + SECOND:
        return float(one @ other)
    cosine = float(one[:FIRST] @ other[:FIRST])
    second = float(one[FIRST:-2] @ other[FIRST:-2])
    own, gate = (float(limit) for limit in np.maximum(one[-2:], other[-2:]))
    over = gate + (second - own) * (1 - gate) / (1 - own)
    under = -1 + (second + 1) * (gate + 1) / (own + 1)
    return float(np.minimum(cosine, over if second >= own else under))
