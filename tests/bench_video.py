"""`selfsame bench video`: films and the mirror through the real gate, beside what the same costs others.

Frames a second are by the clock on the wall, of this computer as it is: other work on it counts. CPU milliseconds, of
all threads together, hardly feel that. Everybody here is drawn and not real.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from unittest import mock

import cv2
import numpy as np

from app import film as films
from app import film_out
from app.bench import Figure
from app.engines.age import AgeOptions
from app.engines.express import ExpressOptions
from app.engines.motion import Player
from app.engines.swap import SwapOptions, swap
from app.flow import Options, purposes
from app.reel import change_film
from app.stamp import film as stamping
from app.stamp.frames import Marked
from app.stamp.signer import Signer
from consent.errors import Refusal
from consent.gate import Gate
from consent.types import Draft, Photo, Pixels, Purpose
from tests import bench_graph, bench_mirror, bench_motion, bench_reel
from tests.bench_stamp import Watch
from tests.booth import Booth
from tests.people import Actor, Scene, someone

LARGE: Final = (1280, 720)
JOBS: Final[dict[str, Options]] = {
    "swap": SwapOptions(),
    "age": AgeOptions(years=30),
    "express": ExpressOptions(smile=0.8),
}
RATE: Final = 25
STAGES: Final = ("decode", "look", "draw", "stamp", "encode", "read_back")
GOAL: Final = 12.0

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Amount:
    """How much is measured."""

    drawn: int
    """Frames that are rendered."""
    frames: int
    """Of a film."""
    naive: int
    """Frames through the naive pipeline."""
    mirror: int
    """Frames of the mirror."""
    seconds: int
    """Of the long film."""
    faces: int
    """Through the network."""


QUICK: Final = Amount(16, 48, 3, 60, 120, 1)
FULL: Final = Amount(50, 250, 12, 300, 3600, 3)


def figures(gate: Gate, signer: Signer, booth: Booth, say: Say, *, quick: bool) -> Iterator[Figure]:
    """All of it.

    Args:
        gate: of the person in the booth.
        signer: of this run.
        booth: whose clock the gate goes by.
        say: gets what happens meanwhile as sentences.
        quick: about a minute on two idle cores.
    """
    amount, name = QUICK if quick else FULL, booth.name
    say(f"drawing {amount.drawn} frames of {LARGE[0]} x {LARGE[1]}")
    film = filmed(name, amount.drawn, amount.frames)
    yield from _speed(gate, signer, film, amount, say)
    yield from bench_reel.figures(gate, signer, name, amount.seconds, say)
    yield from bench_mirror.figures(gate, signer, booth, amount.mirror, say)
    yield from bench_motion.figures(gate, name, say, quick=quick)


@cache
def moving(name: str, count: int, size: tuple[int, int] = LARGE, distance: float = 50.0) -> tuple[Pixels, ...]:
    """Somebody who sits there and turns the head."""
    actor = Actor(someone(name), Scene(distance=distance, size=size), seed=7)
    actor.perform("turn-left", at=0.2)
    return tuple(someone(name).render(actor.pose(number / RATE)) for number in range(count))


def filmed(name: str, drawn: int, count: int) -> films.Film:
    """The same to and fro, as a film."""
    seen = moving(name, drawn)
    order = itertools.cycle([*range(drawn), *range(drawn - 2, 0, -1)])
    frames = (seen[number] for number in itertools.islice(order, count))
    return films.read(film_out.encode(frames, films.Timing.even(count, RATE)))


def _speed(gate: Gate, signer: Signer, film: films.Film, amount: Amount, say: Say) -> Iterator[Figure]:
    """720p: the whole way, each stage alone, and others."""
    count, rates = len(film.timing.ticks), dict[str, float]()
    mine = gate.live()[0]
    for name, options in JOBS.items():
        say(f"{name}: {count} frames the whole way")
        wall, spent = time.perf_counter(), time.process_time()
        change_film(gate, mine, film, options, signer)
        wall, spent = time.perf_counter() - wall, time.process_time() - spent
        rates[name] = count / wall
        yield Figure(
            f"video720.cpu_ms.{name}", 1000 * spent / count, "CPU ms a frame, all threads, everything on", count
        )
    for name, rate in rates.items():
        yield Figure(f"video720.fps.{name}", rate, "frames a second, everything on", count, GOAL)
    yield Figure("video720.fps", min(rates.values()), "the same, the slowest of these", count, GOAL)
    say("each stage alone")
    for stage, ms in _stages(gate, signer, film, JOBS["age"]).items():
        yield Figure(f"video720.{stage}_fps", 1000 / ms, f"frames a second of one core; {ms:.1f} CPU ms", count)
    say("the naive pipeline: each frame found, recognised, swapped and pasted, one after another in one thread")
    naive = _naive(gate, film, amount.naive)
    yield Figure("video720.naive_fps", naive, "frames a second: detect, recognise, swap, paste; no stamp", amount.naive)
    yield Figure("video720.speedup_over_naive", rates["swap"] / naive, "times, with the stamp", count)
    say("a network of inswapper's size with random weights")
    rate, parameters = _peers(amount.faces)
    unit = f"faces a second, {parameters / 1e6:.0f} million random weights, OpenCV's dnn; nothing else of a frame"
    yield Figure("video720.network_fps", rate, unit, amount.faces)


def _stages(gate: Gate, signer: Signer, film: films.Film, options: Options) -> dict[str, float]:
    """CPU milliseconds a frame of each stage, the others standing still."""
    watch, count = Watch(), len(film.timing.ticks)
    with watch.on("decode"):
        frames = list(film.frames())
    following = gate.follow(gate.live()[0], purposes(options), Purpose.VIDEO)
    player = Player(gate, options)
    drafts: list[Draft | Refusal] = []
    for number, pixels in enumerate(frames):
        with watch.on("look"):
            step = following.look(Photo(pixels), number / RATE)
        with watch.on("draw"):
            drafts.append(step if isinstance(step, Refusal) else player.draw(step, number / RATE))
    ident = signer.registry.fresh()
    with (
        watch.on("stamp"),
        closing(Marked(gate, film, lambda _: drafts, ident, language="en", tell=lambda _: None)) as marked,
    ):
        finished = list(marked.frames())
    watch.spent["stamp"] -= watch.spent["decode"]  # which it does, too
    with watch.on("encode"):
        film_out.encode(finished, film.timing, film)
    look = watch.timed("read_back", stamping._look_through)
    with mock.patch.object(stamping, "_look_through", look):
        change_film(gate, gate.live()[0], film, options, signer)
    return {stage: watch.spent[stage] / count for stage in STAGES}


def _naive(gate: Gate, film: films.Film, count: int) -> float:
    """Frames a second of the way of a picture, frame by frame: nothing is kept from one to the next."""
    mine, threads = gate.live()[0], cv2.getNumThreads()
    frames = itertools.islice(film.frames(), count + 1)
    _swapped(gate, mine, next(frames))  # what is built once is built now
    cv2.setNumThreads(1)
    try:
        begun = time.perf_counter()
        for pixels in frames:
            _swapped(gate, mine, pixels)
        return count / (time.perf_counter() - begun)
    finally:
        cv2.setNumThreads(threads)


def _swapped(gate: Gate, mine: Any, pixels: Pixels) -> None:
    swap(gate, gate.grant(mine, gate.match(Photo(pixels)), Purpose.SWAP), SwapOptions())


def _peers(count: int) -> tuple[float, int]:
    """Faces a second, and parameters."""
    graph = bench_graph.swapper()
    net = cv2.dnn.readNetFromONNX(np.frombuffer(graph.file(), np.uint8))
    side = bench_graph.SIDE
    net.setInput(np.random.default_rng(0).random((1, 3, side, side), np.float32))
    begun = time.perf_counter()
    for _ in range(count):
        net.forward()
    return count / (time.perf_counter() - begun), graph.parameters
