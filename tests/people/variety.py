"""Adults drawn at random, as different as the simulator can draw people: for galleries.

`cast.random_recipe` stays as it was (its people are named by their seeds elsewhere); this one also varies what that
leaves alone: bends of the whole head, origins and sexes beyond and between the usual ones, resting mouths and eyes,
hairlines, beards, marks of the skin, paint on lids and lips.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from tests.people.asset import base
from tests.people.look import Brows, Colour, Hair, Look, Skin
from tests.people.recipes import Recipe
from tests.people.shape import Bones
from tests.people.warp import FIELDS

_KINDS = {"head", "eye", "eyebrows", "nose", "mouth", "chin", "cheek", "forehead", "ear"}
_NOT = (
    "head-trans", "head-age", "head-angle", "head-back", "ear-shape", "mouth-angles", "mouth-dimples", "eye-push",
    "mouth-laugh",
)  # fmt: skip
_WIDE = {
    "warp-as": 0.25, "warp-forehead": 0.25, "warp": 0.6,
    "mouth-trans": 0.45,
    "mouth": 0.34, "eyebrows": 0.4, "eye-trans": 0.5, "eye": 0.45, "nose": 0.5, "chin-height": 0.3, "chin": 0.4,
    "cheek": 0.45, "forehead-scale": 0.15, "forehead-nubian": 0.1, "forehead": 0.35, "head-scale-vert": 0.18,
    "head-scale": 0.25, "head-fat": 0.45, "ear-trans": 0.1, "ear": 0.25,
}  # fmt: skip
"""Standard deviations of the axes by the start of their names."""
LIMITS = {"mouth": 0.6, "eyebrows": 0.6, "eye": 0.85, "nose": 0.95, "warp": 1.2}
"""Of the axes by their first word, else 0.8: beyond, faces stop looking human."""
_FORMS = (
    "head-oval", "head-round", "head-rectangular", "head-square", "head-triangular", "head-invertedtriangular",
    "head-diamond",
)  # fmt: skip
_IRISES: tuple[Colour, ...] = (
    (52, 34, 24), (66, 44, 28), (104, 76, 44), (96, 104, 66), (88, 118, 142), (112, 128, 136), (76, 122, 92),
    (134, 158, 178),
)  # fmt: skip
_INKS: tuple[Colour, ...] = ((26, 22, 20), (58, 40, 30), (96, 66, 44), (142, 74, 38), (176, 132, 84), (214, 180, 132))
"""Black, dark brown, brown, red, dark blond, blond."""
_SHIRTS: tuple[Colour, ...] = (
    (60, 76, 104), (112, 54, 48), (64, 92, 72), (150, 140, 120), (48, 50, 56), (168, 124, 60), (106, 84, 118),
    (186, 186, 182), (30, 60, 110),
)  # fmt: skip
_LIPS: tuple[Colour, ...] = (
    (176, 98, 92), (150, 30, 44), (196, 90, 110), (120, 50, 60), (200, 110, 90), (130, 84, 78),
)  # fmt: skip
_SHADOWS: tuple[Colour, ...] = ((70, 50, 60), (60, 70, 96), (110, 70, 50), (40, 40, 44))
_MEN = {"buzz": 3, "short": 4, "swept": 3, "curly": 2, "bald": 2, "tonsure": 1, "long": 0.7, "fringe": 0.5}
_WOMEN = {"long": 4, "bob": 3, "bun": 3, "curly": 2, "fringe": 3, "short": 1.2, "swept": 0.6, "buzz": 0.5}


def _pick(rng: np.random.Generator, odds: dict[str, float]) -> str:
    share = np.array(list(odds.values()), float)
    return str(rng.choice(list(odds), p=share / share.sum()))


def _mixed(a: Colour, b: Colour, share: float) -> Colour:
    red, green, blue = (round((1 - share) * x + share * y) for x, y in zip(a, b, strict=True))
    return red, green, blue


def _shade(colour: Colour, rng: np.random.Generator) -> Colour:
    gain = rng.uniform(0.8, 1.2)
    red, green, blue = (round(float(np.clip(c * gain * rng.uniform(0.97, 1.03), 10, 235)), 1) for c in colour)
    return red, green, blue


def _free(axis: str) -> bool:
    """Whether an axis varies."""
    return axis in FIELDS or (axis.split("-", maxsplit=1)[0] in _KINDS and not axis.startswith(_NOT))


def _deviation(axis: str) -> float:
    """How widely an axis varies."""
    return next((wide for start, wide in _WIDE.items() if axis.startswith(start)), 0.35)


def bones(rng: np.random.Generator, age: float, male: bool) -> Bones:  # noqa: FBT001
    """A skeleton with its flesh."""
    axes = {a: float(rng.normal(0, _deviation(a))) for a in (*base().axes, *FIELDS) if _free(a) and a not in _FORMS}
    for form in rng.choice(_FORMS, 2, replace=False):
        axes[str(form)] = float(rng.uniform(0.1, 0.55))
    for axis, value in axes.items():
        limit = LIMITS.get(axis.split("-")[0], 0.8)
        axes[axis] = round(float(np.clip(value, -limit, limit)), 2)
    # origins between the three, and a little beyond them: the further from their mean, the more a face is its own
    share = rng.dirichlet([0.5, 0.5, 0.5])
    share = 1 / 3 + (share - 1 / 3) * rng.uniform(0.9, 1.6)
    origin = {k: round(float(v), 2) for k, v in zip(("african", "asian", "caucasian"), share, strict=True)}
    sex = rng.uniform(0.6, 1.25) if male else rng.uniform(-0.25, 0.4)
    return Bones(
        sex=round(float(sex), 2), age=round(age, 2), origin=origin, weight=round(float(rng.uniform(-0.9, 1.0)), 2),
        axes={a: v for a, v in axes.items() if abs(v) >= 0.04}, shut=round(float(rng.uniform(0.08, 0.2)), 2),
        wide=round(float(rng.uniform(0.1, 0.6)), 2), cheer=round(float(rng.uniform(0.0, 0.3)), 2),
    )  # fmt: skip


def look(rng: np.random.Generator, frame: Bones, male: bool, seed: int) -> Look:  # noqa: FBT001
    """Skin, brows, hair, eyes, clothes."""
    dark = [0.85, 0.35, 0.15] @ np.array([max(frame.origin[k], 0) for k in ("african", "asian", "caucasian")])
    melanin = float(np.clip(dark + rng.normal(0, 0.17), 0.0, 1.0))
    years = frame.age - 1.0
    odds = [0.6, 0.25, 0.1, 0.02, 0.02, 0.01] if melanin > 0.4 else [0.15, 0.2, 0.25, 0.1, 0.2, 0.1]
    ink = _shade(_INKS[int(rng.choice(6, p=odds))], rng)
    grey = float(np.clip(rng.normal(1.25 * (years - 0.25), 0.15), 0, 1))
    faded = _mixed(ink, (172, 172, 172), 0.7 * grey)
    painted = (not male) * float(rng.random() < 0.45)
    lips = _LIPS[int(rng.integers(len(_LIPS)))]
    shadow = _SHADOWS[int(rng.integers(len(_SHADOWS)))]
    bearded = male and rng.random() < 0.4
    skin = Skin(
        melanin=round(melanin, 3), red=round(float(rng.normal(0, 0.5)), 2),
        freckles=round(float((rng.random() < 0.2) * rng.uniform(0.3, 1.0)), 2),
        stubble=round(male * float(rng.uniform(0, 0.95)), 2), beard=round(bearded * float(rng.uniform(0.6, 1.0)), 2),
        moustache=round(male * float(rng.random() < (0.85 if bearded else 0.2)), 2),
        wrinkles=round(float(np.clip(0.08 + 1.0 * years + rng.normal(0, 0.1), 0.02, 1)), 2),
        spots=round(float(np.clip(rng.normal(0.7 * (years - 0.4), 0.2), 0, 0.8)), 2),
        blush=round(float(rng.uniform(0.0, 1.0)), 2), shine=round(float(rng.uniform(0.4, 1.4)), 2), lips=lips,
        lip_strength=round(float(rng.uniform(0.6, 1.0) if painted else rng.uniform(0.1, 0.6)), 2), beard_colour=faded,
        beard_shape=str(rng.choice(["full", "full", "goatee", "strap"])),
        moles=round(float((rng.random() < 0.35) * rng.uniform(0, 0.8)), 2),
        texture=round(float(rng.uniform(0.4, 2.2)), 2),
        complexion=round(float(rng.uniform(0, 0.15)), 3), circles=round(float(rng.uniform(0.2, 2.6)), 2),
        shadow=round(painted * float(rng.uniform(0, 0.9)), 2), shadow_colour=shadow,
    )  # fmt: skip
    brows = Brows(
        faded, round(float(rng.uniform(-0.35, 0.5)), 2), round(float(rng.uniform(-0.05, 0.7)), 2),
        round(float(rng.uniform(0.3, 1.0) if male else rng.uniform(0.25, 0.75)), 2),
        round(float(rng.uniform(3.4, 4.8)), 2),
        round(float(rng.choice([rng.uniform(0.25, 1.0), rng.uniform(0.9, 2.1)])), 2),
        round(float(rng.uniform(-0.1, 0.16)), 3), int(rng.integers(120, 620)),
    )  # fmt: skip
    style = _pick(rng, _MEN if male else _WOMEN)
    recede = rng.uniform(-0.6, 0.5) + (max(0.0, years) * rng.uniform(0, 2.2) if male else 0)
    hair = Hair(
        style, ink, round(grey, 2), round(float(recede), 2),
        round(float(rng.uniform(1.2, 3.4) if style == "curly" else rng.uniform(0.5, 2.0)), 2),
        round(float(rng.uniform(-0.8, 0.8)), 2),
    )  # fmt: skip
    return Look(
        skin, brows, hair, iris=_IRISES[int(rng.integers(0, 2 if melanin > 0.5 else len(_IRISES)))],
        shirt=_SHIRTS[int(rng.integers(len(_SHIRTS)))], collar=str(rng.choice(["crew", "vee", "high", "wide"])),
        lashes=round(float(rng.uniform(0.3, 1.0)), 2), seed=seed,
    )  # fmt: skip


def adult(seed: int) -> Recipe:
    """The adult of a seed: from the late twenties to the eighties."""
    rng = np.random.default_rng((seed, 4))
    male = bool(rng.random() < 0.5)
    frame = bones(rng, float(rng.uniform(1.25, 1.95)), male)
    return Recipe(frame, look(rng, frame, male, seed))


def between(own: Recipe, other: Recipe, share: float, seed: int) -> Recipe:
    """Somebody like `own`, `share` of the way to `other` in bones, brows and tone; hair and colours are `own`'s."""

    def mix(a: float, b: float) -> float:
        return round((1 - share) * a + share * b, 3)

    mine, theirs = own.bones, other.bones
    names = {**mine.axes, **theirs.axes}
    shape = replace(
        mine, sex=mix(mine.sex, theirs.sex), weight=mix(mine.weight, theirs.weight),
        origin={k: mix(mine.origin.get(k, 0.0), theirs.origin.get(k, 0.0)) for k in {**mine.origin, **theirs.origin}},
        axes={a: mix(mine.axes.get(a, 0.0), theirs.axes.get(a, 0.0)) for a in names},
        wide=mix(mine.wide, theirs.wide), cheer=mix(mine.cheer, theirs.cheer),
    )  # fmt: skip
    a, b = own.look, other.look
    brows = replace(
        a.brows, height=mix(a.brows.height, b.brows.height), arch=mix(a.brows.arch, b.brows.arch),
        thickness=mix(a.brows.thickness, b.brows.thickness), length=mix(a.brows.length, b.brows.length),
        start=mix(a.brows.start, b.brows.start), tilt=mix(a.brows.tilt, b.brows.tilt),
    )  # fmt: skip
    skin = replace(a.skin, melanin=mix(a.skin.melanin, b.skin.melanin), red=mix(a.skin.red, b.skin.red))
    return Recipe(shape, replace(a, brows=brows, skin=skin, seed=seed))


