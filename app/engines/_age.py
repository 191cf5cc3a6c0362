"""The age renderer: shape first, then skin and hair, painted as a correction that leaves the photo's own detail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Final

import cv2
import numpy as np

from app.engines._ageshape import aged, strength_of
from app.engines._field import deform
from app.engines._filters import Floats, Pixels, Points, deep, most, resize
from app.engines._geometry import Box, Seen, width_of
from app.engines._grey import greyed
from app.engines._hair import beard_mask, hair_mask
from app.engines._older import older
from app.engines._skin import Canvas, canvas
from app.engines._younger import younger
from models.person import Segmenter

OLDEST: Final = 40.0
YOUNGEST: Final = -20.0
_WORK: Final = 520.0
_HAIR_WORK: Final = 224.0
"""Face width in pixels at which skin and hair are painted; larger photos get the enlarged correction."""
_FACE: Final = 0.05
COLOUR: Final = 6.0
"""Chroma of a face below which its picture is taken for black and white."""
_HEAD: Final = 0.75
"""Face widths round the mesh in which skin is painted and hair is looked for."""


@cache
def segmenter() -> Segmenter:
    """One network for all calls; it is thread-safe and holds nothing of anyone."""
    return Segmenter()


def shaped(mesh: Points, years: float) -> Points:
    """The mesh (468, 3) of the same face `years` older (below 0: younger); 0 gives it back."""
    return aged(mesh, strength_of(years)) if years else mesh


def render(target: Seen, years: float, grey: float, seed: int, segmenter: Segmenter | None) -> Pixels:
    """The target's picture with the face `years` older (below 0: younger).

    Args:
        target: picture and face.
        years: `YOUNGEST`..`OLDEST`; 0 changes nothing.
        grey: 0..1, how much of the hair's share of `years` is shown (older only).
        seed: which wrinkles and strands; the same seed gives the same picture.
        segmenter: finds the person for the hair; None leaves hair and beard alone.

    Returns:
        uint8 RGB of the target's shape; exact beyond `_field.REACH` of the face and off the hair. Inputs stay.
    """
    if years == 0:
        return target.pixels.copy()
    mesh = shaped(target.face.mesh, years)
    out = deform(target.pixels, target.face.mesh, mesh)
    paint(out, mesh, years, grey, seed, segmenter)
    return out


def paint(  # noqa: PLR0917 - one order for both
    out: Pixels, mesh: Points, years: float, grey: float, seed: int, segmenter: Segmenter | None
) -> None:
    """Paints `years` on skin and hair of a face that has its shape already, in place.

    Args:
        out: uint8 RGB (H, W, 3), a whole picture; changed in place. What made the face in it does not matter.
        mesh: (468, 3) of that face as it lies in `out`.
        years: as for `render`; 0 paints nothing.
        grey: as for `render`.
        seed: as for `render`.
        segmenter: as for `render`.
    """
    paint_hair(out, mesh, years, grey, seed, segmenter)
    paint_skin(out, mesh, years, seed)


def paint_hair(  # noqa: PLR0917 - one order for both
    out: Pixels, mesh: Points, years: float, grey: float, seed: int, segmenter: Segmenter | None
) -> None:
    """The part of `paint` that turns hair grey; younger hair stays."""
    strength = strength_of(years)
    if strength > 0 and grey > 0 and segmenter is not None:
        _lay_on(out, mesh, (_HEAD, _HAIR_WORK), partial(_greyer, amount=strength * grey, seed=seed, finder=segmenter))


def paint_skin(out: Pixels, mesh: Points, years: float, seed: int) -> None:
    """The part of `paint` that changes the skin."""
    strength = strength_of(years)
    if strength:
        skin = partial(older, strength=strength, seed=seed) if strength > 0 else partial(younger, strength=-strength)
        _lay_on(out, mesh, (_FACE, _WORK), skin)


def _greyer(on: Canvas, amount: float, seed: int, finder: Segmenter) -> Floats:
    """The canvas with its hair and beard greyer."""
    again = cv2.cvtColor(on.lab, cv2.COLOR_LAB2RGB) * 255
    person = finder.mask(np.clip(again + 0.5, 0, 255).astype(np.uint8))
    return greyed(on, np.maximum(hair_mask(on, person), beard_mask(on, person)), amount, seed)


def hair_of(pixels: Pixels, mesh: Points, across: float, finder: Segmenter) -> tuple[Placed, Floats] | None:
    """Where hair and beard of a face on `mesh` are: a canvas of it, and their mask (H, W); None off the picture.

    `across`: pixels of the face on it, at most.
    """
    placed = Placed.of(pixels, mesh, (_HEAD, across))
    if placed is None:
        return None
    person = finder.mask(placed.pixels)
    return placed, np.maximum(hair_mask(placed.canvas, person), beard_mask(placed.canvas, person))


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A part of a picture on a canvas.

    Attributes:
        box: the part.
        scale: pixels of the canvas for one of the picture.
        before: the canvas, (H, W, 3) RGB 0..1.
        canvas: the same with its masks.
    """

    box: Box
    scale: float
    before: Floats
    canvas: Canvas

    @classmethod
    def of(cls, out: Pixels, mesh: Points, size: tuple[float, float]) -> Placed | None:
        """The canvas of a face; None where none of it is in the picture.

        `size`: how much round the mesh is on it, in face widths, and how wide the face is on it at most, in pixels.
        """
        width = width_of(mesh)
        box = Box.around(mesh, size[0] * width, out.shape)
        if box.empty:
            return None
        view = box.cut(out)
        scale = min(1.0, size[1] / width)
        small = (max(2, round(view.shape[1] * scale)), max(2, round(view.shape[0] * scale)))
        before = resize(np.asarray(view, np.float32), small) / 255
        placed = (mesh - np.append(box.corner, 0) + (0.5, 0.5, 0)) * scale - (0.5, 0.5, 0)
        on = canvas(np.asarray(cv2.cvtColor(before, cv2.COLOR_RGB2LAB), np.float32), placed, width * scale)
        return None if on.raster.empty else cls(box, scale, np.asarray(before, np.float32), on)

    @property
    def pixels(self) -> Pixels:
        """The canvas as uint8 RGB (H, W, 3)."""
        again = cv2.cvtColor(self.canvas.lab, cv2.COLOR_LAB2RGB) * 255
        return np.asarray(np.clip(again + 0.5, 0, 255), np.uint8)


def _lay_on(out: Pixels, mesh: Points, size: tuple[float, float], painter: Callable[[Canvas], Floats]) -> None:
    """Lets `painter` paint a canvas of the face and adds what it changed to `out`, in place; `size` as for `Placed`."""
    placed = Placed.of(out, mesh, size)
    if placed is None:
        return
    on, before, view = placed.canvas, placed.before, placed.box.cut(out)
    painted = painter(on)
    # a black-and-white picture stays one
    middle = float(np.median(np.hypot(on.lab[..., 1], on.lab[..., 2])[on.face > 0.5])) if on.face.max() > 0.5 else 0.0
    change = painted - on.lab
    change[..., 1:] *= min(1.0, middle / COLOUR)
    changed = most(np.abs(change)) > 1e-3
    if not changed.any():
        return
    rows, columns = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
    area = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    after = np.clip(cv2.cvtColor(on.lab[area] + change[area], cv2.COLOR_LAB2RGB), 0, 1)
    change = np.zeros_like(before)
    change[area] = (after - before[area]) * deep(changed[area] * np.float32(255), 3)
    np.copyto(view, cv2.add(view, resize(change, (view.shape[1], view.shape[0])), dtype=cv2.CV_8U))
