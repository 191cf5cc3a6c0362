"""Lips and lids of the person's own frames, laid on every frame: textures in an atlas, in a light that is followed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from app.engines._blend import sharpened, sharpness_gain
from app.engines._filters import Floats, Pixels, blur, extend, polygon, sample
from app.engines._geometry import Box, Seen, width_of
from app.engines._laid import Beat, Laid
from app.engines._wrap import Atlas, Unwrap, carried_on

_BLACK: Final = 8.0
_COMES: Final = 0.10
"""Seconds, about, in which a piece comes and goes, and one view gives way to another."""
_LIGHT: Final = 0.20
"""Seconds, about, in which its light follows."""
_BROAD: Final = 0.08
"""Face widths over which its light is smooth."""
_RIM: Final = (0.02, 0.5)
_SHARPER: Final = (0.5, 1.7)


@dataclass(frozen=True, slots=True)
class Kind:
    """What a piece is.

    Attributes:
        ring: its outline in the mesh.
        grown, soft: of its mask, face widths.
        around: how far the skin reaches by which its light is judged.
        whole: what differs at the rim is carried on all over it; else it ends a little inside.
    """

    ring: tuple[int, ...]
    grown: float
    soft: float
    around: float
    whole: bool


class Piece:
    """One part of the face that own frames lend: it comes, changes and goes without a jump.

    Args:
        kind: which.
        atlas: of the textures.
        small: the atlas in which light is followed.
    """

    def __init__(self, kind: Kind, atlas: Atlas, small: Atlas) -> None:
        self._kind, self._atlas, self._small = kind, atlas, small
        self._mask, _ = _masks(kind, atlas)
        mask, skin = _masks(kind, small)
        self._area = _around(skin)
        self._rim = ((mask > _RIM[0]) & (mask < _RIM[1])).astype(np.float32)[self._area]
        self._skin = skin[self._area]
        self.reset()

    def reset(self) -> None:
        """Another scene."""
        self._view: Seen | None = None
        self._texture: Floats | None = None
        self._goal: Floats | None = None
        self._gain: Floats | None = None
        self._differs: Floats | None = None
        self._sharp = 1.0
        self.weight = 0.0

    def lend(self, view: Seen | None, unwrap: Unwrap, seconds: float) -> None:
        """Says which frame lends it now, None for none, `seconds` after the last frame."""
        share = min(1.0, seconds / _COMES)
        if view is not None and view is not self._view:
            self._view, self._goal = view, _baked(view, unwrap)
            if self.weight < 0.05 or self._texture is None:
                self._texture = self._goal.copy()
        self.weight += (share if seconds > 0 else 1.0) * ((view is not None) - self.weight)
        if self._goal is not None and self._texture is not None and self._goal is not self._texture:
            cv2.addWeighted(self._texture, 1 - share, self._goal, share, 0, dst=self._texture)

    def lay(self, out: Pixels, laid: Laid, now: Floats, beat: Beat) -> None:
        """Draws it on a frame, in place; `now` (h, w, 3) is the frame in the small atlas."""
        if self.weight < 0.02 or self._texture is None:
            return
        self._follow(now, beat.seconds)
        assert self._gain is not None
        assert self._differs is not None
        outer = Box.around(laid.mesh[list(self._kind.ring)], 1.3 * self._kind.around * laid.width, out.shape)
        face = laid.face
        box = Box(
            max(outer.left, face.left),
            max(outer.top, face.top),
            min(outer.right, face.right),
            min(outer.bottom, face.bottom),
        )
        if box.empty:
            return
        area = laid.part(box)
        places = laid.places[area]
        told = self._atlas.read(np.dstack([self._texture, self._mask]), places)
        x, y = self._small.pixels(places)
        top, left = self._area[0].start, self._area[1].start
        at = x - np.float32(left), y - np.float32(top)
        differs, gains, skin = (
            np.asarray(cv2.remap(one, *at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)
            for one in (self._differs, self._gain, self._skin)
        )
        view = box.cut(out)
        lit = (told[..., :3] + np.float32(_BLACK)) * gains - np.float32(_BLACK)
        gain = sharpness_gain(lit, view.astype(np.float32), skin, laid.width)
        self._sharp += min(1.0, beat.seconds / 0.5) * (float(np.clip(gain, *_SHARPER)) - self._sharp)
        lit = sharpened(lit, self._sharp, laid.width) + differs
        mask = told[..., 3] * laid.shown[area] * np.float32(self.weight * beat.share)
        delta = cv2.multiply(cv2.subtract(lit, view, dtype=cv2.CV_32F), cv2.merge([mask] * 3))
        cv2.copyTo(cv2.add(view, delta, dtype=cv2.CV_8U), (mask > 1 / 512).astype(np.uint8), view)

    def _follow(self, now: Floats, seconds: float) -> None:
        """Light on the skin round it, and what still differs along its rim, as `_lend` has it, calmly."""
        assert self._texture is not None
        now = now[self._area]
        size = self._small.size
        own = cv2.resize(self._texture, size, interpolation=cv2.INTER_AREA)[self._area]
        ratio = np.log(np.maximum(now, 0) + _BLACK) - np.log(np.maximum(own, 0) + _BLACK)
        wide = _BROAD * self._small.scale
        weighted = np.asarray(ratio * self._skin[..., None], np.float32)
        mean = weighted.sum((0, 1)) / max(float(self._skin.sum()), 1e-3)
        broad = (blur(weighted, wide) + mean * 0.02) / (blur(self._skin, wide) + 0.02)[..., None]
        gain = np.asarray(np.exp(broad), np.float32)
        first = self._gain is None or self._differs is None
        share = np.float32(1.0 if first else min(1.0, seconds / _LIGHT))
        self._gain = gain if self._gain is None else self._gain + share * (gain - self._gain)
        lit = (own + np.float32(_BLACK)) * self._gain - np.float32(_BLACK)
        sigma = 0.012 * self._small.scale
        near = blur(self._rim, sigma)[..., None]
        differs = blur(np.asarray((now - lit) * self._rim[..., None], np.float32), sigma) / np.maximum(near, 1e-3)
        carried = extend(np.asarray(differs, np.float32), self._rim > 0)
        if not self._kind.whole:
            carried = carried * np.minimum(1, 1.5 * near)
        carried = np.asarray(carried, np.float32)
        self._differs = carried if self._differs is None else self._differs + share * (carried - self._differs)


def _masks(kind: Kind, atlas: Atlas) -> tuple[Floats, Floats]:
    """A piece's mask in an atlas, and the skin round it: (h, w) each."""
    ring, shape, scale = atlas.mesh[list(kind.ring)], atlas.size[::-1], atlas.scale
    mask = polygon(shape, ring, kind.grown * scale, max(0.7, kind.soft * scale))
    around = polygon(shape, ring, kind.around * scale, 0.02 * scale)
    near = polygon(shape, ring, (kind.grown + 0.01) * scale, 0.008 * scale)
    return mask, np.asarray(np.clip(around - near, 0, 1) * (mask < _RIM[0]), np.float32)


def _around(mask: Floats) -> tuple[slice, slice]:
    """Where a mask is, with a little room."""
    rows, columns = (np.flatnonzero((mask > 0.01).any(axis)) for axis in (1, 0))
    return np.s_[max(0, rows[0] - 2) : rows[-1] + 3, max(0, columns[0] - 2) : columns[-1] + 3]


def _baked(view: Seen, unwrap: Unwrap) -> Floats:
    """A frame in the atlas: (h, w, 3)."""
    places = unwrap.places(carried_on(view.face.mesh))
    return sample(view.pixels, places, width_of(view.face.mesh) / unwrap.atlas.scale)