def _bearded(recipe: Recipe) -> Recipe:
    s = recipe.look.skin
    skin = replace(s, beard=0.9, moustache=0.9, stubble=0.7, beard_shape="full")
    return replace(recipe, look=replace(recipe.look, skin=skin))


def _shaven(recipe: Recipe) -> Recipe:
    skin = replace(recipe.look.skin, beard=0.0, moustache=0.0, stubble=0.15)
    return replace(recipe, look=replace(recipe.look, skin=skin))


_NEXT = {
    "long": "bun", "bob": "long", "bun": "long", "fringe": "bob", "short": "buzz", "swept": "short", "curly": "buzz",
    "buzz": "short", "bald": "buzz", "tonsure": "buzz",
}  # fmt: skip


def _haircut(recipe: Recipe) -> Recipe:
    h = recipe.look.hair
    hair = replace(h, style=_NEXT[h.style], thickness=round(1.1 if h.style == "curly" else 0.8 * h.thickness, 2))
    return replace(recipe, look=replace(recipe.look, hair=hair))


def _later(recipe: Recipe, years: float) -> Recipe:
    """Some years later (before, when negative): one unit of `Bones.age` is about 65."""
    b, s, h = recipe.bones, recipe.look.skin, recipe.look.hair
    look = replace(
        recipe.look,
        skin=replace(
            s, wrinkles=round(float(np.clip(s.wrinkles + 0.012 * years, 0.03, 1)), 3),
            spots=round(float(np.clip(s.spots + (0.006 * years if s.spots else 0), 0, 1)), 3),
        ),
        hair=replace(h, grey=round(float(np.clip(h.grey + (0.012 * years if h.grey else 0), 0, 1)), 3)),
    )  # fmt: skip
    axes = {**b.axes, "head-fat": round(b.axes.get("head-fat", 0.0) + 0.012 * years, 3)}
    return Recipe(replace(b, age=round(float(np.clip(b.age + years / 65, 1.0, 2.0)), 3), axes=axes), look)


