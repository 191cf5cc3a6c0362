"""Step 3, Play: choose a picture of yourself, choose what to make, look at before and after, take it with you."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Any, Final

import gradio as gr

from app.engines._options import chosen
from app.engines.age import AgeOptions
from app.engines.combine import CombineOptions
from app.engines.express import ExpressOptions
from app.engines.swap import SwapOptions
from app.studio.cards import card
from app.studio.desk import CHANGES
from app.studio.expressions import asked, panel
from app.studio.films_panel import build_film
from app.studio.glass import build_mirror
from app.studio.refusals import told
from app.studio.sessions import SIDES
from app.studio.strings import say
from app.studio.strip import make_strip, strip_of
from app.studio.tools import EVENTS_JS, button, drop, html, note
from consent.errors import Refusal
from consent.types import Purpose

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.flow import Options
    from app.studio.desk import Desk
    from app.studio.sessions import Picture, Result, Side, Visitor
    from app.studio.tools import Parts


TOGETHER: Final = "together"
"""The choice of several things at once."""


def build_play(parts: Parts) -> None:
    """Fill the step."""
    words, desk = parts.words, parts.desk
    locked = html(elem_id="play-locked")
    parts.show(locked, _locked)
    with gr.Row(elem_id="play", visible=False, equal_height=False) as area:
        with gr.Column(scale=3, min_width=320):
            stage = html(js_on_load=EVENTS_JS, elem_id="stage")
            build_mirror(parts)
            connect_film = build_film(parts)
        with gr.Column(scale=2, min_width=300, elem_id="controls"):
            choices = [(words(f"action_{name}"), name) for name in (*(one.value for one in CHANGES), TOGETHER)]
            action = gr.Radio(choices, value=CHANGES[0].value, label=words("play_action"), elem_id="action")
            # Which of these is seen follows from the choice above, in the style sheet.
            with gr.Column(elem_id="age-controls"):
                years = gr.Slider(
                    -20, 40, 25, step=1, label=words("years"), info=words("years_info"), buttons=[], elem_id="years"
                )
                six = gr.Button(words("strip_make"), elem_id="make-strip")
            with gr.Column(elem_id="express-controls"):
                face = panel(words)
            with gr.Column(elem_id="source-controls"):
                source = html(js_on_load=EVENTS_JS, elem_id="source")
            with gr.Column(elem_id="swap-controls"):
                amount = gr.Slider(0, 1, 1, step=0.05, label=words("amount"), buttons=[], elem_id="amount")
                boxes = [(words(f"part_{part}"), part) for part in SwapOptions().parts]
                some = gr.CheckboxGroup(boxes, value=list(SwapOptions().parts), label=words("parts"), elem_id="parts")
            make = gr.Button(words("make"), variant="primary", elem_id="make")
            parts.show(html(elem_id="play-note"), note("play"))
    parts.show(area, lambda visitor: gr.Row(visible=visitor.gate is not None))
    parts.show(stage, _stage)
    parts.show(source, lambda visitor: _slot(visitor, "source"))

    def make_it(visitor: Visitor, *sent: Any) -> None:
        desk.make(visitor, wanted(*sent), ready=str(sent[4]))

    parts.on(six.click, lambda visitor: make_strip(desk, visitor), busy=stage)
    parts.on(make.click, make_it, [action, amount, some, years, *face], busy=stage)
    connect_film([action, amount, some, years, *face], wanted)
    for part in (stage, source):
        parts.on(part.studio, _handler(desk), detail=True, busy=part)


def wanted(action: Any, much: Any, which: Any, how_old: Any, *face: Any) -> Options:
    """What the page asks for, in the order in which `build_play` names its inputs.

    Raises:
        Refusal: `bad-option`: browsers can send anything; `nothing-to-do`: of several things, all at neutral.
    """
    makers: dict[str, Callable[[], Options]] = {
        Purpose.AGE.value: lambda: AgeOptions(years=how_old),
        Purpose.EXPRESS.value: lambda: asked(*face),
        Purpose.SWAP.value: lambda: SwapOptions(amount=much, parts=tuple(which) if isinstance(which, list) else which),
    }
    chosen("action", action, (*makers, TOGETHER))
    if action != TOGETHER:
        return makers[action]()
    parts: dict[str, Any] = {name: make() for name, make in makers.items()}
    used = {name: one for name, one in parts.items() if not _changes_nothing(one)}
    if not used:
        raise Refusal("nothing-to-do", "Nothing would change.", "Move a slider, or choose an expression.")
    return CombineOptions(**used) if len(used) > 1 else next(iter(used.values()))


def _changes_nothing(options: Options) -> bool:
    """Whether a slider at its neutral place leaves that part out of several at once."""
    if isinstance(options, SwapOptions):
        return not (options.amount and options.parts)
    return options in (AgeOptions(), ExpressOptions())


def _handler(desk: Desk) -> Any:
    def happened(visitor: Visitor, detail: dict[str, str]) -> None:
        side = detail.get("side", "")
        if side not in SIDES:
            return
        match detail.get("do"):
            case "uploaded":
                visitor.shown = None if side == "target" else visitor.shown
                desk.look(visitor, side)
            case "choose":
                face = detail.get("face", "")
                # -1 is nobody: what is no number chooses nobody, and never the first by default
                desk.look(visitor, side, int(face) if re.fullmatch(r"[0-9]{1,4}", face) else -1)
            case "live":
                desk.live(visitor, side)
                visitor.shown = None if side == "target" else visitor.shown
            case "show":
                visitor.shown = detail.get("key") if detail.get("key") in visitor.results else visitor.shown
            case "back":
                visitor.shown = None
            case "clear":
                visitor.pictures.pop(side, None)

    return happened


def _locked(visitor: Visitor) -> str:
    if visitor.gate is not None:
        return ""
    language = visitor.language
    if visitor.ended:
        return card("no", say("ended_title", language), say("ended", language))
    return card("note", say("play_locked_title", language), say("play_locked", language))


def _stage(visitor: Visitor) -> str:
    if visitor.gate is None:
        return ""
    result = visitor.results.get(visitor.shown or "")
    if result is None:
        return _slot(visitor, "target")
    language, key = visitor.language, visitor.shown
    width, height = result.before.size
    after = f'<img class="after" src="/studio/result/{key}" alt="{escape(say("after", language))}">'
    if result.stamped.mime == "video/mp4":
        name = escape(say("after", language))
        after = f'<video class="after" src="/studio/result/{key}" controls playsinline aria-label="{name}"></video>'
    size = f"max-width:calc(64vh*{width / height:.4f})"
    figure = f'<figure class="picture" style="{size}">{after}</figure>'
    if result.before.data:  # a live frame has no before to show
        figure = _compared(after, f"/studio/before/{key}", size, _cut(result), language)
    return (
        f"{figure}{strip_of(visitor, result)}"
        f'<div class="actions"><a class="solid" id="download" href="/studio/result/{key}?save=1" '
        f'download="{escape(result.name)}">{escape(say("download", language))}</a>'
        f"{button('back', say('back', language), side='target')}</div>"
        f'<p class="quiet">{escape(say("result_note", language))}</p>'
    )


def _compared(after: str, before: str, size: str, cut: int, language: str) -> str:
    """Both pictures, one over the other, and the slider between them."""
    hint = escape(say("compare", language))
    return (
        f'<figure class="compare" style="--cut:{cut}%;{size}">{after}'
        f'<div class="before"><img src="{before}" alt="{escape(say("before", language))}"></div>'
        f'<span class="tag left">{escape(say("before", language))}</span>'
        f'<span class="tag right">{escape(say("after", language))}</span><i></i>'
        f'<input type="range" min="0" max="100" value="{cut}" step="0.5" aria-label="{hint}"></figure>'
    )


def _cut(result: Result) -> int:
    """Where the slider stands first, in percent: in the middle, but never so that it hides the label."""
    label = result.stamped.report.label
    left = 100 * label.box[0] / result.before.size[0] if label is not None else 0.0
    return round(max(0.0, min(50.0, left - 2)))


def _slot(visitor: Visitor, side: Side) -> str:
    """One picture on the table, or the field to drop one on."""
    if visitor.gate is None:
        return ""
    language, picture = visitor.language, visitor.pictures.get(side)
    if picture is None:
        live = button("live", say("use_live", language), side=side)
        title = say(f"{side}_text", language)
        kinds = say("drop_kinds", language)
        return drop(f"/studio/picture/{side}", title, kinds, language, side=side, extra=live)
    width, height = max(picture.size[0], 1), max(picture.size[1], 1)
    shown = ""
    if picture.match is not None and not picture.data:
        shown = f'<figure class="picture unseen"><p>{escape(say("live_unseen", language))}</p></figure>'
    elif picture.size != (0, 0):
        name = escape(say(f"{side}_title", language))
        boxes = _boxes(picture, side, language)
        shown = (
            f'<figure class="picture" style="max-width:calc(64vh*{width / height:.4f})">'
            f'<img src="/studio/picture/{side}?n={picture.number}" alt="{name}">{boxes}</figure>'
        )
    chip = ""
    if picture.match is not None:
        said = say("matched" if picture.data else "matched_live", language)
        chip = f'<span class="chip">{escape(said)}</span>'
    no = ""
    if picture.no is not None:
        ask = f"<p><strong>{escape(say('choose_face', language))}</strong></p>" if len(picture.boxes) > 1 else ""
        no = card("no", *told(picture.no, language), f"{ask}<code>{escape(picture.no.code)}</code>")
    other = button("clear", say("take_away", language), side=side)
    return f'{shown}{no}<div class="actions">{chip}{other}</div>'


def _boxes(picture: Picture, side: Side, language: str) -> str:
    """The faces the gate speaks of; with numbers to choose from when it asked which one."""
    wide, high = picture.size[0] / 100, picture.size[1] / 100
    many = picture.match is None and len(picture.boxes) > 1
    drawn = []
    for index, (x, y, w, h) in enumerate(picture.boxes):
        style = f"left:{x / wide:.2f}%;top:{y / high:.2f}%;width:{w / wide:.2f}%;height:{h / high:.2f}%"
        kind = "yes" if picture.match is not None else "no"
        name = escape(say("face_number", language, number=index + 1))
        if many:
            drawn.append(
                f'<button type="button" class="box ask" style="{style}" data-do="choose" data-side="{side}" '
                f'data-face="{index}" aria-label="{name}"><b>{index + 1}</b></button>'
            )
        else:
            drawn.append(f'<span class="box {kind}" style="{style}" aria-hidden="true"></span>')
    return "".join(drawn)
