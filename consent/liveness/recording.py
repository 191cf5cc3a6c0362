"""What a recorder keeps of a check, and what it tells the page."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, final

import numpy as np
from numpy.typing import NDArray

from consent.challenge import Prompt
from consent.types import Action, Assurance, LiveFrame, Once, Seal, Sealed
from models.presentation.depth import Steps
from models.presentation.motion import Rest
from models.presentation.path import Path
from models.presentation.sameness import Sample
from models.presentation.series import Sight


class Outcome(StrEnum):
    """How a recording ended."""

    COMPLETE = "complete"
    UNFINISHED = "unfinished"
    TOO_SLOW = "check-too-slow"
    NOT_SEEN = "action-not-seen"
    WRONG = "wrong-action"
    TOO_FAST = "answered-too-fast"
    LOST = "face-lost"
    SECOND_FACE = "second-face"
    ORDER = "frames-out-of-order"
    CLOCK = "clock-mismatch"
    GAP = "frames-missing"
    STALLED = "page-stalled"
    MIXED = "frames-mixed"


@final
@dataclass(frozen=True, slots=True)
class Hint:
    """What the page shows now.

    Attributes:
        code: stable identifier of the sentence.
        text: the sentence, English.
        prompt: what is asked now.
        progress: share of the check that is done, 0..1.
        seconds_left: for this prompt, by the page's clock; None while there is no hurry.
        over: nothing more is needed; ask `liveness.check`.
        amount: how much of the asked action is seen, 0..1; None where nothing is to be done.
        dot: places of the dot as (seconds since its prompt was painted, x, y), every 0.05 seconds, from half a second
            before the newest frame to half a second ahead (`policy.DOT_AHEAD`); empty unless it is to be followed.
        aim: where the nose points now, in the dot's coordinates.
    """

    code: str
    text: str
    prompt: Prompt
    progress: float
    seconds_left: float | None
    over: bool
    amount: float | None = None
    dot: tuple[tuple[float, float, float], ...] = ()
    aim: tuple[float, float] | None = None


@final
@dataclass(frozen=True, slots=True, eq=False)
class Capture(Sealed):
    """A finished recording. Made by `Recorder.capture` only; judged, once, by `liveness.check`.

    Attributes:
        outcome: how it ended; `at` is the action that was asked then.
        prompts: what was asked, in order; `sights` and `samples` point into it by index.
        rest: the person's neutral second; None when it never came.
        path: of the newest dot; None when there was none.
        steps: what was followed on the pixels, by movement.
        frames: what was kept, with an embedding (128,) of each in `embeddings`.
        world: see `consent.domain`.
    """

    outcome: Outcome
    at: Action
    prompts: tuple[Prompt, ...]
    rest: Rest | None
    path: Path | None = field(repr=False)
    sights: tuple[Sight, ...] = field(repr=False)
    steps: tuple[Steps, ...] = field(repr=False)
    samples: tuple[Sample, ...] = field(repr=False)
    frames: tuple[LiveFrame, ...] = field(repr=False)
    embeddings: tuple[NDArray[np.float32], ...] = field(repr=False)
    world: bytes = field(repr=False)
    assurance: Assurance
    made: float
    once: Once = field(repr=False)
    seal: bytes = field(default=b"", repr=False)


CAPTURE_SEAL: Final = Seal()
"""Seals recordings until they are judged, within this process."""
