"""The only way out for a changed film: every frame labelled and watermarked, the whole signed and read back.

No pixels are handed in. The frames come from the film itself, decoded here once more, and where one was changed its
`Draft` takes its place: opened by the gate, and only if it was made from this very frame. What nobody was granted stays
as it was filmed.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

import numpy as np

from app import codec, film_out
from app.film import Film, read
from app.stamp import label, manifest, watermark
from app.stamp.plate import Language
from app.stamp.proof import Proof
from app.stamp.registry import Steps, fingerprint
from app.stamp.signer import Signer
from app.stamp.statement import purpose_of
from app.stamp.writer import _SEAL, Stamped, _accept, _sign, _statement
from app.verify import verify
from consent.errors import Box, Fault, Forgery, Refusal
from consent.gate import Gate
from consent.types import Draft, Facts, Pixels, Purpose, Released, exactly

EVERY: Final = 12
"""Frames from one look at the watermark to the next when the finished film is read back."""
PSNR: Final = 40.5
"""Decibels of the watermark in a frame: stronger than in pictures, for film is compressed more, and over time."""
READABLE: Final = 0.5
"""Share of the frames looked at in which the watermark must be read: in a black one there is none."""


def stamp_film(
    gate: Gate, film: Film, drafts: Iterable[Draft | None], signer: Signer, language: Language = "en"
) -> Stamped:
    """Put drafts into the film they were made from, and turn it into a labelled and signed file in memory.

    Args:
        gate: The gate whose work the drafts are.
        film: The film, from `app.film.read`.
        drafts: For each frame of it the engine's result, or None where it stays as it is (it is labelled all the same).
            They are taken one by one, a frame ahead of what is written at most; until the first draft, none is written.
        signer: This installation's signer.
        language: Of the label: `en` or `zh`.

    Returns:
        The stamped film, after every frame of it was looked at and `app.verify` has found it to be ours.

    Raises:
        Refusal: `purpose-not-agreed`: films were not agreed to; `nothing-changed`; `not-marked`: the film is so plain
            that no watermark can be read in it; what the gate says of a draft; what `read` and `Film.frames` say.
        Forgery: `forged`: a draft of another frame, of another film, or no draft at all; no gate, or no film.
        Fault: anything that went wrong in between; there are no bytes then.
    """
    if type(gate) is not Gate:  # a look-alike could release anything
        raise Forgery.of("forged")
    exactly(Film, film)  # nor may one give frames that are in no file
    exactly(bytes, film.data)
    film = read(film.data)  # our own: the caller's may be made by hand, or become another one on the way
    if Purpose.VIDEO not in gate.purposes:
        raise Refusal.of("purpose-not-agreed")
    reel = _Reel(gate, film, iter(drafts), language)
    ident = signer.registry.fresh() if watermark.fits(np.empty((*film.size[::-1], 3), np.uint8)) else None
    silent = film_out.encode(reel.frames(ident), film.timing, film)
    proof = Proof.over(reel.first.source, film.frames())
    statement = _statement(reel.facts(), proof, ident)
    definition = manifest.build(statement, codec.Format.MP4, dt.datetime.now(dt.UTC))
    signed, store = _sign(silent, definition, signer, codec.Format.MP4)
    report = verify(signed, [signer.anchor_pem])
    _accept(report, statement, language)
    finished = read(signed)
    prints = _look_through(finished, film, (statement.purpose, statement.domain == "demo", language), ident)
    gate.live()  # refuses when the person has withdrawn meanwhile: nothing is remembered after that
    signer.registry.keep(proof, statement.consent)
    if ident is not None:
        signer.registry.remember_film(ident, store, prints)
    gate.live()
    return Stamped(signed, codec.Format.MP4, report, _SEAL.over(signed, codec.Format.MP4.value))


class _Reel:
    """The frames of a film with the drafts in their places.

    Attributes:
        first: the first draft, released.
        text: the lines of the label.
    """

    def __init__(self, gate: Gate, film: Film, drafts: Iterator[Draft | None], language: Language) -> None:
        self._gate, self._film, self._drafts = gate, film, drafts
        self._plain = 0
        draft = None
        for draft in drafts:
            if draft is not None:
                break
            self._plain += 1
            if self._plain > len(film.timing.ticks):
                raise Fault("bad-drafts", "There are more drafts than frames in the film.", "Report it.")
            gate.live()
        if draft is None:
            reason = "In no frame of this film was a face changed."
            raise Refusal("nothing-changed", reason, "Use a film in which you can be seen clearly.")
        self.first = gate.release(draft)
        self._lowest = self.first.facts.target_score
        self._changed = 0
        purpose, demo = purpose_of(self.first.facts.purposes), self.first.facts.domain.value == "demo"
        self.text = label.lines(purpose, demo=demo, language=language)
        self._clear: Box = self.first.facts.face_box

    def facts(self) -> Facts:
        """What holds of the whole film: the least of the scores; how many frames there are, and were changed."""
        counts = {"frames": float(len(self._film.timing.ticks)), "frames_changed": float(self._changed)}
        told = dict(self.first.facts.parameters) | counts
        return replace(self.first.facts, target_score=self._lowest, parameters=told)

    def frames(self, ident: int | None) -> Iterator[Pixels]:
        """Each frame as it leaves: changed or not, labelled, and marked where the film is large enough."""
        ahead: Iterator[Draft | Released | None] = itertools.chain([None] * self._plain, [self.first], self._drafts)
        for original in self._film.frames():
            item = next(ahead, _END)
            pixels = original if item is None else self._opened(item, original)
            labelled = self._labelled(pixels)
            yield labelled if ident is None else watermark.embed(labelled, ident, PSNR)
        if next(ahead, _END) is not _END:
            raise Fault("bad-drafts", "There are more drafts than frames in the film.", "Report it.")

    def _opened(self, item: object, original: Pixels) -> Pixels:
        """The pixels of a draft of this very frame."""
        if item is _END:
            raise Fault("bad-drafts", "There are fewer drafts than frames in the film.", "Report it.")
        if item is not self.first:
            exactly(Draft, item)
        released = self.first if item is self.first else self._gate.release(item)  # type: ignore[arg-type]
        one, other = _same(released.facts), _same(self.first.facts)
        alike = np.array_equal(released.original, original) and np.array_equal(released.source, self.first.source)
        if one != other or not alike:
            raise Forgery.of("forged")
        self._lowest = min(self._lowest, released.facts.target_score)
        self._changed += 1
        self._clear = self._kept_clear(released.facts.face_box, original)
        return released.pixels

    def _kept_clear(self, face: Box, original: Pixels) -> Box:
        """The face that the label keeps clear of: the same as long as it covers no other, so that it does not jump."""
        spot = label.find(label.draw(original, self.text, self._clear))
        return self._clear if spot is None or not _overlap(spot.box, face) else face

    def _labelled(self, pixels: Pixels) -> Pixels:
        return label.draw(pixels, self.text, self._clear)


_END: Final = object()


def _same(facts: Facts) -> tuple[object, ...]:
    """What all drafts of one film have in common."""
    told = (facts.purposes, facts.domain, facts.assurance, facts.session, facts.consent, facts.source_origin)
    return (*told, facts.target_origin, facts.engine, facts.source_score, dict(facts.parameters))


def _overlap(one: Box, other: Box) -> bool:
    across = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    down = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    return across > 0 and down > 0


def _look_through(finished: Film, film: Film, told: tuple[str, bool, Language], ident: int | None) -> list[Steps]:
    """Look at the finished film: all frames at their times, each with its label, the watermark now and then.

    Returns:
        Fingerprints of the frames that were looked at for the watermark.
    """
    prints = []
    if finished.timing.times != film.timing.times or finished.size != film.size:
        raise Fault("stamp-not-sound", "The finished film has other times or another size.", "Nothing was written.")
    found = 0
    for number, pixels in enumerate(finished.frames()):
        seen = label.find(pixels)
        if seen is None or (seen.purpose, seen.demo, seen.language) != told:
            raise Fault("stamp-not-sound", f"Frame {number} has no label that can be read.", "Nothing was written.")
        if ident is not None and number % EVERY == 0:
            mark = watermark.find(pixels)
            found += mark is not None and mark.ident == ident
            prints.append(fingerprint(pixels))
    if found < READABLE * len(prints):
        reason = "This film is so plain that the invisible watermark cannot be read in it, so nothing was written."
        raise Refusal("not-marked", reason, "Use a film with more in it, or a larger one.")
    return prints
