"""Is it a head or a picture? When a head turns or nods, its nose moves against its cheeks; on a picture it does not.

Every frame of every movement is laid over the frame at rest before it (`models.presentation.warp`); what the skin did
along the relief of the face, over the sine of the angle by which the head turned, is its depth: 1 where pixels moved as
much as the landmarks' own shape says, 0 for anything flat or bent. Turns to both sides, nods and the dot are pooled
into one figure with an error of its own, so that one bad movement does not refuse a person.

The landmarks give the angle and the shape, never the depth: on flat pictures they report turns of 8 to 18 degrees and
a nose, and the depth stays within 0.2 (measured).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol, final

import numpy as np
from numpy.typing import NDArray

from models.faces import Face
from models.presentation.warp import LOST, Grid, Surface

__all__ = ["NOTHING", "Relief", "Run", "Seen", "Steps", "Tracker", "follow", "measure", "pool"]

_NAN: Final = float("nan")
ANGLE: Final = 3.0
"""Degrees of turn or nod from which a frame says something of depth."""
SWING: Final = 6.0
"""Degrees that a movement must reach about an axis for that axis to count."""
LIKENESS: Final = 0.35
"""Correlation of the two pictures after the fit below which a frame says nothing: heads 0.45 to 0.95, what was lost
under 0.3."""
SLACK: Final = 0.15
"""By how much the depth of one movement is off however many frames it has: faces differ from their landmarks."""
FEWEST: Final = 3
"""Frames of one movement and axis, at least."""
FEWEST_FAR: Final = 2
"""Of them beyond 12 degrees, for the narrowing: in the check a turn ends with the third frame of those, and of a quick
turn before a slow camera the last, furthest one is sometimes lost."""

ENOUGH: Final = 60
"""Frames of one movement that are looked at, evenly spread: fast cameras give many that say the same."""


class Seen(Protocol):
    """One frame: `uint8 (H, W)`, and the face in it; None for what was not kept or not found."""

    @property
    def face(self) -> Face | None: ...  # noqa: D102 - see above

    @property
    def grey(self) -> NDArray[np.uint8] | None: ...  # noqa: D102


@final
@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """One movement: the last frame at rest before it, and its frames in order (a turn, a nod, or the dot's path)."""

    start: Seen = field(repr=False)
    sights: Sequence[Seen] = field(repr=False)


@final
@dataclass(frozen=True, slots=True)
class Steps:
    """What one movement said, frame by frame; rows of `table` are frames.

    Attributes:
        table: (N, 8): sine of the turn, sine of the nod (down is > 0), relief along and across the eyes in eye
            distances, their errors, likeness -1..1, squeeze (see `warp.Fit`).
    """

    table: Grid = field(repr=False)


@final
@dataclass(frozen=True, slots=True)
class Relief:
    """Of a whole check. NaN where nothing can be said.

    Attributes:
        depth: relief by pixels over relief by landmarks: 1 a head, 0 a picture.
        error: standard error of it, from how far the movements disagree and how well the frames could be laid over.
        across, upright: the same depth from turns and from nods alone.
        narrowing: sine of the turn by landmarks over the sine by which the face's narrowing in pixels explains itself,
            in turns of 12 degrees and more: heads 0.63 and more, and half for what is too shallow for its turn.
        noise: robust scatter of the frames about their own movement's depth, in eye distances.
        trend: correlation of relief and turn over all frames: what drifts does not come back, a head does.
        likeness: median correlation of the laid-over pictures, -1..1.
        frames: how many frames counted.
        turns: movements that went far enough to the side to show a narrowing.
        least: depth of the flattest of them, its error added: what one picture among good movements would show.
    """

    depth: float
    error: float
    across: float
    upright: float
    narrowing: float
    noise: float
    trend: float
    likeness: float
    frames: int
    turns: int
    least: float


NOTHING: Final = Relief(_NAN, _NAN, _NAN, _NAN, _NAN, _NAN, _NAN, _NAN, 0, 0, _NAN)


class Tracker:
    """Follows one movement as its frames arrive, so that nothing is left to compute, nor to keep, at its end.

    Args:
        grey: `uint8 (H, W)`, the last frame at rest.
        face: measured in it.
    """

    def __init__(self, grey: NDArray[np.uint8], face: Face) -> None:
        self._surface, self._rest, self._last = Surface(grey, face), face.pose, LOST
        self._shape, self._rows = grey.shape, list[tuple[float, ...]]()

    def see(self, grey: NDArray[np.uint8] | None, face: Face | None) -> None:
        """One more frame; one without a face, or of another size, is passed over."""
        if grey is None or face is None or grey.shape != self._shape:
            self._last = LOST
            return
        turned, nodded = face.pose.yaw - self._rest.yaw, self._rest.pitch - face.pose.pitch
        if not max(abs(turned), abs(nodded)) >= ANGLE:
            self._last = LOST  # too little to tell anything: begin afresh when it is more
            return
        fit = self._surface.fit(grey, face, self._last)
        self._last = fit if fit.likeness >= LIKENESS else LOST
        turned, nodded = np.radians(turned), np.radians(nodded)
        self._rows.append((np.sin(turned), np.sin(nodded), *fit.relief, *fit.error, fit.likeness, fit.squeeze))

    @property
    def steps(self) -> Steps:
        """What was seen so far."""
        return Steps(np.array(self._rows, np.float64).reshape(-1, 8))


def follow(run: Run) -> Steps:
    """All of one movement at once; no rows where the start has no face or picture."""
    if run.start.face is None or run.start.grey is None:
        return Steps(np.zeros((0, 8)))
    tracker = Tracker(run.start.grey, run.start.face)
    for sight in run.sights[:: -(-len(run.sights) // ENOUGH) or 1]:
        tracker.see(sight.grey, sight.face)
    return tracker.steps


def measure(runs: Sequence[Run]) -> Relief:
    """Depth from the pictures of all movements of a check; `NOTHING` where none could be followed."""
    return pool([follow(run) for run in runs])


@dataclass(frozen=True, slots=True)
class _Slope:
    """Depth by one movement about one axis: estimate, variance, which axis, and the frames behind it."""

    depth: float
    variance: float
    upright: bool
    narrowing: float
    angle: Grid
    moved: Grid
    likeness: Grid


def pool(movements: Sequence[Steps]) -> Relief:
    """One figure out of all movements."""
    slopes = [
        s for steps in movements for upright in (False, True) if (s := _slope(steps.table, upright=upright)) is not None
    ]
    if not slopes:
        return NOTHING
    depth, error = _together(slopes)
    angle, moved, likeness = (
        np.concatenate(parts) for parts in zip(*((s.angle, s.moved, s.likeness) for s in slopes), strict=True)
    )
    apart = np.concatenate([s.moved - s.depth * s.angle for s in slopes])
    varied = angle.std() > 1e-6 and moved.std() > 1e-6
    turns = [s for s in slopes if np.isfinite(s.narrowing)]
    return Relief(
        depth,
        error,
        _together([s for s in slopes if not s.upright])[0],
        _together([s for s in slopes if s.upright])[0],
        float(np.median([s.narrowing for s in turns])) if turns else _NAN,
        1.48 * float(np.median(np.abs(apart))),
        float(np.corrcoef(angle, moved)[0, 1]) if varied else 0.0,
        float(np.median(likeness)),
        len(angle),
        len(turns),
        min(s.depth + float(np.sqrt(s.variance)) for s in turns) if turns else _NAN,
    )


def _slope(table: Grid, *, upright: bool) -> _Slope | None:
    """The weighted median of relief over angle: one wrong stretch, as when the search was lost, does not move it."""
    axis = 1 if upright else 0
    angle, moved, error, likeness, squeeze = (table[:, i] for i in (axis, 2 + axis, 4 + axis, 6, 7))
    use = (np.abs(angle) >= np.sin(np.radians(ANGLE))) & (likeness >= LIKENESS)
    use &= np.isfinite(moved) & np.isfinite(error) & np.isfinite(squeeze)
    angle, moved, error, likeness, squeeze = (v[use] for v in (angle, moved, error, likeness, squeeze))
    if len(angle) < FEWEST or np.abs(angle).max() < np.sin(np.radians(SWING)):
        return None
    ratio = moved / angle
    doubt = (3 * error / np.abs(angle)) ** 2 + 0.1**2
    weight = np.clip((likeness - LIKENESS) / 0.4, 0.05, 1) / doubt
    depth = _median(ratio, weight)
    scatter = 1.48 * _median(np.abs(ratio - depth), weight)
    variance = SLACK**2 + scatter**2 / max(len(ratio) / 4, 1) + 1 / float((weight / 4).sum())
    narrowing = _NAN if upright else _narrowing(angle, squeeze, weight)
    return _Slope(depth, variance, upright, narrowing, angle, moved, likeness)


def _narrowing(angle: Grid, squeeze: Grid, weight: Grid) -> float:
    far = np.abs(angle) > np.sin(np.radians(12))
    if far.sum() < FEWEST_FAR:
        return _NAN
    return _median(np.abs(angle[far]) / np.sqrt(np.clip(1 - squeeze[far] ** 2, 0.05**2, 1)), weight[far])


def _together(slopes: list[_Slope]) -> tuple[float, float]:
    """Weighted mean and its error; never surer than the movements agree."""
    if not slopes:
        return _NAN, _NAN
    depth, weight = np.array([s.depth for s in slopes]), 1 / np.array([s.variance for s in slopes])
    mean = float(np.average(depth, weights=weight))
    error = 1 / float(weight.sum())
    if len(slopes) > 1:
        error = max(error, float(np.average((depth - mean) ** 2, weights=weight)) / (len(slopes) - 1))
    return mean, float(np.sqrt(error))


def _median(values: Grid, weight: Grid) -> float:
    order = np.argsort(values)
    share = np.cumsum(weight[order]) - weight[order] / 2
    return float(np.interp(weight.sum() / 2, share, values[order]))
