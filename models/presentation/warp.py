"""How the skin of a face moved between two frames, split into what a flat or bent picture can do and what a nose does.

A direct photometric fit (Lucas-Kanade with a parametric warp; Baker and Matthews 2004): the picture of the face at rest
is laid over a later one by a quadric in x and y and a crease down and two across the nose (all that planes, cylinders,
saddles and folded prints do when they turn) plus `relief`, the height of this face above its own best quadric. The
whole face pulls on 20 numbers, so smooth and dark
skin, where single points cannot be followed, still tells; pixels that disagree (glints, hair, what is newly hidden)
are weighed down. Contrast is made even at the scale of nostrils and lid creases: wider shading belongs to the lamp and
stays behind when the head turns, which hides depth (measured: a scale of 0.13 eye distances loses 30 % of the
relief, 0.03 loses 12 %).

The mesh only says where the face is and what shape its relief has; where the skin went, pixels say. The mesh's own
movement is one of the starts of the search, and the start that fits the pixels best wins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models import topology
from models.faces import Face

Grid = NDArray[np.float64]
Plane = NDArray[np.float32]

OUTER_EYES: Final = (33, 263)
_UNIT: Final = 64.0
"""Patch pixels per outer eye distance."""
_SIZE: Final = (128, 136)
_MIDDLE: Final = np.array([64.0, 62.0])
_SKULL: Final = [i for i in topology.RIGID if i not in {168, 6, 197, 195, 5, 4}]
"""Points off the nose that move little with expression."""
_INNER: Final = [i for i in range(468) if i not in topology.OVAL]
_EDGE: Final = 0.97
_REACH: Final = 0.82
"""Shares of the face's outline inside which contrast is evened, and pixels are used: nearer to it there is hair."""
_EYES: Final = 1.5
"""Eyeballs and lids are left out, this much around them: the gaze stays on the screen while the head turns, and the
rims of glasses, which stand before the face, lie near. At 1.2 a rendered person with glasses narrowed too little, and
one with dark skin could not be followed in two turns of three; at 1.8 smooth faces lose too much of their depth (0.50
to 0.31). The depth of warped photographs moves by 0.12 at most, their narrowing by 0.01, and all stay refused (20
living and 8 warped sessions of development people)."""
_EVEN: Final = 0.03
"""Eye distances over which contrast is made even."""
_FLOOR: Final = 0.8
"""Grey levels of contrast below which nothing is amplified further. The higher it is, the more weigh lips, rims and
wide shading against fine skin, and the shallower are smooth faces: 0.42 for one at 1.2, 0.12 at 2.5, 0.50 at 0.6, where
noise begins to hide dark faces (20 living sessions, in which it was chosen). Warped photographs move by 0.05 at most
between 0.6 and 2.5 (8), and what turned of prints reads under 0.1 at 0.6, too (6)."""
_CELL: Final = 8
_Stage = tuple[float, int, int, float]
_LEVELS: Final[tuple[_Stage, _Stage]] = ((1.3, 10, 6, 0.1), (0.65, 16, 8, 0.04))
"""Blur (patch pixels), pixels used of each cell, steps of the search and when they are small enough (patch pixels):
coarse, then fine."""
_CREASE: Final = 0.10
"""Eye distances: how sharp a crease is thought to be."""
_ACROSS: Final = (-0.10, 0.08)
"""Eye distances from the nose's tip to creases across the face; together they stand for any between -0.15 and 0.15. A
print folded by 90 degrees there reads a depth of 0.9 to 1.4 without them, 0.2 and less with them (measured)."""
BENDS: Final = 6 + 1 + len(_ACROSS)
_DIFFERENT: Final = 0.6
"""Squared difference of evened contrast from which a pixel is simply wrong, however much."""
_LOST: Final = 1.5
"""Eye distances: no coefficient of a real movement is as large."""
_SMALLEST: Final = 20.0
"""Pixels between the outer eye corners below which there is nothing to see."""
_FEWEST: Final = 200
"""Pixels with any contrast that a face must have."""


def quadric(xy: Grid) -> Grid:
    """(N, 6) design matrix of a quadric in x, y."""
    x, y = xy[:, 0], xy[:, 1]
    return np.column_stack([np.ones_like(x), x, y, x * x, x * y, y * y])


