"""A head laid out flat: which place of an atlas each pixel of a frame shows, and the other way round.

The face's mesh is carried on by rings of points round it, which hang on its outline and turn with the head, so hair and
background near the face have their place as well. The atlas is the canonical head from the front; what is painted in it
once lies on the same skin in every frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from app.engines._expressshape import Asked, expressed
from app.engines._filters import Floats, Points, resize
from app.engines._geometry import Box, Placement, width_of
from models.topology import CANONICAL, OVAL, TRIANGLES

_WIDTH: Final = float(np.ptp(CANONICAL[:, 0]))
_MIDDLE: Final = (CANONICAL[:, :2].min(0) + CANONICAL[:, :2].max(0)) / 2
_RINGS: Final = ((1.12, 0.0, 0.0), (1.40, 0.0, 0.0), (1.88, 0.10, 0.10), (2.25, 0.30, 0.02))
"""For each ring its size, outline of the face = 1, and how far it is lifted above and below, face widths: hair stands
above a face, and hangs down beside it."""
_FOLLOWS: Final = (0.85, 0.40, 0.0, 0.0)
"""How far each ring follows where the outline is moved to: nothing moves beyond `_field.REACH`."""
FACE_RINGS: Final = 3
"""Rings that a change of shape needs; the last one is there for hair."""
FACE: Final = (0.54, 0.76)
HEAD: Final = (1.18, 1.72)
"""Half width and height of an atlas of a face, and of one with its hair, face widths."""
_FRONT: Final = -1.0
_TORN: Final = 0.055
"""Face widths between neighbouring cells: more than any turned cheek is drawn together."""
_SLIVER: Final = 0.6
"""Cells of height under which a triangle is too thin to tell a direction."""


def _ring_points() -> Points:
    """The rings in the head's frame: (4 * 36, 3), from the inner one outwards."""
    outline = CANONICAL[list(OVAL)]
    ears = float(CANONICAL[[234, 454], 2].mean())
    rings = []
    down = np.interp(outline[:, 1], (outline[:, 1].min(), outline[:, 1].max()), (0.0, 1.0))
    for size, above, below in _RINGS:
        flat = _MIDDLE + (outline[:, :2] - _MIDDLE) * size
        flat[:, 1] -= (above + (below - above) * down) * _WIDTH
        deep = outline[:, 2] + (ears - outline[:, 2]) * min(1.0, (size - 1) / 0.4)
        rings.append(np.column_stack([flat, deep]))
    return np.vstack(rings)


def _ring_triangles() -> NDArray[np.int32]:
    """Triangles between the outline and the rings, as numbers of the mesh carried on by `_ring_points`."""
    count = len(OVAL)
    inner, found = list(OVAL), []
    for ring in range(len(_RINGS)):
        outer = [468 + ring * count + k for k in range(count)]
        for k in range(count):
            nxt = (k + 1) % count
            found += [(inner[k], inner[nxt], outer[k]), (outer[k], inner[nxt], outer[nxt])]
        inner = outer
    return np.array(found, np.int32)


_OUTSIDE: Final = _ring_points()
_ALL: Final = np.vstack([TRIANGLES, _ring_triangles()])
_INNER: Final = len(TRIANGLES)
_PER_RING: Final = 2 * len(OVAL)


def carried_on(mesh: Points, before: Points | None = None) -> Points:
    """The mesh (468, 3) with its rings: (612, 3), pixels.

    `before`: where the face lay before it was moved to `mesh`; the rings then stay, the more the further out they are.
    """
    still = mesh if before is None else before
    outline = list(OVAL)
    place = Placement.of(still)
    count = len(outline)
    rings = still[outline][None] + place.turn(_OUTSIDE - np.tile(CANONICAL[outline], (len(_RINGS), 1))).reshape(
        -1, count, 3
    )
    if before is not None:
        move = (mesh - before)[outline]
        calm = np.mean([np.roll(move, by, 0) for by in (-2, -1, 0, 1, 2)], axis=0)
        rings = rings + np.array(_FOLLOWS)[:, None, None] * calm
    return np.vstack([mesh, rings.reshape(-1, 3)])


_OPEN: Final = expressed(CANONICAL, Asked(mouth=0.5))
"""The head of the atlas opens its mouth: in a closed one there would be no place for teeth."""
PLACES: Final = (carried_on(_OPEN, CANONICAL)[:, :2] - _MIDDLE) / _WIDTH
"""Every point in the atlas, face widths from its middle."""


