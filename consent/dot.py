"""The path of a dot that the nose follows: random, so that no recording can have followed it before."""

from __future__ import annotations

import math
import secrets

from consent import policy
from models.presentation.path import Path


def draw(*, up: bool = True) -> Path:
    """A path from the system's random source.

    Args:
        up: the dot moves up and down, too, for people who can nod. Sideways alone takes longer.
    """
    seconds = policy.DOT_SECONDS if up else policy.DOT_SECONDS_ONE_WAY
    stops, time, x, y = [(0.0, 0.0, 0.0)], 0.0, 0.0, 0.0
    while time < seconds:
        last = x, y
        while math.hypot(x - last[0], y - last[1]) < policy.DOT_LEAP:
            x, y = _within(), _within() if up else 0.0
        distance = math.hypot(x - last[0], y - last[1])
        time += distance / policy.DOT_SPEED
        stops.append((time, x, y))
    return Path(seconds, tuple(stops))


def _within() -> float:
    """Uniform in -1..1."""
    return secrets.randbelow(2001) / 1000 - 1
