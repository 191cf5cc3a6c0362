"""Wrinkles, folds, hollows and spots of an older face, drawn once in a flat frontal atlas of the canonical head.

Convention: atlas positions are in face widths from the middle of the canonical face, x to the image's right, y down.
Every stroke hangs on landmarks, so on any face it lies where that face folds. Same seed, same atlas.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Final

import cv2
import numpy as np

from app.engines._filters import Floats, Points, blur, resize
from app.engines._skin import Canvas
from models.topology import CANONICAL

_FACE_WIDTH: Final = float(np.ptp(CANONICAL[:, 0]))
_MIDDLE: Final = (CANONICAL[:, :2].min(0) + CANONICAL[:, :2].max(0)) / 2
ANCHORS: Final[Points] = (CANONICAL[:, :2] - _MIDDLE) / _FACE_WIDTH
"""(468, 2) the mesh's points in the atlas, face widths."""
_SCALE: Final = 560
"""Atlas pixels per face width."""
_HALF: Final = (0.53, 0.61)
"""Half width and height of the atlas, face widths."""
_SIZE: Final = tuple(round(2 * half * _SCALE) for half in _HALF)
PLACES: Final[Points] = (ANCHORS + _HALF) * _SCALE - 0.5
"""(468, 2) the mesh's points in the atlas, pixels."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """One groove: a curve through `points` (N, 2), `width` and `depth` (1 is a deep fold)."""

    points: Points
    width: float
    depth: float


@dataclass(frozen=True, slots=True, eq=False)
class Layers:
    """What an older skin carries, (H, W) float32 each: in the atlas, or spread over a picture.

    Attributes:
        folds: grooves below 0, their raised shoulders above.
        folds_x, folds_y: change of `folds` per atlas pixel, towards the face's own left and down.
        late: the same as `folds`, for what comes last: crossing fine lines, lines over the lip.
        volume: what swells (above 0: bags, jowls) and what sinks (below: temples, under eyes and cheekbones), broadly.
        volume_x, volume_y: its change.
        spots: 0..1 pigment.
        blotch: about -1..1 uneven colour.
    """

    folds: Floats
    folds_x: Floats
    folds_y: Floats
    late: Floats
    volume: Floats
    volume_x: Floats
    volume_y: Floats
    spots: Floats
    blotch: Floats

    @classmethod
    def of(cls, folds: Floats, late: Floats, volume: Floats, spots: Floats, blotch: Floats) -> Layers:
        """The layers with the slopes that belong to them."""
        return cls(folds, *_slopes(folds), late, volume, *_slopes(volume), spots, blotch)

    def shrunk(self, times: int) -> Layers:
        """The layers at 1/`times` of the resolution; slopes stay as they are."""
        size = (_SIZE[0] // times, _SIZE[1] // times)
        return Layers(*(resize(getattr(self, one.name), size) for one in fields(self)))

    def stacked(self) -> list[Floats]:
        """The layers, four to a picture (H, W, C): to look up four places is as fast as one."""
        planes = [getattr(self, one.name) for one in fields(self)]
        return [np.asarray(cv2.merge(planes[first : first + 4])) for first in range(0, len(planes), 4)]


def _slopes(height: Floats) -> tuple[Floats, Floats]:
    along = (cv2.Sobel(height, cv2.CV_32F, x, 1 - x, ksize=3, scale=1 / 8) for x in (1, 0))
    x, y = (np.asarray(one, np.float32) for one in along)
    return x, y


def spread(seed: int, on: Canvas) -> Layers:
    """The atlas of one seed, laid over the face of a canvas: each layer (H, W)."""
    times = int(
        np.clip(2 ** np.floor(np.log2(max(_SCALE / on.width, 1.0))), 1, 8)
    )  # so that a small face shows no noise
    places = (on.raster.spread(PLACES) + 0.5) / times - 0.5
    x, y = cv2.split(np.asarray(places, np.float32))
    found = (cv2.split(cv2.remap(some, x, y, cv2.INTER_LINEAR)) for some in _stacked(seed, times))
    return Layers(*(np.asarray(plane, np.float32) for planes in found for plane in planes))


@lru_cache(maxsize=4)
def _stacked(seed: int, times: int) -> list[Floats]:
    return atlas(seed, times).stacked()


@lru_cache(maxsize=4)
def atlas(seed: int, times: int = 1) -> Layers:
    """The atlas of one seed, made smaller `times` times."""
    if times > 1:
        return atlas(seed).shrunk(times)
    rng = np.random.default_rng(seed)
    folds, late = (np.zeros((_SIZE[1], _SIZE[0]), np.float32) for _ in range(2))
    for stroke in _strokes(rng):
        _carve(folds, stroke, rng)
    for stroke in _lips(rng):
        _carve(late, stroke, rng)
    late += _crepe(rng)
    layers = Layers.of(folds, late, _volume(rng), _spots(rng), 0.7 * _noise(rng, 60) + 0.3 * _noise(rng, 22))
    for one in fields(layers):
        getattr(layers, one.name).setflags(write=False)
    return layers


@lru_cache(maxsize=1)
def smile_folds() -> Floats:
    """(H, W) height of the folds a smile makes: beside the mouth and at the outer corners of the eyes."""
    rng = np.random.default_rng(0)
    height = np.zeros((_SIZE[1], _SIZE[0]), np.float32)
    for side in (-1, 1):
        for stroke in (*list(_cheek(side))[:2], *list(_eye(side, rng))[1:4]):
            _carve(height, stroke, rng)
    height.setflags(write=False)
    return height


def _at(*numbers: int) -> Points:
    return ANCHORS[list(numbers)]


def _strokes(rng: np.random.Generator) -> Iterator[Stroke]:
    """Every groove of the face."""
    yield from _forehead(rng)
    nasion, between = ANCHORS[168], ANCHORS[9]
    yield Stroke(nasion + np.array([[-0.05, 0.0], [0, 0.012], [0.05, 0.0]]), 0.005, 0.5)
    for side in (-1, 1):
        frown = np.array([[0.030, 0.035], [0.036, -0.005], [0.026, -0.045]]) * (side, 1)
        yield Stroke(between + frown, 0.006, 0.85)
        yield from _eye(side, rng)
        yield from _cheek(side)
    yield Stroke(0.75 * _at(83, 18, 313) + 0.25 * ANCHORS[152], 0.010, 0.45)


def _forehead(rng: np.random.Generator) -> Iterator[Stroke]:
    """Three long lines that follow the brows, wavy, uneven, and pieces between them."""
    between = ANCHORS[9] - (0, 0.012)
    brows = np.vstack([_at(70, 63, 105, 66, 107), between[None], _at(336, 296, 334, 293, 300)])
    hairline = _curve(_at(54, 103, 67, 109, 10, 338, 297, 332, 284), len(brows))
    for share, width, depth in ((0.26, 0.0060, 0.75), (0.42, 0.0068, 0.9), (0.58, 0.0064, 0.75)):
        line = brows * (1 - share) + hairline * share
        wave = np.linspace(0, 2 * np.pi * rng.uniform(1.1, 1.9), len(line)) + rng.uniform(0, 6)
        line = line + np.column_stack([np.zeros(len(line)), 0.006 * np.sin(wave)])
        first, last = rng.integers(1, 3), len(line) - rng.integers(1, 3)
        yield Stroke(line[first:last], width, depth)
        for start in (2, 6):
            yield Stroke(line[start : start + 3] + np.array([0, 0.021]), width * 0.7, depth * 0.4)


def _eye(side: int, rng: np.random.Generator) -> Iterator[Stroke]:
    """Crow's feet, the crease under the lower lid and the edge of the bag under it."""
    corner = ANCHORS[33 if side < 0 else 263] + (0.034 * side, -0.004)
    for degrees in (-36, -19, -3, 13, 29):
        angle = np.radians(degrees + rng.uniform(-4, 4))
        ray = rng.uniform(0.060, 0.105) * np.array([side * np.cos(angle), np.sin(angle)])
        start = corner + np.array([0, 0.035 * np.sin(angle)])
        bend = (0, 0.006 * np.sign(degrees))
        yield Stroke(np.array([start, start + ray / 2 + bend, start + ray]), 0.0042, 0.75)
    lid = _at(*((31, 228, 229, 230, 231, 232, 233) if side < 0 else (261, 448, 449, 450, 451, 452, 453)))
    cheek = _at(*((111, 117, 118, 119, 120, 121, 128) if side < 0 else (340, 346, 347, 348, 349, 350, 357)))
    yield Stroke(lid[1:], 0.0085, 0.75)
    yield Stroke(0.62 * lid + 0.38 * cheek, 0.013, 0.75)
    yield Stroke(lid[1:-1] - (0, 0.010), 0.004, 0.4)


