"""A beard that was learnt, on the bare chin of a film: grown calmly, lit as the face is, and behind a hand."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from app.engines._baked import Covering
from app.engines._beard import bearded
from app.engines._filters import Floats, Pixels, Points, blur, resize
from app.engines._geometry import Seen, normals
from app.engines._laid import MARGIN, Laid
from app.engines._personaldraw import BEYOND, FAR
from app.engines._wrap import PLACES, Atlas

_GROWS: Final = 0.4
"""Seconds, about, in which it comes and goes."""
_NONE: Final = 1 / 256
"""Share of it below which there is none."""
_BROAD: Final = 0.25
"""Face widths over which the light on it is the face's: that at a cheek's rim may be of what was behind it."""
_LEARNS: Final = 240
"""Frames after which what lies before the chin counts as the chin by and by: some ten seconds."""
_TELLS: Final = (0.45, 0.75)
"""Cosines to the camera, in the frame that was learnt from and in this one, from which skin tells what is before it."""


class Growing:
    """The beard of one take.

    Args:
        atlas: of the texture.
        small: of what is followed.
    """

    def __init__(self, atlas: Atlas, small: Atlas) -> None:
        self._atlas, self._small = atlas, small
        self._covering = Covering()
        self._hair: Floats | None = None
        self._in_small: Floats = np.zeros(small.size[::-1], np.float32)
        self._faced: Points = np.zeros((len(PLACES), 1))
        self._number = 0
        self._grown = 0.0
        self.is_wanted = False

    @property
    def margin(self) -> float:
        """Face widths round the mesh that are drawn on."""
        return BEYOND if self.is_wanted or self._grown else MARGIN

    @property
    def shown(self) -> Floats:
        """Where hair is in the small atlas: (h, w) 0..1."""
        return self._in_small * np.float32(self._grown)

    def look(self, hair: Floats | None, target: Seen) -> None:
        """Whether it is to grow on this frame: `hair` (h, w) of the atlas is what there is, None for nothing."""
        self.is_wanted = hair is not None and bearded(target) == "bare"
        if hair is not None:
            self._hair, self._in_small = hair, resize(hair, self._small.size)

    def follow(self, out: Pixels, laid: Laid, seconds: float) -> None:
        """Lets it grow, and looks at what is before the bare face of a frame, `seconds` after the last one."""
        self._grown += min(1.0, seconds / _GROWS) * (float(self.is_wanted) - self._grown)
        if not self.is_wanted:
            self._grown = self._grown if self._grown > _NONE else 0.0
            return
        if self._number % _LEARNS == 0:
            self._covering.learn(out, laid)
            self._faced = _facing(laid)
        elif self._number % 2:
            self._covering.follow(out, laid, 2 * seconds)
        self._number += 1

    def lit(self, gain: Floats) -> Floats:
        """The logarithm of the light (h, w, 3) in the small atlas, calmer where hair is."""
        if not self._grown:
            return gain
        hair = np.clip(2 * self._in_small, 0, 1)[..., None]
        return np.asarray(gain + hair * (blur(gain, _BROAD * self._small.scale) - gain), np.float32)

    def over(self, mask: Floats, laid: Laid, yaw: float, share: float) -> Floats:
        """`mask` (H, W) of a frame's face, turned by `yaw` degrees, with the beard on it and beyond it, by a share."""
        if not self._grown or self._hair is None:
            return mask
        # a far cheek hides what is behind it
        turned = np.asarray(np.clip(1.5 - yaw * laid.at[..., 0] / FAR, 0, 1), np.float32)
        whole = cv2.morphologyEx(laid.sure, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
        known = laid.on_face(np.asarray(whole * np.where(laid.drawn.face, 1, turned), np.float32))
        hair = self._atlas.read(self._hair, laid.places) * known
        faces = laid.drawn.cells(np.minimum(self._faced, _facing(laid)))[..., 0]
        bare = 1 - (1 - self._covering.shown(laid)) * np.clip(laid.on_face(np.ascontiguousarray(faces)), 0, 1)
        mask = mask * (1 - hair * (1 - bare))
        return np.asarray(np.maximum(mask, hair * bare * np.float32(share * self._grown)), np.float32)


def _facing(laid: Laid) -> Points:
    """How far each point of a carried-on mesh tells what is before it: (612, 1) 0..1, and nothing beyond the face."""
    low, high = _TELLS
    facing = np.zeros((len(PLACES), 1))
    facing[:468, 0] = np.clip((-normals(laid.mesh)[:, 2] - low) / (high - low), 0, 1)
    return facing
