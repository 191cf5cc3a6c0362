"""`selfsame key ...`: whose signature the pictures carry, and where its private key is kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.files import content
from consent.errors import Refusal

if TYPE_CHECKING:
    from app.stamp.keyfile import Kept


group = typer.Typer(help="The key that signs your pictures: show it, move it, or use your organisation's.")


@group.callback(invoke_without_command=True)
def show(context: typer.Context) -> None:
    """The key that signs your pictures: show it, move it, or use your organisation's."""
    if context.invoked_subcommand is None:
        _show()


@group.command()
def keyring() -> None:
    """Move the private key into the system's keyring."""
    from app.stamp.keyfile import Kept

    _move(Kept.KEYRING)


@group.command()
def file() -> None:
    """Move the private key into a file of yours."""
    from app.stamp.keyfile import Kept

    _move(Kept.FILE)


@group.command()
def certificate() -> None:
    """Print what others need to know your pictures by.

    PEM: the own root, or an organisation's chain. Whoever is given it can check without this computer.
    """
    from app.home import Home
    from app.stamp.signer import Signer

    typer.echo(Signer.open(Home.open().keys).anchor_pem, nl=False)


@group.command()
def use(
    chain: Annotated[Path, typer.Argument(metavar="CHAIN.pem", help="Certificate, then those above it.")],
    key: Annotated[Path, typer.Argument(metavar="KEY.pem", help="Its private key, without a password.")],
) -> None:
    """Sign with your organisation's certificate.

    From now on; what was signed before stays known.
    """
    from app.home import Home
    from app.stamp.signer import Signer

    Signer.adopt(Home.open().keys, content(chain), content(key))
    _show()
    typer.echo(f"The key was copied: {key.name} itself is still where it was.", err=True)


@group.command()
def own() -> None:
    """Sign with this installation's own key again.

    The organisation's is deleted here.
    """
    from app.home import Home
    from app.stamp.signer import ORGANISATION, Signer

    keys = Home.open().keys
    if not (keys / ORGANISATION).exists():
        raise Refusal("own-key-already", "The own key is in use.", "There is nothing to do.")
    Signer.disown(keys)
    _show()


def _move(to: Kept) -> None:
    from app.home import Home
    from app.stamp.keys import move

    move(Home.open().keys, to)
    _show()


def _show() -> None:
    from app.home import Home
    from app.stamp.keys import told

    typer.echo("\n".join(told(Home.open().keys)))
