"""The personal model, step by step: extract (every frame through the gate), train, create (stamped as everything is).

What is extracted and learnt lives in memory, works with the gate it came through alone, and is gone with the session.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from app.engines.personal import Learnt, PersonalOptions, Training, learn, train
from app.film import Film
from app.flow import make
from app.reel import Job
from app.stamp.plate import Language
from app.stamp.signer import Signer
from app.stamp.writer import Stamped
from consent.errors import Refusal
from consent.gate import Gate
from consent.types import Grant, Match, Photo, Purpose

PURPOSES: Final = (Purpose.MODEL, Purpose.SWAP)
"""What must have been agreed to: learning, and changing pictures."""
MOST: Final = 150
"""Frames of one film that are looked at, evenly spread: more of the same teach little."""
MOST_BYTES: Final = 512 * 2**20
"""Of their pixels: of a 4K film 21 frames, which is enough to train on."""
MOST_HELD: Final = 2**30
"""Bytes of pixels of all photos and films of one look: 28 photos of 12 megapixels, or 1,100 frames of a webcam."""
PREVIEWS: Final = 4
_ENDS: Final = frozenset({"session-withdrawn", "session-expired", "other-world", "purpose-not-agreed"})
"""After these there is nothing more to look at."""
_SPOILT: Final = (0.5, 0.1)
"""Share of the first half that is the person's, and of the second that is not, in a film that changes half way."""


@dataclass(frozen=True, slots=True)
class Extract:
    """What became of the frames of some pictures and films.

    Attributes:
        frames: that are the person's.
        refused: the others, by the code of the reason.
        notes: what is odd, in the form of a refusal; nothing is raised.
    """

    frames: tuple[Match, ...] = field(repr=False)
    refused: Mapping[str, int]
    notes: tuple[Refusal, ...] = ()

    def __add__(self, other: Extract) -> Extract:
        """Both together.

        Raises:
            Refusal: `too-much-to-learn`; see `room`.
        """
        frames = self.frames + other.frames
        room(sum(frame.pixels.nbytes for frame in frames))
        refused = dict(Counter(self.refused) + Counter(other.refused))
        return Extract(frames, refused, self.notes + other.notes)

    @property
    def told(self) -> str:
        """One line for people."""
        if not self.refused:
            return f"Frames of you: {len(self.frames)}."
        ordered = sorted(self.refused.items(), key=lambda one: (-one[1], one[0]))
        reasons = ", ".join(f"{code.replace('-', ' ')} {count}" for code, count in ordered)
        return f"Frames of you: {len(self.frames)}; left out: {reasons}."


NOTHING: Final = Extract((), {})


def room(held: int) -> None:
    """Pass so many bytes of pixels.

    Raises:
        Refusal: `too-much-to-learn`, when they are more than `MOST_HELD`.
    """
    if held > MOST_HELD:
        raise Refusal(
            "too-much-to-learn",
            "These pictures fill more than a gigabyte of memory.",
            "Hand in fewer, or smaller ones.",
        )


def frames_of(film: Film, most: int = MOST) -> Iterator[Photo]:
    """Frames of a film, evenly spread over it; the larger they are, the fewer."""
    count, (width, height) = len(film.timing.ticks), film.size
    most = min(most, max(1, MOST_BYTES // (3 * width * height)))
    wanted = set(np.linspace(0, count - 1, min(most, count)).round().astype(int).tolist())
    for number, pixels in enumerate(film):
        if number in wanted:
            yield Photo(pixels)


def extract(
    gate: Gate, photos: Iterable[Photo], tell: Callable[[int], object] = lambda _: None, *, film: bool = False
) -> Extract:
    """Match every frame with the live person; who else is in them stays out.

    Args:
        gate: of the person.
        photos: pictures, or frames of one film in their order.
        film: they are; it is said when the person is not seen any more from some moment on.
        tell: is given the number of each frame when it was looked at.

    Raises:
        Refusal: the session is over, or the frames are of another world.
    """
    found: list[Match] = []
    refused: Counter[str] = Counter()
    mine: list[bool] = []
    for number, photo in enumerate(photos, 1):
        try:
            found.append(gate.match(photo))
        except Refusal as no:
            if no.code in _ENDS:
                raise
            refused[no.code] += 1
        mine.append(len(found) > sum(mine))
        tell(number)
    return Extract(tuple(found), dict(refused), tuple(_changes(mine)) if film else ())


def _changes(mine: Sequence[bool]) -> Iterator[Refusal]:
    """What is said of a film that shows somebody else, or nobody, from some moment on."""
    half = len(mine) // 2
    if half >= 2 and np.mean(mine[:half]) > _SPOILT[0] and np.mean(mine[half:]) < _SPOILT[1]:
        last = max(number for number, one in enumerate(mine, 1) if one)
        yield Refusal(
            "stops-matching",
            f"After frame {last} of {len(mine)} your face is not seen any more; the rest was left out.",
            "If that is you, use another film, with more light.",
        )


def know(gate: Gate, frames: Extract = NOTHING) -> Learnt:
    """The quick model: from the live check's own frames and these, in seconds.

    Raises:
        Refusal: `purpose-not-agreed`, `too-few-own-frames`, or the session is over.
    """
    return learn(gate, _leave(gate, frames.frames or gate.live()[:1]))


def begin(
    gate: Gate, now: Extract, then: Extract, *, kind: str = "light", side: int = 96, threads: int = 0, seed: int = 0
) -> Training:
    """Begin to train a network in the background.

    Args:
        gate: of the person.
        now: the look that is to be drawn; with few frames, the live check's own are used too.
        then: the look of the pictures that are to be changed.
        kind: see `app.engines.personal`.
        side: of the network, pixels.
        threads: of the processor; 0 for all.
        seed: draws.

    Raises:
        Refusal: `purpose-not-agreed`, `too-few-frames-to-train`, `one-pose`, `bad-option`, or the session is over.
    """
    looks = _leave(gate, now.frames or gate.live()[:1]), _leave(gate, then.frames)
    return train(gate, looks, kind=kind, side=side, threads=threads, seed=seed)


def _leave(gate: Gate, frames: Sequence[Match]) -> list[Grant]:
    return [gate.grant(one, one, Purpose.MODEL) for one in frames]


def create(
    gate: Gate,
    model: Learnt | Training,
    target: Match,
    signer: Signer,
    *,
    fmt: str = "jpeg",
    language: Language = "en",
) -> Stamped:
    """Draw what was learnt on one picture, and stamp it: the only bytes that leave.

    Args:
        gate: of the person.
        model: what was learnt; the manifest names a photo as the source if any taught it.
        target: the picture.
        signer: of this installation.
        fmt: of the file.
        language: of the label.

    Raises:
        Refusal: what the gate, the engine or the stamp says; nothing is written then.
    """
    source = model.source or gate.live()[0]
    return make(gate, source, target, PersonalOptions(model), signer, fmt=fmt, language=language)


def job(gate: Gate, model: Learnt | Training, film: Film) -> Job:
    """A film to be drawn on with what was learnt, for `app.reel` and `app.cli.film`."""
    return Job(gate, model.source or gate.live()[0], film, PersonalOptions(model))


def previews(
    gate: Gate, model: Learnt | Training, targets: Sequence[Match], signer: Signer, language: Language = "en"
) -> tuple[Stamped, ...]:
    """How far a model is, on some pictures of the person: each stamped as everything that anybody sees."""
    if not targets:
        return ()
    picked = np.linspace(0, len(targets) - 1, min(PREVIEWS, len(targets))).round().astype(int)
    return tuple(create(gate, model, targets[int(k)], signer, language=language) for k in picked)
