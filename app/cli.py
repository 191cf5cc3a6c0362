"""The command line: the studio, the same flow picture by picture, a check of any file, and a check-up.

Every refusal is one sentence and what to do, on the error stream, with code 2; something broken is code 3; Ctrl-C is
130. Nobody ever sees a traceback.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import threading
import webbrowser
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, NoReturn

import typer

from app.bench import Bench, Figure, RedTeam, Split, figures_json, table
from app.cli_key import commands
from app.cli_models import models
from app.cli_personal import commands as personal_commands
from app.cli_together import command as together
from consent.errors import Fault, Refusal

if TYPE_CHECKING:
    from app.engines.neural import NeuralOptions
    from app.film import Film
    from app.flow import Options
    from app.home import Home
    from app.studio.guard import Guard
    from consent.gate import Gate
    from consent.types import Match, Photo, Purpose

PORT: Final = 7860
SUFFIXES: Final = {".jpg": "jpeg", ".jpeg": "jpeg", ".png": "png", ".webp": "webp"}
FILM: Final = ".mp4"

cli = typer.Typer(
    name="selfsame",
    help="Change your own face, and only your own: every other face is refused, every result is labelled and signed.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Port = Annotated[int, typer.Option(min=0, max=65535, help="Port on this computer; 0 chooses a free one.")]
Host = Annotated[str, typer.Option(help="127.0.0.1; inside a container 0.0.0.0.")]
NoBrowser = Annotated[bool, typer.Option("--no-browser", help="Print the link, open nothing.")]
Out = Annotated[Path, typer.Option("-o", "--out", help="The file to write: .jpg, .png or .webp; of a film .mp4.")]
Force = Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")]
Face = Annotated[
    int | None, typer.Option(min=1, help="Which face is yours, from left to right, when there are several.")
]
_RECEIPT: Final = "A receipt, as page or record, or its number."
Receipt = Annotated[str, typer.Argument(metavar="FILE|NUMBER", help=_RECEIPT, show_default=False)]
Target = Annotated[
    Path, typer.Argument(metavar="TARGET", help="A picture or a film (MP4, MOV) of yourself.", show_default=False)
]


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


@cli.command()
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


@cli.command()
def demo(
    *,
    out: Annotated[Path, typer.Option(help="Folder for the pictures and the report.")] = Path("demo-out"),
    seed: Annotated[int, typer.Option(min=0, help="Draws the demo person's manner; the same seed, the same run.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="End with one JSON object: files and verdicts.")] = False,
) -> None:
    """Walk the whole way with a person who does not exist (from a checkout)."""
    report = _from_checkout("demo").run(out=out, seed=seed, say=None if as_json else typer.echo)
    if as_json:
        typer.echo(json.dumps(report))


@cli.command()
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
        int | None, typer.Option(min=1, max=9000, help="Of each name (liveness): 150 or 75; people (gate).")
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
) -> None:
    """Measure this installation on people who do not exist (from a checkout), or the gate on pictures of your own."""
    if folder is not None and what not in {Bench.GATE, Bench.ENGINES}:
        raise Refusal("no-folder-here", f"{what} is not measured on a folder.", "Say: selfsame bench gate DIR")
    if folder is not None and what is Bench.GATE:
        figures = _evaluated(folder, quick=quick, write=write)
        typer.echo(figures_json(figures) if as_json else table(figures))
        return
    red = RedTeam(sessions, split, tuple(only or ()), resume, rescore, write, processes)
    more = {} if folder is None else {"sheets": folder}
    run = _from_checkout("bench").run
    figures = run(what, quick=quick, red=red, say=lambda said: typer.echo(said, err=True), **more)
    typer.echo(figures_json(figures) if as_json else table(figures))


@cli.command()
def redteam(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[WORD...]", help="Only attacks named so.", show_default=False)
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Attack this installation through everything it offers, with invented people (from a checkout): code 1 if open."""
    from app.redteam import outcomes_json
    from app.redteam import table as shown

    outcomes = _from_checkout("redteam.run").run(names or (), say=lambda said: typer.echo(said, err=True))
    typer.echo(outcomes_json(outcomes) if as_json else shown(outcomes))
    raise typer.Exit(0 if outcomes and all(one.is_withstood for one in outcomes) else 1)


