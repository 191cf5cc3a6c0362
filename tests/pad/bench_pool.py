"""Run many sessions in a few processes, keep each when it ends, and say how far it is."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing.connection import wait as ended
from typing import Final
from unittest import mock

import cv2

from consent.errors import Fault
from tests.pad.store import Job, Record, Store, code_version

Say = Callable[[str], None]
Present = Callable[[Job], Record]
"""Runs one session. Sent to other processes: a function of a module, or a `functools.partial` of one."""

_THREADS: Final = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
_SAY_SECONDS: Final = 10.0


@dataclass(slots=True)
class Ran:
    """What became of a run: sessions that were kept before, that were run now, and what broke (by instrument)."""

    kept: int = 0
    done: int = 0
    broke: Counter[str] = field(default_factory=Counter)


def run(jobs: Sequence[Job], present: Present, store: Store, *, workers: int, say: Say) -> Ran:
    """Run what the store does not hold yet.

    A session that raises is told and left out: it is run again next time.

    Args:
        jobs: from `plan`.
        present: runs one.
        store: keeps them.
        workers: processes, one thread each; 0 runs them here.
        say: gets the progress, a line every ten seconds or so.

    Raises:
        Fault: `bench-broke`, when a process died or the code was changed meanwhile; what is done is kept.
    """
    todo = [job for job in jobs if not store.has(job)]
    told = _Progress(todo, len(jobs), max(workers, 1), say)
    if workers:
        try:
            _pooled(todo, present, store, workers, told)
        except BrokenProcessPool:
            raise Fault(
                "bench-broke",
                "A process of the bench died: it was killed, or the code was changed while it started.",
                "Run it again with the same folder; what was done is kept.",
            ) from None
    else:
        for job in todo:
            told.ended(job, *_one(present, store, job))
    return Ran(len(jobs) - len(todo), len(todo) - told.broke.total(), told.broke)


def _one(present: Present, store: Store, job: Job) -> tuple[str, str, float]:
    """Run and keep one session: ("" or what broke, code of the refusal, seconds it took)."""
    start = time.monotonic()
    try:
        record = present(job)
        store.put(record)
    except Exception as error:  # noqa: BLE001 - an instrument that breaks must not end a run of hours
        return f"{type(error).__name__}: {error}", "", time.monotonic() - start
    return "", record.code, time.monotonic() - start


def _pooled(todo: Sequence[Job], present: Present, store: Store, workers: int, told: _Progress) -> None:
    """Run in processes; only few are handed out ahead, so that an interrupt is prompt."""
    waiting = iter(todo)
    with (
        mock.patch.dict(os.environ, _THREADS),  # read by the numeric libraries when a process starts
        ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _begin, (store.version,)) as pool,
    ):
        under_way: dict[Future[tuple[str, str, float]], Job] = {}
        try:
            while True:
                for job in waiting:
                    under_way[pool.submit(_one, present, store, job)] = job
                    if len(under_way) > workers:
                        break
                if not under_way:
                    break
                for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                    told.ended(under_way.pop(future), *future.result())
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _begin(version: str) -> None:
    """Begin a process of the pool: one thread, ends with its parent, and is of the code that it will be filed under."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    cv2.setNumThreads(1)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if version and version != code_version():
        raise RuntimeError("the code was changed")


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        ended([parent.sentinel])
        os._exit(1)


class _Progress:
    """Says how far a run is, and when it will be done."""

    def __init__(self, todo: Sequence[Job], total: int, workers: int, say: Say) -> None:
        self._left = Counter(job.name for job in todo)
        self._total, self._workers, self._say = total, workers, say
        self._spent: dict[str, list[float]] = defaultdict(list)
        self._last = -_SAY_SECONDS
        self.broke: Counter[str] = Counter()

    def ended(self, job: Job, broke: str, code: str, seconds: float) -> None:
        """One session ended."""
        self._left[job.name] -= 1
        self._spent[job.name].append(seconds)
        if broke:
            self.broke[job.name] += 1
            self._say(f"{job.name} {job.seed} broke: {broke}")
        now, left = time.monotonic(), self._left.total()
        if now - self._last >= _SAY_SECONDS or not left:
            self._last, verdict = now, "broke" if broke else code or "accepted"
            done = self._total - left
            self._say(
                f"{done} of {self._total} sessions ({100 * done // max(self._total, 1)} %), "
                f"{_clock(self._ahead())} left; last: {job.name} {job.seed} {job.assurance}: {verdict}"
            )

    def _ahead(self) -> float:
        """Seconds that are left: what is left of each name at the mean of that name, or of all."""
        every = [one for some in self._spent.values() for one in some]
        mean = sum(every) / len(every)
        means = {name: sum(some) / len(some) for name, some in self._spent.items()}
        return sum(count * means.get(name, mean) for name, count in self._left.items()) / self._workers


def _clock(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
