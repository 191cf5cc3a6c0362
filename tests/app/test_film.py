"""Films in and out: what is read right, what is refused in words, and what never reaches a decoder."""

import io
import struct
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import bmff, codec
from app import film as films
from app.film_out import encode
from consent.errors import Fault, Refusal
from tests.app.film_helpers import STEADY, TICK, UNEVEN, box, drawn, film, replaced, sound_packets, tone

DAMAGED = {
    "broken-film", "film-cut-short", "film-too-large", "film-too-long", "film-too-fast", "not-a-film", "no-video",
    "empty-film", "several-videos", "unsupported-film", "unsupported-sound", "encrypted-film", "film-too-small",
    "interlaced-film", "film-in-pieces",
}  # fmt: skip


def again(data):
    """Read, decode, write, read."""
    seen = films.read(data)
    frames = list(seen.frames())
    made = encode(frames, seen.timing, seen)
    return seen, frames, made, films.read(made)


def apart(one, other):
    return float(np.abs(one.astype(np.int64) - other).mean())


def refused(data):
    with pytest.raises(Refusal) as caught:
        list(films.read(data).frames())
    return caught.value.code


KINDS = {
    "plain": {},
    "uneven times": {"ticks": UNEVEN},
    "b-frames": {"ticks": UNEVEN, "options": (("bf", "3"), ("b-adapt", "0"))},
    "starts late": {"ticks": tuple(tick + 9000 for tick in STEADY)},
    "one frame": {"ticks": (0,)},
    "fragments": {"movflags": "frag_keyframe+empty_moov"},
    "hevc": {"codec": "libx265", "options": (("x265-params", "log-level=none"),)},
    "motion jpeg": {"codec": "mjpeg", "pix": "yuvj420p", "fmt": "mov"},
    "prores": {"codec": "prores_ks", "pix": "yuv422p10le", "fmt": "mov"},
    "vp9": {"codec": "libvpx-vp9", "options": (("cpu-used", "8"), ("deadline", "realtime"))},
}


@pytest.mark.parametrize("name", list(KINDS))
def test_frames_and_times_come_through(name):
    kind = KINDS[name]
    seen, frames, made, back = again(film(**kind))
    ticks = kind.get("ticks", STEADY)
    start = 2 * 3600 * TICK if name == "fragments" else 0  # written so: without an edit list
    assert list(seen.timing.times) == [tick * TICK + start for tick in ticks]
    assert back.timing.times == seen.timing.times
    assert back.timing.end * back.timing.base == seen.timing.end * seen.timing.base
    for number, (frame, copy) in enumerate(zip(frames, back.frames(), strict=True)):
        assert apart(frame, drawn(number)) < 8
        assert apart(frame, copy) < 2.5
    assert made[4:8] == b"ftyp"
    assert made.index(b"moov") < made.index(b"mdat")


@pytest.mark.parametrize("sound", [("aac",), ("aac", "aac"), ("libopus",), ("libmp3lame",), ("ac3",), ("flac",)])
def test_sound_comes_through_to_the_bit(sound):
    data = film(sound=sound, ticks=UNEVEN)
    _, _, made, _ = again(data)
    assert sound_packets(data)
    assert sound_packets(made) == sound_packets(data)


def test_alac_from_quicktime():
    data = film(sound=("alac",), fmt="mov")
    assert sound_packets(again(data)[2]) == sound_packets(data) != []


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_rotation(turn, tmp_path):
    """As another reader shows it, and still so when it was written again, without rotation metadata."""
    data = film(turn=turn, size=(320, 192))
    path = tmp_path / "turned.mp4"
    path.write_bytes(data)
    capture = cv2.VideoCapture(str(path))
    shown = capture.read()[1][..., ::-1]
    capture.release()
    seen, frames, made, back = again(data)
    assert frames[0].shape == shown.shape == (*seen.size[::-1], 3)
    assert apart(frames[0], shown) < 3
    assert apart(next(back.frames()), shown) < 4
    assert bmff.tracks(made)[0].matrix == (1, 0, 0, 1)


