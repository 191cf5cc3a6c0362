"""Training a network on oneself: only through the gate, in memory, paused and resumed gone with the session."""

from __future__ import annotations

import copy
import pickle
import threading
import time
import weakref

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engines import _personalnet
from app.engines._personalcrops import Crops, place, random_warp, seen_by_network
from app.engines._personaltraining import FEWEST, State, train
from app.engines.personal import PersonalOptions, personal
from app.stamp.writer import stamp
from consent.enrolment import enrol
from consent.errors import Fault, Forgery, Refusal
from consent.types import Photo, Purpose
from models.topology import OVAL
from tests.booth import SEAT
from tests.conftest import EVERYTHING, checked_again, frames_of
from tests.people import person

pytestmark = pytest.mark.long

torch.set_num_threads(1)
PATIENCE = 60.0


@pytest.fixture(scope="module")
def mine(gate):
    """A photo of the person of the gate, matched."""
    return gate.match(Photo(person("ada").render(SEAT, yaw=9, expression={"smile": 0.4}, seed=41)))


def leave(gate, matches, purpose=Purpose.MODEL):
    return [gate.grant(one, one, purpose) for one in matches]


@pytest.fixture(scope="module")
def begun(gate):
    """A training of the person's live frames on themselves, three steps far."""
    own = gate.live()[-FEWEST:]
    training = train(gate, (leave(gate, own[:1]), leave(gate, own)), side=64, threads=1)
    training.wait(3, PATIENCE)
    training.pause()
    yield training
    training.forget()


@pytest.fixture
def again(gate, booth, notary, ledger):
    """The person's session, begun again: what it knows can be taken back."""
    return enrol(
        checked_again(frames_of(gate, 6), booth.clock), notary.sign(EVERYTHING, booth.clock), ledger, booth.clock
    )


def settled(training, state):
    for _ in range(int(PATIENCE / 0.02)):
        if training.told().state is state:
            return training.told()
        time.sleep(0.02)
    raise AssertionError(training.told())


def test_it_learns_and_tells_its_losses_by_name(begun):
    told = begun.told()
    assert told.steps >= 3
    assert {"mae", "dssim", "mask"} == set(told.losses)
    assert all(0 < value < 5 for points in told.losses.values() for _, value in points)
    assert told.frames[1] == FEWEST
    assert told.frames[0] >= FEWEST


def test_a_pause_loses_nothing_and_learns_nothing(begun):
    before = settled(begun, State.PAUSED).steps
    time.sleep(0.3)
    assert begun.told().steps == before
    begun.resume()
    begun.wait(before + 1, PATIENCE)
    begun.stop()
    after = settled(begun, State.STOPPED).steps
    assert after > before
    begun.resume()
    begun.wait(after + 1, PATIENCE)
    begun.pause()
    assert settled(begun, State.PAUSED).steps > after


def test_what_it_draws_is_a_stamped_swap_made_by_a_model(gate, mine, begun, signer):
    grant = gate.grant(gate.live()[0], mine, Purpose.SWAP)
    done = stamp(gate, personal(gate, grant, PersonalOptions(begun)), signer, "jpeg", "en")
    assert done.report.statement.engine == "personal-light64 1"
    assert done.report.statement.purpose == "swap"
    assert done.report.label is not None


def test_drawing_changes_the_face_alone(gate, mine, begun):
    grant = gate.grant(gate.live()[0], mine, Purpose.SWAP)
    out = gate.release(personal(gate, grant, PersonalOptions(begun))).pixels
    changed = np.argwhere((out != mine.pixels).any(2))[:, ::-1]
    assert len(changed)
    low, high = mine.face.mesh[:, :2].min(0) - 2, mine.face.mesh[:, :2].max(0) + 2
    assert (changed >= low).all()
    assert (changed <= high).all()


def test_it_cannot_be_copied_or_taken_out(begun):
    for way in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError):
            way(begun)


