"""One face through the frames of a camera: found again in each, whoever else comes into the picture."""

from __future__ import annotations

from collections import deque
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.faces import Face, Finder, Image

_SIDE: Final = 320
"""Longer side the detector looks at: a face of 130 px at 640 px is still found, at a quarter of the cost."""
_MEMORY: Final = 8
"""Frames without the face after which it may come back anywhere."""


class Track:
    """Follows the face that was the largest when it came."""

    def __init__(self, finder: Finder) -> None:
        self._finder = finder
        self._seen = deque[Face | None](maxlen=_MEMORY)

    def look(self, image: Image) -> tuple[Face | None, float]:
        """The face in the next frame, and the size of the largest other one as a share of its size; 0 for none."""
        face, other = self._look(image)
        self._seen.append(face)
        return face, other

    def _look(self, image: Image) -> tuple[Face | None, float]:
        found = self._finder.detect(image, _SIDE)
        if not found:
            return None, 0.0
        last = next((face for face in reversed(self._seen) if face is not None), None)
        if last is None:
            main = max(found, key=lambda one: one.box[2])
        else:
            place = _middle(last.box)
            main = min(found, key=lambda one: float(np.linalg.norm(_middle(one.box) - place)))
        other = max((one.box[2] / main.box[2] for one in found if one is not main), default=0.0)
        face = self._finder.follow(image, last) if last is not None else None
        if face is None or not (np.abs(_middle(face.box) - _middle(main.box)) < main.box[2] / 2).all():
            face = self._finder.measure(image, main)  # following holds on to a place, not to a face
        return face, other


def _middle(box: tuple[float, float, float, float]) -> NDArray[np.float64]:
    return np.array([box[0] + box[2] / 2, box[1] + box[3] / 2])
