"""Apparent age, by the Cydral network (CC0).

Mean absolute error 5.9 years on 630 UTKFace crops (docs/models.md); runs 20 and more years low on old men. Good for a
minimum-age check with a margin and for the direction of an age preview; not for telling anyone their age.
"""

from __future__ import annotations

import threading
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.faces import Face, Image, similarity, warped
from models.load import expect, net, patterns

_CHIP: Final = 64 * np.array([[0.2929, 0.2893], [0.6784, 0.2926], [0.4744, 0.4976], [0.3176, 0.6694], [0.6383, 0.6755]])
"""The five points in dlib's 64 px chip with 0.2 padding (measured)."""
_YEARS: Final = np.array([0.25, *range(1, 81)])
_MEAN: Final = np.array([122.781998, 117.000999, 104.297997], np.float32)


class AgeEstimator:
    """Estimates apparent age. Holds its own network; safe to share between threads.

    Raises:
        Fault: at construction, when the weight file is missing or altered, or the network gives a wrong answer.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._net = net("age")
        for pattern, known in zip(patterns(64), (22.5, 9.1), strict=True):
            expect("age", float(self._likely(pattern) @ _YEARS), known, within=1.5)

    def years(self, image: Image, face: Face) -> float:
        """Expected apparent age in years (0.25..80) of one face of `image` (`uint8 RGB (H, W, 3)`)."""
        wide = warped(image, similarity(face.points, _CHIP) * 4, 256)
        chip = np.asarray(cv2.resize(wide, (64, 64), interpolation=cv2.INTER_AREA), np.uint8)
        with self._lock:
            return float(self._likely(chip) @ _YEARS)

    def _likely(self, chip: Image) -> NDArray[np.float64]:
        """(81,) how likely each of `_YEARS` is."""
        blob = ((chip.astype(np.float32) - _MEAN) / 256).transpose(2, 0, 1)[None]
        self._net.setInput(np.ascontiguousarray(blob))
        return np.asarray(self._net.forward(), np.float64).ravel()
