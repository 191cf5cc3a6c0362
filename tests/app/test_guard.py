"""The wall around the local server, asked directly: who gets through, and what a response carries."""

import asyncio
from http.cookies import SimpleCookie

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.studio.guard import HEADERS, MOST_BROWSERS, Guard

PORT = 7999
HOST = f"127.0.0.1:{PORT}"
OWN = f"http://{HOST}"


async def inner(scope, receive, send):
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    headers = [(b"content-type", b"text/plain"), (b"access-control-allow-origin", b"*"), (b"server", b"uvicorn")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"inside"})


def ask(guard, path="/", method="GET", kind="http", query="", **headers):
    """One request; returns (status, headers, body), or the close code of a socket."""
    named = {"host": HOST, **{name.replace("_", "-"): value for name, value in headers.items()}}
    scope = {
        "type": kind,
        "path": path,
        "query_string": query.encode(),
        "headers": [(k.encode("latin-1"), v.encode("latin-1")) for k, v in named.items() if v is not None],
    }
    if kind == "http":
        scope["method"] = method
    sent = []

    async def receive():
        return {"type": "websocket.connect" if kind == "websocket" else "http.request", "body": b""}

    async def send(message):
        sent.append(message)

    asyncio.run(guard(scope, receive, send))
    first = sent[0]
    if first["type"].startswith("websocket"):
        return first.get("code", 0), {}, b""
    return first["status"], dict(first["headers"]), b"".join(m.get("body", b"") for m in sent[1:])


@pytest.fixture
def guard():
    return Guard(inner, PORT)


@pytest.fixture
def cookie(guard):
    status, headers, _ = ask(guard, query=f"t={guard.token}")
    assert status == 303
    assert headers[b"location"] == b"/"
    return headers[b"set-cookie"].decode().split(";")[0]


def test_the_link_opens_a_session_that_the_page_cannot_read(guard):
    status, headers, _ = ask(guard, query=f"t={guard.token}")
    morsel = SimpleCookie(headers[b"set-cookie"].decode())[guard.cookie]
    assert status == 303
    assert morsel["httponly"]
    assert morsel["samesite"] == "Strict"
    assert guard.token not in morsel.value
    assert ask(guard, cookie=f"{guard.cookie}={morsel.value}")[2] == b"inside"


def test_every_browser_gets_its_own_session_and_keeps_it(guard, cookie):
    second = ask(guard, query=f"t={guard.token}")[1][b"set-cookie"].decode().split(";")[0]
    assert second != cookie
    assert b"set-cookie" not in ask(guard, query=f"t={guard.token}", cookie=cookie)[1]
    assert guard.browser(cookie) != guard.browser(second)


def test_sessions_do_not_pile_up(guard, cookie):
    for _ in range(MOST_BROWSERS):
        ask(guard, query=f"t={guard.token}")
    assert guard.browser(cookie) is None


def test_a_link_for_the_command_line_works_once(guard):
    spent = guard.link(once=True).split("?t=")[1]
    assert spent != guard.token
    assert ask(guard, query=f"t={spent}")[0] == 303
    assert ask(guard, query=f"t={spent}")[0] == 401


@pytest.mark.parametrize("query", ["", "t=", "t=wrong", "t=%00", "t=é"])
def test_without_the_start_code_nobody_comes_in(guard, query):
    assert ask(guard, query=query)[0] == 401


@pytest.mark.parametrize("value", ["", "x", "selfsame_7999=", "selfsame_7999=guess", "selfsame_7999=é", '"; ;;='])
def test_a_guessed_session_is_refused(guard, cookie, value):
    assert ask(guard, cookie=value)[0] == 401


@pytest.mark.parametrize("host", [None, "evil.example", "127.0.0.1", "127.0.0.1:80", f"evil.example:{PORT}", ""])
def test_another_name_for_this_address_is_refused(guard, cookie, host):
    assert ask(guard, host=host, cookie=cookie)[0] == 421


