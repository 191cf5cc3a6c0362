"""Small films of drawn content, in all the ways that cameras and programs write them."""

import io
import struct
from fractions import Fraction
from functools import cache

import av
import numpy as np

TICK = Fraction(1, 90_000)
STEADY = tuple(range(0, 12 * 3600, 3600))
UNEVEN = (0, 3600, 5000, 12_345, 16_000, 30_001, 33_000, 36_000)


def drawn(number, width=320, height=240, seed=0):
    """A frame that moves a little: `uint8 (H, W, 3)`."""
    y, x = np.mgrid[0:height, 0:width]
    x = x + 2 * number
    waves = [120 + 60 * np.sin(x / 40), 100 + 90 * y / height, 140 - 50 * np.cos((x + y) / 60)]
    grain = np.random.default_rng(seed).normal(0, 4, (height, width, 1))
    return np.clip(np.stack(waves, axis=2) + grain, 0, 255).astype(np.uint8)


def tone(codec, seconds, rate=48_000):
    """Sound frames of a codec."""
    samples = (8000 * np.sin(np.arange(int(seconds * rate)) / 20)).astype(np.int16)
    for start in range(0, len(samples), 1024):
        piece = samples[start : start + 1024]
        frame = av.AudioFrame.from_ndarray(piece[None], format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
        yield frame


@cache
def film(
    codec="libx264",
    *,
    size=(320, 240),
    ticks=STEADY,
    fmt="mp4",
    pix="yuv420p",
    options=(),
    turn=0,
    sound=(),
    tags=(),
    covers=0,
    videos=1,
    texts=0,
    colour=(),
    aspect=None,
    movflags="",
):
    """Write a film: bytes."""
    out = io.BytesIO()
    flags = {"movflags": movflags} if movflags else {}
    with av.open(out, "w", format=fmt, container_options=flags, io_open=lambda *_: io.BytesIO(out.getvalue())) as to:
        to.metadata.update(dict(tags))
        streams = []
        for _ in range(videos):
            stream = to.add_stream(codec, rate=25)
            stream.width, stream.height, stream.pix_fmt = *size, pix
            stream.time_base = stream.codec_context.time_base = TICK
            stream.options = dict(options)
            for name, value in dict(colour).items():
                setattr(stream.codec_context, name, value)
            if aspect:
                stream.codec_context.sample_aspect_ratio = aspect
            if turn:
                stream.set_display_rotation(turn)
            streams.append(stream)
        heard = [to.add_stream(name, rate=48_000, layout="mono") for name in sound]
        for stream in streams:
            for number, tick in enumerate(ticks):
                pixels = drawn(number, *size) if max(size) < 2000 else np.zeros((*size[::-1], 3), np.uint8)
                frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
                frame = frame.reformat(format=pix, dst_colorspace=5)
                frame.pts, frame.time_base = tick, TICK
                to.mux(stream.encode(frame))
            to.mux(stream.encode())
        for stream, name in zip(heard, sound, strict=True):
            for frame in tone(name, float(ticks[-1] * TICK)):
                to.mux(stream.encode(frame))
            to.mux(stream.encode())
    return out.getvalue()


def sound_packets(data):
    """Every sound packet: track, time, bytes."""
    with av.open(io.BytesIO(data)) as source:
        packets = [p for p in source.demux(source.streams.audio) if p.size] if source.streams.audio else []
        return [(p.stream.index, p.pts * p.time_base, p.dts * p.time_base, bytes(p)) for p in packets]


def replaced(data, kind, offset, new):
    """With bytes put into the header's first box of a kind, counted from its four letters' end."""
    place = data.index(kind, data.index(b"moov")) + 4 + offset
    return data[:place] + new + data[place + len(new) :]


def box(kind, content=b""):
    return struct.pack(">I4s", 8 + len(content), kind) + content


def remuxed(data):
    """Every packet as it was, written into a new file: nothing else of the old one is left."""
    out = io.BytesIO()
    with av.open(io.BytesIO(data)) as source, av.open(out, "w", format="mp4") as to:
        tracks = {s.index: to.add_stream_from_template(s) for s in (*source.streams.video, *source.streams.audio)}
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = tracks[packet.stream_index]
                to.mux(packet)
    return out.getvalue()
