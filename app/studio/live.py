"""Stages 1 to 3 over a socket: prompts out, camera frames in, and at the end a verdict.

The page is told what to show and nothing else: which prompt comes next, whether it was followed, who is accepted and
why not is all decided here, by `consent`. Its first message says which of the two kinds of check it is to be and what
the person can do; that chooses what is asked, never whether it is enough. Cancelling, hiding the page or losing the
line ends the check; there is nothing to resume.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, HTTPException, WebSocket, WebSocketDisconnect
from fastapi.responses import FileResponse
from starlette.concurrency import run_in_threadpool

from app.capture import Camera
from app.flow import admit
from app.studio.desk import no
from app.studio.refusals import told
from app.studio.strings import hinted, say
from consent import attempts
from consent.errors import Fault, Refusal
from consent.liveness import Recorder
from consent.liveness.guide import ASK
from consent.types import Ability, Assurance

if TYPE_CHECKING:
    from starlette.types import Message

    from app.studio.desk import Desk
    from app.studio.sessions import Visitor
    from consent.liveness import Capture, Hint
    from consent.receipt import Receipt

STATIC: Final = Path(__file__).parent / "static"
SILENCE: Final = 15.0
"""Seconds without a frame after which the camera counts as stopped."""
BROWSER_NOS: Final = (
    "camera-refused",
    "no-camera",
    "camera-busy",
    "camera-stopped",
    "page-hidden",
    "connection-lost",
    "browser-old",
    "page-insecure",
    "virtual-camera",
    "flashing",
)
MAX_CHOICE: Final = 200
"""Characters of the page's first message; the longest that means anything has 102."""
WORDS: Final = (
    *("title", "video", "asking", "checking", "passed", "again", "change", "cancel", "close", "slow", "ring"),
    *("choose", "choose_kind", "recommended", "caution", "calm", "choose_can", "choose_can_text", "begin"),
)
"""What `capture.js` says by itself."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person chose before the check: one of the two kinds, which gate alike, and what they can do."""

    assurance: Assurance
    abilities: frozenset[Ability]


def choice(text: str) -> Choice:
    """Read the page's first message, `{"assurance": "motion", "abilities": ["turn", "nod"]}`.

    Raises:
        Refusal: `choice-unreadable`, for anything else: nobody is given a check they did not choose.
    """
    try:
        given = json.loads(text, object_pairs_hook=_pairs) if len(text) <= MAX_CHOICE else None
        if not (isinstance(given, dict) and set(given) == {"assurance", "abilities"}):
            raise TypeError
        assurance, named = Assurance(given["assurance"]), given["abilities"]
        abilities = frozenset(Ability(name) for name in named)
        if not isinstance(named, list) or len(abilities) != len(named):
            raise TypeError
    except (ValueError, TypeError):
        raise Refusal(
            "choice-unreadable", "The page did not say which kind of check you chose.", "Reload the page and try again."
        ) from None
    return Choice(assurance, abilities)


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a name was said twice")
    return dict(pairs)


def capture_html(language: str) -> str:
    """The start button with the words that `capture.js` needs."""
    words: dict[str, Any] = {name: say(f"capture_{name}", language) for name in WORDS}
    words["kinds"] = {
        kind.value: {part: say(f"kind_{kind.name.lower()}_{part}", language) for part in ("title", "text")}
        for kind in Assurance
    }
    words["abilities"] = {ability.value: say(f"ability_{ability.name.lower()}", language) for ability in Ability}
    words["no"] = {
        code: {"reason": refusal.reason, "remedy": refusal.remedy}
        for code, refusal in ((code, no(code, language)) for code in BROWSER_NOS)
    }
    return (
        f'<div class="start"><button type="button" data-start>{escape(say("prove_button", language))}</button>'
        f'<span hidden data-words="{escape(json.dumps(words))}"></span></div>'
    )


def routes(desk: Desk) -> APIRouter:
    """The capture routes: the page's own files, the agreement, the socket."""
    router = APIRouter()

    @router.get("/capture/assets/{name}")
    def asset(name: str) -> FileResponse:
        path = STATIC / name
        if path.parent != STATIC or not path.is_file():
            raise HTTPException(404)
        return FileResponse(path)

    @router.websocket("/capture/ws")
    async def capture(socket: WebSocket) -> None:
        visitor = desk.visitor(socket.headers)
        await socket.accept()
        await _converse(socket, visitor, desk)

    return router


