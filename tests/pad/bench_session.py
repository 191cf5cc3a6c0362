"""One session of the bench: somebody sits down, the real challenge is drawn, recorded and judged, numbers are kept.

The secret random source of the challenge is replaced by one that the session's seed decides, in the process of the
bench alone, so that a figure can be run again to the same sessions. What is drawn, shown, recorded and judged is the
product's own code and nothing else.
"""

from __future__ import annotations

import random
import secrets
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any, Final, Protocol
from unittest import mock

import numpy as np

from consent import liveness, policy
from consent.challenge import draw
from consent.errors import Refusal
from consent.liveness import Capture
from consent.liveness.recording import Hint
from consent.liveness.verdict import judge
from consent.types import Assurance, Frame
from models.presentation.evidence import Evidence, gather
from tests.pad.bench_numbers import arrays_of, packed, unpacked
from tests.pad.store import Job, Record

GIVE_UP: Final = 120.0
"""Seconds of the session's own clock after which nobody sits any longer; the check itself ends before."""


class Sitter(Protocol):
    """Somebody or something before the camera."""

    def clock(self) -> float:
        """Seconds, the session's own."""
        ...

    def frame(self, hint: Hint) -> Frame:
        """The next frame, `hint` having been on the screen since the one before."""
        ...


Factory = Callable[[int, str], Sitter]
"""(seed, split) -> who sits down."""


class _Drawn:
    """What `consent` uses of the module `secrets`, decided by a seed."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)

    def choice(self, some: Any) -> Any:
        return self._random.choice(some)

    def randbelow(self, limit: int) -> int:
        return self._random.randrange(limit)

    def token_bytes(self, count: int) -> bytes:
        return self._random.randbytes(count)

    def SystemRandom(self) -> random.Random:  # noqa: N802 - the name in `secrets`
        return self._random


@contextmanager
def drawn_again(seed: str) -> Iterator[None]:
    """Within, everything that `consent` draws is decided by `seed`."""
    again = _Drawn(seed)
    users = [m for name, m in sys.modules.items() if name.startswith("consent.") and hasattr(m, "secrets")]
    with ExitStack() as stack:
        for module in users:
            if module.secrets is secrets:
                stack.enter_context(mock.patch.object(module, "secrets", again))
        yield


def sat_down(job: Job, factories: Mapping[str, Factory]) -> Record:
    """Run one session."""
    with drawn_again(f"{job.name} {job.seed} {job.assurance}"):
        sitter = factories[job.name](job.seed, job.split)
        begun = sitter.clock()
        recorder = liveness.Recorder(draw(sitter.clock, Assurance(job.assurance)))
        busy, frames, over, taken = 0.0, 0, False, (0.0, 0.0)
        while not over and sitter.clock() - begun <= GIVE_UP:
            frame = sitter.frame(recorder.hint)
            watch = _Watch()
            over = recorder.take(frame).over
            taken = watch.spent()
            busy, frames = busy + taken[1], frames + 1
        watch = _Watch()
        capture = recorder.capture()
        sealed = watch.spent()
        evidence = gather(capture, policy.DOT_FIELD)  # besides, for the check stops at the first thing that is wrong
        watch = _Watch()
        code = _judged(capture)
        wall, cpu = np.sum((taken, sealed, watch.spent()), axis=0)  # from the moment the last frame came
    coloured = capture.assurance is Assurance.MOTION_LIGHT
    return Record(
        job,
        code,
        str(capture.outcome),
        str(capture.at),
        sitter.clock() - begun,
        frames,
        1000 * busy / max(frames, 1),
        1000 * float(wall),
        1000 * float(cpu),
        {},
        tuple((p.index, str(p.action), p.seconds, str(p.colour or "")) for p in capture.prompts),
        {"evidence": packed(evidence), "rest": packed(capture.rest), "path": packed(capture.path)},
        {name: rows for name, rows in arrays_of(capture.sights).items() if coloured or not name.startswith("skin")},
    )


class _Watch:
    """Seconds since it was made, by the clock on the wall and of CPU."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def spent(self) -> tuple[float, float]:
        return time.perf_counter() - self._wall, time.process_time() - self._cpu


def _judged(capture: Capture) -> str:
    """The code of the refusal; "" when the check passes."""
    try:
        liveness.check(capture)
    except Refusal as no:
        return no.code
    return ""


def judged_again(record: Record) -> Record:
    """The record with the verdict of today's limits on the evidence of then.

    Raises:
        Refusal: `other-evidence`, when the code measures other things now.
    """
    try:
        judge(unpacked(Evidence, record.kept["evidence"]))
    except (KeyError, TypeError, ValueError):
        raise Refusal(
            "other-evidence",
            f"{record.job.name} {record.job.seed} was kept by code that measured other things.",
            "Run the sessions again, in a new folder.",
        ) from None
    except Refusal as no:
        return replace(record, code=no.code)
    return replace(record, code="")
