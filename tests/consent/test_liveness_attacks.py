"""Presentation attacks on the live check, in ISO/IEC 30107-3's words: each has its own no."""

import dataclasses

import numpy as np
import pytest

from consent import policy
from consent.liveness.finding import Finding, of_depth
from consent.liveness.recording import Outcome
from consent.types import Action, Frame
from models.presentation import depth
from tests.booth import SEAT, Booth, Puppet
from tests.consent.recorded import record, refusal
from tests.people import person

pytestmark = pytest.mark.long


def relief(capture, prompt):
    start = [s for s in capture.sights if s.prompt == prompt - 1 and s.face and s.grey is not None][-1]
    return depth.measure([depth.Run(start, tuple(s for s in capture.sights if s.prompt == prompt))])


def test_a_bent_print_that_fools_the_landmarks_is_flat_to_the_pixels():
    capture = record(Puppet("edda", bend=60.0, fps=8), (Action.TURN_LEFT,))
    turned = [s.face.pose.yaw for s in capture.sights if s.face and s.prompt == 1]
    assert max(turned) > policy.TURN_DEGREES, "the landmark network must be fooled, or this test shows nothing"
    if capture.outcome is Outcome.COMPLETE:
        assert refusal(capture).code in {"looks-flat", "depth-unclear", "face-changed"}
    assert of_depth(relief(capture, 1)) is not Finding.HEAD


def test_a_still_print_does_nothing_it_is_asked():
    still = person("edda").render(dataclasses.replace(SEAT, seed=1))
    rng = np.random.default_rng(0)

    def grain(_, __):
        return np.clip(still.astype(np.int16) + rng.integers(-2, 3, still.shape), 0, 255).astype(np.uint8)

    no = refusal(record(Booth("edda", fps=4, spoil=grain), (Action.TURN_LEFT,)))
    assert no.code == "action-not-seen"
    assert "turn your head to your left" in no.reason


class Relay(Booth):
    """Another person takes over half way."""

    def picture(self, scene):
        return self.world.photograph("dilan" if self.number > 60 else self.name, scene)


def test_another_person_half_way_is_seen():
    capture = record(Relay("ada", fps=8, seed=2))
    assert refusal(capture).code in {"face-changed", "wrong-action", "action-not-seen", "face-lost"}
    assert capture.outcome is not Outcome.UNFINISHED


class Injector(Booth):
    """Injects near-still pictures of a victim between what it takes for the identity samples, to have them kept."""

    victim, due, heard, since, injected = "gita", -9.0, -1, 0, 0

    def frame(self, hint):
        own, prompt = super().frame(hint), hint.prompt
        fresh = prompt.index != self.heard
        self.since = 1 if fresh else self.since + 1
        sample = own.page_time >= self.due or fresh
        self.heard = prompt.index
        if sample:
            self.due = own.page_time + 0.4
        if sample or not prompt.index or prompt.action is not Action.CENTRE or not 3 <= self.since <= 14:
            return own
        self.injected += 1
        scene = dataclasses.replace(SEAT, seed=self.number, yaw=0.3 * (self.number % 3), blur=0.3)
        return Frame(person(self.victim).render(scene), own.page_time, own.shown)


def test_a_victim_slipped_in_between_the_samples_is_seen():
    booth = Injector("ada", fps=10)
    capture = record(booth)
    assert booth.injected > 10
    assert refusal(capture).code in {"face-changed", "action-not-seen", "wrong-action", "face-lost"}


def test_a_second_face_ends_it():
    guest = person("gita").render(dataclasses.replace(SEAT, size=(240, 360), seed=3))

    def beside(pixels, number):
        out = pixels.copy()
        if number > 12:
            out[:, :240] = guest
        return np.roll(out, 0, axis=1)

    seat = dataclasses.replace(SEAT, shift=(9.0, 0.0))
    assert refusal(record(Booth("bram", fps=8, scene=seat, spoil=beside))).code in {"second-face", "check-too-slow"}


def test_the_wrong_way_is_refused():
    booth = Booth("bram", fps=8, answers={"turn-left": "turn-right"})
    no = refusal(record(booth, (Action.TURN_LEFT,)))
    assert no.code == "wrong-action"
    assert "turn your head to your left" in no.reason


def test_leaving_ends_it():
    def leave(pixels, number):
        return pixels if number < 14 else np.full_like(pixels, 90)

    assert refusal(record(Booth("bram", fps=8, spoil=leave))).code == "face-lost"
