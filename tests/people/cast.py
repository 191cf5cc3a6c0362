"""The cast: named people who do not exist, kept apart by measured distance, and as many more as a seed gives."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np

from tests.people.asset import ASSETS, base
from tests.people.glasses import SHAPES
from tests.people.look import Brows, Hair, Look, Skin
from tests.people.person import Person
from tests.people.recipes import Recipe, from_json
from tests.people.shape import Bones

CAST_FILE = ASSETS / "cast.json"
"""Everybody's recipe: written by hand at first, then moved apart by `search`."""

RECIPES: dict[str, Recipe] = from_json(CAST_FILE)
NAMES = tuple(RECIPES)
CHILDREN = tuple(name for name in NAMES if name.startswith("child_"))
"""Children: only to test that they are refused."""
OLD = tuple(name for name in NAMES if name.endswith("_old"))
"""Old versions: `ada_old` is `ada`, decades later."""
ADULTS = tuple(name for name in NAMES if name not in CHILDREN + OLD)
"""Ten adults, all different people."""


@functools.cache
def person(name: str) -> Person:
    """A named person; made once.

    Raises:
        KeyError: nobody has that name (see `NAMES`).
    """
    return Person(name, RECIPES[name])


@functools.cache
def wearing(name: str, glasses: str) -> Person:
    """A named person with spectacles on: a shape of `glasses.SHAPES`."""
    recipe = RECIPES[name]
    return Person(name, replace(recipe, look=replace(recipe.look, glasses=glasses)))


_IRISES = ((52, 34, 24), (66, 44, 28), (104, 76, 44), (96, 104, 66), (88, 118, 142), (112, 128, 136))
_SHIRTS = ((60, 76, 104), (112, 54, 48), (64, 92, 72), (150, 140, 120), (48, 50, 56), (168, 124, 60), (106, 84, 118))


def random_recipe(seed: int) -> Recipe:
    """An adult drawn at random. Random people are more alike than the cast: measure before you rely on them."""
    rng = np.random.default_rng(seed)
    sex = float(rng.random() < 0.5)
    share = rng.dirichlet([0.35, 0.35, 0.35])
    origin = dict(zip(("african", "asian", "caucasian"), (float(v) for v in share), strict=True))
    melanin = float(np.clip(share @ [0.85, 0.3, 0.15] + rng.normal(0, 0.12), 0.02, 1))
    free = [
        a for a in base().axes
        if a.split("-")[0] in {"head", "eye", "nose", "mouth", "chin", "cheek", "forehead", "ear"}
        and not a.startswith(("head-trans", "head-age", "head-angle", "ear-shape", "mouth-angles", "eye-trans"))
    ]  # fmt: skip
    spread = {a: 0.22 if a.startswith(("mouth", "eyebrows")) else 0.4 for a in free if not a.startswith("head-")}
    axes = {a: float(np.clip(rng.normal(0, wide), -1, 1)) for a, wide in spread.items()}
    form = str(rng.choice([a for a in free if a.startswith("head-")]))
    axes[form] = float(rng.uniform(0.3, 0.9))
    dark = float(np.clip(melanin * 1.1 + rng.normal(0, 0.25), 0, 1))
    fair = (1 - dark) ** 1.3
    ink = (190 * fair + 22, 150 * fair + 18, 100 * fair + 17)
    male = ["buzz", "short", "swept", "curly", "bald"]
    style = str(rng.choice(male if sex else ["long", "bob", "bun", "curly"]))
    age = float(rng.uniform(1.0, 1.8))
    return Recipe(
        Bones(sex, age, origin, float(rng.uniform(-0.6, 0.6)), axes),
        Look(
            Skin(
                melanin, float(rng.normal(0, 0.3)), freckles=float(rng.random() < 0.2) * 0.6,
                stubble=sex * float(rng.uniform(0, 0.8)), beard=sex * float(rng.random() < 0.25),
                moustache=sex * float(rng.random() < 0.3), wrinkles=float(0.1 + 0.85 * (age - 1)),
                beard_colour=ink,
            ),
            Brows(
                ink, float(rng.normal(0, 0.18)), float(rng.uniform(0.05, 0.6)), float(rng.uniform(0.35, 0.85)),
                float(rng.uniform(3.8, 4.7)), float(rng.uniform(0.85, 1.5)),
            ),
            Hair(style, ink, float(np.clip(age - 1.3, 0, 0.5) * 1.8), thickness=float(rng.uniform(0.7, 1.8))),
            iris=_IRISES[int(rng.integers(0, 2 if melanin > 0.55 else len(_IRISES)))],
            shirt=_SHIRTS[int(rng.integers(len(_SHIRTS)))],
            collar=str(rng.choice(["crew", "vee", "high"])), seed=seed,
        ),
    )  # fmt: skip


@functools.lru_cache(maxsize=64)
def random_person(seed: int) -> Person:
    """The adult of a seed."""
    return Person(f"random-{seed}", random_recipe(seed))


def someone(name: str) -> Person:
    """A person by a longer name: who, and what they wear; people of the gallery as `gallery.wearing` says.

    Args:
        name: of the cast ("ada"), or of a seed ("random-17"), then any of "/round", "/square", "/oval" (glasses),
            "/beard", and "/mask": a matt cast of the person.

    Raises:
        KeyError: nobody has that name, or nothing of that name can be worn.
    """
    if name.startswith("gallery-"):
        from tests.people.gallery import wearing as of_gallery

        return of_gallery(name)
    return _someone(name)


@functools.lru_cache(maxsize=32)
def _someone(name: str) -> Person:
    who, *worn = name.split("/")
    if not worn:
        return random_person(int(who.removeprefix("random-"))) if who.startswith("random-") else person(who)
    recipe = random_recipe(int(who.removeprefix("random-"))) if who.startswith("random-") else RECIPES[who]
    look, paint = recipe.look, None
    if "beard" in worn:
        ink = (look.hair.colour[0] * 0.8, look.hair.colour[1] * 0.8, look.hair.colour[2] * 0.8)
        skin = replace(look.skin, beard=0.9, moustache=0.8, stubble=0.6, beard_colour=ink)
        look = replace(look, skin=skin)
    if "mask" in worn:
        look = replace(look, skin=replace(look.skin, shine=0.12))
    if not {"beard", "mask"} & set(worn):
        paint = someone(who).paint  # spectacles leave the skin as it is
    for thing in worn:
        if thing not in {"beard", "mask"}:
            look = replace(look, glasses={shape: shape for shape in SHAPES}[thing])
    return Person(name, replace(recipe, look=look), paint)