@pytest.mark.parametrize(
    ("matrix", "change"),
    [
        ((-1, 0, 0, 1), lambda p: p[:, ::-1]),
        ((1, 0, 0, -1), lambda p: p[::-1]),
        ((0, 1, 1, 0), lambda p: p.transpose(1, 0, 2)),
        ((0, -1, -1, 0), lambda p: p[::-1, ::-1].transpose(1, 0, 2)),
    ],
)
def test_mirrored(matrix, change):
    a, b, c, d = (65536 * n for n in matrix)
    data = replaced(film(size=(320, 192)), b"tkhd", 40, struct.pack(">iiiii", a, b, 0, c, d))
    plain = next(films.read(film(size=(320, 192))).frames())
    assert (next(films.read(data).frames()) == change(plain)).all()


def test_odd_sides_are_filled_up():
    _, frames, _, back = again(film(pix="yuv444p", size=(321, 241)))
    assert frames[0].shape == (242, 322, 3)
    assert (frames[0][-1] == frames[0][-2]).all()
    assert (frames[0][:, -1] == frames[0][:, -2]).all()
    assert back.size == (322, 242)


def test_pixels_that_are_not_square():
    assert films.read(film(aspect=Fraction(4, 3))).size == (428, 240)


def test_nothing_is_carried_over():
    tags = (("title", "A secret"), ("location", "+47.1+022.5/"), ("comment", "secret"), ("encoder", "secret"))
    data = film(tags=tags, movflags="use_metadata_tags")
    made = again(data)[2]
    assert b"secret" in data
    for word in (b"secret", b"+47", b"Lav", b"x264", b"creation", b"\xa9too", b"\xa9nam"):
        assert word not in made


def test_another_track_is_said_aloud():
    data = film(sound=("aac",))
    handler = data.index(b"soun") - data.index(b"hdlr", data.index(b"moov")) - 4
    other = replaced(replaced(data, b"hdlr", handler, b"meta"), b"mp4a", -4, b"gpmd")
    assert films.read(data).notes == ()
    seen = films.read(other)
    assert "1 track is left out" in seen.notes[0]
    assert sound_packets(encode(seen.frames(), seen.timing, seen)) == []


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("several-videos", {"videos": 2}),
        ("unsupported-sound", {"sound": ("pcm_s16le",), "fmt": "mov"}),
        ("interlaced-film", {"options": (("x264-params", "interlaced=1"),)}),
        ("film-too-small", {"size": (160, 96)}),
        ("film-too-fast", {"ticks": tuple(range(0, 20 * 375, 375))}),
        ("film-too-long", {"ticks": (0, 3600, 3901 * 90_000)}),
        ("unsupported-film", {"codec": "png", "pix": "rgb24", "fmt": "mov"}),
    ],
)
def test_refused_in_words(code, kind):
    assert refused(film(**kind)) == code


def made_of(*parts):
    return box(b"ftyp", b"isom\0\0\2\0isom") + b"".join(parts)


def test_no_film_at_all():
    sounds = io.BytesIO()
    with av.open(sounds, "w", format="mp4") as to:
        stream = to.add_stream("aac", rate=48_000, layout="mono")
        to.mux(stream.encode(next(tone("aac", 0.1))))
        to.mux(stream.encode())
    assert refused(sounds.getvalue()) == "no-video"
    assert refused(made_of(box(b"moov"))) == "no-video"
    assert refused(made_of()) == "no-video"
    assert refused(b"") == refused(codec.encode(drawn(0))) == refused(b"\x1aE\xdf\xa3 webm") == "not-a-film"
    assert refused(made_of(box(b"mdat", b"x" * 9))[:-4]) == "film-cut-short"


def test_no_frames():
    """The tables of a film emptied, one by one: no frame is left."""
    data = film(ticks=(0,))
    for kind in (b"stsz", b"stts", b"ctts", b"stsc", b"stco", b"stss"):
        place = 8 if kind == b"stsz" else 4
        data = replaced(data, kind, place, bytes(4)) if kind in data else data
    assert refused(data) == "empty-film"


