"""Age: a person's own picture, some years on or back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from app.engines import _age
from app.engines._covered import uncovered
from app.engines._options import ranged
from consent.gate import Gate
from consent.types import Draft, Grant, Purpose

_SEEDS: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class AgeOptions:
    """How far and how.

    Attributes:
        years: -20 (younger) to 40 (older); 0 changes nothing. What such years often do to a face, not a forecast.
        grey: 0..1, how much of the hair's greying is shown; 0 leaves the hair alone.
        seed: 0..2147483647; which lines and strands. The same seed gives the same picture.

    Raises:
        Refusal: `bad-option`, for a value out of range.
    """

    years: float = 0.0
    grey: float = 1.0
    seed: int = 7

    def __post_init__(self) -> None:
        ranged("years", self.years, _age.YOUNGEST, _age.OLDEST)
        ranged("grey", self.grey, 0, 1)
        ranged("seed", self.seed, 0, _SEEDS)

    @property
    def parameters(self) -> dict[str, float | str]:
        """What is asked for, for the manifest."""
        return {"years": self.years, "grey": self.grey, "seed": int(self.seed)}


def age(gate: Gate, grant: Grant, options: AgeOptions | None = None) -> Draft:
    """The target's picture with the person older or younger.

    Raises:
        Forgery: the grant is not this gate's, is spent, or has run out.
        Refusal: `wrong-purpose`, `face-covered`, or the session is over.
    """
    options = options or AgeOptions()
    work = gate.redeem(grant, Purpose.AGE)
    uncovered(work.target)
    pixels = _age.render(work.target, options.years, options.grey, int(options.seed), _age.segmenter())
    return work.draft(pixels, engine="age-wrinkle 5", parameters=options.parameters)
