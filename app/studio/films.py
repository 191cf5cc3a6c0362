"""A film as the target on the Play page: handed in, changed in a thread of its own, taken away; or stopped.

It stays in memory and goes with the session. What comes out lands among the results, stamped.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from app import film as reading
from app.flow import Options, purposes
from app.reel import Progress, change_film, check_time
from app.studio.guard import MAX_FILM
from app.studio.strings import say
from app.studio.uploads import received
from consent.errors import Fault, Refusal
from consent.types import Purpose

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.film import Film
    from app.stamp.plate import Language
    from app.studio.desk import Desk
    from app.studio.sessions import Visitor
    from consent.gate import Gate
    from consent.types import Match

TOLD: Final = (
    "not-you",
    "no-face",
    "face-turned-away",
    "face-too-small",
    "face-too-dark",
    "face-blurred",
    "face-covered",
)
"""Reasons for leaving a frame alone that have words of their own."""
log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Job:
    """One film on the table, and what is being made of it.

    Attributes:
        film: None when it could not be read, and once it was let go.
        no: why there is none, or why nothing came out.
        now: how far it is, while it is being changed.
        is_running: it is being changed.
        last: how it ended, when something came out.
    """

    film: Film | None = None
    no: Refusal | Fault | None = None
    now: Progress | None = None
    is_running: bool = False
    last: Progress | None = None
    _stopped: threading.Event = field(default_factory=threading.Event)

    def close(self) -> None:
        """Stop, and let the film go; from any thread."""
        self._stopped.set()
        self.film = None

    def stop(self) -> None:
        """Stop, and keep the film on the table."""
        self._stopped.set()

    def begin(self, desk: Desk, visitor: Visitor, options: Options, source: Match) -> None:
        """Change it, in a thread of its own.

        Raises:
            Refusal: `no-film`; it is being changed already.
        """
        film = self.film
        if film is None or self.is_running:
            raise Refusal("no-film", "There is no film to change.", "Drop one on the field first.")
        gate = desk.gate(visitor)
        self._stopped.clear()
        self.no, self.now, self.last, self.is_running = None, None, None, True
        work = gate, film, options, source
        threading.Thread(target=self._run, args=(desk, visitor, work), name="film", daemon=True).start()

    def _run(self, desk: Desk, visitor: Visitor, work: tuple[Gate, Film, Options, Match]) -> None:
        gate, film, options, source = work
        language: Language = "zh" if visitor.language == "zh" else "en"

        def tell(now: Progress) -> None:
            self.now = now
            check_time(now, gate.expires - desk.store.clock())

        try:
            stop = self._stopped.is_set
            stamped = change_film(gate, source, film, options, desk.signer, language=language, tell=tell, stop=stop)
            desk.keep(visitor, gate, stamped, film.size, "-".join(purposes(options)))
            self.last = self.now
        except (Refusal, Fault) as no:
            self.no = no.with_traceback(None)  # it leads to this job, to the film, and to who is in it
        except Exception:
            log.exception("a film broke")
            self.no = Fault("film-broke", say("fault_reason", language), say("fault_remedy", language))
        finally:
            self.is_running = False


def routes(desk: Desk) -> APIRouter:
    """Hand a film in; ask how far it is."""
    router = APIRouter()

    @router.put("/studio/film")
    async def put(request: Request) -> Response:
        visitor = desk.visitor(request.headers)
        gate = await run_in_threadpool(desk.gate, visitor)  # no film is taken before a live check
        data = await received(request, MAX_FILM)
        await run_in_threadpool(place, visitor, gate, data)
        return Response(status_code=204)

    @router.get("/studio/film")
    def get(request: Request) -> dict[str, Any]:
        visitor = desk.visitor(request.headers)
        with visitor.lock:
            return far(visitor.film, visitor.language)

    return router


def place(visitor: Visitor, gate: Gate, data: bytes) -> None:
    """Look at a film and put it on the table; what is wrong with it is in the job.

    Raises:
        Refusal: `purpose-not-agreed`; the session has ended meanwhile.
    """
    if Purpose.VIDEO not in gate.purposes:
        raise Refusal.of("purpose-not-agreed")
    job = Job()
    try:
        job.film = reading.read(data)
    except Refusal as no:
        job.no = no
    visitor.put_film(gate, job)


def far(job: Job | None, language: str) -> dict[str, Any]:
    """How far a film is, for the page: whether it runs, its share, and a line of words."""
    if job is None or not job.is_running:
        return {"running": False, "share": 0, "text": ""}
    if job.now is None:
        return {"running": True, "share": 0, "text": say("film_begins", language)}
    now = job.now
    percent = round(100 * now.share)
    said = say("film_share", language, percent=percent)
    if now.left is not None:
        minutes, seconds = divmod(round(now.left), 60)
        said = say("film_share_left", language, percent=percent, time=f"{minutes}:{seconds:02d}")
    return {"running": True, "share": now.share, "text": said}


def counted(now: Progress, language: str) -> str:
    """What became of the frames, in words."""
    said = say("film_changed", language, changed=now.changed, frames=now.frames)
    why = named(now.left_alone, language)
    return said + (say("film_left", language, why=why) if why else "")


def named(left: Mapping[str, int], language: str) -> str:
    """Reasons for leaving frames alone by their codes, with how many, the commonest first, in words."""
    ordered = sorted(left.items(), key=lambda pair: (-pair[1], pair[0]))
    some = [(say(f"film_left_{code}" if code in TOLD else "film_left_other", language), n) for code, n in ordered]
    return say("film_comma", language).join(f"{words} {n}" for words, n in some)
