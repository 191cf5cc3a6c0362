"""What the page and the server say to each other during the check, without either."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.studio.live import MAX_CHOICE, Choice, _spoken, choice
from consent.challenge import Prompt
from consent.errors import Refusal
from consent.liveness import Hint
from consent.types import Ability, Action, Assurance, Colour

HINT = Hint("light", "Look", Prompt(3, Action.LIGHT, 8.0, Colour.CYAN), 0.51234, 1.23456, over=False)
ABILITIES = st.lists(st.sampled_from([str(one) for one in Ability]), unique=True)


@given(assurance=st.sampled_from(list(Assurance)), abilities=ABILITIES)
def test_every_choice_the_page_can_send_is_understood(assurance, abilities):
    text = json.dumps({"assurance": assurance, "abilities": abilities})
    assert len(text) <= MAX_CHOICE
    assert choice(text) == Choice(assurance, frozenset(map(Ability, abilities)))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        "{}",
        '{"assurance": "motion"}',
        '{"abilities": ["turn"]}',
        '{"assurance": "none", "abilities": ["turn", "nod"]}',
        '{"assurance": "", "abilities": ["turn", "nod"]}',
        '{"assurance": null, "abilities": ["turn", "nod"]}',
        '{"assurance": ["motion"], "abilities": ["turn", "nod"]}',
        '{"assurance": "MOTION", "abilities": ["turn", "nod"]}',
        '{"assurance": "motion", "abilities": "turn"}',
        '{"assurance": "motion", "abilities": null}',
        '{"assurance": "motion", "abilities": {"turn": 1, "nod": 1}}',
        '{"assurance": "motion", "abilities": ["turn", "turn"]}',
        '{"assurance": "motion", "abilities": ["turn", "dance"]}',
        '{"assurance": "motion", "abilities": ["turn", 1]}',
        '{"assurance": "motion", "abilities": [["turn"], "nod"]}',
        '{"assurance": "motion", "abilities": ["turn", "nod"], "skip": true}',
        '{"assurance": "motion", "assurance": "motion", "abilities": ["turn", "nod"]}',
        '{"assurance": "motion", "abilities": ["turn", "nod"]}' + " " * MAX_CHOICE,
        "[" * MAX_CHOICE,
    ],
)
def test_anything_else_is_refused_and_never_a_default(text):
    with pytest.raises(Refusal, match="choice-unreadable"):
        choice(text)


@given(text=st.text(max_size=300))
def test_noise_is_refused(text):
    with pytest.raises(Refusal, match="choice-unreadable"):
        choice(text)


@pytest.mark.parametrize("colour", Colour)
def test_the_page_gets_full_colours(colour):
    spoken = _spoken(replace(HINT, prompt=Prompt(3, Action.LIGHT, 8.0, colour)), "en")
    assert spoken["prompt"]["colour"] == [round(255 * part) for part in colour.rgb]
    assert set(spoken["prompt"]["colour"]) == {0, 255}


def test_the_page_gets_the_dot_and_the_aim():
    prompt = Prompt(5, Action.DOT, 6.0)
    spoken = _spoken(
        replace(HINT, prompt=prompt, dot=((0.05, 0.1, -0.23456), (0.1, 0.12, -0.2)), aim=(0.3, -1.0)), "en"
    )
    assert (spoken["dot"], spoken["aim"]) == ([[0.05, 0.1, -0.235], [0.1, 0.12, -0.2]], [0.3, -1.0])
    assert (spoken["prompt"]["colour"], spoken["progress"], spoken["seconds_left"]) == (None, 0.512, 1.235)


def test_what_is_no_number_is_not_sent_as_one():
    nan = float("nan")
    spoken = _spoken(replace(HINT, amount=nan, seconds_left=nan, aim=(nan, 0.0)), "en")
    assert (spoken["amount"], spoken["seconds_left"], spoken["aim"]) == (None, None, None)
    json.dumps(spoken, allow_nan=False)
