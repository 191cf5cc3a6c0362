"""Stages 1 to 3 over a socket: prompts out, camera frames in, and at the end a verdict.

The page is told what to show and nothing else: which prompt comes next, whether it was followed, who is accepted and
why not is all decided here, by `consent`. Cancelling, hiding the page or losing the line ends the check; there is
nothing to resume.
"""

from __future__ import annotations

import asyncio
import json
import logging
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, HTTPException, WebSocket, WebSocketDisconnect
from fastapi.responses import FileResponse
from starlette.concurrency import run_in_threadpool

from app.capture import Camera
from app.flow import admit
from app.studio.desk import no
from app.studio.strings import hinted, say
from consent.challenge import draw
from consent.errors import Fault, Refusal
from consent.liveness import Recorder
from consent.liveness.guide import ASK

if TYPE_CHECKING:
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
)
log = logging.getLogger(__name__)


def capture_html(language: str) -> str:
    """The start button with the words that `capture.js` needs."""
    names = ("title", "video", "asking", "checking", "passed", "again", "cancel", "close")
    words: dict[str, Any] = {name: say(f"capture_{name}", language) for name in names}
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
        camera = Camera(await run_in_threadpool(lambda: Recorder(draw())))
        await _film(socket, camera, language)
        await socket.send_json({"state": "checking"})
        await _judge(socket, desk, visitor, await run_in_threadpool(camera.capture), receipt)
        await socket.send_json({"verdict": {"ok": True}})
    except WebSocketDisconnect:
        return
    except (Refusal, Fault) as refusal:
        visitor.no = refusal if isinstance(refusal, Refusal) else None
        await _tell(socket, _told(refusal))
    except Exception:
        log.exception("the live check broke")
        await _tell(socket, {"code": "fault", "reason": say("fault_reason"), "remedy": say("fault_remedy")})
    finally:
        if mine:
            visitor.capturing = False


async def _film(socket: WebSocket, camera: Camera, language: str) -> None:
    """Frames in, hints out, until the recorder has seen enough."""
    while True:
        try:
            message = await asyncio.wait_for(socket.receive(), SILENCE)
        except TimeoutError:
            raise no("camera-stopped", language) from None
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        text, data = message.get("text"), message.get("bytes")
        if text is not None:
            _report(camera, text)
        elif data is not None:
            hint = await run_in_threadpool(camera.take, data)
            await socket.send_json({"ack": camera.sequence, "hint": _spoken(hint, language)})
            if hint.over:
                return


def _report(camera: Camera, text: str) -> None:
    try:
        report = json.loads(text[:1000])
        index, at = int(report["shown"]), float(report["t"])
    except (ValueError, KeyError, TypeError, OverflowError):
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
        await run_in_threadpool(gate.withdraw)
        raise WebSocketDisconnect
    visitor.open(gate, receipt)


async def _gone(socket: WebSocket) -> None:
    """Return when the page has closed the connection; late frames are let fall."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


def _spoken(hint: Hint, language: str) -> dict[str, Any]:
    prompt = None
    if hint.prompt is not None:
        action = hint.prompt.action.value
        words = hinted(action, ASK[hint.prompt.action], language)
        prompt = {"index": hint.prompt.index, "action": action, "text": words}
    left = None if hint.seconds_left is None else round(hint.seconds_left, 1)
    return {
        "code": hint.code,
        "text": hinted(hint.code, hint.text, language),
        "prompt": prompt,
        "progress": round(hint.progress, 3),
        "seconds_left": left,
    }


def _told(refusal: Refusal | Fault) -> dict[str, Any]:
    return {"code": refusal.code, "reason": refusal.reason, "remedy": refusal.remedy}


async def _tell(socket: WebSocket, told: dict[str, Any]) -> None:
    try:
        await socket.send_json({"verdict": {"ok": False, **told}})
        await socket.close()
    except (RuntimeError, WebSocketDisconnect):  # the page has gone; the verdict stands without it
        return
