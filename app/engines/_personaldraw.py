"""A learnt appearance drawn on a picture of the person: its texture on the geometry and in the light of the picture."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar, Final

import cv2
import numpy as np

from app.engines._align import alignment, moved
from app.engines._beard import bearded, other_beard
from app.engines._blend import alike, lay_over, match_sharpness, oval, own_detail
from app.engines._filters import Floats, Pixels, blur, extend, polygon, resize
from app.engines._geometry import Box, Raster, Seen, width_of
from app.engines._glasses import glasses
from app.engines._light import relight
from app.engines._parts import PARTS, chosen_parts
from app.engines._personalfit import Appearance
from app.engines._swap import MOUTH_DIFFERS
from app.engines._textures import Texture
from app.engines._wrap import PLACES, Drawn, Unwrap, carried_on
from models.topology import LEFT_EYE, LIPS_INNER, LIPS_OUTER, OVAL, RIGHT_EYE

_SHRINK: Final = 1.3
"""Factor by which a texture is made smaller before it is read, so that nothing aliases."""
BEYOND: Final = 0.25
"""Face widths round the mesh that are drawn where a beard grows."""
FAR: Final = 4.0
"""Degrees of yaw times face widths from the middle, over which what is round the face turns out of sight."""
_OPEN: Final = 0.05
"""Lip gap over mouth width below which lips are closed."""
_LIDS: Final = 0.03
"""Lid gap over eye width by which lids may differ that are drawn."""
_SETTLES: Final = 0.10
"""Seconds, about, in which the face of a film follows: folds come and go as quickly."""
_EYES: Final = (RIGHT_EYE, LEFT_EYE)


@dataclass(frozen=True, slots=True, eq=False)
class Painted:
    """A learnt face where a picture's face lies, in a box of it.

    Attributes:
        colours: (H, W, 3), grey levels.
        trust: (H, W) 0..1, where they are to be used.
        beard: (H, W) 0..1, what hangs on the face and beyond it, and is drawn whole.
        kept: (H, W) 0..1, where the picture stays all the same.
        width: pixels across the face that the colours were known at.
    """

    colours: Floats
    trust: Floats
    beard: Floats
    kept: Floats
    width: float


class Painter(ABC):
    """What was learnt of a person, and can be drawn.

    Attributes:
        lasts: seconds of a film for which one `texture` will do.
    """

    __slots__ = ()
    lasts: ClassVar[float]

    @abstractmethod
    def grows(self, target: Seen) -> bool:
        """Whether something is drawn beyond the face, such as a beard on a bare chin."""

    @abstractmethod
    def paint(self, target: Seen, raster: Raster, interior: str, *, grows: bool) -> Painted:
        """The learnt face, doing what the target's does, in the raster's box."""

    @abstractmethod
    def texture(self, target: Seen, unwrap: Unwrap) -> Texture:
        """The learnt face, doing what the target's does, in an atlas."""


def drawn(
    painter: Painter, target: Seen, amount: float = 1.0, *, interior: str = "auto", parts: Collection[str] = PARTS
) -> Pixels:
    """The target's picture with the learnt face, doing what the face in the target does.

    Args:
        painter: of the same person.
        target: whose picture, geometry, expression, pose and light are kept.
        amount: 0 changes nothing, 1 is the whole swap.
        interior: whose eyes, open mouth and beard: `"source"`, `"target"`, or `"auto"` (the target's where nothing that
            was learnt shows lids or lips open by about as much).
        parts: of the face, that are changed.

    Returns:
        uint8 RGB of the target's shape; exact where the face's mask is 0. Inputs are not changed.
    """
    out = target.pixels.copy()
    mesh, width = target.face.mesh, width_of(target.face.mesh)
    grows = interior != "target" and painter.grows(target)
    box = Box.around(mesh, (BEYOND if grows else 0.05) * width, out.shape)
    if amount <= 0 or box.empty or not parts:
        return out
    raster = Raster(mesh, box)
    if raster.empty:
        return out
    view = box.cut(out)
    before = view.astype(np.float32)
    made = painter.paint(target, raster, interior, grows=grows)
    painted, beard = made.colours, made.beard
    mask = oval(raster, width) * made.trust
    placed = mesh - np.append(box.corner, 0)
    eyes = np.maximum(*(polygon(view.shape, placed[list(r), :2], 0.02 * width, 0.008 * width) for r in _EYES))
    offsets = alignment(painted, before, mask * (1 - eyes), width)  # a glance is no error of landmarks
    painted, mask = moved(painted, offsets), mask * np.minimum(1, moved(made.trust, offsets))
    mask = np.maximum(mask, beard)
    lips = polygon(view.shape, placed[list(LIPS_OUTER), :2], 0.02 * width, 0.008 * width)
    features = np.asarray(np.maximum(np.maximum(eyes, lips), beard), np.float32)
    mask *= np.maximum(features, alike(painted, before, mask * (1 - features), width))
    weight = mask * (1 - np.maximum(0.97 * features, beard))
    painted = match_sharpness(relight(painted, before, weight, mesh, raster), before, weight, width)
    painted = own_detail(painted, before, width / made.width)
    mask *= chosen_parts(placed, view.shape, width, parts) * (1 - made.kept)
    lay_over(view, painted, mask * np.float32(amount))
    return out


