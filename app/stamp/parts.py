"""A long film, stamped part by part, so that what is finished outlives the program that made it.

Each part is a film like any other that leaves: labelled, marked, signed and read back. Put together they are one film,
bit for bit the frames of its parts under a signature of its own, which names all of them. A part may come from an
earlier session of this installation; it is taken up only when it is proved to be made, here, with the same settings,
from these very frames of this very film, and when nobody has withdrawn the consent to it.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import chain, zip_longest
from typing import Final, final

from app import codec, film_out
from app.ahead import ahead
from app.bmff import MAX_BYTES
from app.film import Film, read
from app.stamp import manifest
from app.stamp.film import admitted, finish, mark
from app.stamp.frames import REASONS, Count, Marked, Worker
from app.stamp.plate import Language
from app.stamp.proof import Proof, Running, digest
from app.stamp.signer import Signer
from app.stamp.statement import JOINED, Statement, parse, parse_parts, parts_as_json, purpose_of, settings
from app.stamp.writer import _SEAL, Stamped, _sign
from app.verify import Report, Verdict, verify
from consent.errors import Fault, Forgery, Refusal
from consent.gate import Gate
from consent.types import Pixels, Purpose, exactly

_BOTH: Final = "motion"
"""What all parts together are worth, when some were made after a live check with lights and some after one without."""


@final
@dataclass(frozen=True, slots=True)
class Doing:
    """What is done to the film; a part of which anything else is stated is none of it.

    Attributes:
        purposes: in their order.
        engine: name and version, as its drafts state it.
        parameters: the engine's settings.
    """

    purposes: tuple[Purpose, ...]
    engine: str
    parameters: Mapping[str, float | str]

    def states(self, told: Statement) -> bool:
        """Whether a part states just this."""
        done = purpose_of([purpose.value for purpose in self.purposes])
        return (told.purpose, told.engine) == (done, self.engine) and settings(told) == dict(self.parameters)


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """A finished part, the whole film's proof as it is at its end, and of one made in this session whose face it is."""

    data: bytes = field(repr=False)
    told: Statement
    after: Running
    source: Pixels | None = field(default=None, repr=False)


