"""A model of the visitor's own face on the Play page: frames through the gate, learnt or trained, drawn; or forgotten.

Everything stays in memory and goes with the session. What a browser gets of it is counts, losses and stamped pictures.
"""

from __future__ import annotations

import logging
import os
import secrets
import threading
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, HTTPException, Request, Response
from starlette.concurrency import run_in_threadpool

from app import codec, film, media
from app.engines.combine import CombineOptions
from app.engines.personal import PersonalOptions, Training
from app.engines.swap import SwapOptions
from app.personal import NOTHING, PURPOSES, begin, create, extract, frames_of, know, previews
from app.studio.curves import curves
from app.studio.films import named
from app.studio.guard import MAX_FILM
from app.studio.sessions import Picture, Result
from app.studio.strings import say
from app.studio.uploads import received
from consent.errors import Fault, Refusal

if TYPE_CHECKING:
    from app.engines.personal import Learnt
    from app.flow import Options
    from app.personal import Extract
    from app.stamp.plate import Language
    from app.stamp.writer import Stamped
    from app.studio.desk import Desk
    from app.studio.sessions import Visitor
    from consent.gate import Gate

LOOKS: Final = ("now", "then")
"""The look that is drawn, and the look of the pictures that are changed."""
FIRST, LATER = 10.0, 60.0
"""Seconds of training before the first look at what it draws, and from one to the next: each is four stamped files."""
log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Lesson:
    """What is being learnt of one face in one session.

    Attributes:
        gate: of the session; what is learnt works with it alone.
        looks: the person's frames of each look, from photos and films that they handed in.
        model: what was learnt, or is being trained.
        shown: what a training draws so far, stamped.
        mark: of `shown`, so that a page never shows older ones from its cache.
        no: why the last file gave nothing, or what broke.
    """

    gate: Gate
    looks: dict[str, Extract] = field(default_factory=lambda: dict.fromkeys(LOOKS, NOTHING))
    model: Learnt | Training | None = None
    shown: tuple[Stamped, ...] = ()
    mark: str = ""
    no: Refusal | Fault | None = None
    _reading: threading.Lock = field(default_factory=threading.Lock)
    _changing: threading.RLock = field(default_factory=threading.RLock)
    _closed: bool = False

    def close(self) -> None:
        """Forget everything, from any thread."""
        with self._changing:
            self._closed, self.looks = True, dict.fromkeys(LOOKS, NOTHING)
            self.forget()

    def forget(self) -> None:
        """Forget what was learnt, and keep the frames it came from."""
        with self._changing:
            if self.model is not None:
                self.model.forget()
            self.model, self.shown, self.no = None, (), None

    def _keep(self, model: Learnt | Training) -> None:
        """In place of what was learnt before; nothing of it, when the session has ended meanwhile."""
        with self._changing:
            self.forget()
            if self._closed:
                model.forget()
            else:
                self.model = model

    def empty(self, look: str) -> None:
        """Let the frames of one look go."""
        with self._changing:
            self.looks, self.no = {**self.looks, look: NOTHING}, None

    @property
    def training(self) -> Training | None:
        """What is being trained, if anything is."""
        return self.model if isinstance(self.model, Training) else None

    def read(self, look: str, data: bytes) -> None:
        """Let the gate look at a photo or a film, and keep the frames that are the person's.

        Raises:
            Refusal: the file cannot be read, nobody in it is them, or the session is over.
        """
        with self._reading:
            if codec.sniff(data) is codec.Format.MP4:
                found = extract(self.gate, frames_of(film.read(data)), film=True)
            else:
                found = extract(self.gate, [media.read(data)])
        with self._changing:
            if not self._closed:
                self.looks = {**self.looks, look: self.looks[look] + found}

    def learn(self) -> None:
        """Learn in seconds from the live check and the frames of the first look.

        Raises:
            Refusal: what `app.personal.know` says.
        """
        self._keep(know(self.gate, self.looks["now"]))

    def train(self, desk: Desk, visitor: Visitor, kind: str) -> None:
        """Begin to train a network in the background, and to show what it draws.

        Raises:
            Refusal: what `app.personal.begin` says.
        """
        self.forget()
        threads = max((os.cpu_count() or 1) - 1, 1)  # the page stays usable meanwhile
        training = begin(self.gate, self.looks["now"], self.looks["then"], kind=kind, threads=threads)
        self._keep(training)
        work = desk, visitor.language, training
        threading.Thread(target=self._show, args=work, name="personal-previews", daemon=True).start()

    @property
    def trouble(self) -> Refusal | Fault | None:
        """Why the last file gave nothing, or the training ended."""
        training = self.training
        return self.no or (None if training is None else training.told().why)

    def _show(self, desk: Desk, language: str, training: Training) -> None:
        """Now and then, and when it pauses or stops, draw what it knows on some of the person's frames."""
        due, before = FIRST, -1
        while self.model is training:
            told = training.told()
            if told.why is not None or told.state == "forgotten":
                return
            rests = told.state in {"paused", "stopped"}
            if told.steps and told.steps != before and (rests or told.seconds >= due):
                due, before = told.seconds + LATER, told.steps
                try:
                    self._draw(desk, language, training)
                except Refusal:  # of one picture, or the session is over, and then the training says so
                    log.info("a preview of a training was refused")
                except Exception:
                    log.exception("a preview of a training broke")
                    self.forget()
                    self.no = Fault("previews-broke", say("fault_reason", language), say("fault_remedy", language))
            time.sleep(0.2)

    def _draw(self, desk: Desk, language: str, training: Training) -> None:
        with desk.working:
            drawn = previews(self.gate, training, self.looks["then"].frames, desk.signer, spoken(language))
        with self._changing:
            if self.model is training:
                self.shown, self.mark = drawn, secrets.token_hex(4)