def bends(xy: Grid, tip: Grid) -> Grid:
    """(N, `BENDS`) what flat, bent and folded pictures can do: a quadric, and soft creases through the nose's `tip`."""
    x, y = xy[:, 0] - tip[0], xy[:, 1] - tip[1]
    creases = [np.hypot(x, _CREASE), *(np.hypot(y - at, _CREASE) for at in _ACROSS)]
    return np.column_stack([quadric(xy), *creases])


def relief_of(xy: Grid, height: Grid) -> Grid:
    """(468,) height of mesh points above the best quadric through those off the nose; units of the arguments."""
    weights = np.linalg.lstsq(quadric(xy[_SKULL]), height[_SKULL], rcond=None)[0]
    return np.asarray(height - quadric(xy) @ weights, np.float64)


@dataclass(frozen=True, slots=True)
class Fit:
    """How one frame lies over the face at rest.

    Attributes:
        bend: (`BENDS` + 1, 2) coefficients in eye distances: see `bends`, and, last, `relief`.
        error: (2,) standard error of the relief's coefficients, were the pixels independent; they are not: times 3.
        likeness: correlation of the two pictures of the face after the fit, -1..1; 0 where the search was lost.
        squeeze: width over height of the face, against the same at rest: the cosine of a turn.
    """

    bend: Grid
    error: Grid
    likeness: float
    squeeze: float

    @property
    def relief(self) -> Grid:
        """(2,) how far, in image x and y along and across the eyes, points move for one unit of relief."""
        return np.asarray(self.bend[-1], np.float64)


LOST: Final = Fit(np.full((BENDS + 1, 2), np.nan), np.full(2, np.nan), 0.0, float("nan"))


@dataclass(frozen=True, slots=True, eq=False)
class _Level:
    """The pixels of one resolution: places, values, what they say of the warp, and the warp's basis there."""

    blur: float
    steps: int
    near: float
    x: Plane
    y: Plane
    value: Plane
    slopes: Plane  # (N, 2 * (BENDS + 1))
    basis: Plane  # (N, BENDS + 1)


class Surface:
    """The face at rest, ready to be laid over later frames.

    Args:
        grey: `uint8 (H, W)`.
        face: measured in it; one that is no face, or too small, gives `LOST` for every frame.
    """

    def __init__(self, grey: NDArray[np.uint8], face: Face) -> None:
        mesh = face.mesh if np.isfinite(face.mesh).all() else np.zeros_like(face.mesh)
        across = mesh[OUTER_EYES[1], :2] - mesh[OUTER_EYES[0], :2]
        scale = float(np.linalg.norm(across))
        self._levels: list[_Level] = []
        if scale < _SMALLEST:
            return
        turn = np.array([[across[0], across[1]], [-across[1], across[0]]]) / scale * (_UNIT / scale)
        self._into = np.column_stack([turn, _MIDDLE - turn @ mesh[list(topology.RIGID), :2].mean(0)])
        self._mesh = mesh[:, :2] @ turn.T + self._into[:, 2]
        places = (self._mesh - _MIDDLE) / _UNIT
        relief = relief_of(places, -mesh[:, 2] / scale)
        tip = places[topology.NOSE_TIP]
        self._moves = np.column_stack([bends(places, tip), relief])[_INNER]
        patch, mask = _cut(grey, self._into), _skin(self._mesh, _EDGE)
        use = _skin(self._mesh, _REACH) > 0
        use[:4], use[-4:], use[:, :4], use[:, -4:] = False, False, False, False
        height = _spread(places, relief)
        levels = [_level(patch, mask, use, (height, tip), stage) for stage in _LEVELS]
        if all(len(level.x) >= _FEWEST for level in levels):
            self._levels = levels
            self._plane = np.linalg.pinv(levels[-1].basis[:, :3].astype(np.float64))

    def fit(self, grey: NDArray[np.uint8], face: Face, near: Fit = LOST) -> Fit:
        """Lay the face at rest over `grey` (`uint8 (H, W)`), in which `face` was found; `near` is the frame before."""
        if not self._levels or not np.isfinite(face.mesh).all():
            return LOST
        base = np.column_stack([face.mesh[_SKULL, :2], np.ones(len(_SKULL))])
        into = np.linalg.lstsq(base, self._mesh[_SKULL], rcond=None)[0].T
        if not np.isfinite(into).all() or abs(np.linalg.det(into[:, :2])) < 1e-3:
            return LOST
        mesh = face.mesh[:, :2] @ into[:, :2].T + into[:, 2]
        patch, mask = _cut(grey, into), _skin(mesh, _EDGE)
        guess = np.linalg.lstsq(self._moves, (mesh - self._mesh)[_INNER] / _UNIT, rcond=None)[0]
        coarse, fine = self._levels
        picture = _evened(patch, mask, coarse.blur)
        starts = (guess, np.zeros_like(guess)) if near is LOST else (guess, near.bend)
        ends = [_search(picture, coarse, start) for start in starts]
        best = min(ends, key=lambda e: e.cost)
        if not np.isfinite(best.cost):
            return LOST
        last = _search(_evened(patch, mask, fine.blur), fine, best.bend)
        if not np.isfinite(last.cost):
            return LOST
        stretch = (self._plane @ fine.basis @ last.bend)[1:].T
        moved = self._into[:, :2] @ np.linalg.inv(into[:, :2]) @ (np.eye(2) + stretch)
        wide, high = np.linalg.norm(moved, axis=0)
        return last.fit(float(wide / max(high, 1e-6)))


