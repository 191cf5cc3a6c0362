"""The path of a dot that goes from stop to stop as a hand would move it, so that a person can keep up with it.

Minimum jerk: Flash and Hogan, J. Neurosci. 5, 1985.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import final

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

    @classmethod
    def drawn(cls, within: Callable[[], float], seconds: float, leap: float, speed: float, *, up: bool) -> Path:
        """A random path.

        Args:
            within: uniform in -1..1, from a source that nobody can foresee.
            seconds: see above.
            leap: the shortest way between two stops.
            speed: the mean one, a second.
            up: whether the dot moves up and down, too.
        """
        stops, time, x, y = [(0.0, 0.0, 0.0)], 0.0, 0.0, 0.0
        while time < seconds:
            last = x, y
            while math.hypot(x - last[0], y - last[1]) < leap:
                x, y = within(), within() if up else 0.0
            time += math.hypot(x - last[0], y - last[1]) / speed
            stops.append((time, x, y))
        return cls(seconds, tuple(stops))

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

    def between(self, first: float, last: float, step: float) -> tuple[tuple[float, float, float], ...]:
        """(seconds, x, y) every `step` seconds of that stretch; nothing before the start."""
        times = range(max(0, round(first / step)), round(last / step) + 1)
        return tuple((i * step, *self.at(i * step)) for i in times)
