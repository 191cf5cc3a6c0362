"""A film of a person, changed: every frame looked at by the gate, drawn by the engine, and let out by the stamp alone.

The stages overlap, each in a thread of its own and a few frames ahead of the next (`app.ahead`): decode, look, draw,
stamp, encode. What is in memory at once is the film's file, what was made of it so far, and some twenty frames.
Nothing is written here, so wherever it stops, there is no half of a file.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Final, final

from app.ahead import ahead
from app.engines.motion import Player
from app.film import Film, Timing
from app.flow import Options, purposes
from app.stamp.film import stamp_film
from app.stamp.frames import Count
from app.stamp.parts import Doing
from app.stamp.plate import Language
from app.stamp.signer import Signer
from app.stamp.writer import Stamped
from consent.errors import Refusal
from consent.gate import Gate, Work
from consent.types import Draft, Match, Photo, Pixels, Purpose, freeze

CHECK: Final = 0.1
"""What looking at a finished frame costs, in frames made, until it is known."""
_SURE: Final = 100
"""Frames after which the time left is known well enough."""
_WARM: Final = 2
"""Seconds of a film, after which a face is known and an engine in its stride: nothing is to be seen of the seam."""
_LEAVES: Final = frozenset({"face-covered"})
"""What an engine says of one frame; anything else that it refuses ends the film."""

Step = tuple[Work, ...] | Refusal


@final
@dataclass(frozen=True, slots=True)
class Progress:
    """How far a film is.

    Attributes:
        frames: of the film.
        done: of them that were gone through.
        looked_at: of the finished film that were read back.
        changed: so far.
        left_alone: that stay as they are, by the code of the reason (`not-you`, `no-face` ...).
        share: of the whole work, 0 to 1.
        left: seconds until it is finished, as things go; None while that cannot be told.
    """

    frames: int
    done: int
    looked_at: int
    changed: int
    left_alone: Mapping[str, int]
    share: float
    left: float | None


def check_time(now: Progress, seconds: float) -> None:
    """Do not begin for nothing: a film that takes longer than the session lasts is refused once that is clear.

    Args:
        now: how far it is.
        seconds: until the session ends.

    Raises:
        Refusal: `film-outlasts-session`.
    """
    if now.left is not None and now.done >= _SURE and now.left > seconds:
        reason = "The session would end before this film is finished."
        remedy = "Use a shorter or smaller film, or a terminal: `selfsame` makes a long one in several sessions."
        raise Refusal("film-outlasts-session", reason, remedy)


def change_film(
    gate: Gate,
    source: Match,
    film: Film,
    options: Options,
    signer: Signer,
    *,
    language: Language = "en",
    tell: Callable[[Progress], object] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
) -> Stamped:
    """Change the person's own face in a film, and nobody else's.

    Args:
        gate: from `app.flow.meet`.
        source: whose face is used: `Gate.match` or one of `Gate.live`.
        film: from `app.film.read`.
        options: what to do; their type says which engine.
        signer: this installation's.
        language: of the visible label: `en` or `zh`.
        tell: is told after each frame how far it is, in another thread.
        stop: is asked before each frame whether to go on no more.

    Returns:
        The stamped film, in memory.

    Raises:
        Refusal: `stopped`; `nothing-changed`; what the gate, the engine, the stamp or the film's decoder say.
        Fault: something broke. There are no bytes then.
    """
    job, watch = Job(gate, source, film, options), _Watch(tell, stop)
    return stamp_film(gate, film, job.worker(film.timing), signer, language, tell=watch.count)


@final
class Job:
    """A film to be changed, and what the gate and the engine remember of it from frame to frame.

    Args:
        gate: as for `change_film`, and so on.
        source: whose face is used.
        film: the whole film.
        options: what to do.
    """

    def __init__(self, gate: Gate, source: Match, film: Film, options: Options) -> None:
        self.gate, self.source, self.film, self.options = gate, source, film, options
        self._following = gate.follow(source, purposes(options), Purpose.VIDEO)
        self._player, self._zero = Player(gate, options), film.timing.ticks[0]

    @property
    def doing(self) -> Doing:
        """What is stated of its work."""
        return Doing(purposes(self.options), self._player.engine, self.options.parameters)

    def at(self, first: int) -> Job:
        """The same anew, to go on at a frame: the moments before it were looked at, drawn and thrown away.

        Raises:
            Refusal: as `change_film`.
        """
        job = Job(self.gate, self.source, self.film, self.options)
        timing = self.film.timing
        begin = bisect_left(timing.ticks, timing.ticks[first] - _WARM / timing.base)
        if begin < first:
            before = self.film.part(begin, first)
            with closing(job.worker(before.timing)(map(freeze, before.frames()))) as drawn:
                for _ in drawn:
                    pass
        return job

    def worker(self, timing: Timing) -> Callable[[Iterator[Pixels]], Generator[Draft | Refusal]]:
        """For the frames shown at these times, which follow those of the worker before."""

        def worker(frames: Iterator[Pixels]) -> Generator[Draft | Refusal]:
            return ahead(_drawn(self._player, ahead(self._looked(frames, timing))))

        return worker

    def _looked(self, frames: Iterator[Pixels], timing: Timing) -> Iterator[tuple[Step, float]]:
        """What the gate says of each frame, and when it is shown, seconds from the first."""
        for pixels, tick in zip(frames, timing.ticks, strict=False):
            seconds = float((tick - self._zero) * timing.base)
            yield self._following.look(Photo(pixels), seconds), seconds


def _drawn(player: Player, looked: Generator[tuple[Step, float]]) -> Iterator[Draft | Refusal]:
    """The engine's draft of each frame, or why it stays as it is."""
    with closing(looked):
        for step, at in looked:
            drawn = step if isinstance(step, Refusal) else _one(player, step, at)
            if isinstance(drawn, Refusal):
                player.pause()
            yield drawn


def _one(player: Player, step: tuple[Work, ...], at: float) -> Draft | Refusal:
    try:
        return player.draw(step, at)
    except Refusal as no:
        if no.code in _LEAVES:
            return no
        raise


class _Watch:
    """Tells how far it is and how long it will take, and ends it when that is wanted."""

    def __init__(self, tell: Callable[[Progress], object], stop: Callable[[], bool]) -> None:
        self._tell, self._stop = tell, stop
        self._began = self._checking = time.monotonic()

    def count(self, now: Count) -> None:
        """One more frame was made, or looked at."""
        if self._stop():
            raise Refusal("stopped", "The film was stopped; nothing of it was kept.", "Start it again if you like.")
        if not now.looked_at:
            self._checking = time.monotonic()
        cost = self._cost(now)
        share = (now.done + cost * now.looked_at) / (now.total * (1 + cost))
        share = 1.0 if now.looked_at == now.total else min(share, 0.999)  # sums of fractions end beside 1
        self._tell(Progress(now.total, now.done, now.looked_at, now.changed, now.left, share, self._left(now, cost)))

    def _cost(self, now: Count) -> float:
        """Of looking at a finished frame, in frames made."""
        made = (self._checking - self._began) / max(1, now.done)
        if now.looked_at < 12 or not made:
            return CHECK
        return (time.monotonic() - self._checking) / now.looked_at / made

    def _left(self, now: Count, cost: float) -> float | None:
        if now.done < min(12, now.total):
            return None
        made = (self._checking - self._began) / now.done
        return made * (now.total - now.done + cost * (now.total - now.looked_at))
