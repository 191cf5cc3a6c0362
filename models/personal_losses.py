"""What the personal networks are trained to make small, each by its name, so that a page can plot them over time.

`mae` is the whole loss of 2017. `dssim`, `mask`, `adversarial` and `perceptual` came after.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import onnx
import torch
from torch import Tensor, nn
from torch.nn import functional

from models.quantised import whole

NAMES: Final = ("mae", "dssim", "mask", "adversarial", "perceptual")
_WINDOW: Final = 7
_SIGMA: Final = 1.2
_BACKGROUND: Final = 0.1
"""How much a pixel beside the face counts."""
_LAYERS: Final = 5
"""Convolutions of the recogniser whose answers are compared: edges, corners, skin; no identity yet."""


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each loss counts; 0 leaves it out. The defaults are those of `Light`."""

    mae: float = 1.0
    dssim: float = 0.5
    mask: float = 0.1
    adversarial: float = 0.0
    perceptual: float = 0.0


ORIGINAL: Final = Weights(dssim=0.0, mask=0.0)
"""Of 2017."""
GAN: Final = Weights(mae=1.0, dssim=0.0, mask=0.1, adversarial=0.02, perceptual=0.1)
"""Of its successor: MAE, adversarial and perceptual."""


def mae(made: Tensor, wanted: Tensor, face: Tensor) -> Tensor:
    """Mean absolute error of (N, 3, S, S), 0..1; what is beside the face (N, 1, S, S) counts little."""
    weight = _BACKGROUND + (1 - _BACKGROUND) * face
    return ((made - wanted).abs() * weight).mean() / weight.mean()


def dssim(made: Tensor, wanted: Tensor, face: Tensor) -> Tensor:
    """Half of one minus the structural similarity (Wang et al. 2004) of (N, 3, S, S) in the face (N, 1, S, S)."""
    reach = torch.arange(_WINDOW, dtype=made.dtype, device=made.device) - _WINDOW // 2
    line = torch.exp(-(reach**2) / (2 * _SIGMA**2))
    line = line / line.sum()

    def mean(x: Tensor) -> Tensor:
        channels = x.shape[1]
        across = functional.conv2d(x, line.view(1, 1, 1, -1).expand(channels, 1, 1, -1), groups=channels)
        return functional.conv2d(across, line.view(1, 1, -1, 1).expand(channels, 1, -1, 1), groups=channels)

    a, b = made, wanted
    mean_a, mean_b = mean(a), mean(b)
    var_a, var_b, both = mean(a * a) - mean_a**2, mean(b * b) - mean_b**2, mean(a * b) - mean_a * mean_b
    top = (2 * mean_a * mean_b + 0.01**2) * (2 * both + 0.03**2)
    index = top / ((mean_a**2 + mean_b**2 + 0.01**2) * (var_a + var_b + 0.03**2))
    edge = _WINDOW // 2
    inside = face[..., edge:-edge, edge:-edge]
    return ((1 - index) / 2 * inside).sum() / (inside.sum() * made.shape[1]).clamp_min(1)


def mask(made: Tensor, face: Tensor) -> Tensor:
    """Cross entropy of a learnt mask (N, 1, S, S) with the face's own."""
    return functional.binary_cross_entropy(made.clamp(1e-4, 1 - 1e-4), face)


def fooled(scores: Tensor) -> Tensor:
    """What the maker loses where a critic is not fooled (hinge)."""
    return -scores.mean()


def told_apart(real: Tensor, made: Tensor) -> Tensor:
    """What a critic loses where it cannot tell (hinge)."""
    return functional.relu(1 - real).mean() + functional.relu(1 + made).mean()


class Features(nn.Module):
    """The first layers of the recogniser that the gate uses (SFace), its weights fixed, in torch: what edges look like.

    Raises:
        Fault: the weight file is missing or altered.
    """

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(_layers())
        self.requires_grad_(requires_grad=False)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Faces (N, 3, S, S) RGB 0..1 to the answers of each layer (N, C, S', S')."""
        x, found = (x * 255 - 127.5) / 128, []
        for layer in self.layers:
            x = layer(x)
            found.append(x)
        return found

    def apart(self, made: Tensor, wanted: Tensor, face: Tensor) -> Tensor:
        """The perceptual loss: mean difference of the layers' answers, each by its own size, in the face."""
        with torch.no_grad():
            goal = self(wanted * face)
        pairs = list(zip(self(made * face), goal, strict=True))
        lost = [(a - b).abs().mean() / b.abs().mean().clamp_min(1e-3) for a, b in pairs]
        return torch.stack(lost).mean()


@cache
def _table() -> tuple[dict[str, np.ndarray], list[onnx.NodeProto]]:
    """The recogniser's numbers, and its layers in order."""
    graph = whole("identity").graph
    known = {one.name: onnx.numpy_helper.to_array(one) for one in graph.initializer}
    return known, [node for node in graph.node if node.op_type in {"Conv", "BatchNormalization", "PRelu"}]


def _layers() -> list[nn.Sequential]:
    known, nodes = _table()
    layers: list[list[nn.Module]] = []
    for node in nodes:
        told = {one.name: onnx.helper.get_attribute_value(one) for one in node.attribute}
        values = [torch.from_numpy(np.array(known[name], np.float32)) for name in node.input[1:]]
        if node.op_type == "Conv":
            if len(layers) == _LAYERS:
                break
            out, each, side, _ = values[0].shape
            conv = nn.Conv2d(
                each * told["group"], out, side, told["strides"][0], told["pads"][0], groups=told["group"], bias=False
            )
            conv.weight.data = values[0]
            layers.append([conv])
        elif node.op_type == "BatchNormalization":
            norm = nn.BatchNorm2d(len(values[0]), eps=told["epsilon"])
            norm.weight.data, norm.bias.data, norm.running_mean, norm.running_var = values
            layers[-1].append(norm)
        else:
            bend = nn.PReLU(values[0].numel())
            bend.weight.data = values[0].ravel()
            layers[-1].append(bend)
    return [nn.Sequential(*one).eval() for one in layers]
