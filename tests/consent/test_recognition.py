"""What is usable and who is meant; and that everybody else in a picture stays as they are."""

import dataclasses
import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent import policy
from consent.errors import Refusal
from consent.quality import adult, grown, usable
from consent.sight import one_face, reach
from consent.types import Photo, Purpose, freeze
from models.faces import Detection, Finder, Pose, disagreement, five_points
from tests.booth import SEAT
from tests.consent.shown import BOX, code_of, face
from tests.people import person

# --- quality ----------------------------------------------------------------------------------------------------------

LOW, HIGH = policy.BRIGHTNESS
TURNED = policy.TURNED


@pytest.mark.parametrize(
    "fit",
    [
        face(),
        face(brightness=LOW),
        face(brightness=HIGH),
        face(sharpness=policy.SHARPNESS),
        face(pose=Pose(TURNED, -TURNED, 80)),
        face(moved=(policy.APART * 160 - 1e-6, 0.0), chin=100.0),
    ],
)
def test_the_very_limit_is_usable(fit):
    usable(fit)


@pytest.mark.parametrize(
    ("unfit", "code"),
    [
        (face(63.99), "face-too-small"),
        (face(math.nan), "face-unclear"),
        (face(brightness=LOW - 1e-9), "face-too-dark"),
        (face(brightness=math.nan), "face-too-dark"),
        (face(brightness=HIGH + 1e-9), "face-too-bright"),
        (face(sharpness=policy.SHARPNESS - 1e-9), "face-blurred"),
        (face(sharpness=math.nan), "face-blurred"),
        (face(pose=Pose(TURNED + 1e-9, 0, 0)), "face-turned-away"),
        (face(pose=Pose(0, -TURNED - 1e-9, 0)), "face-turned-away"),
        (face(pose=Pose(math.nan, 0, 0)), "face-turned-away"),
        (face(pose=Pose(0, math.nan, 0)), "face-turned-away"),
        (face(moved=(policy.APART * 160 + 0.01, 0.0), chin=100.0), "face-unclear"),
        (face(moved=(math.nan, 0.0)), "face-unclear"),
    ],
)
def test_what_is_beyond_a_limit_or_no_number_is_not(unfit, code):
    with pytest.raises(Refusal) as caught:
        usable(unfit)
    assert (caught.value.code, caught.value.boxes) == (code, (BOX,))


def test_what_lies_apart_exactly_as_far_as_it_may_is_usable(monkeypatch):
    apart = face(moved=(30.0, 0.0), chin=100.0)
    monkeypatch.setattr(policy, "APART", disagreement(apart))
    usable(apart)
    monkeypatch.setattr(policy, "APART", math.nextafter(disagreement(apart), 0))
    assert code_of(usable, apart) == "face-unclear"


def test_a_face_that_is_too_small_is_told_its_size_and_the_one_that_is_needed():
    with pytest.raises(Refusal) as caught:
        usable(face(41.2))
    assert "41 pixels" in caught.value.reason
    assert "64 are needed" in caught.value.reason


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("place", [(10, 0), (467, 1), (300, 2)])
def test_one_point_of_a_face_that_is_nowhere_makes_it_unclear(place, value):
    """The mesh says how far an engine may reach, so all of it counts."""
    odd = face()
    odd.mesh[place] = value
    assert code_of(usable, odd) == "face-unclear"


@given(yaw=st.floats(-35, 35), size=st.floats(64, 400))
def test_turning_the_head_does_not_make_a_face_too_small(yaw, size):
    straight = face(size)
    points, mesh = straight.points.copy(), straight.mesh.copy()
    for some in (points, mesh):
        some[:, 0] = 160.0 + (some[:, 0] - 160.0) * math.cos(math.radians(yaw))
    usable(dataclasses.replace(straight, points=points, mesh=mesh, pose=Pose(yaw, 0, 0)))


