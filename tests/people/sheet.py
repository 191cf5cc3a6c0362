"""Something flat or bent held before the camera: a print or a display, in the light of the room and of the screen."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from tests.people.light import LIGHTS, Light
from tests.people.shape import rotation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tests.people.render import Scene

_STEP = 8  # pixels between the rays that are followed; between them coordinates run straight enough (under 0.1 px)


@dataclass(frozen=True, slots=True)
class Hold:
    """How a sheet is held.

    Attributes:
        yaw, pitch, roll: degrees, as for a head.
        bend: degrees of arc round a cylinder, bulging to the camera; negative: away.
        upright: the cylinder stands; else it lies.
        height: of the sheet, centimetres.
        distance: from the camera to the sheet's middle, centimetres.
        shift: (x, y) centimetres.
    """

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    bend: float = 0.0
    upright: bool = True
    height: float = 34.0
    distance: float = 50.0
    shift: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """A sheet as the camera sees it.

    Attributes:
        u, v: (H, W) float32, pixel of the sheet's picture at each camera pixel.
        light: (H, W, 3) float32 irradiance on it, linear RGB; 1 is about a lit room's.
    """

    u: NDArray[np.float32]
    v: NDArray[np.float32]
    light: NDArray[np.float32]


def lay(hold: Hold, picture: tuple[int, int], scene: Scene) -> Laid:
    """Follow the camera's rays to a sheet.

    Args:
        hold: how it is held.
        picture: (width, height) of what is on it, pixels.
        scene: the camera's size and view, and the light.
    """
    out_w, out_h = scene.size
    focal = out_h / 2 / np.tan(np.radians(scene.view) / 2)
    turn = rotation(hold.yaw, hold.pitch, hold.roll)
    columns, rows = -(-out_w // _STEP) + 1, -(-out_h // _STEP) + 1
    px, py = np.meshgrid(np.arange(columns) * _STEP, np.arange(rows) * _STEP)
    ray = np.stack([(px + 0.5 - out_w / 2) / focal, -(py + 0.5 - out_h / 2) / focal, -np.ones(px.shape)], -1)
    eye = turn.T @ np.array([-hold.shift[0], -hold.shift[1], hold.distance])
    ray = ray @ turn  # into the sheet's own frame
    width = hold.height * picture[0] / picture[1]
    if hold.upright:
        across, up, normal = _meet(eye, ray, width, hold.bend)
    else:
        swap = [1, 0, 2]
        up, across, normal = _meet(eye[swap], ray[..., swap], hold.height, hold.bend)
        normal = normal[..., swap]
    place = np.stack([across, up, np.zeros_like(up)], -1) @ turn.T
    lamps = LIGHTS[scene.light] if isinstance(scene.light, str) else scene.light
    coarse = np.dstack(
        [
            (across / width + 0.5) * picture[0] - 0.5,
            (0.5 - up / hold.height) * picture[1] - 0.5,
            irradiance(normal @ turn.T, lamps, place),
        ]
    ).astype(np.float32)
    grid = np.array([[1 / _STEP, 0, 0], [0, 1 / _STEP, 0]], np.float32)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    near, lit = (cv2.warpAffine(c, grid, scene.size, flags=flags) for c in (coarse[..., :2], coarse[..., 2:]))
    return Laid(np.ascontiguousarray(near[..., 0]), np.ascontiguousarray(near[..., 1]), np.asarray(lit, np.float32))


def sample(picture: NDArray[np.float32], laid: Laid) -> NDArray[np.float32]:
    """What of a picture (h, w, c) is seen at each camera pixel; 0 beside it."""
    out = cv2.remap(picture, laid.u, laid.v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    return np.asarray(out, np.float32)


def over(
    back: NDArray[np.float32], front: NDArray[np.float32], laid: Laid, size: tuple[int, int]
) -> NDArray[np.float32]:
    """Lay `front` (H, W, 3) over `back` where the sheet of `size` (width, height) pixels is."""
    inside = np.minimum(
        np.minimum(laid.u + 0.5, size[0] - 0.5 - laid.u), np.minimum(laid.v + 0.5, size[1] - 0.5 - laid.v)
    )
    alpha = np.clip(inside, 0, 1)[..., None]
    result: NDArray[np.float32] = back + (front - back) * alpha
    return result


def _meet(
    eye: NDArray[np.float64], ray: NDArray[np.float64], width: float, bend: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Where rays meet the sheet: centimetres along it (h, w), up (h, w), and its normal (h, w, 3)."""
    if abs(bend) < 0.5:
        t = np.clip(-eye[2] / ray[..., 2], 0, 1e5)
        hit = eye + t[..., None] * ray
        return hit[..., 0], hit[..., 1], np.broadcast_to(np.array([0.0, 0, 1]), ray.shape)
    radius = width / np.radians(bend)  # signed: the cylinder's axis lies at z = -radius
    oz = eye[2] + radius
    a = ray[..., 0] ** 2 + ray[..., 2] ** 2
    b = eye[0] * ray[..., 0] + oz * ray[..., 2]
    c = eye[0] ** 2 + oz**2 - radius**2
    root = b * b - a * c
    side = -1 if bend > 0 else 1  # the near wall of a bulge, the far wall of a hollow
    hit = eye + ((-b + side * np.sqrt(np.maximum(root, 0))) / a)[..., None] * ray
    way = np.sign(bend)
    theta = np.arctan2(hit[..., 0] * way, (hit[..., 2] + radius) * way)
    # rays that miss run on past the rim, beyond the sheet
    beyond = np.sign(theta) * (np.radians(abs(bend)) / 2 + 0.02 + np.sqrt(np.maximum(-root, 0)) / (a * abs(radius)))
    theta = np.where(root > 0, theta, beyond)
    normal = np.stack([way * np.sin(theta), np.zeros_like(theta), np.cos(theta)], -1)
    return theta * abs(radius), hit[..., 1], normal


