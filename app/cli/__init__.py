"""The command line: the studio, the same flow picture by picture, a check of any file, and a check-up.

Every refusal is one sentence and what to do, on the error stream, with code 2; something broken is code 3; Ctrl-C is
130. Nobody ever sees a traceback.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import webbrowser
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import typer

from app.cli import change, decisions, key, measure, models, personal
from app.cli.files import content, shown
from app.cli.options import NoBrowser, Port
from app.cli.together import together
from consent.errors import Fault, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.studio.guard import Guard

PORT: Final = 7860

cli = typer.Typer(
    name="selfsame",
    help="Change your own face, and only your own: every other face is refused, every result is labelled and signed.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Host = Annotated[str, typer.Option(help="127.0.0.1; inside a container 0.0.0.0.")]


@cli.callback(invoke_without_command=True)
def default(
    context: typer.Context,
    *,
    port: Port = PORT,
    host: Host = "127.0.0.1",
    no_browser: NoBrowser = False,
    show_version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Change your own face, and only your own. Without a command, the studio opens."""
    if show_version:
        try:
            typer.echo(f"selfsame {version('selfsame')}")
        except PackageNotFoundError:
            typer.echo("selfsame (not installed)")
        raise typer.Exit
    if context.invoked_subcommand is None:
        studio(port=port, host=host, no_browser=no_browser)


def studio(*, port: Port = PORT, host: Host = "127.0.0.1", no_browser: NoBrowser = False) -> None:
    """Open the studio in the browser."""
    from app.home import Home
    from app.studio.server import Running, serve

    home = Home.open()

    def announce(guard: Guard, running: Running) -> None:
        alone = host == "127.0.0.1"
        who = (
            "Only this computer can open it." if alone else "Publish the port on 127.0.0.1 only: others could reach it."
        )
        typer.echo(f"The studio is at  {guard.link()}\n{who} Stop it with Ctrl-C.")
        sys.stdout.flush()
        if not no_browser:
            threading.Thread(target=_open, args=(guard, running), daemon=True).start()

    typer.echo("Starting ...")
    serve(home, host=host, port=port, announce=announce)


def verify(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Any files, from anyone.", show_default=False)],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON list.")] = False,
    original: Annotated[
        Path | None,
        typer.Option(metavar="PHOTO", help="Is FILE made from this very photo? Only who has the salt can tell."),
    ] = None,
    salt: Annotated[str | None, typer.Option(metavar="HEX", help="The salt, as FILE's owner gave it to you.")] = None,
    reveal: Annotated[
        bool, typer.Option("--reveal", help="With --original: print the salt, for whom you want to be able to tell.")
    ] = False,
) -> None:
    """Say what any file is, and whether consent still stands. Codes below; of several files, the highest.

    0 made here and unchanged, 1 made here but changed, expired or withdrawn, 2 not made here, 3 cannot be read.
    """
    from app.checking import Asked, check

    asked = Asked(original=content(original), salt=salt, reveal=reveal) if original is not None else None
    if asked is None and (salt is not None or reveal):
        raise Refusal("no-original", "There is nothing to compare.", "Say --original PHOTO, too.")
    answers, code, unknown = check({path: partial(content, path) for path in files}, asked)
    if unknown:
        typer.echo(f"Whether consent was withdrawn is not known. {unknown}", err=True)
    if as_json:
        typer.echo(json.dumps([one.told for one in answers]))
    for one in () if as_json else answers:
        typer.echo("\n".join(map(shown, [f"{one.file}: {one.told['sentence']}", *one.lines])))
    if code:
        raise typer.Exit(code)


def doctor() -> None:
    """Look for what could be wrong with this installation. Code 0 when nothing is, else 1."""
    from app.doctor import findings

    wrong = 0
    for finding in findings():
        typer.echo(f"{'ok ' if finding.fine else 'NO '} {finding.what}: {finding.seen}")
        if not finding.fine:
            wrong += 1
            typer.echo(f"    {finding.remedy}")
    typer.echo("Everything is in order." if not wrong else f"{wrong} thing(s) to mend.")
    raise typer.Exit(1 if wrong else 0)


COMMANDS: Final[tuple[Callable[..., None], ...]] = (
    *(studio, measure.demo, measure.bench, measure.redteam),
    *(change.swap, change.age, change.express, together),
    *(verify, decisions.receipt, decisions.withdraw, decisions.log, doctor),
)
for _command in COMMANDS:
    cli.command()(_command)
for _name, _group in (("key", key.group), ("personal", personal.group), ("models", models.group)):
    cli.add_typer(_group, name=_name)


def _open(guard: Guard, running: object) -> None:
    """Open the browser once the server answers, with a link that works a single time."""
    from app.studio.server import Running

    if isinstance(running, Running):
        running.wait()
        webbrowser.open(guard.link(once=True))


def main() -> NoReturn:
    """Run the command line and end the process with its code."""
    os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")  # its remarks about back ends are not for people
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command.

    Args:
        arguments: what stands after the program's name.

    Returns:
        The exit code: 0 fine, 1 a check said no, 2 refused or wrong use, 3 broken, 130 interrupted.
    """
    try:
        result = typer.main.get_command(cli).main(arguments, prog_name="selfsame", standalone_mode=False)
    except (Refusal, Fault) as no:
        typer.echo(shown(f"{no.reason} {no.remedy} [{no.code}]"), err=True)
        return 2 if isinstance(no, Refusal) else 3
    except (KeyboardInterrupt, typer.Abort):  # typer turns most of these into its own 130
        return 130
    except Exception as error:  # noqa: BLE001 - the last line of defence: a sentence, never a traceback
        show, code = getattr(error, "show", None), getattr(error, "exit_code", None)
        if show is not None and isinstance(code, int):  # wrong use; typer knows how to say it
            show()
            return code
        typer.echo(
            f"Something broke ({type(error).__name__}). Run `selfsame doctor`, and please report this.", err=True
        )
        return 3
    return result if isinstance(result, int) else 0
