"""The measures that the bench shows one by one, with the limits that judge them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from consent import policy
from models.presentation import depth, light


@dataclass(frozen=True, slots=True)
class Measure:
    """One panel.

    Attributes:
        path: where the number is in the evidence; of several in a session (each turn) the worst counts.
        title, unit: what people read.
        span: values at the panel's left and right end.
        floor, ceiling: names of the limits under and over which it is refused, in `consent.policy` or with another
            module's name before; "" for none.
    """

    path: str
    title: str
    unit: str
    span: tuple[float, float]
    floor: str = ""
    ceiling: str = ""

    def limits(self) -> tuple[float | None, float | None]:
        """The floor and the ceiling as they are now; None for none."""
        return _limit(self.floor), _limit(self.ceiling)


def _limit(name: str) -> float | None:
    """A limit by name; None when there is none of that name: a table must not be lost for it, a test finds it."""
    module, _, limit = name.rpartition(".")
    value = getattr(_MODULES[module or "policy"], limit, None) if limit else None
    return value if isinstance(value, float) else None


MEASURES: Final = (
    Measure(
        "relief.depth", "Depth by pixels over depth by landmarks", "1 is a head, 0 a sheet", (-0.5, 2), "DEPTH_HEAD"
    ),
    Measure("relief.trend", "Relief follows the turn", "correlation", (-1, 1), "DEPTH_TREND"),
    Measure("relief.narrowing", "Turned as far as its face narrowed", "ratio of sines", (0, 1.5), "DEPTH_NARROWING"),
    Measure("relief.likeness", "Pictures laid over each other", "correlation", (-0.2, 1), "DEPTH_ALIKE"),
    Measure("light.correlation", "Skin follows the colours", "correlation", (-1, 1), "LIGHT_CORRELATION"),
    Measure("light.gain", "Light of the screen on the skin", "log units", (0, 0.5), "LIGHT_GAIN"),
    Measure("light.relief", "Reflection has a head's relief", "1 is a head, 0 a sheet", (-1, 2), "LIGHT_RELIEF"),
    Measure("light.relief_noise", "How sure that relief is", "standard error", (0, 0.3), "", "LIGHT_NOISE"),
    Measure("light.background", "Light on the room over light on the skin", "", (-0.2, 1.6), "", "LIGHT_BACKGROUND"),
    Measure("pursuit.across", "Nose follows the dot sideways", "correlation", (-1, 1), "DOT_CORRELATION"),
    Measure("pursuit.up", "Nose follows the dot up and down", "correlation", (-1, 1), "DOT_CORRELATION"),
    Measure("identity.rests", "Same face on the way to every rest", "cosine", (0, 1), "SAME_FACE_MEAN"),
    Measure("identity.kept_rest", "Same face at every rest", "cosine", (0, 1), "SAME_FACE_REST"),
)
_MODULES: Final[Mapping[str, ModuleType]] = {"policy": policy, "light": light, "depth": depth}


def worst(measure: Measure, sessions: Sequence[Sequence[float]]) -> NDArray[np.float64]:
    """(n,) the value of each session that decides: the least where there is a floor, else the largest."""
    pick = min if measure.floor or not measure.ceiling else max
    return np.array([math.nan if any(map(math.isnan, one)) else pick(one) for one in sessions if one], np.float64)


def passed(measure: Measure, sessions: Sequence[Sequence[float]]) -> tuple[int, int]:
    """Sessions this measure alone would let pass, and those it was taken in. What is not a number does not pass."""
    floor, ceiling = measure.limits()
    values = worst(measure, sessions)
    good = np.ones(len(values), np.bool_) & ~np.isnan(values)
    good &= values >= floor if floor is not None else True
    good &= values <= ceiling if ceiling is not None else True
    return int(good.sum()), len(values)


def shown(numbers: Mapping[str, Mapping[str, Sequence[Sequence[float]]]]) -> list[Measure]:
    """The measures that this run has numbers of."""
    return [m for m in MEASURES if any(map(len, numbers.get(m.path, {}).values()))]
