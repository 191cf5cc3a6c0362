"""Hair turns grey strand by strand: salt among pepper, temples first, never a veil and never a rim of light.

Strands come from the hair's own light and dark; where a picture shows none (black hair in shade), fine noise is drawn
out along the direction in which the hair runs, read from the structure tensor (Bigun and Granlund 1987), by line
integral convolution (Cabral and Leedom 1993).
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from app.engines._filters import Floats, blur, resize
from app.engines._skin import Canvas

_GREY: Final = 64.0
"""Lightness of a grey strand in a picture lit as usual."""
_LIFT: Final = 0.62
"""Share of the way to it that a turned strand goes: the light on the hair stays readable."""
_FLOW: Final = (1.0, 2.0, 4.0, 7.0)
"""Steps, in pixels of half the canvas, by which noise is drawn out."""


def greyed(on: Canvas, mask: Floats, amount: float, seed: int) -> Floats:
    """`on.lab` with the hair under `mask` (H, W) turned grey: temples first, light strands first; `amount` 0..1.6."""
    lab = on.lab
    mass = float(mask.sum())
    if mass < 1 or amount <= 0:
        return lab
    light = on.light
    mean = 1 + float((light * mask).sum() / mass)
    spread = float(np.sqrt(((light - mean) ** 2 * mask).sum() / mass)) + 2
    share, strands = _turned(on, mask, amount, seed)
    # what is light and colourless is grey already
    chroma = float((np.hypot(on.lab[..., 1], on.lab[..., 2]) * mask).sum() / mass)
    needed = float(min(1.0, np.clip((chroma - 14) / 12, 0, 1) + np.clip((60 - mean) / 25, 0, 1)))
    # a pixel lighter than hair is half something else (skin at the hairline, sky round the head): it turns by its half
    beyond = mean + 0.8 * spread
    hair = np.clip(1 - (light - beyond) / max(1.3 * spread, 11.0), 0, 1)
    face = on.light[on.face > 0.5]
    lit = float(np.clip(np.median(face) / 62, 0.35, 1.15)) if face.size else 1.0
    lift = max(_GREY * lit - mean, 0.0) * _LIFT
    share = share * needed
    out = lab.copy()
    out[..., 0] += share * hair * np.minimum(lift * (0.75 + 0.25 * strands), np.clip(90 - light, 0, None))
    out[..., 1] *= 1 - 0.85 * share
    out[..., 2] += (1.8 - 0.8 * lab[..., 2]) * share
    return out


def _turned(on: Canvas, mask: Floats, amount: float, seed: int) -> tuple[Floats, Floats]:
    """How far each pixel has turned, 0..1, and its strand, about -1..1: (H, W) each."""
    light, width = on.light, on.width
    fine = light - blur(light, 0.02 * width)
    rough = float(np.sqrt((fine**2 * mask).sum() / mask.sum()))
    own = np.clip(fine / (1.4 * rough + 0.5), -1.5, 1.5)
    shown = float(np.clip((rough - 1.0) / 2.5, 0.25, 1))
    strands = own * shown + (1 - shown) * _drawn(on, mask, seed)
    noise = np.random.default_rng(seed).standard_normal((24, 24)).astype(np.float32)
    clumps = cv2.resize(noise, (light.shape[1], light.shape[0]), interpolation=cv2.INTER_CUBIC)
    x = np.arange(light.shape[1], dtype=np.float32)
    y = np.arange(light.shape[0], dtype=np.float32)[:, None]
    temples = 0.35 * np.clip(np.abs(x - on.mesh[168, 0]) / (0.5 * width), 0, 1.2)
    temples = temples + 0.35 * np.clip((y - on.mesh[10, 1]) / width + 0.35, 0, 1)
    turned = 1 / (1 + np.exp(-1.6 * (0.3 * clumps + 1.1 * strands + 1.1 * temples + 4.2 * amount - 2.7)))
    share = turned * mask * min(1.0, 1.8 * amount)
    return np.asarray(share, np.float32), np.asarray(np.clip(strands, -1, 1), np.float32)


def _drawn(on: Canvas, mask: Floats, seed: int) -> Floats:
    """Strands drawn along the hair, about -1.5..1.5, (H, W); 0 far from any hair."""
    rows, columns = (np.flatnonzero((mask > 0.02).any(axis)) for axis in (1, 0))
    area = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    whole = on.light[area]
    size = (max(4, whole.shape[1] // 2), max(4, whole.shape[0] // 2))
    light = resize(np.ascontiguousarray(whole), size)
    x = np.arange(size[0], dtype=np.float32) * 2 + columns[0]
    y = np.arange(size[1], dtype=np.float32)[:, None] * 2 + rows[0]
    # where the picture tells nothing, hair leaves the crown and falls
    fallback = np.arctan2(y - on.mesh[10, 1] + 0.5 * on.width, x - on.mesh[10, 0])
    across = cv2.Sobel(light, cv2.CV_32F, 1, 0), cv2.Sobel(light, cv2.CV_32F, 0, 1)
    sigma = 0.012 * on.width
    xx, yy, xy = (
        blur(np.asarray(v, np.float32), sigma) for v in (across[0] ** 2, across[1] ** 2, across[0] * across[1])
    )
    weight = 0.15 * (xx + yy) + 2.0
    double = np.arctan2(-2 * xy + weight * np.sin(2 * fallback), yy - xx + weight * np.cos(2 * fallback))
    direction = np.dstack([np.cos(double / 2), np.sin(double / 2)]).astype(np.float32)
    strands = np.random.default_rng(seed + 1).standard_normal(size[::-1]).astype(np.float32)
    grid = np.dstack(np.broadcast_arrays(np.arange(size[0], dtype=np.float32), np.arange(size[1])[:, None]))
    for step in _FLOW:
        strands = 0.5 * (_along(strands, grid + step * direction) + _along(strands, grid - step * direction))
    strands = (strands - blur(strands, 6)) / (strands.std() + 1e-6)
    drawn = np.zeros(on.light.shape, np.float32)
    drawn[area] = np.clip(resize(strands, (whole.shape[1], whole.shape[0])), -1.5, 1.5)
    return drawn


def _along(image: Floats, places: Floats) -> Floats:
    """`image` (H, W) at `places` (H, W, 2)."""
    places = places.astype(np.float32)
    at = (places[..., 0], places[..., 1])
    return np.asarray(cv2.remap(image, *at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT), np.float32)
