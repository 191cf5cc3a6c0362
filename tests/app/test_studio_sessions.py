"""How a session of the studio ends: its time is over, consent is withdrawn, the log breaks; and what is left then."""

import gc
import itertools
import math
import weakref
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import numpy as np
import pytest

from app.engines.age import AgeOptions
from app.home import Home
from app.stamp import writer
from app.studio import receipts
from app.studio.desk import OFFERED
from app.studio.sessions import CHECK_SECONDS
from app.studio.withdrawal import known, withdraw
from app.verify import verify
from consent import policy
from consent.errors import Fault, Refusal
from consent.gate import Work
from consent.types import Photo, Purpose
from tests.app.studio_helpers import OWN, agree, my_picture, put, seated, sit_down

pytestmark = pytest.mark.long

# The tests of this file share one studio and one browser, and run in order.


@pytest.fixture(scope="module")
def mine():
    return my_picture()


@pytest.fixture(scope="module")
def studio(tmp_path_factory, gate):
    return seated(tmp_path_factory.mktemp("home"), gate)


def remembered(visitor):
    """What is in memory about a person."""
    return (visitor.gate, visitor.receipt, visitor.pictures, visitor.results, visitor.incoming, visitor.notes)


NOTHING = (None, None, {}, {}, {}, {})


@pytest.mark.parametrize("late", [0.0, 1.0, math.nan, -1.5])
def test_when_its_time_is_over_everything_goes(studio, gate, mine, late):
    _, desk, booth, client, visitor = studio
    if not visitor.results:
        sit_down(desk, visitor, gate)
        put(client, "target", mine)
        desk.look(visitor, "target")
        desk.make(visitor, AgeOptions(years=25))
    put(client, "source", mine)
    visitor.notes["play"] = "<p>about me</p>"
    ending, key, now = visitor.gate, visitor.shown, booth.now
    receipt = visitor.receipt
    pixels = weakref.ref(visitor.pictures["target"].match.pixels)
    assert all(remembered(visitor))
    booth.now = ending.expires - 1.0
    desk.sweep()
    assert visitor.gate is ending
    booth.now = ending.expires + late
    desk.sweep()
    booth.now = now
    assert remembered(visitor) == NOTHING
    assert (ending._template, ending._live) == (None, ())
    gc.collect()
    assert pixels() is None, "a matched picture outlived the session"
    assert client.get(f"/studio/result/{key}").status_code == 404
    assert client.get("/studio/receipt").status_code == 404
    with pytest.raises(Refusal, match="session-ended"):
        desk.gate(visitor)
    with pytest.raises(Refusal, match="session-withdrawn"):
        ending.match(Photo(np.zeros((200, 200, 3), np.uint8)))
    mine_alone = [e for e in desk.ledger.entries() if e["session"] == ending.session]
    assert [e["event"] for e in mine_alone].count("ended") == 1
    # Time that is over is no consent that was taken back.
    assert receipt.id not in desk.ledger.withdrawn()
    assert not receipts.read((desk.home.receipts / f"{receipt.id}.json").read_text()).withdrawn
    # A check that was running while its agreement was taken back opens nothing.
    with pytest.raises(Refusal, match="withdrawn"):
        visitor.open(ending, receipt)
    assert visitor.gate is None


def test_a_file_to_verify_that_nobody_asks_for_is_let_fall(studio, mine):
    _, desk, booth, client, visitor = studio
    now = booth.now
    assert client.put("/studio/check", content=mine, headers=OWN).status_code == 204
    booth.now += CHECK_SECONDS
    desk.sweep()
    assert visitor.incoming == {"check": mine}
    booth.now += 1.0
    desk.sweep()
    booth.now = now
    assert visitor.incoming == {}


def test_requests_that_overlap_end_nothing(studio, gate):
    """Each brings its own time, none in order."""
    _, desk, booth, _, visitor = studio
    sit_down(desk, visitor, gate)
    ticking = itertools.count(int(booth.now))
    desk.store.clock, before = lambda: float(next(ticking)), desk.store.clock
    with ThreadPoolExecutor(8) as pool:
        gates = list(pool.map(lambda _: desk.gate(visitor), range(400)))
    desk.store.clock = before
    assert set(gates) == {visitor.gate}
    assert visitor.gate is not None
    desk.store.wipe()


def test_who_does_not_come_to_the_check_is_forgotten_too(studio):
    _, desk, booth, _, visitor = studio
    receipt = agree(desk, visitor)
    now = booth.now
    booth.now = now + policy.RECEIPT_SECONDS
    desk.sweep()
    assert visitor.receipt is receipt
    booth.now += 1.0
    visitor.capturing = True  # who is before the camera is told by the check itself
    desk.sweep()
    assert visitor.receipt is receipt
    visitor.capturing = False
    desk.sweep()
    booth.now = now
    assert remembered(visitor) == NOTHING
    assert not visitor.ended
    assert receipt.id not in desk.ledger.withdrawn()


