"""Nothing of a match, a grant, a draft or what an engine works with can be exchanged for something else."""

import dataclasses

import numpy as np
import pytest

from consent.errors import Forgery
from consent.types import Face, Facts, Match, Origin, Purpose
from models.faces import Pose
from tests.consent.test_seals import liar
from tests.promises.stage import gate_of, sat


@pytest.fixture(scope="module")
def known(notary, ledger):
    """Ada's gate and one of her matches."""
    gate = gate_of("ada", notary, ledger)
    return gate, gate.live()[0]


def changed(value):
    """Something else of the same type."""
    if isinstance(value, np.ndarray):
        return np.frombuffer((value + 1).tobytes(), value.dtype).reshape(value.shape)
    if isinstance(value, Pose):
        return dataclasses.replace(value, roll=value.roll + 1)
    if isinstance(value, tuple):
        return (*value[:-1], value[-1] + 1) if value else ((0.0, 0.0, 1.0, 1.0),)
    return value + 1


def match_code(gate, match):
    with pytest.raises(Forgery) as caught:
        gate.grant(match, match, Purpose.SWAP)
    return caught.value.code


@pytest.mark.parametrize("name", [f.name for f in dataclasses.fields(Face)])
def test_no_number_of_a_matched_face_can_be_changed(known, name):
    gate, match = known
    face = dataclasses.replace(match.face, **{name: changed(getattr(match.face, name))})
    assert match_code(gate, dataclasses.replace(match, face=face)) == "forged"


@pytest.mark.parametrize("name", [f.name for f in dataclasses.fields(Match)])
def test_nothing_of_a_match_can_be_changed(known, name):
    gate, match = known
    other = {"face": None, "origin": Origin.PHOTO, "action": None, "seal": bytes(32)}
    value = other[name] if name in other else changed(getattr(match, name))
    assert match_code(gate, dataclasses.replace(match, **{name: value})) == "forged"


def test_other_pixels_that_give_the_bytes_of_the_matched_ones_are_found(known):
    gate, match = known
    stranger = sat("bram")[0].pixels
    array = liar(np.ndarray, tobytes=lambda *_: match.pixels.tobytes())
    assert match_code(gate, dataclasses.replace(match, pixels=stranger.view(array))) == "forged"


def test_another_picture_under_the_seal_of_a_granted_one_is_found(known):
    gate, match = known
    grant = gate.grant(match, match, Purpose.SWAP)
    swapped = dataclasses.replace(match, pixels=sat("bram")[0].pixels)
    for change in ({"source": swapped}, {"target": swapped}):
        with pytest.raises(Forgery, match="forged"):
            gate.redeem(dataclasses.replace(grant, **change), Purpose.SWAP)
    gate.redeem(grant, Purpose.SWAP)


def test_what_an_engine_works_with_stays_what_was_granted(known):
    gate, match = known
    work = gate.redeem(gate.grant(match, match, Purpose.SWAP), Purpose.SWAP)
    stranger = dataclasses.replace(match, pixels=sat("bram")[0].pixels)
    for name in ("source", "target", "purpose", "own"):
        with pytest.raises((AttributeError, TypeError)):
            setattr(work, name, stranger)
    with pytest.raises(TypeError):
        dataclasses.replace(work, target=stranger)


def test_a_draft_says_nothing_else_than_what_was_made(known):
    gate, match = known
    draft = gate.redeem(gate.grant(match, match, Purpose.SWAP), Purpose.SWAP).draft(match.pixels, "e", {"a": 1.0})
    facts = draft._inside.facts
    for name in (f.name for f in dataclasses.fields(Facts)):
        said = dataclasses.replace(facts, **{name: "other"})
        other = dataclasses.replace(draft, _inside=dataclasses.replace(draft._inside, facts=said))
        with pytest.raises(Forgery, match="forged"):
            gate.release(other)
    assert gate.release(draft).facts == facts
