"""The gate: this one person, these very pixels, once, for now."""

import copy
import dataclasses
import math
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import flow
from consent import gate as gate_module
from consent import policy
from consent.errors import Forgery, Refusal
from consent.quality import usable
from consent.types import (
    Action,
    Domain,
    Draft,
    Grant,
    Match,
    Origin,
    Photo,
    Purpose,
    Released,
)
from models.faces import Pose
from tests.booth import SEAT
from tests.consent.shown import code_of, picture
from tests.people import person


@pytest.fixture(scope="module")
def mine(gate):
    return gate.match(picture("ada", seed=1))


@pytest.fixture(scope="module")
def other(gate):
    return gate.match(picture("ada", seed=2, yaw=12, light="warm"))


# --- matching --------------------------------------------------------------------------------------------------------


def test_the_person_matches_in_other_light_and_pose(gate):
    for changes in ({}, {"yaw": 20}, {"yaw": -20}, {"light": "window"}, {"expression": {"smile": 0.8}}):
        match = gate.match(picture("ada", seed=9, **changes))
        assert match.score >= policy.MATCH_COSINE
        assert (match.origin, match.action, match.others) == (Origin.PHOTO, None, ())


@pytest.mark.parametrize("name", ["bram", "chima", "dilan", "edda", "feng", "gita", "hana", "ivo", "joy"])
def test_nobody_else_matches(gate, name):
    no = None
    with pytest.raises(Refusal) as caught:
        gate.match(picture(name, seed=4))
    no = caught.value
    assert no.code in {"not-you", "looks-like-a-child"}
    assert no.reason
    assert no.remedy


def test_the_live_frames_are_matched_and_at_rest_first(gate):
    frames = gate.live()
    assert len(frames) > policy.TEMPLATE_FRAMES
    assert frames[0].action is Action.CENTRE
    assert {Action.TURN_LEFT, Action.TURN_RIGHT, Action.CLOSE_EYES, Action.OPEN_MOUTH} <= {f.action for f in frames}
    assert all(f.score >= policy.MATCH_COSINE and f.origin is Origin.LIVE for f in frames)


def test_a_score_that_is_not_a_number_is_refused(gate, monkeypatch):
    monkeypatch.setattr(gate._recogniser, "embed", lambda *_: np.full(128, np.nan, np.float32))
    assert code_of(gate.match, picture("ada", seed=1)) == "not-you"


def test_no_face_is_said(gate):
    assert code_of(gate.match, Photo(np.full((300, 400, 3), 120, np.uint8))) == "no-face"


@pytest.fixture(scope="module")
def couple():
    """Ada on the left, Gita on the right."""
    wide = [person(n).render(dataclasses.replace(SEAT, seed=6)) for n in ("ada", "gita")]
    return Photo(np.concatenate(wide, axis=1))


def test_several_faces_need_a_choice(gate, couple):
    with pytest.raises(Refusal) as caught:
        gate.match(couple)
    assert caught.value.code == "several-faces"
    assert len(caught.value.boxes) == 2
    assert caught.value.boxes[0][0] < caught.value.boxes[1][0]


def test_the_chosen_face_alone_is_judged(gate, couple):
    match = gate.match(couple, 0)
    assert len(match.others) == 1
    assert code_of(gate.match, couple, 1) == "not-you"
    for wrong in (2, -1):
        assert code_of(gate.match, couple, wrong) == "no-such-face"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"distance": 130.0}, "face-too-small"),
        ({"blur": 7.0}, "face-blurred"),
        ({"exposure": 0.0012}, "face-too-dark"),
        ({"yaw": 52.0}, "face-turned-away"),
    ],
)
def test_a_picture_that_cannot_be_judged_says_why(gate, changes, code):
    assert code_of(gate.match, picture("ada", seed=1, **changes)) in {code, "no-face"}


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("brightness", 0.01, "face-too-dark"),
        ("brightness", math.nan, "face-too-dark"),
        ("brightness", 0.99, "face-too-bright"),
        ("sharpness", 0.1, "face-blurred"),
        ("sharpness", math.nan, "face-blurred"),
        ("pose", Pose(60, 0, 0), "face-turned-away"),
        ("pose", Pose(0, math.nan, 0), "face-turned-away"),
    ],
)
def test_each_shortcoming_has_its_code(mine, field, value, code):
    usable(mine.face)
    assert code_of(usable, dataclasses.replace(mine.face, **{field: value})) == code


# --- granting and redeeming ------------------------------------------------------------------------------------------


