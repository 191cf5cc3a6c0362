"""Small ONNX files with the inputs, outputs and initialisers of the files that may not be had without their licence.

What they compute is simple on purpose, so that a test knows what a recogniser says: here a face is its brightness.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIZE = 512


def _saved(graph):
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    return model.SerializeToString()


def _weights(name, values):
    return numpy_helper.from_array(np.asarray(values, np.float32), name)


def _float(name, *shape):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape))


def arcface(steep=4.0, *, noisy=False, grey=0.0, size=SIZE, side=112, more=(), scale=1.0):
    """Like w600k_r50.onnx: `input.1` (None, 3, 112, 112) to `683` (1, 512).

    Args:
        steep: the vector turns by the brightness of the crop (-1..1), this much.
        grey: the brightness at which it does not turn.
        noisy: it turns so much that no two pictures agree.
        size: how long the vector is.
        side: of what it takes.
        more: nodes that come first.
        scale: what the vector is multiplied with.
    """
    across = np.zeros((3, size))
    across[:, 0] = steep / 3
    up = np.zeros(size)
    up[:2] = -steep * grey, 1
    nodes = [
        *more,
        helper.make_node("GlobalAveragePool", ["input.1"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["flat"]),
        helper.make_node("Gemm", ["flat", "across", "up"], ["turned"]),
        helper.make_node("Mul", ["turned", "far"], ["scaled"]),
        helper.make_node("Sin" if noisy else "Identity", ["scaled"], ["683"]),
    ]
    if noisy:
        across = np.random.default_rng(1).normal(size=(3, size)) * 1e4
    weights = [_weights("across", across), _weights("up", up), _weights("far", [scale])]
    return _saved(
        helper.make_graph(nodes, "arcface", [_float("input.1", None, 3, side, side)], [_float("683", 1, size)], weights)
    )


def inswapper(*, last=SIZE):
    """Like inswapper_128.onnx: `target` (1, 3, 128, 128) and `source` (1, 512) to `output`; the map is the last weight.

    It gives the target, darker, in a colour that the source's vector decides.
    """
    random = np.random.default_rng(2)
    nodes = [
        helper.make_node("MatMul", ["source", "hue"], ["seen"]),
        helper.make_node("Reshape", ["seen", "shape"], ["cast"]),
        helper.make_node("Mul", ["target", "darker"], ["dark"]),
        helper.make_node("Add", ["dark", "cast"], ["output"]),
    ]
    weights = [
        _weights("hue", random.normal(size=(SIZE, 3)) * 0.1),
        numpy_helper.from_array(np.array([1, 3, 1, 1], np.int64), "shape"),
        _weights("darker", [0.8]),
        _weights("emap", random.normal(size=(last, last))),
    ]
    inputs = [_float("target", 1, 3, 128, 128), _float("source", 1, SIZE)]
    return _saved(helper.make_graph(nodes, "inswapper", inputs, [_float("output", 1, 3, 128, 128)], weights))


def elsewhere(data):
    """The same model, which says that its weights lie in another file."""
    model = onnx.load_model_from_string(data)
    one = model.graph.initializer[0]
    one.ClearField("raw_data")
    one.data_location = TensorProto.EXTERNAL
    entry = one.external_data.add()
    entry.key, entry.value = "location", "../../../../etc/passwd"
    return model.SerializeToString()


def nested(data):
    """The same model, with a graph in one of its nodes."""
    model = onnx.load_model_from_string(data)
    inner = helper.make_graph([], "inner", [], [])
    model.graph.node[0].attribute.append(helper.make_attribute("then_branch", inner))
    return model.SerializeToString()
