"""Hair: where it grows, how far it stands off, and the loose shells that make its soft outline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from tests.people.asset import BODY, FACE, base
from tests.people.look import Hair, Look, linear

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tests.people.skin import Chart

CENTRE = np.array([0.0, 2.0, -6.5], np.float32)  # of the skull, on the rest head
_LINE = (  # azimuth from the front (degrees) -> height of the hairline (centimetres over the eyes)
    (0, 6.9), (20, 6.8), (36, 6.1), (47, 4.4), (54, 2.2), (61, 0.7), (68, -1.2), (74, -2.6), (80, -1.6), (86, 1.0),
    (94, 1.6), (106, 1.2), (114, -0.6), (124, -4.2), (140, -6.6), (160, -7.4), (180, -7.7),
)  # fmt: skip
ASIDE = {"short", "bob", "long", "tonsure"}
"""Styles combed to the sides."""
PARTED = {"bob", "long"}
"""Styles with a visible parting."""
FALLING = {"bob": 9.0, "fringe": 8.0, "long": 21.0}
"""Styles that hang below the ears, and how far below the eyes (centimetres)."""


def azimuth(where: NDArray[np.float32]) -> NDArray[np.float32]:
    """Degrees from the front, 0..180, of points (..., 3) of the rest head."""
    result: NDArray[np.float32] = np.degrees(np.arctan2(np.abs(where[..., 0]), where[..., 2] - CENTRE[2])).astype(
        np.float32
    )
    return result


def field(where: NDArray[np.float32], hair: Hair, *, parting: bool = False) -> NDArray[np.float32]:
    """Centimetres inside the hairline (> 0 grows hair) at points (..., 3) of the rest head; `parting` bares that."""
    angle = azimuth(where)
    degrees, heights = np.array(_LINE).T
    heights = heights + hair.recede * np.interp(degrees, [0, 25, 42, 60, 75], [0.75, 1.1, 1.5, 0.5, 0.0])
    if hair.style in {"swept", "bun", "bob", "long", "curly", "fringe"}:  # no sideburns
        heights = heights + np.interp(degrees, [50, 62, 70, 78, 88], [0, 0.8, 2.2, 2.6, 0.0])
    inside = where[..., 1] - np.interp(angle, degrees, heights)
    slope = np.interp(angle, [0, 30, 45, 75, 90, 115, 130, 180], [1, 0.9, 0.6, 0.45, 0.8, 0.55, 0.8, 1])
    result: NDArray[np.float32] = (inside * slope).astype(np.float32)
    if hair.style == "fringe":
        front = np.clip(1 - np.abs(where[..., 0]) / 6.2, 0, 1) * (where[..., 2] > -3)
        result = np.where(front > 0, np.maximum(result, where[..., 1] - 2.9 - 0.04 * where[..., 0] ** 2), result)
    if hair.style == "tonsure":  # a wreath: the top is bare
        result = np.minimum(result, 6.3 - where[..., 1] - 0.75 * np.clip(where[..., 2] + 6, 0, 9))
    if parting and hair.style in PARTED and hair.recede < 1:
        line = np.abs(where[..., 0] - hair.parting * 3.2)
        result = np.where((where[..., 2] > -6) & (where[..., 1] > 5), np.minimum(result, 7 * line - 0.05), result)
    return result.astype(np.float32)


def colour(hair: Hair) -> NDArray[np.float32]:
    """Linear colour (3,) with its grey mixed in."""
    grey = linear((190, 188, 184))
    result: NDArray[np.float32] = (linear(hair.colour) * (1 - hair.grey) + grey * hair.grey).astype(np.float32)
    return result


def tile(seed: int, across: float, along: float) -> NDArray[np.float32]:
    """A repeating noise tile (512, 512), mean 0, deviation 1; `along` is the length of its grain downwards."""
    raw = np.random.default_rng(seed + 991).normal(0, 1, (512, 512)).astype(np.float32)
    margin = int(4 * max(across, along)) + 1
    smooth = cv2.GaussianBlur(np.pad(raw, margin, mode="wrap"), (0, 0), sigmaX=across, sigmaY=along)
    smooth = smooth[margin:-margin, margin:-margin]
    result: NDArray[np.float32] = np.ascontiguousarray((smooth - smooth.mean()) / smooth.std())
    return result


def strands(where: NDArray[np.float32], hair: Hair, seed: int) -> NDArray[np.float32]:
    """Strand noise (...) of mean 0 and deviation 1 at points (..., 3): long along the hair, fine across it."""
    offset = where - CENTRE
    if hair.style == "curly":
        pattern = tile(seed + 5, 3.2, 3.2) + 0.5 * tile(seed + 6, 1.2, 1.2)
        u, v = np.arctan2(offset[..., 0], offset[..., 2]) * 95, offset[..., 1] * 13 + 2 * offset[..., 2]
    else:
        pattern = tile(seed + 5, 1.6, 26) + 0.8 * tile(seed + 6, 0.6, 12)
        short = {"buzz": 9.0, "short": 3.0}.get(hair.style, 1.6)
        if hair.style in {"swept", "bun"}:  # combed straight back: strands run in planes of constant x / height
            turn = np.arctan2(offset[..., 0], np.maximum(offset[..., 1] + 5, 0.5))
            u, v = turn * 110, offset[..., 2] * 4.0 + 0.5 * offset[..., 1]
        elif hair.style in ASIDE:  # combed from the parting to both sides, then down
            u = (where[..., 2] + 0.42 * where[..., 1]) * 15
            v = np.abs(where[..., 0] - hair.parting * 3.2) * 5.0
        else:  # out of the crown, then down
            crown = np.array([hair.parting * 3.0, 11.5, -6.5], np.float32)
            rel = where - crown
            u = np.arctan2(rel[..., 0], rel[..., 2]) * 82
            v = (np.linalg.norm(rel, axis=-1)) * 5.0 * short
    pattern = pattern / pattern.std()
    shape = u.shape
    flat_u, flat_v = (np.mod(np.atleast_2d(a).astype(np.float32), 512) for a in (u, v))
    result = cv2.remap(pattern.astype(np.float32), flat_u, flat_v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    return np.asarray(result, np.float32).reshape(shape)


def roots(
    paint: NDArray[np.float32], height: NDArray[np.float32], gloss: NDArray[np.float32], look: Look, chart: Chart
) -> None:
    """Paint the hair onto the scalp, in place."""
    hair = look.hair
    if hair.style == "bald":
        return
    inside = field(chart.place, hair, parting=True)
    grain = strands(chart.place, hair, look.seed)
    soft = 0.9 if hair.style in {"buzz", "tonsure"} else 0.55
    cover = np.clip((inside + 0.16 * grain + 0.1) / soft, 0, 1) * (1 - chart.ear)
    if hair.style == "buzz":
        speckle = np.random.default_rng(look.seed).random(cover.shape).astype(np.float32)
        cover *= 0.72 + 0.2 * cv2.GaussianBlur(speckle, (0, 0), 0.8)
    ink = colour(hair) * np.clip(0.95 + 0.26 * grain, 0.3, 2)[..., None]
    paint += (ink - paint) * np.clip(cover, 0, 0.97)[..., None]
    height += (0.012 if hair.style == "buzz" else 0.05) * grain * cover
    gloss *= 1 - cover * (0.85 if hair.style in {"buzz", "curly"} else 0.6)


def lift(chart: Chart, look: Look, ear: NDArray[np.bool_]) -> NDArray[np.float32]:
    """How far (n,) hair and beard lift each vertex off the skin, centimetres."""
    hair, rest = look.hair, chart.rest
    data = base()
    skin = np.zeros(len(rest), bool)
    skin[np.unique(data.triangles[data.part == FACE])] = True
    skin[np.unique(data.triangles[data.part == BODY])] = True
    up = np.zeros(len(rest), np.float32)
    if hair.style != "bald":
        inside = field(rest, hair)
        rise = np.clip(inside / 2.2, 0, 1)
        rise = rise * (2 - rise)
        top = np.clip((rest[:, 1] - 3) / 8, 0, 1)
        up = hair.thickness * rise * (0.5 + 0.5 * top)
        if hair.style == "curly":  # clumps
            lumps = np.random.default_rng(look.seed + 41).uniform(0.75, 1.4, len(rest)).astype(np.float32)
            up *= lumps
        if hair.style == "swept":
            up *= 1 + 0.35 * np.exp(-(((azimuth(rest)) / 40) ** 2))
    from tests.people import marks

    if look.skin.beard > 0:
        up = np.maximum(
            up, 0.55 * look.skin.beard * np.clip(marks.shaped_beard(rest, look.skin.beard_shape) / 1.4, 0, 1)
        )
    up[~skin | ear] = 0
    return up.astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Shells:
    """Loose hair over the head: a mesh whose cover is decided per pixel.

    Attributes:
        source: (k,) vertex of the head that each shell vertex rides on, -1 for free ones.
        offset: (k,) centimetres along that vertex's normal.
        free: (k, 3) place of the free ones on the rest head.
        triangles: (m, 3) int32. cover: (k,) float32 solid part of the alpha. grain: (k, 2) coordinates of the strands.
        ink: (3,) linear colour, solid, instead of the hair's.
    """

    source: NDArray[np.int64]
    offset: NDArray[np.float32]
    free: NDArray[np.float32]
    triangles: NDArray[np.int32]
    cover: NDArray[np.float32]
    grain: NDArray[np.float32]
    ink: NDArray[np.float32] | None = None


def _grain_coordinates(where: NDArray[np.float32], hair: Hair) -> NDArray[np.float32]:
    """Texture place (k, 2) of strands: x across, y along, in texels of a 512 tile."""
    offset = where - CENTRE
    if hair.style in {"swept", "bun"}:
        u = np.arctan2(offset[:, 0], np.maximum(offset[:, 1] + 5, 0.5)) * 110
        v = offset[:, 2] * 4.0 + 0.5 * offset[:, 1]
    else:
        u = np.arctan2(offset[:, 0], offset[:, 2]) * 95
        v = -offset[:, 1] * 6.0
    return np.stack([u, v], 1).astype(np.float32)


def shells(chart: Chart, look: Look, ear: NDArray[np.bool_]) -> tuple[Shells, ...]:
    """The loose hair of a look, sheet by sheet from the inside out."""
    hair = look.hair
    if hair.style in {"bald", "buzz"}:
        return ()
    data = base()
    up = lift(chart, look, ear)
    inside = field(chart.rest, hair)
    solid = data.triangles[(data.part == FACE) | (data.part == BODY)]
    grows = (inside > -0.9) & ~ear
    cap = solid[grows[solid].all(1) & (inside[solid].max(1) > -0.2)]
    used = np.unique(cap)
    place = np.full(len(chart.rest), -1)
    place[used] = np.arange(len(used))
    loose = 0.35 if hair.style == "curly" else 0.16
    layers = {"curly": 3, "short": 2}.get(hair.style, 1)
    parts: list[Shells] = []
    for k in range(layers):
        share = (k + 1) / layers
        parts.append(
            Shells(
                used.astype(np.int64),
                (up[used] + 0.12 + share * loose * hair.thickness).astype(np.float32),
                np.zeros((len(used), 3), np.float32),
                place[cap].astype(np.int32),
                (np.clip((inside[used] + 0.35) / 0.9, 0, 1) * (0.95 - 0.5 * share)).astype(np.float32),
                _grain_coordinates(chart.rest[used], hair) + np.float32(31 * k),
            )
        )
    if hair.style in FALLING:
        parts.extend(_curtain(hair))
    return tuple(parts)


def _curtain(hair: Hair) -> list[Shells]:
    """Hair that falls from the temples round the back: nested sheets, parted at the face."""
    columns, rows = 90, 26
    bottom = -FALLING[hair.style]
    sheets = []
    for layer, (out, inset) in enumerate(((0.0, 0.0), (-0.6, 3.0), (-1.7, 8.0))):
        a = np.linspace(-180 + 44 + inset, 180 - 44 - inset, columns)  # 0 is the back
        turn = np.radians(a)
        t = np.linspace(0, 1, rows)
        top = 8.6 - 3.4 * (np.abs(a) / 136) ** 2
        y = top[:, None] + (bottom + 1.2 * np.cos(turn * 2)[:, None] - top[:, None]) * t
        # the sheet follows the skull, stays clear of the ears, then hangs over the shoulders
        down = np.clip((7 - y) / 9, 0, 1)
        wide = (7.0 + 1.9 * down + hair.thickness * 0.55 + out) + 0.5 * np.clip((-y - 8) / 12, 0, 1)
        deep = (8.6 + 0.4 * down + hair.thickness * 0.5 + out) - 1.6 * np.clip((-y - 3) / 10, 0, 1)
        wave = 0.22 * np.sin(turn * 17 + layer)[:, None] + 0.15 * np.sin(turn * 41)[:, None]
        x = np.sin(turn)[:, None] * (wide + wave)
        side = np.clip((np.abs(turn)[:, None] - 1.0) / 1.2, 0, 1)
        forward = 3.4 * np.clip((2 - y) / 14, 0, 1) * side
        z = CENTRE[2] - np.cos(turn)[:, None] * (deep + wave) + forward
        points = np.stack([x, y, z], -1).reshape(-1, 3)
        i, j = np.meshgrid(np.arange(columns - 1), np.arange(rows - 1), indexing="ij")
        p = (i * rows + j).ravel()
        triangles = np.concatenate([np.stack([p, p + 1, p + rows], 1), np.stack([p + rows, p + 1, p + rows + 1], 1)])
        cover = np.ones((columns, rows)) * np.clip((1 - t) / 0.16, 0, 1)
        edge = np.clip(np.minimum(np.arange(columns), columns - 1 - np.arange(columns)) / 3, 0, 1)
        cover *= (0.25 + 0.75 * edge)[:, None] * np.clip(t / 0.05 + 0.3, 0, 1)
        grain = np.stack([np.repeat(a * 2.4 + 90 * layer, rows), np.tile(t * 150, columns)], 1)
        k = len(points)
        sheets.append(
            Shells(
                np.full(k, -1, np.int64), np.zeros(k, np.float32), points.astype(np.float32),
                triangles.astype(np.int32), cover.ravel().astype(np.float32), grain.astype(np.float32),
            )
        )  # fmt: skip
    return sheets[::-1]
