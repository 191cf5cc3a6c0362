"""Fine alignment of a warped face: what landmarks miss by a pixel or two, optical flow finds."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from app.engines._filters import Floats, blur, level, resize

_ACROSS: Final = 256.0
"""Pixels across the face at which the flow is found."""
_SOFT: Final = 0.02
"""Face widths over which the flow is smoothed: landmarks err smoothly, skin that differs does not."""
_MOST: Final = 0.03
"""Face widths that landmarks may be out by (half of that is usual)."""


def alignment(warped: Floats, target: Floats, weight: Floats, width: float) -> Floats:
    """How far off the landmarks place the source: offsets (H, W, 2) in pixels, for `moved`.

    Args:
        warped: (H, W, 3) the source as the landmarks place it.
        target: (H, W, 3) what it is laid on.
        weight: (H, W) where it will be seen.
        width: of the target's face, pixels.
    """
    scale = min(1.0, _ACROSS / width)
    size = (max(32, round(target.shape[1] * scale)), max(32, round(target.shape[0] * scale)))
    small = [_plain(resize(one, size), width * scale) for one in (target, warped)]
    seer = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    flow = np.asarray(seer.calc(small[0], small[1], np.zeros((size[1], size[0], 2), np.float32)), np.float32)
    trust = resize(weight, size)
    sigma = _SOFT * width * scale
    flow = blur(flow * trust[..., None], sigma) / (blur(trust, sigma) + 0.05)[..., None]
    length = np.linalg.norm(flow, axis=2, keepdims=True)
    flow = flow * np.minimum(1, _MOST * width * scale / (length + 1e-6))
    return resize(np.asarray(flow / scale, np.float32), (target.shape[1], target.shape[0]))


def moved(values: Floats, offsets: Floats) -> Floats:
    """Values (H, W, 1 to 4) of the source, such as where it is to be sampled, taken to where its features lie."""
    height, width = offsets.shape[:2]
    x = offsets[..., 0] + np.arange(width, dtype=np.float32)
    y = offsets[..., 1] + np.arange(height, dtype=np.float32)[:, None]
    return np.asarray(cv2.remap(values, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)


def _plain(image: Floats, width: float) -> np.ndarray:
    """Brightness without light, uint8: lines and features against their surroundings."""
    grey = level(image)
    low = blur(grey, 0.06 * width)
    spread = np.sqrt(blur((grey - low) ** 2, 0.15 * width)) + 2.0
    return np.asarray(np.clip(128 + 40 * (grey - low) / spread, 0, 255), np.uint8)
