"""What was learnt of a face, drawn on films, in the mirror, and together with other changes."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest
import torch

from app import film as films
from app import personal
from app.cli import run
from app.engines import _personalnet, _swapping
from app.engines._moving import Moving
from app.engines._personaldraw import AtlasPainter
from app.engines._personalfit import fitted
from app.engines.combine import CombineOptions, combine, model_of
from app.engines.express import ExpressOptions
from app.engines.motion import Player
from app.engines.personal import FEWEST, Learnt, PersonalOptions, learn, train
from app.engines.swap import SwapOptions
from app.film_out import encode
from app.flow import make, purposes
from app.serial import in_parts, is_long
from app.verify import verify
from consent.enrolment import enrol
from consent.errors import Forgery, Refusal
from consent.types import Photo, Purpose
from models.faces import Finder
from tests.bench_truth import face_mask, other_day, psnr
from tests.booth import SEAT
from tests.conftest import EVERYTHING, checked_again, frames_of
from tests.people import Actor, person, someone

pytestmark = pytest.mark.long

torch.set_num_threads(1)
FPS = 12
COUNT = 12


@pytest.fixture(scope="module")
def frames():
    """Ada, who turns her head a little."""
    actor = Actor(someone("ada"), SEAT, seed=2)
    actor.perform("turn-left", 0.5, at=0.0)
    return [actor.frame(0.2 + number / FPS) for number in range(COUNT)]


def learnt(gate):
    own = gate.live()[0]
    return learn(gate, [gate.grant(own, own, Purpose.MODEL)])


@pytest.fixture(scope="module")
def model(gate):
    return learnt(gate)


def followed(gate, frames, wanted, role=Purpose.VIDEO):
    following = gate.follow(gate.live()[0], wanted, role)
    return [following.look(Photo(pixels), number / FPS) for number, pixels in enumerate(frames)]


def drawn(gate, options, frames):
    player = Player(gate, options)
    steps = followed(gate, frames, purposes(options))
    return [gate.release(player.draw(step, number / FPS)) for number, step in enumerate(steps)]


def test_it_fades_in_on_a_film_and_changes_the_face_alone(gate, frames, model):
    made = drawn(gate, PersonalOptions(model), frames)
    assert {one.facts.engine for one in made} == {"personal-atlas motion-1"}
    assert all(one.facts.parameters["frames"] == model.frames for one in made)
    assert all(one.facts.purposes == (Purpose.SWAP,) for one in made)
    assert np.array_equal(made[0].pixels, frames[0])
    for before, after in zip(frames[6:], made[6:], strict=True):
        face = Finder().find(before)[0]
        inside, near = (face_mask(face, before.shape, grown) for grown in (-0.05, 0.06))
        changed = (before != after.pixels).any(2)
        assert changed[inside].mean() > 0.3
        assert not changed[~near].any()
        assert psnr(after.pixels, before, inside) > 27, "it is what she looks like"


def test_of_nothing_asked_nothing_is_drawn(gate, frames, model):
    for options in (PersonalOptions(model, amount=0.0), PersonalOptions(model, parts=())):
        made = drawn(gate, options, frames[:8])
        assert all(np.array_equal(one.pixels, pixels) for one, pixels in zip(made, frames, strict=False))


def test_what_was_forgotten_meanwhile_ends_the_film(gate, frames):
    known = learnt(gate)
    player = Player(gate, PersonalOptions(known))
    first, second, third = followed(gate, frames[:3], (Purpose.SWAP,))
    player.draw(first, 0.0)
    player.draw(second, 1 / FPS)
    assert player._moving._swap._learning._last is not None
    known.forget()
    with pytest.raises(Refusal, match="model-forgotten"):
        player.draw(third, 2 / FPS)
    assert player._moving._swap._learning._last is None, "nothing of it is left here either"


def test_a_model_of_another_session_draws_nothing(gate, frames, booth, notary, ledger):
    other = enrol(
        checked_again(frames_of(gate, 5), booth.clock), notary.sign(EVERYTHING, booth.clock), ledger, booth.clock
    )
    known = learnt(other)
    (step,) = followed(gate, frames[:1], (Purpose.SWAP,))
    with pytest.raises(Forgery):
        Player(gate, PersonalOptions(known)).draw(step, 0.0)
    for options in (PersonalOptions(known), SwapOptions()):  # nor does a player draw on another session's frames
        with pytest.raises(Forgery):
            Player(other, options).draw(step, 0.0)
    own = gate.live()[0]
    options = CombineOptions(swap=PersonalOptions(known), express=ExpressOptions(smile=0.5))
    grants = {one: gate.grant(own, own, one) for one in options.purposes}
    with pytest.raises(Forgery):
        combine(gate, grants, options)


def test_with_an_expression_it_is_one_change_and_says_by_which_model(gate, frames, model):
    target = gate.match(Photo(frames[0]))
    smile = ExpressOptions(smile=0.7)
    options = CombineOptions(swap=PersonalOptions(model), express=smile)
    out = gate.release(combine(gate, {p: gate.grant(target, target, p) for p in options.purposes}, options))
    assert out.facts.engine.startswith("combine-mesh")
    assert out.facts.parameters["swap_engine"] == "personal-atlas 1"
    assert out.facts.parameters["swap_frames"] == model.frames
    alone = gate.release(_expressed(gate, target, smile)).pixels
    near = face_mask(target.face, out.pixels.shape, 0.12)
    assert np.array_equal(out.pixels[~near], alone[~near])
    assert (out.pixels != alone)[face_mask(target.face, out.pixels.shape, -0.05)].mean() > 0.3
    moving = drawn(gate, options, frames)
    assert moving[-1].facts.parameters["swap_engine"] == "personal-atlas 1"
    assert cv2.absdiff(moving[-1].pixels, frames[-1]).mean() > 0.2


def _expressed(gate, target, options):
    from app.engines.express import express

    return express(gate, gate.grant(target, target, Purpose.EXPRESS), options)


def test_the_flow_takes_it_as_any_other_change(gate, frames, model, signer):
    target = gate.match(Photo(frames[2]))
    done = make(gate, gate.live()[0], target, PersonalOptions(model), signer)
    assert done.report.statement.engine == "personal-atlas 1"
    assert model_of(PersonalOptions(model)) is model
    assert model_of(CombineOptions(swap=PersonalOptions(model), express=ExpressOptions(smile=1))) is model
    assert model_of(SwapOptions()) is model_of(CombineOptions(SwapOptions(), express=ExpressOptions(smile=1))) is None


# --- a network --------------------------------------------------------------------------------------------------------


def test_a_network_draws_every_frame_of_a_film(gate, frames, monkeypatch):
    """Its eyes and mouth too: it looks at the very frame."""
    grants = [[gate.grant(one, one, Purpose.MODEL) for one in gate.live()[-FEWEST * 4 :]] for _ in range(2)]
    training = train(gate, grants, kind="light-scratch", side=64, threads=1, seed=1)
    looked, as_first = [], _personalnet.Maker.as_first_look

    def counted(self, picture):
        looked.append(picture.shape)
        return as_first(self, picture)

    monkeypatch.setattr(_personalnet.Maker, "as_first_look", counted)
    try:
        training.wait(3, 60)
        training.stop()
        made = drawn(gate, PersonalOptions(training), frames)
    finally:
        training.forget()
    assert len(looked) == COUNT - 1, "the first one is shown as it is"
    assert {one.facts.engine for one in made} == {"personal-network motion-1"}
    face = Finder().find(frames[-1])[0]
    changed = (made[-1].pixels != frames[-1]).any(2)
    assert changed[face_mask(face, changed.shape, -0.1)].mean() > 0.3
    assert not changed[~face_mask(face, changed.shape, 0.05)].any()


# --- a beard ----------------------------------------------------------------------------------------------------------


class _Seen:
    def __init__(self, pixels, face):
        self.pixels, self.face = pixels, face


class _Options:
    """`PersonalOptions` without a session, for the renderer alone: the person of the gate has no beard."""

    amount, parts = 1.0, SwapOptions().parts

    def __init__(self, interior):
        self.interior = interior


def _seen(who, **scene):
    pixels = who.render(SEAT, **scene)
    return _Seen(pixels, Finder().find(pixels)[0])


@pytest.fixture(scope="module")
def bearded():
    """Frames of a bearded man, and what was learnt of him."""
    views = [_seen(person("bram"), yaw=yaw, seed=3 + k) for k, yaw in enumerate((0, 0, -12, 12, 3, -3))]
    return views, AtlasPainter(fitted(views))


@pytest.fixture
def moving(bearded, monkeypatch):
    """Draws him on a film's frames."""
    monkeypatch.setattr(_swapping, "PersonalOptions", _Options)
    views, painter = bearded

    def begun(interior="auto", parts=_Options.parts):
        options = _Options(interior)
        options.parts = parts
        one = Moving(options, None, None)
        return lambda frame, number: one.frame(frame, views[0], views, painter, 0, number / FPS)

    return begun


