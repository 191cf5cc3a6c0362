"""Our own head of the page: the chosen language before any of gradio's scripts runs, styles and scripts after.

What gradio is given as a head comes only after its own script has chosen the language of its labels. And its scripts
ask for one another in four rounds, each of which waits for the one before: so the page names them all at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import gradio

from app.studio.strings import CHOSEN

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

STYLES: Final = ("capture.css", "studio.css", "mirror.css", "personal.css")
SCRIPTS: Final = ("studio.js", "films.js", "personal.js", "preview.js", "mirror.js")
LANGUAGE: Final = (
    f"<script>{{const chosen=/(?:^|; *){CHOSEN}=(\\w+)/.exec(document.cookie);"
    "const tag=chosen&&{zh:'zh-CN',en:'en'}[chosen[1]];"
    "if(tag)for(const[name,value]of[['language',tag],['languages',[tag]]])"
    "Object.defineProperty(navigator,name,{get:()=>value});"
    "document.documentElement.lang=navigator.language}</script>"
)
HEAD: Final = (
    '<meta name="color-scheme" content="light dark">'
    + "".join(f'<link rel="stylesheet" href="/capture/assets/{name}">' for name in STYLES)
    + '<link rel="modulepreload" href="/capture/assets/capture.js">'
    + "".join(f'<script type="module" src="/capture/assets/{name}"></script>' for name in SCRIPTS)
)
"""Given to gradio, which puts it behind its own styles: of two rules alike the later one counts."""

CHUNKS: Final = tuple((Path(__file__).parent / "static" / "chunks.txt").read_text("ascii").split())
"""gradio's scripts and styles that the page asks for (`python -m tests.studio_chunks` writes them down)."""
_FOLDER: Final = Path(gradio.__file__).parent / "templates" / "frontend" / "assets"
KINDS: Final = {".js": b"text/javascript; charset=utf-8", ".css": b"text/css; charset=utf-8"}
"""Media types of these, by ending."""
_EARLY: Final = {".js": 'rel="modulepreload"', ".css": 'rel="preload" as="style"'}


class Headed:
    """ASGI wrapper that puts `LANGUAGE` and links to `CHUNKS` into the page at `/`, and hands these out of memory.

    Another version of gradio has chunks of other names; what it does not have is left out, and comes when asked for.
    Nothing is packed for the way: it is one inside of this computer, and packing took longer than sending.

    Args:
        app: what serves the page.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        there = [path for name in CHUNKS if (path := _FOLDER / name).is_file()]
        self._ready = {f"/assets/{path.name}": (KINDS[path.suffix], path.read_bytes()) for path in there}
        links = (f'<link {_EARLY[path.suffix]} crossorigin href="./assets/{path.name}">' for path in there)
        self._early = "".join(links).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            if scope["method"] == "GET" and scope["path"] in self._ready:
                await _hand_out(*self._ready[scope["path"]], send)
                return
            scope = {**scope, "headers": [one for one in scope["headers"] if one[0].lower() != b"accept-encoding"]}
        if scope["type"] != "http" or scope["path"] != "/":
            await self._app(scope, receive, send)
            return
        start: list[Message] = []
        parts: list[bytes] = []

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.append(message)
                return
            if message["type"] != "http.response.body":
                await send(message)
                return
            parts.append(message.get("body", b""))
            if message.get("more_body", False):
                return
            body = b"".join(parts).replace(b"<head>", b"<head>" + LANGUAGE.encode(), 1)
            before, end, after = body.rpartition(b"</head>")
            body = before + self._early * bool(end) + end + after
            kept = [(name, value) for name, value in start[0]["headers"] if name.lower() != b"content-length"]
            length = (b"content-length", str(len(body)).encode())
            await send({**start[0], "headers": [*kept, length]})
            await send({"type": "http.response.body", "body": body})

        await self._app(scope, receive, headed)


async def _hand_out(kind: bytes, data: bytes, send: Send) -> None:
    head = [(b"content-type", kind), (b"content-length", str(len(data)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": data})
