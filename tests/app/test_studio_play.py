"""What the page sends when its button is pressed, whatever that is: options, or a no in words."""

import math

import pytest

from app.engines._parts import PARTS
from app.engines.age import AgeOptions
from app.engines.combine import CombineOptions
from app.engines.express import ExpressOptions
from app.engines.swap import SwapOptions
from app.studio.expressions import CHOICES, SLIDERS
from app.studio.play import wanted
from app.studio.refusals import told
from consent.errors import Refusal
from consent.types import Purpose

SENT = {"much": 1, "which": list(PARTS), "years": 25, "ready": "smile", **dict.fromkeys(SLIDERS, 0)}
USED = {
    Purpose.AGE: ("years",),
    Purpose.EXPRESS: ("ready", *SLIDERS),
    Purpose.SWAP: ("much", "which"),
}
ODD = (None, "", "1", math.nan, math.inf, -math.inf, 10**400, 1e9, True, {}, [[]], [None], ["ears"], [1], "skin")


def test_what_the_page_sends_at_first_is_taken():
    assert wanted("age", *SENT.values()) == AgeOptions(years=25)
    assert wanted("express", *SENT.values()) == ExpressOptions(preset="smile")
    assert wanted("swap", *SENT.values()) == SwapOptions()
    assert wanted("swap", 0.5, [], *[None] * 10) == SwapOptions(amount=0.5, parts=())


@pytest.mark.parametrize("value", ODD, ids=lambda value: repr(value)[:12])
@pytest.mark.parametrize("purpose", USED)
def test_whatever_else_it_sends_is_refused_in_words(purpose, value):
    for name in USED[purpose]:
        with pytest.raises(Refusal, match="bad-option"):
            wanted(purpose.value, *(SENT | {name: value}).values())


@pytest.mark.parametrize("value", [None, "", "video", "AGE", 1, ["age"], {}, math.nan])
def test_what_is_not_offered_is_refused_in_words(value):
    with pytest.raises(Refusal, match="bad-option"):
        wanted(value, *SENT.values())


def test_what_the_choice_does_not_use_is_not_looked_at():
    assert wanted("age", None, None, 25, *[None] * 9) == AgeOptions(years=25)


def test_each_choice_is_ready_made_or_copied_and_sliders_come_on_top():
    for ready in CHOICES:
        sent = SENT | {"ready": ready, "gaze_up": 0.4, "turn": -0.2}
        options = wanted("express", *sent.values())
        assert (options.preset == ready) != (options.copy == 1)
        assert (options.gaze_up, options.turn, options.smile) == (0.4, -0.2, 0)


def test_several_things_at_once_leave_out_what_stands_at_neutral():
    neutral = SENT | {"years": 0, "ready": "none", "much": 0}
    every = wanted("together", *SENT.values())
    assert every == CombineOptions(SwapOptions(), AgeOptions(years=25), ExpressOptions(preset="smile"))
    assert wanted("together", *(SENT | {"much": 0}).values()) == CombineOptions(
        age=AgeOptions(years=25), express=ExpressOptions(preset="smile")
    )
    assert wanted("together", *(SENT | {"which": [], "ready": "none"}).values()) == AgeOptions(years=25)
    assert wanted("together", *(neutral | {"smile": 0.5}).values()) == ExpressOptions(smile=0.5)
    with pytest.raises(Refusal, match="nothing-to-do") as caught:
        wanted("together", *neutral.values())
    assert told(caught.value, "zh")[0] != told(caught.value, "en")[0]
    with pytest.raises(Refusal, match="bad-option"):
        wanted("together", *(SENT | {"years": math.nan}).values())
