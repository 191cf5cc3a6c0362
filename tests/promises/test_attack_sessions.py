"""Two browsers at once: neither has anything of the other's live check, pictures or results; and stolen ways in."""

import pytest

from consent.types import Purpose
from tests.promises.stage import PICTURES, draw, jpeg

ADA, BRAM = jpeg(draw("ada", seed=1)), jpeg(draw("bram", seed=1))


@pytest.fixture(scope="module")
def two(studio):
    """Ada and Bram, each before a browser of their own, each with a result."""
    browsers = studio.browser(), studio.browser()
    visitors = [studio.sit_down(b, name) for b, name in zip(browsers, ("ada", "bram"), strict=True)]
    for browser, picture in zip(browsers, (ADA, BRAM), strict=True):
        browser.look("target", picture)
        browser.make("age")
    assert [len(v.results) for v in visitors] == [1, 1]
    return browsers, visitors


def test_neither_gets_the_others_pictures_or_results(two):
    browsers, visitors = two
    for me, other in ((0, 1), (1, 0)):
        (theirs,) = visitors[other].results
        for path in (f"/studio/result/{theirs}", f"/studio/before/{theirs}", f"/studio/result/{theirs}?save=1"):
            assert browsers[other].get(path).status_code == 200
            assert browsers[me].get(path).status_code == 404
        own = browsers[me].get("/studio/picture/target").content
        assert own == (ADA, BRAM)[me]
        said = browsers[me].event(("session", "studio"))
        assert theirs not in said
        assert visitors[other].gate.session not in said


def test_neither_can_use_the_others_live_check(two):
    browsers, visitors = two
    for me, other in ((0, 1), (1, 0)):
        assert "not-you" in browsers[me].look("source", (ADA, BRAM)[other])
        assert visitors[me].pictures["source"].match is None
        before = list(visitors[me].results)
        browsers[me].make("swap")
        assert list(visitors[me].results) == before
        assert visitors[me].gate is not visitors[other].gate


def test_a_match_moved_onto_the_other_table_is_worth_nothing(two, studio):
    """What one session matched, put into the other's memory: their gate knows that it is not theirs."""
    browsers, visitors = two
    kept = visitors[1].pictures["target"]
    visitors[1].pictures["target"] = visitors[0].pictures["target"]
    before = list(visitors[1].results)
    assert "forged" in browsers[1].make("age") or list(visitors[1].results) == before
    assert list(visitors[1].results) == before
    visitors[1].pictures["target"] = kept


def test_a_third_browser_has_nothing_of_either(two, studio):
    third = studio.browser()
    for visitor in two[1]:
        (key,) = visitor.results
        assert third.get(f"/studio/result/{key}").status_code == 404
    for key in ("", "0", "target", "../result", "%00", "*", "a" * 16, "None"):
        answer = third.get(f"/studio/result/{key}")
        assert answer.status_code == 404
        assert not any(start in answer.content for start in PICTURES)


def test_the_page_of_one_browser_is_not_another_browsers_to_read_or_drive(two, studio):
    """gradio knows a page by a name that the page makes up; here it is the browser's that first used it."""
    first, second = two[0]
    first.event(("session", "studio"))
    third = studio.browser()
    for taken in (second, third):
        said = taken.event(("session", "studio"), session=first.hash)
        assert "Another browser" in said
        assert "process_completed" not in said
        assert taken.get("/gradio_api/queue/data", params={"session_hash": first.hash}).status_code == 403
        assert taken.get(f"/gradio_api/heartbeat/{first.hash}").status_code == 403
        for path in ("/gradio_api/cancel", "/gradio_api/reset"):
            body = {"session_hash": first.hash, "fn_index": 0, "event_id": "x"}
            assert taken.http.post(path, json=body).status_code == 403
    assert "process_completed" in first.event(("session", "studio"))


@pytest.mark.parametrize("change", [
    lambda v: "", lambda v: v[:-1], lambda v: v + "x", lambda v: v.swapcase(), lambda v: v[::-1], lambda v: f'"{v}"',
    lambda v: f" {v[1:]}", lambda v: "null", lambda v: "0" * len(v),
])  # fmt: skip
def test_no_other_cookie_opens_the_door(two, studio, change):
    name, value = two[0][0].cookie.split("=", 1)
    stranger = studio.browser(opened=False)
    (key,) = two[1][0].results
    for header in (f"{name}={change(value)}", f"{name}x={value}", f"x{name}={value}", f"{name.upper()}={value}"):
        for path in ("/", f"/studio/result/{key}", "/config"):
            assert stranger.http.get(path, headers={"cookie": header}).status_code == 401, header


def test_another_page_cannot_use_the_cookie(two):
    """A web page elsewhere, with the person's own cookie sent along by their browser."""
    browser = two[0][0]
    for headers in ({"origin": "http://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"},
                    {"origin": f"http://127.0.0.1:{int(browser.base.rsplit(':', 1)[1]) + 1}"}):  # fmt: skip
        assert browser.http.put("/studio/picture/target", content=BRAM, headers=headers).status_code == 403
        assert browser.http.post("/gradio_api/queue/join", json={}, headers=headers).status_code == 403
    assert browser.http.get("/", headers={"host": "evil.example"}).status_code == 421


def test_a_link_for_one_use_opens_one_browser(studio):
    link = studio.guard.link(once=True).split("/", 3)[3]
    first, second = studio.browser(opened=False), studio.browser(opened=False)
    assert first.get(f"/{link}").status_code == 303
    assert second.get(f"/{link}").status_code == 401
    assert second.get("/config").status_code == 401


def test_withdrawing_in_one_browser_ends_that_one_alone(two, studio):
    (first, second), (one, other) = two
    (key,) = one.results
    first.event(("withdraw", "click"))
    assert (one.gate, one.results, one.pictures) == (None, {}, {})
    assert first.get(f"/studio/result/{key}").status_code == 404
    assert first.put("target", ADA).status_code == 409
    assert other.gate is not None
    (theirs,) = other.results
    assert second.get(f"/studio/result/{theirs}").status_code == 200
    assert other.gate.grant(other.gate.live()[0], other.gate.live()[0], Purpose.AGE)
