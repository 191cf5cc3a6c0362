"""Whole live checks of a synthetic person, recorded by the real recorder."""

import pytest

from consent import challenge, liveness
from consent.errors import Refusal
from consent.types import Assurance
from tests.booth import Booth

LIGHT, DOT = Assurance.MOTION_LIGHT, Assurance.MOTION


def drawn(order, clock, assurance=DOT):
    """A genuine challenge that begins as we need: drawn again until it comes."""
    while True:
        one = challenge.draw(clock, assurance)
        if one._plan.steps[: len(order)] == order:
            return one


def record(booth, order=(), assurance=DOT):
    """One whole recording."""
    recorder = liveness.Recorder(drawn(order, booth.clock, assurance))
    while not recorder.take(booth.frame(recorder.hint)).over:
        pass
    return recorder.capture()


def refusal(capture):
    with pytest.raises(Refusal) as caught:
        liveness.check(capture)
    return caught.value


def presented(assurance):
    """One bona fide presentation, judged: what was recorded and what came of it. Three tries, as anyone has."""
    for seed in range(3):
        capture = record(Booth("bram", fps=8, seed=seed), assurance=assurance)
        try:
            return capture, liveness.check(capture)
        except Refusal as refusal:
            last = refusal
    raise last
