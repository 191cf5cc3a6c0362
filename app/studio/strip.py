"""The strip of ages: one person at six ages side by side, each a finished picture of its own."""

from __future__ import annotations

import secrets
from html import escape
from typing import TYPE_CHECKING, Final

from app.engines.age import AgeOptions
from app.studio.strings import say

if TYPE_CHECKING:
    from app.studio.desk import Desk
    from app.studio.sessions import Result, Visitor

AGES: Final = (-20, -10, 10, 20, 30, 40)
"""Years from now; now itself is the picture to compare with."""
FIRST: Final = 30
"""Which of them is shown large at first."""


def make_strip(desk: Desk, visitor: Visitor) -> None:
    """Make the picture on the table at all `AGES`; each has leave, label and signature of its own.

    Raises:
        Refusal: whatever the gate refuses; what was finished before stays.
        Fault: something is broken.
    """
    strip = secrets.token_hex(8)
    for years in AGES:
        desk.make(visitor, AgeOptions(years=years), strip)
    with visitor.lock:
        first = next((key for key, one in _of(visitor, strip) if one.years == FIRST), visitor.shown)
        visitor.trail = [key for key in visitor.trail if key not in dict(_of(visitor, strip))]
        visitor.shown = first


def strip_of(visitor: Visitor, shown: Result) -> str:
    """The strip that the shown picture belongs to, as buttons; nothing for any other picture."""
    if not shown.strip:
        return ""
    language = visitor.language
    pieces = []
    for key, one in sorted(_of(visitor, shown.strip), key=lambda item: item[1].years):
        name = say("strip_years", language, years=f"{one.years:+.0f}")
        pressed = "true" if one is shown else "false"
        pieces.append(
            f'<button type="button" data-do="show" data-side="target" data-key="{escape(key)}" '
            f'aria-pressed="{pressed}"><img src="/studio/result/{escape(key)}" alt=""><b>{escape(name)}</b></button>'
        )
    return (
        f'<div class="strip" role="group" aria-label="{escape(say("strip_title", language))}">{"".join(pieces)}</div>'
    )


def _of(visitor: Visitor, strip: str) -> list[tuple[str, Result]]:
    with visitor.lock:
        return [(key, one) for key, one in visitor.results.items() if one.strip == strip]
