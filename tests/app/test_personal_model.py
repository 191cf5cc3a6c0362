"""The personal model: learnt through the gate from a person's own frames, in one session, and drawn on pictures."""

from __future__ import annotations

import copy
import pickle
import time

import cv2
import numpy as np
import pytest

from app.engines._personaldraw import AtlasPainter
from app.engines._personaldraw import drawn as drawn_by
from app.engines._personalfit import FEWEST, fitted
from app.engines.personal import PersonalOptions, learn, personal
from app.engines.swap import SwapOptions, swap
from app.stamp.writer import stamp
from consent.enrolment import enrol
from consent.errors import Forgery, Refusal
from consent.types import Draft, Photo, Purpose
from tests.bench_truth import face_mask, psnr
from tests.booth import SEAT
from tests.conftest import EVERYTHING, checked_again, frames_of
from tests.people import person

pytestmark = pytest.mark.long


def drawn(model, target, **how):
    return drawn_by(AtlasPainter(model), target, **how)


@pytest.fixture(scope="module")
def mine(gate):
    """A photo of the person of the gate, matched."""
    return gate.match(Photo(person("ada").render(SEAT, yaw=9, expression={"smile": 0.4}, seed=41)))


@pytest.fixture(scope="module")
def model(gate, mine):
    return learn(gate, [gate.grant(mine, mine, Purpose.MODEL)])


@pytest.fixture
def again(gate, booth, notary, ledger):
    """The person's session, begun again: what it knows can be taken back."""
    return enrol(
        checked_again(frames_of(gate, 5), booth.clock), notary.sign(EVERYTHING, booth.clock), ledger, booth.clock
    )


def leave(gate, target, purpose=Purpose.SWAP):
    return gate.grant(gate.live()[0], target, purpose)


def test_it_draws_the_person_as_they_are(gate, mine, model):
    draft = personal(gate, leave(gate, mine), PersonalOptions(model))
    assert type(draft) is Draft
    out = gate.release(draft)
    assert out.facts.engine == "personal-atlas 1"
    assert out.facts.purposes == (Purpose.SWAP,)
    assert psnr(out.pixels, mine.pixels, face_mask(mine.face, out.pixels.shape)) > 28
    far = ~face_mask(mine.face, out.pixels.shape, 0.02)
    assert np.array_equal(out.pixels[far], mine.pixels[far])


def test_many_frames_know_more_than_one(gate):
    """Held-out frames of another moment: expression and pose that the first frame does not show."""
    views = [*gate.live()[:4], *gate.live()[-12:]]
    held = views[-12::4]
    learnt = fitted([view for view in views if view not in held])
    still = fitted([views[0]] * FEWEST)
    better = []
    for frame in held:
        told, alone = (drawn(one, frame, interior="source") for one in (learnt, still))
        mask = face_mask(frame.face, told.shape, -0.05)
        better.append(psnr(told, frame.pixels, mask) - psnr(alone, frame.pixels, mask))
    assert np.mean(better) > 0.5
    assert learnt.beard is None


def test_what_was_learnt_is_stamped_as_a_swap_made_by_a_model(gate, mine, model, signer):
    done = stamp(gate, personal(gate, leave(gate, mine), PersonalOptions(model)), signer, "jpeg", "en")
    assert done.report.statement.engine == "personal-atlas 1"
    assert done.report.label is not None


def test_a_hand_across_the_face_is_left_out(gate):
    views = list(gate.live()[:8])
    spoilt = np.array(views[-1].pixels)
    nose = views[-1].face.mesh[[4, 205]].mean(0)[:2].astype(int)
    cv2.circle(spoilt, [int(v) for v in nose], 26, (40, 60, 160), -1)
    appearance = fitted([*views[:-1], _Seen(spoilt, views[-1].face)])
    assert appearance.left_out == 1
    assert all(not np.array_equal(frame.pixels, spoilt) for frame in appearance.frames)


class _Seen:
    def __init__(self, pixels, face):
        self.pixels, self.face = pixels, face


