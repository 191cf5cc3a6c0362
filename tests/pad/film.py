"""Follow a face through a video file: what the check would see in it, frame by frame. Nothing is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from consent import policy
from models.faces import Face, Finder

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

LONGEST: Final = 60.0
"""Seconds of a clip that are looked at."""
SIDE: Final = 640
"""Longer side the detector looks at."""
BREAK: Final = 0.15
"""Seconds for which a closure or an opening may seem to end without ending: measurements on the limit flicker."""
BEFORE: Final = 2.0
"""Seconds before the end of a turn in which its start is looked for: in the check people take 1 to 3, from a rest."""
STRAIGHT: Final = 12.0
"""Degrees of yaw, and half of those of pitch, within which a turn may start: as a rest in the check."""


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """What was followed through a clip, frame by frame."""

    rate: float
    size: tuple[int, int]
    faces: tuple[Face | None, ...] = field(repr=False)
    others: tuple[int, ...] = field(repr=False)

    @property
    def seen(self) -> list[Face]:
        """The frames with a face."""
        return [face for face in self.faces if face is not None]


def read(path: Path) -> Iterator[NDArray[np.uint8]]:
    """The frames of a clip, `uint8 RGB (H, W, 3)`; none where it cannot be read."""
    film = cv2.VideoCapture(str(path))
    try:
        for _ in range(int(LONGEST * rate_of(film))):
            more, frame = film.read()
            if not more:
                return
            yield np.ascontiguousarray(frame[:, :, ::-1], np.uint8)
    finally:
        film.release()


def rate_of(film: cv2.VideoCapture) -> float:
    """Frames a second, 25 where the file does not say."""
    rate = float(film.get(cv2.CAP_PROP_FPS))
    return rate if np.isfinite(rate) and 1 <= rate <= 240 else 25.0


def follow(path: Path, finder: Finder) -> Track:
    """Follow the largest face of the first frame that has one: found by detection, then followed, as in the check."""
    film = cv2.VideoCapture(str(path))
    rate = rate_of(film)
    film.release()
    faces, others, size = list[Face | None](), list[int](), (0, 0)
    for frame in read(path):
        size = (frame.shape[1], frame.shape[0])
        last = next((face for face in reversed(faces[-8:]) if face is not None), None)
        face, more = _look(finder, frame, last)
        faces.append(face)
        others.append(more)
    return Track(rate, size, tuple(faces), tuple(others))


def _look(finder: Finder, frame: NDArray[np.uint8], last: Face | None) -> tuple[Face | None, int]:
    found = finder.detect(frame, SIDE)
    if not found:
        return None, 0
    if last is None:
        main = max(found, key=lambda one: one.box[2])
    else:
        place = middle(last.box)
        main = min(found, key=lambda one: float(np.linalg.norm(middle(one.box) - place)))
    others = sum(one is not main and one.box[2] >= policy.SECOND_FACE_SHARE * main.box[2] for one in found)
    face = finder.follow(frame, last) if last is not None else None
    if face is not None and not (np.abs(middle(face.box) - middle(main.box)) < np.array(main.box[2:]) / 2).all():
        face = None  # it follows a place, not a face
    return face or finder.measure(frame, main), others


def middle(box: tuple[float, float, float, float]) -> NDArray[np.float64]:
    """Of a box (x, y, width, height)."""
    return np.array([box[0] + box[2] / 2, box[1] + box[3] / 2])


def runs(is_so: Sequence[bool], gap: int = 0) -> list[tuple[int, int]]:
    """Where something is so, breaks of up to `gap` frames passed over: (first, last + 1) each."""
    edges = np.flatnonzero(np.diff(np.array([False, *is_so, False], np.int8)))
    found: list[tuple[int, int]] = []
    for first, last in edges.reshape(-1, 2).tolist():
        if found and first - found[-1][1] <= gap:
            found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return found


def closures(track: Track) -> list[tuple[int, int]]:
    """Where both eyes are closed: under `policy.EYES_CLOSED` of what the clip's own upper quartile calls open."""
    if not track.seen:
        return []
    opened = np.quantile([face.eyes for face in track.seen], 0.75, axis=0)
    shut = [face is not None and bool((face.eyes <= policy.EYES_CLOSED * opened).all()) for face in track.faces]
    return runs(shut, round(BREAK * track.rate))


def openings(track: Track) -> list[tuple[int, int]]:
    """Where the mouth is further open, by `policy.MOUTH_OPEN`, than in the clip's own lower quartile."""
    if not track.seen:
        return []
    shut = float(np.quantile([face.mouth for face in track.seen], 0.25))
    gaping = [face is not None and face.mouth - shut >= policy.MOUTH_OPEN for face in track.faces]
    return runs(gaping, round(BREAK * track.rate))


def largest_turn(track: Track) -> tuple[int, int] | None:
    """The first and the last frame of the turn that goes furthest from a face that looks straight ahead."""
    best, found = 0.0, None
    for end, face in enumerate(track.faces):
        before = range(max(0, end - round(BEFORE * track.rate)), end)
        straight = [(abs(f.pose.yaw), i) for i in before if (f := track.faces[i]) is not None and _straight(f)]
        if face is None or not straight:
            continue
        start = min(straight)[1]
        turned = abs(face.pose.yaw - yaw_at(track, start))
        if turned > best:
            best, found = turned, (start, end)
    return found


def _straight(face: Face) -> bool:
    return abs(face.pose.yaw) <= STRAIGHT and abs(face.pose.pitch) <= 2 * STRAIGHT


def yaw_at(track: Track, number: int) -> float:
    """Degrees of yaw in a frame; NaN where there is no face."""
    face = track.faces[number]
    return face.pose.yaw if face is not None else float("nan")
