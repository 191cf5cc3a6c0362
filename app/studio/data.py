"""My data: what is in memory now, what stays on this computer, and the buttons that end it.

What is kept is read when the page asks for it and not with every event: the whole chain of the log is checked then.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import gradio as gr

from app.files import read_file
from app.studio import withdrawal
from app.studio.cards import card
from app.studio.kept import kept_here
from app.studio.strings import say
from app.studio.tools import EVENTS_JS, html, note

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.studio.desk import Desk
    from app.studio.sessions import Visitor
    from app.studio.tools import Parts


def build_data(parts: Parts, place: Any, withdrawn: Callable[[Visitor], str]) -> None:
    """Fill the place.

    Args:
        parts: the page.
        place: its tab; what is kept is read when it is opened.
        withdrawn: what the button that ends everything does.
    """
    desk = parts.desk
    with gr.Column(elem_classes="sheet", elem_id="data"):
        parts.show(html(elem_id="data-note"), note("data"))
        parts.show(html(elem_id="data-memory"), lambda visitor: memory(visitor, desk.store.clock()))
        with gr.Row(elem_id="data-end", visible=False) as row:
            wipe = gr.Button(parts.words("withdraw"), variant="stop", elem_id="data-withdraw", scale=0)
            end = gr.Button(parts.words("data_end"), elem_id="data-over", scale=0)
        parts.show(row, lambda visitor: gr.Row(visible=visitor.receipt is not None))
        kept = html(elem_id="data-kept", js_on_load=EVENTS_JS)
        parts.show(kept, lambda visitor: visitor.kept)

    def show(visitor: Visitor) -> None:
        visitor.kept = kept_here(desk, visitor)

    def over(visitor: Visitor) -> None:
        visitor.wipe()
        visitor.kept = kept_here(desk, visitor)
        language = visitor.language
        visitor.notes["data"] = card("yes", say("data_ended_title", language), say("data_ended", language))

    def take_back(visitor: Visitor, detail: dict[str, str]) -> None:
        number = detail.get("receipt", "")
        if detail.get("do") == "take-back" and withdrawal.NUMBER.fullmatch(number):
            _taken_back(desk, visitor, number)

    parts.on(place.select, show, place="data")
    parts.on(wipe.click, withdrawn, place="gone", failed="agree")
    parts.on(end.click, over, place="data")
    parts.on(kept.studio, take_back, place="data", detail=True)


def _taken_back(desk: Desk, visitor: Visitor, number: str) -> None:
    """Withdraw one receipt of this installation; the session that runs under it ends."""
    path = desk.home.receipts / f"{number}.json"
    if not path.exists():
        return
    if visitor.receipt is not None and visitor.receipt.id == number:
        desk.withdraw(visitor)
    else:
        withdrawal.withdraw(desk.home, read_file(path).decode())
        desk.sweep()  # another browser's session, if it is under this receipt
    visitor.kept = kept_here(desk, visitor)
    language = visitor.language
    visitor.notes["data"] = card("yes", say("data_taken_back_title", language), say("data_taken_back", language))


# --- in memory --------------------------------------------------------------------------------------------------------


def memory(visitor: Visitor, now: float) -> str:
    """What is in memory about a visitor.

    Args:
        visitor: who.
        now: seconds, by the clock of `Gate.expires`.
    """
    language = visitor.language
    with visitor.lock:
        rows = [(say(f"data_{name}", language), text or "") for name, text in _held(visitor, now)]
    nothing = say("data_nothing", language)
    lines = "".join(
        f"<dt>{escape(name)}</dt><dd{' class=here' if text else ''}>{escape(text or nothing)}</dd>"
        for name, text in rows
    )
    told = f"<p>{escape(say('data_withdraw_text', language))}</p>" if visitor.receipt is not None else ""
    return (
        f"<h2>{escape(say('data_title', language))}</h2><h3>{escape(say('data_memory', language))}</h3>"
        f"<p>{escape(say('data_memory_text', language))}</p><dl>{lines}</dl>{told}"
    )


def _held(visitor: Visitor, now: float) -> Iterator[tuple[str, str | None]]:
    language, gate = visitor.language, visitor.gate

    def counted(sizes: Sequence[int]) -> str | None:
        size = f"{sum(sizes) / 2**20:.1f}"
        return say("data_size", language, count=len(sizes), size=size) if sizes else None

    left = max(0, round((gate.expires - now) / 60)) if gate is not None else 0
    yield "face", say("data_face_here", language, minutes=left) if gate is not None else None
    behind = [one.before for one in visitor.results.values()]  # shown beside what was made of them
    pictures = {one.number: one for one in (*visitor.pictures.values(), *behind) if one.data}
    yield (
        "pictures",
        counted([len(one.data) + (0 if one.photo is None else one.photo.pixels.nbytes) for one in pictures.values()]),
    )
    yield "results", counted([len(one.stamped.data) for one in visitor.results.values()])
    film = None if visitor.film is None else visitor.film.film
    yield "film", counted([len(film.data)]) if film is not None else None
    lesson = visitor.lesson
    frames = [] if lesson is None else [match.pixels.nbytes for look in lesson.looks.values() for match in look.frames]
    learnt = say("data_personal_here", language) if lesson is not None and lesson.model is not None else None
    yield "personal", say("film_comma", language).join(filter(None, (counted(frames), learnt))) or None
    yield "mirror", say("data_mirror_open", language) if visitor.mirror is not None else None
    yield "waiting", counted([len(data) for data in visitor.incoming.values()])
    yield "agreement", visitor.receipt.id if visitor.receipt is not None else None
