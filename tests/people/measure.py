"""Measure the cast with the project's own networks: is everybody found, followed, told apart?

python -m tests.people.measure [names...]
"""

from __future__ import annotations

import argparse
import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from models.age import AgeEstimator
from models.faces import Finder
from models.identity import Recogniser
from tests.people.cast import NAMES, person

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from models.faces import Face
    from tests.people.person import Person

LIVE: tuple[dict[str, Any], ...] = ({}, {"yaw": 18.0}, {"yaw": -18.0}, {"expression": {"smile": 0.7}}, {"pitch": -10.0})
"""Five views as a live session collects them: the template is their mean."""
PHOTOS: tuple[dict[str, Any], ...] = (
    {"light": "window", "background": 3, "yaw": 8.0, "seed": 1},
    {"light": "warm", "background": 4, "pitch": 6.0, "expression": {"smile": 0.9}, "seed": 2},
    {"yaw": -25.0, "background": 5, "roll": 8.0, "size": (480, 360), "seed": 3},
    {"light": "dim", "background": 6, "jpeg": 75, "exposure": 1.8, "seed": 4},
    {"yaw": 28.0, "expression": {"open-mouth": 0.4}, "background": 2, "seed": 5},
)
"""Five different pictures of the same person."""


@functools.cache
def finder() -> Finder:
    """One shared finder."""
    return Finder()


@functools.cache
def recogniser() -> Recogniser:
    """One shared recogniser."""
    return Recogniser()


def see(picture: NDArray[np.uint8]) -> Face | None:
    """The only face of a picture, or None when there is not exactly one."""
    faces = finder().find(picture)
    return faces[0] if len(faces) == 1 else None


def embed(someone: Person, scenes: Sequence[dict[str, Any]]) -> NDArray[np.float32]:
    """Embeddings (n, 128) of the scenes in which the face was found."""
    rows = []
    for scene in scenes:
        picture = someone.render(**scene)
        face = see(picture)
        if face is not None:
            rows.append(recogniser().embed(picture, face))
    return np.array(rows, np.float32).reshape(-1, 128)


def template(someone: Person) -> NDArray[np.float32]:
    """Five-view template (128,), unit norm."""
    mean = embed(someone, LIVE).mean(0)
    result: NDArray[np.float32] = mean / np.linalg.norm(mean)
    return result


@dataclass(frozen=True, slots=True)
class Sight:
    """What the networks see of one person: views tried and found, worst yaw error, openness of eyes, mouth, years."""

    tried: int
    found: int
    yaw_error: float
    eyes_open: float
    eyes_closed: float
    mouth_closed: float
    mouth_open: float
    years: tuple[float, float]


def sight(someone: Person) -> Sight:
    """Look at a person from many sides."""
    found, errors, tried = 0, [0.0], 0
    base = someone.render()
    front = see(base)
    zero = front.pose.yaw if front else 0.0
    opens = [*front.eyes] if front else [0.0]
    for yaw in (-30, -20, -10, 10, 20, 30):
        face = see(someone.render(yaw=yaw))
        tried += 1
        if face:
            found += 1
            errors.append(abs(face.pose.yaw - zero - yaw))
            if abs(yaw) < 15:
                opens += face.eyes
    shut: list[float] = []
    scenes: tuple[dict[str, Any], ...] = ({}, {"yaw": 8.0}, {"light": "dim", "exposure": 1.5}, {"size": (320, 240)})
    for scene in scenes:
        face = see(someone.render(expression={"blink": 1.0}, **scene))
        tried += 1
        if face:
            found += 1
            shut += face.eyes
    for expression in ({"smile": 1.0}, {"brows-up": 1.0}, {"surprise": 1.0}):
        tried += 1
        found += see(someone.render(expression=expression)) is not None
    gape = see(someone.render(expression={"open-mouth": 1.0}))
    tried, found = tried + 1, found + (gape is not None)
    ages = []
    for scene in PHOTOS[:3]:
        picture = someone.render(**scene)
        face = see(picture)
        tried += 1
        if face:
            found += 1
            ages.append(years(picture, face))
    return Sight(
        tried, found, float(max(errors)), float(min(opens)), float(max(shut, default=1)),
        front.mouth if front else -1, gape.mouth if gape else -1, (min(ages, default=-1), max(ages, default=-1)),
    )  # fmt: skip


@functools.cache
def _ages() -> AgeEstimator:
    return AgeEstimator()


def years(picture: NDArray[np.uint8], face: Face) -> float:
    """The age network's guess."""
    return _ages().years(picture, face)


def report(names: Sequence[str]) -> str:
    """A table of `sight`, then of the recogniser's scores between everybody."""
    lines = []
    for name in names:
        s = sight(person(name))
        lines.append(
            f"{name:10} found {s.found}/{s.tried} yaw±{s.yaw_error:4.1f} eyes {s.eyes_open:.2f}/{s.eyes_closed:.2f} "
            f"mouth {s.mouth_closed:.2f}/{s.mouth_open:.2f} years {s.years[0]:.0f}-{s.years[1]:.0f}"
        )
    templates = {n: template(person(n)) for n in names}
    photos = {n: embed(person(n), PHOTOS) for n in names}
    for name in names:
        own = photos[name] @ templates[name]
        others = sorted(
            ((float((photos[n] @ templates[name]).max()), n) for n in names if n.split("_")[0] != name.split("_")[0]),
            reverse=True,
        )
        kin = [
            f"{n} {float((photos[n] @ templates[name]).min()):.2f}"
            for n in names
            if n != name and n.split("_")[0] == name.split("_")[0]
        ]
        near = " ".join(f"{n}={s:.2f}" for s, n in others[:4])
        lines.append(f"{name:10} self {own.min():.2f}-{own.max():.2f} ({len(own)}) others {near}  {' '.join(kin)}")
    return "\n".join(lines)


def lids(name: str) -> tuple[float, float]:
    """The lid correction that closes a person's eyes best, and the largest openness then measured."""
    someone, results = person(name), []
    for gain in np.arange(0.7, 1.31, 0.06):
        worst = []
        scenes: tuple[dict[str, Any], ...] = ({}, {"yaw": 8.0}, {"light": "window", "size": (480, 360)})
        for scene in scenes:
            face = see(someone.render(expression={"eyeBlinkLeft": gain, "eyeBlinkRight": gain}, **scene))
            worst.append(max(face.eyes) if face else 1.0)
        results.append((float(np.mean(worst)), max(worst), float(gain)))
    best = min(results)
    return round(best[2] * someone.recipe.bones.lids, 2), best[1]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=NAMES)
    parser.add_argument("--lids", action="store_true", help="only fit the blink of everybody")
    given = parser.parse_args()
    if given.lids:
        for each in given.names:
            print(each, *lids(each), flush=True)
    else:
        print(report(given.names))
