"""`selfsame bench gate DIR`: how well does the gate tell people apart, on pictures of anybody's own?

DIR holds a folder for each person with that person's pictures in it. Of each person the first five usable pictures make
a template, and the others, and everybody else's, are compared with it.

The same as in the gate, called and not copied: who is meant, what is usable, template, score, every limit. Not the
same: the template is made of five photographs where the gate has frames of one live check, and of several faces the
largest is taken where the gate asks. No live capture, gate or match is made; what comes out is numbers.
"""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app import codec, media
from app.bench import Figure, share
from consent import policy
from consent.errors import Refusal
from consent.quality import adult
from consent.sight import one_face
from consent.template import score, template
from consent.types import Action, LiveFrame, Photo, freeze
from models.age import AgeEstimator
from models.arcface import Recognisers
from models.faces import Face, Finder
from models.identity import Vector

FALSE_MATCHES: Final = 1e-5
"""Goal: of random adults."""
ALIKE_MATCHES: Final = 1e-3
"""Goal: of the people most alike."""
FALSE_NON_MATCHES: Final = 0.03
"""Goal: of usable pictures."""
SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".webp"})
QUICK_PEOPLE: Final = 40
QUICK_PICTURES: Final = 8
_DRAWS: Final = 1000
_TAIL: Final = 100
"""Highest scores that a tail is fitted to."""
_TOLD: Final = 10

Say = Callable[[str], None]
Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sitter:
    """One person and their pictures.

    Attributes:
        name: for what is said while it runs.
        photos: the pictures, read when they are needed.
        like: whom this person was made to resemble; compared with them alone, and not enrolled.
    """

    name: str
    photos: Iterable[Photo]
    like: str = ""


@dataclass(slots=True)
class Seen:
    """What is left of a person once their pictures were seen.

    Attributes:
        template: None where nobody could be enrolled.
        enrolled: how many of the first vectors the template was made of.
        vectors: of every usable picture, in order.
    """

    sitter: Sitter
    template: Vector | None = None
    enrolled: int = 0
    vectors: list[Vector] = field(default_factory=list)


@dataclass(slots=True)
class Counts:
    """What never came to a comparison.

    Attributes:
        pictures: all that were seen.
        several: those with several faces, of which the largest was taken.
        refused: pictures, by code.
        people: those with enough pictures to be enrolled.
        few: those without.
        not_enrolled: people, by code.
    """

    pictures: int = 0
    several: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    people: int = 0
    few: int = 0
    not_enrolled: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Trials:
    """Scores (n,) of one kind, cosines, with whose template and whose picture they compare, by number."""

    scores: Scores
    mine: NDArray[np.intp]
    theirs: NDArray[np.intp]

    @classmethod
    def of(cls, rows: list[tuple[float, int, int]]) -> Trials:
        """From (score, whose template, whose picture)."""
        table = np.array(rows, np.float64).reshape(-1, 3)
        return cls(table[:, 0], table[:, 1].astype(np.intp), table[:, 2].astype(np.intp))


@dataclass(frozen=True, slots=True)
class Outcome:
    """All comparisons.

    Attributes:
        mated: with oneself.
        others: with everybody else.
        alike: those of `others` with the one person whom the recogniser itself finds most alike.
        made_alike: with people made to resemble.
        counts: what never came to a comparison.
    """

    mated: Trials
    others: Trials
    alike: Trials
    made_alike: Trials
    counts: Counts


def folder(path: Path, say: Say, *, quick: bool = False) -> list[Sitter]:
    """The people of a folder of folders; what is no picture is left out, and said.

    Links are not followed, so that nothing outside the folder is read.

    Raises:
        Refusal: `no-folder`, `no-pictures` or `one-person`.
    """
    try:
        below = sorted(os.scandir(path), key=lambda entry: entry.name)
    except OSError as error:
        raise Refusal(
            "no-folder", f"{path} cannot be read as a folder ({error.strerror}).", "Name a folder of folders."
        ) from None
    people = []
    for entry in below:
        if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
            files = _pictures(Path(entry.path), say)
            if files:
                people.append(Sitter(entry.name, _read(files[: QUICK_PICTURES if quick else None], say)))
        elif entry.is_symlink():
            say(f"left out: {entry.name} is a link")
    if len(people) <= 1:
        shape = "Make a folder for each person, with .jpg, .png or .webp files in it: DIR/anna/1.jpg, DIR/ben/1.jpg."
        if not people:
            raise Refusal("no-pictures", f"There are no pictures in folders of {path}.", shape)
        raise Refusal("one-person", f"There is only one person in {path}: nobody to be told apart from.", shape)
    return people[: QUICK_PEOPLE if quick else None]


