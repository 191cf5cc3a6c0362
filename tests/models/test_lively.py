"""Signs of a living person before a camera that goes on: blinks, and frames that come once."""

import dataclasses

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.presentation.lively import Lively
from tests.promises.stage import draw, finder


def face(eyes):
    return dataclasses.replace(finder().find(draw("ada", seed=1))[0], eyes=(eyes, eyes))


def picture(number):
    return np.full((4, 4, 3), number, np.uint8)


def test_eyes_are_closed_against_how_far_they_usually_are_open():
    signs = Lively(0.6)
    assert not any(signs.closed(face(0.3)) for _ in range(10))
    assert signs.closed(face(0.17))
    assert not signs.closed(face(0.19))
    narrow = Lively(0.6)
    assert not any(narrow.closed(face(0.15)) for _ in range(10))


def test_one_eye_alone_is_no_blink():
    signs = Lively(0.6)
    for _ in range(10):
        signs.closed(face(0.3))
    assert not signs.closed(dataclasses.replace(face(0.3), eyes=(0.1, 0.3)))


def test_nothing_is_known_of_the_first_moments():
    signs = Lively(0.6)
    assert not any(signs.closed(face(0.0)) for _ in range(7))


@given(shown=st.lists(st.integers(0, 20), min_size=8, max_size=30))
def test_the_share_of_repeated_frames_is_that_of_those_seen_before(shown):
    signs, seen, told = Lively(0.6), set(), 0
    for number in shown:
        share = signs.repeated(picture(number))
        told += number in seen
        seen.add(number)
    assert share == told / len(shown)


def test_one_repeated_frame_at_the_start_is_no_tenth():
    signs = Lively(0.6)
    assert signs.repeated(picture(1)) == 0
    assert signs.repeated(picture(1)) == 1 / 8
