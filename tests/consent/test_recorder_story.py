"""How a check goes on: actions, colours, the dot and the way back to rest, to the frame."""

import dataclasses

import pytest

from consent import policy
from consent.challenge import Prompt
from consent.liveness import recorder
from consent.liveness.finding import Finding
from consent.liveness.guide import ASK
from consent.liveness.recording import Outcome
from consent.types import Action, Assurance
from models.faces import Pose
from models.presentation import depth, light, series
from tests.consent.told import CALM, COLOURS, DOT, NEXT, Told, doing

pytestmark = pytest.mark.usefixtures("no_networks")


# --- actions ---------------------------------------------------------------------------------------------------------


def test_an_action_is_done_when_it_is_held(turning):
    done = doing(Action.TURN_LEFT)
    for number in range(policy.HOLD_FRAMES + 1):
        assert turning.hint.prompt.index == 1, number
        turning.step(done if number else CALM)
    assert turning.hint.prompt == Prompt(2, Action.CENTRE, policy.ACTION_SECONDS)
    assert turning.hint.progress == pytest.approx(1 / 3)


def test_before_any_frame_the_first_prompt_is_said():
    hint = Told((Action.TURN_LEFT,)).hint
    assert (hint.code, hint.text, hint.progress, hint.over) == ("centre", ASK["centre"], 0.0, False)
    assert hint.prompt == Prompt(0, Action.CENTRE, policy.CHALLENGE_SECONDS)


def test_what_is_seen_of_an_action_is_told_between_nothing_and_all():
    turning = Told((Action.TURN_LEFT, Action.DOT)).until(1)
    for yaw, amount in ((-9.0, 0.0), (8.0, 0.5), (30.0, 1.0)):
        hint = turning.step(dataclasses.replace(CALM, pose=Pose(yaw, 0, 0)))
        assert hint.amount == pytest.approx(amount)
        assert (hint.code, hint.text) == ("turn-left", ASK["turn-left"])
        assert (hint.dot, hint.aim) == ((), None)
    assert hint.seconds_left == pytest.approx(policy.ACTION_SECONDS - 0.25)


@pytest.mark.parametrize(("wait", "least", "over"), [(0.125, 0.125, False), (0.1, 0.12, True)])
def test_nobody_answers_before_they_can_have_seen_the_prompt(turning, monkeypatch, wait, least, over):
    monkeypatch.setattr(policy, "REACTION_SECONDS", least)
    turning.step()
    turning.step(doing(Action.TURN_LEFT), seconds=wait)
    for _ in range(2):
        turning.step(doing(Action.TURN_LEFT))
    assert turning.hint.over == over
    if over:
        assert turning.outcome() is Outcome.TOO_FAST
    else:
        assert turning.hint.prompt.index == 2


def test_the_wrong_action_ends_it_and_a_nod_by_the_way_does_not(turning):
    for _ in range(5):
        assert not turning.step(doing(Action.NOD)).over
    for _ in range(3):
        turning.step(doing(Action.OPEN_MOUTH))
    assert turning.outcome() is Outcome.WRONG


@pytest.mark.parametrize(("seconds", "frames"), [(0.5, policy.ACTION_FRAMES), (0.25, 34)])
def test_an_action_has_its_time_and_its_frames(turning, seconds, frames):
    """24 frames, after eight seconds; or more than eight seconds, after 24 frames."""
    for number in range(frames - 1):
        assert not turning.step(seconds=seconds).over, number
    hint = turning.step(seconds=seconds)
    assert (hint.code, hint.text) == ("action-not-seen", "")
    assert turning.outcome() is Outcome.NOT_SEEN


def test_somebody_beside_one_keeps_no_frame(turning):
    turning.step()
    before = len(turning.recorder._best.all())
    turning.step(doing(Action.TURN_LEFT), other=0.5)
    assert len(turning.recorder._best.all()) == before
    turning.step(doing(Action.TURN_LEFT))
    (kept,) = turning.recorder._best.all()[before:]
    assert (kept.part, kept.score, kept.number) == (1, 20.0 / policy.TURN_DEGREES, len(turning.recorder._film.sights))


# --- colours and the dot ---------------------------------------------------------------------------------------------


def lit():
    return Told((Action.LIGHT,), Assurance.MOTION_LIGHT).until(1)


def test_a_colour_lasts_its_time_and_its_frames_with_the_head_still(monkeypatch):
    monkeypatch.setattr(policy, "LIGHT_SECONDS", 0.5)
    told = lit()
    assert told.hint.prompt.colour is COLOURS[0]
    for _ in range(4):
        hint = told.step()
        assert (hint.prompt.index, hint.code, hint.seconds_left) == (1, "light", None)
    assert told.step().prompt == Prompt(2, Action.LIGHT, policy.ACTION_SECONDS, COLOURS[1])  # 0.5 seconds since
    turned = dataclasses.replace(CALM, pose=Pose(policy.LIGHT_STILL + 1, 0, 0))
    for _ in range(9):
        assert told.step(turned).code == "hold-still"
    for _ in range(2):
        assert told.step().prompt.index == 2
    assert told.step().prompt.index == 3, "three frames that are still, however many were not"


