"""Real footage: does the check see in recordings of people what is in them, and does it refuse to be shown them?

python -m tests.pad.footage FOLDER [--json]     # every short clip in a folder of one's own

For each clip: what is followed in it (turns, blinks, open mouths, further faces), what comes of playing it to the real
recorder as a camera would, and the depth of its largest turn beside that of a flat picture that turns. The folder is
only read; nothing but the figures leaves the process. Ends with 1 when a recording was taken for a person.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

from consent import liveness, policy
from consent.challenge import draw
from consent.errors import Refusal
from consent.liveness.finding import of_depth
from consent.liveness.recording import Outcome, Sight
from consent.types import Assurance, Frame
from models.faces import Face, Finder
from models.presentation import depth
from tests.pad.bench_session import drawn_again
from tests.pad.clips import Clip, pack
from tests.pad.film import Track, closures, follow, largest_turn, middle, openings, read, yaw_at
from tests.people import camera

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from consent.liveness import Hint

SUFFIXES: Final = frozenset({".avi", ".gif", ".m4v", ".mkv", ".mov", ".mp4", ".mpg", ".webm"})
SIZE: Final = (640, 480)
"""Of what is played, (width, height)."""
PLAYED: Final = 10.0
"""Frames a second that are played, where the clip has so many; the simulated cameras of the bench have 8 to 20."""
NEAR: Final = 80.0
"""Pixels between the eyes to which a smaller face is enlarged before it is played: an attacker would."""
FLAT: Final = 30.0
"""Degrees to which the flat picture is turned."""
GRAIN: Final = 2.0
"""Grey levels of noise (standard deviation) on the flat picture."""


@dataclass(frozen=True, slots=True)
class Depth:
    """What `models.presentation.depth` says of one movement.

    Attributes:
        degrees: of yaw, the most that was measured on the way.
        depth, error: see `depth.Relief`.
        finding: see `consent.liveness.finding`; empty where nothing turned.
    """

    degrees: float
    depth: float
    error: float
    finding: str


@dataclass(frozen=True, slots=True)
class Row:
    """One clip. Where there is no face, or it cannot be read, figures are NaN.

    Attributes:
        name: of the file, without folder and suffix.
        frames, seconds, size: of what was read; (width, height).
        face: share of the frames in which a face is followed.
        eyes: median distance of the eyes, pixels.
        yaw, pitch: least and greatest, degrees.
        blinks: closures of both eyes, and `closed` the seconds of the longest.
        mouths: openings of the mouth.
        second: share of the frames with a second face that the check would look at.
        played: by assurance, how the recorder or the verdict refused it; empty where it was taken for a person.
        turn, flat: depth of the largest turn, and of its first picture turned as a flat thing.
    """

    name: str
    frames: int
    seconds: float
    size: tuple[int, int]
    face: float
    eyes: float
    yaw: tuple[float, float]
    pitch: tuple[float, float]
    blinks: int
    closed: float
    mouths: int
    second: float
    played: dict[str, str]
    turn: Depth
    flat: Depth


# --- played to the check ---------------------------------------------------------------------------------------------


def framed(path: Path, track: Track, fps: float = PLAYED) -> Clip:
    """A clip as an attacker would send it: the face in the middle and near enough, borders where the clip ends."""
    every = max(1, round(track.rate / fps))
    width, height = track.size
    scale = min(SIZE[0] / width, SIZE[1] / height)
    at = np.array([width / 2, height / 2])
    if track.seen:
        at = np.median([middle(face.box) for face in track.seen], axis=0)
        scale = max(scale, NEAR / float(np.median([face.eye_distance for face in track.seen])))
    into = np.array([[scale, 0, SIZE[0] / 2 - scale * at[0]], [0, scale, SIZE[1] / 2 - scale * at[1]]])
    flags = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    frames = (cv2.warpAffine(frame, into, SIZE, flags=flags) for frame in islice(read(path), None, None, every))
    return Clip(tuple(pack(np.asarray(frame, np.uint8)) for frame in frames), track.rate / every)


class Film:
    """A clip before the check, played to and fro for ever; a trace of noise keeps two frames from being the same."""

    def __init__(self, clip: Clip) -> None:
        self.clip, self._now, self._number = clip, 1000.0, 0

    def clock(self) -> float:
        """Seconds, the film's own."""
        return self._now

    def frame(self, hint: Hint) -> Frame:
        """The next frame, whatever `hint` says."""
        picture = self.clip.looped(self._number) if len(self.clip) > 1 else self.clip.frame(0)
        noisy = picture + 0.9 * camera.grain(picture.shape, self._number)
        self._now += 1 / self.clip.rate
        self._number += 1
        return Frame(np.clip(noisy + 0.5, 0, 255).astype(np.uint8), self._now, hint.prompt.index)


