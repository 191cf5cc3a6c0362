"""A recording becomes a film of the very frames that came, at the times they came."""

import io
from itertools import pairwise

import av
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.studio import recording
from app.studio.recording import Recording
from consent.errors import Refusal
from tests.app.mirror_helpers import Lens
from tests.app.stamp_helpers import picture

FRAMES = [Lens(seed).jpeg(picture(160, 128, seed)) for seed in range(4)]
GAPS = st.lists(st.floats(0.0003, 2.0), min_size=1, max_size=12)


def recorded(times):
    made = Recording((160, 128))
    for number, seconds in enumerate(times):
        made.add(FRAMES[number % 4], seconds)
    return made


@given(gaps=GAPS, begin=st.floats(0, 1e6))
def test_every_frame_is_there_once_at_its_time_and_bit_for_bit(gaps, begin):
    times = [begin + sum(gaps[:n]) for n in range(len(gaps))]
    assume(len(times) < 3 or len(times) - 1 <= 110 * (times[-1] - times[0]))  # no film has more than 120 a second
    film = recorded(times).film()
    assert film.size == (160, 128)
    seen = [float(one) for one in film.timing.times]
    assert np.allclose(seen, np.array(times) - times[0], atol=0.0011 * (1 + len(times)))
    assert all(later > earlier for earlier, later in pairwise(seen))
    with av.open(io.BytesIO(film.data)) as container:
        samples = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    assert samples == [FRAMES[number % 4] for number in range(len(times))]


def test_the_film_shows_what_the_camera_saw():
    film = recorded([0.0, 0.04, 0.11]).film()
    for number, pixels in enumerate(film):
        assert np.abs(pixels.astype(int) - picture(160, 128, number)).mean() < 4


def test_the_frames_are_let_go_when_the_film_is_made():
    made = recorded([0.0, 0.04])
    made.film()
    with pytest.raises(Refusal, match="recording-empty"):
        made.film()


def test_it_ends_after_a_minute_or_when_memory_is_full(monkeypatch):
    assert not recorded([0.0, 59.9]).is_full
    assert recorded([0.0, 60.0]).is_full
    monkeypatch.setattr(recording, "MOST_BYTES", len(FRAMES[0]) + 1)
    assert not recorded([0.0]).is_full
    assert recorded([0.0, 0.1]).is_full


def test_a_frame_of_another_size_among_them_is_refused():
    made = recorded([0.0, 0.1])
    made.add(Lens().jpeg(picture(192, 160)), 0.2)
    with pytest.raises(Refusal, match="broken-film"):
        list(made.film())
