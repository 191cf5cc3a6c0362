"""Step 2, Prove: the camera check. The dialog is `capture.js`, the verdict is the server's."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import gradio as gr

from app.studio import demo
from app.studio.cards import card, heading, refusal
from app.studio.desk import MINUTES
from app.studio.live import capture_html
from app.studio.strings import say
from app.studio.tools import EVENTS_JS, html, note

if TYPE_CHECKING:
    from app.studio.sessions import Visitor
    from app.studio.tools import Parts

# The listener is there as soon as the button is; the module may still be on its way when somebody is quick.
CAPTURE_JS = """
element.addEventListener('click', async event => {
  const button = event.target.closest('[data-start]');
  if (!button) return;
  const capture = await import('/capture/assets/capture.js');
  capture.start(element, button, detail => trigger('checked', detail));
});
"""


def build_prove(parts: Parts) -> None:
    """Fill the step."""
    with gr.Column(elem_classes="sheet"):
        text = html(elem_id="prove-text")
        start = html(js_on_load=CAPTURE_JS, elem_id="capture")
        said = html(js_on_load=EVENTS_JS, elem_id="prove-note")
        parts.show(said, note("prove"))
        onward = gr.Button(parts.words("prove_next"), variant="primary", visible=False, elem_id="prove-next")
    parts.show(text, _text)
    parts.show(start, lambda v: capture_html(v.language) if v.receipt is not None and v.gate is None else "")
    parts.show(onward, lambda visitor: gr.Button(visible=visitor.gate is not None))

    def checked(visitor: Visitor, detail: dict[str, str]) -> str | None:
        """The dialog has closed. What it says is used for the words alone; the verdict stands in the store."""
        if visitor.gate is not None:
            return "play"
        if visitor.no is not None:
            visitor.notes["prove"] = refusal(visitor.no, visitor.language)
        elif detail.get("reason"):
            other = demo.offer(visitor.language) if detail.get("code") in demo.WITHOUT else ""
            visitor.notes["prove"] = card("no", detail["reason"], detail.get("remedy", "")) + other
        return None

    def happened(visitor: Visitor, detail: dict[str, str]) -> str | None:
        if detail.get("do") != "demo" or visitor.receipt is None or visitor.gate is not None:
            return None
        demo.sit(parts.desk, visitor)
        return "play"

    parts.on(start.checked, checked, place="prove", detail=True)
    parts.on(said.studio, happened, place="prove", detail=True, busy=said)
    parts.on(onward.click, lambda _: "play", place="prove")


def _text(visitor: Visitor) -> str:
    language = visitor.language
    if visitor.gate is not None:
        return heading("prove", language) + card(
            "yes", say("proved_title", language), say("proved", language, minutes=MINUTES)
        )
    if visitor.receipt is None:
        return heading("prove", language) + card("note", say("prove_title", language), say("prove_waiting", language))
    return f"<h2>{escape(say('prove_title', language))}</h2><p>{escape(say('prove_text', language))}</p>"
