"""Faces cut out for a network, all in one place, and the random warp it learns to undo.

A crop is 1.6 sides of the network wide, so that there is room to turn, shift and warp; the network sees its middle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from app.engines._filters import Floats, Pixels, Points, polygon
from app.engines._geometry import Seen
from models.faces import similarity, warped
from models.topology import CANONICAL, OVAL, RIGID

_ROOM: Final = 1.6
"""Sides of the network in a crop: 256 / 160, as in 2017."""
FACE: Final = 0.80
"""Share of the network's side that the face's width takes."""
_BEYOND: Final = 0.04
"""Share of the side by which the mask reaches beyond the face: a beard's edge is learnt too."""
_GRID: Final = 5
_NOISE: Final = 1 / 32
"""Of the points of the warp's grid, standard deviation in parts of what the network sees: 5 of 160 pixels."""
_TURN, _ZOOM, _SHIFT = 10.0, 0.05, 0.05
_LIT: Final = (0.85, 1.18)
"""Limits of gain and gamma, drawn anew for each picture of `Light`."""


@dataclass(frozen=True, slots=True, eq=False)
class Crops:
    """The faces of one look, cut out.

    Attributes:
        side: of the network, pixels.
        pictures: uint8 (N, S, S, 4): red, green, blue and the face's mask, S = 1.6 sides.
    """

    side: int
    pictures: NDArray[np.uint8]

    @classmethod
    def of(cls, views: Sequence[Seen], side: int) -> Crops:
        """The crops of some pictures of the person."""
        whole = round(_ROOM * side)
        return cls(side, np.stack([_cut(view, side, whole) for view in views]))

    def batch(self, count: int, rng: np.random.Generator, *, original: bool = False) -> tuple[Floats, Floats]:
        """Random faces, warped and not: (count, 3, side, side) 0..1, and (count, 4, side, side) with their masks.

        Args:
            count: how many.
            rng: draws.
            original: as in 2017: some mirrored, none in another light.
        """
        pairs = [self._drawn(rng, original=original) for _ in range(count)]
        before, after = (np.stack(one).transpose(0, 3, 1, 2).astype(np.float32) for one in zip(*pairs, strict=True))
        return np.ascontiguousarray(before / 255), np.ascontiguousarray(after / 255)

    def _drawn(self, rng: np.random.Generator, *, original: bool) -> tuple[Floats, Floats]:
        picture = self.pictures[rng.integers(len(self.pictures))]
        whole = picture.shape[0]
        middle = (whole / 2, whole / 2)
        turn = cv2.getRotationMatrix2D(middle, rng.uniform(-_TURN, _TURN), rng.uniform(1 - _ZOOM, 1 + _ZOOM))
        turn[:, 2] += rng.uniform(-_SHIFT, _SHIFT, 2) * whole
        turned = cv2.warpAffine(picture, turn, (whole, whole), borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
        if original and rng.random() < 0.4:
            turned = np.ascontiguousarray(turned[:, ::-1])
        elif not original:
            gains = rng.uniform(*_LIT) * rng.uniform(0.95, 1.05, 3)
            turned[..., :3] = np.clip((turned[..., :3] / 255) ** rng.uniform(*_LIT) * gains, 0, 1) * 255
        return random_warp(turned, self.side, rng)


def random_warp(picture: Floats, side: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """The middle of a crop warped by a noisy 5 x 5 grid, and the same unwarped where it fits that best.

    Args:
        picture: (S, S, 4), S = 1.6 sides.
        side: of what comes out.
        rng: draws the noise.

    Returns:
        (side, side, 3) and (side, side, 4).
    """
    whole = picture.shape[0]
    line = np.linspace(whole / 2 - side / 2, whole / 2 + side / 2, _GRID)
    grid = np.stack(np.meshgrid(line, line), -1) + rng.normal(0, _NOISE * side, (_GRID, _GRID, 2))
    wide, edge = round(1.25 * side), round(0.125 * side)
    fine = np.asarray(cv2.resize(grid.astype(np.float32), (wide, wide)), np.float32)[
        edge : edge + side, edge : edge + side
    ]
    before = cv2.remap(picture[..., :3], fine[..., 0], fine[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    even = np.linspace(0, side, _GRID)
    into = similarity(grid.reshape(-1, 2), np.stack(np.meshgrid(even, even), -1).reshape(-1, 2))
    after = cv2.warpAffine(picture, into, (side, side), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(before, np.float32), np.asarray(after, np.float32)


def place(mesh: Points, side: int, room: float = 1.0) -> Points:
    """The similarity (2, 3) from a picture to what the network sees of a face, with `room` times its side round it."""
    flat = CANONICAL[:, :2]
    low, high = flat.min(0), flat.max(0)
    scale = FACE * side / float(high[0] - low[0])
    wanted = (flat - (low + high) / 2) * scale + side * room / 2 - 0.5
    return similarity(mesh[list(RIGID), :2], wanted[list(RIGID)])


def seen_by_network(view: Seen, side: int) -> Pixels:
    """What the network sees of a picture's face: uint8 RGB (side, side, 3)."""
    return warped(view.pixels, place(view.face.mesh, side), side)


def _cut(view: Seen, side: int, whole: int) -> Pixels:
    into = place(view.face.mesh, side, whole / side)
    oval = view.face.mesh[list(OVAL), :2] @ into[:, :2].T + into[:, 2]
    mask = polygon((whole, whole), oval, _BEYOND * side, 0.01 * side)
    return np.dstack([warped(view.pixels, into, whole), np.round(mask * 255).astype(np.uint8)])
