"""A webcam for a real browser: a Y4M file that is rewritten in place while Chromium plays it.

Chromium's fake capture device loops over the file's two frames; this program keeps writing new ones into it, so the
page gets a genuine media track of a person who reacts. The person is the simulator's `Actor`; because drawing a frame
takes longer than a camera has, the poses of every action are drawn beforehand and shown by what is nearest, each time
with fresh sensor noise (a real camera never gives the same picture twice).

    python -m tests.flow.camera FILE PERSON      prints "ready", then obeys the actions on its standard input
"""

from __future__ import annotations

import os
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from tests.people import Actor, Manner, Scene, person

SIZE = (640, 480)
HEADER = b"YUV4MPEG2 W640 H480 F30:1 Ip A1:1 C420jpeg\n"
SLOTS = 2
REWRITES = 15
MANNER = Manner(sway=0.0, blinks=0.0, pace=0.5, nod=18.0)
ACTIONS = ("turn-left", "turn-right", "nod", "close-eyes", "open-mouth")
STEPS = {"yaw": 2.0, "pitch": 2.5, "blink": 0.34, "open-mouth": 0.25}

Key = tuple[int, ...]


class Poses:
    """Drawn poses of one person, as I420 planes (720, 640)."""

    def __init__(self, name: str, scene: Scene) -> None:
        self.person, self.scene = person(name), scene
        self.drawn: dict[Key, np.ndarray] = {}

    def key(self, scene: Scene) -> Key:
        values = (scene.yaw, scene.pitch, scene.expression.get("blink", 0.0), scene.expression.get("open-mouth", 0.0))
        return tuple(round(value / step) for value, step in zip(values, STEPS.values(), strict=True))

    def draw(self, key: Key) -> None:
        if key in self.drawn:
            return
        yaw, pitch, blink, mouth = (count * step for count, step in zip(key, STEPS.values(), strict=True))
        expression = {name: min(value, 1.0) for name, value in (("blink", blink), ("open-mouth", mouth)) if value}
        gaze = (float(np.clip(-0.75 * yaw, -22, 22)), float(np.clip(-0.6 * pitch, -12, 12)))
        scene = replace(self.scene, yaw=yaw, pitch=pitch, roll=0.05 * yaw, gaze=gaze, expression=expression, noise=0.0)
        self.drawn[key] = cv2.cvtColor(self.person.render(scene), cv2.COLOR_RGB2YUV_I420)

    def nearest(self, scene: Scene) -> np.ndarray:
        wanted = np.array(self.key(scene))
        return self.drawn[min(self.drawn, key=lambda key: int(np.abs(wanted - np.array(key)).sum()))]


def rehearse(poses: Poses) -> None:
    """Draw what every action passes through."""
    for action in ACTIONS:
        actor = Actor(poses.person, poses.scene, seed=1, manner=MANNER)
        actor.perform(action, at=0.0)
        for moment in np.arange(0.0, 4.5, 0.03):
            poses.draw(poses.key(actor.pose(float(moment))))


def play(path: Path, name: str) -> None:
    """Sit before the camera until the standard input ends."""
    poses = Poses(name, Scene(distance=50.0, size=SIZE))
    rehearse(poses)
    actor = Actor(poses.person, poses.scene, seed=2, manner=MANNER)
    rng = np.random.default_rng(3)
    grain = rng.normal(0, 1.6, (1200, 1200)).astype(np.int16)
    begun, ended, lock = time.monotonic(), threading.Event(), threading.Lock()

    def picture() -> bytes:
        with lock:
            scene = actor.pose(time.monotonic() - begun)
        planes = poses.nearest(scene).copy()
        y, x = rng.integers(0, 1200 - SIZE[1]), rng.integers(0, 1200 - SIZE[0])
        light = planes[: SIZE[1]].astype(np.int16) + grain[y : y + SIZE[1], x : x + SIZE[0]]
        planes[: SIZE[1]] = np.clip(light, 0, 255)
        return b"FRAME\n" + planes.tobytes()

    path.write_bytes(HEADER + b"".join(picture() for _ in range(SLOTS)))
    size = len(picture())

    def film() -> None:
        file = os.open(path, os.O_RDWR)
        while not ended.is_set():
            start = time.monotonic()
            for slot in range(SLOTS):  # each with its own noise: whichever is played next, it is a new picture
                os.pwrite(file, picture(), len(HEADER) + slot * size)
            ended.wait(max(0.0, 1 / REWRITES - (time.monotonic() - start)))
        os.close(file)

    filming = threading.Thread(target=film)
    filming.start()
    print("ready", flush=True)
    for line in sys.stdin:
        with lock:
            actor.perform(line.strip(), at=time.monotonic() - begun)
    ended.set()
    filming.join()


if __name__ == "__main__":
    play(Path(sys.argv[1]), sys.argv[2])
