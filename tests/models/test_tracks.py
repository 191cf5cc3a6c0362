"""Tracks: a face goes on from frame to frame, or it is another one."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.faces import Detection
from models.tracks import ALIKE, CUT, GAP, Sample, Tracked, Tracks, likeness, links, look_of
from models.tracks import _thumb as thumb
from tests.promises.stage import draw, finder

BOX = (100.0, 80.0, 60.0, 80.0)
SIDES = st.floats(20, 200)
BOXES = st.lists(st.tuples(st.floats(0, 600), st.floats(0, 400), SIDES, SIDES), max_size=6)


def moved(box, x=0.0, y=0.0, by=1.0):
    return box[0] + x, box[1] + y, box[2] * by, box[3] * by


@given(before=BOXES, after=BOXES)
def test_nobody_goes_on_twice(before, after):
    found = links(before, after)
    assert len(found) == len(after)
    used = [link for link in found if link is not None]
    assert len(used) == len(set(used))


def test_a_face_goes_on_where_it_is_and_nowhere_else():
    assert links([BOX], [moved(BOX, 10, 5)]) == [0]
    assert links([BOX], [moved(BOX, 80)]) == [None]
    assert links([BOX], [moved(BOX, by=2.5)]) == [None]
    assert links([], [BOX]) == [None]
    far = moved(BOX, 300)
    assert links([BOX, far], [far, BOX]) == [1, 0]


def test_two_that_meet_are_told_apart_by_nobody():
    assert links([BOX], [moved(BOX, -10), moved(BOX, 10)]) == [None, None]
    assert links([moved(BOX, -10), moved(BOX, 10)], [BOX]) == [None]


@pytest.fixture(scope="module")
def looks():
    def seen(name, **changes):
        pixels = draw(name, **changes)
        return look_of(pixels, finder().find(pixels)[0].points)

    return seen


def test_a_face_is_like_itself_and_unlike_others(looks):
    assert likeness(looks("ada", seed=1), looks("ada", seed=2, yaw=1)) >= ALIKE
    for other in ("bram", "chima", "dilan", "edda"):
        assert likeness(looks("ada", seed=1), looks(other, seed=1)) < ALIKE - 0.1
    assert np.isnan(likeness(None, looks("ada", seed=1)))


def test_a_look_says_nothing_of_light():
    pixels = draw("ada", seed=1)
    points = finder().find(pixels)[0].points
    dim = (pixels * 0.6).astype(np.uint8)
    assert likeness(look_of(pixels, points), look_of(dim, points)) > 0.999
    assert not look_of(np.zeros_like(pixels), points).any()


@given(cosines=st.lists(st.floats(-1, 1), max_size=5), floor=st.floats(-1, 1))
def test_a_score_is_the_mean_unless_one_lies_below_the_floor(cosines, floor):
    template = np.eye(1, 128, dtype=np.float32)[0]
    one = Tracked(1, 1, BOX, None, tuple(Sample(0.0, np.float32(c) * template, 30.0) for c in cosines))
    kept = [float(np.float32(c)) for c in cosines]
    if kept and min(kept) >= floor:
        assert one.score(template, floor) == pytest.approx(np.mean(kept), abs=1e-6)
    else:
        assert one.score(template, floor) == -1


def test_a_score_with_no_number_in_it_is_none():
    nothing = Tracked(1, 1, BOX, None, (Sample(0.0, np.full(128, np.nan, np.float32), 30.0),))
    assert nothing.score(np.ones(128, np.float32), -1.0) == -1


class Networks:
    """Sees what it is told, and counts how often it is asked."""

    def __init__(self, face):
        self.face, self.boxes, self.asked = face, [face.box], {"measure": 0, "embed": 0, "follow": 0}
        self.sides = []

    def detect(self, image, side):
        self.sides.append(side)
        return tuple(Detection(box, self.face.points, 0.9) for box in self.boxes)

    def measure(self, image, detection):
        self.asked["measure"] += 1
        return self.face

    def follow(self, image, face):
        self.asked["follow"] += 1
        return self.face

    def embed(self, image, face):
        self.asked["embed"] += 1
        return np.ones(128, np.float32)

    def years(self, image, face):
        return 40.0


@pytest.fixture
def seen():
    pixels = draw("ada", seed=1)
    return pixels, Networks(finder().find(pixels)[0])


def tracks(nets, least=10.0, window=1.0, pause=0.2):
    return Tracks(nets, nets, nets, least, window, lambda: pause)


def test_a_face_that_is_asked_for_is_measured_in_every_frame_and_sampled_now_and_then(seen):
    pixels, nets = seen
    followed, mine = tracks(nets), None
    for number in range(11):
        (one,) = followed.look(pixels, number * 0.05, mine)
        mine = one.track
        assert one.face is not None
        assert 1 <= len(one.samples) <= 6
    assert (one.track, one.scene) == (1, 1)
    assert nets.asked == {"measure": 1, "embed": 3, "follow": 10}
    assert [sample.seconds for sample in one.samples] == pytest.approx([0.0, 0.2, 0.4])


def test_where_a_look_is_broken_off_nobody_is_measured_and_every_track_ends(seen):
    pixels, nets = seen
    followed, given = tracks(nets), []
    (first,) = followed.look(pixels, 0.0, None, given.append)
    assert given == [(nets.face.box,)]
    asked = dict(nets.asked)

    def no(boxes):
        raise LookupError

    with pytest.raises(LookupError):
        followed.look(pixels, 0.05, first.track, no)
    assert nets.asked == asked
    (again,) = followed.look(pixels, 0.1, first.track)
    assert again.track != first.track
    assert nets.asked["embed"] == asked["embed"] + 1, "what was found before is carried over to nobody"


def test_old_samples_are_forgotten(seen):
    pixels, nets = seen
    followed = tracks(nets, window=0.3)
    for number in range(20):
        (one,) = followed.look(pixels, number * 0.1, 1)
        assert all(number * 0.1 - sample.seconds <= 0.3 for sample in one.samples)


def test_a_face_that_nobody_asks_for_is_sampled_more_and_more_seldom(seen):
    pixels, nets = seen
    followed = tracks(nets, window=9.0)
    for number in range(60):
        followed.look(pixels, number * 0.05, None)
    assert nets.asked["follow"] == 0
    assert nets.asked["embed"] == nets.asked["measure"] == 6  # at 0, 0.2, 0.6, 1.2, 2.0, 2.8


@given(steps=st.lists(st.floats(1e-9, GAP / 2), min_size=30, max_size=40))
@settings(max_examples=20, deadline=None)
def test_no_film_says_of_its_times_that_a_face_is_sampled_more_seldom(seen, steps):
    """Thousands of frames an instant apart are as many as thousands of others."""
    pixels, nets = seen
    followed, began = tracks(nets, window=99.0), nets.asked["embed"]
    for seconds in np.cumsum(steps):
        (one,) = followed.look(pixels, float(seconds), 1)
    assert nets.asked["embed"] - began >= len(steps) // 6
    assert 4 <= len(one.samples) <= 7


def test_small_faces_are_somebody_and_no_more(seen):
    pixels, nets = seen
    (one,) = tracks(nets, least=nets.face.box[2] + 1).look(pixels, 0.0, None)
    assert one.face is None
    assert one.samples == ()


def test_a_cut_a_hole_in_time_and_a_step_back_begin_another_scene(seen):
    pixels, nets = seen
    followed = tracks(nets)
    bright = np.clip(pixels.astype(int) + round(255 * CUT) + 40, 0, 255).astype(np.uint8)
    at = [(pixels, 0.0), (pixels, 0.1), (bright, 0.2), (bright, 0.3 + GAP), (bright, 0.3 + GAP), (bright, 0.1)]
    found = [followed.look(image, seconds, None)[0] for image, seconds in at]
    assert [one.scene for one in found] == [1, 1, 2, 3, 4, 5]
    assert [one.track for one in found] == [1, 1, 2, 3, 4, 5]
    assert all(len(one.samples) == 1 for one in found[2:])


@pytest.mark.parametrize("size", [(640, 480), (1280, 720), (384, 216), (383, 215), (90, 60)])
def test_frames_are_compared_as_if_every_pixel_had_been_looked_at(size):
    one, other = (draw(name, seed=seed, size=size, background=seed + 2) for seed, name in enumerate(("ada", "bram")))

    def whole(image):
        grey = cv2.cvtColor(cv2.resize(image, (48, 27), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
        return grey.astype(np.float32) / 255

    assert np.abs(whole(one) - whole(other)).mean() > 4 * CUT / 5, "another scene, or nearly"
    for image in (one, other):
        assert np.abs(thumb(image) - whole(image)).mean() < CUT / 20


def test_another_face_in_the_same_place_is_another_track(seen):
    pixels, nets = seen
    followed = tracks(nets)
    numbers = [
        followed.look(image, n / 25, 1)[0].track for n, image in enumerate([pixels, draw("bram", seed=1), pixels])
    ]
    assert numbers == [1, 2, 3]


def test_a_follower_that_holds_on_to_another_place_is_not_believed(seen):
    pixels, nets = seen
    followed = tracks(nets)
    followed.look(pixels, 0.0, None)
    nets.follow = lambda _, face: replace(face, box=moved(face.box, 300))
    (one,) = followed.look(pixels, 0.04, 1)
    assert one.face.box == nets.face.box


def test_the_detector_looks_closely_when_a_sample_is_due_or_somebody_is_small(seen):
    pixels, nets = seen
    followed = tracks(nets)
    for number in range(6):
        followed.look(pixels, number * 0.05, 1)
    assert nets.sides == [640, 320, 320, 320, 640, 320]
    nets.boxes.append((5.0, 5.0, 20.0, 25.0))
    nets.sides.clear()
    followed.look(pixels, 0.3, 1)
    followed.look(pixels, 0.35, 1)
    assert nets.sides[1] == 640
