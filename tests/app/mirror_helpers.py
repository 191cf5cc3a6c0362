"""A page that speaks to the mirror's socket, written by a test: frames in lockstep, so that none is let fall."""

import contextlib
import io
import itertools
import json
import struct

import httpx
import numpy as np
from PIL import Image
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from app.studio import mirror, pictures
from consent.enrolment import enrol
from consent.receipt import Consent
from consent.types import Purpose, since_boot
from tests.booth import SEAT
from tests.conftest import checked_again, frames_of
from tests.people import person

FRAMES = 6
"""Of the live check; more of them cost more."""
SLIDERS = ("smile", "mouth", "brows", "eyes", "gaze", "gaze_up", "tilt", "turn")
SETTINGS = {"action": "age", "amount": 1, "parts": ["skin"], "years": 30, "ready": "smile", **dict.fromkeys(SLIDERS, 0)}


def camera(name, count=3, **changes):
    """Pictures of one person who sits before a camera: `uint8 (H, W, 3)`."""
    return [person(name).render(SEAT, yaw=2.0 * n - 2, seed=n, **changes) for n in range(count)]


class Lens:
    """Makes JPEG frames of pictures, each with noise of its own, as a sensor gives it."""

    def __init__(self, seed=0):
        self.rng = np.random.default_rng(seed)

    def jpeg(self, pixels):
        noise = self.rng.integers(-3, 4, pixels.shape, dtype=np.int16)
        out = io.BytesIO()
        noisy = Image.fromarray(np.clip(pixels + noise, 0, 255).astype(np.uint8))
        noisy.save(out, "JPEG", quality=90, subsampling=2)
        return out.getvalue()


def small_page(api, desk):
    """Only what the mirror needs; without gradio."""
    api.include_router(pictures.routes(desk))
    api.include_router(mirror.routes(desk))


def known_again(gate, notary, ledger, purposes=tuple(Purpose), clock=since_boot):
    """A gate for the person whom all tests met, with an agreement and a clock of its own: (gate, receipt)."""
    words = {"language": "en", "version": "test", "text": "I agree."}
    receipt = notary.sign(Consent(frozenset(purposes), adult=True, myself=True, **words), clock)
    return enrol(checked_again(frames_of(gate)[:FRAMES], clock), receipt, ledger, clock), receipt


class Browser:
    """One browser of a running studio."""

    def __init__(self, guard, desk, language="en"):
        self.origin = f"http://127.0.0.1:{guard.port}"
        answer = httpx.get(guard.link(), follow_redirects=False)
        self.cookie = {"cookie": answer.headers["set-cookie"].split(";")[0]}
        self.visitor = desk.visitor(self.cookie)
        self.visitor.language = language
        self.desk = desk

    def sit_down(self, gate, receipt):
        self.visitor.agreed(receipt)
        self.visitor.open(gate, receipt)

    def get(self, path):
        return httpx.get(self.origin + path, headers=self.cookie)

    @contextlib.contextmanager
    def page(self, **settings):
        """An open mirror, its settings sent."""
        address = self.origin.replace("http", "ws") + "/mirror/ws"
        with connect(
            address, additional_headers=self.cookie, origin=self.origin, compression=None, max_size=None
        ) as line:
            page = Page(line)
            with contextlib.suppress(ConnectionClosed):  # it may have been refused already
                page.say(settings=SETTINGS | settings)
            yield page


class Page:
    """The other end of one socket."""

    def __init__(self, line):
        self.line, self.lens = line, Lens()
        self.numbers, self.heard = itertools.count(), []

    def say(self, **message):
        self.line.send(json.dumps(message))

    def send(self, pixels, at=None, number=None, jpeg=None):
        """One frame on its way; its number."""
        number = next(self.numbers) if number is None else number
        header = json.dumps({"seq": number, "t": 1 + number / 15 if at is None else at}).encode()
        self.line.send(struct.pack(">I", len(header)) + header + (self.lens.jpeg(pixels) if jpeg is None else jpeg))
        return number

    def next(self, timeout=60):
        """The next message: (header, JPEG) of a picture, or (words, b"")."""
        message = self.line.recv(timeout)
        if isinstance(message, str):
            self.heard.append(json.loads(message))
            return self.heard[-1], b""
        length = struct.unpack_from(">I", message)[0]
        return json.loads(message[4 : 4 + length]), message[4 + length :]

    def until(self, *names):
        """The first message with one of these names."""
        while True:
            said, jpeg = self.next()
            found = next((name for name in names if name in said), None)
            if found is not None:
                return said[found], jpeg

    def look(self, pixels):
        """Send one frame and wait for its answer: the stamped JPEG, or the code of what is said in its place."""
        number = self.send(pixels)
        while True:
            said, jpeg = self.next()
            if said.get("seq") == number:
                return jpeg
            if said.get("blank", {}).get("seq") == number:
                return said["blank"]["code"]
            if "end" in said:
                return "end: " + said["end"]["code"]
