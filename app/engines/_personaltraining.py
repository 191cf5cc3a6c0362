"""Training a network on two looks of one person: in the background, in memory, and gone with the session."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, final

import numpy as np

from app.engines._options import chosen
from app.engines._personalcrops import Crops
from app.engines._personaldraw import Painter
from app.engines._personalkeeper import OfOneSession, forgotten, handed_in, keep
from consent.errors import Fault, Refusal
from consent.gate import Gate
from consent.types import Grant, Match, Purpose

if TYPE_CHECKING:
    from app.engines._personalnet import Maker

KINDS: Final = ("light", "light-scratch", "gan", "original64")
"""What is trained: the small network, the same without a head start, the same with the GAN's losses, that of 2017."""
SIDES: Final = (64, 96, 128)
FEWEST: Final = 20
"""Frames of each look, below which no network is trained: it would know them by heart."""
_TURNED: Final = 5.0
"""Degrees over which frames must be spread."""
_SPOKEN: Final = 0.12
"""Or lip gap over mouth width."""
_EVERY: Final = 0.5
"""Seconds, at least, between two points of a curve."""


class State(StrEnum):
    """What a training is doing."""

    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    FAILED = "failed"
    FORGOTTEN = "forgotten"


@dataclass(frozen=True, slots=True)
class Told:
    """How far a training is.

    Attributes:
        state: what it is doing.
        steps: how often both looks were trained.
        seconds: spent training, pauses left out.
        losses: name -> points (seconds, value), the newest last; see `models.personal_losses.NAMES`.
        frames: of look A and of look B.
        why: of a failed one.
    """

    state: State
    steps: int
    seconds: float
    losses: Mapping[str, tuple[tuple[float, float], ...]]
    frames: tuple[int, int]
    why: Refusal | None = None


@final
class Training(OfOneSession):
    """A network in training, or trained. Made by `train` alone; cannot be copied, saved or used with another gate."""

    def __init__(
        self, gate: Gate, looks: tuple[Crops, Crops], source: Match | None, kind: str, *, threads: int, seed: int
    ) -> None:
        self.source = source  # see `Learnt`
        self._gate, self._kind, self._side = gate, kind, looks[0].side
        name = {"original64": "original", "light-scratch": "light"}.get(kind, kind)
        self.engine: Final = f"personal-{name}{self._side} 1"
        self.frames: Final = sum(len(one.pictures) for one in looks)
        self._counts = (len(looks[0].pictures), len(looks[1].pictures))
        self._looks: tuple[Crops, Crops] | None = looks
        self._maker: Maker | None = None
        self._state = State.RUNNING
        self._why: Refusal | None = None
        self._steps, self._seconds = 0, 0.0
        self._curves: dict[str, list[tuple[float, float]]] = {}
        self._lock, self._wake = threading.RLock(), threading.Event()
        self._thread = threading.Thread(target=self._run, args=(threads, seed), name="personal-training", daemon=True)
        self._thread.start()
        keep(gate, self)  # a step may take long

    # --- from outside ------------------------------------------------------------------------------------------------

    def told(self) -> Told:
        """How far it is."""
        with self._lock:
            curves = {name: tuple(points) for name, points in self._curves.items()}
            return Told(self._state, self._steps, self._seconds, curves, self._counts, self._why)

    def pause(self) -> None:
        """Rest; nothing that was learnt is lost."""
        self._turn(State.RUNNING, State.PAUSED)

    def resume(self) -> None:
        """Go on after a pause or a stop."""
        self._turn(State.PAUSED, State.RUNNING)
        self._turn(State.STOPPED, State.RUNNING)

    def stop(self) -> None:
        """It is good enough: nothing is learnt any more."""
        self._turn(State.RUNNING, State.STOPPED)
        self._turn(State.PAUSED, State.STOPPED)

    def forget(self) -> None:
        """Delete the network and its frames, waiting for nobody: a step under way ends in nothing."""
        self._state = State.FORGOTTEN
        self._maker, self._looks, self._curves, self.source = None, None, {}, None
        self._wake.set()

    def wait(self, steps: int, seconds: float) -> None:
        """Wait until so many steps are done, it no longer runs, or so many seconds have passed."""
        ends = time.monotonic() + seconds
        while self._state is State.RUNNING and self._steps < steps and time.monotonic() < ends:
            time.sleep(0.02)

    def painter(self, gate: Gate) -> Painter:
        """What was learnt so far, for an engine.

        Raises:
            Forgery: `forged`: it was learnt in another session.
            Refusal: `session-withdrawn` or `session-expired`, and then it is forgotten; `model-forgotten`;
                `model-not-ready`; `memory-full`.
        """
        self._open_to(gate)
        if self._why is not None:  # a new one: what was raised holds on to the pictures of whoever asked
            raise Refusal(self._why.code, self._why.reason, self._why.remedy)
        with self._lock:
            if self._state is State.FORGOTTEN:
                raise forgotten()
            if self._maker is None or not self._steps:
                raise Refusal("model-not-ready", "Nothing was learnt of your face yet.", "Wait a moment.")
            return self._maker.painter(self._lock)

    # --- the thread --------------------------------------------------------------------------------------------------

    def _turn(self, before: State, after: State) -> None:
        with self._lock:
            if self._state is before:
                self._state = after
        self._wake.set()

    def _run(self, threads: int, seed: int) -> None:
        """Train while it is wanted; look again and again whether the session still stands, and then forget."""
        try:
            while self._state not in {State.FORGOTTEN, State.FAILED}:
                try:
                    self._gate.live()
                except Refusal:
                    self.forget()
                    return
                if self._state is State.RUNNING:
                    self._step(threads, seed)
                else:
                    self._wake.wait(0.1)
                    self._wake.clear()
        except Fault as broken:
            self._fail(Refusal(broken.code, broken.reason, broken.remedy))
        except Exception as error:  # noqa: BLE001 - whatever broke, what was learnt must not outlive it
            full = isinstance(error, MemoryError) or "memory" in str(error)  # as torch says it
            self._fail(Refusal(*(_FULL if full else _BROKEN)))
        finally:
            if self._state is State.FORGOTTEN:
                self._maker, self._looks, self._curves = None, None, {}
            gc.collect()  # the first network of a process hangs in a circle of torch's: it would stay for long

    def _fail(self, why: Refusal) -> None:
        """End with a sentence and no half model."""
        self._why = why
        with self._lock:
            self._maker, self._looks, self._curves = None, None, {}
            self._state = State.FAILED

    def _step(self, threads: int, seed: int) -> None:
        start = time.perf_counter()
        with self._lock:
            looks, maker = self._looks, self._maker
            if looks is None:
                return
            if maker is None:
                from app.engines._personalnet import Maker

                maker = Maker(self._kind, self._side, threads, seed)
            losses = maker.step(looks)
            if self._state is State.FORGOTTEN:  # meanwhile
                return
            self._maker = maker
            self._steps += 1
            self._seconds += time.perf_counter() - start
            for name, value in losses.items():
                points = self._curves.setdefault(name, [])
                if not points or self._seconds - points[-1][0] >= _EVERY:
                    points.append((round(self._seconds, 2), value))
        time.sleep(0)  # whoever waits for the lock has a turn


