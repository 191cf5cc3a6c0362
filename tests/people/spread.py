"""Choose the gallery: many adults drawn at random, bred further apart, the 220 that lie furthest apart kept.

    python -m tests.people.spread SECONDS        # writes assets/gallery.json.gz

Random people of a shape model are far too alike for a face recogniser. So everybody drawn is looked at by it, a linear
model learns which bones, brows and colours move its verdict, and new people are proposed where it expects nobody yet;
those are drawn and looked at in turn. The only aim is "far apart" and "reads as an adult", never a limit of the gate.
Needs the model weights; the tests use only the result.
"""

from __future__ import annotations

import argparse
import gzip
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.people import measure, variety
from tests.people.asset import base
from tests.people.person import Person
from tests.people.recipes import Recipe, to_compact_json
from tests.people.warp import FIELDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tests.people.skin import Paint

VIEW: dict[str, Any] = {"yaw": 5.0, "size": (256, 256), "view": 22.0}
COUNT = 110
"""People in each half, development and test."""
YEARS = 29.0
"""Who reads younger in `VIEW` is not taken."""
STEPS = 4
"""Heads tried for each painted skin."""
_SHARP = 14.0  # of the soft maximum over likenesses
_STYLES = ("bald", "tonsure", "buzz", "short", "swept", "curly", "bob", "fringe", "long", "bun")
_AXES = (*base().axes, *FIELDS)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Somebody who was drawn: the embedding, unit length, and the apparent age."""

    recipe: Recipe
    code: NDArray[np.float32]
    years: float


def see(recipe: Recipe, paint: Paint | None = None) -> tuple[Seen | None, Paint]:
    """Draw and embed; None when the face is not found. Also the painted skin, for others of the same look."""
    someone = Person("candidate", recipe, paint)
    picture = someone.render(**VIEW)
    found = measure.finder().detect(picture)
    if len(found) != 1 or found[0].score < 0.75:
        return None, someone.paint
    code = measure.recogniser().embed(picture, found[0])  # type: ignore[arg-type]
    return Seen(recipe, code, measure.years(picture, found[0])), someone.paint  # type: ignore[arg-type]


def features(recipe: Recipe) -> NDArray[np.float64]:
    """What the linear model knows of a recipe."""
    b, s, w, h = recipe.bones, recipe.look.skin, recipe.look.brows, recipe.look.hair
    axes = np.array([b.axes.get(a, 0.0) for a in _AXES])
    share = [b.origin.get(k, 0.0) for k in ("african", "asian", "caucasian")]
    dark = _luma(h.colour) * (1 - h.grey) + 0.74 * h.grey
    rest = [
        *share, *(v * b.sex for v in share), share[0] * share[1], share[1] * share[2], b.sex, b.age, b.age * b.sex,
        b.wide, b.cheer, b.shut, s.melanin, s.melanin**2, w.height, w.arch, w.thickness, w.length, w.start, w.start**2,
        w.tilt, w.hairs / 300, _luma(w.colour), dark, h.recede, h.thickness, s.beard, s.moustache, s.stubble,
        s.wrinkles, s.spots, s.texture, s.complexion * 5, s.circles / 2, s.blush, s.shine, s.lip_strength,
        _luma(recipe.look.iris), s.shadow, recipe.look.lashes, s.freckles, s.moles,
        *(float(h.style == style) for style in _STYLES),
    ]  # fmt: skip
    return np.concatenate([axes, np.abs(axes), rest])


def _luma(colour: tuple[float, float, float]) -> float:
    return (0.3 * colour[0] + 0.59 * colour[1] + 0.11 * colour[2]) / 255


class Guess:
    """A ridge regression from features to the embedding and the apparent age."""

    def __init__(self, seen: list[Seen], ridge: float = 300.0) -> None:
        x = np.array([features(s.recipe) for s in seen])
        y = np.column_stack([np.array([s.code for s in seen]), [s.years for s in seen]])
        self._middle, self._wide, self._mean = x.mean(0), x.std(0) + 1e-6, y.mean(0)
        z = (x - self._middle) / self._wide
        self._weights = np.linalg.solve(z.T @ z + ridge * np.eye(z.shape[1]), z.T @ (y - self._mean))

    def __call__(self, recipes: list[Recipe]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Expected embeddings (n, 128), shorter than 1 where it is unsure, and ages (n,)."""
        z = (np.array([features(r) for r in recipes]) - self._middle) / self._wide
        y = z @ self._weights + self._mean
        return y[:, :-1], y[:, -1]


def cost(codes: NDArray[Any], years: NDArray[Any], recipes: list[Recipe], others: NDArray[Any]) -> NDArray[np.float64]:
    """Likeness to the others, softly the largest; young looks and extreme bones cost as well."""
    likeness = codes @ others.T
    extreme = np.array([sum(v * v for v in r.bones.axes.values()) for r in recipes])
    young = np.maximum(0.0, YEARS + 2 - years)
    result: NDArray[np.float64] = np.log(np.exp(_SHARP * likeness).sum(1)) / _SHARP + 0.006 * extreme + 0.03 * young
    return result


def _worth(one: Seen, others: NDArray[Any]) -> float:
    return float(cost(one.code[None], np.array([one.years]), [one.recipe], others)[0])


