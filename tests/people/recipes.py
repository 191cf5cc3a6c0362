"""Recipes as plain data: to JSON and back."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tests.people.look import Brows, Hair, Look, Skin
from tests.people.shape import Bones

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

from dataclasses import dataclass


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


def _tuples(fields: dict[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()}


def from_json(path: Path) -> dict[str, Recipe]:
    """Read recipes written by `to_json`."""
    result = {}
    for name, both in json.loads(path.read_text()).items():
        look = both["look"]
        parts = {"skin": Skin(**_tuples(look.pop("skin"))), "brows": Brows(**_tuples(look.pop("brows")))}
        parts["hair"] = Hair(**_tuples(look.pop("hair")))
        result[name] = Recipe(Bones(**both["bones"]), Look(**parts, **_tuples(look)))
    return result
