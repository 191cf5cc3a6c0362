"""The buttons of Play with the real gate of a synthetic person: yes, no, done, over."""

import gc
import itertools
import math
import weakref
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from types import SimpleNamespace

import numpy as np
import pytest
from starlette.testclient import TestClient

from app import flow, media
from app.engines.age import AgeOptions
from app.engines.swap import SwapOptions
from app.home import Home
from app.stamp import writer
from app.studio import pictures, receipts
from app.studio.desk import OFFERED
from app.studio.play import _boxes, _handler, _slot, _stage
from app.studio.server import build
from app.studio.sessions import CHECK_SECONDS
from app.studio.strip import make_strip
from app.studio.verify import report_html
from app.studio.withdrawal import known, withdraw
from app.verify import Verdict, verify
from consent import policy
from consent.enrolment import enrol
from consent.errors import Fault, Refusal
from consent.gate import Work
from consent.types import Photo, Purpose
from tests.booth import SEAT
from tests.conftest import checked_again, frames_of
from tests.people import person

PORT = 7997
OWN = {"origin": f"http://127.0.0.1:{PORT}"}


def jpeg(name, **changes):
    return media.encode(person(name).render(SEAT, **changes), "jpeg", 93)


@pytest.fixture(scope="module")
def mine():
    return jpeg("ada", yaw=6.0, size=(480, 600), background=4)


@pytest.fixture(scope="module")
def theirs():
    return jpeg("ivo", size=(480, 600), background=4)


@pytest.fixture(scope="module")
def studio(tmp_path_factory, gate):
    """A studio with a clock of its own, and one browser whose person has passed the check."""
    guard, desk = build(PORT, Home.open(tmp_path_factory.mktemp("home")), page=_pictures_only)
    client = TestClient(guard, base_url=f"http://127.0.0.1:{PORT}")
    client.get("/", params={"t": guard.token}, follow_redirects=False)
    visitor = desk.visitor({"cookie": f"{guard.cookie}={client.cookies[guard.cookie]}"})
    time = SimpleNamespace(now=1000.0)
    desk.store.clock = lambda: time.now
    sit_down(desk, visitor, gate)
    return guard, desk, time, client, visitor


def agree(desk, visitor, purposes=("age", "swap")):
    return desk.agree(visitor, purposes, "test", "I agree.", myself=True, adult=True)


def sit_down(desk, visitor, gate):
    """Agree, and have passed the check: with the live frames of the person whom all tests met."""
    clock = desk.store.clock
    receipt = agree(desk, visitor)
    visitor.open(enrol(checked_again(frames_of(gate), clock), receipt, desk.ledger, clock), receipt)


def _pictures_only(api, desk):
    api.include_router(pictures.routes(desk))


def put(client, side, data):
    return client.put(f"/studio/picture/{side}", content=data, headers=OWN)


# The tests of this file share one studio and one browser, and run in order; the later ones end its sessions.


def test_nothing_is_made_of_nothing(studio):
    _, desk, _, _, visitor = studio
    with pytest.raises(Refusal, match=r"\[target\]"):
        desk.make(visitor, AgeOptions(years=20))


def test_an_upload_is_judged_when_it_is_looked_at(studio, mine):
    _, desk, _, client, visitor = studio
    assert put(client, "target", mine).status_code == 204
    assert visitor.pictures == {}
    picture = desk.look(visitor, "target")
    assert picture.no is None
    assert picture.match.score >= 0.5
    assert visitor.incoming == {}
    shown = client.get("/studio/picture/target")
    assert shown.content == mine  # the person's own file, byte for byte
    assert shown.headers["content-type"] == "image/jpeg"
    assert "It is you" in _slot(visitor, "target")


def test_a_stranger_is_refused_on_either_side_and_cannot_be_used(studio, theirs):
    _, desk, _, client, visitor = studio
    for side in ("source", "target"):
        put(client, side, theirs)
        picture = desk.look(visitor, side)
        assert picture.match is None
        assert picture.no.code == "not-you"
        assert "not-you" in _slot(visitor, side)
    with pytest.raises(Refusal, match="not-you"):
        desk.make(visitor, SwapOptions())
    visitor.pictures.pop("source")


def test_with_two_people_the_face_is_chosen_and_the_other_one_still_refused(studio, mine, theirs):
    _, desk, _, client, visitor = studio
    both = np.hstack([media.read(mine).pixels, media.read(theirs).pixels])
    put(client, "target", media.encode(both, "png", 90))
    picture = desk.look(visitor, "target")
    assert picture.no.code == "several-faces"
    assert len(picture.boxes) == 2
    assert _boxes(picture, "target", "en").count("<button") == 2
    assert desk.look(visitor, "target", 1).no.code == "not-you"
    assert desk.look(visitor, "target", 0).match is not None
    with pytest.raises(Refusal):
        desk.make(visitor, flow.ExpressOptions(smile=1.0))  # was not agreed to


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"<script>alert(1)</script>", b"\xff\xd8\xff\xe0 cut"])
def test_what_is_no_picture_is_said_and_never_run(studio, data):
    _, desk, _, client, visitor = studio
    put(client, "source", data)
    picture = desk.look(visitor, "source")
    assert picture.match is None
    assert picture.no.reason.endswith(".")
    answer = client.get("/studio/picture/source")
    assert answer.headers["x-content-type-options"] == "nosniff"
    if data:
        assert answer.headers["content-type"] in {"application/octet-stream", "image/jpeg"}
    else:
        assert answer.status_code == 404
    assert "<script" not in _slot(visitor, "source")
    visitor.pictures.pop("source")


