"""A long film: memory that stays, sound that does not drift, and strangers who are left alone."""

from __future__ import annotations

import io
import itertools
import os
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
import numpy as np

from app import film as films
from app import film_out
from app.bench import Figure
from app.codec import Pixels
from app.engines.age import AgeOptions
from app.engines.motion import Player
from app.reel import Progress, change_film
from app.stamp.signer import Signer
from app.verify import Verdict, verify
from consent.errors import Refusal
from consent.gate import Gate
from consent.types import Photo, Purpose
from tests import bench_video

SIZE: Final = (384, 288)
RATE: Final = 1
"""Frames a second of the long film, so that an hour of it takes minutes and not hours."""
STRANGER: Final = "bram"
OPTIONS: Final = AgeOptions(years=30)
_DRAWN: Final = 16
_EVERY, _LASTS = 30, 5
"""Frames from one cut to somebody else to the next, and of that person."""
_WARM: Final = 0.25
"""Share of the film after which memory should grow no more."""

Say = Callable[[str], None]


def figures(gate: Gate, signer: Signer, name: str, seconds: int, say: Say) -> Iterator[Figure]:
    """A film of so many seconds, with sound, and cuts to somebody else."""
    say(f"a film of {seconds} seconds, {RATE} frame a second, with sound and cuts to somebody else")
    count = seconds * RATE
    film = films.read(long_film(name, count))
    memory = Memory()
    stamped = change_film(gate, gate.live()[0], film, OPTIONS, signer, tell=memory.note)
    report = verify(stamped.data, [signer.anchor_pem])
    finished = films.read(stamped.data)
    size = len(stamped.data) / 2**20
    unit = "MB from the first quarter of the film to its end, besides the finished film"
    yield Figure("video.memory_growth_mb", memory.growth(size), unit, count, 50.0)
    yield Figure("video.finished_mb", size, "MB of the finished film, which is in memory until it is saved", count)
    yield Figure("video.memory_peak_mb", memory.peak, "MB of this process", count)
    yield Figure("video.seconds", float(finished.timing.seconds), "of the long film", 1)
    yield Figure(
        "video.verified", float(report.verdict is Verdict.OURS), "1 if the long film is verified as ours", 1, 1.0
    )
    drift = 1000 * float(abs(_lag(stamped.data) - _lag(film.data)))
    yield Figure("video.sound_drift_ms", drift, "of sound against picture at the end", 1, 0.0)
    same = float(_sounds(stamped.data) == _sounds(film.data))
    yield Figure("video.sound_exact", same, "1 if every sound packet is the same", 1, 1.0)
    yield Figure("video.stranger_frames_changed", *_strangers(gate, name), 0.0)


class Memory:
    """What the process holds in memory, as it goes on."""

    def __init__(self) -> None:
        self._seen = list[tuple[float, float, float]]()

    def note(self, now: Progress) -> None:
        """After each frame."""
        if now.done % 20 == 0 or now.looked_at % 100 == 99:
            self._seen.append((now.share, now.done / now.frames, resident()))

    @property
    def peak(self) -> float:
        """The most, MB."""
        return max((held for *_, held in self._seen), default=0.0)

    def growth(self, size: float) -> float | None:
        """From the most in the first quarter to the most after it, MB, without what was made of `size` MB so far."""
        held = [(share, all_of_it - size * made) for share, made, all_of_it in self._seen]
        early, late = ([mb for share, mb in held if (share <= _WARM) == first] for first in (True, False))
        return max(late) - max(early) if early and late else None


def resident() -> float:
    """MB of this process in memory; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def long_film(name: str, count: int) -> bytes:
    """Somebody to and fro, with the noise of a camera, and now and then somebody else; with sound."""
    timing = films.Timing.even(count, RATE)
    return film_out.encode(_shots(name, count), timing, films.read(_sounding(count // RATE)))


def _shots(name: str, count: int) -> Iterator[Pixels]:
    mine, theirs = (bench_video.moving(one, _DRAWN, SIZE, 42.0) for one in (name, STRANGER))
    order = itertools.cycle([*range(_DRAWN), *range(_DRAWN - 2, 0, -1)])
    grain = np.random.default_rng(1).integers(0, 5, (SIZE[1] + 64, SIZE[0], 3), np.uint8)
    for number, place in zip(range(count), order, strict=False):
        shown = theirs if number % _EVERY >= _EVERY - _LASTS else mine
        yield np.maximum(shown[place], 4) - grain[number % 64 :][: SIZE[1]]


def _sounding(seconds: int) -> bytes:
    """A film of one black frame a second and a tone, AAC."""
    out = io.BytesIO()
    black, rate = np.zeros((128, 128, 3), np.uint8), 48_000
    with av.open(out, "w", format="mp4") as writer:
        picture: Any = writer.add_stream("libx264", rate=1, options={"preset": "ultrafast"})
        picture.width, picture.height, picture.pix_fmt = 128, 128, "yuv420p"
        heard: Any = writer.add_stream("aac", rate=rate, layout="mono")
        for _ in range(seconds):
            writer.mux(picture.encode(av.VideoFrame.from_ndarray(black, format="rgb24")))
        writer.mux(picture.encode())
        wave = (8000 * np.sin(np.arange(rate) * 2 * np.pi * 440 / rate)).astype(np.int16)
        for second in range(seconds):
            frame = av.AudioFrame.from_ndarray(wave[None], format="s16", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = rate, second * rate, Fraction(1, rate)
            writer.mux(heard.encode(frame))
        writer.mux(heard.encode())
    return out.getvalue()


def _sounds(data: bytes) -> list[tuple[Fraction, int]]:
    """Every sound packet: its time, and what is in it."""
    with av.open(io.BytesIO(data)) as source:
        packets = source.demux(source.streams.audio)
        return [(one.pts * one.time_base, hash(bytes(one))) for one in packets if one.size and one.pts is not None]


def _lag(data: bytes) -> Fraction:
    """Of the last sound packet behind the last frame, seconds."""
    return _sounds(data)[-1][0] - films.read(data).timing.times[-1]


def _strangers(gate: Gate, name: str) -> tuple[float, str, int]:
    """Frames of somebody else, alone or beside the person, in which a pixel of theirs was changed before the stamp."""
    mine, theirs = (bench_video.moving(one, _DRAWN, SIZE, 42.0) for one in (name, STRANGER))
    wrong = 0
    alone = [*mine, *theirs, *mine[:4]]
    for number, draft in _drawn(gate, alone):
        wrong += _DRAWN <= number < 2 * _DRAWN and draft is not None
    both = [np.hstack(pair) for pair in zip(mine, theirs, strict=True)]
    for number, draft in _drawn(gate, both):
        half = SIZE[0]
        wrong += draft is not None and not np.array_equal(draft[:, half:], both[number][:, half:])
    return float(wrong), "frames of somebody else, alone or beside the person", 2 * _DRAWN


def _drawn(gate: Gate, frames: list[Pixels]) -> Iterator[tuple[int, Pixels | None]]:
    following, player = gate.follow(gate.live()[0], (Purpose.AGE,), Purpose.VIDEO), Player(gate, OPTIONS)
    for number, pixels in enumerate(frames):
        step = following.look(Photo(pixels), number / 25)
        if isinstance(step, Refusal):
            player.pause()
            yield number, None
        else:
            yield number, gate.release(player.draw(step, number / 25)).pixels
