"""Films that people hand in: MP4 and MOV, with H.264, HEVC, AV1, VP9, MPEG-4, ProRes or Motion JPEG inside.

`read` looks at the header and at the packets, `Film.frames` decodes. Convention: frames are `uint8` RGB `(H, W, 3)`,
sRGB-like (BT.709), turned as the film says, with square pixels; both sides are even, an odd one is filled up by
repeating its last row. Times are exact fractions of a second.

Nothing is decoded before `app.bmff` has counted what the header asks for. The file stays in memory; the decoder needs,
on top, some 25 frames of up to `MAX_PIXELS` (300 MB at most).
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import dropwhile, pairwise
from typing import Any, Final, final

import av
import cv2
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from app import bmff, film_colour
from app.bmff import MAX_BYTES
from app.codec import Format, Pixels, sniff
from app.timing import Timing as Timing  # noqa: PLC0414 - part of what a film is, handed on
from consent.errors import Refusal

MAX_PIXELS: Final = 3840 * 2160
MAX_SIDE: Final = 4096
MIN_SIDE: Final = 128
"""As for pictures: below it no label can be read."""
MAX_SECONDS: Final = 65 * 60
"""An hour, and what cameras make of it."""
MAX_RATE: Final = 121
"""Frames a second, on average: 120 and what cameras make of it."""
MAX_FRAMES: Final = 120_000
"""An hour at 30 a second: some 40 MB of numbers."""
CODECS: Final = frozenset({"h264", "hevc", "av1", "libdav1d", "vp9", "mpeg4", "prores", "mjpeg"})
SOUNDS: Final = frozenset({"aac", "mp3", "mp3float", "ac3", "eac3", "alac", "opus", "flac"})
"""What an MP4 can hold as it is; other sound would have to be compressed again."""

_EXPORT: Final = "Export it as an ordinary MP4 (H.264, AAC sound, up to 4K, at most an hour) and try again."
_AGAIN: Final = "Copy or export the film again, or use another one."
_SAFE: Final = {
    "codec_whitelist": ",".join(sorted(CODECS | SOUNDS)),
    "enable_drefs": "0",
    "use_absolute_path": "0",
    "max_streams": str(bmff.MAX_TRACKS),
    "max_pixels": str(MAX_PIXELS),  # for the decoders that look for what the header leaves open
}


@dataclass(frozen=True, slots=True)
class Shape:
    """How decoded frames become what is shown.

    Attributes:
        coded: (width, height) as they are decoded.
        square: the same with square pixels.
        matrix: (a, b, c, d) by which they are turned or mirrored; see `app.bmff.Track`.
    """

    coded: tuple[int, int]
    square: tuple[int, int]
    matrix: tuple[float, float, float, float]

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) as shown: turned, and even."""
        width, height = self.square if self.matrix[0] else self.square[::-1]
        return width + width % 2, height + height % 2