def test_a_result_leaves_as_stamped_and_in_no_other_form(studio, mine):
    _, desk, _, client, visitor = studio
    put(client, "target", mine)
    desk.look(visitor, "target")
    result = desk.make(visitor, AgeOptions(years=25))
    key = visitor.shown
    shown, saved = client.get(f"/studio/result/{key}"), client.get(f"/studio/result/{key}", params={"save": "1"})
    assert shown.content == saved.content == result.stamped.data
    assert saved.headers["content-disposition"] == f'attachment; filename="{result.name}"'
    assert client.get(f"/studio/before/{key}").content == mine
    report = verify(saved.content, desk.anchors)
    assert report.verdict is Verdict.OURS
    assert report.statement.domain == "live"
    left = 100 * report.label.box[0] / media.read(mine).pixels.shape[1]
    cut = int(_stage(visitor).split("--cut:")[1].split("%")[0])
    assert cut <= left  # the slider opens with the whole label in sight


def test_the_live_frame_can_be_changed_too_and_never_goes_out_unstamped(studio, mine):
    _, desk, _, client, visitor = studio
    desk.live(visitor, "target")
    assert client.get("/studio/picture/target").status_code == 404
    assert "<img" not in _slot(visitor, "target")
    result = desk.make(visitor, AgeOptions(years=-10))
    assert result.stamped.report.statement.target_origin == "live"
    assert client.get(f"/studio/before/{visitor.shown}").status_code == 404
    assert "/studio/before/" not in _stage(visitor)
    assert client.get(f"/studio/result/{visitor.shown}").content == result.stamped.data
    put(client, "target", mine)  # as it was, for what follows
    desk.look(visitor, "target")
    desk.make(visitor, AgeOptions(years=25))


def test_a_strip_is_finished_pictures_of_their_own(studio, monkeypatch):
    _, desk, _, client, visitor = studio
    monkeypatch.setattr("app.studio.strip.AGES", (-20, 30))
    before = set(visitor.results)
    make_strip(desk, visitor)
    strip = {one.years: key for key, one in visitor.results.items() if key not in before}
    assert visitor.shown == strip[30.0]
    page = _stage(visitor)
    assert page.count('data-do="show"') == 2
    for years, key in strip.items():
        assert page.index(f"/studio/result/{strip[-20.0]}") < page.index(f"{years:+.0f} years")
        report = verify(client.get(f"/studio/result/{key}").content, desk.anchors)
        assert report.verdict is Verdict.OURS
    happened = _handler(desk)
    happened(visitor, {"do": "show", "side": "target", "key": strip[-20.0]})
    assert visitor.shown == strip[-20.0]
    for other in ("", "nobody's", None):
        happened(visitor, {"do": "show", "side": "target", "key": other})
        assert visitor.shown == strip[-20.0]


def test_another_browser_sees_nothing(studio):
    guard, desk, _, client, visitor = studio
    other = TestClient(guard, base_url=f"http://127.0.0.1:{PORT}")
    other.get("/", params={"t": guard.token}, follow_redirects=False)
    for path in (f"/studio/result/{visitor.shown}", f"/studio/before/{visitor.shown}", "/studio/picture/target"):
        assert client.get(path).status_code == 200
        assert other.get(path).status_code == 404
    assert put(other, "target", b"x").json()["code"] == "no-live-check"
    assert desk.store.opened() is visitor.gate


def test_a_report_is_text_whatever_a_stranger_wrote(studio):
    _, _, _, _, visitor = studio
    report = visitor.results[visitor.shown].stamped.report
    evil = type(report)(report.verdict, "fine", title="<img src=x onerror=alert(1)>", signer="<b>", failures=("<i>",))
    html = report_html(evil, "en")
    assert "<img" not in html
    assert "<b>" not in html
    assert "&lt;img" in html


def test_old_results_give_way(studio, monkeypatch):
    _, _, _, _, visitor = studio
    monkeypatch.setattr("app.studio.sessions.MOST_RESULTS", 2)
    result = visitor.results[visitor.shown]
    for key in ("a", "b", "c"):
        visitor.keep(visitor.gate, result, key)
    assert list(visitor.results) == ["b", "c"]


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
        agree(desk, visitor, ["personal-model", "", "swap "])
    assert "personal-model" not in {str(purpose) for purpose in OFFERED}


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
