"""Films on the command line."""

import contextlib
import json
import shutil
import struct

import pytest

from app import codec, film_out, serial
from app import files as files_of_app
from app.cli import film as cli_film
from app.cli import run
from app.home import Home
from app.reel import Progress
from app.stamp.signer import Signer
from app.studio import landing
from app.verify import verify
from consent.types import Purpose
from tests.app.film_helpers import film, remuxed, replaced
from tests.app.film_tampering import signed_film
from tests.app.reel_helpers import cut
from tests.app.stamp_helpers import signer
from tests.promises.stage import draw

pytestmark = pytest.mark.long


@pytest.fixture
def files(tmp_path, monkeypatch):
    """An installation that signed a film, and that film, a copy without manifest and a stranger's, as files."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(Signer, "anchors", lambda _: [signer().anchor_pem])
    monkeypatch.setattr(Signer, "registered", lambda _: signer().registry)
    Home.open()
    kinds = {"ours": signed_film(), "copy": remuxed(signed_film()), "stranger": film()}
    for name, data in kinds.items():
        (tmp_path / f"{name}.mp4").write_bytes(data)
    return {name: str(tmp_path / f"{name}.mp4") for name in kinds}


@pytest.mark.parametrize(("name", "code"), [("ours", 0), ("copy", 1), ("stranger", 2)])
def test_verify(files, name, code, capsys):
    assert run(["verify", files[name], "--json"]) == code
    (told,) = json.loads(capsys.readouterr().out)
    assert "film" in told["sentence"]
    assert (told["watermark"] is not None) == (name != "stranger")


class Door:
    """The camera check of a command, passed already: what was asked for, and the gate."""

    def __init__(self, gate):
        self.gate, self.asked = gate, None

    @contextlib.contextmanager
    def __call__(self, home, purposes, *_):
        self.asked = purposes
        yield self.gate


@pytest.fixture
def door(gate, monkeypatch):
    monkeypatch.setattr(landing, "live_gate", door := Door(gate))
    return door


@pytest.fixture
def mine(files, tmp_path):
    path = tmp_path / "mine.what-you-like"  # the name says nothing
    path.write_bytes(cut().data)
    return path


def test_a_film_is_changed(mine, tmp_path, door, capsys):
    out = tmp_path / "out.mp4"
    assert run(["express", str(mine), "-o", str(out), "--smile", "0.8", "--no-browser"]) == 0
    told = capsys.readouterr()
    assert door.asked == (Purpose.EXPRESS, Purpose.VIDEO)
    assert told.out.strip() == str(out)
    for words in ("13 frames of 480 x 360", "100%", "left alone: not you 3", "no face 2"):
        assert words in told.err, told.err
    statement = verify(out.read_bytes(), []).statement
    assert (statement.purpose, statement.parameters["frames"]) == ("express", 13)


def test_with_a_picture_of_its_own(mine, tmp_path, door, capsys):
    out, source = tmp_path / "out.mp4", tmp_path / "me.png"
    source.write_bytes(codec.encode(draw("ada", seed=9), "png"))
    assert run(["swap", str(source), str(mine), "-o", str(out)]) == 0
    assert verify(out.read_bytes(), []).statement.source_origin == "photo"
    assert run(["swap", str(mine), str(mine), "-o", str(tmp_path / "x.mp4")]) == 2
    assert "is a film. Use a picture here" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "more", "code"),
    [
        ("out.jpg", [], "unknown-format"),
        ("out.mp4", ["--face", "1"], "no-face-choice"),
        ("nowhere/o.mp4", [], "no-folder"),
    ],
)
def test_wrong_use(mine, tmp_path, capsys, name, more, code):
    before = sorted(tmp_path.iterdir())
    assert run(["age", str(mine), "-o", str(tmp_path / name), *more]) == 2
    assert f"[{code}]" in capsys.readouterr().err
    assert sorted(tmp_path.iterdir()) == before


def huge(codes=b"avc1"):
    """A header that says 8K."""
    data = film()
    place = data.index(codes, data.index(b"stsd")) + 4 + 24
    return data[:place] + struct.pack(">HH", 7680, 4320) + data[place + 4 :]


def spoiled():
    """Damaged in its middle, which is seen on the way."""
    data = film()
    place = (data.index(b"mdat") + len(data)) // 2 - 400
    return data[:place] + bytes(300) + data[place + 300 :]


def without_frames():
    data = film()
    for kind in (b"stsz", b"stts", b"ctts", b"stsc", b"stco", b"stss"):
        data = replaced(data, kind, 8 if kind == b"stsz" else 4, bytes(4)) if kind in data else data
    return data


BAD = {
    "broken": (spoiled, "broken-film", "damaged"),
    "cut short": (lambda: film()[:-700], "film-cut-short", "its end is missing"),
    "sound alone": (lambda: film(videos=0, sound=("aac",)), "no-video", "no video"),
    "no frame": (without_frames, "empty-film", "not a single frame"),
    "8K": (huge, "film-too-large", "7680 x 4320"),
    "240 frames a second": (lambda: film(ticks=tuple(range(0, 375 * 20, 375))), "film-too-fast", "120 frames a second"),
    "another codec": (lambda: film("png", pix="rgb24", fmt="mov"), "unsupported-film", "compressed in a way"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_read_is_said_in_a_sentence(files, tmp_path, capsys, door, name):
    """Before the camera check where the header tells, else at the frame; and no half file either way."""
    make, code, words = BAD[name]
    path, out = tmp_path / "bad.mp4", tmp_path / "out.mp4"
    path.write_bytes(make())
    assert run(["age", str(path), "-o", str(out)]) == 2
    said = capsys.readouterr().err
    assert f"[{code}]" in said
    assert words in said
    assert not out.exists()


def test_a_full_disk(mine, tmp_path, door, capsys, monkeypatch):
    """Seen before anybody must sit down; or when it fills up meanwhile."""
    out = tmp_path / "out.mp4"
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(cli_film.shutil, "disk_usage", lambda _: usage._replace(free=1000))
    assert run(["age", str(mine), "-o", str(out)]) == 2
    assert "0 MB left on the disk" in capsys.readouterr().err
    monkeypatch.undo()
    monkeypatch.setattr(landing, "live_gate", door)
    monkeypatch.setattr(
        files_of_app.os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device"))
    )
    assert run(["age", str(mine), "-o", str(out)]) == 3
    assert "No space left on device" in capsys.readouterr().err
    assert not out.exists()
    assert not list(tmp_path.glob(".selfsame*"))


def test_ctrl_c(mine, tmp_path, door, capsys, monkeypatch):
    monkeypatch.setattr(cli_film.Line, "tell", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    before = sorted(tmp_path.iterdir())
    assert run(["age", str(mine), "-o", str(tmp_path / "out.mp4")]) == 130
    assert "Stopped. Nothing was written." in capsys.readouterr().err
    assert sorted(tmp_path.iterdir()) == before


@pytest.fixture
def long(monkeypatch):
    """Films of eight frames are long ones."""
    monkeypatch.setattr(serial, "length", lambda _: 4)


def test_a_long_film_goes_on_where_it_was_stopped(mine, tmp_path, door, capsys, monkeypatch, long):
    out, command = tmp_path / "out.mp4", ["age", str(mine), "-o", str(tmp_path / "out.mp4")]
    right = cli_film.Line.tell

    def stop(line, now):
        right(line, now)
        if now.done > 8:
            raise KeyboardInterrupt

    monkeypatch.setattr(cli_film.Line, "tell", stop)
    assert run(command) == 130
    folder = tmp_path / "out.mp4.parts"
    said = capsys.readouterr().err
    assert f"Stopped. 2 parts of the film are finished and kept in {folder}. Say the same command again" in said
    assert not out.exists()
    monkeypatch.setattr(cli_film.Line, "tell", right)
    assert run(["age", "--years", "9", *command[1:]]) == 2
    said = capsys.readouterr().err
    assert "[not-a-part]" in said
    assert "to go on from there" not in said, "it would not"
    assert f"Move the folder {folder} away to begin anew" in said
    (folder / "mine.txt").write_text("stays")
    assert run(command) == 0
    said = capsys.readouterr().err
    assert f"Finished parts lie in {folder}" in said
    assert "left alone: not you 3" in said
    assert [path.name for path in folder.iterdir()] == ["mine.txt"], "ours are gone, what is not stays"
    (pem,) = [Signer.open(Home.open().keys).anchor_pem]
    assert len(verify(out.read_bytes(), [pem]).parts) == 3


def test_a_long_film_that_outlasts_the_session_is_begun(mine, tmp_path, door, capsys, monkeypatch, long):
    monkeypatch.setattr(serial, "Progress", lambda *told: Progress(*told[:-1], 1e9))
    assert run(["age", str(mine), "-o", str(tmp_path / "out.mp4")]) == 0
    said = capsys.readouterr().err
    assert said.count("The session will end before this film is finished. What is finished is kept.") == 1


def test_a_shelf_that_cannot_be_made(mine, tmp_path, door, capsys, long):
    (tmp_path / "out.mp4.parts").write_text("a file in the way")
    assert run(["age", str(mine), "-o", str(tmp_path / "out.mp4")]) == 3
    assert "cannot be made" in capsys.readouterr().err
    assert (tmp_path / "out.mp4.parts").read_text() == "a file in the way"


def test_without_an_encoder(mine, tmp_path, door, capsys, monkeypatch):
    monkeypatch.setattr(film_out, "_X264", "no-such-codec")
    assert run(["age", str(mine), "-o", str(tmp_path / "out.mp4")]) == 3
    assert "libx264" in capsys.readouterr().err
    assert not (tmp_path / "out.mp4").exists()


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0:00"), (59.6, "1:00"), (605, "10:05"), (3723, "1:02:03"), (7199.9, "2:00:00")]
)
def test_time_left(seconds, words):
    now = Progress(100, 50, 0, 30, {"not-you": 15, "no-face": 5}, 0.45, seconds)
    assert cli_film.progress(now) == f" 45%  {words} left  frame 50 of 100  30 changed, 20 left alone"
    assert cli_film.counted(now).endswith("left alone: not you 15, no face 5.")


def test_one_line_in_a_terminal(capsys, monkeypatch):
    """It is written over, not too often, and fits."""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    line = cli_film.Line()
    for done in range(1, 50):
        line.tell(Progress(100, done, 0, done, {}, done / 110, None))
    line.end()
    said = capsys.readouterr().err
    assert said.count("\r") == 1
    assert said.count("\n") == 1
