"""Pictures moved by warping: what an attacker's program makes of one photograph, without a model of the head.

All in the picture's own pixels. A face's depth is guessed from its landmarks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from models import topology
from tests.people.flat import puppet
from tests.people.light import Rgb

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.faces import Face

PIVOT: Final = 0.85
"""Eye distances from the plane of the eyes back to the axis of the turn: a head's is at 1.5, but then hair tears."""
_SHUT, _OPEN = (0.0, 0.5, 1.0), (0.0, 0.35, 0.7, 1.0)
_LIDS: Final = (
    ((33, 246, 161, 160, 159, 158, 157, 173, 133), (33, 7, 163, 144, 145, 153, 154, 155, 133), 105),
    ((362, 398, 384, 385, 386, 387, 388, 466, 263), (362, 382, 381, 380, 374, 373, 390, 249, 263), 334),
)
"""Upper and lower rim of each eye in the face mesh, from the image's left to its right, and a point of the brow."""
_COARSE = 6  # pixels a side of the cells in which depth is worked out


class Warped:
    """One photograph of a face that can be turned, nodded, brought nearer, made to blink and to open its mouth.

    Args:
        picture: `uint8 RGB (H, W, 3)`.
        face: as measured in it.
        depth: share of the landmarks' depth that the warp uses; 0 turns the face as a plane.
    """

    def __init__(self, picture: NDArray[np.uint8], face: Face, depth: float = 0.45) -> None:
        self.picture, self.face, self.depth = picture, face, depth
        self._bank: dict[tuple[int, int], NDArray[np.uint8]] = {}
        h, w = picture.shape[:2]
        x, y = np.meshgrid(np.arange(w, dtype=np.float32), np.arange(h, dtype=np.float32))
        self._x, self._y = x, y
        middle = face.mesh[[33, 133, 263, 362], :2].mean(0)
        self._dx, self._dy = x - np.float32(middle[0]), y - np.float32(middle[1])
        self.relief, self.mask = relief(face, (h, w))
        self.head = head(face, (h, w))

    def moved(
        self,
        yaw: float = 0.0,
        pitch: float = 0.0,
        *,
        blink: float = 0.0,
        mouth: float = 0.0,
        nearer: float = 0.0,
        base: NDArray[np.uint8] | None = None,
    ) -> NDArray[np.uint8]:
        """The picture with the face moved, `uint8 RGB`.

        Args:
            yaw, pitch: degrees to the image's right and up, that the landmarks' depth is turned.
            blink, mouth: 0..1.
            nearer: share by which the whole is enlarged.
            base: another picture of the same size, moved by the same depths.
        """
        base = self._posed(blink, mouth) if base is None else base
        if max(abs(yaw), abs(pitch)) < 0.05 and abs(nearer) < 1e-3:
            return base.copy()
        unit = np.float32(self.face.eye_distance)
        z = self.relief * np.float32(self.depth) * unit + np.float32(PIVOT) * unit
        a, b = np.radians(np.clip([yaw, pitch], -80, 80))
        narrow, low = np.cos(np.clip([a, b], -0.5, 0.5))  # a face narrowed further than that looks squeezed
        # backwards: what stood at the place that is now looked at; exact to the first order in the turn
        shift_x = self._dx * np.float32(narrow - 1) + z * np.float32(np.sin(a))
        shift_y = self._dy * np.float32(low - 1) - z * np.float32(np.sin(b))
        zoom = np.float32(1 / (1 - nearer))
        h, w = base.shape[:2]
        u = (self._x - w / 2) / zoom + w / 2
        v = (self._y - h / 2) / zoom + h / 2
        moving = np.dstack([shift_x * self.head, shift_y * self.head])
        first = cv2.remap(moving, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        back = cv2.remap(
            moving, u - first[..., 0], v - first[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        out = cv2.remap(base, u - back[..., 0], v - back[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(out, np.uint8)

    def _posed(self, blink: float, mouth: float) -> NDArray[np.uint8]:
        key = (int(np.abs(np.array(_SHUT) - blink).argmin()), int(np.abs(np.array(_OPEN) - mouth).argmin()))
        if key not in self._bank:
            shut, gape = _SHUT[key[0]], _OPEN[key[1]]
            plain = not shut and not gape
            moved = self.picture if plain else puppet(self.picture, self.face, mouth=gape)
            self._bank[key] = closed(moved, self.face, shut) if shut else moved
        return self._bank[key]


def closed(picture: NDArray[np.uint8], face: Face, amount: float = 1.0) -> NDArray[np.uint8]:
    """The picture with the upper lids' skin drawn down over the eyes, `amount` 0..1 of the way to the lower lids."""
    out = picture.copy()
    for upper, lower, brow in _LIDS:
        top, low = face.mesh[list(upper), :2], face.mesh[list(lower), :2]
        width = float(top[-1, 0] - top[0, 0])
        x0, x1 = int(np.floor(top[0, 0] - 0.12 * width)), int(np.ceil(top[-1, 0] + 0.12 * width))
        x = np.arange(x0, x1 + 1)
        # the rims lie a little outside the landmarks' lines
        lift = 0.05 * width
        roof, floor = np.interp(x, top[:, 0], top[:, 1]) - lift, np.interp(x, low[:, 0], low[:, 1]) + lift
        crease = np.minimum(roof - 2, roof - 0.75 * (roof - face.mesh[brow, 1]).clip(3))
        rim = roof + (floor - roof) * amount
        y0, y1 = int(crease.min()) - 1, int(rim.max()) + 2
        y = np.arange(y0, y1 + 1)[:, None]
        inside = (y > crease) & (y <= rim)
        source = np.where(inside, crease + (y - crease) * (roof - crease) / (rim - crease), y)
        across = np.broadcast_to(x.astype(np.float32), source.shape)
        drawn = cv2.remap(picture, np.ascontiguousarray(across), source.astype(np.float32), cv2.INTER_LINEAR)
        fade = np.clip(np.minimum(x - x0, x1 - x) / (0.1 * width), 0, 1)[None, :, None]
        patch = out[y0 : y1 + 1, x0 : x1 + 1]
        patch[:] = (patch + (drawn.astype(np.float32) - patch) * fade + 0.5).astype(np.uint8)
    return out


def relief(face: Face, shape: tuple[int, int]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Depth (h, w) of a face towards the camera in eye distances, from its landmarks, and a soft mask of the face."""
    h, w = shape
    mesh = face.mesh
    eyes = mesh[[33, 133, 263, 362], 2].mean()
    big = np.clip(_between(face, shape, -(mesh[:, 2] - eyes) / face.eye_distance, 0.14), -1.2, 1.2)
    hull = cv2.convexHull(mesh[:, :2].astype(np.float32)).astype(np.int32)
    mask = np.zeros((h, w), np.float32)
    cv2.fillConvexPoly(mask, hull, 1.0)
    soft = np.asarray(cv2.GaussianBlur(mask, (0, 0), 0.10 * face.eye_distance), np.float32)
    return big.astype(np.float32), soft


def _between(face: Face, shape: tuple[int, int], values: NDArray[np.float64], reach: float) -> NDArray[np.float32]:
    """Values at the 468 landmarks spread over the picture (h, w); `reach` in eye distances."""
    h, w = shape
    columns, rows = -(-w // _COARSE), -(-h // _COARSE)
    x, y = np.meshgrid((np.arange(columns) + 0.5) * _COARSE, (np.arange(rows) + 0.5) * _COARSE)
    gap = ((x[..., None] - face.mesh[:, 0]) ** 2 + (y[..., None] - face.mesh[:, 1]) ** 2) / face.eye_distance**2
    weight = np.exp(-gap / (2 * reach**2)) + 1e-9 * np.exp(-gap / (2 * 1.2**2))
    coarse = (weight * values).sum(-1) / np.maximum(weight.sum(-1), 1e-30)
    return np.asarray(cv2.resize(coarse.astype(np.float32), (w, h), interpolation=cv2.INTER_LINEAR), np.float32)


def head(face: Face, shape: tuple[int, int]) -> NDArray[np.float32]:
    """Soft mask (h, w) of the whole head: what a warp takes along."""
    h, w = shape
    box = face.mesh[:, :2]
    middle, span = box.mean(0), np.ptp(box, axis=0)
    mask = np.zeros((h, w), np.float32)
    centre = (int(middle[0]), int(middle[1] - 0.12 * span[1]))
    cv2.ellipse(mask, centre, (int(0.92 * span[0]), int(1.0 * span[1])), 0, 0, 360, 1.0, -1)
    result: NDArray[np.float32] = np.asarray(cv2.GaussianBlur(mask, (0, 0), 0.7 * face.eye_distance), np.float32)
    return result


def shading(face: Face, shape: tuple[int, int]) -> NDArray[np.float32]:
    """How a screen before the face would light it (h, w), about 1 where skin faces it: an attacker's guess.

    Lambert's law and the square of the distance on the canonical head that everybody's landmarks are fitted with,
    half a metre from a screen a little below the camera. Neck and hair are guessed darker, the room hardly lit.
    """
    points = np.add(topology.CANONICAL, (0.0, 0.0, 50.0))  # y down, z away from the camera
    corner = points[topology.TRIANGLES]
    across = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    normal = np.zeros_like(points)
    for k in range(3):
        np.add.at(normal, topology.TRIANGLES[:, k], across)
    normal *= -np.sign(normal[4, 2]) / np.maximum(np.linalg.norm(normal, axis=1), 1e-9)[:, None]
    toward = np.array([0.0, 9.0, 0.0]) - points
    distance = np.linalg.norm(toward, axis=1)
    light = np.clip((normal * toward).sum(1) / distance, 0, 1) * (45 / distance) ** 2
    h, w = shape
    spread = _between(face, (h, w), light, 0.11)
    _, soft = relief(face, shape)
    round_about = 0.07 + 0.45 * head(face, shape)
    result: NDArray[np.float32] = np.asarray(spread * soft + round_about * (1 - soft), np.float32)
    return result


def tinted(
    picture: NDArray[np.uint8], colour: Rgb, strength: float, where: NDArray[np.float32] | None = None
) -> NDArray[np.uint8]:
    """The picture as if a light of `colour` were added to the one it was taken in, `uint8 RGB`.

    Args:
        picture: `uint8 RGB (H, W, 3)`.
        colour: linear RGB 0..1.
        strength: of full colour, against the light that was there.
        where: (H, W) share of the light that each pixel gets; all of it by default.
    """
    if where is None:
        rows = [np.clip(np.arange(256) * (1 + strength * c) ** (1 / 2.2), 0, 255) for c in colour]
        table = np.stack(rows, -1).round().astype(np.uint8)[None]
        return np.asarray(cv2.LUT(picture, np.ascontiguousarray(table)), np.uint8)
    out = picture.astype(np.float32)
    for channel, c in enumerate(colour):
        if c > 0:
            out[..., channel] *= cv2.pow(1 + np.float32(strength * c) * where, 1 / 2.2)
    return np.asarray(np.minimum(out, 255).astype(np.uint8), np.uint8)
