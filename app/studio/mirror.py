"""The mirror over a socket: camera frames in, stamped frames out, and a sentence in place of every other one.

One message of the page is text, `{"settings": {...}}`, `{"snap": true}`, `{"record": true}` or `{"record": false}`, or
one camera frame as in the live check (`app.capture`). What goes out is text, or one stamped frame: four bytes with the
length of a header, the header `{"seq": int, "ms": float}`, and the JPEG. At most two frames are in work, the newest
one waits, and what comes later takes its place: nothing is queued up.

The mirror ends with its line, its camera, its session or its agreement, and whatever it held is let go then.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import struct
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from app.capture import parse
from app.studio.desk import no
from app.studio.keeping import Keeper
from app.studio.play import wanted
from app.studio.recording import Recording
from app.studio.reflection import AGAIN, Reflection
from app.studio.refusals import told
from app.studio.strings import say
from consent.errors import Fault, Refusal
from consent.types import Purpose

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from app.flow import Options
    from app.stamp.mirror import Shown
    from app.studio.desk import Desk
    from app.studio.sessions import Visitor
    from consent.gate import Gate
    from consent.types import Draft, Match

IN_WORK: Final = 2
"""Frames between decoder and socket: the next is looked at while one is drawn and stamped."""
SILENCE: Final = 15.0
"""Seconds without a message after which the camera counts as stopped; the page itself says so at once."""
TAKEN: Final = 10.0
"""Seconds in which a page must have taken what it is told."""
MOST_MESSAGES: Final = 120
"""Of a page in a second."""
MOST_TEXT: Final = 2000
"""Characters of a text message."""
SETTINGS: Final = (
    *("action", "amount", "parts", "years", "ready"),
    *("smile", "mouth", "brows", "eyes", "gaze", "gaze_up", "tilt", "turn"),
)
"""What the page sends of its controls, in the order in which `app.studio.play.wanted` takes them."""
log = logging.getLogger(__name__)


def routes(desk: Desk) -> APIRouter:
    """The mirror's socket."""
    router = APIRouter()

    @router.websocket("/mirror/ws")
    async def mirror(socket: WebSocket) -> None:
        visitor = desk.visitor(socket.headers)
        await socket.accept()
        await _converse(socket, visitor, desk)

    return router


async def _converse(socket: WebSocket, visitor: Visitor, desk: Desk) -> None:
    """One mirror from its first frame to the sentence that ends it."""
    language, mirror = visitor.language, None
    try:
        gate = await asyncio.to_thread(desk.gate, visitor)
        mirror = await asyncio.to_thread(Mirror, socket, visitor, desk, gate)
        visitor.look_into(gate, mirror)
        await mirror.run()
    except WebSocketDisconnect:
        return
    except (Refusal, Fault) as refusal:
        reason, remedy = told(refusal, language)
        await _say(socket, {"end": {"code": refusal.code, "reason": reason, "remedy": remedy}})
    except Exception:
        log.exception("the mirror broke")
        words = {"code": "fault", "reason": say("fault_reason", language), "remedy": say("fault_remedy", language)}
        await _say(socket, {"end": words})
    finally:
        if mirror is not None:
            mirror.close()
            visitor.look_away(mirror)
            mirror = None  # a page that does not read keeps this line open, and nothing else
    with contextlib.suppress(RuntimeError, WebSocketDisconnect):
        await socket.close()


async def _say(socket: WebSocket, message: dict[str, Any]) -> None:
    with contextlib.suppress(RuntimeError, WebSocketDisconnect, TimeoutError):  # the page has gone, or does not read
        async with asyncio.timeout(TAKEN):
            await socket.send_json(message)