def test_a_colour_that_was_not_seen_in_time_ends_it():
    told = lit()
    turned = dataclasses.replace(CALM, pose=Pose(policy.LIGHT_STILL + 1, 0, 0))
    for _ in range(25):  # three seconds after the first
        assert not told.step(turned).over
    told.step(turned)
    assert told.outcome() is Outcome.NOT_SEEN


def test_a_dot_is_shown_from_a_moment_ago_to_a_moment_ahead_until_its_path_is_over():
    told = Told((Action.DOT,)).until(1)
    assert told.hint.prompt == Prompt(1, Action.DOT, DOT.seconds)
    turned = dataclasses.replace(CALM, pose=Pose(-policy.DOT_FIELD[0] / 2, policy.DOT_FIELD[1] / 4, 0))
    hint = told.step(turned)
    assert hint.aim == pytest.approx((0.5, 0.25))
    assert hint.amount is None
    assert [t for t, _, _ in hint.dot] == pytest.approx([i * 0.05 for i in range(11)])
    for _ in range(8):
        hint = told.step()
    assert [t for t, _, _ in hint.dot] == pytest.approx([0.5 + i * 0.05 for i in range(21)])
    assert [(x, y) for _, x, y in hint.dot] == [DOT.at(t) for t, _, _ in hint.dot]
    assert hint.seconds_left == pytest.approx(5.0)
    assert told.step(None).aim is None
    for _ in range(38):
        hint = told.step()
        assert hint.prompt.index == 1
    assert told.step().prompt.index == 2


def turned(told, index=2):
    """The turn is done, and rest is asked."""
    told.step()
    for _ in range(policy.HOLD_FRAMES):
        told.step(doing(Action.TURN_LEFT))
    assert told.hint.prompt.index == index
    return told


# --- back at rest ----------------------------------------------------------------------------------------------------


def test_who_does_not_come_back_to_rest_runs_out_of_time(turning):
    told = turned(turning)
    for _ in range(65):
        assert not told.step(doing(Action.TURN_LEFT)).over
    told.step(doing(Action.TURN_LEFT))
    capture = told.recorder.capture()
    assert (capture.outcome, capture.at) == (Outcome.NOT_SEEN, Action.CENTRE)


def test_a_later_rest_takes_three_frames(turning):
    told = turned(turning)
    for number in range(policy.HOLD_FRAMES):
        assert told.recorder._reveal_at is None, number
        hint = told.step()
        assert (hint.code, hint.text, hint.amount) == ("centre", ASK["centre"], None)
    low, high = policy.START_JITTER
    assert low <= told.recorder._reveal_at - told.now <= high


# --- what is asked besides -------------------------------------------------------------------------------------------


def obeyed(told):
    """The recording of somebody who did it all, and what was asked, without the rests."""
    capture = told.obey()
    assert capture.outcome is Outcome.COMPLETE
    return capture, tuple(prompt.action for prompt in capture.prompts if prompt.action is not Action.CENTRE)


def asked(told):
    return obeyed(told)[1]


TWO = (Action.TURN_LEFT, Action.NOD, Action.TURN_RIGHT)
SPARE = (Action.TURN_RIGHT, Action.TURN_LEFT)


@pytest.mark.parametrize("found", Finding)
def test_the_spare_turns_are_asked_of_whom_the_depth_could_not_be_told(monkeypatch, found):
    seen = []
    monkeypatch.setattr(recorder, "of_depth", lambda relief: seen.append(relief) or found)
    monkeypatch.setattr(recorder, "of_now", lambda *_: Finding.HEAD)
    monkeypatch.setattr(depth, "pool", lambda steps: steps)
    monkeypatch.setattr(depth, "follow", lambda run: told.recorder._prompts[run.sights[0].prompt].action)
    told = Told(TWO, spare=SPARE)
    assert asked(told) == TWO + (SPARE if found is Finding.UNCLEAR else ())
    assert seen == [TWO], "measured once"


