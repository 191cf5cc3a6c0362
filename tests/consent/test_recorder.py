"""The recorder's rules of order, to the frame, and what it keeps."""

import dataclasses
import itertools
import math

import numpy as np
import pytest

from consent import challenge, policy
from consent.challenge import Prompt
from consent.errors import Forgery
from consent.liveness.guide import ASK
from consent.liveness.recorder import Recorder
from consent.liveness.recording import CAPTURE_SEAL, Capture, Outcome
from consent.types import Action, Assurance
from models.faces import Pose
from tests.booth import mark
from tests.consent.test_domain import KEY
from tests.consent.told import CALM, COLOURS, DOT, STEPS, Told, doing

pytestmark = pytest.mark.usefixtures("no_networks")


def test_who_tracks_and_who_keeps_have_networks_of_their_own():
    recorder = Recorder(challenge.draw())
    assert (recorder._track._finder, recorder._recogniser, recorder._age) == ("Finder", "Recogniser", "AgeEstimator")
    assert recorder._best._recogniser == "Recogniser"


# --- a whole check ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("show", [Action.DOT, Action.LIGHT])
def test_who_obeys_completes_with_a_rest_before_and_after_everything(show):
    steps = (Action.TURN_LEFT, Action.NOD, show, Action.OPEN_MOUTH, Action.CLOSE_EYES)
    told = Told(steps, Assurance.MOTION if show is Action.DOT else Assurance.MOTION_LIGHT)
    capture = told.obey()
    CAPTURE_SEAL.verify(Capture, capture)
    assert (capture.outcome, capture.at, capture.world) == (Outcome.COMPLETE, Action.CENTRE, b"")
    shown = [show] * (len(COLOURS) if show is Action.LIGHT else 1)
    between = ([step] if step is not show else shown for step in steps)
    asked = [Action.CENTRE, *itertools.chain(*([*some, Action.CENTRE] for some in between))]
    assert [p.action for p in capture.prompts] == asked
    assert [p.index for p in capture.prompts] == list(range(len(asked)))
    assert [p.colour for p in capture.prompts if p.colour] == (list(COLOURS) if show is Action.LIGHT else [])
    assert capture.prompts[0].seconds == policy.CHALLENGE_SECONDS
    seconds = {p.action: p.seconds for p in capture.prompts[1:]}
    assert seconds.pop(Action.DOT, DOT.seconds) == DOT.seconds
    assert set(seconds.values()) == {policy.ACTION_SECONDS}
    assert capture.path is (DOT if show is Action.DOT else None)
    for prompt in capture.prompts:
        times = [sight.page_time for sight in capture.sights if sight.prompt == prompt.index]
        assert prompt.action is not Action.DOT or times[-1] - times[0] == DOT.seconds
    assert (capture.rest.yaw, capture.rest.size, capture.rest.eyes) == (0.0, 60.0, (0.3, 0.3))
    assert capture.assurance is told.recorder._assurance
    assert capture.made == told.now
    parts = {frame.action for frame in capture.frames}
    assert parts == {Action.CENTRE, *STEPS} & set(asked)
    assert len(capture.embeddings) == len(capture.frames)
    for action in parts:
        best = doing(action)
        frames = [(f.face.pose, f.face.mouth, f.face.eyes) for f in capture.frames if f.action is action]
        assert (best.pose, best.mouth, best.eyes) in frames
    assert not any(frame.pixels.flags.writeable for frame in capture.frames)
    assert told.hint.over
    assert (told.hint.code, told.hint.progress, told.hint.seconds_left) == ("complete", 1.0, None)


def test_pictures_are_kept_of_what_shows_depth_and_colours_of_what_is_shone_on():
    """Of each rest the last picture alone, with which a movement begins."""
    capture = Told((Action.TURN_LEFT, Action.LIGHT, Action.OPEN_MOUTH), Assurance.MOTION_LIGHT).obey()
    for prompt in capture.prompts:
        sights = [sight for sight in capture.sights if sight.prompt == prompt.index]
        grey = [sight.grey is not None for sight in sights]
        if prompt.action is Action.CENTRE:
            assert grey == [False] * (len(grey) - 1) + [True]
        else:
            assert set(grey) == {prompt.action is Action.TURN_LEFT}
        assert {sight.skin is not None for sight in sights} == {prompt.action in (Action.CENTRE, Action.LIGHT)}


def test_what_was_kept_is_given_away_and_forgotten():
    told = Told((Action.TURN_LEFT,))
    first = told.obey()
    assert first.sights
    assert (told.recorder._film.sights, told.recorder._samples, told.recorder._best.all()) == ([], [], [])
    with pytest.raises(Forgery) as caught:
        told.recorder.capture()
    assert caught.value.reason == Forgery.of("spent", what="recording").reason


@pytest.mark.parametrize(
    ("seconds", "frames", "least"), [(0.125, 6, 0.4), (0.0625, 8, 0.4), (0.125, 6, 0.625), (0.0625, 8, 0.4375)]
)
def test_the_rest_that_is_measured_takes_six_frames_and_its_time(monkeypatch, seconds, frames, least):
    monkeypatch.setattr(policy, "REST_SECONDS", least)
    told = Told((Action.TURN_LEFT,))
    for number in range(frames):
        assert told.recorder._rest is None, number
        told.step(seconds=seconds)
    assert told.recorder._rest is not None


