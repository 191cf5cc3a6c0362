"""A network of inswapper's size with random weights, written as an ONNX file in memory: what peers pay for each face.

The plan is the one that is publicly described: 128 x 128 in and out, 7x7 to 128 channels, 256, 512 and 1024 at a
quarter of the size, six blocks of two 3x3 convolutions there, and back: 126 million weights of its 138 million, without
those that bring in an identity. Only its size is meant: nothing is trained, and no face comes out.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Final

import numpy as np

SIDE: Final = 128
BLOCKS: Final = 6


class Graph:
    """An ONNX graph of convolutions in a row, as protocol buffers are written (`onnx.proto`, opset 13).

    Args:
        seed: of the weights.
    """

    def __init__(self, seed: int = 0) -> None:
        self._grain = np.random.default_rng(seed).standard_normal(1 << 20, np.float32)
        self._nodes, self._weights = list[bytes](), list[bytes]()
        self._last, self._count = "target", 0
        self.parameters = 0

    def conv(self, ins: int, outs: int, side: int, stride: int = 1) -> None:
        """A convolution and a leaky ReLU."""
        shape = outs, ins, side, side
        scale = np.float32((2 / (ins * side * side)) ** 0.5)
        weights = self._weight(shape, np.resize(self._grain, int(np.prod(shape))) * scale)
        sides = _ints("kernel_shape", [side] * 2), _ints("strides", [stride] * 2), _ints("pads", [side // 2] * 4)
        self._node("Conv", [self._last, weights], sides)
        self._node("LeakyRelu", [self._last], [_field(1, b"alpha") + _number(2, 0.2) + _varint_field(20, 1)])

    def double(self) -> None:
        """Twice the size."""
        scales = self._weight((4,), np.array([1, 1, 2, 2], np.float32))
        self._node(
            "Resize", [self._last, "", scales], [_field(1, b"mode") + _field(4, b"nearest") + _varint_field(20, 3)]
        )

    def file(self) -> bytes:
        """The whole file."""
        body = b"".join(_field(1, node) for node in self._nodes) + _field(2, b"size")
        body += b"".join(_field(5, weights) for weights in self._weights)
        body += _field(11, _value("target")) + _field(12, _value(self._last))
        return _varint_field(1, 8) + _field(7, body) + _field(8, _field(1, b"") + _varint_field(2, 13))

    def _node(self, kind: str, ins: Iterable[str], attributes: Iterable[bytes]) -> None:
        self._count += 1
        self._last = f"t{self._count}"
        told = b"".join(_field(1, name.encode()) for name in ins) + _field(2, self._last.encode())
        told += _field(3, self._last.encode()) + _field(4, kind.encode())
        self._nodes.append(told + b"".join(_field(5, one) for one in attributes))

    def _weight(self, shape: tuple[int, ...], values: np.ndarray) -> str:
        name = f"w{len(self._weights)}"
        self.parameters += values.size
        head = b"".join(_varint_field(1, size) for size in shape) + _varint_field(2, 1)
        self._weights.append(head + _field(8, name.encode()) + _field(9, values.astype("<f4").tobytes()))
        return name


def swapper(width: int = 128) -> Graph:
    """The graph; `width` channels after the first convolution."""
    graph = Graph()
    for ins, outs, side, stride in ((3, 1, 7, 1), (1, 2, 3, 1), (2, 4, 3, 2), (4, 8, 3, 2)):
        graph.conv(ins if side == 7 else ins * width, outs * width, side, stride)
    for _ in range(2 * BLOCKS):
        graph.conv(8 * width, 8 * width, 3)
    for ins, outs in ((8, 4), (4, 2)):
        graph.double()
        graph.conv(ins * width, outs * width, 3)
    graph.conv(2 * width, width, 3)
    graph.conv(width, 3, 7)
    return graph


def _value(name: str) -> bytes:
    shape = b"".join(_field(1, _varint_field(1, size)) for size in (1, 3, SIDE, SIDE))
    return _field(1, name.encode()) + _field(2, _field(1, _varint_field(1, 1) + _field(2, shape)))


def _ints(name: str, values: Iterable[int]) -> bytes:
    return _field(1, name.encode()) + b"".join(_varint_field(8, one) for one in values) + _varint_field(20, 7)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def _varint_field(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _number(number: int, value: float) -> bytes:
    return _varint(number << 3 | 5) + struct.pack("<f", value)


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content
