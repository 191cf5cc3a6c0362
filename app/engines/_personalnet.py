"""The network behind a training: its optimisers, one step of both looks, and how it draws. Needs torch."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
import torch
from torch import Tensor

from app.engines._filters import Floats, blur, polygon
from app.engines._geometry import visibility
from app.engines._personalcrops import FACE, Crops, place, seen_by_network
from app.engines._personaldraw import Painted, Painter
from app.engines._textures import Texture
from app.engines._wrap import carried_on
from models import personal_losses as losses
from models.autoencoder import Critic, Light, Original, device
from models.personal_headstart import begin
from models.topology import LEFT_EYE, LIPS_INNER, RIGHT_EYE

if TYPE_CHECKING:
    from app.engines._geometry import Raster, Seen
    from app.engines._wrap import Unwrap

_BATCH: Final = {"original64": 16, "light": 8, "light-scratch": 8, "gan": 8}
_RATE: Final = {"original64": 5e-5, "light": 4e-4, "light-scratch": 4e-4, "gan": 4e-4}
_SETTLES: Final = 0.05
"""Seconds, about, in which the face of a film follows."""
_GATED: Final = 200
"""Steps before the adversary begins: a critic learns nothing from mud."""


class Maker:
    """One network in training.

    Args:
        kind: one of `_personaltraining.KINDS`.
        side: of what it sees.
        threads: of the processor; 0 leaves them as they are.
        seed: draws.
    """

    def __init__(self, kind: str, side: int, threads: int, seed: int) -> None:
        if threads:
            torch.set_num_threads(threads)
        self._rng = np.random.default_rng(seed)
        self._where = device()
        self._original = kind == "original64"
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.net: Original | Light = Original() if self._original else Light(side)
            self._critic = Critic() if kind == "gan" else None
        if isinstance(self.net, Light) and kind != "light-scratch":
            begin(self.net)
        self._weights = {"original64": losses.ORIGINAL, "gan": losses.GAN}.get(kind, losses.Weights())
        self._features = losses.Features().to(self._where) if self._weights.perceptual else None
        self.net.to(self._where).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        rate = _RATE[kind]
        self._adam = torch.optim.Adam(self.net.parameters(), rate, (0.5, 0.999))
        self._rival = None
        if self._critic is not None:
            self._critic.to(self._where)
            self._rival = torch.optim.Adam(self._critic.parameters(), rate, (0.5, 0.999))
        self._batch, self._done = _BATCH[kind], 0

    def step(self, looks: tuple[Crops, Crops]) -> dict[str, float]:
        """Train each look once; the losses by name, means of both looks."""
        self.net.train()
        told: dict[str, list[float]] = {}
        self._adam.zero_grad(set_to_none=True)
        for look, crops in enumerate(looks):
            before, after = crops.batch(self._batch, self._rng, original=self._original)
            seen = torch.from_numpy(before).to(self._where, memory_format=torch.channels_last)
            wanted = torch.from_numpy(after).to(self._where)
            made, mask = self._made(seen, look)
            found = self._lost(made, mask, wanted[:, :3], wanted[:, 3:])
            summed(found, self._weights).backward()  # type: ignore[no-untyped-call]
            for name, value in found.items():
                told.setdefault(name, []).append(float(value.detach()))
        self._adam.step()
        self._done += 1
        return {name: float(np.mean(values)) for name, values in told.items()}

    def _made(self, seen: Tensor, look: int) -> tuple[Tensor, Tensor | None]:
        """Faces as one look; the network of 2017 works as it did, in full precision."""
        half = not self._original and self._where.type != "mps"
        with torch.autocast(self._where.type, dtype=torch.bfloat16, enabled=half):
            made, mask = self.net(seen, look)
        return made.float(), None if mask is None else mask.float()

    def _lost(self, made: Tensor, mask: Tensor | None, wanted: Tensor, face: Tensor) -> dict[str, Tensor]:
        found = measured(made, mask, wanted, torch.ones_like(face) if self._original else face, self._weights)
        if self._features is not None:
            found["perceptual"] = self._features.apart(made, wanted, face)
        if self._critic is not None and self._rival is not None and self._done >= _GATED:
            self._rival.zero_grad(set_to_none=True)
            losses.told_apart(self._critic(wanted * face), self._critic(made.detach() * face)).backward()  # type: ignore[no-untyped-call]
            self._rival.step()
            found["adversarial"] = losses.fooled(self._critic(made * face))
        return found

    def painter(self, lock: threading.RLock) -> NetPainter:
        """Draws look A with what was learnt so far."""
        return NetPainter(self, lock)

    def as_first_look(self, picture: np.ndarray) -> tuple[Floats, Floats]:
        """A face (side, side, 3) uint8 RGB as look A: grey levels (side, side, 3), and its mask (side, side) 0..1."""
        self.net.eval()
        values = torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))[None].float() / 255
        with torch.inference_mode():
            made, mask = self.net(values.to(self._where, memory_format=torch.channels_last), 0)
        colours = made[0].float().cpu().numpy().transpose(1, 2, 0) * 255
        if mask is None:
            return np.ascontiguousarray(colours, np.float32), np.ones(picture.shape[:2], np.float32)
        return np.ascontiguousarray(colours, np.float32), np.asarray(mask[0, 0].float().cpu().numpy(), np.float32)


def measured(
    made: Tensor, mask: Tensor | None, wanted: Tensor, face: Tensor, weights: losses.Weights
) -> dict[str, Tensor]:
    """The losses that need no other network, by name; see `models.personal_losses`."""
    found = {"mae": losses.mae(made, wanted, face)}
    if weights.dssim:
        found["dssim"] = losses.dssim(made, wanted, face)
    if mask is not None:
        found["mask"] = losses.mask(mask, face)
    return found


def summed(found: dict[str, Tensor], weights: losses.Weights) -> Tensor:
    """What is made small."""
    return torch.stack([getattr(weights, name) * value for name, value in found.items()]).sum()


@dataclass(frozen=True, slots=True, eq=False)
class NetPainter(Painter):
    """Draws with a network."""

    lasts = 0.0
    maker: Maker
    lock: threading.RLock

    def grows(self, target: Seen) -> bool:  # noqa: ARG002
        """See `_personaldraw.Painter`: the network draws what lies in its crop."""
        return False

    def paint(self, target: Seen, raster: Raster, interior: str, *, grows: bool) -> Painted:  # noqa: ARG002
        """See `_personaldraw.Painter`."""
        height, width = raster.box.shape
        across, down = np.arange(width) + raster.box.left, np.arange(height) + raster.box.top
        laid, trust = self._first_look(target, np.stack(np.meshgrid(across, down), -1).astype(np.float32))
        trust = np.clip(blur(trust, 0.01 * raster.width), 0, 1)
        kept = np.zeros((height, width), np.float32)
        if interior == "target":
            mesh = target.face.mesh - np.append(raster.box.corner, 0)
            for ring in (RIGHT_EYE, LEFT_EYE, LIPS_INNER):
                soft = 0.012 * raster.width
                kept = np.maximum(kept, polygon(kept.shape, mesh[list(ring), :2], 0.02 * raster.width, soft))
        none = np.zeros((height, width), np.float32)
        return Painted(laid, np.asarray(trust, np.float32), none, kept, self.maker.net.side * FACE)

    def texture(self, target: Seen, unwrap: Unwrap) -> Texture:
        """See `_personaldraw.Painter`."""
        face, points = target.face, carried_on(target.face.mesh)
        colours, trust = self._first_look(target, unwrap.places(points))
        seen = np.zeros((len(points), 1))
        seen[:468, 0] = visibility(face.mesh, target.pixels.shape)
        trust = trust * np.clip(unwrap.values(seen)[..., 0] * 1.1, 0, 1)
        flat, wide = np.dstack([colours, trust]).astype(np.float32), self.maker.net.side * FACE
        return Texture(target, flat, wide, face.mouth, face.eyes, _SETTLES, is_now=True)

    def _first_look(self, target: Seen, at: Floats) -> tuple[Floats, Floats]:
        """The target's face as the first look, at places (H, W, 2) of its picture: colours (H, W, 3), trust (H, W)."""
        side = self.maker.net.side
        with self.lock:
            made = self.maker.as_first_look(seen_by_network(target, side))
        x, y = (row[0] * at[..., 0] + row[1] * at[..., 1] + row[2] for row in place(target.face.mesh, side))
        where = np.asarray(x, np.float32), np.asarray(y, np.float32)
        colours, mask = (cv2.remap(one, *where, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE) for one in made)
        return np.asarray(np.clip(colours, 0, 255), np.float32), np.asarray(np.clip(mask * 1.5 - 0.2, 0, 1), np.float32)
