"""Every limit of the verdict bites alone, and what is not a number refuses."""

import dataclasses
import math

import pytest

from consent import policy
from consent.errors import Refusal
from consent.liveness.recording import Outcome
from consent.liveness.verdict import judge
from consent.types import Action, Assurance
from models.presentation.depth import Relief
from models.presentation.evidence import Evidence
from models.presentation.light import Light
from models.presentation.pursuit import Pursuit
from models.presentation.sameness import Identity
from models.presentation.surface import Surface

SAME = Identity(samples=0.8, shown=0.8, rests=0.9, kept_rest=0.9, kept_moving=0.8, years=30.0)
DEEP = Relief(
    depth=0.9,
    error=0.1,
    across=0.9,
    upright=0.9,
    narrowing=0.8,
    noise=0.01,
    trend=0.98,
    likeness=0.8,
    frames=40,
    turns=2,
    least=0.8,
)
SHONE = Light(correlation=0.99, gain=0.2, noise=0.01, lag=0.1, relief=0.5, relief_noise=0.05, background=0.1)
FOLLOWED = Pursuit(across=0.97, up=0.97, lag=0.3, gain_across=1.0, gain_up=1.0, frames=60, rises=True)
LIT = Evidence(
    outcome=Outcome.COMPLETE,
    at=Action.CENTRE,
    assurance=Assurance.MOTION_LIGHT,
    repeated=0.0,
    fps=15.0,
    identity=SAME,
    gap=0.2,
    relief=DEEP,
    light=SHONE,
    pursuit=None,
    surface=Surface(2.2, 0.0),
)
LED = dataclasses.replace(LIT, assurance=Assurance.MOTION, light=None, pursuit=FOLLOWED)


def code(found):
    try:
        judge(found)
    except Refusal as no:
        return no.code if no.reason and no.remedy else "says nothing"
    return "accepted"


@pytest.mark.parametrize("found", [LIT, LED])
def test_a_person_is_accepted(found):
    assert code(found) == "accepted"


@pytest.mark.parametrize("outcome", [o for o in Outcome if o is not Outcome.COMPLETE])
def test_only_what_was_completed(outcome):
    assert code(dataclasses.replace(LIT, outcome=outcome, at=Action.NOD)) == str(outcome)


@pytest.mark.parametrize("found", [LIT, LED])
@pytest.mark.parametrize(
    ("part", "field", "values", "codes"),
    [
        ("", "fps", (3.0, math.nan), "camera-slow"),
        ("", "gap", (0.7, math.nan), "face-lost"),
        ("", "repeated", (0.2, math.nan), "frames-repeated"),
        *(
            ("identity", name, (0.29, -1.0, math.nan), "face-changed")
            for name in ("samples", "shown", "rests", "kept_rest", "kept_moving")
        ),
        ("identity", "rests", (policy.SAME_FACE_MEAN - 0.01,), "face-changed"),
        ("identity", "kept_rest", (policy.SAME_FACE_REST - 0.01,), "face-changed"),
        ("identity", "shown", (policy.SAME_FACE_MEAN - 0.01,), "face-changed"),
        ("identity", "years", (math.nan,), "face-changed"),
        ("relief", "depth", (0.0, math.nan), "looks-flat depth-unclear"),
        ("relief", "error", (0.9, math.nan), "depth-unclear"),
        ("relief", "trend", (0.1, math.nan), "depth-unclear"),
        ("relief", "likeness", (0.1, math.nan), "depth-unclear"),
        ("relief", "narrowing", (0.4, math.nan), "looks-flat depth-unclear"),
        ("relief", "across", (0.1, math.nan), "depth-unclear"),
        ("relief", "frames", (0, 4), "depth-unclear"),
        ("relief", "turns", (0, 1), "depth-unclear"),
        ("relief", "least", (0.1, math.nan), "looks-flat depth-unclear"),
    ],
)
def test_each_limit_bites_in_both_kinds(found, part, field, values, codes):
    for value in values:
        inner = dataclasses.replace(getattr(found, part), **{field: value}) if part else value
        assert code(dataclasses.replace(found, **{part or field: inner})) in codes.split()


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("gain", (0.01, math.nan)),
        ("correlation", (0.9, -1.0, math.nan)),
        ("relief", (0.0, 0.1, math.nan)),
        ("relief_noise", (0.3, math.nan)),
        ("background", (0.9, math.nan)),
    ],
)
def test_each_limit_of_the_light_bites(field, values):
    for value in values:
        found = dataclasses.replace(LIT, light=dataclasses.replace(SHONE, **{field: value}))
        assert code(found) in {"light-wrong", "light-unclear"}
    assert code(dataclasses.replace(LIT, light=None)) == "light-unclear"


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("across", (0.5,)),
        ("up", (0.5,)),
        ("lag", (-0.2, 0.9, math.nan)),
        ("gain_across", (0.2, 3.0, math.nan)),
        ("gain_up", (0.2, 3.0, math.nan)),
    ],
)
def test_each_limit_of_the_dot_bites(field, values):
    for value in values:
        found = dataclasses.replace(LED, pursuit=dataclasses.replace(FOLLOWED, **{field: value}))
        assert code(found) == "dot-not-followed"
    nothing = dataclasses.replace(FOLLOWED, across=math.nan, up=math.nan)
    assert code(dataclasses.replace(LED, pursuit=nothing)) == "dot-not-followed"
    assert code(dataclasses.replace(LED, pursuit=None)) == "dot-not-followed"


