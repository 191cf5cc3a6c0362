"""Learning a person's appearance: leave for each frame goes in, and what comes out works in that session alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

from app.engines._personaldraw import AtlasPainter, Painter
from app.engines._personalfit import Appearance, fitted
from app.engines._personalkeeper import OfOneSession, forgotten, handed_in, keep
from consent.errors import Refusal
from consent.gate import Gate
from consent.types import Grant, Match, Purpose


@final
class Learnt(OfOneSession):
    """A person's appearance. Made by `learn` alone; cannot be copied, saved or used with another gate.

    Attributes:
        frames: how many it was learnt from.
        source: one of them that was handed in, which the manifest names; None if the live check alone taught it.
        left_out: how many of the given frames had something across the face.
    """

    __slots__ = ("_model", "frames", "left_out", "source")
    engine = "personal-atlas 1"

    def __init__(self, gate: Gate, model: Appearance, source: Match | None) -> None:
        self._model: Appearance | None
        self.source = source
        self._gate, self._model = gate, model
        self.frames, self.left_out = len(model.frames), model.left_out
        keep(gate, self)

    def forget(self) -> None:
        """Delete all that was learnt; it draws nothing any more."""
        self._model = self.source = None

    def painter(self, gate: Gate) -> Painter:
        """What was learnt, for an engine.

        Raises:
            Forgery: `forged`: it was learnt in another session.
            Refusal: `session-withdrawn` or `session-expired`, and then it is forgotten; `model-forgotten`.
        """
        self._open_to(gate)
        if self._model is None:
            raise forgotten()
        return AtlasPainter(self._model)


def learn(gate: Gate, grants: Sequence[Grant]) -> Learnt:
    """Learn how the person looks, from the live check's own frames and the targets of `grants`.

    Args:
        gate: of the person.
        grants: leave for `Purpose.MODEL`, at least one; a picture that is granted twice counts once.

    Raises:
        Forgery: a grant is not this gate's, is spent, or has run out.
        Refusal: `wrong-purpose`; `nothing-to-learn`: no grant; `too-few-own-frames`; or the session is over.
    """
    works = [gate.redeem(grant, Purpose.MODEL) for grant in grants]
    if not works:
        raise Refusal("nothing-to-learn", "There is no picture to learn from.", "Ask for leave for one at least.")
    views: list[Match] = list(works[0].own)
    for work in works:
        if not any(work.target.pixels is view.pixels for view in views):
            views.append(work.target)
    return Learnt(gate, fitted(views), handed_in(views))
