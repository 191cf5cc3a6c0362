"""What the buttons of Play do: put pictures on the table, ask the gate about each, make one, keep it for a while.

No gradio here, and no decision: every yes comes from the gate, and every finished byte from `stamp`.
"""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from app import files, media
from app.engines.age import AgeOptions
from app.flow import Options, make, purposes
from app.notary import open_notary
from app.stamp.plate import Language
from app.stamp.signer import Signer
from app.studio import expressions, lessons, memory, withdrawal
from app.studio.sessions import Picture, Result
from app.studio.strings import say
from consent import policy
from consent.errors import Refusal
from consent.ledger import Ledger
from consent.receipt import Consent, Notary
from consent.types import Purpose
from models.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from app.home import Home
    from app.stamp.writer import Stamped
    from app.studio.sessions import Side, Store, Visitor
    from consent.errors import Box
    from consent.gate import Gate
    from consent.receipt import Receipt
    from consent.types import Match, Photo
CHANGES: Final = (Purpose.AGE, Purpose.EXPRESS, Purpose.SWAP)
"""What can be done to a face today, in the order of the page."""
OFFERED: Final = (*CHANGES, Purpose.VIDEO, Purpose.MIRROR, Purpose.MODEL)
"""And in what besides pictures; nothing else can be agreed to."""
MINUTES: Final = round(policy.SESSION_SECONDS / 60)
MIMES: Final = {b"\xff\xd8": "image/jpeg", b"\x89P": "image/png", b"RI": "image/webp"}


def no(code: str, language: str) -> Refusal:
    """A refusal whose sentences stand in our table of words."""
    key = code.replace("-", "_")
    return Refusal(code, say(f"no_{key}_reason", language), say(f"no_{key}_remedy", language))


