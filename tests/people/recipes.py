"""Recipes as plain data: to JSON and back."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from tests.people.look import Brows, Colour, Hair, Look, Skin
from tests.people.shape import Bones

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that makes a person: plain values."""

    bones: Bones
    look: Look


def _round(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 3)
    if isinstance(value, dict):
        return {k: _round(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_round(v) for v in value]
    return value


def to_json(recipes: Mapping[str, Recipe]) -> str:
    """The recipes as readable JSON."""
    return json.dumps({name: _round(asdict(r)) for name, r in recipes.items()}, indent=1) + "\n"


def to_compact_json(recipes: Mapping[str, Recipe]) -> str:
    """The recipes as JSON without blanks and without what is as usual."""
    usual = _round(asdict(Recipe(Bones(), Look())))
    return json.dumps({name: _less(_round(asdict(r)), usual) for name, r in recipes.items()}, separators=(",", ":"))


def _less(fields: dict[str, Any], usual: dict[str, Any]) -> dict[str, Any]:
    """Fields that differ; maps of numbers stay whole, except recipes' parts."""
    parts = ("bones", "look", "skin", "brows", "hair")
    return {k: _less(v, usual[k]) if k in parts else v for k, v in fields.items() if k in parts or v != usual[k]}


def _tuples(fields: dict[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()}


def from_json(path: Path) -> dict[str, Recipe]:
    """Read recipes written by `to_json`."""
    return parse(path.read_text())


def parse(text: str) -> dict[str, Recipe]:
    """Recipes from JSON; what is left out is as usual."""
    result = {}
    for name, both in json.loads(text).items():
        look = both["look"]
        skin, brows = Skin(**_tuples(look.pop("skin"))), Brows(**_tuples(look.pop("brows")))
        hair = Hair(**_tuples(look.pop("hair")))
        result[name] = Recipe(Bones(**both["bones"]), Look(skin=skin, brows=brows, hair=hair, **_tuples(look)))
    return result


def aged(recipe: Recipe) -> Recipe:
    """The same bones and colours some forty years later."""
    bones, look = recipe.bones, recipe.look
    skin, hair, brows = look.skin, look.hair, look.brows
    axes = dict(bones.axes)
    for axis, amount in (("eye-bag", 0.6), ("ear-lobe", 0.4), ("cheek-volume", -0.2), ("nose-point", -0.15)):
        axes[axis] = axes.get(axis, 0.0) + amount
    return Recipe(
        replace(bones, age=min(bones.age + 0.65, 1.95), axes=axes, cheer=0.5 * bones.cheer),
        replace(
            look,
            skin=replace(
                skin, wrinkles=1.0, spots=0.5, blush=0.7 * skin.blush, lip_strength=0.5 * skin.lip_strength,
                beard_colour=_grey(skin.beard_colour, 0.75),
            ),
            hair=replace(hair, grey=0.85, recede=hair.recede + (0.9 if bones.sex > 0.5 else 0.2)),
            brows=replace(brows, colour=_grey(brows.colour, 0.6), hairs=int(0.8 * brows.hairs)),
        ),
    )  # fmt: skip


def _grey(colour: Colour, share: float) -> Colour:
    """A colour that has partly turned grey."""
    red, green, blue = ((1 - share) * c + share * 168 for c in colour)
    return red, green, blue
