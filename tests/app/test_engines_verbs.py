"""The public face of the engines: a gate, a grant, options; nothing else goes in, and only a draft comes out."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import app.engines
from app.engines import _swap, motion
from app.engines.age import AgeOptions, age
from app.engines.express import ExpressOptions, express
from app.engines.swap import SwapOptions, swap
from consent.errors import Refusal
from consent.types import Draft, Photo, Purpose
from tests.booth import SEAT
from tests.people import person

VERBS = {"swap": (swap, SwapOptions), "age": (age, AgeOptions), "express": (express, ExpressOptions)}
RANGES = {
    (SwapOptions, "amount"): (0, 1),
    (AgeOptions, "years"): (-20, 40),
    (AgeOptions, "grey"): (0, 1),
    (AgeOptions, "seed"): (0, 2**31 - 1),
    (ExpressOptions, "smile"): (-1, 1),
    (ExpressOptions, "brows"): (-1, 1),
    (ExpressOptions, "eyes"): (-1, 1),
    (ExpressOptions, "mouth"): (0, 1),
    (ExpressOptions, "gaze"): (-1, 1),
    (ExpressOptions, "gaze_up"): (-1, 1),
    (ExpressOptions, "tilt"): (-1, 1),
    (ExpressOptions, "turn"): (-1, 1),
    (ExpressOptions, "copy"): (0, 1),
}


@pytest.fixture(scope="module")
def mine(gate):
    """A photo of the person of the gate, matched."""
    return gate.match(Photo(person("ada").render(SEAT, seed=41)))


def made(gate, name, source, target, options=None):
    """What the verb hands in, opened by the gate: the pixels and the facts."""
    draft = VERBS[name][0](gate, gate.grant(source, target, Purpose(name)), options)
    assert type(draft) is Draft
    return gate.release(draft)


def test_every_option_has_its_range_tested():
    told = {(o, f.name) for _, o in VERBS.values() for f in fields(o)} - {
        (SwapOptions, "interior"),
        (SwapOptions, "parts"),
        (ExpressOptions, "preset"),
    }
    assert told == set(RANGES)


@pytest.mark.parametrize(("options", "name"), RANGES)
def test_the_ends_of_a_range_are_allowed(options, name):
    for value in RANGES[options, name]:
        assert getattr(options(**{name: value}), name) == value


@pytest.mark.parametrize(("options", "name"), RANGES)
@given(value=st.floats(allow_nan=True, allow_infinity=True))
def test_out_of_range_is_refused(options, name, value):
    low, high = RANGES[options, name]
    if low <= value <= high:
        options(**{name: value})
        return
    with pytest.raises(Refusal) as refusal:
        options(**{name: value})
    assert refusal.value.code == "bad-option"
    assert name in refusal.value.reason


@pytest.mark.parametrize("value", [None, "1", True, [0.5], np.nan, 1 + 0j, "auto", 10**400, -(10**400), np.zeros(2)])
@pytest.mark.parametrize(("options", "name"), RANGES)
def test_what_is_no_number_is_refused(options, name, value):
    with pytest.raises(Refusal, match="bad-option"):
        options(**{name: value})


@pytest.mark.parametrize("value", ["", "both", None, 3, np.zeros(2), ["auto"]])
def test_an_unknown_interior_is_refused(value):
    with pytest.raises(Refusal, match="bad-option"):
        SwapOptions(interior=value)


NO_PARTS = [
    *(None, "skin", 3, np.nan, ["skin"], {"skin"}, {"skin": 1}, iter(["skin"]), np.zeros(0), object),
    *(("ears",), ("skin", None), (["skin"],), (np.zeros(2),), ("skin", 1)),
]


@pytest.mark.parametrize("value", NO_PARTS)
def test_parts_that_are_no_row_of_names_are_refused(value):
    """Nor is one taken that could change after it was looked at."""
    with pytest.raises(Refusal, match="bad-option"):
        SwapOptions(parts=value)


@pytest.mark.parametrize("options", [o for _, o in VERBS.values()])
def test_options_are_frozen_and_checked_again_when_replaced(options):
    name = fields(options)[0].name
    with pytest.raises(AttributeError):
        setattr(options(), name, 0.5)
    with pytest.raises(Refusal, match="bad-option"):
        replace(options(), **{name: float("nan")})


@pytest.mark.parametrize("name", VERBS)
def test_a_verb_hands_in_what_it_made_and_says_how(gate, mine, name):
    released = made(gate, name, mine, mine)
    assert released.pixels.shape == mine.pixels.shape
    assert released.facts.engine.startswith(name)
    options = VERBS[name][1]()
    meant = {f.name: getattr(options, f.name) for f in fields(options)}
    assert released.facts.parameters == {key: "all" if key == "parts" else value for key, value in meant.items()}


@pytest.mark.parametrize("name", VERBS)
@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_grant_for_something_else_is_refused(gate, mine, name, purpose):
    if purpose.value == name:
        return
    with pytest.raises(Refusal, match="wrong-purpose"):
        VERBS[name][0](gate, gate.grant(mine, mine, purpose))


def test_neutral_options_hand_in_the_target(gate, mine):
    for name, options in (("age", AgeOptions()), ("express", ExpressOptions()), ("swap", SwapOptions(amount=0))):
        assert (made(gate, name, gate.live()[0], mine, options).pixels == mine.pixels).all()


def test_a_live_source_gives_way_to_the_nearest_own_frame_and_a_photo_does_not(gate, mine):
    turned = gate.match(Photo(person("ada").render(SEAT, seed=42, yaw=22)))
    front = gate.live()[0]
    nearest = _swap.nearest_view((front, *gate.live()), turned)
    assert nearest.face.pose.yaw > front.face.pose.yaw + 5
    assert _swap.nearest_view((mine,), turned) is mine
    live, photo = (made(gate, "swap", source, turned).pixels for source in (front, mine))
    assert not (live == photo).all()


def test_no_public_function_of_the_engines_takes_a_picture():
    public = [m.name for m in pkgutil.iter_modules(app.engines.__path__) if not m.name.startswith("_")]
    assert sorted(public) == ["age", "combine", "express", "motion", "neural", "personal", "swap"]
    for module in sorted(set(public) - {"motion"}):
        loaded = importlib.import_module(f"app.engines.{module}")
        own = [
            (name, item)
            for name, item in vars(loaded).items()
            if not name.startswith("_") and getattr(item, "__module__", "") == loaded.__name__
        ]
        functions = [item for _, item in own if inspect.isfunction(item)]
        verbs = [f for f in functions if list(inspect.signature(f).parameters) != ["options"]]
        assert [f.__name__ for f in verbs] == [module]
        signature = inspect.signature(verbs[0])
        assert list(signature.parameters) == ["gate", "grants" if module == "combine" else "grant", "options"]
        assert signature.return_annotation in (Draft, "Draft")


def test_the_player_takes_nothing_but_work():
    own = {name for name, item in vars(motion).items() if getattr(item, "__module__", "") == motion.__name__}
    assert own == {"Player"}
    public = {name: item for name, item in vars(motion.Player).items() if not name.startswith("_")}
    assert set(public) == {"draw", "pause"}
    signature = inspect.signature(motion.Player.draw)
    assert list(signature.parameters) == ["self", "step", "seconds"]
    assert signature.parameters["step"].annotation == "tuple[Work, ...]"
    assert signature.return_annotation in (Draft, "Draft")
    assert list(inspect.signature(motion.Player).parameters) == ["gate", "options"]


def test_only_known_parts_are_swapped():
    with pytest.raises(Refusal, match="one of skin, eyes, brows, nose, mouth"):
        SwapOptions(parts=("eyes", "ears"))


def test_the_parts_are_stated(gate, mine):
    some = made(gate, "swap", gate.live()[0], mine, SwapOptions(parts=("mouth", "eyes"))).facts.parameters
    assert some["parts"] == "eyes+mouth"
