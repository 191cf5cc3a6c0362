"""Recognition: what is usable, who is meant, the template and the score; and that nothing but true comparisons pass."""

import dataclasses
import math

import cv2
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from consent import policy
from consent.errors import Refusal
from consent.quality import adult, grown, usable
from consent.sight import one_face, reach
from consent.template import score, template
from consent.types import Action, LiveFrame, Photo, Purpose, freeze
from models.faces import Detection, Face, Finder, Pose, disagreement, five_points
from models.topology import CHIN
from tests.booth import SEAT
from tests.people import person

BOX = (100.0, 80.0, 120.0, 160.0)
EYES = np.array([[140.0, 140.0], [180.0, 140.0]])


def made(frames, recogniser):
    return template(frames, [recogniser.embed(frame.pixels, frame.face) for frame in frames])


def face(chin=64.0, moved=(0.0, 0.0), **changes):
    """A face whose mesh and points agree, `chin` pixels from eyes to chin."""
    mesh = np.tile([160.0, 165.0, 0.0], (468, 1))
    points = np.array([*EYES, [160.0, 165.0], [145.0, 185.0], [175.0, 185.0]])
    for places, at in zip(((33, 133), (362, 263), (4,), (61,), (291,)), points, strict=True):
        for place in places:
            mesh[place, :2] = at
    mesh[CHIN, :2] = (160.0, 140.0 + chin)
    mesh[:, :2] += moved
    made = Face(BOX, points, mesh, Pose(0, 0, 0), (0.3, 0.3), 0.0, 0.9, 9.0, 0.5, 40.0)
    return dataclasses.replace(made, **changes)


def code_of(call, *args):
    with pytest.raises(Refusal) as caught:
        call(*args)
    return caught.value.code


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


# --- template and score -----------------------------------------------------------------------------------------------


class Told:
    """A recogniser that reads the vector from the frame's first pixels: which row of a table."""

    def __init__(self):
        self.rows = []

    def frame(self, vector, action=Action.CENTRE, sharpness=9.0):
        pixels = np.full((2, 2, 3), len(self.rows), np.uint8)
        self.rows.append(np.asarray(vector, np.float32))
        return LiveFrame(pixels, face(sharpness=sharpness), action)

    def embed(self, pixels, _):
        return self.rows[int(pixels[0, 0, 0])]


def towards(cosine, axis=1):
    """A unit vector with that cosine to the first axis."""
    vector = np.zeros(128, np.float32)
    vector[0], vector[axis] = cosine, math.sqrt(1 - cosine**2)
    return vector


REST = towards(1.0)


def test_at_rest_alone_it_is_the_middle():
    told = Told()
    frames = [told.frame(towards(0.9, axis)) for axis in range(1, 6)]
    found = made(frames, told)
    assert found.dtype == np.float32
    assert np.linalg.norm(found) == pytest.approx(1, abs=1e-6)
    mean = np.mean(told.rows, axis=0)
    assert found == pytest.approx(mean / np.linalg.norm(mean), abs=1e-6)


@given(st.integers(1, 9), st.integers(5, 9), st.floats(0.56, 1.0), st.randoms())
def test_every_action_has_one_voice_however_many_frames_it_left(turns, rests, cosine, order):
    told = Told()
    frames = [told.frame(REST) for _ in range(rests)]
    frames += [told.frame(towards(cosine), Action.TURN_LEFT) for _ in range(turns)]
    frames += [told.frame(towards(0.7, 2), Action.NOD)]
    order.shuffle(frames)
    found = made(frames, told)
    mean = (REST + towards(cosine) + towards(0.7, 2)) / 3
    assert found == pytest.approx(mean / np.linalg.norm(mean), abs=1e-5)


@pytest.mark.parametrize(
    ("vector", "sharpness", "joins"),
    [
        (towards(policy.TEMPLATE_COSINE + 1e-4), 9.0, True),
        (towards(policy.TEMPLATE_COSINE - 1e-4), 9.0, False),
        (-REST, 9.0, False),
        (np.full(128, np.nan), 9.0, False),
        (towards(0.8), policy.SHARPNESS, True),
        (towards(0.8), policy.SHARPNESS - 1e-6, False),
        (towards(0.8), math.nan, False),
    ],
)
def test_a_frame_of_an_action_joins_when_it_is_clear_and_agrees_with_the_rest(vector, sharpness, joins):
    told = Told()
    frames = [*(told.frame(REST) for _ in range(5)), told.frame(vector, Action.OPEN_MOUTH, sharpness)]
    assert bool(made(frames, told) @ REST < 0.999) == joins


def test_who_agrees_with_what_joined_joins_too_and_not_alone():
    told = Told()
    rest = [told.frame(REST) for _ in range(5)]
    near, far = told.frame(towards(0.6), Action.TURN_LEFT), told.frame(towards(0.5), Action.NOD)
    assert made([*rest, far], told) == pytest.approx(REST, abs=1e-6)
    mean = REST + towards(0.6) + towards(0.5)
    assert made([*rest, far, near], told) == pytest.approx(mean / np.linalg.norm(mean), abs=1e-6)


