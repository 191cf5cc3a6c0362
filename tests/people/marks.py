"""Drawn marks: brows, wrinkles, freckles, stubble. Drawn flat on a canvas before the face, projected onto the chart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from tests.people.look import Brows, Look, linear

if TYPE_CHECKING:
    from numpy.typing import NDArray

SCALE = 40.0  # pixels per centimetre
HALF_WIDTH, TOP, BOTTOM = 9.0, 12.0, -14.0
_SHIFT = 4  # sub-pixel bits of the drawing calls


def canvas() -> NDArray[np.float32]:
    """An empty canvas (h, w): the plane before the rest face."""
    return np.zeros((int((TOP - BOTTOM) * SCALE), int(2 * HALF_WIDTH * SCALE)), np.float32)


def _pixels(points: NDArray[np.float64]) -> NDArray[np.int32]:
    """Canvas pixels (n, 1, 2), fixed point, of face coordinates (n, 2) in centimetres."""
    flat = np.stack([(points[:, 0] + HALF_WIDTH) * SCALE, (TOP - points[:, 1]) * SCALE], 1)
    return np.round(flat * (1 << _SHIFT)).astype(np.int32)[:, None]


def project(picture: NDArray[np.float32], where: NDArray[np.float32]) -> NDArray[np.float32]:
    """Sample a canvas at the places (h, w, 3) of a chart."""
    u = ((where[..., 0] + HALF_WIDTH) * SCALE - 0.5).astype(np.float32)
    v = ((TOP - where[..., 1]) * SCALE - 0.5).astype(np.float32)
    small = cv2.GaussianBlur(picture, (0, 0), 0.8)  # the chart is coarser than the canvas
    return np.asarray(cv2.remap(small, u, v, cv2.INTER_LINEAR), np.float32)


def brows(seed: int, shape: Brows) -> NDArray[np.float32]:
    """Both brows, hair by hair, as coverage 0..1."""
    out = canvas()
    rng = np.random.default_rng(seed)
    for side in (-1, 1):
        layer = canvas()
        along = np.sort(rng.beta(1.15, 1.25, shape.hairs))
        for s in along:
            body = np.interp(s, [0, 0.12, 0.55, 1], [0.6, 1, 0.85, 0.3])
            t = rng.uniform(-0.5, 0.5)
            x = shape.start + s * (shape.length - 0.45)
            fall = max(s - 0.68, 0) ** 1.5 * (0.9 * shape.arch + 0.3) * 2.4
            rise = shape.arch * np.sin(np.pi * min(s / 0.68, 1) * 0.5) - fall
            y = 1.72 + shape.height + rise + shape.tilt * (s - 0.4) + t * shape.thickness * body
            # the inner hairs stand up, the outer ones lie along the brow; above bends down, below bends up
            lean = np.interp(s, [0, 0.15, 0.5, 1], [80, 48, 18, -14]) - 26 * t * min(1, s * 3) + rng.normal(0, 7)
            length = rng.uniform(0.35, 0.62) * np.interp(s, [0, 0.2, 1], [0.75, 1, 0.75])
            turn = np.radians([lean, lean - 16])
            mid = np.array([x, y]) + length * 0.5 * np.array([np.cos(turn[0]), np.sin(turn[0])])
            end = mid + length * 0.5 * np.array([np.cos(turn[1]), np.sin(turn[1])])
            line = np.stack([[x, y], mid, end]) * (side, 1)
            cv2.polylines(
                layer,
                [_pixels(line)],
                isClosed=False,
                color=float(rng.uniform(0.55, 1)),
                thickness=2,
                lineType=cv2.LINE_AA,
                shift=_SHIFT,
            )
        out = np.maximum(out, layer)
    return np.clip(cv2.GaussianBlur(out, (0, 0), 1.6) * 0.55 + out * 0.6, 0, 1)


def freckles(seed: int, amount: float) -> NDArray[np.float32]:
    """Freckles over nose and cheeks."""
    out = canvas()
    rng = np.random.default_rng(seed)
    for _ in range(int(420 * amount)):
        x, y = rng.normal(0, 4.2), rng.normal(-2.6, 2.6)
        if abs(x) > 7.5 or y < -8:
            continue
        size = rng.uniform(0.025, 0.075)
        centre = _pixels(np.array([[x, y]]))[0, 0]
        cv2.circle(out, centre.tolist(), int(size * SCALE * 16), float(rng.uniform(0.3, 0.9)), -1, cv2.LINE_AA, _SHIFT)
    return np.asarray(cv2.GaussianBlur(out, (0, 0), 1.0), np.float32)


def moles(seed: int, amount: float) -> NDArray[np.float32]:
    """A few dark moles anywhere on the face."""
    out = canvas()
    rng = np.random.default_rng(seed)
    for _ in range(1 + int(11 * amount)):
        place = np.array([[rng.uniform(-6.5, 6.5), rng.uniform(-9.0, 5.5)]])
        size = float(rng.uniform(0.06, 0.17))
        cv2.circle(out, _pixels(place)[0, 0].tolist(), int(size * SCALE * 16), 1.0, -1, cv2.LINE_AA, _SHIFT)
    return np.asarray(cv2.GaussianBlur(out, (0, 0), 1.4), np.float32)


_FOLDS: tuple[tuple[float, float, tuple[tuple[float, float], ...]], ...] = (
    # (appears from this much wrinkling on, width in centimetres, line)
    (0.08, 0.34, ((1.75, -3.6), (2.35, -4.6), (2.95, -5.8), (3.2, -6.8))),  # nose to mouth
    (0.10, 0.22, ((1.6, -0.75), (2.3, -1.45), (3.2, -1.75), (4.0, -1.6))),  # under the eye
    (0.30, 0.16, ((1.9, -1.15), (2.7, -1.95), (3.7, -2.25))),
    (0.35, 0.20, ((2.75, -7.0), (2.95, -7.9), (2.85, -8.9))),  # mouth to chin
    (0.25, 0.12, ((5.0, 0.1), (5.6, 0.4), (6.1, 0.8))),  # crow's feet
    (0.25, 0.12, ((5.05, -0.25), (5.7, -0.3), (6.3, -0.2))),
    (0.35, 0.12, ((4.95, -0.6), (5.6, -0.95), (6.1, -1.2))),
    (0.30, 0.16, ((0.55, 1.2), (0.5, 1.9), (0.62, 2.6))),  # between the brows
    (0.45, 0.14, ((0.9, -5.0), (1.0, -5.6))),  # upper lip
    (0.55, 0.10, ((1.5, -5.2), (1.65, -5.8))),
    (0.50, 0.24, ((4.4, -4.6), (4.9, -6.2), (4.8, -7.8))),  # cheek
    (0.20, 0.20, ((0.0, -8.35), (0.9, -8.25), (1.5, -8.0))),  # over the chin
)


def wrinkles(seed: int, amount: float) -> NDArray[np.float32]:
    """Folds and lines of an age: coverage 0..1."""
    out = canvas()
    rng = np.random.default_rng(seed)
    lines: list[tuple[float, float, NDArray[np.float64]]] = []
    for start, width, fold in _FOLDS:
        depth = float(np.clip((amount - start * 0.8) / 0.5, 0, 1))
        lines.extend((depth, width, np.array(fold) * (side, 1)) for side in (-1, 1))
    for k, y in enumerate((3.3, 4.2, 5.1, 5.9)):
        x = np.linspace(-4.4 + 0.5 * k, 4.4 - 0.5 * k, 15)
        wave = y + 0.16 * np.sin(x * 1.1 + rng.uniform(0, 6)) - 0.018 * x * x
        lines.append((float(np.clip((amount - 0.22 - 0.05 * k) / 0.6, 0, 1)), 0.15, np.stack([x, wave], 1)))
    for blur in sorted({round(width * SCALE * 0.33) for _, width, _ in lines}):
        layer = canvas()
        for strength, width, points in lines:
            if strength > 0 and round(width * SCALE * 0.33) == blur:
                dense = _curve(points + rng.normal(0, 0.06, points.shape))
                for k in range(len(dense) - 1):  # thin at both ends
                    fade = np.sin(np.pi * (k + 0.5) / (len(dense) - 1)) ** 0.6
                    thick = max(1, round(width * SCALE * fade * 0.45))
                    piece = [_pixels(dense[k : k + 2])]
                    ink = float(fade * strength)
                    cv2.polylines(layer, piece, False, ink, thick, cv2.LINE_AA, _SHIFT)  # noqa: FBT003
        out = np.maximum(out, cv2.GaussianBlur(layer, (0, 0), blur))
    if amount > 0.3:  # fine creases everywhere
        grain = rng.normal(0, 1, (out.shape[0] // 4, out.shape[1] // 14)).astype(np.float32)
        grain = np.asarray(cv2.resize(grain, (out.shape[1], out.shape[0])), np.float32)
        out = np.clip(out + 0.08 * (amount - 0.3) * np.clip(grain, 0, 2), 0, 1)
    return out


def _curve(points: NDArray[np.float64], steps: int = 14) -> NDArray[np.float64]:
    """A smooth curve through the points."""
    t = np.linspace(0, len(points) - 1, steps)
    if len(points) < 3:
        return np.stack([np.interp(t, np.arange(len(points)), points[:, k]) for k in (0, 1)], 1)
    fit = [np.polyfit(np.arange(len(points)), points[:, k], min(3, len(points) - 1)) for k in (0, 1)]
    return np.stack([np.polyval(f, t) for f in fit], 1)


def beard_field(where: NDArray[np.float32]) -> NDArray[np.float32]:
    """Centimetres inside the beard's outline (> 0 inside) for points (..., 3) of the rest face."""
    x, y, z = np.abs(where[..., 0]), where[..., 1], where[..., 2]
    cheek = np.interp(x, [0, 1.5, 3.0, 4.5, 6.0, 7.2, 9.0], [-4.75, -4.9, -5.9, -6.6, -5.2, -2.2, -1.0])
    upper = cheek - y
    lower = y + 12.6 + np.clip(-z - 1, 0, 9) * 0.55
    mouth = np.sqrt((x / 2.75) ** 2 + ((y + 6.6) / 0.95) ** 2) - 1
    back = (z + 6.6) * 0.9
    result: NDArray[np.float32] = np.minimum(np.minimum(upper, lower), np.minimum(mouth * 1.4, back)).astype(np.float32)
    return result


