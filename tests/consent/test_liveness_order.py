"""Rules of order in a recording, on one picture: what comes too early, late, twice or not at all ends it."""

import dataclasses
import math

import numpy as np
import pytest

from consent import challenge, liveness, policy
from consent.errors import Forgery
from consent.liveness import motion
from consent.liveness.recording import Outcome
from consent.types import Action, Frame
from models.faces import Finder, Pose
from models.presentation.motion import rest_of
from tests.booth import SEAT, World
from tests.consent.recorded import drawn, refusal
from tests.people import person


class Tape:
    """Frames of a person at rest, with the clocks and echoes we choose."""

    def __init__(self):
        self.now = 0.0
        self.pixels = person("bram").render(dataclasses.replace(SEAT, seed=1))
        self.recorder = liveness.Recorder(challenge.draw(lambda: self.now))
        self.rng = np.random.default_rng(1)

    def step(self, seconds=0.125, page=None, shown=None, pixels=None, mark=b""):
        self.now += seconds
        noisy = self.pixels.astype(np.int16) + self.rng.integers(-2, 3, self.pixels.shape)
        pixels = np.clip(noisy, 0, 255).astype(np.uint8) if pixels is None else pixels
        index = self.recorder.hint.prompt.index if shown is None else shown
        return self.recorder.take(Frame(pixels, self.now if page is None else page, index, mark))


@pytest.fixture
def tape():
    return Tape()


def outcome(tape):
    return tape.recorder.capture().outcome


def test_frames_must_move_on(tape):
    tape.step()
    assert tape.step(page=0.1).over
    assert outcome(tape) is Outcome.ORDER


def test_no_prompt_can_be_answered_before_it_is_shown(tape):
    tape.step()
    assert tape.step(shown=1).over
    assert outcome(tape) is Outcome.ORDER


def test_prompts_do_not_go_back(tape):
    tape.step(shown=0)
    assert tape.step(shown=-1).over
    assert outcome(tape) is Outcome.ORDER


def test_no_prompt_lies_before_the_first(tape):
    tape.step()
    assert tape.step(shown=-2).over
    assert outcome(tape) is Outcome.ORDER


def test_holes_are_seen(tape):
    tape.step()
    assert tape.step(seconds=policy.FRAME_GAP + 0.1).over
    assert outcome(tape) is Outcome.GAP


@pytest.mark.parametrize("page", [math.nan, math.inf, 1e9])
def test_the_page_clock_must_agree_with_ours(tape, page):
    tape.step()
    assert tape.step(page=page).over
    assert outcome(tape) is Outcome.CLOCK


def test_the_size_of_the_picture_must_stay(tape):
    tape.step()
    assert tape.step(pixels=tape.pixels[:300]).over
    assert outcome(tape) is Outcome.MIXED


def test_marked_and_unmarked_frames_do_not_mix(tape):
    tape.step()
    photo = World().photograph("bram")
    assert tape.step(pixels=photo.pixels, mark=photo.mark).over
    assert outcome(tape) is Outcome.MIXED


def test_a_false_mark_ends_it(tape):
    assert tape.step(mark=b"x" * 96).over
    assert outcome(tape) is Outcome.MIXED


def test_the_whole_check_has_an_end(tape):
    tape.step()
    tape.now += policy.CHALLENGE_SECONDS
    assert tape.step().over
    assert outcome(tape) is Outcome.TOO_SLOW


def test_an_unfinished_recording_is_refused(tape):
    tape.step()
    assert refusal(tape.recorder.capture()).code == "unfinished"


def test_a_recording_is_taken_once(tape):
    tape.step()
    tape.recorder.capture()
    with pytest.raises(Forgery):
        tape.recorder.capture()


def test_nothing_counts_after_the_end(tape):
    tape.step()
    tape.step(page=0.0)
    for _ in range(3):
        assert tape.step().over
    assert outcome(tape) is Outcome.ORDER


def test_a_challenge_is_recorded_once():
    one = challenge.draw()
    liveness.Recorder(one)
    with pytest.raises(Forgery):
        liveness.Recorder(one)


def test_an_answer_at_once_is_too_fast_and_the_second_time_the_last(tape):
    turned = person("bram").render(dataclasses.replace(SEAT, yaw=28, seed=2))
    tape.recorder = liveness.Recorder(drawn((Action.TURN_LEFT,), lambda: tape.now))
    for asked in (1, 3):
        while tape.recorder.hint.prompt.index < asked:
            tape.step()
        assert tape.recorder.hint.prompt.action is Action.TURN_LEFT
        while tape.recorder.hint.prompt.index == asked and not tape.recorder.hint.over:
            noisy = np.clip(turned.astype(np.int16) + tape.rng.integers(-2, 3, turned.shape), 0, 255).astype(np.uint8)
            tape.step(seconds=0.04, pixels=noisy)
        assert tape.recorder.hint.over == (asked == 3)
    assert tape.recorder.hint.code == "answered-too-fast"


