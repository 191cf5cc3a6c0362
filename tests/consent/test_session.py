"""Enrolment and the life of a session: who may begin one, and what is left when it ends."""

import dataclasses
import gc
import weakref

import numpy as np
import pytest

from consent import domain, policy
from consent.enrolment import enrol
from consent.errors import Fault, Forgery
from consent.gate import Gate
from consent.ledger import Ledger
from consent.receipt import Consent
from consent.types import (
    LIVE_SEAL,
    Action,
    Assurance,
    Domain,
    LiveCapture,
    LiveFrame,
    Once,
    Purpose,
    freeze,
)
from models.age import AgeEstimator
from models.faces import Finder
from tests.booth import SEAT, Booth, World
from tests.conftest import EVERYTHING, checked_again, frames_of
from tests.consent.shown import code_of, picture
from tests.people import person


@pytest.fixture(scope="module")
def mine(gate):
    return gate.match(picture("ada", seed=1))


def test_withdrawing_ends_everything_at_once(gate, notary, ledger, mine):
    booth = Booth("ada")
    live = checked_again([dataclasses.replace(f, pixels=f.pixels.copy()) for f in frames_of(gate)[:7]], booth.clock)
    narrow = Consent(frozenset({Purpose.AGE}), adult=True, myself=True, language="en", version="test", text="I agree.")
    receipt = notary.sign(narrow, booth.clock)

    booth.now += policy.LIVE_SECONDS + 1  # too late, then in time again
    assert code_of(enrol, live, receipt, ledger, booth.clock) == "live-stale"
    booth.now -= policy.LIVE_SECONDS + 1
    for change in ({"frames": live.frames[1:]}, {"years": 50.0}, {"world": b"w"}, {"made": 1e9}, {"seal": b""}):
        forged = dataclasses.replace(live, **change)
        assert code_of(enrol, forged, receipt, ledger, booth.clock, kind=Forgery) == "forged"
        assert code_of(Gate, forged, receipt, ledger, booth.clock, kind=Forgery) == "forged"

    mine_too = enrol(live, receipt, ledger, booth.clock)
    assert code_of(enrol, live, receipt, ledger, booth.clock, kind=Forgery) == "spent"

    me = mine_too.match(picture("ada", seed=3))
    assert code_of(mine_too.grant, me, me, Purpose.SWAP) == "purpose-not-agreed"
    assert code_of(mine_too.grant, mine, me, Purpose.AGE, kind=Forgery) == "forged"  # another gate's match
    grant = mine_too.grant(me, me, Purpose.AGE)
    spare = mine_too.grant(me, me, Purpose.AGE)
    open_work = mine_too.redeem(grant, Purpose.AGE)
    draft = open_work.draft(me.pixels, "none", {})
    late = mine_too.redeem(mine_too.grant(me, me, Purpose.AGE), Purpose.AGE)

    frames = [weakref.ref(f.pixels) for f in mine_too.live()]
    del open_work, grant
    mine_too.withdraw()
    mine_too.withdraw()
    calls = (
        (mine_too.live,), (mine_too.match, picture("ada", seed=3)), (mine_too.grant, me, me, Purpose.AGE),
        (mine_too.redeem, spare, Purpose.AGE), (mine_too.release, draft), (late.draft, me.pixels, "none", {}),
    )  # fmt: skip
    for call, *args in calls:
        assert code_of(call, *args) == "session-withdrawn"
    del late, spare, draft, calls, call, args, live, forged, change
    gc.collect()
    assert mine_too._template is None
    assert not [f for f in frames if f() is not None], "a live frame outlived the session"
    events = [(e["event"], e["code"]) for e in ledger.entries() if e["session"] == mine_too.session]
    assert [e for e, _ in events].count("withdrawn") == 1
    assert list(ledger.withdrawn()).count(mine_too.consent) == 1
    assert ("match-refused", "session-withdrawn") in events


def test_a_session_that_ended_can_still_be_withdrawn_and_only_that_takes_consent_back(gate, notary, ledger):
    booth = Booth("ada")
    for late in (False, True):
        receipt = notary.sign(EVERYTHING, booth.clock)
        one = enrol(checked_again(frames_of(gate)[:7], booth.clock), receipt, ledger, booth.clock)
        if late:  # found out by the gate itself
            booth.now = one.expires
            assert code_of(one.live) == "session-expired"
        one.close()
        one.close()
        assert one._template is None
        assert code_of(one.live) == "session-withdrawn"
        assert one.consent not in ledger.withdrawn()
        one.withdraw()
        one.withdraw()
        assert one.consent in ledger.withdrawn()
        events = [e["event"] for e in ledger.entries() if e["session"] == one.session]
        assert events == (["enrolled", "withdrawn"] if late else ["enrolled", "ended", "withdrawn"])


