"""What the limits make of what was measured: a head, not a head, or too little to say. Whatever is NaN is unclear."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from consent import policy
from models.presentation.depth import Relief
from models.presentation.light import Light


class Finding(StrEnum):
    """What one kind of evidence says of the one before the camera."""

    HEAD = "head"
    UNCLEAR = "unclear"
    """Too little movement, texture or light; over-exposed; no wall in sight: again, slower, with better light."""
    FLAT = "flat"
    """Depth: a picture, or something far too shallow for how it turned."""
    WRONG = "wrong"
    """Light: other colours than the screen's, or no head's relief, or the whole picture tinted."""


def of_depth(seen: Relief) -> Finding:
    """What the limits make of it; whatever is NaN is unclear."""
    numbers = (seen.depth, seen.error, seen.trend, seen.likeness, seen.frames, seen.turns)
    clear = bool(np.isfinite(numbers).all()) and seen.frames >= policy.DEPTH_FRAMES
    if not (clear and seen.likeness >= policy.DEPTH_ALIKE):
        return Finding.UNCLEAR
    deep = seen.depth >= policy.DEPTH_HEAD and seen.depth - seen.error >= policy.DEPTH_SURE
    turned = seen.turns >= policy.DEPTH_TURNS and seen.narrowing >= policy.DEPTH_NARROWING
    solid = seen.narrowing * (1 + seen.across)
    turned = turned and policy.DEPTH_SOLID[0] <= solid < np.inf and solid * seen.narrowing >= policy.DEPTH_SOLID[1]
    if deep and turned and policy.DEPTH_FLAT <= seen.least < np.inf and seen.trend >= policy.DEPTH_TREND:
        return Finding.HEAD
    flat = seen.depth + seen.error < policy.DEPTH_HEAD or seen.least < policy.DEPTH_FLAT
    flat = flat or seen.narrowing < policy.DEPTH_NARROWING
    return Finding.FLAT if flat and seen.likeness >= policy.DEPTH_SAME else Finding.UNCLEAR


def of_light(seen: Light) -> Finding:
    """What the limits make of it; whatever is NaN is unclear."""
    numbers = (seen.gain, seen.noise, seen.correlation, seen.relief, seen.relief_noise, seen.background)
    if not np.isfinite(numbers).all() or not (
        seen.gain >= policy.LIGHT_GAIN and seen.relief_noise <= policy.LIGHT_NOISE
    ):
        return Finding.UNCLEAR
    if not (seen.correlation >= policy.LIGHT_CORRELATION and seen.background <= policy.LIGHT_BACKGROUND):
        return Finding.WRONG
    if seen.relief >= max(policy.LIGHT_RELIEF, policy.LIGHT_SURE * seen.relief_noise):
        return Finding.HEAD
    return Finding.UNCLEAR if seen.relief + 2 * seen.relief_noise >= policy.LIGHT_RELIEF else Finding.WRONG
