"""The measures that the bench shows one by one, with the limits of `consent.policy` that judge them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from consent import policy


@dataclass(frozen=True, slots=True)
class Measure:
    """One panel.

    Attributes:
        path: where the number is in the evidence; of several in a session (each turn) the worst counts.
        title, unit: what people read.
        span: values at the panel's left and right end.
        floor, ceiling: names in `consent.policy` of the limits under and over which it is refused; "" for none.
    """

    path: str
    title: str
    unit: str
    span: tuple[float, float]
    floor: str = ""
    ceiling: str = ""

    def limits(self) -> tuple[float | None, float | None]:
        """The floor and the ceiling as they are now; None for none."""
        return (
            getattr(policy, self.floor) if self.floor else None,
            getattr(policy, self.ceiling) if self.ceiling else None,
        )


MEASURES: Final = (
    Measure("turns.beta", "Parallax of the nose in the weaker turn", "eye distances", (-0.1, 0.8), "PARALLAX"),
    Measure("turns.ratio", "Parallax over the sine of the yaw", "", (-0.5, 2.0), "PARALLAX_RATIO"),
    Measure("turns.trend", "Parallax follows the yaw", "correlation", (-1, 1), "PARALLAX_TREND"),
    Measure("turns.noise", "What the fit leaves over", "eye distances", (0, 0.04), "", "PARALLAX_NOISE"),
    Measure("light.correlation", "Skin follows the colours", "correlation", (-1, 1), "LIGHT_CORRELATION"),
    Measure("light.gain", "Light of the screen on the skin", "log units", (0, 0.5), "LIGHT_GAIN"),
    Measure("light.relief", "Reflection has a head's relief", "1 is a head, 0 a sheet", (-1, 2), "LIGHT_RELIEF"),
    Measure("light.albedo", "Light multiplies, a veil adds", "slope", (-2, 1), "LIGHT_ALBEDO"),
    Measure("light.background", "Light on the room over light on the skin", "", (-0.2, 1.6), "", "LIGHT_BACKGROUND"),
    Measure("pursuit.across", "Nose follows the dot sideways", "correlation", (-1, 1), "DOT_CORRELATION"),
    Measure("pursuit.up", "Nose follows the dot up and down", "correlation", (-1, 1), "DOT_CORRELATION"),
    Measure("identity.rests", "Same face at every rest", "cosine", (0, 1), "SAME_FACE_MEAN"),
)


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
