"""The player through the real gate: every job, drawn frame after frame."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest

from app.engines import _age, _express, _swap, motion
from app.engines.age import AgeOptions
from app.engines.combine import CombineOptions
from app.engines.express import ExpressOptions
from app.engines.motion import Player
from app.engines.swap import SwapOptions
from app.flow import purposes
from consent.errors import Forgery, Refusal
from consent.types import Draft, Photo, Purpose
from models.topology import OVAL
from tests.booth import SEAT
from tests.people import Actor, someone

pytestmark = pytest.mark.long

FPS = 12
COUNT = 13
OPTIONS = {
    "swap": SwapOptions(),
    "age": AgeOptions(years=24),
    "express": ExpressOptions(preset="surprise", gaze=0.5),
}
TOGETHER = CombineOptions(swap=SwapOptions(amount=0.8), age=AgeOptions(years=-12), express=ExpressOptions(smile=0.7))


@pytest.fixture(scope="module")
def frames():
    """Ada, who turns her head a little."""
    actor = Actor(someone("ada"), SEAT, seed=2)
    actor.perform("turn-left", 0.5, at=0.0)
    return [actor.frame(0.2 + number / FPS) for number in range(COUNT)]


@pytest.fixture(scope="module")
def follow(gate, frames):
    """What the gate says of each frame: works for each purpose."""

    def followed(*wanted, first=0, last=COUNT):
        following = gate.follow(gate.live()[0], wanted, Purpose.VIDEO)
        return [following.look(Photo(frames[number]), number / FPS) for number in range(first, last)]

    return followed


def drawn(gate, options, steps, *, pauses=()):
    """What a player makes of each step, opened by the gate."""
    player, made = Player(gate, options), []
    for number, step in enumerate(steps):
        if number in pauses:
            player.pause()
        draft = player.draw(step, number / FPS)
        assert type(draft) is Draft
        made.append(gate.release(draft))
    return made


@pytest.fixture(scope="module")
def takes(gate, follow):
    """Every job on the same frames."""
    steps = follow(Purpose.SWAP, Purpose.AGE, Purpose.EXPRESS)
    made = {name: drawn(gate, OPTIONS[name], [(step[n],) for step in steps]) for n, name in enumerate(OPTIONS)}
    return made | {"combine": drawn(gate, TOGETHER, follow(*purposes(TOGETHER)))}


def changes(frames, made):
    return [float(cv2.absdiff(a, b.pixels).mean()) for a, b in zip(frames, made, strict=True)]


@pytest.mark.parametrize(
    ("options", "leave"),
    [
        (OPTIONS["swap"], (Purpose.AGE,)),
        (OPTIONS["age"], (Purpose.AGE, Purpose.SWAP)),
        (TOGETHER, (Purpose.SWAP,)),
    ],
)
def test_leave_for_one_thing_is_none_for_another(gate, follow, options, leave):
    (step,) = follow(*leave, last=1)
    with pytest.raises(Refusal) as caught:
        Player(gate, options).draw(step, 0.0)
    assert caught.value.code == "wrong-purpose"


@pytest.mark.parametrize("name", [*OPTIONS, "combine"])
def test_every_frame_of_a_job_says_the_same_of_itself(takes, name):
    options = OPTIONS.get(name, TOGETHER)
    assert {released.facts.engine.partition(" ")[0] for released in takes[name]} == {
        {"swap": "swap-mesh", "age": "age-wrinkle", "express": "express-mesh", "combine": "combine-mesh"}[name]
    }
    assert len({released.facts.engine for released in takes[name]}) == 1
    assert all(released.facts.parameters == options.parameters for released in takes[name])
    assert all(released.facts.purposes == purposes(options) for released in takes[name])


@pytest.mark.parametrize("name", [*OPTIONS, "combine"])
def test_a_take_begins_as_the_film_does_and_fades_in(takes, frames, name):
    much = changes(frames, takes[name])
    assert much[0] == 0
    assert max(much[-3:]) > 0.12
    assert max(abs(b - a) for a, b in pairwise(much)) < 0.45 * max(much)
    assert much[1] < 0.3 * max(much)


def inside(mesh, shape):
    mask = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(mesh[list(OVAL), :2]).astype(np.int32)], 1)
    return mask > 0


def difference(one, other):
    return (one.astype(float) - other.astype(float)).mean(2)


def test_lines_are_those_of_the_still_picture(takes, frames, follow):
    (work,) = follow(Purpose.AGE, first=COUNT - 1)[0]
    still = _age.render(work.target, 24, 1.0, 7, _age.segmenter())
    face = inside(work.target.face.mesh, still.shape)
    wanted, made = (difference(one, frames[-1]) for one in (still, takes["age"][-1].pixels))
    assert np.corrcoef(wanted[face], made[face])[0, 1] > 0.6
    assert 0.55 < made[face].std() / wanted[face].std() < 1.3
    hair = ~face & (np.abs(wanted) > 12)
    assert hair.sum() > 2000
    assert np.corrcoef(wanted[hair], made[hair])[0, 1] > 0.6


@pytest.mark.parametrize("name", ["swap", "express"])
def test_the_settled_frame_is_like_the_still_picture(takes, frames, follow, name):
    (work,) = follow(Purpose(name), first=COUNT - 1)[0]
    if name == "swap":
        still = _swap.swapped(work.own, work.target, 1.0)
    else:
        plan = _express.plan(work.target, work.own, OPTIONS[name].asked)
        still = _express.carried_out(plan, work.target)
    face = inside(work.target.face.mesh, still.shape)
    apart, moved = (
        np.abs(difference(one, other))[face].mean()
        for one, other in ((still, takes[name][-1].pixels), (still, frames[-1]))
    )
    assert apart < 5.5
    if name == "express":
        assert apart < 0.8 * moved


def test_the_same_film_gives_the_same_frames(gate, follow, takes):
    again = drawn(gate, OPTIONS["age"], follow(Purpose.AGE, last=10))
    assert all((a.pixels == b.pixels).all() for a, b in zip(again, takes["age"], strict=False))


def test_after_a_frame_that_was_refused_a_take_begins_anew(gate, follow, frames):
    made = drawn(gate, OPTIONS["express"], follow(Purpose.EXPRESS, last=6), pauses=(4,))
    much = changes(frames[:6], made)
    assert much[4] == 0
    assert 0 < much[5] < much[3]


def test_a_gap_begins_a_take_anew(gate, follow, frames):
    player, steps = Player(gate, OPTIONS["express"]), follow(Purpose.EXPRESS, last=5)
    for number, step in enumerate(steps[:4]):
        player.draw(step, number / FPS)
    later = gate.release(player.draw(steps[4], 4 / FPS + 3)).pixels
    assert (later == frames[4]).all()


def test_a_covered_face_is_refused_for_its_frame_alone(gate, follow, frames, monkeypatch):
    player, steps = Player(gate, OPTIONS["express"]), follow(Purpose.EXPRESS, last=4)
    player.draw(steps[0], 0.0)
    player.pause()

    def covered(*_):
        raise Refusal("face-covered", "A mask.", "Take it off.")

    with monkeypatch.context() as patch:
        patch.setattr(motion, "uncovered", covered)
        for number in (1, 2):
            with pytest.raises(Refusal, match="face-covered"):
                player.draw(steps[number], number / FPS)
    assert (gate.release(player.draw(steps[3], 3 / FPS)).pixels == frames[3]).all()


def test_work_is_drawn_once(gate, follow):
    step = follow(Purpose.AGE, last=1)[0]
    Player(gate, OPTIONS["age"]).draw(step, 0.0)
    with pytest.raises(Forgery, match="spent"):
        Player(gate, OPTIONS["age"]).draw(step, 0.0)


@pytest.mark.parametrize("options", [AgeOptions(), ExpressOptions(), SwapOptions(amount=0), SwapOptions(parts=())])
def test_neutral_options_leave_every_frame(gate, follow, frames, options):
    made = drawn(gate, options, follow(*purposes(options), last=3))
    assert all((a == b.pixels).all() for a, b in zip(frames, made, strict=False))
