"""Small picture operations the engines share. Masks and working pictures are float32, (H, W) or (H, W, C)."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]
Points = NDArray[np.float64]

_WIDE: Final = 3.0
"""Pixels of a Gaussian, its sigma, that a blur is made with; a wider one is made on a reduced picture."""


def resize(image: Floats, size: tuple[int, int]) -> Floats:
    """`image` at `size` (width, height): area average where it shrinks, bilinear where it grows."""
    way = cv2.INTER_AREA if size[0] < image.shape[1] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, size, interpolation=way), np.float32)


def extend(values: Floats, known: NDArray[np.bool_]) -> Floats:
    """Fills unknown cells of `values` (H, W, C) smoothly from the known ones (push-pull pyramid); known cells stay."""
    if not known.any():
        return values
    channels, weight = values.shape[2], known.astype(np.float32)
    pyramid = [(values * deep(weight, channels), weight)]
    while max(pyramid[-1][1].shape) > 1:
        total, weight = pyramid[-1]
        size = (-(-weight.shape[1] // 2), -(-weight.shape[0] // 2))
        weight = resize(weight, size)
        total = resize(total, size).reshape(size[1], size[0], channels)
        full = (np.minimum(weight * 4, 1) / np.maximum(weight, 1e-9)).astype(np.float32)
        pyramid.append((total * deep(full, channels), weight * full))
    total, weight = pyramid[-1]
    filled = total / deep(np.maximum(weight, 1e-6), channels)
    for total, weight in reversed(pyramid[:-1]):
        up = resize(filled, (weight.shape[1], weight.shape[0])).reshape(total.shape)
        filled = total + up * deep(1 - weight, channels)
    return np.asarray(np.where(deep(pyramid[0][1], channels), values, filled), np.float32)


def deep(plane: Floats, channels: int) -> Floats:
    """A plane (H, W) as (H, W, C), to calculate with: numpy is slow where it spreads one over a short axis."""
    return np.asarray(cv2.merge([plane] * channels), np.float32).reshape(*plane.shape, channels)


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


def most(image: Floats) -> Floats:
    """The largest of the channels of (H, W, 3), as (H, W)."""
    return np.maximum(np.maximum(image[..., 0], image[..., 1]), image[..., 2])


def polygon(shape: tuple[int, ...], points: Points, grow: float = 0.0, soft: float = 0.0) -> Floats:
    """A filled polygon (N, 2) as a mask 0..1 of `shape`, grown and softened by pixels."""
    margin = round(grow) + 4 * soft + 3  # what a Gaussian reaches, so that the cut changes nothing
    low = np.clip(np.floor(points[:, :2].min(0) - margin), 0, shape[1::-1]).astype(int)
    high = np.clip(np.ceil(points[:, :2].max(0) + margin) + 1, low, shape[1::-1]).astype(int)
    if min(high - low) < 1:
        return np.zeros(shape[:2], np.float32)
    small = soft < 2 * _WIDE  # a wider one is made on a reduced picture, whose grid is the whole picture's
    left, top, right, bottom = (int(v) for v in (*low, *high)) if small else (0, 0, shape[1], shape[0])
    mask = np.zeros((bottom - top, right - left), np.uint8)
    corners = np.round(points[:, :2] * 16).astype(np.int32) - np.array([left, top], np.int32) * 16
    cv2.fillPoly(mask, [corners], 255, cv2.LINE_AA, 4)
    if round(grow) >= 1:
        side = 2 * round(grow) + 1
        mask = np.asarray(cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))), np.uint8)
    soften = blur(np.multiply(mask, 1 / 255, dtype=np.float32), soft)
    if soften.shape == shape[:2]:
        return soften
    whole = np.zeros(shape[:2], np.float32)
    whole[top:bottom, left:right] = soften
    return whole


def blur(image: Floats, sigma: float) -> Floats:
    """Gaussian of `sigma` pixels, (H, W[, C]); under 0.3 nothing is done, wide ones run on a reduced picture."""
    if sigma < 0.3:
        return image
    reduce = int(sigma / _WIDE)
    if reduce < 2:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REFLECT), np.float32)
    size = (max(2, image.shape[1] // reduce), max(2, image.shape[0] // reduce))
    small = cv2.GaussianBlur(resize(image, size), (0, 0), sigma / reduce, borderType=cv2.BORDER_REFLECT)
    return resize(np.asarray(small, np.float32), (image.shape[1], image.shape[0]))
