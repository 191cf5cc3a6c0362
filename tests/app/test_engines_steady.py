"""What the engines in motion stand on, on drawn faces: steady landmarks, a head laid out flat, what is baked on it."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engines._baked import Baked, Covering, correction, lay_on, shade
from app.engines._expressshape import Asked, expressed
from app.engines._field import REACH, deform
from app.engines._geometry import width_of
from app.engines._grey import Hair
from app.engines._greying import Greying, Sample, _codes
from app.engines._laid import Beat, Laid, seen_in
from app.engines._moving import Moving
from app.engines._steady import Steady
from app.engines._wrap import FACE_RINGS, HEAD, PLACES, Atlas, Unwrap, carried_on
from app.engines.age import AgeOptions
from app.engines.express import ExpressOptions
from app.engines.swap import SwapOptions
from models.topology import CHIN, LEFT_EYE, LIPS_INNER, LIPS_OUTER, NOSE_TIP, OVAL, RIGHT_EYE
from tests.app.engines_sketch import Sketch, beyond, sketch
from tests.bench_motion import flicker

pytestmark = pytest.mark.long

FPS = 25
JOBS = {
    "age": (None, AgeOptions(years=24), None),
    "younger": (None, AgeOptions(years=-15), None),
    "swap": (SwapOptions(), None, None),
    "express": (None, None, ExpressOptions(smile=0.7, eyes=-1, mouth=0.4)),
    "all": (SwapOptions(amount=0.7, interior="source"), AgeOptions(years=10), ExpressOptions(preset="wink", gaze=0.4)),
}


def noisy(mesh, seed, amount):
    return mesh + np.random.default_rng(seed).normal(0, amount, mesh.shape)


def test_landmarks_of_a_still_face_jitter_much_less():
    mesh, steady = sketch().face.mesh, Steady()
    found = [noisy(mesh, n, 0.3) for n in range(40)]
    drawn = [steady(one, n / FPS) for n, one in enumerate(found)]
    before, after = (np.diff(np.array(which)[10:], axis=0)[..., :2].std() for which in (found, drawn))
    assert after < 0.3 * before
    assert np.abs(np.mean(drawn[10:], axis=0) - mesh).max() < 0.35


def test_landmarks_of_a_head_that_moves_are_not_left_behind():
    steady = Steady()
    meshes = [sketch(at=(0.4 + 0.008 * n, 0.5), yaw=1.5 * n - 15).face.mesh for n in range(20)]
    drawn = [steady(one, n / FPS) for n, one in enumerate(meshes)]
    apart = [np.abs(a - b)[..., :2].mean() for a, b in zip(drawn, meshes, strict=True)]
    assert max(apart[5:]) < 0.02 * width_of(meshes[0])


def test_lips_are_followed_more_quickly_than_they_would_be_with_the_head():
    mesh = sketch().face.mesh
    opened = expressed(mesh, Asked(mouth=1))
    steady = Steady()
    for number in range(20):
        out = steady(mesh, number / FPS)
    for number in range(20, 26):
        out = steady(opened, number / FPS)
    way = np.linalg.norm(opened[14] - mesh[14])
    assert np.linalg.norm(out[14] - opened[14]) < 0.15 * way


@given(
    st.floats(0.3, 4),
    st.tuples(st.floats(-300, 300), st.floats(-300, 300)),
    st.integers(0, 1000),
)
@settings(max_examples=10)
def test_where_a_face_is_and_how_large_changes_nothing_of_the_smoothing(scale, shift, seed):
    mesh = sketch().face.mesh
    one, other = Steady(), Steady()
    for number in range(4):
        found = noisy(mesh, seed + number, 1.0)
        a, b = one(found, number / FPS), other(found * scale + (*shift, 0), number / FPS)
        assert np.allclose(a * scale + (*shift, 0), b, atol=1e-6 * max(scale, 1) * 400)


@pytest.mark.parametrize("later", [3.0, 0.0, -1.0, 0.04 - 1e-9])
def test_after_a_gap_or_back_in_time_landmarks_are_taken_as_they_are(later):
    mesh, steady = sketch().face.mesh, Steady()
    steady(mesh, 0.0)
    steady(mesh, 0.04)
    elsewhere = mesh + 50
    assert np.allclose(steady(elsewhere, later), elsewhere, atol=1e-6)


def test_every_point_of_a_face_finds_its_place_in_the_atlas():
    mesh = sketch((500, 500), width=220).face.mesh
    laid = Laid(mesh, mesh, (500, 500, 3), FACE_RINGS)
    for point in (NOSE_TIP, CHIN, 50, 280, 151, RIGHT_EYE[0], LEFT_EYE[0]):
        x, y = np.round(mesh[point, :2] - laid.face.corner).astype(int)
        assert np.linalg.norm(laid.places[y, x] - PLACES[point]) < 0.015


def test_what_is_unwrapped_comes_back_where_it_was():
    seen = sketch((500, 500), width=220, yaw=12, pitch=5)
    laid = Laid(seen.face.mesh, seen.face.mesh, seen.pixels.shape, FACE_RINGS)
    atlas = Atlas(300)
    flat = seen_in(Unwrap(atlas, 1), seen.pixels, laid)
    back = atlas.read(flat, laid.places)
    apart = np.abs(back - laid.face.cut(seen.pixels)).mean(2)
    assert np.median(apart[laid.shown > 0.99]) < 6


def test_rings_stay_where_the_outermost_are_and_follow_the_outline_where_they_begin():
    mesh = sketch().face.mesh
    moved = expressed(mesh, Asked(mouth=1))
    still, after = carried_on(mesh)[468:].reshape(4, -1, 3), carried_on(moved, mesh)[468:].reshape(4, -1, 3)
    move = np.linalg.norm(after - still, axis=2).max(1)
    assert move[0] > move[1] > 0
    assert move[2] == move[3] == 0


def test_bending_is_that_of_the_still_picture():
    seen = sketch((420, 420), width=170)
    after = expressed(seen.face.mesh, Asked(smile=1, mouth=0.3))
    bent = Laid(seen.face.mesh, after, seen.pixels.shape, FACE_RINGS).bent(seen.pixels)
    still = deform(seen.pixels, seen.face.mesh, after)
    mask = np.zeros(bent.shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(after[list(OVAL), :2]).astype(np.int32)], 1)
    apart = np.abs(bent.astype(int) - still)[mask > 0]
    assert apart.mean() < 0.35 * np.abs(still.astype(int) - seen.pixels)[mask > 0].mean()
    assert (bent == seen.pixels)[beyond(seen, REACH + 0.1)].all()


def test_a_mesh_that_stays_bends_nothing():
    seen = sketch()
    assert (Laid(seen.face.mesh, seen.face.mesh, seen.pixels.shape, 3).bent(seen.pixels) == seen.pixels).all()


def painted(seen, colour=(120, 60, 60)):
    """A spot on the right cheek."""
    out = seen.pixels.copy()
    cv2.circle(out, tuple(np.round(seen.face.mesh[50, :2]).astype(int)), 9, colour, -1)
    return out


def test_what_is_baked_on_one_frame_lies_on_the_same_skin_of_another():
    seen, later = sketch(width=170), sketch(width=150, at=(0.56, 0.47), yaw=14)
    first, second = (Laid(one.face.mesh, one.face.mesh, one.pixels.shape, 3) for one in (seen, later))
    atlas = Atlas(200)
    baked, box = Baked(atlas), first.face
    baked.add(correction(box.cut(seen.pixels), box.cut(painted(seen))), box, first.points)
    baked.step(1.0)
    out = later.pixels.copy()
    lay_on(out, second, baked.shown, atlas, 1.0)
    darker = cv2.GaussianBlur(later.pixels.astype(np.float32) - out, (0, 0), 3).mean(2)
    found = np.array(np.unravel_index(darker.argmax(), darker.shape))[::-1]
    assert np.linalg.norm(found - later.face.mesh[50, :2]) < 0.04 * 150
    assert (out == later.pixels)[beyond(later, 0.02)].all()


def test_a_new_frame_changes_what_is_shown_step_by_step():
    seen, atlas = sketch(width=170), Atlas(200)
    laid, baked = Laid(seen.face.mesh, seen.face.mesh, seen.pixels.shape, 3), Baked(atlas)
    plain, spot = (correction(laid.face.cut(seen.pixels), laid.face.cut(one)) for one in (seen.pixels, painted(seen)))
    baked.add(plain, laid.face, laid.points)
    baked.add(spot, laid.face, laid.points)
    strongest = []
    for _ in range(30):
        strongest.append(float(np.abs(baked.shown).max()))
        baked.step(0.04)
    assert strongest[0] == 0
    assert max(np.diff(strongest)) < 0.3 * strongest[-1]
    assert strongest[-1] > 0.15


def test_nothing_is_painted_on_a_hand():
    seen = sketch((420, 420), width=190)
    hand = seen.pixels.copy()
    x, y = np.round(seen.face.mesh[205, :2]).astype(int)
    cv2.rectangle(hand, (x - 40, y - 25), (x + 10, y + 40), (30, 60, 160), -1)
    laid, covering = Laid(seen.face.mesh, seen.face.mesh, hand.shape, 3), Covering()
    covering.learn(seen.pixels, laid)
    for _ in range(8):
        covering.follow(hand, laid, 0.04)
    shown = covering.shown(laid)
    left, top = laid.face.corner.astype(int)
    assert shown[y - top + 5, x - left - 15] < 0.2
    other = np.round(seen.face.mesh[425, :2]).astype(int)
    assert shown[other[1] - top, other[0] - left] > 0.8
    for _ in range(60):
        covering.follow(seen.pixels, laid, 0.04)
    assert covering.shown(laid).min() > 0.8


def moving(name, views, frames, times=None):
    player = Moving(*JOBS[name])
    seconds = times or [number / FPS for number in range(len(frames))]
    return [player.frame(one, views[0], views, views, 1, at) for one, at in zip(frames, seconds, strict=True)]


def views(width=150.0):
    return [sketch(width=width, seed=70), sketch(width=width, yaw=12, seed=71), sketch(width=width, eyes=0.05, seed=72)]


@pytest.mark.parametrize("name", JOBS)
def test_a_still_face_by_a_noisy_camera_flickers_no_more_than_the_film(name):
    rng = np.random.default_rng(4)
    still = sketch((320, 320), width=140, seed=3)
    frames = []
    for number in range(32):
        pixels = np.clip(still.pixels + rng.normal(0, 5, still.pixels.shape) + 0.5, 0, 255).astype(np.uint8)
        frames.append(Sketch(pixels, replace(still.face, mesh=noisy(still.face.mesh, number, 0.25))))
    shown = moving(name, views(), frames)
    ratio = flicker([one.pixels for one in frames], shown, still.face.mesh[list(OVAL), :2])
    assert ratio < 1.15
    assert np.abs(shown[-1].astype(int) - frames[-1].pixels).mean() > 0.2


@pytest.mark.parametrize("name", JOBS)
@given(
    width=st.sampled_from([14.0, 60.0, 130.0, 420.0]),
    at=st.tuples(st.floats(-0.2, 1.2), st.floats(-0.2, 1.2)),
    pose=st.tuples(st.floats(-50, 50), st.floats(-30, 30), st.floats(-60, 60)),
)
@settings(max_examples=4)
def test_any_face_anywhere_gives_a_picture_and_leaves_the_film_alone(name, width, at, pose):
    yaw, pitch, roll = pose
    frames = [
        sketch((200, 150), width=width, at=(at[0] + 0.01 * n, at[1]), seed=n, yaw=yaw, pitch=pitch, roll=roll)
        for n in range(3)
    ]
    before = [one.pixels.copy() for one in frames]
    shown = moving(name, views(), frames, [0.0, 0.2, 0.45])
    for one, kept, made in zip(frames, before, shown, strict=True):
        assert made.shape == one.pixels.shape
        assert made.dtype == np.uint8
        assert (one.pixels == kept).all()
    assert (shown[0] == before[0]).all()


@pytest.mark.parametrize("name", ["swap", "express", "younger"])
def test_far_from_the_head_nothing_changes(name):
    frames = [sketch((420, 320), width=110, at=(0.4, 0.5), seed=n) for n in range(6)]
    for one, made in zip(frames, moving(name, views(), frames, [0.1 * n for n in range(6)]), strict=True):
        assert (made == one.pixels)[beyond(one, 0.62)].all()


def test_between_the_lips_a_swap_keeps_what_is_said():
    """A mouth that opens in the film stays the film's own, whatever the texture shows."""
    closed = sketch(width=160)
    mesh = expressed(closed.face.mesh, Asked(mouth=0.8))
    pixels = closed.pixels.copy()
    cv2.fillPoly(pixels, [np.round(mesh[list(LIPS_OUTER), :2]).astype(np.int32)], (170, 80, 80))
    cv2.fillPoly(pixels, [np.round(mesh[list(LIPS_INNER), :2]).astype(np.int32)], (20, 180, 40))
    seen = Sketch(pixels, replace(closed.face, mesh=mesh, mouth=0.5))
    shown = moving("swap", views(), [seen] * 5, [0.0, 0.12, 0.24, 0.36, 0.48])[-1]
    x, y = np.round(mesh[list(LIPS_INNER), :2].mean(0)).astype(int)
    assert np.abs(shown[y - 3 : y + 3, x - 8 : x + 8].astype(int) - pixels[y - 3 : y + 3, x - 8 : x + 8]).max() < 6


