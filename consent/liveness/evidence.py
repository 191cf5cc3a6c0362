"""All that a recording says for and against a living person, as numbers. `consent.liveness.verdict` judges them.

Every number is measured whatever the others say, so that a measurement of this check can look at each alone. What
cannot be measured is not a number, and refuses.
"""

from __future__ import annotations

from dataclasses import dataclass

from consent import policy
from consent.liveness.motion import DEEP
from consent.liveness.recording import Capture, Outcome
from consent.types import Action, Assurance
from models.presentation import depth, light, sameness, series
from models.presentation.depth import Relief
from models.presentation.light import Light
from models.presentation.pursuit import Pursuit
from models.presentation.sameness import Identity
from models.presentation.surface import Surface


@dataclass(frozen=True, slots=True)
class Evidence:
    """Of one recording.

    Attributes:
        outcome: how it ended; `at` is the action that was asked then.
        assurance: which kind of challenge.
        repeated: share of frames that are, to the bit, an earlier one.
        fps: frames a second, by the page's clock.
        identity: whether it was one person.
        gap: the longest time without a face while the colours or the dot showed, in seconds.
        relief: depth of what turned and nodded, by its pixels.
        light: what the colours did; None when there were none.
        pursuit: how the nose followed the dot; None when there was none.
        surface: signs of a screen, the strongest seen at rest; advice only.
    """

    outcome: Outcome
    at: Action
    assurance: Assurance
    repeated: float
    fps: float
    identity: Identity
    gap: float
    relief: Relief
    light: Light | None
    pursuit: Pursuit | None
    surface: Surface


def gather(capture: Capture) -> Evidence:
    """Measure everything. Whoever judges must have checked the seal."""

    def at(*actions: Action) -> list[int]:
        return [p.index for p in capture.prompts if p.action in actions]

    sights, resting, shown = capture.sights, at(Action.CENTRE), at(Action.LIGHT, Action.DOT)
    asked = [p.index for p in capture.prompts if p.index and p.action is not Action.LIGHT]
    whole = len(capture.frames) == len(capture.embeddings)
    kept = zip((f.action is Action.CENTRE for f in capture.frames), capture.embeddings, strict=False)
    colours = {p.index: p.colour.rgb for p in capture.prompts if p.colour is not None}
    lit = capture.assurance is Assurance.MOTION_LIGHT
    return Evidence(
        capture.outcome,
        capture.at,
        capture.assurance,
        series.repeated(sights),
        series.rate(sights),
        sameness.measure(capture.samples, list(kept) if whole else [], resting, shown, asked),
        series.gap(sights, shown),
        depth.measure(series.runs(sights, at(*DEEP))),
        light.measure(series.coloured(sights, colours)) if lit else None,
        None if lit else series.followed(sights, shown, capture.path, capture.rest, policy.DOT_FIELD),
        series.strongest(sights, resting),
    )
