"""Did the nose follow the dot? A path that was drawn a moment ago cannot be in any recording."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Series = NDArray[np.float64]
Point = tuple[float, float]
"""x to the right and y up, each -1..1 over the dot's field."""
_LAGS: Final = np.arange(-0.2, 0.91, 0.025)
"""Seconds. Below zero, for the dot is counted from the first frame that saw it, and may be a frame older."""


@dataclass(frozen=True, slots=True)
class Pursuit:
    """How a head followed a dot; NaN along a way in which the dot did not move.

    Attributes:
        across, up: correlation of yaw and pitch with the path at `lag`.
        lag: seconds by which the head is behind, the one lag that suits both ways best.
        gain_across, gain_up: how far the head moved for what was asked; 1 puts the nose on the dot.
        frames: frames of the path with a face.
        rises: whether the dot moved up and down, too.
    """

    across: float
    up: float
    lag: float
    gain_across: float
    gain_up: float
    frames: int
    rises: bool


_NAN: Final = float("nan")
NOTHING: Final = Pursuit(_NAN, _NAN, _NAN, _NAN, _NAN, 0, rises=True)


def measure(times: Series, nose: Series, path: Callable[[float], Point], *, rises: bool) -> Pursuit:
    """Compare a head with a path.

    Args:
        times: (N,) seconds since the dot was painted, one for each frame with a face.
        nose: (N, 2) where it pointed, in the dot's coordinates.
        path: seconds since the dot was painted -> where it was.
        rises: whether it moved up and down, too.

    Returns:
        The best of all lags from -0.2 to 0.9 seconds; `NOTHING` under ten frames.
    """
    if len(times) < 10 or not np.isfinite(nose).all():
        return NOTHING
    best, found = -np.inf, NOTHING
    for lag in _LAGS:
        dot = np.array([path(time - lag) for time in times])
        ways = [_line(dot[:, k], nose[:, k]) for k in (0, 1)]
        worst = min(ways[0][0], ways[1][0]) if rises else ways[0][0]
        if worst > best:
            best = worst
            found = Pursuit(ways[0][0], ways[1][0], float(lag), ways[0][1], ways[1][1], len(times), rises)
    return found


def _line(dot: Series, nose: Series) -> tuple[float, float]:
    """(correlation, slope) of the nose over the dot; NaN for a dot that stays."""
    dot, nose = dot - dot.mean(), nose - nose.mean()
    moved = float(dot @ dot)
    if moved < 1e-9:
        return float("nan"), float("nan")
    along = float(dot @ nose)
    return along / float(np.sqrt(moved * max(float(nose @ nose), 1e-12))), along / moved
