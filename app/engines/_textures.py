"""A person's own frames as textures in an atlas, all in one light, and which of them a frame is drawn from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from app.engines._filters import Floats, resize, sample
from app.engines._geometry import Seen, in_sight, normals, outline_distance, visibility, width_of
from app.engines._light import gain_between, lit_by
from app.engines._swap import HIDDEN, RIM, WHOLE, same_moment
from app.engines._wrap import Atlas, Unwrap, carried_on

_KEPT: Final = 6
"""Textures that are kept at a time."""
_LIDS: Final = 0.6
"""How much lids and lips count against the head's direction: they come and go, and mostly stay the target's anyway."""
_CHANGES: Final = 0.5
"""How much nearer (10 degrees are 1) another view must be for the texture to change."""
_LASTS: Final = 0.5
"""Seconds for which a texture is kept at least."""


@dataclass(frozen=True, slots=True, eq=False)
class Texture:
    """One view in the atlas.

    Attributes:
        view: where it comes from.
        colours: (h, w, 4): red, green and blue, and how far they are to be trusted, 0..1.
        width: pixels across the face that the colours were known at.
        lips: how far open they are, as `Face.mouth`.
        lids: how far open they are, as `Face.eyes`.
        settles: seconds, about, in which what is shown follows it.
        is_now: it was drawn for this very frame: its eyes look where the frame's do.
        beard: (h, w) 0..1, what may be drawn on a bare chin and beyond it.
    """

    view: Seen
    colours: Floats
    width: float
    lips: float
    lids: tuple[float, float]
    settles: float = 0.4
    is_now: bool = False
    beard: Floats | None = None


class Textures:
    """The views as textures; the first one that is used says in which light all are."""

    def __init__(self, atlas: Atlas) -> None:
        self._unwrap = Unwrap(atlas, 1)
        self._made: list[Texture] = []
        self._first: Texture | None = None
        self._chosen: Seen | None = None
        self._since = 0.0

    def chosen(self, views: Sequence[Seen], target: Seen, seconds: float) -> Texture:
        """The texture for a frame, `seconds` after the last one: that of the view nearest to it, for a while."""
        self._since += seconds
        width, now = width_of(target.face.mesh), self._chosen
        best = min(views, key=lambda view: _cost(view, target, width))
        gone = not any(view is now for view in views)
        costs = math.inf if now is None else _cost(now, target, width)
        if gone or (self._since > _LASTS and _cost(best, target, width) < costs - _CHANGES):
            self._chosen, self._since = best, 0.0
        return self._of(self._chosen or best, views)

    def _of(self, view: Seen, views: Sequence[Seen]) -> Texture:
        for known in self._made:
            if known.view is view:
                return known
        made = self._baked(view, views)
        self._made = [*self._made[1 - _KEPT :], made]
        self._first = self._first or made
        return made

    def _baked(self, view: Seen, views: Sequence[Seen]) -> Texture:
        """A view and those most like it, in the atlas and in the light of the first one."""
        scale = self._unwrap.atlas.scale
        colours = np.zeros((*self._unwrap.drawn_in.shape, 3), np.float32)
        alike = same_moment(views, view)
        for one in alike:
            places = self._unwrap.places(carried_on(one.face.mesh))
            colours += sample(one.pixels, places, width_of(one.face.mesh) / scale) / np.float32(len(alike))
        trust = self._trust(view)
        if self._first is not None:
            colours = self._like(self._first.colours, colours, trust, view)
        width, face = width_of(view.face.mesh), view.face
        return Texture(view, np.dstack([colours, trust]), width, face.mouth, face.eyes)

    def _trust(self, view: Seen) -> Floats:
        """Where a view shows its face well enough to lend it: (h, w) 0..1."""
        mesh, shape = view.face.mesh, view.pixels.shape
        rim = np.clip((outline_distance(mesh, shape) - RIM[0]) / (RIM[1] - RIM[0]), 0, 1)
        good = visibility(mesh, shape) * rim * in_sight(mesh, shape)
        for feature in WHOLE:
            good[list(feature)] *= np.clip(np.quantile(good[list(feature)], HIDDEN) * 2 - 0.6, 0, 1)
        points = np.zeros((len(carried_on(mesh)), 1))
        points[:468, 0] = good
        return np.asarray(np.clip(self._unwrap.values(points)[..., 0] * 1.1, 0, 1), np.float32)

    def _like(self, first: Floats, colours: Floats, trust: Floats, view: Seen) -> Floats:
        """Colours in the light of the first texture."""
        size = (colours.shape[1] // 4, colours.shape[0] // 4)
        points = np.zeros((len(carried_on(view.face.mesh)), 3))
        points[:468] = normals(view.face.mesh)
        a, b, turned = (resize(one, size) for one in (colours, first[..., :3].copy(), self._unwrap.values(points)))
        weight = resize(np.minimum(trust, first[..., 3]), size)
        gain = gain_between(a, b, weight, turned, self._unwrap.atlas.scale / 4)
        times = resize(np.asarray(np.exp(gain), np.float32), (colours.shape[1], colours.shape[0]))
        return np.clip(lit_by(colours, times, 1.0), 0, 255)


def _cost(view: Seen, target: Seen, width: float) -> float:
    """How unlike a target of such a width a view is: 1 is 10 degrees; small views lose against large ones."""
    mine, theirs = view.face, target.face
    turn = math.hypot(mine.pose.yaw - theirs.pose.yaw, mine.pose.pitch - theirs.pose.pitch) / 10
    lids = sum(abs(a - b) for a, b in zip(mine.eyes, theirs.eyes, strict=True)) + abs(mine.mouth - theirs.mouth)
    soft = min(max(1 - width_of(mine.mesh) / width, 0.0), 1.0)
    value = float(turn + _LIDS * lids + 0.6 * soft)
    return value if math.isfinite(value) else math.inf