@cli.command()
def swap(
    source: Annotated[Path, typer.Argument(metavar="SOURCE", help="A picture of yourself: its face is used.")],
    target: Target,
    out: Out,
    *,
    face: Face = None,
    source_face: Annotated[int | None, typer.Option(min=1, help="The same for SOURCE.")] = None,
    neural: Annotated[bool, typer.Option("--neural", help="By inswapper_128, if you added it; pictures only.")] = False,
    force: Force = False,
    port: Port = 0,
    no_browser: NoBrowser = False,
) -> None:
    """Put your face from one picture into another picture or a film of you."""
    from app.engines.neural import NeuralOptions
    from app.engines.swap import SwapOptions

    _run(
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


@cli.command()
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

    _run(AgeOptions(years=years), target, face, out, force=force, port=port, quiet=no_browser)


@cli.command()
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
    _run(options, target, face, out, source=copy_from, force=force, port=port, quiet=no_browser)


cli.command("together")(together(lambda *given, **more: _run(*given, **more)))  # noqa: PLW0108 - defined below


@cli.command()
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

    asked = Asked(original=_bytes(original), salt=salt, reveal=reveal) if original is not None else None
    if asked is None and (salt is not None or reveal):
        raise Refusal("no-original", "There is nothing to compare.", "Say --original PHOTO, too.")
    answers, code, unknown = check({path: partial(_bytes, path) for path in files}, asked)
    if unknown:
        typer.echo(f"Whether consent was withdrawn is not known. {unknown}", err=True)
    if as_json:
        typer.echo(json.dumps([one.told for one in answers]))
    for one in () if as_json else answers:
        typer.echo("\n".join(map(_shown, [f"{one.file}: {one.told['sentence']}", *one.lines])))
    if code:
        raise typer.Exit(code)


@cli.command()
def receipt(
    which: Annotated[str, typer.Argument(metavar="[FILE|NUMBER]", help=_RECEIPT, show_default=False)] = "",
    *,
    page: Annotated[Path | None, typer.Option(metavar="FILE.html", help="Write it as a page to keep, too.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the signed record.")] = False,
) -> None:
    """Say in plain words what a consent receipt says. Code 0 when it was given here, else 1. Alone: list those kept."""
    from app.files import write_atomic
    from app.home import Home
    from app.studio import receipts
    from app.studio.withdrawal import known, signed_here

    home = Home.open()
    if not which:
        for kept in sorted(home.receipts.glob("*.json")):
            typer.echo(receipts.line(kept.read_text(errors="replace")))
        return
    text = _receipt(home, which)
    seen = receipts.read(text)
    typer.echo(seen.document if as_json else receipts.plain(text))
    if page is not None:
        write_atomic(page, receipts.page(text).encode(), mode=0o644)
    ours = signed_here(home, seen)
    since = known(home)[0].get(seen.id) if ours else None
    whose = "this installation" if ours else "another installation; believe it only if you know its key"
    typer.echo(f"The signature holds. It is that of {whose}.", err=True)
    if since is not None and not seen.withdrawn:
        typer.echo(f"By the log here, the consent was withdrawn on {receipts.moment(since)}.", err=True)
    raise typer.Exit(0 if ours else 1)


@cli.command()
def withdraw(which: Receipt) -> None:
    """Take back the consent of a receipt that was given here; a running session under it ends."""
    from app.home import Home
    from app.studio import receipts
    from app.studio.withdrawal import withdraw as take_back

    home = Home.open()
    typer.echo(receipts.plain(take_back(home, _receipt(home, which))))
    typer.echo("From now on, `selfsame verify` says so of every picture that was made under it.", err=True)


@cli.command()
def log(
    *,
    check: Annotated[
        bool, typer.Option("--verify", help="Only say whether it is whole, how long, since when.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show every decision of this installation, the newest last. A log that was touched is never shown: code 3."""
    from app.home import Home
    from app.log import as_json as told
    from app.log import lines, summary

    entries = Home.open().open_ledger().entries()
    if as_json:
        typer.echo(json.dumps(told(entries, rows=not check)))
    else:
        typer.echo(summary(entries) if check or not entries else "\n".join(lines(entries)))


cli.add_typer(commands(lambda path: _bytes(path)), name="key")  # noqa: PLW0108 - it is defined below
_ways: Final = (lambda path: _either(path), lambda out, force: _format(out, force=force))  # noqa: PLW0108
cli.add_typer(personal_commands(*_ways), name="personal")
cli.add_typer(models, name="models")


@cli.command()
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


def _evaluated(path: Path, *, quick: bool, write: Path | None) -> list[Figure]:
    """The gate on a folder of folders; nothing of it leaves but figures."""
    from app import evaluate, evaluate_page, evaluate_second

    def tell(words: str) -> None:
        typer.echo(_shown(words), err=True)

    seen, counts = evaluate.see(evaluate.folder(path, tell, quick=quick), tell)
    outcome = evaluate.compared(seen, counts)
    tell(evaluate.said(outcome))
    if write is not None:
        command = "selfsame bench gate DIR" + (" --quick" if quick else "") + f" --write {write.name}"
        evaluate_page.write(write, outcome, command)
    return [*evaluate.figures(outcome), *evaluate_second.measured(seen, counts)]


def _run(
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
    from app import cli_film
    from app.engines.combine import CombineOptions
    from app.engines.neural import NeuralOptions
    from app.flow import make
    from app.home import Home
    from app.stamp.signer import Signer
    from app.studio.landing import live_gate
    from consent.types import Match, Photo, Purpose

    data = _bytes(target)
    if isinstance(options, NeuralOptions) and _is_film(data):
        raise Refusal("pictures-only", "--neural changes pictures, and TARGET is a film.", "Say it without --neural.")
    fmt = _format(out, force=force, film=_is_film(data))
    shown = cli_film.read(target, data, out, face) if _is_film(data) else _decoded(target, data)
    other = _photo(source) if source is not None else None
    home = Home.open()
    signer = Signer.open(home.keys)

    def announce(guard: Guard) -> None:
        typer.echo(f"First, the camera check:  {guard.link()}", err=True)
        if not quiet:
            webbrowser.open(guard.link(once=True))

    moving = () if isinstance(shown, Photo) else (Purpose.VIDEO,)
    wanted = options.purposes if isinstance(options, CombineOptions) else (_purpose(options),)
    with live_gate(home, (*wanted, *moving), port, announce) as gate:
        typer.echo("It is you.", err=True)
        matched = _match(gate, shown, face, target) if isinstance(shown, Photo) else shown
        mine = _match(gate, other, source_face, source) if other is not None and source is not None else gate.live()[0]
        if isinstance(matched, Match):
            for note in _advice(gate, mine, matched, options):
                typer.echo(f"{note.reason} {note.remedy}", err=True)
            stamped = make(gate, mine, matched, options, signer, fmt=fmt)
        elif not isinstance(options, NeuralOptions):
            stamped = cli_film.change(gate, mine, matched, options, signer)
        stamped.save(out, overwrite=force)
    typer.echo(f"To take back your consent:  selfsame withdraw {gate.consent}", err=True)
    typer.echo(str(out))


def _advice(gate: Gate, source: Match, target: Match, options: Options | NeuralOptions) -> tuple[Refusal, ...]:
    """What cannot be done wholly with these pictures."""
    from app.engines.combine import CombineOptions
    from app.engines.express import ExpressOptions

    asked = options.express if isinstance(options, CombineOptions) else options
    return asked.advice(gate, source, target) if isinstance(asked, ExpressOptions) else ()


def _from_checkout(name: str) -> Any:
    """A module of `tests/`, where the renderer of the synthetic people lives: it is never installed."""
    root = Path(__file__).resolve().parent.parent
    if not (root / "tests" / f"{name.replace('.', '/')}.py").is_file():
        raise Refusal(
            "no-renderer",
            "The renderer of the synthetic people is not in the installed package.",
            "Run this from a checkout of the repository.",
        )
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    return importlib.import_module(f"tests.{name}")


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


def _format(out: Path, *, force: bool, film: bool = False) -> str:
    if film and out.suffix.lower() != FILM:
        raise Refusal("unknown-format", f"TARGET is a film, and {out.name} is no name for one.", "Use .mp4.")
    if not film and out.suffix.lower() == FILM:
        raise Refusal("unknown-format", f"{out.name} is a film's name, and TARGET is none.", "Use .jpg, .png or .webp.")
    if not film and out.suffix.lower() not in SUFFIXES:
        raise Refusal("unknown-format", f"{out.name} has no ending that is written.", "Use .jpg, .png or .webp.")
    if not out.absolute().parent.is_dir():
        raise Refusal("no-folder", f"There is no folder {out.absolute().parent}.", "Make it first.")
    if out.exists() and not force:
        raise Refusal("file-exists", f"There is already a file {out.name}.", "Choose another name, or say --force.")
    return SUFFIXES.get(out.suffix.lower(), "mp4")


def _is_film(data: bytes) -> bool:
    """By the first bytes; the name says nothing."""
    from app import codec

    return codec.sniff(data[:12]) is codec.Format.MP4


def _photo(path: Path) -> Photo:
    data = _bytes(path)
    if _is_film(data):
        raise Refusal("not-a-picture", f"{path.name} is a film.", "Use a picture here; TARGET may be a film.")
    return _decoded(path, data)


def _either(path: Path) -> Photo | Film:
    """A picture, or a film."""
    from app import film

    data = _bytes(path)
    if not _is_film(data):
        return _decoded(path, data)
    try:
        return film.read(data)
    except Refusal as no:
        raise Refusal(no.code, f"{path.name}: {no.reason}", no.remedy) from None


def _decoded(path: Path, data: bytes) -> Photo:
    from app import media

    try:
        return media.read(data)
    except Refusal as no:
        raise Refusal(no.code, f"{path.name}: {no.reason}", no.remedy) from None


def _receipt(home: Home, which: str) -> str:
    """The content of a receipt file, or of the one with this number that is kept here."""
    from app.studio.withdrawal import NUMBER

    kept = home.receipts / f"{which}.json" if NUMBER.fullmatch(which) else Path(which)
    return _bytes(kept if kept.exists() else Path(which)).decode(errors="replace")


def _shown(words: str) -> str:
    """In one line: a file's name may be a stranger's, and hold line breaks or what moves a terminal's cursor."""
    return "".join(c if c.isprintable() else "?" for c in words)


def _bytes(path: Path) -> bytes:
    """No more of a file than is ever looked at: it may be a device, or larger than the memory."""
    from app.verify import most

    try:
        with open(path, "rb", opener=_opened) as file:
            head = file.read(12)
            return head + file.read(most(head) + 1 - len(head))
    except OSError as error:
        raise Refusal(
            "cannot-read", f"{path} cannot be read ({error.strerror}).", "Check the name and that it is a file."
        ) from None


def _opened(path: str, flags: int) -> int:
    """Open without waiting: of a pipe to which nobody writes there is nothing to read."""
    wait = getattr(os, "O_NONBLOCK", 0)
    descriptor = os.open(path, flags | wait)
    if wait:
        os.set_blocking(descriptor, True)
    return descriptor


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
        typer.echo(_shown(f"{no.reason} {no.remedy} [{no.code}]"), err=True)
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