@pytest.mark.parametrize(
    ("judge", "limit", "code"),
    [
        (adult, policy.ADULT_YEARS, "looks-under-age"),
        (lambda years: grown(years, BOX), policy.GROWN_YEARS, "looks-like-a-child"),
    ],
)
def test_ages_at_and_below_the_limit(judge, limit, code):
    judge(limit)
    for years in (limit - 1e-9, 0.0, -math.inf, math.nan):
        with pytest.raises(Refusal) as caught:
            judge(years)
        assert caught.value.code == code
        assert caught.value.boxes == (() if judge is adult else (BOX,))


def test_what_is_said_to_the_young_is_kind_and_says_what_to_do():
    with pytest.raises(Refusal) as live:
        adult(20)
    assert "rough guess" in live.value.reason
    assert "try once more" in live.value.remedy
    with pytest.raises(Refusal) as photo:
        grown(9, BOX)
    assert "not even your own" in photo.value.reason


# --- who is meant -----------------------------------------------------------------------------------------------------


class Eyes:
    """A finder that sees what it is told: the whole picture first, then the closer look."""

    def __init__(self, first, second=(), measured=None):
        self.looks, self.measured, self.asked = [first, second], measured, []

    def detect(self, pixels, *_):
        self.asked.append(pixels.shape[:2])
        return tuple(Detection(box, np.zeros((5, 2)), 0.9) for box in self.looks.pop(0))

    def measure(self, _, detection):
        return self.measured if self.measured is None else dataclasses.replace(self.measured, box=detection.box)


class Ages:
    def __init__(self, years=40.0):
        self.seen = years

    def years(self, *_):
        return self.seen


PICTURE = np.zeros((400, 500, 3), np.uint8)
OTHER = (300.0, 80.0, 60.0, 80.0)


def look(eyes, choose=None, years=40.0):
    return one_face(eyes, Ages(years), PICTURE, choose)


def test_nobody_is_meant_where_it_is_not_said():
    assert code_of(look, Eyes([])) == "no-face"
    assert code_of(look, Eyes([BOX, OTHER])) == "several-faces"
    for wrong in (-1, 2, True, 0.0, "0"):
        assert code_of(look, Eyes([BOX, OTHER]), wrong) == "no-such-face"
    assert code_of(look, Eyes([BOX, OTHER]), 0) == "face-turned-away"  # it cannot be measured
    assert code_of(look, Eyes([BOX], measured=face(30.0))) == "face-too-small"
    assert code_of(look, Eyes([BOX], measured=face()), None, 12.0) == "looks-like-a-child"


def test_several_faces_are_counted_in_words_and_boxes():
    with pytest.raises(Refusal) as caught:
        look(Eyes([BOX, OTHER]))
    assert "2 faces" in caught.value.reason
    assert caught.value.boxes == (BOX, OTHER)


def test_everybody_else_is_named_also_who_shows_only_in_the_closer_look():
    eyes = Eyes([BOX, OTHER], [(4.0, 3.0, 12.0, 16.0)], face())
    mine, others = look(eyes, 0)
    x0, y0, x1, y1 = reach(mine, PICTURE)
    assert mine.box == BOX
    assert x0 > 0
    assert y0 > 0
    assert others == (OTHER, (4.0 + x0, 3.0 + y0, 12.0, 16.0))
    assert eyes.asked == [(400, 500), (y1 - y0, x1 - x0)]
    shifted = (BOX[0] - x0, BOX[1] - y0, *BOX[2:])
    assert look(Eyes([BOX, OTHER], [shifted], face()), 0)[1] == (OTHER,)  # the same face again


@pytest.mark.parametrize(
    "at", [(100.0, 80.0), (220.0, 240.0), (99.0, 80.0), (100.0, 79.0), (221.0, 240.0), (220.0, 241.0)]
)
def test_a_face_seen_again_has_its_middle_in_the_box(at):
    x0, y0, _, _ = reach(face(), PICTURE)
    again = (at[0] - x0 - BOX[2] / 2, at[1] - y0 - BOX[3] / 2, BOX[2], BOX[3])
    inside = 100 <= at[0] <= 220 and 80 <= at[1] <= 240
    assert len(look(Eyes([BOX], [again], face()))[1]) == (0 if inside else 1)


