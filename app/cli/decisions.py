"""`selfsame receipt`, `withdraw` and `log`: what was agreed to, taken back, and decided here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Final

import typer

from app.cli import files
from app.cli.options import AsJson

_RECEIPT: Final = "A receipt, as page or record, or its number."
Receipt = Annotated[str, typer.Argument(metavar="FILE|NUMBER", help=_RECEIPT, show_default=False)]


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
    text = files.receipt(home, which)
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


def withdraw(which: Receipt) -> None:
    """Take back the consent of a receipt that was given here; a running session under it ends."""
    from app.home import Home
    from app.studio import receipts
    from app.studio.withdrawal import withdraw as take_back

    home = Home.open()
    typer.echo(receipts.plain(take_back(home, files.receipt(home, which))))
    typer.echo("From now on, `selfsame verify` says so of every picture that was made under it.", err=True)


def log(
    *,
    check: Annotated[
        bool, typer.Option("--verify", help="Only say whether it is whole, how long, since when.")
    ] = False,
    as_json: AsJson = False,
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
