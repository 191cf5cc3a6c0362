"""What every renderer promises, on drawn faces: neutral is identity, outside is exact, inputs stay, nothing crashes."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engines import _age, _express, _swap
from app.engines._blend import match_light
from app.engines._field import REACH
from app.engines._parts import PARTS, chosen_parts
from app.engines._swap import nearest_view
from tests.app.engines_sketch import Sketch, beyond, sketch

SOURCE = sketch(size=(360, 320), width=150, seed=5, skin=(190, 140, 110))
"""Another picture of the face: smaller, darker."""

RENDERERS: dict[str, Callable[[Sketch], np.ndarray]] = {
    "swap": lambda seen: _swap.render(SOURCE, seen),
    "older": lambda seen: _age.render(seen, 30.0, 1.0, 7, None),
    "younger": lambda seen: _age.render(seen, -20.0, 1.0, 7, None),
    "smile": lambda seen: _express.render(seen, (), smile=1.0, brows=0.6, eyes=0.5),
    "open": lambda seen: _express.render(seen, (), mouth=1.0, eyes=-1.0, smile=-0.5, brows=-1.0),
    "lent": lambda seen: _express.render(seen, (sketch(), sketch(eyes=0.05, seed=3)), eyes=-1.0),
}
PLACES = {
    "plain": {},
    "odd": {"size": (333, 251), "width": 120},
    "border": {"at": (0.03, 0.4)},
    "corner": {"at": (0.98, 0.97)},
    "cut": {"size": (120, 90), "width": 200},
    "tiny": {"size": (40, 37), "width": 22},
    "speck": {"size": (9, 7), "width": 3},
    "line": {"size": (400, 1), "at": (0.5, 0.5)},
    "turned": {"yaw": 38.0, "pitch": -14.0, "roll": 30.0},
    "upside-down": {"roll": 180.0},
}


@pytest.mark.parametrize("name", RENDERERS)
@pytest.mark.parametrize("place", PLACES)
def test_everywhere_the_shape_stays_and_the_outside_is_exact(name, place):
    seen = sketch(**PLACES[place])
    before = seen.pixels.copy(), seen.face.mesh.copy()
    out = RENDERERS[name](seen)
    assert out.shape == seen.pixels.shape
    assert out.dtype == np.uint8
    assert (seen.pixels == before[0]).all()
    assert (seen.face.mesh == before[1]).all()
    assert not np.shares_memory(out, seen.pixels)
    # an opened jaw carries the reach down with it
    outside = beyond(seen, 0.0 if name == "swap" else REACH + (0.12 if name == "open" else 0))
    assert (out[outside] == seen.pixels[outside]).all()


@pytest.mark.parametrize("name", RENDERERS)
def test_each_renderer_does_something(name):
    seen = sketch()
    changed = np.abs(RENDERERS[name](seen).astype(int) - seen.pixels).max(2)
    assert (changed > 3).mean() > 0.003


@pytest.mark.parametrize("name", RENDERERS)
def test_a_face_outside_the_picture_changes_nothing(name):
    seen = sketch(at=(5.0, -4.0))
    assert (RENDERERS[name](seen) == seen.pixels).all()


@pytest.mark.parametrize("name", RENDERERS)
def test_the_same_call_gives_the_same_picture(name):
    seen = sketch(width=90, size=(200, 200))
    assert (RENDERERS[name](seen) == RENDERERS[name](seen)).all()


@pytest.mark.parametrize("name", RENDERERS)
def test_a_grey_picture_stays_grey(name):
    drawn = sketch()
    grey = np.repeat(drawn.pixels.mean(2, keepdims=True).astype(np.uint8), 3, axis=2)
    out = RENDERERS[name](Sketch(grey, drawn.face)).astype(int)
    assert (out.max(2) - out.min(2)).max() <= 3


@pytest.mark.parametrize("value", [0, 255])
@pytest.mark.parametrize("name", RENDERERS)
def test_a_flat_picture_is_survived(name, value):
    flat = np.full((300, 280, 3), value, np.uint8)
    assert RENDERERS[name](Sketch(flat, sketch(size=(280, 300)).face)).shape == flat.shape


def test_neutral_changes_nothing():
    seen = sketch()
    for out in (
        _swap.render(SOURCE, seen, amount=0),
        _age.render(seen, 0.0, 1.0, 7, None),
        _express.render(seen, (SOURCE,)),
    ):
        assert (out == seen.pixels).all()
        assert not np.shares_memory(out, seen.pixels)


def test_the_amount_of_a_swap_grows_evenly():
    seen = sketch()
    whole = _swap.render(SOURCE, seen, 1.0).astype(int) - seen.pixels
    half = _swap.render(SOURCE, seen, 0.5).astype(int) - seen.pixels
    assert np.abs(whole - 2 * half).max() <= 2
    assert np.abs(half).sum() > 0


def test_a_face_on_itself_is_nearly_itself():
    seen = sketch(width=260, size=(500, 500))
    out = _swap.render(seen, seen)
    assert np.abs(out.astype(int) - seen.pixels)[~beyond(seen, 0)].mean() < 1.5


def test_swap_takes_the_light_of_the_target():
    dark = sketch(skin=(90, 60, 50), seed=4)
    out = _swap.render(SOURCE, dark)
    cheek = tuple(np.round(dark.face.mesh[50, :2]).astype(int))[::-1]
    area = np.s_[cheek[0] - 6 : cheek[0] + 7, cheek[1] - 6 : cheek[1] + 7]
    assert np.abs(out[area].mean((0, 1)) - dark.pixels[area].mean((0, 1))).max() < 5


def test_swap_brings_the_mark_of_the_source():
    marked = sketch(size=(360, 320), width=150, seed=5)
    pixels = marked.pixels.copy()
    x, y = np.round(marked.face.mesh[50, :2]).astype(int)
    pixels[y - 1 : y + 2, x - 1 : x + 2] = (70, 40, 30)
    seen = sketch()
    out = _swap.render(Sketch(pixels, marked.face), seen)
    x, y = np.round(seen.face.mesh[50, :2]).astype(int)
    assert out[y, x].mean() < seen.pixels[y, x].mean() - 40


def test_the_targets_own_eyes_stay_where_lids_differ():
    shut = sketch(seed=5, eyes=0.05, skin=(190, 150, 120))
    seen = sketch()
    x, y = np.round(seen.face.mesh[[159, 145], :2].mean(0)).astype(int)
    assert (_swap.render(shut, seen, interior="auto")[y, x] == seen.pixels[y, x]).all()
    assert (_swap.render(shut, seen, interior="target")[y, x] == seen.pixels[y, x]).all()
    assert (_swap.render(shut, seen, interior="source") != seen.pixels).any()


def test_the_unseen_side_of_the_source_is_not_used():
    turned = sketch(yaw=45.0, seed=9)
    pixels = turned.pixels.copy()
    pixels[beyond(turned, 0)] = (255, 0, 255)
    seen = sketch()

    def magenta(picture):
        return np.minimum(picture[..., 0], picture[..., 2]).astype(int) - picture[..., 1]

    assert (magenta(_swap.render(Sketch(pixels, turned.face), seen)) - magenta(seen.pixels)).max() < 40


def test_the_nearest_own_view_is_chosen():
    views = [sketch(yaw=-20.0), sketch(), sketch(yaw=20.0)]
    assert nearest_view(views, sketch(yaw=17.0)) is views[2]
    assert nearest_view(views, sketch(yaw=-14.0)) is views[0]
    assert nearest_view(views, sketch(yaw=2.0)) is views[1]
    blurred = [sketch(width=40), sketch()]
    assert nearest_view(blurred, sketch()) is blurred[1]


@pytest.mark.long
def test_twelve_megapixels_keep_their_sharpness():
    seen = sketch(size=(4000, 3000), width=1300)
    detail = (np.indices((3000, 4000)) // 2).sum(0) % 2 * 8
    fine = Sketch((np.clip(seen.pixels, 0, 247) + detail[..., None]).astype(np.uint8), seen.face)
    cheek = np.round(seen.face.mesh[50, :2]).astype(int)[::-1]
    area = np.s_[cheek[0] - 40 : cheek[0] + 40, cheek[1] - 40 : cheek[1] + 40]
    before = np.abs(np.diff(fine.pixels[area].astype(int), axis=0)).mean()
    far = beyond(fine, REACH)
    for out in (_age.render(fine, -20.0, 1.0, 7, None), _express.render(fine, (), smile=1.0)):
        assert np.abs(np.diff(out[area].astype(int), axis=0)).mean() > 0.7 * before
        assert (out[far] == fine.pixels[far]).all()


@settings(max_examples=15)
@given(st.integers(0, 2**31 - 1), st.floats(0.2, 3), st.floats(-40, 40))
def test_light_transfer_undoes_gain_and_offset(seed, gain, offset):
    rng = np.random.default_rng(seed)
    source = rng.uniform(60, 120, (60, 70, 1)).astype(np.float32) * np.ones(3, np.float32)
    target = source * gain + offset
    weight = np.ones((60, 70), np.float32)
    lit = match_light(source, target.astype(np.float32), weight, 60)
    assert np.isfinite(lit).all()
    assert np.abs(lit.mean((0, 1)) - target.mean((0, 1))).max() < 3


@given(st.sets(st.sampled_from(PARTS)), st.floats(-30, 30), st.floats(-20, 20))
@settings(max_examples=25, deadline=None)
def test_parts_add_up_to_the_face(some, yaw, roll):
    seen = sketch(yaw=yaw, roll=roll)
    mesh, shape = seen.face.mesh, seen.pixels.shape
    one = chosen_parts(mesh, shape, 120.0, sorted(some))
    rest = chosen_parts(mesh, shape, 120.0, sorted(set(PARTS) - some))
    assert np.abs(one + rest - 1).max() < 1e-5


def test_the_mean_of_like_views_is_quieter_than_one():
    seen = sketch()
    rng = np.random.default_rng(8)
    noisy = [
        Sketch(np.clip(seen.pixels + rng.normal(0, 12, seen.pixels.shape), 0, 255).astype(np.uint8), seen.face)
        for _ in range(5)
    ]
    one, mean = (_swap.render(noisy[0], seen, views=views) for views in ((), tuple(noisy)))
    assert len(_swap.same_moment(noisy, noisy[0])) == 5
    off = [np.abs(out.astype(int) - seen.pixels)[out != seen.pixels].mean() for out in (one, mean)]
    assert off[1] < 0.85 * off[0]


def test_another_moment_is_not_taken_into_the_mean():
    views = [sketch(), sketch(yaw=9.0), sketch(eyes=0.05), sketch(yaw=1.0)]
    assert _swap.same_moment(views, views[0]) == [views[0], views[3]]
    assert _swap.same_moment((), views[1]) == [views[1]]


def test_a_small_source_leaves_the_fine_detail_of_a_large_target():
    seen = sketch(size=(900, 900), width=600.0)
    rng = np.random.default_rng(9)
    fine = np.clip(seen.pixels + rng.normal(0, 8, (*seen.pixels.shape[:2], 1)), 0, 255).astype(np.uint8)
    target = Sketch(fine, seen.face)
    out = _swap.render(sketch(width=120.0), target)
    x, y = np.round(seen.face.mesh[50, :2]).astype(int)  # a cheek
    patches = [one[y - 30 : y + 30, x - 30 : x + 30].astype(float).mean(2) for one in (out, fine)]
    texture = [patch - cv2.GaussianBlur(patch, (0, 0), 1.5) for patch in patches]
    assert np.corrcoef(texture[0].ravel(), texture[1].ravel())[0, 1] > 0.9
    eye = np.round(seen.face.mesh[[33, 133], :2].mean(0)).astype(int)
    assert (out[eye[1], eye[0]] == fine[eye[1], eye[0]]).all()


def test_a_part_that_was_not_chosen_stays():
    seen, other = sketch(), sketch(seed=9)
    eye = np.round(seen.face.mesh[[33, 133], :2].mean(0)).astype(int)
    lip = np.round(seen.face.mesh[[13, 14], :2].mean(0)).astype(int)
    out = _swap.render(other, seen, interior="source", parts=("eyes",))
    assert (out[lip[1], lip[0]] == seen.pixels[lip[1], lip[0]]).all()
    around = np.s_[eye[1] - 2 : eye[1] + 3, eye[0] - 8 : eye[0] + 8]
    assert (out[around] != seen.pixels[around]).any()
    assert (_swap.render(other, seen, parts=()) == seen.pixels).all()
