"""What an attacker has of the victim: a good photograph, and clips recorded before, each in another session.

Kept in memory as JPEG, made once a process when first asked for. An operator plays them; nothing is drawn anew during
an attack.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from models.faces import Face, Finder
from tests.booth import SEAT
from tests.people import LIGHTS, Actor, Manner, someone
from tests.people.light import Rgb

if TYPE_CHECKING:
    from numpy.typing import NDArray

Lit = Callable[[float], Rgb]
"""Seconds -> what the screen showed."""
PAGE: Final = (0.15, 0.15, 0.15)
RATE: Final = 12.0
"""Frames a second of the clips."""
STEADY: Final = Manner(latency=(0.0, 0.0), turn=27.0, nod=16.0, sway=0.25, blinks=0.0, shy=0.0, tremor=0.3)
"""How the victim's best recordings move."""
POSES: Final = tuple((float(y), float(p)) for y in range(-18, 19, 6) for p in (-11.0, -5.5, 0.0, 5.5, 11.0))
"""Directions of the head (yaw, pitch) that a long recording of the victim contains."""
COLOURS: Final = {
    "red": (1.0, 0.0, 0.0),
    "green": (0.0, 1.0, 0.0),
    "blue": (0.0, 0.0, 1.0),
    "cyan": (0.0, 1.0, 1.0),
    "magenta": (1.0, 0.0, 1.0),
    "yellow": (1.0, 1.0, 0.0),
}


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """Frames in a row, `rate` a second; an action is done, and held, at the last one."""

    packed: tuple[bytes, ...]
    rate: float

    def __len__(self) -> int:
        return len(self.packed)

    def frame(self, number: int) -> NDArray[np.uint8]:
        """One frame, `uint8 RGB`."""
        return unpack(self.packed[max(0, min(number, len(self.packed) - 1))])

    def looped(self, number: int) -> NDArray[np.uint8]:
        """To and fro, for ever."""
        span = 2 * len(self.packed) - 2
        k = number % span
        return self.frame(k if k < len(self.packed) else span - k)


def pack(picture: NDArray[np.uint8], quality: int = 95) -> bytes:
    """JPEG of `uint8 RGB`."""
    return bytes(cv2.imencode(".jpg", picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes())


def unpack(data: bytes) -> NDArray[np.uint8]:
    """`uint8 RGB` of a JPEG."""
    picture = np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), np.uint8)
    return np.ascontiguousarray(picture[:, :, ::-1])