@dataclass(frozen=True, slots=True, eq=False)
class AtlasPainter(Painter):
    """Draws an appearance from its atlas."""

    lasts = 0.075
    model: Appearance

    def grows(self, target: Seen) -> bool:
        """See `Painter`."""
        return self.model.beard is not None and bearded(target) == "bare"

    def paint(self, target: Seen, raster: Raster, interior: str, *, grows: bool) -> Painted:
        """See `Painter`."""
        colours, trust, beard = _texture(self.model, target, raster, beyond=grows)
        kept = _kept(self.model, target, raster.box, interior, grows=grows)
        return Painted(colours, trust, beard, kept, self.model.atlas.scale)

    def texture(self, target: Seen, unwrap: Unwrap) -> Texture:
        """See `Painter`."""
        model, face = self.model, target.face
        colours, trust = model.texture(face)
        known, wanted = model.atlas, unwrap.atlas
        face_alone = polygon(trust.shape, known.mesh[list(OVAL), :2])
        flat = wanted.from_other(np.dstack([colours, trust * face_alone]), known)
        beard = None if model.beard is None else wanted.from_other(model.beard, known)
        lips = model.nearest(face, "mouth").face.mouth
        lids = model.nearest(face, "right eye").face.eyes[0], model.nearest(face, "left eye").face.eyes[1]
        return Texture(model.nearest(face, "skin"), flat, known.scale, lips, lids, _SETTLES, beard=beard)


def _texture(model: Appearance, target: Seen, raster: Raster, *, beyond: bool) -> tuple[Floats, Floats, Floats]:
    """The texture where the target's face lies: colours (H, W, 3), trust (H, W) and beard (H, W).

    `beyond`: what lies beyond the jaw too.
    """
    colours, trust = model.texture(target.face)
    beard = model.beard if model.beard is not None and beyond else np.zeros_like(trust)
    values, places = np.dstack([colours, trust, beard]), raster.spread(PLACES[:468])
    known: Floats = np.ones(raster.box.shape, np.float32)
    if beyond:
        outside = Drawn(carried_on(target.face.mesh), raster.box, raster.step, 2)
        cells = outside.cells(PLACES)
        round_it = outside.whole(cells) * ~raster.inside
        turned = np.clip(1.5 - target.face.pose.yaw * cells[..., 0] / FAR, 0, 1)  # a far cheek hides what is behind it
        known = blur(raster.enlarge(np.maximum(round_it * turned, raster.inside)), 0.01 * raster.width)
        cells = np.where(round_it[..., None] > 0, cells, raster.cells(PLACES[:468]))
        places = raster.enlarge(extend(cells, (round_it > 0) | raster.known))
    atlas = model.atlas
    x, y = atlas.pixels(places)
    shrink = atlas.scale / raster.width
    if shrink > _SHRINK:
        size = (max(2, round(values.shape[1] / shrink)), max(2, round(values.shape[0] / shrink)))
        x, y = (
            np.asarray((at + 0.5) * new / old - 0.5, np.float32)
            for at, new, old in ((x, size[0], values.shape[1]), (y, size[1], values.shape[0]))
        )
        values = resize(values, size)
    read = np.dstack(
        [
            cv2.remap(np.ascontiguousarray(one), x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
            for one in (values[..., :3], values[..., 3:])
        ]
    )
    seen = np.clip(blur(np.ascontiguousarray(read[..., 3]), 0.02 * raster.width), 0, 1)
    return (
        np.ascontiguousarray(np.clip(read[..., :3], 0, 255), np.float32),
        np.asarray(seen, np.float32),
        np.asarray(np.clip(read[..., 4] * known, 0, 1), np.float32),
    )


def _kept(model: Appearance, target: Seen, box: Box, interior: str, *, grows: bool) -> Floats:
    """Where the target stays: glasses and beards that the model does not know, eyes and mouth that it cannot draw."""
    plain = model.nearest(target.face, "skin")
    keep = np.asarray(glasses(plain, target, box), np.float32)
    if not grows:
        keep = np.maximum(keep, other_beard(plain, target, box))
    if interior == "source":
        return keep
    mesh, width = target.face.mesh - np.append(box.corner, 0), width_of(target.face.mesh)
    mouth = model.nearest(target.face, "mouth")
    # of closed lips the seam is the picture's own, and so is what a beard shows between moving ones
    own = grows or target.face.mouth < _OPEN
    if own or interior == "target" or abs(mouth.face.mouth - target.face.mouth) > MOUTH_DIFFERS:
        keep = np.maximum(keep, polygon(box.shape, mesh[list(LIPS_INNER), :2], 0.008 * width, 0.008 * width))
    for side, (part, ring) in enumerate(zip(("right eye", "left eye"), _EYES, strict=True)):
        differs = abs(model.nearest(target.face, part).face.eyes[side] - target.face.eyes[side])
        grown = 0.035 if interior == "target" or differs > _LIDS else 0.006  # a glance is always the picture's own
        keep = np.maximum(keep, polygon(box.shape, mesh[list(ring), :2], grown * width, 0.012 * width))
    return keep
