"""The frames of a film on their way through its stamp.

Each is decoded once, handed to the worker, compared with what comes back, labelled and marked.
"""

from __future__ import annotations

import itertools
import threading
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, final

import numpy as np

from app.ahead import ahead
from app.film import Film
from app.stamp import label
from app.stamp.marking import Marker
from app.stamp.plate import Language, Text
from app.stamp.proof import Proof, Running, digest
from app.stamp.statement import purpose_of
from consent.errors import Box, Fault, Forgery, Refusal
from consent.gate import Gate
from consent.types import Draft, Facts, Pixels, Released, exactly, freeze

PSNR: Final = 40.5
"""Decibels of the watermark in a frame: stronger than in pictures, for film is compressed more, and over time."""
REASONS: Final = 6
"""Reasons that are told one by one in the manifest; the rarer ones together."""

_UNSAID: Final = "unsaid"

Worker = Callable[[Iterator[Pixels]], Iterable[Draft | Refusal | None]]
"""Given the frames of a film, gives for each of them a draft, why it stays as it is, or None."""


@final
@dataclass(frozen=True, slots=True)
class Count:
    """How far the stamp of a film is, in frames.

    Attributes:
        total: of the film.
        done: that went into the new film.
        looked_at: of the finished film.
        changed: so far.
        left: that stay as they are, by the code of the reason.
    """

    total: int
    done: int
    looked_at: int
    changed: int
    left: Mapping[str, int]


@final
class Originals:
    """The film's own frames, read-only: for the worker, and kept until the stamp has put what it made in their place.

    Args:
        film: decoded once, in a thread of its own.
        whole: of a part: is told its frames, too.
    """

    def __init__(self, film: Film, whole: Running | None = None) -> None:
        self._target = Running()
        self._told = (self._target,) if whole is None else (self._target, whole)
        self._lock, self._kept = threading.Lock(), deque[Pixels]()
        self._frames: Generator[Pixels] = ahead(self._committed(film))

    def _committed(self, film: Film) -> Iterator[Pixels]:
        for pixels in film.frames():
            frame = digest(pixels)
            for running in self._told:
                running.add(frame)
            yield freeze(pixels)

    def __iter__(self) -> Iterator[Pixels]:
        return self

    def __next__(self) -> Pixels:
        with self._lock:
            pixels = next(self._frames)
            self._kept.append(pixels)
            return pixels

    def take(self) -> Pixels:
        """The next frame that has not been taken, whether or not the worker has looked at it.

        Raises:
            StopIteration: there is none.
        """
        if not self._kept:
            next(self)
        return self._kept.popleft()

    def proof(self, source: Pixels) -> Proof:
        """Of the whole film, once all of it was taken."""
        return self._target.proof(source)

    def close(self) -> None:
        """Stop decoding."""
        self._frames.close()