@pytest.mark.parametrize(("how", "state"), [("withdraw", "running"), ("close", "paused")])
def test_it_works_in_its_own_session_alone_whose_end_deletes_it_at_once(again, how, state, mine, begun):
    target = again.match(Photo(mine.pixels))
    with pytest.raises(Forgery):
        personal(again, again.grant(target, target, Purpose.SWAP), PersonalOptions(begun))
    own = list(again.live())
    training = train(again, (leave(again, own[:1]), leave(again, [*own, *own])), side=64, threads=1)
    training.wait(1, PATIENCE)
    if state == "paused":
        training.pause()
    getattr(again, how)()
    settled(training, State.FORGOTTEN)
    training._thread.join(PATIENCE)
    assert (training._maker, training._looks, training._curves) == (None, None, {})
    with pytest.raises(Refusal, match=r"over|deleted|withdrawn|ended"):
        training.painter(again)


def test_what_was_forgotten_stays_forgotten(gate):
    own = list(gate.live())[-FEWEST:]
    training = train(gate, (leave(gate, own[:1]), leave(gate, own)), side=64, threads=1)
    training.forget()
    for again_ in (training.resume, training.pause, training.stop):
        again_()
        assert training.told().state is State.FORGOTTEN
    with pytest.raises(Refusal) as no:
        training.painter(gate)
    assert no.value.code == "model-forgotten"


def test_nothing_is_drawn_before_anything_was_learnt(gate, monkeypatch):
    held = threading.Event()
    monkeypatch.setattr(_personalnet.Maker, "step", lambda *_: held.wait(PATIENCE) and {})
    own = list(gate.live())[-FEWEST:]
    training = train(gate, (leave(gate, own[:1]), leave(gate, own)), side=64, threads=1)
    training.forget()  # waits for no step
    held.set()
    with pytest.raises(Refusal):
        training.painter(gate)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (MemoryError(), "memory-full"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), "memory-full"),
        (RuntimeError("odd"), "training-broken"),
        (ValueError("nobody thought of it"), "training-broken"),
        (Fault("weights-missing", "It is gone.", "Mend it."), "weights-missing"),
    ],
)
def test_a_training_that_breaks_says_so_and_leaves_no_half_model(gate, monkeypatch, error, code):
    def broken(*_):
        raise error

    monkeypatch.setattr(_personalnet.Maker, "step", broken)
    own = list(gate.live())[-FEWEST:]
    training = train(gate, (leave(gate, own[:1]), leave(gate, own)), side=64, threads=1)
    told = settled(training, State.FAILED)
    assert told.why.code == code
    assert (training._maker, training._looks) == (None, None)
    with pytest.raises(Refusal) as no:
        training.painter(gate)
    assert no.value.code == code


def test_what_is_said_of_a_broken_training_holds_on_to_no_picture(gate, mine, monkeypatch):
    def broken(*_):
        raise RuntimeError("odd")

    monkeypatch.setattr(_personalnet.Maker, "step", broken)
    own = list(gate.live())[-FEWEST:]
    training = train(gate, (leave(gate, own[:1]), leave(gate, own)), side=64, threads=1)
    settled(training, State.FAILED)
    with pytest.raises(Refusal):
        personal(gate, gate.grant(mine, mine, Purpose.SWAP), PersonalOptions(training))
    assert training.told().why.__traceback__ is None  # its frames know the grant, and the grant the picture


def test_no_network_outlives_its_session_in_a_circle(again, monkeypatch):
    """As torch makes one of the first network of a process; nothing frees it soon but a look for circles."""
    made = []

    def step(maker, _):
        maker.circle = maker
        made.append(weakref.ref(maker))
        return {}

    monkeypatch.setattr(_personalnet.Maker, "step", step)
    own = list(again.live())
    training = train(again, (leave(again, own[:1]), leave(again, [*own, *own])), side=64, threads=1)
    training.wait(1, PATIENCE)
    again.withdraw()
    training._thread.join(PATIENCE)
    assert made
    assert made[0]() is None


