"""Small picture operations the engines share. Masks and working pictures are float32, (H, W) or (H, W, C)."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]
Points = NDArray[np.float64]


def resize(image: Floats, size: tuple[int, int]) -> Floats:
    """`image` at `size` (width, height): area average where it shrinks, bilinear where it grows."""
    way = cv2.INTER_AREA if size[0] < image.shape[1] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, size, interpolation=way), np.float32)


def extend(values: Floats, known: NDArray[np.bool_]) -> Floats:
    """Fills unknown cells of `values` (H, W, C) smoothly from the known ones (push-pull pyramid); known cells stay."""
    if not known.any():
        return values
    pyramid = [(values * known[..., None], known.astype(np.float32))]
    while max(pyramid[-1][1].shape) > 1:
        total, weight = pyramid[-1]
        size = (-(-weight.shape[1] // 2), -(-weight.shape[0] // 2))
        weight = resize(weight, size)
        total = resize(total, size).reshape(size[1], size[0], -1)
        full = (np.minimum(weight * 4, 1) / np.maximum(weight, 1e-9)).astype(np.float32)
        pyramid.append((total * full[..., None], weight * full))
    total, weight = pyramid[-1]
    filled = np.asarray(total / np.maximum(weight, 1e-6)[..., None], np.float32)
    for total, weight in reversed(pyramid[:-1]):
        up = resize(filled, (weight.shape[1], weight.shape[0])).reshape(total.shape)
        filled = total + up * (1 - weight[..., None])
    return np.asarray(np.where(known[..., None], values, filled), np.float32)


def sample(image: Pixels, positions: Floats, shrink: float = 1.0) -> Floats:
    """`image` at `positions` (H, W, 2), picture pixels x and y: (H, W, C) float32, bicubic.

    `shrink` > 1 says the picture is made smaller by that factor: it is reduced first so that nothing aliases.
    """
    low = np.floor([positions[..., axis].min() for axis in (0, 1)]).astype(int) - 4
    high = np.ceil([positions[..., axis].max() for axis in (0, 1)]).astype(int) + 5
    left, top = (int(v) for v in np.clip(low, 0, [image.shape[1] - 1, image.shape[0] - 1]))
    right, bottom = (int(v) for v in np.clip(high, [left + 1, top + 1], image.shape[1::-1]))
    patch = image[top:bottom, left:right]
    at = positions - np.array([left, top], np.float32)
    if shrink > 1.3:
        size = tuple(max(1, round(side / shrink)) for side in patch.shape[1::-1])
        ratio = np.array([size[0] / patch.shape[1], size[1] / patch.shape[0]], np.float32)
        patch = np.asarray(cv2.resize(patch, size, interpolation=cv2.INTER_AREA), np.uint8)
        at = (at + 0.5) * ratio - 0.5
    warped = cv2.remap(
        patch.astype(np.float32), at[..., 0], at[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.clip(warped, 0, 255).astype(np.float32)


def level(image: Floats) -> Floats:
    """Mean of the channels of (H, W, 3), as (H, W); a product, for numpy is slow over short axes."""
    return image @ np.full(3, 1 / 3, np.float32)


def apart(image: Floats) -> Floats:
    """How far the channels of (H, W, 3) lie apart at most, as (H, W)."""
    red, green, blue = image[..., 0], image[..., 1], image[..., 2]
    low, high = np.minimum(red, green), np.maximum(red, green)
    return np.asarray(np.maximum(high, blue) - np.minimum(low, blue), np.float32)


def polygon(shape: tuple[int, ...], points: Points, grow: float = 0.0, soft: float = 0.0) -> Floats:
    """A filled polygon (N, 2) as a mask 0..1 of `shape`, grown and softened by pixels."""
    mask = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(points[:, :2] * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    if round(grow) >= 1:
        side = 2 * round(grow) + 1
        mask = np.asarray(cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))), np.uint8)
    return blur(np.asarray(mask / 255, np.float32), soft)


def blur(image: Floats, sigma: float) -> Floats:
    """Gaussian of `sigma` pixels, (H, W[, C]); under 0.3 nothing is done, wide ones run on a reduced picture."""
    if sigma < 0.3:
        return image
    reduce = int(sigma / 3)
    if reduce < 2:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REFLECT), np.float32)
    size = (max(2, image.shape[1] // reduce), max(2, image.shape[0] // reduce))
    small = cv2.GaussianBlur(resize(image, size), (0, 0), sigma / reduce, borderType=cv2.BORDER_REFLECT)
    return resize(np.asarray(small, np.float32), (image.shape[1], image.shape[0]))
