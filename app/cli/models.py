"""`selfsame models ...`: the model files of this installation, and those the user added."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli.files import shown
from consent.errors import Refusal

group = typer.Typer(help="The model files: what is used, and how to add a second recogniser or the neural swap.")
_FILE = typer.Argument(metavar="FILE", help="w600k_r50.onnx, a pack such as buffalo_l.zip, or inswapper_128.onnx.")


@group.callback(invoke_without_command=True)
def show(context: typer.Context) -> None:
    """The model files: what is used, and how to add a second recogniser or the neural swap."""
    if context.invoked_subcommand is None:
        _show()


@group.command()
def add(
    file: Annotated[Path, _FILE],
    *,
    accept_license: Annotated[
        bool, typer.Option("--accept-license", help="I read its terms, and keep to them.")
    ] = False,
) -> None:
    """Add a model file that you have.

    Nothing is downloaded. Its terms are shown first; without --accept-license nothing is done.
    """
    from app.models_add import add as put
    from app.models_add import look

    found = look(file)
    typer.echo(found.terms, err=True)
    if not accept_license:
        raise Refusal(
            "licence-not-accepted",
            "Nothing was added: its terms were not accepted.",
            "If you keep to them, say it again with --accept-license.",
        )
    row = put(found)
    typer.echo(f"{row.name}: {row.known or 'a file that is not known here'}, SHA-256 {row.sha256}")
    typer.echo("NON-COMMERCIAL RESEARCH ONLY: you accepted its terms; they are kept with it, with the time.", err=True)
    if row.name == "arcface":
        typer.echo(f"Its limit is the published one, {row.limit:g}, for which no error rate is known here.", err=True)
        typer.echo("To set it by pictures of your own:  selfsame models calibrate DIR", err=True)


@group.command()
def remove(name: Annotated[str, typer.Argument(help="arcface or inswapper.")]) -> None:
    """Take away a model that you added; the program works on without it."""
    from app.models_add import remove as take

    take(name)
    typer.echo(f"{name} is gone.")


@group.command()
def calibrate(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder for each person, as for `bench gate`.")],
) -> None:
    """Set the second recogniser's limit by pictures of your own; it is never set below the published one."""
    from dataclasses import replace

    from app import evaluate, evaluate_second
    from app.bench import table
    from app.models_add import write
    from models.added import ARCFACE, added

    rows = added()
    if ARCFACE not in rows:
        raise Refusal("no-such-model", "You added no second recogniser.", "Say `selfsame models add FILE` first.")

    def tell(words: str) -> None:
        typer.echo(shown(words), err=True)

    seen, counts = evaluate.see(evaluate.folder(folder, tell), tell)
    outcome = evaluate_second.alone(seen, counts)
    people, n = sum(one.template is not None for one in seen), len(outcome.others.scores)
    limit = evaluate_second.wanted(outcome.others.scores)
    row = replace(rows[ARCFACE], limit=limit, calibrated=f"cosine; {n} comparisons of {people} people, fitted")
    write({**rows, ARCFACE: row})
    typer.echo(table(evaluate_second.figures(outcome, row)))


def _show() -> None:
    from models.added import added
    from models.load import registry

    for model in registry()[0].values():
        typer.echo(f"{model.name:10} {model.file}  {model.licence}  {model.does}")
    rows = added()
    for row in rows.values():
        limit = f"  limit {row.limit:.3f} ({row.calibrated or 'published'})" if row.name == "arcface" else ""
        typer.echo(f"{row.name:10} {row.known or row.came}  yours, NON-COMMERCIAL, accepted {row.added}{limit}")
    if not rows:
        typer.echo("You added none of your own.")
