"""Expressions on drawn faces: what is planned, what it does to a mesh, and what is said of what cannot be done."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engines import _advice, _express
from app.engines._expressshape import Asked, closable, expressed
from app.engines._field import deform
from app.engines._presets import PRESETS
from app.engines.express import NAMES, ExpressOptions
from app.studio.refusals_zh import ZH
from consent.errors import Refusal
from models.faces import Pose
from models.topology import LEFT_BROW, LEFT_EYE, OVAL, RIGHT_BROW, RIGHT_EYE
from tests.app.engines_sketch import Sketch, sketch

PARTS = [one.name for one in fields(Asked)]
numbers = st.fixed_dictionaries({name: st.floats(-3, 3) for name in PARTS})


def seen_as(seen: Sketch, **face: object) -> Sketch:
    """The sketch with other measures of its face."""
    return Sketch(seen.pixels, replace(seen.face, **face))


# --- shapes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("yaw", [0.0, 25.0])
def test_nothing_asked_moves_nothing(yaw):
    mesh = sketch(yaw=yaw).face.mesh
    assert (expressed(mesh, Asked()) == mesh).all()
    made = _express.plan(sketch(yaw=yaw), (), Asked())
    assert made.neutral
    assert made.notes == ()
    assert (made.shaped(mesh) == mesh).all()


@pytest.mark.parametrize("name", PARTS)
def test_every_number_does_something_and_not_much(name):
    mesh = sketch().face.mesh
    moved = np.linalg.norm(expressed(mesh, Asked(**{name: 0.8})) - mesh, axis=1)
    width = float(np.ptp(mesh[:, 0]))
    if name == "gaze":  # irises move, and no point of the mesh
        assert moved.max() == 0
        return
    assert 0.003 * width < moved.max() < 0.3 * width


@given(numbers, numbers)
def test_what_is_added_stays_in_its_range(one, other):
    both = Asked(**one).added(Asked(**other)).limited()
    for name in PARTS:
        low = 0 if name in {"mouth", "grief"} else -1
        assert low <= getattr(both, name) <= 1
    assert both.limited() == both


@pytest.mark.parametrize(
    ("name", "mine", "theirs"),
    [
        ("brow_right", RIGHT_BROW, LEFT_BROW),
        ("brow_left", LEFT_BROW, RIGHT_BROW),
        ("eye_right", RIGHT_EYE, LEFT_EYE),
        ("eye_left", LEFT_EYE, RIGHT_EYE),
        ("corner_right", (61,), (291,)),
        ("corner_left", (291,), (61,)),
    ],
)
def test_one_side_moves_alone(name, mine, theirs):
    mesh = sketch().face.mesh
    moved = np.linalg.norm(expressed(mesh, Asked(**{name: -0.9})) - mesh, axis=1)
    assert moved[list(mine)].max() > 5 * moved[list(theirs)].max()


def test_a_tilt_turns_the_eyes_clockwise_about_the_bridge_of_the_nose():
    mesh = sketch().face.mesh
    after = expressed(mesh, Asked(tilt=1.0))
    across = after[263, :2] - after[33, :2]
    assert np.degrees(np.arctan2(across[1], across[0])) == pytest.approx(7, abs=1)
    assert np.linalg.norm(after[168, :2] - mesh[168, :2]) < 0.01 * np.ptp(mesh[:, 0])


def test_a_turn_takes_the_nose_aside_and_leaves_the_outline_about_where_it_was():
    mesh = sketch().face.mesh
    moved = (expressed(mesh, Asked(turn=1.0)) - mesh)[:, 0] / np.ptp(mesh[:, 0])
    assert moved[4] > 0.05
    assert np.abs(moved[list(OVAL)]).mean() < 0.03


def test_lids_close_by_bending_only_as_far_as_there_is_skin():
    mesh = sketch().face.mesh
    assert closable(mesh, 0) == closable(mesh, 1) == 1
    low = mesh.copy()
    low[list(RIGHT_BROW), 1] = low[159, 1] - 1
    assert closable(low, 0) < 0.5 < closable(low, 1)


# --- the two steps ----------------------------------------------------------------------------------------------------


def test_the_two_steps_are_the_whole():
    seen, own = sketch(), (sketch(seed=2), sketch(seed=3, eyes=0.05))
    made = _express.plan(seen, own, PRESETS["laugh"])
    after = made.shaped(seen.face.mesh)
    out = deform(seen.pixels, seen.face.mesh, after)
    made.paint(out, seen.pixels, seen.face.mesh, after)
    assert (out == _express.carried_out(made, seen)).all()


@pytest.mark.parametrize("name", NAMES[1:])
def test_painting_takes_whatever_lies_there(name):
    """A swapped face may lie on the mesh: nothing is read from the target but its own teeth."""
    seen = sketch()
    made = _express.plan(seen, (sketch(seed=2), sketch(seed=3, eyes=0.05)), PRESETS[name])
    out = np.random.default_rng(1).integers(0, 256, seen.pixels.shape).astype(np.uint8)
    before = out.copy()
    made.paint(out, seen.pixels, seen.face.mesh, made.shaped(seen.face.mesh))
    corner = np.s_[:20, :20]
    assert (out[corner] == before[corner]).all()


def test_a_wink_borrows_one_lid():
    made = _express.plan(sketch(), (sketch(), sketch(seed=3, eyes=0.05)), PRESETS["wink"])
    assert made.lids[0] is None
    assert made.lids[1] is not None


# --- bad pictures, and advice -----------------------------------------------------------------------------------------


def notes(target, own=(), source=None, copy=0.0, **asked):
    return _express.plan(target, own, Asked(**asked), source, copy).notes


def test_what_no_picture_shows_is_said():
    seen, own = sketch(), (sketch(seed=2),)
    assert notes(seen, own, mouth=0.8) == ("no-open-mouth",)
    assert notes(seen, own, eyes=-1.0) == ("no-closed-eyes",)
    assert notes(seen_as(seen, mouth=0.01), own, smile=0.8) == ("no-smile",)
    assert notes(seen_as(seen, mouth=0.2), own, smile=0.8) == ()
    assert notes(seen, own, smile=0.1, brows=1.0, gaze=1.0, tilt=0.5) == ()
    assert notes(seen, (*own, sketch(seed=3, eyes=0.05)), eyes=-1.0) == ()


def test_closed_eyes_are_opened_from_a_frame_or_not_at_all():
    shut = seen_as(sketch(), eyes=(0.05, 0.05))
    own = (sketch(seed=2),)
    assert _express.plan(shut, own, Asked(eyes=1.0)).lids == (own[0], own[0])
    assert notes(shut, (), eyes=1.0) == ("no-open-eyes",)
    assert (_express.render(shut, (), eyes=1.0) == shut.pixels).all()
    assert (_express.render(shut, own, eyes=-1.0) == shut.pixels).all()


def test_less_is_asked_of_a_head_that_is_turned_away():
    seen = sketch()
    turned = seen_as(seen, pose=Pose(38.0, 0.0, 0.0))
    assert notes(turned, brows=1.0) == ("face-turned",)
    assert notes(turned) == ()
    full, less = (_express.plan(one, (), Asked(brows=1.0)).asked.brows for one in (seen, turned))
    assert full == 1
    assert 0.4 < less < 0.7


def test_a_copied_picture_must_show_something_from_about_the_same_side():
    seen, rest = sketch(), sketch(seed=2)
    assert notes(seen, (rest,), sketch(seed=4), 1.0) == ("nothing-to-copy",)
    assert notes(seen, (rest,), sketch(seed=4, yaw=35.0), 1.0) == ("copied-from-afar",)
    assert notes(seen, (rest,), seen_as(sketch(seed=4), eyes=(0.05, 0.3)), 1.0) == ()


def test_every_note_has_words_in_every_language():
    for code in _advice._WORDS:
        said = _advice.advice(code)
        assert isinstance(said, Refusal)
        assert said.code == code
        assert ZH[code]


def test_a_preset_and_sliders_add_up():
    assert ExpressOptions(preset="smile", smile=-0.8).asked.smile == pytest.approx(0)
    assert ExpressOptions(preset="laugh", mouth=1.0).asked.mouth == 1
    assert ExpressOptions(gaze=0.5, gaze_up=-0.5, tilt=0.1, turn=0.2).asked == Asked(
        gaze=0.5, gaze_up=-0.5, tilt=0.1, turn=0.2
    )
    assert ExpressOptions().asked == Asked()


@pytest.mark.parametrize("value", ["", "grin", None, 3, ["smile"]])
def test_an_unknown_preset_is_refused(value):
    with pytest.raises(Refusal, match="bad-option"):
        ExpressOptions(preset=value)