@dataclass(frozen=True, slots=True)
class Atlas:
    """The size of an atlas: `scale` pixels across a face, and `half` widths to each side of its middle."""

    scale: int
    half: tuple[float, float] = FACE

    @property
    def size(self) -> tuple[int, int]:
        """Width, height."""
        return round(2 * self.half[0] * self.scale), round(2 * self.half[1] * self.scale)

    @property
    def places(self) -> Points:
        """Where each point of a carried-on mesh lies in it, pixels: (612, 2)."""
        return np.asarray((PLACES + self.half) * self.scale - 0.5, np.float64)

    @property
    def mesh(self) -> Points:
        """(468, 3): the canonical face lying in it, its mouth open."""
        return np.column_stack([self.places[:468], _OPEN[:, 2] * self.scale / _WIDTH])

    def pixels(self, places: Floats) -> tuple[Floats, Floats]:
        """Places (H, W, 2), face widths from the middle, as pixels of the atlas: x and y, (H, W) each."""
        x, y = (
            np.asarray(places[..., axis] * np.float32(self.scale) + np.float32(self.half[axis] * self.scale - 0.5))
            for axis in (0, 1)
        )
        return x, y

    def from_other(self, values: Floats, other: Atlas) -> Floats:
        """Values (h, w, C) of another atlas in this one: (H, W, C); its rim goes on beyond it."""
        shrink = max(1.0, other.scale / self.scale)
        size = [max(2, round(side / shrink)) for side in values.shape[1::-1]]
        small = resize(values, (size[0], size[1])) if shrink > 1 else values
        into = np.zeros((2, 3))
        for axis in (0, 1):  # pixels of this atlas to those of the other one
            pixels = size[axis] / (2 * other.half[axis])
            into[axis, axis] = pixels / self.scale
            into[axis, 2] = (0.5 / self.scale - self.half[axis] + other.half[axis]) * pixels - 0.5
        way = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return np.asarray(
            cv2.warpAffine(small, into, self.size, flags=way, borderMode=cv2.BORDER_REPLICATE), np.float32
        )

    def read(self, values: Floats, places: Floats) -> Floats:
        """Values (h, w[, C]) of the atlas at `places` (H, W, 2); 0 off it."""
        return np.asarray(cv2.remap(values, *self.pixels(places), cv2.INTER_LINEAR), np.float32)


