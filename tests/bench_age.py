"""The age engine on people at whom nothing was tuned: what an age network reads, and whether the gate still knows them.

The crowd are drawn people and the same people decades later, as far as they look adult before the camera: nobody else
is let in. Every reading is the mean over several pictures of a person and several crops of each, for one reading of an
estimator is noise, and how large that still is stands beside (`age.reading_error_years`). Ordered means that, of one
person, no stop of the studio's strip of ages, with the picture itself between, reads more than `SLACK` younger than the
stop before it: six steps at once. What rises at every one of them, however little, is counted apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
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
from app.studio.strip import AGES
from consent.errors import Refusal
from consent.gate import Gate
from consent.policy import ADULT_YEARS, MATCH_COSINE
from consent.types import Match, Photo, Pixels, Purpose
from models.age import AgeEstimator
from models.faces import Face, Finder
from models.identity import Recogniser, middle
from models.person import Segmenter
from models.topology import OVAL
from tests.people import Scene
from tests.people.cast import RECIPES, random_recipe, someone
from tests.people.person import Person
from tests.people.recipes import aged as later

CROWD: Final = tuple(name for seed in range(1000, 1018) for name in (f"random-{seed}", f"random-{seed} later"))
"""Whom the network reads; nobody among them at whom anything was tuned."""
SLACK: Final = 1.0
"""Years by which a stop may read younger than the one before it: a tenth of a step, and less than readings err."""
PICTURES: Final = 3
"""Of each whom the gate knows."""
READ: Final = 12
"""Of each of the crowd: with three one step of ten years errs by 2.6 years, and of four people outside of it, a step of
whom ran backwards by one to three years, none ran so by one over twelve."""
ENROLLED: Final = 3
"""Further pictures of each, from which the template is made that stands for the person."""
_TREMBLE: Final = 0.03
"""Eye distances by which the crop is shifted for one reading."""
ASKED: Final = tuple(sorted({0.0, *map(float, AGES)}))
"""Years: the picture, and the studio's strip."""
YOUNG: Final = 30.0
"""Apparent age up to which a network knows hardly anybody younger."""


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
        yield _who(name).render(scene)


@lru_cache(maxsize=2)
def _who(name: str) -> Person:
    """A person by name; "ada later" is Ada some decades on."""
    first, *more = name.split()
    if not more:
        return someone(name)
    drawn = first.startswith("random-")
    return Person(name, later(random_recipe(int(first.removeprefix("random-"))) if drawn else RECIPES[first]))


# --- through the gate -------------------------------------------------------------------------------------------------


def aged(gate: Gate, target: Match, years: float) -> Pixels:
    """The pixels, which stay here."""
    return gate.release(age(gate, gate.grant(gate.live()[0], target, Purpose.AGE), AgeOptions(years=years))).pixels


def _gated(gates: Iterable[tuple[str, Gate]], say: Callable[[str], None]) -> Iterator[Figure]:
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
            far = _beyond(target)
            exact.append(all(np.array_equal(out[far], target.pixels[far]) for out in made.values()))
            kept += [matches for out in made.values() if (matches := _matches(gate, out, say)) is not None]
            again.append(np.array_equal(aged(gate, target, 30.0), made[30.0]))
            steps.append(_largest_step(gate, target, made[ASKED[0]], made[ASKED[-1]]))
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
    pairs = ((aged(gate, target, at), aged(gate, target, at + 1)) for at in (-1.0, 0.0, 14.0, 29.0))
    return max(_apart(low, high) for low, high in pairs) / max(_apart(youngest, oldest), 1e-6)


def _apart(one: Pixels, other: Pixels) -> float:
    return float(np.abs(one.astype(np.int16) - other).mean())


# --- over a crowd -----------------------------------------------------------------------------------------------------


def _read(names: Iterable[str], say: Callable[[str], None]) -> Iterator[Figure]:
    """What the network reads, person by person; nobody of the crowd sits down, so a template of pictures stands in."""
    estimator, finder, recogniser, segmenter = AgeEstimator(), Finder(), Recogniser(), Segmenter()
    people: list[NDArray[np.float64]] = []
    kept: list[bool] = []

    def seen(pixels: Pixels) -> Iterator[Seen]:
        faces = finder.find(pixels)
        if len(faces) == 1:
            yield Seen(pixels, faces[0])

    refused = 0
    for name in names:
        enrolled = [one for pixels in photographs(name, ENROLLED, 900) for one in seen(pixels)]
        pictures = [one for pixels in photographs(name, READ) for one in seen(pixels)]
        if not enrolled or not pictures:
            continue
        if median(_reading(estimator, one) for one in enrolled) < ADULT_YEARS:
            refused += 1
            continue
        say(f"{name} is read at {len(ASKED)} ages")
        template = middle([recogniser.embed(one.pixels, one.face) for one in enrolled])
        rows = []
        for picture in pictures:
            shown = [_age.render(picture, years, 1.0, 7, segmenter) for years in ASKED]
            found = [one for out in shown for one in seen(out)]
            if len(found) == len(ASKED):
                rows.append([_reading(estimator, one) for one in found])
            kept += [float(recogniser.embed(one.pixels, one.face) @ template) >= MATCH_COSINE for one in found]
        if len(rows) == READ:
            people.append(np.array(rows))
    say(f"{refused} of the crowd do not look adult, and are left out")
    yield from _order(np.array(people).reshape(-1, READ, len(ASKED)))
    yield share("age.crowd_kept_rate", sum(kept), len(kept), "share above the gate's limit, from pictures", 0.95)


def _order(readings: NDArray[np.float64]) -> Iterator[Figure]:
    """What readings (people, pictures, ages) say of the slider."""
    means, zero = readings.mean(1), ASKED.index(0.0)
    steps = np.diff(means, axis=1)
    count, unit = len(means), f"share of people no stop of whom reads over {SLACK:g} year younger than the last"
    yield share("age.ordered_rate", int((steps >= -SLACK).all(1).sum()), count, unit, 0.95)
    unit = "share of people whose seven ages all read older than the last"
    yield share("age.strictly_ordered_rate", int((steps > 0).all(1).sum()), count, unit)
    yield share("age.steps_rate", int((steps > 0).sum()), steps.size, "share of steps that read older", 0.95)
    errors = np.diff(readings, axis=2).std(1, ddof=1) / np.sqrt(READ)
    middle_error = float(np.median(errors)) if count else None
    yield Figure("age.reading_error_years", middle_error, "standard error of one step, years, middle one", errors.size)
    gains = means - means[:, zero : zero + 1]
    grown = means[:, zero] >= YOUNG
    for name, years, goal, who, among in (
        ("age.plus30_years", 30.0, 12.0, np.full(count, fill_value=True), ""),
        ("age.minus20_years", -20.0, -4.0, np.full(count, fill_value=True), ""),
        ("age.minus20_grown_years", -20.0, None, grown, f", of who reads {YOUNG:g} or more"),
        ("age.minus20_young_years", -20.0, None, ~grown, f", of who reads less than {YOUNG:g}"),
    ):
        some = gains[who, ASKED.index(years)]
        value = float(some.mean()) if some.size else None
        yield Figure(name, value, f"mean years read at {years:+.0f}{among}", some.size, goal)


def _reading(estimator: AgeEstimator, seen: Seen) -> float:
    """Mean apparent age over small shifts of the crop, for the network trembles by years from one pixel to the next."""
    shifts = _TREMBLE * seen.face.eye_distance * np.array(((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)))
    moved = (replace(seen.face, points=seen.face.points + shift) for shift in shifts)
    return fmean(estimator.years(seen.pixels, face) for face in moved)
