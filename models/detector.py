"""YuNet (Wu et al., Machine Intelligence Research 20, 2023), run by ONNX Runtime on one thread.

OpenCV's `FaceDetectorYN` runs the same file to the same boxes, at two and a half times the cost (by hand); the tests
hold this one against it. What it computes for each cell of three grids is made boxes and points here as OpenCV does.
"""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.load import expect, patterns
from models.quantised import whole

STRIDES: Final = (8, 16, 32)
"""Pixels of a cell of each grid."""
OVERLAP: Final = 0.3
"""Intersection over union from which two boxes are one face."""
_SIDE: Final = 320
_OUTPUTS: Final = tuple(f"{kind}_{stride}" for kind in ("cls", "obj", "bbox", "kps") for stride in STRIDES)


class Yunet:
    """The detector's network. Not thread-safe: one owner each.

    Args:
        least: 0..1, score of a face.

    Raises:
        Fault: at construction, when the weight file is missing or altered, or the network gives a wrong answer.
    """

    def __init__(self, least: float) -> None:
        import onnx
        import onnxruntime

        model = whole("detector")
        for side, name in zip(model.graph.input[0].type.tensor_type.shape.dim[2:], ("height", "width"), strict=True):
            side.dim_param = name
        del model.graph.output[:]
        model.graph.output.extend(onnx.helper.make_tensor_value_info(name, 1, None) for name in _OUTPUTS)
        onnxruntime.disable_telemetry_events()  # Windows builds have some
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.log_severity_level = 1, 4
        options.enable_cpu_mem_arena = False  # what was seen is given back at once
        self._least = least
        self._session: Any = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        for pattern, known in zip(patterns(_SIDE), (1.233, 0.906), strict=True):
            expect("detector", float(self._run(pattern)[_OUTPUTS.index("bbox_32")].mean()), known, within=0.05)

    def see(self, image: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Every face of `image` (`uint8 RGB (H, W, 3)`).

        Returns:
            (N, 15): x, y, width and height of the box, five points x and y (see `models.faces.Detection`), score 0..1.
        """
        rows = _rows(self._run(image), -(-image.shape[1] // STRIDES[-1]), self._least)
        if len(rows) < 2:
            return rows
        boxes = rows[:, :4].astype(int)  # whole pixels, as OpenCV compares them
        kept = np.ravel(cv2.dnn.NMSBoxes(boxes.tolist(), rows[:, 14].tolist(), self._least, OVERLAP))
        return np.asarray(rows[kept], np.float64)

    def _run(self, image: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """The outputs in the order of `_OUTPUTS`; the picture is black beyond its right and lower edge."""
        height, width = (-(-side // STRIDES[-1]) * STRIDES[-1] for side in image.shape[:2])
        planes = np.zeros((1, 3, height, width), np.float32)
        planes[:, :, : image.shape[0], : image.shape[1]] = cv2.dnn.blobFromImage(image, swapRB=True)  # BGR
        return [one[0] for one in self._session.run(_OUTPUTS, {"input": planes})]


def _rows(outputs: list[NDArray[np.float32]], columns: int, least: float) -> NDArray[np.float64]:
    """Boxes, points and scores of all cells with such a score, all of them numbers; `columns` of the coarsest grid."""
    found = []
    for k, stride in enumerate(STRIDES):
        face, there, box, points = (np.asarray(outputs[kind * len(STRIDES) + k], np.float64) for kind in range(4))
        score = np.sqrt(np.clip(face[:, 0], 0, 1) * np.clip(there[:, 0], 0, 1))
        kept = np.flatnonzero(score >= least)
        across = columns * STRIDES[-1] // stride
        cell = np.stack([kept % across, kept // across], 1)
        with np.errstate(over="ignore", invalid="ignore"):
            size = np.exp(box[kept, 2:]) * stride
            corner = (cell + box[kept, :2]) * stride - size / 2
        places = (points[kept].reshape(-1, 5, 2) + cell[:, None]) * stride
        found.append(np.column_stack([corner, size, places.reshape(-1, 10), score[kept]]))
    rows = np.concatenate(found)
    return np.asarray(rows[np.isfinite(rows).all(1)], np.float64)