@final
class Parts:
    """The finished parts of one film, in their order and without a gap. Not for several threads.

    Args:
        gate: of the person who is there now.
        film: the whole film, from `app.film.read`.
        doing: what is done to it.
        signer: this installation's.
        language: of the label: `en` or `zh`.

    Raises:
        Refusal, Forgery: as `app.stamp.film.stamp_film`.
    """

    def __init__(self, gate: Gate, film: Film, doing: Doing, signer: Signer, language: Language = "en") -> None:
        self._film = admitted(gate, film)
        exactly(Doing, doing)
        self._gate, self._doing, self._signer, self._language = gate, doing, signer, language
        self._begin, self._parts = Running(), list[_Part]()

    @property
    def total(self) -> int:
        """Frames of the film."""
        return len(self._film.timing.ticks)

    @property
    def done(self) -> int:
        """Of them in finished parts."""
        return sum(_count(part.told, "frames") for part in self._parts)

    @property
    def changed(self) -> int:
        """Of these the changed ones."""
        return sum(_count(part.told, "frames_changed") for part in self._parts)

    @property
    def left_alone(self) -> Mapping[str, int]:
        """Of these the others, by the code of the reason, as far as the parts tell it."""
        return {name.replace("_", "-"): count for name, count in self._left().items()}

    def take_up(self, data: bytes) -> None:
        """The next part, finished in an earlier session.

        Args:
            data: the whole file, from anyone.

        Raises:
            Refusal: `not-a-part`: it is not the next part of this film with these settings, made here and unchanged,
                or the consent to it was withdrawn; `film-too-large`: all parts together are.
        """
        exactly(bytes, data)
        report = verify(data, [self._signer.anchor_pem])
        told, done = self._next(report), self.done
        part = self._film.part(done, done + _count(told, "frames"))
        finished = read(data)
        if finished.size != part.size or not finished.timing.is_like(part.timing.from_zero()):
            raise _no_part("it has other times or another size")
        salt = self._signer.registry.salt(told.target_hmac or "")
        if salt is None:
            raise _no_part("the consent to it was withdrawn")
        running, whole = Running(salt), self._after.copy()
        with closing(ahead(digest(pixels) for pixels in part.frames())) as frames:
            for frame in frames:
                running.add(frame)
                whole.add(frame)
        try:
            running.leads_to(told.target_hmac or "")
        except Forgery:
            raise _no_part("it was made from other frames") from None
        self._gate.live()
        self._add(_Part(data, told, whole))

    def make(self, worker: Worker, last: int, tell: Callable[[Count], object] = lambda _: None) -> Stamped:
        """Make the next part: the frames from the first that is not finished to `last - 1`.

        Args:
            worker: as for `app.stamp.film.stamp_film`, of these frames alone.
            last: the frame after its last one.
            tell: as there.

        Raises:
            Refusal, Forgery, Fault: as there. The parts are then as they were.
        """
        part, whole = self._film.part(self.done, last), self._after.copy()
        ident = mark(part, self._signer)
        with closing(
            Marked(self._gate, part, worker, ident, language=self._language, tell=tell, whole=whole)
        ) as marked:
            stamped = finish(marked, self._signer)
            source = marked.source
        told = stamped.report.statement
        if told is None or not self._doing.states(told):
            raise Fault("bad-facts", "The facts about this film are not in order.", "Report it.")
        self._add(_Part(stamped.data, told, whole, source))
        return stamped

    def drop(self) -> None:
        """Forget the last finished part: it is to be made anew."""
        self._parts.pop()

    def joined(self) -> Stamped:
        """The whole film, in memory. At least its last part must be of this session.

        Raises:
            Refusal: `consent-withdrawn`: to one of its parts; the session is over; `film-too-large`.
            Fault: not all of it is finished, or anything went wrong in between; there are no bytes then.
        """
        source = self._parts[-1].source if self._parts else None
        if source is None or self.done != self.total:
            raise Fault("film-not-finished", "Not all parts of this film are finished.", "Report it.")
        proof = self._after.proof(source)
        statement, stated = self._statement(proof), [part.told for part in self._parts]
        silent = film_out.join([part.data for part in self._parts], self._film.timing, self._film)
        definition = manifest.build(statement, codec.Format.MP4, dt.datetime.now(dt.UTC), stated)
        signed, _ = _sign(silent, definition, self._signer, codec.Format.MP4)
        del silent
        report = verify(signed, [self._signer.anchor_pem])
        self._accept(report, statement)
        self._same_frames(signed)
        if any(self._signer.registry.salt(one.target_hmac or "") is None for one in stated):
            raise Refusal.of("consent-withdrawn")
        self._gate.live()
        self._signer.registry.keep(proof, statement.consent)
        self._gate.live()
        return Stamped(signed, codec.Format.MP4, report, _SEAL.over(signed, codec.Format.MP4.value))

    # --- what is stated ----------------------------------------------------------------------------------------------

    @property
    def _after(self) -> Running:
        return self._parts[-1].after if self._parts else self._begin

    def _next(self, report: Report) -> Statement:
        """What is stated of the next part."""
        told, seen = report.statement, report.label
        if report.verdict is not Verdict.OURS or told is None or report.parts:
            raise _no_part("it was not made here, or changed since")
        if not self._doing.states(told) or seen is None or seen.language != self._language:
            raise _no_part("something else was done in it, or by another version of this program")
        if told.domain != self._gate.domain.value:
            raise _no_part("it is of another kind of session")
        begin, count = told.parameters.get("first_frame"), _count(told, "frames")
        if begin != self.done or count < 1 or self.done + count > self.total:
            raise _no_part("it does not follow the one before")
        return told

    def _add(self, part: _Part) -> None:
        """One more part, unless all together are larger than what is read: that is said now, and not at the end."""
        if sum(len(one.data) for one in (*self._parts, part)) > MAX_BYTES:
            raise Refusal("film-too-large", "The finished film is too large.", "Shorten it and try again.")
        self._parts.append(part)

    def _left(self) -> Counter[str]:
        """Frames left alone, by the reason as it is written in the parameters."""
        found = Counter[str]()
        for name, count in chain.from_iterable(part.told.parameters.items() for part in self._parts):
            if name.startswith("left_") and isinstance(count, float | int):
                found[name.removeprefix("left_")] += round(count)
        return found

    def _statement(self, proof: Proof) -> Statement:
        """What holds of the whole: the last part's facts; the least of the scores; the sum of what was counted."""
        told = [part.told for part in self._parts]
        counts = {"frames": float(self.total), "frames_changed": float(self.changed), JOINED: float(len(told))}
        common = self._left()
        others = common.pop("otherwise", 0)
        shown = common.most_common()[:REASONS]
        counts |= {f"left_{name}": float(count) for name, count in shown}
        others += common.total() - sum(count for _, count in shown)
        if others:
            counts["left_otherwise"] = float(others)
        statement = replace(
            told[-1],
            assurance=told[-1].assurance if len({one.assurance for one in told}) == 1 else _BOTH,
            source_origin="live" if all(one.source_origin == "live" for one in told) else "photo",
            parameters=settings(told[-1]) | counts,
            watermark=told[0].watermark,
            source_score=min(one.source_score or 0.0 for one in told),
            target_score=min(one.target_score or 0.0 for one in told),
            source_hmac=proof.source,
            target_hmac=proof.target,
        )
        if parse(statement.as_json()) != statement or parse_parts(parts_as_json(told), statement) is None:
            raise Fault("bad-facts", "The facts about this film are not in order.", "Report it.")
        return statement

    # --- what is let out ---------------------------------------------------------------------------------------------

    def _accept(self, report: Report, statement: Statement) -> None:
        """Let the film out only if any stranger's check will say of it what we say of it."""
        seen, words = report.label, (statement.purpose, statement.domain == "demo", self._language)
        told = seen is not None and (seen.purpose, seen.demo, seen.language) == words
        stated = tuple(part.told for part in self._parts)
        marks = {None, *(one.watermark for one in stated)}  # each part was found to have its own when it was made
        sound = report.verdict is Verdict.OURS and (report.statement, report.parts) == (statement, stated)
        if not (sound and told and report.watermark in marks):
            raise Fault("stamp-not-sound", "The finished film did not pass its check.", "Nothing was written.")

    def _same_frames(self, signed: bytes) -> None:
        """Every frame of the whole, as it is compressed, is one of a part, in their order; and at its time."""
        finished = read(signed)
        same = finished.timing.is_like(self._film.timing) and finished.size == self._film.size
        pairs = zip_longest(film_out.packets(signed), chain.from_iterable(map(film_out.packets, self._data())))
        if not same or not all(one and other and bytes(one) == bytes(other) for one, other in pairs):
            raise Fault("stamp-not-sound", "The finished film is not what its parts are.", "Nothing was written.")

    def _data(self) -> Iterator[bytes]:
        return (part.data for part in self._parts)


def _count(told: Statement, name: str) -> int:
    count = told.parameters.get(name, 0)
    return round(count) if isinstance(count, float | int) else 0


def _no_part(why: str) -> Refusal:
    reason = f"This file is no finished part of this film: {why}."
    return Refusal("not-a-part", reason, "Move it away, and this part is made anew.")
