"""All that a recording says for and against a living person, as numbers; `consent.liveness.verdict` judges them.

Every number is measured whatever the others say, so that a measurement of this check can look at each alone. What
cannot be measured is not a number, and refuses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from models.presentation import depth, light, sameness, series
from models.presentation.asked import DEEP, Action, Assurance, Colour
from models.presentation.depth import Relief, Steps
from models.presentation.light import Light
from models.presentation.motion import Rest
from models.presentation.path import Path, Point
from models.presentation.pursuit import Pursuit
from models.presentation.sameness import Identity, Sample, Vector
from models.presentation.series import Sight
from models.presentation.surface import Surface


class Prompt(Protocol):
    """One thing that was asked; see `consent.challenge`."""

    @property
    def index(self) -> int: ...  # noqa: D102 - named there
    @property
    def action(self) -> Action: ...  # noqa: D102
    @property
    def colour(self) -> Colour | None: ...  # noqa: D102


class Kept(Protocol):
    """A frame that was kept; see `consent.types.LiveFrame`."""

    @property
    def action(self) -> Action: ...  # noqa: D102


class Recording(Protocol):
    """What was recorded; see `consent.liveness.recording.Capture`."""

    @property
    def outcome(self) -> str: ...  # noqa: D102
    @property
    def at(self) -> Action: ...  # noqa: D102
    @property
    def assurance(self) -> Assurance: ...  # noqa: D102
    @property
    def prompts(self) -> Sequence[Prompt]: ...  # noqa: D102
    @property
    def rest(self) -> Rest | None: ...  # noqa: D102
    @property
    def path(self) -> Path | None: ...  # noqa: D102
    @property
    def sights(self) -> Sequence[Sight]: ...  # noqa: D102
    @property
    def steps(self) -> Sequence[Steps]: ...  # noqa: D102
    @property
    def samples(self) -> Sequence[Sample]: ...  # noqa: D102
    @property
    def frames(self) -> Sequence[Kept]: ...  # noqa: D102
    @property
    def embeddings(self) -> Sequence[Vector]: ...  # noqa: D102


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

    outcome: str
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


def gather(capture: Recording, field: Point) -> Evidence:
    """Measure everything; `field` as in `models.presentation.motion.aim`. Whoever judges must have checked the seal."""

    def at(*actions: Action) -> list[int]:
        return [p.index for p in capture.prompts if p.action in actions]

    sights, resting, shown = capture.sights, at(Action.CENTRE), series.blocks(at(Action.LIGHT, Action.DOT))
    asked = [p.index for p in capture.prompts if p.index and p.action is not Action.LIGHT]
    whole = len(capture.frames) == len(capture.embeddings)
    kept = zip((f.action is Action.CENTRE for f in capture.frames), capture.embeddings, strict=False)
    return Evidence(
        capture.outcome,
        capture.at,
        capture.assurance,
        series.repeated(sights),
        series.rate(sights),
        sameness.measure(capture.samples, list(kept) if whole else [], resting, shown, asked),
        series.gap(sights, shown),
        depth.pool(capture.steps),
        lit(sights, capture.prompts),
        followed(sights, capture.prompts, capture.path, capture.rest, field),
        series.strongest(sights, resting),
    )


def deep(prompts: Sequence[Prompt]) -> list[int]:
    """The movements in which a head shows its depth."""
    return [p.index for p in prompts if p.action in DEEP]


def lit(sights: Sequence[Sight], prompts: Sequence[Prompt]) -> Light | None:
    """What the colours did; None when there were none."""
    colours = {p.index: p.colour.rgb for p in prompts if p.colour is not None}
    return light.measure(series.coloured(sights, colours)) if colours else None


def followed(
    sights: Sequence[Sight], prompts: Sequence[Prompt], path: Path | None, rest: Rest | None, field: Point
) -> Pursuit | None:
    """How the nose followed the newest dot, whose path it is; None when there was none."""
    dots = [p.index for p in prompts if p.action is Action.DOT]
    return series.followed(sights, dots[-1:], path, rest, field) if dots else None
