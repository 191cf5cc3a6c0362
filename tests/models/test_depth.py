"""Depth on pixels: pooled right whatever the movements, found in a rendered head, never in prints, folds or noise."""

import dataclasses
import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent import policy
from consent.liveness.finding import Finding
from consent.liveness.finding import of_depth as find
from consent.liveness.recording import Sight
from models import topology
from models.faces import Finder
from models.presentation import depth, warp
from models.presentation.depth import NOTHING, Relief, Run, Steps, Tracker, follow, measure, pool
from tests.booth import SEAT
from tests.people import flat, person

# --- pooling, on made-up movements -----------------------------------------------------------------------------------


def movement(true, peak=24.0, *, upright=False, frames=14, likeness=0.8, scatter=0.0, seed=0):
    """There and back again, with relief of `true` depth about one axis."""
    angle = np.sin(np.radians(peak * np.sin(np.linspace(0.05, np.pi - 0.05, frames))))
    table = np.zeros((frames, 8))
    axis = 1 if upright else 0
    table[:, axis] = angle
    table[:, 2 + axis] = true * angle + np.random.default_rng(seed).normal(0, scatter, frames)
    table[:, 4:6] = 0.004
    table[:, 6] = likeness
    table[:, 7] = np.sqrt(1 - (angle / 0.85) ** 2) if not upright else 1
    return Steps(table)


@given(true=st.floats(-0.5, 2), peak=st.floats(8, 40), side=st.sampled_from([-1, 1]), upright=st.booleans())
def test_depth_is_relief_over_angle_on_either_axis(true, peak, side, upright):
    found = pool([movement(true, side * peak, upright=upright)])
    assert found.depth == pytest.approx(true, abs=1e-6)
    assert found.upright == pytest.approx(true, abs=1e-6) if upright else math.isnan(found.upright)
    assert math.isnan(found.across) if upright else found.across == pytest.approx(true, abs=1e-6)


@given(st.lists(st.floats(0.6, 1.5), min_size=2, max_size=4), st.randoms())
def test_pooling_lies_between_and_does_not_mind_the_order(depths, random):
    movements = [movement(d, (-1) ** i * 24) for i, d in enumerate(depths)]
    found = pool(movements)
    assert min(depths) - 1e-9 <= found.depth <= max(depths) + 1e-9
    assert find(found) is Finding.HEAD
    random.shuffle(movements)
    assert pool(movements).depth == pytest.approx(found.depth)


def test_movements_that_agree_make_it_surer_and_others_less_sure():
    one, two, apart = pool([movement(0.9)]), pool([movement(0.9)] * 2), pool([movement(0.1), movement(1.7)])
    assert two.error < one.error < apart.error


def test_a_lost_stretch_does_not_move_a_movement():
    table = movement(0.9).table.copy()
    table[6:10, 2] = -0.6  # the search went astray at the far end, and knows it a little
    table[6:10, 6] = 0.45
    assert pool([Steps(table)]).depth == pytest.approx(0.9, abs=0.1)


@given(seed=st.integers(0, 10_000), scatter=st.floats(0.02, 0.5), movements=st.integers(1, 4))
def test_noise_is_not_a_head(seed, scatter, movements):
    found = pool([movement(0.0, scatter=scatter, seed=seed + i) for i in range(movements)])
    assert find(found) is not Finding.HEAD


@given(pace=st.floats(0.005, 0.05), side=st.sampled_from([-1, 1]))
def test_tracks_that_drift_and_do_not_come_back_are_not_a_head(pace, side):
    drifting = [movement(0.0, side * 24, frames=20), movement(0.0, -side * 24, frames=20)]
    for steps in drifting:
        steps.table[:, 2] = pace * np.arange(20)
    assert find(pool(drifting)) is not Finding.HEAD


@pytest.mark.parametrize("further", [1.0, 1.2, 1.3, 1.35])
def test_a_warped_photograph_is_no_head_when_its_landmarks_turn_further(further):
    """As measured of warps, a relief of 0.27 of what the narrowing says: the landmarks' angle hides either alone."""
    narrowed = np.sin(np.radians(36))
    peak = further * 16.0
    shallow = 0.27 * narrowed / np.sin(np.radians(peak))
    turns = [movement(shallow, side * peak, scatter=0.005, seed=side + 1) for side in (-1, 1)]
    for turn in turns:
        share = turn.table[:, 0] / np.sin(np.radians(peak))
        turn.table[:, 7] = np.sqrt(1 - (share * narrowed) ** 2)
    found = pool(turns)
    assert found.across * found.narrowing == pytest.approx(0.27, abs=0.02)
    assert find(found) is not Finding.HEAD


