"""The cast: named people who do not exist, kept apart by measured distance, and as many more as a seed gives."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np

from tests.people.asset import ASSETS, base
from tests.people.look import Brows, Hair, Look, Skin
from tests.people.person import Person
from tests.people.recipes import Recipe, from_json
from tests.people.shape import Bones

_ASIAN = {"asian": 1.0}
_AFRICAN = {"african": 1.0}
_EUROPEAN = {"caucasian": 1.0}

_ADULTS: dict[str, Recipe] = {
    "ada": Recipe(
        Bones(0.05, 1.15, _EUROPEAN, -0.1, {"head-oval": 0.6, "nose-hump": 0.3, "eye-scale": 0.3, "mouth-scale-horiz": 0.2}),
        Look(
            Skin(melanin=0.08, red=0.4, freckles=0.5, blush=0.5, lips=(190, 96, 92), wrinkles=0.16),
            Brows((120, 74, 46), 0.15, 0.5, 0.38, 4.2, 1.35),
            Hair("long", (142, 74, 38), thickness=1.2), iris=(86, 116, 92), shirt=(54, 84, 74), collar="wide", seed=1,
        ),
    ),
    "bram": Recipe(
        Bones(1.0, 1.25, _EUROPEAN, 0.4, {"head-square": 0.8, "chin-width": 0.6, "nose-volume": 0.5, "nose-scale-vert": 0.3}),
        Look(
            Skin(melanin=0.18, red=0.5, stubble=0.3, beard=1.0, moustache=1.0, wrinkles=0.3, beard_colour=(84, 56, 36)),
            Brows((78, 54, 36), -0.1, 0.15, 0.75, 4.5, 1.1),
            Hair("short", (86, 60, 40), thickness=1.0), iris=(92, 120, 148), shirt=(110, 52, 44), seed=2,
        ),
    ),
    "chima": Recipe(
        Bones(1.0, 1.1, _AFRICAN, 0.0, {"head-rectangular": 0.5, "cheek-bones": 0.6, "mouth-scale-vert": 0.4}),
        Look(
            Skin(melanin=0.92, stubble=0.35, wrinkles=0.16, lips=(120, 70, 66), lip_strength=0.4, beard_colour=(14, 12, 11)),
            Brows((18, 15, 14), 0.0, 0.2, 0.62, 4.3, 1.2),
            Hair("buzz", (20, 18, 17), thickness=0.3), iris=(52, 34, 24), shirt=(206, 198, 180), seed=3,
        ),
    ),
    "dilan": Recipe(
        Bones(0.95, 1.0, {"caucasian": 0.6, "african": 0.1, "asian": 0.3}, -0.4, {"nose-hump": 0.9, "head-triangular": 0.6}),
        Look(
            Skin(melanin=0.5, red=-0.3, stubble=0.7, moustache=0.9, wrinkles=0.15, beard_colour=(26, 21, 19)),
            Brows((26, 21, 19), -0.2, 0.3, 0.85, 4.7, 0.85),
            Hair("curly", (28, 22, 20), thickness=1.6), iris=(62, 42, 28), shirt=(52, 58, 70), collar="vee", seed=4,
        ),
    ),
    "edda": Recipe(
        Bones(0.0, 1.55, _EUROPEAN, 0.5, {"head-round": 0.8, "cheek-volume": 0.6, "nose-scale-horiz": 0.4}),
        Look(
            Skin(melanin=0.05, red=0.6, wrinkles=0.55, spots=0.25, blush=0.5, lips=(176, 92, 96)),
            Brows((150, 132, 112), 0.25, 0.55, 0.36, 3.9, 1.5, hairs=280),
            Hair("bob", (206, 178, 132), grey=0.45, thickness=1.3), iris=(110, 136, 158), shirt=(98, 70, 110), seed=5,
        ),
    ),
    "feng": Recipe(
        Bones(0.9, 1.1, _ASIAN, 0.1, {"head-diamond": 0.6, "nose-greek": -0.5, "eye-epicanthus": -0.6}),
        Look(
            Skin(melanin=0.3, red=-0.5, stubble=0.12, wrinkles=0.14, lips=(170, 98, 88)),
            Brows((24, 21, 20), 0.1, 0.25, 0.55, 4.4, 1.15),
            Hair("swept", (22, 20, 20), thickness=1.5), iris=(58, 38, 26), shirt=(36, 40, 46), collar="high", seed=6,
        ),
    ),
    "gita": Recipe(
        Bones(0.05, 1.1, {"caucasian": 0.5, "asian": 0.35, "african": 0.15}, 0.0, {"eye-scale": 0.5, "nose-point": -0.4}),
        Look(
            Skin(melanin=0.62, red=-0.1, wrinkles=0.12, lips=(150, 62, 66), lip_strength=0.8),
            Brows((24, 20, 19), 0.05, 0.5, 0.55, 4.5, 1.05),
            Hair("bun", (26, 21, 20), thickness=0.8), iris=(56, 36, 24), shirt=(150, 92, 40), collar="vee", seed=7,
        ),
    ),
    "hana": Recipe(
        Bones(0.0, 1.0, _ASIAN, -0.3, {"head-triangular": 0.5, "chin-width": -0.5, "nose-volume": -0.4}),
        Look(
            Skin(melanin=0.12, red=-0.3, wrinkles=0.08, blush=0.45, lips=(196, 84, 88), lip_strength=0.75),
            Brows((40, 30, 27), 0.2, 0.2, 0.42, 4.1, 1.3),
            Hair("bob", (26, 21, 21), thickness=1.4), iris=(50, 34, 26), shirt=(176, 176, 184), seed=8,
        ),
    ),
    "ivo": Recipe(
        Bones(1.0, 1.75, _EUROPEAN, -0.2, {"head-rectangular": 0.8, "nose-hump": 0.5, "ear-scale": 0.5, "chin-height": 0.4}),
        Look(
            Skin(melanin=0.14, red=0.4, stubble=0.4, wrinkles=0.85, spots=0.5, beard_colour=(150, 146, 140)),
            Brows((132, 126, 118), -0.1, 0.1, 0.7, 4.5, 1.1),
            Hair("bald"), iris=(98, 112, 118), shirt=(72, 66, 58), collar="high", glasses="", seed=9,
        ),
    ),
    "joy": Recipe(
        Bones(0.0, 1.1, _AFRICAN, 0.35, {"head-round": 0.6, "nose-width3": 0.4, "mouth-scale-vert": 0.5}),
        Look(
            Skin(melanin=0.8, wrinkles=0.12, lips=(140, 58, 62), lip_strength=0.6),
            Brows((18, 15, 14), 0.25, 0.55, 0.42, 4.2, 1.25),
            Hair("curly", (22, 18, 17), thickness=2.4), iris=(48, 32, 24), shirt=(180, 130, 40), collar="wide", seed=10,
        ),
    ),
}  # fmt: skip


def aged(recipe: Recipe) -> Recipe:
    """The same bones and colours some forty years later."""
    skin, hair, brows = recipe.look.skin, recipe.look.hair, recipe.look.brows
    grey = tuple(0.35 * c + 0.65 * 165 for c in brows.colour)
    beard = tuple(0.25 * c + 0.75 * 175 for c in skin.beard_colour)
    axes = dict(recipe.bones.axes)
    for axis, amount in (("eye-bag", 0.5), ("ear-lobe", 0.4), ("cheek-volume", -0.2), ("nose-point", -0.15)):
        axes[axis] = axes.get(axis, 0) + amount
    return Recipe(
        replace(recipe.bones, age=min(recipe.bones.age + 0.55, 1.9), axes=axes),
        replace(
            recipe.look,
            skin=replace(skin, wrinkles=0.9, spots=0.5, blush=skin.blush * 0.7, lip_strength=skin.lip_strength * 0.5),
            hair=replace(hair, grey=0.85, recede=hair.recede + (0.9 if recipe.bones.sex > 0.5 else 0.2)),
            brows=replace(brows, colour=grey, hairs=int(brows.hairs * 0.75)),
        ),
    ) if not skin.beard else Recipe(
        replace(recipe.bones, age=min(recipe.bones.age + 0.55, 1.9), axes=axes),
        replace(
            recipe.look,
            skin=replace(skin, wrinkles=0.9, spots=0.5, beard_colour=beard),
            hair=replace(hair, grey=0.85, recede=hair.recede + 0.9),
            brows=replace(brows, colour=grey),
        ),
    )


_CHILDREN: dict[str, Recipe] = {
    "child_kit": Recipe(
        Bones(0.5, 0.05, _EUROPEAN, 0.2, {"head-round": 0.4, "eye-scale": 0.3}, wide=0.5),
        Look(
            Skin(melanin=0.1, red=0.3, wrinkles=0.0, blush=0.8, lips=(200, 112, 104), shine=0.6),
            Brows((140, 104, 70), 0.1, 0.25, 0.34, 3.8, 1.4, hairs=220),
            Hair("short", (168, 124, 76), thickness=1.1), iris=(104, 128, 150), shirt=(200, 90, 60), seed=21,
        ),
    ),
    "child_lulu": Recipe(
        Bones(0.0, 0.05, {"african": 0.6, "caucasian": 0.4}, 0.2, {"head-round": 0.5, "eye-scale": 0.4}, wide=0.5),
        Look(
            Skin(melanin=0.6, wrinkles=0.0, blush=0.4, lips=(150, 80, 78), shine=0.6),
            Brows((36, 28, 24), 0.15, 0.3, 0.36, 3.8, 1.35, hairs=240),
            Hair("curly", (30, 24, 21), thickness=1.8), iris=(58, 38, 26), shirt=(230, 190, 70), seed=22,
        ),
    ),
}  # fmt: skip

CAST_FILE = ASSETS / "cast.json"
"""The ten adults after `search` has moved them apart."""


def adult_recipes() -> dict[str, Recipe]:
    """The ten adults: as searched, or as first written down."""
    return from_json(CAST_FILE) if CAST_FILE.exists() else dict(_ADULTS)


_FOUND = adult_recipes()
RECIPES: dict[str, Recipe] = {
    **_FOUND,
    **{f"{name}_old": aged(_FOUND[name]) for name in ("ada", "bram", "chima", "hana")},
    **_CHILDREN,
}
ADULTS = tuple(_FOUND)
"""Ten adults, all different people."""
OLD = tuple(name for name in RECIPES if name.endswith("_old"))
"""Old versions: `ada_old` is `ada`, decades later."""
CHILDREN = tuple(_CHILDREN)
"""Children: only to test that they are refused."""
NAMES = tuple(RECIPES)


@functools.cache
def person(name: str) -> Person:
    """A named person; made once.

    Raises:
        KeyError: nobody has that name (see `NAMES`).
    """
    return Person(name, RECIPES[name])


def random_recipe(seed: int) -> Recipe:
    """An adult drawn at random. Random people are more alike than the cast: measure before you rely on them."""
    rng = np.random.default_rng(seed)
    sex = float(rng.random() < 0.5)
    share = rng.dirichlet([0.35, 0.35, 0.35])
    origin = dict(zip(("african", "asian", "caucasian"), (float(v) for v in share), strict=True))
    melanin = float(np.clip(share @ [0.85, 0.3, 0.15] + rng.normal(0, 0.12), 0.02, 1))
    free = [
        a for a in base().axes if a.split("-")[0] in {"head", "eye", "nose", "mouth", "chin", "cheek", "forehead", "ear"}
        and not a.startswith(("head-trans", "head-age", "head-angle", "ear-shape", "mouth-angles", "eye-trans"))
    ]  # fmt: skip
    axes = {a: float(np.clip(rng.normal(0, 0.42), -1, 1)) for a in free if not a.startswith("head-")}
    form = str(rng.choice([a for a in free if a.startswith("head-")]))
    axes[form] = float(rng.uniform(0.3, 0.9))
    dark = float(np.clip(melanin * 1.1 + rng.normal(0, 0.25), 0, 1))
    ink = tuple(float(v) for v in np.array([190, 150, 100]) * (1 - dark) ** 1.3 + np.array([22, 18, 17]))
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
            iris=tuple(float(v) for v in rng.uniform((45, 32, 24), (110, 130, 150))),
            shirt=tuple(float(v) for v in rng.uniform(30, 200, 3)),
            collar=str(rng.choice(["crew", "vee", "high"])), seed=seed,
        ),
    )  # fmt: skip


@functools.lru_cache(maxsize=64)
def random_person(seed: int) -> Person:
    """The adult of a seed."""
    return Person(f"random-{seed}", random_recipe(seed))
