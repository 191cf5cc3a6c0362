"""The wall around the local server: every request passes here first, or gets no further.

A page on 127.0.0.1 is reachable by every other program and every web page the person has open. So the guard asks, in
this order: is this the host name we serve (DNS rebinding)? Does the request come from our own page (cross-site
forgery)? Does it carry a browser session that was opened with the launch link? Is it one of the few routes the page
needs? Is the body small enough? Is the page it speaks of this browser's? Only then does the application see it.

It is pure ASGI, not a middleware class that buffers: event streams and the capture socket flow through untouched.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

HOSTS: Final = ("127.0.0.1", "localhost")
HEALTH: Final = "/healthz"
MOST_BROWSERS: Final = 16
"""Browser sessions kept at once; the oldest gives way. One person uses this, so sixteen is plenty."""

MOST_PAGES: Final = 64
"""Pages kept for one browser; its oldest gives way."""
GRADIO: Final = "/gradio_api/"

MAX_PICTURE: Final = 32 * 1024 * 1024
MAX_FILM: Final = 256 * 1024 * 1024
MAX_EVENT: Final = 64 * 1024

# Method and path of everything a page may ask for, with the largest body in bytes. All else is 404: gradio brings
# uploads, a file server, a proxy, an API and a monitor, and none of them is needed here.
ROUTES: Final[tuple[tuple[str, re.Pattern[str], int], ...]] = tuple(
    (method, re.compile(path), size)
    for method, path, size in (
        ("GET", r"/", 0),
        ("GET", r"/(config|theme\.css|favicon\.ico|manifest\.json)", 0),
        ("GET", r"/(assets|static)/[\w./@+-]+", 0),
        ("GET", r"/gradio_api/(queue/data|heartbeat/\w+|startup-events|app_id|login_check/?|user/?|theme\.css)", 0),
        ("POST", r"/gradio_api/(queue/join|cancel|reset/?)", MAX_EVENT),
        ("GET", r"/capture/(ws|assets/[\w.-]+)", 0),
        ("GET", r"/mirror/ws", 0),
        ("POST", r"/(capture/consent|studio/preview)", MAX_EVENT),
        ("GET", r"/studio/(picture/\w+|before/\w+|result/\w+|receipt|film|personal|personal/\w+/\d)", 0),
        ("PUT", r"/studio/(film|personal/(now|then))", MAX_FILM),
        ("PUT", r"/studio/(picture/\w+|check)", MAX_PICTURE),
    )
)

# gradio builds its templates with `new Function`, hence unsafe-eval; nothing may be fetched from anywhere else.
POLICY: Final = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' blob: mediastream:; connect-src 'self'; font-src 'self' data:; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'self'; frame-ancestors 'none'; form-action 'self'"
)
HEADERS: Final = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"camera=(self), microphone=(), geolocation=(), display-capture=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
SORRY: Final = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<title>Selfsame</title><style>body{{font:18px/1.6 system-ui,sans-serif;max-width:34rem;margin:20vh auto;"
    "padding:0 1.5rem;color-scheme:light dark}}</style><h1>Selfsame</h1><p>{text}</p></html>"
)


class No(Exception):  # noqa: N818 - the guard's own word for a refused request
    """Why the guard turns a request away.

    Attributes:
        status: HTTP status.
        text: one plain sentence, our own words only (it is put into a page as it is).
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


