"""The path of a dot that the nose follows: random, smooth, never the same.

The dot goes from one random place to the next as a hand would move it (minimum jerk; Flash and Hogan, J. Neurosci. 5,
1985), so that a person can keep up with it and no recording can have followed it before.
"""

from __future__ import annotations

import math
import secrets
from dataclasses import dataclass, field
from typing import final

from consent import policy

Point = tuple[float, float]
"""On the screen as the person sees it: x in -1..1 to the right, y in -1..1 up."""


@final
@dataclass(frozen=True, slots=True)
class Path:
    """Where the dot is at any time.

    Attributes:
        seconds: how long it is to be followed.
        stops: (seconds from the start, x, y), the first at rest in the middle.
    """

    seconds: float
    stops: tuple[tuple[float, float, float], ...] = field(repr=False)

    @property
    def rises(self) -> bool:
        """Whether it moves up and down, too."""
        return any(y != 0 for _, _, y in self.stops)

    def at(self, seconds: float) -> Point:
        """The dot at a time; before the start and after the end it rests."""
        before = self.stops[0]
        for after in self.stops[1:]:
            if seconds < after[0]:
                share = min(1.0, max(0.0, (seconds - before[0]) / (after[0] - before[0])))
                share = share**3 * (10 - 15 * share + 6 * share**2)
                return before[1] + (after[1] - before[1]) * share, before[2] + (after[2] - before[2]) * share
            before = after
        return before[1], before[2]


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
