"""The mirror's place on the Play page: what invites to it, and what `mirror.js` fills while it is open."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING, Any, Final

from app.studio.cards import card
from app.studio.desk import no
from app.studio.strings import say
from app.studio.tools import EVENTS_JS, html
from consent.types import Purpose

if TYPE_CHECKING:
    from app.studio.sessions import Visitor
    from app.studio.tools import Parts

WORDS: Final = (
    *("asking", "waiting", "record", "finish", "left", "one", "took", "making", "share", "share_left", "made", "rate"),
)
"""What `mirror.js` says by itself."""
NOS: Final = (
    *("camera-refused", "no-camera", "camera-busy", "camera-stopped", "mirror-hidden", "connection-lost"),
    *("browser-old", "page-insecure", "virtual-camera"),
)
"""What only the browser can see."""


def build_mirror(parts: Parts) -> None:
    """Fill its place. What was taken is shown on the stage as soon as the page is drawn again."""
    place = html(elem_id="mirror", js_on_load=EVENTS_JS)
    parts.show(place, glass)
    parts.on(place.studio, lambda _visitor: None)


def glass(visitor: Visitor) -> str:
    """The mirror of a visitor: nothing before the live check, a hint without their agreement."""
    if visitor.gate is None:
        return ""
    language = visitor.language
    if Purpose.MIRROR not in visitor.gate.purposes:
        return card("note", say("mirror_title", language), say("mirror_off", language))
    said = {name: escape(say(f"mirror_{name}", language)) for name in _MARKUP}
    record = '<button type="button" data-mirror="record" disabled></button>'
    return (
        f'<section class="mirror" aria-label="{said["title"]}" data-words="{escape(json.dumps(_words(language)))}">'
        f'<div class="invite"><div><h3>{said["title"]}</h3><p>{said["text"]}</p>'
        '<p class="ended" role="status" aria-live="polite"></p></div>'
        f'<button type="button" class="solid" data-mirror="open">{said["start"]}</button></div>'
        f'<div class="open" hidden><figure class="picture glass">'
        f'<canvas role="img" aria-label="{said["picture"]}"></canvas>'
        '<div class="blank"><p class="why" role="status" aria-live="assertive" aria-atomic="true"></p>'
        '<p class="what"></p></div><p class="rec" hidden></p></figure>'
        '<div class="making" hidden><p class="doing"></p>'
        '<progress max="1" value="0"></progress><p class="far"></p></div>'
        f'<div class="actions"><button type="button" class="solid" data-mirror="snap" disabled>{said["snap"]}</button>'
        f"{record if Purpose.VIDEO in visitor.gate.purposes else ''}"
        f'<button type="button" data-mirror="cancel" hidden>{said["cancel"]}</button>'
        f'<button type="button" data-mirror="close">{said["close"]}</button></div>'
        f'<p class="quiet" role="status" aria-live="polite" data-heard></p>'
        f'<p class="quiet">{said["note"]} <span data-rate></span></p></div>'
        f'<div class="taken" hidden><h3>{said["taken"]}</h3><ul></ul></div></section>'
    )


_MARKUP: Final = ("title", "text", "start", "picture", "snap", "cancel", "close", "taken", "note")


def _words(language: str) -> dict[str, Any]:
    words: dict[str, Any] = {name: say(f"mirror_{name}", language) for name in WORDS}
    said = {code: no(code, language) for code in NOS}
    words["no"] = {code: {"reason": refusal.reason, "remedy": refusal.remedy} for code, refusal in said.items()}
    return words
