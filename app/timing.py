"""When the frames of a film are shown: exact, in ticks."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import final


@final
@dataclass(frozen=True, slots=True)
class Timing:
    """When the frames of a film are shown.

    Attributes:
        ticks: of each frame, rising; counted in `base`.
        end: when the last one is over.
        base: seconds in a tick.
    """

    ticks: tuple[int, ...]
    end: int
    base: Fraction

    @property
    def times(self) -> tuple[Fraction, ...]:
        """When each frame begins, seconds."""
        return tuple(tick * self.base for tick in self.ticks)

    @property
    def seconds(self) -> Fraction:
        """From the first frame to the end of the last."""
        return (self.end - self.ticks[0]) * self.base

    def is_like(self, other: Timing) -> bool:
        """Whether every frame begins when it does in the other; the last may end elsewhere."""
        mine, theirs = self.base.numerator * other.base.denominator, other.base.numerator * self.base.denominator
        same = zip(self.ticks, other.ticks, strict=False)
        return len(self.ticks) == len(other.ticks) and all(a * mine == b * theirs for a, b in same)

    def part(self, first: int, last: int) -> Timing:
        """That of the frames `first` to `last - 1`, at the same ticks."""
        return Timing(self.ticks[first:last], (*self.ticks, self.end)[last], self.base)

    def from_zero(self) -> Timing:
        """The same, the first frame at zero."""
        begin = self.ticks[0]
        return Timing(tuple(tick - begin for tick in self.ticks), self.end - begin, self.base)

    @classmethod
    def even(cls, count: int, rate: int = 25) -> Timing:
        """The timing of `count` frames, `rate` a second."""
        return cls(tuple(range(count)), count, Fraction(1, rate))
