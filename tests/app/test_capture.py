"""Frames from the socket: only whole ones, in order, and each counted for the prompt that was on the screen."""

import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import capture, media
from app.capture import Camera
from consent.challenge import draw
from consent.errors import Refusal
from consent.liveness import Recorder

GREY = np.full((480, 640, 3), 120, np.uint8)


def message(seq, t, pixels=GREY, jpeg=None):
    header = json.dumps({"seq": seq, "t": t}).encode()
    return struct.pack(">I", len(header)) + header + (jpeg if jpeg is not None else media.encode(pixels, "jpeg", 90))


@pytest.fixture(scope="module")
def recorder():
    return Recorder(draw())


@pytest.fixture
def camera(recorder):
    return Camera(recorder)


def test_a_frame_counts_for_the_prompt_that_was_painted_before_it_was_taken():
    camera = Camera(Recorder(draw()))
    frames = []
    real = camera.recorder.take

    class Listening:
        def take(self, frame):
            frames.append(frame)
            return real(frame)

    camera.recorder = Listening()
    camera.take(message(0, 10.0))
    camera.shown(0, 10.05)
    camera.take(message(1, 10.04))  # taken before the prompt was painted, sent after
    camera.take(message(2, 10.1))
    camera.shown(1, 10.2)
    camera.take(message(5, 10.19))
    hint = camera.take(message(6, 10.3))
    assert [frame.shown for frame in frames] == [-1, -1, 0, 0, 1]
    assert frames[0].pixels.shape == (480, 640, 3)
    assert frames[0].mark == b""
    assert hint.over  # prompt 1 was never revealed: the recorder ends a check in which the page says it was shown
    assert camera.sequence == 6


@pytest.mark.parametrize(("index", "at"), [(-1, 1.0), (0, float("nan")), (0, float("inf")), (0, -0.1)])
def test_the_first_prompt_has_a_number_and_a_time(camera, index, at):
    with pytest.raises(Refusal, match="camera-order"):
        camera.shown(index, at)


@pytest.mark.parametrize(("seq", "t"), [(3, 21.0), (2, 21.0), (4, 20.0), (4, 19.0)])
def test_frames_only_go_forward(camera, seq, t):
    camera.take(message(3, 20.0))
    with pytest.raises(Refusal, match="camera-order"):
        camera.take(message(seq, t))


def test_prompts_only_go_forward(camera):
    camera.shown(0, 1.0)
    for index, at in ((0, 2.0), (-1, 2.0), (1, 0.5), (1, float("nan")), (1, float("inf")), (1, -1.0)):
        with pytest.raises(Refusal, match="camera-order"):
            camera.shown(index, at)


def test_the_camera_cannot_change(camera):
    camera.take(message(0, 30.0))
    with pytest.raises(Refusal, match="camera-changed"):
        camera.take(message(1, 30.1, GREY[:, :600]))


@pytest.mark.parametrize("shape", [(200, 640, 3), (480, 300, 3), (1200, 640, 3)])
def test_a_camera_has_a_cameras_size(camera, shape):
    with pytest.raises(Refusal, match="camera-size"):
        camera.take(message(0, 1.0, np.full(shape, 90, np.uint8)))


def test_only_jpeg_is_taken(camera):
    with pytest.raises(Refusal, match="frame-unreadable"):
        camera.take(message(0, 1.0, jpeg=media.encode(GREY, "png", 90)))


@pytest.mark.parametrize("t", ["NaN", "Infinity", "-1", "1e300", '"x"', "null", "[]", "[" * 100_000])
def test_a_time_is_a_time(camera, t):
    header = f'{{"seq": 0, "t": {t}}}'.encode()
    with pytest.raises(Refusal, match="frame-unreadable"):
        camera.take(struct.pack(">I", len(header)) + header + b"\xff\xd8\xff")


def test_sizes_end_somewhere(camera, monkeypatch):
    with pytest.raises(Refusal, match="frame-too-large"):
        camera.take(b"x" * (capture.MAX_MESSAGE + 1))
    monkeypatch.setattr(capture, "MAX_FRAMES", 1)
    camera.take(message(0, 40.0))
    with pytest.raises(Refusal, match="check-too-long"):
        camera.take(message(1, 40.1))


@given(data=st.binary(max_size=80))
def test_noise_is_refused_and_nothing_else_happens(recorder, data):
    with pytest.raises(Refusal):
        Camera(recorder).take(data)


@given(cut=st.integers(0, 400))
def test_a_cut_frame_is_refused(recorder, cut):
    whole = message(0, 1.0)
    with pytest.raises(Refusal):
        Camera(recorder).take(whole[:cut])
