"""`selfsame together ...`: several changes of one picture or film in one pass, under one label and one signature."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli.change import run
from app.cli.options import Face, Force, NoBrowser, Out, Port, SourceFace, Target
from consent.errors import Refusal

Way = Annotated[float, typer.Option(min=-1, max=1, help="As of `selfsame express`.")]
Source = Annotated[
    Path | None,
    typer.Option(
        "--source", metavar="FILE", help="A picture of yourself, for --swap and --copy; else your live frames."
    ),
]


def together(
    target: Target,
    out: Out,
    *,
    swap: Annotated[bool, typer.Option("--swap", help="Put the face of SOURCE into TARGET.")] = False,
    years: Annotated[float, typer.Option(min=-20, max=40, help="Older, or, negative, younger.")] = 0.0,
    smile: Way = 0.0,
    brows: Way = 0.0,
    eyes: Way = 0.0,
    mouth: Annotated[float, typer.Option(min=0, max=1, help="As of `selfsame express`.")] = 0.0,
    gaze: Way = 0.0,
    gaze_up: Way = 0.0,
    tilt: Way = 0.0,
    turn: Way = 0.0,
    preset: Annotated[str, typer.Option(help="smile, laugh, surprise, sad, wink or sceptical.")] = "none",
    copy: Annotated[bool, typer.Option("--copy", help="Copy the expression of SOURCE, which is needed.")] = False,
    source: Source = None,
    face: Face = None,
    source_face: SourceFace = None,
    force: Force = False,
    port: Port = 0,
    no_browser: NoBrowser = False,
) -> None:
    """Do several of these in one pass: swap, years, expression."""
    from app.engines.age import AgeOptions
    from app.engines.combine import CombineOptions
    from app.engines.express import ExpressOptions
    from app.engines.swap import SwapOptions

    if copy and source is None:
        raise Refusal("no-source", "There is no picture whose expression is copied.", "Say --source FILE, too.")
    if source is not None and not (swap or copy):
        raise Refusal("no-use-for-source", "Nothing of SOURCE is used.", "Say --swap or --copy, or leave it out.")
    express = ExpressOptions(smile, brows, eyes, mouth, gaze, gaze_up, tilt, turn, preset=preset, copy=float(copy))
    options = CombineOptions(
        SwapOptions() if swap else None,
        AgeOptions(years=years) if years else None,
        express if express != ExpressOptions() else None,
    )
    run(
        options,
        target,
        face,
        out,
        source=source,
        source_face=source_face,
        force=force,
        port=port,
        quiet=no_browser,
    )