def _pictures(path: Path, say: Say) -> list[Path]:
    """The picture files of one person: plain files alone, by name."""
    files = []
    try:
        for entry in sorted(os.scandir(path), key=lambda entry: entry.name):
            if Path(entry.name).suffix.lower() not in SUFFIXES or entry.name.startswith("."):
                continue
            found = entry.stat(follow_symlinks=False)
            if not stat.S_ISREG(found.st_mode):
                say(f"left out: {path.name}/{entry.name} is no plain file")
            elif found.st_size > codec.MAX_BYTES:
                say(f"left out: {path.name}/{entry.name} is larger than {codec.MAX_BYTES >> 20} MiB")
            else:
                files.append(Path(entry.path))
    except OSError as error:
        say(f"left out: the folder {path.name} ({error.strerror})")
    return files


def _read(files: Iterable[Path], say: Say) -> Iterator[Photo]:
    for file in files:
        try:
            yield media.read(file.read_bytes())
        except Refusal as no:
            say(f"left out: {file.parent.name}/{file.name}: {no.reason}")
        except OSError as error:
            say(f"left out: {file.parent.name}/{file.name} ({error.strerror})")


def see(sitters: Iterable[Sitter], say: Say) -> tuple[list[Seen], Counts]:
    """Enrol everybody who can be, and look at all their pictures.

    Raises:
        Refusal: `nobody-enrolled`.
        Fault: a model is missing or altered.
    """
    judge, seen = _Judge(), []
    for number, sitter in enumerate(sitters, 1):
        seen.append(judge.see(sitter))
        if number % _TOLD == 0:
            say(f"{number} people seen")
    if not any(one.template is not None for one in seen):
        why = {**judge.counts.not_enrolled, **({"too few pictures": judge.counts.few} if judge.counts.few else {})}
        raise Refusal(
            "nobody-enrolled",
            f"Nobody could be enrolled ({', '.join(f'{code}: {n}' for code, n in sorted(why.items()))}).",
            f"At least {policy.TEMPLATE_FRAMES + 1} clear pictures of an adult are needed, each in one folder.",
        )
    return seen, judge.counts


class _Judge:
    """The gate's eyes, without the gate."""

    def __init__(self) -> None:
        self._finder, self._ages, self._recogniser = Finder(), AgeEstimator(), Recognisers(policy.MATCH_COSINE)
        self.counts = Counts()

    def see(self, sitter: Sitter) -> Seen:
        """All pictures of a person, one at a time; no picture is kept."""
        seen = Seen(sitter)
        first: list[LiveFrame] = []
        before = self.counts.pictures
        for photo in sitter.photos:
            pixels = freeze(photo.pixels)
            self.counts.pictures += 1
            try:
                face = self._face(photo)
            except Refusal as no:
                self.counts.refused[no.code] += 1
                continue
            seen.vectors.append(self._recogniser.embed(pixels, face))
            if len(first) < policy.TEMPLATE_FRAMES and not sitter.like:
                first.append(LiveFrame(pixels, face, Action.CENTRE))
        if self.counts.pictures - before <= policy.TEMPLATE_FRAMES and not sitter.like:
            self.counts.few += 1
        elif not sitter.like:
            self.counts.people += 1
            try:
                seen.template = self._enrolled(first)
                seen.enrolled = len(first)
            except Refusal as no:
                self.counts.not_enrolled[no.code] += 1
        return seen

    def _face(self, photo: Photo) -> Face:
        """The face that is meant, as in the gate; of several, the largest."""
        try:
            return one_face(self._finder, self._ages, photo.pixels, None)[0]
        except Refusal as no:
            if no.code != "several-faces":
                raise
            sizes = [w * h for _, _, w, h in no.boxes]
        self.counts.several += 1
        return one_face(self._finder, self._ages, photo.pixels, sizes.index(max(sizes)))[0]

    def _enrolled(self, first: list[LiveFrame]) -> Vector:
        made = template(first, [self._recogniser.embed(frame.pixels, frame.face) for frame in first])
        adult(median(self._ages.years(frame.pixels, frame.face) for frame in first))
        return made


def compared(seen: list[Seen], counts: Counts) -> Outcome:
    """Every template with every picture that did not make it."""
    mated: list[tuple[float, int, int]] = []
    others: list[tuple[float, int, int]] = []
    made_alike: list[tuple[float, int, int]] = []
    for mine, me in enumerate(seen):
        if me.template is None:
            continue
        mated += [(score(me.template, vector), mine, mine) for vector in me.vectors[me.enrolled :]]
        for theirs, they in enumerate(seen):
            if theirs != mine and they.sitter.like in ("", me.sitter.name):
                rows = made_alike if they.sitter.like else others
                rows += [(score(me.template, vector), mine, theirs) for vector in they.vectors]
    every = Trials.of(others)
    return Outcome(Trials.of(mated), every, _nearest(every), Trials.of(made_alike), counts)


def _nearest(others: Trials) -> Trials:
    """For each template, the pictures of the one other person who scores highest with it on average."""
    keep = np.zeros(len(others.scores), np.bool_)
    for mine in np.unique(others.mine):
        rows = np.flatnonzero(others.mine == mine)
        sums = np.bincount(others.theirs[rows], others.scores[rows])
        number = np.bincount(others.theirs[rows])
        means = np.divide(sums, number, out=np.full(len(sums), -np.inf), where=number > 0)
        keep[rows] = others.theirs[rows] == int(np.argmax(means))
    return Trials(others.scores[keep], others.mine[keep], others.theirs[keep])


