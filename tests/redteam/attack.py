"""What an attack is, and the few words all of them use."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from consent.errors import Fault, Refusal

if TYPE_CHECKING:
    from tests.redteam.ground import Ground


class Surface(StrEnum):
    """Where an attack comes in."""

    PYTHON = "Python"
    CAMERA = "camera"
    HTTP = "HTTP"
    SOCKET = "WebSocket"
    FILES = "files"
    SETTINGS = "settings"
    WEIGHTS = "weights"
    MACHINE = "machine"


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack.

    Attributes:
        name: what is tried, in words.
        surface: where.
        expected: what must happen.
        run: tries it, and says what happened.
        is_cheap: it also runs with the tests.
    """

    name: str
    surface: Surface
    expected: str
    run: Callable[[Ground], str]
    is_cheap: bool


class NotAttacked(Exception):  # noqa: N818 - it is no error of the program under attack
    """The control failed: what a genuine caller may do did not work either, so silence would prove nothing."""


def on(surface: Surface) -> Callable[..., Callable[[Callable[[Ground], str]], Attack]]:
    """A decorator for the attacks of one surface, `@attack("what must happen")`; a function's name is its attack's."""

    def attack(expected: str, *, cheap: bool = False) -> Callable[[Callable[[Ground], str]], Attack]:
        def made(run: Callable[[Ground], str]) -> Attack:
            return Attack(run.__name__.replace("_", " "), surface, expected, run, cheap)

        return made

    return attack


def control(holds: object, what: str) -> None:
    """Go on only when the genuine thing works.

    Raises:
        NotAttacked: it does not.
    """
    if not holds:
        raise NotAttacked(what)


def answer(call: Callable[..., Any], *given: Any, **named: Any) -> str:
    """What comes of a call: `done`, the code of a refusal or a fault, or the name of any other exception."""
    try:
        call(*given, **named)
    except (Refusal, Fault) as no:
        return no.code
    except Exception as error:  # noqa: BLE001 - whatever happens is what is told
        return type(error).__name__
    return "done"


def together(answers: Iterable[object]) -> str:
    """What several tries came to: each answer once."""
    return ", ".join(sorted({str(one) for one in answers})) or "nothing was tried"
