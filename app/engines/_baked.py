"""What was painted once on a face, kept in an atlas and laid on every frame: baked, then played.

A correction is a number from -1 to 1 for each channel: below 0 the share of its light that a pixel loses, above 0 what
is added to it, of 255. So lines stay in proportion to the light that falls on them.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from app.engines._blend import alike
from app.engines._filters import Floats, Pixels, Points, blur, level, polygon
from app.engines._geometry import Box, normals
from app.engines._laid import Laid, seen_in
from app.engines._wrap import Atlas, Unwrap
from models.topology import LEFT_EYE, LIPS_OUTER, RIGHT_EYE

_BLACK: Final = 12.0
"""Least light a share is taken of, grey levels: noise in black is no correction."""
_STRONGEST: Final = (-0.5, 0.25)
"""What skin is corrected by, at most."""
_MOST: Final = 3.0
"""Weight of what was baked before against one new picture, at most."""
_NEAR: Final = 0.25
"""Seconds, about, in which what is shown goes to what was baked last."""
_LEAST: Final = 1 / 512
"""A correction below this is none."""
_SMALL: Final = 64
"""Pixels across the face in the atlas in which is followed what lies before it."""
_COVERS, _UNCOVERS = 0.06, 0.35
"""Seconds, about, in which a hand that comes or goes is followed."""
_COLOURED: Final = (0.18, 0.32)
"""Logarithms of the channels' ratios between which something is of another colour."""
_FACING: Final = (0.1, 0.6)
"""Cosines to the camera between which a picture comes to tell of a place."""


class Baked:
    """Corrections in an atlas: the mean of what several frames were painted with, and what is shown of it now."""

    def __init__(self, atlas: Atlas) -> None:
        self.atlas = atlas
        self._unwrap = Unwrap(atlas)
        self.reset()

    def reset(self) -> None:
        """Forgets everything."""
        width, height = self.atlas.size
        self._mean: Floats = np.zeros((height, width, 3), np.float32)
        self._weight: Floats = np.zeros((height, width), np.float32)
        self.shown: Floats = self._mean.copy()
        self._settled = True

    def add(self, correction: Floats, box: Box, points: Points) -> None:
        """Takes in the correction (H, W, 3) of a box of a frame whose face lies on `points` (612, 3)."""
        places = self._unwrap.places(points - np.append(box.corner, 0))
        flat = cv2.remap(correction, places[..., 0], places[..., 1], cv2.INTER_LINEAR)
        low, high = _FACING
        facing = np.zeros((len(points), 1))
        facing[:468, 0] = np.clip((-normals(points[:468])[:, 2] - low) / (high - low), 0.02, 1)
        told = np.clip(self._unwrap.values(facing)[..., 0], 0, 1) * self._unwrap.drawn_in
        share = (told / (self._weight + told + 1e-6))[..., None]
        self._mean += share * (flat - self._mean)
        self._weight = np.minimum(self._weight + told, _MOST)
        self._settled = False

    def step(self, seconds: float) -> None:
        """Brings what is shown nearer to the mean: nothing jumps when a frame is added."""
        if self._settled:
            return
        share = min(1.0, seconds / _NEAR)
        cv2.addWeighted(self.shown, 1 - share, self._mean, share, 0, dst=self.shown)
        self._settled = float(np.abs(self._mean[::5, ::5] - self.shown[::5, ::5]).max()) < _LEAST


def correction(before: Pixels, after: Pixels) -> Floats:
    """What takes one picture to another (both uint8 (H, W, 3)): (H, W, 3)."""
    old = before.astype(np.float32)
    change = after.astype(np.float32) - old
    share = np.where(change < 0, change / np.maximum(old, _BLACK), change / 255)
    return np.asarray(np.clip(share, *_STRONGEST), np.float32)


