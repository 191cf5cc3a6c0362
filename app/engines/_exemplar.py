"""The person's own frames as a bank of expressions: real teeth, lids and folds instead of drawn ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from app.engines._blend import lay_over, match_light, match_sharpness
from app.engines._expressshape import lip_gap, smile_of
from app.engines._filters import Floats, Pixels, Points, blur, polygon, resize, sample
from app.engines._geometry import Box, Raster, Seen, visibility, width_of
from models.topology import LEFT_EYE, LIPS_OUTER, RIGHT_EYE

_TURN: Final = 18.0
"""Degrees between a lending frame and the target, beyond which texture no longer fits."""
_MOUTH_GAP: Final = (0.18, 0.65)
"""Lip gap over mouth width of a frame that shows an open mouth, and of a mouth opened all the way."""
_SMILE: Final = 0.03
"""Face widths the corners of the mouth must have moved in a frame that shows a smile."""
_SMILE_GAP: Final = 0.38
"""Lip gap over mouth width beyond which a mouth is open, whatever its corners do; toothy smiles show 0.1 to 0.3."""
_SHUT: Final = 0.55
"""Share of the person's own open eyes below which they are closed (as in the live check)."""
_SHUT_PLAIN: Final = 0.12
"""Lid gap over eye width of closed eyes where the person's own are not known."""
_WORK: Final = 360.0
"""Face width in pixels at which folds are compared: they are broad."""


@dataclass(frozen=True, slots=True)
class Bank:
    """The frames that may lend to one target."""

    own: tuple[Seen, ...]
    target: Seen

    @property
    def rest(self) -> Seen | None:
        """The frame at rest."""
        return self.own[0] if self.own else None

    @property
    def shut_below(self) -> float:
        """Lid gap below which this person's eyes are closed."""
        return _SHUT * min(self.rest.face.eyes) if self.rest else _SHUT_PLAIN

    def open_mouth(self, wanted: float) -> Seen | None:
        """The frame whose mouth is open, without a smile, nearest to `wanted` (0..1), or None."""
        rest = self.rest
        if rest is None:
            return None
        least, base = max(_MOUTH_GAP[0], rest.face.mouth + 0.12), smile_of(rest.face.mesh)
        views = [v for v in self._near() if v.face.mouth > least and smile_of(v.face.mesh) - base < _SMILE]
        return min(views, key=lambda v: abs(v.face.mouth - wanted * _MOUTH_GAP[1]), default=None)

    def smiling(self, wanted: float) -> Seen | None:
        """The frame whose smile is nearest to `wanted` (0..1), or None."""
        if self.rest is None:
            return None
        base = smile_of(self.rest.face.mesh)
        views = [v for v in self._near() if smile_of(v.face.mesh) - base > _SMILE and v.face.mouth < _SMILE_GAP]
        return min(views, key=lambda v: abs(smile_of(v.face.mesh) - base - 0.10 * wanted), default=None)

    def closed_eyes(self) -> Seen | None:
        """The frame with both eyes closed that is nearest in pose, or None."""
        views = [v for v in self._near() if max(v.face.eyes) < self.shut_below]
        return min(views, key=self._turn, default=None)

    def share(self, view: Seen, wanted: float, *, opening: bool) -> float:
        """How much of the frame's own movement shows `wanted` (0..1) on the target."""
        if self.rest is None:
            return 0.0
        if opening:
            have = view.face.mouth - lip_gap(self.rest.face.mesh)
            return float(np.clip(wanted * _MOUTH_GAP[1] / max(have, 1e-3), 0, 1.2))
        have = smile_of(view.face.mesh) - smile_of(self.rest.face.mesh)
        return float(np.clip(wanted * 0.10 / max(have, 1e-3), 0, 1.2))

    def _near(self) -> list[Seen]:
        """Frames in about the target's direction."""
        return [view for view in self.own if self._turn(view) < _TURN]

    def _turn(self, view: Seen) -> float:
        mine, theirs = view.face.pose, self.target.face.pose
        return float(np.hypot(mine.yaw - theirs.yaw, mine.pitch - theirs.pitch))


def lend_mouth(out: Pixels, after: Points, view: Seen) -> None:
    """Lips and what is between them, from `view`, onto `out` (in place), where mesh `after` has them."""
    width = width_of(after)
    box = Box.around(after[list(LIPS_OUTER)], 0.16 * width, out.shape)
    if box.empty:
        return
    mesh = after - np.append(box.corner, 0)
    lips = polygon(box.shape, mesh[list(LIPS_OUTER)], 0.012 * width, 0.012 * width)
    # light is compared on the skin round the lips only, or teeth turn red and skin turns white
    around = polygon(box.shape, mesh[list(LIPS_OUTER)], 0.10 * width, 0.02 * width)
    skin = np.clip(around - polygon(box.shape, mesh[list(LIPS_OUTER)], 0.02 * width, 0.008 * width), 0, 1)
    _lay(out, after, view, box=box, mask=lips, skin=np.asarray(skin, np.float32))


