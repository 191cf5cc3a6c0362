"""The mirror through its real socket and the real gate: who is shown, who is not, what is kept, how it ends."""

import gc
import json
import time
import weakref

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import connect

from app.home import Home
from app.studio import mirror
from app.studio.server import Running, bind, build
from app.verify import Verdict, verify
from consent import policy
from consent.types import Purpose, since_boot
from tests.app.mirror_helpers import Browser, camera, known_again, small_page

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def people():
    """Who sits before the camera: Ada, somebody else, both, nobody."""
    mine = camera("ada", 3)
    half = {"size": (240, 360), "distance": 62.0}
    both = np.hstack([camera("ada", 1, **half)[0], camera("bram", 1, **half)[0]])
    return {"me": mine, "stranger": camera("bram", 2), "both": [both], "nobody": [np.full_like(mine[0], 120)]}


@pytest.fixture(scope="module")
def studio(tmp_path_factory, ledger):
    door = bind("127.0.0.1", 0)
    guard, desk = build(door.getsockname()[1], Home.open(tmp_path_factory.mktemp("home")), page=small_page)
    desk.__dict__["ledger"] = ledger
    with Running(guard, door) as running:
        running.wait()
        yield guard, desk


@pytest.fixture(scope="module")
def known(gate, notary, ledger):
    return known_again(gate, notary, ledger)


@pytest.fixture
def browser(studio, known):
    """A browser of the person whom the gate knows; the same gate for every test that does not end it."""
    one = Browser(*studio)
    one.visitor.receipt, one.visitor.gate = known[1], known[0]
    yield one
    one.visitor.gate = one.visitor.receipt = None


@pytest.fixture
def mortal(studio, gate, notary, ledger):
    """The same with a gate of its own, and a clock that can be put forward."""
    ahead = [0.0]
    one = Browser(*studio)
    one.sit_down(*known_again(gate, notary, ledger, clock=lambda: since_boot() + ahead[0]))
    one.ahead = ahead
    yield one
    one.visitor.wipe()


def closed(visitor):
    """Whether the mirror before a visitor is let go, soon."""
    ends = time.monotonic() + 20
    while visitor.mirror is not None and time.monotonic() < ends:
        time.sleep(0.02)
    return visitor.mirror is None


def is_ours(jpeg, desk):
    return verify(jpeg, desk.anchors)


# --- who is shown -----------------------------------------------------------------------------------------------------


def test_a_stranger_walks_in_and_out_again(browser, people):
    with browser.page() as page:
        shown = [page.look(frame) for frame in people["me"]]
        assert all(isinstance(one, bytes) for one in shown), shown
        assert {page.look(frame) for frame in people["stranger"] * 2} == {"not-you"}
        assert page.look(people["nobody"][0]) == "no-face"
        assert page.look(people["both"][0]) == "several-faces"
        back = [page.look(frame) for frame in people["me"] * 2]
        assert isinstance(back[-1], bytes), back
    for one in (*shown, back[-1]):
        report = is_ours(one, browser.desk)
        assert report.verdict is Verdict.OURS
        assert (report.label.purpose, report.label.language) == ("age", "en")
        assert report.watermark is not None
    reasons = {said["blank"]["reason"] for said in page.heard if "blank" in said}
    assert len(reasons) == 3
    assert closed(browser.visitor)


def test_who_never_blinks_is_blank_until_they_do(mortal, people):
    (asleep,) = camera("ada", 1, expression={"blink": 1.0})
    with mortal.page() as page:
        for number in range(9):  # how far her eyes are usually open
            assert isinstance(page.look(people["me"][number % 3]), bytes)
        mortal.ahead[0] = policy.BLINK_SECONDS + 1
        assert {page.look(frame) for frame in people["me"]} == {"not-lively"}
        said = next(one["blank"] for one in page.heard if "blank" in one)
        assert said["reason"]
        assert said["remedy"]
        page.look(asleep)
        assert isinstance(page.look(people["me"][0]), bytes)


def test_what_is_shown_follows_the_controls_at_once(browser, people):
    browser.visitor.language = "zh"
    with browser.page() as page:
        assert is_ours(page.look(people["me"][0]), browser.desk).label.purpose == "age"
        page.say(settings={"action": "express", "ready": "smile"})
        assert page.look(people["me"][1]) == "bad-option"
        page.say(settings=dict.fromkeys(mirror.SETTINGS, 0) | {"action": "express", "ready": "smile"})
        report = is_ours(page.look(people["me"][2]), browser.desk)
        assert (report.label.purpose, report.label.language) == ("express", "zh")
        page.say(settings=dict.fromkeys(mirror.SETTINGS, 0) | {"action": "swap", "amount": 1, "parts": ["skin"]})
        assert page.look(people["me"][0]) == "source", "no picture to take the face from"
    assert "镜" not in page.heard[0]["blank"]["reason"]


