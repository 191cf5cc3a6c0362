"""Several changes in one go: leave for each, one sampling, and nothing lost on the way."""

from __future__ import annotations

import numpy as np
import pytest

from app.engines import _age, _express, _swap
from app.engines._expressshape import lip_gap
from app.engines.age import AgeOptions
from app.engines.combine import CombineOptions, combine
from app.engines.express import ExpressOptions
from app.engines.swap import SwapOptions
from consent.errors import Forgery, Refusal
from consent.types import Photo, Purpose
from models.faces import Finder
from tests.people import Scene, person

SEAT = Scene(distance=50.0)


@pytest.fixture(scope="module")
def pair(gate):
    """Two photos of the person, matched: the source and the target."""
    return tuple(gate.match(Photo(person("ada").render(SEAT, seed=seed, yaw=yaw))) for seed, yaw in ((51, 0), (52, 9)))


def leave(gate, pair, options):
    return {purpose: gate.grant(*pair, purpose) for purpose in options.purposes}


def made(gate, pair, **parts):
    options = CombineOptions(**parts)
    return gate.release(combine(gate, leave(gate, pair, options), options))


def test_neutral_parts_change_nothing(gate, pair):
    released = made(gate, pair, swap=SwapOptions(amount=0), age=AgeOptions(), express=ExpressOptions())
    assert (released.pixels == pair[1].pixels).all()
    assert released.facts.purposes == (Purpose.SWAP, Purpose.AGE, Purpose.EXPRESS)
    assert released.facts.parameters["age_years"] == 0
    assert released.facts.parameters["swap_amount"] == 0


@pytest.mark.parametrize(("part", "alone"), [
    ({"age": AgeOptions(years=30)}, lambda one, two, own: _age.render(two, 30, 1.0, 7, _age.segmenter())),
    ({"express": ExpressOptions(smile=1)}, lambda one, two, own: _express.render(two, own, smile=1.0)),
])  # fmt: skip
def test_one_part_beside_a_neutral_one_is_that_part_alone(gate, pair, part, alone):
    assert (made(gate, pair, swap=SwapOptions(amount=0), **part).pixels == alone(*pair, gate.live())).all()


def test_a_swap_beside_a_neutral_part_is_that_swap(gate, pair):
    out = made(gate, pair, swap=SwapOptions(), age=AgeOptions()).pixels
    assert (out == _swap.render(*pair, views=pair[:1])).all()


def test_all_three_at_once_are_seen(gate, pair):
    released = made(gate, pair, swap=SwapOptions(), age=AgeOptions(years=30, grey=0), express=ExpressOptions(mouth=1))
    [face] = Finder().find(released.pixels)
    assert lip_gap(face.mesh) > lip_gap(pair[1].face.mesh) + 0.1
    whole = made(gate, pair, swap=SwapOptions(), express=ExpressOptions(mouth=1)).pixels
    x, y, w, h = (round(v) for v in face.box)
    brow = np.s_[y : y + h // 3, x : x + w]  # the years show on the forehead too
    assert np.abs(released.pixels[brow].astype(int) - whole[brow]).mean() > 1
    assert released.facts.engine.startswith("combine-mesh")


def test_leave_is_needed_for_each_part_and_for_no_other(gate, pair):
    options = CombineOptions(swap=SwapOptions(), age=AgeOptions(years=5))
    grants = leave(gate, pair, options)
    for wrong in (
        {},
        {Purpose.SWAP: grants[Purpose.SWAP]},
        grants | {Purpose.EXPRESS: gate.grant(*pair, Purpose.EXPRESS)},
    ):
        with pytest.raises(Refusal, match="bad-option"):
            combine(gate, wrong, options)
    with pytest.raises(Refusal, match="wrong-purpose"):
        combine(gate, {Purpose.SWAP: grants[Purpose.AGE], Purpose.AGE: grants[Purpose.SWAP]}, options)
    with pytest.raises(Refusal, match="bad-option"):
        combine(gate, leave(gate, pair, options) | {Purpose.AGE: gate.grant(*pair[::-1], Purpose.AGE)}, options)


def test_each_leave_is_spent(gate, pair):
    options = CombineOptions(age=AgeOptions(years=5), express=ExpressOptions(smile=0.5))
    grants = leave(gate, pair, options)
    combine(gate, grants, options)
    with pytest.raises(Forgery, match="spent"):
        combine(gate, grants, options)


@pytest.mark.parametrize("parts", [{}, {"age": AgeOptions(years=5)}])
def test_less_than_two_are_not_put_together(parts):
    with pytest.raises(Refusal, match="bad-option"):
        CombineOptions(**parts)


@pytest.mark.parametrize("parts", [
    {"swap": AgeOptions(years=5), "age": SwapOptions()}, {"age": AgeOptions(years=5), "express": AgeOptions(years=9)},
    {"swap": SwapOptions(), "age": 30}, {"swap": "all", "express": ExpressOptions(smile=1)},
])  # fmt: skip
def test_each_part_has_options_of_its_own(parts):
    with pytest.raises(Refusal, match="bad-option"):
        CombineOptions(**parts)