def test_a_quick_turn_whose_last_frame_is_lost_is_still_a_head():
    """As a camera of 12 frames a second sees it: 1, 11, 19 and 23 degrees, and then the search is lost."""
    quick = [movement(0.9, side * 24.0, frames=12) for side in (-1, 1)]
    for turn in quick:
        turn.table[:] = turn.table[0]
        turn.table[:4] = movement(0.9, float(np.sign(turn.table[0, 0])) * 24.0, frames=8).table[:4]
        turn.table[4:] = np.nan
    found = pool(quick)
    assert found.turns == 2
    assert find(found) is Finding.HEAD


def test_too_little_says_nothing():
    assert pool([]) is NOTHING
    assert pool([movement(1.0, 5.0)]) is NOTHING, "hardly turned"
    assert pool([movement(1.0, frames=2)]) is NOTHING, "two frames"
    assert pool([movement(1.0, likeness=0.2)]) is NOTHING, "pictures that have nothing in common"
    assert find(NOTHING) is Finding.UNCLEAR


@given(st.integers(0, 7), st.data())
def test_what_is_not_a_number_does_not_count(column, data):
    table = movement(0.9).table.copy()
    rows = data.draw(st.lists(st.integers(0, 13), min_size=1, max_size=14, unique=True))
    table[rows, column] = np.nan
    found = pool([Steps(table)])
    assert found is NOTHING or found.depth == pytest.approx(0.9)


GOOD = Relief(0.9, 0.1, 0.9, 0.9, 0.8, 0.01, 0.98, 0.8, 40, 2, 0.8)


def test_each_limit_bites():
    assert find(GOOD) is Finding.HEAD
    for change, finding in (
        ({"depth": 0.1}, Finding.FLAT),
        ({"depth": 0.24, "error": 0.05}, Finding.UNCLEAR),
        ({"error": 0.8}, Finding.UNCLEAR),
        ({"depth": 0.1, "likeness": 0.45}, Finding.UNCLEAR),
        ({"narrowing": 0.5}, Finding.FLAT),
        ({"narrowing": 0.5, "likeness": 0.45}, Finding.UNCLEAR),
        ({"across": 0.1}, Finding.UNCLEAR),
        ({"narrowing": 0.62, "across": 0.55}, Finding.UNCLEAR),
        ({"narrowing": 1.4, "across": -0.4}, Finding.UNCLEAR),
        ({"across": math.nan}, Finding.UNCLEAR),
        ({"trend": 0.3}, Finding.UNCLEAR),
        ({"turns": 1}, Finding.UNCLEAR),
        ({"least": 0.1}, Finding.FLAT),
        ({"least": math.nan}, Finding.UNCLEAR),
        ({"likeness": 0.2}, Finding.UNCLEAR),
        ({"frames": 3}, Finding.UNCLEAR),
        *(({name: math.nan}, Finding.UNCLEAR) for name in ("depth", "error", "trend", "likeness", "narrowing")),
    ):
        assert find(dataclasses.replace(GOOD, **change)) is finding, change


# --- the relief of the canonical head --------------------------------------------------------------------------------


def test_the_nose_is_the_relief():
    head = topology.CANONICAL / np.linalg.norm(topology.CANONICAL[33, :2] - topology.CANONICAL[263, :2])
    relief = warp.relief_of(head[:, :2], -head[:, 2])
    assert 0.15 < relief[topology.NOSE_TIP] < 0.5
    bent = 0.4 * head[:, 0] ** 2 - 0.3 * head[:, 0] * head[:, 1] + head[:, 1]
    assert np.abs(warp.relief_of(head[:, :2], bent)).max() < 1e-9


# --- pixels ----------------------------------------------------------------------------------------------------------

PATH = (0, 5, 11, 17, 22, 26, 26, 18, 8)


def sights(draw, path=PATH):
    """What a recorder keeps of a movement: `draw(angle, number)` gives the pictures."""
    finder, face, out = Finder(), None, []
    for i, angle in enumerate(path):
        pixels = draw(angle, i)
        face = finder.follow(pixels, face) if face else finder.find(pixels)[0]
        out.append(Sight(i / 8, 0, face, duplicate=False, grey=cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)))
    return out


def run_of(seen):
    return Run(seen[0], tuple(seen[1:]))


@pytest.fixture(scope="module")
def photo():
    return person("edda").render(dataclasses.replace(SEAT, seed=99))


@pytest.fixture(scope="module")
def turn():
    return sights(lambda yaw, i: person("edda").render(dataclasses.replace(SEAT, yaw=yaw, seed=i)))


@pytest.mark.parametrize("name", ["edda", "chima"])
def test_smooth_and_dark_heads_are_deep(name, turn):
    def draw(yaw, i):
        return person(name).render(dataclasses.replace(SEAT, yaw=-yaw, seed=i))

    run = run_of(turn if name == "edda" else sights(draw))
    assert find(measure([run, run])) is Finding.HEAD
    found = measure([run])
    assert find(found) is Finding.UNCLEAR, "one turn is not enough"
    assert found.noise < 0.1


