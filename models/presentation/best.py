"""The best few frames of each part of a recording, each with its identity vector, computed when there is time."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.faces import Face, Image
from models.identity import Recogniser

_KEEP: Final = 3
"""Frames kept of each part."""


@dataclass(slots=True, eq=False)
class Kept:
    """A frame that was kept.

    Attributes:
        part: which part of the recording, counted from 0.
        number: which frame of the recording.
        score: the higher the better.
        image: `uint8 RGB (H, W, 3)`, and the `face` measured in it.
        vector: (128,) float32; None until it is computed.
    """

    part: int
    number: int
    score: float
    image: Image = field(repr=False)
    face: Face = field(repr=False)
    vector: NDArray[np.float32] | None = field(default=None, repr=False)


class Best:
    """Keeps the best frames; `recogniser` computes their vectors."""

    def __init__(self, recogniser: Recogniser) -> None:
        self._recogniser = recogniser
        self._kept: list[Kept] = []

    def offer(self, kept: Kept) -> None:
        """Keep a frame if it is one of the best of its part; one whose score is not a finite number never is."""
        if math.isfinite(kept.score):
            same = [one for one in self._kept if one.part == kept.part]
            self._kept.append(kept)
            if len(same) == _KEEP:
                self._kept.remove(min([kept, *same], key=lambda one: one.score))

    def compute(self, before: int) -> None:
        """Compute one vector of the parts before this one, which change no more."""
        for one in self._kept:
            if one.part < before and one.vector is None:
                self.vector(one)
                return

    def vector(self, kept: Kept) -> NDArray[np.float32]:
        """The vector of a frame, computed now if it was not."""
        if kept.vector is None:
            kept.vector = self._recogniser.embed(kept.image, kept.face)
        return kept.vector

    def all(self) -> list[Kept]:
        """What was kept, in the order it was taken."""
        return sorted(self._kept, key=lambda one: one.number)
