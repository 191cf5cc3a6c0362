"""Attacks on the leave to change a picture: grants, matches, drafts and sessions, from Python."""

from __future__ import annotations

import copy
import dataclasses
import math
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from app.codec import Format
from app.stamp.writer import Stamped, stamp
from consent import policy
from consent.enrolment import enrol
from consent.gate import Gate, Work
from consent.types import Draft, Grant, Match, Once, Origin, Photo, Purpose, Released
from tests.conftest import EVERYTHING, checked_again
from tests.promises.stage import Clock, draw, photo, sat
from tests.redteam.attack import Surface, answer, control, on, together

attack = on(Surface.PYTHON)


@attack("spent", cheap=True)
def a_grant_used_twice(ground):
    grant = ground.leave()
    control(answer(ground.ada.redeem, grant, Purpose.AGE) == "done", "a genuine grant does not work")
    return answer(ground.ada.redeem, grant, Purpose.AGE)


@attack("done once, spent 31 times", cheap=True)
def one_grant_by_32_threads_at_once(ground):
    grant = ground.leave()
    with ThreadPoolExecutor(32) as pool:
        said = list(pool.map(lambda _: answer(ground.ada.redeem, grant, Purpose.AGE), range(32)))
    control(len(said) == 32, "not all of them tried")
    return f"done {'once' if said.count('done') == 1 else said.count('done')}, spent {said.count('spent')} times"


@attack("forged", cheap=True)
def grants_built_by_hand(ground):
    genuine = ground.leave()
    seals = (bytes(32), b"", None, genuine.seal[:31], genuine.seal, ground.mine.seal)
    built = [dataclasses.replace(genuine, nonce=bytes(16), seal=seal) for seal in seals]
    built.append(Grant(_stranger(), _stranger(), Purpose.AGE, math.inf, bytes(16)))
    return together(answer(ground.ada.redeem, grant, Purpose.AGE) for grant in built)


@attack("forged", cheap=True)
def grants_changed_in_place(ground):
    changes = {"purpose": Purpose.SWAP, "expires": math.inf, "nonce": bytes(16), "seal": bytes(32), "job": b"x"}
    changes |= {"target": _stranger(), "source": None}
    said = []
    for name, value in changes.items():
        grant = ground.leave()
        object.__setattr__(grant, name, value)
        said.append(answer(ground.ada.redeem, grant, grant.purpose))
    return together(said)


@attack("forged")
def a_grant_of_another_session(ground):
    return answer(ground.bram.redeem, ground.leave(), Purpose.AGE)


@attack("forged")
def a_match_of_another_session(ground):
    own = ground.bram.live()[0]
    pairs = ((ground.mine, own), (own, ground.mine), (ground.mine, ground.mine))
    control(answer(ground.bram.grant, own, own, Purpose.SWAP) == "done", "a genuine match does not work")
    return together(answer(ground.bram.grant, *pair, Purpose.SWAP) for pair in pairs)


@attack("forged")
def a_match_of_an_earlier_session_of_the_same_person(ground):
    return answer(ground.gate().grant, ground.mine, ground.mine, Purpose.AGE)


@attack("wrong-purpose", cheap=True)
def a_grant_for_something_else(ground):
    return together(answer(ground.ada.redeem, ground.leave(), other) for other in Purpose if other != Purpose.AGE)


@attack("purpose-not-agreed")
def a_purpose_that_was_not_agreed_to(ground):
    clock = Clock()
    narrow = dataclasses.replace(EVERYTHING, purposes=frozenset({Purpose.AGE}))
    receipt = ground.notary.sign(narrow, clock)
    gate = enrol(checked_again(sat("ada"), clock), receipt, ground.ledger, clock)
    own = gate.live()[0]
    control(answer(gate.grant, own, own, Purpose.AGE) == "done", "what was agreed to does not work")
    return together(answer(gate.grant, own, own, one) for one in Purpose if one != Purpose.AGE)


@attack("grant-stale")
def a_grant_kept_too_long(ground):
    clock = Clock()
    gate = ground.gate(clock=clock)
    grant = ground.leave(gate, gate.live()[0])
    clock.now += policy.GRANT_SECONDS
    return answer(gate.redeem, grant, Purpose.AGE)


