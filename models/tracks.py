"""Faces from frame to frame: who is still the one of the frame before, and where the thread breaks.

A track is a face that was seen without a break. It ends, and another begins, at a cut, after a jump, where a face is
lost or covered, where two come too near each other to be told apart, and where the pixels of a face change faster than
a face can: so a track never carries what was found of one person over to another. Everything here is measured; what a
track is worth, `consent` decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean
from typing import Final, final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.age import AgeEstimator
from models.faces import SIDE, Detection, Face, Finder, Image, Points, five_points, similarity, warped
from models.heads import Box, same
from models.identity import Recogniser, Vector, agreement

_Grey = NDArray[np.float32]

CUT: Final = 0.10
"""Mean difference of two frames, shrunk and in shares of white, from which everything is another scene."""
ALIKE: Final = 0.90
"""Correlation of a face with itself in the frame before. Followed through seven public clips and a rendered one, 450
frames at 12 to 30 a second: 0.90 and more, but for one where the picture stutters; 276 pairs of rendered people looking
straight ahead, in one light: 0.896 at most (by hand)."""
GAP: Final = 0.5
"""Seconds between two frames after which nobody is the one of before."""
_LOOK: Final = 40
"""Side of the square in which a face is compared with itself, pixels."""
_PLACES: Final = np.array([[0.32, 0.36], [0.68, 0.36], [0.5, 0.58], [0.36, 0.78], [0.64, 0.78]]) * _LOOK
_THUMB: Final = (48, 27)
_LARGE: Final = 48
"""Width in what the detector looks at, pixels, from which a face is not lost when that is made half as large."""
_SELDOM: Final = 4
"""How much more seldom faces are sampled that nobody asks for."""
_LEAST: Final = 1 / 30
"""Seconds that pass with every frame, for the next sample. A film says itself when its frames are shown: thousands, an
instant apart, would else go by between two samples."""
_MOST: Final = 7
"""Samples that count, the newest: as many as fit into a second at 30 frames."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Who a face looked like at one time: the embedding (`models.identity.Vector`), and the apparent age in years."""

    seconds: float
    embedding: Vector = field(repr=False)
    years: float


@final
@dataclass(frozen=True, slots=True, eq=False)
class Tracked:
    """One face of one frame.

    Attributes:
        track: its number; of another track, another one.
        scene: goes up with every cut.
        box: where the detector sees it.
        face: measured in this frame; None where nobody asked for it, or the mesh network sees no face.
        samples: of this track, no older than the window, oldest first.
    """

    track: int
    scene: int
    box: Box
    face: Face | None = field(repr=False)
    samples: tuple[Sample, ...] = field(repr=False)

    def score(self, template: Vector, floor: float) -> float:
        """The mean cosine of its samples with a template.

        -1 without a sample, or where one of them lies below the floor or is no number.
        """
        scores = [agreement(sample.embedding, template) for sample in self.samples]
        return fmean(scores) if scores and all(one >= floor for one in scores) else -1.0


@dataclass(slots=True)
class _Track:
    number: int
    box: Box
    look: _Grey
    close: _Grey | None = None
    face: Face | None = None
    samples: tuple[Sample, ...] = ()
    due: float = -np.inf


