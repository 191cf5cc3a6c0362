"""The head start of the personal model's light network, learnt from people who do not exist.

    python -m tests.pretrain --minutes 240 --side 96

It trains the encoder and one base decoder to undo random warps on drawn people (seeds from 1,000,000 on, so nobody who
is used to tune or to judge anything), writes `models/headstart/light-<side>.safetensors` and prints the line for
`models/personal_headstart.py`. It can be stopped with Ctrl-C at any time; what was learnt so far is written, and
`--resume` goes on from there. The same numbers come out for the same options on one computer.
"""

from __future__ import annotations

import argparse
import hashlib
import time
from dataclasses import replace
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
from models.personal_headstart import HERE, fill
from tests.people import LIGHTS, Person, Scene
from tests.people.cast import random_recipe

FIRST = 1_000_000
"""Seed of the first person."""
POOL = 6000
"""Faces that are kept at a time: 570 MB at 96 pixels."""
FACES = 24
"""Of each person: poses, moods and lights."""
RATE = (4e-4, 5e-5)
"""Of learning, at the start and at the end."""


class People:
    """Drawn faces, ever new ones."""

    def __init__(self, side: int, seed: int) -> None:
        self._finder, self._rng = Finder(), np.random.default_rng(seed)
        self.side, self.seed = side, FIRST + 10_000 * seed
        self.crops: list[np.ndarray] = []

    def meet(self) -> None:
        """One more person, `FACES` times; the first ones are forgotten."""
        rng = self._rng
        recipe = random_recipe(self.seed)
        self.seed += 1
        skin = replace(recipe.look.skin, beard=float(rng.random() < 0.2) * recipe.bones.sex)
        someone = Person("nobody", replace(recipe, look=replace(recipe.look, skin=skin)))
        views = []
        for _ in range(FACES):
            pixels = someone.render(scene(rng))
            views += [_Seen(pixels, face) for face in self._finder.find(pixels)[:1]]
        if views:
            self.crops = [*self.crops, *Crops.of(views, self.side).pictures][-POOL:]

    def batch(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """As `Crops.batch`."""
        picked = np.stack([self.crops[int(k)] for k in self._rng.integers(len(self.crops), size=count)])
        return Crops(self.side, picked).batch(count, self._rng)


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


def pretrain(minutes: float, side: int, seed: int, out: Path, *, resume: bool) -> None:
    """Train for so many minutes of the processor's time, and write what was learnt."""
    torch.manual_seed(seed)
    net, people = Light(side), People(side, seed)
    if resume:
        fill(net, (out / f"light-{side}.safetensors").read_bytes())
    net.to(memory_format=torch.channels_last)
    learning = [*net.encoder.parameters(), *net.decoders[0].parameters()]
    adam, weights = torch.optim.Adam(learning, RATE[0], (0.5, 0.999)), losses.Weights()
    start, step = time.process_time(), 0
    try:
        while (share := (time.process_time() - start) / (60 * minutes)) < 1:
            if step % 20 == 0:
                for _ in range(1 if people.crops else 20):
                    people.meet()
            for group in adam.param_groups:
                group["lr"] = RATE[0] * (RATE[1] / RATE[0]) ** share
            before, after = (torch.from_numpy(one) for one in people.batch(12))
            with torch.autocast("cpu", dtype=torch.bfloat16):
                made, mask = net(before.to(memory_format=torch.channels_last), 0)
            found = measured(made.float(), mask.float(), after[:, :3], after[:, 3:], weights)
            adam.zero_grad(set_to_none=True)
            summed(found, weights).backward()
            adam.step()
            step += 1
            if step % 100 == 0:
                told = ", ".join(f"{name} {float(value.detach()):.4f}" for name, value in found.items())
                print(f"{share:4.0%}  step {step}, {people.seed - FIRST} people: {told}", flush=True)
    except KeyboardInterrupt:
        print("Stopped; what was learnt is written.")
    write(net, out, side)


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
    asked.add_argument("--minutes", type=float, default=240, help="of the processor's time")
    asked.add_argument("--side", type=int, choices=SIDES, default=96)
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--threads", type=int, default=1)
    asked.add_argument("--out", type=Path, default=HERE)
    asked.add_argument("--resume", action="store_true")
    given = asked.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(given.threads)
    pretrain(given.minutes, given.side, given.seed, given.out, resume=given.resume)