@dataclass(frozen=True, slots=True, eq=False)
class _End:
    """Where a search ended: `cost` is infinite when it went astray; `normal` is the inverse covariance."""

    bend: Grid
    cost: float
    normal: Grid
    value: Plane
    wanted: Plane

    def fit(self, squeeze: float) -> Fit:
        """What it found."""
        error = np.sqrt(np.diag(np.linalg.inv(self.normal))).reshape(2, -1).T[-1]
        varied = self.value.std() > 1e-6 and self.wanted.std() > 1e-6
        return Fit(self.bend, error, float(np.corrcoef(self.value, self.wanted)[0, 1]) if varied else 0.0, squeeze)


def _search(picture: Plane, level: _Level, start: Grid) -> _End:
    """Gauss-Newton steps with Cauchy weights from `start`."""
    bend = start.astype(np.float64)
    astray = _End(bend, float("inf"), np.zeros((0, 0)), level.value, level.value)
    for _ in range(level.steps):
        shift = level.basis @ bend.astype(np.float32) * np.float32(_UNIT)
        left, value = _left(picture, level, shift)
        spread = 1.48 * float(np.median(np.abs(left))) + 0.02
        weight = 1 / (1 + (left / np.float32(2 * spread)) ** 2)
        weighted = level.slopes * weight[:, None]
        normal = (weighted.T @ level.slopes).astype(np.float64)
        normal[np.diag_indices_from(normal)] *= 1.001
        try:
            step = np.linalg.solve(normal, -(weighted.T @ left).astype(np.float64)).reshape(2, -1).T
        except np.linalg.LinAlgError:
            return astray
        bend = bend + step
        if not np.abs(bend).max() < _LOST:
            return astray
        if np.abs(level.basis @ step.astype(np.float32)).max() * _UNIT < level.near:
            break
    variance = float(weight @ (left * left)) / float(weight.sum())
    cost = float(np.minimum(left * left, _DIFFERENT).mean())
    return _End(bend, cost, normal / max(variance, 1e-9), value, level.value)


