"""Signs that a camera goes on showing somebody alive: blinks, and frames that are none of the frames before."""

from __future__ import annotations

import hashlib
from collections import deque
from typing import Final

import numpy as np

from models.faces import Face, Image

_FRAMES: Final = 300
"""Frames among which a repeated one is looked for, and with which eyes are compared."""
_LATELY: Final = 30
"""Frames whose share of repeated ones is told."""
_LEAST: Final = 8
"""Frames before what is usual is known."""


class Lively:
    """What the newest frames of one camera show. `share` is that of the usual opening at which eyes are closed."""

    def __init__(self, share: float) -> None:
        self._share = share
        self._prints = deque[bytes](maxlen=_FRAMES)
        self._repeated = deque[bool](maxlen=_LATELY)
        self._open = deque[float](maxlen=_FRAMES)

    def repeated(self, image: Image) -> float:
        """See the next frame: the share, 0..1, of the newest that are, to the bit, one of the frames before."""
        print_ = hashlib.sha256(image.tobytes()).digest()
        self._repeated.append(print_ in self._prints)
        self._prints.append(print_)
        return sum(self._repeated) / max(len(self._repeated), _LEAST)

    def closed(self, face: Face) -> bool:
        """See the face of a frame: whether both its eyes are closed, against how far they usually are open."""
        self._open.append(max(face.eyes))
        usual = float(np.quantile(self._open, 0.75))
        return len(self._open) >= _LEAST and max(face.eyes) <= self._share * usual
