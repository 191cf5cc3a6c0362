"""A seal covers all that is in a value: whatever differs, or only looks the same, is a forgery."""

import copy
import dataclasses
from enum import StrEnum
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.errors import Forgery
from consent.types import Once, Seal, Sealed


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Parcel(Sealed):
    inside: object
    _label: str
    seal: bytes


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Twin(Sealed):
    inside: object
    _label: str
    seal: bytes


@dataclasses.dataclass(frozen=True)
class Note:
    words: object
    number: float = 1.0


class Word(StrEnum):
    ONE = "one"


ONCE = Once()
PICTURE = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
KEY = Seal()


def forged(value, kind=Parcel, key=KEY):
    with pytest.raises(Forgery) as caught:
        key.verify(kind, value)
    return caught.value.code == "forged"


VALUES = [
    *(None, True, 1, 1.0, 0.0, -0.0, float("nan"), "1", "one", Word.ONE, b"one", b"", "", (), [], ONCE, Once()),
    *((1.0, 2.0), (1.0,), ((1.0,), 2.0), [1.0, 2.0], ("a", "b"), ("ab",), ("", "ab")),
    *({"a"}, {"a", "b"}),
    *(frozenset({"a"}), frozenset({"a", "b"}), {"a": 1.0}, {"a": 2.0}, {"b": 1.0}, MappingProxyType({"a": 1.0})),
    *(PICTURE, PICTURE.reshape(4, 2, 3), PICTURE.view(np.int8), PICTURE + 1, PICTURE.tobytes(), PICTURE[:1]),
    *(Note("a"), Note("b"), Note("a", 2.0), Note(Note("a")), Note(None), Word, Note),
]


@pytest.mark.parametrize("at", range(len(VALUES)))
def test_every_value_has_a_seal_of_its_own(at):
    sealed = KEY.put(Parcel(VALUES[at], "x", b""))
    KEY.verify(Parcel, sealed)
    for other in VALUES[:at] + VALUES[at + 1 :]:
        assert forged(dataclasses.replace(sealed, inside=other))
    assert forged(dataclasses.replace(sealed, _label="y"))
    for seal in (b"", bytes(32), None, sealed.seal[:-1], sealed.seal.hex()):
        assert forged(dataclasses.replace(sealed, seal=seal))


@given(st.recursive(st.text() | st.binary() | st.floats(), lambda x: st.tuples(x, x) | st.lists(x)))
def test_the_same_again_has_the_same_seal_and_under_another_key_another(inside):
    sealed = KEY.put(Parcel(inside, "", b"before"))
    assert KEY.put(Parcel(inside, "", b"after")).seal == sealed.seal
    assert len(sealed.seal) == 32
    assert forged(sealed, key=Seal())


@pytest.mark.parametrize("inside", [{"a"}, {"a": 1.0}, ["a"], bytearray(b"a"), np.zeros(3)])
def test_what_is_changed_in_place_after_it_was_sealed_is_found(inside):
    inside = copy.copy(inside)
    sealed = KEY.put(Parcel(inside, "x", b""))
    KEY.verify(Parcel, sealed)
    if isinstance(inside, set):
        inside.add("b")
    else:
        inside["a" if isinstance(inside, dict) else 0] = 2
    assert forged(sealed)


@given(st.integers(0, 3 * 61 * 47 - 1), st.integers(1, 255))
def test_every_byte_of_a_picture_counts(at, by):
    picture = np.arange(61 * 47 * 3, dtype=np.uint64).astype(np.uint8).reshape(61, 47, 3)
    other = picture.copy()
    other.flat[at] ^= by
    seals = {KEY.over(one) for one in (picture, other, picture[:, ::-1], picture[:-1], picture.reshape(47, 61, 3))}
    assert len(seals) == 5
    assert KEY.over(picture) == KEY.over(np.asfortranarray(picture))
    assert KEY.over(np.zeros((0, 3))) != KEY.over(np.zeros((3, 0)))


def test_parts_do_not_run_into_each_other():
    assert KEY.over("ab", "c") != KEY.over("a", "bc")
    assert KEY.over(("a", "b"), "c") != KEY.over("a", ("b", "c"))
    assert KEY.over() != KEY.over(())


def test_a_value_of_another_type_with_the_same_inside_is_none():
    sealed = KEY.put(Parcel("a", "x", b""))
    assert forged(Twin("a", "x", sealed.seal), kind=Twin)
    assert forged(sealed, kind=Twin)
    assert forged(Twin("a", "x", sealed.seal))
    assert forged(None)


def liar(base, **lies):
    """A type that answers as another does, and is something else."""
    return type(base.__name__, (base,), {"__module__": base.__module__, "__qualname__": base.__qualname__, **lies})


def test_what_answers_as_it_was_asked_before_is_found_by_its_type():
    array = liar(np.ndarray, tobytes=lambda *_: PICTURE.tobytes())
    text = liar(str, __repr__=lambda _: "'one'")
    number = liar(float, __repr__=lambda _: "1.0")
    pair = liar(tuple, __iter__=lambda _: iter((1.0, 2.0)))
    note = liar(Note, words="a")
    for real, lie in (
        (PICTURE, np.zeros_like(PICTURE).view(array)),
        ("one", text("two")),
        (1.0, number(2.0)),
        ((1.0, 2.0), pair((3.0, 4.0))),
        (Note("a"), note("b")),
    ):
        sealed = KEY.put(Parcel(real, "x", b""))
        assert forged(dataclasses.replace(sealed, inside=lie))


def test_of_what_was_sealed_before_the_seal_counts():
    inner = KEY.put(Parcel("a", "x", b""))
    outer = KEY.put(Parcel(inner, "x", b""))
    other = KEY.put(Parcel("b", "x", b""))
    assert forged(dataclasses.replace(outer, inside=other))
    KEY.verify(Parcel, dataclasses.replace(outer, inside=dataclasses.replace(inner)))
    KEY.verify(Parcel, dataclasses.replace(outer, inside=dataclasses.replace(inner, inside="c")))  # it has its own seal


def test_numbers_and_words_count_and_of_anything_else_the_very_object():
    class Same:
        def __repr__(self):
            return "same"

    one = Same()
    assert KEY.over(float("1.25"), int("1000001"), "a b".upper()) == KEY.over(float("1.250"), 1000001, "A B")
    assert KEY.over(one) == KEY.over(one) != KEY.over(Same())
