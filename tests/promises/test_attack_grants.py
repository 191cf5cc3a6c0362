"""Leave to change a picture: replayed, forged, carried to another session, kept too long, under a moved clock."""

import dataclasses
import gc
import inspect
import math
import pickle

import numpy as np
import pytest

from app import flow
from app.engines.age import AgeOptions, age
from app.stamp.writer import stamp
from consent import policy
from consent.enrolment import enrol
from consent.errors import Fault, Forgery, Refusal
from consent.types import Draft, Face, Grant, Match, Photo, Purpose
from tests.conftest import EVERYTHING, checked_again
from tests.promises.stage import Clock, draw, gate_of, photo, sat

YEARS = AgeOptions(years=10)


@pytest.fixture(scope="module")
def mine(ada):
    return ada.match(photo(draw("ada", seed=1)))


@pytest.fixture(scope="module")
def bram(notary, ledger):
    return gate_of("bram", notary, ledger)


def leave(gate, match):
    return gate.grant(match, match, Purpose.AGE)


def forged(call, *args):
    with pytest.raises(Forgery) as caught:
        call(*args)
    return caught.value.code


# --- replay ----------------------------------------------------------------------------------------------------------


def test_a_grant_and_a_draft_work_once_in_whatever_order(ada, signer, mine):
    grant = leave(ada, mine)
    draft = age(ada, grant, YEARS)
    assert forged(age, ada, grant, YEARS) == "spent"
    stamp(ada, draft, signer)
    assert forged(stamp, ada, draft, signer) == "spent"
    assert forged(age, ada, grant, YEARS) == "spent"


def test_a_grant_spent_by_an_engine_that_fails_is_spent(ada, mine):
    grant = leave(ada, mine)
    work = ada.redeem(grant, Purpose.AGE)
    with pytest.raises(Refusal, match="bad-output"):
        work.draft(np.zeros((9, 9, 3), np.uint8), "broken", {})
    assert forged(ada.redeem, grant, Purpose.AGE) == "spent"


# --- forgery ---------------------------------------------------------------------------------------------------------


def tampered(ada, mine):
    """Grants that were changed in place, where `frozen` is no wall."""
    theirs = draw("gita", seed=1)
    for name, value in {
        "purpose": Purpose.SWAP,
        "expires": math.inf,
        "nonce": bytes(16),
        "seal": bytes(32),
        "target": dataclasses.replace(mine, pixels=theirs),
        "source": None,
    }.items():
        grant = leave(ada, mine)
        object.__setattr__(grant, name, value)
        yield name, grant


def test_a_grant_changed_in_place_is_a_forgery(ada, mine):
    for name, grant in tampered(ada, mine):
        assert forged(ada.redeem, grant, grant.purpose) == "forged", name


@pytest.mark.parametrize("name", [f.name for f in dataclasses.fields(Face)])
def test_no_measure_of_a_matched_face_can_be_changed(ada, name):
    match = ada.match(photo(draw("ada", seed=1)))
    grant = leave(ada, match)
    old = getattr(match.face, name)
    if isinstance(old, np.ndarray):
        new = old + 30.0
    elif isinstance(old, tuple):
        new = tuple(v + 1 for v in old)
    elif name == "pose":
        new = dataclasses.replace(old, yaw=old.yaw + 1)
    else:
        new = old + 1
    object.__setattr__(match.face, name, new)
    assert forged(ada.redeem, grant, Purpose.AGE) == "forged"
    assert forged(ada.grant, match, match, Purpose.AGE) == "forged"


def test_matched_pixels_cannot_be_written_and_follow_no_change_of_what_was_handed_in(ada, signer):
    """A picture that is changed between the match and the grant: what counts is what was matched."""
    pixels = draw("ada", seed=1).copy()
    handed = Photo(pixels)
    match = ada.match(handed)
    pixels[:] = draw("gita", seed=1)
    assert (match.pixels == draw("ada", seed=1)).all()
    for write in (lambda: match.pixels.setflags(write=True), lambda: match.pixels.__setitem__(0, 0)):
        with pytest.raises(ValueError, match=r"WRITEABLE|read-only"):
            write()
    stamped = flow.make(ada, match, match, YEARS, signer, fmt="png")
    assert stamped.report.label is not None
    assert (leave(ada, match).target.pixels == draw("ada", seed=1)).all()


def test_an_array_that_lies_about_itself_is_judged_as_what_it_gives(ada):
    """An array whose bytes are asked for twice and differ: the copy that is judged is the copy that is kept."""

    class Liar(np.ndarray):
        def tobytes(self, *args, **kwargs):
            return draw("gita", seed=1).tobytes()

    with pytest.raises(Refusal, match=r"not-you|looks-under-age"):
        ada.match(Photo(draw("ada", seed=1).view(Liar)))


