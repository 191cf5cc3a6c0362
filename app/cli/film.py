"""Films on the command line: what is read, how far it is, and what became of the frames."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from consent.errors import Refusal

if TYPE_CHECKING:
    from app.film import Film
    from app.reel import Job, Progress
    from app.serial import Shelf
    from app.stamp.signer import Signer

_SECONDS: Final = 0.5
"""Between two progress lines in a terminal."""
_ABOUT_PARTS: Final = frozenset({"not-a-part", "cannot-read", "film-too-large"})
"""Refusals after which the same command would not go on."""
_STEPS: Final = 10
"""Lines in all where the output is no terminal."""


def read(path: Path, data: bytes, out: Path, face: int | None = None, *, whole: bool = False) -> Film:
    """Look at a film before anybody must sit down; say what of it will not be in the new one.

    `whole`: it is never made in parts.

    Raises:
        Refusal: what `app.film.read` says; `no-face-choice`; `no-room` on the disk.
    """
    from app import film, serial

    if face is not None:
        raise Refusal(
            "no-face-choice", "In a film nobody chooses a face: yours is looked for.", "Leave --face out for films."
        )
    try:
        seen = film.read(data)
    except Refusal as no:
        raise Refusal(no.code, f"{path.name}: {no.reason}", no.remedy) from None
    free = shutil.disk_usage(out.absolute().parent).free
    long = serial.is_long(seen) and not whole
    if free < (3 if long else 2) * len(data):
        reason = f"There are {free // 2**20} MB left on the disk, too few for the new film."
        raise Refusal("no-room", reason, "Make room, or write to another disk.")
    width, height = seen.size
    typer.echo(
        f"{len(seen.timing.ticks)} frames of {width} x {height}, {_clock(float(seen.timing.seconds))}.", err=True
    )
    for note in seen.notes:
        typer.echo(note, err=True)
    shelf = serial.Shelf(out)
    if long and shelf.paths():
        typer.echo(f"Finished parts lie in {shelf.folder}: after the camera check it goes on from there.", err=True)
    return seen


def change(job: Job, signer: Signer, out: Path, *, force: bool) -> None:
    """Change a film and write it, with a line that says how far it is. A long one is made part by part.

    Raises:
        Refusal, Fault: as `app.reel.change_film` and `app.serial.change_long`, and as saving does.
        KeyboardInterrupt: Ctrl-C; nothing was written but finished parts.
    """
    from app.reel import change_film
    from app.serial import Shelf, change_long, in_parts
    from consent.types import since_boot

    line, shelf = Line(), Shelf(out) if in_parts(job) else None

    def tell(now: Progress) -> None:
        line.tell(now)
        seconds = job.gate.expires - since_boot()
        if shelf is None:
            _check_time(now, seconds)
        elif now.left is not None and now.left > seconds:
            line.once("The session will end before this film is finished. What is finished is kept.")

    try:
        if shelf is None:
            stamped = change_film(job.gate, job.source, job.film, job.options, signer, tell=tell)
        else:
            stamped = change_long(job, signer, shelf, tell=tell)
        line.end()
        stamped.save(out, overwrite=force)
    except BaseException as why:
        line.end()
        left = "" if getattr(why, "code", "") in _ABOUT_PARTS else _left_behind(shelf)
        if isinstance(why, KeyboardInterrupt):
            typer.echo(f"Stopped. {left or 'Nothing was written.'}", err=True)
        elif left:
            typer.echo(left, err=True)
        raise
    if shelf is not None:
        shelf.clear()
    if line.last is not None:
        typer.echo(counted(line.last), err=True)


def _check_time(now: Progress, seconds: float) -> None:
    """As `app.reel.check_time`, for whom no other way is left."""
    from app.reel import check_time

    try:
        check_time(now, seconds)
    except Refusal as no:
        raise Refusal(no.code, no.reason, "Use a shorter or smaller film.") from None


def _left_behind(shelf: Shelf | None) -> str:
    """What there is of a film that was not finished."""
    count = len(shelf.paths()) if shelf is not None else 0
    if shelf is None or not count:
        return ""
    parts = "1 part of the film is" if count == 1 else f"{count} parts of the film are"
    return f"{parts} finished and kept in {shelf.folder}. Say the same command again to go on from there."


class Line:
    """The progress on the error stream: one line that is written over in a terminal, else a line now and then."""

    def __init__(self) -> None:
        self.last: Progress | None = None
        self._terminal, self._said, self._step = sys.stderr.isatty(), -_SECONDS, 0
        self._told = set[str]()

    def tell(self, now: Progress) -> None:
        """Say how far it is, not too often."""
        self.last = now
        if self._terminal and time.monotonic() - self._said >= _SECONDS:
            self._said = time.monotonic()
            width = shutil.get_terminal_size().columns - 1
            typer.echo(f"\r{progress(now)[:width]:{width}}", err=True, nl=False)
        elif not self._terminal and int(now.share * _STEPS) > self._step:
            self._step = int(now.share * _STEPS)
            typer.echo(progress(now), err=True)

    def once(self, words: str) -> None:
        """Say something on a line of its own, the first time."""
        if words not in self._told:
            self._told.add(words)
            self.end()
            typer.echo(words, err=True)

    def end(self) -> None:
        """Leave the line."""
        if self._terminal and self.last is not None:
            typer.echo(err=True)


def progress(now: Progress) -> str:
    """One line: share, time left, frames."""
    doing = f"frame {now.done} of {now.frames}" if now.done < now.frames else f"looking at frame {now.looked_at}"
    left = "" if now.left is None else f"  {_clock(now.left)} left"
    return f"{now.share:4.0%}{left}  {doing}  {now.changed} changed, {now.done - now.changed} left alone"


def counted(now: Progress) -> str:
    """What became of the frames, and why those that stay as they were do."""
    if not now.left_alone:
        return f"All {now.frames} frames were changed."
    return f"{now.changed} of {now.frames} frames were changed, the others left alone: {reasons(now.left_alone)}."


def reasons(left: Mapping[str, int]) -> str:
    """Counts by reason, most first: `not you 40, no face 20`."""
    ordered = sorted(left.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{code.replace('-', ' ')} {count}" for code, count in ordered)


def _clock(seconds: float) -> str:
    """Hours, minutes and seconds: `1:02:03` or `2:03`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