@pytest.mark.parametrize("interior", ["auto", "target"])
def test_a_beard_of_today_grows_on_the_bare_chin_of_a_film(moving, interior):
    draw, better = moving(interior), []
    for number in range(14):
        frame = _seen(other_day("bram"), yaw=0.4 * number, seed=40 + number)
        out = draw(frame, number)
        truth = person("bram").render(SEAT, yaw=0.4 * number, seed=40 + number)
        mask = face_mask(frame.face, truth.shape, 0.06)
        better.append(psnr(out, truth, mask) - psnr(frame.pixels, truth, mask))
    assert better[0] == 0
    if interior == "auto":
        assert min(better[-3:]) > 3
        assert max(b - a for a, b in pairwise(better)) < 2.5, "it does not pop up"
    else:
        assert max(better[-3:]) < 2, "the chin stays the film's"


def test_a_hand_stays_before_the_beard_and_without_skin_there_is_none(moving):
    draw, bare = moving(), moving(parts=("eyes", "brows"))
    for number in range(16):
        frame = _seen(other_day("bram"), seed=40 + number)
        chin = tuple(int(v) for v in frame.face.mesh[[152, 17]].mean(0)[:2])
        pixels = frame.pixels.copy()
        if number > 9:
            cv2.circle(pixels, chin, 12, (210, 160, 60), -1)
        shown = _Seen(pixels, frame.face)
        out, other = draw(shown, number), bare(shown, number)
        here = np.s_[chin[1] - 4 : chin[1] + 5, chin[0] - 4 : chin[0] + 5]
        darker = float(pixels[here].mean()) - float(out[here].mean())
        if number == 9:
            assert darker > 40, "his beard"
        assert abs(float(pixels[here].mean()) - float(other[here].mean())) < 1
    assert abs(darker) < 8, "the hand"


