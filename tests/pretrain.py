"""The head start of the personal model's light network, learnt from people who do not exist.

    python -m tests.pretrain --steps 40000 --side 96 --state FILE

It trains the encoder and one base decoder to undo random warps on drawn people (seeds from 1,000,000 on, so nobody who
is used to tune or to judge anything), writes `models/headstart/light-<side>.safetensors` and prints the line for
`models/personal_headstart.py`. Wherever it is stopped, or killed, the same command goes on from FILE, some minutes
before. Who is drawn and which faces a step sees follow from its number alone, so the same options lead to the same
numbers, but for the order in which a processor adds them. People are drawn in a process beside the training.
"""

from __future__ import annotations

import argparse
import hashlib
import math
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import count, islice
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
import torch
from safetensors.torch import save

from app.engines._personalcrops import Crops
from app.engines._personalnet import measured, summed
from models import personal_losses as losses
from models.autoencoder import SIDES, Light
from models.faces import Finder
from models.personal_headstart import HERE
from tests.people import LIGHTS, Person, Scene
from tests.people.cast import random_recipe

FIRST = 1_000_000
"""Seed of the first person."""
FACES = 24
"""Of each person: poses, moods and lights."""
KEPT = 250
"""People who are seen at a time: 570 MB at 96 pixels."""
BEGIN, EVERY = 20, 10
"""People who are there at the first step, and steps after which there is one more."""
AHEAD = 6
"""People who are drawn before they are needed."""
RATE = (4e-4, 2e-5)
"""Of learning, at the start and at the end."""
BATCH = 12
KEEP = 500
"""Steps from one state that is kept to the next."""


def drawn(seed: int, side: int) -> np.ndarray:
    """`FACES` crops of one person, as `Crops.pictures`; the same ones for the same seed."""
    cv2.setNumThreads(1)
    rng, finder, recipe = np.random.default_rng(seed), Finder(), random_recipe(seed)
    skin = replace(recipe.look.skin, beard=float(rng.random() < 0.2) * recipe.bones.sex)
    someone, views = Person("nobody", replace(recipe, look=replace(recipe.look, skin=skin))), []
    for _ in range(FACES):
        pixels = someone.render(scene(rng))
        views += [_Seen(pixels, face) for face in finder.find(pixels)[:1]]
    whole = Crops.of(views, side).pictures if views else np.zeros((0, 1, 1, 4), np.uint8)
    return np.asarray(whole)


class People:
    """Who is there at each step: `KEPT` people at most, the newest.

    Args:
        side: of the network.
        seed: another crowd.
        step: to begin at.
    """

    def __init__(self, side: int, seed: int, step: int) -> None:
        self.side, self.seed, self.step = side, seed, step
        there = BEGIN + step // EVERY
        self.first = FIRST + 100_000 * seed + max(0, there - KEPT)
        self._crops: deque[np.ndarray] = deque(maxlen=KEPT)
        self._missing = there - max(0, there - KEPT)
        self._coming = self._drawn()

    def batch(self) -> tuple[np.ndarray, np.ndarray]:
        """As `Crops.batch`: the faces of the next step."""
        if self.step % EVERY == 0 and self.step and not self._missing:
            self._missing = 1
        self._crops.extend(one for one in islice(self._coming, self._missing) if len(one))
        self._missing = 0
        rng = np.random.default_rng((self.seed, self.step))
        self.step += 1
        who = [self._crops[int(k)] for k in rng.integers(len(self._crops), size=BATCH)]
        picked = np.stack([faces[int(rng.integers(len(faces)))] for faces in who])
        return Crops(self.side, picked).batch(BATCH, rng)

    def _drawn(self) -> Iterator[np.ndarray]:
        """One person after another."""
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            ahead = deque(pool.submit(drawn, self.first + k, self.side) for k in range(AHEAD))
            try:
                for number in count(AHEAD):
                    ahead.append(pool.submit(drawn, self.first + number, self.side))
                    yield ahead.popleft().result()
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """Draw nobody any more."""
        self._coming.close()


class _Seen:
    def __init__(self, pixels, face):
        self.pixels, self.face = pixels, face