async def _converse(socket: WebSocket, visitor: Visitor, desk: Desk) -> None:
    """One check from the first prompt to the verdict."""
    language = visitor.language
    mine = False
    try:
        with visitor.lock:
            if visitor.receipt is None:
                raise no("consent", language)
            if visitor.capturing:
                raise no("check-running", language)
            visitor.capturing = mine = True
            visitor.no = None
            receipt = visitor.receipt
        wanted = await _choice(socket, language)
        camera = Camera(await run_in_threadpool(_recorder, desk, wanted))
        await _film(socket, camera, language)
        await socket.send_json({"state": "checking"})
        await _judge(socket, desk, visitor, await run_in_threadpool(camera.capture), receipt)
        await socket.send_json({"verdict": {"ok": True}})
    except WebSocketDisconnect:
        return
    except (Refusal, Fault) as refusal:
        visitor.no = refusal if isinstance(refusal, Refusal) else None
        await _tell(socket, _told(refusal, desk, language))
    except Exception:
        log.exception("the live check broke")
        await _tell(socket, {"code": "fault", "reason": say("fault_reason"), "remedy": say("fault_remedy")})
    finally:
        if mine:
            visitor.capturing = False


def _recorder(desk: Desk, wanted: Choice) -> Recorder:
    """A challenge of the chosen kind, unless too many were failed just now."""
    return Recorder(attempts.begin(desk.ledger, assurance=wanted.assurance, abilities=wanted.abilities))


async def _choice(socket: WebSocket, language: str) -> Choice:
    """The first message: text, or the check does not begin."""
    return choice((await _next(socket, language)).get("text") or "")


async def _film(socket: WebSocket, camera: Camera, language: str) -> None:
    """Frames in, hints out, until the recorder has seen enough."""
    while True:
        message = await _next(socket, language)
        text, data = message.get("text"), message.get("bytes")
        if text is not None:
            _report(camera, text)
        elif data is not None:
            hint = await run_in_threadpool(camera.take, data)
            await socket.send_json({"ack": camera.sequence, "hint": _spoken(hint, language)})
            if hint.over:
                return


async def _next(socket: WebSocket, language: str) -> Message:
    """The next message of the page.

    Raises:
        WebSocketDisconnect: the page has gone.
        Refusal: `camera-stopped`, after `SILENCE`.
    """
    try:
        message = await asyncio.wait_for(socket.receive(), SILENCE)
    except TimeoutError:
        raise no("camera-stopped", language) from None
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1005))
    return message


def _report(camera: Camera, text: str) -> None:
    try:
        report = json.loads(text[:1000])
        index, at = int(report["shown"]), float(report["t"])
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        raise Refusal("frame-unreadable", "The page sent something that cannot be read.", "Reload the page.") from None
    camera.shown(index, at)


async def _judge(socket: WebSocket, desk: Desk, visitor: Visitor, capture: Capture, receipt: Receipt) -> None:
    """The verdict. A person who goes away before it is there has cancelled: the gate is closed again at once."""
    verdict = asyncio.create_task(run_in_threadpool(admit, capture, receipt, desk.ledger))
    gone = asyncio.create_task(_gone(socket))
    try:
        gate = await verdict
    finally:
        left = gone.done()
        gone.cancel()
    if left:
        await run_in_threadpool(gate.close)
        raise WebSocketDisconnect
    await run_in_threadpool(visitor.open, gate, receipt)


async def _gone(socket: WebSocket) -> None:
    """Return when the page has closed the connection; late frames are let fall."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


def _spoken(hint: Hint, language: str) -> dict[str, Any]:
    prompt = hint.prompt
    colour = None if prompt.colour is None else [round(255 * part) for part in prompt.colour.rgb]
    words = hinted(prompt.action, ASK[prompt.action], language)
    return {
        "code": hint.code,
        "text": hinted(hint.code, hint.text, language),
        "prompt": {"index": prompt.index, "action": prompt.action.value, "text": words, "colour": colour},
        "progress": round(hint.progress, 3),
        "seconds_left": _number(hint.seconds_left),
        "amount": _number(hint.amount),
        "dot": [[_number(part) for part in point] for point in hint.dot],
        "aim": None if hint.aim is None or not all(map(math.isfinite, hint.aim)) else [_number(p) for p in hint.aim],
    }


def _number(value: float | None) -> float | None:
    """Three decimals; nothing for what is no number, which JSON cannot say."""
    return round(value, 3) if value is not None and math.isfinite(value) else None


def _told(refusal: Refusal | Fault, desk: Desk, language: str) -> dict[str, Any]:
    reason, remedy = told(refusal, language)
    verdict: dict[str, Any] = {"code": refusal.code, "reason": reason, "remedy": remedy}
    if refusal.code == "too-many-tries":
        verdict["seconds"] = math.ceil(attempts.pause(desk.ledger.entries(), attempts.now()))
    return verdict


async def _tell(socket: WebSocket, verdict: dict[str, Any]) -> None:
    try:
        await socket.send_json({"verdict": {"ok": False, **verdict}})
        await socket.close()
    except (RuntimeError, WebSocketDisconnect):  # the page has gone; the verdict stands without it
        return