def spoken(language: str) -> Language:
    """The language of a label."""
    return "zh" if language == "zh" else "en"


def lesson(desk: Desk, visitor: Visitor) -> Lesson:
    """The visitor's lesson, begun now if there is none.

    Raises:
        Refusal: there is no session, or `purpose-not-agreed`.
    """
    gate = desk.gate(visitor)
    if not set(PURPOSES) <= set(gate.purposes):
        raise Refusal.of("purpose-not-agreed")
    with visitor.lock:
        visitor.still(gate)
        if visitor.lesson is None:
            visitor.lesson = Lesson(gate)
        return visitor.lesson


def draw(desk: Desk, visitor: Visitor, lesson: Lesson) -> None:
    """Draw what was learnt on the picture on the table, and keep the stamped result.

    Raises:
        Refusal: nothing was learnt yet, there is no picture, or what the gate and the engine say.
    """
    picture, target = desk.matched(visitor, "target")
    if lesson.model is None:
        raise _nothing_yet()
    with desk.working:
        words = spoken(visitor.language)
        stamped = create(lesson.gate, lesson.model, target, desk.signer, language=words)
    key = secrets.token_hex(8)
    visitor.keep(lesson.gate, Result(f"selfsame-personal-{key[:6]}{stamped.suffix}", stamped, picture), key)


def again(desk: Desk, visitor: Visitor) -> None:
    """Learn anew, with all frames there are now; a swap that is by what was learnt goes on by what is learnt now.

    Raises:
        Refusal: as `Lesson.learn`, and then what was learnt before stays; there is no session, or `purpose-not-agreed`.
    """
    lesson(desk, visitor).learn()
    source = visitor.pictures.get("source")
    if source is not None and source.learnt:
        use(desk, visitor)


def use(desk: Desk, visitor: Visitor) -> None:
    """Put what was learnt in the place of the source: pictures, films and the mirror are swapped by it.

    Raises:
        Refusal: `model-not-ready`; there is no session, or `purpose-not-agreed`.
    """
    known = lesson(desk, visitor)
    model = known.model
    if model is None:
        raise _nothing_yet()
    match = model.source or known.gate.live()[0]
    size = (match.pixels.shape[1], match.pixels.shape[0])
    visitor.place(known.gate, "source", Picture(b"", "", size, visitor.number(), match=match, learnt=True))


def by_model(visitor: Visitor, options: Options) -> Options:
    """The same, with what was learnt in place of a picture to swap from.

    Raises:
        Refusal: `model-forgotten`.
    """
    model = None if visitor.lesson is None else visitor.lesson.model
    if model is None:
        raise Refusal("model-forgotten", "What was learnt of your face was deleted.", "Let it be learnt again.")
    swap = options.swap if isinstance(options, CombineOptions) else options
    if not isinstance(swap, SwapOptions):
        return options
    learnt = PersonalOptions(model, swap.amount, swap.interior, swap.parts)
    return replace(options, swap=learnt) if isinstance(options, CombineOptions) else learnt


def forget(visitor: Visitor, known: Lesson) -> None:
    """Forget what was learnt, and take it from the source's place."""
    known.forget()
    source = visitor.pictures.get("source")
    if source is not None and source.learnt:
        visitor.take_away("source")


def _nothing_yet() -> Refusal:
    return Refusal("model-not-ready", "Nothing was learnt of your face yet.", "Wait a moment.")


def routes(desk: Desk) -> APIRouter:
    """Hand in photos and films to learn from; ask how far a training is, and what it draws."""
    router = APIRouter()

    @router.put("/studio/personal/{look}")
    async def put(look: str, request: Request) -> Response:
        if look not in LOOKS:
            raise HTTPException(404)
        visitor = desk.visitor(request.headers)
        known = await run_in_threadpool(lesson, desk, visitor)  # no frame is taken before a live check
        data = await received(request, MAX_FILM)
        await run_in_threadpool(_put, known, look, data)
        return Response(status_code=204)

    @router.get("/studio/personal")
    def get(request: Request) -> dict[str, Any]:
        visitor = desk.visitor(request.headers)
        return far(visitor.lesson, visitor.language)

    @router.get("/studio/personal/{mark}/{number}")
    def shown(mark: str, number: int, request: Request) -> Response:
        known = desk.visitor(request.headers).lesson
        drawn = () if known is None or mark != known.mark else known.shown
        if not 0 <= number < len(drawn):
            raise HTTPException(404)
        stamped = drawn[number]
        return Response(stamped.data, media_type=stamped.mime)

    return router


def _put(known: Lesson, look: str, data: bytes) -> None:
    """Look at one file; what is wrong with it is in the lesson."""
    known.no = None
    try:
        known.read(look, data)
    except (Refusal, Fault) as no:
        known.no = no.with_traceback(None)


def far(known: Lesson | None, language: str) -> dict[str, Any]:
    """How far a training is, for the page: whether it goes on, a line of words, its curves, and what it draws."""
    training = None if known is None else known.training
    if known is None or training is None:
        return {"state": "", "text": "", "curves": "", "shown": []}
    told = training.told()
    minutes, seconds = divmod(round(told.seconds), 60)
    text = say(f"personal_{told.state}", language, time=f"{minutes}:{seconds:02d}", steps=told.steps)
    shown = [f"/studio/personal/{known.mark}/{number}" for number in range(len(known.shown))]
    return {"state": str(told.state), "text": text, "curves": curves(told.losses, language), "shown": shown}


def left_out(found: Extract, language: str) -> str:
    """How many frames are the person's, and why the others were left out, in words."""
    why = named(found.refused, language)
    said = say("personal_frames", language, count=len(found.frames))
    return said + (say("personal_left", language, why=why) if why else "")
