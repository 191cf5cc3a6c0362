"""The template and the score: which frames have a voice in it, and that nothing but true comparisons pass."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from consent import policy
from consent.template import score, template
from consent.types import Action, LiveFrame, Photo
from tests.booth import SEAT
from tests.consent.shown import code_of, face
from tests.people import person


def made(frames, recogniser):
    return template(frames, [recogniser.embed(frame.pixels, frame.face) for frame in frames])


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
