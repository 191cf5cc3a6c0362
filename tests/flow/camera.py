"""A webcam for a real browser: a Y4M file that is rewritten in place while Chromium plays it.

Chromium's fake capture device loops over the file's few frames; this program keeps writing new ones into it, so the
page gets a genuine media track of a person who reacts. The person is the simulator's `Actor`; because drawing a frame
takes longer than a camera has, the poses of every action are drawn beforehand and shown by what is nearest, each time
with fresh sensor noise (a real camera never gives the same picture twice).

    python -m tests.flow.camera FILE PERSON      prints "ready", then obeys the lines on its standard input:

    turn-left        (or any other action) the person has read what the page asks
    shine R G B      the screen before the person shows this colour, 0..255
    see X Y          the person sees the dot there, and follows it: x right, y up, -1..1
"""

from __future__ import annotations

import os
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from tests.booth import Glow
from tests.people import LIGHTS, Actor, Manner, Scene, person
from tests.people.actor import DOT_PITCH, DOT_YAW

if TYPE_CHECKING:
    from tests.people.light import Rgb

SIZE = (640, 480)
HEADER = b"YUV4MPEG2 W640 H480 F30:1 Ip A1:1 C420jpeg\n"
SLOTS = 4
REWRITES = 15
"""Times a second that all the slots get new pictures; each is played 30 / SLOTS times a second, so never twice."""
SEATED = Scene(distance=50.0, size=SIZE, exposure=0.6)
"""Exposed as webcams do it: no part of the face is near white, also when the screen shines on it."""
MANNER = Manner(
    nod=18.0,
    sway=0.0,
    blinks=0.0,
    pace=0.5,
    lean=(0.28, 0.28),
    shy=0.0,
    pursuit=(0.08, 0.08),
    reach=(1.0, 1.0),
    tremor=0.0,
    heeds=0.0,
)
ACTIONS = ("turn-left", "turn-right", "nod", "close-eyes", "open-mouth", "lean-in")
COLOURS = ((1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 1, 1), (1, 0, 1), (1, 1, 0))
DARK = (0, 0, 0)
STEPS = {"yaw": 2.0, "pitch": 2.5, "blink": 0.34, "open-mouth": 0.25, "distance": 1.5}
GRID = (4.0, 5.0)
"""Degrees of yaw and pitch between the poses drawn for the dot."""

Key = tuple[int, ...]


class Poses:
    """Drawn poses of one person, as I420 planes (720, 640), by the light of the screen they were drawn in."""

    def __init__(self, name: str) -> None:
        self.person, self.glow = person(name), Glow()
        self.drawn: dict[Rgb, dict[Key, np.ndarray]] = {rgb: {} for rgb in (DARK, *COLOURS)}

    def key(self, scene: Scene) -> Key:
        face = scene.expression
        values = (scene.yaw, scene.pitch, face.get("blink", 0.0), face.get("open-mouth", 0.0), scene.distance)
        return tuple(round(value / step) for value, step in zip(values, STEPS.values(), strict=True))

    def draw(self, key: Key, rgb: Rgb = DARK) -> None:
        if key in self.drawn[rgb]:
            return
        yaw, pitch, blink, mouth, distance = (n * step for n, step in zip(key, STEPS.values(), strict=True))
        expression = {name: min(value, 1.0) for name, value in (("blink", blink), ("open-mouth", mouth)) if value}
        gaze = (float(np.clip(-0.75 * yaw, -22, 22)), float(np.clip(-0.6 * pitch, -12, 12)))
        glow = self.glow
        light = LIGHTS["soft"].with_screen(rgb, glow.strength, (0.0, -9.0, distance + 1), glow.spill)
        scene = replace(SEATED, yaw=yaw, pitch=pitch, roll=0.05 * yaw, gaze=gaze, expression=expression, noise=0.0)
        scene = replace(scene, distance=distance, light=light if any(rgb) else LIGHTS["soft"])
        self.drawn[rgb][key] = cv2.cvtColor(self.person.render(scene), cv2.COLOR_RGB2YUV_I420)

    def nearest(self, scene: Scene, rgb: Rgb) -> np.ndarray:
        keys = list(self.drawn[rgb])
        return self.drawn[rgb][keys[int(np.abs(np.array(keys) - self.key(scene)).sum(axis=1).argmin())]]


def rehearse(poses: Poses) -> None:
    """Draw what every action passes through, the face in every colour, and where a dot may lead the nose."""
    for action in ACTIONS:
        actor = Actor(poses.person, SEATED, seed=1, manner=MANNER)
        actor.perform(action, at=0.0)
        for moment in np.arange(0.0, 4.5, 0.03):
            poses.draw(poses.key(actor.pose(float(moment))))
    for rgb in COLOURS:
        poses.draw(poses.key(SEATED), rgb)
    for yaw in np.arange(-DOT_YAW, DOT_YAW + 1, GRID[0]):
        for pitch in np.arange(-DOT_PITCH, DOT_PITCH + 1, GRID[1]):
            poses.draw(poses.key(replace(SEATED, yaw=float(yaw), pitch=float(pitch))))


class Sitter:
    """The person before the camera, on a clock of their own."""

    def __init__(self, poses: Poses) -> None:
        self.poses = poses
        self.actor = Actor(poses.person, SEATED, seed=2, manner=MANNER)
        self.lock, self.begun = threading.Lock(), time.monotonic()
        self.shone: Rgb = DARK
        self.rng = np.random.default_rng(3)
        self.grain = self.rng.normal(0, 1.6, (1200, 1200)).astype(np.int16)

    def hear(self, line: str) -> None:
        """Obey one line."""
        now = time.monotonic() - self.begun
        word, *numbers = line.split()
        with self.lock:
            if word == "shine":
                self.shone = tuple(int(float(number) > 127) for number in numbers)
            elif word == "see":
                self.actor.watch([(now, *map(float, numbers))], 0.0, now)
            else:
                self.actor.perform(word, at=now)

    def picture(self) -> bytes:
        """What the camera sees now, as a frame of a Y4M file."""
        with self.lock:
            scene, rgb = self.actor.pose(time.monotonic() - self.begun), self.shone
        planes = self.poses.nearest(scene, rgb if rgb in COLOURS else DARK).copy()
        y, x = self.rng.integers(0, 1200 - SIZE[1]), self.rng.integers(0, 1200 - SIZE[0])
        light = planes[: SIZE[1]].astype(np.int16) + self.grain[y : y + SIZE[1], x : x + SIZE[0]]
        planes[: SIZE[1]] = np.clip(light, 0, 255)
        return b"FRAME\n" + planes.tobytes()


def play(path: Path, name: str) -> None:
    """Sit before the camera until the standard input ends."""
    cv2.setNumThreads(1)
    poses = Poses(name)
    rehearse(poses)
    sitter, ended = Sitter(poses), threading.Event()
    path.write_bytes(HEADER + b"".join(sitter.picture() for _ in range(SLOTS)))
    size = len(sitter.picture())

    def film() -> None:
        file = os.open(path, os.O_RDWR)
        while not ended.is_set():
            start = time.monotonic()
            for slot in range(SLOTS):  # each with its own noise: whichever is played next, it is a new picture
                os.pwrite(file, sitter.picture(), len(HEADER) + slot * size)
            ended.wait(max(0.0, 1 / REWRITES - (time.monotonic() - start)))
        os.close(file)

    filming = threading.Thread(target=film)
    filming.start()
    print("ready", flush=True)
    for line in sys.stdin:
        sitter.hear(line)
    ended.set()
    filming.join()


if __name__ == "__main__":
    play(Path(sys.argv[1]), sys.argv[2])
