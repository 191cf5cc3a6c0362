"""The renderer's loops over pixels, compiled (numba): the same sums as in numpy, without its temporary arrays.

Everything is float32 unless said otherwise; n is the number of pixels that a person covers.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numba
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NEAR = 1.0  # unit of depth (centimetres) from which anything is drawn
_ZERO, _ONE = np.float32(0), np.float32(1)


@numba.njit(cache=True)
def nearest(
    screen: NDArray[np.float32],
    triangles: NDArray[np.int32],
    bias: NDArray[np.float32],
    near: NDArray[np.float32],
    facing: float,
) -> NDArray[np.int32]:
    """One more than the nearest triangle at every pixel centre (height, width) int32; 0 where there is none.

    Args:
        screen: (v, 3) x and y in pixels (y down) and the depth of each corner.
        triangles: (m, 3) corner indices.
        bias: (m,) added to the depths of a triangle.
        near: (height, width) one through the depth of what is there already, 0 for nothing; changed in place.
        facing: sign of the areas that are drawn; 0 for all.
    """
    height, width = near.shape
    number = np.zeros((height, width), np.int32)
    half = np.float32(0.5)
    for t in range(len(triangles)):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ax, ay = screen[a, 0] - half, screen[a, 1] - half
        ux, uy = screen[b, 0] - screen[a, 0], screen[b, 1] - screen[a, 1]
        vx, vy = screen[c, 0] - screen[a, 0], screen[c, 1] - screen[a, 1]
        area = ux * vy - uy * vx
        az, bz, cz = screen[a, 2] + bias[t], screen[b, 2] + bias[t], screen[c, 2] + bias[t]
        if area * facing < 0 or abs(area) < 1e-9 or min(az, bz, cz) < _NEAR:
            continue
        scale = _ONE / area
        az, bz, cz = _ONE / az, _ONE / bz, _ONE / cz
        top = max(0, math.ceil(ay + min(uy, vy, _ZERO)))
        end = min(height - 1, math.floor(ay + max(uy, vy, _ZERO)))
        left = max(0, math.ceil(ax + min(ux, vx, _ZERO)))
        right = min(width - 1, math.floor(ax + max(ux, vx, _ZERO)))
        for y in range(top, end + 1):
            py = np.float32(y) - ay
            for x in range(left, right + 1):
                px = np.float32(x) - ax
                w1 = (px * vy - py * vx) * scale
                w2 = (py * ux - px * uy) * scale
                w0 = _ONE - w1 - w2
                if w0 < 0 or w1 < 0 or w2 < 0:
                    continue
                z = w0 * az + w1 * bz + w2 * cz
                if z > near[y, x]:
                    near[y, x] = z
                    number[y, x] = t + 1
    return number


@numba.njit(cache=True)
def covered(
    number: NDArray[np.int32], screen: NDArray[np.float32], triangles: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Where something was drawn, what, and perspective-correct weights of its corners.

    Args:
        number: (height, width) int32, one more than the triangle drawn there; 0 for none.
        screen: (v, 3) x and y in pixels and the depth of each corner.
        triangles: (m, 3) corner indices.

    Returns:
        Flat pixel indices (n,), triangles (n,), weights (n, 3) that sum to 1.
    """
    height, width = number.shape
    n = 0
    for y in range(height):
        for x in range(width):
            n += number[y, x] > 0
    pixels = np.empty(n, np.int64)
    won = np.empty(n, np.int64)
    weights = np.empty((n, 3), np.float32)
    k = 0
    for y in range(height):
        for x in range(width):
            if number[y, x] == 0:
                continue
            t = number[y, x] - 1
            a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
            ux, uy = screen[b, 0] - screen[a, 0], screen[b, 1] - screen[a, 1]
            vx, vy = screen[c, 0] - screen[a, 0], screen[c, 1] - screen[a, 1]
            px = np.float32(x + 0.5) - screen[a, 0]
            py = np.float32(y + 0.5) - screen[a, 1]
            scale = _ONE / (ux * vy - uy * vx)
            w1 = (px * vy - py * vx) * scale
            w2 = (py * ux - px * uy) * scale
            w0 = (_ONE - w1 - w2) / max(screen[a, 2], np.float32(1e-3))
            w1 /= max(screen[b, 2], np.float32(1e-3))
            w2 /= max(screen[c, 2], np.float32(1e-3))
            whole = _ONE / (w0 + w1 + w2)
            pixels[k], won[k] = y * width + x, t
            weights[k, 0], weights[k, 1], weights[k, 2] = w0 * whole, w1 * whole, w2 * whole
            k += 1
    return pixels, won, weights