def test_who_is_strange_among_those_at_rest_has_no_voice():
    told = Told()
    frames = [*(told.frame(REST) for _ in range(6)), told.frame(towards(0.1))]
    assert made(frames, told) == pytest.approx(REST, abs=1e-6)


def at(degrees):
    """A unit vector in one plane, so many degrees from the rest."""
    return towards(math.cos(math.radians(degrees)))


def direction(found):
    """Degrees from the rest."""
    return math.degrees(math.acos(min(1.0, found[0])))


def test_a_chain_of_frames_each_like_the_one_before_does_not_lead_away():
    """The third is like the first two together, the fourth only like all three: it has no voice."""
    told = Told()
    rest = [told.frame(at(0)) for _ in range(5)]
    actions = (Action.TURN_LEFT, Action.TURN_RIGHT, Action.NOD)
    chain = [told.frame(at(angle), action) for angle, action in zip((50, 75, 95), actions, strict=True)]
    mean = at(0) + at(50) + at(75)
    assert made([*rest, *chain], told) == pytest.approx(mean / np.linalg.norm(mean), abs=1e-5)


def test_those_at_rest_are_looked_at_twice_and_then_stay():
    told = Told()
    frames = [told.frame(at(angle)) for angle in (0, 0, 20, 20, 50, 90, 100, 120)]
    kept = np.mean([at(angle) for angle in (0, 0, 20, 20, 50, 90)], axis=0)
    assert direction(made(frames, told)) == pytest.approx(direction(kept / np.linalg.norm(kept)), abs=1e-3)


def test_a_frame_that_agrees_exactly_as_much_as_it_must_joins(monkeypatch):
    told = Told()
    frames = [*(told.frame(REST) for _ in range(5)), told.frame(towards(0.6), Action.NOD)]
    exact = score(REST, towards(0.6))
    monkeypatch.setattr(policy, "TEMPLATE_COSINE", exact)
    assert made(frames, told) @ REST < 0.999
    monkeypatch.setattr(policy, "TEMPLATE_COSINE", math.nextafter(exact, 2))
    assert made(frames, told) @ REST == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    "vectors",
    [
        [],
        [REST] * 4,
        [REST] * 4 + [towards(0.1)],
        [towards(0.2, axis) for axis in range(1, 9)],
        [REST] * 5 + [np.full(128, np.nan)],
    ],
)
def test_too_few_that_agree_make_nothing(vectors):
    told = Told()
    frames = [told.frame(v) for v in vectors]
    assert code_of(made, frames, told) == "too-few-frames"
    blurred = Told()
    frames = [blurred.frame(REST, sharpness=1.0) for _ in range(9)]
    assert code_of(made, frames, blurred) == "too-few-frames"


def test_actions_alone_make_nothing():
    told = Told()
    frames = [told.frame(REST, Action.NOD) for _ in range(9)]
    assert code_of(made, frames, told) == "too-few-frames"


@given(st.lists(st.floats(-1, 1), min_size=128, max_size=128), st.lists(st.floats(-1, 1), min_size=128, max_size=128))
def test_the_score_is_the_cosine(a, b):
    a, b = (np.array(v, np.float32) for v in (a, b))
    assume(np.linalg.norm(a) > 0.1)
    assume(np.linalg.norm(b) > 0.1)
    a, b = a / np.linalg.norm(a), b / np.linalg.norm(b)
    assert score(a, b) == pytest.approx(score(b, a), abs=1e-6)
    assert -1 - 1e-6 <= score(a, b) <= 1 + 1e-6
    assert score(a, a) == pytest.approx(1, abs=1e-6)
    assert math.isnan(score(a, np.full(128, np.nan, np.float32)))


def test_the_limit_itself_matches_and_less_does_not(gate, monkeypatch):
    mine = Photo(person("ada").render(dataclasses.replace(SEAT, seed=1)))
    across = np.zeros(128)
    across[int(np.argmin(abs(gate._template)))] = 1.0
    across -= (across @ gate._template) * gate._template
    across /= np.linalg.norm(across)
    for cosine, matches in ((policy.MATCH_COSINE + 1e-5, True), (policy.MATCH_COSINE - 1e-5, False)):
        vector = (cosine * gate._template + math.sqrt(1 - cosine**2) * across).astype(np.float32)
        monkeypatch.setattr(gate._recogniser, "embed", lambda *_, vector=vector: vector)
        if matches:
            assert gate.match(mine).score == pytest.approx(cosine, abs=1e-6)
        else:
            assert code_of(gate.match, mine) == "not-you"


def test_the_template_of_a_check_holds_more_than_its_rests(gate):
    resting = [m for m in gate.live() if m.action is Action.CENTRE]
    asked = {m.action for m in gate.live()} - {Action.CENTRE}
    frames = [LiveFrame(m.pixels, m.face, m.action) for m in gate.live()]
    whole, at_rest = (made(some, gate._recogniser) for some in (frames, frames[: len(resting)]))
    assert len(asked) >= 3
    turned = Photo(person("ada").render(dataclasses.replace(SEAT, seed=5, yaw=33)))
    seen = gate._finder.find(turned.pixels)[0]
    vector = gate._recogniser.embed(turned.pixels, seen)
    assert score(whole, vector) > score(at_rest, vector)


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
