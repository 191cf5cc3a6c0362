"""Was the action done? Every measure is relative to the person's own neutral second."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from consent import policy
from consent.types import Action
from models.faces import Face

TURNS: Final = frozenset({Action.TURN_LEFT, Action.TURN_RIGHT})
DEEP: Final = frozenset({*TURNS, Action.NOD, Action.DOT})
"""Movements in which a head shows its depth."""

_FACIAL: Final = frozenset({Action.CLOSE_EYES, Action.OPEN_MOUTH})
CONTRADICTS: Final = {
    Action.TURN_LEFT: frozenset({Action.TURN_RIGHT, Action.LEAN_IN, *_FACIAL}),
    Action.TURN_RIGHT: frozenset({Action.TURN_LEFT, Action.LEAN_IN, *_FACIAL}),
    Action.NOD: frozenset({*TURNS, Action.OPEN_MOUTH, Action.LEAN_IN}),
    Action.CLOSE_EYES: frozenset({*TURNS, Action.OPEN_MOUTH, Action.LEAN_IN}),
    Action.OPEN_MOUTH: frozenset({*TURNS, Action.CLOSE_EYES, Action.LEAN_IN}),
    Action.LEAN_IN: frozenset({*TURNS, *_FACIAL}),
}
"""Actions that nobody does by the way while doing the other: seen before or with it, they are a wrong answer, so that
no clip of everything answers every order. Only a nod comes by the way: looking down lowers the lids, and chins move
when mouths open and heads come closer."""
_AHEAD: Final = 12.0
"""Degrees of turn beyond which eyes and size are foreshortened too much to say anything."""


@dataclass(frozen=True, slots=True)
class Rest:
    """The person's own neutral second: medians of yaw and pitch in degrees, of both eyes, the mouth, and the size.

    `size` is the distance between the eyes in pixels, as it would be seen from the front.
    """

    yaw: float
    pitch: float
    eyes: tuple[float, float]
    mouth: float
    size: float


def rest_of(faces: Sequence[Face]) -> Rest:
    """The neutral state of a few frames at rest."""

    def median(values: list[float]) -> float:
        return float(np.median(values))

    return Rest(
        median([f.pose.yaw for f in faces]),
        median([f.pose.pitch for f in faces]),
        (median([f.eyes[0] for f in faces]), median([f.eyes[1] for f in faces])),
        median([f.mouth for f in faces]),
        median([_size(f) for f in faces]),
    )


def _size(face: Face) -> float:
    """Pixels between the eyes, the foreshortening of a turn undone."""
    return face.eye_distance / max(0.5, math.cos(math.radians(face.pose.yaw)))


def amount(action: Action, face: Face, rest: Rest) -> float:
    """How much of an action is seen, as a share of what is asked: 1 and more is done; NaN never is.

    Raises:
        ValueError: for what is not one movement: `CENTRE` (see `at_rest`), `LIGHT` and `DOT`.
    """
    turned = face.pose.yaw - rest.yaw
    if action in TURNS:
        return (turned if action is Action.TURN_LEFT else -turned) / policy.TURN_DEGREES
    if action is Action.NOD:
        return (rest.pitch - face.pose.pitch) / policy.NOD_DEGREES
    if action is Action.OPEN_MOUTH:
        return (face.mouth - rest.mouth) / policy.MOUTH_OPEN
    if action not in (Action.CLOSE_EYES, Action.LEAN_IN):
        raise ValueError(f"{action} is not an amount")
    if not abs(turned) <= _AHEAD:
        return 0.0
    if action is Action.LEAN_IN:
        return (_size(face) / max(rest.size, 1e-6) - 1) / policy.LEAN_IN
    opened = float(np.max([now / max(then, 1e-6) for now, then in zip(face.eyes, rest.eyes, strict=True)]))
    return (1 - opened) / (1 - policy.EYES_CLOSED)


def held_still(face: Face, rest: Rest, degrees: float) -> bool:
    """Whether the head is within so many degrees of where it was."""
    return abs(face.pose.yaw - rest.yaw) <= degrees and abs(face.pose.pitch - rest.pitch) <= degrees


def aim(face: Face, rest: Rest) -> tuple[float, float]:
    """Where the nose points, in the dot's coordinates (`consent.dot.Point`)."""
    return (rest.yaw - face.pose.yaw) / policy.DOT_YAW, (face.pose.pitch - rest.pitch) / policy.DOT_PITCH


def at_rest(face: Face, rest: Rest) -> bool:
    """Whether head, eyes and mouth are back where they were."""
    calm = amount(Action.OPEN_MOUTH, face, rest) <= 0.5 and amount(Action.CLOSE_EYES, face, rest) <= 0.6
    back = amount(Action.LEAN_IN, face, rest) <= 0.6
    return held_still(face, rest, policy.NEUTRAL_DEGREES) and calm and back


def held(action: Action, faces: Sequence[tuple[float, Face | None]], rest: Rest) -> float | None:
    """When an action began that is held long enough in the newest frames; None while it is not.

    Args:
        action: what to look for.
        faces: (page time in seconds, face) of the frames since the prompt was painted, oldest first.
        rest: the neutral state.
    """
    run: list[float] = []
    for time, face in reversed(faces):
        if face is None or not amount(action, face, rest) >= 1:
            break
        run.append(time)
    seconds = policy.EYES_SECONDS if action is Action.CLOSE_EYES else policy.HOLD_SECONDS
    long_enough = bool(run) and run[0] - run[-1] >= seconds
    frames = policy.NOD_FRAMES if action is Action.NOD else policy.HOLD_FRAMES
    return run[-1] if len(run) >= frames and long_enough else None
