"""The tool that looks at real footage, on a rendered clip of two seconds."""

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

from consent.types import Assurance
from models.faces import Finder
from tests.booth import SEAT
from tests.pad import film, footage
from tests.people import person

CLOSED, OPEN, TURN = (3, 4), (6, 7, 8), 26.0


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """Ada blinks, opens her mouth, and turns to her left: 20 frames, 10 a second."""
    path = tmp_path_factory.mktemp("clips") / "ada.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10.0, SEAT.size)
    for i in range(20):
        moved = {"blink": float(i in CLOSED), "open-mouth": float(i in OPEN)}
        scene = replace(SEAT, expression=moved, yaw=TURN * max(0, i - 9) / 10, seed=i)
        writer.write(np.ascontiguousarray(person("ada").render(scene)[:, :, ::-1]))
    writer.release()
    return path


@pytest.fixture(scope="module")
def finder():
    return Finder()


@pytest.fixture(scope="module")
def track(clip, finder):
    return film.follow(clip, finder)


def test_what_is_in_a_clip_is_seen_in_it(track):
    assert track.rate == 10
    assert track.size == SEAT.size
    assert len(track.seen) == 20
    assert not any(track.others)
    ((first, last),) = film.closures(track)
    assert abs(first - CLOSED[0]) <= 1
    assert abs(last - CLOSED[-1] - 1) <= 1
    ((first, last),) = film.openings(track)
    assert set(OPEN) & set(range(first, last))
    assert film.largest_turn(track)[1] == 19
    yaws = [face.pose.yaw for face in track.faces]
    assert yaws[19] - yaws[0] > 0.6 * TURN


def test_a_turn_is_deep_and_the_same_picture_turned_is_not(clip, track, finder):
    turn, flat = footage.depths(clip, track, finder)
    assert turn.finding == "head"
    assert flat.finding != "head"
    assert flat.depth + flat.error < turn.depth - turn.error


def test_a_flat_picture_turns_as_a_head_does(clip, track, finder):
    shot = next(film.read(clip))
    still = footage.turned_flat(shot, track.faces[0], 0.0, 1)
    assert np.abs(still.astype(int) - shot).mean() < footage.GRAIN
    for way in (-1, 1):
        turned = finder.find(footage.turned_flat(shot, track.faces[0], way * 40.0, 1))[0]
        assert way * (turned.pose.yaw - track.faces[0].pose.yaw) > 3


def test_a_recording_is_refused(clip, track):
    sent = footage.framed(clip, track, fps=5)
    assert len(sent) == 10
    assert sent.frame(0).shape == (480, 640, 3)
    code = footage.play(sent, Assurance.MOTION, "a seed")
    assert code, "it turns one way only, and every order has both"


def test_a_small_face_is_brought_near(clip, track, finder):
    far = film.Track(track.rate, track.size, tuple(replace(f, eye_distance=30.0) for f in track.faces), track.others)
    as_is, nearer = (finder.find(footage.framed(clip, one).frame(0))[0] for one in (track, far))
    assert nearer.eye_distance > 1.2 * as_is.eye_distance
    assert abs(nearer.box[0] + nearer.box[2] / 2 - footage.SIZE[0] / 2) < 40


def test_runs_are_counted_at_the_ends_too():
    assert film.runs([True, False, True, True]) == [(0, 1), (2, 4)]
    assert film.runs([True, False, True, False, False, True], 1) == [(0, 3), (5, 6)]
    assert film.runs([]) == []


def test_nothing_is_seen_in_an_empty_scene(tmp_path, finder):
    path = tmp_path / "grey.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10.0, (320, 240))
    for _ in range(3):
        writer.write(np.full((240, 320, 3), 90, np.uint8))
    writer.release()
    track = film.follow(path, finder)
    assert track.faces == (None,) * 3
    assert film.closures(track) == film.openings(track) == []
    assert footage.depths(path, track, finder) == (footage.NO_TURN, footage.NO_TURN)


def test_a_file_that_is_no_video_has_a_row_of_its_own(tmp_path, capsys):
    assert footage.main([str(tmp_path)]) == 2
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    (tmp_path / "notes.txt").write_text("passed over")
    assert footage.main([str(tmp_path)]) == 0
    assert "| broken | cannot be read |" in capsys.readouterr().out
    assert footage.main([str(tmp_path), "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["clips"]
    assert row["frames"] == 0
    assert row["eyes"] is None
    assert sorted(p.name for p in tmp_path.iterdir()) == ["broken.mp4", "notes.txt"]


def test_a_recording_that_was_taken_for_a_person_is_an_alarm(tmp_path, monkeypatch, capsys):
    (tmp_path / "clip.mp4").write_bytes(b"")
    nothing, none = float("nan"), footage.NO_TURN
    taken = footage.Row(
        "clip", 10, 1.0, (640, 480), 1.0, 80.0, (0.0, 1.0), (nothing, nothing), 0, 0.0, 0, 0.0,
        {"motion": "", "motion+light": "light-wrong (centre)"}, none, none,
    )  # fmt: skip
    monkeypatch.setattr(footage, "row", lambda *_: taken)
    assert footage.main([str(tmp_path)]) == 1
    out = capsys.readouterr().out
    assert "TAKEN FOR A PERSON" in out
    assert out.splitlines()[0].count("|") == out.splitlines()[-1].count("|")