class Covering:
    """Follows where a face looks as it did when it was baked: what is before it gets no lines.

    `bare` (h, w) of a small atlas, 0..1; 0 under a hand.
    """

    def __init__(self) -> None:
        self._unwrap = Unwrap(Atlas(_SMALL), 1)
        atlas = self._unwrap.atlas
        shape, mesh = atlas.size[::-1], atlas.mesh
        rings = (RIGHT_EYE, LEFT_EYE, LIPS_OUTER)
        holes = [polygon(shape, mesh[list(ring)], 0.03 * _SMALL, 0.02 * _SMALL) for ring in rings]
        inner = np.clip(blur(self._unwrap.drawn_in, 0.03 * _SMALL) * 2 - 1, 0, 1)
        self._weight = np.asarray(inner * (1 - np.maximum.reduce(holes)), np.float32)
        self.reset()

    def reset(self) -> None:
        """Another scene."""
        self._known: Floats | None = None
        self.bare: Floats = np.ones_like(self._weight)

    def shown(self, laid: Laid) -> Floats:
        """`bare` at each pixel (H, W) of a frame's face."""
        return laid.on_face(self._unwrap.atlas.read(self.bare, laid.at))

    def learn(self, out: Pixels, laid: Laid) -> None:
        """A frame is baked that looks like this."""
        now = seen_in(self._unwrap, out, laid)
        self._known = now if self._known is None else self._known + np.float32(0.4) * (now - self._known)

    def follow(self, out: Pixels, laid: Laid, seconds: float) -> None:
        """Looks at a frame, `seconds` after the last look."""
        if self._known is None:
            return
        now = seen_in(self._unwrap, out, laid)
        bare = alike(self._known, now, self._weight, _SMALL) * (1 - self._other_colour(self._known, now))
        share = np.where(bare < self.bare, min(1.0, seconds / _COVERS), min(1.0, seconds / _UNCOVERS))
        self.bare = np.asarray(self.bare + share * (bare - self.bare), np.float32)

    def _other_colour(self, known: Floats, now: Floats) -> Floats:
        """Where a frame has another colour than the rest of the face explains: (h, w) 0..1. A shadow has none."""
        ratio = np.log(now + _BLACK) - np.log(known + _BLACK)
        ratio = ratio - level(ratio)[..., None]
        common = np.median(ratio[self._weight > 0.5], axis=0)
        apart = blur(np.asarray(np.abs(ratio - common).max(2), np.float32), 0.02 * _SMALL)
        low, high = _COLOURED
        return np.asarray(np.clip((apart - low) / (high - low), 0, 1) * self._weight, np.float32)


def lay_on(out: Pixels, laid: Laid, played: Floats, atlas: Atlas, share: float | Floats) -> None:
    """Applies corrections to a frame, in place.

    Args:
        out: uint8 RGB, the frame with its face on `laid`.
        laid: the frame's geometry.
        played: (h, w, 3), an atlas of corrections.
        atlas: its size.
        share: 0..1, how much is shown of all, or of each pixel (H, W) of the face.
    """
    box = laid.face
    if box.empty:
        return
    change = atlas.read(played, laid.places)
    shown = np.asarray(laid.shown * share, np.float32)
    change = np.asarray(cv2.multiply(change, cv2.merge([shown] * 3)), np.float32)
    view = box.cut(out)
    darker = np.minimum(change, 0)
    delta = cv2.multiply(darker, view, dtype=cv2.CV_32F)
    cv2.scaleAdd(cv2.subtract(change, darker), 255.0, delta, dst=delta)
    changed = (np.abs(change[..., 0]) + np.abs(change[..., 2]) > _LEAST).astype(np.uint8)
    cv2.copyTo(cv2.add(view, delta, dtype=cv2.CV_8U), changed, view)


def shade(out: Pixels, laid: Laid, played: Floats, atlas: Atlas, share: float) -> None:
    """Gives or takes a share of the light, in place: `played` (h, w) is an atlas of it, the rest as for `lay_on`."""
    if laid.face.empty:
        return
    change = atlas.read(played, laid.places) * laid.shown * np.float32(share)
    view = laid.face.cut(out)
    lit = cv2.add(view, cv2.multiply(cv2.merge([change] * 3), view, dtype=cv2.CV_32F), dtype=cv2.CV_8U)
    cv2.copyTo(lit, (np.abs(change) > _LEAST).astype(np.uint8), view)
