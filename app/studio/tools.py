"""How the page is put together: the server holds the state, every event changes it, and the page shows it again."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any, Final

import gradio as gr

from app.studio.cards import card, refusal
from app.studio.strings import language, say
from consent.errors import Fault, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.studio.desk import Desk
    from app.studio.sessions import Visitor

EVENTS_JS: Final = "element.addEventListener('studio', event => trigger('studio', event.detail));"
"""Passes the `studio` events of `studio.js` on to Python."""
log = logging.getLogger(__name__)
Done = str | None | Iterator[None]
"""What an event returns: the step to go to, if any; or its work, in pieces."""


@dataclass(frozen=True, slots=True)
class _Event:
    listen: Callable[..., Any]
    act: Callable[..., Done]
    inputs: Sequence[Any]
    place: str
    busy: Any
    detail: bool
    failed: str | None
    steps: bool


@dataclass(slots=True)
class Parts:
    """The page under construction.

    Args:
        desk: what stands behind the buttons.
        words: the tables of words, for labels that the browser translates.
    """

    desk: Desk
    words: gr.I18n
    _shown: list[tuple[Any, Callable[[Visitor], Any]]] = field(default_factory=list)
    _events: list[_Event] = field(default_factory=list)

    def show(self, component: Any, view: Callable[[Visitor], Any]) -> Any:
        """Register what a component shows for a visitor; returns the component."""
        self._shown.append((component, view))
        return component

    def on(
        self,
        listen: Callable[..., Any],
        act: Callable[..., Done],
        inputs: Sequence[Any] = (),
        *,
        place: str = "play",
        busy: Any = None,
        detail: bool = False,
        failed: str | None = None,
        steps: bool = False,
    ) -> None:
        """Register what an event does.

        Args:
            listen: a component's event, such as `button.click`.
            act: called with the visitor, the event's detail if asked for, and the inputs; returns the step to go to,
                or None; or yields whenever the page is to be shown again. A refusal becomes a card in `place`.
            inputs: components whose values are passed on.
            place: the step whose note is replaced.
            busy: the component that shows that work is going on.
            detail: pass what a `studio` event carries, as a dict of strings.
            failed: the step to go to when it says no, if its note does not stand where the event came from.
            steps: the work comes in pieces, and the page is shown again after each.
        """
        self._events.append(_Event(listen, act, inputs, place, busy, detail, failed, steps))

    def wire(self, page: gr.Blocks, tabs: gr.Tabs) -> None:
        """Connect everything; called once, when all components exist."""
        outputs = [component for component, _ in self._shown]
        for event in self._events:
            progress = {"show_progress": "hidden"}
            if event.busy is not None:
                progress = {"show_progress": "full", "show_progress_on": event.busy}
            run = self._runner(event)
            event.listen(run, list(event.inputs), [tabs, *outputs], api_visibility="private", **progress)

        def load(request: gr.Request) -> list[Any]:
            visitor = self.desk.visitor(request.headers)
            spoken = language(request.headers.get("accept-language", ""), request.headers.get("cookie", ""))
            visitor.language = spoken  # what is read now is agreed to
            return self._view(visitor)

        page.load(load, None, outputs, api_visibility="private", show_progress="hidden")

    def _view(self, visitor: Visitor) -> list[Any]:
        with visitor.lock:
            visitor.expire(self.desk.store.clock)
            return [view(visitor) for _, view in self._shown]

    def _runner(self, event: _Event) -> Callable[..., Any]:
        def answer(request: gr.Request, data: gr.EventData, *values: Any) -> list[Any]:
            return list(self._answers(event, request, data, values))[-1]

        def answers(request: gr.Request, data: gr.EventData, *values: Any) -> Iterator[list[Any]]:
            yield from self._answers(event, request, data, values)

        return answers if event.steps else answer

    def _answers(
        self, event: _Event, request: gr.Request, data: gr.EventData, values: tuple[Any, ...]
    ) -> Iterator[list[Any]]:
        """What the page shows after an event, and, of work in pieces, after each."""
        visitor = self.desk.visitor(request.headers)
        sent = getattr(data, "_data", None) or {}
        details = ({str(k): str(v) for k, v in sent.items()},) if event.detail else ()
        visitor.notes.pop(event.place, None)
        visitor.restore = ()
        step = event.failed
        try:
            done = event.act(visitor, *details, *values)
            if isinstance(done, Iterator):
                for _ in done:
                    yield [gr.skip(), *self._view(visitor)]
                done = None
            step = done
        except (Refusal, Fault) as no:
            kind = "no" if isinstance(no, Refusal) else "fault"
            visitor.notes[event.place] = refusal(no, visitor.language, kind=kind)
        except Exception:
            log.exception("an event of the page broke")
            visitor.notes[event.place] = card(
                "fault", say("fault_reason", visitor.language), say("fault_remedy", visitor.language)
            )
        yield [gr.Tabs(selected=step) if step else gr.skip(), *self._view(visitor)]


def html(value: str = "", **settings: Any) -> gr.HTML:
    """A piece of our own HTML, without gradio's manners for prose and without a script unless one is given."""
    return gr.HTML(value, apply_default_css=False, **{"js_on_load": None, **settings})


def note(place: str) -> Callable[[Visitor], str]:
    """A view: the card that stands under a step."""
    return lambda visitor: visitor.notes.get(place, "")


def button(do: str, text: str, *, kind: str = "", **data: str | int) -> str:
    """A button whose press becomes a `studio` event."""
    extra = "".join(f' data-{name}="{escape(str(value))}"' for name, value in data.items())
    return f'<button type="button" class="{escape(kind)}" data-do="{escape(do)}"{extra}>{escape(text)}</button>'


def drop(
    url: str, title: str, note: str, language: str, *, extra: str = "", large: str = "too_large", **data: str | int
) -> str:
    """A field to drop a picture on; also a button, also by keyboard, also by paste.

    Args:
        url: where the file is sent.
        title: what to do, plain text.
        note: what is taken, plain text; also the place for what went wrong.
        language: of the words for that.
        extra: safe HTML below, such as another button.
        large: key of what is said of a file that is too large.
        data: sent along with the `studio` event; a change redraws the field.
    """
    words = {"looking": "looking", "large": large, "failed": "upload_failed"}
    fields = {"drop": url, **data, **{name: say(key, language) for name, key in words.items()}}
    attributes = " ".join(f'data-{name}="{escape(str(value))}"' for name, value in fields.items())
    return (
        f'<div class="drop" {attributes}><label><input type="file">'
        f'<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M12 16V5M7 10l5-5 5 5M5 19h14"/></svg>'
        f"<strong>{escape(title)}</strong><span data-note>{escape(note)}</span></label>{extra}</div>"
    )


def session_pill(visitor: Visitor, now: float) -> str:
    """The sign that a session is open, with its end; `studio.js` counts the minutes."""
    if visitor.gate is None:
        return ""
    left = max(0.0, visitor.gate.expires - now)
    said = say("session_left", visitor.language)
    return (
        f'<p class="pill" data-left="{left:.0f}" data-mark="{escape(visitor.gate.session)}" data-text="{escape(said)}">'
        f"<strong>{escape(say('session_open', visitor.language))}</strong> "
        f"<span data-minutes>{escape(said.format(minutes=round(left / 60)))}</span></p>"
    )