def figures(outcome: Outcome) -> list[Figure]:
    """The rates at the gate's limit."""
    pairs = "of comparisons with"
    counts = outcome.counts
    refused = sum(counts.refused.values())
    made = _rate(
        "false_match_rate_made_alike", outcome.made_alike, f"{pairs} people made to resemble", None, above=True
    )
    return [
        _rate("false_match_rate", outcome.others, f"{pairs} others", FALSE_MATCHES, above=True),
        _rate(
            "false_match_rate_lookalike", outcome.alike, f"{pairs} the most alike of them", ALIKE_MATCHES, above=True
        ),
        _rate("false_non_match_rate", outcome.mated, f"{pairs} oneself", FALSE_NON_MATCHES, above=False),
        *([made] if made.n else []),
        Figure(
            "false_match_rate_fitted",
            fitted(outcome.others.scores, policy.MATCH_COSINE),
            f"NOT counted: exponential tail of the highest {_TAIL}",
            len(outcome.others.scores),
        ),
        share("failure_to_acquire_rate", refused, counts.pictures, "share of pictures, refused before a comparison"),
        *(share(f"refused.{code}", n, counts.pictures, "share of pictures") for code, n in _ordered(counts.refused)),
        share("failure_to_enrol_rate", sum(counts.not_enrolled.values()), counts.people, "share of people"),
        *(share(f"not_enrolled.{code}", n, counts.people, "share") for code, n in _ordered(counts.not_enrolled)),
        share("several_faces", counts.several, counts.pictures, "share of pictures; the largest face was taken"),
    ]


def _ordered(some: Counter[str]) -> list[tuple[str, int]]:
    return sorted(some.items(), key=lambda item: (-item[1], item[0]))


def _rate(name: str, trials: Trials, unit: str, goal: float | None, *, above: bool) -> Figure:
    passed = trials.scores >= policy.MATCH_COSINE
    wrong = passed if above else ~passed
    plain = share(name, int(wrong.sum()), len(wrong), unit, goal)
    return Figure(name, plain.value, unit, plain.n, goal, plain.ci95, by_people(trials, wrong))


def by_people(trials: Trials, wrong: NDArray[np.bool_]) -> tuple[float, float] | None:
    """The middle 95 % of the rate over people drawn again with replacement, as a picture of other such people.

    Comparisons that share a person go up and down together, which an interval by comparisons does not know. None where
    nothing was wrong: then every draw gives zero, and says nothing.
    """
    if not wrong.any():
        return None
    people = 1 + int(max(trials.mine.max(), trials.theirs.max()))
    pair = trials.mine * people + trials.theirs
    which, place = np.unique(pair, return_inverse=True)
    all_of, wrong_of = np.bincount(place), np.bincount(place, wrong)
    mine, theirs = np.divmod(which, people)
    who = np.unique(np.concatenate([mine, theirs]))
    rng, rates = np.random.default_rng(0), []
    for _ in range(_DRAWS):
        times = np.bincount(rng.choice(who, len(who)), minlength=people)
        weight = np.where(mine == theirs, times[mine], times[mine] * times[theirs])
        if weight @ all_of > 0:
            rates.append(float(weight @ wrong_of) / float(weight @ all_of))
    low, high = np.quantile(rates, (0.025, 0.975))
    return float(low), float(high)


def fitted(scores: Scores, limit: float) -> float | None:
    """The share above `limit` that an exponential tail through the highest scores would have.

    A guess beyond what was counted (peaks over a threshold; Pickands 1975, with shape 0), and it stays one. None for
    too few scores, and where enough of them lie above the limit to be counted.
    """
    if len(scores) < 10 * _TAIL:
        return None
    top = np.sort(scores)[-_TAIL - 1 :]
    beyond = float((top[1:] - top[0]).mean())
    if not limit > top[0]:
        return None
    return _TAIL / len(scores) * float(np.exp(-(limit - top[0]) / beyond)) if beyond > 0 else 0.0


def said(outcome: Outcome) -> str:
    """What the figures are about, in plain sentences."""
    counts = outcome.counts
    enrolled = counts.people - sum(counts.not_enrolled.values())
    few = f" ({counts.few} more have too few pictures, and are compared with the others only)" if counts.few else ""
    return (
        f"{counts.pictures} pictures; {enrolled} of {counts.people} people enrolled and compared{few}, each with a"
        f" template of {policy.TEMPLATE_FRAMES} photographs; limit {policy.MATCH_COSINE:.2f}. Quality rules, template,"
        " score and limits are the gate's own. Not the gate's: photographs instead of a live check, and of several"
        " faces the"
        " largest. Comparisons that share a person are not independent, so the interval by comparisons is too narrow;"
        " the one by people draws the people again. Nothing was granted, and nothing of the pictures was kept."
    )
