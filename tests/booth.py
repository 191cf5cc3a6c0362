"""A simulated camera with a simulated person before it, on a clock of its own.

Whoever sits in the booth answers the prompts as a person would; the recorder cannot tell it from a camera, which is
the known limit of any check by a colour camera (THREATS.md): so this lives with the tests and is never installed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent import domain
from consent.types import Frame, Photo, digest
from models.faces import Finder
from tests.people import LIGHTS, Actor, Light, Manner, Scene, person, someone
from tests.people.flat import flat, puppet
from tests.people.light import Rgb
from tests.people.webcam import Loops, Webcam

if TYPE_CHECKING:
    from consent.challenge import Prompt
    from consent.liveness.recording import Hint

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
        pixels = someone(name).render(replace(scene, **changes))
        return Photo(pixels, mark(pixels, self.__key))


class Unmarked(World):
    """The same without marks: what a camera or a file gives."""

    def photograph(self, name: str, scene: Scene = SEAT, **changes: Any) -> Photo:
        """A picture of one person of the cast."""
        return Photo(someone(name).render(replace(scene, **changes)))


@dataclass(frozen=True, slots=True)
class Glow:
    """The screen before the person.

    Attributes:
        strength: irradiance of one full colour on a face 60 cm away; a lit room's lamps add up to about 1.
        lag: seconds until what was painted is seen in a picture: display, shutter and transport.
        page: what shines while no colour does, as a share of white.
        spill: share of the light that reaches the room behind.
    """

    strength: float = 0.3
    lag: float = 0.1
    page: float = 0.15
    spill: float = 0.06


class Screen:
    """What the page has painted, and when; seconds of the booth's clock."""

    def __init__(self, glow: Glow) -> None:
        self.glow = glow
        self._painted: list[tuple[float, Rgb]] = []

    def paint(self, prompt: Prompt, now: float) -> None:
        """Show a prompt."""
        shown = prompt.colour.rgb if prompt.colour is not None else (self.glow.page,) * 3
        if not self._painted or self._painted[-1][1] != shown:
            self._painted.append((now, shown))

    def at(self, time: float) -> Rgb:
        """The colour that shines in a picture taken at `time`, linear RGB."""
        seen = [rgb for painted, rgb in self._painted if painted + self.glow.lag <= time]
        return seen[-1] if seen else (self.glow.page,) * 3

    def light(self, room: str | Light, time: float, distance: float) -> Light:
        """The room's light with the screen's, on a face `distance` centimetres from the camera."""
        lamps = LIGHTS[room] if isinstance(room, str) else room
        return lamps.with_screen(self.at(time), self.glow.strength, (0.0, -9.0, distance + 1), self.glow.spill)


class Booth:
    """A camera (`app.flow.Camera`) before which one person sits and obeys.

    Args:
        name: who: see `tests.people.cast.someone`.
        world: whose marks the frames carry; none by default.
        fps: frames a second of the simulated clock, for a plain camera.
        answers: which action the person does instead of the one that is asked; "" for none.
        spoil: changes a frame on its way, given the pixels and the number of the frame.
        webcam: how the camera behaves; a plain one by default.
        glow: the screen before the person.
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
        webcam: Webcam | None = None,
        glow: Glow | None = None,
    ) -> None:
        self.name, self.world, self.fps = name, world or Unmarked(), webcam.fps if webcam else fps
        self.actor = Actor(someone(name), scene, seed=seed, manner=manner)
        self.answers, self.spoil = dict(answers or {}), spoil
        self.now, self.number, self._heard, self._since = 1000.0, 0, -1, 1000.0
        self.loops = Loops(webcam or Webcam(fps=fps, blur=scene.blur, noise=scene.noise, jpeg=scene.jpeg), seed)
        self.screen = Screen(glow or Glow())
        self._doing = ""
        self._was: Scene | None = None

    def clock(self) -> float:
        """Seconds, the booth's own."""
        return self.now

    def frame(self, hint: Hint) -> Frame:
        """The next frame, `hint` having been on the screen since the one before."""
        prompt = hint.prompt
        self.hear(hint, prompt)
        waited = self.loops.wait()
        self.now += waited
        self.number += 1
        photo = self.look(waited)
        pixels = self.spoil(photo.pixels, self.number) if self.spoil else photo.pixels
        return Frame(pixels, self.now, prompt.index, photo.mark)

    def hear(self, hint: Hint, prompt: Prompt) -> None:
        """See what the page shows."""
        self.screen.paint(prompt, self.now)
        at = self.now - 1000.0
        if prompt.index != self._heard:
            self._heard, self._since = prompt.index, at
            action = self.answers.get(prompt.action, str(prompt.action))
            if action and not (action == self._doing == "light"):  # the colours are one thing to sit through
                self.actor.perform(action, at=at)
            self._doing = action
        if self._doing == "dot":
            self.actor.watch(hint.dot, self._since, at, hint.aim)

    def look(self, waited: float) -> Photo:
        """Take one picture, `waited` seconds after the last."""
        pose = self.actor.pose(self.now - 1000.0)
        if not self.number > 1:
            self.loops.settle(self.picture(replace(self.lit(pose), size=(120, 90), blur=0.3)).pixels)
        photo = self.picture(self.loops.set(self.lit(pose), self._speed(pose, waited)))
        self.loops.see(photo.pixels, waited)
        return photo

    def lit(self, scene: Scene) -> Scene:
        """The scene in the room's and the screen's light."""
        return replace(scene, light=self.screen.light(scene.light, self.now, scene.distance))

    def _speed(self, pose: Scene, waited: float) -> tuple[float, float]:
        """Pixels a second by which the face moves across the picture."""
        then, self._was = self._was or pose, pose
        scale = pose.size[1] / 2 / np.tan(np.radians(pose.view) / 2) / pose.distance
        reach = 9.0  # from the neck's joint to the face
        turned = np.radians([pose.yaw - then.yaw, pose.pitch - then.pitch])
        across = reach * turned[0] + pose.shift[0] - then.shift[0]
        up = reach * turned[1] + pose.shift[1] - then.shift[1]
        return float(across * scale / waited), float(-up * scale / waited)

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
            light=scene.light,
            seed=scene.seed,
        )
        return Photo(held)