def scene(rng: np.random.Generator) -> Scene:
    """A face somewhere, somehow."""
    moods = {"smile": 0.9, "open-mouth": 0.8, "brows-up": 0.9, "frown": 0.8, "blink": 1.0, "squint": 0.9, "pucker": 0.8}
    drawn = rng.choice(list(moods), int(rng.integers(0, 3)), replace=False)
    return Scene(
        yaw=float(rng.normal(0, 15)),
        pitch=float(rng.normal(0, 7)),
        roll=float(rng.normal(0, 4)),
        expression={str(name): float(rng.uniform(0.2, moods[str(name)])) for name in drawn},
        gaze=(float(rng.normal(0, 6)), float(rng.normal(0, 3))),
        light=str(rng.choice(list(LIGHTS))),
        background=int(rng.integers(0, 1000)),
        size=(320, 320),
        distance=float(rng.uniform(46, 54)),
        seed=int(rng.integers(0, 2**31)),
    )


def pretrain(steps: int, side: int, seed: int, state: Path) -> Light:
    """Train for so many steps; `state` is gone on from, and kept up to date."""
    torch.manual_seed(seed)
    net, weights = Light(side).to(memory_format=torch.channels_last), losses.Weights()
    learning = [*net.encoder.parameters(), *net.decoders[0].parameters()]
    adam = torch.optim.Adam(learning, RATE[0], (0.5, 0.999))
    begun = _again(state, net, adam) if state.exists() else 0
    people = People(side, seed, begun)
    for step in range(begun, steps):
        for group in adam.param_groups:
            group["lr"] = RATE[1] + (RATE[0] - RATE[1]) * (1 + math.cos(math.pi * step / steps)) / 2
        before, after = (torch.from_numpy(one) for one in people.batch())
        with torch.autocast("cpu", dtype=torch.bfloat16):
            made, mask = net(before.to(memory_format=torch.channels_last), 0)
        found = measured(made.float(), mask.float(), after[:, :3], after[:, 3:], weights)
        adam.zero_grad(set_to_none=True)
        summed(found, weights).backward()
        adam.step()
        if (step + 1) % 100 == 0:
            told = ", ".join(f"{name} {float(value.detach()):.4f}" for name, value in found.items())
            print(f"step {step + 1} of {steps}: {told}", flush=True)
        if (step + 1) % KEEP == 0:
            _keep(state, net, adam, step + 1)
    people.close()
    return net


def _keep(state: Path, net: Light, adam: torch.optim.Optimizer, step: int) -> None:
    new = state.with_name(f"{state.name}.new")
    torch.save({"net": net.state_dict(), "adam": adam.state_dict(), "step": step}, new)
    new.replace(state)


def _again(state: Path, net: Light, adam: torch.optim.Optimizer) -> int:
    kept = torch.load(state, weights_only=True)
    net.load_state_dict(kept["net"])
    adam.load_state_dict(kept["adam"])
    return int(kept["step"])


def write(net: Light, out: Path, side: int) -> None:
    """Write the encoder and the base decoder, in half precision."""
    parts = (("encoder.", net.encoder), ("decoder.", net.decoders[0]))
    table = {pre + name: v.half().contiguous() for pre, part in parts for name, v in part.state_dict().items()}
    data = save(table, {"made_by": "python -m tests.pretrain", "people": "synthetic", "licence": "Apache-2.0"})
    out.mkdir(exist_ok=True)
    file = out / f"light-{side}.safetensors"
    file.write_bytes(data)
    print(f'{file}: {len(data) / 1e6:.1f} MB\n    {side}: "{hashlib.sha256(data).hexdigest()}",')


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--steps", type=int, default=40_000)
    asked.add_argument("--side", type=int, choices=SIDES, default=96)
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--threads", type=int, default=1)
    asked.add_argument("--state", type=Path, required=True, help="where what was learnt so far is kept")
    asked.add_argument("--out", type=Path, default=HERE)
    given = asked.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(given.threads)
    write(pretrain(given.steps, given.side, given.seed, given.state), given.out, given.side)
