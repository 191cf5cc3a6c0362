"""Attacks with a flat copy of a person: a print or a screen held before the camera, and a puppet moved by warping.

For tests of presentation-attack detection (ISO/IEC 30107-3: instruments of the species print, display and warp).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from tests.people import camera
from tests.people.light import LIGHTS, Light
from tests.people.shape import rotation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.faces import Face


def flat(
    picture: NDArray[np.uint8],
    yaw: float = 0.0,
    pitch: float = 0.0,
    roll: float = 0.0,
    bend: float = 0.0,
    *,
    size: tuple[int, int] = (640, 480),
    height: float = 42.0,
    distance: float = 62.0,
    view: float = 37.0,
    shift: tuple[float, float] = (0.0, 0.0),
    pivot: tuple[float, float] = (0.0, 0.0),
    light: str | Light = "soft",
    background: int = 5,
    glow: bool = False,
    exposure: float = 1.0,
    noise: float = 1.2,
    blur: float = 0.62,
    seed: int = 0,
) -> NDArray[np.uint8]:
    """A print (or, with `glow`, a screen) of `picture` before the camera, `uint8 RGB (H, W, 3)`.

    Args:
        picture: `uint8 RGB` of any size.
        yaw, pitch, roll: of the sheet, degrees; yaw > 0 it faces the image's right, as for a head.
        bend: degrees of arc the sheet is bent round a vertical cylinder, bulging to the camera; negative: away.
        size: (width, height) of the result.
        height: of the sheet, centimetres; 42 at the default distance fills the picture.
        distance, view, shift: as in `render.Scene`.
        pivot: (x, y) centimetres on the sheet about which it turns.
        light: the room's light; a print reflects it, a screen (`glow`) hardly does.
        background: seed of the room behind.
        exposure, noise, blur, seed: of the camera.
    """
    lamps = LIGHTS[light] if isinstance(light, str) else light
    out_w, out_h = size
    focal = out_h / 2 / np.tan(np.radians(view) / 2)
    turn = rotation(yaw, pitch, roll)
    px, py = np.meshgrid(np.arange(out_w) + 0.5, np.arange(out_h) + 0.5)
    ray = np.stack([(px - out_w / 2) / focal, -(py - out_h / 2) / focal, -np.ones_like(px)], -1).astype(np.float32)
    hinge = np.array([pivot[0], pivot[1], 0], np.float32)
    eye = turn.T @ (np.array([-shift[0], -shift[1], distance], np.float32) - hinge) + hinge
    ray = ray @ turn  # into the sheet's own frame
    width = height * picture.shape[1] / picture.shape[0]
    across, up, normal = _meet(eye, ray, width, bend)
    u = (across / width + 0.5) * picture.shape[1] - 0.5
    v = (0.5 - up / height) * picture.shape[0] - 0.5
    linear = (picture.astype(np.float32) / 255) ** np.float32(2.2)
    shown = _sample(linear, u, v, cv2.BORDER_CONSTANT)
    alpha = _sample(np.ones(picture.shape[:2], np.float32), u, v, cv2.BORDER_CONSTANT)
    lit = _irradiance(normal @ turn.T, lamps, np.stack([across, up, np.zeros_like(up)], -1) @ turn.T)
    facing = _irradiance(np.array([[[0, 0, 1.0]]], np.float32), LIGHTS["soft"], np.zeros((1, 1, 3), np.float32))
    gain = (0.9 + 0.06 * lit / facing) if glow else lit / facing
    back = camera.room(background, size) * np.array(lamps.room, np.float32)
    result = back + (shown * gain * 0.8 - back) * alpha[..., None]
    return camera.develop(result.astype(np.float32), exposure=exposure, blur=blur, noise=noise, jpeg=0, seed=seed)


def _meet(
    eye: NDArray[np.float32], ray: NDArray[np.float32], width: float, bend: float
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Where rays meet the sheet: centimetres along it (h, w), up (h, w), and its normal (h, w, 3); far off: 1e6."""
    if abs(bend) < 0.5:
        t = -eye[2] / ray[..., 2]
        hit = eye + t[..., None] * ray
        across = np.where(t > 0, hit[..., 0], 1e6)
        return across, hit[..., 1], np.broadcast_to(np.array([0, 0, 1], np.float32), ray.shape)
    arc = np.radians(bend)
    radius = width / arc  # signed: the cylinder's axis lies at z = -radius
    oz = eye[2] + radius
    a = ray[..., 0] ** 2 + ray[..., 2] ** 2
    b = eye[0] * ray[..., 0] + oz * ray[..., 2]
    c = eye[0] ** 2 + oz**2 - radius**2
    root = b * b - a * c
    ok = root > 0
    side = -1 if bend > 0 else 1  # the near wall of a bulge, the far wall of a hollow
    t = (-b + side * np.sqrt(np.maximum(root, 0))) / a
    hit = eye + t[..., None] * ray
    theta = np.arctan2(hit[..., 0] * np.sign(bend), (hit[..., 2] + radius) * np.sign(bend))
    across = np.where(ok & (t > 0) & (np.abs(theta) <= abs(arc) / 2), theta * abs(radius), 1e6)
    outward = np.sign(bend)
    normal = np.stack([outward * np.sin(theta), np.zeros_like(theta), np.cos(theta)], -1)
    return across.astype(np.float32), hit[..., 1], normal.astype(np.float32)


