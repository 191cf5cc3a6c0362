"""The personal model's three steps: extract, train, create, in code and on the command line."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from app import codec, personal
from app.cli import run
from app.engines._personaltraining import FEWEST
from app.personal import PURPOSES, Extract, extract
from app.verify import verify
from consent.enrolment import enrol
from consent.errors import Refusal
from consent.types import Photo, Purpose
from tests.app.reel_helpers import cut
from tests.booth import SEAT
from tests.conftest import EVERYTHING, checked_again, frames_of
from tests.people import person

pytestmark = pytest.mark.long

torch.set_num_threads(1)


@pytest.fixture(scope="module")
def faces():
    """The person of the gate twice, somebody else, and nobody."""
    drawn = [person(name).render(SEAT, seed=50 + k) for k, name in enumerate(("ada", "gita"))]
    smiling = person("ada").render(SEAT, yaw=8, expression={"smile": 0.5}, seed=60)
    return {"ada": drawn[0], "smiling": smiling, "gita": drawn[1], "nobody": np.full((360, 480, 3), 90, np.uint8)}


def test_only_frames_of_the_person_come_through_and_the_others_are_counted(gate, faces):
    looked = []
    found = extract(gate, map(Photo, faces.values()), looked.append)
    assert [one.pixels.tobytes() for one in found.frames] == [faces[n].tobytes() for n in ("ada", "smiling")]
    assert found.refused == {"not-you": 1, "no-face": 1}
    assert looked == [1, 2, 3, 4]
    assert found.told == "Frames of you: 2; left out: no face 1, not you 1."
    assert found.notes == ()


def test_a_film_that_stops_showing_the_person_is_told_from_which_frame(gate, faces):
    shown = [faces["ada"], faces["smiling"], faces["gita"], faces["gita"]]
    (note,) = extract(gate, map(Photo, shown), film=True).notes
    assert note.code == "stops-matching"
    assert "After frame 2 of 4" in note.reason
    assert extract(gate, map(Photo, shown)).notes == (), "photos have no order"


def test_of_a_large_film_fewer_frames_are_taken(monkeypatch):
    film = cut()
    every = len(list(personal.frames_of(film)))
    assert every == len(film.timing.ticks)
    monkeypatch.setattr(personal, "MOST_BYTES", 5 * 3 * film.size[0] * film.size[1] + 7)
    assert len(list(personal.frames_of(film))) == 5
    assert personal.MOST >= 512 * 2**20 // (3 * 3840 * 2160) >= FEWEST


def test_extracts_add_up():
    note = Refusal("x", "y", "z")
    total = Extract((), {"no-face": 2}) + Extract((), {"no-face": 1, "not-you": 3}, (note,))
    assert total.refused == {"no-face": 3, "not-you": 3}
    assert total.notes == (note,)


def test_there_is_an_end_to_what_is_held(gate, faces, files, door, capsys, monkeypatch):
    one = extract(gate, [Photo(faces["ada"])])
    monkeypatch.setattr(personal, "MOST_HELD", 2 * faces["ada"].nbytes)
    two = one + one
    with pytest.raises(Refusal, match="gigabyte"):
        two + one
    assert run(["personal", "extract", *[str(files / "ada.png")] * 3]) == 2
    assert "[too-much-to-learn]" in capsys.readouterr().err
    assert door == [], "before anybody sits down"


def test_two_people_in_one_picture_are_left_out(gate, faces):
    both = np.hstack([faces["ada"], faces["gita"]])
    assert extract(gate, [Photo(both)]).refused == {"several-faces": 1}


def test_an_ended_session_extracts_nothing(gate, booth, notary, ledger, faces):
    over = enrol(
        checked_again(frames_of(gate, 5), booth.clock), notary.sign(EVERYTHING, booth.clock), ledger, booth.clock
    )
    over.withdraw()
    with pytest.raises(Refusal) as no:
        extract(over, [Photo(faces["ada"])])
    assert no.value.code == "session-withdrawn"


def test_previews_are_stamped(gate, faces, signer):
    frames = extract(gate, [Photo(faces["ada"])])
    known = personal.know(gate, frames)
    (one,) = personal.previews(gate, known, frames.frames, signer)
    assert one.report.label is not None
    assert one.report.statement.source_origin == "photo", "it was taught by a photo too"
    (one,) = personal.previews(gate, personal.know(gate), frames.frames, signer)
    assert one.report.statement.source_origin == "live"
    assert personal.previews(gate, known, (), signer) == ()


# --- the command line -------------------------------------------------------------------------------------------------


@pytest.fixture
def files(faces, tmp_path):
    for name, pixels in faces.items():
        (tmp_path / f"{name}.png").write_bytes(codec.encode(pixels, "png"))
    return tmp_path


def test_extract_says_which_frames_are_theirs(files, door, capsys):
    assert run(["personal", "extract", str(files / "ada.png"), str(files / "gita.png"), "--no-browser"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "ada.png: Frames of you: 1.",
        "gita.png: Frames of you: 0; left out: not you 1.",
    ]
    assert door == [PURPOSES]
    assert set(PURPOSES) == {Purpose.MODEL, Purpose.SWAP}


def test_create_learns_and_draws_in_one_go_and_leaves_one_file(files, door, capsys):
    out = files / "out.jpg"
    before = set(files.iterdir())
    assert (
        run(["personal", "create", str(files / "smiling.png"), "-o", str(out), "--look", str(files / "ada.png")]) == 0
    )
    told = capsys.readouterr()
    assert told.out.strip() == str(out)
    assert "Learnt from" in told.err
    assert {one.name for one in set(files.iterdir()) - before} == {"out.jpg", "data"}
    statement = verify(out.read_bytes(), []).statement
    assert (statement.purpose, statement.engine) == ("swap", "personal-atlas 1")


def test_training_with_too_few_frames_says_how_many_more(files, door, capsys):
    assert run(["personal", "train", "--like", str(files / "ada.png"), "--minutes", "0.01"]) == 2
    said = capsys.readouterr().err
    assert f"Add {FEWEST - 1} more" in said
    assert "[too-few-frames-to-train]" in said


def test_a_network_is_trained_and_its_previews_are_stamped(gate, files, door, capsys, monkeypatch):
    """The person's own live frames stand for a film of theirs."""
    own = Extract(gate.live()[-FEWEST:], {})
    monkeypatch.setattr(personal, "extract", lambda *_, **__: own)
    folder = files / "previews"
    folder.mkdir()
    line = ["personal", "train", "--like", str(files / "ada.png"), "--kind", "light-scratch", "--side", "64"]
    assert run([*line, "--minutes", "0.1", "--preview", str(folder)]) == 0
    told = capsys.readouterr()
    assert "mae" in told.err
    shown = sorted(folder.iterdir())
    assert len(shown) == personal.PREVIEWS
    assert verify(shown[0].read_bytes(), []).statement.engine == "personal-light64 1"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["create", "gone.png", "-o", "x.jpg"], "cannot-read"),
        (["create", "ada.png", "-o", "x.txt"], "unknown-format"),
        (["train", "--like", "ada.png", "--preview", "nowhere"], "no-folder"),
        (["train", "--like", "ada.png", "--preview", "kept"], "file-exists"),
        (["extract", "gone.mp4"], "cannot-read"),
    ],
)
def test_wrong_use_is_told_before_anybody_sits_down(files, door, capsys, monkeypatch, arguments, code):
    monkeypatch.chdir(files)
    (files / "kept").mkdir(exist_ok=True)
    (files / "kept" / "preview-1.jpg").write_bytes(b"mine")
    assert run(["personal", *arguments]) == 2
    assert f"[{code}]" in capsys.readouterr().err
    assert door == []
