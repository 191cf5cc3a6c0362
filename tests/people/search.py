"""Spread the cast: change bones and looks until the recogniser tells everybody apart.

    python -m tests.people.search spread SECONDS [--seed N]     # adults apart from each other
    python -m tests.people.search old SECONDS                   # the old versions older, yet still themselves
    python -m tests.people.search child SECONDS                 # the children younger
    python -m tests.people.search lids                          # everybody's eyes shut when they blink

Random faces of a shape model are far too alike for a face recogniser, so the ten adults are moved apart by measured
distance: the person who is most like somebody else gets a small random change, which stays if it helps. Reads and
writes `assets/cast.json`. Needs the model weights; the tests use only the result.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.people import measure
from tests.people.asset import base
from tests.people.cast import ADULTS, CAST_FILE, CHILDREN, OLD, RECIPES, person
from tests.people.person import Person
from tests.people.recipes import Recipe, aged, to_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tests.people.skin import Paint

_KINDS = ("eye", "eyebrows", "nose", "mouth", "chin", "cheek", "forehead", "head")
_NOT = ("head-trans", "head-age", "head-angle", "head-back", "mouth-angles", "mouth-trans", "eye-push", "mouth-dimples")
_LIMITS = {"mouth": 0.45, "eyebrows": 0.45, "eye": 0.6, "nose": 0.75}  # of the axes: beyond, faces stop looking human
_MANLY = ("head-square", "head-rectangular", "chin-width", "chin-bones", "chin-jaw", "chin-height", "head-scale-horiz")
"""Axes that stay as they are on women: the recogniser likes their extremes, and nobody else does."""
_VIEWS: tuple[dict[str, Any], ...] = (
    {"yaw": 6.0},
    {"yaw": -14.0, "expression": {"smile": 0.5}, "light": "window", "background": 4},
)
_CHILD_VIEWS: tuple[dict[str, Any], ...] = ({}, {"distance": 50.0, "size": (480, 360), "yaw": 8.0}, {"light": "window"})
_SMALL: dict[str, Any] = {"size": (400, 300), "view": 30.0}


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A recipe, the picture of its skin, its embedding and its apparent age."""

    recipe: Recipe
    paint: Paint
    code: NDArray[np.float32]
    years: float


def judge(recipe: Recipe, paint: Paint | None) -> Candidate | None:
    """Draw and embed; None when the face is not found everywhere."""
    someone = Person("candidate", recipe, paint)
    codes: list[NDArray[np.float32]] = []
    years: list[float] = []
    for view in _VIEWS:
        picture = someone.render(**_SMALL, **view)
        found = measure.finder().detect(picture)
        if len(found) != 1 or found[0].score < 0.75:
            return None
        codes.append(measure.recogniser().embed(picture, found[0]))  # type: ignore[arg-type]
        if not years:
            years.append(measure.years(picture, found[0]))  # type: ignore[arg-type]
    mean = np.mean(codes, 0)
    return Candidate(recipe, someone.paint, mean / np.linalg.norm(mean), float(np.mean(years)))


def axes() -> list[str]:
    """The shape axes that may change."""
    return [a for a in base().axes if a.split("-")[0] in _KINDS and not a.startswith(_NOT)]


def _near(rng: np.random.Generator, value: float, low: float, high: float, share: float = 0.25) -> float:
    return float(np.clip(value + rng.normal(0, share * (high - low)), low, high))


def mutate(recipe: Recipe, rng: np.random.Generator, *, looks: bool) -> Recipe:
    """A neighbour of a recipe; `looks` also changes brows and tones."""
    bones, look = recipe.bones, recipe.look
    new = dict(bones.axes)
    scale = rng.choice([0.2, 0.45])
    allowed = [a for a in axes() if bones.sex > 0.5 or not a.startswith(_MANLY)]
    for axis in map(str, rng.choice(allowed, int(rng.integers(2, 9)), replace=False)):
        limit = _LIMITS.get(axis.split("-")[0], 0.65)
        new[axis] = float(np.clip(new.get(axis, 0.0) + rng.normal(0, scale), -limit, limit))
    bones = replace(bones, axes={a: v for a, v in new.items() if abs(v) > 0.04})
    if rng.random() < 0.3:
        bones = replace(bones, weight=_near(rng, bones.weight, -0.5, 0.7), age=_near(rng, bones.age, 1.0, 1.8, 0.1))
    if looks:
        b, s = look.brows, look.skin
        look = replace(
            look,
            brows=replace(
                b, height=_near(rng, b.height, -0.25, 0.35), arch=_near(rng, b.arch, 0.1, 0.5),
                thickness=_near(rng, b.thickness, 0.4, 0.8), length=_near(rng, b.length, 3.8, 4.7),
                start=_near(rng, b.start, 1.0, 1.5), tilt=_near(rng, b.tilt, -0.05, 0.12),
            ),
            skin=replace(
                s, lip_strength=_near(rng, s.lip_strength, 0.3, 0.85), wrinkles=_near(rng, s.wrinkles, 0.05, 0.6, 0.1),
            ),
        )  # fmt: skip
    return Recipe(bones, look)