@pytest.mark.parametrize(
    ("scene", "code"),
    [
        ({"distance": 110.0}, "come-closer"),
        ({"distance": 26.0}, "go-back"),
        ({"shift": (11.0, 0.0)}, "centre-yourself"),
        ({"exposure": 0.004}, "more-light"),
        ({"yaw": 25.0}, "centre"),
        ({"blur": 6.0}, "hold-still"),
    ],
)
def test_the_page_says_what_keeps_the_check_from_starting(tape, scene, code):
    hint = None
    for i in range(3):
        hint = tape.step(pixels=person("bram").render(dataclasses.replace(SEAT, seed=i, **scene)))
    assert hint.code == code
    assert hint.text
    assert not hint.over


def test_nobody_in_sight_is_said(tape):
    hint = tape.step(pixels=np.full_like(tape.pixels, 80))
    assert (hint.code, hint.prompt.index, hint.progress) == ("no-face", 0, 0.0)


def test_resting_is_no_action(tape):
    face = Finder().find(tape.pixels)[0]
    rest = rest_of([face])
    assert motion.at_rest(face, rest)
    with pytest.raises(KeyError):
        motion.amount(Action.CENTRE, face, rest)
    blank = dataclasses.replace(face, eyes=(math.nan, math.nan), mouth=math.nan, pose=Pose(math.nan, math.nan, 0))
    assert not motion.at_rest(blank, rest)
    assert motion.held(Action.OPEN_MOUTH, [(i / 8, blank) for i in range(9)], rest) is None
    assert motion.held(Action.CLOSE_EYES, [(0.0, None)], rest) is None


def test_a_page_that_lags_behind_is_waited_for(tape):
    tape.recorder = liveness.Recorder(drawn((Action.TURN_LEFT,), lambda: tape.now))
    while tape.recorder.hint.prompt.index == 0:
        tape.step()
    for _ in range(3):
        hint = tape.step(shown=0)
    assert not hint.over
    assert hint.seconds_left == policy.ACTION_SECONDS


def test_a_page_that_never_paints_is_not_waited_for_long(tape):
    tape.recorder = liveness.Recorder(drawn((Action.TURN_LEFT,), lambda: tape.now))
    while tape.recorder.hint.prompt.index == 0:
        tape.step()
    while not tape.step(shown=0).over:
        pass
    assert outcome(tape) is Outcome.STALLED


def test_a_colour_is_not_waited_for_while_the_head_is_turned(tape):
    tape.recorder = liveness.Recorder(challenge.draw(lambda: tape.now))
    plan = tape.recorder._plan
    tape.recorder._plan = dataclasses.replace(plan, steps=(Action.LIGHT, *plan.steps))
    while tape.recorder.hint.prompt.index == 0:
        tape.step()
    tape.pixels = person("bram").render(dataclasses.replace(SEAT, yaw=28, seed=2))
    hint = tape.step()
    assert (hint.code, hint.prompt.action, hint.prompt.colour) == ("hold-still", Action.LIGHT, plan.colours[0])
    late = tape.now + policy.LIGHT_LATE
    while tape.now + 0.3 < late:
        assert not tape.step(seconds=0.3).over
    assert tape.step(seconds=0.4).over
    assert outcome(tape) is Outcome.NOT_SEEN


def test_not_coming_back_to_rest_runs_out_of_time(tape):
    turned = person("bram").render(dataclasses.replace(SEAT, yaw=28, seed=2))
    tape.recorder = liveness.Recorder(drawn((Action.TURN_LEFT,), lambda: tape.now))
    still = tape.pixels
    while tape.recorder.hint.prompt.index == 0:
        tape.step()
    for _ in range(4):
        tape.step()
    tape.pixels = turned
    while tape.recorder.hint.prompt.index == 1:
        assert not tape.step().over
    while not tape.step(seconds=0.3).over:
        pass
    tape.pixels = still
    capture = tape.recorder.capture()
    assert (capture.outcome, capture.at) == (Outcome.NOT_SEEN, Action.CENTRE)


def test_a_frame_without_a_measure_is_not_kept(tape):
    tape.step()
    kept = len(tape.recorder._best.all())
    tape.recorder._keep(math.nan, tape.pixels, Finder().find(tape.pixels)[0])
    assert len(tape.recorder._best.all()) == kept