def lend_eyes(out: Pixels, after: Points, view: Seen) -> None:
    """Both eyes with their lids, from `view`, onto `out` (in place)."""
    width = width_of(after)
    for ring in (RIGHT_EYE, LEFT_EYE):
        box = Box.around(after[list(ring)], 0.14 * width, out.shape)
        if box.empty:
            continue
        mesh = after - np.append(box.corner, 0)
        lids = polygon(box.shape, mesh[list(ring)], 0.040 * width, 0.016 * width)
        around = polygon(box.shape, mesh[list(ring)], 0.075 * width, 0.015 * width)
        _lay(out, after, view, box=box, mask=lids, skin=np.asarray(np.clip(around - 0.9 * lids, 0, 1), np.float32))


def lend_folds(out: Pixels, after: Points, view: Seen, rest: Seen) -> None:
    """The folds that appear between `rest` and `view`, as a ratio of light laid on `out`'s own skin (in place).

    An expression ratio image (Liu, Shan, Zhang 2001): the photo keeps its texture, colour and sharpness.
    """
    width = width_of(after)
    box = Box.around(after, 2, out.shape)
    if box.empty:
        return
    scale = min(1.0, _WORK / width)
    small = Box(0, 0, max(2, round(box.shape[1] * scale)), max(2, round(box.shape[0] * scale)))
    mesh = (after - np.append(box.corner, 0)) * scale
    raster = Raster(mesh, small)
    if raster.empty:
        return
    size = width * scale
    lights = [_light(frame, raster, size) for frame in (view, rest)]
    ratio = lights[0] / lights[1]
    ratio = ratio / np.maximum(blur(np.asarray(ratio, np.float32), 0.11 * size), 0.2)
    seen = raster.spread(np.minimum(*(visibility(f.face.mesh, f.pixels.shape) for f in (view, rest))))
    where = seen[..., 0] * _lower_skin(mesh, small, size)
    change = (np.clip(ratio, 0.72, 1.2) - 1) * blur(np.asarray(where, np.float32), 0.02 * size)
    part = box.cut(out)
    gain = 1 + resize(np.asarray(change, np.float32), (part.shape[1], part.shape[0]))[..., None]
    changed = np.abs(gain - 1) > 1 / 512
    part[:] = np.where(changed, np.clip(part * gain + 0.5, 0, 255), part).astype(np.uint8)


def _light(frame: Seen, raster: Raster, width: float) -> Floats:
    """A frame's calm lightness on the raster's mesh: (H, W), above 0."""
    mesh = frame.face.mesh
    warped = sample(frame.pixels, raster.spread(mesh[:, :2]), width_of(mesh) / width)
    return np.asarray(blur(np.asarray(warped.mean(2), np.float32), 0.012 * width) + 8, np.float32)


def _lower_skin(mesh: Points, box: Box, width: float) -> Floats:
    """Cheeks, folds and chin, without eyes, nose holes, lips and outline: (H, W) 0..1."""
    shape = box.shape
    oval = polygon(shape, mesh[[234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288,
                                361, 323, 454, 347, 6, 118]])  # fmt: skip
    inner = blur(oval, 0.05 * width) * 2 - 1
    lips = polygon(shape, mesh[list(LIPS_OUTER)], 0.025 * width, 0.012 * width)
    nose = polygon(shape, mesh[[98, 97, 2, 326, 327, 4]], 0.02 * width, 0.01 * width)
    return np.asarray(np.clip(inner, 0, 1) * (1 - np.maximum(lips, nose)), np.float32)


def _lay(out: Pixels, after: Points, view: Seen, *, box: Box, mask: Floats, skin: Floats) -> None:
    """Lays `view`'s texture over `out` inside `mask`, in the light `out` has on `skin` (both (H, W) of `box`)."""
    width = width_of(after)
    raster = Raster(after, box)
    if raster.empty:
        return
    part = box.cut(out)
    before = part.astype(np.float32)
    warped = sample(view.pixels, raster.spread(view.face.mesh[:, :2]), width_of(view.face.mesh) / width)
    lit = match_light(warped, before, skin, width, sigma=0.08)
    lay_over(part, match_sharpness(lit, before, skin, width), mask)
