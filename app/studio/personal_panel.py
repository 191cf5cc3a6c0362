"""The personal model on the Play page: extract, learn or train, draw; FakeApp's three steps, for oneself alone."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from app.engines.personal import FEWEST, Learnt
from app.personal import PURPOSES
from app.studio.cards import card
from app.studio.lessons import LOOKS, again, draw, far, forget, left_out, lesson, use
from app.studio.refusals import told
from app.studio.strings import say
from app.studio.tools import EVENTS_JS, button, drop, html, note
from consent.errors import Fault

if TYPE_CHECKING:
    from app.studio.desk import Desk
    from app.studio.lessons import Lesson
    from app.studio.sessions import Visitor
    from app.studio.tools import Parts

KINDS: Final = ("light", "gan", "original64")
"""Networks that are offered, the one to use first."""


def build_personal(parts: Parts) -> None:
    """Fill its place."""
    desk = parts.desk
    panel = html(js_on_load=EVENTS_JS, elem_id="personal")
    parts.show(panel, shown)
    parts.show(html(elem_id="personal-note"), note("personal"))
    parts.on(
        panel.studio,
        lambda visitor, detail: _happened(desk, visitor, detail),
        place="personal",
        detail=True,
        busy=panel,
    )


def _happened(desk: Desk, visitor: Visitor, detail: dict[str, str]) -> None:
    known = lesson(desk, visitor)
    training = known.training
    match detail.get("do"):
        case "learn":
            again(desk, visitor)
        case "train" if detail.get("network") in KINDS:
            known.train(desk, visitor, detail["network"])
        case "pause" if training is not None:
            training.pause()
        case "resume" if training is not None:
            training.resume()
        case "stop" if training is not None:
            training.stop()
        case "draw":
            draw(desk, visitor, known)
        case "use":
            use(desk, visitor)
        case "forget":
            forget(visitor, known)
        case "empty" if detail.get("side") in LOOKS:
            known.empty(detail["side"])


def shown(visitor: Visitor) -> str:
    """What is learnt of a visitor: nothing before the live check, a hint without their agreement."""
    if visitor.gate is None:
        return ""
    language, known = visitor.language, visitor.lesson
    if not set(PURPOSES) <= set(visitor.gate.purposes):
        return card("note", say("personal_title", language), say("personal_off", language))
    title = escape(say("personal_title", language))
    if known is None or known.model is None or (known.training is not None and known.trouble is not None):
        inside = _looks(known, language)
    else:
        inside = (_learnt if known.training is None else _training)(known, language) + _ways_on(visitor)
    return (
        f'<section class="mirror personal" aria-label="{title}"><h2>{title}</h2>'
        f"<p>{escape(say('personal_text', language))}</p>{inside}</section>"
    )


def _looks(known: Lesson | None, language: str) -> str:
    """The two looks with their fields, and what can be learnt from them."""
    fields = "".join(_look(known, side, language) for side in LOOKS)
    networks = "".join(button("train", say(f"personal_train_{kind}", language), network=kind) for kind in KINDS)
    learn = button("learn", say("personal_learn", language), kind="solid")
    return (
        f'{_trouble(known, language)}<div class="looks">{fields}</div><div class="actions">{learn}</div>'
        f"<details><summary>{escape(say('personal_or', language))}</summary>"
        f'<div class="actions">{networks}</div></details>'
    )


def _trouble(known: Lesson | None, language: str) -> str:
    trouble = None if known is None else known.trouble
    return "" if trouble is None else card("fault" if isinstance(trouble, Fault) else "no", *told(trouble, language))


def _look(known: Lesson | None, side: str, language: str) -> str:
    found = None if known is None else known.looks[side]
    some, notes = "", ""
    if found is not None and (found.frames or found.refused):
        some = f'<p class="chip">{escape(left_out(found, language))}</p>'
        some += button("empty", say("personal_empty", language), side=side)
        notes = "".join(card("note", *told(one, language)) for one in found.notes)
    title, text = say(f"personal_{side}", language), say(f"personal_{side}_text", language, least=FEWEST)
    kinds = say("personal_kinds", language)
    field = drop(f"/studio/personal/{side}", text, kinds, language, large="personal_too_large", side=side)
    return f"<div><h3>{escape(title)}</h3>{field}{some}{notes}</div>"


def _learnt(known: Lesson, language: str) -> str:
    model = known.model
    left = model.left_out if isinstance(model, Learnt) else 0
    count = 0 if model is None else model.frames
    said = say("personal_learnt_left" if left else "personal_learnt_from", language, count=count, left=left)
    more = button("learn", say("personal_again", language))
    return (
        f"{card('yes', say('personal_learnt', language), said)}{_trouble(known, language)}<details><summary>"
        f"{escape(say('personal_more', language))}</summary>{_look(known, 'now', language)}"
        f'<div class="actions">{more}</div></details>'
    )


def _training(known: Lesson, language: str) -> str:
    now = far(known, language)
    state = now["state"]
    name = "resume" if state != "running" else "pause"
    turns = button(name, say(f"personal_{name}", language))
    turns += button("stop", say("personal_stop", language)) if state != "stopped" else ""
    pictures = "".join(f'<img src="{escape(url)}" alt="">' for url in now["shown"])
    over_time, so_far = (escape(say(f"personal_{name}", language)) for name in ("curves", "shown"))
    return (
        f'<div class="trained" data-personal="{escape(state)}"><p class="far" role="status">{escape(now["text"])}</p>'
        f'<div class="curves" role="group" aria-label="{over_time}">{now["curves"]}</div>'
        f'<div class="grid" role="group" aria-label="{so_far}">{pictures}</div></div>'
        f'<div class="actions">{turns}</div>'
    )


def _ways_on(visitor: Visitor) -> str:
    language, target = visitor.language, visitor.pictures.get("target")
    buttons = button("draw", say("personal_draw", language), kind="solid")
    buttons += button("use", say("personal_use", language))
    buttons += button("forget", say("personal_forget", language))
    ready = target is not None and target.match is not None
    hints = [] if ready else [say("personal_draw_text", language)]
    source = visitor.pictures.get("source")
    if source is not None and source.learnt:
        hints.append(say("personal_used_text", language))
    return f'<div class="actions">{buttons}</div>' + "".join(f'<p class="quiet">{escape(one)}</p>' for one in hints)
