"""What the limits make of what was measured: a head, not a head, or too little to say. Whatever is NaN is unclear."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from consent import policy
from models.presentation.depth import Relief
from models.presentation.light import Light
from models.presentation.pursuit import Pursuit


class Finding(StrEnum):
    """What one kind of evidence says of the one before the camera."""

    HEAD = "head"
    UNCLEAR = "unclear"
    """Too little movement, texture or light; over-exposed; no wall in sight: again, slower, with better light.

    Light: too little relief. A lamp beside the screen takes it from some people; the dot tells them from a sheet.
    """
    FLAT = "flat"
    """Depth: a picture, or something far too shallow for how it turned."""
    WRONG = "wrong"
    """Light: other colours than the screen's, no relief at all, or the whole picture tinted."""


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
    return Finding.UNCLEAR if seen.relief + 2 * seen.relief_noise >= policy.LIGHT_FLAT else Finding.WRONG


def of_dot(seen: Pursuit | None) -> Finding:
    """Whether it was followed, up and down too where it rises; None for no dot."""
    ways = () if seen is None else ((seen.across, seen.gain_across), (seen.up, seen.gain_up))
    asked = ways[:1] if seen is not None and seen.rises is False else ways
    least = policy.DOT_CORRELATION if len(asked) > 1 else policy.DOT_CORRELATION_ONE_WAY
    low, high = policy.DOT_GAIN
    followed = bool(asked) and all(least <= c < np.inf and low <= gain <= high for c, gain in asked)
    late = seen is None or not policy.DOT_LAG[0] <= seen.lag <= policy.DOT_LAG[1]
    return Finding.HEAD if followed and not late else Finding.UNCLEAR


def of_now(light: Light | None, dot: Pursuit | None) -> Finding:
    """Now, not earlier: by the light, or, where there was none or it says too little, by the dot."""
    seen = Finding.UNCLEAR if light is None else of_light(light)
    return of_dot(dot) if seen is Finding.UNCLEAR else seen