@attack("session-withdrawn")
def everything_after_withdraw(ground):
    gate, calls = _all_calls(ground)
    gate.withdraw()
    return together(answer(*call) for call in calls)


@attack("session-expired, session-withdrawn")
def everything_after_the_session_has_ended(ground):
    return _moved(ground, policy.SESSION_SECONDS)


@attack("session-expired, session-withdrawn")
def the_clock_set_back_by_a_millisecond(ground):
    return _moved(ground, -1e-3)


@attack("session-expired, session-withdrawn")
def a_clock_that_leaps_to_infinity_or_to_no_number(ground):
    return together(_moved(ground, leap) for leap in (math.nan, math.inf, -math.inf, 1e300))


@attack("not a number refuses, infinity refuses", cheap=True)
def enrolling_under_a_clock_that_tells_no_time(ground):
    def tried(now):
        clock = Clock(now)
        live = answer(lambda: ground.gate(clock=clock).match(photo(draw("ada", seed=1))))
        return "refuses" if live in {"live-stale", "session-expired", "consent-stale"} else live

    return f"not a number {tried(math.nan)}, infinity {tried(math.inf)}"


@attack("TypeError", cheap=True)
def sealed_values_copied_and_pickled(ground):
    values = [ground.mine, ground.leave(), ground.drafted(), ground.stamped, checked_again(sat("ada"), Clock())]
    ways = (copy.copy, copy.deepcopy, pickle.dumps, lambda v: v.__reduce_ex__(4), lambda v: v.__reduce_ex__(0))
    control(copy.copy(Photo(draw("ada", seed=1))), "nothing can be copied here")
    return together(answer(way, value) for value in values for way in ways)


@attack("forged")
def sealed_values_of_a_class_that_looks_alike(ground):
    def twin(value):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return object.__new__(type(type(value).__name__, (), fields))

    tries = (
        (ground.ada.grant, twin(ground.mine), twin(ground.mine), Purpose.AGE),
        (ground.ada.redeem, twin(ground.leave()), Purpose.AGE),
        (ground.ada.release, twin(ground.drafted())),
        (stamp, twin(Released(*[ground.mine.pixels] * 3, None)), ground.drafted(), ground.signer),
        (Gate, twin(checked_again(sat("ada"), Clock())), None, ground.ledger, Clock()),
    )
    return together(answer(*one) for one in tries)


@attack("forged")
def what_an_engine_works_with_built_by_hand(ground):
    gate = ground.gate()
    never = Grant(_stranger(), _stranger(), Purpose.SWAP, 1e9, bytes(16))
    used = gate.redeem(ground.leave(gate, gate.live()[0]), Purpose.AGE)
    control(answer(used.draft, used.target.pixels, "redteam", {}) == "done", "genuine work gives no draft")
    works = (Work((), never, gate, Once()), dataclasses.replace(used, _once=Once()))
    return together(answer(work.draft, work.target.pixels, "redteam", {}) for work in works)


@attack("forged")
def a_strangers_pixels_put_into_the_picture_while_an_engine_works(ground):
    gate = ground.gate()
    work = gate.redeem(ground.leave(gate, gate.live()[0]), Purpose.AGE)
    object.__setattr__(work.target, "pixels", _stranger().pixels)
    return answer(work.draft, work.target.pixels, "redteam", {})


@attack("bad-output", cheap=True)
def an_engine_that_gives_a_picture_of_another_shape(ground):
    def tried(pixels):
        return answer(ground.ada.redeem(ground.leave(), Purpose.AGE).draft, pixels, "redteam", {})

    return together(map(tried, (np.zeros((9, 9, 3), np.uint8), ground.mine.pixels.astype(np.float32))))


@attack("to the bit as before, far from the face")
def an_engine_that_paints_over_the_whole_picture(ground):
    """Only what lies near the matched face may come from an engine."""
    match = ground.ada.match(photo(draw("ada", seed=1, size=(960, 720), distance=90.0)))
    work = ground.ada.redeem(ground.leave(match=match), Purpose.AGE)
    before = work.target.pixels
    after = ground.ada.release(work.draft(np.full_like(before, 255), "redteam", {})).pixels
    x, _, width, height = match.face.box
    edge = round(x - 1.2 * max(width, height))
    control((after != before).any() and edge > 50, "the engine changed nothing, or nothing is far from the face")
    same = (after[:, :edge] == before[:, :edge]).all()
    return "to the bit as before, far from the face" if same else "changed far from the face"