@pytest.mark.parametrize("found", Finding)
@pytest.mark.parametrize("step", [Action.LIGHT, Action.DOT])
def test_a_dot_is_asked_of_whose_light_or_dot_was_not_clear(monkeypatch, found, step):
    seen = []
    monkeypatch.setattr(recorder, "of_depth", lambda _: Finding.HEAD)
    monkeypatch.setattr(recorder, "of_now", lambda *shown: seen.append(shown) or found)
    monkeypatch.setattr(light, "measure", lambda series: "light")
    monkeypatch.setattr(series, "followed", lambda sights, shown, path, *_: (shown, path))
    told = Told((step, Action.NOD), spare=SPARE)
    more = (Action.DOT,) if found is Finding.UNCLEAR else ()
    shown = (Action.LIGHT,) * 3 if step is Action.LIGHT else (step,)
    capture, actions = obeyed(told)
    assert actions == (*shown, Action.NOD, *more)
    assert seen == [("light", None)] if step is Action.LIGHT else seen == [(None, ([1], DOT))]
    dots = [prompt for prompt in capture.prompts if prompt.action is Action.DOT]
    assert [prompt.seconds for prompt in dots] == [DOT.seconds] * len(dots)
    assert capture.path is (None, DOT, NEXT)[len(dots)]


def test_the_dot_that_is_asked_besides_goes_another_way(monkeypatch):
    monkeypatch.setattr(recorder, "of_now", lambda *_: Finding.UNCLEAR)
    monkeypatch.setattr(recorder, "of_depth", lambda _: Finding.HEAD)
    told = Told((Action.DOT,), spare=SPARE).until(3)
    assert told.hint.prompt.action is Action.DOT
    told.step()
    assert [(x, y) for _, x, y in told.hint.dot] == [NEXT.at(t) for t, _, _ in told.hint.dot]


def test_pictures_without_any_texture_cannot_be_followed():
    """As measured, with nothing in the way: the recorder sees grey frames."""
    assert asked(Told(TWO, spare=SPARE)) == (*TWO, *SPARE, Action.DOT)
    assert asked(Told(TWO)) == TWO


def test_a_spare_turn_has_a_pause_a_time_and_a_right_answer_like_any_other():
    told = Told((Action.TURN_LEFT,), spare=SPARE).until(1)
    told = turned(told)
    told.until(3)
    assert told.hint.prompt == Prompt(3, Action.TURN_RIGHT, policy.ACTION_SECONDS)
    assert told.now - told.recorder._film.since(2)[0][0] > policy.START_JITTER[0]
    assert told.hint.progress == pytest.approx(1 / 2), "as far as before: nothing runs backwards"
    told.step()
    for _ in range(policy.HOLD_FRAMES):
        told.step(doing(Action.TURN_LEFT))
    assert told.outcome() is Outcome.WRONG


# --- once more -------------------------------------------------------------------------------------------------------


def missed(told):
    """What is asked is not done in its time."""
    index = told.hint.prompt.index
    while told.hint.prompt.index == index and not told.hint.over:
        told.step(seconds=0.5)
    return told


def test_what_was_not_seen_in_time_is_asked_again_once_and_one_thing_more():
    told = missed(Told((Action.TURN_LEFT, Action.NOD), again=(Action.TURN_RIGHT,)).until(1))
    assert told.hint.prompt == Prompt(2, Action.CENTRE, policy.ACTION_SECONDS)
    assert told.hint.progress == 0.0, "nothing was done yet"
    assert {told.step().code for _ in range(3)} == {"again"}
    assert told.until(3).hint.code == "turn-left"
    assert asked(told) == (Action.TURN_LEFT, Action.TURN_LEFT, Action.NOD, Action.TURN_RIGHT)


def test_the_second_time_it_is_the_end():
    told = missed(Told((Action.TURN_LEFT, Action.NOD), again=(Action.TURN_RIGHT,)).until(1))
    assert missed(told.until(3)).outcome() is Outcome.NOT_SEEN
    told = missed(Told((Action.TURN_LEFT,), again=(Action.TURN_RIGHT,)).until(1)).until(3)
    told = turned(told, index=4).until(5)
    assert told.hint.prompt.action is Action.TURN_RIGHT
    assert missed(told).outcome() is Outcome.NOT_SEEN


def test_an_answer_before_the_prompt_can_have_been_read_does_not_count_and_it_is_asked_again(monkeypatch):
    monkeypatch.setattr(policy, "REACTION_SECONDS", 0.2)
    told = Told((Action.TURN_LEFT,), again=(Action.TURN_RIGHT,)).until(1)
    told = turned(told)
    assert told.recorder._done == 0
    assert told.until(3).hint.prompt.action is Action.TURN_LEFT
    assert missed(told).outcome() is Outcome.NOT_SEEN


@pytest.mark.parametrize("wrong", [Action.OPEN_MOUTH, Action.TURN_RIGHT])
def test_a_wrong_answer_ends_it_the_first_time(wrong):
    told = Told((Action.TURN_LEFT,), again=(Action.TURN_RIGHT,)).until(1)
    told.step()
    for _ in range(3):
        told.step(doing(wrong))
    assert told.outcome() is Outcome.WRONG
