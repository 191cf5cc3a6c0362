"""`selfsame swap`, `age` and `express`; and how every change is made: read, live check, match, make, write."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli import film as films
from app.cli.checked import checked
from app.cli.files import content, decoded, form, is_film, photo
from app.cli.options import Face, Force, NoBrowser, Out, Port, SourceFace, Target
from consent.errors import Refusal

if TYPE_CHECKING:
    from app.engines.neural import NeuralOptions
    from app.flow import Options
    from consent.gate import Gate
    from consent.types import Match, Photo, Purpose


def swap(
    source: Annotated[Path, typer.Argument(metavar="SOURCE", help="A picture of yourself: its face is used.")],
    target: Target,
    out: Out,
    *,
    face: Face = None,
    source_face: SourceFace = None,
    neural: Annotated[bool, typer.Option("--neural", help="By inswapper_128, if you added it; pictures only.")] = False,
    force: Force = False,
    port: Port = 0,
    no_browser: NoBrowser = False,
) -> None:
    """Put your face from one picture into another picture or a film of you."""
    from app.engines.neural import NeuralOptions
    from app.engines.swap import SwapOptions

    run(
        NeuralOptions() if neural else SwapOptions(),
        target,
        face,
        out,
        source=source,
        source_face=source_face,
        force=force,
        port=port,
        quiet=no_browser,
    )


def age(
    target: Target,
    out: Out,
    *,
    years: Annotated[float, typer.Option(help="How many years older (or, negative, younger).")] = 25,
    face: Face = None,
    force: Force = False,
    port: Port = 0,
    no_browser: NoBrowser = False,
) -> None:
    """See yourself older or younger, in a picture or a film."""
    from app.engines.age import AgeOptions

    run(AgeOptions(years=years), target, face, out, force=force, port=port, quiet=no_browser)


def express(
    target: Target,
    out: Out,
    *,
    smile: Annotated[float, typer.Option(min=-1, max=1, help="-1 sad to 1 smiling.")] = 0.0,
    brows: Annotated[float, typer.Option(min=-1, max=1, help="-1 lowered to 1 raised.")] = 0.0,
    eyes: Annotated[float, typer.Option(min=-1, max=1, help="-1 closed to 1 wide open.")] = 0.0,
    mouth: Annotated[float, typer.Option(min=0, max=1, help="0 as it is to 1 open.")] = 0.0,
    gaze: Annotated[float, typer.Option(min=-1, max=1, help="-1 to the picture's left, 1 to its right.")] = 0.0,
    gaze_up: Annotated[float, typer.Option(min=-1, max=1, help="-1 down to 1 up.")] = 0.0,
    tilt: Annotated[float, typer.Option(min=-1, max=1, help="The head: -1 to the left shoulder seen, 1 right.")] = 0.0,
    turn: Annotated[float, typer.Option(min=-1, max=1, help="The head: -1 to the picture's left, 1 right.")] = 0.0,
    preset: Annotated[str, typer.Option(help="smile, laugh, surprise, sad, wink or sceptical.")] = "none",
    copy_from: Annotated[Path | None, typer.Option(help="A picture of yourself with the expression to copy.")] = None,
    face: Face = None,
    force: Force = False,
    port: Port = 0,
    no_browser: NoBrowser = False,
) -> None:
    """Change your expression, in a picture or a film."""
    from app.engines.express import ExpressOptions

    options = ExpressOptions(
        smile, brows, eyes, mouth, gaze, gaze_up, tilt, turn, preset=preset, copy=float(copy_from is not None)
    )
    if options == ExpressOptions():
        raise Refusal(
            "nothing-to-do", "No expression was asked for.", "Say --preset, --copy-from or one of the others."
        )
    run(options, target, face, out, source=copy_from, force=force, port=port, quiet=no_browser)


def run(
    options: Options | NeuralOptions,
    target: Path,
    face: int | None,
    out: Path,
    *,
    source: Path | None = None,
    source_face: int | None = None,
    force: bool,
    port: int,
    quiet: bool,
) -> None:
    """Read the pictures or the film, do the live check, make one picture or film, write it."""
    from app.engines.combine import CombineOptions
    from app.engines.neural import NeuralOptions
    from app.flow import make
    from consent.types import Match, Photo, Purpose

    data = content(target)
    if isinstance(options, NeuralOptions) and is_film(data):
        raise Refusal("pictures-only", "--neural changes pictures, and TARGET is a film.", "Say it without --neural.")
    fmt = form(out, force=force, film=is_film(data))
    shown = films.read(target, data, out, face) if is_film(data) else decoded(target, data)
    other = photo(source) if source is not None else None
    moving = () if isinstance(shown, Photo) else (Purpose.VIDEO,)
    wanted = options.purposes if isinstance(options, CombineOptions) else (_purpose(options),)
    with checked((*wanted, *moving), port, quiet=quiet) as (gate, signer):
        matched = _match(gate, shown, face, target) if isinstance(shown, Photo) else shown
        mine = _match(gate, other, source_face, source) if other is not None and source is not None else gate.live()[0]
        if isinstance(matched, Match):
            for note in _advice(gate, mine, matched, options):
                typer.echo(f"{note.reason} {note.remedy}", err=True)
            make(gate, mine, matched, options, signer, fmt=fmt).save(out, overwrite=force)
        elif not isinstance(options, NeuralOptions):
            from app.reel import Job

            films.change(Job(gate, mine, matched, options), signer, out, force=force)
    typer.echo(f"To take back your consent:  selfsame withdraw {gate.consent}", err=True)
    typer.echo(str(out))


def _advice(gate: Gate, source: Match, target: Match, options: Options | NeuralOptions) -> tuple[Refusal, ...]:
    """What cannot be done wholly with these pictures."""
    from app.engines.combine import CombineOptions
    from app.engines.express import ExpressOptions

    asked = options.express if isinstance(options, CombineOptions) else options
    return asked.advice(gate, source, target) if isinstance(asked, ExpressOptions) else ()


def _purpose(options: Options | NeuralOptions) -> Purpose:
    from app.engines.age import AgeOptions
    from app.engines.neural import NeuralOptions
    from app.engines.swap import SwapOptions
    from consent.types import Purpose

    if isinstance(options, (SwapOptions, NeuralOptions)):
        return Purpose.SWAP
    return Purpose.AGE if isinstance(options, AgeOptions) else Purpose.EXPRESS


def _match(gate: Gate, photo: Photo, face: int | None, path: Path) -> Match:
    try:
        return gate.match(photo, None if face is None else face - 1)
    except Refusal as no:
        places = "".join(f" {n}: at {x:.0f},{y:.0f} size {w:.0f};" for n, (x, y, w, _) in enumerate(no.boxes, 1))
        remedy = f"Say --face N.{places}" if no.code == "several-faces" else no.remedy
        raise Refusal(no.code, f"{path.name}: {no.reason}", remedy, no.boxes) from None