@pytest.mark.parametrize("kind", [Match, Grant, Draft])
def test_a_value_built_by_hand_or_unpickled_is_a_forgery(ada, mine, kind):
    names = [f.name for f in dataclasses.fields(kind)]
    source = {Match: mine, Grant: leave(ada, mine), Draft: age(ada, leave(ada, mine), YEARS)}[kind]
    values = {name: getattr(source, name) for name in names}
    built = kind(**{**values, names[-1]: bytes(32)})
    call = {
        Match: lambda v: ada.grant(v, v, Purpose.AGE),
        Grant: lambda v: ada.redeem(v, Purpose.AGE),
        Draft: ada.release,
    }[kind]
    assert forged(call, built) == "forged"
    for way in (pickle.dumps, lambda v: v.__reduce_ex__(4)):
        with pytest.raises(TypeError):
            way(source)
    twin = object.__new__(type(f"Sub{kind.__name__}", (), {name: values[name] for name in names}))
    assert forged(call, twin) == "forged"


def test_nothing_that_looks_like_a_vector_or_a_file_is_a_picture(ada):
    shapes = ((9, 9, 4), (0, 9, 3), (9, 9), (9,))
    things = [np.zeros(128, np.float32), np.zeros((9, 9, 3), np.float32), b"x", "x.jpg", None, []]
    for thing in (*things, *(np.zeros(shape, np.uint8) for shape in shapes)):
        with pytest.raises((Refusal, Fault, AttributeError, TypeError)):
            ada.match(Photo(thing))
    assert set(inspect.signature(ada.match).parameters) == {"photo", "choose"}


# --- another session -------------------------------------------------------------------------------------------------


def test_nothing_of_one_session_is_worth_anything_in_another(ada, bram, signer, mine):
    assert forged(bram.grant, mine, mine, Purpose.AGE) == "forged"
    own = bram.live()[0]
    for pair in ((mine, own), (own, mine)):
        assert forged(bram.grant, *pair, Purpose.SWAP) == "forged"
        assert forged(ada.grant, *pair, Purpose.SWAP) == "forged"
    grant = leave(ada, mine)
    assert forged(age, bram, grant, YEARS) == "forged"
    draft = age(ada, grant, YEARS)
    assert forged(stamp, bram, draft, signer) == "forged"
    with pytest.raises(Refusal, match="not-you"):
        bram.match(photo(draw("ada", seed=1)))


def test_the_same_person_in_a_new_session_starts_anew(ada, mine, notary, ledger):
    again = gate_of("ada", notary, ledger)
    assert forged(again.grant, mine, mine, Purpose.AGE) == "forged"
    assert forged(age, again, leave(ada, mine), YEARS) == "forged"


def test_an_agreement_and_a_live_check_work_once(notary, ledger):
    clock = Clock()
    live, receipt = checked_again(sat("ada"), clock), notary.sign(EVERYTHING, clock)
    enrol(live, receipt, ledger, clock)
    assert forged(enrol, live, receipt, ledger, clock) == "spent"
    twin = dataclasses.replace(live)  # the same check, written out again
    assert forged(enrol, twin, receipt, ledger, clock) == "spent"


# --- time ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def timed(notary, ledger):
    clock = Clock()
    gate = gate_of("ada", notary, ledger, clock)
    yield gate, clock
    gc.collect()


def everything(gate, match, grant, draft):
    return (
        gate.live,
        lambda: gate.match(photo(draw("ada", seed=1))),
        lambda: gate.grant(match, match, Purpose.AGE),
        lambda: gate.redeem(grant, Purpose.AGE),
        lambda: gate.release(draft),
    )


@pytest.mark.parametrize(
    "leap",
    [policy.SESSION_SECONDS, policy.SESSION_SECONDS * 1e6, math.inf, math.nan, -1e-3, -1.0, -1e9, -math.inf],
    ids=str,
)
def test_a_clock_that_is_moved_ends_everything(timed, leap):
    """Forwards past the end, backwards at all, or to no number: nothing is done, and the person is forgotten."""
    gate, clock = timed
    match = gate.match(photo(draw("ada", seed=1)))
    grant = leave(gate, match)
    draft = age(gate, leave(gate, match), YEARS)
    before = clock.now
    clock.now += leap
    for call in everything(gate, match, grant, draft):
        with pytest.raises(Refusal, match=r"session-"):
            call()
    clock.now = before
    for call in everything(gate, match, grant, draft):
        with pytest.raises(Refusal, match=r"session-"):
            call()
    assert gate._template is None


def test_setting_the_clock_back_and_forth_makes_no_grant_last_longer(timed):
    gate, clock = timed
    match = gate.match(photo(draw("ada", seed=1)))
    grant = leave(gate, match)
    clock.now += policy.GRANT_SECONDS
    assert forged(gate.redeem, grant, Purpose.AGE) == "grant-stale"
    clock.now -= 1.0
    with pytest.raises(Refusal, match="session-"):
        gate.redeem(grant, Purpose.AGE)


@pytest.mark.parametrize("now", [math.nan, -math.inf, math.inf])
def test_nobody_enrols_under_a_clock_that_tells_no_time(notary, ledger, now):
    clock = Clock(now)
    with pytest.raises(Refusal):
        gate_of("ada", notary, ledger, clock).match(photo(draw("ada", seed=1)))