def shaped_beard(where: NDArray[np.float32], shape: str) -> NDArray[np.float32]:
    """`beard_field` as it is worn: "full", "goatee" or "strap"."""
    inside, x, y = beard_field(where), np.abs(where[..., 0]), where[..., 1]
    if shape == "goatee":
        inside = np.minimum(inside, 3.3 - x)
    elif shape == "strap":
        inside = np.minimum(inside, np.maximum((x - 4.6) * 0.8, -7.9 - y))
    return inside.astype(np.float32)


def moustache_field(where: NDArray[np.float32], field: NDArray[np.float32]) -> NDArray[np.float32]:
    """`beard_field` for the upper lip alone."""
    x, y = np.abs(where[..., 0]), where[..., 1]
    inside = np.minimum(field, np.minimum(y + 6.5 + 0.25 * x, 3.2 - x))
    result: NDArray[np.float32] = inside.astype(np.float32)
    return result


def stubble(
    colour: NDArray[np.float32],
    height: NDArray[np.float32],
    gloss: NDArray[np.float32],
    look: Look,
    where: NDArray[np.float32],
    normal: NDArray[np.float32],
) -> None:
    """Stubble, moustache and beard, in place."""
    s = look.skin
    if not (s.stubble or s.beard or s.moustache):
        return
    rng = np.random.default_rng(look.seed + 77)
    grain = rng.random(colour.shape[:2]).astype(np.float32)
    dots = cv2.GaussianBlur(np.clip((grain - 0.55) * 3, 0, 1), (0, 0), 0.7)
    hairs = cv2.GaussianBlur(grain, (0, 0), sigmaX=2.6, sigmaY=0.7)  # the chart lies on its side: x is down
    hairs = (hairs - hairs.mean()) / hairs.std()
    field = beard_field(where)
    worn = field if s.beard_shape == "full" else shaped_beard(where, s.beard_shape)
    ink = linear(s.beard_colour)
    soft = np.clip((field + 0.35) / 1.5, 0, 1)
    thin = np.clip(1 - np.abs(where[..., 0]) / 9, 0.2, 1)
    shadow = np.clip(soft * s.stubble * (0.30 + 0.55 * dots) * thin, 0, 0.85)
    colour += (ink * 1.4 - colour) * shadow[..., None]
    gloss *= 1 - 0.5 * soft * s.stubble
    for amount, area, edge in ((s.beard, worn, 0.6), (s.moustache, moustache_field(where, field), 0.34)):
        if amount:
            cover = np.clip((area + 0.16 * hairs + 0.12) / edge, 0, 1) * amount
            strand = np.clip(0.85 + 0.32 * hairs, 0.3, 1.9)[..., None]
            colour += (ink * strand - colour) * np.clip(cover * 1.1, 0, 0.97)[..., None]
            height += 0.035 * hairs * cover
            gloss *= 1 - 0.8 * cover
