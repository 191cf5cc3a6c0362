"""Films that go out: MP4 with H.264, made in memory. The sound of another film is taken over to the bit.

Nothing but pixels, times and sound packets goes in, so no title, place, device or encoder of the original can come out.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import av
import numpy as np
from av.bitstream import BitStreamFilterContext
from av.codec import Codec
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from app.bmff import MAX_BYTES
from app.codec import Pixels
from app.film import Film, Timing, opened, sounds
from app.film_colour import EXACT
from consent.errors import Fault, Refusal

if TYPE_CHECKING:
    from av.packet import Packet as _Packet

    Packet = _Packet[Any]

CRF: Final = 18
"""Quality of x264: nothing to be seen of it, and the watermark stays whole."""
_KEYS: Final = 48
"""Frames between key frames at most, so that a piece of two seconds can be cut out and read."""


_QUICK: Final = {"preset": "superfast", "x264-params": "mbtree=1:rc-lookahead=10:bframes=0"}
"""Half the time of `veryfast`, a quarter more bytes. Frames lie in their order: each lasts as long as it says."""
_X264: Final = "libx264"


def encode(frames: Iterable[Pixels], timing: Timing, sound: Film | None = None, crf: int = CRF) -> bytes:
    """Write a film.

    Args:
        frames: `uint8 RGB (H, W, 3)`, all of one size, both sides even; one for each tick of `timing`.
        timing: when they are shown; kept to the tick.
        sound: the film whose sound is taken over, packet for packet; None for a silent one.
        crf: 0 best .. 51 worst.

    Returns:
        The bytes of an MP4 whose header stands in front.

    Raises:
        Fault: `bad-pixels`: another size, or not as many frames as times; `no-encoder`, `not-encoded`.
        Refusal: `film-too-large`: what was made is larger than what is read; what `frames` or the sound raise.
    """
    _check_encoder()
    return _file(lambda writer: _packets(writer, frames, timing, crf), timing, sound)


def join(parts: Sequence[bytes], timing: Timing, sound: Film) -> bytes:
    """Put films that `encode` made one after the other: not a bit of their frames is compressed anew.

    Args:
        parts: in their order, all of one size.
        timing: of the whole: a tick for each frame of all parts.
        sound: as for `encode`.

    Returns:
        As `encode`.

    Raises:
        Fault: `bad-pixels`: not as many frames as times; `not-encoded`: the parts were not compressed alike.
        Refusal: as `encode`.
    """
    return _file(lambda writer: _taken_over(writer, parts, timing), timing, sound)


def packets(film: bytes) -> Iterator[Packet]:
    """The compressed frames of a film, in their order."""
    with opened(film) as container:
        yield from (packet for packet in container.demux(container.streams.video[0]) if packet.size)


def _file(picture: Callable[[Any], Iterator[Packet]], timing: Timing, sound: Film | None) -> bytes:
    """An MP4 of compressed frames and sound."""
    out = io.BytesIO()
    options = {"movflags": "+faststart", "fflags": "+bitexact"}
    try:
        with ExitStack() as stack:
            # the header is put in front in a second pass, which reads what was written
            writer = stack.enter_context(
                av.open(
                    out, "w", format="mp4", container_options=options, io_open=lambda *_: io.BytesIO(out.getvalue())
                )
            )
            source = stack.enter_context(opened(sound.data)) if sound is not None else None
            for _ in _written(writer, picture(writer), timing, source):
                if len(out.getbuffer()) > MAX_BYTES:
                    raise Refusal("film-too-large", "The finished film is too large.", "Shorten it and try again.")
    except (av.FFmpegError, ValueError) as error:
        raise Fault("not-encoded", f"The film could not be written: {error}.", "Nothing was written.") from error
    return out.getvalue()


def _check_encoder() -> None:
    try:
        Codec(_X264, "w")
    except (av.FFmpegError, ValueError) as error:
        reason = "The H.264 encoder (libx264) is missing from this computer's PyAV, so no film can be written."
        raise Fault(
            "no-encoder", reason, "Install PyAV from its own wheel: pip install --force-reinstall av"
        ) from error


def _written(writer: Any, shown: Iterator[Packet], timing: Timing, source: Any) -> Iterator[None]:
    """Write picture and sound in the order of their times; a step after each frame."""
    packet = next(shown, None)  # it makes its own track first
    tracks = {stream.index: writer.add_stream_from_template(stream) for stream in sounds(source)} if source else {}
    for track in tracks.values():
        track.metadata.clear()
    heard = _heard(source, tracks)
    ends = dict(zip(timing.ticks, (*timing.ticks[1:], timing.end), strict=True))
    waiting = next(heard, None)
    while packet is not None or waiting is not None:
        if waiting is not None and (packet is None or _begins(waiting) <= _begins(packet)):
            writer.mux(waiting)
            waiting = next(heard, None)
        elif packet is not None:
            packet.duration = ends[packet.pts or 0] - (packet.pts or 0)
            writer.mux(packet)
            packet = next(shown, None)
            yield


def _packets(writer: Any, frames: Iterable[Pixels], timing: Timing, crf: int) -> Iterator[Packet]:
    """Compress frames."""
    picture = writer.add_stream(_X264, rate=25)
    picture.pix_fmt, picture.time_base = "yuv420p", timing.base
    context = picture.codec_context
    context.time_base = timing.base
    context.color_range, context.colorspace, context.color_primaries, context.color_trc = 1, 1, 1, 1
    picture.options = {"crf": str(crf), "g": str(_KEYS), "threads": "2", **_QUICK}
    strip: BitStreamFilterContext | None = None
    for packet in _compressed(picture, frames, timing):
        if strip is None:  # x264's own remark in the first frame
            strip = BitStreamFilterContext("filter_units=remove_types=6", picture)
        for clean in strip.filter(packet):
            clean.stream = picture
            yield clean


def _compressed(picture: Any, frames: Iterable[Pixels], timing: Timing) -> Iterator[Packet | None]:
    """The compressed frames, then None."""
    count, by = 0, VideoReformatter()
    for count, pixels in enumerate(frames, 1):
        height, width = pixels.shape[:2]
        if count == 1:
            picture.width, picture.height = width, height
        if (width, height) != (picture.width, picture.height) or height % 2 or width % 2 or count > len(timing.ticks):
            raise Fault("bad-pixels", "A frame has another size than the first, or is one too many.", "Report it.")
        frame = by.reformat(
            VideoFrame.from_numpy_buffer(np.ascontiguousarray(pixels), format="rgb24"),
            format="yuv420p", dst_colorspace=1, src_color_range=2, dst_color_range=1, interpolation=EXACT,
        )  # fmt: skip
        frame.pts, frame.time_base = timing.ticks[count - 1], timing.base
        yield from picture.encode(frame)
    if count != len(timing.ticks):
        raise Fault("bad-pixels", "There are fewer frames than times.", "Report it.")
    yield from picture.encode()
    yield None


def _taken_over(writer: Any, parts: Sequence[bytes], timing: Timing) -> Iterator[Packet]:
    """The compressed frames of films, at the times of one."""
    ticks, picture, kind = iter(timing.ticks), None, None
    for part in parts:
        with opened(part) as container:
            stream = container.streams.video[0]
            if picture is None:
                picture, kind = writer.add_stream_from_template(stream), stream.codec_context.extradata
                picture.metadata.clear()
                picture.time_base = timing.base
            if stream.codec_context.extradata != kind:
                raise Fault("not-encoded", "The parts of this film were not compressed alike.", "Begin it anew.")
            for packet in container.demux(stream):
                if packet.size:
                    packet.pts = packet.dts = next(ticks, -1)
                    packet.time_base, packet.stream = timing.base, picture
                    yield packet
    if next(ticks, None) is not None:
        raise Fault("bad-pixels", "There are fewer frames than times.", "Report it.")


def _heard(source: Any, tracks: dict[int, Any]) -> Iterator[Packet]:
    """The sound packets in the order of the file, each bound to its new track."""
    if not tracks:
        return
    for packet in source.demux([source.streams[index] for index in tracks]):
        if packet.size and packet.dts is not None:
            packet.stream = tracks[packet.stream_index]
            yield packet


def _begins(packet: Packet) -> Fraction:
    return (packet.dts or 0) * (packet.time_base or Fraction(1))
