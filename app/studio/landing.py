"""The small page that a command opens for its live check: agree, prove, done. No gradio, so it is there at once."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import HTMLResponse

from app.home import Home
from app.studio.desk import MINUTES, Desk
from app.studio.guard import MAX_EVENT, Guard
from app.studio.live import capture_html
from app.studio.refusals import told
from app.studio.server import Running, bind, build, ending_well, private_scratch
from app.studio.strings import COMMAND_NOTICE, consent_text, say
from app.studio.strings import language as spoken
from app.studio.terminal import plain_words
from app.studio.uploads import received
from consent.errors import Refusal
from consent.types import Purpose

if TYPE_CHECKING:
    from consent.gate import Gate

PATIENCE: Final = 10 * 60.0
"""Seconds a command waits for a person."""

PAGE: Final = """<!doctype html><html lang="{language}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark">
<title>{title}</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="/capture/assets/capture.css"><link rel="stylesheet" href="/capture/assets/studio.css">
<link rel="stylesheet" href="/capture/assets/landing.css"></head>
<body><main id="landing"><h1>{title}</h1><p class="lead">{lead}</p>
<form class="sheet"><h2>{heading}</h2>{sections}
<label><input type="checkbox" name="myself"> <span>{myself}</span></label>
<label><input type="checkbox" name="adult"> <span>{adult}</span></label>
<p class="card no" role="alert" hidden></p><div id="capture">{capture}</div></form>
<section class="card yes" role="status" hidden><h3>{done}</h3></section></main>
<script type="module" src="/capture/assets/landing.js"></script></body></html>"""


@contextlib.contextmanager
def live_gate(home: Home, purposes: Sequence[Purpose], port: int, announce: Callable[[Guard], None]) -> Iterator[Gate]:
    """Serve the small page until somebody has passed the check; the gate is closed when the block is left.

    Args:
        home: keys, receipts, ledger.
        purposes: what is asked for: what is done, and that it is a film, if it is.
        port: 0 chooses a free one.
        announce: is given the guard, for its link, once the page is there.

    Yields:
        The open gate.

    Raises:
        Refusal: `nobody-came`, after ten minutes.
        Fault: the port cannot be used.
    """
    door = bind("127.0.0.1", port)

    def page(api: FastAPI, desk: Desk) -> None:
        api.include_router(_routes(desk, purposes))

    with private_scratch(), ending_well(), plain_words():
        guard, desk = build(door.getsockname()[1], home, page=page)
        with Running(guard, door) as running:
            running.wait()
            announce(guard)
            ends = time.monotonic() + PATIENCE
            while (gate := desk.store.opened()) is None:
                if time.monotonic() > ends:
                    raise Refusal(
                        "nobody-came", "Nobody has done the camera check.", "Run the command again when you are there."
                    )
                time.sleep(0.1)
            time.sleep(0.5)  # let the page say so before the server goes
            try:
                yield gate
            finally:
                desk.store.wipe()


def _routes(desk: Desk, purposes: Sequence[Purpose]) -> APIRouter:
    router = APIRouter()

    @router.get("/")
    def page(request: Request) -> Response:
        desk.visitor(request.headers)
        language = _language(request)
        sections = "".join(
            f"<h3>{escape(say(f'agree_{title}_title', language))}</h3>"
            f"<p>{escape(say(f'agree_{text}', language, minutes=MINUTES))}</p>"
            for title, text in (("happens",) * 2, ("kept", "kept_command"), ("stop", "stop_command"), ("marked",) * 2)
        )
        words = {
            "title": say("live_title", language),
            "lead": say("live_for", language, purpose=_asked(purposes, language)),
            "heading": say("agree_title", language),
            "myself": say("agree_me", language),
            "adult": say("agree_adult", language),
            "done": say("live_done", language),
        }
        safe = {name: escape(text) for name, text in words.items()}
        filled = PAGE.format(language=language, sections=sections, capture=capture_html(language), **safe)
        return HTMLResponse(filled)

    @router.post("/capture/consent")
    async def consent(request: Request) -> dict[str, object]:
        visitor = desk.visitor(request.headers)
        try:
            given = json.loads(await received(request, MAX_EVENT))
        except (ValueError, RecursionError):
            given = None
        given = given if isinstance(given, dict) else {}
        visitor.language = _language(request)
        asked = _asked(purposes, visitor.language)
        text = consent_text(COMMAND_NOTICE, visitor.language, minutes=MINUTES, purpose=asked)
        myself, adult = given.get("myself") is True, given.get("adult") is True
        try:
            asked_for = [str(one) for one in purposes]
            desk.agree(visitor, asked_for, COMMAND_NOTICE, text, myself=myself, adult=adult, offered=purposes)
        except Refusal as no:
            reason, remedy = told(no, visitor.language)
            return {"ok": False, "reason": reason, "remedy": remedy}
        return {"ok": True}

    return router


def _language(request: Request) -> str:
    return spoken(request.headers.get("accept-language", ""), request.headers.get("cookie", ""))


def _asked(purposes: Sequence[Purpose], language: str) -> str:
    """What is asked for, in words."""
    return "; ".join(say(f"purpose_{one}", language) for one in purposes)