@pytest.mark.parametrize("count", [0, 1, FEWEST - 1])
def test_too_few_frames_say_how_many_more(gate, count):
    own = gate.live()
    with pytest.raises(Refusal) as no:
        train(gate, (leave(gate, own[:1]), leave(gate, own[:count])), threads=1)
    assert no.value.code == "too-few-frames-to-train"
    assert f"Add {FEWEST - count} more" in no.value.remedy


def test_frames_from_one_side_alone_are_refused(gate):
    rest = [gate.live()[0]] * FEWEST
    with pytest.raises(Refusal) as no:
        train(gate, (leave(gate, gate.live()[:1]), leave(gate, rest)), threads=1)
    assert no.value.code == "one-pose"


def test_leave_for_something_else_trains_nothing(gate):
    own = gate.live()
    with pytest.raises(Refusal) as no:
        train(gate, (leave(gate, own[:1]), leave(gate, own[:1], Purpose.SWAP)), threads=1)
    assert no.value.code == "wrong-purpose"
    spent = leave(gate, own[:1])
    gate.redeem(spent[0], Purpose.MODEL)
    with pytest.raises(Forgery):
        train(gate, (spent, leave(gate, own)), threads=1)


@pytest.mark.parametrize("what", [{"kind": "stylegan"}, {"side": 512}, {"kind": "../x"}])
def test_other_networks_there_are_none(gate, what):
    with pytest.raises(Refusal) as no:
        train(gate, ([], []), threads=1, **what)
    assert no.value.code == "bad-option"


# --- crops ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def crops(gate):
    return Crops.of(gate.live()[:3], 64)


def test_the_network_sees_the_whole_face_and_little_else(gate):
    for one in gate.live()[::8]:
        into = place(one.face.mesh, 64)
        oval = one.face.mesh[list(OVAL), :2] @ into[:, :2].T + into[:, 2]
        assert (oval > -6).all()
        assert (oval < 70).all()
        assert np.ptp(oval[:, 0]) > 36
        assert seen_by_network(one, 64).shape == (64, 64, 3)


def test_a_batch_is_warped_faces_and_what_they_were(crops):
    before, after = crops.batch(4, np.random.default_rng(1))
    assert before.shape == (4, 3, 64, 64)
    assert after.shape == (4, 4, 64, 64)
    for one in (before, after):
        assert one.dtype == np.float32
        assert 0 <= one.min() <= one.max() <= 1
    assert not np.array_equal(before, after[:, :3])
    assert after[:, 3, 32, 32].min() > 0.9
    same, _ = crops.batch(4, np.random.default_rng(1))
    assert np.array_equal(before, same)


@settings(max_examples=15)
@given(st.integers(0, 2**31), st.sampled_from([64, 96, 128]))
def test_the_target_of_a_warp_is_aligned_with_it(seed, side):
    """A picture of coordinates: what was warped differs from what is wanted by noise alone, and by little."""
    whole = round(1.6 * side)
    y, x = np.mgrid[:whole, :whole].astype(np.float32)
    picture = np.dstack([x, y, 0 * x, 0 * x])
    before, after = random_warp(picture, side, np.random.default_rng(seed))
    off = before[..., :2] - after[..., :2]
    assert np.abs(off.mean((0, 1))).max() < 0.03 * side
    assert 0 < np.abs(off).mean() < 0.06 * side


def test_no_noise_no_warp(monkeypatch):
    from app.engines import _personalcrops

    monkeypatch.setattr(_personalcrops, "_NOISE", 0.0)
    picture = np.random.default_rng(0).uniform(0, 255, (102, 102, 4)).astype(np.float32)
    calm = np.asarray(picture)
    calm[:] = 100
    calm[..., 0] = np.arange(102)[None]
    before, after = random_warp(calm, 64, np.random.default_rng(0))
    assert np.abs(before - after[..., :3]).max() < 2