# --- the command line -------------------------------------------------------------------------------------------------


@pytest.fixture
def film(frames, tmp_path):
    path = tmp_path / "me.mp4"
    path.write_bytes(encode(frames[:8], films.Timing.even(8)))
    return path


def test_create_makes_a_film_of_a_film(film, door, capsys):
    out = film.with_name("out.mp4")
    assert run(["personal", "create", str(film), "-o", str(out)]) == 0
    told = capsys.readouterr()
    assert told.out.strip() == str(out)
    assert "All 8 frames were changed." in told.err
    assert door == [(*personal.PURPOSES, Purpose.VIDEO)]
    statement = verify(out.read_bytes(), []).statement
    assert (statement.purpose, statement.engine) == ("swap", "personal-atlas motion-1")


def test_a_film_is_asked_for_by_its_ending(film, door, capsys):
    assert run(["personal", "create", str(film), "-o", str(film.with_name("out.jpg"))]) == 2
    assert "[unknown-format]" in capsys.readouterr().err
    assert door == []


def test_a_long_film_is_made_in_one_piece(gate, model, film, monkeypatch):
    """Another session could not go on with what was learnt in this one."""
    monkeypatch.setattr("app.serial.FEWEST", 2)
    monkeypatch.setattr("app.serial.FRAMES", 3)
    seen = films.read(film.read_bytes())
    assert is_long(seen)
    job = personal.job(gate, model, seen)
    assert type(job.options.model) is Learnt
    assert not in_parts(job)