@final
class Marked:
    """A film with the drafts in their places, every frame labelled, and marked where the film is large enough.

    Attributes:
        gate: whose work the drafts are.
        film: whose frames they are.
        ident: of the watermark; None in a film too small for one.
        language: of the label.
        tell: is told after each frame how far it is.
        text: the lines of the label, from the first draft on.
    """

    def __init__(
        self,
        gate: Gate,
        film: Film,
        worker: Worker,
        ident: int | None,
        *,
        language: Language,
        tell: Callable[[Count], object],
        whole: Running | None = None,
    ) -> None:
        self.gate, self.film, self.ident, self.text = gate, film, ident, Text()
        self.language, self.tell = language, tell
        self._originals = Originals(film, whole)
        self._items = iter(worker(self._originals))
        self._marker = Marker(ident, film.size[::-1], PSNR) if ident is not None else None
        self._first: Released | None = None
        self._done = self._changed = 0
        self._lowest = 1.0
        self._left, self._why = Counter[str](), dict[str, str]()
        self._clear: list[tuple[int, Box]] = []

    def close(self) -> None:
        """End the worker and the decoder."""
        close = getattr(self._items, "close", None)
        if close is not None:
            close()
        self._originals.close()

    def frames(self) -> Iterator[Pixels]:
        """Each frame as it leaves. Until the first draft it is not known what the label says: none comes before."""
        waiting = 0
        for item in self._items:
            original = self._original()
            if self._first is None and (item is None or isinstance(item, Refusal)):
                waiting += 1
                self._stays(item)
                self.gate.live()
                self.tell(self.count())
                continue
            changed = self._changed_one(item, original)
            for plain in itertools.islice(self.film.frames() if waiting else (), waiting):
                yield self._finished(plain)
            waiting = 0
            yield self._finished(changed)
        if self._first is None:
            mostly = next((self._why[code] for code, _ in self._left.most_common() if code != _UNSAID), "")
            reason = f"In no frame of this film was a face changed. {mostly}".strip()
            raise Refusal("nothing-changed", reason, "Use a film in which you can be seen clearly.")
        if next(self._originals, None) is not None or self._done != len(self.film.timing.ticks):
            raise Fault("bad-drafts", "There are fewer drafts than frames in the film.", "Report it.")

    @property
    def source(self) -> Pixels:
        """Whose face is used."""
        return self._one.source

    def proof(self) -> Proof:
        """What the film was made from."""
        return self._originals.proof(self.source)

    def facts(self) -> Facts:
        """What holds of the whole film: the least of the scores; how many frames there are, were changed, and not."""
        counts = {"frames": float(len(self.film.timing.ticks)), "frames_changed": float(self._changed)}
        if self.film.first is not None:
            counts["first_frame"] = float(self.film.first)
        common = [(code, n) for code, n in self._left.most_common() if code != _UNSAID]
        counts |= {f"left_{code.replace('-', '_')}": float(n) for code, n in common[:REASONS]}
        if common[REASONS:]:
            counts["left_otherwise"] = float(sum(n for _, n in common[REASONS:]))
        told = dict(self._one.facts.parameters) | counts
        return replace(self._one.facts, target_score=self._lowest, parameters=told)

    def count(self, looked_at: int = 0) -> Count:
        """How far it is."""
        done = self._changed + self._left.total()
        return Count(len(self.film.timing.ticks), done, looked_at, self._changed, dict(self._left))

    def clear(self) -> Iterator[Box]:
        """Of each frame the face that its label kept clear of."""
        ends = [number for number, _ in self._clear[1:]] + [len(self.film.timing.ticks)]
        for (begin, box), end in zip(self._clear, ends, strict=True):
            yield from itertools.repeat(box, end - begin)

    def says_its_label(self, pixels: Pixels) -> bool:
        """Whether a frame has the label of this film, for anybody."""
        seen = label.find(pixels)
        return seen is not None and (seen.purpose, seen.demo, seen.language) == (*self._told, self.language)

    # --- one frame ---------------------------------------------------------------------------------------------------

    @property
    def _one(self) -> Released:
        """The first draft."""
        if self._first is None:
            raise Fault("bad-drafts", "No frame was changed yet.", "Report it.")
        return self._first

    @property
    def _told(self) -> tuple[str, bool]:
        return purpose_of(self._one.facts.purposes), self._one.facts.domain.value == "demo"

    def _original(self) -> Pixels:
        try:
            return self._originals.take()
        except StopIteration:
            reason = "There are more drafts than frames in the film."
            raise Fault("bad-drafts", reason, "Report it.") from None

    def _changed_one(self, item: object, original: Pixels) -> Pixels:
        """The pixels of a draft of this very frame, or the frame itself."""
        if item is None or isinstance(item, Refusal):
            self._stays(item)
            return original
        exactly(Draft, item)
        released = self.gate.release(item)  # type: ignore[arg-type]
        if self._first is None:
            self._first = released
            purpose, demo = self._told
            self.text = label.lines(purpose, demo=demo, language=self.language)
            self._clear.append((0, released.facts.face_box))
        one, other = _same(released.facts), _same(self._one.facts)
        source = released.source is self._one.source or np.array_equal(released.source, self._one.source)
        if one != other or not source or not np.array_equal(released.original, original):
            raise Forgery.of("forged")
        self._lowest = min(self._lowest, released.facts.target_score)
        self._changed += 1
        self._keep_clear(released.facts.face_box)
        return released.pixels

    def _stays(self, item: object) -> None:
        code = _UNSAID
        if isinstance(item, Refusal):
            code = item.code
            self._why[code] = item.reason
        self._left[code] += 1

    def _keep_clear(self, face: Box) -> None:
        """The face that the label keeps clear of: the same while it covers no other, so that it does not jump."""
        size = self.film.size[1], self.film.size[0]
        place = label.place(size, self.text, self._clear[-1][1])
        if label.overlap(place, face) and label.place(size, self.text, face) != place:
            self._clear.append((self._changed + self._left.total() - 1, face))

    def _finished(self, pixels: Pixels) -> Pixels:
        labelled = label.draw(pixels, self.text, self._at(self._done))
        out = labelled if self._marker is None else self._marker.mark(labelled)
        self._done += 1
        self.tell(self.count())
        return out

    def _at(self, number: int) -> Box:
        return next(box for begin, box in reversed(self._clear) if begin <= number)


def _same(facts: Facts) -> tuple[object, ...]:
    """What all drafts of one film have in common."""
    told = (facts.purposes, facts.domain, facts.assurance, facts.session, facts.consent, facts.source_origin)
    return (*told, facts.target_origin, facts.engine, facts.source_score, dict(facts.parameters))
