"""Express: a person's own picture with another expression."""

from __future__ import annotations

from dataclasses import dataclass

from app.engines import _express
from app.engines._options import ranged
from consent.gate import Gate
from consent.types import Draft, Grant, Purpose


@dataclass(frozen=True, slots=True)
class ExpressOptions:
    """What the face does; 0 is as it is in the picture.

    Attributes:
        smile: -1 (corners of the mouth down) to 1.
        brows: -1 (lowered) to 1 (raised).
        eyes: -1 (closed) to 1 (wide open).
        mouth: 0 to 1 (open).

    Raises:
        Refusal: `bad-option`, for a value out of range.
    """

    smile: float = 0.0
    brows: float = 0.0
    eyes: float = 0.0
    mouth: float = 0.0

    def __post_init__(self) -> None:
        for name, low in (("smile", -1), ("brows", -1), ("eyes", -1), ("mouth", 0)):
            ranged(name, getattr(self, name), low, 1)


def express(gate: Gate, grant: Grant, options: ExpressOptions | None = None) -> Draft:
    """The target's picture with another expression.

    Where the person's own frames of the live check show an open mouth, a smile or closed eyes in about the same
    direction, these are used: real teeth, lids and folds.

    Raises:
        Forgery: the grant is not this gate's, is spent, or has run out.
        Refusal: `wrong-purpose`, or the session is over.
    """
    options = options or ExpressOptions()
    work = gate.redeem(grant, Purpose.EXPRESS)
    asked = {"smile": options.smile, "brows": options.brows, "eyes": options.eyes, "mouth": options.mouth}
    pixels = _express.render(work.target, work.own, **asked)
    return work.draft(pixels, engine="express-mesh 1", parameters=asked)
