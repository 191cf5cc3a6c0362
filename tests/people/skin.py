"""Paint a person's skin on the face's chart: tone, lips, brows, wrinkles, stubble, and the hair's roots.

Every texel knows its place on the rest head, so features are drawn where they belong whatever the bones are.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from tests.people import hair as hair_module
from tests.people import marks
from tests.people.asset import BODY, FACE, base
from tests.people.look import Look, linear
from tests.people.raster import normals, rasterise

if TYPE_CHECKING:
    from numpy.typing import NDArray

WIDTH, HEIGHT = 640, 1216

_TONES = np.array(  # sRGB from very light to very dark
    [(243, 209, 193), (232, 188, 164), (214, 164, 134), (186, 134, 102), (146, 98, 70), (104, 67, 48), (70, 46, 36)],
    np.float32,
)


@dataclass(frozen=True, slots=True, eq=False)
class Chart:
    """What every texel of the chart is on the rest head (eyes at the origin, centimetres).

    Attributes:
        place: (H, W, 3) float32 point. normal: (H, W, 3) float32. filled: (H, W) bool.
        ear: (H, W) float32 1 on the ears. across, down: (H, W, 3) derivative of `place` by x and y.
        rest: (n, 3) float32 the rest vertices in the same frame. vertex_normals: (n, 3).
    """

    place: NDArray[np.float32]
    normal: NDArray[np.float32]
    filled: NDArray[np.bool_]
    ear: NDArray[np.float32]
    across: NDArray[np.float32]
    down: NDArray[np.float32]
    rest: NDArray[np.float32]
    vertex_normals: NDArray[np.float32]


@functools.cache
def ears() -> NDArray[np.bool_]:
    """(n,) which vertices belong to the ears."""
    data = base()
    face = data.part == FACE
    at = np.clip((data.chart * (WIDTH, HEIGHT)).astype(int), 0, (WIDTH - 1, HEIGHT - 1))
    marked = data.ears[at[:, 1], at[:, 0]] > 0.5
    flag = np.zeros(len(data.rest), bool)
    flag[data.triangles[face][marked[data.corners[face]]]] = True
    return flag


@functools.cache
def chart() -> Chart:
    """The chart's geometry, computed once."""
    data = base()
    rest = data.rest - (data.rest[data.eyes[0]].mean(0) + data.rest[data.eyes[1]].mean(0)) / 2
    solid = data.triangles[(data.part == FACE) | (data.part == BODY)]
    n = normals(rest, solid)
    face = data.part == FACE
    corners, triangles = data.corners[face], data.triangles[face]
    flat = np.column_stack([data.chart * (WIDTH, HEIGHT), np.full(len(data.chart), 100.0)]).astype(np.float32)
    hit = rasterise(flat, corners, (WIDTH, HEIGHT), cull=False)
    owner = triangles[hit.triangles]
    values = np.column_stack([rest, n, ears()]).astype(np.float32)
    inside = (values[owner] * hit.weights[..., None]).sum(1)
    picture = np.zeros((HEIGHT * WIDTH, 7), np.float32)
    picture[hit.pixels] = inside
    filled = np.zeros((HEIGHT, WIDTH), bool)
    filled.ravel()[hit.pixels] = True
    # texels beside the chart repeat the nearest one: bilinear sampling at the rim must not bleed
    _, nearest = cv2.distanceTransformWithLabels(
        (~filled).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    source = np.zeros(nearest.max() + 1, np.int64)
    source[nearest.ravel()[filled.ravel()]] = np.nonzero(filled.ravel())[0]
    picture = picture[source[nearest.ravel()]].reshape(HEIGHT, WIDTH, 7)
    place = np.ascontiguousarray(picture[..., :3])
    smooth = cv2.GaussianBlur(place, (0, 0), 1.2)
    return Chart(
        place=place,
        normal=np.ascontiguousarray(picture[..., 3:6]),
        filled=filled,
        ear=np.clip(picture[..., 6] * 1.5, 0, 1),
        across=np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8), np.float32),
        down=np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8), np.float32),
        rest=rest.astype(np.float32),
        vertex_normals=n,
    )


def noise(seed: int, scale: float) -> NDArray[np.float32]:
    """Smooth noise (HEIGHT, WIDTH), mean 0, standard deviation 1, with blobs of about `scale` texels."""
    rng = np.random.default_rng(seed)
    shape = (int(HEIGHT / scale) + 4, int(WIDTH / scale) + 4)
    small = rng.normal(0, 1, shape).astype(np.float32)
    if scale > 1:
        small = np.asarray(cv2.resize(small, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC), np.float32)
    result: NDArray[np.float32] = small[:HEIGHT, :WIDTH] / small.std()
    return result