def propose(
    start: Seen | Recipe, guess: Guess, others: NDArray[Any], rng: np.random.Generator, *, looks: bool = True
) -> Recipe:
    """A recipe that the model expects further from the others than `start`; from somebody seen, by the differences."""
    best, least = (start.recipe if isinstance(start, Seen) else start), float("inf")
    code, years = np.zeros(128), 0.0
    if isinstance(start, Seen):
        expected = guess([best])
        code, years = start.code - expected[0][0], start.years - float(expected[1][0])
    for _ in range(16):
        some = [variety.mutate(best, rng, looks=looks) for _ in range(24)]
        codes, ages = guess(some)
        value = cost(codes + code, ages + years, some, others)
        if value.min() < least:
            best, least = some[int(value.argmin())], float(value.min())
    return best


def choose(seen: list[Seen], count: int) -> list[Seen]:
    """Some that lie far apart: start with all adults, leave out who is most like the others, one by one."""
    left = [s for s in seen if s.years >= YEARS]
    codes = np.array([s.code for s in left], np.float64)
    heat = np.exp(_SHARP * (codes @ codes.T))
    np.fill_diagonal(heat, 0)
    total, alive = heat.sum(1), np.ones(len(left), bool)
    men = np.array([male(s.recipe) for s in left])
    while alive.sum() > count:
        many = men if (alive & men).sum() > (alive & ~men).sum() else ~men  # as many of each, as far as it goes
        worst = int(np.where(alive & many, total, -1).argmax())
        alive[worst] = False
        total -= heat[:, worst]
    return [s for s, kept in zip(left, alive, strict=True) if kept]


def male(recipe: Recipe) -> bool:
    """The sex of the bones."""
    return recipe.bones.sex > 0.5


def someone(rng: np.random.Generator, *, man: bool) -> Recipe:
    """A random adult of one sex."""
    while True:
        recipe = variety.adult(int(rng.integers(10_000, 2**31)))
        if male(recipe) is man:
            return recipe


def draw(seconds: float, seed: int) -> list[Seen]:
    """People at random, two heads for each painted skin."""
    seen, end, rng = [], time.monotonic() + seconds, np.random.default_rng(seed)
    while time.monotonic() < end:
        first = variety.adult(int(rng.integers(10_000, 2**31)))
        one, paint = see(first)
        again = Recipe(variety.bones(rng, first.bones.age, male(first)), first.look)
        seen += [s for s in (one, see(again, paint)[0]) if s]
    return seen


def breed(seen: list[Seen], seconds: float, seed: int, batch: int = 24) -> list[Seen]:
    """More people, each proposed where the model expects nobody."""
    end, rng = time.monotonic() + seconds, np.random.default_rng(seed)
    while time.monotonic() < end:
        guess, chosen = Guess(seen), choose(seen, 2 * COUNT)
        report(chosen, len(seen))
        codes = np.array([s.code for s in chosen], np.float64)
        like = codes @ codes.T - 2 * np.eye(len(codes))
        men = np.array([male(s.recipe) for s in chosen])
        rare = men if men.sum() < (~men).sum() else ~men
        uneven = abs(int(men.sum()) - int((~men).sum())) > 10
        crowded = np.argsort(np.where(rare & uneven, -2.0, 0.0) - like.max(1))
        for k in range(batch):
            if time.monotonic() > end:
                break
            place = int(crowded[k % len(crowded)])
            others = np.delete(codes, place, axis=0)
            start: Seen | Recipe = chosen[place]
            if k % 3 == 0:
                start = someone(rng, man=bool(men[place]))
            best, paint = see(propose(start, guess, others, rng))
            if not best:
                continue
            seen.append(best)
            for _ in range(STEPS):  # the same skin over other bones: painting takes longest
                one, _ = see(propose(best, guess, others, rng, looks=False), paint)
                if one:
                    seen.append(one)
                    best = min((best, one), key=lambda s: _worth(s, others))
    return seen


def report(chosen: list[Seen], drawn: int) -> None:
    """Say how far apart they are."""
    codes = np.array([s.code for s in chosen])
    like = (codes @ codes.T)[np.triu_indices(len(codes), 1)]
    print(f"{drawn} drawn; the chosen {len(chosen)}: mean {like.mean():.3f}, above 0.363 {(like > 0.363).mean():.2%},",
          f"above 0.5 {(like > 0.5).mean():.3%}, largest {like.max():.2f}", flush=True)  # fmt: skip


def write(chosen: list[Seen]) -> None:
    """Half for development, half for tests, drawn by lot."""
    from tests.people.gallery import FILE, FIRST_TEST, PREFIX

    order = np.random.default_rng(1).permutation(len(chosen))
    numbers = [*range(COUNT), *range(FIRST_TEST, FIRST_TEST + COUNT)]
    named = {f"{PREFIX}{n}": chosen[int(k)].recipe for n, k in zip(numbers, order, strict=True)}
    FILE.write_bytes(gzip.compress(to_compact_json(named).encode(), 9, mtime=0))


def main() -> None:
    """Make the gallery anew."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("seconds", type=float)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    seen = breed(draw(0.4 * given.seconds, given.seed), 0.6 * given.seconds, given.seed + 1)
    chosen = choose(seen, 2 * COUNT)
    report(chosen, len(seen))
    write(chosen)


if __name__ == "__main__":
    main()
