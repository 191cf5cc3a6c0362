"""Motion: a person's own film, or their picture in the mirror, changed frame after frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from app.engines._covered import uncovered
from app.engines._geometry import Seen
from app.engines._moving import Moving
from app.engines._personaldraw import Painter
from app.engines.age import AgeOptions
from app.engines.combine import CombineOptions, model_of, purposes
from app.engines.express import ExpressOptions
from app.engines.personal import Learnt, PersonalOptions, Training
from app.engines.swap import SwapOptions
from consent.errors import Forgery, Refusal
from consent.gate import Gate, Work
from consent.types import Draft, Origin

Options = SwapOptions | AgeOptions | ExpressOptions | CombineOptions | PersonalOptions
_ENGINES: Final = {
    SwapOptions: "swap-mesh motion-1",
    AgeOptions: "age-wrinkle motion-3",
    ExpressOptions: "express-mesh motion-1",
    CombineOptions: "combine-mesh motion-2",
    Learnt: "personal-atlas motion-1",
    Training: "personal-network motion-1",
}
_LOOKS: Final = 12
"""Frames between two looks for a mask over the mouth."""


class Player:
    """Draws one job's frames, steadily: landmarks smoothed, colours calm, every take faded in.

    One for each job; not shared between threads. It keeps what it learned of the person's frames (an atlas of their
    skin, the colours of their hair) and no longer than it lives.

    Args:
        gate: of the person.
        options: what is done.

    Attributes:
        engine: name and version, as its drafts state it.
    """

    def __init__(self, gate: Gate, options: Options) -> None:
        parts = options if isinstance(options, CombineOptions) else None
        swap = parts.swap if parts else options if isinstance(options, (SwapOptions, PersonalOptions)) else None
        age = parts.age if parts else options if isinstance(options, AgeOptions) else None
        express = parts.express if parts else options if isinstance(options, ExpressOptions) else None
        self._gate, self._options = gate, options
        self._model = model_of(options)
        self.engine = _ENGINES[type(options.model if isinstance(options, PersonalOptions) else options)]
        self._moving = Moving(swap, age, express)
        self._looked: tuple[int, int] | None = None
        self._source: object = None

    def draw(self, step: tuple[Work, ...], seconds: float) -> Draft:
        """The next frame, changed.

        Args:
            step: what `Following.look` gave for it: one piece of work for each purpose, in the order of the options.
            seconds: when it is shown, rising; after half a second without a frame another take begins.

        Raises:
            Refusal: `face-covered`, for this frame: it stays as it is, and the next may be drawn again;
                `wrong-purpose`, when the leave is for something else, `model-forgotten`, and what `Work.draft` says:
                these end the job.
            Forgery: as `Work.draft`; the step or the model is another session's.
        """
        if tuple(work.purpose for work in step) != purposes(self._options):
            raise Refusal.of("wrong-purpose")
        first, *more = step
        views: Sequence[Seen] | Painter | None = self._learnt(first)
        self._seen(first)
        if views is None:
            views = (first.source, *first.own) if first.source.origin is Origin.LIVE else (first.source,)
        pixels = self._moving.frame(first.target, first.source, first.own, views, first.scene, seconds)
        return first.draft(pixels, self.engine, self._options.parameters, *more)

    def _learnt(self, work: Work) -> Painter | None:
        """What was learnt, if it is to be drawn; asked for anew with each frame, for it may have been forgotten.

        Work of another gate is refused, whatever is drawn: nothing that is known here goes onto anybody else's frame.
        """
        try:
            if work.own is not self._gate.live():
                raise Forgery.of("forged")
            return None if self._model is None else self._model.painter(self._gate)
        except Refusal:
            self._moving.forget()
            raise

    def pause(self) -> None:
        """A frame was refused: the next one starts anew."""
        self._moving.pause()
        self._looked = None

    def _seen(self, work: Work) -> None:
        """Look for a mask over mouth and nose, at the start of a take and now and then."""
        if self._source is not work.source:
            uncovered(work.source)
            self._source = work.source
        scene, count = self._looked or (work.scene, 0)
        if scene != work.scene or count % _LOOKS == 0:
            self._looked = None
            try:
                uncovered(work.target)
            except Exception:
                self._moving.pause()
                raise
            scene, count = work.scene, 0
        self._looked = (scene, count + 1)