def cost(candidate: Candidate, others: NDArray[np.float32]) -> float:
    """Likeness to the others, softly the largest one; young looks and extreme bones cost as well."""
    likeness = others @ candidate.code
    extreme = sum(v * v for v in candidate.recipe.bones.axes.values())
    return float(np.log(np.exp(14 * likeness).sum()) / 14 + 0.014 * extreme + 0.03 * max(0.0, 27 - candidate.years))


def spread(seconds: float, seed: int) -> dict[str, Recipe]:
    """Improve the cast for a while."""
    rng = np.random.default_rng(seed)
    current = {}
    for name in ADULTS:
        judged = judge(RECIPES[name], None)
        if judged is None:
            raise ValueError(f"{name} is not found")
        current[name] = judged
    names, end, tries, note = list(current), time.monotonic() + seconds, 0, time.monotonic()
    while time.monotonic() < end:
        costs = {n: cost(current[n], np.array([current[m].code for m in names if m != n])) for n in names}
        worst = sorted(names, key=costs.__getitem__, reverse=True)
        name = worst[int(min(rng.geometric(0.3) - 1, len(names) - 1))]
        looks = bool(rng.random() < 0.2)
        recipe = mutate(current[name].recipe, rng, looks=looks)
        candidate = judge(recipe, None if looks else current[name].paint)
        tries += 1
        others = np.array([current[m].code for m in names if m != name])
        if candidate and cost(candidate, others) < costs[name]:
            current[name] = candidate
        if time.monotonic() - note > 60:
            note = time.monotonic()
            codes = np.array([current[n].code for n in names])
            like = codes @ codes.T - 2 * np.eye(len(names))
            i, j = np.unravel_index(like.argmax(), like.shape)
            print(tries, f"closest {names[i]} {names[j]} {like.max():.3f}, mean of nearest {like.max(1).mean():.3f},",
                  f"years {min(c.years for c in current.values()):.1f}", flush=True)  # fmt: skip
            CAST_FILE.write_text(to_json({**RECIPES, **{n: c.recipe for n, c in current.items()}}))
    return {n: c.recipe for n, c in current.items()}


def climb(recipe: Recipe, goal: Callable[[Recipe], float], seconds: float, rng: np.random.Generator) -> Recipe:
    """Change a recipe at random for a while, keeping what lowers `goal`."""
    best, end = goal(recipe), time.monotonic() + seconds
    first = best
    while time.monotonic() < end:
        trial = mutate(recipe, rng, looks=False)
        trial = replace(trial, bones=replace(trial.bones, age=recipe.bones.age))
        value = goal(trial)
        if value < best:
            recipe, best = trial, value
    print(f"goal {first:.2f} -> {best:.2f}", flush=True)
    return recipe


def grow_old(name: str, recipe: Recipe, seconds: float, rng: np.random.Generator) -> Recipe:
    """Make the old version of `name` look older while the recogniser still knows it."""
    young = measure.template(person(name))
    paint = Person("old", recipe).paint

    def goal(trial: Recipe) -> float:
        judged = judge(trial, paint)
        if judged is None:
            return 1e3
        known = float(young @ judged.code)
        return -judged.years + 120 * max(0.0, 0.72 - known) + 1.2 * _strain(trial, recipe)

    return climb(recipe, goal, seconds, rng)


def grow_young(recipe: Recipe, seconds: float, rng: np.random.Generator) -> Recipe:
    """Make a child look younger to the age network."""
    paint = Person("child", recipe).paint

    def goal(trial: Recipe) -> float:
        someone, years = Person("child", trial, paint), []
        for view in _CHILD_VIEWS:
            picture = someone.render(**view)
            found = measure.finder().detect(picture)
            if len(found) != 1:
                return 1e3
            years.append(measure.years(picture, found[0]))  # type: ignore[arg-type]
        return max(years) + 0.5 * float(np.mean(years)) + 1.0 * _strain(trial, recipe)

    return climb(recipe, goal, seconds, rng)


def _strain(trial: Recipe, start: Recipe) -> float:
    """How far the axes have moved, squared."""
    names = {*trial.bones.axes, *start.bones.axes}
    return float(sum((trial.bones.axes.get(n, 0.0) - start.bones.axes.get(n, 0.0)) ** 2 for n in names))


def main() -> None:
    """Improve the cast file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("spread", "old", "child", "lids"))
    parser.add_argument("seconds", type=float, nargs="?", default=60)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    rng, everybody = np.random.default_rng(given.seed), dict(RECIPES)
    if given.what == "spread":
        everybody |= spread(given.seconds, given.seed)
    for name in OLD if given.what == "old" else ():
        adult = name.removesuffix("_old")
        everybody[name] = grow_old(adult, aged(everybody[adult]), given.seconds, rng)
    for name in CHILDREN if given.what == "child" else ():
        everybody[name] = grow_young(everybody[name], given.seconds, rng)
    for name in everybody if given.what == "lids" else ():
        gain, left = measure.lids(name)
        print(name, gain, round(left, 3), flush=True)
        everybody[name] = replace(everybody[name], bones=replace(everybody[name].bones, lids=gain))
    CAST_FILE.write_text(to_json(everybody))


if __name__ == "__main__":
    main()
