"""Shared geometry of the engines: the box they work in, rigid placement, visibility and the rasterised mesh.

Conventions: pictures are `uint8 RGB (H, W, 3)`; a mesh is (468, 3) float64 in pixels of its picture, pixel centres at
integers, z away from the camera; *face frame* means the person's own mesh turned, scaled and moved onto the canonical
head (centimetres, frontal, x to the image's right, y down).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from app.engines._filters import Floats, Pixels, Points, extend, resize
from models.faces import Face
from models.topology import CANONICAL, RIGID, TRIANGLES

_T = TypeVar("_T", bound=np.generic)

_RIGID: Final = np.array(RIGID)
_CANONICAL_FRONT: Final = -1.0
"""Sign of the area of a triangle seen from the front, in `TRIANGLES`' winding (10 of 898 disagree on a flat view)."""
_TOUCHED: Final = 0.15
"""Barycentric weight below 0 by which a cell's centre may lie outside its triangle."""
_BEHIND: Final = 0.04
"""Face widths by which a vertex may lie behind what is drawn at its place: neighbours on a slope do."""
_GRID: Final = 220.0
"""Raster cells across a face. At 304 px, step 2 costs 0.26 grey levels against step 1 and a third of the time."""


class Seen(Protocol):
    """A picture and the one face in it: what a `Match` is to a renderer."""

    @property
    def pixels(self) -> Pixels:
        """`uint8 RGB (H, W, 3)`."""

    @property
    def face(self) -> Face:
        """The measured face."""


@dataclass(frozen=True, slots=True)
class Box:
    """A pixel rectangle, left and top inside, right and bottom outside."""

    left: int
    top: int
    right: int
    bottom: int

    @classmethod
    def around(cls, points: Points, margin: float, shape: tuple[int, ...]) -> Box:
        """The box of `points` (N, >=2) with `margin` pixels on each side, clipped to a picture of `shape`.

        A face wholly outside the picture gives an empty box.
        """
        height, width = shape[:2]
        low = np.floor(points[:, :2].min(0) - margin).astype(int)
        high = np.ceil(points[:, :2].max(0) + margin).astype(int) + 1
        left, top = (int(np.clip(low[0], 0, width)), int(np.clip(low[1], 0, height)))
        return cls(left, top, int(np.clip(high[0], left, width)), int(np.clip(high[1], top, height)))

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return self.bottom - self.top, self.right - self.left

    @property
    def empty(self) -> bool:
        """True where there is too little picture to work on."""
        return min(self.shape) < 2

    @property
    def corner(self) -> Points:
        """(2,) x and y of the box's first pixel."""
        return np.array([self.left, self.top], np.float64)

    def cut(self, image: NDArray[_T]) -> NDArray[_T]:
        """The view of `image` inside the box."""
        return image[self.top : self.bottom, self.left : self.right]

    def laid(self, part: NDArray[_T], shape: tuple[int, ...]) -> NDArray[_T]:
        """A picture (H, W) of `shape` with `part` in the box, and nothing round it."""
        if part.shape == shape[:2]:
            return part
        out = np.zeros(shape[:2], part.dtype)
        self.cut(out)[...] = part
        return out


def width_of(mesh: Points) -> float:
    """Width of the mesh in the picture, pixels; at least 1. All engine sizes are shares of it."""
    return max(float(np.ptp(mesh[:, 0])), float(np.ptp(mesh[:, 1])) * 0.6, 1.0)


@dataclass(frozen=True, slots=True)
class Placement:
    """Similarity from the face frame to a picture: `picture = scale * rotation @ point + shift`."""

    scale: float
    rotation: Points
    shift: Points

    @classmethod
    def fit(cls, source: Points, target: Points) -> Placement:
        """Least-squares similarity of two (N, 3) sets (Umeyama 1991)."""
        mean_s, mean_t = source.mean(0), target.mean(0)
        s, t = source - mean_s, target - mean_t
        u, singular, vt = np.linalg.svd(t.T @ s)
        flip = np.array([1.0, 1.0, np.sign(np.linalg.det(u) * np.linalg.det(vt))])
        rotation = u @ np.diag(flip) @ vt
        scale = float((singular * flip).sum() / max(float((s**2).sum()), 1e-12))
        return cls(scale, rotation, mean_t - scale * rotation @ mean_s)

    @classmethod
    def of(cls, mesh: Points) -> Placement:
        """Where the canonical head sits in a picture, from the points that move little with expression."""
        return cls.fit(CANONICAL[_RIGID], mesh[_RIGID])

    def forward(self, points: Points) -> Points:
        """Face frame (N, 3) to picture."""
        return self.scale * points @ self.rotation.T + self.shift

    def back(self, points: Points) -> Points:
        """Picture (N, 3) to face frame."""
        return (points - self.shift) @ self.rotation / self.scale

    def turn(self, offsets: Points) -> Points:
        """Face-frame offsets (N, 3) as picture offsets."""
        return self.scale * offsets @ self.rotation.T


