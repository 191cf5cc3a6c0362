"""What is asked of the frames of a recording: how long nobody was seen, and whether it was one person."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.presentation import sameness, series
from models.presentation.sameness import Sample
from models.presentation.series import Sight


@given(st.sets(st.integers(0, 30)))
def test_blocks_hold_every_prompt_in_its_place_and_none_is_longer_than_it_may_be(prompts):
    blocks = series.blocks(sorted(prompts))
    assert [prompt for block in blocks for prompt in block] == sorted(prompts)
    assert all(block == list(range(block[0], block[0] + len(block))) for block in blocks)
    assert all(last[-1] + 1 < first[0] for last, first in itertools.pairwise(blocks))


def film(seen):
    """Ten frames a second; of each its prompt, and whether there was a face."""
    return [
        Sight(number / 10, prompt, "face" if face else None, duplicate=False, grey=None)
        for number, (prompt, face) in enumerate(seen)
    ]


def shown(prompt, *, hidden=0, frames=20):
    """One prompt's frames, some in the middle without a face."""
    middle = range((frames - hidden) // 2, (frames + hidden) // 2)
    return [(prompt, number not in middle) for number in range(frames)]


def test_the_longest_time_without_a_face_is_looked_for_in_every_block_and_not_between():
    sights = film([*shown(1, hidden=2), *shown(2, hidden=12), *shown(3, hidden=5), *shown(4)])
    assert series.gap(sights, [[1], [3]]) == pytest.approx(0.6)
    assert series.gap(sights, [[1]]) == pytest.approx(0.3)
    assert series.gap(sights, [[1, 2], [3]]) == pytest.approx(1.3)


def test_a_block_in_which_nobody_was_seen_is_never_short_enough():
    sights = film([*shown(1), *shown(2), *[(3, False)] * 20, *shown(4)])
    assert math.isnan(series.gap(sights, [[1], [3]]))
    assert math.isnan(series.gap(sights, []))
    assert math.isnan(series.gap(sights, [[1], [9]]))


def vector(angle):
    return np.array([math.cos(angle), math.sin(angle)], np.float32)


def test_who_follows_the_dot_is_compared_alone_not_with_who_looked_at_the_colours():
    samples = [
        Sample(prompt, vector(angle), 30.0) for prompt, angle in ((0, 0.0), (1, 0.0), (1, 0.0), (2, 0.0), (3, 1.2))
    ]
    found = sameness.measure(samples, [], [0, 2], [[1], [3]], [2])
    assert found.shown == pytest.approx(math.cos(1.2), abs=1e-6)
    assert sameness.measure(samples, [], [0, 2], [[1]], [2]).shown == pytest.approx(1.0)
    assert math.isnan(sameness.measure(samples, [], [0, 2], [[1], [4]], [2]).shown), "a block without a sample"
    assert math.isnan(sameness.measure(samples, [], [0, 2], [], [2]).shown)
