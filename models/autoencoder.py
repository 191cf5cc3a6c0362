"""The autoencoders of the personal model: one shared encoder, and a decoder for each of two looks of one person.

What makes them swap: A' = decoder_A(encoder(warp(A))) and B' = decoder_B(encoder(warp(B))) are trained to undo a random
warp, so the encoder learns what both looks have in common (pose, expression, light) and each decoder one look;
decoder_A(encoder(B)) is then look A doing what B does. `Original` is the network of the *deepfakes* program of 2017 as
published (github.com/deepfakes/faceswap, its "original" model); `Light` is a small one that trains in minutes.

Pictures are float32 (N, C, side, side), RGB 0..1. Only imported when a network is used: torch takes seconds to load.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn

SIDES: Final = (64, 96, 128)
"""Sides of a crop, pixels."""
LOOKS: Final = 2
_CODE: Final = 256
"""Numbers between the encoder and the decoders of `Light`."""
_CHANNELS: Final = 24
_MOST: Final = 160


class Up(nn.Module):
    """Twice the side: a convolution to four times the channels, whose pixels are shuffled into place."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        self.wide = nn.Conv2d(channels, 4 * out, 3, padding=1)
        self.shuffle, self.bend = nn.PixelShuffle(2), nn.LeakyReLU(0.1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, S, S) to (N, out, 2 S, 2 S)."""
        return self.shuffle(self.bend(self.wide(x)))  # type: ignore[no-any-return]


class Original(nn.Module):
    """The network of 2017: 64 px, 82,062,470 parameters."""

    side: Final = 64

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in ((3, 128), (128, 256), (256, 512), (512, 1024)):
            layers += [nn.Conv2d(before, after, 5, 2, 2), nn.LeakyReLU(0.1)]
        dense = [
            nn.Flatten(),
            nn.Linear(4 * 4 * 1024, 1024),
            nn.Linear(1024, 4 * 4 * 1024),
            nn.Unflatten(1, (1024, 4, 4)),
        ]
        self.encoder = nn.Sequential(*layers, *dense, Up(1024, 512))
        self.decoders = nn.ModuleList(self._decoder() for _ in range(LOOKS))

    @staticmethod
    def _decoder() -> nn.Sequential:
        return nn.Sequential(Up(512, 256), Up(256, 128), Up(128, 64), nn.Conv2d(64, 3, 5, padding=2), nn.Sigmoid())

    def forward(self, x: Tensor, look: int) -> tuple[Tensor, Tensor | None]:
        """Faces (N, 3, 64, 64) as one look, 0 or 1: the pictures (N, 3, 64, 64), and no mask."""
        return self.decoders[look](self.encoder(x)), None


class Rest(nn.Module):
    """A residual block."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        self.bend = nn.LeakyReLU(0.2)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, S, S) to the same."""
        return self.bend(x + self.second(self.bend(self.first(x))))  # type: ignore[no-any-return]


class Light(nn.Module):
    """The small network that is meant to be used; it learns a mask of the face beside the picture.

    Args:
        side: one of `SIDES`.
    """

    def __init__(self, side: int = 96) -> None:
        super().__init__()
        if side not in SIDES:
            raise ValueError(f"{side} is none of {SIDES}")
        self.side = side
        steps = 4 if side == 64 else 5
        small = side >> steps
        widths = [min(_MOST, _CHANNELS << step) for step in range(steps)]
        layers: list[nn.Module] = []
        for before, after in zip([3, *widths], widths, strict=False):
            layers += [nn.Conv2d(before, after, 3, 2, 1), nn.LeakyReLU(0.1)]
        flat = widths[-1] * small * small
        half = widths[-1] // 2
        dense = [nn.Flatten(), nn.Linear(flat, _CODE), nn.Linear(_CODE, half * small * small)]
        self.encoder = nn.Sequential(*layers, *dense, nn.Unflatten(1, (half, small, small)), Up(half, half))
        self.decoders = nn.ModuleList(self._decoder(half, steps - 1) for _ in range(LOOKS))

    @staticmethod
    def _decoder(channels: int, ups: int) -> nn.Sequential:
        layers: list[nn.Module] = []
        for step in range(ups):
            after = max(16, channels * 2 // 3)
            layers.append(Up(channels, after))
            if step < ups - 1:  # at full size it costs more than all the others
                layers.append(Rest(after))
            channels = after
        return nn.Sequential(*layers, nn.Conv2d(channels, 4, 3, padding=1), nn.Sigmoid())

    def forward(self, x: Tensor, look: int) -> tuple[Tensor, Tensor | None]:
        """Faces (N, 3, side, side) as one look, 0 or 1: pictures (N, 3, side, side), masks (N, 1, side, side) 0..1."""
        made = self.decoders[look](self.encoder(x))
        return made[:, :3], made[:, 3:]


class Critic(nn.Module):
    """Tells real crops from made ones, patch by patch: the adversary of the GAN that came after."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in ((3, 24), (24, 48), (48, 96)):
            layers += [nn.Conv2d(before, after, 4, 2, 1), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, nn.Conv2d(96, 1, 3, padding=1))

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, S, S) to scores (N, 1, S / 8, S / 8); above 0 is real."""
        return self.layers(x)  # type: ignore[no-any-return]


def parameters(net: nn.Module) -> int:
    """How many numbers a network has learnt."""
    return sum(one.numel() for one in net.parameters())


def device() -> torch.device:
    """Where networks run: CUDA or MPS where there is one, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
