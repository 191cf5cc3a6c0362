"""Sealed values: frozen, not copied, not forged."""

import copy
import dataclasses
import pickle
import threading
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.challenge import draw
from consent.errors import Fault, Forgery
from consent.types import Once, Seal, digest, freeze, since_boot

PARTS = st.lists(st.binary(max_size=20) | st.text(max_size=10) | st.floats(allow_nan=False), max_size=4)


def test_a_frozen_picture_stays_as_it_was():
    picture = np.zeros((4, 5, 3), np.uint8)
    kept = freeze(picture)
    picture[:] = 9
    assert not kept.any()
    assert kept.shape == (4, 5, 3)
    with pytest.raises(ValueError, match="read-only"):
        kept[0] = 1
    with pytest.raises(ValueError, match="WRITEABLE"):
        kept.setflags(write=True)


@pytest.mark.parametrize(
    "bad",
    [
        np.zeros((4, 5), np.uint8),
        np.zeros((4, 5, 4), np.uint8),
        np.zeros((4, 5, 3), np.float32),
        np.zeros((0, 5, 3), np.uint8),
    ],
)
def test_only_rgb_bytes_can_be_frozen(bad):
    with pytest.raises(Fault) as caught:
        freeze(bad)
    assert caught.value.code == "bad-pixels"
    assert caught.value.reason == f"Expected uint8 (H, W, 3), got {bad.dtype} {bad.shape}."
    assert caught.value.remedy == "Report it."


def test_the_digest_knows_the_shape():
    picture = np.zeros((4, 6, 3), np.uint8)
    assert digest(picture) != digest(picture.reshape(6, 4, 3))


@given(one=PARTS, two=PARTS)
def test_a_seal_fits_its_own_parts_only(one, two):
    seal = Seal()
    same = [seal.over(p) for p in one] == [seal.over(p) for p in two]
    assert (seal.over(*one) == seal.over(*two)) == same


def test_a_seal_of_another_key_is_refused():
    one, two = Seal(), Seal()
    one.check(one.over(b"x", 1.0, "y"), b"x", 1.0, "y")
    for seal in (two.over(b"x", 1.0, "y"), b"", None):
        with pytest.raises(Forgery) as caught:
            one.check(seal, b"x", 1.0, "y")
        assert caught.value.code == "forged"


def test_the_clock_of_a_session_goes_on_while_the_machine_sleeps_where_it_can(monkeypatch):
    monkeypatch.setattr(time, "CLOCK_BOOTTIME", 7, raising=False)
    monkeypatch.setattr(time, "clock_gettime", {7: 12.5}.__getitem__)
    assert since_boot() == 12.5
    monkeypatch.delattr(time, "CLOCK_BOOTTIME")
    monkeypatch.setattr(time, "monotonic", lambda: 2.5)
    assert since_boot() == 2.5


def test_what_is_spent_is_named():
    once = Once()
    once.spend("leave")
    with pytest.raises(Forgery) as caught:
        once.spend("leave")
    assert "leave" in caught.value.reason.lower()
    assert len(once.mark) == 16
    assert once.mark != Once().mark


def test_once_is_once_for_many_threads():
    once, wins = Once(), []

    def spend():
        try:
            once.spend("thing")
            wins.append(1)
        except Forgery:
            pass

    threads = [threading.Thread(target=spend) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(wins) == 1


@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy, pickle.dumps])
def test_sealed_values_are_not_copied(way):
    with pytest.raises(TypeError, match="a Challenge cannot be copied or serialised"):
        way(draw())


def test_sealed_values_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        draw().made = 1e9
