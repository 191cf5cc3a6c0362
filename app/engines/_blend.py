"""Light, sharpness and seams: how a warped face becomes part of the target picture.

Low-frequency transfer was measured against Reinhard, histogram, Poisson and Laplacian blending on 288 same-person
cases (docs/engines.md): best reconstruction, steadiest in video, and pixels outside the mask stay exact.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from app.engines._filters import Floats, Pixels, blur, resize
from app.engines._geometry import Raster

LIGHT_SIGMA: Final = 0.12
"""Width of the light transfer in face widths. Smaller scores higher only because it keeps more of the target."""
_COARSE: Final = 120.0
_STRANGE: Final = (26.0, 48.0)
"""Grey levels between which a light-matched difference stops being the same face."""
_GAIN: Final = (0.3, 3.0)
_BLACK: Final = 10.0
"""Grey levels added before gains, so that noise in black does not explode."""
_SHARPEN: Final = (0.35, 1.8)
"""Limits of the gain on fine detail: below 1 a sharp source is softened to a soft target."""


def oval(raster: Raster, width: float, feather: float = 0.10, inset: float = 0.012) -> Floats:
    """Mask of the mesh in the raster's box (H, W) 0..1: 0 on its outline and beyond, 1 `feather` face widths inside.

    Where the picture cuts the face there is no outline, so the mask stays up to the picture's edge.
    """
    whole = cv2.morphologyEx(raster.inside.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    distance = np.asarray(cv2.distanceTransform(whole, cv2.DIST_L2, 5), np.float32) * raster.step
    ramp = np.clip((raster.enlarge(distance) / width - inset) / feather, 0, 1)
    return np.asarray(ramp * ramp * (3 - 2 * ramp), np.float32)


def match_light(source: Floats, target: Floats, weight: Floats, width: float, sigma: float = LIGHT_SIGMA) -> Floats:
    """`source` (H, W, 3) in the target's low-frequency light and colour, measured where `weight` (H, W) is up.

    Light multiplies, so the source is scaled by `G(weight * target) / G(weight * source)` per channel, G a Gaussian of
    `sigma` face widths: dark features stay as dark, relative to the skin, as they were. What a limited gain cannot
    reach (near black, clipped) is added. Beyond the weight the relation continues smoothly. The result is not clipped.
    """
    spread = sigma * width
    mass = blur(weight, spread)[..., None]
    total = max(float(weight.sum()), 1e-6)

    def low(image: Floats) -> Floats:
        # far from any weight the local estimate is noise over noise: lean on the mean of the whole face there
        mean = (image * weight[..., None]).sum((0, 1)) / total
        return np.asarray((blur(image * weight[..., None], spread) + mean * 2e-3) / (mass + 2e-3), np.float32)

    low_source, low_target = low(source), low(target)
    gain = np.clip((low_target + _BLACK) / (low_source + _BLACK), *_GAIN)
    return np.asarray((source - low_source) * gain + low_target, np.float32)


def alike(source: Floats, target: Floats, weight: Floats, width: float) -> Floats:
    """Where two light-matched pictures of one face (H, W, 3) show the same thing: (H, W) 0..1.

    What differs more than light, folds and stubble can explain is no face in one of the two (a hand, hair, the
    background behind a turned cheek, a burnt-out rim): there the target keeps its own pixels. Worked out at
    `_COARSE` pixels across the face; where `weight` is low nothing is claimed (1).
    """
    scale = min(1.0, _COARSE / width)
    size = (max(2, round(source.shape[1] * scale)), max(2, round(source.shape[0] * scale)))
    a, b, w = (resize(image, size) for image in (source, target, weight))
    small = width * scale
    matched = match_light(a, b, w, small)
    differs = np.abs(blur(matched - b, 0.015 * small)).max(2)
    strange = np.clip((differs - _STRANGE[0]) / (_STRANGE[1] - _STRANGE[0]), 0, 1) * np.clip(w * 2, 0, 1)
    grown = cv2.dilate(strange.astype(np.float32), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5)))
    calm = 1 - np.clip(blur(np.asarray(grown, np.float32), 0.02 * small), 0, 1)
    return resize(calm, (source.shape[1], source.shape[0]))


def match_sharpness(source: Floats, target: Floats, weight: Floats, width: float) -> Floats:
    """`source` with its fine detail scaled to the strength the target has under `weight` (both (H, W, 3))."""
    sigma = max(0.7, 0.006 * width)
    low = blur(source, sigma)
    fine = source - low
    fine_target = target - blur(target, sigma)
    strong = weight > 0.5
    if not strong.any():
        return source
    # a median of absolute detail: lashes, brows and a stray hair do not decide for the skin
    have = float(np.median(np.abs(fine[strong]))) + 0.15
    want = float(np.median(np.abs(fine_target[strong]))) + 0.15
    gain = float(np.clip(want / have, *_SHARPEN))
    return np.asarray(low + fine * gain, np.float32)


def lay_over(target: Pixels, painted: Floats, mask: Floats) -> None:
    """Blends `painted` into `target` (a view, changed in place) by `mask`; where the mask is 0 nothing is written."""
    changed = mask > 1 / 512
    alpha = mask[changed][:, None]
    mixed = painted[changed] * alpha + target[changed] * (1 - alpha)
    target[changed] = np.clip(mixed + 0.5, 0, 255).astype(np.uint8)
