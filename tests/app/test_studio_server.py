"""The server as a whole: what it answers, what it never answers, and what it leaves behind."""

import contextlib
import json
import os
import re
from dataclasses import replace
from pathlib import Path

import gradio
import pytest
from starlette.testclient import TestClient

from app.home import Home
from app.studio import films, head, live, page, pictures, preview
from app.studio.landing import _routes
from app.studio.server import build
from app.studio.strings import COMMAND_NOTICE
from consent import policy
from consent.types import Ability, Assurance, Purpose
from tests.app.test_capture import message
from tests.booth import SEAT
from tests.people import person
from tests.promises.stage import tidied

PORT = 7998
OWN = {"origin": f"http://127.0.0.1:{PORT}"}


def visit(guard, *, opened=True):
    """A browser; with the launch link followed unless told otherwise."""
    client = TestClient(guard, base_url=f"http://127.0.0.1:{PORT}", follow_redirects=True)
    if opened:
        client.get("/", params={"t": guard.token})
    return client


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    """The whole studio, with gradio."""
    with tidied():
        return build(PORT, Home.open(tmp_path_factory.mktemp("home")), page=page.mount)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The small page of a command."""
    home = Home.open(tmp_path_factory.mktemp("home"))
    return build(PORT, home, page=lambda api, desk: api.include_router(_routes(desk, [Purpose.AGE])))


def agree(client, **given):
    return client.post("/capture/consent", json={"myself": True, "adult": True, **given}, headers=OWN).json()


# --- the wall ---------------------------------------------------------------------------------------------------------


def test_health_needs_no_session_and_tells_nothing(studio):
    client = visit(studio[0], opened=False)
    assert client.get("/healthz").json() == {"ok": True}
    assert client.get("/").status_code == 401


def test_the_page_calls_for_nothing_from_elsewhere(studio):
    text = visit(studio[0]).get("/").text
    config = visit(studio[0]).get("/config").json()
    assert "Selfsame" in text
    loaded = re.findall(r"""(?:src|href)=["'](https?:)?//([^"'/]+)""", text)
    assert all(host.startswith("127.0.0.1") for _, host in loaded), loaded
    assert config["analytics_enabled"] is False
    assert config.get("run_history") in (False, None)
    assert os.environ["GRADIO_ANALYTICS_ENABLED"] == "False"
    assert os.environ["HF_HUB_OFFLINE"] == "1"


def test_gradios_own_doors_are_shut(studio, tmp_path):
    client = visit(studio[0])
    secret = tmp_path / "secret.txt"
    secret.write_text("mine")
    upload = client.post("/gradio_api/upload", files={"files": ("x.jpg", b"x")}, headers=OWN)
    assert upload.status_code == 404
    assert client.get(f"/gradio_api/file={secret}").status_code == 404
    assert client.get("/gradio_api/info").status_code == 404
    assert client.get("/openapi.json").status_code == 404
    for path in ("/gradio_api/run/predict", "/gradio_api/call/run", "/gradio_api/component_server"):
        assert client.post(path, json={"data": []}, headers=OWN).status_code == 404


def test_who_was_not_given_a_session_gets_nothing_from_any_route(studio):
    """Every route there is, ours and gradio's, asked directly: without a cookie, and with one that was made up."""
    guard, desk = studio
    routers = [of(desk) for of in (pictures.routes, preview.routes, films.routes, live.routes)]
    gradio = [route for mounted in guard.app.routes for route in getattr(getattr(mounted, "app", None), "routes", [])]
    routes = [*gradio, *(route for router in routers for route in router.routes)]
    asked = {
        (method, re.sub(r"\{[^}]*\}", "x", route.path))
        for route in routes
        for method in getattr(route, "methods", None) or ()
    }
    assert {("POST", "/studio/preview"), ("GET", "/studio/result/x"), ("GET", "/config")} <= asked
    before = len(desk.store._all())
    for cookie in ({}, {"cookie": f"{guard.cookie}=made-up"}):
        client = visit(guard, opened=False)
        for method, path in asked:
            answer = client.request(method, path, headers={**OWN, **cookie}, content=b"{}")
            assert answer.status_code == 401, (method, path)
            assert len(answer.content) < 700
    assert len(desk.store._all()) == before


def test_no_event_of_the_page_is_a_named_endpoint(studio):
    config = visit(studio[0]).get("/config").json()
    assert config["dependencies"]
    assert all(one["api_visibility"] == "private" for one in config["dependencies"])


def test_the_answers_are_sealed(studio):
    client = visit(studio[0])
    for path in ("/", "/config", "/capture/assets/capture.js"):
        headers = client.get(path).headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "access-control-allow-origin" not in headers


def test_what_gradios_scripts_will_ask_for_is_named_at_once_and_is_gradios_own(studio):
    client, folder = visit(studio[0]), Path(gradio.__file__).parent / "templates" / "frontend" / "assets"
    text = client.get("/").text
    top, _, rest = text.partition("<body")
    assert len(head.CHUNKS) > 30
    assert "/assets/" not in rest
    for name in head.CHUNKS:
        assert top.count(f'"./assets/{name}"') == 1
        answer = client.get(f"/assets/{name}", headers={"accept-encoding": "br, gzip"})
        assert (answer.status_code, answer.content) == (200, (folder / name).read_bytes())
        kind = {".js": "javascript", ".css": "css"}[Path(name).suffix]
        assert answer.headers["content-type"] == f"text/{kind}; charset=utf-8"
        assert "content-encoding" not in answer.headers
        assert answer.headers["cache-control"] == "no-store"
    assert visit(studio[0], opened=False).get(f"/assets/{head.CHUNKS[0]}").status_code == 401


def test_nothing_is_packed_for_the_way_through_this_computer(studio):
    client = visit(studio[0])
    script = re.search(r"assets/index-[\w-]+\.js", client.get("/").text)[0]
    for path in ("/", "/theme.css", f"/{script}"):
        answer = client.get(path, headers={"accept-encoding": "br, gzip"})
        assert (answer.status_code, answer.headers.get("content-encoding")) == (200, None)


def test_assets_are_the_assets_and_nothing_else(studio):
    client = visit(studio[0])
    assert "getUserMedia" in client.get("/capture/assets/capture.js").text
    for name in ("server.py", "..%2fserver.py", "%2e%2e/server.py", "nothing.js", "."):
        assert client.get(f"/capture/assets/{name}").status_code == 404


# --- before the check -------------------------------------------------------------------------------------------------


def test_no_picture_is_taken_before_a_live_check(studio):
    guard, desk = studio
    client = visit(guard)
    answer = client.put("/studio/picture/target", content=b"a stranger", headers=OWN)
    assert answer.status_code == 409
    assert answer.json()["code"] == "no-live-check"
    assert all(not visitor.incoming for visitor in desk.store._all())
    for path in ("/studio/picture/target", "/studio/result/0", "/studio/before/0", "/studio/receipt"):
        assert client.get(path).status_code == 404


def test_anybody_may_have_a_file_verified_and_it_stays_in_memory(studio):
    guard, desk = studio
    client = visit(guard)
    assert client.put("/studio/check", content=b"some file", headers=OWN).status_code == 204
    visitor = desk.visitor({"cookie": f"{guard.cookie}={client.cookies[guard.cookie]}"})
    assert visitor.incoming == {"check": b"some file"}


def test_what_must_be_ticked_must_be_ticked(small):
    client = visit(small[0])
    assert agree(client, adult=False)["reason"].startswith("Only people of 18")
    assert agree(client, myself=None)["ok"] is False
    assert agree(client, adult="yes")["ok"] is False
    assert client.post("/capture/consent", content=b"[]", headers=OWN).json()["ok"] is False
    assert client.post("/capture/consent", content=b"{", headers=OWN).json()["ok"] is False
    assert agree(client) == {"ok": True}


def test_who_may_not_is_told_in_their_language(small):
    client = visit(small[0])
    client.headers["accept-language"] = "zh-CN,zh;q=0.9"
    assert agree(client, adult=False)["reason"] == "只有年满 18 岁的人才能使用。"
    assert agree(client, myself=False)["remedy"] == "只能改变你自己的脸。"


def test_a_receipt_is_kept_and_holds_nothing_of_a_body(small):
    guard, desk = small
    before = set(desk.home.receipts.iterdir())
    agree(visit(guard))
    (kept,) = set(desk.home.receipts.iterdir()) - before
    receipt = json.loads(kept.read_text())
    assert [one["purpose"] for one in receipt["pii_processing"]["purposes"]] == ["age"]
    assert receipt["pii_processing"]["privacy_notice"]["version"] == COMMAND_NOTICE
    assert kept.stat().st_mode & 0o077 == 0
    assert set(receipt) == {
        *("receipt_metadata", "record_header", "pii_processing", "party_identification", "events"),
        *("public_key", "signature"),
    }
    assert len(kept.read_bytes()) < 8000


def _cookie(client):
    return "; ".join(f"{name}={value}" for name, value in client.cookies.items())


# --- the socket -------------------------------------------------------------------------------------------------------

ALL = {"assurance": "motion+light", "abilities": ["turn", "nod", "close-eyes", "open-mouth", "lean-in"]}


@contextlib.contextmanager
def check(client, choice=None):
    """An open line; with a choice sent, unless it is to be sent by hand."""
    headers = {**OWN, "host": f"127.0.0.1:{PORT}", "cookie": _cookie(client)}
    with client.websocket_connect("/capture/ws", headers=headers) as line:
        if choice is not None:
            line.send_json(choice)
        yield line


def ask(guard, choice):
    """What a person who has agreed is told after this choice and one frame."""
    client = visit(guard)
    agree(client)
    with check(client, choice) as line:
        line.send_bytes(message(0, 1.0))
        return line.receive_json()


@pytest.fixture
def fresh(small):
    """The small page, nobody having tried before."""
    for file in small[1].home.root.glob("ledger.db*"):
        file.unlink()
    return small


def test_the_camera_is_not_looked_at_before_the_agreement(small):
    with check(visit(small[0]), ALL) as line:
        assert line.receive_json()["verdict"]["code"] == "consent"


@pytest.mark.parametrize("sent", ["{", "[]", '{"shown": "x"}', '{"shown": 0}', "null"])
def test_nonsense_ends_the_check(fresh, sent):
    client = visit(fresh[0])
    agree(client)
    with check(client, ALL) as line:
        line.send_text(sent)
        verdict = line.receive_json()["verdict"]
        assert (verdict["ok"], verdict["code"]) == (False, "frame-unreadable")


def test_no_check_without_a_choice(fresh):
    client = visit(fresh[0])
    agree(client)
    with check(client) as line:
        line.send_bytes(message(0, 1.0))
        assert line.receive_json()["verdict"]["code"] == "choice-unreadable"
    assert fresh[1].ledger.entries() == []


@pytest.mark.parametrize("abilities", [[], ["nod"], ["turn"], ["close-eyes", "open-mouth", "lean-in"]])
@pytest.mark.parametrize("assurance", ["motion", "motion+light"])
def test_who_can_do_too_little_is_told_so(fresh, assurance, abilities):
    verdict = ask(fresh[0], {"assurance": assurance, "abilities": abilities}).get("verdict", {})
    assert verdict["code"] == "too-little-to-ask"
    assert verdict["remedy"].endswith(".")


def test_the_check_is_of_the_kind_that_was_chosen(fresh, monkeypatch):
    drawn = []
    real = live.attempts.draw
    monkeypatch.setattr(live.attempts, "draw", lambda *given: drawn.append(given[1:]) or real(*given))
    ask(fresh[0], {"assurance": "motion", "abilities": ["nod", "turn", "open-mouth"]})
    ask(fresh[0], ALL)
    assert drawn == [
        (Assurance.MOTION, frozenset({Ability.NOD, Ability.TURN, Ability.MOUTH})),
        (Assurance.MOTION_LIGHT, frozenset(Ability)),
    ]


def test_after_too_many_tries_the_page_is_told_how_long_to_wait(fresh):
    for _ in range(policy.FAILURES):
        fresh[1].ledger.record(live.attempts.BEGUN, "")
    verdict = ask(fresh[0], ALL)["verdict"]
    assert verdict["code"] == "too-many-tries"
    assert policy.PAUSE_SECONDS - 60 < verdict["seconds"] <= policy.PAUSE_SECONDS
    assert "minute" in verdict["remedy"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"distance": 300.0}, {"no-face", "come-closer"}),
        ({"light": "dim", "exposure": 0.05}, {"more-light"}),
        ({"exposure": 4.0}, {"less-light"}),
        ({"exposure": 30.0}, {"no-face"}),
        ({"shift": (14.0, 0.0)}, {"centre-yourself"}),
        ({"distance": 27.0}, {"go-back"}),
    ],
    ids=["far", "dark", "glaring", "white", "aside", "near"],
)
def test_who_is_not_well_seen_is_told_what_to_do(fresh, changes, code):
    pixels = person("ada").render(replace(SEAT, **changes))
    client = visit(fresh[0])
    agree(client)
    with check(client, ALL) as line:
        line.send_text('{"shown": 0, "t": 0.5}')
        for number in range(2):
            line.send_bytes(message(number, 1 + number / 10, pixels))
            hint = line.receive_json()["hint"]
    assert hint["code"] in code
    assert hint["text"] != ""
    assert (hint["prompt"]["index"], hint["progress"]) == (0, 0)  # nothing is asked before this is mended


