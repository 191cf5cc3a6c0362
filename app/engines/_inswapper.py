"""inswapper_128, where the user added it: one 128-pixel face redrawn as another recogniser vector's person.

It runs as InsightFace's own library runs it. What goes in is cut out of pixels here; no function takes a vector.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models import added
from models.arcface import Arcface, unit
from models.errors import Fault
from models.faces import Face, Image, Points, similarity, warped
from models.identity import PLACES, SECOND
from models.load import patterns
from models.runtime import Runtime

SIDE: Final = 128
_PLACES: Final = PLACES + np.array([8.0, 0.0])
"""The five points in its crop: ArcFace's, eight pixels to the right."""
RECOGNISER: Final = "w600k_r50"
"""The recogniser whose vectors it was trained with."""
WITHIN: Final = 0.03
"""See `models.arcface.WITHIN`."""
Floats = NDArray[np.float32]


class Swapper:
    """The two networks of the neural swap.

    Raises:
        Fault: `no-own-model`: the user did not add both files; or a file is missing, altered or wrong.
    """

    def __init__(self) -> None:
        rows = added.added()
        if not {added.ARCFACE, added.INSWAPPER} <= rows.keys():
            missing = " and ".join(sorted({added.ARCFACE, added.INSWAPPER} - rows.keys()))
            raise Fault(
                "no-own-model",
                f"The neural swap needs model files of your own: {missing}.",
                "Get them under their licence, then say `selfsame models add FILE`.",
            )
        row, face = rows[added.INSWAPPER], rows[added.ARCFACE]
        other = [one.name for one in (row, face) if one.sha256 != added.SWAPPING[one.name]]
        if other:
            raise Fault(
                "no-own-model",
                f"The neural swap is made by inswapper_128 and {RECOGNISER} alone; "
                f"your {' and '.join(other)} is another file, which could draw somebody else.",
                "Add InsightFace's inswapper_128.onnx and its pack buffalo_l.",
            )
        data = added.own_weights(row)
        self.sha256 = row.sha256
        self._arcface, self._net, self._emap = Arcface(face), Runtime(row.file, data), emap(data)
        if not abs(probe(self._net, self._emap) - row.probe) <= WITHIN:
            raise Fault(
                "model-wrong",
                f"Your own model {row.file} does not answer as it did when it was added.",
                f"Say `selfsame models add FILE --accept-license` again, or `selfsame models remove {row.name}`.",
            )

    def redrawn(self, source: Image, source_face: Face, target: Image, target_face: Face) -> tuple[Floats, Points]:
        """The target's face as the source's person.

        Args:
            source: `uint8 RGB (H, W, 3)`, whose identity is used.
            source_face: measured in it.
            target: `uint8 RGB`, whose pose, expression and light are kept.
            target_face: measured in it.

        Returns:
            (128, 128, 3) float32 RGB 0..255, and the similarity (2, 3) from the target's pixels to that crop.

        Raises:
            Fault: `model-wrong`: it gives no picture.
        """
        into = similarity(target_face.points, _PLACES)
        drawn = draw(self._net, warped(target, into, SIDE), self._arcface.embed(source, source_face), self._emap)
        if drawn.shape != (SIDE, SIDE, 3) or not np.isfinite(drawn).all():
            raise Fault("model-wrong", "Your own model inswapper.onnx gave no picture.", "Remove it, or add it again.")
        return drawn, into


def draw(net: Runtime, crop: Image, vector: Floats, matrix: Floats) -> Floats:
    """One run: `crop` `uint8 RGB (128, 128, 3)` and a unit vector (512,) to (128, 128, 3) float32 RGB 0..255."""
    latent = vector @ matrix
    latent = latent / max(float(np.linalg.norm(latent)), 1e-9)
    (first, _), (second, _) = net.inputs
    planes = crop.transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255)
    out = net.run({first: planes, second: latent[None].astype(np.float32)})
    return np.asarray(np.clip(out[0].transpose(1, 2, 0), 0, 1) * 255, np.float32) if out.ndim == 4 else out


def emap(data: bytes) -> Floats:
    """The matrix (512, 512) that vectors go through first: the last initialiser of the file.

    Raises:
        Fault: `model-wrong`: it is none.
    """
    import onnx
    from onnx import numpy_helper

    matrix = np.asarray(numpy_helper.to_array(onnx.load_model_from_string(data).graph.initializer[-1]), np.float32)
    if matrix.shape != (SECOND, SECOND) or not np.isfinite(matrix).all():
        raise Fault("model-wrong", "This is not inswapper_128: its last weights are no map.", "Get the file again.")
    return matrix


def probe(net: Runtime, matrix: Floats) -> float:
    """How alike it draws the two fixed pictures, for two fixed vectors: a correlation; NaN where it draws nothing."""
    drawn = []
    for k, pattern in enumerate(patterns(SIDE)):
        vector = unit(np.cos(np.arange(SECOND, dtype=np.float32) * (k + 1)))
        grey = np.asarray(cv2.cvtColor(draw(net, pattern, vector, matrix), cv2.COLOR_RGB2GRAY), np.float64).ravel()
        drawn.append(grey - grey.mean())
    one, other = drawn
    return float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other)))