def test_a_frame_that_does_not_rest_begins_the_first_rest_anew():
    told = Told((Action.TURN_LEFT,))
    for _ in range(5):
        told.step()
    hint = told.step(dataclasses.replace(CALM, pose=Pose(30.0, 0, 0)))
    assert hint.code == "centre"
    assert hint.text == ASK["centre"]
    for _ in range(5):
        told.step()
    assert told.recorder._rest is None
    assert told.step().code == "centre"
    assert told.recorder._rest is not None


def test_somebody_beside_one_is_told_of_before_the_first_rest_and_nothing_is_kept():
    told = Told((Action.TURN_LEFT,))
    for _ in range(9):
        hint = told.step(other=policy.SECOND_FACE_SHARE)
        assert (hint.code, hint.over) == ("several-faces", False)
    assert (told.recorder._rest, told.recorder._best.all()) == (None, [])


def test_a_recording_that_was_taken_half_way_is_unfinished_and_goes_on(turning):
    capture = turning.recorder.capture()
    assert (capture.outcome, capture.at) == (Outcome.UNFINISHED, Action.TURN_LEFT)
    for _ in range(3):
        turning.step()
    for _ in range(9):
        turning.step(doing(Action.TURN_LEFT))
    assert (turning.hint.over, turning.hint.prompt.index) == (False, 2)


def test_the_next_prompt_waits_for_its_pause(turning):
    """Revealed at the first frame that comes a pause after the rest was held."""
    told = Told((Action.TURN_LEFT,))
    while told.recorder._rest is None:
        told.step()
    held = told.now
    pause = told.recorder._reveal_at - held
    assert policy.START_JITTER[0] <= pause <= policy.START_JITTER[1]
    assert told.step().prompt.index == 0, "a frame is shorter than any pause"
    assert told.until(1).hint.prompt == Prompt(1, Action.TURN_LEFT, policy.ACTION_SECONDS)
    assert pause <= told.now - held < pause + 0.125


# --- rules of order --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("late", "over"), [(0.0, False), (1e-3, True)])
def test_the_whole_check_lasts_as_long_as_it_may_and_no_longer(late, over):
    told = Told((Action.TURN_LEFT,))
    assert told.step(seconds=policy.CHALLENGE_SECONDS + late, page=0.0).over == over
    if over:
        assert told.outcome() is Outcome.TOO_SLOW


@pytest.mark.parametrize(
    ("ours", "page", "over"), [(3.0, 1.0, False), (3.125, 1.0, True), (-0.5, 1.5, False), (-0.625, 1.5, True)]
)
def test_the_two_clocks_may_drift_apart_by_two_seconds(ours, page, over):
    told = Told((Action.TURN_LEFT,))
    told.step(page=7.0)
    assert told.step(seconds=ours, page=7.0 + page).over == over
    if over:
        assert told.outcome() is Outcome.CLOCK


@pytest.mark.parametrize(("step", "over"), [(policy.FRAME_GAP, False), (policy.FRAME_GAP + 0.125, True)])
def test_a_hole_is_more_than_the_longest_step(step, over):
    told = Told((Action.TURN_LEFT,))
    told.step()
    assert told.step(seconds=step).over == over
    if over:
        assert told.outcome() is Outcome.GAP


@pytest.mark.parametrize(("page", "shown"), [(0.0, 0), (-0.125, 0), (0.125, -1), (0.125, 1)])
def test_frames_that_stand_still_or_go_back_or_ahead_end_it(page, shown):
    told = Told((Action.TURN_LEFT,))
    told.step()
    told.step(page=told.now + page, seconds=0.0, shown=shown)
    assert told.outcome() is Outcome.ORDER


def test_before_anything_was_painted_a_frame_says_so(turning):
    told = Told((Action.TURN_LEFT,))
    assert not told.step(shown=-1).over
    assert not told.step(shown=-1).over
    assert not told.step(shown=0).over
    told = Told((Action.TURN_LEFT,))
    told.step(shown=-2)
    assert told.outcome() is Outcome.ORDER


def test_a_world_is_that_of_the_first_frame():
    for first, later in ((lambda p: mark(p, KEY), b""), (b"", lambda p: mark(p, KEY))):
        told = Told((Action.TURN_LEFT,))
        assert not told.step(mark=first).over
        told.step(mark=later)
        assert told.outcome() is Outcome.MIXED
    told = Told((Action.TURN_LEFT,))
    told.step(mark=lambda p: mark(p, KEY))
    told.step(mark=lambda p: mark(p, KEY), side=300)
    assert told.hint.code == "frames-mixed"
    assert told.recorder.capture().world == KEY.public_key().public_bytes_raw()


def test_a_mark_of_another_picture_ends_it():
    told = Told((Action.TURN_LEFT,))
    told.step(mark=lambda p: mark(255 - p, KEY))
    assert told.outcome() is Outcome.MIXED


