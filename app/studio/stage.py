"""The stage of Play: the picture on the table or what was made of it, and under it what can be done with that."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from app.studio.cards import card, heading
from app.studio.refusals import told
from app.studio.strings import say
from app.studio.strip import strip_of
from app.studio.tools import button, drop

if TYPE_CHECKING:
    from app.studio.sessions import Picture, Result, Side, Visitor


def on_stage(visitor: Visitor) -> str:
    """The picture alone, so that it can stay in sight; or the field to drop one on."""
    if visitor.gate is None:
        return ""
    return heading("play", visitor.language) + _on_stage(visitor)


def _on_stage(visitor: Visitor) -> str:
    result = visitor.results.get(visitor.shown or "")
    if result is None:
        return _field(visitor, "target") if "target" not in visitor.pictures else _figure(visitor, "target")
    language, key = visitor.language, visitor.shown
    after = f'<img class="after" src="/studio/result/{key}" alt="{escape(say("after", language))}">'
    if result.stamped.mime == "video/mp4":
        name = escape(say("after", language))
        after = f'<video class="after" src="/studio/result/{key}" controls playsinline aria-label="{name}"></video>'
    if result.before.data:  # a live frame has no before to show
        return _compared(after, f"/studio/before/{key}", result, _trial(visitor, result), language)
    return f'<figure class="picture" {_trial(visitor, result)} {_wide(result.before)}>{after}</figure>'


def under(visitor: Visitor) -> str:
    """What the gate said of the picture, or the ways on from a result; and everything made in this session."""
    if visitor.gate is None:
        return ""
    language, result = visitor.language, visitor.results.get(visitor.shown or "")
    tried = '<p class="quiet" role="status" data-tried></p>'
    if result is None:
        answer = _answer(visitor, "target") if "target" in visitor.pictures else ""
        return tried + answer + _gallery(visitor, result)
    back = button("undo", say("undo", language), side="target") if visitor.way_back else ""
    return (
        f"{tried}{strip_of(visitor, result)}"
        f'<div class="actions"><a class="solid" id="download" href="/studio/result/{visitor.shown}?save=1" '
        f'download="{escape(result.name)}">{escape(say("download", language))}</a>'
        f"{back}{button('back', say('back', language), side='target')}</div>"
        f'<p class="quiet">{escape(say("result_note", language))}</p>{_gallery(visitor, result)}'
    )


def slot(visitor: Visitor, side: Side) -> str:
    """One picture on the table with what the gate said of it, or the field to drop one on."""
    if visitor.gate is None:
        return ""
    if side not in visitor.pictures:
        return _field(visitor, side)
    return _figure(visitor, side) + _answer(visitor, side)


def _trial(visitor: Visitor, result: Result | None = None) -> str:
    """Says that previews may be shown here: of this very picture, if the gate has said yes to it."""
    target = visitor.pictures.get("target")
    if target is None or target.match is None or (result is not None and result.before is not target):
        return ""
    return f'data-preview="{escape(say("preview", visitor.language))}"'


def _wide(picture: Picture) -> str:
    """The proportions of a picture, for the style sheet: it bounds the height and the page never jumps."""
    width, height = max(picture.size[0], 1), max(picture.size[1], 1)
    return f'style="--wide:{width / height:.4f}"'


def _compared(after: str, before: str, result: Result, trial: str, language: str) -> str:
    """Both pictures, one over the other, and the slider between them."""
    hint, cut = escape(say("compare", language)), _cut(result)
    width, height = result.before.size
    return (
        f'<figure class="compare" {trial} style="--cut:{cut}%;--wide:{width / max(height, 1):.4f}">{after}'
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


def _gallery(visitor: Visitor, shown: Result | None) -> str:
    """Everything made in this session but the strip that is shown, the newest first; nothing while there is one."""
    with visitor.lock:
        kept = [(key, one) for key, one in reversed(visitor.results.items())]
    made = [(key, one) for key, one in kept if not one.strip or shown is None or one.strip != shown.strip]
    if not made or (len(made) == 1 and made[0][1] is shown):
        return ""
    language, pieces = visitor.language, []
    for number, (key, one) in enumerate(made):
        name = escape(say("gallery_number", language, number=len(made) - number))
        pressed = "true" if one is shown else "false"
        small = f'<img src="/studio/result/{key}" alt="">'
        if one.stamped.mime == "video/mp4":
            small = f'<video src="/studio/result/{key}" muted preload="metadata" tabindex="-1"></video>'
        pieces.append(
            f'<button type="button" data-do="show" data-side="target" data-key="{key}" aria-pressed="{pressed}" '
            f'aria-label="{name}">{small}</button>'
        )
    title = escape(say("gallery", language))
    return (
        f'<h3 class="made">{title}</h3><div class="gallery" role="group" aria-label="{title}">{"".join(pieces)}</div>'
    )


def _field(visitor: Visitor, side: Side) -> str:
    language = visitor.language
    live = button("live", say("use_live", language), side=side)
    if side == "source" and visitor.lesson is not None and visitor.lesson.model is not None:
        live += button("learnt", say("personal_take", language), side=side)
    kinds = say("drop_kinds", language)
    return drop(f"/studio/picture/{side}", say(f"{side}_text", language), kinds, language, side=side, extra=live)


def _figure(visitor: Visitor, side: Side) -> str:
    """A picture on the table, with the faces the gate speaks of; of a live frame only that it is there."""
    language, picture = visitor.language, visitor.pictures[side]
    trial = _trial(visitor) if side == "target" else ""
    if picture.match is not None and not picture.data:
        said = escape(say("personal_unseen" if picture.learnt else "live_unseen", language))
        return f'<figure class="picture unseen" {trial} {_wide(picture)}><p>{said}</p></figure>'
    if picture.size == (0, 0):
        return ""
    name = escape(say(f"{side}_title", language))
    return (
        f'<figure class="picture" {trial} {_wide(picture)}>'
        f'<img src="/studio/picture/{side}?n={picture.number}" alt="{name}">{_boxes(picture, side, language)}</figure>'
    )


def _answer(visitor: Visitor, side: Side) -> str:
    """What the gate said, and the way to another picture."""
    language, picture = visitor.language, visitor.pictures[side]
    chip = no = ""
    if picture.match is not None:
        words = "personal_used" if picture.learnt else "matched" if picture.data else "matched_live"
        chip = f'<span class="chip">{escape(say(words, language))}</span>'
    if picture.no is not None:
        ask = f"<p><strong>{escape(say('choose_face', language))}</strong></p>" if len(picture.boxes) > 1 else ""
        no = card("no", *told(picture.no, language), f"{ask}<code>{escape(picture.no.code)}</code>")
    return f'{no}<div class="actions">{chip}{button("clear", say("take_away", language), side=side)}</div>'


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
