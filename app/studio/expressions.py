"""The controls of an expression: ready-made ones, ones to copy, and sliders; and whose face lends for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import gradio as gr

from app.engines._options import chosen
from app.engines.combine import CombineOptions
from app.engines.express import NAMES, ExpressOptions
from app.studio.cards import refusal
from consent.errors import Refusal
from consent.types import Action, Origin

if TYPE_CHECKING:
    from app.flow import Options
    from app.studio.sessions import Visitor
    from consent.gate import Gate
    from consent.types import Match

PHOTO: Final = "copy-photo"
LIVE: Final = {"copy-open-mouth": Action.OPEN_MOUTH, "copy-close-eyes": Action.CLOSE_EYES}
CHOICES: Final = (*NAMES[1:], PHOTO, *LIVE, NAMES[0])
"""Ready-made expressions, those that are copied (of the other photo, or of a live frame), and none."""
SLIDERS: Final = ("smile", "mouth", "brows", "eyes", "gaze", "gaze_up", "tilt", "turn")


def panel(words: gr.I18n) -> list[Any]:
    """The components, in the order in which `asked` takes their values."""
    choices = [(words(f"face_{name.replace('-', '_')}"), name) for name in CHOICES]
    ready = gr.Radio(choices, value=CHOICES[0], label=words("face_choice"), elem_id="faces")
    sliders = [
        gr.Slider(
            0 if name == "mouth" else -1,
            1,
            0,
            step=0.05,
            label=words(f"slider_{name}"),
            buttons=[],
            elem_id=f"slider-{name}",
        )
        for name in SLIDERS
    ]
    return [ready, *sliders]


def asked(ready: Any, *face: Any) -> ExpressOptions:
    """What these values mean.

    Raises:
        Refusal: `bad-option`: browsers can send anything.
    """
    chosen("expression", ready, CHOICES)
    sliders = dict(zip(SLIDERS, face, strict=True))
    if ready in NAMES:
        return ExpressOptions(**sliders, preset=ready)
    return ExpressOptions(**sliders, copy=1.0)


def lender(visitor: Visitor, gate: Gate, ready: str) -> Match | None:
    """Whose expression is copied, or whose teeth and lids may lend; None if that is a photo not yet given.

    Args:
        visitor: whose table.
        gate: theirs.
        ready: one of `CHOICES`.
    """
    live = gate.live()
    if ready in LIVE:
        frames = [one for one in live if one.action is LIVE[ready]] or list(live)
        most = max if LIVE[ready] is Action.OPEN_MOUTH else min
        return most(frames, key=lambda one: one.face.mouth if most is max else max(one.face.eyes))
    with visitor.lock:
        picture = visitor.pictures.get("source")
    if picture is not None and picture.match is not None:
        return picture.match
    return None if ready == PHOTO else live[0]


def beside_swap(visitor: Visitor, gate: Gate, ready: str, source: Match) -> Match:
    """Whose face is put in and whose expression is copied at once: leave is for one pair of pictures.

    Args:
        visitor: whose table.
        gate: theirs.
        ready: one of `CHOICES`.
        source: the picture whose face is put in.

    Raises:
        Refusal: `copy-beside-swap`: the one is a photo, the other would be a live frame.
    """
    if ready not in LIVE:
        return source
    if source.origin is not Origin.LIVE:
        raise Refusal(
            "copy-beside-swap",
            "The face is taken from your photo here, so a live expression cannot be copied at the same time.",
            "Copy the photo, or use your live picture in its place.",
        )
    return lender(visitor, gate, ready) or source


def notes(visitor: Visitor, gate: Gate, source: Match, target: Match, options: Options) -> str:
    """Cards with what could not be done wholly, and the one thing that helps."""
    express = options.express if isinstance(options, CombineOptions) else options
    if not isinstance(express, ExpressOptions):
        return ""
    said = express.advice(gate, source, target)
    return "".join(refusal(one, visitor.language, kind="note") for one in said)
