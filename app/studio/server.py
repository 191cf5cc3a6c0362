"""The studio's server: one page, one origin, on this computer only.

Order matters here: the environment is set before gradio is imported (it decides about telemetry while it is being
imported), and a private folder in memory takes the place of the temporary folder before anything could write there.
Nothing is meant to be written there at all; it is the net under the rope.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import stat
import tempfile
import threading
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from app.studio.guard import Guard
from app.studio.sessions import Store
from app.studio.terminal import plain_words
from consent.errors import Refusal
from models.errors import Fault

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from fastapi import FastAPI
    from starlette.types import ASGIApp

    from app.home import Home
    from app.studio.desk import Desk

PREFIX: Final = "selfsame-"
SWEEP_SECONDS: Final = 2.0
QUIET: Final = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "GRADIO_RUN_HISTORY": "False",
    "GRADIO_MCP_SERVER": "False",
    "GRADIO_SSR_MODE": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "1",
    "DO_NOT_TRACK": "1",
}


@contextlib.contextmanager
def private_scratch() -> Iterator[Path]:
    """A temporary folder of our own, in memory where the system has one (`/dev/shm`), 0700, gone at the end.

    What a killed run has left behind is removed first. New files of this process are closed to other users.
    """
    memory = Path("/dev/shm")  # noqa: S108 - the folder made below is private
    base = memory if memory.is_dir() and os.access(memory, os.W_OK) else Path(tempfile.gettempdir())
    sweep_scratch(base)
    os.umask(0o077)
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=base))
    before = tempfile.tempdir
    tempfile.tempdir = str(folder)
    os.environ["TMPDIR"] = os.environ["GRADIO_TEMP_DIR"] = str(folder)
    try:
        yield folder
    finally:
        tempfile.tempdir = before
        shutil.rmtree(folder, ignore_errors=True)


def sweep_scratch(base: Path) -> None:
    """Remove the folders of runs that are no longer alive; only our own user's, never through a link."""
    for folder in base.glob(f"{PREFIX}*-*"):
        number = folder.name.removeprefix(PREFIX).split("-")[0]
        with contextlib.suppress(OSError):
            state = folder.lstat()
            if not stat.S_ISDIR(state.st_mode) or state.st_uid != os.getuid() or not number.isdigit():
                continue
            if not Path("/proc").is_dir() or not Path("/proc", number).exists():
                shutil.rmtree(folder, ignore_errors=True)


def build(port: int, home: Home, *, page: Callable[[FastAPI, Desk], None]) -> tuple[Guard, Desk]:
    """Put the application together behind its guard.

    Args:
        port: the port people use.
        home: keys, receipts, ledger.
        page: mounts what is seen at `/`: the whole studio, or the small page that a command opens.
    """
    os.environ.update(QUIET)
    from fastapi import FastAPI, Request
    from fastapi.responses import JSONResponse
    from starlette.middleware.cors import CORSMiddleware

    from app.studio import live
    from app.studio.desk import Desk

    store = Store()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        sweeper = asyncio.create_task(_sweep(desk))
        try:
            yield
        finally:
            sweeper.cancel()
            store.wipe()

    api = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    # A policy of our own that allows nobody: gradio then leaves out its own, which trusts every local port.
    api.add_middleware(CORSMiddleware, allow_origins=[])

    @api.get("/healthz")
    def healthz() -> dict[str, bool]:
        return {"ok": True}

    @api.exception_handler(Refusal)
    async def refused(_: Request, no: Refusal) -> JSONResponse:
        return JSONResponse({"code": no.code, "reason": no.reason, "remedy": no.remedy}, status_code=409)

    @api.exception_handler(Fault)
    async def broken(_: Request, fault: Fault) -> JSONResponse:
        told = {"ok": False, "code": fault.code, "reason": fault.reason, "remedy": fault.remedy}
        return JSONResponse(told, status_code=500)

    guard = Guard(api, port)
    desk = Desk(store, guard.browser, home)
    api.include_router(live.routes(desk))
    page(api, desk)
    return guard, desk


async def _sweep(desk: Desk) -> None:
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        await asyncio.to_thread(desk.sweep)


def bind(host: str, port: int) -> socket.socket:
    """Take a port now, so that the link can be printed before the server runs. Port 0 chooses a free one.

    Raises:
        Fault: `port-taken` or `host-not-local`.
    """
    if host not in {"127.0.0.1", "0.0.0.0"}:  # noqa: S104 - compared, not bound
        raise Fault(
            "host-not-local",
            f"The studio does not serve {host}.",
            "Use 127.0.0.1; inside a container 0.0.0.0, with the port published on 127.0.0.1 only.",
        )
    # asyncio sends small things at once (TCP_NODELAY) only through sockets that say they are TCP
    door = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((host, port))
    except (OSError, OverflowError):
        door.close()
        raise Fault("port-taken", f"Port {port} cannot be used.", "Choose another one with --port.") from None
    return door


class Running:
    """A uvicorn server around one application, in this thread or in its own."""

    def __init__(self, app: ASGIApp, door: socket.socket) -> None:
        import uvicorn

        settings: dict[str, Any] = {
            "log_level": "warning",
            "access_log": False,
            "server_header": False,
            "date_header": False,
            "ws": "websockets-sansio",
            "ws_max_size": 500_000,
            "ws_ping_interval": 10,
            "limit_concurrency": 64,
            "h11_max_incomplete_event_size": 32 * 1024,
            "timeout_graceful_shutdown": 2,
        }
        self._door = door
        self._server = uvicorn.Server(uvicorn.Config(app, **settings))
        self._thread: threading.Thread | None = None

    def run(self) -> None:
        """Serve until Ctrl-C or SIGTERM; raises KeyboardInterrupt or SystemExit then, so that clean-up runs."""
        self._server.run(sockets=[self._door])

    def wait(self, seconds: float = 30.0) -> None:
        """Wait until it answers.

        Raises:
            Fault: `not-started`.
        """
        ends = time.monotonic() + seconds
        while not self._server.started:
            if time.monotonic() > ends:
                raise Fault("not-started", "The local server did not start.", "Run `selfsame doctor`.")
            time.sleep(0.02)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._door]}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(5)


@contextlib.contextmanager
def ending_well() -> Iterator[None]:
    """Within the block a SIGTERM is an ordinary exit (143), so that every clean-up runs.

    uvicorn hands a SIGTERM on to the handler that stood before it, and the system's own would skip all clean-up.
    """

    def leave(*_: object) -> None:
        raise SystemExit(143)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def serve(home: Home, *, host: str, port: int, announce: Callable[[Guard, Running], None]) -> None:
    """Run the whole studio until it is stopped.

    Args:
        home: keys, receipts, ledger.
        host: 127.0.0.1, or 0.0.0.0 inside a container.
        port: 0 chooses a free one.
        announce: is given the guard, for its link, and the server, before it runs.
    """
    door = bind(host, port)
    os.environ.update(QUIET)  # before gradio is imported: it reads some of these only then
    with private_scratch(), ending_well(), plain_words():
        from app.studio.page import mount

        guard, desk = build(door.getsockname()[1], home, page=mount)
        running = Running(guard, door)
        try:
            announce(guard, running)
            running.run()
        finally:
            desk.store.wipe()