def test_a_grant_gives_the_pixels_that_were_matched_once(gate, mine, other):
    grant = gate.grant(mine, other, Purpose.SWAP)
    work = gate.redeem(grant, Purpose.SWAP)
    assert work.source is mine
    assert work.purpose is Purpose.SWAP
    assert work.target is other
    assert work.own == gate.live()
    assert code_of(gate.redeem, grant, grant.purpose, kind=Forgery) == "spent"


def test_a_grant_for_one_thing_is_not_for_another_and_is_kept(gate, mine):
    grant = gate.grant(mine, mine, Purpose.AGE)
    assert code_of(gate.redeem, grant, Purpose.SWAP) == "wrong-purpose"
    gate.redeem(grant, Purpose.AGE)


def test_a_grant_runs_out(gate, booth, mine):
    grant = gate.grant(mine, mine, Purpose.AGE)
    booth.now += policy.GRANT_SECONDS
    assert code_of(gate.redeem, grant, grant.purpose, kind=Forgery) == "grant-stale"


@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy, pickle.dumps])
def test_sealed_values_stay_where_they_were_made(gate, mine, way):
    for value in (mine, gate.grant(mine, mine, Purpose.AGE)):
        with pytest.raises(TypeError):
            way(value)


@pytest.mark.parametrize(
    "change",
    [
        {"pixels": np.zeros((360, 480, 3), np.uint8)},
        {"others": ((0.0, 0.0, 9.0, 9.0),)},
        {"score": 0.99},
        {"origin": Origin.LIVE},
        {"seal": b"\0" * 32},
        {"seal": None},
    ],
)
def test_a_changed_match_is_a_forgery(gate, mine, change):
    forged = dataclasses.replace(mine, **change)
    assert code_of(gate.grant, forged, mine, Purpose.SWAP, kind=Forgery) == "forged"
    assert code_of(gate.grant, mine, forged, Purpose.SWAP, kind=Forgery) == "forged"


def test_a_match_of_a_moved_face_is_a_forgery(gate, mine):
    moved = dataclasses.replace(mine, face=dataclasses.replace(mine.face, mesh=mine.face.mesh + 1))
    assert code_of(gate.grant, moved, mine, Purpose.SWAP, kind=Forgery) == "forged"


@pytest.mark.parametrize("field", ["source", "target", "purpose", "expires", "nonce", "seal"])
def test_a_changed_grant_is_a_forgery(gate, mine, other, field):
    grant = gate.grant(mine, other, Purpose.SWAP)
    changes = {
        "source": other, "target": mine, "purpose": Purpose.AGE, "expires": math.inf, "nonce": b"0" * 16, "seal": b"",
    }  # fmt: skip
    forged = dataclasses.replace(grant, **{field: changes[field]})
    assert code_of(gate.redeem, forged, forged.purpose, kind=Forgery) == "forged"


def test_a_hand_built_grant_is_a_forgery(gate, mine):
    stranger = Match(picture("gita").pixels, mine.face, (), 0.99, Origin.PHOTO, None, b"x" * 32)
    built = Grant(mine, stranger, Purpose.SWAP, math.inf, b"n" * 16, b"s" * 32)
    assert code_of(gate.redeem, built, Purpose.SWAP, kind=Forgery) == "forged"
    for thing in (mine, None, "grant", np.zeros((9, 9, 3), np.uint8)):
        assert code_of(gate.redeem, thing, Purpose.SWAP, kind=Forgery) == "forged"
        assert code_of(gate.release, thing, kind=Forgery) == "forged"
    assert code_of(gate.grant, None, mine, Purpose.SWAP, kind=Forgery) == "forged"


# --- drafts ----------------------------------------------------------------------------------------------------------


def work(gate, match):
    return gate.redeem(gate.grant(match, match, Purpose.AGE), Purpose.AGE)


def test_a_draft_is_released_once_with_its_facts(gate, mine):
    draft = work(gate, mine).draft(mine.pixels, "none", {"years": 1.0})
    released = gate.release(draft)
    assert np.array_equal(released.pixels, mine.pixels)
    facts = released.facts
    assert (facts.purposes, facts.domain, facts.session) == ((Purpose.AGE,), Domain.LIVE, gate.session)
    assert (facts.source_origin, facts.target_origin) == (Origin.PHOTO, Origin.PHOTO)
    assert (facts.source_score, facts.target_score) == (mine.score, mine.score)
    assert released.original is mine.pixels
    assert released.source is mine.pixels
    assert code_of(gate.release, draft, kind=Forgery) == "spent"


