"""The swap renderer: the source's face texture on the target's geometry, in the target's light."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Final, TypeVar

import numpy as np

from app.engines._align import alignment, moved
from app.engines._beard import other_beard
from app.engines._blend import alike, lay_over, match_sharpness, oval, own_detail
from app.engines._filters import Floats, Pixels, Points, blur, polygon, sample
from app.engines._geometry import Box, Raster, Seen, drawn_out, in_sight, outline_distance, visibility, width_of
from app.engines._glasses import glasses
from app.engines._light import relight
from app.engines._parts import PARTS, chosen_parts
from models.topology import LEFT_BROW, LEFT_EYE, LIPS_INNER, LIPS_OUTER, RIGHT_BROW, RIGHT_EYE

_View = TypeVar("_View", bound=Seen)

MOUTH_DIFFERS: Final = 0.06
EYES_DIFFER: Final = 0.07
"""Apertures that differ by more than this leave the target's own interior (landmark error 1.43 -> 1.25 %)."""
RIM: Final = (0.012, 0.06)
"""Face widths inside the source's outline between which its texture comes to be trusted."""
_STRETCH: Final = 1.6
"""An inside that opens by more than this factor would be drawn from too few pixels of the source."""
_DRAWN: Final = (1.7, 2.6)
"""Factors by which the source's texture may be drawn out along its worst direction, between which it is given up."""
WHOLE: Final = (
    (*LIPS_OUTER, 2, 97, 98, 165, 167, 164, 393, 391, 326, 327, 92, 186, 57, 322, 410, 287),
    (*RIGHT_EYE, *RIGHT_BROW),
    (*LEFT_EYE, *LEFT_BROW),
)
"""Vertices of what is lent as a whole: the mouth with the lip above it, an eye with its brow."""
HIDDEN: Final = 0.2
"""Share of such vertices that may be seen badly."""
_ENLARGED: Final = 2.5
"""Target over source in size, from which an iris of the source would be drawn from too few pixels."""
_SAME: Final = 0.25
"""How unlike each other two views may be whose mean is taken: two degrees and a little of the lids, as at rest."""
_MEAN: Final = 6
"""Views whose mean is taken: noise falls by the root of it, time grows with it."""
_EYES: Final = (RIGHT_EYE, LEFT_EYE)


def nearest_view(views: Sequence[_View], target: Seen) -> _View:
    """The view whose head direction, lids and lips are nearest the target's; texture holds to about 25 degrees.

    Small and blurred views lose against large and sharp ones by as much as a few degrees.
    """

    def cost(view: _View) -> float:
        soft = np.clip(1 - width_of(view.face.mesh) / width_of(target.face.mesh), 0, 1)
        value = float(_unlike(view, target) + 0.6 * soft)
        return value if np.isfinite(value) else float("inf")

    return min(views, key=cost)


def same_moment(views: Sequence[Seen], chosen: Seen) -> list[Seen]:
    """The views most like the chosen one, itself first: so like it that their mean is one sharper, quieter picture."""
    others = [(_unlike(view, chosen), number) for number, view in enumerate(views) if view is not chosen]
    return [chosen, *(views[number] for unlike, number in sorted(others)[: _MEAN - 1] if unlike < _SAME)]


def _unlike(view: Seen, other: Seen) -> float:
    """How differently two faces are turned, look and speak: 1 is 10 degrees, or half an opened lid or mouth."""
    mine, theirs = view.face, other.face
    turn = np.hypot(mine.pose.yaw - theirs.pose.yaw, mine.pose.pitch - theirs.pose.pitch) / 10
    lids = np.abs(np.subtract(mine.eyes, theirs.eyes)).sum()
    return float(turn + 2 * lids + 2 * abs(mine.mouth - theirs.mouth))


def swapped(
    views: Sequence[Seen], target: Seen, amount: float, *, interior: str = "auto", parts: Collection[str] = PARTS
) -> Pixels:
    """`render` with the view that is nearest the target, and those most like it."""
    return render(nearest_view(views, target), target, amount, interior=interior, parts=parts, views=views)


