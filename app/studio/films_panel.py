"""The film's place on the Play page: the field to drop one on, how far it is, and what came of it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import gradio as gr

from app.studio.cards import card
from app.studio.films import counted, far
from app.studio.refusals import told
from app.studio.refusals_films_zh import noted
from app.studio.strings import say
from app.studio.tools import EVENTS_JS, button, drop, html
from consent.errors import Fault
from consent.types import Purpose

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.flow import Options
    from app.studio.films import Job
    from app.studio.sessions import Visitor
    from app.studio.tools import Parts


def build_film(parts: Parts) -> Callable[[Sequence[Any], Callable[..., Options]], None]:
    """Fill its place.

    Returns:
        What connects its button, given the components that say what to make, and what reads them.
    """
    desk, words = parts.desk, parts.words
    panel = html(js_on_load=EVENTS_JS, elem_id="film")
    make = gr.Button(words("film_make"), variant="primary", elem_id="make-film", visible=False)
    parts.show(panel, shown)
    parts.show(make, lambda visitor: gr.Button(visible=_can_begin(visitor)))
    parts.on(panel.studio, _happened, detail=True)

    def connect(inputs: Sequence[Any], wanted: Callable[..., Options]) -> None:
        def begin(visitor: Visitor, *sent: Any) -> None:
            gate, options = desk.gate(visitor), wanted(*sent)
            job = visitor.film
            if job is not None:
                source, options = desk.wanted(visitor, gate, options, str(sent[4]))
                job.begin(desk, visitor, options, source)

        parts.on(make.click, begin, inputs, busy=panel)

    return connect


def _can_begin(visitor: Visitor) -> bool:
    job = visitor.film
    return job is not None and job.film is not None and not job.is_running


def _happened(visitor: Visitor, detail: dict[str, str]) -> None:
    job = visitor.film
    if job is None:
        return
    if detail.get("do") == "stop":
        job.stop()
    elif detail.get("do") == "clear":
        job.close()
        visitor.film = None


def shown(visitor: Visitor) -> str:
    """The film of a visitor: nothing before the live check, a hint without their agreement."""
    if visitor.gate is None:
        return ""
    language, job = visitor.language, visitor.film
    title = escape(say("film_title", language))
    if Purpose.VIDEO not in visitor.gate.purposes:
        return card("note", say("film_title", language), say("film_off", language))
    return f'<section class="mirror film" aria-label="{title}">{_inside(job, language)}</section>'


def _inside(job: Job | None, language: str) -> str:
    if job is not None and job.is_running:
        return _running(job, language)
    no = ""
    if job is not None and job.no is not None:
        kind = "fault" if isinstance(job.no, Fault) else "note" if job.no.code == "stopped" else "no"
        no = card(kind, *told(job.no, language))
    if job is None or job.film is None:
        title, kinds = say("film_text", language), say("film_kinds", language)
        return no + drop("/studio/film", title, kinds, language, large="film_too_large", side="film")
    width, height = job.film.size
    minutes, seconds = divmod(round(job.film.timing.seconds), 60)
    size = say(
        "film_size",
        language,
        width=width,
        height=height,
        time=f"{minutes}:{seconds:02d}",
        frames=len(job.film.timing.ticks),
    )
    notes = "".join(f'<p class="quiet">{escape(noted(note, language))}</p>' for note in job.film.notes)
    done = card("yes", say("film_made", language), counted(job.last, language)) if job.last is not None else ""
    away = button("clear", say("take_away", language), side="film")
    return f'{done}{no}<div class="actions"><span class="chip">{escape(size)}</span>{away}</div>{notes}'


def _running(job: Job, language: str) -> str:
    now = far(job, language)
    stop = button("stop", say("film_stop", language), side="film")
    return (
        f'<div class="making" data-film><p class="doing">{escape(say("film_making", language))}</p>'
        f'<progress max="1" value="{now["share"]:.3f}"></progress>'
        f'<p class="far" role="status">{escape(now["text"])}</p></div><div class="actions">{stop}</div>'
    )
