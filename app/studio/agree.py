"""Step 1, Agree: what happens, what is kept, what for; then a signed receipt."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import gradio as gr

from app.studio.cards import card
from app.studio.desk import MINUTES, OFFERED
from app.studio.strings import STUDIO_NOTICE, consent_text, say
from app.studio.tools import html, note

if TYPE_CHECKING:
    from app.studio.sessions import Visitor
    from app.studio.tools import Parts


def build_agree(parts: Parts) -> None:
    """Fill the step."""
    parts.show(html(elem_id="gone"), note("gone"))
    with gr.Column(elem_id="agree-form", elem_classes="sheet") as form:
        text = html(elem_id="agree-text")
        choices = [(parts.words(f"purpose_{purpose}"), purpose.value) for purpose in OFFERED]
        purposes = gr.CheckboxGroup(choices, value=[], label=parts.words("agree_purposes"), elem_id="purposes")
        myself = gr.Checkbox(value=False, label=parts.words("agree_me"), elem_id="myself")
        adult = gr.Checkbox(value=False, label=parts.words("agree_adult"), elem_id="adult")
        parts.show(html(elem_id="agree-note"), note("agree"))
        button = gr.Button(parts.words("agree_button"), variant="primary", elem_id="agree-button")
    with gr.Column(elem_id="agree-done", elem_classes="sheet", visible=False) as done:
        said = html()
        again = gr.Button(parts.words("agree_change"), elem_id="agree-change", size="sm")
    parts.show(text, lambda visitor: _text(visitor.language))
    parts.show(form, lambda visitor: gr.Column(visible=visitor.receipt is None))
    parts.show(done, lambda visitor: gr.Column(visible=visitor.receipt is not None))
    parts.show(said, _said)
    for box in (myself, adult):  # the next person ticks for themselves
        parts.show(box, lambda visitor: gr.skip() if visitor.receipt is None else gr.Checkbox(value=False))
    parts.show(purposes, lambda visitor: gr.skip() if visitor.receipt is None else gr.CheckboxGroup(value=[]))

    def agree(visitor: Visitor, wanted: list[str], me: bool, grown: bool) -> str:  # noqa: FBT001 - gradio's call
        text = consent_text(STUDIO_NOTICE, visitor.language, minutes=MINUTES)
        parts.desk.agree(visitor, wanted, STUDIO_NOTICE, text, myself=me is True, adult=grown is True)
        return "prove"

    parts.on(button.click, agree, [purposes, myself, adult], place="agree")
    parts.on(again.click, lambda visitor: visitor.wipe(), place="agree")


def _text(language: str) -> str:
    blocks = "".join(
        f"<section><h3>{escape(say(f'agree_{name}_title', language))}</h3>"
        f"<p>{escape(say(f'agree_{name}', language, minutes=MINUTES))}</p></section>"
        for name in ("happens", "kept", "stop", "marked")
    )
    return f'<h2>{escape(say("agree_title", language))}</h2><div class="four">{blocks}</div>'


def _said(visitor: Visitor) -> str:
    if visitor.receipt is None:
        return ""
    language = visitor.language
    agreed = [say(f"purpose_{purpose}", language) for purpose in OFFERED if purpose in visitor.receipt.purposes]
    items = "".join(f"<li>{escape(text)}</li>" for text in agreed)
    links = (
        f'<a href="/studio/receipt?page=1" download>{escape(say("receipt", language))}</a> '
        f'<a class="plain" href="/studio/receipt" download>{escape(say("receipt_as_record", language))}</a>'
    )
    return card("yes", say("agreed_title", language), say("agreed", language), f"<ul>{items}</ul>{links}")