@attack("spent", cheap=True)
def a_draft_stamped_twice(ground):
    draft = ground.drafted()
    control(answer(stamp, ground.ada, draft, ground.signer) == "done", "a genuine draft cannot be stamped")
    return answer(stamp, ground.ada, draft, ground.signer)


@attack("forged", cheap=True)
def drafts_built_by_hand(ground):
    pixels = _stranger().pixels
    inside = Released(pixels, pixels, pixels, None)
    built = (Draft(inside, bytes(16), bytes(16)), dataclasses.replace(ground.drafted(), _inside=inside))
    return together(answer(stamp, ground.ada, draft, ground.signer) for draft in (*built, inside, pixels, None))


@attack("forged", cheap=True)
def finished_files_built_by_hand(ground):
    """`Stamped` is the only type with bytes to save or show."""
    real = ground.stamped
    data = b"\xff\xd8\xff" + bytes(99)
    tries = ((data, real.fmt, real.report, real.seal), (data, Format.JPEG, real.report, bytes(32)))
    return together(answer(Stamped, *one) for one in (*tries, (real.data + b"x", *tries[0][1:])))


@attack("read-only", cheap=True)
def writing_into_matched_pixels(ground):
    pixels = ground.mine.pixels

    def write():
        pixels[0, 0] = 0

    tries = (write, lambda: pixels.setflags(write=True), lambda: pixels.base.setflags(write=True))
    return "read-only" if {answer(one) for one in tries} == {"ValueError"} else together(map(answer, tries))


@attack("spent")
def one_live_check_for_two_sessions(ground):
    clock = Clock()
    live, receipt = checked_again(sat("ada"), clock), ground.notary.sign(EVERYTHING, clock)
    control(answer(enrol, live, receipt, ground.ledger, clock) == "done", "a genuine check opens no session")
    return answer(enrol, dataclasses.replace(live), receipt, ground.ledger, clock)


@attack("consent-stale, forged, live-stale")
def an_old_check_an_old_agreement_and_a_forged_one(ground):
    def tried(check, agreed, change=lambda receipt: receipt):
        clock = Clock()
        then = Clock(clock.now - agreed)
        live = checked_again(sat("ada"), Clock(clock.now - check))
        receipt = change(ground.notary.sign(EVERYTHING, clock if not agreed else then))
        if agreed:
            then.now = clock.now
        return answer(enrol, live, receipt, ground.ledger, clock)

    forged = tried(0, 0, lambda receipt: dataclasses.replace(receipt, purposes=frozenset({Purpose.MODEL})))
    return together([tried(policy.LIVE_SECONDS + 1, 0), tried(0, policy.RECEIPT_SECONDS + 1), forged])


def _stranger():
    """Somebody else's picture, called a match by hand."""
    frame = sat("bram")[0]
    return Match(frame.pixels, frame.face, (), 1.0, Origin.PHOTO, None)


def _all_calls(ground, clock=None):
    """A gate, and a genuine call of each kind, ready to be made."""
    gate = ground.gate(clock=clock)
    own = gate.live()[0]
    grant, draft = ground.leave(gate, own), ground.drafted(gate, own)
    calls = [(gate.live,), (gate.match, photo(draw("ada", seed=1))), (gate.grant, own, own, Purpose.AGE)]
    calls += [
        (gate.redeem, grant, Purpose.AGE),
        (gate.release, draft),
        (gate.follow, own, [Purpose.AGE], Purpose.VIDEO),
    ]
    return gate, calls


def _moved(ground, by):
    """Everything under a clock that was moved, and again when it is right again."""
    clock = Clock()
    gate, calls = _all_calls(ground, clock)
    control(answer(gate.live) == "done", "the session was not open")
    before, clock.now = clock.now, clock.now + by
    said = [answer(*call) for call in calls]
    clock.now = before
    return together([*said, *(answer(*call) for call in calls)])