def test_a_nod_is_deep_but_not_enough():
    path = (0, -4, -9, -13, -15, -15, -10, -5)
    nod = sights(lambda pitch, i: person("edda").render(dataclasses.replace(SEAT, pitch=pitch, seed=i)), path)
    found = measure([run_of(nod)])
    assert found.upright >= policy.DEPTH_HEAD
    assert find(found) is Finding.UNCLEAR
    assert found.upright == found.depth
    assert math.isnan(found.across)


@pytest.mark.parametrize("bend", [0.0, 60.0])
def test_a_print_is_flat_though_the_landmarks_turn(bend, photo):
    def draw(yaw, i):
        return flat(photo, yaw * 1.7, 0, 0, bend, size=SEAT.size, height=34, distance=50, seed=i)

    seen = sights(draw)
    turned = max(s.face.pose.yaw for s in seen) - seen[0].face.pose.yaw
    assert turned > depth.SWING, "the landmark network must be fooled, or this test shows nothing"
    found = measure([run_of(seen)])
    assert abs(found.depth) < policy.DEPTH_HEAD / 2
    assert find(found) is Finding.FLAT


@pytest.mark.parametrize("down", [True, False])
def test_a_print_folded_at_the_nose_is_not_a_head(down, photo):
    tip = Finder().find(photo)[0].mesh[topology.NOSE_TIP]
    x, y = np.meshgrid(*(np.arange(n, dtype=np.float32) for n in photo.shape[1::-1]))
    ridge = -np.abs(x - tip[0] if down else y - tip[1])  # creased by 90 degrees, the crease towards the camera

    def draw(yaw, i):
        s, c = np.sin(np.radians(yaw)), np.cos(np.radians(yaw))
        u, away = x, x - tip[0]
        for _ in range(8):  # where each pixel came from, by fixed point
            was = cv2.remap(ridge, u.astype(np.float32), y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            u = tip[0] + (away - s * was * 0.8) / c
        moved = cv2.remap(photo, u.astype(np.float32), y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        noise = np.random.default_rng(i).normal(0, 1, moved.shape)
        return np.clip(moved + noise, 0, 255).astype(np.uint8)

    assert find(measure([run_of(sights(draw))])) is not Finding.HEAD


def test_landmarks_without_pixels_give_no_depth(turn):
    rng = np.random.default_rng(5)
    still = turn[0].grey.astype(float)
    frozen = [
        dataclasses.replace(s, grey=np.clip(still + rng.normal(0, 1.5, still.shape), 0, 255).astype(np.uint8))
        for s in turn
    ]
    assert find(measure([run_of(frozen)])) is not Finding.HEAD


@pytest.mark.parametrize("contrast", [0, 1])
def test_grey_and_snow_are_unclear(contrast, turn):
    rng = np.random.default_rng(6)
    blank = [
        dataclasses.replace(s, grey=(128 + contrast * rng.normal(0, 30, s.grey.shape)).clip(0, 255).astype(np.uint8))
        for s in turn
    ]
    found = measure([run_of(blank)])
    assert find(found) is Finding.UNCLEAR


def test_as_it_goes_is_as_at_the_end_and_gaps_are_passed_over(turn):
    tracker = Tracker(turn[0].grey, turn[0].face)
    for sight in turn[1:]:
        tracker.see(sight.grey, sight.face)
    assert np.array_equal(tracker.steps.table, follow(run_of(turn)).table)
    gaps = [
        turn[0],
        turn[1],
        dataclasses.replace(turn[2], face=None),
        turn[3],
        dataclasses.replace(turn[4], grey=None),
        dataclasses.replace(turn[5], grey=turn[5].grey[:100]),
        *turn[6:],
    ]
    assert measure([run_of(gaps)]).depth == pytest.approx(measure([run_of(turn)]).depth, abs=0.25)


def test_without_a_rest_there_is_nothing(turn):
    for start in (dataclasses.replace(turn[0], face=None), dataclasses.replace(turn[0], grey=None)):
        assert measure([Run(start, tuple(turn[1:]))]) is NOTHING


def test_a_mesh_gone_mad_is_lost_not_a_crash(turn):
    for mesh in (np.zeros((468, 3)), np.full((468, 3), 1e6), np.full((468, 3), np.nan)):
        mad = dataclasses.replace(turn[3].face, mesh=mesh)
        sights_ = (turn[1], dataclasses.replace(turn[2], face=mad), *turn[3:])
        assert find(measure([Run(turn[0], sights_)])) is not Finding.FLAT
        assert find(measure([Run(dataclasses.replace(turn[0], face=mad), tuple(turn[1:]))])) is not Finding.HEAD
