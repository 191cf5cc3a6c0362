"""The detector says what OpenCV's own runner of the same file says, and nothing where its network is broken."""

import dataclasses

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import detector
from models.detector import Yunet
from models.errors import Fault
from models.load import weights
from tests.booth import SEAT
from tests.people import person

LEAST = 0.6


@pytest.fixture(scope="module")
def ours():
    return Yunet(LEAST)


@pytest.fixture(scope="module")
def theirs():
    file, nothing = np.frombuffer(weights("detector"), np.uint8), np.zeros(0, np.uint8)
    return cv2.FaceDetectorYN.create("onnx", file, nothing, (320, 320), LEAST, detector.OVERLAP, 5000)


@pytest.fixture(scope="module")
def crowd():
    """Three people side by side, one of them turned away."""
    half = dataclasses.replace(SEAT, size=(240, 360))
    return np.concatenate([person(n).render(half, yaw=yaw) for n, yaw in (("ada", 10), ("bram", -20), ("joy", 65))], 1)


def seen_by_opencv(theirs, image):
    theirs.setInputSize(image.shape[1::-1])
    rows = theirs.detect(np.ascontiguousarray(image[:, :, ::-1]))[1]
    return np.zeros((0, 15)) if rows is None else rows


def ordered(rows):
    return rows[np.lexsort(rows.T[:2])]


@settings(max_examples=25)
@given(width=st.integers(40, 720), height=st.integers(30, 400), left=st.integers(0, 300), light=st.floats(0.2, 1.4))
def test_boxes_points_and_scores_are_those_of_opencv(ours, theirs, crowd, width, height, left, light):
    part = np.clip(crowd[:, left:] * light, 0, 255).astype(np.uint8)
    image = cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA)
    mine, known = ours.see(image), seen_by_opencv(theirs, image)
    sure = known[:, 14] > LEAST + 1e-4  # at the very limit one may round up and the other down
    assert len(mine) >= sure.sum()
    if len(mine) == len(known):
        assert ordered(mine) == pytest.approx(ordered(known), abs=0.01)


def test_a_crowd_is_counted_and_one_face_is_one_box(ours, theirs, crowd):
    assert len(ours.see(crowd)) == len(seen_by_opencv(theirs, crowd)) >= 2
    assert len(ours.see(np.full((120, 160, 3), 90, np.uint8))) == 0


@pytest.mark.parametrize("broken", [float("nan"), float("inf"), 1e9])
def test_what_has_no_place_is_no_face(ours, crowd, monkeypatch, broken):
    outputs = ours._run(crowd)
    for box in outputs[6:9]:
        box[:] = broken
    monkeypatch.setattr(ours, "_run", lambda _: outputs)
    assert len(ours.see(crowd)) == 0


@pytest.mark.parametrize("constant", [0.0, 1.0, float("nan")])
def test_a_network_that_says_the_same_of_everything_is_a_fault(monkeypatch, constant):
    monkeypatch.setattr(Yunet, "_run", lambda *_: [np.full((1, 1), constant, np.float32)] * 12)
    with pytest.raises(Fault) as caught:
        Yunet(LEAST)
    assert caught.value.code == "model-wrong"
