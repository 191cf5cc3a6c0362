"""A long film, part by part: what is finished lies on the disk, stamped, and outlives the session and the program.

Saying the same command again goes on where it ended, after another live check. See `app.stamp.parts` for what may be
taken up, and why nothing else could be kept.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, final

from app.bmff import MAX_BYTES
from app.engines.combine import model_of
from app.files import read_file
from app.film import Film
from app.reel import CHECK, Job, Progress
from app.stamp.frames import Count
from app.stamp.parts import Parts
from app.stamp.plate import Language
from app.stamp.signer import Signer
from app.stamp.writer import Stamped
from consent.errors import Fault, Refusal

FRAMES: Final = 1000
"""Of a part, up to 1280 x 720: some 80 seconds of work are lost at most (`selfsame bench video`)."""
FEWEST: Final = 240
"""Of a part of a large film."""
_PIXELS: Final = FRAMES * 1280 * 720
_SURE: Final = 12
"""Frames after which the time left is told."""
_NAME: Final = re.compile(r"\d{6}\.mp4")
_LONGER: Final = frozenset({"nothing-changed", "not-marked"})
"""Why some frames cannot be a part of their own: with more of the film, they can."""


def length(film: Film) -> int:
    """Frames of a part of a film: fewer of a larger one, for they take longer."""
    width, height = film.size
    return max(FEWEST, min(FRAMES, _PIXELS // (width * height)))


def is_long(film: Film) -> bool:
    """Whether a film is long enough to be made in parts."""
    return len(film.timing.ticks) >= 2 * length(film)


def in_parts(job: Job) -> bool:
    """Whether a film is made in parts; not where another session could not go on: what was learnt ends with its own."""
    return is_long(job.film) and model_of(job.options) is None


@final
class Shelf:
    """Where the finished parts of a film lie: in the folder `NAME.parts` beside it. Other files there stay untouched.

    Args:
        out: the film that is being made.
    """

    def __init__(self, out: Path) -> None:
        self.folder = out.with_name(f"{out.name}.parts")

    def paths(self) -> list[Path]:
        """The parts that are there, in their order."""
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            return sorted(path for path in self.folder.iterdir() if _NAME.fullmatch(path.name))
        return []

    def read(self) -> Iterator[tuple[Path, bytes]]:
        """The parts that are there, in their order.

        Raises:
            Fault: `cannot-read`.
        """
        for path in self.paths():
            try:
                if path.stat().st_size > MAX_BYTES:
                    raise OSError("it is too large")
                yield path, read_file(path)
            except OSError as error:
                reason = f"{path} cannot be read: {error.strerror or error}."
                raise Fault("cannot-read", reason, f"Move the folder {self.folder} away, or mend it.") from error

    def keep(self, first: int, part: Stamped) -> None:
        """Write a part that begins with this frame of the film.

        Raises:
            Fault: `cannot-write`.
        """
        try:
            self.folder.mkdir(exist_ok=True)
        except OSError as error:
            reason = f"The folder {self.folder} cannot be made: {error.strerror or error}."
            raise Fault("cannot-write", reason, "Move away what is in its place.") from error
        part.save(self._path(first), overwrite=True)

    def drop(self, first: int) -> None:
        """Delete the part that begins with this frame."""
        with contextlib.suppress(OSError):
            self._path(first).unlink()

    def clear(self) -> None:
        """Delete all parts: the film is finished."""
        for path in self.paths():
            with contextlib.suppress(OSError):
                path.unlink()
        with contextlib.suppress(OSError):
            self.folder.rmdir()

    def _path(self, first: int) -> Path:
        return self.folder / f"{first:06d}.mp4"


def change_long(
    job: Job,
    signer: Signer,
    shelf: Shelf,
    *,
    language: Language = "en",
    tell: Callable[[Progress], object] = lambda _: None,
) -> Stamped:
    """Change the person's own face in a film, part by part; each is on the shelf once it is finished.

    Args:
        job: what is done, to which film, for whom.
        signer: this installation's.
        shelf: what lies there is taken up. The caller clears it, once the film is saved.
        language: of the visible label: `en` or `zh`.
        tell: is told after each frame how far it is, in another thread.

    Returns:
        The whole film, stamped, in memory.

    Raises:
        Refusal, Fault: as `app.reel.change_film`; `not-a-part`: what lies on the shelf is of another film, or was made
            with other settings.
    """
    parts, pace = Parts(job.gate, job.film, job.doing, signer, language), _Pace(tell)
    for path, data in shelf.read():
        _take_up(parts, path, data)
        pace.taken_up(parts)
    if parts.done == parts.total:  # the last one is of this session, as the whole will be
        _drop(parts, shelf)
    job, most = job.at(parts.done), length(job.film)
    while parts.done < parts.total:
        pace.begin(parts)
        first, last = parts.done, _end(parts, most)
        try:
            part = parts.make(job.worker(job.film.part(first, last).timing), last, pace.count)
        except Refusal as no:
            if no.code not in _LONGER or (first, last) == (0, parts.total):
                raise
            if last == parts.total:
                _drop(parts, shelf)
            job, most = job.at(parts.done), 2 * most
        else:
            shelf.keep(first, part)
            most = length(job.film)
    return parts.joined()


def _take_up(parts: Parts, path: Path, data: bytes) -> None:
    try:
        parts.take_up(data)
    except Refusal as no:
        if no.code != "not-a-part":
            raise
        remedy = f"Move the folder {path.parent} away to begin anew, or write to another name."
        raise Refusal(no.code, f"{path.name}: {no.reason}", remedy) from None


def _end(parts: Parts, most: int) -> int:
    """Where the next part ends: what would be left of the film is no shorter than half of one."""
    last = parts.done + most
    return parts.total if last + most // 2 > parts.total else last


def _drop(parts: Parts, shelf: Shelf) -> None:
    parts.drop()
    shelf.drop(parts.done)


class _Pace:
    """Tells how far all parts together are."""

    def __init__(self, tell: Callable[[Progress], object]) -> None:
        self._tell, self._began, self._from = tell, time.monotonic(), 0.0

    def taken_up(self, parts: Parts) -> None:
        """One more part is there."""
        self.begin(parts)
        self._from, self._began = parts.done * (1 + CHECK), time.monotonic()
        self.count(Count(parts.total, 0, 0, 0, {}))

    def begin(self, parts: Parts) -> None:
        """The next part is begun."""
        self._total, self._done, self._changed = parts.total, parts.done, parts.changed
        self._left = Counter(parts.left_alone)

    def count(self, now: Count) -> None:
        """One more frame of it was made, or looked at."""
        done, looked_at = self._done + now.done, self._done + now.looked_at
        units, whole = done + CHECK * looked_at, self._total * (1 + CHECK)
        made, left = units - self._from, None
        if made >= _SURE or units == whole:
            left = (time.monotonic() - self._began) / max(made, 1.0) * max(whole - units, 0.0)
        share = 1.0 if looked_at == self._total else min(units / whole, 0.999)
        counts = self._left + Counter(now.left)
        self._tell(Progress(self._total, done, looked_at, self._changed + now.changed, counts, share, left))