def _irradiance(normal: NDArray[np.float32], light: Light, place: NDArray[np.float32]) -> NDArray[np.float32]:
    """Light (h, w, 3) that falls on a matt surface."""
    up = normal[..., 1:2] * 0.5 + 0.5
    total = up * np.array(light.sky, np.float32) + (1 - up) * np.array(light.ground, np.float32)
    for lamp in light.lamps:
        toward = np.array(lamp.place, np.float32)
        gain: NDArray[np.float32] | float = 1.0
        if lamp.near:
            toward = toward - place
            gain = 3600 / (toward * toward).sum(-1, keepdims=True)
        toward = toward / np.linalg.norm(toward, axis=-1, keepdims=True)
        facing = np.clip((normal * toward).sum(-1, keepdims=True), 0, None)
        total = total + facing * gain * np.array(lamp.colour, np.float32)
    return np.asarray(total, np.float32)


def _sample(picture: NDArray[Any], u: NDArray[np.float32], v: NDArray[np.float32], border: int) -> NDArray[Any]:
    out = cv2.remap(picture, u.astype(np.float32), v.astype(np.float32), cv2.INTER_LINEAR, borderMode=border)
    return np.asarray(out, picture.dtype)


def puppet(
    picture: NDArray[np.uint8], face: Face, *, blink: float = 0.0, mouth: float = 0.0, smile: float = 0.0
) -> NDArray[np.uint8]:
    """A still picture brought to life by warping: lids drawn down, the jaw dropped, the mouth's corners raised.

    Args:
        picture: `uint8 RGB (H, W, 3)`.
        face: the face to move, as measured in `picture`.
        blink, mouth, smile: 0..1.
    """
    h, w = picture.shape[:2]
    x, y = np.meshgrid(np.arange(w, dtype=np.float32), np.arange(h, dtype=np.float32))
    u, v = x.copy(), y.copy()
    mesh = face.mesh[:, :2]
    for outer, inner, top, bottom, brow in ((33, 133, 159, 145, 105), (263, 362, 386, 374, 334)):
        if blink <= 0:
            break
        middle, half = (mesh[outer] + mesh[inner]) / 2, np.linalg.norm(mesh[outer] - mesh[inner]) / 2
        column = np.clip(1.25 - np.abs(x - middle[0]) / half, 0, 1)
        arch = np.sqrt(np.clip(1 - ((x - middle[0]) / (half * 1.15)) ** 2, 0, 1))
        low = middle[1] + (mesh[bottom, 1] - middle[1] + 0.2 * half) * arch
        lid = middle[1] + (mesh[top, 1] - middle[1]) * arch - 0.12 * half
        ridge = mesh[brow, 1]
        shut = lid + (low - lid) * blink
        inside = (y > ridge) & (y < shut) & (column > 0)
        source = ridge + (y - ridge) * (lid - ridge) / np.maximum(shut - ridge, 1)
        v = np.where(inside, y + (source - y) * np.clip(column * 4, 0, 1), v)
    left, right, seam = mesh[78], mesh[308], (mesh[13] + mesh[14]) / 2
    wide = float(np.linalg.norm(right - left))
    if smile > 0:
        for corner, side in ((mesh[61], -1), (mesh[291], 1)):
            near = np.exp(-((x - corner[0]) ** 2 + (y - corner[1]) ** 2) / (2 * (0.45 * wide) ** 2)) * smile
            u -= side * 0.3 * wide * near
            v += 0.22 * wide * near
    gap = 0.75 * wide * mouth
    if gap > 0.5:
        bow = np.sqrt(np.clip(1 - ((x - seam[0]) / (0.55 * wide)) ** 2, 0, 1))
        chin = float(mesh[152, 1])
        reach = np.clip(1 - (y - chin) / (0.5 * wide), 0, 1)
        spread = np.exp(-(((x - seam[0]) / (1.3 * wide)) ** 2))
        fall = gap * np.where(np.abs(x - seam[0]) < 0.55 * wide, np.maximum(bow, 0.0), 0.0)
        fall = cv2.GaussianBlur((fall * spread).astype(np.float32), (0, 0), 0.04 * wide)
        below = y > seam[1] + fall
        v = np.where(below, v - fall * reach, v)
        out = _sample(picture, u, v, cv2.BORDER_REPLICATE)
        hole = ((y > seam[1]) & ~below & (fall > 1)).astype(np.float32)
        hole = cv2.GaussianBlur(hole, (0, 0), 1.2)[..., None]
        return np.asarray(out * (1 - hole) + np.array([52, 18, 18]) * hole, np.float32).round().astype(np.uint8)
    return _sample(picture, u, v, cv2.BORDER_REPLICATE)