class Mirror:
    """One open mirror.

    Args:
        socket: accepted.
        visitor: before it.
        desk: the studio's.
        gate: the visitor's.

    Raises:
        Refusal: `purpose-not-agreed`.
    """

    def __init__(self, socket: WebSocket, visitor: Visitor, desk: Desk, gate: Gate) -> None:
        self._socket, self._visitor, self._desk, self._gate = socket, visitor, desk, gate
        self._language = visitor.language
        self.reflection = Reflection(gate, desk.signer, "zh" if visitor.language == "zh" else "en")
        self._keeper = Keeper(desk, visitor, gate)
        self._threads = [ThreadPoolExecutor(1, f"mirror-{stage}") for stage in ("look", "draw", "stamp", "read")]
        self._turns = [asyncio.Lock() for _ in range(3)]
        self._free = IN_WORK
        self._newest: tuple[int, float, bytes, float] | None = None
        self._came, self._ended = asyncio.Event(), asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._last = (-1, float("-inf"))
        self._wants_picture = False
        self._asked: dict[str, Any] = {}
        self._recording: Recording | None = None
        self._work: set[asyncio.Task[None]] = set()
        self._outcome: asyncio.Future[None] | None = None

    # --- its life ----------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Go on until the page leaves (`WebSocketDisconnect`), something is in the way, or a film was made."""
        self._loop = asyncio.get_running_loop()
        self._outcome = self._loop.create_future()
        for one in (self._listen(), self._take(), self._wait()):
            self._start(one)
        try:
            await self._outcome
        finally:
            for task in (left := list(self._work)):
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)
            self._outcome = None  # its error leads back here, and both would stay, with all that the mirror held

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside the rest; what it raises ends the mirror."""
        task = asyncio.create_task(work)
        self._work.add(task)
        task.add_done_callback(self._over)

    def _over(self, task: asyncio.Task[None]) -> None:
        self._work.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and self._outcome is not None and not self._outcome.done():
            self._outcome.set_exception(error)

    def close(self) -> None:
        """Let everything go; from any thread, any number of times."""
        self._recording, self._newest = None, None
        self._keeper.stop()
        for thread in self._threads:
            thread.shutdown(wait=False, cancel_futures=True)
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._ended.set)

    async def _wait(self) -> None:
        """Until somebody closed the mirror: the session has ended, and its gate says how."""
        await self._ended.wait()
        await asyncio.to_thread(self._gate.live)
        raise no("mirror-closed", self._language)

    # --- what comes in -----------------------------------------------------------------------------------------------

    async def _listen(self) -> None:
        """Messages of the page, until it has gone or said something that makes no sense."""
        second, count = 0.0, 0
        while True:
            message = await self._next()
            now = asyncio.get_running_loop().time()
            second, count = (second, count + 1) if now - second < 1 else (now, 1)
            if count > MOST_MESSAGES:
                raise _unreadable()
            if message.get("bytes") is not None:
                self._frame(message["bytes"], now)
            else:
                await self._word(message.get("text") or "")

    async def _next(self) -> Any:
        patience = None if self._keeper.is_making else SILENCE
        try:
            message = await asyncio.wait_for(self._socket.receive(), patience)
        except TimeoutError:
            raise no("camera-stopped", self._language) from None
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        return message

    def _frame(self, message: bytes, now: float) -> None:
        """The newest frame waits; the one that waited is let fall."""
        sequence, at, jpeg = parse(message)
        if sequence <= self._last[0] or at <= self._last[1]:
            raise Refusal("camera-order", "The camera frames did not arrive in the order they were taken.", AGAIN)
        self._last = sequence, at
        if self._keeper.is_making:
            return
        if self._recording is not None:
            self._recording.add(jpeg, at)
            if self._recording.is_full:
                self._make_film()
        self._newest = sequence, at, jpeg, now
        self._came.set()

    async def _word(self, text: str) -> None:
        """One text message."""
        try:
            said = json.loads(text) if len(text) <= MOST_TEXT else None
            if not isinstance(said, dict):
                raise TypeError
            ((name, value),) = said.items()
        except (ValueError, TypeError, RecursionError):
            raise _unreadable() from None
        match name, value:
            case "settings", dict():
                self._asked = value
                self.reflection.ask(await asyncio.to_thread(self._wanted, value))
            case "snap", True:
                self._wants_picture = True
            case "record", True:
                await self._record()
            case "record", False:
                self._make_film()
            case "cancel", True:
                self._keeper.stop()
            case _:
                raise _unreadable()

    def _wanted(self, value: dict[str, Any]) -> tuple[Match, Options] | Refusal:
        """What the controls ask for, or why that cannot be done."""
        try:
            options = wanted(*(value.get(name) for name in SETTINGS))
            return self._desk.wanted(self._visitor, self._gate, options, str(value.get("ready")))
        except Refusal as refusal:
            self._gate.live()
            return refusal

    # --- what goes out -----------------------------------------------------------------------------------------------

    async def _take(self) -> None:
        """Put the newest frame to work whenever there is room for one."""
        while True:
            while self._newest is None or not self._free:
                self._came.clear()
                await self._came.wait()
            newest, self._newest = self._newest, None
            self._free -= 1
            self._start(self._one(*newest))

    async def _one(self, sequence: int, at: float, jpeg: bytes, came: float) -> None:
        """One frame through all stages; each takes the frames in their order."""
        stages = self.reflection
        try:
            async with self._turns[0]:
                seen = await self._in(0, stages.look, jpeg, at)
            async with self._turns[1]:
                if isinstance(seen, Refusal):
                    await self._in(1, stages.pause)
                    draft = seen
                else:
                    draft = await self._in(1, stages.draw, seen)
            async with self._turns[2]:
                if isinstance(draft, Refusal):
                    await self._tell("blank", draft, seq=sequence)
                elif self._wants_picture:
                    self._wants_picture = False
                    self._start(self._keep(draft))
                else:
                    await self._show(sequence, await self._in(2, stages.stamp, draft), came, at)
        finally:
            self._free += 1
            self._came.set()

    async def _show(self, sequence: int, shown: Shown, came: float, at: float) -> None:
        took = 1000 * (asyncio.get_running_loop().time() - came)
        header = json.dumps({"seq": sequence, "ms": round(took, 1)}).encode()
        await self._socket.send_bytes(struct.pack(">I", len(header)) + header + shown.data)
        if self.reflection.is_to_be_read(at):
            self._start(self._in(3, self.reflection.read, shown))

    async def _in(self, stage: int, act: Callable[..., Any], *values: Any) -> Any:
        """Do something in the thread of a stage."""
        try:
            work = asyncio.get_running_loop().run_in_executor(self._threads[stage], act, *values)
        except RuntimeError:  # closed a moment ago: `_wait` says why
            raise asyncio.CancelledError from None
        return await work

    # --- what is kept ------------------------------------------------------------------------------------------------

    async def _keep(self, draft: Draft) -> None:
        """A picture for the gallery; where it cannot be one, the mirror goes on and says why."""
        try:
            stamped = await self._in(3, self.reflection.keep, draft)
            kept = await asyncio.to_thread(self._keeper.keep, stamped, self.reflection.size or (0, 0))
        except Refusal as refusal:
            await asyncio.to_thread(self._gate.live)
            await self._tell("said", refusal)
        else:
            await self._socket.send_json({"picture": kept})

    async def _record(self) -> None:
        """Begin to keep the camera's frames, if films were agreed to."""
        if Purpose.VIDEO not in self._gate.purposes:
            await self._tell("said", Refusal.of("purpose-not-agreed"))
        elif self._recording is None and self.reflection.size is not None and not self._keeper.is_making:
            self._recording = Recording(self.reflection.size)
            await self._socket.send_json({"recording": True})

    def _make_film(self) -> None:
        """The recording is over; the camera is needed no more."""
        recording, self._recording = self._recording, None
        if recording is not None and not self._keeper.is_making:
            self._keeper.is_making = True
            self._start(self._film(recording))

    async def _film(self, recording: Recording) -> None:
        """Change the film, tell how far it is, keep it; then the mirror is over."""
        await self._socket.send_json({"recording": False})
        loop = asyncio.get_running_loop()

        def tell(told: dict[str, Any]) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(lambda: self._start(_say(self._socket, {"making": told})))

        asked = await asyncio.to_thread(self._wanted, self._asked)
        if isinstance(asked, Refusal):
            raise asked
        kept = await asyncio.to_thread(self._keeper.film, recording, *asked, tell)
        await self._socket.send_json({"film": kept})
        if self._outcome is not None and not self._outcome.done():
            self._outcome.set_result(None)

    async def _tell(self, what: str, refusal: Refusal, **more: int) -> None:
        reason, remedy = told(refusal, self._language)
        await self._socket.send_json({what: {"code": refusal.code, "reason": reason, "remedy": remedy, **more}})


def _unreadable() -> Refusal:
    return Refusal("frame-unreadable", "The page sent something that cannot be read.", "Reload the page.")
