"""What the server remembers about each browser, all of it in memory and all of it with an end.

Nothing here is ever written to disk, put into gradio's state or sent to another browser. `wipe` forgets a person at
once; `Store.sweep` does it when the gate's time is over.
"""

from __future__ import annotations

import itertools
import logging
import math
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

from consent import policy
from consent.errors import Fault, Refusal
from consent.types import Clock, since_boot

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.stamp.writer import Stamped
    from app.studio.films import Job
    from app.studio.lessons import Lesson
    from consent.gate import Gate
    from consent.receipt import Receipt
    from consent.types import Match, Photo

Side = Literal["source", "target"]
SIDES: Final[tuple[Side, ...]] = ("source", "target")
CHECK: Final = "check"
"""Name under which a file to verify waits in memory until it is read."""
CHECK_SECONDS: Final = 60.0
"""It waits so long at most; a page asks for it at once."""
MOST_RESULTS: Final = 12
"""Finished pictures kept for one browser; the oldest gives way."""
MOST_STEPS: Final = 24
"""Back on the stage."""
MOST_BYTES: Final = 512 * 1024 * 1024
"""Of all of them; one alone may have more."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture on the table.

    Attributes:
        data: the person's own upload, byte for byte, which the browser may see again; empty for a live frame, whose
            pixels never go out unstamped.
        mime: media type of `data`.
        photo: the decoded upload; None for a live frame.
        match: the gate's yes, or None.
        no: the gate's no, or None.
        boxes: (x, y, w, h) of the faces found, in pixels, left to right.
        size: (width, height) in pixels.
        number: grows with every picture, so that the page never shows an old one from its cache.
        choose: the face that was chosen among several, counted from 0 from left to right.
        learnt: it stands for what was learnt of the person's face.
    """

    data: bytes
    mime: str
    size: tuple[int, int]
    number: int
    photo: Photo | None = None
    match: Match | None = None
    no: Refusal | None = None
    boxes: tuple[tuple[float, float, float, float], ...] = ()
    choose: int | None = None
    learnt: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """One finished picture.

    Attributes:
        name: file name offered for download.
        stamped: the labelled and signed bytes, the only ones a browser gets.
        before: number of the picture it was made from, and that picture's bytes and media type.
        strip: the strip of ages it belongs to, if any; the same for all of one strip.
        years: which age of the strip.
        asked: what the controls said, in their order; empty when they were not asked.
    """

    name: str
    stamped: Stamped
    before: Picture
    strip: str = ""
    years: float = 0.0
    asked: tuple[Any, ...] = ()


@dataclass(slots=True)
class Strip:
    """A strip of ages in the making: how many pictures of how many are done, and whether it is to go on."""

    all: int
    done: int = 0
    stopped: bool = False


class Closing(Protocol):
    """Something that holds a person's pictures while it is open."""

    def close(self) -> None:
        """Let them go; from any thread."""
        ...


