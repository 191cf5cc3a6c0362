"""`selfsame personal ...`: a model of your own face, learnt here and now, used and forgotten."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from app.cli import film as films
from app.cli.checked import checked
from app.cli.files import content, decoded, either, form, is_film
from app.cli.film import reasons
from app.cli.options import Force, NoBrowser, Out, Port, Target
from consent.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engines.personal import Learnt, Training
    from app.film import Film
    from app.personal import Extract
    from app.stamp.signer import Signer
    from consent.gate import Gate
    from consent.types import Photo, Purpose

QUICK: Final = "atlas"
"""The model that is learnt in seconds and needs no training."""
_LINES: Final = 5.0
"""Seconds between two lines about a training."""

Files = Annotated[
    list[Path] | None,
    typer.Option("--look", metavar="FILE", help="Photos and films of the look to draw; without, that of the check."),
]
Others = Annotated[
    list[Path] | None,
    typer.Option("--like", metavar="FILE", help="Photos and films that look like TARGET, for a network to train on."),
]
Kind = Annotated[str, typer.Option(help="atlas (seconds), or a network: light, light-scratch, gan, original64.")]
Minutes = Annotated[float, typer.Option(min=0.01, max=25, help="How long a network is trained.")]
Side = Annotated[int, typer.Option(help="Of a network: 64, 96 or 128 pixels.")]


group = typer.Typer(
    help="Learn a model of your own face and draw it on pictures of you. It is never saved: all steps are one run."
)


@group.command()
def extract(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Photos and films.", show_default=False)],
    *,
    port: Port = 0,
    no_browser: NoBrowser = False,
) -> None:
    """Say which frames of these photos and films are yours, and why the others are left out."""
    shown = _read(files)
    with checked(_purposes(), port, quiet=no_browser) as (gate, _):
        for path, one in zip(files, shown, strict=True):
            typer.echo(f"{path.name}: {_extracted(gate, [one]).told}")


@group.command()
def train(
    look: Files = None,
    like: Others = None,
    *,
    kind: Kind = "light",
    minutes: Minutes = 5,
    side: Side = 96,
    preview: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write what it draws at the end here, stamped.")
    ] = None,
    port: Port = 0,
    no_browser: NoBrowser = False,
) -> None:
    """Train a network and say how it goes; what was learnt is forgotten at the end."""
    ours, theirs = (_read(some or ()) for some in (look, like))
    if preview is not None and not preview.is_dir():
        raise Refusal("no-folder", f"There is no folder {preview}.", "Make it first.")
    if preview is not None and any(preview.glob("preview-*.jpg")):
        raise Refusal("file-exists", f"There are previews in {preview} already.", "Use an empty folder.")
    with checked(_purposes(), port, quiet=no_browser) as (gate, signer):
        then = _extracted(gate, theirs)
        model = _model(gate, (_extracted(gate, ours), then), kind=kind, minutes=minutes, side=side)
        _preview(gate, model, then, signer, preview)


@group.command()
def create(
    target: Target,
    out: Out,
    look: Files = None,
    like: Others = None,
    *,
    kind: Kind = QUICK,
    minutes: Minutes = 5,
    side: Side = 96,
    force: Force = False,
    port: Port = 0,
    no_browser: NoBrowser = False,
) -> None:
    """Extract, learn and draw, all at once: TARGET, a picture or a film, with your look of now, or of --look."""
    from app.personal import create as made
    from app.personal import job
    from consent.types import Match, Photo, Purpose

    data = content(target)
    fmt = form(out, force=force, film=is_film(data))
    shown = films.read(target, data, out, whole=True) if is_film(data) else decoded(target, data)
    ours, theirs = (_read(some or ()) for some in (look, like))
    moving = () if isinstance(shown, Photo) else (Purpose.VIDEO,)
    with checked((*_purposes(), *moving), port, quiet=no_browser) as (gate, signer):
        matched = gate.match(shown) if isinstance(shown, Photo) else shown
        then = _extracted(gate, [shown, *theirs]) if kind != QUICK else _extracted(gate, theirs)
        model = _model(gate, (_extracted(gate, ours), then), kind=kind, minutes=minutes, side=side)
        if isinstance(matched, Match):
            made(gate, model, matched, signer, fmt=fmt).save(out, overwrite=force)
        else:
            films.change(job(gate, model, matched), signer, out, force=force)
        typer.echo(f"To take back your consent:  selfsame withdraw {gate.consent}", err=True)
    typer.echo(str(out))


def _read(paths: Sequence[Path]) -> list[Photo | Film]:
    """Every file, before the camera check; what is too much is said before it fills the memory."""
    from app.personal import room
    from consent.types import Photo

    shown: list[Photo | Film] = []
    held = 0
    for path in paths:
        shown.append(either(path))
        held += shown[-1].pixels.nbytes if isinstance(shown[-1], Photo) else 0
        room(held)
    return shown


def _purposes() -> tuple[Purpose, ...]:
    from app.personal import PURPOSES

    return PURPOSES


def _extracted(gate: Gate, shown: list[Photo | Film]) -> Extract:
    """The person's own frames of photos and films."""
    from app.personal import NOTHING, extract, frames_of
    from consent.types import Photo

    photos = [one for one in shown if isinstance(one, Photo)]
    found = extract(gate, photos) if photos else NOTHING
    for film in shown:
        if not isinstance(film, Photo):
            found += extract(gate, frames_of(film), film=True)
    for note in found.notes:
        typer.echo(f"{note.reason} {note.remedy}", err=True)
    if found.refused:
        typer.echo(f"Left out: {reasons(found.refused)}.", err=True)
    return found


def _model(gate: Gate, looks: tuple[Extract, Extract], *, kind: str, minutes: float, side: int) -> Learnt | Training:
    """Learn, and say how it goes."""
    from app.personal import begin, know

    now, then = looks
    if kind == QUICK:
        learnt = know(gate, now)
        left = f", {learnt.left_out} left out: something covers the face" if learnt.left_out else ""
        typer.echo(f"Learnt from {learnt.frames} frames{left}.", err=True)
        return learnt
    training = begin(gate, now, then, kind=kind, side=side)
    ends = time.monotonic() + 60 * minutes
    try:
        while (left_ := ends - time.monotonic()) > 0 and training.told().state == "running":
            training.wait(10**9, min(left_, _LINES))
            typer.echo(_line(training), err=True)
    except KeyboardInterrupt:
        training.forget()
        typer.echo("Stopped. What was learnt is deleted.", err=True)
        raise
    training.stop()
    training.painter(gate)  # says why, if it broke
    return training


def _line(training: Training) -> str:
    """How far a training is, in one line."""
    told = training.told()
    losses = "  ".join(f"{name} {points[-1][1]:.4f}" for name, points in told.losses.items())
    return f"{told.seconds:5.0f} s  step {told.steps}  {losses}"


def _preview(gate: Gate, model: Learnt | Training, then: Extract, signer: Signer, folder: Path | None) -> None:
    from app.personal import previews

    for number, one in enumerate(previews(gate, model, then.frames, signer) if folder is not None else (), 1):
        path = (folder or Path()) / f"preview-{number}.jpg"
        one.save(path)
        typer.echo(str(path))