def step(x: NDArray[np.float32], low: float, high: float) -> NDArray[np.float32]:
    """Smooth step from 0 at `low` to 1 at `high` (which may be the smaller)."""
    t = np.clip((x - low) / (high - low), 0, 1)
    result: NDArray[np.float32] = (t * t * (3 - 2 * t)).astype(np.float32)
    return result


def tone(melanin: float, red: float) -> NDArray[np.float32]:
    """Linear colour (3,) of bare skin."""
    at = np.clip(melanin, 0, 1) * (len(_TONES) - 1)
    srgb = np.array([np.interp(at, np.arange(len(_TONES)), _TONES[:, k]) for k in range(3)], np.float32)
    srgb *= 1 + red * np.array([0.02, -0.045, -0.05], np.float32)
    return linear(tuple(srgb))


@functools.cache
def _spot(centre: tuple[float, float, float], size: float) -> NDArray[np.float32]:
    """A soft blob round a point and its mirror image, on the chart."""
    where = chart().place
    x = np.abs(where[..., 0]) - centre[0]
    d = x * x + (where[..., 1] - centre[1]) ** 2 + (where[..., 2] - centre[2]) ** 2
    result: NDArray[np.float32] = np.exp(-d / (2 * size * size))
    result.setflags(write=False)
    return result


@functools.cache
def _rim(side: int) -> NDArray[np.float32]:
    """How much a texel belongs to the margin of one eye's lids."""
    offset = chart().place - np.array([side * 3.08, 0, 0], np.float32)
    r = np.sqrt((offset * offset).sum(-1))
    result = step(r, 1.80, 1.60) * step(offset[..., 2], 0.2, 0.6)
    result.setflags(write=False)
    return result


@functools.cache
def _slopes() -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """What a height's derivatives by x and y (H, W, 3) do to the normal, and what they are divided by (H, W, 1)."""
    c = chart()
    size = (np.cross(c.across, c.down) * c.normal).sum(-1, keepdims=True)
    return np.cross(c.down, c.normal), np.cross(c.normal, c.across), np.where(np.abs(size) < 1e-6, 1e-6, size)


@dataclass(frozen=True, slots=True, eq=False)
class Paint:
    """A painted chart: `colour` (H, W, 4) float32 linear RGB and gloss, `relief` (H, W, 3) float32 normal shifts."""

    colour: NDArray[np.float32]
    relief: NDArray[np.float32]
    base: NDArray[np.float32]


def relief(height: NDArray[np.float32]) -> NDArray[np.float32]:
    """Shift of the normal (H, W, 3) that a height map (centimetres) causes."""
    hx = cv2.Sobel(height, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8)[..., None]
    hy = cv2.Sobel(height, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8)[..., None]
    across, down, size = _slopes()
    gradient = (hx * across + hy * down) / size
    result: NDArray[np.float32] = np.clip(-gradient, -1.2, 1.2).astype(np.float32)
    return result


def _blend(colour: NDArray[np.float32], other: NDArray[np.float32], alpha: NDArray[np.float32]) -> None:
    """Lay `other` over `colour` in place."""
    colour += (other - colour) * alpha[..., None]