@numba.njit(cache=True)
def mix(
    values: NDArray[np.float32], triangles: NDArray[np.int32], won: NDArray[np.int64], weights: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Corner values (v, c) at covered pixels: (n, c)."""
    n, columns = len(won), values.shape[1]
    out = np.empty((n, columns), np.float32)
    for k in range(n):
        a, b, c = triangles[won[k], 0], triangles[won[k], 1], triangles[won[k], 2]
        for j in range(columns):
            out[k, j] = values[a, j] * weights[k, 0] + values[b, j] * weights[k, 1] + values[c, j] * weights[k, 2]
    return out


@numba.njit(cache=True)
def shade(
    place: NDArray[np.float32],
    normal: NDArray[np.float32],
    colour: NDArray[np.float32],
    rough: NDArray[np.float32],
    wrap: NDArray[np.float32],
    sky: NDArray[np.float32],
    lamps: NDArray[np.float32],
    eye: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Linear light (n, 3) that a surface sends to the camera: soft light of a room, and lamps with a GGX-like glint.

    Args:
        place: (n, 3) centimetres.
        normal: (n, 3), of length 1.
        colour: (n, 3) linear RGB.
        rough: (n, 3) roughness, specular reflection, and how much of the room each point sees, 0 to 1.
        wrap: (n, 3) softness of the terminator, of each colour.
        sky: (2, 3) linear RGB from above and below.
        lamps: (l, 7) place and colour of each, and whether it is near (1: its place is in centimetres and it fades) or
            far (0: its place is a direction).
        eye: (3,) the camera, centimetres.
    """
    n = len(place)
    out = np.empty((n, 3), np.float32)
    glint = np.empty(3, np.float32)
    for k in range(n):
        px, py, pz = place[k, 0], place[k, 1], place[k, 2]
        nx, ny, nz = normal[k, 0], normal[k, 1], normal[k, 2]
        ex, ey, ez = eye[0] - px, eye[1] - py, eye[2] - pz
        scale = _ONE / math.sqrt(ex * ex + ey * ey + ez * ez)
        ex, ey, ez = ex * scale, ey * scale, ez * scale
        open_ = rough[k, 2]
        up = (ny * np.float32(0.5) + np.float32(0.5)) * open_
        shadow = math.sqrt(open_)
        a2 = min(max(rough[k, 0], np.float32(0.05)), _ONE)
        a2 *= a2
        a2 *= a2
        shine = rough[k, 1] * np.float32(0.25 / math.pi) * a2
        for j in range(3):
            out[k, j] = up * sky[0, j] + (open_ - up) * sky[1, j]
            glint[j] = 0
        for i in range(len(lamps)):
            lamp = lamps[i]
            lx, ly, lz = lamp[0], lamp[1], lamp[2]
            gain = shadow
            if lamp[6] > 0:
                lx, ly, lz = lx - px, ly - py, lz - pz
                gain *= np.float32(3600) / (lx * lx + ly * ly + lz * lz)
            scale = _ONE / math.sqrt(lx * lx + ly * ly + lz * lz)
            lx, ly, lz = lx * scale, ly * scale, lz * scale
            facing = nx * lx + ny * ly + nz * lz
            hx, hy, hz = lx + ex, ly + ey, lz + ez
            scale = _ONE / math.sqrt(hx * hx + hy * hy + hz * hz)
            hx, hy, hz = hx * scale, hy * scale, hz * scale
            nh = min(max(nx * hx + ny * hy + nz * hz, _ZERO), _ONE)
            vh = min(max(_ONE - (ex * hx + ey * hy + ez * hz), _ZERO), _ONE)
            q = nh * nh * (a2 - _ONE) + _ONE
            lobe = shine / (q * q + np.float32(1e-6)) * (_ONE + np.float32(14) * vh * vh * vh * vh * vh)
            lobe = min(lobe * min(max(facing, _ZERO), _ONE), np.float32(4)) * gain
            for j in range(3):
                soft = wrap[k, j]
                out[k, j] += max((facing + soft) / (_ONE + soft), _ZERO) * gain * lamp[3 + j]
                glint[j] += lobe * lamp[3 + j]
        for j in range(3):
            out[k, j] = out[k, j] * colour[k, j] + glint[j]
    return out


@numba.njit(cache=True)
def paint(
    some: NDArray[np.int64],
    painted: NDArray[np.float32],
    relief: NDArray[np.float32],
    turn: NDArray[np.float32],
    bleed: NDArray[np.float32],
    colour: NDArray[np.float32],
    normal: NDArray[np.float32],
    specular: NDArray[np.float32],
    wrap: NDArray[np.float32],
) -> None:
    """Lay painted skin on some of the pixels, in place.

    Args:
        some: (k,) which.
        painted: (k, 4) linear RGB and how bare the skin is: hair and beards neither shine nor glow.
        relief: (k, 3) what is added to the normal, before the head's `turn` (3, 3).
        bleed: (3,) softness of the terminator on bare skin.
        colour, normal, specular, wrap: of the surface (n, 3), (n, 3), (n,), (n, 3).
    """
    for k in range(len(some)):
        i = some[k]
        bare = min(max((painted[k, 3] - np.float32(0.35)) / np.float32(0.25), _ZERO), _ONE)
        specular[i] *= painted[k, 3]
        square = _ZERO
        for j in range(3):
            colour[i, j] = painted[k, j]
            wrap[i, j] = bleed[j] * bare
            normal[i, j] += relief[k, 0] * turn[j, 0] + relief[k, 1] * turn[j, 1] + relief[k, 2] * turn[j, 2]
            square += normal[i, j] * normal[i, j]
        scale = _ONE / (math.sqrt(square) + np.float32(1e-9))
        for j in range(3):
            normal[i, j] *= scale


@numba.njit(cache=True)
def expose(
    light: NDArray[np.float32],
    gain: NDArray[np.float32],
    curve: NDArray[np.float32],
    grain: NDArray[np.float32],
    noise: float,
) -> NDArray[np.uint8]:
    """Display values `uint8 RGB (H, W, 3)` of linear light (H, W, 3): `curve` of light times `gain` (3,), and noise.

    Args:
        light: linear RGB (H, W, 3).
        gain: (3,) from linear light to indices of `curve`.
        curve: (c,) grey values.
        grain: (H, W, 3) noise of standard deviation 1.
        noise: grey values by which it is amplified.
    """
    height, width, _ = light.shape
    out = np.empty((height, width, 3), np.uint8)
    top = np.float32(len(curve) - 1)
    for y in range(height):
        for x in range(width):
            for j in range(3):
                at = int(min(max(light[y, x, j] * gain[j], _ZERO), top))
                value = curve[at] + grain[y, x, j] * np.float32(noise) + np.float32(0.5)
                out[y, x, j] = int(min(max(value, _ZERO), np.float32(255)))
    return out
