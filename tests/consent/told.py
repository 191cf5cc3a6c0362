"""Somebody who obeys as told, before a recorder whose eyes report what they are told."""

import dataclasses

import numpy as np

from consent import challenge
from consent.challenge import Plan
from consent.liveness.recorder import Recorder
from consent.types import Action, Assurance, Colour, Frame
from models.faces import Pose
from models.presentation.path import Path
from tests.consent.shown import face

CALM = face(eyes=(0.3, 0.3), eye_distance=60.0)
STEPS = {
    Action.TURN_LEFT: {"pose": Pose(20.0, 0, 0)},
    Action.TURN_RIGHT: {"pose": Pose(-20.0, 0, 0)},
    Action.NOD: {"pose": Pose(0, -10.0, 0)},
    Action.CLOSE_EYES: {"eyes": (0.03, 0.03)},
    Action.OPEN_MOUTH: {"mouth": 0.4},
    Action.LEAN_IN: {"eye_distance": 80.0},
}
DOT = Path(6.0, ((0.0, 0.0, 0.0), (6.0, 1.0, 0.5)))
COLOURS = (Colour.RED, Colour.GREEN, Colour.BLUE)
NEXT = Path(6.0, ((0.0, 0.0, 0.0), (6.0, -1.0, 0.5)))


def doing(action):
    return dataclasses.replace(CALM, **STEPS.get(action, {}))


class Told:
    """Networks that say what they are told, a clock that is moved, and a recorder that believes them.

    Each frame is another picture of 320 pixels; time goes on by an eighth of a second, which floats hold exactly.
    """

    def __init__(self, steps, assurance=Assurance.MOTION, at=1000.0, *, spare=(), again=()):
        self.now, self.number, self.seen, self.other = at, 0, CALM, 0.0
        self.recorder = Recorder(challenge.draw(lambda: self.now, assurance))
        colours = COLOURS if Action.LIGHT in steps else ()
        self.recorder._plan = Plan(steps, colours, (DOT, NEXT), again, spare)
        for name in ("_track", "_recogniser", "_age"):
            setattr(self.recorder, name, self)
        self.recorder._best._recogniser = self

    def look(self, pixels):
        assert pixels[0, 0, 0] == self.number % 251
        return self.seen, self.other

    def embed(self, pixels, seen):
        """Which frame it was, and whose."""
        return np.full(128, pixels[0, 0, 0] + seen.brightness, np.float32)

    def years(self, pixels, seen):
        return float(pixels[0, 0, 0]) + 80.0 * seen.brightness

    @property
    def hint(self):
        return self.recorder.hint

    def step(self, seen=CALM, seconds=0.125, *, page=None, shown=None, other=0.0, side=320, mark=b""):
        """One frame."""
        self.now += seconds
        self.number += 1
        self.seen, self.other = seen, other
        pixels = np.full((320, side, 3), self.number % 251, np.uint8)
        shown = self.hint.prompt.index if shown is None else shown
        signature = mark(pixels) if mark else b""
        return self.recorder.take(Frame(pixels, self.now if page is None else page, shown, signature))

    def until(self, index, **rest):
        """Rest until that prompt is on the screen."""
        while self.hint.prompt.index < index and not self.hint.over:
            self.step(**rest)
        return self

    def obey(self):
        """Do all that is asked, to the end, each thing a frame after it was painted."""
        painted = 0
        while not self.hint.over:
            prompt = self.hint.prompt
            self.step(doing(prompt.action) if prompt.index == painted else CALM)
            painted = prompt.index
        return self.recorder.capture()

    def outcome(self):
        assert self.hint.over
        return self.recorder.capture().outcome
