"""All that a recording says for and against a living person, as numbers. `consent.liveness.verdict` judges them.

Every number is measured whatever the others say, so that a measurement of this check can look at each alone. What
cannot be measured is not a number, and refuses.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from consent.liveness.motion import DEEP, aim
from consent.liveness.recording import Capture, Outcome
from consent.types import Action, Assurance
from models.presentation import depth, light, pursuit, surface
from models.presentation.depth import Relief, Run
from models.presentation.light import Light
from models.presentation.pursuit import Pursuit
from models.presentation.surface import Surface

_NAN: Final = float("nan")


@dataclass(frozen=True, slots=True)
class Identity:
    """Agreement with the first rest; cosines.

    Attributes:
        samples: the worst sample of all; NaN when a prompt has none.
        shown: the mean over the colours or the dot; NaN when they have none.
        rests: the worst mean over one later rest.
        kept_rest, kept_moving: the worst kept frame, at rest and else.
        years: median apparent age at rest.
    """

    samples: float
    shown: float
    rests: float
    kept_rest: float
    kept_moving: float
    years: float


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
    sights = capture.sights
    steps = [after.page_time - before.page_time for before, after in itertools.pairwise(sights)]
    coloured = capture.assurance is Assurance.MOTION_LIGHT
    return Evidence(
        capture.outcome,
        capture.at,
        capture.assurance,
        float(np.mean([s.duplicate for s in sights])) if sights else _NAN,
        float(1 / np.mean(steps)) if steps else _NAN,
        _identity(capture),
        _gap(capture),
        depth.measure(_runs(capture)),
        _light(capture) if coloured else None,
        None if coloured else _pursuit(capture),
        _surface(capture),
    )


def _identity(capture: Capture) -> Identity:
    """Everything after the first rest against it (never against a mean of all, which would hide a change of person)."""
    nothing = Identity(_NAN, _NAN, _NAN, _NAN, _NAN, _NAN)
    actions = {p.index: p.action for p in capture.prompts}
    resting = [s for s in capture.samples if actions.get(s.prompt) is Action.CENTRE]
    asked = [p.index for p in capture.prompts if p.index and p.action is not Action.LIGHT]
    if not resting or not {s.prompt for s in capture.samples} >= set(asked):
        return nothing
    anchor = _anchor([s.embedding for s in resting if s.prompt == resting[0].prompt])
    scores = [(s.prompt, float(s.embedding @ anchor)) for s in capture.samples]
    shown = [c for prompt, c in scores if actions[prompt] in (Action.LIGHT, Action.DOT)]
    rests = [[c for prompt, c in scores if prompt == p] for p in asked if actions[p] is Action.CENTRE]
    kept = [(f.action, float(e @ anchor)) for f, e in zip(capture.frames, capture.embeddings, strict=False)]
    complete = kept if len(capture.frames) == len(capture.embeddings) else []
    return Identity(
        _worst([c for _, c in scores]),
        float(np.mean(shown)) if shown else _NAN,
        _worst([float(np.mean(some)) for some in rests]),
        _worst([c for action, c in complete if action is Action.CENTRE]),
        _worst([c for action, c in complete if action is not Action.CENTRE]),
        float(np.median([s.years for s in resting])),
    )


def _anchor(embeddings: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    mean = np.mean(embeddings, axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9), np.float32)


def _worst(scores: list[float]) -> float:
    """The least; NaN when there is none or one of them is NaN."""
    return float(np.min(scores)) if scores else _NAN


def _gap(capture: Capture) -> float:
    """From the first frame of what was shown to the first after it; NaN when nothing was shown."""
    at = [p.index for p in capture.prompts if p.action in (Action.LIGHT, Action.DOT)]
    if not at:
        return _NAN
    whole = [s for s in capture.sights if at[0] <= s.prompt <= at[-1] + 1]
    during = [s for s in whole if s.prompt in at]
    after = [s.page_time for s in whole if s.prompt > at[-1]][:1]
    seen = [s.page_time for s in during if s.face is not None]
    times = [*[s.page_time for s in during][:1], *seen, *after]
    return float(np.max(np.diff(times))) if len(times) > 1 and seen else _NAN


def _runs(capture: Capture) -> list[Run]:
    """Every movement that shows depth, with the rest before it."""
    runs = []
    for prompt in capture.prompts:
        if prompt.action in DEEP:
            before = [s for s in capture.sights if s.prompt == prompt.index - 1 and s.face and s.grey is not None]
            during = tuple(s for s in capture.sights if s.prompt == prompt.index)
            runs += [Run(before[-1], during)] if before else []
    return runs


def _light(capture: Capture) -> Light:
    """The colours, with the rest on either side."""
    slots = [p for p in capture.prompts if p.action is Action.LIGHT]
    shown = {p.index: p.colour.rgb if p.colour else None for p in slots}
    around = {slots[0].index - 1, slots[-1].index + 1} if slots else set()
    return light.measure(
        [
            (s.page_time, shown.get(s.prompt), s.skin)
            for s in capture.sights
            if s.skin is not None and (s.prompt in shown or s.prompt in around)
        ]
    )


def _pursuit(capture: Capture) -> Pursuit:
    """The dot, by the frames that were taken while it was on the screen."""
    at = [p.index for p in capture.prompts if p.action is Action.DOT]
    faces = [(s.page_time, s.face) for s in capture.sights if s.prompt in at and s.face is not None]
    times = [s.page_time for s in capture.sights if s.prompt in at]
    if not faces or capture.rest is None or capture.path is None:
        return pursuit.NOTHING
    return pursuit.measure(
        np.array([time - times[0] for time, _ in faces]),
        np.array([aim(face, capture.rest) for _, face in faces]),
        capture.path.at,
        rises=capture.path.rises,
    )


def _surface(capture: Capture) -> Surface:
    """Of the pictures of the face at rest that were kept."""
    resting = {p.index for p in capture.prompts if p.action is Action.CENTRE}
    seen = [
        surface.measure(s.grey, s.face)
        for s in capture.sights
        if s.grey is not None and s.face is not None and s.prompt in resting
    ]
    return max(seen, key=lambda one: -1.0 if np.isnan(one.moire) else one.moire, default=surface.NOTHING)
