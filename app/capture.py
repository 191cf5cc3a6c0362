"""Stage 1, `capture`: what a camera sends, turned into frames for the liveness recorder.

One binary message of the capture socket is one camera frame:

    4 bytes   length of the header, big-endian
    header    JSON {"seq": int, "t": float}; t is the page's clock in seconds when the camera took the frame
    rest      the frame as JPEG

The page also says when it had painted a prompt: `shown(index, t)`, on the same clock. Which prompt a person could see
when a frame was taken follows from the two times of that one clock; when a message happened to arrive says nothing.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from app import media
from consent.errors import Refusal
from consent.types import Frame

if TYPE_CHECKING:
    from consent.liveness import Capture, Hint, Recorder

MAX_MESSAGE: Final = 400_000
"""Bytes of one frame message; 640 x 480 at quality 0.9 is about 60 000."""
MAX_FRAMES: Final = 3600
"""Frames of one check: two minutes at 30 per second, far more than any challenge lasts."""
SMALLEST: Final = (240, 320)
LARGEST: Final = (1080, 1920)
LATEST: Final = 1e7
"""Seconds a page may have been open."""
RETRY: Final = "Please start the check again."


@dataclass(slots=True)
class Camera:
    """Feeds one liveness recorder from one capture socket.

    Order rules: sequence numbers and camera times only grow, every frame has the size of the first one, and a frame
    counts for a prompt only if it was taken after that prompt had been painted.

    Attributes:
        recorder: judges the frames and says what to show next.
    """

    recorder: Recorder
    _painted: list[tuple[int, float]] = field(default_factory=list)
    _last: tuple[int, float] = (-1, float("-inf"))
    _shape: tuple[int, ...] = ()
    _frames: int = 0

    def shown(self, index: int, at: float) -> None:
        """Note that the page had painted the prompt `index` at its time `at` (seconds).

        Raises:
            Refusal: `camera-order`, unless both go forward.
        """
        last, since = self._painted[-1] if self._painted else (-1, 0.0)
        if not (index > last and since <= at < LATEST):
            raise Refusal("camera-order", "The page reported its prompts out of order.", RETRY)
        self._painted.append((index, at))

    def take(self, message: bytes) -> Hint:
        """Decode one frame message and give it to the recorder.

        Returns:
            What the page must show now.

        Raises:
            Refusal: `frame-too-large`, `frame-unreadable`, `camera-order` or `check-too-long`.
        """
        sequence, at, jpeg = parse(message)
        if sequence <= self._last[0] or at <= self._last[1]:
            raise Refusal("camera-order", "The camera frames did not arrive in the order they were taken.", RETRY)
        self._last = (sequence, at)
        self._frames += 1
        if self._frames > MAX_FRAMES:
            raise Refusal("check-too-long", "The check took too long.", RETRY)
        pixels = media.read(jpeg).pixels
        if not self._shape:
            self._shape = pixels.shape
            if not all(low <= size <= high for low, size, high in zip(SMALLEST, pixels.shape, LARGEST, strict=False)):
                raise Refusal(
                    "camera-size",
                    f"The camera picture has an unusual size ({pixels.shape[1]} by {pixels.shape[0]}).",
                    "Choose another camera in the browser's address bar and start again.",
                )
        if pixels.shape != self._shape:
            raise Refusal("camera-changed", "The camera changed during the check.", RETRY)
        visible = next((index for index, since in reversed(self._painted) if since <= at), -1)
        return self.recorder.take(Frame(pixels=pixels, page_time=at, shown=visible))

    @property
    def sequence(self) -> int:
        """Number of the last frame taken."""
        return self._last[0]

    def capture(self) -> Capture:
        """Everything that was recorded, for `liveness.check`."""
        return self.recorder.capture()


def parse(message: bytes) -> tuple[int, float, bytes]:
    """Take one frame message apart: its number, its time in seconds by the page's clock, and the JPEG.

    Raises:
        Refusal: `frame-too-large` or `frame-unreadable`.
    """
    if len(message) > MAX_MESSAGE:
        raise Refusal("frame-too-large", "A camera frame was larger than a camera frame can be.", RETRY)
    try:
        (length,) = struct.unpack_from(">I", message)
        header = json.loads(message[4 : 4 + length])
        sequence, at = int(header["seq"]), float(header["t"])
    except (struct.error, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        raise Refusal("frame-unreadable", "A camera frame was broken on its way.", RETRY) from None
    jpeg = message[4 + length :]
    if not jpeg.startswith(b"\xff\xd8\xff") or not 0 <= at < LATEST:
        raise Refusal("frame-unreadable", "A camera frame was broken on its way.", RETRY)
    return sequence, at, jpeg