def rigid(source: Points, target: Points) -> Placement:
    """Similarity of one person's mesh onto another mesh, from the rigid points."""
    return Placement.fit(source[_RIGID], target[_RIGID])


def normals(mesh: Points) -> Points:
    """Unit vertex normals (468, 3), area-weighted; z < 0 points to the camera."""
    corners = mesh[TRIANGLES]
    faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    total = np.zeros_like(mesh)
    for corner in range(3):
        np.add.at(total, TRIANGLES[:, corner], faces)
    unit: Points = total / (np.linalg.norm(total, axis=1, keepdims=True) + 1e-9)
    return unit


def visibility(mesh: Points, shape: tuple[int, ...], low: float = 0.15, high: float = 0.45) -> Points:
    """How well each vertex is seen (468,), 0..1: turned towards the camera and inside a picture of `shape`.

    `low` and `high` are cosines of the angle to the camera between which texture is trusted less and less.
    """
    facing = np.clip((-normals(mesh)[:, 2] - low) / (high - low), 0, 1)
    height, width = shape[:2]
    inside = (mesh[:, 0] >= 0) & (mesh[:, 1] >= 0) & (mesh[:, 0] <= width - 1) & (mesh[:, 1] <= height - 1)
    return np.asarray(facing * inside, np.float64)


