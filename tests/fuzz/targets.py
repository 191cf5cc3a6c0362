"""Everything that reads bytes from others, each as one function of bytes, with a few honest examples to begin from.

A target may raise a `Refusal` or a `Fault`, which are sentences. Anything else it raises is a finding.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sqlite3
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app import bmff, codec, film, media
from app.capture import Camera, parse
from app.notary import open_notary
from app.stamp import keyfile, statement
from app.stamp.registry import Registry
from app.studio import receipts
from app.studio.guard import Guard
from app.studio.live import _report, choice
from app.studio.play import wanted
from app.verify import Verdict, verify
from consent.errors import Fault, Refusal
from consent.ledger import Ledger
from tests.app import film_helpers, malformed, stamp_helpers
from tests.conftest import EVERYTHING
from tests.redteam.camera import message

SENTENCES = (Refusal, Fault)
_FOLDER = tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None)
"""For targets that read files; in memory where there is such a place."""


@dataclass(frozen=True, slots=True)
class Target:
    """One reader.

    Attributes:
        name: what it reads.
        read: gives the bytes to it; raises when something is wrong.
        seeds: honest examples, small.
    """

    name: str
    read: Callable[[bytes], None]
    seeds: Callable[[], list[bytes]]


def _picture(data):
    pixels = media.read(data).pixels
    assert pixels.dtype == np.uint8
    assert pixels.ndim == 3


def _film(data):
    bmff.count(data)
    found = film.read(data)
    for number, pixels in enumerate(found.frames()):
        assert pixels.dtype == np.uint8
        if number == 2:
            break


def _verify(data):
    """Nothing that differs from what we signed is called ours."""
    report = verify(data, [stamp_helpers.signer().anchor_pem])
    assert report.sentence
    json.dumps(report.as_json(), allow_nan=False)
    assert report.verdict is not Verdict.OURS or data in _signed()


def _receipt(data):
    text = data.decode(errors="replace")
    found = receipts.read(text)
    receipts.plain(text)
    assert json.loads(found.document) == json.loads(next(iter(_receipts())))
    receipts.line(text)


def _ledger(data):
    path = Path(_FOLDER.name) / "ledger.db"
    for suffix in ("", ".head", "-journal"):
        path.with_name(f"ledger.db{suffix}").unlink(missing_ok=True)
    path.write_bytes(data)
    path.with_name("ledger.db.head").write_bytes(_ledger_files()[1])
    ledger = Ledger(path, _key())
    with contextlib.suppress(*SENTENCES):
        ledger.withdrawn()
    assert len(ledger.entries()) == 3


def _registry(data):
    path = Path(_FOLDER.name) / "stamped.db"
    path.write_bytes(data)
    with contextlib.suppress(*SENTENCES):
        Registry(path).recall(7)
    with contextlib.suppress(*SENTENCES):
        Registry(path).forget("ab" * 12)
    Registry(path).fresh()


def _keys(data):
    path = Path(_FOLDER.name) / "stamp.pem"
    path.write_bytes(data)
    with contextlib.suppress(*SENTENCES):
        keyfile.load(path, "Remedy.")
    other = Path(_FOLDER.name) / "receipts.pem"
    other.write_bytes(data)
    open_notary(other)


def _statement(data):
    with contextlib.suppress(ValueError, RecursionError):
        found = statement.parse(json.loads(data))
        assert found is None or statement.parse(found.as_json()) == found


def _socket(data):
    """The live check's socket: its first message, its reports, its frames; and the mirror's settings."""
    text = data.decode(errors="replace")
    camera = Camera(_Blind())
    for call in (lambda: choice(text), lambda: _report(camera, text), lambda: parse(data), lambda: camera.take(data)):
        with contextlib.suppress(*SENTENCES):
            call()
    with contextlib.suppress(ValueError, RecursionError):
        said = json.loads(text)
        if isinstance(said, list):
            wanted(*(said + [None] * 14)[:13])


def _http(data):
    """One request to the wall, its parts separated by zeros: method, path, query, then headers."""
    parts = data.split(b"\0")
    method, path, query = ([*parts, b"", b"", b""])[:3]
    headers = [tuple(one.partition(b":")[::2]) for one in parts[3:]]
    kind = "websocket" if method == b"WS" else "http"
    scope = {"type": kind, "path": path.decode("utf-8", "replace"), "query_string": query, "headers": headers}
    scope |= {"method": method.decode("latin-1")} if kind == "http" else {}
    inside, sent = [], []

    async def app(*_):
        inside.append(path)

    async def receive():
        return {"type": f"{kind}.connect" if kind == "websocket" else "http.request", "body": data[:99]}

    async def send(said):
        sent.append(said)

    guard = Guard(app, 7999, token="t" * 40)
    guard._browsers["b" * 40] = {}
    asyncio.run(guard(scope, receive, send))
    cookies = b";".join(value for name, value in headers if name.lower() == b"cookie")
    assert not inside or path == b"/healthz" or b"b" * 40 in cookies, "let in without a session"
    assert inside or sent


class _Blind:
    """A recorder that sees nothing: the frames' reader is what is tried."""

    def take(self, _):
        return None