@pytest.mark.parametrize("dark", [1.0, 0.25])
def test_folds_take_and_give_a_share_of_the_light_that_is_there(dark):
    seen = sketch(width=170)
    pixels = (seen.pixels * dark).astype(np.uint8)
    laid, atlas = Laid(seen.face.mesh, seen.face.mesh, pixels.shape, 3), Atlas(200)
    for amount in (-0.2, 0.2):
        out = pixels.copy()
        shade(out, laid, np.full(atlas.size[::-1], amount, np.float32), atlas, 0.5)
        x, y = np.round(seen.face.mesh[50, :2]).astype(int)
        patch = np.s_[y - 4 : y + 4, x - 4 : x + 4]
        assert abs(out[patch].mean() / pixels[patch].mean() - (1 + 0.5 * amount)) < 0.02
        assert (out == pixels)[beyond(seen, 0.02)].all()


@pytest.mark.parametrize(("interior", "stays"), [("auto", True), ("target", True), ("source", False)])
def test_eyes_that_glance_are_the_films_own(interior, stays):
    seen = sketch(width=160, seed=9)
    pixels, eye = seen.pixels.copy(), np.round(seen.face.mesh[list(RIGHT_EYE), :2].mean(0)).astype(int)
    cv2.circle(pixels, tuple(eye), 3, (20, 40, 200), -1)
    player = Moving(SwapOptions(interior=interior), None, None)
    for seconds in (0.0, 0.12, 0.24, 0.36, 0.48):
        shown = player.frame(Sketch(pixels, seen.face), views()[0], views(), views(), 1, seconds)
    apart = np.abs(shown[eye[1], eye[0]].astype(int) - pixels[eye[1], eye[0]]).max()
    assert (apart < 6) == stays