def test_only_what_was_agreed_to_is_done(studio, gate, notary, ledger, people):
    one = Browser(*studio)
    one.sit_down(*known_again(gate, notary, ledger, [Purpose.AGE, Purpose.MIRROR]))
    with one.page(action="express") as page:
        assert page.look(people["me"][0]) == "purpose-not-agreed"
        asked = len(ledger.entries())
        assert page.look(people["me"][1]) == "purpose-not-agreed"
        assert len(ledger.entries()) == asked, "what was refused is not asked frame by frame"
        page.say(record=True)
        assert page.until("said")[0]["code"] == "purpose-not-agreed"
        page.say(settings={"action": "age", "years": 10})
        assert isinstance(page.look(people["me"][2]), bytes)
    one.visitor.wipe()
    one.sit_down(*known_again(gate, notary, ledger, [Purpose.AGE]))
    with one.page() as page:
        assert page.until("end")[0]["code"] == "purpose-not-agreed"
    one.visitor.wipe()


# --- what is kept -----------------------------------------------------------------------------------------------------


def test_a_picture_is_taken_into_the_gallery(browser, people):
    with browser.page() as page:
        page.look(people["me"][0])
        page.say(snap=True)
        page.send(people["me"][1])
        kept, _ = page.until("picture")
        assert isinstance(page.look(people["me"][2]), bytes), "the mirror goes on"
    answer = browser.get(f"/studio/result/{kept['key']}")
    assert answer.content == browser.visitor.results[kept["key"]].stamped.data
    report = is_ours(answer.content, browser.desk)
    assert (report.verdict, report.statement.purpose) == (Verdict.OURS, "age")
    assert "mirrored" not in report.statement.parameters, "others see a person as a camera does"
    assert not browser.visitor.results[kept["key"]].before.data
    assert kept["name"].endswith(".jpg")


def test_a_recording_becomes_a_film(browser, people):
    with browser.page() as page:
        page.look(people["me"][0])
        page.say(record=True)
        assert page.until("recording")[0] is True
        for frame in people["me"] * 2 + people["nobody"]:
            page.look(frame)
        page.say(record=False)
        assert page.until("recording")[0] is False
        share = page.until("making")[0]["share"]
        film, _ = page.until("film")
    assert 0 < share <= 1
    report = is_ours(browser.get(f"/studio/result/{film['key']}").content, browser.desk)
    assert (report.verdict, report.label.purpose) == (Verdict.OURS, "age")
    told = report.statement.parameters
    assert (told["frames"], told["frames_changed"]) == (7, 6)
    assert film["name"].endswith(".mp4")
    assert closed(browser.visitor)


def test_making_a_film_can_be_stopped_and_leaves_nothing(browser, people):
    with browser.page() as page:
        page.look(people["me"][0])
        page.say(record=True)
        page.until("recording")
        for frame in people["me"]:
            page.look(frame)
        page.say(record=False)
        page.say(cancel=True)
        assert page.until("end", "film")[0]["code"] == "stopped"
    assert closed(browser.visitor)
    assert browser.visitor.results == {}


# --- how it ends ------------------------------------------------------------------------------------------------------


def test_a_withdrawal_ends_it_and_lets_the_recording_go(mortal, people):
    with mortal.page() as page:
        page.look(people["me"][0])
        page.say(record=True)
        page.until("recording")
        page.look(people["me"][1])
        held = mortal.visitor.mirror
        assert held._recording.seconds == 0
        mortal.visitor.withdraw()
        assert page.until("end")[0]["code"] in {"session-withdrawn", "mirror-closed"}
    assert held._recording is None
    assert closed(mortal.visitor)


def test_a_frame_that_is_under_way_when_it_ends_is_no_fault(mortal, people):
    with mortal.page() as page:
        page.look(people["me"][0])
        for thread in mortal.visitor.mirror._threads:
            thread.shutdown()
        page.send(people["me"][1])
        time.sleep(0.2)
        mortal.visitor.withdraw()
        assert page.until("end")[0]["code"] in {"session-withdrawn", "mirror-closed"}  # whichever is seen first


def test_nothing_of_it_stays(mortal, people):
    with mortal.page() as page:
        page.look(people["me"][0])
        held = weakref.ref(mortal.visitor.mirror.reflection)
        page.send(people["me"][1])
        mortal.visitor.withdraw()
        page.until("end")
    ends = time.monotonic() + 20
    while held() is not None and time.monotonic() < ends:
        gc.collect()  # as `memory.give_back` does when a session has ended
        time.sleep(0.02)
    assert held() is None, "landmarks, skin and vectors of a face"


