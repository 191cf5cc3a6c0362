"""Whose face lends to an expression in the studio, and what is said of what no picture shows."""

import threading
from types import SimpleNamespace

import pytest

from app.engines.age import AgeOptions
from app.engines.combine import CombineOptions
from app.engines.express import ExpressOptions
from app.engines.swap import SwapOptions
from app.studio.expressions import CHOICES, LIVE, PHOTO, beside_swap, lender, notes
from app.studio.refusals import told
from app.studio.sessions import Visitor
from consent.errors import Refusal
from consent.types import Photo
from tests.booth import SEAT
from tests.people import person


@pytest.fixture(scope="module")
def mine(gate):
    """A photo of the person of the gate, matched, eyes closed and mouth open."""
    shown = {"open-mouth": 0.7}
    return gate.match(Photo(person("ada").render(SEAT, seed=43, expression=shown)))


def visitor(picture=None, language="en"):
    pictures = {} if picture is None else {"source": SimpleNamespace(match=picture)}
    return SimpleNamespace(lock=threading.RLock(), pictures=pictures, language=language)


@pytest.mark.parametrize("ready", LIVE)
def test_a_live_frame_is_copied_where_it_shows_most(gate, mine, ready):
    chosen = lender(visitor(mine), gate, ready)
    assert chosen.action is LIVE[ready]
    same = [one for one in gate.live() if one.action is LIVE[ready]]
    if ready == "copy-open-mouth":
        assert chosen.face.mouth == max(one.face.mouth for one in same) > 0.3
    else:
        assert max(chosen.face.eyes) == min(max(one.face.eyes) for one in same) < 0.15


def test_the_other_photo_lends_where_there_is_one(gate, mine):
    for ready in set(CHOICES) - set(LIVE):
        assert lender(visitor(mine), gate, ready) is mine
        assert lender(visitor(), gate, ready) is (None if ready == PHOTO else gate.live()[0])
    refused = SimpleNamespace(match=None)
    table = SimpleNamespace(lock=threading.RLock(), pictures={"source": refused}, language="en")
    assert lender(table, gate, PHOTO) is None


def test_what_no_picture_shows_is_said_in_the_visitors_language(gate, mine):
    rest = gate.live()[0]
    said = notes(visitor(), gate, rest, rest, ExpressOptions(preset="smile"))
    assert "no-smile" in said
    assert "shows your teeth" in said
    assert "露齿" in notes(visitor(language="zh"), gate, rest, rest, ExpressOptions(preset="smile"))
    assert notes(visitor(), gate, rest, rest, ExpressOptions(gaze=1.0)) == ""
    assert notes(visitor(), gate, mine, rest, ExpressOptions(copy=1.0)) == ""
    assert notes(visitor(), gate, rest, rest, SwapOptions()) == ""
    both = CombineOptions(age=AgeOptions(years=9), express=ExpressOptions(preset="smile"))
    assert "no-smile" in notes(visitor(), gate, rest, rest, both)
    assert notes(visitor(), gate, rest, rest, CombineOptions(SwapOptions(), AgeOptions(years=9))) == ""


def test_beside_a_swap_a_live_expression_is_copied_of_live_frames_alone(gate, mine):
    rest = gate.live()[0]
    for ready in CHOICES:
        chosen = beside_swap(visitor(mine), gate, ready, rest)
        assert chosen is (lender(visitor(mine), gate, ready) if ready in LIVE else rest)
        if ready not in LIVE:
            assert beside_swap(visitor(mine), gate, ready, mine) is mine
            continue
        with pytest.raises(Refusal, match="copy-beside-swap") as caught:
            beside_swap(visitor(mine), gate, ready, mine)
        assert told(caught.value, "zh")[0] != told(caught.value, "en")[0]


def test_nothing_is_said_of_a_session_that_has_ended(gate, mine):
    gone = Visitor()
    with pytest.raises(Refusal, match="session-withdrawn"):
        gone.tell(gate, "play", "<p>Your mouth is open.</p>")
    assert gone.notes == {}