JUDGED = {
    "": ("fps", "gap", "repeated"),
    "identity": [f.name for f in dataclasses.fields(Identity)],
    "relief": ("depth", "error", "across", "narrowing", "trend", "likeness", "frames", "turns", "least"),
    "light": ("correlation", "gain", "relief", "relief_noise", "background"),
    "pursuit": ("across", "up", "lag", "gain_across", "gain_up"),
}


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
@pytest.mark.parametrize(("part", "name"), [(part, name) for part, names in JUDGED.items() for name in names])
def test_nothing_that_is_judged_may_be_without_end_or_no_number(part, name, value):
    for found in (LIT, LED):
        whole = getattr(found, part) if part else found
        if whole is not None:
            inner = dataclasses.replace(whole, **{name: value})
            assert code(dataclasses.replace(found, **{part: inner}) if part else inner) != "accepted"


@pytest.mark.parametrize("rises", [None, math.nan, 0])
def test_a_dot_of_which_the_way_is_not_known_was_followed_both_ways(rises):
    sideways = dataclasses.replace(FOLLOWED, up=math.nan, gain_up=math.nan, rises=rises)
    assert code(dataclasses.replace(LED, pursuit=sideways)) == "dot-not-followed"


def test_no_light_makes_up_for_a_dot():
    missed = dataclasses.replace(FOLLOWED, across=0.0)
    for pursuit in (None, missed):
        assert code(dataclasses.replace(LED, light=SHONE, pursuit=pursuit)) == "dot-not-followed"


def test_a_dot_that_went_one_way_asks_for_more():
    sideways = dataclasses.replace(FOLLOWED, up=math.nan, gain_up=math.nan, rises=False)
    assert code(dataclasses.replace(LED, pursuit=sideways)) == "accepted"
    loosely = dataclasses.replace(sideways, across=policy.DOT_CORRELATION + 0.01)
    assert code(dataclasses.replace(LED, pursuit=loosely)) == "dot-not-followed"
    assert code(dataclasses.replace(LED, pursuit=dataclasses.replace(sideways, rises=True))) == "dot-not-followed"


def test_a_screen_is_a_word_of_advice_and_no_reason():
    screen = dataclasses.replace(LIT, surface=Surface(9.0, 0.5))
    assert code(screen) == "accepted"
    flat = dataclasses.replace(screen, relief=dataclasses.replace(DEEP, depth=0.0))
    with pytest.raises(Refusal, match="pattern of a screen"):
        judge(flat)
