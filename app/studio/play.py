"""Step 3, Play: choose a picture of yourself, choose what to make, look at before and after, take it with you."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import gradio as gr

from app.engines._options import chosen
from app.engines.age import AgeOptions
from app.engines.combine import CombineOptions
from app.engines.express import ExpressOptions
from app.engines.swap import SwapOptions
from app.studio.cards import card, heading
from app.studio.desk import CHANGES
from app.studio.expressions import asked, panel
from app.studio.films_panel import build_film
from app.studio.glass import build_mirror
from app.studio.lessons import use
from app.studio.personal_panel import build_personal
from app.studio.sessions import SIDES
from app.studio.stage import on_stage, slot, under
from app.studio.strings import say
from app.studio.strip import far, make_strip, stop_strip
from app.studio.tools import EVENTS_JS, html, note
from consent.errors import Refusal
from consent.types import Purpose

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.flow import Options
    from app.studio.desk import Desk
    from app.studio.sessions import Side, Visitor
    from app.studio.tools import Parts


TOGETHER: Final = "together"
"""The choice of several things at once."""


def build_play(parts: Parts) -> None:
    """Fill the step."""
    words, desk = parts.words, parts.desk
    locked = html(elem_id="play-locked")
    parts.show(locked, _locked)
    with gr.Row(elem_id="play", visible=False, equal_height=False) as area:
        with gr.Column(scale=3, min_width=320, elem_id="table"):
            stage = html(js_on_load=EVENTS_JS, elem_id="stage")
            below = html(js_on_load=EVENTS_JS, elem_id="under")
        with gr.Column(elem_id="mirror-place"):
            build_mirror(parts)
        with gr.Column(elem_id="film-place"):
            connect_film = build_film(parts)
        with gr.Column(elem_id="personal-place"):
            build_personal(parts)
        with gr.Column(scale=2, min_width=300, elem_id="controls"):
            choices = [(words(f"action_{name}"), name) for name in (*(one.value for one in CHANGES), TOGETHER)]
            action = gr.Radio(choices, value=CHANGES[0].value, label=words("play_action"), elem_id="action")
            # Which of these is seen follows from the choice above, in the style sheet.
            with gr.Column(elem_id="age-controls"):
                years = gr.Slider(
                    -20, 40, 25, step=1, label=words("years"), info=words("years_info"), buttons=[], elem_id="years"
                )
                six = gr.Button(words("strip_make"), elem_id="make-strip")
                stop = gr.Button(words("strip_stop"), elem_id="stop-strip", visible=False)
                parts.show(html(elem_id="strip-far"), far)
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
    controls = [action, amount, some, years, *face]
    parts.show(stage, on_stage)
    parts.show(below, under)
    parts.show(source, lambda visitor: slot(visitor, "source"))
    for number, control in enumerate(controls):
        parts.show(control, partial(_again, number))

    def make_it(visitor: Visitor, *sent: Any) -> None:
        desk.make(visitor, wanted(*sent), ready=str(sent[4]), asked=sent)

    parts.show(six, lambda visitor: gr.Button(visible=visitor.strip is None))
    parts.show(stop, lambda visitor: gr.Button(visible=visitor.strip is not None))
    parts.on(six.click, lambda visitor: make_strip(desk, visitor), steps=True)
    parts.on(stop.click, stop_strip)
    parts.on(make.click, make_it, controls, busy=stage)
    connect_film(controls, wanted)
    for part in (stage, below, source):
        parts.on(part.studio, _handler(desk), detail=True, busy=stage if part is below else part)


def _again(number: int, visitor: Visitor) -> Any:
    """What a control says again after one step back; nothing at any other time."""
    return visitor.restore[number] if number < len(visitor.restore) else gr.skip()


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
                desk.look(visitor, side)
                _fresh(visitor, side)
            case "choose":
                face = detail.get("face", "")
                # -1 is nobody: what is no number chooses nobody, and never the first by default
                desk.look(visitor, side, int(face) if re.fullmatch(r"[0-9]{1,4}", face) else -1)
            case "live":
                desk.live(visitor, side)
                _fresh(visitor, side)
            case "learnt":
                use(desk, visitor)
            case "show":
                _shown(visitor, detail.get("key", ""))
            case other:
                _back(visitor, side, other)

    return happened


def _back(visitor: Visitor, side: Side, what: str | None) -> None:
    """To the picture as it was, to the result before this one, or to no picture."""
    match what:
        case "back":
            visitor.show(None)
        case "undo":
            visitor.undo()
        case "clear":
            visitor.take_away(side)


def _fresh(visitor: Visitor, side: str) -> None:
    """A new target is shown itself, and no result of the last one."""
    if side == "target":
        visitor.show(None)


def _shown(visitor: Visitor, key: str) -> None:
    """Another result on the stage; the controls say what they said for it."""
    if key in visitor.results:
        visitor.show(key)
        visitor.restore = visitor.results[key].asked


def _locked(visitor: Visitor) -> str:
    if visitor.gate is not None:
        return ""
    language = visitor.language
    if visitor.ended:
        return heading("play", language) + card("no", say("ended_title", language), say("ended", language))
    return heading("play", language) + card("note", say("play_locked_title", language), say("play_locked", language))
