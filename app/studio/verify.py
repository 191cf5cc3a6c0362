"""Step 4, Verify: anybody's file, one sentence, then the facts. Needs no session."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import gradio as gr

from app.studio.cards import card, facts
from app.studio.marks import figure
from app.studio.receipts import moment
from app.studio.refusals import found
from app.studio.sessions import CHECK
from app.studio.strings import say
from app.studio.tools import EVENTS_JS, drop, html, note
from app.studio.withdrawal import known
from app.verify import Verdict, verify

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.studio.sessions import Visitor
    from app.studio.tools import Parts
    from app.verify import Report


def build_verify(parts: Parts) -> None:
    """Fill the step."""
    with gr.Column(elem_classes="sheet"):
        text = html()
        field = html(js_on_load=EVENTS_JS, elem_id="verify-drop")
        parts.show(html(elem_id="verify-note"), note("verify"))
    parts.show(text, _text)
    parts.show(field, _field)

    def check(visitor: Visitor) -> None:
        with visitor.lock:
            data = visitor.incoming.pop(CHECK, None)
        visitor.checked += 1
        if data is not None:
            gone, unknown = known(parts.desk.home)
            report = verify(data, parts.desk.anchors, gone, parts.desk.signer.registry)
            drawn = figure(data, report, visitor.language)
            visitor.notes["verify"] = report_html(report, visitor.language, unknown, drawn)

    parts.on(field.studio, check, place="verify", busy=field)


def _text(visitor: Visitor) -> str:
    language = visitor.language
    return f"<h2>{escape(say('verify_title', language))}</h2><p>{escape(say('verify_text', language))}</p>"


def _field(visitor: Visitor) -> str:
    language = visitor.language
    return drop("/studio/check", say("verify_drop", language), say("drop_any", language), language, n=visitor.checked)


def report_html(report: Report, language: str, unknown: str = "", drawn: str = "") -> str:
    """A report as a card; every string in it may have been written by a stranger, so `facts` escapes it.

    Args:
        report: what was found.
        language: of the words.
        unknown: why it is not known whether consent was withdrawn; empty if it is.
        drawn: safe HTML that shows what was found in the picture.
    """
    ours = {Verdict.OURS, Verdict.RECOVERED}
    changed = {Verdict.ALTERED, Verdict.RECOVERED, Verdict.MARK_COPIED}
    kind = "yes" if report.verdict is Verdict.OURS else "no" if report.verdict in changed else "note"
    if report.withdrawn is not None:
        kind = "no"
    rows = [(say(f"fact_{name}", language), text) for name, text in _facts(report, language) if text]
    told = say("verify_unknown", language, reason=unknown) if unknown and report.verdict in ours else ""
    return card(kind, found(report, language), told, drawn + (facts(rows) if rows else ""))


def _facts(report: Report, language: str) -> Iterator[tuple[str, str | None]]:
    stated = report.statement
    if stated is not None:
        yield "what", say(f"fact_what_{stated.purpose}", language)
        yield "who", say(f"fact_who_{stated.domain}", language)
    yield "withdrawn", moment(report.withdrawn) if report.withdrawn is not None else None
    yield "when", report.when
    whose = {"ours": "ours", "someone else's": "theirs"}.get(report.whose)
    if whose is not None:
        yield "signer", f"{report.signer or '?'} ({say(f'fact_whose_{whose}', language)})"
    if stated is not None:
        yield "engine", stated.engine
        yield "settings", ", ".join(f"{name} {value}" for name, value in stated.parameters.items())
        yield "receipt", stated.consent
    if stated is not None and stated.source_score is not None:
        scores = {"source": f"{stated.source_score:.2f}", "target": f"{stated.target_score:.2f}"}
        yield "likeness", say("fact_likeness_text", language, **scores)
    if stated is None:
        yield "title", report.title
    if report.verdict is not Verdict.NOT_A_PICTURE:
        yield "label", say("fact_label_yes" if report.label else "fact_label_no", language)
    yield "watermark", report.watermark
    yield "changed", ", ".join(say(f"fact_changed_{one.replace(' ', '_')}", language) for one in report.changed)
    yield "failures", ", ".join(report.failures)