def test_who_is_not_offered_something_cannot_agree_to_it(studio):
    _, desk, _, _, visitor = studio
    assert agree(desk, visitor, [str(purpose) for purpose in Purpose]).purposes == set(OFFERED)
    with pytest.raises(Refusal, match="no-purpose"):
        agree(desk, visitor, ["everything", "", "swap "])


# --- withdrawn --------------------------------------------------------------------------------------------------------


def test_withdrawing_before_the_check_is_written_down(studio):
    _, desk, _, _, visitor = studio
    receipt = agree(desk, visitor)
    desk.withdraw(visitor)
    desk.withdraw(visitor)
    assert remembered(visitor) == NOTHING
    assert receipt.id in desk.ledger.withdrawn()
    assert receipts.read((desk.home.receipts / f"{receipt.id}.json").read_text()).withdrawn


def test_withdrawing_stops_what_is_running_and_what_is_waiting(studio, gate, mine, monkeypatch):
    """While an engine works; and while another picture waits for it."""
    _, desk, _, client, visitor = studio
    sit_down(desk, visitor, gate)
    put(client, "target", mine)
    desk.look(visitor, "target")
    at_work, go_on = Event(), Event()
    real = Work.draft

    def slow(work, *rest, **named):
        at_work.set()
        assert go_on.wait(60)
        return real(work, *rest, **named)

    monkeypatch.setattr(Work, "draft", slow)
    stamped = []
    monkeypatch.setattr(writer, "_write", lambda *given: stamped.append(given))
    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(desk.make, visitor, AgeOptions(years=20)) for _ in range(2)]
        assert at_work.wait(5), [job.exception(5) for job in jobs]
        receipt, ending = visitor.receipt, visitor.gate
        desk.withdraw(visitor)
        assert remembered(visitor) == NOTHING  # at once, though the engine is still at it
        assert ending._template is None
        go_on.set()
        for job in jobs:
            with pytest.raises(Refusal, match="session-withdrawn"):
                job.result(60)
    assert stamped == []
    assert remembered(visitor) == NOTHING
    assert receipt.id in desk.ledger.withdrawn()
    with pytest.raises(Refusal, match="no-live-check"):
        desk.make(visitor, AgeOptions(years=20))


def test_after_it_the_earlier_pictures_are_said_to_be_withdrawn(studio, gate, mine):
    _, desk, _, client, visitor = studio
    sit_down(desk, visitor, gate)
    put(client, "target", mine)
    desk.look(visitor, "target")
    data = desk.make(visitor, AgeOptions(years=20)).stamped.data
    number = visitor.receipt.id
    assert verify(data, desk.anchors, known(desk.home)[0]).withdrawn is None
    desk.withdraw(visitor)
    report = verify(data, desk.anchors, known(desk.home)[0])
    assert report.statement.consent == number
    assert report.withdrawn == desk.ledger.withdrawn()[number]
    assert report.sentence.endswith(f"Consent withdrawn on {report.withdrawn[:10]}.")


def test_withdrawing_in_another_process_ends_the_session_here(studio, gate, mine):
    _, desk, _, _, visitor = studio
    sit_down(desk, visitor, gate)
    here, number = visitor.gate, visitor.receipt.id
    desk.sweep()
    assert visitor.gate is here
    withdraw(Home.open(desk.home.root), visitor.receipt.document)
    desk.sweep()
    assert remembered(visitor) == NOTHING
    assert here._template is None
    assert [e["consent"] for e in desk.ledger.entries() if e["event"] == "withdrawn"].count(number) == 1


def test_a_broken_log_keeps_nobody_in_the_studio(studio, gate):
    _, desk, booth, _, visitor = studio
    for leave in (desk.withdraw, lambda _: desk.store.wipe()):
        sit_down(desk, visitor, gate)
        whole = desk.home.ledger.read_bytes()
        desk.home.ledger.write_bytes(b"damaged")
        ending = visitor.gate
        with pytest.raises(Fault, match="log-broken"):
            leave(visitor)
        desk.home.ledger.write_bytes(whole)
        assert remembered(visitor) == NOTHING
        assert ending._template is None
    sit_down(desk, visitor, gate)
    ending, now = visitor.gate, booth.now
    desk.home.ledger.write_bytes(b"damaged")
    booth.now = ending.expires
    desk.sweep()  # goes on to the others
    booth.now = now
    assert remembered(visitor) == NOTHING


def test_no_picture_was_written_anywhere(studio):
    _, desk, _, _, _ = studio
    assert not [p for p in desk.home.root.rglob("*") if p.suffix in {".jpg", ".png", ".webp"}]
