"""Flat things before the camera: prints of a photograph, masks cut from one, and displays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from models.faces import Face, similarity
from tests.people import Scene, sheet
from tests.people.render import background
from tests.people.sheet import Hold

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tests.people import Light

RIGHT_EYE: Final = (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7)
LEFT_EYE: Final = (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249)
MOUTH: Final = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146)
"""Outlines of eyes and lips in the face mesh."""


def behind(scene: Scene, light: Light) -> NDArray[np.float32]:
    """The room (H, W, 3)."""
    return background(scene, light).astype(np.float32)


class Print:
    """A photograph printed on matt paper.

    Args:
        photo: `uint8 RGB`.
        seed: of the printer: its ink's density and cast, and a trace of grain.
    """

    def __init__(self, photo: NDArray[np.uint8], seed: int) -> None:
        rng = np.random.default_rng((seed, 31))
        ink = rng.uniform(0.85, 1.0) * (1 + rng.uniform(-0.06, 0.06, 3))
        grain = rng.normal(0, float(rng.uniform(0.005, 0.03)), photo.shape[:2])[..., None]
        paper = 0.012 + sheet.linear(photo) * (ink / sheet.usual()) * (1 + grain)
        self.texture = np.asarray(cv2.GaussianBlur(paper.astype(np.float32), (0, 0), rng.uniform(0.4, 1.0)), np.float32)
        self.size = (photo.shape[1], photo.shape[0])

    def light(
        self, hold: Hold, scene: Scene, light: Light, texture: NDArray[np.float32] | None = None
    ) -> NDArray[np.float32]:
        """What the camera gets (H, W, 3), linear; `texture` in place of its own."""
        laid = sheet.lay(hold, self.size, replace(scene, light=light))
        shown = sheet.sample(self.texture if texture is None else texture, laid)
        return sheet.over(behind(scene, light), shown * laid.light, laid, self.size)


class Cutout(Print):
    """A print with holes for eyes and mouth; behind them the eyes and mouth of who wears it.

    Args:
        photo, face: the victim's picture and the face in it.
        wearer: pictures of who wears it, by (blink, mouth): `uint8 RGB`, all with the face where `worn` is.
        worn: the wearer's face in those pictures.
    """

    def __init__(
        self,
        photo: NDArray[np.uint8],
        face: Face,
        wearer: dict[tuple[float, float], NDArray[np.uint8]],
        worn: Face,
        seed: int,
    ) -> None:
        super().__init__(photo, seed)
        h, w = photo.shape[:2]
        self._holes = np.zeros((h, w), np.float32)
        # lids wink above and below the eye, and a jaw drops: holes are cut larger than what they show
        for ring, wide, tall, drop in (
            (RIGHT_EYE, 1.35, 2.3, 0.0),
            (LEFT_EYE, 1.35, 2.3, 0.0),
            (MOUTH, 1.25, 3.1, 0.75),
        ):
            edge = face.mesh[list(ring), :2]
            middle, span = edge.mean(0), np.ptp(edge[:, 1])
            cut = middle + (edge - middle) * (wide, tall) + (0, drop * span)
            cv2.fillPoly(self._holes, [cv2.convexHull(cut.astype(np.float32)).astype(np.int32)], 1.0)
        rim = cv2.GaussianBlur(self._holes, (0, 0), 5.0)
        self._holes = np.asarray(cv2.GaussianBlur(self._holes, (0, 0), 0.8)[..., None], np.float32)
        shade = (0.35 + 0.65 * np.clip((rim - 0.5) * 2.2, 0, 1))[..., None]  # the paper's edge casts a shadow
        rings = [*RIGHT_EYE, *LEFT_EYE, *MOUTH]
        onto = similarity(worn.mesh[rings, :2], face.mesh[rings, :2])
        self._worn: dict[tuple[float, float], NDArray[np.float32]] = {}
        for key, picture in wearer.items():
            live = cv2.warpAffine(picture, onto, (w, h), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            skin = sheet.linear(np.asarray(live, np.uint8)) * (shade / sheet.usual())
            mixed = self.texture + (skin - self.texture) * self._holes
            self._worn[key] = mixed.astype(np.float32)

    def worn(self, blink: float, mouth: float) -> NDArray[np.float32]:
        """The sheet with eyes and mouth in the holes, as near as there is one."""
        key = min(self._worn, key=lambda k: (k[0] - blink) ** 2 + (k[1] - mouth) ** 2)
        return self._worn[key]


@dataclass(frozen=True, slots=True)
class Panel:
    """What kind of display it is.

    Attributes:
        emission: its white against a lit room's.
        gamma, cast: of its pixels.
        diffuse: share of the light on it that its surface scatters.
        glare: share that it mirrors.
        spot, spread: where the mirrored screen stands in its picture (x, y), 0..1, and how blurred it is.
        moire: depth of the beat between its pixels and the camera's, 0..0.1.
        pitch: its pixels for each pixel of the picture it shows.
        cover: height of its picture against the camera's view.
        distance: centimetres.
        bezel: width of the frame, share of the height.
    """

    emission: float
    gamma: float
    cast: tuple[float, float, float]
    diffuse: float
    glare: float
    spot: tuple[float, float]
    spread: float
    moire: float
    pitch: float
    cover: float
    distance: float
    bezel: float


def panel(seed: int) -> Panel:
    """A display drawn at random."""
    rng = np.random.default_rng((seed, 32))
    cast = 1 + rng.uniform(-0.08, 0.08, 3)
    return Panel(
        float(rng.uniform(0.8, 1.6)), float(rng.uniform(0.9, 1.15)), (float(cast[0]), float(cast[1]), float(cast[2])),
        float(rng.uniform(0.01, 0.05)), float(rng.uniform(0.0, 0.04)),
        (float(rng.uniform(0.3, 0.7)), float(rng.uniform(0.45, 0.95))), float(rng.uniform(0.1, 0.3)),
        float(rng.uniform(0.0, 0.1)), float(rng.uniform(1.9, 3.6)), float(rng.uniform(0.95, 1.2)),
        float(rng.uniform(38, 60)), 0.06,
    )  # fmt: skip


class Display:
    """A telephone, tablet or monitor that shows the victim to the camera.

    Its surface reflects the room and the challenge's colours as a veil; the colours of its own picture are those of
    when that was taken.
    """

    def __init__(self, kind: Panel) -> None:
        self.panel = kind
        # a display on a stand is looked at from the same place all the time
        self._laid: dict[tuple[Hold, tuple[int, int], Light], tuple[NDArray[np.float32], ...]] = {}
        self._table = np.asarray(sheet.linear(np.arange(256, dtype=np.uint8)[None])[0] ** kind.gamma, np.float32)

    def light(
        self, picture: NDArray[np.uint8], hold: Hold, scene: Scene, light: Light, colour: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """What the camera gets (H, W, 3), linear.

        Args:
            picture: shown now, `uint8 RGB`.
            hold: how it is held; size and distance are the panel's.
            scene: the camera.
            light: of room and screen.
            colour: (3,) light of the challenge's screen, which stands beside the camera: it is mirrored.
        """
        p, (h, w) = self.panel, picture.shape[:2]
        rim = round(p.bezel * h)
        key = (hold, scene.size, light)
        if key not in self._laid:
            if len(self._laid) > 12:
                self._laid.clear()
            self._laid[key] = self._lay(hold, (w, h), rim, replace(scene, light=light), colour)
        u, v, gain, veil, alpha = self._laid[key]
        shown: NDArray[np.float32] = self._table[
            cv2.remap(picture, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        ]
        shown *= gain
        shown += veil
        back = behind(scene, light)
        shown -= back
        shown *= alpha
        shown += back
        return shown

    def _lay(
        self, hold: Hold, picture: tuple[int, int], rim: int, scene: Scene, colour: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], ...]:
        """Where each camera pixel looks in the picture, what it multiplies, what it adds, and whether it hits."""
        p, (w, h) = self.panel, picture
        size = (w + 2 * rim, h + 2 * rim)
        height = p.cover * 2 * p.distance * np.tan(np.radians(scene.view) / 2) * size[1] / h
        laid = sheet.lay(replace(hold, height=float(height), distance=p.distance), size, scene)
        u, v = laid.u - np.float32(rim), laid.v - np.float32(rim)
        inside = np.clip(np.minimum(np.minimum(u + 0.5, w - 0.5 - u), np.minimum(v + 0.5, h - 0.5 - v)), 0, 1)
        beat = np.ones_like(u)
        if p.moire > 0:
            phase = np.float32(2 * np.pi * p.pitch)
            beat += np.float32(p.moire * 0.6) * (np.cos(u * phase) + 0.5 * np.cos(v * phase))
        gain = (beat * inside)[..., None] * (np.array(p.cast, np.float32) * np.float32(p.emission))
        far = ((u / w - p.spot[0]) / p.spread) ** 2 + ((v / h - p.spot[1]) / p.spread) ** 2
        mirror = np.exp(-0.5 * np.minimum(far, 40.0))[..., None] * (np.float32(p.glare * 3) * colour)
        veil = (laid.light * np.float32(p.diffuse * 0.8) + mirror + np.float32(0.004)).astype(np.float32)
        alpha = sheet.over(np.zeros((*u.shape, 1), np.float32), np.ones((1, 1, 1), np.float32), laid, size)
        return u, v, gain.astype(np.float32), veil, alpha
