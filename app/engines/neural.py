"""Neural: a person's own face from one picture, redrawn in another of the same person by inswapper_128.

For those alone who added its file themselves (`selfsame models add`); its terms allow no commercial use, which every
picture's manifest says. Pictures only: a film would be more than a second for a frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from app.engines._covered import uncovered
from app.engines._inswapper import Swapper
from app.engines._neural import redrawn
from app.engines._options import ranged
from consent.gate import Gate
from consent.types import Draft, Grant, Purpose

TERMS: Final = "non-commercial research only"


@dataclass(frozen=True, slots=True)
class NeuralOptions:
    """How far.

    Attributes:
        amount: 0 leaves the target as it is, 1 is the whole swap.

    Raises:
        Refusal: `bad-option`, for a value out of range.
    """

    amount: float = 1.0

    def __post_init__(self) -> None:
        ranged("amount", self.amount, 0, 1)


def neural(gate: Gate, grant: Grant, options: NeuralOptions | None = None) -> Draft:
    """The target's picture with its face redrawn as the source's.

    Raises:
        Forgery: the grant is not this gate's, is spent, or has run out.
        Refusal: `wrong-purpose`, `face-covered`, or the session is over.
        Fault: the user's own model files are missing, altered or wrong; the grant is kept.
    """
    options, swapper = options or NeuralOptions(), Swapper()
    work = gate.redeem(grant, Purpose.SWAP)
    uncovered(work.source, work.target)
    pixels = redrawn(swapper, work.source, work.target, options.amount)
    told: dict[str, float | str] = {"amount": options.amount, "model_sha256": swapper.sha256, "model_terms": TERMS}
    return work.draft(pixels, engine="swap-neural 1", parameters=told)