def _cheek(side: int) -> Iterator[Stroke]:
    """The fold from the nose past the mouth, and the one from the mouth's corner towards the jaw."""
    wing, upper, middle, lower, corner, jaw = (
        (129, 203, 206, 216, 57, 149) if side < 0 else (358, 423, 426, 436, 287, 378)
    )
    start, a, b, c = ANCHORS[wing], ANCHORS[upper], ANCHORS[middle], ANCHORS[lower]
    end = 0.75 * c + 0.25 * ANCHORS[corner] + (0, 0.055)
    fold = np.array([start, 0.6 * a + 0.4 * b, 0.5 * b + 0.5 * c, c, end])
    yield Stroke(fold, 0.013, 1.15)
    yield Stroke(fold, 0.006, 0.45)
    mouth = ANCHORS[61 if side < 0 else 291] + (0.012 * side, 0.010)
    low = 0.45 * mouth + 0.55 * ANCHORS[jaw]
    yield Stroke(np.array([mouth, (mouth + low) / 2 + (0.010 * side, 0), low]), 0.013, 0.5)


def _lips(rng: np.random.Generator) -> Iterator[Stroke]:
    """Short upright lines over the upper lip."""
    right, middle, left = ANCHORS[61], ANCHORS[0], ANCHORS[291]
    for share in np.linspace(0.2, 0.8, 9):
        x = right[0] * (1 - share) + left[0] * share + rng.uniform(-0.006, 0.006)
        y = float(np.interp(x, [right[0], middle[0], left[0]], [right[1], middle[1], left[1]]))
        lean = rng.uniform(-0.006, 0.006, 2)
        yield Stroke(np.array([[x, y - 0.004], [x + lean[0], y - 0.026], [x + lean[1], y - 0.046]]), 0.0034, 0.38)


