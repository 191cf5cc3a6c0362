"""What the attacks stand on: people with gates of their own, their pictures, and a studio with browsers, over HTTP.

A gate here knows its person by rendered frames, sealed as liveness seals them; the live check has its own tests.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import gc
import json
import secrets
import warnings

import cv2
import httpx
import numpy as np

from app import media
from app.home import Home
from app.studio import page
from app.studio.server import Running, bind, build
from consent.enrolment import enrol
from consent.types import Action, LiveFrame, Photo, freeze
from models.faces import Finder
from tests.booth import SEAT
from tests.conftest import EVERYTHING, checked_again
from tests.people import someone

LARGE = (960, 720)
PICTURES = (b"\xff\xd8\xff", b"\x89PNG", b"WEBPVP8", b"data:image", b"GIF8")
"""How pixels begin, in whatever comes over a line."""


class Clock:
    """Seconds that stand still until they are moved."""

    def __init__(self, now=1000.0):
        self.now = now

    def __call__(self):
        return self.now


@functools.cache
def finder():
    return Finder()


@functools.cache
def draw(name, **changes):
    """A picture of somebody, `uint8 RGB`."""
    pixels = someone(name).render(dataclasses.replace(SEAT, **changes))
    pixels.setflags(write=False)
    return pixels


@functools.cache
def sat(name):
    """Frames of somebody at rest, as the live check keeps them."""
    turns = ({}, {"yaw": 4}, {"yaw": -4}, {"pitch": 3}, {"pitch": -3}, {"light": "window"})
    seen = [draw(name, seed=70 + number, **turn) for number, turn in enumerate(turns)]
    return tuple(LiveFrame(freeze(p), finder().find(p)[0], Action.CENTRE) for p in seen)


def gate_of(name, notary, ledger, clock=None, consent=EVERYTHING):
    """Somebody's gate, made by the real enrolment."""
    clock = clock or Clock()
    return enrol(checked_again(sat(name), clock), notary.sign(consent, clock), ledger, clock)


def photo(pixels):
    return Photo(np.ascontiguousarray(pixels))


def head(name, eyes, **changes):
    """Somebody's head, cut out, with `eyes` pixels between the eyes."""
    pixels = draw(name, seed=5, size=LARGE, **changes)
    face = finder().find(pixels)[0]
    low, high = face.mesh[:, :2].min(0), face.mesh[:, :2].max(0)
    size = (high - low).max()
    (x0, y0), (x1, y1) = np.maximum(low - 0.35 * size, 0).astype(int), (high + 0.2 * size).astype(int)
    by = eyes / face.eye_distance
    return cv2.resize(pixels[y0:y1, x0:x1], None, fx=by, fy=by, interpolation=cv2.INTER_AREA)


def pasted(pixels, patch, x, y):
    """`patch` laid over a picture with its upper left corner at (x, y)."""
    out = pixels.copy()
    out[y : y + patch.shape[0], x : x + patch.shape[1]] = patch
    return out


class Browser:
    """Somebody's browser before the studio: one cookie jar, and the page's own way to send events."""

    def __init__(self, port, guard, *, opened=True):
        self.guard = guard
        self.base = f"http://127.0.0.1:{port}"
        self.http = httpx.Client(base_url=self.base, headers={"origin": self.base}, timeout=120.0)
        self.hash = secrets.token_hex(6)
        if opened:
            self.http.get("/", params={"t": guard.token})

    @property
    def cookie(self):
        return f"{self.guard.cookie}={self.http.cookies[self.guard.cookie]}"

    @functools.cached_property
    def config(self):
        return self.http.get("/config").json()

    def get(self, path, **rest):
        return self.http.get(path, **rest)

    def put(self, side, data):
        return self.http.put(f"/studio/picture/{side}", content=data)

    def event(self, what, detail=None, data=None, session=None):
        """Send an event of the page, and give back the raw text of all that came of it.

        Args:
            what: the element's id and the event, or an event's number.
            detail: what a `studio` event carries.
            data: the inputs; the components' first values by default.
            session: gradio's name for the page.
        """
        number = what if isinstance(what, int) else self._numbered(*what)
        session = session or self.hash
        body = {
            "data": self._inputs(number) if data is None else data,
            "event_data": detail,
            "fn_index": number,
            "trigger_id": None,
            "session_hash": session,
        }
        joined = self.http.post("/gradio_api/queue/join", json=body)
        if joined.status_code != 200:
            return joined.text
        said = []
        with self.http.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as answer:
            for line in answer.iter_lines():
                said.append(line)
                if '"process_completed"' in line or '"unexpected_error"' in line or answer.status_code != 200:
                    break
        return "\n".join(said)

    def look(self, side, data, choose=None):
        """Hand in a picture and have it judged."""
        assert self.put(side, data).status_code == 204
        place = "stage" if side == "target" else "source"
        said = self.event((place, "studio"), {"do": "uploaded", "side": side})
        if choose is not None:
            said = self.event((place, "studio"), {"do": "choose", "side": side, "face": str(choose)})
        return said

    def make(self, purpose, years=25):
        """Press the button; all results that the page then knows of, oldest first."""
        inputs = self._inputs(self._numbered("make", "click"))
        return self.event(("make", "click"), data=[purpose, *inputs[1:3], years, *inputs[4:]])

    def _numbered(self, element, event):
        ids = {part["id"]: part["props"].get("elem_id") for part in self.config["components"]}
        for one in self.config["dependencies"]:
            if any(ids.get(target) == element and name == event for target, name in one["targets"]):
                return one["id"]
        raise KeyError((element, event))

    def _inputs(self, number):
        values = {part["id"]: part["props"].get("value") for part in self.config["components"]}
        (one,) = (d for d in self.config["dependencies"] if d["id"] == number)
        return [values[part] for part in one["inputs"]]


class Studio:
    """The whole studio, answering on a port."""

    def __init__(self, port, guard, desk):
        self.port, self.guard, self.desk = port, guard, desk
        self._opened = []

    def browser(self, **rest):
        self._opened.append(Browser(self.port, self.guard, **rest))
        return self._opened[-1]

    def close(self):
        for browser in self._opened:
            browser.http.close()

    def visitor(self, browser):
        return self.desk.visitor({"cookie": browser.cookie})

    def sit_down(self, browser, name):
        """Agree, and have passed the live check."""
        visitor, clock = self.visitor(browser), self.desk.store.clock
        receipt = self.desk.notary.sign(EVERYTHING, clock)
        visitor.agreed(receipt)
        visitor.open(enrol(checked_again(sat(name), clock), receipt, self.desk.ledger, clock), receipt)
        return visitor


@contextlib.contextmanager
def tidied():
    """Collect in silence, at the end, the event loops that gradio leaves to the garbage collector."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        yield
        gc.collect()


@contextlib.contextmanager
def studio_at(folder):
    """The real server, in a thread."""
    door = bind("127.0.0.1", 0)
    port = door.getsockname()[1]
    with tidied():
        guard, desk = build(port, Home.open(folder), page=page.mount)
    with Running(guard, door) as running:
        running.wait()
        studio = Studio(port, guard, desk)
        yield studio
        studio.close()
    with tidied():
        del guard, desk, studio, running


def jpeg(pixels):
    return media.encode(np.ascontiguousarray(pixels), "jpeg", 95)


def told(text):
    """The last event's output in what `Browser.event` gave back."""
    lines = [line.removeprefix("data:") for line in text.splitlines() if '"process_completed"' in line]
    return json.loads(lines[-1]) if lines else {}