def test_a_session_that_runs_out_ends_it(mortal, people):
    with mortal.page() as page:
        page.look(people["me"][0])
        mortal.ahead[0] = 3600.0
        assert page.look(people["me"][1]) == "end: session-expired"
    assert closed(mortal.visitor)


def test_a_film_in_the_making_ends_with_its_session(mortal, people):
    with mortal.page() as page:
        page.look(people["me"][0])
        page.say(record=True)
        page.until("recording")
        for frame in people["me"]:
            page.look(frame)
        page.say(record=False)
        page.until("recording")
        mortal.visitor.withdraw()
        assert page.until("end", "film")[0]["code"] in {"session-withdrawn", "mirror-closed", "stopped"}
    assert mortal.visitor.results == {}


def test_a_camera_that_stops_ends_it(browser, people, monkeypatch):
    monkeypatch.setattr(mirror, "SILENCE", 0.3)
    with browser.page() as page:
        page.send(people["me"][0])
        assert page.until("end")[0]["code"] == "camera-stopped"
    assert closed(browser.visitor)


def test_a_lost_line_lets_everything_go(browser, people):
    with browser.page() as page:
        page.look(people["me"][0])
        page.send(people["me"][1])
        held = browser.visitor.mirror
        assert held is not None
    assert closed(browser.visitor)
    assert held._newest is None


def test_a_frame_read_back_that_does_not_hold_ends_it(browser, people, monkeypatch):
    monkeypatch.setattr("app.studio.reflection.LOOK_BACK", 0.0)
    monkeypatch.setattr("app.stamp.mirror.label.draw", lambda pixels, *_: pixels)
    with browser.page() as page:
        assert page.look(people["me"][0]) == "end: stamp-not-sound"


# --- who may speak, and what ------------------------------------------------------------------------------------------


def test_late_frames_are_let_fall_and_the_newest_is_shown(browser, people):
    with browser.page() as page:
        page.look(people["me"][0])
        last = [page.send(people["me"][n % 3]) for n in range(15)][-1]
        answered = []
        while not answered or answered[-1] != last:
            said, _ = page.next()
            answered.append(said.get("seq", said.get("blank", {}).get("seq")))
    assert answered == sorted(answered)
    assert len(answered) < 15


def test_one_mirror_for_a_browser(browser, people):
    with browser.page() as first:
        first.look(people["me"][0])  # it is open
        with browser.page() as second:
            assert second.until("end")[0]["code"] == "mirror-running"
    assert closed(browser.visitor)


def test_nobody_gets_in_without_the_pages_own_session(browser, studio):
    address = browser.origin.replace("http", "ws") + "/mirror/ws"
    foreign = [
        ({}, browser.origin),
        (browser.cookie, "http://127.0.0.1:1"),
        ({"cookie": f"{studio[0].cookie}=guess"}, browser.origin),
    ]
    for cookie, origin in foreign:
        with (
            pytest.raises((InvalidHandshake, ConnectionClosed)),
            connect(address, additional_headers=cookie, origin=origin) as line,
        ):
            line.recv(20)


def test_before_the_live_check_there_is_none(studio):
    with Browser(*studio).page() as page:
        assert page.until("end")[0]["code"] == "no-live-check"


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "{}", '"snap"', '{"snap": 1}', '{"record": "yes"}', '{"settings": []}', '{"a": true}'),
        *('{"snap": true, "record": true}', json.dumps({"settings": {"a": "x" * 3000}}), "[" * 1500),
    ],
)
def test_words_that_make_no_sense_end_it(browser, text):
    with browser.page() as page:
        page.line.send(text)
        assert page.until("end")[0]["code"] == "frame-unreadable"


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ({"jpeg": b"\xff\xd8\xff" + bytes(400_001)}, "frame-too-large"),
        ({"jpeg": b"not a picture"}, "frame-unreadable"),
        ({"jpeg": b"\xff\xd8\xff broken"}, "broken-picture"),
        ({"number": 0}, "camera-order"),
        ({"at": 0.5}, "camera-order"),
        ({"pixels": np.zeros((480, 480, 3), np.uint8)}, "camera-changed"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_frames_that_no_camera_gives_end_it(browser, people, frame, code):
    with browser.page() as page:
        page.look(people["nobody"][0])
        page.send(**({"pixels": people["nobody"][0]} | frame))
        assert page.until("end")[0]["code"] == code


def test_too_many_messages_end_it(browser, monkeypatch):
    monkeypatch.setattr(mirror, "MOST_MESSAGES", 5)
    with browser.page() as page:
        for _ in range(8):
            page.say(snap=True)
        assert page.until("end")[0]["code"] == "frame-unreadable"
