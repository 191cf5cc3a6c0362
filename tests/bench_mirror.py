"""The mirror, without its browser: a camera's JPEG frames in, stamped frames out, by the studio's own stages."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from statistics import median
from typing import Final

import numpy as np

from app import codec
from app.ahead import ahead
from app.bench import Figure
from app.engines.age import AgeOptions
from app.engines.express import ExpressOptions
from app.flow import Options
from app.stamp.mirror import Shown
from app.stamp.signer import Signer
from app.studio.reflection import Reflection, Seen
from consent.errors import Refusal
from consent.gate import Gate
from consent.types import Draft
from tests import bench_video
from tests.booth import Booth

SIZE: Final = (640, 480)
RATE: Final = 25
JOBS: Final[dict[str, Options]] = {"age": AgeOptions(years=30), "express": ExpressOptions(smile=0.8)}
_DRAWN: Final = 25
_ALONE: Final = 30
"""Frames whose latency is measured, each the only one on its way."""
_FIRST: Final = 5
"""What is built once is built in these."""


def figures(gate: Gate, signer: Signer, booth: Booth, count: int, say: Callable[[str], None]) -> Iterator[Figure]:
    """Frames a second, and how long one takes."""
    say(f"drawing {_DRAWN} frames of {SIZE[0]} x {SIZE[1]}")
    rates, late, spent = list[float](), list[float](), dict[str, float]()
    for job, options in JOBS.items():
        say(f"mirror, {job}: {count} frames")
        mirror = Reflection(gate, signer, "en")
        mirror.ask((gate.live()[0], options))
        frames = _camera(booth)
        for _ in range(_FIRST):
            _one(mirror, next(frames), booth)
        late += [_timed(mirror, next(frames), booth) for _ in range(_ALONE)]
        taken = list(itertools.islice(frames, count))
        begun = time.perf_counter()
        shown = sum(isinstance(one, Shown) for one in _through(mirror, taken, booth))
        rates.append(shown / (time.perf_counter() - begun))
        yield Figure(f"mirror.fps.{job}", rates[-1], f"frames a second, {SIZE[0]}x{SIZE[1]}", shown, 24.0)
        spent = mirror.costs.mean()
        yield Figure(f"mirror.cpu_ms.{job}", sum(spent.values()), "CPU ms a frame", shown)
    yield Figure("mirror.fps", min(rates), "the slower of these", count, 24.0)
    yield Figure(
        "mirror.latency_ms", 1000 * median(late), "ms from a frame's bytes to the stamped one's", len(late), 120.0
    )
    for stage, ms in spent.items():
        yield Figure(f"mirror.{stage}_fps", 1000 / ms, f"frames a second of one core; {ms:.1f} CPU ms", count)


def _camera(booth: Booth) -> Iterator[bytes]:
    """JPEG frames without end, no two alike to the bit."""
    seen = bench_video.moving(booth.name, _DRAWN, SIZE)
    order = itertools.cycle([*range(_DRAWN), *range(_DRAWN - 2, 0, -1)])
    rng = np.random.default_rng(2)
    for place in order:
        grain = rng.integers(0, 4, (SIZE[1], SIZE[0], 1), np.uint8)
        yield codec.encode(np.maximum(seen[place], 3) - grain, "jpeg", 85)


def _looked(mirror: Reflection, jpeg: bytes, booth: Booth) -> Seen | Refusal:
    """The first stage, a frame's time after the last."""
    booth.now += 1 / RATE
    return mirror.look(jpeg, booth.now)


def _one(mirror: Reflection, jpeg: bytes, booth: Booth) -> Shown | Refusal:
    seen = _looked(mirror, jpeg, booth)
    if isinstance(seen, Refusal):
        mirror.pause()
        return seen
    draft = mirror.draw(seen)
    return draft if isinstance(draft, Refusal) else mirror.stamp(draft)


def _timed(mirror: Reflection, jpeg: bytes, booth: Booth) -> float:
    begun = time.perf_counter()
    _one(mirror, jpeg, booth)
    return time.perf_counter() - begun


def _through(mirror: Reflection, frames: list[bytes], booth: Booth) -> Iterator[Shown | Refusal]:
    """The stages side by side, as the studio runs them."""

    def drawn() -> Iterator[Draft | Refusal]:
        with closing(ahead((_looked(mirror, jpeg, booth) for jpeg in frames), 1)) as seen:
            for one in seen:
                yield one if isinstance(one, Refusal) else mirror.draw(one)

    with closing(ahead(drawn(), 1)) as drafts:
        for one in drafts:
            yield one if isinstance(one, Refusal) else mirror.stamp(one)