@cache
def _signed():
    return {stamp_helpers.stamped(fmt) for fmt in ("jpeg", "png", "webp")}


@cache
def _key():
    return Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


@cache
def _receipts():
    notary = open_notary(Path(_FOLDER.name) / "own.pem")
    return {notary.sign(EVERYTHING).document}


@cache
def _ledger_files():
    path = Path(_FOLDER.name) / "seed.db"
    for number in range(3):
        Ledger(path, _key()).record("match", f"{number:02d}")
    return path.read_bytes(), path.with_name("seed.db.head").read_bytes()


def _registry_seed():
    path = Path(_FOLDER.name) / "seed-stamped.db"
    Registry(path).fresh()
    return [path.read_bytes() if path.exists() else sqlite3.connect(":memory:").serialize()]


def _pictures():
    small = stamp_helpers.picture(136, 130)
    webp = cv2.imencode(".webp", small, [cv2.IMWRITE_WEBP_QUALITY, 101])[1].tobytes()
    return [*(codec.encode(small, fmt, 40) for fmt in ("jpeg", "png", "webp")), webp]


def _films():
    return [
        film_helpers.film(size=(128, 128), ticks=(0, 3600, 7200)),
        film_helpers.film(size=(128, 128), sound=("aac",)),
    ]


def _manifests():
    return [*_signed(), malformed.in_png(malformed.claim(b"\xa0")), malformed.in_jpeg(malformed.nested(9))]


def _socket_seeds():
    said = ['{"assurance": "motion", "abilities": ["turn", "nod"]}', '{"shown": 3, "t": 1.5}']
    said += ['["age", 0.5, ["all"], 25, "none", 0, 0, 0, 0, 0, 0, 0, 0]']
    return [*(one.encode() for one in said), message(1, 2.5, _pictures()[0])]


def _http_seeds():
    host = b"host:127.0.0.1:7999"
    cookie = b"cookie:selfsame_7999=" + b"b" * 40
    origin = b"origin:http://127.0.0.1:7999"
    mine = [host, cookie, origin]
    rows = [[b"GET", b"/", b"t=" + b"t" * 40, host], [b"GET", b"/config", b"", host, cookie]]
    rows += [[b"WS", b"/capture/ws", b"", *mine], [b"PUT", b"/studio/check", b"", *mine, b"content-length:5"]]
    rows += [[b"POST", b"/gradio_api/queue/join", b"session_hash=a", *mine]]
    return [b"\0".join(row) for row in rows]


def _key_seeds():
    folder = Path(_FOLDER.name)
    open_notary(folder / "seed.pem")
    return [(folder / "seed.pem").read_bytes(), stamp_helpers.signer().anchor_pem.encode()]


TARGETS = {
    one.name: one
    for one in (
        Target("picture", _picture, _pictures),
        Target("film", _film, _films),
        Target("verify", _verify, _manifests),
        Target("receipt", _receipt, lambda: [one.encode() for one in _receipts()]),
        Target("ledger", _ledger, lambda: [_ledger_files()[0]]),
        Target("registry", _registry, _registry_seed),
        Target("keys", _keys, _key_seeds),
        Target("statement", _statement, lambda: [json.dumps(stamp_helpers.statement().as_json()).encode()]),
        Target("socket", _socket, _socket_seeds),
        Target("http", _http, _http_seeds),
    )
}


def once(target, data):
    """One execution: None, or what it raised that is no sentence."""
    try:
        target.read(data)
    except SENTENCES:
        return None
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001 - the finding
        return error
    return None


os.environ.setdefault("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
