"""Express: a person's own picture with another expression."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

from app.engines import _express
from app.engines._advice import advice
from app.engines._covered import uncovered
from app.engines._expressshape import Asked
from app.engines._options import chosen, ranged
from app.engines._presets import PRESETS
from consent.errors import Refusal
from consent.gate import Gate
from consent.types import Draft, Grant, Match, Purpose

NAMES: Final = tuple(PRESETS)
"""The ready-made expressions; the first is none."""


@dataclass(frozen=True, slots=True)
class ExpressOptions:
    """What the face does; 0 is as it is in the picture.

    Attributes:
        smile: -1 (corners of the mouth down) to 1.
        brows: -1 (lowered) to 1 (raised).
        eyes: -1 (closed) to 1 (wide open).
        mouth: 0 to 1 (open).
        gaze: -1 (to the image's left) to 1 (to its right).
        gaze_up: -1 (down) to 1 (up).
        tilt: -1 to 1 (clockwise in the image): the head, towards a shoulder.
        turn: -1 to 1 (the nose to the image's right): the head, a little.
        preset: one of `NAMES`; the sliders are added to it.
        copy: 0 to 1, how much of the expression of the grant's source is copied, from the person at rest.

    Raises:
        Refusal: `bad-option`, for a value out of range.
    """

    smile: float = 0.0
    brows: float = 0.0
    eyes: float = 0.0
    mouth: float = 0.0
    gaze: float = 0.0
    gaze_up: float = 0.0
    tilt: float = 0.0
    turn: float = 0.0
    preset: str = NAMES[0]
    copy: float = 0.0

    def __post_init__(self) -> None:
        for name in ("smile", "brows", "eyes", "mouth", "gaze", "gaze_up", "tilt", "turn", "copy"):
            ranged(name, getattr(self, name), 0 if name in {"mouth", "copy"} else -1, 1)
        chosen("preset", self.preset, NAMES)

    @property
    def parameters(self) -> dict[str, float | str]:
        """What is asked for, for the manifest."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    @property
    def asked(self) -> Asked:
        """Preset and sliders together, each in its range."""
        sliders = Asked(self.smile, self.brows, self.eyes, self.mouth, self.gaze, self.gaze_up, self.tilt, self.turn)
        return PRESETS[self.preset].added(sliders).limited()

    def advice(self, gate: Gate, source: Match, target: Match) -> tuple[Refusal, ...]:
        """What `express` cannot do wholly with these pictures: why, and the one thing that helps. Nothing is changed.

        Raises:
            Refusal: the session is over.
        """
        made = _express.plan(target, gate.live(), self.asked, source, self.copy)
        return tuple(advice(code) for code in made.notes)


def express(gate: Gate, grant: Grant, options: ExpressOptions | None = None) -> Draft:
    """The target's picture with another expression.

    Where the person's own frames of the live check, or the grant's source, show an open mouth, a smile or closed eyes
    from about the same side, these are used: real teeth, lids and folds.

    Raises:
        Forgery: the grant is not this gate's, is spent, or has run out.
        Refusal: `wrong-purpose`, `face-covered`, or the session is over.
    """
    options = options or ExpressOptions()
    work = gate.redeem(grant, Purpose.EXPRESS)
    uncovered(work.source, work.target)
    made = _express.plan(work.target, work.own, options.asked, work.source, options.copy)
    pixels = _express.carried_out(made, work.target)
    return work.draft(pixels, engine="express-mesh 3", parameters=options.parameters)
