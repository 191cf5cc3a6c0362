"""The only way out for a changed film: every frame labelled and watermarked, the whole signed and read back.

No pixels are handed in. The frames come from the film itself, decoded here, and where one was changed its `Draft` takes
its place: opened by the gate, and only if it was made from this very frame. What nobody was granted stays as it was
filmed. Decoding, the work on the frames, the stamp and the encoder overlap (`app.ahead`), a few frames apart.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Final

import numpy as np
from av.video.reformatter import VideoReformatter

from app import codec, film_out
from app.ahead import ahead
from app.film import Film, Timing, pixels, read
from app.film_colour import brightness
from app.stamp import label, manifest, watermark
from app.stamp.frames import Count, Marked, Worker
from app.stamp.plate import Language
from app.stamp.registry import Steps, fingerprint
from app.stamp.signer import Signer
from app.stamp.writer import _SEAL, Stamped, _accept, _sign, _statement
from app.verify import verify
from consent.errors import Fault, Forgery, Refusal
from consent.gate import Gate
from consent.types import Pixels, Purpose, exactly

EVERY: Final = 12
"""Frames from one look at the watermark to the next when the finished film is read back."""
READABLE: Final = 0.5
"""Share of the frames looked at in which the watermark must be read: in a black one there is none."""

Tell = Callable[[Count], object]


def stamp_film(
    gate: Gate,
    film: Film,
    worker: Worker,
    signer: Signer,
    language: Language = "en",
    *,
    tell: Tell = lambda _: None,
) -> Stamped:
    """Put drafts into the film they were made from, and turn it into a labelled and signed file in memory.

    Args:
        gate: The gate whose work the drafts are.
        film: The film, from `app.film.read`.
        worker: Is given the frames of the film, read-only, and gives for each of them the engine's draft; or why it
            stays as it is, or None (it is labelled all the same). It is closed when anything goes wrong.
        signer: This installation's signer.
        language: Of the label: `en` or `zh`.
        tell: Is told after each frame how far it is; whatever it raises ends the work.

    Returns:
        The stamped film, after every frame of it was looked at and `app.verify` has found it to be ours.

    Raises:
        Refusal: `purpose-not-agreed`: films were not agreed to; `nothing-changed`; `not-marked`: the film is so plain
            that no watermark can be read in it; what the gate says of a draft; what `read` and `Film.frames` say.
        Forgery: `forged`: a draft of another frame, of another film, or no draft at all; no gate, or no film.
        Fault: anything that went wrong in between; there are no bytes then.
    """
    film = admitted(gate, film)
    ident = mark(film, signer)
    with closing(Marked(gate, film, worker, ident, language=language, tell=tell)) as marked:
        return finish(marked, signer)


def admitted(gate: Gate, film: Film) -> Film:
    """The film as it is read here, for a gate that may change films.

    Raises:
        Refusal: `purpose-not-agreed`; what `read` says.
        Forgery: `forged`: no gate, or no film.
    """
    if type(gate) is not Gate:  # a look-alike could release anything
        raise Forgery.of("forged")
    exactly(Film, film)  # nor may one give frames that are in no file
    exactly(bytes, film.data)
    film = read(film.data)  # our own: the caller's may be made by hand, or become another one on the way
    if Purpose.VIDEO not in gate.purposes:
        raise Refusal.of("purpose-not-agreed")
    return film


def mark(film: Film, signer: Signer) -> int | None:
    """The id of a watermark for a film, where it is large enough for one."""
    return signer.registry.fresh() if watermark.fits(np.empty((*film.size[::-1], 3), np.uint8)) else None


def finish(marked: Marked, signer: Signer) -> Stamped:
    """Encode, sign and read back; see `stamp_film`. A part has no sound, and begins at zero."""
    film = marked.film
    timing, sound = (film.timing, film) if film.first is None else (film.timing.from_zero(), None)
    with closing(ahead(marked.frames())) as out:
        silent = film_out.encode(out, timing, sound)
        proof = marked.proof()
    statement = _statement(marked.facts(), proof, marked.ident)
    definition = manifest.build(statement, codec.Format.MP4, dt.datetime.now(dt.UTC))
    signed, store = _sign(silent, definition, signer, codec.Format.MP4)
    del silent
    report = verify(signed, [signer.anchor_pem])
    _accept(report, statement, marked.language)
    prints = _look_through(read(signed), marked, timing)
    marked.gate.live()  # refuses when the person has withdrawn meanwhile: nothing is remembered after that
    signer.registry.keep(proof, statement.consent, marked.ident, store, prints)
    marked.gate.live()
    return Stamped(signed, codec.Format.MP4, report, _SEAL.over(signed, codec.Format.MP4.value))


def _look_through(finished: Film, marked: Marked, timing: Timing) -> list[Steps]:
    """Look at the finished film: all frames at their times, each with its label where it was put.

    Every twelfth is looked at as by a stranger: which label is anywhere in it, and which watermark.

    Returns:
        Fingerprints of those.
    """
    prints, found, ident = list[Steps](), 0, marked.ident
    if not finished.timing.is_like(timing) or finished.size != marked.film.size:
        raise Fault("stamp-not-sound", "The finished film has other times or another size.", "Nothing was written.")
    with closing(ahead(_seen(finished, marked))) as frames:
        for number, (is_labelled, shown) in enumerate(frames):
            if not is_labelled or (shown is not None and not marked.says_its_label(shown)):
                raise Fault("stamp-not-sound", f"Frame {number} has no label that can be read.", "Nothing was written.")
            if shown is not None and ident is not None:
                seen = watermark.find(shown)
                found += seen is not None and seen.ident == ident
                prints.append(fingerprint(shown))
            marked.tell(marked.count(looked_at=number + 1))
    if found < READABLE * len(prints):
        reason = "This film is so plain that the invisible watermark cannot be read in it, so nothing was written."
        raise Refusal("not-marked", reason, "Use a film with more in it, or a larger one.")
    return prints


def _seen(finished: Film, marked: Marked) -> Iterator[tuple[bool, Pixels | None]]:
    """Of each frame whether its label is in its place; of every twelfth the pixels, too."""
    by = VideoReformatter()
    for number, (frame, clear) in enumerate(zip(finished.decoded(), marked.clear(), strict=True)):
        shown = pixels(frame, finished.shape, by) if number % EVERY == 0 else None
        yield label.is_at(brightness(frame), marked.text, clear), shown
