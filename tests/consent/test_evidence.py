"""Each measure of a recording is given its own part of it, and what it says stands under its own name."""

import dataclasses

import numpy as np
import pytest

from consent import policy
from consent.types import Action, Assurance
from models.presentation import evidence
from tests.consent.told import COLOURS, Told

STEPS = (Action.TURN_LEFT, Action.OPEN_MOUTH, Action.NOD)


@pytest.fixture(scope="module", params=[Action.DOT, Action.LIGHT])
def capture(request):
    lit = request.param is Action.LIGHT
    return Told((*STEPS, request.param), Assurance.MOTION_LIGHT if lit else Assurance.MOTION).obey()


@pytest.fixture
def asked(monkeypatch):
    """What each measure was given; it says its own name."""
    given = {}
    for module, name in (
        ("depth", "pool"), ("light", "measure"), ("sameness", "measure"), ("series", "followed"),
        ("series", "strongest"), ("series", "gap"), ("series", "rate"), ("series", "repeated"), ("series", "coloured"),
    ):  # fmt: skip

        def measure(*parts, where=f"{module}.{name}"):
            given[where] = parts
            return where

        monkeypatch.setattr(getattr(evidence, module), name, measure)
    return given


def places(capture, *actions):
    return [prompt.index for prompt in capture.prompts if prompt.action in actions]


def test_each_measure_is_given_its_own(capture, asked):
    found = evidence.gather(capture, policy.DOT_FIELD)
    lit = capture.assurance is Assurance.MOTION_LIGHT
    assert dataclasses.astuple(found) == (
        capture.outcome, capture.at, capture.assurance, "series.repeated", "series.rate", "sameness.measure",
        "series.gap", "depth.pool", "light.measure" if lit else None, None if lit else "series.followed",
        "series.strongest",
    )  # fmt: skip
    sights, rests = capture.sights, places(capture, Action.CENTRE)
    assert asked["series.repeated"] == asked["series.rate"] == (sights,)
    shown = places(capture, Action.LIGHT, Action.DOT)
    assert asked["series.gap"] == (sights, [shown])
    assert asked["depth.pool"] == (capture.steps,)
    assert asked["series.strongest"] == (sights, rests)
    if lit:
        colours = dict(zip(shown, (colour.rgb for colour in COLOURS), strict=True))
        assert asked["series.coloured"] == (sights, colours)
        assert asked["light.measure"] == ("series.coloured",)
    else:
        assert asked["series.followed"] == (sights, shown, capture.path, capture.rest, policy.DOT_FIELD)
    samples, kept, resting, while_shown, all_asked = asked["sameness.measure"]
    assert (samples, resting, while_shown) == (capture.samples, rests, [shown])
    assert all_asked == [p.index for p in capture.prompts[1:] if p.action is not Action.LIGHT]
    assert [rest for rest, _ in kept] == [frame.action is Action.CENTRE for frame in capture.frames]
    assert all(one is other for (_, one), other in zip(kept, capture.embeddings, strict=True))


@pytest.mark.parametrize("more", [-1, 1])
def test_frames_without_an_embedding_each_are_none_at_all(capture, asked, more):
    some = capture.embeddings[:-1] if more < 0 else (*capture.embeddings, np.zeros(128, np.float32))
    evidence.gather(dataclasses.replace(capture, embeddings=some), policy.DOT_FIELD)
    assert asked["sameness.measure"][1] == []
