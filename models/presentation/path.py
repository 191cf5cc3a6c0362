"""The path of a dot that goes from stop to stop as a hand would move it, so that a person can keep up with it.

Minimum jerk: Flash and Hogan, J. Neurosci. 5, 1985.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, final

import numpy as np

Point = tuple[float, float]
"""On the screen as the person sees it: x in -1..1 to the right, y in -1..1 up."""
SPREAD: Final = 0.4
"""Least standard deviation of a path each way, half fields: of one that hardly rises, nods drown in what turns make of
the pitch (of 44 checks of development people, the worst correlations up, 0.65 to 0.93, were those of paths with 0.24
to 0.38)."""
ALIKE: Final = 0.6
"""Most correlation between both ways: on a line aslant, turns alone seem to rise. Two of five paths do."""


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
        """A random path, drawn again until it says enough of every way in which it moves.

        Args:
            within: uniform in -1..1, from a source that nobody can foresee.
            seconds: see above.
            leap: the shortest way between two stops.
            speed: the mean one, a second.
            up: whether the dot moves up and down, too.
        """
        while True:
            stops, time, x, y = [(0.0, 0.0, 0.0)], 0.0, 0.0, 0.0
            while time < seconds:
                last = x, y
                while math.hypot(x - last[0], y - last[1]) < leap:
                    x, y = within(), within() if up else 0.0
                time += math.hypot(x - last[0], y - last[1]) / speed
                stops.append((time, x, y))
            path = cls(seconds, tuple(stops))
            if path._spreads():
                return path

    def _spreads(self) -> bool:
        """Whether it says enough of every way in which it moves."""
        x, y = np.array([self.at(second) for second in np.arange(0, self.seconds, 0.1)]).T
        if not self.rises:
            return bool(x.std() >= SPREAD)
        return bool(min(x.std(), y.std()) >= SPREAD and abs(np.corrcoef(x, y)[0, 1]) <= ALIKE)

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