@pytest.mark.parametrize("count", [0, 1, FEWEST - 1])
def test_too_few_frames_say_how_many_more(gate, count):
    with pytest.raises(Refusal) as no:
        fitted(gate.live()[:count])
    assert no.value.code == "too-few-own-frames"
    assert f"Add {FEWEST - count} more" in no.value.remedy


def test_nothing_is_learnt_without_leave_for_it(gate, mine):
    for grants in ([], [leave(gate, mine)]):
        with pytest.raises(Refusal) as no:
            learn(gate, grants)
        assert no.value.code in {"nothing-to-learn", "wrong-purpose"}
    spent = leave(gate, mine, Purpose.MODEL)
    learn(gate, [spent])
    with pytest.raises(Forgery):
        learn(gate, [spent])


def test_learning_is_no_leave_to_draw(gate, mine, model):
    with pytest.raises(Refusal) as no:
        personal(gate, leave(gate, mine, Purpose.MODEL), PersonalOptions(model))
    assert no.value.code == "wrong-purpose"


def test_it_works_in_its_own_session_alone_and_is_gone_with_it(again, mine, model):
    target = again.match(Photo(mine.pixels))
    with pytest.raises(Forgery):
        personal(again, again.grant(target, target, Purpose.SWAP), PersonalOptions(model))
    own = again.live()[0]
    known = learn(again, [again.grant(own, own, Purpose.MODEL)])
    grant = again.grant(own, own, Purpose.SWAP)
    again.withdraw()
    for _ in range(500):  # somebody looks ten times a second
        if known._model is None:
            break
        time.sleep(0.02)
    assert known._model is None
    with pytest.raises(Refusal) as no:
        personal(again, grant, PersonalOptions(known))
    assert no.value.code == "session-withdrawn"


def test_what_was_forgotten_is_not_drawn(gate, mine):
    known = learn(gate, [gate.grant(mine, mine, Purpose.MODEL)])
    known.forget()
    with pytest.raises(Refusal, match="deleted"):
        personal(gate, leave(gate, mine), PersonalOptions(known))


def test_it_cannot_be_copied_or_taken_out(model):
    for way in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError):
            way(model)


@pytest.mark.parametrize("model_", [None, "model.safetensors", np.zeros(128, np.float32), b""])
def test_no_other_model_is_accepted(model_):
    with pytest.raises(Refusal) as no:
        PersonalOptions(model_)
    assert no.value.code == "bad-option"


def test_amount_none_changes_nothing_and_parts_stay_in_place(gate, mine, model):
    none = gate.release(personal(gate, leave(gate, mine), PersonalOptions(model, amount=0.0))).pixels
    assert np.array_equal(none, mine.pixels)
    mouth = gate.release(personal(gate, leave(gate, mine), PersonalOptions(model, parts=("mouth",)))).pixels
    changed = np.argwhere((mouth != mine.pixels).any(2))
    eyes = mine.face.points[:2, 1].max()
    assert len(changed)
    assert changed[:, 0].min() > eyes


def test_a_beard_of_today_is_drawn_on_a_bare_chin_and_no_other_engine_does(gate):
    """Learnt from drawn frames: the person of the gate has none."""
    from models.faces import Finder

    finder = Finder()

    def seen(name, **scene):
        pixels = person(name).render(SEAT, **scene)
        return _Seen(pixels, finder.find(pixels)[0])

    views = [seen("bram", yaw=yaw, seed=3 + k) for k, yaw in enumerate((0, 0, -12, 12, 3, -3))]
    appearance = fitted(views)
    assert appearance.beard is not None
    from tests.bench_truth import other_day

    bare = other_day("bram").render(SEAT, yaw=4, seed=9)
    target = _Seen(bare, finder.find(bare)[0])
    truth = person("bram").render(SEAT, yaw=4, seed=9)
    mask = face_mask(target.face, bare.shape)
    assert psnr(drawn(appearance, target), truth, mask) > psnr(bare, truth, mask) + 3
    assert psnr(drawn(appearance, target, interior="target"), truth, mask) < psnr(bare, truth, mask) + 3


def test_swap_takes_the_same_leave(gate, mine):
    assert gate.release(swap(gate, leave(gate, mine), SwapOptions())).facts.engine.startswith("swap-mesh")
