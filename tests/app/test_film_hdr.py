"""HDR films become ordinary ones: what is not brighter than white paper keeps its tone and colour, and it is said."""

import io
from fractions import Fraction

import av
import numpy as np
import pytest

from app import film as films
from app.film_out import encode
from app.studio.refusals_films_zh import noted

pytestmark = pytest.mark.long

WHITE = 203.0
"""cd/m2 of white paper in HDR (ITU-R BT.2408)."""
TO_2020 = np.array([[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]])
"""Of linear BT.709 light (ITU-R BT.2087)."""
SHOWN = [(0, 0, 0), (60, 60, 60), (128, 128, 128), (205, 205, 205), (255, 255, 255), (214, 160, 138), (92, 58, 44)]
"""Greys, and skin in two tones."""


def pq(light):
    """SMPTE ST 2084: cd/m2 to signal."""
    part = (np.maximum(light, 0) / 10_000) ** (2610 / 16_384)
    return ((3424 / 4096 + 2413 / 128 * part) / (1 + 2392 / 128 * part)) ** (2523 / 32)


def hlg(light):
    """ITU-R BT.2100, on a display of 1000 cd/m2: light to signal, for each grey."""
    scene = (light / 1000) ** (1 / 1.2)
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene), a * np.log(np.maximum(12 * scene - b, 1e-9)) + c)


def filmed(signal, curve):
    """Bars of these signals, (N, 3) 0..1 of BT.2020, as a film of three frames of 10 bits."""
    red, green, blue = signal.T
    luma = 0.2627 * red + 0.6780 * green + 0.0593 * blue
    planes = [64 + 876 * luma, 512 + 896 * (blue - luma) / 1.8814, 512 + 896 * (red - luma) / 1.4746]
    out = io.BytesIO()
    with av.open(out, "w", format="mp4", io_open=lambda *_: io.BytesIO(out.getvalue())) as to:
        stream = to.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 32 * len(signal), 128, "yuv420p10le"
        context = stream.codec_context
        context.color_trc, context.color_primaries, context.colorspace, context.color_range = curve, 9, 9, 1
        stream.options = {"crf": "4"}
        for number in range(3):
            frame = av.VideoFrame(stream.width, stream.height, "yuv420p10le")
            for plane, values in zip(frame.planes, planes, strict=True):
                row = np.zeros(plane.line_size // 2, np.uint16)
                row[: plane.width] = np.repeat(np.round(values), plane.width // len(signal))
                plane.update(np.tile(row, (plane.height, 1)).tobytes())
            frame.pts, frame.time_base = number, Fraction(1, 25)
            to.mux(stream.encode(frame))
        to.mux(stream.encode())
    return out.getvalue()


def bars(frame, count):
    return frame.reshape(frame.shape[0], count, -1, 3)[32:96, :, 12:20].mean((0, 2))


def test_tones_and_skin_stay_and_lights_become_white():
    wanted = np.array(SHOWN)
    light = WHITE * (wanted / 255) ** 2.4 @ TO_2020.T  # as an ordinary screen shows them (ITU-R BT.1886)
    signal = np.vstack([pq(light), pq(np.full((1, 3), 1000.0))])
    seen = films.read(filmed(signal, 16))
    (said,) = seen.notes
    assert "HDR" in said
    shown = bars(next(seen.frames()), len(signal))
    assert np.abs(shown[:-1] - wanted).max() <= 6, shown.round()
    assert (shown[-1] >= 253).all()


def test_the_other_curve():
    greys = np.array([40.0, 90, 150, 220, 255])
    signal = np.repeat(hlg(WHITE * (greys / 255) ** 2.4)[:, None], 3, axis=1)
    assert np.abs(bars(next(films.read(filmed(signal, 18)).frames()), 5) - greys[:, None]).max() <= 6


@pytest.mark.parametrize("curve", [16, 18])
def test_what_is_made_of_it_is_an_ordinary_film(curve):
    seen = films.read(filmed(np.full((5, 3), 0.5), curve))
    frames = list(seen.frames())  # once: the table of tones takes seconds
    made = films.read(encode(iter(frames), seen.timing, seen))
    assert made.notes == ()
    assert np.abs(next(made.frames()).astype(int) - frames[0]).max() <= 3


@pytest.mark.parametrize(
    "note",
    [
        *films.read(filmed(np.full((5, 3), 0.5), 16)).notes,
        *films.read(filmed(np.full((5, 3), 0.5), 1)).notes,
        "1 track is left out: only picture and sound are kept.",
        "3 tracks are left out: only picture and sound are kept.",
    ],
)
def test_what_is_lost_is_said_in_both_languages(note):
    assert noted(note, "en") == note
    said = noted(note, "zh")
    assert said.endswith("。")
    assert [digit for digit in note if digit.isdigit()][:1] == [digit for digit in said if digit.isdigit()][:1]