def play(clip: Clip, assurance: Assurance, seed: str) -> str:
    """Play a clip to the real check until it ends; what is drawn is decided by `seed`.

    Returns:
        The code of the refusal and what was asked then, or seen amiss; empty where the clip was taken for a person.
    """
    with drawn_again(seed):
        film = Film(clip)
        recorder = liveness.Recorder(draw(film.clock, assurance))
        hints: list[str] = []
        while not (hint := recorder.take(film.frame(recorder.hint))).over:
            hints.append(hint.code)
        capture = recorder.capture()
        try:
            liveness.check(capture)
        except Refusal as no:
            amiss = max(set(hints), key=hints.count) if hints else ""
            return f"{no.code} ({amiss if capture.outcome is Outcome.TOO_SLOW else capture.at})"
    return ""


# --- depth -----------------------------------------------------------------------------------------------------------


def turned_flat(picture: NDArray[np.uint8], face: Face, degrees: float, seed: int) -> NDArray[np.uint8]:
    """A picture as a flat thing that turns about the face's upright axis, seen by a camera, with noise.

    Args:
        picture: `uint8 RGB (H, W, 3)`.
        face: in it.
        degrees: of turn; > 0 it faces the image's right, as a head.
        seed: of the noise.
    """
    height, width = picture.shape[:2]
    focal = 1.2 * max(width, height)  # as `models.faces.pose_of` has it
    x, y = middle(face.box)
    onto = np.array([[1, 0, -x], [0, 1, -y], [0, 0, 1.0]])  # pixels -> the plane, which stands at `focal`
    angle = np.radians(degrees)
    place = np.array([[np.cos(angle), 0, 0], [0, 1, 0], [np.sin(angle), 0, focal]])
    seen = np.array([[focal, 0, x], [0, focal, y], [0, 0, 1.0]]) @ place @ onto
    laid = cv2.warpPerspective(picture, seen, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    noisy = laid + np.random.default_rng(seed).normal(0, GRAIN, laid.shape)
    return np.asarray(np.clip(noisy + 0.5, 0, 255), np.uint8)


def relief(
    pictures: Sequence[NDArray[np.uint8]], faces: Sequence[Face | None], told: Sequence[float] | None = None
) -> Depth:
    """Depth of a movement from its first picture on.

    Args:
        pictures: `uint8 RGB`.
        faces: measured in them.
        told: degrees of turn in place of the measured ones.
    """
    start, sights = faces[0], list[Sight]()
    yaws = [abs(f.pose.yaw - start.pose.yaw) for f in faces if f is not None] if start is not None else []
    for i, (picture, face) in enumerate(zip(pictures, faces, strict=True)):
        if face is not None and start is not None and told is not None:
            face = replace(face, pose=replace(start.pose, yaw=start.pose.yaw + told[i]))  # noqa: PLW2901
        grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)
        sights.append(Sight(float(i), 1, face, duplicate=False, grey=grey))
    once = depth.Run(sights[0], tuple(sights[1:]))
    seen = depth.measure([once] * policy.DEPTH_TURNS)  # a check has so many turns; a clip has one
    return Depth(max(yaws, default=float("nan")), seen.depth, seen.error, str(of_depth(seen)))


NO_TURN: Final = Depth(float("nan"), float("nan"), float("nan"), "")


def depths(path: Path, track: Track, finder: Finder) -> tuple[Depth, Depth]:
    """Depth of the largest turn of a clip, and of its first picture turned as a flat thing in as many frames.

    Of the flat one the check is told the true angle: landmarks hardly see a flat picture turn (which ends a check with
    *action-not-seen*), and what is asked here is what the pixels say were the landmarks deceived.
    """
    segment = largest_turn(track)
    if segment is None:
        return NO_TURN, NO_TURN
    start, end = segment
    pictures = list(islice(read(path), start, end + 1))
    faces, first = track.faces[start : end + 1], track.faces[start]
    if first is None:
        return NO_TURN, NO_TURN
    way = np.sign(yaw_at(track, end) - yaw_at(track, start))
    count = max(len(pictures), 2 * policy.DEPTH_FRAMES)
    angles = [float(way * a) for a in np.linspace(0, FLAT, count)]
    sheet = [turned_flat(pictures[0], first, angle, i) for i, angle in enumerate(angles)]
    held, last = list[Face | None](), first
    for picture in sheet:
        held.append(finder.follow(picture, last))
        last = held[-1] or last
    return relief(pictures, faces), relief(sheet, held, angles)