def render(
    source: Seen,
    target: Seen,
    amount: float = 1.0,
    *,
    interior: str = "auto",
    parts: Collection[str] = PARTS,
    views: Sequence[Seen] = (),
) -> Pixels:
    """The target's picture with the source's face texture.

    Args:
        source: whose texture is used.
        target: whose picture, geometry, expression and light are kept.
        amount: 0 changes nothing, 1 is the whole swap.
        interior: whose eyes and open mouth: `"source"`, `"target"`, or `"auto"` (the target's where lids or lips are
            open by another measure).
        parts: of the face, that are swapped.
        views: of the same person in the same light as the source, such as frames of one film. The mean of those most
            like the source has less noise, and fewer steps where a small face is enlarged.

    Returns:
        uint8 RGB of the target's shape; exact where the face's mask is 0. Inputs are not changed.
    """
    out = target.pixels.copy()
    mesh, width = target.face.mesh, width_of(target.face.mesh)
    box = Box.around(mesh, 0.05 * width, out.shape)
    if amount <= 0 or box.empty or not parts:
        return out
    raster = Raster(mesh, box)
    if raster.empty:
        return out
    view = box.cut(out)
    before = view.astype(np.float32)
    trusted = _trusted(source, raster, mesh)
    mask = oval(raster, width) * trusted
    placed = mesh - np.append(box.corner, 0)
    eyes = _eyes_mask(placed, view.shape, width)
    offsets = alignment(_warped(source, raster), before, mask * (1 - eyes), width)  # a glance is no error of landmarks
    mask *= np.minimum(1, moved(trusted, offsets))
    warped = _mean(_warped(one, raster, offsets) for one in same_moment(views, source))
    lips = polygon(view.shape, placed[list(LIPS_OUTER), :2], 0.02 * width, 0.008 * width)
    features = np.asarray(np.maximum(eyes, lips), np.float32)
    mask *= np.maximum(features, alike(warped, before, mask * (1 - features), width))
    weight = mask * (1 - 0.97 * features)
    painted = match_sharpness(relight(warped, before, weight, mesh, raster), before, weight, width)
    painted = own_detail(painted, before, width / width_of(source.face.mesh))
    mask *= chosen_parts(placed, view.shape, width, parts) * (1 - _kept(source, target, box, interior))
    lay_over(view, painted, mask * np.float32(amount))
    return out


def _warped(source: Seen, raster: Raster, offsets: Floats | None = None) -> Floats:
    """The source's texture on the raster's mesh, (H, W, 3); moved by `offsets` (H, W, 2) pixels."""
    places = raster.spread(source.face.mesh[:, :2])
    shrink = width_of(source.face.mesh) / raster.width
    return sample(source.pixels, places if offsets is None else moved(places, offsets), shrink)


def _mean(pictures: Iterable[Floats]) -> Floats:
    """Mean of pictures of one shape."""
    first, *more = pictures
    for picture in more:
        first += picture
    return first / np.float32(1 + len(more))


def _trusted(source: Seen, raster: Raster, mesh: Points) -> Floats:
    """Where the source shows its face well enough to lend it.

    Turned to the camera, away from its own outline, behind nothing of itself, and not drawn out by the target's mesh.
    """
    own, shape = source.face.mesh, source.pixels.shape
    rim = np.clip((outline_distance(own, shape) - RIM[0]) / (RIM[1] - RIM[0]), 0, 1)
    drawn = np.clip((_DRAWN[1] - drawn_out(own, mesh)) / (_DRAWN[1] - _DRAWN[0]), 0, 1)
    good = visibility(own, shape) * rim * drawn * in_sight(own, shape)
    for feature in WHOLE:  # half a moustache, or half an eye, is worse than the target's
        good[list(feature)] *= np.clip(np.quantile(good[list(feature)], HIDDEN) * 2 - 0.6, 0, 1)
    seen = raster.spread(good)[..., 0]
    return np.asarray(np.clip(blur(seen, 0.02 * raster.width) * 1.1, 0, 1), np.float32)


def _eyes_mask(mesh: Points, shape: tuple[int, ...], width: float) -> Floats:
    """Both eyes, softly; `mesh` in the mask's own pixels."""
    return np.maximum(*(polygon(shape, mesh[list(ring), :2], 0.02 * width, 0.008 * width) for ring in _EYES))


def _kept(source: Seen, target: Seen, box: Box, interior: str) -> Floats:
    """Where the target stays: eyes and mouth that are open by another measure, other beards, and glasses."""
    worn = np.maximum(other_beard(source, target, box), glasses(source, target, box))
    return np.asarray(np.maximum(worn, _kept_interior(source, target, box, interior)), np.float32)


def _kept_interior(source: Seen, target: Seen, box: Box, interior: str) -> Floats:
    """Where the target's own eyes and mouth interior stay."""
    mesh, width = target.face.mesh - np.append(box.corner, 0), width_of(target.face.mesh)
    keep = np.zeros(box.shape, np.float32)
    if interior == "source":
        return keep
    differs = abs(source.face.mouth - target.face.mouth)
    stretched = (target.face.mouth + 0.02) / (source.face.mouth + 0.02) > _STRETCH
    if interior == "target" or differs > MOUTH_DIFFERS or stretched:
        keep = np.maximum(keep, polygon(box.shape, mesh[list(LIPS_INNER), :2], 0.008 * width, 0.008 * width))
        # lips stretch with the mouth: the more it differs, the more of them stays too
        lips = polygon(box.shape, mesh[list(LIPS_OUTER), :2], 0.015 * width, 0.015 * width)
        share = 0 if interior == "target" else np.clip(differs / MOUTH_DIFFERS - 1, 0, 1)
        keep = np.maximum(keep, lips * np.float32(share))
    small = width > _ENLARGED * width_of(source.face.mesh)
    for ring, mine, theirs in zip(_EYES, source.face.eyes, target.face.eyes, strict=True):
        if interior == "target" or small or abs(mine - theirs) > EYES_DIFFER:
            keep = np.maximum(keep, polygon(box.shape, mesh[list(ring), :2], 0.035 * width, 0.012 * width))
    return keep
