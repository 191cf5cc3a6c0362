"""The second recogniser: ArcFace, where the user added one. It can make the gate stricter, and nothing else.

A face then has one vector that holds both recognisers' answers, and `models.identity.agreement` gives the smaller of
their scores: both must say that it is the person. Without an added model a vector is SFace's, to the bit.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from models import added
from models.errors import Fault
from models.faces import Face, Image
from models.identity import SECOND, Recogniser, Vector, chip
from models.load import patterns
from models.runtime import Runtime

SIDE: Final = 112
WITHIN: Final = 0.03
"""By how much the cosine of the two fixed pictures may differ from what it was when the model was added; graphics cards
round otherwise than processors."""


class Arcface:
    """InsightFace's ArcFace, as its own library runs it: RGB, five points, no mirror image.

    Raises:
        Fault: at construction, when the file is missing or altered, or the network does not answer as it did.
    """

    def __init__(self, row: added.Added) -> None:
        self.row = row
        self._net = Runtime(row.file, added.own_weights(row))
        self._input = self._net.inputs[0][0]
        if not abs(probe(self._net, raw=row.raw) - row.probe) <= WITHIN:
            raise Fault(
                "model-wrong",
                f"Your own model {row.file} does not answer as it did when it was added.",
                f"Say `selfsame models add FILE --accept-license` again, or `selfsame models remove {row.name}`.",
            )

    def embed(self, image: Image, face: Face) -> Vector:
        """Identity of one face of `image` (`uint8 RGB (H, W, 3)`): (512,) float32 of unit length, or NaN throughout."""
        return unit(self._net.run({self._input: blob(chip(image, face), raw=self.row.raw)}))


class Recognisers(Recogniser):
    """SFace, and the user's own second recogniser where there is one. The gate's; safe to share between threads.

    Args:
        limit: the gate's, where the second's own limit is put on SFace's scale.

    Raises:
        Fault: a model is missing, altered or wrong; one that was added and cannot be used is not passed over.
    """

    def __init__(self, limit: float) -> None:
        super().__init__()
        row = added.added().get(added.ARCFACE)
        self._second = None if row is None else Arcface(row)
        self._limits = None if row is None else np.array([row.limit, limit], np.float32)

    def embed(self, image: Image, face: Face) -> Vector:
        """Identity by SFace, and with a second recogniser by both: (128,) or (642,) float32; NaN where it has none."""
        first = super().embed(image, face)
        if self._second is None or self._limits is None:
            return first
        return np.concatenate([first, self._second.embed(image, face), self._limits])


def blob(crop: Image, *, raw: bool) -> NDArray[np.float32]:
    """What the network takes of one crop `uint8 RGB (112, 112, 3)`: (1, 3, 112, 112) float32, -1..1 or 0..255."""
    planes = crop.transpose(2, 0, 1)[None].astype(np.float32)
    return planes if raw else (planes - np.float32(127.5)) / np.float32(127.5)


def unit(seen: NDArray[np.float32]) -> Vector:
    """A network's answer at unit length; NaN where it has none, or another size."""
    flat = np.asarray(seen, np.float64).ravel()
    if flat.size != SECOND:
        return np.full(SECOND, np.nan, np.float32)
    length = float(np.linalg.norm(flat))
    return (flat / length if length > 0 else np.full_like(flat, np.nan)).astype(np.float32)


def probe(net: Runtime, *, raw: bool) -> float:
    """How alike the network finds the two fixed pictures; NaN where it gives no two answers."""
    name = net.inputs[0][0]
    one, other = (unit(net.run({name: blob(pattern, raw=raw)})) for pattern in patterns(SIDE))
    return float(one @ other)
