"""What the person's own frames lend to a picture: mouth, lids, and folds as a ratio of light."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from app.engines._blend import lay_over, match_light, match_sharpness
from app.engines._corners import shaded
from app.engines._filters import Floats, Pixels, Points, blur, extend, polygon, resize, sample
from app.engines._geometry import Box, Raster, Seen, visibility, width_of
from models.topology import LEFT_BROW, LEFT_EYE, LIPS_OUTER, OVAL, RIGHT_BROW, RIGHT_EYE

_WORK: Final = 280.0
"""Face width in pixels at which folds are compared: they are broad."""
_LAMPS: Final = (0.09, 0.15)
"""Spread of the logarithm of two frames' broad ratio: up to the first in one light (frames of one live check have 0.02
to 0.07), from the second in another (a window to the side makes 0.13 to 0.16)."""
_NO_LID: Final = 0.02
_RIM: Final = (0.02, 0.5)
"""Between these a mask has its rim, which both pictures show."""
_LOWER_OVAL: Final = (
    *(234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377),
    *(400, 378, 379, 365, 397, 288, 361, 323, 454, 347, 6, 118),
)
"""The face below the eyes."""


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
    _lay(out, after, view, box=box, mask=lips, skin=np.asarray(skin, np.float32), whole=False)


def lend_eye(out: Pixels, after: Points, view: Seen, ring: tuple[int, ...]) -> None:
    """The eye of an outline with its lids, from `view`, onto `out` (in place)."""
    width = width_of(after)
    box = Box.around(after[list(ring)], 0.14 * width, out.shape)
    if box.empty:
        return
    mesh = after - np.append(box.corner, 0)
    lids = polygon(box.shape, mesh[list(ring)], 0.040 * width, 0.016 * width)
    around = polygon(box.shape, mesh[list(ring)], 0.075 * width, 0.015 * width)
    # nothing of the eye that was open there may pass for light
    _lay(out, after, view, box=box, mask=lids, skin=np.asarray(around * (lids < _NO_LID), np.float32), whole=True)


def lend_folds(out: Pixels, after: Points, view: Seen, rest: Seen, share: float = 1.0, *, upper: bool = False) -> None:
    """The folds that appear between `rest` and `view`, as a ratio of light laid on `out`'s own skin (in place).

    An expression ratio image (Liu, Shan, Zhang 2001): the photo keeps its texture, colour and sharpness.

    Args:
        out: uint8 RGB, changed.
        after: (468, 3), where the face lies in it.
        view: the frame with the expression.
        rest: the frame without, from about the same side.
        share: how much of it, 0..1.
        upper: brow and corners of the eyes too.
    """
    width = width_of(after)
    box = Box.around(after, 2, out.shape)
    if box.empty:
        return
    scale = min(1.0, _WORK / width)
    small = Box(0, 0, max(2, round(box.shape[1] * scale)), max(2, round(box.shape[0] * scale)))
    change = folds((after - np.append(box.corner, 0)) * scale, small, width * scale, (view, rest), share, upper=upper)
    if change is None:
        return
    part = box.cut(out)
    gain = 1 + resize(change, (part.shape[1], part.shape[0]))[..., None]
    changed = np.abs(gain - 1) > 1 / 512
    part[:] = np.where(changed, np.clip(part * gain + 0.5, 0, 255), part).astype(np.uint8)


def folds(
    mesh: Points, box: Box, width: float, frames: tuple[Seen, Seen], share: float = 1.0, *, upper: bool = False
) -> Floats | None:
    """The share of light that the folds between two frames take and give: (H, W) of `box`; None off the mesh.

    Args:
        mesh: (468, 3), where they are drawn.
        box: what of it.
        width: of that face, pixels.
        frames: with the expression and without.
        share: as for `lend_folds`.
        upper: as for `lend_folds`.
    """
    raster = Raster(mesh, box)
    if raster.empty:
        return None
    lights = [_light(frame, raster, width) for frame in frames]
    ratio = lights[0] / lights[1]
    broad = np.maximum(blur(np.asarray(ratio, np.float32), 0.11 * width), 0.2)
    ratio = ratio / broad
    seen = raster.spread(np.minimum(*(visibility(f.face.mesh, f.pixels.shape) for f in frames)))
    skin = _skin(mesh, box, width, upper=upper)
    share *= _same_light(np.asarray(broad, np.float32), skin)
    where = seen[..., 0] * share * skin
    change = (np.clip(ratio, 0.72, 1.2) - 1) * blur(np.asarray(where, np.float32), 0.02 * width)
    return np.asarray(change, np.float32)


def _light(frame: Seen, raster: Raster, width: float) -> Floats:
    """A frame's calm lightness on the raster's mesh: (H, W), above 0."""
    mesh = frame.face.mesh
    warped = sample(frame.pixels, raster.spread(mesh[:, :2]), width_of(mesh) / width)
    grey = (warped @ np.full((3, 1), 1 / 3, np.float32))[..., 0]
    return np.asarray(blur(grey, 0.012 * width) + 8, np.float32)


def _same_light(ratio: Floats, skin: Floats) -> float:
    """1 where two frames are lit from the same side, 0 where not: there a ratio shows lamps, not folds.

    Args:
        ratio: their broad ratio (H, W), above 0.
        skin: where it is looked at, (H, W) 0..1.
    """
    some = np.log(ratio[skin > 0.5])
    apart = float(some.std()) if some.size else 0.0
    return float(np.clip((_LAMPS[1] - apart) / (_LAMPS[1] - _LAMPS[0]), 0, 1))


def _skin(mesh: Points, box: Box, width: float, *, upper: bool) -> Floats:
    """Cheeks, folds and chin, without eyes, nose holes, lips and outline: (H, W) 0..1; the brow too if `upper`."""
    shape = box.shape
    oval = polygon(shape, mesh[list(OVAL if upper else _LOWER_OVAL)])
    inner = blur(oval, 0.05 * width) * 2 - 1
    holes = [polygon(shape, mesh[list(LIPS_OUTER)], 0.025 * width, 0.012 * width)]
    holes.append(polygon(shape, mesh[[98, 97, 2, 326, 327, 4]], 0.02 * width, 0.01 * width))
    if upper:
        holes += [polygon(shape, mesh[list(ring)], 0.03 * width, 0.01 * width) for ring in (RIGHT_EYE, LEFT_EYE)]
        hulls = (cv2.convexHull(mesh[list(b), :2].astype(np.float32))[:, 0] for b in (RIGHT_BROW, LEFT_BROW))
        holes += [polygon(shape, hull.astype(np.float64), 0.03 * width, 0.012 * width) for hull in hulls]
    return np.asarray(np.clip(inner, 0, 1) * (1 - np.maximum.reduce(holes)), np.float32)


def _lay(out: Pixels, after: Points, view: Seen, *, box: Box, mask: Floats, skin: Floats, whole: bool) -> None:
    """Lays `view`'s texture over `out` inside `mask`, in the light `out` has on `skin` (both (H, W) of `box`)."""
    width = width_of(after)
    raster = Raster(after, box)
    if raster.empty:
        return
    part = box.cut(out)
    before = part.astype(np.float32)
    warped = sample(view.pixels, raster.spread(view.face.mesh[:, :2]), width_of(view.face.mesh) / width)
    if not whole:
        warped = shaded(warped, after - np.append(box.corner, 0), width)
    lit = match_light(warped, before, skin, width, sigma=0.08)
    lit = match_sharpness(lit, before, skin, width)
    lay_over(part, _joined(lit, before, mask, width, whole=whole), mask)


def _joined(lit: Floats, before: Floats, mask: Floats, width: float, *, whole: bool) -> Floats:
    """`lit` (H, W, 3) brought to `before` along the mask's rim, and what that takes carried on smoothly inside.

    A membrane, as Poisson blending lays it (Perez et al. 2003; Farbman et al. 2009), of the low frequencies alone. If
    not `whole` it ends a little inside: a beard round the mouth says nothing of the tongue.
    """
    rim = ((mask > _RIM[0]) & (mask < _RIM[1])).astype(np.float32)
    sigma = 0.012 * width
    mass = blur(rim, sigma)[..., None]
    differs = blur((before - lit) * rim[..., None], sigma) / np.maximum(mass, 1e-3)
    known = rim > 0
    if not known.any():
        return lit
    carried = extend(np.asarray(differs, np.float32), known)
    if not whole:
        carried = carried * np.minimum(1, 1.5 * mass)
    return np.asarray(lit + carried, np.float32)