def _left(picture: Plane, level: _Level, shift: Plane) -> tuple[Plane, Plane]:
    x, y = level.x + shift[:, 0], level.y + shift[:, 1]
    value = cv2.remap(picture, x[:, None], y[:, None], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[:, 0]
    return np.asarray(value - level.value, np.float32), np.asarray(value, np.float32)


def _level(patch: Plane, mask: Plane, use: NDArray[np.bool_], relief: tuple[Plane, Grid], stage: _Stage) -> _Level:
    """The pixels of every cell that change fastest: everywhere on the face, not only where most of the contrast is."""
    blur, count, steps, near = stage
    height, tip = relief
    picture = _evened(patch, mask, blur)
    right = cv2.Sobel(picture, cv2.CV_32F, 1, 0, ksize=3) / 8
    down = cv2.Sobel(picture, cv2.CV_32F, 0, 1, ksize=3) / 8
    change = np.where(use, right * right + down * down, -1)
    rows, columns = change.shape[0] // _CELL, change.shape[1] // _CELL
    split = change[: rows * _CELL, : columns * _CELL].reshape(rows, _CELL, columns, _CELL)
    cells = split.transpose(0, 2, 1, 3).reshape(rows, columns, _CELL * _CELL)
    order = np.argsort(-cells, axis=2)[:, :, :count]
    good = np.take_along_axis(cells, order, 2) > 1e-4
    row, column, _ = np.nonzero(good)
    y, x = row * _CELL + order[good] // _CELL, column * _CELL + order[good] % _CELL
    xy = (np.column_stack([x, y]) - _MIDDLE) / _UNIT
    basis = np.column_stack([bends(xy, tip), height[y, x]]).astype(np.float32)
    slopes = np.concatenate([right[y, x][:, None] * basis, down[y, x][:, None] * basis], axis=1) * np.float32(_UNIT)
    return _Level(blur, steps, near, x.astype(np.float32), y.astype(np.float32), picture[y, x], slopes, basis)


def _spread(mesh: Grid, values: Grid) -> Plane:
    """(H, W) `values` of the mesh points over the patch, by inverse square distance over the six nearest."""
    step = 4
    x, y = (np.arange(size // step) * step + (step - 1) / 2 for size in _SIZE)
    points = (np.stack(np.meshgrid(x, y), -1).reshape(-1, 2) - _MIDDLE) / _UNIT
    distance = (points**2).sum(1)[:, None] + (mesh**2).sum(1) - 2 * points @ mesh.T
    near = np.argpartition(distance, 6, axis=1)[:, :6]
    weight = 1 / (np.clip(np.take_along_axis(distance, near, 1), 0, None) + 2e-4)
    coarse = ((values[near] * weight).sum(1) / weight.sum(1)).reshape(len(y), len(x))
    return np.asarray(cv2.resize(coarse, _SIZE, interpolation=cv2.INTER_LINEAR), np.float32)


def _cut(grey: NDArray[np.uint8], into: Grid) -> Plane:
    """The patch of a face, float32, blurred first where it is shrunk."""
    shrink = float(np.sqrt(abs(np.linalg.det(into[:, :2]))))
    source = cv2.GaussianBlur(grey, (0, 0), 0.5 / shrink) if shrink < 0.55 else grey
    flags = {"flags": cv2.INTER_LINEAR, "borderMode": cv2.BORDER_REPLICATE}
    return np.asarray(cv2.warpAffine(source, into, _SIZE, **flags), np.float32)  # type: ignore[call-overload]


def _skin(mesh: Grid, share: float) -> Plane:
    """1 inside `share` of the face's outline but not in the eyes, else 0; `mesh` in patch pixels."""
    mask = np.zeros((_SIZE[1], _SIZE[0]), np.uint8)
    parts = [(topology.OVAL, share, 1), (topology.RIGHT_EYE, _EYES, 0), (topology.LEFT_EYE, _EYES, 0)]
    for ring, size, value in parts:
        outline = mesh[list(ring)]
        outline = np.clip(outline.mean(0) + (outline - outline.mean(0)) * size, -999, 999).astype(np.int32)
        cv2.fillPoly(mask, [outline if value else cv2.convexHull(outline)], value)
    return mask.astype(np.float32)


def _evened(patch: Plane, mask: Plane, blur: float) -> Plane:
    """Contrast against the neighbourhood, in units of the neighbourhood's own, from skin alone; clipped to +-2.5."""
    wide = _EVEN * _UNIT
    value = cv2.GaussianBlur(patch, (0, 0), blur)
    share = cv2.GaussianBlur(mask, (0, 0), wide) + 1e-3
    value = (value - cv2.GaussianBlur(value * mask, (0, 0), wide) / share) * mask
    spread = np.sqrt(cv2.GaussianBlur(value * value, (0, 0), wide) / share) + _FLOOR
    return np.asarray(np.clip(value / spread, -2.5, 2.5), np.float32)
