"""Following the dot: a person passes, another path, a still head or the other way round does not."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent import dot, policy
from consent.liveness import pursuit

TIMES = np.arange(0.0, policy.DOT_SECONDS, 0.1)


def head(path, lag=0.25, gain=1.0, noise=0.0, seed=0):
    """Yaw and pitch of a head that follows a path."""
    rng = np.random.default_rng(seed)
    aim = np.array([path.at(t - lag) for t in TIMES]) * gain + noise * rng.normal(size=(len(TIMES), 2))
    return -policy.DOT_YAW * aim[:, 0], policy.DOT_PITCH * aim[:, 1]


@settings(max_examples=25, deadline=None)
@given(lag=st.floats(-0.1, 0.8), gain=st.floats(0.45, 1.7), seed=st.integers(0, 99))
def test_a_head_that_follows_is_measured(lag, gain, seed):
    path = dot.draw()
    found = pursuit.measure(TIMES, *head(path, lag, gain, 0.05, seed), path)
    assert min(found.across, found.up) >= policy.DOT_CORRELATION
    assert abs(found.lag - lag) < 0.1
    assert math.isclose(found.gain_across, gain, rel_tol=0.2)
    assert found.frames == len(TIMES)


def test_another_path_is_hardly_ever_taken_for_it():
    recorded = dot.draw()
    seen = [pursuit.measure(TIMES, *head(recorded), dot.draw()) for _ in range(200)]
    taken = [min(s.across, s.up) >= policy.DOT_CORRELATION for s in seen]
    # measured: 21 in 20,000; more than 4 of 200 has a chance of under 1e-5
    assert sum(taken) <= 4


def test_the_way_must_be_the_right_one():
    path = dot.draw()
    yaw, pitch = head(path)
    assert pursuit.measure(TIMES, -yaw, pitch, path).across < 0.5
    assert pursuit.measure(TIMES, yaw, -pitch, path).up < 0.5


def test_a_head_at_rest_follows_nothing():
    still = np.zeros(len(TIMES))
    found = pursuit.measure(TIMES, still, still, dot.draw())
    assert max(found.across, found.up) <= 0


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_no_number_is_nothing(value):
    path = dot.draw()
    yaw, pitch = head(path)
    yaw[5] = value
    assert pursuit.measure(TIMES, yaw, pitch, path) is pursuit.NOTHING
    assert pursuit.measure(TIMES[:5], yaw[:5], pitch[:5], path) is pursuit.NOTHING


def test_one_way_alone_is_measured_alone():
    path = dot.draw(up=False)
    times = np.arange(0.0, path.seconds, 0.1)
    yaw = np.array([-policy.DOT_YAW * path.at(t - 0.25)[0] for t in times])
    found = pursuit.measure(times, yaw, np.zeros(len(times)), path)
    assert found.across >= policy.DOT_CORRELATION_ONE_WAY
    assert not found.rises
    assert math.isnan(found.up)
    assert math.isnan(found.gain_up)


def test_another_path_sideways_is_hardly_ever_taken_for_it():
    recorded = dot.draw(up=False)
    times = np.arange(0.0, recorded.seconds, 0.1)
    yaw = np.array([-policy.DOT_YAW * recorded.at(t - 0.25)[0] for t in times])
    others = [dot.draw(up=False) for _ in range(200)]
    seen = [pursuit.measure(times, yaw, np.zeros(len(times)), other).across for other in others]
    # measured: none of 1500; more than 3 of 200 would be another world
    assert sum(s >= policy.DOT_CORRELATION_ONE_WAY for s in seen) <= 3