def paint(look: Look) -> Paint:
    """Paint a person's chart."""
    c, s, seed = chart(), look.skin, look.seed * 101
    where = c.place
    x, y, z = where[..., 0], where[..., 1], where[..., 2]
    front = step(c.normal[..., 2], 0.0, 0.5)
    bare = tone(s.melanin, s.red)
    light = 1 - s.melanin
    mottle = noise(seed + 1, 40) * 0.5 + noise(seed + 2, 16) * 0.35 + noise(seed + 3, 5) * 0.25
    fine = noise(seed + 4, 2.2)
    inside = step(y, -14.5, -11)  # calm towards the chart's rim, where the plain neck goes on
    colour = np.tile(bare, (HEIGHT, WIDTH, 1)) * (1 + (0.045 * mottle + 0.02 * fine) * inside)[..., None]
    flush = (
        0.55 * _spot((4.6, -3.2, 0.5), 1.9)
        + 0.55 * _spot((0.0, -3.6, 3.0), 1.2)
        + 0.8 * c.ear
        + 0.25 * _spot((0, -9.6, 1.6), 1.3)
    ) * (0.35 + s.blush)
    flush *= np.clip(1 + 0.35 * noise(seed + 5, 22), 0.3, 2)
    colour *= 1 - flush[..., None] * np.array([0.04, 0.26, 0.24], np.float32) * (0.4 + 0.6 * light)
    yellow = _spot((0, 5.5, 0), 4.0)[..., None]
    colour *= 1 + yellow * np.array([0.02, 0.02, -0.03], np.float32)
    sockets = _spot((2.5, -1.35, 1.3), 1.0) * 0.55 + _spot((3.0, 1.1, 1.4), 0.9) * 0.35
    colour *= 1 - sockets[..., None] * np.array([0.16, 0.24, 0.2], np.float32) * (0.6 + 0.9 * s.wrinkles)
    if s.circles != 1:
        under = (s.circles - 1) * _spot((2.7, -1.2, 1.3), 0.8)
        colour *= 1 - under[..., None] * np.array([0.14, 0.18, 0.14], np.float32)
    height = 0.0028 * fine + 0.002 * noise(seed + 6, 1.2) + 0.0022 * noise(seed + 7, 6)
    height *= 0.8 + 0.8 * s.wrinkles
    if s.texture != 1:
        height *= s.texture
        colour *= 1 + ((s.texture - 1) * (0.045 * mottle + 0.02 * fine) * inside)[..., None]
    gloss = np.ones((HEIGHT, WIDTH), np.float32) * s.shine
    gloss *= 0.75 + 0.45 * _spot((0, -2.5, 3), 1.6) + 0.3 * _spot((0, 5, 1), 3.0) + 0.12 * mottle
    if s.complexion:
        patches = (0.75 * noise(seed + 15, 110) + 0.6 * noise(seed + 16, 52)) * inside
        colour *= np.exp(s.complexion * patches[..., None] * np.array([0.8, 1.0, 1.1], np.float32))
    if s.freckles:
        dots = marks.freckles(seed + 8, s.freckles)
        colour *= 1 - marks.project(dots, where)[..., None] * front[..., None] * np.array([0.28, 0.42, 0.5], np.float32)
    if s.moles:
        dots = marks.project(marks.moles(seed + 14, s.moles), where) * front
        colour *= 1 - dots[..., None] * np.array([0.5, 0.66, 0.7], np.float32)
        height = height + 0.02 * dots
    if s.spots:
        blots = np.clip(noise(seed + 9, 9) - 1.35, 0, 1) * s.spots * step(y, -12, -9)
        colour *= 1 - blots[..., None] * np.array([0.35, 0.5, 0.6], np.float32)
        colour = colour * (1 - 0.12 * s.spots) + colour.mean(-1, keepdims=True) * 0.12 * s.spots
    lines = marks.project(marks.wrinkles(seed + 10, s.wrinkles), where) * front
    colour *= 1 - lines[..., None] * np.array([0.22, 0.33, 0.36], np.float32) * 0.9
    height = height - 0.06 * lines * (0.4 + 0.6 * s.wrinkles)
    lips = cv2.GaussianBlur(base().lips, (0, 0), 2.2) * step(z, 0.5, 1.6)
    natural = linear(s.lips) * (0.25 + 0.75 * light) + bare * np.array([0.75, 0.5, 0.5], np.float32) * 0.75 * s.melanin
    lip_tone = bare * np.array([0.86, 0.58, 0.56], np.float32) * (1 - s.lip_strength) + natural * s.lip_strength
    lip_tone = lip_tone * (1 + 0.08 * noise(seed + 11, 6))[..., None]
    _blend(colour, lip_tone.astype(np.float32), np.clip(lips * 0.9, 0, 1))
    seam = step(np.abs(y + 6.55), 0.28, 0.02) * lips  # lips darken inwards
    colour *= (1 - 0.35 * seam)[..., None]
    height += lips * (0.012 * np.sin(x * 42 + 2 * noise(seed + 12, 12)) * (0.5 + 0.5 * s.wrinkles))
    gloss += lips * 1.1
    for side in (-1, 1):  # moist, dark lid margins
        rim = _rim(side)
        colour *= 1 - rim[..., None] * (0.38 + 0.42 * (y > 0))[..., None] * np.array([0.8, 1, 1], np.float32)
    if s.shadow:
        lid = _spot((3.1, 0.75, 1.5), 0.75) * step(y, 0.0, 0.35) * s.shadow
        _blend(colour, np.broadcast_to(linear(s.shadow_colour), colour.shape), np.clip(1.2 * lid, 0, 0.8))
    marks.stubble(colour, height, gloss, look, where, c.normal)
    strokes = marks.project(marks.brows(seed + 13, look.brows), where) * front
    _blend(colour, np.broadcast_to(linear(look.brows.colour), colour.shape), strokes * 0.93)
    height += 0.015 * strokes
    gloss *= 1 - 0.7 * strokes
    hair_module.roots(colour, height, gloss, look, c)
    colour = np.clip(colour, 0.002, 1)
    return Paint(np.dstack([colour, np.clip(gloss, 0, 3)]).astype(np.float32), relief(height.astype(np.float32)), bare)
