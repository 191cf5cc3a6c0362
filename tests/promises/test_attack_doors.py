"""Every door of the studio, knocked at by somebody without a session, and by somebody nobody has seen live.

The doors are read from the running program, so that one that is added later is knocked at too.
"""

import itertools
import logging
import re
import socket
import time

import pytest

from tests.promises.stage import PICTURES, draw, jpeg

NAMES = ("target", "0", "..%2f..%2fREADME.md")


def paths(routes, prefix=""):
    """(method, path) of every route of the application, of those mounted in it too."""
    for route in routes:
        inner = getattr(route, "original_router", route)
        path = prefix + getattr(route, "path", "")
        if getattr(inner, "routes", None):
            yield from paths(inner.routes, path)
        for method in sorted(getattr(route, "methods", None) or {"GET"}):
            yield method, path or "/"


def doors(studio):
    """Every route with every parameter filled in several ways."""
    for method, path in sorted(set(paths(studio.guard.app.routes))):
        holes = re.findall(r"\{[^}]+\}", path)
        for name in NAMES if holes else NAMES[:1]:
            yield method, re.sub(r"\{[^}]+\}", name, path)


def knock(browser, method, path):
    """One request; the body of the answer, as far as it came within a moment (event streams never end)."""
    try:
        with browser.http.stream(method, path, content=b"{}", timeout=0.5) as answer:
            return answer.status_code, answer.headers, b"".join(itertools.islice(answer.iter_bytes(65536), 2))
    except Exception as error:  # noqa: BLE001 - a line that says nothing yields nothing
        return 0, {}, repr(error).encode()


def test_there_are_doors(studio):
    assert len(list(doors(studio))) > 100
    assert len(studio.browser().config["dependencies"]) > 5


def test_without_a_session_every_door_is_shut(studio):
    stranger = studio.browser(opened=False)
    for method, path in doors(studio):
        if path == "/healthz":
            continue
        status, _, body = knock(stranger, method, path)
        assert status in {0, 400, 401, 404, 405}, (method, path)
        assert not any(start in body for start in PICTURES), (method, path)


def test_before_a_live_check_no_door_gives_a_pixel(studio):
    visitor = studio.browser()
    for method, path in doors(studio):
        status, headers, body = knock(visitor, method, path)
        still = path.startswith(("/static/", "/assets/", "/favicon"))
        assert still or "image/" not in headers.get("content-type", ""), (method, path, status)
        if not still and "html" not in headers.get("content-type", "") and not path.startswith("/capture/assets"):
            assert not any(start in body for start in PICTURES), (method, path)
    left = studio.visitor(visitor)
    assert (left.gate, left.pictures, left.results) == (None, {}, {})


@pytest.mark.parametrize("detail", [None, {}, {"do": "live", "side": "target"}, {"do": "uploaded", "side": "source"},
                                    {"do": "choose", "side": "target", "face": "0"}])  # fmt: skip
def test_before_a_live_check_no_event_gives_a_pixel(studio, detail):
    visitor = studio.browser()
    assert visitor.put("target", jpeg(draw("ada", seed=1))).status_code == 409
    for one in visitor.config["dependencies"]:
        said = visitor.event(one["id"], detail).encode()
        assert b"process_completed" in said, one["targets"]
        assert not any(start in said for start in PICTURES), one["targets"]
        assert b"/studio/result/" not in said
    left = studio.visitor(visitor)
    assert (left.gate, left.pictures, left.results) == (None, {}, {})


def test_without_a_session_no_event_runs(studio):
    stranger = studio.browser(opened=False)
    knower = studio.browser()
    for one in knower.config["dependencies"]:
        body = {"data": [], "fn_index": one["id"], "session_hash": "abc", "event_data": None, "trigger_id": None}
        assert stranger.http.post("/gradio_api/queue/join", json=body).status_code == 401


def test_a_stranger_asking_for_everything_at_once_gets_an_answer_and_nothing_else(studio):
    """Inputs of the wrong number, kind and size; none reaches an engine."""
    visitor = studio.browser()
    odd = ([], [None] * 9, ["swap", 1e308, *[float(2**60)] * 4], [{"path": "/etc/passwd"}] * 6, ["x" * 50_000])
    for data in odd:
        said = visitor.event(("make", "click"), data=data).encode()
        assert not any(start in said for start in PICTURES)
    assert studio.visitor(visitor).results == {}


def test_an_upload_that_breaks_off_is_no_error_of_the_program(studio, caplog):
    browser = studio.browser()
    head = f"Host: 127.0.0.1:{studio.port}\r\nOrigin: {browser.base}\r\nCookie: {browser.cookie}\r\n"
    with caplog.at_level(logging.ERROR):
        for start in ("PUT /studio/check", "POST /studio/preview"):
            with socket.create_connection(("127.0.0.1", studio.port), timeout=20) as line:
                line.sendall(f"{start} HTTP/1.1\r\n{head}Content-Length: 60000\r\n\r\nbegun".encode())
                time.sleep(0.2)
        assert studio.browser().get("/healthz").status_code == 200
        time.sleep(0.5)
    assert [record for record in caplog.records if record.exc_info] == []
