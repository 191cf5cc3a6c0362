"""Swap, frame after frame: the person's own texture from an atlas, in a light that is followed calmly.

What a still picture works out in each of its pixels is worked out here in a small atlas, where the same place is always
the same skin: light, what covers the face, how sharp the frame is. There it can be smoothed over time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from app.engines._align import alignment, moved
from app.engines._beard import other_beard
from app.engines._blend import alike, oval_of, own_detail, sharpened, sharpness_gain
from app.engines._filters import Floats, Pixels, blur, polygon, resize
from app.engines._geometry import Box, Seen, normals
from app.engines._glasses import glasses
from app.engines._growing import Growing
from app.engines._laid import Beat, Laid, seen_in
from app.engines._light import colours_kept, gain_between, lit_by
from app.engines._parts import chosen_parts
from app.engines._personaldraw import Painter
from app.engines._personalfit import HALF
from app.engines._personalmotion import Learning
from app.engines._swap import EYES_DIFFER, MOUTH_DIFFERS
from app.engines._textures import Texture, Textures
from app.engines._wrap import FACE, Atlas, Unwrap
from app.engines.personal import PersonalOptions
from app.engines.swap import SwapOptions
from models.topology import LEFT_EYE, LIPS_INNER, LIPS_OUTER, RIGHT_EYE

_SMALL: Final = 64
"""Pixels across the face in the atlas where light is followed."""
_LIGHT: Final = 0.25
_COVERS, _UNCOVERS = 0.05, 0.30
_RETURNS: Final = 0.12
"""Seconds, about, in which the light, a hand that comes or goes, and an eye after a blink are followed."""
_FLOW: Final = 6
"""Frames between two looks at how far landmarks are out, and how sharp the frame is."""
_WORN: Final = 30
"""Frames between two looks for glasses and beards."""
_PATIENCE: Final = 0.55
"""On what may differ, against a still picture: what is followed over time errs less, and a hand differs little."""
_SHARPER: Final = (0.5, 1.7)
"""Limits of the gain on fine detail."""
_SHOWN: Final = 1 / 512


class Swapping:
    """The person's own texture on their frames; `options` as for a still picture."""

    def __init__(self, options: SwapOptions | PersonalOptions, scale: int) -> None:
        self._options = options
        half = HALF if isinstance(options, PersonalOptions) else FACE
        self._atlas, self._small = Atlas(scale, half), Atlas(_SMALL, half)
        self._unwrap, self._fine = Unwrap(self._small, 1), Unwrap(Atlas(2 * _SMALL, half), 2)
        mesh, shape = self._small.mesh, self._small.size[::-1]
        self._eyes = [polygon(shape, mesh[list(r)], 0.03 * _SMALL, 0.012 * _SMALL) for r in (RIGHT_EYE, LEFT_EYE)]
        self._lips = polygon(shape, mesh[list(LIPS_OUTER)], 0.02 * _SMALL, 0.010 * _SMALL)
        self._features = np.maximum(self._lips, np.maximum(*self._eyes))
        self._inner = np.clip(blur(self._unwrap.drawn_in, 0.03 * _SMALL) * 2 - 1, 0, 1)
        self._parts = chosen_parts(mesh, shape, _SMALL, options.parts)
        self.reset()

    def reset(self) -> None:
        """Another scene: another light."""
        self._textures, self._learning = Textures(self._atlas), Learning(self._atlas)
        self._growing = Growing(self._atlas, self._small)
        height, width = self._small.size[::-1]
        self._number = 0
        self._gain: Floats | None = None
        self._vivid, self._sharp = 1.0, 1.0
        self._bare: Floats = np.ones((height, width), np.float32)
        self._worn: Floats = np.zeros((height, width), np.float32)
        self._open = np.zeros(3)
        self._flow: Floats | None = None
        self._blend: Floats | None = None
        self._ready: Floats | None = None
        self._turned: Floats = np.zeros((height, width, 3), np.float32)

    @property
    def margin(self) -> float:
        """Face widths round the mesh that are drawn on."""
        return self._growing.margin

    def paint(self, out: Pixels, laid: Laid, target: Seen, views: Sequence[Seen] | Painter, beat: Beat) -> None:
        """Draws the texture on a frame, in place.

        Args:
            out: uint8 RGB, a frame whose face has its shape already.
            laid: its geometry.
            target: the frame as it was, with its face: what the gate measured.
            views: the pictures whose texture may be used, or what was learnt of the face.
            beat: its moment.
        """
        box = laid.face
        if box.empty or not self._options.parts:
            return
        if isinstance(views, Painter):
            texture = self._learning.drawn(views, target, beat.seconds)
        else:
            texture = self._textures.chosen(views, target, beat.seconds)
        now = seen_in(self._unwrap, out, laid)
        turned = np.zeros((len(laid.points), 3))
        turned[:468] = normals(laid.mesh)
        self._turned = self._unwrap.values(turned)
        changing = self._blended(texture, beat.seconds)
        if self._number % _WORN == 0:
            self._look(texture, target, laid)
        if self._number % _FLOW == 0:
            self._align(out, laid)
        if self._number % _FLOW == 0 or (changing and (texture.is_now or self._number % 2 == 0)):
            self._prepare()
        self._light(now, beat.seconds)
        self._interior(texture, target, beat.seconds)
        self._growing.follow(out, laid, beat.seconds)
        self._lay(out, laid, texture, target.face.pose.yaw, beat.share)
        self._number += 1

    def _blended(self, texture: Texture, seconds: float) -> bool:
        """Brings what is shown nearer to the texture; whether anything changed."""
        if self._blend is None:
            self._blend = texture.colours.copy()
            return True
        if float(np.abs(texture.colours[::9, ::9] - self._blend[::9, ::9]).max()) < 1.5:
            return False
        share = min(1.0, seconds / texture.settles)
        cv2.addWeighted(self._blend, 1 - share, texture.colours, share, 0, dst=self._blend)
        return True

    def _look(self, texture: Texture, target: Seen, laid: Laid) -> None:
        """Glasses and beards that only one of the two pictures shows stay the target's."""
        box = laid.face
        worn = glasses(texture.view, target, box)
        may_grow = self._options.interior != "target" and "skin" in self._options.parts
        self._growing.look(texture.beard if may_grow else None, target)
        if not self._growing.is_wanted:
            worn = np.maximum(worn, other_beard(texture.view, target, box))
        at = self._unwrap.places(laid.points) - box.corner.astype(np.float32)
        found = np.asarray(cv2.remap(worn, at[..., 0], at[..., 1], cv2.INTER_LINEAR), np.float32)
        self._worn = found if self._number == 0 else self._worn + np.float32(0.5) * (found - self._worn)

    def _align(self, out: Pixels, laid: Laid) -> None:
        """How far off the landmarks place the texture, followed slowly; and how sharp the frame is."""
        assert self._blend is not None
        atlas = self._fine.atlas
        target = seen_in(self._fine, out, laid)
        source = resize(self._blend[..., :3].copy(), atlas.size)
        eyes = resize(np.maximum(*self._eyes), atlas.size)
        weight = resize(self._weight(), atlas.size) * (1 - eyes)
        flow = alignment(source, target, weight, atlas.scale) / np.float32(atlas.scale)
        self._flow = flow if self._flow is None else self._flow + np.float32(0.3) * (flow - self._flow)

    def _prepare(self) -> None:
        """The texture as it is drawn, from what is shown of the views."""
        assert self._blend is not None
        ready = self._blend
        if self._flow is not None:
            ready = moved(ready, resize(self._flow, self._atlas.size) * np.float32(self._atlas.scale))
        if self._sharp != 1.0:
            ready = np.dstack([sharpened(ready[..., :3], self._sharp, self._atlas.scale), ready[..., 3]])
        self._ready = np.ascontiguousarray(ready, np.float32)

    def _weight(self) -> Floats:
        """Where both show plain skin, in the small atlas."""
        assert self._blend is not None
        trust = resize(self._blend[..., 3].copy(), self._small.size)
        facing = np.clip((-self._turned[..., 2] - 0.15) / 0.3, 0, 1)
        plain = (1 - 0.97 * self._features) * (1 - self._worn) * (1 - self._growing.shown)
        return np.asarray(trust * self._inner * facing * plain, np.float32)

    def _light(self, now: Floats, seconds: float) -> None:
        """Follows the light, and what covers the face."""
        assert self._ready is not None
        small = resize(self._ready, self._small.size)
        weight = self._weight()
        a = small[..., :3].copy()
        if self._gain is None or self._number % 2 == 0:
            gain = gain_between(a, now, weight * self._bare, self._turned, _SMALL)
            vivid = colours_kept(a, now, weight, np.asarray(np.exp(gain), np.float32))
            share = 1.0 if self._gain is None else min(1.0, 2 * seconds / _LIGHT)
            self._gain = gain if self._gain is None else self._gain + np.float32(share) * (gain - self._gain)
            self._vivid += share * (vivid - self._vivid)
        lit = lit_by(a, np.asarray(np.exp(self._gain), np.float32), self._vivid)
        bare = alike(lit, now, weight, _SMALL, _PATIENCE)
        first = self._number == 0
        share_ = np.where(bare < self._bare, min(1.0, seconds / _COVERS), min(1.0, seconds / _UNCOVERS)) + float(first)
        self._bare = np.asarray(self._bare + np.minimum(share_, 1) * (bare - self._bare), np.float32)

    def _interior(self, texture: Texture, target: Seen, seconds: float) -> None:
        """Follows how far the right eye, the left eye and the mouth stay the target's."""
        theirs = target.face
        differs = max(abs(texture.lips - theirs.mouth), theirs.mouth) / MOUTH_DIFFERS
        # a glance is the film's: eyes that are drawn once would stare
        keep = np.array([1.0, 1.0, np.clip((differs - 0.6) / 0.6, 0, 1)])
        if self._options.interior == "source":
            lids = (abs(a - b) / EYES_DIFFER for a, b in zip(texture.lids, theirs.eyes, strict=True))
            keep[:2] = [np.clip((one - 1.6) / 0.6, 0, 1) for one in lids]
        elif self._options.interior == "target":
            keep[2] = 1
        elif texture.is_now:
            keep[:] = 0
        share = 1.0 if self._number == 0 else min(1.0, seconds / _RETURNS)
        # a lid that comes down is seen at once
        self._open = np.maximum(keep, self._open + share * (keep - self._open))

    def _lay(self, out: Pixels, laid: Laid, texture: Texture, yaw: float, share: float) -> None:
        """Draws the texture over the frame where it is to be trusted."""
        assert self._ready is not None
        assert self._gain is not None
        box, places, keep = laid.face, laid.places, self._open
        features = self._features
        eyes = np.maximum(self._eyes[0] * np.float32(keep[0]), self._eyes[1] * np.float32(keep[1]))
        lips = self._lips * np.float32(np.clip(2 * keep[2] - 1, 0, 1))
        stays = np.maximum(self._worn, np.maximum(eyes, lips))
        near = blur(self._bare, 0.05 * _SMALL)
        shown = np.where(features > self._bare, np.minimum(features, 1.5 * near - 0.4), self._bare)
        shown = np.clip(shown, 0, 1) * (1 - stays) * self._parts
        times = np.dstack([np.exp(self._growing.lit(self._gain)), shown]).astype(np.float32)
        half = (max(2, box.shape[1] // 2), max(2, box.shape[0] // 2))
        spread = self._small.read(times, np.asarray(cv2.resize(places, half), np.float32))
        spread = resize(spread, (box.shape[1], box.shape[0]))
        x, y = self._atlas.pixels(places)
        colours = np.asarray(cv2.remap(self._ready, x, y, cv2.INTER_LINEAR), np.float32)
        mask = laid.on_face(oval_of(laid.drawn.face, laid.drawn.step, laid.width) * laid.sure)
        mask = mask * colours[..., 3] * spread[..., 3] * np.float32(self._options.amount * share)
        mask = mask * (1 - self._inside(laid, box, float(keep[2])))
        view = box.cut(out)
        skin = mask * spread[..., 3]
        mask = self._growing.over(mask, laid, yaw, self._options.amount * share)
        painted = lit_by(colours[..., :3], spread[..., :3], self._vivid)
        enlarged = laid.width / min(texture.width, self._atlas.scale)
        if enlarged > 1:
            painted = own_detail(painted, view.astype(np.float32), enlarged)
        if self._number % _FLOW == 0:
            gain = sharpness_gain(painted, view.astype(np.float32), skin, laid.width)
            self._sharp = float(np.clip(self._sharp * gain ** (1.0 if self._number == 0 else 0.3), *_SHARPER))
        delta = cv2.subtract(painted, view, dtype=cv2.CV_32F)
        delta = cv2.multiply(delta, cv2.merge([mask] * 3))
        cv2.copyTo(cv2.add(view, delta, dtype=cv2.CV_8U), (mask > _SHOWN).astype(np.uint8), view)

    @staticmethod
    def _inside(laid: Laid, box: Box, keep: float) -> Floats:
        """What is between the lips stays the frame's: an atlas of a closed mouth has no place for it."""
        mesh = laid.mesh[list(LIPS_INNER), :2] - box.corner
        return polygon(box.shape, mesh, 0.008 * laid.width, 0.008 * laid.width) * np.float32(keep)