def _curve(points: Points, count: int) -> Points:
    """`count` points at even steps along a Catmull-Rom spline through `points` (N, 2)."""
    padded = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    t = np.linspace(0, 1, 12, endpoint=False)[:, None]
    pieces = []
    for p0, p1, p2, p3 in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        pieces.append(
            0.5 * (2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * (p1 - p2) + p3 - p0) * t**3)
        )
    dense = np.vstack([*pieces, points[-1:]])
    along = np.append(0, np.cumsum(np.linalg.norm(np.diff(dense, axis=0), axis=1)))
    even = np.linspace(0, along[-1], count)
    return np.column_stack([np.interp(even, along, dense[:, axis]) for axis in (0, 1)])


def _carve(height: Floats, stroke: Stroke, rng: np.random.Generator) -> None:
    """Cuts one stroke into `height`: a groove with raised shoulders that fades at both ends and wavers in depth."""
    sigma = stroke.width * _SCALE
    length = float(np.linalg.norm(np.diff(stroke.points, axis=0), axis=1).sum()) * _SCALE
    count = max(6, round(2 * length / sigma))  # dense enough that the sum below shows no beads
    along = np.linspace(0, 1, count)
    knots = int(np.clip(length / 30, 3, 12))
    wander = np.column_stack([_wave(rng, along, knots) for _ in range(2)]) * min(0.0025, 0.02 * length / _SCALE)
    depth = stroke.depth * np.sin(np.pi * along) ** 0.8 * np.clip(1 + 0.25 * _wave(rng, along, knots), 0.3, 1.6)
    pixels = (_curve(stroke.points, count) + wander + _HALF) * _SCALE - 0.5
    low = np.maximum(np.floor(pixels.min(0) - 7 * sigma).astype(int), 0)
    high = np.minimum(np.ceil(pixels.max(0) + 7 * sigma).astype(int) + 1, _SIZE)
    if (high - low < 1).any():
        return
    x, y = (np.arange(low[axis], high[axis], dtype=np.float32) for axis in (0, 1))
    centre = pixels.astype(np.float32)
    squared = (x[None, :, None] - centre[:, 0]) ** 2 + (y[:, None, None] - centre[:, 1]) ** 2
    # a row of Gaussians `step` apart adds up to a groove of their own width and depth
    step = length / count / (np.sqrt(2 * np.pi) * sigma)
    weights = (depth * step).astype(np.float32)
    groove = np.exp(squared * (-0.5 / sigma**2)) @ weights
    shoulders = np.exp(squared * (-0.5 / (2.4 * sigma) ** 2)) @ weights / 2.4
    height[low[1] : high[1], low[0] : high[0]] -= (groove - 0.4 * shoulders).astype(np.float32)


