"""The buttons of Play with the real gate of a synthetic person: yes, no, done, over."""

from types import SimpleNamespace

import numpy as np
import pytest
from starlette.testclient import TestClient

from app import flow, media
from app.engines.age import AgeOptions
from app.engines.swap import SwapOptions
from app.home import Home
from app.studio import pictures
from app.studio.play import _boxes, _slot, _stage
from app.studio.server import build
from app.studio.verify import report_html
from app.verify import Verdict, verify
from consent.enrolment import enrol
from consent.errors import Refusal
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


def sit_down(desk, visitor, gate):
    """Agree, and have passed the check: with the live frames of the person whom all tests met."""
    clock = desk.store.clock
    receipt = desk.notary.sign(_consent(), clock)
    visitor.agreed(receipt)
    visitor.open(enrol(checked_again(frames_of(gate), clock), receipt, desk.ledger, clock), receipt)


def _consent():
    from consent.receipt import Consent

    purposes = frozenset({Purpose.AGE, Purpose.SWAP})
    return Consent(purposes=purposes, adult=True, myself=True, language="en", version="test", text="I agree.")


def _pictures_only(api, desk):
    api.include_router(pictures.routes(desk))


def put(client, side, data):
    return client.put(f"/studio/picture/{side}", content=data, headers=OWN)


# The tests of this file share one session and run in order; the last ones end it.


def test_nothing_is_made_of_nothing(studio):
    _, desk, _, _, visitor = studio
    with pytest.raises(Refusal, match=r"\[target\]"):
        desk.make(visitor, Purpose.AGE, AgeOptions(years=20))


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
        desk.make(visitor, Purpose.SWAP, SwapOptions())
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
        desk.make(visitor, Purpose.EXPRESS, flow.ExpressOptions(smile=1.0))  # was not agreed to


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
    result = desk.make(visitor, Purpose.AGE, AgeOptions(years=25))
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
    result = desk.make(visitor, Purpose.AGE, AgeOptions(years=-10))
    assert result.stamped.report.statement.target_origin == "live"
    assert client.get(f"/studio/before/{visitor.shown}").status_code == 404
    assert "/studio/before/" not in _stage(visitor)
    assert client.get(f"/studio/result/{visitor.shown}").content == result.stamped.data
    put(client, "target", mine)  # as it was, for what follows
    desk.look(visitor, "target")
    desk.make(visitor, Purpose.AGE, AgeOptions(years=25))


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


def test_when_its_time_is_over_everything_goes(studio):
    _, desk, booth, client, visitor = studio
    gate, key, now = visitor.gate, visitor.shown, booth.now
    receipt = visitor.receipt
    booth.now = gate.expires - 1.0
    desk.store.sweep()
    assert visitor.gate is gate
    booth.now = gate.expires
    desk.store.sweep()
    booth.now = now
    assert (visitor.gate, visitor.receipt, visitor.pictures, visitor.results) == (None, None, {}, {})
    assert client.get(f"/studio/result/{key}").status_code == 404
    with pytest.raises(Refusal, match="session-ended"):
        desk.gate(visitor)
    with pytest.raises(Refusal, match="session-withdrawn"):
        gate.match(Photo(np.zeros((200, 200, 3), np.uint8)))
    events = [entry["event"] for entry in desk.ledger.entries()]
    assert events[0] == "enrolled"
    assert "withdrawn" in events
    assert "grant-refused" in events
    assert not [p for p in desk.home.root.rglob("*") if p.suffix in {".jpg", ".png", ".webp"}]
    # A check that was running while its agreement was taken back opens nothing.
    with pytest.raises(Refusal, match="withdrawn"):
        visitor.open(gate, receipt)
    assert visitor.gate is None
