"""A recording of the mirror: the camera's own JPEG frames in memory, and the film they make.

Nothing is compressed again: the frames become the samples of a Motion JPEG film as they came. No engine and no stamp
here; what is made of the film goes through `app.reel`, and only that leaves.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

import av
from av.packet import Packet

from app.film import Film, read
from consent.errors import Fault, Refusal

MOST_SECONDS: Final = 60.0
MOST_BYTES: Final = 200 * 1024 * 1024
"""60 seconds of 30 frames of 640 x 480 are about 100 MB."""
_BASE: Final = Fraction(1, 1000)
_LAST: Final = 40
"""Ticks that the last frame is shown."""


@dataclass(slots=True)
class Recording:
    """Frames as they came, with their times.

    Attributes:
        size: (width, height) of every frame.
    """

    size: tuple[int, int]
    _frames: list[tuple[float, bytes]] = field(default_factory=list, repr=False)
    _bytes: int = 0

    def add(self, jpeg: bytes, seconds: float) -> None:
        """Keep one frame; `seconds` rises."""
        self._frames.append((seconds, jpeg))
        self._bytes += len(jpeg)

    @property
    def seconds(self) -> float:
        """From the first frame to the last."""
        return self._frames[-1][0] - self._frames[0][0] if self._frames else 0.0

    @property
    def is_full(self) -> bool:
        """Whether it must end now."""
        return self.seconds >= MOST_SECONDS or self._bytes >= MOST_BYTES

    def film(self) -> Film:
        """The frames as a film, looked at as any other; they are let go.

        Raises:
            Refusal: `recording-empty`; what `app.film.read` says.
            Fault: `not-encoded`.
        """
        frames, self._frames = self._frames, []
        if not frames:
            raise Refusal("recording-empty", "Nothing was recorded.", "Record for a second or more.")
        out = io.BytesIO()
        try:
            with av.open(out, "w", format="mov", container_options={"fflags": "+bitexact"}) as writer:
                stream = writer.add_stream("mjpeg", rate=25)
                stream.width, stream.height = self.size
                stream.pix_fmt, stream.time_base = "yuvj420p", _BASE
                ticks = _ticks([seconds for seconds, _ in frames])
                ends = [*ticks[1:], ticks[-1] + _LAST]
                for (_, jpeg), tick, end in zip(frames, ticks, ends, strict=True):
                    packet = Packet(jpeg)
                    packet.stream, packet.time_base, packet.is_keyframe = stream, _BASE, True
                    packet.pts = packet.dts = tick
                    packet.duration = end - tick
                    writer.mux(packet)
        except (av.FFmpegError, ValueError) as error:
            reason = f"The recording could not be put together: {error}."
            raise Fault("not-encoded", reason, "Nothing was written.") from error
        return read(out.getvalue())


def _ticks(seconds: list[float]) -> list[int]:
    """Milliseconds from the first frame, rising by at least one."""
    ticks: list[int] = []
    for one in seconds:
        tick = round((one - seconds[0]) * 1000)
        ticks.append(max(tick, ticks[-1] + 1) if ticks else tick)
    return ticks