@pytest.mark.parametrize(
    ("code", "kind", "offset", "new"),
    [
        ("film-too-large", b"avc1", 24, struct.pack(">HH", 7680, 4320)),
        ("film-too-large", b"avc1", 24, struct.pack(">HH", 16384, 16)),
        ("film-too-large", b"stsz", 4, struct.pack(">II", 1, 2**31)),
        ("film-too-large", b"stts", 4, struct.pack(">III", 1, 2**31, 1)),
        ("film-too-large", b"stsc", 12, struct.pack(">I", 2**31)),
        ("film-too-large", b"elst", 4, struct.pack(">I", 2**20)),
        ("film-too-long", b"stsz", 4, struct.pack(">II", 1, 130_000)),
        ("film-too-long", b"mdhd", 16, struct.pack(">I", 2**31)),
        ("film-too-large", b"udta", -4, b"cmov"),
        ("broken-film", b"stts", 4, struct.pack(">I", 2**31)),
        ("encrypted-film", b"avc1", -4, b"encv"),
        ("unsupported-film", b"tkhd", 40, struct.pack(">i", 2 * 65536)),
        ("broken-film", b"mvhd", 36, struct.pack(">i", -65536)),
    ],
)
def test_hostile_headers_never_reach_a_decoder(code, kind, offset, new, monkeypatch):
    data = replaced(film(), kind, offset, new)
    if code != "unsupported-film":  # what libavcodec says of the first frame is needed there
        monkeypatch.setattr(films.av, "open", None)
    assert refused(data) == code


def test_too_many_samples_in_fragments():
    data = film(movflags="frag_keyframe+empty_moov")
    assert refused(replaced(data, b"trun", 4, struct.pack(">I", 2**31))) == "film-too-large"


def test_samples_of_fragments_are_counted_by_track():
    data = film(movflags="frag_keyframe+empty_moov", sound=("aac",))
    picture, sound = bmff.tracks(data)
    assert (picture.samples, sound.samples) == (len(STEADY), len(sound_packets(data)))


def test_a_frame_larger_than_its_header_says():
    """The header says 320 x 240, the stream inside is larger than anything that is decoded."""
    large = film(size=(4098, 2162), ticks=(0,), options=(("preset", "ultrafast"),))
    assert refused(large) == "film-too-large"
    hidden = large.replace(struct.pack(">HH", 4098, 2162), struct.pack(">HH", 320, 240))
    assert hidden != large
    assert refused(hidden) == "broken-film"


def test_cut_short_anywhere():
    data = film(movflags="faststart")
    for share in (0.02, 0.1, 0.5, 0.99):
        assert refused(data[: int(share * len(data))]) in {"film-cut-short", "not-a-film"}


def test_too_many_bytes(monkeypatch):
    monkeypatch.setattr(films, "MAX_BYTES", 1000)
    assert refused(film()) == "film-too-large"
    seen = films.Film(b"", films.Shape((320, 240), (320, 240), (1, 0, 0, 1)), films.Timing.even(1), ())
    monkeypatch.setattr("app.film_out.MAX_BYTES", 1000)
    with pytest.raises(Refusal):
        encode([drawn(0)], seen.timing)


@given(st.data())
@settings(max_examples=120, deadline=None)
def test_whatever_the_bytes(data):
    """A film, or a refusal that is known: nothing else, and the frames are as many as the times."""
    good = film(sound=("aac",), movflags="faststart", ticks=UNEVEN)
    header = good.index(b"mdat")
    start = data.draw(st.integers(0, header) | st.integers(0, len(good) - 1))
    new = data.draw(st.binary(min_size=1, max_size=8))
    broken = good[:start] + new + good[start + data.draw(st.integers(0, 12)) :]
    try:
        seen = films.read(broken)
        assert sum(1 for _ in seen.frames()) == len(seen.timing.ticks)
    except Refusal as no:
        assert no.code in DAMAGED  # noqa: PT017


@pytest.mark.parametrize("count", [0, 1, 3])
def test_as_many_frames_as_times(count):
    with pytest.raises(Fault) as caught:
        encode([drawn(n) for n in range(count)], films.Timing.even(2))
    assert caught.value.code == "bad-pixels"


def test_frames_of_one_even_size():
    for frames in ([drawn(0), drawn(1, 160, 128)], [drawn(0, 161, 128)] * 2):
        with pytest.raises(Fault) as caught:
            encode(frames, films.Timing.even(2))
        assert caught.value.code == "bad-pixels"


def test_still_pictures_stay_apart():
    with pytest.raises(Refusal) as caught:
        codec.decode(film())
    assert caught.value.reason == "This is a film, not a picture."
    with pytest.raises(Fault):
        codec.encode(drawn(0), "mp4")
