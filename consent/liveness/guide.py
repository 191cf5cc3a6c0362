"""What the page says while the check runs: one thing at a time, the most urgent first."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from consent import policy
from consent.errors import WORDS
from models.faces import Face

ASK: Final[Mapping[str, str]] = MappingProxyType(WORDS["ask"])
"""English sentences by hint code; the page may translate them by code."""


def advice(face: Face, shape: tuple[int, ...]) -> str:
    """The code of what keeps the check from starting, empty when nothing does. `shape` is the frame's (H, W, 3)."""
    height, width = shape[:2]
    x, y = face.box[0] + face.box[2] / 2, face.box[1] + face.box[3] / 2
    low, high = policy.BRIGHTNESS
    advices = (
        (face.eye_distance >= policy.LIVE_EYE_DISTANCE, "come-closer"),
        (face.box[3] <= 0.7 * height, "go-back"),
        (abs(x - width / 2) <= 0.2 * width and abs(y - height / 2) <= 0.25 * height, "centre-yourself"),
        (face.brightness >= 1.5 * low, "more-light"),
        (face.brightness <= high, "less-light"),
        (abs(face.pose.yaw) <= 12 and abs(face.pose.pitch) <= 25, "centre"),
        (face.sharpness >= policy.SHARPNESS, "hold-still"),
        (min(face.eyes) >= 0.1, "centre"),
    )
    return next((code for fine, code in advices if not fine), "")
