"""The watermark of many frames, the label in its place, and what films are proved by: the quick ways say the same."""

import dataclasses
import io
from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import film as films
from app.film_colour import brightness
from app.film_out import encode
from app.stamp import label, watermark
from app.stamp.marking import Marker
from app.stamp.proof import Role, Running, commit, digest, roles
from consent.errors import Forgery
from tests.app.film_helpers import drawn


def psnr(one, other):
    return 10 * np.log10(255**2 / np.mean((one.astype(float) - other) ** 2))


@pytest.mark.parametrize("size", [(320, 240), (480, 640), (1280, 720), (250, 900)])
def test_the_mark_of_many_is_read_as_any_other(size):
    marker = Marker(0xC0FFEE, size[::-1], 40.5)
    for number in range(2):
        pixels = drawn(number, *size)
        marked = marker.mark(pixels)
        assert watermark.find(marked).ident == 0xC0FFEE
        assert 40.0 < psnr(marked, pixels) < 41.5
        change = marked.astype(int) - pixels
        inside = (pixels > 30).all(2) & (pixels < 225).all(2)
        assert np.ptp(change[inside], axis=1).max() == 0, "every channel of a pixel is changed alike"


def test_a_plain_frame_does_not_break_it():
    for level in (0, 128, 255):
        plain = np.full((240, 320, 3), level, np.uint8)
        assert Marker(1, (240, 320), 40.5).mark(plain).shape == plain.shape


@settings(max_examples=12)
@given(st.sampled_from(["swap", "age", "express"]), st.sampled_from(["en", "zh"]), st.integers(0, 3))
def test_the_label_is_where_it_was_put_and_nowhere_else(purpose, language, corner):
    pixels = drawn(corner)
    face = (160.0 * (corner % 2), 120.0 * (corner // 2), 160.0, 120.0)
    text = label.lines(purpose, demo=False, language=language)
    x, y, w, h = (round(v) for v in label.place((240, 320), text, face))
    done = films.read(encode([label.draw(pixels, text, face)], films.Timing.even(1)))
    grey = brightness(next(done.decoded()))
    assert label.is_at(grey, text, face)
    assert not label.is_at(brightness(next(films.read(encode([pixels], films.Timing.even(1))).decoded())), text, face)
    broken = grey.copy()
    broken[y : y + h, x : x + w // 2] = 128
    assert not label.is_at(broken, text, face)


def test_brightness_is_that_of_the_picture():
    grey = np.repeat(np.arange(0, 256, 2, np.uint8)[None, :, None], 128, 0).repeat(3, 2)
    seen = brightness(next(films.read(encode([grey], films.Timing.even(1), crf=1)).decoded()))
    assert np.abs(seen.astype(int) - grey[..., 0]).mean() < 1.5


def test_frames_that_come_one_by_one_are_proved_alike():
    frames, source = [drawn(n) for n in range(3)], drawn(9)
    running = Running()
    for pixels in frames:
        running.add(digest(pixels))
    proof, another = running.proof(source), running.copy()
    another.add(digest(source))
    assert running.proof(source) == proof != another.proof(source), "a copy goes its own way"
    running.leads_to(proof.target)
    with pytest.raises(Forgery):
        another.leads_to(proof.target)
    assert proof.target == commit(proof.salt, Role.TARGET, frames)
    assert roles(proof.salt, proof.source, proof.target, frames) == (Role.TARGET,)
    assert roles(proof.salt, proof.source, proof.target, [source]) == (Role.SOURCE,)
    assert roles(proof.salt, proof.source, proof.target, frames[::-1]) == ()


TICKS = st.lists(st.integers(1, 10**6), min_size=1, max_size=20, unique=True).map(lambda ticks: tuple(sorted(ticks)))


@given(TICKS, st.integers(1, 90_000), st.integers(1, 90_000))
def test_times_are_alike_whatever_they_are_counted_in(ticks, base, factor):
    one = films.Timing(ticks, ticks[-1] + 1, Fraction(1, base))
    finer = films.Timing(tuple(t * factor for t in ticks), (ticks[-1] + 1) * factor, Fraction(1, base * factor))
    assert one.is_like(finer)
    assert finer.is_like(one)
    assert one.times == finer.times
    assert not one.is_like(dataclasses.replace(finer, ticks=(*finer.ticks[:-1], finer.ticks[-1] + 1)))
    assert not one.is_like(dataclasses.replace(finer, ticks=finer.ticks[:-1]))


def test_each_frame_lasts_as_long_as_it_says():
    """Also the last, at uneven times: frames lie in the file in the order in which they are shown."""
    timing = films.Timing((0, 1000, 5000, 5100, 9000, 20_000), 21_234, Fraction(1, 90_000))
    data = encode([drawn(n) for n in range(6)], timing)
    assert films.read(data).timing == timing
    with av.open(io.BytesIO(data)) as source:
        assert all(packet.dts == packet.pts for packet in source.demux(video=0) if packet.size)
