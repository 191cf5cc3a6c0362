"""`selfsame demo`, `bench` and `redteam`: what is done with people who do not exist, from a checkout."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from app.bench import Bench, Figure, RedTeam, Split, figures_json, table
from app.cli.files import shown
from app.cli.options import AsJson
from consent.errors import Refusal


def demo(
    *,
    out: Annotated[Path, typer.Option(help="Folder for the pictures and the report.")] = Path("demo-out"),
    seed: Annotated[int, typer.Option(min=0, help="Draws the demo person's manner; the same seed, the same run.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="End with one JSON object: files and verdicts.")] = False,
) -> None:
    """Walk the whole way with a person who does not exist (from a checkout)."""
    report = from_checkout("demo").run(out=out, seed=seed, say=None if as_json else typer.echo)
    if as_json:
        typer.echo(json.dumps(report))


def bench(
    what: Annotated[Bench, typer.Argument(help="What to measure.")] = Bench.ALL,
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="[DIR]",
            help="Gate: pictures of your own, a folder for each person. Engines: where to write what they make.",
            show_default=False,
        ),
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="End with one JSON object of all figures.")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer measurements: about a minute.")] = False,
    sessions: Annotated[
        int | None, typer.Option(min=1, max=9000, help="Of each name (liveness): 150, 75 or 30; people (gate).")
    ] = None,
    split: Annotated[Split, typer.Option(help="Whose sessions (liveness).")] = Split.TEST,
    only: Annotated[list[str] | None, typer.Option(metavar="NAME", help="This instrument (liveness), again.")] = None,
    resume: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Keep the sessions' numbers here, and go on with what is there (liveness)."
        ),
    ] = None,
    rescore: Annotated[bool, typer.Option("--rescore", help="Judge kept sessions again, run none (liveness).")] = False,
    write: Annotated[
        Path | None, typer.Option(metavar="FILE.md", help="Write the tables too (gate, liveness).")
    ] = None,
    processes: Annotated[int, typer.Option(min=0, max=64, help="0 is one a core (liveness).")] = 0,
    published: Annotated[
        Path | None,
        typer.Option(metavar="FILE.sessions.gz", help="Begin with the sessions beside a table (liveness)."),
    ] = None,
) -> None:
    """Measure this installation on people who do not exist (from a checkout), or the gate on pictures of your own."""
    if folder is not None and what not in {Bench.GATE, Bench.ENGINES}:
        raise Refusal("no-folder-here", f"{what} is not measured on a folder.", "Say: selfsame bench gate DIR")
    if write is not None and not write.parent.is_dir():  # said before hours of work, and not after
        raise Refusal("cannot-write", f"There is no folder {write.parent}.", "Make it first, or name another file.")
    if folder is not None and what is Bench.GATE:
        figures = _evaluated(folder, quick=quick, write=write)
        typer.echo(figures_json(figures) if as_json else table(figures))
        return
    red = RedTeam(sessions, split, tuple(only or ()), resume, rescore, write, processes, published)
    more = {} if folder is None else {"sheets": folder}
    run = from_checkout("bench").run
    figures = run(what, quick=quick, red=red, say=lambda said: typer.echo(said, err=True), **more)
    typer.echo(figures_json(figures) if as_json else table(figures))


def redteam(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[WORD...]", help="Only attacks named so.", show_default=False)
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Attack this installation through everything it offers, with invented people (from a checkout): code 1 if open."""
    from app.redteam import outcomes_json
    from app.redteam import table as shown

    outcomes = from_checkout("redteam.run").run(names or (), say=lambda said: typer.echo(said, err=True))
    typer.echo(outcomes_json(outcomes) if as_json else shown(outcomes))
    raise typer.Exit(0 if outcomes and all(one.is_withstood for one in outcomes) else 1)


def _evaluated(path: Path, *, quick: bool, write: Path | None) -> list[Figure]:
    """The gate on a folder of folders; nothing of it leaves but figures."""
    from app import evaluate, evaluate_page, evaluate_second

    def tell(words: str) -> None:
        typer.echo(shown(words), err=True)

    seen, counts = evaluate.see(evaluate.folder(path, tell, quick=quick), tell)
    outcome = evaluate.compared(seen, counts)
    tell(evaluate.said(outcome))
    if write is not None:
        command = "selfsame bench gate DIR" + (" --quick" if quick else "") + f" --write {write.name}"
        evaluate_page.write(write, outcome, command)
    return [*evaluate.figures(outcome), *evaluate_second.measured(seen, counts)]


def from_checkout(name: str) -> Any:
    """A module of `tests/`, where the renderer of the synthetic people lives: it is never installed."""
    root = Path(__file__).resolve().parents[2]
    if not (root / "tests" / f"{name.replace('.', '/')}.py").is_file():
        raise Refusal(
            "no-renderer",
            "The renderer of the synthetic people is not in the installed package.",
            "Run this from a checkout of the repository.",
        )
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    return importlib.import_module(f"tests.{name}")
