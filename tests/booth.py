"""A simulated camera with a simulated person before it, on a clock of its own.

Whoever sits in the booth answers the prompts as a person would; the recorder cannot tell it from a camera, which is
the known limit of any check by a colour camera (THREATS.md): so this lives with the tests and is never installed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent import domain
from consent.challenge import Prompt
from consent.types import Frame, Photo, digest
from models.faces import Finder
from tests.people import Actor, Manner, Scene, person
from tests.people.flat import flat, puppet

SEAT = Scene(distance=50.0, size=(480, 360))
"""Where people sit: near enough for a webcam check."""


def mark(pixels: np.ndarray, key: Ed25519PrivateKey) -> bytes:
    """The simulator's mark on one picture it rendered: its public key and its signature over the pixels."""
    return key.public_key().public_bytes_raw() + key.sign(domain.MARKED + digest(pixels))


class World:
    """A simulator's own world: it marks what it renders, and nothing else. Its key never leaves it.

    Every picture here is drawn in the method that marks it, from plain values: there is no way to have a picture of
    somebody else marked.
    """

    def __init__(self) -> None:
        self.__key = Ed25519PrivateKey.generate()

    def photograph(self, name: str, scene: Scene = SEAT, **changes: Any) -> Photo:
        """A marked picture of one person of the cast."""
        pixels = person(name).render(replace(scene, **changes))
        return Photo(pixels, mark(pixels, self.__key))


class Unmarked(World):
    """The same without marks: what a camera or a file gives."""

    def photograph(self, name: str, scene: Scene = SEAT, **changes: Any) -> Photo:
        """A picture of one person of the cast."""
        return Photo(person(name).render(replace(scene, **changes)))


class Booth:
    """A camera (`app.flow.Camera`) before which one person sits and obeys.

    Args:
        name: who, of the cast.
        world: whose marks the frames carry; none by default.
        fps: frames a second of the simulated clock.
        answers: which action the person does instead of the one that is asked; "" for none.
        spoil: changes a frame on its way, given the pixels and the number of the frame.
    """

    def __init__(
        self,
        name: str,
        world: World | None = None,
        *,
        fps: float = 10.0,
        seed: int = 0,
        scene: Scene = SEAT,
        manner: Manner | None = None,
        answers: Mapping[str, str] | None = None,
        spoil: Callable[[np.ndarray, int], np.ndarray] | None = None,
    ) -> None:
        self.name, self.world, self.fps = name, world or Unmarked(), fps
        self.actor = Actor(person(name), scene, seed=seed, manner=manner)
        self.answers, self.spoil = dict(answers or {}), spoil
        self.now, self.number, self._heard = 1000.0, 0, -1

    def clock(self) -> float:
        """Seconds, the booth's own."""
        return self.now

    def frame(self, prompt: Prompt) -> Frame:
        """The next frame, `prompt` having been on the screen since the one before."""
        if prompt.index != self._heard:
            self._heard = prompt.index
            action = self.answers.get(prompt.action, str(prompt.action))
            if action:
                self.actor.perform(action, at=self.now - 1000.0)
        self.now += 1 / self.fps
        self.number += 1
        photo = self.picture(self.actor.pose(self.now - 1000.0))
        pixels = self.spoil(photo.pixels, self.number) if self.spoil else photo.pixels
        return Frame(pixels, self.now, prompt.index, photo.mark)

    def picture(self, scene: Scene) -> Photo:
        """What the camera sees of a pose."""
        return self.world.photograph(self.name, scene)


class Puppet(Booth):
    """A presentation attack: one photograph of the person on a sheet that is turned, tilted, and warped to blink.

    Args:
        bend: degrees of arc the sheet is bent.
        effort: by how much the sheet is turned further than a head would be.
    """

    def __init__(self, name: str, *, bend: float = 0.0, effort: float = 2.0, **rest: Any) -> None:
        super().__init__(name, **rest)
        self.bend, self.effort = bend, effort
        self.photo = person(name).render(replace(SEAT, seed=99))
        self.face = Finder().find(self.photo)[0]

    def picture(self, scene: Scene) -> Photo:
        """The sheet, held as the head would be."""
        moved = scene.expression
        mouth = moved.get("open-mouth", 0.0)
        sheet = puppet(self.photo, self.face, blink=moved.get("blink", 0.0), mouth=mouth)
        held = flat(
            sheet,
            scene.yaw * self.effort,
            scene.pitch * self.effort,
            scene.roll,
            self.bend,
            size=SEAT.size,
            height=34,
            distance=50,
            shift=scene.shift,
            seed=scene.seed,
        )
        return Photo(held)
