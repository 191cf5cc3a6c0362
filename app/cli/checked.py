"""The live check on the command line, and the session for as long as a command works."""

from __future__ import annotations

import webbrowser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from app.stamp.signer import Signer
    from app.studio.guard import Guard
    from consent.gate import Gate
    from consent.types import Purpose


@contextmanager
def checked(purposes: Sequence[Purpose], port: int, *, quiet: bool) -> Iterator[tuple[Gate, Signer]]:
    """Ask for consent to these purposes and for the live check; what ends the command ends the session."""
    from app.home import Home
    from app.stamp.signer import Signer
    from app.studio.landing import live_gate

    home = Home.open()
    signer = Signer.open(home.keys)

    def announce(guard: Guard) -> None:
        typer.echo(f"First, the camera check:  {guard.link()}", err=True)
        if not quiet:
            webbrowser.open(guard.link(once=True))

    with live_gate(home, tuple(purposes), port, announce) as gate:
        typer.echo("It is you.", err=True)
        yield gate, signer