_FULL: Final = (
    "memory-full",
    "There is not enough memory to train on this computer.",
    "Close other programs, or choose smaller faces (64 pixels) or fewer frames.",
)
_BROKEN: Final = (
    "training-broken",
    "The training broke, and what it had learnt was deleted.",
    "Begin again; if it stays, report it.",
)


def train(
    gate: Gate,
    looks: tuple[Sequence[Grant], Sequence[Grant]],
    *,
    kind: str = "light",
    side: int = 96,
    threads: int = 0,
    seed: int = 0,
) -> Training:
    """Begin to train a network on two looks of one person.

    Args:
        gate: of the person.
        looks: leave for `Purpose.MODEL`: the targets of the first grants show the look that is to be drawn, with the
            live check's own frames where they are fewer than `FEWEST`; those of the second the look of the pictures
            that are to be changed.
        kind: one of `KINDS`.
        side: of the network, one of `SIDES`; `original64` has its own.
        threads: of the processor; 0 for all.
        seed: draws.

    Raises:
        Forgery: a grant is not this gate's, is spent, or has run out.
        Refusal: `bad-option`, `wrong-purpose`, `too-few-frames-to-train`, `one-pose`, or the session is over.
    """
    chosen("kind", kind, KINDS)
    chosen("side", str(side), tuple(map(str, SIDES)))
    views: list[list[Match]] = []
    for grants in looks:
        works = [gate.redeem(grant, Purpose.MODEL) for grant in grants]
        views.append([work.target for work in works])
        if not views[0] and works:
            views[0] = list(works[0].own)
    if len(views[0]) < FEWEST:
        views[0] += [own for own in gate.live() if not any(own.pixels is one.pixels for one in views[0])]
    for name, some in zip(("of your look now", "of the pictures to change"), views, strict=True):
        _enough(name, some)
    side = 64 if kind == "original64" else side
    first, second = (Crops.of(some, side) for some in views)
    return Training(gate, (first, second), handed_in(views[0]), kind, threads=threads, seed=seed)


def _enough(which: str, views: Sequence[Match]) -> None:
    """Pass frames that are enough, and not all alike."""
    if len(views) < FEWEST:
        raise Refusal(
            "too-few-frames-to-train",
            f"There are {len(views)} frames {which}, and {FEWEST} are needed.",
            f"Add {FEWEST - len(views)} more photos, or a film of yourself.",
        )
    turns = np.array([(view.face.pose.yaw, view.face.pose.pitch) for view in views])
    lips = np.ptp([view.face.mouth for view in views])
    if np.ptp(turns, axis=0).max() < _TURNED and lips < _SPOKEN:
        raise Refusal(
            "one-pose",
            f"All {len(views)} frames {which} show your face from the same side, with the same expression.",
            "Add frames in which you turn your head and speak.",
        )
