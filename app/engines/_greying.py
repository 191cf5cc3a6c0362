"""Grey hair, frame after frame: where hair may be is found now and then, which pixel is hair by its colour each time.

A head that turns shows other hair, and the wall behind it: nothing painted once would fit. So of a few frames the mask
of the still picture is kept in the atlas, as how likely hair is at each place, and the colours under it and round it as
two histograms. In every frame place and colour together say what is hair, and that turns grey where it is.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import cv2
import numpy as np

from app.engines import _age
from app.engines._filters import Floats, Pixels, Points, blur, resize
from app.engines._grey import FADES, STRAND, Hair, drawn, early
from app.engines._laid import Beat, Laid
from app.engines._wrap import HEAD, Atlas, Unwrap

_FOUND_AT: Final = 150.0
"""Pixels across the face at which hair is looked for."""
_SCALE: Final = 96
_BITS: Final = 5
"""Bits of each channel that histograms tell apart."""
_ODDS: Final = (1 / 60, 60.0)
"""What a colour may say, at most, for or against hair."""
_EVERYWHERE: Final = (0.02, 0.0008)
"""How likely hair is near where it was found, and on the face, where it was not."""
_MEMORY: Final = 4.0
"""Weight of what was found before against one new frame, at most."""
_TO_GREY: Final = 2.45
"""Grey levels for one of lightness."""
_TINT: Final = (2.4, 0.4, -3.6)
"""What a turned strand is not wholly grey by, grey levels of red, green and blue."""
_STEP: Final = 2
"""Pixels of a frame for one at which is looked what is hair."""
_UNLIKELY: Final = -2.0
"""Logit of the chance below which the face is taken for bare."""
_COMES: Final = 0.3
"""Seconds in which it turns, once it was found."""
_DEEPEST: Final = 0.2
"""Share of its lift that what is black gets: hair in shade, and a dark wall beside it, stay dark."""
_LEAST: Final = 0.01
_FADES: Final = 0.25
"""Face widths before the end of what is looked at over which nothing comes to turn."""
_LOWEST, _ENDS = 0.7, 0.5
"""Face widths under the chin where grey ends, and over which it does so: in long hair, by and by."""


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """What one frame says of hair.

    Attributes:
        chance: in the atlas, (h, w), where the still picture's mask was.
        told: (h, w), where the frame shows anything.
        hair, other: weights of colours under the mask and round it.
        like: what the hair is like; None where the frame shows none.
        vivid: 0..1, how far the film has colours: a black-and-white one gets none.
    """

    chance: Floats
    told: Floats
    hair: Floats
    other: Floats
    like: Hair | None
    vivid: float = 1.0


class Greying:
    """Turns one person's hair grey, frame after frame; `amount` 0..1.6 and `seed` as for a still picture."""

    def __init__(self, amount: float, seed: int) -> None:
        self._amount = amount
        atlas = Atlas(_SCALE, HEAD)
        self._atlas, self._unwrap = atlas, Unwrap(atlas)
        flat = np.zeros(atlas.size[::-1], np.float32)
        # in a frame the hair's direction is not looked for: drawn strands fall from the crown
        fallen = drawn(flat, atlas.mesh, float(_SCALE), np.ones_like(flat), seed)
        clumps, temples = early(flat.shape, atlas.mesh, float(_SCALE), seed)
        edge = np.pad((self._unwrap.drawn_in > 0).astype(np.uint8), 1)
        reach = np.clip(cv2.distanceTransform(edge, cv2.DIST_L2, 3)[1:-1, 1:-1] / (_FADES * _SCALE), 0, 1)
        hangs = (np.arange(len(flat), dtype=np.float32) - np.float32(atlas.mesh[152, 1])) / _SCALE
        self._reach = reach * np.clip((_LOWEST - hangs) / _ENDS, 0, 1)[:, None]
        self._fallen, self._early = fallen, 0.3 * clumps + 1.1 * temples + np.float32(4.2 * amount - 2.7)
        self.reset()

    def reset(self) -> None:
        """Forgets the hair."""
        self._sum: Sample | None = None
        self._weight = 0.0
        self._come = 0.0
        self._fields: Floats | None = None
        self._odds: Floats | None = None
        self._gain: Floats | None = None
        self._less_colour: Points = np.zeros((3, 4))

    def look(self, pixels: Pixels, laid: Laid) -> Sample | None:
        """Finds hair in a frame as in a still picture; changes nothing here, so another thread may do it."""
        found = _age.hair_of(pixels, laid.mesh, _FOUND_AT, _age.segmenter())
        if found is None:
            return None
        placed, mask = found
        on = self._unwrap.places(laid.points)
        at = ((on - placed.box.corner.astype(np.float32) + 0.5) * placed.scale - 0.5).astype(np.float32)
        height, width = mask.shape
        inside = (at[..., 0] > 0) & (at[..., 1] > 0) & (at[..., 0] < width - 1) & (at[..., 1] < height - 1)
        chance = cv2.remap(mask, at[..., 0], at[..., 1], cv2.INTER_LINEAR)
        codes = _codes(placed.pixels)
        hair, other = (
            np.bincount(codes.ravel(), weight.ravel(), 1 << 3 * _BITS).astype(np.float32)
            for weight in (mask, (1 - mask) ** 4)
        )
        like = Hair.of(placed.canvas, mask) if float(mask.sum()) > 1 else None
        lab, face = placed.canvas.lab, placed.canvas.face > 0.5
        colour = float(np.median(np.hypot(lab[..., 1], lab[..., 2])[face])) if face.any() else 0.0
        vivid = min(1.0, colour / _age.COLOUR)
        return Sample(np.asarray(chance, np.float32), inside * self._unwrap.drawn_in, hair, other, like, vivid)

    def add(self, new: Sample) -> None:
        """Takes in what a frame says."""
        old, self._weight = self._sum, min(self._weight + 1, _MEMORY)
        share = 1 / self._weight
        if old is None:
            self._sum = new
        else:
            told = np.minimum(old.told + new.told, _MEMORY)
            part = new.told / np.maximum(told, 1e-3)
            chance = old.chance + part * (new.chance - old.chance)
            hair, other = ((1 - share) * a + b for a, b in ((old.hair, new.hair), (old.other, new.other)))
            self._sum = Sample(chance, told, hair, other, _mean(old.like, new.like, share), new.vivid)
        self._prepare(self._sum)

    def _prepare(self, known: Sample) -> None:
        """What every frame needs, from what is known."""
        hair = known.like
        if hair is None or not known.chance.max() > 0.3:
            self._fields = None
            return
        near = np.clip(3 * blur(known.chance, 0.08 * _SCALE), 0, 1)
        chance = 0.96 * blur(known.chance, 0.015 * _SCALE) + _EVERYWHERE[0] * near + 1e-4
        log = np.log(chance / (1 - np.minimum(chance, 0.98)))
        strands = 1.1 * (1 - hair.shown) * self._fallen
        ends = np.minimum(3 * near, 1) * self._reach
        self._fields = np.dstack([log, 1.6 * (self._early + strands), ends, self._fallen]).astype(np.float32)
        yes, no = (_smooth(one) for one in (known.hair, known.other))
        ratio = (yes / max(float(yes.sum()), 1e-6) + 1e-7) / (no / max(float(no.sum()), 1e-6) + 1e-7)
        self._odds = np.log(np.clip(ratio, *_ODDS)).astype(np.float32)
        tint = np.array(_TINT) * known.vivid
        less = FADES * np.tile([0.299, 0.587, 0.114], (3, 1)) + (1 - FADES) * np.eye(3)
        self._less_colour = np.column_stack([less, tint])
        light = np.arange(256, dtype=np.float32) / _TO_GREY
        # between strands, and behind them, it stays dark
        shade = np.minimum(_DEEPEST + (1 - _DEEPEST) * light / max(hair.mean, 1.0), 1)
        lift = hair.lift * shade
        self._gain = hair.whole(light) * np.minimum(lift, np.clip(90 - light, 0, None)) * np.float32(_TO_GREY)

    def paint(self, out: Pixels, laid: Laid, beat: Beat) -> None:
        """Turns the hair of a frame grey, in place."""
        if self._fields is None or self._odds is None or self._gain is None or self._sum is None:
            return
        hair = self._sum.like
        if hair is None:
            return
        self._come = min(1.0, self._come + beat.seconds / _COMES)
        view = laid.box.cut(out)
        size = (max(2, (view.shape[1] - 1) // _STEP), max(2, (view.shape[0] - 1) // _STEP))
        view = view[: size[1] * _STEP, : size[0] * _STEP]
        small = np.asarray(cv2.resize(view, size, interpolation=cv2.INTER_AREA), np.uint8)
        told = np.dstack([self._atlas.read(self._fields, laid.at), laid.drawn.face.astype(np.float32)])
        told[..., 2] *= laid.drawn.known
        told = _half(told, laid)[: size[1], : size[0]]
        mask = self._mask(small, told, laid.width)
        rows, columns = (np.flatnonzero((mask > _LEAST).any(axis)) for axis in (1, 0))
        if not len(rows):
            return
        cut = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        area = np.s_[rows[0] * _STEP : (rows[-1] + 1) * _STEP, columns[0] * _STEP : (columns[-1] + 1) * _STEP]
        share, lifted = self._turned(small[cut], mask[cut], told[cut], hair, laid.width)
        view = view[area]
        full = (view.shape[1], view.shape[0])
        share = resize(share * np.float32(beat.share * self._come), full)
        grey = cv2.add(cv2.transform(view, self._less_colour), cv2.merge([cv2.resize(lifted, full)] * 3))
        mixed = cv2.blendLinear(view, grey, 1 - share, share)
        cv2.copyTo(mixed, (share > _LEAST).astype(np.uint8), view)

    def _mask(self, small: Pixels, told: Floats, width: float) -> Floats:
        """How much each pixel of a frame at 1/`_STEP` is hair, (h, w) 0..1, by its place and its colour."""
        assert self._odds is not None
        place, face = told[..., 0], told[..., 4]
        off = np.float32(np.log(_EVERYWHERE[1] / _EVERYWHERE[0])) * face * (place < _UNLIKELY)
        mask = _chance(place + off + self._odds[_codes(small)])
        return blur(mask, max(0.6, 0.006 * width / _STEP)) * told[..., 2]

    def _turned(self, small: Pixels, mask: Floats, told: Floats, hair: Hair, width: float) -> tuple[Floats, Pixels]:
        """How far each pixel has turned, 0..1, and by how many grey levels it is lifted, uint8: (h, w) each."""
        assert self._gain is not None
        grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
        light = grey.astype(np.float32)
        own = hair.strands((light - blur(light, STRAND * width / _STEP)) * np.float32(1.2 / _TO_GREY))
        turned = _chance(told[..., 1] + np.float32(1.6 * 1.1 * hair.shown) * own)
        share = mask * turned * np.float32(min(1.0, 1.8 * self._amount) * hair.needed)
        strands = np.clip(own * hair.shown + (1 - hair.shown) * told[..., 3], -1, 1)
        return np.asarray(share, np.float32), np.asarray(self._gain[grey] * (0.75 + 0.25 * strands) + 0.5, np.uint8)


def _half(cells: Floats, laid: Laid) -> Floats:
    """Cells (rows, columns, C) at 1/`_STEP` of the frame's resolution."""
    rows, columns = (side * laid.drawn.step / _STEP for side in cells.shape[:2])
    halves = [resize(np.asarray(one, np.float32), (round(columns), round(rows))) for one in cv2.split(cells)]
    return np.dstack(halves)


def _codes(pixels: Pixels) -> np.ndarray:
    """A number for each colour (H, W, 3) that histograms tell apart: (H, W) int32."""
    red, green, blue = (one.astype(np.int32) >> (8 - _BITS) for one in cv2.split(pixels))
    return np.asarray(red << 2 * _BITS | green << _BITS | blue)


def _smooth(counts: Floats) -> Floats:
    """A histogram of colours, blurred by about one of its cells."""
    side = 1 << _BITS
    cube = counts.reshape(side, side, side)
    for axis in range(3):
        ahead, back = (np.moveaxis(cube, axis, 0)[at] for at in ([*range(1, side), side - 1], [0, *range(side - 1)]))
        cube = np.moveaxis(0.5 * np.moveaxis(cube, axis, 0) + 0.25 * (ahead + back), 0, axis)
    return np.asarray(cube.reshape(-1), np.float32)


def _mean(one: Hair | None, new: Hair | None, share: float) -> Hair | None:
    """Between what was known of hair and what is new."""
    if one is None or new is None:
        return one or new
    both = ((getattr(one, f.name), getattr(new, f.name)) for f in fields(Hair))
    return Hair(*(a + share * (b - a) for a, b in both))


def _chance(log: Floats) -> Floats:
    """A logit as a chance."""
    return np.asarray(1 / (1 + cv2.exp(np.ascontiguousarray(-log, np.float32))), np.float32)
