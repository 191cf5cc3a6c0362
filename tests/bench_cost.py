"""What the engines cost: time on one core for a megapixel, memory for twelve; the mesh and the gate are not in it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Final

import cv2
import numpy as np

from app.bench import Figure
from app.engines import _age, _express, _swap
from app.engines._expressshape import Asked
from app.engines._geometry import Seen
from consent.types import Pixels
from models.faces import Face, Finder
from tests import bench_truth
from tests.people import Scene, person

LARGE: Final = (4000, 3000)
"""Twelve megapixels."""
GOAL_MB: Final = 600.0
GOALS_MS: Final = {"swap": 150.0, "age": 350.0}
"""Expressions are timed where they are held against the truth (`tests.bench_express`)."""
TURNS: Final = 3
"""The best of so many counts: what else the computer does is no part of it."""
_STATUS, _REFS = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A picture and its face, for the renderers."""

    pixels: Pixels
    face: Face


def figures(
    name: str, own: Sequence[Seen], finder: Finder, say: Callable[[str], None], *, quick: bool = False
) -> Iterator[Figure]:
    """Time and memory of every engine.

    Args:
        name: of the cast, whose pictures are changed.
        own: frames of that person, one at rest first.
        finder: looks at the pictures.
        say: gets what happens as sentences.
        quick: one picture, and no large one.
    """
    say("the engines' time and memory")
    spent: dict[str, list[float]] = {}
    for case in islice(bench_truth.cases(name), 1 if quick else None):
        for target in _shown(case.target.pixels, finder):
            for what, change in _changes(own, target).items():
                if what in GOALS_MS:
                    spent.setdefault(what, []).append(min(_timed(change) for _ in range(TURNS)))
    for what, goal in GOALS_MS.items():
        some = spent.get(what, [])
        unit = "ms of one core, 1 megapixel, without mesh and gate"
        yield Figure(f"{what}.ms", median(some) if some else None, unit, len(some), goal)
    if quick:
        return
    large = person(name).render(Scene(size=LARGE, distance=45.0, light="soft", background=5, seed=71))
    for target in _shown(large, finder):
        for what, change in _changes(own, target).items():
            used = _memory(change)
            value = None if used is None else used + target.pixels.nbytes / 2**20
            unit = "MB at most for 12 megapixels, the picture with it"
            yield Figure(f"{what}.memory_mb", value, unit, int(value is not None), GOAL_MB)


def _shown(pixels: Pixels, finder: Finder) -> list[Shown]:
    faces = finder.find(pixels)
    return [Shown(pixels, faces[0])] if len(faces) == 1 else []


def _changes(own: Sequence[Seen], target: Seen) -> dict[str, Callable[[], Pixels]]:
    """What each engine's verb does with a picture once leave is given."""
    asked = Asked(smile=0.8, mouth=0.5)
    return {
        "swap": lambda: _swap.swapped(own, target, 1.0),
        "age": lambda: _age.render(target, 30.0, 1.0, 7, _age.segmenter()),
        "express": lambda: _express.carried_out(_express.plan(target, own, asked, own[0]), target),
    }


def _timed(change: Callable[[], Pixels]) -> float:
    """Milliseconds of the processor, on one thread."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        start = time.process_time()
        change()
        return 1000 * (time.process_time() - start)
    finally:
        cv2.setNumThreads(threads)


def _memory(change: Callable[[], Pixels]) -> float | None:
    """Most that a change adds to the process's memory, MB, by Linux's own count; None where it cannot be told."""
    try:
        _REFS.write_text("5")  # the highest so far is counted anew
        before = _kilobytes("VmRSS")
        out = change()
        most = _kilobytes("VmHWM")
    except OSError:
        return None
    assert np.isfinite(out[0, 0]).all()  # the result is held until it was counted
    return max(0.0, (most - before) / 1024)


def _kilobytes(name: str) -> float:
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith(name))
    return float(line.split()[1])
