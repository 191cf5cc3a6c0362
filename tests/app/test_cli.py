"""The command line says what happened in a sentence, with the right code, and never a traceback."""

import json

import numpy as np
import pytest

from app import cli, media
from app.studio import landing, server
from consent.errors import Fault, Refusal


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data" / "selfsame"


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "me.jpg"
    path.write_bytes(media.encode(np.full((300, 300, 3), 128, np.uint8), "jpeg", 90))
    return path


def say(capsys, *arguments):
    code = cli.run([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return code, out, err


def test_version_and_help(capsys):
    assert say(capsys, "--version")[:2] == (0, "selfsame 0.1.0\n")
    code, out, _ = say(capsys, "--help")
    assert code == 0
    assert all(word in out for word in ("studio", "demo", "swap", "age", "express", "verify", "doctor"))


@pytest.mark.parametrize("arguments", [["--bogus"], ["nonsense"], ["age"], ["--port", "70000"], ["age", "x", "-o"]])
def test_wrong_use_is_explained(capsys, arguments):
    code, _, err = say(capsys, *arguments)
    assert code == 2
    assert "Error" in err


def test_verify_answers_for_any_file(capsys, tmp_path, picture):
    other = tmp_path / "notes.txt"
    other.write_text("hello")
    code, out, _ = say(capsys, "verify", picture, other)
    assert code == 1
    assert f"{picture}: This picture carries no signed manifest" in out
    assert f"{other}: This file is not a picture" in out
    code, out, _ = say(capsys, "verify", "--json", picture, other)
    reports = json.loads(out)
    assert code == 1
    assert [report["verdict"] for report in reports] == ["no-manifest", "not-a-picture"]
    assert [report["file"] for report in reports] == [str(picture), str(other)]


def test_a_missing_file_is_refused(capsys, tmp_path):
    for arguments in (["verify", tmp_path / "no.jpg"], ["age", tmp_path / "no.jpg", "-o", tmp_path / "x.jpg"]):
        code, _, err = say(capsys, *arguments)
        assert code == 2
        assert "[cannot-read]" in err


def test_pictures_and_names_are_checked_before_anybody_must_sit_down(capsys, tmp_path, picture, monkeypatch):
    monkeypatch.setattr(landing, "live_gate", lambda *_: pytest.fail("the camera check came first"))
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(picture.read_bytes()[:200])
    there = tmp_path / "there.png"
    there.write_bytes(b"")
    for arguments, code in (
        (["age", broken, "-o", tmp_path / "x.jpg"], "broken-picture"),
        (["age", picture, "-o", tmp_path / "x.gif"], "unknown-format"),
        (["age", picture, "-o", tmp_path / "nowhere" / "x.jpg"], "no-folder"),
        (["express", picture, "-o", there, "--smile", "1"], "file-exists"),
        (["age", picture, "-o", tmp_path / "x.jpg", "--years", "900"], "bad-option"),
        (["express", picture, "-o", tmp_path / "x.jpg"], "nothing-to-do"),
        (["swap", broken, picture, "-o", tmp_path / "x.jpg"], "broken-picture"),
    ):
        result, _, err = say(capsys, *arguments)
        assert (result, code in err) == (2, True), err
    assert sorted(p.name for p in tmp_path.glob("*.*")) == ["broken.jpg", "me.jpg", "there.png"]


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (Refusal("nobody-came", "Nobody came.", "Come."), 2, "Nobody came. Come. [nobody-came]"),
        (Fault("port-taken", "Port taken.", "Choose."), 3, "Port taken. Choose. [port-taken]"),
        (KeyboardInterrupt(), 130, ""),
        (RuntimeError("inner words"), 3, "Something broke (RuntimeError)"),
    ],
)
def test_how_a_command_ends(capsys, monkeypatch, error, code, text):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(server, "serve", fail)
    result, _, err = say(capsys, "studio", "--no-browser")
    assert result == code
    assert text in err
    assert "inner words" not in err


def test_without_a_command_the_studio_opens(capsys, monkeypatch):
    asked = {}
    monkeypatch.setattr(server, "serve", lambda home, **rest: asked.update(rest, root=home.root))
    assert say(capsys, "--port", "7001", "--no-browser")[0] == 0
    assert (asked["port"], asked["host"]) == (7001, "127.0.0.1")


def test_it_serves_this_computer_only(capsys):
    code, _, err = say(capsys, "studio", "--host", "192.168.0.7", "--port", "0")
    assert code == 3
    assert "[host-not-local]" in err


def test_doctor_finds_nothing_here_and_something_when_a_model_is_altered(capsys, tmp_path, monkeypatch):
    assert say(capsys, "doctor")[0] == 0
    monkeypatch.setattr("models.load.WEIGHTS", tmp_path)
    code, out, _ = say(capsys, "doctor")
    assert code == 1
    assert "python -m models.fetch" in out


def test_doctor_reads_the_log(capsys, home):
    say(capsys, "doctor")
    (home / "ledger.db").write_text("no log\n" * 100)
    code, out, _ = say(capsys, "doctor")
    assert code == 1
    assert "The log is damaged" in out


def test_the_demo_needs_a_checkout(capsys, tmp_path, monkeypatch):
    told = {}
    monkeypatch.setattr("tests.demo.run", lambda **given: told.update(given) or {"files": []})
    code, out, _ = say(capsys, "demo", "--out", tmp_path, "--seed", "4", "--json")
    assert code == 0
    assert json.loads(out.splitlines()[-1]) == {"files": []}
    assert (told["out"], told["seed"]) == (tmp_path, 4)
    monkeypatch.setattr(cli, "__file__", str(tmp_path / "app" / "cli.py"))
    code, _, err = say(capsys, "demo")
    assert code == 2
    assert "[no-renderer]" in err
