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
    from app.flow import Options
    from app.reel import Progress
    from app.stamp.signer import Signer
    from app.stamp.writer import Stamped
    from consent.gate import Gate
    from consent.types import Match

_SECONDS: Final = 0.5
"""Between two progress lines in a terminal."""
_STEPS: Final = 10
"""Lines in all where the output is no terminal."""


def read(path: Path, data: bytes, out: Path, face: int | None) -> Film:
    """Look at a film before anybody must sit down; say what of it will not be in the new one.

    Raises:
        Refusal: what `app.film.read` says; `no-face-choice`; `no-room` on the disk.
    """
    from app import film

    if face is not None:
        raise Refusal(
            "no-face-choice", "In a film nobody chooses a face: yours is looked for.", "Leave --face out for films."
        )
    try:
        seen = film.read(data)
    except Refusal as no:
        raise Refusal(no.code, f"{path.name}: {no.reason}", no.remedy) from None
    free = shutil.disk_usage(out.absolute().parent).free
    if free < 2 * len(data):
        reason = f"There are {free // 2**20} MB left on the disk, too few for the new film."
        raise Refusal("no-room", reason, "Make room, or write to another disk.")
    width, height = seen.size
    typer.echo(
        f"{len(seen.timing.ticks)} frames of {width} x {height}, {_clock(float(seen.timing.seconds))}.", err=True
    )
    for note in seen.notes:
        typer.echo(note, err=True)
    return seen


def change(gate: Gate, source: Match, film: Film, options: Options, signer: Signer) -> Stamped:
    """Change a film, with a line that says how far it is.

    Raises:
        Refusal, Fault: as `app.reel.change_film`.
        KeyboardInterrupt: Ctrl-C; nothing was written.
    """
    from app.reel import change_film, check_time
    from consent.types import since_boot

    line = Line()

    def tell(now: Progress) -> None:
        line.tell(now)
        check_time(now, gate.expires - since_boot())

    try:
        stamped = change_film(gate, source, film, options, signer, tell=tell)
    except KeyboardInterrupt:
        line.end()
        typer.echo("Stopped. Nothing was written.", err=True)
        raise
    except BaseException:
        line.end()
        raise
    line.end()
    if line.last is not None:
        typer.echo(counted(line.last), err=True)
    return stamped


class Line:
    """The progress on the error stream: one line that is written over in a terminal, else a line now and then."""

    def __init__(self) -> None:
        self.last: Progress | None = None
        self._terminal, self._said, self._step = sys.stderr.isatty(), -_SECONDS, 0

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
