"""The buttons of Play with the real gate of a synthetic person: yes, no, done."""

import json
import tempfile
from types import SimpleNamespace

import numpy as np
import pytest
from starlette.testclient import TestClient

from app import flow, media
from app.engines.age import AgeOptions
from app.engines.swap import SwapOptions
from app.stamp import watermark
from app.studio import demo
from app.studio.data import memory
from app.studio.expressions import SLIDERS
from app.studio.kept import kept_here
from app.studio.marks import figure, lattice
from app.studio.play import _handler
from app.studio.preview import SENT, SIDE
from app.studio.sessions import Visitor
from app.studio.stage import _boxes, on_stage, slot, under
from app.studio.strings import say
from app.studio.strip import far, make_strip, stop_strip
from app.studio.verify import report_html
from app.verify import Report, Verdict, verify
from consent.errors import Refusal
from models.load import registry
from tests.app.studio_helpers import OWN, PORT, jpeg, my_picture, put, seated
from tests.promises.watched import watching

# The tests of this file share one studio and one browser, and run in order.


@pytest.fixture(scope="module")
def mine():
    return my_picture()


@pytest.fixture(scope="module")
def studio(tmp_path_factory, gate):
    return seated(tmp_path_factory.mktemp("home"), gate)


@pytest.fixture(scope="module")
def theirs():
    return jpeg("ivo", size=(480, 600), background=4)


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
    assert "It is you" in slot(visitor, "target")


def test_a_stranger_is_refused_on_either_side_and_cannot_be_used(studio, theirs):
    _, desk, _, client, visitor = studio
    for side in ("source", "target"):
        put(client, side, theirs)
        picture = desk.look(visitor, side)
        assert picture.match is None
        assert picture.no.code == "not-you"
        assert "not-you" in slot(visitor, side)
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
    assert "<script" not in slot(visitor, "source")
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
    cut = int(on_stage(visitor).split("--cut:")[1].split("%")[0])
    assert cut <= left  # the slider opens with the whole label in sight


def test_the_live_frame_can_be_changed_too_and_never_goes_out_unstamped(studio, mine):
    _, desk, _, client, visitor = studio
    desk.live(visitor, "target")
    assert client.get("/studio/picture/target").status_code == 404
    assert "<img" not in slot(visitor, "target")
    result = desk.make(visitor, AgeOptions(years=-10))
    assert result.stamped.report.statement.target_origin == "live"
    assert client.get(f"/studio/before/{visitor.shown}").status_code == 404
    assert "/studio/before/" not in on_stage(visitor)
    assert client.get(f"/studio/result/{visitor.shown}").content == result.stamped.data
    put(client, "target", mine)  # as it was, for what follows
    desk.look(visitor, "target")
    desk.make(visitor, AgeOptions(years=25))


def test_a_strip_is_finished_pictures_of_their_own(studio, monkeypatch):
    _, desk, _, client, visitor = studio
    monkeypatch.setattr("app.studio.strip.AGES", (-20, 30))
    before = set(visitor.results)
    list(make_strip(desk, visitor))
    strip = {one.years: key for key, one in visitor.results.items() if key not in before}
    assert visitor.shown == strip[30.0]
    page = under(visitor).split('class="gallery"')[0]
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


def test_a_strip_says_how_far_it_is_and_can_be_stopped(studio):
    _, desk, _, _, visitor = studio
    before = set(visitor.results)
    assert far(visitor) == ""
    pieces = make_strip(desk, visitor)
    next(pieces)
    assert "0 of 6" in far(visitor)
    next(pieces)
    assert "1 of 6" in far(visitor)
    stop_strip(visitor)
    assert list(pieces) == []
    assert far(visitor) == ""
    made = set(visitor.results) - before
    assert len(made) == 1
    stop_strip(visitor)  # there is none, and nothing happens
    older, newer = make_strip(desk, visitor), make_strip(desk, visitor)
    next(older)
    next(newer)
    assert list(older) == [], "a newer one takes its place"
    assert "0 of 6" in far(visitor)
    newer.close()
    assert visitor.strip is None
    assert set(visitor.results) - before == made


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


# --- previews, and the way back ---------------------------------------------------------------------------------------

NEUTRAL = {"amount": 1, "parts": [], "ready": "none", **dict.fromkeys(SLIDERS, 0)}


def ask(client, **said):
    return client.post("/studio/preview", content=json.dumps({**NEUTRAL, **said}), headers=OWN)


def test_a_preview_is_smaller_stamped_like_all_and_kept_nowhere(studio, mine, ledger):
    _, desk, _, client, visitor = studio
    put(client, "target", media.encode(np.repeat(np.repeat(media.read(mine).pixels, 2, 0), 2, 1), "jpeg", 90))
    desk.look(visitor, "target")
    before = dict(visitor.results)
    answer = ask(client, action="age", years=30)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    report = verify(answer.content, desk.anchors)
    assert (report.verdict, report.statement.purpose, report.statement.domain) == (Verdict.OURS, "age", "live")
    assert report.label is not None
    assert max(media.read(answer.content).pixels.shape) == SIDE
    match = visitor.small[1]
    assert ask(client, action="age", years=-10).status_code == 200
    assert visitor.small[1] is match  # judged once
    logged = len(ledger.entries())
    assert ask(client, action="age", years=20).status_code == 200
    assert len(ledger.entries()) == logged, "the first one of a picture is in the log"
    assert visitor.results == before


