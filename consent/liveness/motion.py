"""Was the action done? Every measure is relative to the person's own neutral second (`models.presentation.motion`)."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from consent import policy
from consent.types import Action
from models.faces import Face
from models.presentation.asked import DEEP
from models.presentation.motion import Rest, moved

_ACTIONS: Final = DEEP - {Action.DOT} | {Action.CLOSE_EYES, Action.OPEN_MOUTH, Action.LEAN_IN}
CONTRADICTS: Final = {
    **{action: _ACTIONS - {action, Action.NOD} for action in _ACTIONS},
    Action.NOD: _ACTIONS - {Action.NOD, Action.CLOSE_EYES},
}
"""Actions that nobody does by the way while doing the other: seen before or with it, they are a wrong answer, so that
no clip of everything answers every order. Only a nod comes by the way: looking down lowers the lids, and chins move
when mouths open and heads come closer."""
_AHEAD: Final = 12.0
"""Degrees of turn beyond which eyes and size are foreshortened too much to say anything."""
_CALM: Final[Mapping[Action, float]] = MappingProxyType(
    {Action.OPEN_MOUTH: 0.5, Action.CLOSE_EYES: 0.6, Action.LEAN_IN: 0.6}
)
"""How much of these a rest may show."""


def amount(action: Action, face: Face, rest: Rest) -> float:
    """How much of one movement is seen, as a share of what is asked: 1 and more is done; NaN never is."""
    seen = moved(face, rest)
    if not abs(seen.left) <= _AHEAD and action in (Action.CLOSE_EYES, Action.LEAN_IN):
        return 0.0
    return {
        Action.TURN_LEFT: seen.left / policy.TURN_DEGREES,
        Action.TURN_RIGHT: -seen.left / policy.TURN_DEGREES,
        Action.NOD: seen.down / policy.NOD_DEGREES,
        Action.CLOSE_EYES: (1 - seen.open) / (1 - policy.EYES_CLOSED),
        Action.OPEN_MOUTH: seen.mouth / policy.MOUTH_OPEN,
        Action.LEAN_IN: seen.nearer / policy.LEAN_IN,
    }[action]


def held_still(face: Face, rest: Rest, degrees: float) -> bool:
    """Whether the head is within so many degrees of where it was."""
    seen = moved(face, rest)
    return abs(seen.left) <= degrees and abs(seen.down) <= degrees


def at_rest(face: Face, rest: Rest) -> bool:
    """Whether head, eyes and mouth are back where they were."""
    calm = all(amount(action, face, rest) <= most for action, most in _CALM.items())
    return calm and held_still(face, rest, policy.NEUTRAL_DEGREES)


def held(action: Action, faces: Sequence[tuple[float, Face | None]], rest: Rest) -> float | None:
    """When an action began that is held long enough in the newest frames; None while it is not.

    Args:
        action: what to look for.
        faces: (page time in seconds, face) of the frames since the prompt was painted, oldest first.
        rest: the neutral state.
    """

    def done(seen: tuple[float, Face | None]) -> bool:
        return seen[1] is not None and amount(action, seen[1], rest) >= 1

    times = [time for time, _ in itertools.takewhile(done, reversed(faces))]
    frames = policy.NOD_FRAMES if action is Action.NOD else policy.HOLD_FRAMES
    seconds = policy.EYES_SECONDS if action is Action.CLOSE_EYES else policy.HOLD_SECONDS
    return times[-1] if len(times) >= frames and times[0] - times[-1] >= seconds else None
