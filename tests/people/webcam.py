"""A webcam's own will: automatic exposure and white balance, noise that grows in the dark, late and lost frames."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tests.people.render import Scene

_SETTLE = 0.16  # mean linear luma a webcam exposes for: about 110 of 255


@dataclass(frozen=True, slots=True)
class Webcam:
    """How a webcam behaves.

    Attributes:
        fps: frames a second.
        jitter: standard deviation of a frame's time, as a share of the interval.
        drops: share of frames that are lost.
        exposing, balancing: how much of a change automatic exposure and white balance take back, 0..1; exposure 0
            means a fixed one.
        exposing_seconds, balancing_seconds: time constants of both loops.
        cast: white balance error, gain of each colour.
        blur, noise, jpeg, gamma: as in `camera.develop`; the noise at normal gain.
        shutter: seconds the shutter is open at normal gain; smears what moves.
    """

    fps: float = 10.0
    jitter: float = 0.0
    drops: float = 0.0
    exposing: float = 0.0
    balancing: float = 0.0
    exposing_seconds: float = 1.0
    balancing_seconds: float = 3.0
    cast: tuple[float, float, float] = (1.0, 1.0, 1.0)
    blur: float = 0.62
    noise: float = 1.2
    jpeg: int = 0
    gamma: float = 1.0
    shutter: float = 0.0


class Loops:
    """The state of one webcam in use: exposure and white balance follow the pictures that were taken."""

    def __init__(self, webcam: Webcam, seed: int = 0) -> None:
        self.webcam = webcam
        self._rng = np.random.default_rng((seed, 77))
        self._log_gain, self._settled, self._log_white = 0.0, 0.0, np.zeros(3)
        self._first: NDArray[np.float64] | None = None

    def wait(self) -> float:
        """Seconds until the next frame arrives."""
        w = self.webcam
        lost = 0
        while lost < 4 and self._rng.random() < w.drops:
            lost += 1
        late = 1 + float(np.clip(w.jitter * self._rng.normal(), -0.4, 1.0))
        return (lost + late) / w.fps

    def settle(self, preview: NDArray[np.uint8]) -> None:
        """Find the exposure for a room from a picture of it, before anybody looks."""
        mean = _means(preview)
        if self.webcam.exposing > 0:
            # the tone curve flattens: half a step, seen from one picture, lands near enough
            self._log_gain = float(np.clip(0.8 * math.log(_SETTLE / max(float(mean.mean()), 1e-3)), -1.0, 1.6))

    def set(self, scene: Scene, speed: tuple[float, float] = (0.0, 0.0)) -> Scene:
        """The scene with this camera's settings; `speed` is of the head, pixels a second."""
        w, gain = self.webcam, math.exp(self._log_gain)
        white = np.array(w.cast) * np.exp(self._log_white)
        open_for = min(w.shutter * max(1.0, gain), 0.9 / w.fps)
        return replace(
            scene,
            exposure=scene.exposure * gain,
            white=(float(white[0]), float(white[1]), float(white[2])),
            noise=w.noise * math.sqrt(max(1.0, gain)),
            smear=(speed[0] * open_for, speed[1] * open_for),
            blur=w.blur,
            jpeg=w.jpeg,
            gamma=w.gamma,
        )

    def see(self, pixels: NDArray[np.uint8], seconds: float) -> None:
        """React to the picture just taken, `seconds` after the one before."""
        w = self.webcam
        if w.exposing <= 0 and w.balancing <= 0:
            return
        came = _means(pixels) * np.exp(-self._log_gain - self._log_white)  # what came through the lens, about
        if self._first is None:
            self._first, self._settled = came, self._log_gain
        change = np.log(np.maximum(came, 1e-4) / np.maximum(self._first, 1e-4))
        brighter = math.log(max(float(came.mean()), 1e-4) / max(float(self._first.mean()), 1e-4))
        gain = self._settled - w.exposing * brighter
        self._log_gain += (gain - self._log_gain) * (1 - math.exp(-seconds / w.exposing_seconds))
        white = -w.balancing * (change - change.mean())
        self._log_white += (white - self._log_white) * (1 - math.exp(-seconds / w.balancing_seconds))


def _means(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Mean linear light of each colour (3,) over the middle of the picture."""
    h, w = pixels.shape[:2]
    middle = pixels[h // 8 : -(h // 8) : 6, w // 6 : -(w // 6) : 6].reshape(-1, 3)
    return np.asarray(((middle / 255.0) ** 2.2).mean(0), np.float64)