@given(st.floats(-200, 700), st.floats(-200, 600), st.floats(1, 300))
def test_the_reach_stays_in_the_picture(x, y, size):
    mesh = np.zeros((468, 3))
    mesh[:, 0], mesh[:, 1] = x, y
    mesh[1, :2] = x + size, y + size / 2
    x0, y0, x1, y1 = reach(dataclasses.replace(face(), mesh=mesh), PICTURE)
    assert x0 >= 0
    assert y0 >= 0
    assert x1 <= 500
    assert y1 <= 400
    if x >= 0 and x + size <= 500:
        assert x0 <= max(0, x - 0.9 * size)
        assert x1 >= min(500, x + 1.9 * size)


@pytest.fixture(scope="module")
def couple():
    """Ada on the left, Gita on the right."""
    return freeze(
        np.concatenate([person(n).render(dataclasses.replace(SEAT, seed=6)) for n in ("ada", "gita")], axis=1)
    )


def test_a_mesh_of_the_face_beside_it_is_refused(gate, couple, monkeypatch):
    finder = Finder()
    ada, gita = finder.detect(couple)
    strange = finder.measure(couple, gita)
    mixed = dataclasses.replace(finder.measure(couple, ada), mesh=strange.mesh)
    assert np.linalg.norm(five_points(mixed.mesh) - mixed.points, axis=1).mean() > 2 * policy.APART * max(ada.box[2:])
    gate.match(Photo(couple), 0)
    monkeypatch.setattr(gate._finder, "measure", lambda *_: mixed)
    assert code_of(gate.match, Photo(couple), 0) == "face-unclear"


def test_a_picture_of_a_child_says_so(gate):
    child = person("child_kit").render(dataclasses.replace(SEAT, seed=3))
    assert code_of(gate.match, Photo(child)) == "looks-like-a-child"


# --- others, through the gate -----------------------------------------------------------------------------------------


def painted_over(gate, match):
    """What comes out when an engine paints everything it may."""
    work = gate.redeem(gate.grant(match, match, Purpose.AGE), Purpose.AGE)
    return gate.release(work.draft(np.zeros_like(match.pixels), "none", {})).pixels


def untouched(match, out, box):
    x, y, w, h = (round(v) for v in box)
    part = np.s_[max(0, y) : y + h, max(0, x) : x + w]
    return np.array_equal(out[part], match.pixels[part])


def test_ones_own_reflection_is_another_face_and_stays_as_it_is(gate):
    mine = person("ada").render(dataclasses.replace(SEAT, seed=6))
    photo = Photo(np.concatenate([mine, mine[:, ::-1]], axis=1))
    assert code_of(gate.match, photo) == "several-faces"
    match = gate.match(photo, 0)
    out = painted_over(gate, match)
    assert len(match.others) == 1
    assert untouched(match, out, match.others[0])
    assert not untouched(match, out, match.face.box)


@pytest.mark.parametrize("tall", [90, 44])
def test_a_small_face_on_a_telephone_beside_ones_own_stays_as_it_is(gate, tall):
    mine = cv2.resize(person("ada").render(dataclasses.replace(SEAT, seed=6)), None, fx=3, fy=3)
    (face,) = Finder().find(mine)
    x, y, w, h = (round(v) for v in face.box)
    shown = person("gita").render(dataclasses.replace(SEAT, seed=6, distance=44.0))
    (hers,) = Finder().find(shown)
    phone = cv2.resize(shown, None, fx=tall / hers.box[3], fy=tall / hers.box[3], interpolation=cv2.INTER_AREA)
    at = (y + h // 3, x + w + 10)
    mine[at[0] : at[0] + phone.shape[0], at[1] : at[1] + phone.shape[1]] = phone[:, : mine.shape[1] - at[1]]
    match = gate.match(Photo(mine), 0 if len(Finder().detect(mine)) > 1 else None)
    middle = (at[1] + phone.shape[1] / 2, at[0] + phone.shape[0] / 2)
    (box,) = (b for b in match.others if abs(b[0] + b[2] / 2 - middle[0]) < phone.shape[1] / 2)
    assert untouched(match, painted_over(gate, match), box)
