"""Person against background: MediaPipe selfie segmentation (a silhouette that keeps hair, hands and objects held)."""

from __future__ import annotations

import threading
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.faces import Image
from models.load import Lite

_SIDE: Final = 256
_NONE: Final = 1e-6
"""Probability taken for 0: the network gives denormal numbers, with which a blur takes ten times as long."""


class Segmenter:
    """Masks the person. Holds its own network; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._net = Lite("person")

    def mask(self, image: Image) -> NDArray[np.float32]:
        """Probability of *person* for every pixel of `image` (`uint8 RGB (H, W, 3)`): (H, W) float32 0..1."""
        small = cv2.resize(image, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
        with self._lock:
            likely = self._net.see(np.asarray(small, np.uint8))["activation_10"].reshape(_SIDE, _SIDE)
        likely = np.where(likely < _NONE, 0, likely).astype(np.float32)
        size = (image.shape[1], image.shape[0])
        return np.clip(cv2.resize(likely, size, interpolation=cv2.INTER_LINEAR), 0, 1).astype(np.float32)
