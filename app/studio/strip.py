"""The strip of ages: one person at six ages side by side, each a finished picture of its own."""

from __future__ import annotations

import secrets
from html import escape
from typing import TYPE_CHECKING, Final

from app.engines.age import AgeOptions
from app.studio.sessions import Strip
from app.studio.strings import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.studio.desk import Desk
    from app.studio.sessions import Result, Visitor

AGES: Final = (-20, -10, 10, 20, 30, 40)
"""Years from now; now itself is the picture to compare with."""
FIRST: Final = 30
"""Which of them is shown large at first."""


def make_strip(desk: Desk, visitor: Visitor) -> Iterator[None]:
    """Make the picture on the table at all `AGES`; each has leave, label and signature of its own.

    Yields:
        Nothing, whenever there is more to see. `stop_strip` and a newer strip end it after the picture in work.

    Raises:
        Refusal: whatever the gate refuses; what was finished before stays.
        Fault: something is broken.
    """
    strip, mine = secrets.token_hex(8), Strip(len(AGES))
    with visitor.lock:
        visitor.strip = mine
    try:
        yield
        for years in AGES:
            if mine.stopped or visitor.strip is not mine:
                break
            desk.make(visitor, AgeOptions(years=years), strip)
            mine.done += 1
            yield
    finally:
        with visitor.lock:
            if visitor.strip is mine:
                visitor.strip = None
    with visitor.lock:
        first = next((key for key, one in _of(visitor, strip) if one.years == FIRST), visitor.shown)
        visitor.trail = [key for key in visitor.trail if key not in dict(_of(visitor, strip))]
        visitor.shown = first


def stop_strip(visitor: Visitor) -> None:
    """Make no more of the strip; what is finished stays."""
    with visitor.lock:
        if visitor.strip is not None:
            visitor.strip.stopped = True


def far(visitor: Visitor) -> str:
    """How far the strip is that is being made."""
    strip = visitor.strip
    if strip is None:
        return ""
    said = escape(say("strip_far", visitor.language, done=str(strip.done), all=str(strip.all)))
    bar = f'<progress max="{strip.all}" value="{strip.done}" aria-hidden="true"></progress>'
    return f'<p class="far" role="status">{bar} {said}</p>'


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