@pytest.mark.parametrize("vivid", [0.0, 1.0])
def test_dark_hair_turns_grey_and_a_film_without_colours_stays_without(vivid):
    seen = sketch((300, 300), width=110)
    pixels = np.full_like(seen.pixels, 200)
    pixels[:110] = (60, 60, 60) if vivid == 0 else (90, 55, 30)
    greying, atlas = Greying(1.0, 7), Atlas(96, HEAD)
    dark, light = (np.bincount(_codes(pixels[rows]).ravel(), minlength=1 << 15) for rows in (np.s_[:100], np.s_[130:]))
    whole = np.ones(atlas.size[::-1], np.float32)
    like = Hair(mean=25.0, spread=6.0, rough=3.0, needed=1.0, lift=24.0)
    greying.add(Sample(0.5 * whole, whole, dark.astype(np.float32), light.astype(np.float32), like, vivid))
    out, laid = pixels.copy(), Laid(seen.face.mesh, seen.face.mesh, pixels.shape, 4)
    greying.paint(out, laid, Beat(1.0, 1.0))
    crown = out[40:80, 120:180].astype(int)
    assert crown.mean() > pixels[40:80, 120:180].mean() + 20
    assert np.ptp(crown, axis=2).max() <= (0 if vivid == 0 else 28)
    assert np.ptp(pixels[60, 150].astype(int)) - np.ptp(crown.mean((0, 1))) >= (0 if vivid == 0 else 35)
    assert np.abs(out[150:].astype(int) - pixels[150:]).max() <= 3