def test_no_upload_touches_a_disk_not_even_for_a_moment(studio, mine, tmp_path, monkeypatch):
    """The system itself tells of every file that appears: only the log and the list of finished pictures do."""
    _, desk, _, client, visitor = studio
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with watching(tmp_path, desk.home.root) as watch:
        put(client, "target", mine)
        desk.look(visitor, "target")
        assert client.put("/studio/check", content=mine * 8, headers=OWN).status_code == 204
        assert ask(client, action="age", years=12).status_code == 200
    visitor.incoming.clear()
    assert {path.name.split(".")[0] for path in watch.seen} <= {"ledger", "stamped"}, watch.seen
    assert watch.seen


def test_what_a_preview_cannot_be_is_said_and_nothing_comes(studio, theirs):
    guard, desk, _, client, visitor = studio
    visitor.language = "zh"
    assert ask(client, action="swap").json() == {
        "code": "source",
        "reason": say("no_source_reason", "zh"),
        "remedy": say("no_source_remedy", "zh"),
    }
    visitor.language = "en"
    assert ask(client, action="express").json()["code"] == "purpose-not-agreed"
    for body in (b"", b"[]", b"{", b"[" * 30_000, json.dumps(dict.fromkeys(SENT)).encode()):
        assert client.post("/studio/preview", content=body, headers=OWN).json()["code"] == "bad-option"
    kept = visitor.pictures["target"]
    put(client, "target", theirs)
    desk.look(visitor, "target")
    assert ask(client, action="age", years=30).json()["code"] == "not-you"
    assert "data-preview" not in on_stage(visitor)
    visitor.pictures["target"] = kept
    other = TestClient(guard, base_url=f"http://127.0.0.1:{PORT}")
    assert ask(other, action="age", years=30).status_code == 401
    other.get("/", params={"t": guard.token}, follow_redirects=False)
    assert ask(other, action="age", years=30).json()["code"] == "no-live-check"


def test_undo_leads_back_with_what_the_controls_said(studio):
    _, desk, _, _, visitor = studio
    happened = _handler(desk)
    happened(visitor, {"do": "back", "side": "target"})
    visitor.trail.clear()
    assert 'data-do="undo"' not in under(visitor)
    keys = []
    for years in (10, 20):
        desk.make(visitor, AgeOptions(years=years), asked=("age", years))
        keys.append(visitor.shown)
    assert "data-preview" in on_stage(visitor)
    assert under(visitor).count('aria-pressed="true"') == 1
    happened(visitor, {"do": "undo", "side": "target"})
    assert (visitor.shown, visitor.restore) == (keys[0], ("age", 10))
    happened(visitor, {"do": "undo", "side": "target"})
    assert visitor.shown is None
    happened(visitor, {"do": "undo", "side": "target"})
    assert visitor.shown is None
    happened(visitor, {"do": "show", "side": "target", "key": keys[1]})
    assert (visitor.shown, visitor.restore) == (keys[1], ("age", 20))


# --- my data, and what Verify draws -----------------------------------------------------------------------------------


def test_my_data_tells_what_is_here_and_what_is_kept(studio):
    _, desk, time, _, visitor = studio
    for language in ("en", "zh"):
        visitor.language = language
        here = memory(visitor, time.now)
        assert here.count("class=here") == 4  # face, pictures, results, agreement
        assert visitor.receipt.id in here
        kept = kept_here(desk, visitor)
        assert say("data_receipt_now", language) in kept
        assert f'data-receipt="{visitor.receipt.id}"' in kept
        assert say("data_log_whole", language, count=len(desk.ledger.entries())) in kept
        assert say("data_log_release", language) in kept
        assert all(model.licence in kept for model in registry()[0].values())
    visitor.language = "en"
    assert memory(Visitor(), time.now).count("class=here") == 0
    assert say("data_receipt_now") not in kept_here(desk, Visitor())


def test_label_and_watermark_are_drawn_where_they_are(studio):
    _, _, _, _, visitor = studio
    stamped = visitor.results[visitor.shown].stamped
    drawn = figure(stamped.data, stamped.report, "en")
    x, y, width, height = stamped.report.label.box
    assert f'x="{x}" y="{y}" width="{width}" height="{height}"' in drawn
    pixels = media.read(stamped.data).pixels
    lines = list(lattice(watermark.find(pixels).place, (pixels.shape[1], pixels.shape[0])))
    ends = [[end.split() for end in line[1:].split("L")] for line in lines]
    across = sorted(float(one[0]) for one, other in ends if one[0] == other[0])
    assert np.allclose(np.diff(across), min(pixels.shape[:2]) / 8, atol=1)  # eight tiles in the shorter side
    assert figure(b"GIF89a", stamped.report, "en") == ""
    assert figure(stamped.data, Report(Verdict.NO_MANIFEST, "None."), "en") == ""


def test_who_has_no_camera_is_offered_a_demo_person_whose_clock_never_goes_back():
    assert 'data-do="demo"' in demo.offer("en")
    assert say("demo_start", "zh") in demo.offer("zh")
    times = iter((500.0, 501.0, 530.0))
    booth = SimpleNamespace(now=1000.0, clock=lambda: booth.now)
    seat = demo._Seat(booth, lambda: next(times))
    booth.now += 20
    assert seat.clock() == 520.0
    seat.leave()
    assert (seat.clock(), seat.clock()) == (520.0, 530.0)
