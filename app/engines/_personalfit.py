"""A person's appearance, learnt from their own frames: a texture of the face that follows expression and pose.

Every frame is laid out in one atlas of the face, in the light of the first one. What a face would look like with some
expression, from some side, is then the mean of the frames most like it, for eyes, mouth and skin apart, and a linear
correction for what none of them shows. Fitting takes seconds, because nothing in it is iterated.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from app.engines._beard import bearded
from app.engines._filters import Floats, Points, blur, deep, polygon, resize, sample
from app.engines._geometry import Placement, Seen, in_sight, normals, outline_distance, visibility, width_of
from app.engines._light import gain_between, lit_by
from app.engines._personalbeard import beard_of
from app.engines._swap import HIDDEN, RIM, WHOLE
from app.engines._wrap import Atlas, Unwrap, carried_on
from consent.errors import Refusal
from models.faces import Face
from models.topology import CANONICAL, LEFT_BROW, LEFT_EYE, LIPS_INNER, LIPS_OUTER, OVAL, RIGHT_BROW, RIGHT_EYE

FEWEST: Final = 5
"""Frames that show the whole face, below which nothing is learnt."""
_SCALE: Final = (96, 320)
"""Limits of the pixels across the face in the atlas; else as many as the frames have."""
HALF: Final = (0.62, 0.95)
"""Half width and height of the atlas, face widths: a beard reaches beyond the face."""
_ROUND: Final = 25.0
"""Degrees of turn up to which a frame shows what is round the face."""
_DEGREES: Final = 12.0
_LIDS: Final = 0.12
_LIPS: Final = 0.15
_WIDTHS: Final = 0.02
"""What counts as one step from one frame to another: of pose, lid gap, lip gap, and the mesh's expression."""
_SHARP: Final = 0.5
"""Steps (squared) within which frames share in a mean."""
_FILLS: Final = 1e-3
"""Share below which a frame does no more than fill what the nearest do not show."""
_UNSEEN: Final = np.float32(1e-4)
"""Weight of what frames show where none is to be trusted: next to it nothing is to turn black."""
_RIDGE: Final = 4.0
"""Frames that must agree before the correction believes them by half."""
_LARGEST: Final = 0.35
"""Steps the correction may be carried beyond the frames."""
_MODES: Final = 6
_WIDTH: Final = float(np.ptp(CANONICAL[:, 0]))
_PARTS: Final = ("skin", "right eye", "left eye", "mouth")
_REGIONS: Final = {
    "right eye": (RIGHT_EYE + RIGHT_BROW, 0.03),
    "left eye": (LEFT_EYE + LEFT_BROW, 0.03),
    "mouth": (LIPS_OUTER, 0.07),
}
_COVERED: Final = 26.0
"""Grey levels by which a piece of skin differs from the person's usual one where something lies over it."""
_COVERED_SHARE: Final = 0.05
"""Share of the skin in sight that may be covered."""


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """One frame in the atlas: `colours` (h, w, 3), grey levels, and how far each is to be trusted, (h, w) 0..1."""

    view: Seen
    colours: Floats
    trust: Floats


