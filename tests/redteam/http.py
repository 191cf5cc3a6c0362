"""Attacks on the studio over HTTP by somebody without a session, or with one that does not allow it."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor

from app.studio.guard import MOST_BROWSERS
from tests.promises.stage import PICTURES
from tests.promises.test_attack_doors import doors, knock
from tests.redteam.attack import Surface, control, on, together
from tests.redteam.ground import picture
from tests.redteam.program import client

attack = on(Surface.HTTP)
PRIVATE = (
    *("/config", "/studio/picture/target", "/studio/receipt", "/studio/film", "/studio/personal", "/theme.css"),
    "/gradio_api/app_id",
)
LEARNT_FROM = ("/studio/personal/now", "/studio/personal/then")
OUTSIDE = (b"root:", b"[project]", b"import annotations", b"PRIVATE KEY", b"SQLite format")
"""What stands in files that nobody may be given: passwords, ours, keys, the log."""


@attack("every door shut")
def every_door_without_a_session(ground):
    stranger, knower = ground.studio.browser(opened=False), ground.studio.browser()
    control(knower.get("/config").status_code == 200, "the page has no doors")
    tried = [(method, path) for method, path in doors(ground.studio) if path != "/healthz"]
    control(len(tried) > 100, "few doors were found")
    answers = {knock(stranger, *door)[0] for door in tried} - {0}
    return "every door shut" if answers <= {400, 401, 404, 405} else f"answered {sorted(answers)}"


@attack("no pixel, nothing kept")
def every_event_of_the_page_before_a_live_check(ground):
    browser = ground.studio.browser()
    control(browser.config["dependencies"], "the page has no events")
    said = b""
    for one in browser.config["dependencies"]:
        for detail in (None, {"do": "live", "side": "target"}, {"do": "uploaded", "side": "source"}):
            said += browser.event(one["id"], detail).encode()
    left = ground.studio.visitor(browser)
    control(b"process_completed" in said, "no event ran")
    pixels = any(start in said for start in PICTURES) or b"/studio/result/" in said
    kept = (left.gate, left.pictures, left.results) != (None, {}, {})
    return f"{'a' if pixels else 'no'} pixel, {'something' if kept else 'nothing'} kept"


@attack("409")
def pictures_and_films_handed_in_before_a_live_check(ground):
    page = ground.program.browser()
    paths = ("/studio/picture/target", "/studio/picture/source", "/studio/film", *LEARNT_FROM)
    return together(page.put(path, content=picture()).status_code for path in paths)


@attack("401")
def guessed_cut_and_changed_cookies(ground):
    page = ground.program.browser()
    name, value = next(iter(page.cookies.items()))
    changed = ("", value[:-1], value + "x", value.swapcase(), value[::-1], f'"{value}"', "null", "0" * len(value))
    values = [f"{name}={one}" for one in changed] + [f"{name}x={value}", f"x{name}={value}", f"{name.upper()}={value}"]
    control(_get(ground, "/config", cookie=f"{name}={value}") == 200, "the right cookie does not open")
    return together(_get(ground, path, cookie=one) for one in values for path in PRIVATE)


@attack("401")
def a_cookie_kept_from_before_the_studio_was_started_anew(ground):
    page = ground.program.browser()
    cookie = ground.program.cookie(page)
    with ground.another() as later:
        told = cookie.replace(f"selfsame_{ground.program.port}", f"selfsame_{later.port}")
        tries = [_bare(f"{later.base}{path}", headers={"cookie": c}) for path in PRIVATE for c in (cookie, told)]
        code = ground.program.link.split("?t=")[1]
        tries.append(_bare(later.base, params={"t": code}))
        return together(one.status_code for one in tries)


@attack("401")
def start_codes_that_are_wrong(ground):
    code = ground.program.link.split("?t=")[1]
    wrong = ("x", code[:-1], code + "x", code.lower() + "0", "../", "\0", code[::-1], code * 50)
    return together(_bare(ground.program.base, params={"t": one}).status_code for one in wrong)


@attack("401")
def a_link_for_one_use_used_twice(ground):
    path = ground.studio.guard.link(once=True).split("/", 3)[3]
    control(ground.studio.browser(opened=False).get(f"/{path}").status_code == 303, "it does not open at all")
    return together(ground.studio.browser(opened=False).get(f"/{path}").status_code for _ in range(3))


@attack("403")
def requests_from_another_web_page_with_the_persons_cookie(ground):
    page = ground.program.browser()
    port = ground.program.port
    origins = ("http://evil.example", "null", f"http://127.0.0.1:{port + 1}", f"https://127.0.0.1:{port}", "file://")
    origins += (f"http://127.0.0.1:{port}.evil.example", f"http://evil.example:{port}", f"http://localhost:{port}", "")
    tries = [page.put("/studio/check", content=b"x", headers={"origin": one}) for one in origins]
    sites = ("cross-site", "same-site")
    tries += [page.put("/studio/check", content=b"x", headers={"sec-fetch-site": one}) for one in sites]
    tries += [page.get("/config", headers={"sec-fetch-site": one}) for one in sites]
    bare = _bare(
        f"{ground.program.base}/studio/check", "PUT", headers={"cookie": ground.program.cookie(page)}, content=b"x"
    )
    control(page.put("/studio/check", content=b"x").status_code == 204, "the page itself cannot hand anything in")
    return together(one.status_code for one in (*tries, bare))


@attack("421")
def dns_rebinding_and_other_wrong_host_names(ground):
    page, port = ground.program.browser(), ground.program.port
    names = ("evil.example", f"evil.example:{port}", "127.0.0.1", f"127.0.0.1:{port + 1}", f"127.0.0.2:{port}", "")
    names += (f"0.0.0.0:{port}", f"127.0.0.1:{port}@evil.example", f"[::1]:{port}", f"2130706433:{port}")
    return together(page.get("/config", headers={"host": one}).status_code for one in names)


@attack("refused, nothing of a file")
def path_traversal(ground):
    cookie = ground.program.cookie(ground.program.browser())
    ups = (
        "../",
        "..%2f",
        "%2e%2e/",
        "%2e%2e%2f",
        "..%5c",
        "....//",
        "..%252f",
        "%c0%ae%c0%ae/",
        "/",
        "..;/",
        "%00/../",
    )
    roots = ("/capture/assets/", "/static/", "/assets/", "/studio/result/", "/gradio_api/file=", "/")
    paths = [
        f"{root}{up * deep}{name}" for root in roots for up in ups for deep, name in ((6, "etc/passwd"), (1, "page.py"))
    ]
    paths += [
        "/gradio_api/file=/etc/passwd",
        "/file=/etc/passwd",
        "/gradio_api/proxy=http://127.0.0.1:1/x",
        "//etc/passwd",
    ]
    control(b"getUserMedia" in _plain(ground, "/capture/assets/capture.js", cookie), "no file is served at all")
    got = [_plain(ground, path, cookie) for path in paths]
    codes = {one.split(b" ", 2)[1].decode() for one in got if one}
    leaked = [path for path, one in zip(paths, got, strict=True) if any(mark in one for mark in OUTSIDE)]
    fine = codes <= {"400", "403", "404"}
    return f"{'refused' if fine else together(codes)}, {leaked or 'nothing of a file'}"


@attack("404")
def the_doors_that_the_page_library_brings_along(ground):
    page = ground.program.browser()
    posts = ("upload", "run/predict", "call/run", "component_server", "queue/push", "stream/x", "mcp", "api/predict")
    gets = ("info", "file=/etc/passwd", "proxy=http://x", "monitoring", "queue/status", "openapi.json", "mcp/sse")
    tries = [page.post(f"/gradio_api/{one}", json={"data": []}) for one in posts]
    tries += [page.get(f"/gradio_api/{one}") for one in gets]
    tries += [page.get(one) for one in ("/openapi.json", "/docs", "/redoc", "/.env", "/.git/config", "/monitoring")]
    return together(one.status_code for one in tries)


@attack("refused, and the next is served")
def headers_and_bodies_too_large_or_of_no_size(ground):
    page, program = ground.program.browser(), ground.program
    host = f"Host: 127.0.0.1:{program.port}\r\nCookie: {program.cookie(page)}\r\nOrigin: {program.base}\r\n"
    head = "PUT /studio/check HTTP/1.1\r\n" + host
    tries = [
        f"GET /{'x' * 200_000} HTTP/1.1\r\n{host}\r\n",
        f"GET / HTTP/1.1\r\n{host}X: {'x' * 500_000}\r\n\r\n",
        f"GET / HTTP/1.1\r\n{host}" + "X: y\r\n" * 50_000 + "\r\n",
        f"{head}Content-Length: {2**40}\r\n\r\nx",
        f"{head}Content-Length: -1\r\n\r\nx",
        f"{head}Content-Length: {'9' * 5000}\r\n\r\nx",
        f"{head}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        f"{head}Transfer-Encoding: gzip, chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        f"{head}Content-Length: 5\r\nContent-Length: 500\r\n\r\nhello",
        "\0" * 1000 + "\r\n\r\n",
    ]
    codes = {program.status(one.encode(), 3.0) for one in tries}
    control(
        program.status(f"GET /config HTTP/1.1\r\n{host}Connection: close\r\n\r\n".encode()) == "200", "never served"
    )
    served = page.get("/config").status_code == 200
    fine = codes <= {"400", "404", "411", "413", "414", "431", "501", "505", "closed"}
    return f"{'refused' if fine else together(codes)}, and the next is {'' if served else 'not '}served"


@attack("refused, and the next is served")
def odd_methods_and_smuggled_requests(ground):
    page, program = ground.program.browser(), ground.program
    host = f"Host: 127.0.0.1:{program.port}\r\nCookie: {program.cookie(page)}\r\nOrigin: {program.base}\r\n"
    odd = ("TRACE", "OPTIONS", "PROPFIND", "CONNECT", "DELETE", "PATCH", "x", "get", "GET\0")
    codes = {program.status(f"{one} /config HTTP/1.1\r\n{host}Connection: close\r\n\r\n".encode()) for one in odd}
    inner = f"GET /studio/receipt HTTP/1.1\r\n{host}\r\n"
    codes.add(program.status(f"POST /capture/consent HTTP/1.1\r\n{host}Content-Length: 0\r\nTransfer-Encoding: chunked"
                             f"\r\n\r\n0\r\n\r\n{inner}".encode()))  # fmt: skip
    codes.add(program.status(f"GET /config\r\nX: HTTP/1.1\r\n{host}\r\n".encode()))
    codes.add(program.status(f"GET /config HTTP/1.1\r\nHost: evil.example\r\n{host}\r\n".encode()))
    served = page.get("/config").status_code == 200
    fine = codes <= {"400", "401", "403", "404", "405", "411", "421", "closed"}
    return f"{'refused' if fine else together(codes)}, and the next is {'' if served else 'not '}served"


@attack("the page is served meanwhile")
def forty_uploads_that_never_end(ground):
    import socket

    page, program = ground.program.browser(), ground.program
    head = f"PUT /studio/check HTTP/1.1\r\nHost: 127.0.0.1:{program.port}\r\nCookie: {program.cookie(page)}\r\n"
    head += f"Origin: {program.base}\r\nContent-Length: 30000000\r\n\r\n"
    lines = [socket.create_connection(("127.0.0.1", program.port), timeout=5) for _ in range(40)]
    try:
        for line in lines:
            line.sendall(head.encode())
        for _ in range(10):
            for line in lines:
                line.sendall(b"x")
            time.sleep(0.05)
        served = page.get("/config").status_code == 200 and program.is_well()
    finally:
        for line in lines:
            line.close()
    return "the page is served meanwhile" if served else "the page is not served"


@attack("200, 401; the newest 16 stay; well afterwards")
def two_hundred_sessions_at_once(ground):
    program = ground.program

    def tried(_):
        page = program.browser()
        got = page.get("/theme.css").status_code
        page.close()
        return got, dict(page.cookies)

    with ThreadPoolExecutor(32) as pool:
        said = list(pool.map(tried, range(200)))
    control(len({str(cookies) for _, cookies in said}) > 100, "they were not different sessions")
    with ThreadPoolExecutor(8) as pool:
        alive = sum(pool.map(lambda one: _get(ground, "/config", cookies=one[1]) == 200, said))
    codes = together(code for code, _ in said if code != 503)
    codes = codes if "401" in codes else f"{codes}, 401"  # whoever gave way before asking; there may be nobody
    stay = f"the newest {alive}" if alive == MOST_BROWSERS else f"{alive}"
    return f"{codes}; {stay} stay; {'well' if program.is_well() else 'not well'} afterwards"


@attack("404")
def another_browsers_pictures_and_results(ground):
    browser, _, key = ground.seated
    control(browser.get(f"/studio/result/{key}").status_code == 200, "the person herself cannot see it")
    third = ground.studio.browser()
    odd = ("", "0", "target", "%00", "*", "a" * 16, "None", key[:-1], key.upper())
    paths = [f"/studio/{kind}/{one}" for kind in ("result", "before") for one in (key, *odd)]
    return together(third.get(path).status_code for path in (*paths, "/studio/picture/target", "/studio/receipt"))


@attack("403, Another browser")
def another_browsers_page_read_and_driven_by_its_name(ground):
    first, _, _ = ground.seated
    first.event(("session", "studio"))
    third = ground.studio.browser()
    body = {"session_hash": first.hash, "fn_index": 0, "event_id": "x"}
    codes = [third.http.post(f"/gradio_api/{one}", json=body).status_code for one in ("cancel", "reset")]
    codes.append(third.get("/gradio_api/queue/data", params={"session_hash": first.hash}).status_code)
    codes.append(third.get(f"/gradio_api/heartbeat/{first.hash}").status_code)
    said = third.event(("session", "studio"), session=first.hash)
    return together([*codes, "Another browser" if "Another browser" in said else said[:60]])


@attack("not-you, and no result")
def a_strangers_picture_in_the_persons_session(ground):
    browser, visitor, _ = ground.seated
    before = list(visitor.results)
    said = browser.look("target", picture("bram"))
    browser.make("age")
    browser.look("target", picture())
    same = list(visitor.results) == before
    return f"{'not-you' if 'not-you' in said else 'let in'}, and {'no result' if same else 'a result'}"


@attack("no result, and answered")
def inputs_of_the_wrong_kind_for_every_event(ground):
    browser, visitor, _ = ground.seated
    before = list(visitor.results)
    odd = ([], [None] * 9, ["swap", 1e308, *[float(2**60)] * 4], [{"path": "/etc/passwd"}] * 6, ["x" * 50_000])
    odd += (["__class__", "{0.__init__}", "%s%n", "${7*7}", "{{7*7}}", "'; DROP TABLE log; --"],)
    said = [browser.event(("make", "click"), data=data) for data in odd]
    answered = all(one for one in said)
    leaked = any("/etc/passwd" in one or "root:" in one or '"49"' in one for one in said)
    gone = list(visitor.results) != before or leaked
    return f"{'a' if gone else 'no'} result, and {'answered' if answered else 'not answered'}"


@attack("refused", cheap=True)
def consent_forms_that_say_more_than_the_page(ground):
    """The small page of a command: what it did not offer cannot be agreed to, and a yes must be a yes."""
    page = ground.small
    forms = [{"myself": "yes", "adult": 1}, {"myself": [True], "adult": {"a": True}}, {}, {"adult": True}]
    bodies = [json.dumps(one).encode() for one in forms] + [b"[]", b"{", b"\xff\xfe", b"[" * 60_000, b'{"a":' * 10_000]
    answers = [page.post("/capture/consent", content=body) for body in bodies]
    right = page.post("/capture/consent", json={"myself": True, "adult": True, "purposes": ["personal-model", "swap"]})
    control(right.json() == {"ok": True}, "a genuine form is refused")
    kept = [json.loads(path.read_text()) for path in (ground.folder / "small" / "receipts").iterdir()]
    purposes = {one["purpose"] for receipt in kept for one in receipt["pii_processing"]["purposes"]}
    fine = all(one.status_code == 200 and one.json().get("ok") is False for one in answers) and purposes == {"age"}
    return "refused" if fine else together((one.status_code, one.text[:40]) for one in answers)


@attack("on every answer")
def the_headers_that_keep_other_pages_out(ground):
    page = ground.program.browser()
    wanted = {"content-security-policy", "x-frame-options", "x-content-type-options", "cache-control"}
    answers = [page.get(path) for path in ("/", "/config", "/nothing", "/capture/assets/capture.js", "/studio/receipt")]
    answers.append(_bare(ground.program.base))
    bad = [a.url.path for a in answers if not wanted <= set(a.headers) or "access-control-allow-origin" in a.headers]
    loose = [a.url.path for a in answers if "server" in a.headers or "http:" in a.headers["content-security-policy"]]
    return "on every answer" if not bad + loose else f"missing on {together(bad + loose)}"


@attack("404, 409, no-store")
def results_after_withdraw(ground):
    browser = ground.studio.browser()
    visitor = ground.studio.sit_down(browser, "ada")
    browser.look("target", picture())
    browser.make("age")
    (key,) = visitor.results
    kept = browser.get(f"/studio/result/{key}")
    control(kept.status_code == 200, "there was no result")
    browser.event(("withdraw", "click"))
    codes = [browser.get(f"/studio/{one}").status_code for one in (f"result/{key}", f"before/{key}", "picture/target")]
    return together([*codes, browser.put("target", picture()).status_code, kept.headers["cache-control"]])


def _bare(url, method="GET", **given):
    """One request without anything of a browser's."""
    with client(base_url=url) as asking:
        return asking.request(method, url, **given)


def _get(ground, path, cookie=None, cookies=None):
    """The status of one request with this cookie alone."""
    headers = {"cookie": cookie} if cookie is not None else {}
    if cookies:
        headers["cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return _bare(f"{ground.program.base}{path}", headers=headers).status_code


def _plain(ground, path, cookie):
    """The whole answer to a path that no client would send as it is."""
    head = (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{ground.program.port}\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n"
    )
    return ground.program.send(head.encode("latin-1"))
