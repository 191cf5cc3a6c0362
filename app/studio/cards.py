"""Small pieces of HTML the server draws.

Every string from outside goes through `escape`: a manifest or a file name is text that a stranger wrote.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from app.studio.refusals import told
from app.studio.strings import say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from consent.errors import Fault, Refusal


def heading(step: str, language: str) -> str:
    """The name of a step for whoever listens to the page; others see it in the tab."""
    return f'<h2 class="said">{escape(say(f"step_{step}", language))}</h2>'


def card(kind: str, title: str, text: str, extra: str = "") -> str:
    """A card with a headline and a sentence.

    Args:
        kind: `yes`, `no`, `fault` or `note`; chooses the colour.
        title: plain text.
        text: plain text.
        extra: HTML that is already safe.
    """
    said = f"<p>{escape(text)}</p>" if text else ""
    return f'<section class="card {escape(kind)}" role="status"><h3>{escape(title)}</h3>{said}{extra}</section>'


def refusal(no: Refusal | Fault, language: str, *, kind: str = "no") -> str:
    """A no: what was seen, what to do, and the code for whoever wants to look it up."""
    reason, remedy = told(no, language)
    return card(kind, reason, remedy, f'<code title="{escape(say("no_title", language))}">{escape(no.code)}</code>')


def facts(rows: Iterable[tuple[str, str]]) -> str:
    """A list of names and values."""
    lines = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows)
    return f"<dl>{lines}</dl>"
