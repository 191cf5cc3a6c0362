"""The public face of the engines: a gate, a grant, options; nothing else goes in, and only a draft comes out."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from dataclasses import fields, replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import app.engines
from app.engines.age import AgeOptions, age
from app.engines.express import ExpressOptions, express
from app.engines.swap import SwapOptions, swap
from consent.errors import Refusal
from consent.types import Draft, Origin, Purpose
from tests.app.engines_sketch import sketch

VERBS = {"swap": (swap, SwapOptions), "age": (age, AgeOptions), "express": (express, ExpressOptions)}
RANGES = {
    (SwapOptions, "amount"): (0, 1),
    (AgeOptions, "years"): (-20, 30),
    (AgeOptions, "grey"): (0, 1),
    (AgeOptions, "seed"): (0, 2**31 - 1),
    (ExpressOptions, "smile"): (-1, 1),
    (ExpressOptions, "brows"): (-1, 1),
    (ExpressOptions, "eyes"): (-1, 1),
    (ExpressOptions, "mouth"): (0, 1),
}


class Desk:
    """What a verb needs of a gate: it redeems anything, once, for work on two sketches, and keeps what is handed in."""

    def __init__(self, purpose: Purpose, origin: Origin = Origin.PHOTO, own=()) -> None:
        source, target = sketch(seed=5), sketch()
        self.purpose, self.own = purpose, own
        self.source = SimpleNamespace(pixels=source.pixels, face=source.face, origin=origin)
        self.target = SimpleNamespace(pixels=target.pixels, face=target.face, origin=Origin.PHOTO)
        self.handed: list[tuple[np.ndarray, str, dict]] = []

    def redeem(self, _grant):
        return self

    def draft(self, pixels, engine, parameters):
        self.handed.append((pixels, engine, dict(parameters)))
        return "draft"


def test_every_option_has_its_range_tested():
    told = {(o, f.name) for _, o in VERBS.values() for f in fields(o)} - {(SwapOptions, "interior")}
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


@pytest.mark.parametrize("value", [None, "1", True, [0.5], np.nan, 1 + 0j, "auto"])
@pytest.mark.parametrize(("options", "name"), RANGES)
def test_what_is_no_number_is_refused(options, name, value):
    with pytest.raises(Refusal, match="bad-option"):
        options(**{name: value})


@pytest.mark.parametrize("value", ["", "both", None, 3])
def test_an_unknown_interior_is_refused(value):
    with pytest.raises(Refusal, match="bad-option"):
        SwapOptions(interior=value)


@pytest.mark.parametrize("options", [o for _, o in VERBS.values()])
def test_options_are_frozen_and_checked_again_when_replaced(options):
    name = fields(options)[0].name
    with pytest.raises(AttributeError):
        setattr(options(), name, 0.5)
    with pytest.raises(Refusal, match="bad-option"):
        replace(options(), **{name: float("nan")})


@pytest.mark.parametrize("name", VERBS)
def test_a_verb_hands_in_what_it_made_and_says_how(name):
    verb, options = VERBS[name]
    desk = Desk(Purpose(name))
    assert verb(desk, None) == "draft"
    [(pixels, engine, parameters)] = desk.handed
    assert pixels.shape == desk.target.pixels.shape
    assert engine.startswith(name)
    assert parameters == {f.name: getattr(options(), f.name) for f in fields(options)}


@pytest.mark.parametrize("name", VERBS)
@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_grant_for_something_else_is_refused(name, purpose):
    if purpose.value == name:
        return
    desk = Desk(purpose)
    with pytest.raises(Refusal, match="wrong-purpose"):
        VERBS[name][0](desk, None)
    assert not desk.handed


def test_neutral_options_hand_in_the_target():
    for name, options in (("age", AgeOptions()), ("express", ExpressOptions()), ("swap", SwapOptions(amount=0))):
        desk = Desk(Purpose(name))
        VERBS[name][0](desk, None, options)
        assert (desk.handed[0][0] == desk.target.pixels).all()


def test_a_live_source_gives_way_to_the_nearest_own_frame_and_a_photo_does_not():
    nearer = sketch(skin=(150, 150, 240))
    pixels = nearer.pixels.copy()
    x, y = np.round(nearer.face.mesh[205, :2]).astype(int)
    pixels[y - 2 : y + 3, x - 2 : x + 3] = 20
    own = (SimpleNamespace(pixels=pixels, face=nearer.face), sketch(yaw=-30.0))
    spots = {}
    for origin in (Origin.LIVE, Origin.PHOTO):
        desk = Desk(Purpose.SWAP, origin, own)
        turned = sketch(yaw=30.0, seed=5)
        desk.source = SimpleNamespace(pixels=turned.pixels, face=turned.face, origin=origin)
        swap(desk, None)
        x, y = np.round(desk.target.face.mesh[205, :2]).astype(int)
        spots[origin] = int(desk.handed[0][0][y, x].max())
    assert spots[Origin.LIVE] < spots[Origin.PHOTO] - 15


def test_no_public_function_of_the_engines_takes_a_picture():
    public = [m.name for m in pkgutil.iter_modules(app.engines.__path__) if not m.name.startswith("_")]
    assert sorted(public) == ["age", "express", "swap"]
    for module in public:
        loaded = importlib.import_module(f"app.engines.{module}")
        own = [
            (name, item)
            for name, item in vars(loaded).items()
            if not name.startswith("_") and getattr(item, "__module__", "") == loaded.__name__
        ]
        functions = [item for _, item in own if inspect.isfunction(item)]
        assert [f.__name__ for f in functions] == [module]
        signature = inspect.signature(functions[0])
        assert list(signature.parameters) == ["gate", "grant", "options"]
        assert signature.return_annotation in (Draft, "Draft")
