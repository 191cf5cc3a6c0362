"""Swap: a person's own face from one picture, in another picture of the same person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from app.engines import _swap
from app.engines._covered import uncovered
from app.engines._options import chosen, ranged
from app.engines._parts import PARTS
from consent.gate import Gate
from consent.types import Draft, Grant, Origin, Purpose

_INTERIORS: Final = ("auto", "source", "target")


@dataclass(frozen=True, slots=True)
class SwapOptions:
    """How far and what to swap.

    Attributes:
        amount: 0 leaves the target as it is, 1 is the whole swap.
        interior: whose eyes and open mouth are shown: `"source"`, `"target"`, or `"auto"`: the target's where lids or
            lips are open by another measure, so that the expression stays.
        parts: of the face, that are swapped: some of `skin`, `eyes`, `brows`, `nose`, `mouth`, in any order.

    Raises:
        Refusal: `bad-option`, for a value out of range, or parts that are no tuple of names.
    """

    amount: float = 1.0
    interior: str = "auto"
    parts: tuple[str, ...] = PARTS

    def __post_init__(self) -> None:
        ranged("amount", self.amount, 0, 1)
        chosen("interior", self.interior, _INTERIORS)
        for part in self.parts if type(self.parts) is tuple else (str(type(self.parts)),):
            chosen("parts", part, PARTS)

    @property
    def parameters(self) -> dict[str, float | str]:
        """What is asked for, for the manifest."""
        parts = "all" if set(self.parts) == set(PARTS) else "+".join(part for part in PARTS if part in self.parts)
        return {"amount": self.amount, "interior": self.interior, "parts": parts or "none"}


def swap(gate: Gate, grant: Grant, options: SwapOptions | None = None) -> Draft:
    """The target's picture with the source's face texture, on the target's geometry and in its light.

    A source from the live check may be replaced by the person's own live frame that is nearest in pose.

    Raises:
        Forgery: the grant is not this gate's, is spent, or has run out.
        Refusal: `wrong-purpose`, `face-covered`, or the session is over.
    """
    options = options or SwapOptions()
    work = gate.redeem(grant, Purpose.SWAP)
    uncovered(work.source, work.target)
    # frames of one film may be taken together; a photo stands alone
    views = (work.source, *work.own) if work.source.origin is Origin.LIVE else (work.source,)
    pixels = _swap.swapped(views, work.target, options.amount, interior=options.interior, parts=options.parts)
    return work.draft(pixels, engine="swap-mesh 2", parameters=options.parameters)