@dataclass(slots=True)
class Guard:
    """ASGI wrapper that lets through only what our own page, opened with our own link, needs.

    Args:
        app: the application behind the wall.
        port: the port people type; `Host` must name it.
        hosts: host names served.
    """

    app: ASGIApp
    port: int
    hosts: Iterable[str] = HOSTS
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    _once: set[str] = field(default_factory=set, repr=False)
    _browsers: dict[str, dict[str, None]] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def cookie(self) -> str:
        """Name of the session cookie. Cookies ignore ports, so the name carries it."""
        return f"selfsame_{self.port}"

    def link(self, *, once: bool = False) -> str:
        """A link that opens the studio.

        Args:
            once: make one that works a single time. A browser is started with the link on its command line, which
                other users of the computer can read; by then it is spent.
        """
        token = self.token
        if once:
            token = secrets.token_urlsafe(32)
            with self._lock:
                self._once.add(token)
        return f"http://127.0.0.1:{self.port}/?t={token}"

    def browser(self, cookies: str) -> str | None:
        """The browser session in a `Cookie` header, or None if there is none that we opened."""
        pairs = (
            pair.strip().partition("=") for pair in cookies.split(";")
        )  # other ports' cookies come along, any kind
        value = next((value for name, _, value in pairs if name == self.cookie), None)
        if value is None:
            return None
        with self._lock:
            return next((known for known in self._browsers if _same(known, value)), None)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Judge one request; see the module docstring for the order."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        if scope["type"] == "http" and scope["path"] == HEALTH:
            await self.app(scope, receive, send)
            return
        try:
            self._origin(scope, headers)
            if self._launch(scope):
                await self._welcome(headers, send)
                return
            browser = self._known(headers)
            self._route(scope, headers)
            if scope["path"].startswith(GRADIO):
                body, receive = await _read(scope, receive)
                self._page(scope, body, browser)
        except No as no:
            await _refuse(no, scope, receive, send)
            return
        await self.app(scope, receive, _sealed(send) if scope["type"] == "http" else send)

    def _origin(self, scope: Scope, headers: dict[str, str]) -> None:
        host = headers.get("host", "")
        if host not in {f"{name}:{self.port}" for name in self.hosts}:
            raise No(421, "This address is not served here. Use the link that was printed in the terminal.")
        origin = headers.get("origin")
        if origin is not None:
            if origin != f"http://{host}":
                raise No(403, "Another web page tried to use this program. It was stopped.")
        elif scope["type"] == "websocket" or scope["method"] not in {"GET", "HEAD"}:
            raise No(403, "A request without an origin was stopped.")
        if headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
            raise No(403, "Another web page tried to use this program. It was stopped.")

    def _launch(self, scope: Scope) -> bool:
        if scope["type"] != "http" or scope["path"] != "/" or scope["method"] != "GET":
            return False
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
        given = query.get("t", [""])[0]
        if not given:
            return False
        if _same(self.token, given):
            return True
        with self._lock:
            spent = next((token for token in self._once if _same(token, given)), None)
            if spent is None:
                raise No(401, "This link has been used or is wrong. Open the link that was printed in the terminal.")
            self._once.discard(spent)
        return True

    def _known(self, headers: dict[str, str]) -> str:
        browser = self.browser(headers.get("cookie", ""))
        if browser is None:
            raise No(401, "Please open the link that was printed in the terminal: it carries the start code.")
        return browser

    def _page(self, scope: Scope, body: bytes, browser: str) -> None:
        """Keep a page to the browser that first spoke of it.

        gradio knows a page by a name that its script makes up, and hands all events of that page to whoever says it.
        """
        names = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("session_hash", [])
        if scope["path"].startswith(f"{GRADIO}heartbeat/"):
            names = [*names, scope["path"].rpartition("/")[2]]
        if body:
            try:
                said = json.loads(body)
                names = [*names, said["session_hash"]] if said.get("session_hash") is not None else names
            except (ValueError, TypeError, AttributeError, RecursionError):
                raise No(400, "The request is broken.") from None
        with self._lock:
            for name in map(str, names):
                if any(name in pages for other, pages in self._browsers.items() if other != browser):
                    raise No(403, "Another browser has this page open. Reload the page.")
                pages = self._browsers.get(browser, {})
                pages[name] = None
                while len(pages) > MOST_PAGES:
                    pages.pop(next(iter(pages)))

    async def _welcome(self, headers: dict[str, str], send: Send) -> None:
        """Give the browser its own session (or leave the one it has) and take the start code out of the address."""
        extra = []
        if self.browser(headers.get("cookie", "")) is None:
            session = secrets.token_urlsafe(32)
            with self._lock:
                while len(self._browsers) >= MOST_BROWSERS:
                    self._browsers.pop(next(iter(self._browsers)))
                self._browsers[session] = {}
            extra.append((b"set-cookie", f"{self.cookie}={session}; HttpOnly; SameSite=Strict; Path=/".encode()))
        fixed = [(b"location", b"/"), (b"content-length", b"0"), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 303, "headers": [*fixed, *extra]})
        await send({"type": "http.response.body", "body": b""})

    def _route(self, scope: Scope, headers: dict[str, str]) -> None:
        method = "GET" if scope["type"] == "websocket" or scope["method"] == "HEAD" else scope["method"]
        size = next((s for m, path, s in ROUTES if m == method and path.fullmatch(scope["path"])), None)
        if size is None or ".." in scope["path"]:
            raise No(404, "There is nothing here.")
        if "transfer-encoding" in headers:
            raise No(411, "The size of the file must be known before it is sent.")
        try:
            length = int(headers.get("content-length", "0"))
        except ValueError:
            raise No(400, "The request is broken.") from None
        if length > size:
            raise No(413, f"That is too large. The limit is {size // 1024 // 1024} MB.")


def _same(known: str, given: str) -> bool:
    """Compare two secrets in constant time."""
    return hmac.compare_digest(known.encode(), given.encode())


async def _read(scope: Scope, receive: Receive) -> tuple[bytes, Receive]:
    """The body of a request, whose size was checked, and a `receive` that gives it to the application once more."""
    if scope["type"] != "http" or scope["method"] in {"GET", "HEAD"}:
        return b"", receive
    parts: list[Message] = []
    while not parts or (parts[-1]["type"] == "http.request" and parts[-1].get("more_body", False)):
        parts.append(await receive())
    body = b"".join(part.get("body", b"") for part in parts)

    async def again() -> Message:
        return parts.pop(0) if parts else await receive()

    return body, again


async def _refuse(no: No, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 4000 + no.status, "reason": no.text})
        return
    body = SORRY.format(text=no.text).encode()
    head = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    head += [(b"cache-control", b"no-store"), *HEADERS]
    await send({"type": "http.response.start", "status": no.status, "headers": head})
    await send({"type": "http.response.body", "body": body})


def _sealed(send: Send) -> Send:
    """Add the security headers to a response, and forbid every cache (also the browser's disk) to keep it."""
    mine = {name for name, _ in HEADERS} | {b"server", b"cache-control", b"access-control-allow-origin"}

    async def sealed(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = [(name, value) for name, value in message["headers"] if name.lower() not in mine]
            message = {**message, "headers": [*kept, (b"cache-control", b"no-store"), *HEADERS]}
        await send(message)

    return sealed