def _wave(rng: np.random.Generator, along: Points, knots: int) -> Points:
    """Smooth unit noise along a stroke, `along` 0..1."""
    values = rng.standard_normal((1, knots)).astype(np.float32)
    at = (along * (knots - 1)).astype(np.float32)[None]
    return np.asarray(cv2.remap(values, at, np.zeros_like(at), cv2.INTER_CUBIC)[0], np.float64)


def _noise(rng: np.random.Generator, grain: float) -> Floats:
    """Smooth unit noise over the atlas with features of about `grain` pixels."""
    shape = (max(4, round(_SIZE[1] / grain)), max(4, round(_SIZE[0] / grain)))
    grid = rng.standard_normal(shape).astype(np.float32)
    return np.asarray(cv2.resize(grid, _SIZE, interpolation=cv2.INTER_CUBIC), np.float32)


def _patches(places: tuple[tuple[int, float], ...]) -> Floats:
    """Soft discs (landmark, radius in face widths) as one mask 0..1."""
    x, y = (np.arange(side, dtype=np.float32) for side in _SIZE)
    mask = np.zeros((_SIZE[1], _SIZE[0]), np.float32)
    for number, radius in places:
        centre = PLACES[number]
        squared = (x - centre[0]) ** 2 + (y[:, None] - centre[1]) ** 2
        np.maximum(mask, np.exp(-squared / (radius * _SCALE) ** 2), out=mask)
    return mask


def _crepe(rng: np.random.Generator) -> Floats:
    """Fine crossing lines on cheeks and temples: ridges where smooth noise passes zero."""
    where = _patches(
        ((117, 0.12), (346, 0.12), (205, 0.13), (425, 0.13), (143, 0.08), (372, 0.08), (207, 0.10), (427, 0.10))
    )
    lines = np.zeros_like(where)
    for grain, share in ((9, 0.5), (5, 0.35), (15, 0.5)):
        lines -= share * np.exp(-((_noise(rng, grain) / 0.35) ** 2))
    lines = blur(lines, 1.0)
    return np.asarray(np.minimum(lines - lines.mean(), 0) * where * 0.42, np.float32)


def _volume(rng: np.random.Generator) -> Floats:
    """Broad swellings minus broad hollows, about -1..1."""
    sunken = ((21, 0.08), (251, 0.08), (213, 0.085), (433, 0.085))
    jowls = ((136, 0.055), (365, 0.055), (150, 0.045), (379, 0.045))
    volume = _patches(jowls) - _patches(sunken)
    for lid, cheek in (
        ((244, 233, 232, 231, 230, 229), (245, 128, 121, 120, 119, 118)),
        ((464, 453, 452, 451, 450, 449), (465, 357, 350, 349, 348, 347)),
    ):
        _carve(volume, Stroke(0.35 * _at(*lid) + 0.65 * _at(*cheek), 0.020, 0.75), rng)
    return np.asarray(volume, np.float32)


def _spots(rng: np.random.Generator) -> Floats:
    """Pigment spots on cheeks, temples and forehead."""
    homes = (117, 346, 205, 425, 143, 372, 67, 297, 123, 352, 50, 280)
    spots = np.zeros((_SIZE[1], _SIZE[0]), np.float32)
    for _ in range(26):
        centre = PLACES[homes[rng.integers(len(homes))]] + rng.normal(0, 0.055 * _SCALE, 2)
        radius = abs(rng.normal(0.0060, 0.0045)) * _SCALE + 1.0
        mark = np.zeros_like(spots)
        axes = (max(1, round(radius)), max(1, round(radius * rng.uniform(0.6, 1))))
        at = (round(float(centre[0])), round(float(centre[1])))
        tone = float(rng.uniform(0.15, 1) ** 1.5)
        cv2.ellipse(mark, at, axes, float(rng.uniform(0, 180)), 0, 360, tone, -1, cv2.LINE_AA)
        np.maximum(spots, blur(mark, 0.6 * radius), out=spots)
    return spots