class Library:
    """Photograph and clips of one person. Made by `library`."""

    def __init__(self, name: str, seed: int) -> None:
        self.name, self._seed = name, seed
        light = ("soft", "window", "flat")[seed % 3]
        self.scene = replace(SEAT, light=light, background=20 + seed, blur=0.5, noise=0.8)
        self._clips: dict[str, Clip] = {}

    @functools.cached_property
    def photo(self) -> NDArray[np.uint8]:
        """A large, sharp, frontal picture, `uint8 RGB (720, 960, 3)`."""
        picture: NDArray[np.uint8] = someone(self.name).render(replace(self.scene, size=(960, 720), noise=0.5))
        picture.setflags(write=False)
        return picture

    @functools.cached_property
    def small(self) -> NDArray[np.uint8]:
        """The same at a webcam's size."""
        picture = np.asarray(cv2.resize(self.photo, (480, 360), interpolation=cv2.INTER_AREA), np.uint8)
        picture.setflags(write=False)
        return picture

    @functools.cached_property
    def face(self) -> Face:
        """The face in `small`."""
        return Finder().find(self.small)[0]

    def clip(self, what: str) -> Clip:
        """A clip: "rest", an action ("turn-left" ...), "session-N", "video-N", "dot-N", "colours-N" or "red" ...

        Raises:
            KeyError: there is no such clip.
        """
        if what not in self._clips:
            kind, _, number = what.rpartition("-")
            takes = {"session": self._session, "video": self._video, "dot": self._dot, "colours": self._colours}
            take = takes.get(kind)
            self._clips[what] = take(int(number)) if take is not None else self._single(what)
        return self._clips[what]

    @functools.cached_property
    def poses(self) -> tuple[bytes, ...]:
        """One frame for each of `POSES`."""
        person = someone(self.name)
        return tuple(
            pack(person.render(replace(self.scene, yaw=yaw, pitch=pitch, seed=k, gaze=(-0.7 * yaw, -0.5 * pitch))))
            for k, (yaw, pitch) in enumerate(POSES)
        )

    def _single(self, what: str) -> Clip:
        actor = Actor(someone(self.name), self.scene, seed=self._seed, manner=STEADY)
        if what in COLOURS:
            return self._shots(4 / RATE, RATE, actor, lambda _: COLOURS[what])
        if what == "rest":
            return self._shots(14 / RATE, RATE, actor)
        if what not in {"turn-left", "turn-right", "nod", "close-eyes", "open-mouth", "lean-in"}:
            raise KeyError(what)
        actor.perform(what, at=0.0)
        return self._shots({"nod": 1.2, "lean-in": 1.15, "close-eyes": 0.4}.get(what, 0.85), RATE, actor)

    def _session(self, number: int) -> Clip:
        """An earlier check of the same person: other actions, other colours, another dot."""
        rng = np.random.default_rng((self._seed, number, 1))
        kinds = ["turn-left", "open-mouth", "turn-right", "nod", "lean-in", "close-eyes"]
        order = [str(action) for action in rng.permutation(kinds)][:4]
        manner = replace(STEADY, latency=(0.25, 0.4), sway=0.6)
        actor = Actor(someone(self.name), self.scene, seed=number, manner=manner)
        time = 1.2
        for action in order:
            actor.perform(action, at=time)
            actor.perform("centre", at=time + 1.4)
            time += 2.6
        lit = _sequence(rng, time)
        return self._shots(time + 4.4, 8.0, actor, lit)

    def _video(self, number: int) -> Clip:
        """The person talks and looks about."""
        rng = np.random.default_rng((self._seed, number, 2))
        actor = Actor(someone(self.name), self.scene, seed=number, manner=replace(STEADY, sway=1.6, blinks=16))
        time = 0.3
        while time < 7:
            action = str(rng.choice(["open-mouth", "open-mouth", "smile", "turn-left", "turn-right", "nod"]))
            actor.perform(action, float(rng.uniform(0.3, 0.9)), at=time)
            actor.perform("centre", at=time + float(rng.uniform(0.25, 0.6)))
            time += float(rng.uniform(0.5, 1.1))
        return self._shots(8.0, 10.0, actor)

    def _dot(self, number: int) -> Clip:
        """The person follows a dot on a path of its own."""
        rng = np.random.default_rng((self._seed, number, 3))
        actor = Actor(someone(self.name), self.scene, seed=number, manner=STEADY)
        times = np.cumsum(rng.uniform(0.6, 1.1, 12))
        stops = rng.uniform(-1, 1, (12, 2))
        grid = np.arange(0, 7, 0.05)
        x, y = (np.interp(grid, times, stops[:, k]) for k in (0, 1))
        actor.perform("dot", at=0.0)
        actor.watch([(float(t), float(a), float(b)) for t, a, b in zip(grid, x, y, strict=True)], 0.0, 0.0)
        return self._shots(6.4, 10.0, actor)

    def _colours(self, number: int) -> Clip:
        """The person sits through eight colours in another order."""
        rng = np.random.default_rng((self._seed, number, 4))
        actor = Actor(someone(self.name), self.scene, seed=number, manner=STEADY)
        return self._shots(4.2, 8.0, actor, _sequence(rng, 0.0))

    def _shots(self, seconds: float, rate: float, actor: Actor, lit: Lit | None = None) -> Clip:
        room, person, frames = LIGHTS[str(self.scene.light)], someone(self.name), []
        for t in np.arange(0, seconds, 1 / rate):
            pose = actor.pose(float(t))
            shown = lit(float(t)) if lit is not None else PAGE
            light = room.with_screen(shown, 0.3, (0.0, -9.0, pose.distance + 1), 0.06)
            frames.append(pack(person.render(replace(pose, light=light))))
        return Clip(tuple(frames), rate)


def _sequence(rng: np.random.Generator, start: float) -> Lit:
    """Eight colours of half a second from `start` on, never two alike in a row."""
    names = list(COLOURS)
    order = [int(rng.integers(6))]
    while len(order) < 8:
        order.append((order[-1] + int(rng.integers(1, 6))) % 6)

    def lit(time: float) -> Rgb:
        slot = int((time - start) // 0.5) if time >= start else -1
        return COLOURS[names[order[slot]]] if 0 <= slot < 8 else PAGE

    return lit


@functools.lru_cache(maxsize=24)
def library(name: str, seed: int = 0) -> Library:
    """What an attacker has of one person; `seed` decides the light it was recorded in."""
    return Library(name, seed)