class Raster:
    """The mesh drawn into a box: for every cell the triangle in front and the barycentric weights.

    `inside` (rows, columns) says which cells the mesh covers, `known` in which of them a triangle has the centre.
    Drawn at 1/`step` of the resolution (far triangles first, back faces left out), then any vertex attribute can be
    spread over the box with one gather and one resize. `step` follows the size of the face, so the cost does not.
    """

    def __init__(self, mesh: Points, box: Box, step: int | None = None) -> None:
        self.box, self.width = box, width_of(mesh)
        self.step = step or max(1, round(self.width / _GRID))
        size = tuple(max(1, -(-side // self.step)) for side in box.shape)
        # cell c covers pixels c*step .. c*step+step-1; cv2.resize shares this convention
        corners = ((mesh[:, :2] - box.corner + 0.5) / self.step - 0.5)[TRIANGLES]
        edge_a, edge_b = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
        area = edge_a[:, 0] * edge_b[:, 1] - edge_a[:, 1] * edge_b[:, 0]
        front = np.flatnonzero(np.sign(area) == _CANONICAL_FRONT)
        far_first = front[np.argsort(-mesh[TRIANGLES[front], 2].mean(1), kind="stable")]
        index = np.full(size, -1, np.int32)
        polygons = np.round(np.clip(corners, -(2**14), 2**14) * 16).astype(np.int32)
        for number in far_first:
            cv2.fillConvexPoly(index, polygons[number], int(number), cv2.LINE_8, 4)
        self.inside: NDArray[np.bool_] = index >= 0
        cells = np.flatnonzero(self.inside)
        hit = index.ravel()[cells]
        rows, columns = np.divmod(cells, size[1])
        safe = np.where(np.abs(area) < 1e-9, _CANONICAL_FRONT * 1e-9, area)
        # barycentric weights are linear in the place: what they are made of is looked up by triangle
        table = np.column_stack([corners[:, 0], edge_a, edge_b, safe])
        left, top, a_x, a_y, b_x, b_y, twice = np.ascontiguousarray(table.T).take(hit, axis=1)
        x, y = columns - left, rows - top
        b = (x * b_y - y * b_x) / twice
        c = (a_x * y - a_y * x) / twice
        a = 1 - b - c
        # the fill also takes cells a triangle only touches; those ask their neighbours (a sliver knows nothing)
        good = np.minimum(np.minimum(a, b), c) > -_TOUCHED
        self._cells, self._corners = cells[good], TRIANGLES.take(hit[good], axis=0)
        self.known: NDArray[np.bool_] = np.zeros_like(self.inside)
        self.known.ravel()[self._cells] = True
        a, b, c = (np.clip(one[good], 0, 1) for one in (a, b, c))
        total = a + b + c
        self._weights = np.column_stack([a / total, b / total, c / total]).astype(np.float32)

    @property
    def empty(self) -> bool:
        """True where no triangle reaches the box."""
        return len(self._cells) == 0

    def cells(self, values: Points, fill: float = 0.0) -> Floats:
        """Vertex values (468,) or (468, C) over the raster's cells: (rows, columns, C), `fill` where not `known`."""
        found = self.samples(values)
        grid = np.full((*self.inside.shape, found.shape[1]), fill, np.float32)
        grid.reshape(-1, found.shape[1])[self._cells] = found
        return grid

    def samples(self, values: Points, every: int = 1) -> Floats:
        """Vertex values (468,) or (468, C) in every `every`-th cell that is `known`, row by row: (N, C)."""
        table = np.asarray(values, np.float32).reshape(len(values), -1)
        return np.asarray(np.einsum("nk,nkc->nc", self._weights[::every], table[self._corners[::every]]), np.float32)

    def spread(self, values: Points) -> Floats:
        """Vertex values over the box's pixels (H, W, C), continued smoothly off the mesh."""
        return self.enlarge(extend(self.cells(values), self.known))

    def cover(self) -> Floats:
        """1 on the mesh, 0 off it, soft over one cell: (H, W) float32."""
        return self.enlarge(self.inside.astype(np.float32))

    def enlarge(self, grid: Floats) -> Floats:
        """Cells (rows, columns[, C]) to pixels (H, W[, C]), bilinear."""
        height, width = self.box.shape
        if self.step > 1:
            size = (grid.shape[1] * self.step, grid.shape[0] * self.step)
            grid = resize(grid, size).reshape(size[1], size[0], *grid.shape[2:])
        return grid[:height, :width]


def outline_distance(mesh: Points, shape: tuple[int, ...]) -> Points:
    """How far each vertex (468,) lies inside the face's outline in its own picture of `shape`, in face widths.

    A turned head's cheek ends where the background begins; texture from that rim would carry the background along.
    """
    width = width_of(mesh)
    box = Box.around(mesh, 2, shape)
    if box.empty:
        return np.zeros(len(mesh))
    raster = Raster(mesh, box, step=max(1, round(width / 110)))
    distance = np.minimum(cv2.distanceTransform(raster.inside.astype(np.uint8), cv2.DIST_L2, 5), 1e5)
    cell = np.floor((mesh[:, :2] - box.corner) / raster.step).astype(int)
    column, row = (np.clip(cell[:, axis], 0, distance.shape[1 - axis] - 1) for axis in (0, 1))
    return np.asarray(distance[row, column] * raster.step / width, np.float64)


def in_sight(mesh: Points, shape: tuple[int, ...]) -> Points:
    """Which vertices (468,) nothing of the same face hides in a picture of `shape`: 0 or 1.

    A turned head's nose stands before its far cheek; what is sampled there shows the nose.
    """
    width = width_of(mesh)
    box = Box.around(mesh, 2, shape)
    if box.empty:
        return np.zeros(len(mesh))
    raster = Raster(mesh, box, step=max(1, round(width / 110)))
    depth = raster.cells(mesh[:, 2:], fill=np.inf)[..., 0]
    cell = np.floor((mesh[:, :2] - box.corner) / raster.step).astype(int)
    column, row = (np.clip(cell[:, axis], 0, depth.shape[1 - axis] - 1) for axis in (0, 1))
    return np.asarray(mesh[:, 2] - depth[row, column] < _BEHIND * width, np.float64)


def drawn_out(source: Points, target: Points) -> Points:
    """How far each vertex's surroundings (468,) are drawn out from one mesh of a face to another, at most.

    The largest singular value of the affine map of each triangle, over the ratio of the faces' sizes; the worst of the
    triangles that meet in a vertex. 1 is the same shape.
    """
    a, b = (mesh[TRIANGLES][..., :2] for mesh in (source, target))
    edges, moved = ((one[:, 1:] - one[:, :1]).transpose(0, 2, 1) for one in (a, b))
    flat = np.abs(np.linalg.det(edges)) < 1e-9
    edges = np.where(flat[:, None, None], np.eye(2), edges)
    factor = np.linalg.svd(moved @ np.linalg.inv(edges), compute_uv=False)[:, 0]
    factor = np.where(flat, np.inf, factor) * width_of(source) / width_of(target)
    worst = np.zeros(len(source))
    for corner in range(3):
        np.maximum.at(worst, TRIANGLES[:, corner], factor)
    return np.asarray(np.minimum(worst, 1e3), np.float64)