def test_a_draft_cannot_be_looked_at(gate, mine):
    draft = work(gate, mine).draft(mine.pixels, "none", {})
    assert not [n for n in dir(draft) if not n.startswith("_")]
    assert "array" not in repr(draft)
    for operation in (lambda: draft[0], lambda: np.asarray(draft).astype(np.uint8), lambda: bytes(draft)):
        with pytest.raises(TypeError):
            operation()


@pytest.mark.parametrize("field", ["pixels", "original", "source", "facts", "_nonce", "_seal"])
def test_a_changed_draft_is_a_forgery(gate, mine, other, field):
    draft = work(gate, mine).draft(mine.pixels, "none", {})
    inside = draft._inside
    changes = dict.fromkeys(("pixels", "original", "source"), other.pixels)
    changes["facts"] = dataclasses.replace(inside.facts, domain=Domain.DEMO)
    if field in changes:
        forged = dataclasses.replace(draft, _inside=dataclasses.replace(inside, **{field: changes[field]}))
    else:
        forged = dataclasses.replace(draft, **{field: {"_nonce": b"0", "_seal": None}[field]})
    assert code_of(gate.release, forged, kind=Forgery) == "forged"


def test_a_hand_built_draft_is_a_forgery(gate, mine):
    facts = work(gate, mine).draft(mine.pixels, "none", {})._inside.facts
    stranger = picture("gita").pixels
    inside = Released(stranger, stranger, stranger, facts)
    assert code_of(gate.release, Draft(inside, b"n", b"s"), kind=Forgery) == "forged"


def test_an_engine_hands_in_once(gate, mine):
    one = work(gate, mine)
    one.draft(mine.pixels, "none", {})
    assert code_of(one.draft, mine.pixels, "none", {}, kind=Forgery) == "spent"


@pytest.mark.parametrize("bad", [np.zeros((9, 9, 3), np.uint8), np.zeros((360, 480, 3), np.float32)])
def test_an_engine_must_hand_in_the_target_shape(gate, mine, bad):
    assert code_of(work(gate, mine).draft, bad, "none", {}) == "bad-output"


def test_a_parameter_must_be_a_number(gate, mine):
    assert code_of(work(gate, mine).draft, mine.pixels, "none", {"years": math.nan}) == "bad-option"


@settings(max_examples=12)
@given(value=st.integers(0, 255))
def test_other_people_and_far_pixels_are_put_back(gate, couple, value):
    match = gate.match(couple, 0)
    draft = work(gate, match).draft(np.full_like(match.pixels, value), "none", {})
    out = gate.release(draft).pixels
    x, y, w, h = (round(v) for v in match.others[0])
    assert np.array_equal(out[y : y + h, x : x + w], match.pixels[y : y + h, x : x + w])
    assert np.array_equal(out[:, -60:], match.pixels[:, -60:])
    nose = match.face.mesh[4].astype(int)
    assert (out[nose[1], nose[0]] == value).all()


def test_a_neighbour_who_cannot_be_measured_is_still_somebody(gate):
    both = [
        person("ada").render(dataclasses.replace(SEAT, seed=6)),
        person("gita").render(dataclasses.replace(SEAT, seed=6, yaw=58)),
    ]
    photo = Photo(np.concatenate(both, axis=1))
    seen = gate._finder.detect(photo.pixels)
    assert len(seen) == 2, "the detector must see her, or this test shows nothing"
    assert code_of(gate.match, photo) == "several-faces"
    match = gate.match(photo, 0)
    out = gate.release(work(gate, match).draft(np.zeros_like(photo.pixels), "none", {})).pixels
    x, y, w, h = (round(v) for v in match.others[0])
    head = np.s_[max(0, round(y - 0.4 * h)) : y + h, round(x) : round(x + w)]
    assert np.array_equal(out[head], photo.pixels[head])


def test_a_chosen_face_that_cannot_be_measured_is_said(gate, monkeypatch):
    monkeypatch.setattr(gate._finder, "measure", lambda *_: None)
    assert code_of(gate.match, picture("ada", seed=1)) == "face-turned-away"


def test_every_decision_is_logged_without_a_face(gate, mine, ledger):
    before = len(ledger.entries())
    gate.grant(mine, mine, Purpose.SWAP)
    code_of(gate.match, picture("gita", seed=4))
    new = ledger.entries()[before:]
    assert [(e["event"], e["code"], e["purpose"]) for e in new] == [
        ("grant", "", "swap"),
        ("match-refused", "not-you", ""),
    ]
    text = repr(new)
    assert not [n for n in ("score", "box", "embedding", "years") if n in text]


def test_flow_is_the_only_way_the_tests_met_her(gate):
    assert type(gate) is gate_module.Gate
    assert flow.meet.__module__ == "app.flow"
