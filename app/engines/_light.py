"""The light of a picture, as a smooth function of the skin's direction: how one face comes to stand in another's light.

Under distant light, what a matt surface sends back depends on its normal alone, through nine spherical harmonics
(Ramamoorthi and Hanrahan 2001; Basri and Jacobs 2003). Both pictures show one person's skin, so their ratio is the
ratio of two such functions, and a rotation of the head keeps the nine among themselves: one fit of the ratio, on the
target's normals, relights the source. Where skin itself differs (a beard, make-up, spots) the fit is robust, so it is
not mistaken for light, as a local transfer of low frequencies mistakes it.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from app.engines._filters import Floats, Points, apart, blur, level, resize
from app.engines._geometry import Raster, normals

BLACK: Final = 6.0
"""Grey levels added before logarithms: noise in black is no light."""
_ROUNDS: Final = 6
_RIDGE: Final = 3e-3
_SPREAD: Final = 0.06
"""Smallest spread of a fit that is taken for noise, as a logarithm."""
_MOST: Final = 1.6
"""Largest gain, as a logarithm."""
_UNEXPLAINED: Final = (0.07, 0.15)
"""Spread of what the fit leaves, as a logarithm, between which light is taken for one that normals do not explain (a
lamp close by, a shadow, the rim of a lamp behind), and smooth differences for light. Measured by hand: eight pairs of
real portraits in very different light 0.08 to 0.17, rendered ones, which have no cast shadows, 0.02 to 0.11 (of the
median, before percentiles were taken)."""
_FADED: Final = 0.8
"""Share of the colours that a target must have for the source to keep its own: lips are not red in a grey picture."""
_LIGHT_SIGMA: Final = 0.10
"""Face widths over which such light is smooth."""
_EDGE_SIGMA: Final = 0.03
"""Face widths over which light that no normal explains is looked for."""
_SHADOW: Final = (0.25, 0.5)
"""Logarithms of brightness between which it comes to be taken for a cast shadow."""
_TEXTURE: Final = (0.45, 0.9)
"""Logarithms of the ratio of local contrast between which a difference is of skin, not of light."""
_STRONG: Final = (0.12, 0.3)
"""Logarithms of brightness between which a difference comes to matter."""


def relight(source: Floats, target: Floats, weight: Floats, mesh: Points, raster: Raster) -> Floats:
    """`source` (H, W, 3) in the light of `target`, grey levels, not clipped.

    Args:
        source: the person's face, already on the target's geometry.
        target: the picture whose light is wanted, of the same shape.
        weight: (H, W) 0..1, where both show plain skin.
        mesh: (468, 3) of the target, pixels of its picture.
        raster: of that mesh, in the box that the pictures fill.
    """
    step = raster.step
    size = (max(2, source.shape[1] // step), max(2, source.shape[0] // step))
    a, b, w = (resize(one, size) for one in (source, target, weight))
    turned = resize(raster.spread(normals(mesh)), size)
    gain = gain_between(a, b, w, turned, size[0] / source.shape[1] * float(np.ptp(mesh[:, 0])))
    times = np.asarray(np.exp(gain), np.float32)
    vivid = colours_kept(a, b, w, times)
    full = resize(times, (source.shape[1], source.shape[0]))
    return lit_by(source, full, vivid)


def gain_between(a: Floats, b: Floats, weight: Floats, turned: Floats, cells: float) -> Floats:
    """What takes the light of `a` to that of `b`, as a logarithm for each channel: (H, W, 3).

    Args:
        a: (H, W, 3), grey levels.
        b: (H, W, 3), the same face on the same geometry.
        weight: (H, W) 0..1, where both show plain skin.
        turned: (H, W, 3), normals.
        cells: across the face.
    """
    w = weight
    ratio = np.log(b + BLACK) - np.log(a + BLACK)
    gain = _fitted(ratio, turned, w)
    left = ratio - gain
    skin = w * (1 - _other_skin(a, b, _smooth(left, w, _EDGE_SIGMA * cells), cells))
    known = skin > 0.3
    # the 85th percentile of a normal error is 1.44 times its deviation: a shadow is a part of a face
    spread = float(np.percentile(np.abs(level(left)[known]), 85)) / 1.44 if known.any() else 0.0
    gain = gain + _smooth(left, skin, _LIGHT_SIGMA * cells) * _between(spread, _UNEXPLAINED)
    shadow = level(_smooth(ratio - gain, skin, _EDGE_SIGMA * cells))[..., None]
    gain = gain + shadow * _between(shadow, _SHADOW)
    return np.asarray(np.clip(gain, -_MOST, _MOST), np.float32)


def colours_kept(a: Floats, b: Floats, weight: Floats, times: Floats) -> float:
    """How colourful `b` is, as a share of `a` under the light `times`; at most 1 (all (H, W, 3), `weight` (H, W))."""
    return min(1.0, (_colour(b, weight) + 0.05) / (_colour((a + BLACK) * times - BLACK, weight) + 0.05))


def lit_by(source: Floats, times: Floats, vivid: float) -> Floats:
    """`source` (H, W, 3) under the light `times` (H, W, 3), as colourful as the target is; not clipped."""
    lit = (source + np.float32(BLACK)) * times - np.float32(BLACK)
    if vivid > _FADED:
        return lit
    grey = level(lit)[..., None]
    return np.asarray(grey + (lit - grey) * np.float32(vivid), np.float32)


def _colour(image: Floats, weight: Floats) -> float:
    """How far the channels of (H, W, 3) lie apart under the weight, grey levels."""
    return float((apart(image) * weight).sum() / max(float(weight.sum()), 1e-6))


def _fitted(ratio: Floats, turned: Floats, weight: Floats) -> Floats:
    """The part of a log ratio (H, W, 3) that nine harmonics of the normals (H, W, 3) explain, outliers left out."""
    basis = _harmonics(turned)
    # a smooth function of nine numbers: every other cell tells as much
    flat, wanted = basis[::2, ::2].reshape(-1, 9), ratio[::2, ::2].reshape(-1, 3)
    trust = weight[::2, ::2].ravel() ** 2
    here = trust > 0.05
    if here.sum() < 30:
        return np.zeros_like(ratio)
    rows, values, trust = flat[here].astype(np.float64), wanted[here].astype(np.float64), trust[here]
    keep: Points = np.ones(len(rows))
    fit: Points = np.zeros((9, 3))
    for _ in range(_ROUNDS):
        scaled = rows * (trust * keep)[:, None]
        ridge = np.diag(np.append(0.0, np.full(8, _RIDGE))) * float((trust * keep).sum())
        fit[:] = np.linalg.solve(scaled.T @ rows + ridge + np.eye(9) * 1e-9, scaled.T @ values)
        off = np.abs((values - rows @ fit) @ np.full(3, 1 / 3))
        spread = max(_SPREAD, 1.4826 * float(np.median(off)))
        keep = np.clip(1 - (off / (3 * spread)) ** 2, 0, 1) ** 2  # Tukey's weights
    return np.asarray(basis @ fit, np.float32)


def _harmonics(normal: Floats) -> Floats:
    """The nine real spherical harmonics of unit normals (H, W, 3), up to factors: (H, W, 9)."""
    unit = normal / (np.linalg.norm(normal, axis=2, keepdims=True) + 1e-6)
    x, y, z = unit[..., 0], unit[..., 1], unit[..., 2]
    return np.stack([np.ones_like(x), x, y, z, x * y, x * z, y * z, x * x - y * y, 3 * z * z - 1], 2)


def _between(value: Floats | float, limits: tuple[float, float]) -> Floats:
    """0 up to the lower limit, 1 from the upper one."""
    return np.asarray(np.clip((np.abs(value) - limits[0]) / (limits[1] - limits[0]), 0, 1), np.float32)


def _smooth(values: Floats, weight: Floats, sigma: float) -> Floats:
    """Mean (H, W, 3) round each cell of what has weight; nothing far from any."""
    return np.asarray(blur(values * weight[..., None], sigma) / (blur(weight, sigma) + 0.05)[..., None], np.float32)


def _other_skin(a: Floats, b: Floats, left: Floats, cells: float) -> Floats:
    """Where two pictures differ by what is on the skin rather than by light: (H, W) 0..1.

    Light multiplies: a shadow keeps the contrast of pores and lines, relative to their brightness; hair does not.
    """
    contrast = []
    for one in (a, b):
        grey = level(one)
        fine = grey - blur(grey, 0.012 * cells)
        contrast.append(np.sqrt(blur(fine * fine, 0.04 * cells)) / (blur(grey, 0.04 * cells) + BLACK) + 0.008)
    texture = np.abs(np.log(contrast[0] / contrast[1]))
    other = _between(texture, _TEXTURE) * _between(level(left), _STRONG)
    return blur(np.asarray(other, np.float32), max(0.5, 0.02 * cells))
