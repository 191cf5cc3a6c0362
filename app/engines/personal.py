"""The personal model: a person's own appearance, learnt in seconds from their own frames, and drawn on their pictures.

Two kinds of leave: each frame is learnt from with one for `Purpose.MODEL`, and drawing needs one for `Purpose.SWAP`.
What was learnt lives in memory as long as the session it was learnt in, and works with that session's gate alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from app.engines._covered import uncovered
from app.engines._options import chosen, ranged
from app.engines._parts import PARTS
from app.engines._personaldraw import drawn
from app.engines._personallearnt import Learnt as Learnt  # noqa: PLC0414 - handed on
from app.engines._personallearnt import learn as learn  # noqa: PLC0414
from app.engines._personaltraining import FEWEST as FEWEST  # noqa: PLC0414
from app.engines._personaltraining import Training as Training  # noqa: PLC0414
from app.engines._personaltraining import train as train  # noqa: PLC0414
from consent.errors import Refusal
from consent.gate import Gate
from consent.types import Draft, Grant, Purpose

_INTERIORS: Final = ("auto", "source", "target")


@dataclass(frozen=True, slots=True)
class PersonalOptions:
    """How far and what is changed.

    Attributes:
        model: what `learn` or `train` gave, in the same session.
        amount: 0 leaves the target as it is, 1 is the whole change.
        interior: whose eyes and open mouth, and whose beard: `"source"`, `"target"`, or `"auto"`: the model's where
            one of its frames shows lids and lips open by about as much.
        parts: of the face, that are changed: some of `skin`, `eyes`, `brows`, `nose`, `mouth`, in any order.

    Raises:
        Refusal: `bad-option`, for a value out of range, parts that are no tuple of names, or no model.
    """

    model: Learnt | Training
    amount: float = 1.0
    interior: str = "auto"
    parts: tuple[str, ...] = PARTS

    def __post_init__(self) -> None:
        if type(self.model) not in {Learnt, Training}:
            raise Refusal("bad-option", "That is no model of your face.", "Let it be learnt in this session.")
        ranged("amount", self.amount, 0, 1)
        chosen("interior", self.interior, _INTERIORS)
        for part in self.parts if type(self.parts) is tuple else (str(type(self.parts)),):
            chosen("parts", part, PARTS)

    @property
    def parameters(self) -> dict[str, float | str]:
        """What is asked for, for the manifest."""
        parts = "all" if set(self.parts) == set(PARTS) else "+".join(part for part in PARTS if part in self.parts)
        told: dict[str, float | str] = {"amount": self.amount, "interior": self.interior, "parts": parts or "none"}
        return told | {"frames": float(self.model.frames)}


def personal(gate: Gate, grant: Grant, options: PersonalOptions) -> Draft:
    """The target's picture with the learnt face, doing what the face in the target does, in the target's light.

    Raises:
        Forgery: the grant is not this gate's, is spent, or has run out; the model is another session's.
        Refusal: `wrong-purpose`, `face-covered`, `model-forgotten`, or the session is over.
    """
    painter = options.model.painter(gate)
    work = gate.redeem(grant, Purpose.SWAP)
    uncovered(work.target)
    pixels = drawn(painter, work.target, options.amount, interior=options.interior, parts=options.parts)
    return work.draft(pixels, engine=options.model.engine, parameters=options.parameters)
