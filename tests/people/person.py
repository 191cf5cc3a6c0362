"""A person: bones, look, and the pictures drawn of them."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.people import glasses, hair, skin
from tests.people.asset import base
from tests.people.raster import normals
from tests.people.recipes import Recipe
from tests.people.render import Scene, render
from tests.people.shape import Head

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Person:
    """An invented person, ready to be drawn. Making one takes about a second; see `cast.person` for the cached ones."""

    def __init__(self, name: str, recipe: Recipe, paint: skin.Paint | None = None) -> None:
        """Carve the head and paint the skin (or take one painted before, of the same look)."""
        self.name, self.recipe, self.look = name, recipe, recipe.look
        data, chart = base(), skin.chart()
        self.head = Head(recipe.bones)
        n, extra = len(data.rest), len(self.head.neutral) - len(data.rest)
        self.paint = paint or skin.paint(self.look)
        ear = skin.ears()
        lift = hair.lift(chart, self.look, ear)
        edge = self.collar(chart.rest)
        body = np.zeros(n, bool)
        body[np.unique(data.triangles[data.part <= 1])] = True
        lift += np.where(body & (chart.rest[:, 1] < -10), 0.4 * np.clip((edge - 0.1) / 2.2, 0, 1), 0).astype(np.float32)
        self.lift = np.concatenate([lift, np.zeros(extra, np.float32)])
        self.neutral_normals = normals(self.head.neutral, self.head.triangles)
        self.rest = np.concatenate([chart.rest, np.zeros((extra, 3), np.float32)])
        self.occlusion = np.concatenate([data.occlusion, np.ones(extra, np.float32)])
        # the chart's texel under every corner; parts without a chart never use theirs
        corners = data.chart[data.corners] * (skin.WIDTH, skin.HEIGHT) - 0.5
        more = len(self.head.triangles) - len(data.triangles)
        self.texel = np.concatenate([corners, np.zeros((more, 3, 2))]).astype(np.float32).reshape(-1, 2)
        self.texel_corners = np.arange(len(self.texel), dtype=np.int32).reshape(-1, 3)
        self.scale = float(np.clip(_fit(chart.rest, self.head.rest)[0][1], 0.5, 1.2))
        self.lash_triangles = data.lashes
        self.lash_cover = self._lash_cover()
        self.grain = hair.tile(self.look.seed, 1.2, 1.2)
        curls = self.look.hair.style == "curly"
        self.strands = hair.tile(self.look.seed + 3, *((2.4, 2.4) if curls else (1.1, 9.0)))
        self.shells = self._shells(chart, ear)

    def collar(self, rest: NDArray[np.float32]) -> NDArray[np.float32]:
        """Centimetres inside the shirt (> 0 is cloth) at points (n, 3) of the rest body."""
        x, y, z = np.abs(rest[:, 0]), rest[:, 1], rest[:, 2]
        inside = np.maximum(-16.6 - 0.25 * (z + 7) - y, (x - 10) * 0.6)
        top = y + inside
        if self.look.collar == "vee":
            inside = np.where(z > -7, np.minimum(inside, (x - 5.2) * 1.0 + (top - y) * 0.55), inside)
        elif self.look.collar == "high":
            inside = inside + 2.4
        elif self.look.collar == "wide":
            inside = np.minimum(inside, np.hypot(x / 1.5, y + 15.5) - 5.0)
        result: NDArray[np.float32] = inside.astype(np.float32)
        return result

    def _lash_cover(self) -> NDArray[np.float32]:
        """(n,) how much the lashes hide at each vertex: dense at the root, nothing at the tip."""
        rest = self.head.rest
        cover = np.zeros(len(self.head.neutral), np.float32)
        used = np.unique(self.lash_triangles)
        for k, ball in enumerate(self.head.balls):
            mine = used[(rest[used, 0] > 0) == bool(k)]
            r = np.linalg.norm(rest[mine] - ball.centre, axis=1)
            out = np.clip((r - ball.radius * 1.08) / 0.55, 0, 1)
            upper = rest[mine, 1] > ball.centre[1] - 0.1
            cover[mine] = np.clip((0.95 - out) / 0.6, 0, 1) * np.where(upper, 1.0, 0.42)
        return cover

    def _shells(self, chart: skin.Chart, ear: NDArray[np.bool_]) -> tuple[hair.Shells, ...]:
        sheets = hair.shells(chart, self.look, ear)
        scale, shift = _fit(chart.rest, self.head.rest)
        worn = [replace(s, free=(s.free * scale + shift).astype(np.float32)) for s in sheets]
        if self.look.glasses:
            worn.insert(0, glasses.frame(self.head, self.look.glasses, self.look.glasses_colour))
        return tuple(worn)

    def render(self, scene: Scene | None = None, **changes: Any) -> NDArray[np.uint8]:
        """A picture of this person, `uint8 RGB (H, W, 3)`: `scene`, with any of its fields changed.

        The same arguments give the same bytes.
        """
        unknown = set(changes) - {f.name for f in fields(Scene)}
        if unknown:
            raise TypeError(f"unknown: {', '.join(sorted(unknown))}")
        return render(self, replace(scene or Scene(), **changes))


def _fit(source: NDArray[np.float32], target: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Per-axis scale (3,) and shift (3,) of the skull from the rest head to a person's."""
    skull = source[:, 1] > 1.0
    a, b = source[skull], target[skull]
    scale = b.std(0) / np.maximum(a.std(0), 1e-6)
    return scale.astype(np.float32), (b.mean(0) - a.mean(0) * scale).astype(np.float32)
