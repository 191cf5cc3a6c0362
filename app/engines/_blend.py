"""Light, sharpness and seams: how a warped face becomes part of the target picture.

Low-frequency transfer was measured against Reinhard, histogram, Poisson and Laplacian blending on 288 same-person
cases (research): best reconstruction, steadiest in video, and pixels outside the mask stay exact.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from app.engines._filters import Floats, Pixels, apart, blur, level, resize
from app.engines._geometry import Raster

LIGHT_SIGMA: Final = 0.12
"""Width of the light transfer in face widths. Smaller scores higher only because it keeps more of the target."""
_COARSE: Final = 120.0
_STRANGE: Final = (26.0, 48.0)
"""Grey levels between which a light-matched difference stops being the same face."""
_EDGE_SIGMA: Final = 0.045
_EDGE: Final = (5.0, 15.0)
"""Grey levels between which a difference at `_EDGE_SIGMA` face widths is one of light, not of the face."""
_GAIN: Final = (0.4, 2.2)
"""Limits of the gain on detail: a deep shadow holds noise and a cast, not skin."""
_BLACK: Final = 10.0
"""Grey levels added before gains, so that noise in black does not explode."""
_DETAIL: Final = (1.3, 2.0)
"""Enlargement between which fine detail comes to be the target's."""
_PIXEL: Final = 0.6
"""Pixels of a source, as the sigma of a Gaussian, that its detail is to be trusted from."""
_SHARPEN: Final = (0.35, 1.8)
"""Limits of the gain on fine detail: below 1 a sharp source is softened to a soft target."""


def oval(raster: Raster, width: float, feather: float = 0.10, inset: float = 0.012) -> Floats:
    """Mask of the mesh in the raster's box (H, W) 0..1: 0 on its outline and beyond, 1 `feather` face widths inside.

    Where the picture cuts the face there is no outline, so the mask stays up to the picture's edge.
    """
    return _ramp(raster.enlarge(_inner(raster.inside, raster.step)), width, feather, inset)


def oval_of(inside: NDArray[np.bool_], step: int, width: float) -> Floats:
    """`oval` of a mesh's cells (rows, columns) of `step` pixels, as (rows, columns)."""
    return _ramp(_inner(inside, step), width, 0.10, 0.012)


def _inner(inside: NDArray[np.bool_], step: int) -> Floats:
    """How far each cell lies inside, pixels."""
    whole = cv2.morphologyEx(inside.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    # without any outline in sight the distance is the largest float
    return np.asarray(np.minimum(cv2.distanceTransform(whole, cv2.DIST_L2, 5), 1e5).astype(np.float32) * step)


def _ramp(distance: Floats, width: float, feather: float, inset: float) -> Floats:
    """0 to 1 as it goes inwards."""
    ramp = np.clip((distance / width - inset) / feather, 0, 1)
    return np.asarray(ramp * ramp * (3 - 2 * ramp), np.float32)


def match_light(source: Floats, target: Floats, weight: Floats, width: float, sigma: float = LIGHT_SIGMA) -> Floats:
    """`source` (H, W, 3) in the target's low-frequency light and colour, measured where `weight` (H, W) is up.

    Light multiplies, so detail is scaled by `G(weight * target) / G(weight * source)` in luminance, G a Gaussian of
    `sigma` face widths: dark features stay as dark, relative to the skin, as they were. The low frequency itself is
    the target's, per channel; detail is as colourful as the target is (not at all on a grey one). Then edges of light
    that are too steep for G (a shadow across the face) are taken out at `_EDGE_SIGMA`: their cast wholly, their
    brightness only where it differs strongly. Beyond the weight the relation continues smoothly. Not clipped.
    """
    low_source, low_target = (_low(image, weight, sigma * width) for image in (source, target))
    gain = np.clip((_level(low_target) + _BLACK) / (_level(low_source) + _BLACK), *_GAIN)
    detail = (source - low_source) * gain
    grey = _level(detail)
    vivid = min(1.2, _colourfulness(low_target, weight) / (_colourfulness(low_source, weight) + 1e-3))
    lit = np.asarray(grey + (detail - grey) * vivid + low_target, np.float32)
    left = _low(target, weight, _EDGE_SIGMA * width) - _low(lit, weight, _EDGE_SIGMA * width)
    level = _level(left)
    strong = np.clip((np.abs(level) - _EDGE[0]) / (_EDGE[1] - _EDGE[0]), 0, 1)
    return np.asarray(lit + (left - level) + level * strong, np.float32)


def _level(image: Floats) -> Floats:
    """Mean of the channels of (H, W, 3), as (H, W, 1)."""
    return level(image)[..., None]


def _colourfulness(image: Floats, weight: Floats) -> float:
    """How far the channels of a smooth `image` (H, W, 3) lie apart under `weight`, as a share of their brightness."""
    image, weight = image[::4, ::4], weight[::4, ::4]
    return float((apart(image) * weight).sum() / max(float((level(image) * weight).sum()), 1e-6))


def _low(image: Floats, weight: Floats, sigma: float) -> Floats:
    """`G(weight * image) / G(weight)` (H, W, 3); far from any weight, where that is noise, its mean."""
    mass = blur(weight, sigma)[..., None]
    weighted = image * weight[..., None]
    mean = np.array(cv2.sumElems(weighted)[:3], np.float32) / max(float(weight.sum()), 1e-6)
    return np.asarray((blur(weighted, sigma) + mean * 2e-3) / (mass + 2e-3), np.float32)


def alike(source: Floats, target: Floats, weight: Floats, width: float, patience: float = 1.0) -> Floats:
    """Where two light-matched pictures of one face (H, W, 3) show the same thing: (H, W) 0..1.

    What differs more than light, folds and stubble can explain is no face in one of the two (a hand, hair, the
    background behind a turned cheek, a burnt-out rim): there the target keeps its own pixels. Worked out at
    `_COARSE` pixels across the face; where `weight` is low nothing is claimed (1). `patience` is a factor on how much
    they may differ.
    """
    scale = min(1.0, _COARSE / width)
    size = (max(2, round(source.shape[1] * scale)), max(2, round(source.shape[0] * scale)))
    a, b, w = (resize(image, size) for image in (source, target, weight))
    small = width * scale
    matched = match_light(a, b, w, small)
    differs = np.abs(blur(matched - b, 0.015 * small)).max(2)
    strange = np.clip((differs / patience - _STRANGE[0]) / (_STRANGE[1] - _STRANGE[0]), 0, 1) * np.clip(w * 2, 0, 1)
    grown = cv2.dilate(strange.astype(np.float32), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5)))
    calm = 1 - np.clip(blur(np.asarray(grown, np.float32), 0.02 * small), 0, 1)
    return resize(calm, (source.shape[1], source.shape[0]))