def test_a_broken_log_keeps_nobody(gate, mine, tmp_path, notary, booth):
    resting = [LiveFrame(m.pixels, m.face, Action.CENTRE) for m in gate.live() if m.action is Action.CENTRE]
    log = Ledger(tmp_path / "log", notary.key)
    one = enrol(checked_again(tuple(resting), booth.clock), notary.sign(EVERYTHING, booth.clock), log, booth.clock)
    (tmp_path / "log").write_bytes(b"damaged")
    with pytest.raises(Fault):
        one.withdraw()
    assert one._template is None
    assert code_of(one.live) == "session-withdrawn"


def test_a_session_ends_by_itself(notary, ledger):
    world, booth = World(), Booth("edda")
    shots = [world.photograph("edda", seed=60 + n, yaw=n) for n in range(6)]
    key = domain.world(shots[0].pixels, shots[0].mark)
    frames = tuple(LiveFrame(freeze(s.pixels), Finder().find(s.pixels)[0], Action.CENTRE) for s in shots)
    live = LIVE_SEAL.put(LiveCapture(frames, 40.0, key, Assurance.MOTION, booth.clock(), Once()))
    gate = enrol(live, notary.sign(EVERYTHING, booth.clock), ledger, booth.clock)
    assert gate.domain is Domain.DEMO
    assert code_of(gate.match, picture("edda", seed=1)) == "other-world"
    assert code_of(gate.match, World().photograph("edda", seed=1)) == "other-world"
    assert gate.match(world.photograph("edda", seed=1)).score >= policy.MATCH_COSINE
    booth.now = gate.expires
    assert code_of(gate.live) == "session-expired"
    assert code_of(gate.match, world.photograph("edda", seed=1)) == "session-withdrawn"
    assert gate._template is None


def test_marked_pictures_do_not_enter_a_camera_session(gate):
    assert code_of(gate.match, World().photograph("ada", seed=1)) == "other-world"


def test_a_child_cannot_enrol(notary, ledger, booth):
    seen = [person("child_lulu").render(dataclasses.replace(SEAT, seed=i)) for i in range(5)]
    frames = [LiveFrame(freeze(pixels), Finder().find(pixels)[0], Action.CENTRE) for pixels in seen]
    years = float(np.median([AgeEstimator().years(f.pixels, f.face) for f in frames]))
    assert years < policy.ADULT_YEARS
    live = checked_again(frames, booth.clock, years)
    assert code_of(enrol, live, notary.sign(EVERYTHING, booth.clock), ledger, booth.clock) == "looks-under-age"
    told = {k: v for k, v in ledger.entries()[-1].items() if v and k not in {"time", "previous", "hash"}}
    assert told == {"event": "enrolment-refused", "code": "looks-under-age"}


def test_frames_that_do_not_agree_make_no_template(gate, mine, notary, ledger, booth):
    receipt = notary.sign(EVERYTHING, booth.clock)
    resting = [f for f in gate.live() if f.action is Action.CENTRE]
    few = tuple(LiveFrame(m.pixels, m.face, Action.CENTRE) for m in resting[:3])
    assert code_of(enrol, checked_again(few, booth.clock), receipt, ledger, booth.clock) == "too-few-frames"
    mixed = list(few)
    stranger = picture("gita", seed=8).pixels
    other = LiveFrame(stranger, gate._finder.find(stranger)[0], Action.OPEN_MOUTH)
    enough = tuple(LiveFrame(m.pixels, m.face, Action.CENTRE) for m in resting[:6])
    one = Gate(checked_again((*enough, other), booth.clock), receipt, ledger, booth.clock)
    assert len(one.live()) == 6, "a live frame that does not match the template is nobody's"
    one.close()
    for name in ("bram", "gita", "ivo"):
        photo = picture(name, seed=2)
        mixed.append(LiveFrame(photo.pixels, gate._finder.find(photo.pixels)[0], Action.CENTRE))
    assert code_of(enrol, checked_again(tuple(mixed), booth.clock), receipt, ledger, booth.clock) == "too-few-frames"
