"""The template: what the gate knows of the person. Made of live frames, in memory, and of nothing else.

Frames of one pose say little about other pictures: with those at rest alone, 19 % of the further pictures in a real
recording of strong expressions fell below 0.55; with other movements in the mean, 4 %, and the scores of other people
did not rise (one recording, by hand; docs/gate.md). So every action has one voice in the mean, however many frames it
left.
"""

from __future__ import annotations

from collections.abc import Sequence

from consent import policy
from consent.errors import Refusal
from consent.types import Action, LiveFrame
from models.identity import Vector, agreement, middle


def template(frames: Sequence[LiveFrame], vectors: Sequence[Vector]) -> Vector:
    """One vector of many frames, of which each has its own in `vectors`: float32, of unit length.

    The frames at rest that agree with each other come first; a frame of an action joins when it agrees with them, or
    then with them and those that joined.

    Raises:
        Refusal: `too-few-frames`: fewer than `policy.TEMPLATE_FRAMES` clear frames at rest agree.
    """
    embedded: dict[Action, list[Vector]] = {Action.CENTRE: []}
    for frame, vector in zip(frames, vectors, strict=True):
        if frame.face.sharpness >= policy.SHARPNESS:
            embedded.setdefault(frame.action, []).append(vector)
    resting = embedded.pop(Action.CENTRE)
    for _ in range(2):  # once to find the middle, once without what is far from it
        if len(resting) >= policy.TEMPLATE_FRAMES:
            resting = _agreeing(resting, middle(resting))
    if len(resting) < policy.TEMPLATE_FRAMES:
        raise Refusal.of("too-few-frames")
    rest = whole = middle(resting)
    for _ in range(2):
        joined = (_agreeing(some, whole) for some in embedded.values())
        whole = middle([rest, *[middle(some) for some in joined if some]])
    return whole


def score(template: Vector, vector: Vector) -> float:
    """How much one face is like the template: see `models.identity.agreement`; NaN where anything is not a number."""
    return agreement(vector, template)


def _agreeing(vectors: Sequence[Vector], middle: Vector) -> list[Vector]:
    return [v for v in vectors if score(middle, v) >= policy.TEMPLATE_COSINE]  # NaN is never kept