def match_sharpness(source: Floats, target: Floats, weight: Floats, width: float) -> Floats:
    """`source` with its fine detail scaled to the strength the target has under `weight` (both (H, W, 3))."""
    return sharpened(source, sharpness_gain(source, target, weight, width), width)


def sharpness_gain(source: Floats, target: Floats, weight: Floats, width: float) -> float:
    """By what the fine detail of `source` is to be scaled to be as strong as the target's under `weight`."""
    strong = weight > 0.5
    if not strong.any():
        return 1.0
    fine, fine_target = (image - blur(image, _fine(width)) for image in (source, target))
    # a median of absolute detail: lashes, brows and a stray hair do not decide for the skin
    have = float(np.median(np.abs(fine[strong]))) + 0.15
    want = float(np.median(np.abs(fine_target[strong]))) + 0.15
    return float(np.clip(want / have, *_SHARPEN))


def sharpened(image: Floats, gain: float, width: float) -> Floats:
    """`image` (H, W, 3) with its fine detail scaled."""
    if gain == 1.0:
        return image
    low = blur(image, _fine(width))
    return np.asarray(low + (image - low) * gain, np.float32)


def _fine(width: float) -> float:
    """Sigma of what is coarser than fine detail, pixels of a face so wide."""
    return max(0.7, 0.006 * width)


def own_detail(painted: Floats, target: Floats, enlarged: float) -> Floats:
    """`painted` (H, W, 3), enlarged from fewer pixels by that factor, with what is finer than these from `target`.

    A webcam's face on a photo of many megapixels would be soft, and show the steps of its pixels; skin, lashes and
    hairs of the photo are the same person's.
    """
    share = float(np.clip((enlarged - _DETAIL[0]) / (_DETAIL[1] - _DETAIL[0]), 0, 1))
    if share == 0:
        return painted
    sigma = _PIXEL * enlarged
    fine = target - blur(target, sigma)
    return np.asarray((1 - share) * painted + share * (blur(painted, sigma) + fine), np.float32)


def lay_over(target: Pixels, painted: Floats, mask: Floats) -> None:
    """Blends `painted` into `target` (a view, changed in place) by `mask`; where the mask is 0 nothing is written."""
    changed = mask > 1 / 512
    alpha = mask[changed][:, None]
    mixed = np.clip(painted[changed], 0, 255) * alpha + target[changed] * (1 - alpha)
    target[changed] = (mixed + 0.5).astype(np.uint8)