def test_no_time_is_no_time():
    for page in (math.nan, math.inf, -math.inf):
        told = Told((Action.TURN_LEFT,))
        told.step(page=page)
        assert told.outcome() is Outcome.CLOCK


def test_nothing_is_seen_any_more_when_it_is_over(turning):
    turning.step(seconds=9.0)
    assert turning.hint.code == "frames-missing"
    seen = len(turning.recorder._film.sights)
    turning.step()
    assert len(turning.recorder._film.sights) == seen
    assert (turning.hint.code, turning.hint.amount, turning.hint.dot, turning.hint.aim) == (
        "frames-missing", None, (), None
    )  # fmt: skip
    capture = turning.recorder.capture()
    assert (capture.outcome, capture.at) == (Outcome.GAP, Action.TURN_LEFT)


# --- who is seen -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("share", "over"), [(policy.SECOND_FACE_SHARE, True), (0.34, False), (math.nan, True)])
def test_a_second_face_of_some_size_in_three_frames_running_ends_it(turning, share, over):
    for _ in range(policy.SECOND_FACE_FRAMES - 1):
        assert not turning.step(other=share).over
    assert turning.step(other=share).over == over
    if over:
        assert turning.outcome() is Outcome.SECOND_FACE


def test_a_second_face_that_comes_and_goes_does_not(turning):
    for _ in range(3):
        for share in (0.5, 0.5, 0.0):
            assert not turning.step(other=share).over


def test_a_second_face_in_three_frames_counts_even_when_ones_own_is_lost(turning):
    for _ in range(2):
        turning.step(None, other=0.5)
    turning.step(None, other=0.5)
    assert turning.outcome() is Outcome.SECOND_FACE


def test_a_face_may_be_lost_so_long_and_no_longer(turning, monkeypatch):
    monkeypatch.setattr(policy, "LOST_SECONDS", 1.25)
    for _ in range(10):
        hint = turning.step(None)
        assert (hint.code, hint.over, hint.amount) == ("no-face", False, None)
    turning.step(None)
    assert turning.outcome() is Outcome.LOST


def test_nobody_before_the_first_rest_is_only_told(turning):
    told = Told((Action.TURN_LEFT,))
    for _ in range(40):
        assert told.step(None).code == "no-face"
    assert not told.hint.over


def test_a_face_that_was_lost_begins_its_rest_anew():
    told = Told((Action.TURN_LEFT,))
    for seen in (*[CALM] * 5, None, *[CALM] * 5):
        told.step(seen)
    assert told.recorder._rest is None


@pytest.mark.parametrize(("step", "patience"), [(Action.NOD, 4.0), (Action.DOT, 1.5), (Action.LIGHT, 1.5)])
def test_a_page_is_waited_for_so_long_and_no_longer(step, patience):
    """Longer for what must be read."""
    assert patience == (policy.PAINT_SECONDS if step is Action.NOD else policy.QUICK_PAINT_SECONDS)
    told = Told((step,)).until(1)
    since = told.now
    while told.now < since + patience:
        hint = told.step(shown=0)
        assert (hint.code, hint.over) == (str(step), False)
    told.step(shown=0)
    assert told.outcome() is Outcome.STALLED


# --- samples ---------------------------------------------------------------------------------------------------------


def test_a_sample_is_taken_of_every_prompt_but_the_colours_and_now_and_then(monkeypatch):
    monkeypatch.setattr(policy, "SAMPLE_SECONDS", (0.5, 1.0))
    for share, every in ((0.0, 0.5), (0.5, 0.75), (1.0, 1.0)):
        told = Told((Action.TURN_LEFT,))
        with monkeypatch.context() as patch:
            patch.setattr(challenge.secrets, "randbelow", lambda n, share=share: round(share * (n - 1)))
            check_samples(told.until(1), every)


def check_samples(told, every):
    """While one action is waited for, a sample comes so often."""
    times, start = [], len(told.recorder._samples)
    for _ in range(24):
        before = len(told.recorder._samples)
        told.step()
        if len(told.recorder._samples) > before:
            times.append(told.now)
            assert told.recorder._next_sample == pytest.approx(told.now + every, abs=1e-9)
            assert told.recorder._samples[-1].embedding[0] == told.number + CALM.brightness
    assert start
    assert len(times) >= 3
    assert np.diff(times) == pytest.approx([every] * (len(times) - 1))
    assert {sample.prompt for sample in told.recorder._samples[start:]} == {1}


def test_each_prompt_has_a_sample_at_once_and_an_age_at_rest():
    capture = Told((Action.TURN_LEFT, Action.LIGHT, Action.NOD), Assurance.MOTION_LIGHT).obey()
    sampled = {sample.prompt for sample in capture.samples}
    assert sampled >= {p.index for p in capture.prompts if p.action is not Action.LIGHT}
    for sample in capture.samples:
        resting = capture.prompts[sample.prompt].action is Action.CENTRE
        frame = sample.embedding[0] - CALM.brightness
        assert sample.years == frame + 40.0 if resting else math.isnan(sample.years)
        assert capture.sights[int(frame) - 1].prompt == sample.prompt