@dataclass
class Desk:
    """The studio behind the page.

    Args:
        store: what is remembered about each browser.
        browser: reads the guard's session out of a `Cookie` header.
        home: keys, receipts, ledger.
        working: held while a picture is made, one at a time.
    """

    store: Store
    browser: Callable[[str], str | None]
    home: Home
    working: threading.Lock = field(default_factory=threading.Lock)
    _left: threading.Event = field(default_factory=threading.Event)
    _were: frozenset[str] = frozenset()

    @cached_property
    def signer(self) -> Signer:
        """The stamping key of this installation."""
        return Signer.open(self.home.keys)

    @property
    def anchors(self) -> tuple[str, ...]:
        """What a picture that counts as made here is signed under, now or before."""
        return tuple(Signer.anchors(self.home.keys))

    @cached_property
    def notary(self) -> Notary:
        """The key that signs receipts."""
        return open_notary(self.home.keys / "receipts.pem")

    @cached_property
    def ledger(self) -> Ledger:
        """The log of decisions."""
        return self.home.open_ledger()

    def visitor(self, headers: Mapping[str, str]) -> Visitor:
        """Who a request comes from.

        Raises:
            Refusal: `no-browser-session`; the guard stands in front, this is the second lock on the same door.
        """
        name = self.browser(headers.get("cookie", ""))
        if name is None:
            raise Refusal("no-browser-session", "This page was not opened with its link.", "Open the link again.")
        return self.store.of(name)

    def agree(
        self,
        visitor: Visitor,
        purposes: Iterable[str],
        version: str,
        text: str,
        *,
        myself: bool,
        adult: bool,
        offered: Iterable[Purpose] = OFFERED,
    ) -> Receipt:
        """Write down, sign and keep what a person has agreed to.

        Args:
            visitor: who; their language is the one the text was shown in.
            purposes: what was ticked.
            version: which text was read.
            text: exactly what was read.
            myself: whether they said that it is them.
            adult: whether they said that they are 18 or older.
            offered: what could be ticked.

        Raises:
            Refusal: something that must be ticked is not.
        """
        wanted = set(purposes)
        consent = Consent(
            purposes=frozenset(purpose for purpose in offered if purpose.value in wanted),
            adult=adult,
            myself=myself,
            language=visitor.language,
            version=version,
            text=text,
        )
        receipt = self.notary.sign(consent, self.store.clock)
        files.write_atomic(self.home.receipts / f"{receipt.id}.json", receipt.document.encode())
        visitor.agreed(receipt)
        return receipt

    def withdraw(self, visitor: Visitor) -> None:
        """Forget a person who takes their consent back, and write it down: in the log, and in a second receipt.

        Raises:
            Fault: the log is broken; the person is forgotten all the same, and so are the salts of what was made.
        """
        with visitor.lock:
            receipt = visitor.receipt
            try:
                visitor.withdraw()
            finally:
                self._left.set()
                if receipt is not None:
                    withdrawal.withdraw(self.home, receipt.document)

    def sweep(self) -> None:
        """Wipe whose time is over, and who took their consent back by `selfsame withdraw`, in another process."""
        self.store.sweep(lambda number: withdrawal.is_withdrawn(self.home, number))
        were, self._were = self._were, self.store.sessions()
        if self._left.is_set() or were - self._were:  # one has ended, whichever way
            self._left.clear()
            memory.give_back()

    def gate(self, visitor: Visitor) -> Gate:
        """The visitor's open gate, or the refusal that says why there is none."""
        return visitor.passed(self.store.clock)

    def look(self, visitor: Visitor, side: Side, choose: int | None = None) -> Picture:
        """Ask the gate about the upload that waits for this side, or again with one face chosen.

        Args:
            visitor: whose table.
            side: which of the two pictures.
            choose: the face, counted from 0 from left to right, when there are several.

        Raises:
            Refusal: there is no open gate or no upload. What the gate says about the picture is in the picture.
        """
        gate = self.gate(visitor)
        with visitor.lock:
            data = visitor.incoming.pop(side, None)
            old = visitor.pictures.get(side)
        if data is None:
            if old is None or old.photo is None:
                raise no("target", visitor.language)
            data = old.data
        photo: Photo | None = None
        match: Match | None = None
        refused: Refusal | None = None
        boxes: tuple[Box, ...] = ()
        size = (0, 0)
        try:
            photo = media.read(data) if old is None or old.data is not data or old.photo is None else old.photo
            size = (photo.pixels.shape[1], photo.pixels.shape[0])
            match = gate.match(photo, choose)
            boxes = (match.face.box,)
        except Refusal as refusal:
            refused, boxes = refusal, refusal.boxes
        mime = MIMES.get(data[:2], "application/octet-stream")
        picture = Picture(data, mime, size, visitor.number(), photo, match, refused, boxes, choose)
        visitor.place(gate, side, picture)
        return picture

    def live(self, visitor: Visitor, side: Side) -> Picture:
        """Put the visitor's own live frame on the table. The page never sees its pixels: only stamped ones go out."""
        gate = self.gate(visitor)
        match = gate.live()[0]
        picture = Picture(
            data=b"",
            mime="",
            size=(match.pixels.shape[1], match.pixels.shape[0]),
            number=visitor.number(),
            match=match,
            boxes=(match.face.box,),
        )
        visitor.place(gate, side, picture)
        return picture

    def make(
        self, visitor: Visitor, options: Options, strip: str = "", *, ready: str = "", asked: tuple[Any, ...] = ()
    ) -> Result:
        """One finished picture, from the pictures on the table.

        Args:
            visitor: whose table.
            options: what to do.
            strip: name of the strip of ages that the picture belongs to, if any.
            ready: which of `expressions.CHOICES`, for an expression.
            asked: what the controls said, to be said again when the picture is gone back to.

        Raises:
            Refusal: whatever the gate refuses, or a picture is missing.
            Fault: something is broken.
        """
        gate = self.gate(visitor)
        picture, target = self.matched(visitor, "target")
        source, options = self.wanted(visitor, gate, options, ready)
        stamped = self.change(visitor, gate, source, target, options)
        key = secrets.token_hex(8)
        years = options.years if isinstance(options, AgeOptions) else 0.0
        name = f"selfsame-{'-'.join(purposes(options))}-{key[:6]}{stamped.suffix}"
        result = Result(name, stamped, picture, strip, years, asked)
        visitor.keep(gate, result, key)
        if said := expressions.notes(visitor, gate, source, target, options):
            visitor.tell(gate, "play", said)
        return result

    def change(
        self, visitor: Visitor, gate: Gate, source: Match, target: Match, options: Options, *, preview: bool = False
    ) -> Stamped:
        """Make and stamp, one picture at a time: each engine uses every core it gets."""
        language: Language = "zh" if visitor.language == "zh" else "en"
        with self.working:
            return make(gate, source, target, options, self.signer, language=language, preview=preview)

    def wanted(self, visitor: Visitor, gate: Gate, options: Options, ready: str) -> tuple[Match, Options]:
        """Whose face or expression is used, and how: a swap by what was learnt, if that lies in the source's place.

        Args and what is raised: as `source`; `model-forgotten`.
        """
        source = self.source(visitor, gate, options, ready)
        picture = visitor.pictures.get("source")
        is_learnt = picture is not None and picture.learnt and Purpose.SWAP in purposes(options)
        return source, lessons.by_model(visitor, options) if is_learnt else options

    def source(self, visitor: Visitor, gate: Gate, options: Options, ready: str) -> Match:
        """Whose face or expression is used: the picture on the table, or a live frame.

        Args:
            visitor: whose table.
            gate: theirs.
            options: what to do.
            ready: which of `expressions.CHOICES`, for an expression.

        Raises:
            Refusal: a picture is missing or was refused; `copy-beside-swap`; the session is over.
        """
        done = purposes(options)
        if Purpose.SWAP in done:
            source = self.matched(visitor, "source")[1]
            return expressions.beside_swap(visitor, gate, ready, source) if Purpose.EXPRESS in done else source
        if Purpose.EXPRESS in done:
            return expressions.lender(visitor, gate, ready) or self.matched(visitor, "source")[1]
        return gate.live()[0]

    def keep(self, visitor: Visitor, gate: Gate, stamped: Stamped, size: tuple[int, int], done: str) -> tuple[str, str]:
        """Keep what was made of the camera's own pictures, which nobody can compare it with: its key and name."""
        key = secrets.token_hex(8)
        name = f"selfsame-{done}-{key[:6]}{stamped.suffix}"
        visitor.keep(gate, Result(name, stamped, Picture(b"", "", size, visitor.number())), key)
        return key, name

    def matched(self, visitor: Visitor, side: Side) -> tuple[Picture, Match]:
        """The picture on one side of the table, with the gate's yes to it.

        Raises:
            Refusal: there is none, or what the gate said of it.
        """
        with visitor.lock:
            picture = visitor.pictures.get(side)
        if picture is None:
            raise no(side, visitor.language)
        if picture.match is None:
            raise picture.no or Fault(
                "picture-undecided", "A picture was never judged.", "Reload the page and try again."
            )
        return picture, picture.match
