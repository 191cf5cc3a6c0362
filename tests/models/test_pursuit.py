"""Following the dot: a person passes, another path, a still head or the other way round does not."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent import policy
from consent.challenge import dot
from models.presentation import pursuit

TIMES = np.arange(0.0, policy.DOT_SECONDS, 0.1)


def head(path, lag=0.25, gain=1.0, noise=0.0, seed=0):
    """Where a nose that follows a path points."""
    rng = np.random.default_rng(seed)
    return np.array([path.at(t - lag) for t in TIMES]) * gain + noise * rng.normal(size=(len(TIMES), 2))


@settings(max_examples=25, deadline=None)
@given(lag=st.floats(-0.1, 0.8), gain=st.floats(0.45, 1.7), seed=st.integers(0, 99))
def test_a_head_that_follows_is_measured(lag, gain, seed):
    path = dot()
    found = pursuit.measure(TIMES, head(path, lag, gain, 0.05, seed), path.at, rises=True)
    assert min(found.across, found.up) >= policy.DOT_CORRELATION
    assert abs(found.lag - lag) < 0.1
    assert math.isclose(found.gain_across, gain, rel_tol=0.2)
    assert found.frames == len(TIMES)


def test_another_path_is_hardly_ever_taken_for_it():
    seen = [pursuit.measure(TIMES, head(dot()), dot().at, rises=True) for _ in range(200)]
    taken = [min(s.across, s.up) >= policy.DOT_CORRELATION for s in seen]
    # measured: 186 in 179,400; more than 4 of 200 has a chance of under 1e-5
    assert sum(taken) <= 4


def test_the_way_must_be_the_right_one():
    path = dot()
    aim = head(path)
    assert pursuit.measure(TIMES, aim * (-1, 1), path.at, rises=True).across < 0.5
    assert pursuit.measure(TIMES, aim * (1, -1), path.at, rises=True).up < 0.5


def test_a_head_at_rest_follows_nothing():
    found = pursuit.measure(TIMES, np.zeros((len(TIMES), 2)), dot().at, rises=True)
    assert max(found.across, found.up) <= 0


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_no_number_is_nothing(value):
    path = dot()
    aim = head(path)
    assert pursuit.measure(TIMES[:5], aim[:5], path.at, rises=True) is pursuit.NOTHING
    aim[5, 0] = value
    assert pursuit.measure(TIMES, aim, path.at, rises=True) is pursuit.NOTHING


def test_one_way_alone_is_measured_alone():
    path = dot(up=False)
    times = np.arange(0.0, path.seconds, 0.1)
    aim = np.array([path.at(t - 0.25) for t in times])
    found = pursuit.measure(times, aim, path.at, rises=False)
    assert found.across >= policy.DOT_CORRELATION_ONE_WAY
    assert not found.rises
    assert math.isnan(found.up)
    assert math.isnan(found.gain_up)


def test_another_path_sideways_is_hardly_ever_taken_for_it():
    recorded = dot(up=False)
    times = np.arange(0.0, recorded.seconds, 0.1)
    aim = np.array([recorded.at(t - 0.25) for t in times])
    others = [dot(up=False) for _ in range(200)]
    seen = [pursuit.measure(times, aim, other.at, rises=False).across for other in others]
    # measured: none of 1500; more than 3 of 200 would be another world
    assert sum(s >= policy.DOT_CORRELATION_ONE_WAY for s in seen) <= 3