CHANGES: Mapping[str, Callable[[Recipe], Recipe]] = {
    "beard": _bearded,
    "shaven": _shaven,
    "haircut": _haircut,
    "younger": lambda recipe: _later(recipe, -8),
    "older": lambda recipe: _later(recipe, 4),
}
"""What may change about a person from one picture to the next, by name."""


def _near(rng: np.random.Generator, value: float, low: float, high: float, share: float = 0.2) -> float:
    return round(float(np.clip(value + rng.normal(0, share * (high - low)), low, high)), 3)


def mutate(recipe: Recipe, rng: np.random.Generator, *, looks: bool = True) -> Recipe:
    """A neighbour of a recipe, for `spread`; sex, beard and hair style stay; `looks` or bones alone."""
    b, s, w, h = recipe.bones, recipe.look.skin, recipe.look.brows, recipe.look.hair
    axes = dict(b.axes)
    names = [a for a in (*base().axes, *FIELDS) if _free(a)]
    for axis in map(str, rng.choice(names, int(rng.integers(3, 12)), replace=False)):
        limit = LIMITS.get(axis.split("-")[0], 0.8)
        if axis in _FORMS:
            axes[axis] = round(float(np.clip(axes.get(axis, 0.0) + rng.normal(0, 0.2), 0, 0.6)), 2)
        else:
            limit = min(limit, 3 * _deviation(axis))
            axes[axis] = round(float(np.clip(axes.get(axis, 0.0) + rng.normal(0, 0.4 * limit), -limit, limit)), 2)
    male = b.sex > 0.5
    if rng.random() < 0.5:
        share = np.array([b.origin.get(k, 0.0) for k in ("african", "asian", "caucasian")]) + rng.normal(0, 0.15, 3)
        share = 1 / 3 + (share - share.mean()) * min(1.0, 0.95 / max(float(np.abs(share - share.mean()).max()), 1e-6))
        origin = {k: round(float(v), 2) for k, v in zip(("african", "asian", "caucasian"), share, strict=True)}
        low, high = (0.6, 1.25) if male else (-0.25, 0.4)
        b = replace(b, origin=origin, sex=_near(rng, b.sex, low, high), age=_near(rng, b.age, 1.3, 1.95))
    if looks and rng.random() < 0.6:
        fair = h.colour[1] > 100  # blond hair does not grow on the darkest skin by chance
        s = replace(s, melanin=_near(rng, s.melanin, 0, 0.6 if fair else 1, 0.1))
        w = replace(
            w, height=_near(rng, w.height, -0.35, 0.5), arch=_near(rng, w.arch, -0.05, 0.7),
            thickness=_near(rng, w.thickness, 0.28, 1.0 if male else 0.75), length=_near(rng, w.length, 3.4, 4.8),
            start=_near(rng, w.start, 0.25, 2.0), tilt=_near(rng, w.tilt, -0.1, 0.16),
        )  # fmt: skip
        s = replace(
            s, wrinkles=_near(rng, s.wrinkles, 0.1, 1), texture=_near(rng, s.texture, 0.4, 2.0),
            complexion=_near(rng, s.complexion, 0, 0.16), circles=_near(rng, s.circles, 0.2, 2.6),
        )  # fmt: skip
        h = replace(h, recede=_near(rng, h.recede, -0.6, 2.2 if male else 0.5))
    axes = {a: v for a, v in axes.items() if abs(v) >= 0.04}
    return Recipe(replace(b, axes=axes), replace(recipe.look, skin=s, brows=w, hair=h))