class Tracks:
    """Follows every face of one film or camera. Not shared between threads.

    Args:
        finder: finds and measures; shared.
        recogniser: embeds; shared.
        ages: estimates ages; shared.
        least: width of the box, in pixels, from which a face is measured.
        window: seconds for which a sample counts.
        pause: seconds to the next sample of a face; asked each time, so that nobody else knows when it is.
    """

    def __init__(  # noqa: PLR0917 - three networks, and what to do with them
        self,
        finder: Finder,
        recogniser: Recogniser,
        ages: AgeEstimator,
        least: float,
        window: float,
        pause: Callable[[], float],
    ) -> None:
        self._finder, self._recogniser, self._ages = finder, recogniser, ages
        self._least, self._window, self._pause = least, window, pause
        self._tracks: list[_Track] = []
        self._numbers = self._scene = 0
        self._seconds, self._passed = -np.inf, 0.0
        self._thumb = np.zeros(_THUMB[::-1], np.float32)

    def look(
        self, image: Image, seconds: float, mine: int | None, passes: Callable[[tuple[Box, ...]], object] = len
    ) -> tuple[Tracked, ...]:
        """Everybody in the next frame, left to right.

        Args:
            image: `uint8 RGB (H, W, 3)`, all of one shape.
            seconds: when it is shown, rising.
            mine: the track whose face is measured in every frame; others are when they begin, and now and then.
            passes: is given the boxes of everybody, left to right, before anybody is measured, which takes most of the
                time. What it raises ends every track: nobody goes on where nobody was looked at.
        """
        if self._is_cut(image, seconds):
            self._tracks, self._scene = [], self._scene + 1
        found = self._finder.detect(image, self._side(image))
        before, self._tracks = self._tracks, []
        passes(tuple(one.box for one in found))
        tracks = [
            self._next(image, one, None if link is None else before[link], mine)
            for one, link in zip(found, links([t.box for t in before], [d.box for d in found]), strict=True)
        ]
        for track, one in zip(tracks, found, strict=True):
            self._measure(image, track, one, seconds, wanted=track.number == mine)
        self._tracks = tracks
        return tuple(Tracked(track.number, self._scene, track.box, track.face, track.samples) for track in tracks)

    def _side(self, image: Image) -> int:
        """Longer side of what the detector looks at: half is enough between samples, when all faces are large."""
        large = self._tracks and min(track.box[2] for track in self._tracks) * SIDE / 2 >= _LARGE * max(image.shape)
        return SIDE // 2 if large and all(self._passed < track.due for track in self._tracks) else SIDE

    def _is_cut(self, image: Image, seconds: float) -> bool:
        thumb = _thumb(image)
        changed = float(np.abs(thumb - self._thumb).mean()) > CUT
        step = seconds - self._seconds
        late = not 0 < step <= GAP
        self._thumb, self._seconds = thumb, seconds
        self._passed += min(max(_LEAST, step), GAP)
        return changed or late

    def _next(self, image: Image, found: Detection, last: _Track | None, mine: int | None) -> _Track:
        """The track that a detection goes on with, or a new one."""
        face = None
        if last is not None and last.number == mine and last.face is not None:
            face = self._finder.follow(image, last.face)
            if face is not None and not same(face.box, found.box):
                face = None  # it follows a place, not a face
        seen = look_of(image, found.points)
        close = None if face is None else look_of(image, five_points(face.mesh))
        if last is not None:
            alike = likeness(close, last.close)  # by the mesh, which trembles less than the detector
            if (alike if np.isfinite(alike) else likeness(seen, last.look)) >= ALIKE:
                # the detector's points with the follower's mesh: two networks' word for one face
                kept = None if face is None else replace(face, box=found.box, points=found.points, score=found.score)
                return _Track(last.number, found.box, seen, close, kept, last.samples, last.due)
        self._numbers += 1
        return _Track(self._numbers, found.box, seen)

    def _measure(self, image: Image, track: _Track, found: Detection, seconds: float, *, wanted: bool) -> None:
        """Measure what is wanted or due, and sample what is due, in place."""
        due = self._passed >= track.due
        if found.box[2] < self._least or not (wanted or due):
            track.face = None
        elif track.face is None:
            track.face = self._finder.measure(image, found)
            track.close = None if track.face is None else look_of(image, five_points(track.face.mesh))
        recent = tuple(sample for sample in track.samples if seconds - sample.seconds <= self._window)
        if due and track.face is not None:
            embedding = self._recogniser.embed(image, track.face)
            recent = (*recent[1 - _MOST :], Sample(seconds, embedding, self._ages.years(image, track.face)))
            track.due = self._passed + self._pause() * (1 if wanted else min(_SELDOM, len(recent)))
        track.samples = recent


def links(before: Sequence[Box], after: Sequence[Box]) -> list[int | None]:
    """Which box of the frame before each box goes on with; None where there is none, or where it is not certain."""
    near = [[same(new, old) or same(old, new) for old in before] for new in after]
    table = np.array(near, np.bool_).reshape(len(after), len(before))
    alone = (table.sum(0, keepdims=True) == 1) & (table.sum(1, keepdims=True) == 1) & table
    return [int(row.argmax()) if row.any() else None for row in alone]


def _thumb(image: Image) -> _Grey:
    """A frame as it is compared with the next: grey, shares of white.

    Of large ones a quarter of the pixels is enough: a seventh of the time (by hand), within a grey level the same.
    """
    if min(image.shape[0] / _THUMB[1], image.shape[1] / _THUMB[0]) >= 8:
        quarter = image.shape[1] // 4, image.shape[0] // 4
        image = np.asarray(cv2.resize(image, quarter, interpolation=cv2.INTER_LINEAR), np.uint8)
    small = cv2.resize(image, _THUMB, interpolation=cv2.INTER_AREA)
    grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.float32)
    return np.asarray(grey / 255, np.float32)


def look_of(image: Image, points: Points) -> _Grey:
    """A face as it is compared with itself: grey, upright, small; of mean 0 and length 1."""
    small = warped(image, similarity(points, _PLACES), _LOOK)
    grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.float32)
    grey -= grey.mean()
    return np.asarray(grey / max(float(np.linalg.norm(grey)), 1e-6), np.float32)


def likeness(one: _Grey | None, other: _Grey | None) -> float:
    """Correlation of two looks, -1..1; NaN without both."""
    return float("nan") if one is None or other is None else float((one * other).sum())
