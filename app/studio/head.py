"""Our own head of the page: the chosen language before any of gradio's scripts runs, styles and scripts after.

What gradio is given as a head comes only after its own script has chosen the language of its labels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

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


class Headed:
    """ASGI wrapper that puts `LANGUAGE` into the page at `/`; everything else flows through untouched.

    Args:
        app: what serves the page.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
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
            kept = [(name, value) for name, value in start[0]["headers"] if name.lower() != b"content-length"]
            length = (b"content-length", str(len(body)).encode())
            await send({**start[0], "headers": [*kept, length]})
            await send({"type": "http.response.body", "body": body})

        await self._app(scope, receive, headed)
