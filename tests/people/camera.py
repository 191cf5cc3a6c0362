"""The camera: rooms behind the person, tone curve, lens blur, noise, JPEG."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import cv2
import numpy as np

from tests.people import kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

_STEPS, _TOP = 8192, 8.0


@functools.lru_cache(maxsize=16)
def _curve(gamma: float = 1.0) -> NDArray[np.float32]:
    """sRGB-like display value 0..255 of linear light 0..8: straight in the shadows, a soft shoulder above."""
    x = np.linspace(0, _TOP, _STEPS)
    y = 1.22 * x * (1 + x / 8) / (1 + 0.46 * x)
    result: NDArray[np.float32] = (np.clip(y, 0, 1) ** (gamma / 2.2) * 255).astype(np.float32)
    return result


def _smeared(light: NDArray[np.float32], way: tuple[float, float]) -> NDArray[np.float32]:
    """The picture as it moves along `way` (x, y pixels) while the shutter is open."""
    steps = min(int(np.ceil(np.hypot(*way))), 15)
    if steps < 1:
        return light
    kernel = np.zeros((2 * steps + 1, 2 * steps + 1), np.float32)
    for part in np.linspace(-0.5, 0.5, 4 * steps + 1):
        kernel[steps + round(part * way[1]), steps + round(part * way[0])] += 1
    return np.asarray(cv2.filter2D(light, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE), np.float32)


@functools.lru_cache(maxsize=16)
def room(seed: int, size: tuple[int, int]) -> NDArray[np.float32]:
    """A blurred invented room (H, W, 3), linear RGB: wall, furniture, perhaps a window or a lamp."""
    rng = np.random.default_rng(seed * 7919 + 17)
    w, h = 160, 120
    wall = np.array([0.30, 0.285, 0.265]) * rng.uniform(0.55, 1.5) * rng.uniform(0.88, 1.12, 3)
    picture = np.ones((h, w, 3)) * wall
    picture *= (
        np.linspace(1.12, 0.82, h)[:, None, None]
        * np.linspace(rng.uniform(0.8, 1.15), rng.uniform(0.8, 1.15), w)[None, :, None]
    )
    for _ in range(int(rng.integers(3, 8))):
        x, y = int(rng.integers(-10, w)), int(rng.integers(25, h))
        far = (x + int(rng.integers(12, 60)), h if rng.random() < 0.7 else y + int(rng.integers(10, 40)))
        paint = rng.uniform(0.04, 0.45) * np.clip(rng.normal(1, 0.16, 3), 0.5, 1.5)
        cv2.rectangle(picture, (x, y), far, tuple(float(v) for v in paint), -1)
    if rng.random() < 0.5:
        x = int(rng.choice([rng.integers(-10, 30), rng.integers(110, 150)]))
        cv2.rectangle(picture, (x, 8), (x + 34, 62), (0.85, 0.9, 0.98), -1)
        cv2.line(picture, (x + 17, 8), (x + 17, 62), tuple(float(v) for v in wall), 2)
    soft = cv2.GaussianBlur(picture, (0, 0), 3.2)
    big = cv2.resize(soft, size, interpolation=cv2.INTER_CUBIC)
    result: NDArray[np.float32] = np.clip(big, 0, 1).astype(np.float32)
    result.setflags(write=False)
    return result


@functools.cache
def _grain() -> NDArray[np.float32]:
    return np.random.default_rng(0).normal(0, 1, (1600, 1600)).astype(np.float32)


def grain(shape: tuple[int, ...], seed: int) -> NDArray[np.float32]:
    """Reproducible grain (H, W, 3): windows of one field, a random one per colour."""
    rng = np.random.default_rng(seed)
    field = _grain()
    height, width = shape[:2]
    if height > 1200 or width > 1200:
        return rng.normal(0, 1, shape).astype(np.float32)
    corners = [(rng.integers(0, 1600 - height), rng.integers(0, 1600 - width)) for _ in range(3)]
    return np.stack([field[y : y + height, x : x + width] for y, x in corners], 2)


def develop(
    light: NDArray[np.float32],
    *,
    exposure: float,
    blur: float,
    noise: float,
    jpeg: int,
    seed: int,
    white: tuple[float, float, float] = (1.0, 1.0, 1.0),
    gamma: float = 1.0,
    smear: tuple[float, float] = (0.0, 0.0),
) -> NDArray[np.uint8]:
    """From linear light (H, W, 3) to a camera picture, `uint8 RGB (H, W, 3)`.

    Args:
        light: linear RGB.
        exposure: gain.
        blur: standard deviation of the lens blur, pixels.
        noise: standard deviation of the sensor noise in grey levels at mid grey.
        jpeg: quality 1..100, or 0 for none.
        seed: of the noise.
        white: gain of each colour: the white balance.
        gamma: exponent of the display value, 1 for a plain camera; above, darker middle tones.
        smear: (x, y) pixels by which the picture moves while the shutter is open.
    """
    light = _smeared(light, smear)
    if blur > 0:
        light = np.asarray(cv2.GaussianBlur(light, (0, 0), blur), np.float32)
    gain = (np.array(white, np.float32) * np.float32(exposure * (_STEPS - 1) / _TOP)).astype(np.float32)
    picture = kernels.expose(light, gain, _curve(gamma), grain(light.shape, seed), noise)
    if jpeg:
        packed = cv2.imencode(".jpg", picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, jpeg])[1]
        picture = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)[:, :, ::-1]
    return np.ascontiguousarray(picture)
