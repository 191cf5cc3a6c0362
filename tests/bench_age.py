"""The age engine on people at whom nothing was tuned: what an age network reads, and whether the gate still knows them.

Every reading is the mean over several pictures of a person and several crops of each, for one reading of an estimator
is noise. Ordered means that, of one person, these means rise strictly from -20 through -10, 0, 10, 20 and 30 to +40
years: six steps at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import fmean, median
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from app.bench import Figure, share
from app.engines import _age
from app.engines._field import REACH
from app.engines._geometry import width_of
from app.engines.age import AgeOptions, age
from consent.errors import Refusal
from consent.gate import Gate
from consent.policy import MATCH_COSINE
from consent.types import Match, Photo, Pixels, Purpose
from models.age import AgeEstimator
from models.faces import Face, Finder
from models.identity import Recogniser, middle
from models.person import Segmenter
from models.topology import OVAL
from tests.people import Scene, someone

CROWD: Final = tuple(f"random-{seed}" for seed in range(1000, 1024))
"""Whom the network reads; nobody among them at whom anything was tuned."""
PICTURES: Final = 3
"""Of each."""
ENROLLED: Final = 3
"""Further pictures of each, from which the template is made that stands for the person."""
_TREMBLE: Final = 0.03
"""Eye distances by which the crop is shifted for one reading."""
ASKED: Final = (-20.0, -10.0, 0.0, 10.0, 20.0, 30.0, 40.0)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A picture and its face, for the renderer."""

    pixels: Pixels
    face: Face


def figures(gates: Iterable[tuple[str, Gate]], names: Iterable[str], say: Callable[[str], None]) -> Iterator[Figure]:
    """All figures: what the verb does for people with a gate of their own, and what is read over a crowd by name."""
    yield from _gated(gates, say)
    yield from _read(names, say)


def photographs(name: str, count: int, first: int = 300) -> Iterator[Pixels]:
    """Pictures of one person in other rooms, light, turns and moods; the same every time."""
    rng = np.random.default_rng(sum(name.encode()) + first)
    for number in range(count):
        scene = Scene(
            yaw=float(rng.uniform(-16, 16)),
            pitch=float(rng.uniform(-6, 6)),
            roll=float(rng.uniform(-6, 6)),
            expression={"smile": float(rng.uniform(0, 0.6))},
            light=("soft", "window", "warm")[number % 3],
            background=int(rng.integers(1, 9)),
            distance=float(rng.uniform(46, 58)),
            seed=first + number,
        )
        yield someone(name).render(scene)


# --- through the gate -------------------------------------------------------------------------------------------------


def aged(gate: Gate, target: Match, years: float) -> tuple[float, Pixels]:
    """Milliseconds from the grant to the draft, and the pixels, which stay here."""
    start = time.perf_counter()
    draft = age(gate, gate.grant(gate.live()[0], target, Purpose.AGE), AgeOptions(years=years))
    spent = 1000 * (time.perf_counter() - start)
    return spent, gate.release(draft).pixels


def _gated(gates: Iterable[tuple[str, Gate]], say: Callable[[str], None]) -> Iterator[Figure]:
    spent: list[float] = []
    kept: list[bool] = []
    exact: list[bool] = []
    again: list[bool] = []
    steps: list[float] = []
    for name, gate in gates:
        say(f"{name} grows old")
        for pixels in photographs(name, PICTURES):
            try:
                target = gate.match(Photo(pixels))
            except Refusal as no:
                say(f"a picture is left out: {no.code}")
                continue
            made = {years: aged(gate, target, years) for years in ASKED if years}
            spent += [ms for ms, _ in made.values()]
            far = _beyond(target)
            exact.append(all(np.array_equal(out[far], target.pixels[far]) for _, out in made.values()))
            kept += [matches for _, out in made.values() if (matches := _matches(gate, out, say)) is not None]
            again.append(np.array_equal(aged(gate, target, 30.0)[1], made[30.0][1]))
            steps.append(_largest_step(gate, target, made[ASKED[0]][1], made[ASKED[-1]][1]))
    yield Figure("age.ms", median(spent) if spent else None, "ms, 640x480", len(spent))
    yield share("age.identity_kept_rate", sum(kept), len(kept), "share the gate matches again", 0.95)
    yield share("age.background_exact", sum(exact), len(exact), "share with every pixel beyond reach as it was", 1.0)
    yield share("age.same_again", sum(again), len(again), "share that comes out the same twice", 1.0)
    unit = "change of one year at most, over that of sixty"
    yield Figure("age.largest_step", max(steps, default=None), unit, len(steps))


