"""The arithmetic of parallax, on exact points: nothing for planes and cylinders, depth for a head."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent import policy
from consent.liveness import parallax
from consent.liveness.parallax import NOTHING, Parallax
from consent.liveness.recording import Sight
from models import topology
from models.faces import Finder
from tests.booth import SEAT
from tests.people import person

HEAD = topology.CANONICAL
AXIS = np.array([1.0, 0.0])
SCALE = float(np.linalg.norm(HEAD[33, :2] - HEAD[263, :2]))


def turned(points, yaw, pitch=0.0, distance=50.0):
    """Perspective picture (N, 2), centimetres on a sheet at the head's distance."""
    y, p = np.radians([-yaw, pitch])
    ry = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    rx = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    world = points @ (rx @ ry).T
    return world[:, :2] * distance / (distance + world[:, 2:])


START = turned(HEAD, 0.0)
ORDER = [*parallax._NOSE_POINTS, *(i for i in range(468) if i not in parallax._NOSE_POINTS)]
POINTS = parallax._points(START[ORDER], START, SCALE)
ALL = np.ones(468, bool)
FITS = (parallax._joint, parallax._local)


@pytest.mark.parametrize("fit", FITS)
@given(yaw=st.floats(-50, 50), pitch=st.floats(-20, 20))
def test_a_plane_has_no_parallax(fit, yaw, pitch):
    sheet = np.column_stack([START, np.zeros(468)])
    beta, _, tracks = fit(POINTS, turned(sheet, yaw, pitch)[ORDER], AXIS, ALL, SCALE)
    assert abs(beta) < 0.05
    assert tracks > 50


@pytest.mark.parametrize("fit", FITS)
@given(yaw=st.floats(-35, 35), radius=st.floats(9, 40))
def test_a_cylinder_has_hardly_any(fit, yaw, radius):
    angle = START[:, 0] / radius
    bent = np.column_stack([radius * np.sin(angle), START[:, 1], radius * (1 - np.cos(angle))])
    begin = turned(bent, 0.0)
    points = parallax._points(begin[ORDER], begin, float(np.linalg.norm(begin[33] - begin[263])))
    beta = fit(points, turned(bent, yaw)[ORDER], AXIS, ALL, SCALE)[0]
    assert abs(beta) < policy.PARALLAX


@pytest.mark.parametrize("fit", FITS)
@given(yaw=st.floats(18, 35), side=st.sampled_from([-1, 1]))
def test_a_head_has_as_much_as_it_turns(fit, yaw, side):
    beta = side * fit(POINTS, turned(HEAD, side * yaw)[ORDER], AXIS, ALL, SCALE)[0]
    assert beta > policy.PARALLAX
    assert beta / np.sin(np.radians(yaw)) > policy.PARALLAX_RATIO


@pytest.mark.parametrize("fit", FITS)
def test_few_points_say_nothing(fit):
    beta, _, tracks = fit(POINTS, START[ORDER], AXIS, np.zeros(468, bool), SCALE)
    assert np.isnan(beta)
    assert tracks == 0


def test_points_on_one_spot_have_no_plane():
    assert np.isnan(parallax._joint(POINTS, np.zeros((468, 2)), AXIS, ALL, SCALE)[0])


def test_a_summary_needs_four_frames_and_a_turn():
    assert parallax._summary([(0.3, 0.01, 50.0, 20.0)] * 3) is NOTHING
    still = parallax._summary([(0.3, 0.01, 50.0, 20.0)] * 5)
    assert still.trend == 0.0
    rising = parallax._summary([(y / 60, 0.01, 50.0, float(y)) for y in (1, 6, 12, 18, 24)])
    assert rising.trend > 0.99
    assert rising.tracks == 50.0


def test_what_is_not_a_number_convinces_nobody():
    good = Parallax(0.3, 0.01, 50.0, 1.0, 0.9)
    assert parallax._conviction(good) > 1
    for field in ("beta", "ratio", "trend"):
        values = {"beta": 0.3, "noise": 0.01, "tracks": 50.0, "ratio": 1.0, "trend": 0.9, field: float("nan")}
        assert parallax._conviction(Parallax(**values)) == -np.inf


def test_smooth_pictures_and_lost_faces_say_nothing():
    face = Finder().find(person("bram").render(SEAT))[0]
    smooth = np.full((360, 480), 128, np.uint8)
    sights = [Sight(i / 8, 0, face if i != 3 else None, duplicate=False, grey=smooth) for i in range(6)]
    found = parallax.measure(sights[0], sights[1:], 1)
    assert not found.tracks >= policy.PARALLAX_TRACKS