def irradiance(normal: NDArray[Any], light: Light, place: NDArray[Any]) -> NDArray[np.float64]:
    """Light (h, w, 3) that falls on a matt surface; `place` in centimetres from where a face's eyes would be."""
    up = normal[..., 1:2] * 0.5 + 0.5
    total = up * np.array(light.sky) + (1 - up) * np.array(light.ground)
    for lamp in light.lamps:
        toward = np.array(lamp.place, float)
        gain: NDArray[np.float64] | float = 1.0
        if lamp.near:
            toward = toward - place
            gain = 3600 / (toward * toward).sum(-1, keepdims=True)
        toward = toward / np.linalg.norm(toward, axis=-1, keepdims=True)
        facing = np.clip((normal * toward).sum(-1, keepdims=True), 0, None)
        total = total + facing * gain * np.array(lamp.colour)
    return np.asarray(total, np.float64)


@functools.cache
def usual() -> NDArray[np.float64]:
    """Irradiance (3,) on a surface facing the camera in the usual room: what a print's ink was made for."""
    result: NDArray[np.float64] = irradiance(np.array([[[0, 0, 1.0]]]), LIGHTS["soft"], np.zeros((1, 1, 3)))[0, 0]
    return result


def linear(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Linear light (h, w, 3), 0..0.8, that a picture `uint8 RGB` shows when developed again."""
    return np.asarray(_decode()[picture], np.float32)


@functools.cache
def _decode() -> NDArray[np.float32]:
    table = (np.arange(256) / 255.0) ** 2.2
    # the inverse of the camera's tone curve, y = 1.22 x (1 + x/8) / (1 + 0.46 x)
    x = np.linspace(0, 1.5, 4000)
    result: NDArray[np.float32] = np.interp(table, 1.22 * x * (1 + x / 8) / (1 + 0.46 * x), x).astype(np.float32)
    return result