def _beyond(target: Match) -> NDArray[np.bool_]:
    """Pixels further from the face's outline than shape and hair reach: (H, W)."""
    mesh, reach = target.face.mesh, (REACH + 0.35) * width_of(target.face.mesh)
    outline = np.zeros(target.pixels.shape[:2], np.uint8)
    cv2.fillConvexPoly(outline, cv2.convexHull(np.round(mesh[list(OVAL), :2]).astype(np.int32)), 1)
    return np.asarray(cv2.distanceTransform(1 - outline, cv2.DIST_L2, 5) > reach, np.bool_)


def _matches(gate: Gate, out: Pixels, say: Callable[[str], None]) -> bool | None:
    """Whether the gate matches a result; None when it was refused before it came to a comparison."""
    try:
        gate.match(Photo(out))
    except Refusal as no:
        if no.code == "not-you":
            return False
        say(f"a picture could not be compared: {no.code}")
        return None
    return True


def _largest_step(gate: Gate, target: Match, youngest: Pixels, oldest: Pixels) -> float:
    """The largest mean change of one year of the slider over the mean change from one end to the other."""
    pairs = ((aged(gate, target, at)[1], aged(gate, target, at + 1)[1]) for at in (-1.0, 0.0, 14.0, 29.0))
    return max(_apart(low, high) for low, high in pairs) / max(_apart(youngest, oldest), 1e-6)


def _apart(one: Pixels, other: Pixels) -> float:
    return float(np.abs(one.astype(np.int16) - other).mean())


# --- over a crowd -----------------------------------------------------------------------------------------------------


def _read(names: Iterable[str], say: Callable[[str], None]) -> Iterator[Figure]:
    """What the network reads, person by person; nobody of the crowd sits down, so a template of pictures stands in."""
    estimator, finder, recogniser, segmenter = AgeEstimator(), Finder(), Recogniser(), Segmenter()
    means: list[list[float]] = []
    kept: list[bool] = []

    def seen(pixels: Pixels) -> Iterator[Seen]:
        faces = finder.find(pixels)
        if len(faces) == 1:
            yield Seen(pixels, faces[0])

    for name in names:
        say(f"{name} is read at {len(ASKED)} ages")
        enrolled = [one for pixels in photographs(name, ENROLLED, 900) for one in seen(pixels)]
        pictures = [one for pixels in photographs(name, PICTURES) for one in seen(pixels)]
        if not enrolled or not pictures:
            continue
        template = middle([recogniser.embed(one.pixels, one.face) for one in enrolled])
        rows = []
        for picture in pictures:
            shown = [_age.render(picture, years, 1.0, 7, segmenter) for years in ASKED]
            found = [one for out in shown for one in seen(out)]
            if len(found) == len(ASKED):
                rows.append([_reading(estimator, one) for one in found])
            kept += [float(recogniser.embed(one.pixels, one.face) @ template) >= MATCH_COSINE for one in found]
        if rows:
            means.append(np.mean(rows, axis=0).tolist())
    rises = [[b > a for a, b in pairwise(row)] for row in means]
    unit = "share of people whose seven ages read in order"
    yield share("age.ordered_rate", sum(all(row) for row in rises), len(rises), unit, 0.95)
    steps = [step for row in rises for step in row]
    yield share("age.steps_rate", sum(steps), len(steps), "share of steps of ten years that read older", 0.95)
    for name, years, goal in (("age.plus30_years", 30.0, 12.0), ("age.minus20_years", -20.0, -4.0)):
        gains = [row[ASKED.index(years)] - row[ASKED.index(0.0)] for row in means]
        yield Figure(name, fmean(gains) if gains else None, f"mean years read at {years:+.0f}", len(gains), goal)
    yield share("age.crowd_kept_rate", sum(kept), len(kept), "share above the gate's limit, from pictures", 0.95)


def _reading(estimator: AgeEstimator, seen: Seen) -> float:
    """Mean apparent age over small shifts of the crop, for the network trembles by years from one pixel to the next."""
    shifts = _TREMBLE * seen.face.eye_distance * np.array(((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)))
    moved = (replace(seen.face, points=seen.face.points + shift) for shift in shifts)
    return fmean(estimator.years(seen.pixels, face) for face in moved)