@pytest.mark.parametrize(
    "origin",
    ["null", "http://evil.example", "http://127.0.0.1:8000", f"https://{HOST}", f"http://localhost:{PORT}", "file://"],
)
def test_another_page_cannot_use_the_session(guard, cookie, origin):
    for path, method in (("/gradio_api/queue/join", "POST"), ("/studio/check", "PUT"), ("/", "GET")):
        assert ask(guard, path, method, origin=origin, cookie=cookie)[0] == 403
    assert ask(guard, "/capture/ws", kind="websocket", origin=origin, cookie=cookie)[0] == 4403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_the_browser_says_who_asked(guard, cookie, site):
    assert ask(guard, sec_fetch_site=site, cookie=cookie)[0] == 403
    assert ask(guard, query=f"t={guard.token}", sec_fetch_site=site)[0] == 403


def test_what_changes_something_needs_an_origin(guard, cookie):
    assert ask(guard, "/studio/check", "PUT", cookie=cookie)[0] == 403
    assert ask(guard, "/capture/ws", kind="websocket", cookie=cookie)[0] == 4403
    assert ask(guard, "/studio/check", "PUT", cookie=cookie, origin=OWN)[0] == 200
    assert ask(guard, "/capture/ws", kind="websocket", cookie=cookie, origin=OWN)[0] == 0


def test_a_socket_needs_the_session_too(guard):
    assert ask(guard, "/capture/ws", kind="websocket", origin=OWN)[0] == 4401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/gradio_api/upload"),
        ("GET", "/gradio_api/file=/etc/passwd"),
        ("GET", "/gradio_api/proxy=http://example.org"),
        ("POST", "/gradio_api/component_server"),
        ("POST", "/gradio_api/run/predict"),
        ("POST", "/gradio_api/call/act"),
        ("GET", "/gradio_api/info"),
        ("GET", "/openapi.json"),
        ("GET", "/monitoring"),
        ("GET", "/docs"),
        ("GET", "/assets/../config.py"),
        ("GET", "/studio/result/../../x"),
        ("DELETE", "/studio/picture/source"),
        ("POST", "/studio/check"),
        ("OPTIONS", "/studio/check"),
    ],
)
def test_only_what_the_page_needs_is_there(guard, cookie, method, path):
    assert ask(guard, path, method, cookie=cookie, origin=OWN)[0] == 404


def test_bodies_are_limited(guard, cookie):
    def put(path, method, size):
        return ask(guard, path, method, cookie=cookie, origin=OWN, content_length=size)[0]

    assert put("/studio/check", "PUT", str(32 * 1024 * 1024)) == 200
    assert put("/studio/check", "PUT", str(32 * 1024 * 1024 + 1)) == 413
    assert put("/gradio_api/queue/join", "POST", str(1024 * 1024)) == 413
    assert put("/studio/check", "PUT", "much") == 400
    chunked = ask(guard, "/studio/check", "PUT", cookie=cookie, origin=OWN, transfer_encoding="chunked")
    assert chunked[0] == 411


def test_a_response_is_sealed(guard, cookie):
    _, headers, _ = ask(guard, cookie=cookie)
    assert all(headers[name] == value for name, value in HEADERS)
    assert headers[b"cache-control"] == b"no-store"
    assert b"access-control-allow-origin" not in headers
    assert b"server" not in headers
    policy = headers[b"content-security-policy"].decode()
    assert "default-src 'self'" in policy
    assert "http" not in policy  # no other place may be loaded from, or told


def test_a_refusal_is_sealed_as_well(guard):
    status, headers, body = ask(guard)
    assert status == 401
    assert headers[b"cache-control"] == b"no-store"
    assert b"terminal" in body


def test_health_is_outside(guard):
    assert ask(guard, "/healthz", host="anything")[2] == b"inside"


@given(path=st.text(max_size=40), method=st.sampled_from(["GET", "POST", "PUT", "HEAD", "TRACE"]))
def test_without_a_session_no_path_leads_in(path, method):
    if path == "/healthz":
        return
    status, _, body = ask(Guard(inner, PORT), path, method, origin=OWN)
    assert status in {401, 403}
    assert body != b"inside"
