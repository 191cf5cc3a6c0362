"""Stages that overlap: the same items in the same order, no more of them than allowed, and an end whatever happens."""

import contextlib
import gc
import threading
import weakref
from contextlib import closing

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ahead import ahead


def threads():
    return [one for one in threading.enumerate() if one.name == "ahead"]


@given(st.lists(st.integers()), st.integers(1, 4), st.integers(1, 4))
def test_the_same_items_through_several_stages(items, one, other):
    with closing(ahead(ahead(items, one), other)) as out:
        assert list(out) == items
    assert not threads()


@given(st.integers(1, 5), st.integers(0, 6))
def test_no_more_is_made_than_there_is_room_for(most, taken):
    made, enough = [], threading.Event()

    def make():
        for number in range(100):
            made.append(number)
            if number == most + taken:
                enough.set()
            yield number

    with closing(ahead(make(), most)) as out:
        for _ in range(taken):
            next(out)
        enough.wait(0.05 if taken else 0.01)
        assert len(made) <= most + taken + 1
    assert not threads()


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt()])
def test_an_error_comes_out_where_it_happened(error):
    def make():
        yield 1
        raise error

    with closing(ahead(make())) as out:
        assert next(out) == 1
        with pytest.raises(type(error)):
            next(out)
    assert not threads()


def test_an_error_keeps_nothing_of_what_was_made():
    """Without waiting for the collector of cycles: what a session held is gone when it ends."""
    held = []

    def make():
        face = np.zeros(8)
        held.append(weakref.ref(face))
        yield 1
        raise ValueError(face.shape)

    def through():
        with closing(ahead(ahead(make()))) as out:
            list(out)

    gc.disable()
    try:
        with contextlib.suppress(ValueError):
            through()
        assert held[0]() is None
    finally:
        gc.enable()


def test_what_is_made_is_closed_when_nobody_wants_more():
    closed = []

    def make():
        try:
            while True:
                yield 1
        finally:
            closed.append(threading.current_thread().name)

    with closing(ahead(make())) as out:
        next(out)
    assert closed == ["ahead"]