class Appearance:
    """How one person looks, by expression and pose. In memory, for one session; see `fitted`.

    Attributes:
        atlas: in which `texture` is.
        frames: what it was learnt from.
        left_out: of the given frames, those with something across the face.
        beard: (h, w) 0..1, where the person's beard is; None for a bare chin.
    """

    def __init__(self, atlas: Atlas, laid: Sequence[Laid], left_out: int) -> None:
        self.atlas, self.left_out = atlas, left_out
        self._views = tuple(one.view for one in laid)
        self._space = _Space([view.face for view in self._views])
        self._steps = np.stack([self._space.steps(view.face) for view in self._views])
        widths = np.array([width_of(view.face.mesh) for view in self._views])
        self._soft = (1 - widths / atlas.scale).clip(0, 1)
        self._regions = _regions(atlas)
        sheets = np.stack([np.dstack([one.colours * one.trust[..., None], one.trust]) for one in laid])
        self._sure = np.asarray(sheets[..., 3].max(0), np.float32)
        self._plain = np.mean([one.colours for one in laid], 0)
        self._areas = {part: _area(mask) for part, mask in self._regions.items()}
        self._sheets = {part: np.ascontiguousarray(sheets[:, *area]) for part, area in self._areas.items()}
        self._slopes = self._learnt(laid)
        front = self._views[0]
        self.beard = beard_of(atlas, self.texture(front.face)[0]) if bearded(front) == "beard" else None

    @property
    def frames(self) -> tuple[Seen, ...]:
        """The frames, in the order in which they were given."""
        return self._views

    def texture(self, face: Face) -> tuple[Floats, Floats]:
        """How the face looks with this expression, from this side: colours (h, w, 3), and trust (h, w) 0..1."""
        steps = self._space.steps(face)
        colours = np.zeros((*self._sure.shape, 3), np.float32)
        for part in _PARTS:
            area = self._areas[part]
            colours[area] += self._part(part, steps) * deep(self._regions[part][area], 3)
        return colours, np.clip(self._sure, 0, 1)

    def nearest(self, face: Face, part: str) -> Seen:
        """The frame that lends most to a part of a face: `skin`, `right eye`, `left eye` or `mouth`."""
        apart = self._apart(part, self._space.steps(face))
        return self._views[int(np.argmin(apart))]

    def _apart(self, part: str, steps: Points) -> Points:
        """How far each frame is from `steps` for a part: (N,), squared."""
        weight = self._space.weights(part)
        return np.asarray((((self._steps - steps) * weight) ** 2).sum(1) + 2 * self._soft, np.float64)

    def _part(self, part: str, steps: Points) -> Floats:
        """Colours of one part, in its area of the atlas."""
        apart = self._apart(part, steps)
        shares = np.exp(-(apart - apart.min()) / _SHARP)
        shares = np.where(shares < _FILLS, _FILLS / (1 + apart.max()), shares)
        sheet = np.tensordot(shares.astype(np.float32), self._sheets[part], 1)
        unseen = self._plain[self._areas[part]] * _UNSEEN
        colours = (sheet[..., :3] + unseen) / deep(sheet[..., 3] + _UNSEEN, 3)
        if self._slopes is not None:
            beyond = np.clip(steps - shares @ self._steps / shares.sum(), -_LARGEST, _LARGEST)
            change = np.tensordot((beyond * self._space.weights(part)).astype(np.float32), self._slopes, 1)
            colours += resize(np.asarray(change, np.float32), self._sure.shape[::-1])[self._areas[part]]
        return np.asarray(np.clip(colours, 0, 255), np.float32)

    def _learnt(self, laid: Sequence[Laid]) -> Floats | None:
        """How colours go with the steps, at a quarter of the atlas: (K, h / 4, w / 4, 3); a ridge regression."""
        if len(laid) < 2 * FEWEST:
            return None
        height, width = self._sure.shape
        size = (max(2, width // 4), max(2, height // 4))
        small = np.stack([resize(one.colours, size) for one in laid])
        trust = np.stack([resize(one.trust, size) for one in laid])[..., None]
        mean = (small * trust).sum(0) / np.maximum(trust.sum(0), 1e-3)
        apart = (small - mean) * trust  # what is not seen differs from nothing
        rows = self._steps - self._steps.mean(0)
        inverse = np.linalg.solve(rows.T @ rows + _RIDGE * np.eye(rows.shape[1]), rows.T)
        return np.tensordot(inverse.astype(np.float32), apart, 1).astype(np.float32)


class _Space:
    """Expression and pose as a few numbers, each in steps that matter about as much."""

    def __init__(self, faces: Sequence[Face]) -> None:
        shapes = np.stack([_shape(face) for face in faces])
        self._mean = shapes.mean(0)
        _, _, axes = np.linalg.svd(shapes - self._mean, full_matrices=False)
        self._axes = axes[: min(_MODES, max(0, len(faces) - 1))]

    def steps(self, face: Face) -> Points:
        """(K,): yaw, pitch, right and left lid, lips, and the mesh's modes."""
        modes = self._axes @ (_shape(face) - self._mean)
        pose = np.array([face.pose.yaw, face.pose.pitch]) / _DEGREES
        return np.concatenate([pose, np.array(face.eyes) / _LIDS, [face.mouth / _LIPS], modes])

    def weights(self, part: str) -> Points:
        """How much each step counts for a part of the face."""
        lids = {"right eye": (1.0, 0.3), "left eye": (0.3, 1.0)}.get(part, (0.15, 0.15))
        lips = {"mouth": 1.0, "skin": 0.35}.get(part, 0.1)
        modes = {"mouth": 0.6, "skin": 0.5}.get(part, 0.4)
        return np.array([1.0, 1.0, *lids, lips, *[modes] * len(self._axes)])


def fitted(views: Sequence[Seen]) -> Appearance:
    """Learns how a person looks. The first frame says in which light.

    Args:
        views: frames and photos of one person, each matched by the gate.

    Raises:
        Refusal: `too-few-own-frames`, which says how many more are needed.
    """
    if len(views) < FEWEST:
        raise too_few(len(views))
    wide = float(np.median([width_of(view.face.mesh) for view in views]))
    unwrap = Unwrap(Atlas(round(float(np.clip(wide, *_SCALE))), HALF), 2)
    laid = _in_one_light([_laid(view, unwrap) for view in views], unwrap)
    clear = _uncovered(laid, unwrap.atlas)
    if len(clear) < FEWEST:
        raise too_few(len(clear))
    return Appearance(unwrap.atlas, clear, len(laid) - len(clear))


def too_few(have: int) -> Refusal:
    """What is said when too little is known of a face."""
    return Refusal(
        "too-few-own-frames",
        f"There are {have} pictures in which your whole face can be seen, and {FEWEST} are needed.",
        f"Add {FEWEST - have} more, or do the camera check again with nothing before your face.",
    )


def _shape(face: Face) -> Points:
    """The expression of a mesh in the head's frame, the moving points before the others: (468 * 3,), steps."""
    mesh = face.mesh
    turned = Placement.of(mesh).back(mesh) / _WIDTH
    weight = np.full(len(mesh), 0.1)
    weight[list(RIGHT_BROW + LEFT_BROW)] = 1.5
    weight[list(LIPS_OUTER + LIPS_INNER)] = 1.0
    weight = np.sqrt(weight / weight.sum())
    return np.asarray((turned * weight[:, None] * (1, 1, 0.3) / _WIDTHS).ravel(), np.float64)


def _regions(atlas: Atlas) -> dict[str, Floats]:
    """Soft masks of the parts, which add up to 1 everywhere: (h, w) each."""
    shape, scale, left = atlas.size[::-1], atlas.scale, np.ones(atlas.size[::-1], np.float32)
    masks: dict[str, Floats] = {}
    for part, (points, grown) in _REGIONS.items():
        hull = _hull(atlas.mesh[list(points), :2])
        masks[part] = np.minimum(polygon(shape, hull, grown * scale, 0.035 * scale), left)
        left = left - masks[part]
    masks["skin"] = np.clip(left, 0, 1)
    return masks


def _skin(atlas: Atlas) -> Floats:
    """What is neither eyes nor mouth nor beyond the face: (h, w) 0..1."""
    face = polygon(atlas.size[::-1], atlas.mesh[list(OVAL), :2])
    return np.asarray(face * (0.03 + 0.97 * _regions(atlas)["skin"]), np.float32)


def _area(mask: Floats) -> tuple[slice, slice]:
    """Rows and columns of an atlas outside of which a mask is 0."""
    x, y, wide, high = cv2.boundingRect((mask > 0).astype(np.uint8))
    return slice(y, y + high), slice(x, x + wide)


def _hull(points: Points) -> Points:
    return np.asarray(cv2.convexHull(points.astype(np.float32))[:, 0], np.float64)


def _laid(view: Seen, unwrap: Unwrap) -> Laid:
    """A frame in the atlas, as it is."""
    mesh, shape = view.face.mesh, view.pixels.shape
    points = carried_on(mesh)
    colours = sample(view.pixels, unwrap.places(points), width_of(mesh) / unwrap.atlas.scale)
    rim = np.clip((outline_distance(mesh, shape) - RIM[0]) / (RIM[1] - RIM[0]), 0, 1)
    good = visibility(mesh, shape) * rim * in_sight(mesh, shape)
    for feature in WHOLE:
        good[list(feature)] *= np.clip(np.quantile(good[list(feature)], HIDDEN) * 2 - 0.6, 0, 1)
    seen = np.zeros((len(points), 1))
    seen[:468, 0] = good
    seen[468:] = max(0.0, 1 - float(np.hypot(view.face.pose.yaw, view.face.pose.pitch)) / _ROUND)
    return Laid(view, colours, np.asarray(np.clip(unwrap.values(seen)[..., 0] * 1.1, 0, 1), np.float32))


def _in_one_light(laid: Sequence[Laid], unwrap: Unwrap) -> list[Laid]:
    """All frames in the light of the first one."""
    first, scale = laid[0], unwrap.atlas.scale
    height, width = first.trust.shape
    size = (max(2, width // 4), max(2, height // 4))
    plain = resize(_skin(unwrap.atlas), size)
    model, model_trust = resize(first.colours, size), resize(first.trust, size) * plain
    done = [first]
    for one in laid[1:]:
        points = np.zeros((len(carried_on(one.view.face.mesh)), 3))
        points[:468] = normals(one.view.face.mesh)
        weight = np.minimum(resize(one.trust, size), model_trust)
        gain = gain_between(resize(one.colours, size), model, weight, resize(unwrap.values(points), size), scale / 4)
        times = resize(np.asarray(np.exp(gain), np.float32), (width, height))
        done.append(Laid(one.view, np.clip(lit_by(one.colours, times, 1.0), 0, 255), one.trust))
    return done


def _uncovered(laid: Sequence[Laid], atlas: Atlas) -> list[Laid]:
    """The frames with no hand, hair or cup across the skin of the face: those like what most of them show there."""
    height, width = laid[0].trust.shape
    size = (max(2, width // 4), max(2, height // 4))
    small = np.stack([blur(resize(one.colours, size), 0.02 * atlas.scale / 4) for one in laid])
    trust = np.stack([resize(one.trust, size) for one in laid])
    hidden: NDArray[np.bool_] = trust < 0.5
    with warnings.catch_warnings(action="ignore"):  # what no frame shows has no median
        usual = np.nan_to_num(np.nanmedian(np.where(hidden[..., None], np.nan, small), axis=0))
    skin = resize(_skin(atlas), size) > 0.95
    clear = []
    for one, colours, unseen in zip(laid, small, hidden, strict=True):
        seen = skin & ~unseen
        strange = (np.abs(colours - usual).max(2) > _COVERED) & seen
        if strange.sum() <= _COVERED_SHARE * max(1, seen.sum()):
            clear.append(one)
    return clear