@dataclass(slots=True)
class Visitor:
    """One browser. Guarded by `lock`: requests of a page may overlap.

    Attributes:
        language: of the last agreement.
        receipt: what was agreed to.
        gate: open after a passed check, until it expires or is withdrawn.
        no: why the last check was not passed.
        ended: whether a session has run out, so that the page can say so.
        seen: the latest time of this session.
        capturing: a check is running.
        incoming: uploads not yet looked at, by side (or `check` for Verify).
        arrived: when the last one for Verify came.
        pictures: what lies on the table.
        results: finished pictures by key, oldest first.
        shown: key of the result on the stage; None when the target is shown.
        trail: what was on the stage before, the latest last.
        restore: what the controls are to say again, after one step back; for one answer of the page.
        small: the target made smaller for previews and its match, with the number of the picture.
        checked: files verified, so that the page can tell one answer from the next.
        mirror: what is open before them, if anything is; ends with the session.
        film: the film on the table, if there is one, and what is being made of it.
        lesson: what is being learnt of their face, if anything is.
        strip: the strip of ages that is being made, if one is.
        kept: what stays on this computer, as HTML; read when *My data* is opened.
        notes: HTML cards under each step, made by us.
    """

    lock: threading.RLock = field(default_factory=threading.RLock)
    language: str = "en"
    receipt: Receipt | None = None
    gate: Gate | None = None
    no: Refusal | None = None
    ended: bool = False
    seen: float = -math.inf
    capturing: bool = False
    incoming: dict[str, bytes] = field(default_factory=dict)
    arrived: float = -math.inf
    pictures: dict[Side, Picture] = field(default_factory=dict)
    results: dict[str, Result] = field(default_factory=dict)
    shown: str | None = None
    trail: list[str | None] = field(default_factory=list)
    restore: tuple[Any, ...] = ()
    small: tuple[int, Match] | None = None
    checked: int = 0
    mirror: Closing | None = None
    film: Job | None = None
    lesson: Lesson | None = None
    strip: Strip | None = None
    kept: str = ""
    notes: dict[str, str] = field(default_factory=dict)
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    def number(self) -> int:
        """The next picture number."""
        return next(self._numbers)

    def agreed(self, receipt: Receipt) -> None:
        """Keep a new agreement. What was done under an older one is wiped: a changed mind starts afresh."""
        with self.lock:
            self.wipe()
            self.receipt, self.ended = receipt, False

    def open(self, gate: Gate, receipt: Receipt) -> None:
        """Keep a gate that the live check has just opened.

        Raises:
            Refusal: `withdrawn`, when the agreement it was opened with has been taken back meanwhile.
        """
        with self.lock:
            if self.receipt is not receipt:
                gate.close()
                raise Refusal("withdrawn", "You withdrew during the check.", "Agree again if you want to go on.")
            if self.gate is not None:
                self.gate.close()
            self._clear()
            self.gate, self.ended, self.no, self.seen = gate, False, None, -math.inf

    def passed(self, clock: Clock) -> Gate:
        """The open gate.

        Raises:
            Refusal: `no-live-check` if there was none, `session-ended` if its time is over (everything is wiped).
        """
        with self.lock:
            self.expire(clock)
            if self.gate is not None:
                return self.gate
            if self.ended:
                raise Refusal(
                    "session-ended",
                    "Your session has ended and everything about you was wiped.",
                    "Do the camera check again; it takes about twenty seconds.",
                )
            raise Refusal(
                "no-live-check",
                "Nobody has shown yet that they are here.",
                "Do the camera check in step 2 first.",
            )

    def expire(self, clock: Clock) -> None:
        """Wipe when the gate's time is over, or when nobody came to the check that was agreed to."""
        with self.lock:
            now = clock()  # under the lock: requests overlap, and none may bring an older time
            if not 0 <= now - self.arrived <= CHECK_SECONDS:
                self.incoming.pop(CHECK, None)
            if self.gate is not None:
                if not self.seen <= now < self.gate.expires:  # nor does a clock that is set back make it last longer
                    self.ended = True
                    self.wipe()
                self.seen = now
                return
            waiting = None if self.capturing else self.receipt
            if waiting is not None and not now - waiting.made <= policy.RECEIPT_SECONDS:
                self.wipe()

    def place(self, gate: Gate, side: Side, picture: Picture) -> None:
        """Put a picture on the table, unless the session it belongs to has ended meanwhile."""
        with self.lock:
            self.still(gate)
            self.pictures[side] = picture

    def take_away(self, side: Side) -> None:
        """Take a picture from the table, and with it what was made smaller of it."""
        with self.lock:
            self.pictures.pop(side, None)
            if side == "target":
                self.small = None

    def keep(self, gate: Gate, result: Result, key: str) -> None:
        """Keep a finished picture until the session ends, unless it has ended meanwhile."""
        with self.lock:
            self.still(gate)
            room = MOST_BYTES - len(result.stamped.data)
            while len(self.results) >= MOST_RESULTS or sum(len(r.stamped.data) for r in self.results.values()) > room:
                if not self.results:
                    break
                self.results.pop(next(iter(self.results)))
            self.results[key] = result
            self.show(key)

    def show(self, key: str | None) -> None:
        """Put a result on the stage, or the target itself; `undo` leads back."""
        with self.lock:
            if key != self.shown:
                self.trail = [*self.trail, self.shown][-MOST_STEPS:]
                self.shown = key

    @property
    def way_back(self) -> list[str | None]:
        """What `undo` leads back to, the next last; a result that gave way is gone from it."""
        return [key for key in self.trail if key is None or key in self.results]

    def undo(self) -> None:
        """One step back on the stage; the controls then say what they said for it."""
        with self.lock:
            way = self.way_back
            if way:
                self.shown, self.trail = way[-1], way[:-1]
                if self.shown is not None:
                    self.restore = self.results[self.shown].asked

    def look_into(self, gate: Gate, mirror: Closing) -> None:
        """Open a mirror, which is closed when the session ends.

        Raises:
            Refusal: `mirror-running`: one at a time; `session-withdrawn`.
        """
        with self.lock:
            self.still(gate)
            if self.mirror is not None:
                raise Refusal("mirror-running", "A mirror is open in this browser.", "Close it first.")
            self.mirror = mirror

    def look_away(self, mirror: Closing) -> None:
        """The mirror has closed."""
        with self.lock:
            if self.mirror is mirror:
                self.mirror = None

    def put_film(self, gate: Gate, film: Job) -> None:
        """Put a film on the table in place of the one that lies there, unless the session has ended meanwhile."""
        with self.lock:
            self.still(gate)
            if self.film is not None:
                self.film.close()
            self.film = film

    def tell(self, gate: Gate, place: str, said: str) -> None:
        """Put a card under a step, unless the session it speaks of has ended meanwhile."""
        with self.lock:
            self.still(gate)
            self.notes[place] = said

    def still(self, gate: Gate) -> None:
        """Refuse work that was begun for a session that is gone: nothing of it may come back after a wipe."""
        if self.gate is not gate:
            raise Refusal("session-withdrawn", "Your session has ended; nothing of it is kept.", "Start again.")

    def wipe(self) -> None:
        """Forget this person: gate, pictures, results, consent and receipt; also when the log cannot be written."""
        with self.lock:
            gate = self._forget()
            if gate is not None:
                gate.close()

    def withdraw(self) -> Receipt | None:
        """The same for somebody who takes their consent back. Returns the receipt, if there was one."""
        with self.lock:
            receipt = self.receipt
            gate = self._forget()
            if gate is not None:
                gate.withdraw()
        return receipt

    def _forget(self) -> Gate | None:
        gate, self.gate = self.gate, None
        self.receipt = self.no = None
        self._clear()
        return gate

    def _clear(self) -> None:
        for one in (self.mirror, self.film, self.lesson):
            if one is not None:
                one.close()
        self.mirror = self.film = self.lesson = None
        self.incoming.clear()
        self.pictures.clear()
        self.results.clear()
        self.notes.clear()
        self.trail.clear()
        self.shown = self.small = self.strip = None
        self.restore = ()


