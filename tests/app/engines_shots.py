"""Pictures of the cast with their faces, as renderers see them; drawn once."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np

from models.faces import Face, Finder
from tests.people import Scene, person

finder = cache(Finder)


def shot(name: str, expression: dict[str, float] | None = None, **scene: Any) -> SimpleNamespace:
    """A picture of one of the cast with its face, read-only; `scene` are fields of `tests.people.Scene`."""
    return _shot(name, tuple(sorted((expression or {}).items())), tuple(sorted(scene.items())))


@cache
def _shot(name: str, expression: tuple[tuple[str, float], ...], scene: tuple[tuple[str, Any], ...]) -> SimpleNamespace:
    pixels = person(name).render(Scene(**{"distance": 50.0, **dict(scene)}, expression=dict(expression)))
    pixels.setflags(write=False)
    return SimpleNamespace(pixels=pixels, face=only(pixels))


def only(pixels: np.ndarray) -> Face:
    """The face of a picture that shows one."""
    [face] = finder().find(pixels)
    return face