@pytest.mark.parametrize("leap", [9.0, 1e6])
def test_a_clock_that_leaps_ends_the_check(fresh, leap):
    client = visit(fresh[0])
    agree(client)
    with check(client, ALL) as line:
        line.send_bytes(message(0, 1.0))
        line.receive_json()
        line.send_bytes(message(1, 1.0 + leap))
        assert line.receive_json()["hint"]["code"] == "clock-mismatch"
        assert line.receive_json() == {"state": "checking"}
        verdict = line.receive_json()["verdict"]
    assert (verdict["ok"], verdict["code"]) == (False, "clock-mismatch")


def test_one_check_at_a_time_and_a_lost_line_frees_the_camera(fresh):
    guard, desk = fresh
    client = visit(guard)
    agree(client)
    with check(client, ALL) as line:
        line.send_bytes(message(0, 1.0))
        answer = line.receive_json()
        assert answer["ack"] == 0
        assert answer["hint"]["prompt"]["action"] == "centre"
        assert answer["hint"]["code"] == "no-face"
        with check(client, ALL) as second:
            assert second.receive_json()["verdict"]["code"] == "check-running"
    with check(client, ALL) as line:
        line.send_bytes(message(0, 1.0))
        assert line.receive_json()["ack"] == 0
    visitor = desk.visitor({"cookie": f"{guard.cookie}={client.cookies[guard.cookie]}"})
    assert visitor.gate is None


def test_a_broken_order_is_a_verdict_with_a_remedy(fresh):
    client = visit(fresh[0])
    agree(client)
    with check(client, ALL) as line:
        line.send_bytes(message(0, 1.0))
        line.receive_json()
        line.send_bytes(message(0, 1.1))
        verdict = line.receive_json()["verdict"]
    assert verdict["code"] == "camera-order"
    assert verdict["reason"].endswith(".")
    assert verdict["remedy"].endswith(".")


def test_a_camera_that_gives_nothing_has_stopped(fresh, monkeypatch):
    monkeypatch.setattr(live, "SILENCE", 0.05)
    client = visit(fresh[0])
    agree(client)
    with check(client) as line:
        assert line.receive_json()["verdict"]["code"] == "camera-stopped"
