"""Sessions that cost nothing: for the tests of the bench's own machinery."""

import dataclasses
import os
import pathlib
import time
import typing

import numpy as np

from consent.liveness.recording import Outcome
from consent.types import Action, Assurance
from models.presentation.depth import Relief
from models.presentation.evidence import Evidence, Identity
from models.presentation.light import Light
from tests.pad.bench_numbers import packed
from tests.pad.store import Job, Record

NAMES = ("bona_fide_normal", "bona_fide_hard", "print_still", "inject_puppet")


def filled(kind, **known):
    """A dataclass of numbers, 0 where nothing is said: this file is about keeping evidence, not about what it is."""
    hints = typing.get_type_hints(kind)
    return kind(**{
        f.name: known[f.name] if f.name in known else filled(hints[f.name]) if dataclasses.is_dataclass(hints[f.name])
        else None if type(None) in typing.get_args(hints[f.name]) else hints[f.name](0)
        for f in dataclasses.fields(kind)
    })  # fmt: skip


HEAD = filled(
    Relief,
    depth=1.0,
    error=0.05,
    across=1.0,
    upright=1.0,
    narrowing=0.8,
    trend=0.95,
    likeness=0.9,
    frames=30,
    turns=2,
    least=0.9,
)
SAME = filled(Identity, samples=0.8, shown=0.8, rests=0.9, kept_rest=0.9, kept_moving=0.8, years=30.0)
LIT = filled(Light, correlation=0.99, gain=0.2, lag=0.1, relief=0.9, background=0.1)
LIVING = filled(
    Evidence, outcome=Outcome.COMPLETE, at=Action.CENTRE, assurance=Assurance.MOTION_LIGHT, fps=10.0, identity=SAME,
    relief=HEAD, light=LIT,
)  # fmt: skip


def pretended(job: Job, code: str = "", evidence: Evidence = LIVING, **rest) -> Record:
    """A record as a session leaves it."""
    prompts = ((0, "centre", 90.0, ""), (1, "nod", 8.0, ""))
    about = {"frames": 3, "frame_ms": 20.0, "verdict_ms": 500.0, "verdict_cpu_ms": 400.0, "prompts": prompts, **rest}
    arrays = {"times": np.arange(3, dtype=np.float32)}
    return Record(job, code, "complete", "centre", 17.0, kept={"evidence": packed(evidence)}, arrays=arrays, **about)


def quick_session(job: Job) -> Record:
    """A session of no time at all; one instrument breaks."""
    if job.name == "second_person":
        raise RuntimeError("the second person did not come")
    return pretended(job, "looks-flat" if job.name == "print_still" else "")


def slow_session(job: Job) -> Record:
    """A session of 50 ms that leaves a line for each time it is run."""
    time.sleep(0.05)
    with pathlib.Path(os.environ["RAN"]).open("a") as file:
        file.write(f"{job.name} {job.seed}\n")
    return pretended(job)


def some(store, jobs):
    """Keep a session of each job."""
    for job in jobs:
        store.put(quick_session(job))
    return jobs
