"""Signs of a screen or a glossy print: advice for the person, never a reason to refuse.

They come and go with the camera, its distance and the display: of rendered screens about a third show them (research),
and a striped collar may. So they only choose the words of a refusal that something else has decided.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.faces import Face

_SIDE: Final = 128
_BAND: Final = (0.10, 0.48)
"""Cycles a pixel: finer than features, coarser than what sensors and JPEG round away."""
_CLIPPED: Final = 250


@dataclass(frozen=True, slots=True)
class Surface:
    """Of one picture.

    Attributes:
        moire: how far the strongest wave of the face's fine structure stands out of its neighbours in the spectrum,
            in robust standard deviations of their log power; 2.0 to 2.6 on rendered skin, 4 and more for a wave of 2 %.
        glare: share of the face that is clipped to white, 0..1.
    """

    moire: float
    glare: float


NOTHING: Final = Surface(float("nan"), float("nan"))


def measure(grey: NDArray[np.uint8], face: Face) -> Surface:
    """Look at the middle of the face, pixel for pixel; `NOTHING` when it is smaller than 128 pixels.

    Args:
        grey: `uint8 (H, W)`.
        face: measured in it.
    """
    x, y = (round(float(v)) - _SIDE // 2 for v in face.mesh[4, :2])
    if x < 0 or y < 0 or x + _SIDE > grey.shape[1] or y + _SIDE > grey.shape[0] or face.box[2] < _SIDE:
        return NOTHING
    patch = grey[y : y + _SIDE, x : x + _SIDE].astype(np.float32)
    fine = (patch - cv2.GaussianBlur(patch, (0, 0), 2.5)) * np.outer(np.hanning(_SIDE), np.hanning(_SIDE))
    power = np.log(np.abs(np.fft.rfft2(fine)) ** 2 + 1.0)
    over = power - cv2.blur(power, (15, 15), borderType=cv2.BORDER_REFLECT)
    rate = np.hypot(np.fft.fftfreq(_SIDE)[:, None], np.fft.rfftfreq(_SIDE)[None])
    band = over[(rate >= _BAND[0]) & (rate <= _BAND[1])]
    spread = 1.48 * float(np.median(np.abs(band - np.median(band)))) + 1e-6
    return Surface(float(band.max() - np.median(band)) / spread, float((patch >= _CLIPPED).mean()))
