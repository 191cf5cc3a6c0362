"""ONNX files whose numbers are kept in blocks of eight bits: made whole once, when they are opened.

ONNX Runtime does not run such blocks, and OpenCV, which does, unpacks them too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.load import weights

if TYPE_CHECKING:
    import onnx


def whole(name: str) -> onnx.ModelProto:
    """One of our ONNX files with plain float32 numbers, and without the layers that unpack them.

    Raises:
        Fault: the weight file is missing or altered.
    """
    import onnx

    model = onnx.load_from_string(weights(name))
    graph = model.graph
    known = {one.name: onnx.numpy_helper.to_array(one) for one in graph.initializer}
    kept = []
    for node in graph.node:
        if node.op_type == "DequantizeLinear":
            axis, block = (next(a.i for a in node.attribute if a.name == kind) for kind in ("axis", "block_size"))
            packed, scale, zero = (known[part].astype(np.float32) for part in node.input)
            known[node.output[0]] = (packed - _spread(zero, packed, axis, block)) * _spread(scale, packed, axis, block)
        elif node.op_type == "Reshape" and node.input[0] in known:
            known[node.output[0]] = known[node.input[0]].reshape(known[node.input[1]])
        else:
            kept.append(node)
    used = {part for node in kept for part in node.input}
    numbers = [onnx.numpy_helper.from_array(np.asarray(known[part]), part) for part in known if part in used]
    inputs = [one for one in graph.input if one.name not in known]
    unpacked = onnx.helper.make_graph(kept, name, inputs, list(graph.output), numbers)
    return onnx.helper.make_model(unpacked, opset_imports=list(model.opset_import), ir_version=model.ir_version)


def _spread(one: NDArray[np.float32], over: NDArray[np.float32], axis: int, block: int) -> NDArray[np.float32]:
    """What is said of each block along an axis, for every number of `over`."""
    return np.repeat(one, block, axis)[tuple(map(slice, over.shape))]