@final
@dataclass(frozen=True, slots=True, eq=False)
class Film:
    """A film that was looked at. Made by `read`.

    Attributes:
        data: the whole file.
        shape: of its frames.
        timing: of its frames.
        notes: sentences for the person: what of the film will not be in what is made of it.
        first: the number of the first frame, of a part of a film; None of a whole one.
    """

    data: bytes = field(repr=False)
    shape: Shape
    timing: Timing = field(repr=False)
    notes: tuple[str, ...]
    first: int | None = None

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of its frames as `frames` gives them."""
        return self.shape.size

    def __iter__(self) -> Iterator[Pixels]:
        return self.frames()

    def part(self, first: int, last: int) -> Film:
        """Its frames `first` to `last - 1`, as a film of their own; of a whole film only."""
        return replace(self, timing=self.timing.part(first, last), first=first)

    def frames(self) -> Iterator[Pixels]:
        """Decode: one frame for each of `timing`, in that order.

        Raises:
            Refusal: `broken-film` at the first frame that cannot be decoded whole; `interlaced-film`.
        """
        by = VideoReformatter()
        for frame in self.decoded():
            yield pixels(frame, self.shape, by)

    def decoded(self) -> Iterator[VideoFrame]:
        """The same as the decoder gives them, neither turned nor converted.

        Raises:
            Refusal: `broken-film`.
        """
        wanted = iter(self.timing.ticks)
        with opened(self.data) as container:
            stream = video(container)
            frames = container.decode(stream) if not self.first else _from(container, stream, self.timing.ticks[0])
            for frame in frames:
                tick = next(wanted, None)
                if tick is None and self.first is not None:
                    return
                if frame.pts != tick or frame.is_corrupt:
                    raise _broken()
                yield frame
        if next(wanted, None) is not None:
            raise _broken()


def read(data: bytes) -> Film:
    """Look at a film: its header, its packets and its first frame.

    Args:
        data: the whole file, from anyone.

    Returns:
        The film, ready to be decoded.

    Raises:
        Refusal: `not-a-film`, `film-too-large`, `film-too-long`, `film-too-fast`, `film-too-small`, `film-cut-short`,
            `film-in-pieces`, `broken-film`, `no-video`, `empty-film`, `several-videos`, `unsupported-film`,
            `unsupported-sound`, `encrypted-film`, `interlaced-film`; nothing else, whatever the bytes.
    """
    track, others = _examined(data)
    with opened(data) as container:
        stream = video(container)
        notes = _notes(container, others)
        timing = _timing(container, stream)
        first = next(iter(container.decode(_rewound(container, stream))), None)
        if first is None or first.is_corrupt:
            raise _broken()
        _check_frame(first)
        notes += film_colour.said(first)
        shape = _shape(first, track.matrix, stream.sample_aspect_ratio)
    return Film(data, shape, timing, notes)


def _examined(data: bytes) -> tuple[bmff.Track, tuple[bmff.Track, ...]]:
    """The one video track, and all others; before any decoder sees the file."""
    if len(data) > MAX_BYTES:
        raise Refusal(
            "film-too-large",
            f"The film has {len(data) / 2**20:.0f} MB; at most {MAX_BYTES // 2**20} MB are read.",
            "Shorten it or make it smaller, and try again.",
        )
    if sniff(data) is not Format.MP4:
        raise Refusal("not-a-film", "This is not an MP4 or MOV film.", _EXPORT)
    try:
        tracks = bmff.tracks(data)
    except bmff.CutShort as error:
        raise Refusal("film-cut-short", "The film is cut short: its end is missing.", _AGAIN) from error
    except bmff.TooMany as error:
        # such a file is not given to the library that looks for manifests either
        raise Refusal("film-in-pieces", "The film's file is in too many pieces to be read.", _EXPORT) from error
    except bmff.Hostile as error:
        raise Refusal("film-too-large", "The film's header asks for more than is read here.", _EXPORT) from error
    except bmff.Malformed as error:
        raise _broken() from error
    if any(track.is_encrypted for track in tracks):
        raise Refusal("encrypted-film", "The film is encrypted.", "Use one of your own that is not protected.")
    track = _only_video(tracks)
    return track, tuple(other for other in tracks if other is not track)


def _only_video(tracks: tuple[bmff.Track, ...]) -> bmff.Track:
    videos = [track for track in tracks if track.kind == "vide"]
    if not videos:
        raise Refusal("no-video", "There is no video in this file.", "Use a film with a picture.")
    if len(videos) > 1:
        raise Refusal("several-videos", "There are several videos in this file.", "Export the one that is meant.")
    width, height = videos[0].size
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise Refusal("film-too-large", f"The film has {width} x {height} pixels; at most 4K is read.", _EXPORT)
    if videos[0].samples > MAX_FRAMES or videos[0].seconds > MAX_SECONDS:
        raise _too_long()
    return videos[0]


@contextmanager
def opened(data: bytes) -> Iterator[InputContainer]:
    """The demuxer; whatever goes wrong inside becomes a refusal."""
    try:
        with av.open(io.BytesIO(data), "r", format="mov", options=dict(_SAFE)) as container:
            yield container
    except Refusal:
        raise
    except (av.FFmpegError, ValueError, IndexError, MemoryError, OverflowError) as error:
        raise _broken() from error


def video(container: InputContainer) -> VideoStream:
    """The stream of the one video track; cover pictures do not count."""
    videos = [stream for stream in container.streams.video if not _is_cover(stream)]
    if len(videos) != 1:
        raise Refusal("no-video", "There is no video in this file that can be read.", _EXPORT)
    context = videos[0].codec_context
    if context is None or context.name not in CODECS:
        raise Refusal("unsupported-film", "The film is compressed in a way that is not read here.", _EXPORT)
    context.thread_type, context.thread_count = "AUTO", 2
    context.options = {"max_pixels": str(MAX_PIXELS)}
    return videos[0]


def _is_cover(stream: Any) -> bool:
    return bool(stream.disposition & stream.disposition.attached_pic)


def sounds(container: InputContainer) -> list[Any]:
    """Its sound tracks."""
    return list(container.streams.audio)


def _notes(container: InputContainer, others: tuple[bmff.Track, ...]) -> tuple[str, ...]:
    """What is left behind; sound that could not be kept is refused."""
    if len(sounds(container)) != sum(track.kind == "soun" for track in others):
        raise _broken()
    for stream in sounds(container):
        name = stream.codec_context.name if stream.codec_context is not None else "unknown"
        if name not in SOUNDS:
            raise Refusal(
                "unsupported-sound",
                "The film's sound is of a kind that an MP4 cannot hold unchanged.",
                "Export the film with AAC sound and try again.",
            )
    lost = sum(track.kind != "soun" for track in others)
    plural = "track is" if lost == 1 else "tracks are"
    return (f"{lost} {plural} left out: only picture and sound are kept.",) if lost else ()


def _timing(container: InputContainer, video: VideoStream) -> Timing:
    """When the frames are shown, by their packets; nothing is decoded."""
    base = video.time_base
    shown: list[tuple[int, int]] = []
    for packet in container.demux(video):
        if packet.size == 0 or packet.is_discard:
            continue
        if packet.pts is None or packet.is_corrupt:
            raise _broken()
        shown.append((packet.pts, packet.duration or 0))
        if len(shown) > MAX_FRAMES:
            raise _too_long()
    if not shown or base is None:
        raise Refusal("empty-film", "There is not a single frame in this film.", "Use a film with a picture.")
    shown.sort()
    ticks = tuple(tick for tick, _ in shown)
    if any(after <= before for before, after in pairwise(ticks)):
        raise _broken()
    usual = ticks[-1] - ticks[-2] if len(ticks) > 1 else max(1, round(Fraction(1, 25) / base))
    timing = Timing(ticks, ticks[-1] + max(1, shown[-1][1] or usual), base)
    if timing.seconds > MAX_SECONDS:
        raise _too_long()
    if len(ticks) > 2 and (len(ticks) - 1) / ((ticks[-1] - ticks[0]) * base) > MAX_RATE:
        raise Refusal("film-too-fast", f"The film has more than {MAX_RATE - 1} frames a second.", _EXPORT)
    return timing


def _rewound(container: InputContainer, video: VideoStream) -> VideoStream:
    container.seek(0, stream=video)
    return video


def _from(container: InputContainer, video: VideoStream, tick: int) -> Iterator[VideoFrame]:
    """The frames from the one shown at a tick on; what comes before it is decoded where the others build upon it."""
    container.seek(tick, stream=video)
    frames = container.decode(video)
    first = next(frames, None)
    if first is None or first.pts is None or first.pts > tick:  # places are found by the time of decoding
        frames = container.decode(_rewound(container, video))
    elif first.pts == tick:
        yield first
    yield from dropwhile(lambda frame: frame.pts is None or frame.pts < tick, frames)


def _check_frame(frame: VideoFrame) -> None:
    """Refuse what could only be shown wrongly."""
    if frame.interlaced_frame:
        raise Refusal("interlaced-film", "The film is interlaced.", "Export it progressive (deinterlaced).")


def _shape(frame: VideoFrame, matrix: tuple[float, float, float, float], aspect: Fraction | None) -> Shape:
    if sorted(map(abs, matrix)) != [0.0, 0.0, 1.0, 1.0] or abs(matrix[0]) != abs(matrix[3]):
        raise Refusal("unsupported-film", "The film is turned or stretched by its header.", _EXPORT)
    width, height = frame.width, frame.height
    if aspect and not Fraction(1, 4) <= aspect <= 4:
        raise _broken()
    square = (round(width * aspect), height) if aspect else (width, height)
    if not MIN_SIDE <= min(square) <= max(square) <= MAX_SIDE or square[0] * square[1] > MAX_PIXELS:
        raise Refusal(
            "film-too-small" if min(square) < MIN_SIDE else "film-too-large",
            f"The film has {square[0]} x {square[1]} pixels; it must be {MIN_SIDE} pixels a side to 4K.",
            "Use one of another size.",
        )
    return Shape((width, height), square, matrix)


def pixels(frame: VideoFrame, shape: Shape, by: VideoReformatter | None = None) -> Pixels:
    """One decoded frame as the film is to be shown: `uint8 RGB (H, W, 3)`.

    Args:
        frame: as the decoder gives it.
        shape: of the film.
        by: the same for all frames of a pass; None where there is one frame only.

    Raises:
        Refusal: `interlaced-film`; `broken-film` when the film changes its size on the way.
    """
    _check_frame(frame)
    if (frame.width, frame.height) != shape.coded:
        raise _broken()
    return _upright(film_colour.rgb(frame, shape.square, by or VideoReformatter()), shape)


def _upright(flat: Pixels, shape: Shape) -> Pixels:
    a, b, c, d = shape.matrix
    if a == 0:  # x' = c y, y' = b x
        flat, a, d = flat.transpose(1, 0, 2), c, b
    flat = np.ascontiguousarray(flat[:: -1 if d < 0 else 1, :: -1 if a < 0 else 1])
    right, down = (n % 2 for n in (flat.shape[1], flat.shape[0]))
    if not (right or down):
        return flat
    return np.asarray(cv2.copyMakeBorder(flat, 0, down, 0, right, cv2.BORDER_REPLICATE), np.uint8)


def _broken() -> Refusal:
    return Refusal("broken-film", "The film is damaged: not all of it can be read.", _AGAIN)


def _too_long() -> Refusal:
    return Refusal("film-too-long", "The film is longer than an hour, or has too many frames.", _EXPORT)