# --- the table -------------------------------------------------------------------------------------------------------


def row(path: Path, finder: Finder, fps: float = PLAYED) -> Row:
    """Everything of one clip."""
    track = follow(path, finder)
    frames, seen, shut = len(track.faces), track.seen, closures(track)
    played: dict[str, str] = {}
    if frames:
        clip = framed(path, track, fps)
        played = {str(kind): play(clip, kind, f"{path.stem} {kind}") for kind in Assurance}
    turn, flat = depths(path, track, finder)
    return Row(
        path.stem,
        frames,
        frames / track.rate,
        track.size,
        len(seen) / frames if frames else float("nan"),
        float(np.median([face.eye_distance for face in seen])) if seen else float("nan"),
        _range([face.pose.yaw for face in seen]),
        _range([face.pose.pitch for face in seen]),
        len(shut),
        max((b - a for a, b in shut), default=0) / track.rate,
        len(openings(track)),
        sum(more > 0 for more in track.others) / frames if frames else float("nan"),
        played,
        turn,
        flat,
    )


def _range(values: Sequence[float]) -> tuple[float, float]:
    return (float(np.min(values)), float(np.max(values))) if values else (float("nan"), float("nan"))


_COLUMNS: Final = (
    *("clip", "length, size", "face", "eyes px", "yaw", "pitch", "closed eyes", "mouth", "2nd face"),
    *("played: light", "played: dot", "turn: depth", "flat: depth"),
)
HEAD: Final = "| " + " | ".join(_COLUMNS) + " |\n" + "|---" * len(_COLUMNS) + "|"


def line(one: Row) -> str:
    """One row of the table, Markdown."""
    if not one.frames:
        return f"| {one.name} | cannot be read |" + " |" * 11
    light, dot = (
        one.played[str(kind)] or "**TAKEN FOR A PERSON**" for kind in (Assurance.MOTION_LIGHT, Assurance.MOTION)
    )
    cells = (
        one.name,
        f"{one.seconds:.1f} s, {one.size[0]}x{one.size[1]}",
        f"{one.face:.0%}",
        _number(one.eyes, ".0f"),
        _span(one.yaw),
        _span(one.pitch),
        f"{one.blinks}" + (f" (longest {one.closed:.1f} s)" if one.blinks else ""),
        f"{one.mouths}",
        f"{one.second:.0%}",
        light,
        dot,
        _depth(one.turn),
        _depth(one.flat),
    )
    return "| " + " | ".join(cells) + " |"


def _number(value: float, form: str) -> str:
    return format(value, form) if np.isfinite(value) else "-"


def _span(values: tuple[float, float]) -> str:
    return f"{values[0]:z.0f} to {values[1]:z.0f}" if np.isfinite(values).all() else "-"


def _depth(one: Depth) -> str:
    if not one.finding:
        return "-"
    if not np.isfinite(one.depth):
        return f"{one.finding} ({one.degrees:.0f}°)"
    return f"{one.depth:z.2f} ± {one.error:.2f} {one.finding} ({one.degrees:.0f}°)"


def _plain(value: Any) -> Any:
    """The same for JSON: what was not measured is null."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 1 when a recording was taken for a person, 2 when there is nothing to look at."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", action="store_true", help="figures instead of the table")
    given = parser.parse_args(arguments)
    paths = sorted(p for p in given.folder.glob("*") if p.is_file() and p.suffix.lower() in SUFFIXES)
    if not paths:
        print("There is no clip in that folder.", file=sys.stderr)
        return 2
    finder, rows = Finder(), list[Row]()
    if not given.json:
        print(HEAD)
    for path in paths:
        rows.append(row(path, finder))
        if not given.json:
            print(line(rows[-1]), flush=True)
    if given.json:
        print(json.dumps({"clips": [_plain(asdict(one)) for one in rows]}, allow_nan=False))
    return int(any(code == "" for one in rows for code in one.played.values()))


if __name__ == "__main__":
    sys.exit(main())