@dataclass(slots=True)
class Store:
    """All browsers of this server.

    Args:
        clock: seconds, the clock of `Gate.expires`.
    """

    clock: Clock = since_boot
    _visitors: dict[str, Visitor] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, browser: str) -> Visitor:
        """The visitor behind a browser session that the guard has let through."""
        with self._lock:
            return self._visitors.setdefault(browser, Visitor())

    def opened(self) -> Gate | None:
        """A gate that is open, if any; for a command that waits for one."""
        return next((visitor.gate for visitor in self._all() if visitor.gate is not None), None)

    def sessions(self) -> frozenset[str]:
        """Of all gates that are open."""
        gates = [visitor.gate for visitor in self._all()]
        return frozenset(gate.session for gate in gates if gate is not None)

    def sweep(self, is_withdrawn: Callable[[str], bool] = lambda _: False) -> None:
        """Wipe every session whose time is over, or whose consent was taken back elsewhere.

        Args:
            is_withdrawn: asked about the identifier of each receipt in use.
        """
        for visitor in self._all():
            try:
                visitor.expire(self.clock)
                if (receipt := visitor.receipt) is not None and is_withdrawn(receipt.id):
                    visitor.wipe()
            except Fault:  # the log is broken; the person is forgotten all the same, and so must be the others
                log.exception("a session that ended could not be logged")

    def wipe(self) -> None:
        """Forget everybody; the server is stopping."""
        for visitor in self._all():
            visitor.wipe()

    def _all(self) -> list[Visitor]:
        with self._lock:
            return list(self._visitors.values())
