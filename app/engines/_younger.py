"""Skin some years back: lines shallower, shade under the eyes lifted, tone even and fresh."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from app.engines._filters import Floats, blur, polygon
from app.engines._skin import Canvas

_SMOOTHEST: Final = 1.1
"""Strength from which skin stays as it is and only the shape goes on: a face without pores is no face."""
_UNDER_EYES: Final = (
    (226, 31, 228, 229, 230, 231, 232, 233, 121, 120, 119, 118, 117, 111),
    (446, 261, 448, 449, 450, 451, 452, 453, 350, 349, 348, 347, 346, 340),
)


def younger(on: Canvas, strength: float) -> Floats:
    """Lines and folds shallower (dark ones more than light ones), shade under the eyes lifted, tone even and fresh."""
    strength = min(strength, _SMOOTHEST)
    lab, light, width = on.lab, on.light, on.width
    out = lab.copy()
    base = np.asarray(cv2.bilateralFilter(lab, -1, 10, max(2.0, 0.018 * width)), np.float32)
    detail = light - base[..., 0]
    fine = light - blur(light, max(0.6, 0.0035 * width))
    folds = base[..., 0] - blur(base[..., 0], 0.035 * width)
    smooth = base[..., 0] - np.minimum(folds, 0) * 0.65 * strength - np.maximum(folds, 0) * 0.15 * strength
    rested = smooth + np.where(detail < 0, 0.25, 0.45) * detail + 0.6 * fine
    share = 0.8 * strength * on.bare
    out[..., 0] += (rested - light) * share
    for channel in (1, 2):
        out[..., channel] += (blur(lab[..., channel], 0.02 * width) - lab[..., channel]) * 0.6 * share
    under = np.maximum.reduce([polygon(light.shape, on.mesh[list(ring), :2], 0, 0.02 * width) for ring in _UNDER_EYES])
    lift = np.clip(blur(light, 0.12 * width) - blur(light, 0.02 * width), 0, 12)
    out[..., 0] += strength * on.bare * (2.6 + 0.75 * lift * under)
    out[..., 1] += strength * (1.6 * on.bare + 3.0 * on.lips)
    # features stand out more from young skin
    brow = np.clip((blur(light, 0.05 * width) - light) / 18, 0, 1) * on.brows
    out[..., 0] -= strength * (5.0 * brow + 2.0 * on.lips)
    out[..., 0] = np.clip(out[..., 0], 0, 100)
    return out