class Drawn:
    """A carried-on mesh drawn into a box of a picture at 1/`step` of its resolution: a triangle for each cell.

    Args:
        points: (612, >=2) pixels of the picture; z decides what is in front.
        box: what is drawn.
        step: pixels of a cell.
        rings: how many of the rings are drawn.
    """

    def __init__(self, points: Points, box: Box, step: int, rings: int = len(_RINGS)) -> None:
        self.box, self.step = box, step
        triangles = _ALL[: _INNER + rings * _PER_RING]
        self._corners = ((points[:, :2] - box.corner + 0.5) / step - 0.5)[triangles]
        self._triangles = triangles
        edge_a, edge_b = self._corners[:, 1] - self._corners[:, 0], self._corners[:, 2] - self._corners[:, 0]
        self._area = edge_a[:, 0] * edge_b[:, 1] - edge_a[:, 1] * edge_b[:, 0]
        self._edges = edge_a, edge_b
        front = np.flatnonzero(np.sign(self._area[:_INNER]) == _FRONT)
        depth = points[triangles[front], 2].mean(1)
        order = [*range(len(triangles) - 1, _INNER - 1, -1), *front[np.argsort(-depth, kind="stable")].tolist()]
        rows, columns = (max(1, -(-side // step)) for side in box.shape)
        self.index = np.full((rows, columns), len(triangles), np.int32)
        polygons = np.round(np.clip(self._corners, -(2**14), 2**14) * 16).astype(np.int32)
        fill = cv2.fillConvexPoly
        for number in order:
            fill(self.index, polygons[number], number, cv2.LINE_8, 4)

    @cached_property
    def known(self) -> NDArray[np.bool_]:
        """Which cells the drawn mesh covers, a cell less along its border: there neighbours know nothing."""
        inside = (self.index < len(self._triangles)).astype(np.uint8)
        return np.asarray(cv2.erode(inside, np.ones((3, 3), np.uint8), borderValue=1) > 0, np.bool_)

    def whole(self, places: Floats) -> Floats:
        """1 for cells that know their place, and lie at no rim where one part of the head hides another; else 0.

        `places` (rows, columns, 2), face widths.
        """
        torn = np.zeros(self.index.shape, np.uint8)
        for here, before in ((np.s_[1:, :], np.s_[:-1, :]), (np.s_[:, 1:], np.s_[:, :-1])):
            x, y = (np.abs(places[*here, axis] - places[*before, axis]) > _TORN for axis in (0, 1))
            torn[before] |= x | y
        return np.asarray(self.known & (cv2.dilate(torn, np.ones((3, 3), np.uint8)) == 0), np.float32)

    @cached_property
    def face(self) -> NDArray[np.bool_]:
        """Which cells the face itself covers."""
        return np.asarray(self.index < _INNER, np.bool_)

    def cells(self, values: Points) -> Floats:
        """Values (612, C) of the points over the cells: (rows, columns, C) float32; 0 where nothing is drawn."""
        corners = values[self._triangles]
        base, (edge_a, edge_b) = corners[:, 0], self._edges
        longest = np.maximum.reduce([np.hypot(*edge.T) for edge in (edge_a, edge_b, edge_b - edge_a)])
        thin = np.abs(self._area) < _SLIVER * np.maximum(longest, 1)
        area = np.where(thin, 1.0, self._area)[:, None]
        one, two = corners[:, 1] - base, corners[:, 2] - base
        along_x = np.where(thin[:, None], 0, (one * edge_b[:, 1:] - two * edge_a[:, 1:]) / area)
        along_y = np.where(thin[:, None], 0, (two * edge_a[:, :1] - one * edge_b[:, :1]) / area)
        at_0 = base - along_x * self._corners[:, 0, :1] - along_y * self._corners[:, 0, 1:]
        at_0 = np.where(thin[:, None], corners.mean(1), at_0)
        width = values.shape[1]
        table = np.zeros((len(self._triangles) + 1, 3 * width), np.float32)
        table[:-1] = np.hstack([at_0, along_x, along_y])
        found = np.take(table, self.index, axis=0)  # in half of the time of table[self.index]
        rows, columns = self.index.shape
        x = np.arange(columns, dtype=np.float32)[None, :, None]
        y = np.arange(rows, dtype=np.float32)[:, None, None]
        of_x, of_y = found[..., width : 2 * width], found[..., 2 * width :]
        return np.asarray(found[..., :width] + of_x * x + of_y * y, np.float32)

    def enlarge(self, grid: Floats) -> Floats:
        """Cells (rows, columns[, C]) to pixels (H, W[, C]) of the box."""
        height, width = self.box.shape
        if self.step > 1:
            size = (grid.shape[1] * self.step, grid.shape[0] * self.step)
            grid = resize(grid, size).reshape(size[1], size[0], *grid.shape[2:])
        return grid[:height, :width]


class Unwrap:
    """The way from a frame into an atlas. What depends on the atlas alone is worked out once.

    Args:
        atlas: its size.
        step: atlas pixels for each place that is looked up; between them it is interpolated.

    Attributes:
        drawn_in: (H, W), 1 where the atlas shows a head or what is round it.
    """

    def __init__(self, atlas: Atlas, step: int = 4) -> None:
        self.atlas = atlas
        width, height = atlas.size
        flat = np.column_stack([atlas.places, np.zeros(len(atlas.places))])
        flat[:468, 2] = CANONICAL[:, 2]
        self._drawn = Drawn(flat, Box(0, 0, width, height), step)
        self.drawn_in: Floats = self._drawn.enlarge(self._drawn.known.astype(np.float32))

    def places(self, points: Points) -> Floats:
        """Where each pixel of the atlas lies in a picture with a carried-on mesh `points`: (H, W, 2)."""
        return self._drawn.enlarge(self._drawn.cells(points[:, :2]))

    def values(self, points: Points) -> Floats:
        """Any values (612, C) of the points over the atlas (H, W, C)."""
        return self._drawn.enlarge(self._drawn.cells(points))


def box_of(points: Points, rings: int, shape: tuple[int, ...]) -> Box:
    """The box in a picture of `shape` that holds a carried-on mesh with so many of its rings."""
    return Box.around(points[: 468 + rings * len(OVAL)], 2, shape)


def step_of(mesh: Points, cells: float) -> int:
    """Pixels of a cell, so that a face has about `cells` across."""
    return max(1, round(width_of(mesh) / cells))
