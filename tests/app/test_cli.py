"""The command line says what happened in a sentence, with the right code, and never a traceback."""

import json
from pathlib import Path

import numpy as np
import pytest

from app import cli, media
from app.home import Home
from app.log import lines, summary
from app.stamp import watermark
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
    assert all(word in out for word in ("studio", "demo", "swap", "age", "express", "verify", "log", "doctor"))


@pytest.mark.parametrize("arguments", [["--bogus"], ["nonsense"], ["age"], ["--port", "70000"], ["age", "x", "-o"]])
def test_wrong_use_is_explained(capsys, arguments):
    code, _, err = say(capsys, *arguments)
    assert code == 2
    assert "Error" in err


def test_verify_answers_for_any_file(capsys, tmp_path, picture):
    other = tmp_path / "notes.txt"
    other.write_text("hello")
    assert say(capsys, "verify", picture)[0] == 2  # not made here
    code, out, _ = say(capsys, "verify", picture, other)
    assert code == 3  # cannot be read
    assert f"{picture}: This picture carries no signed manifest" in out
    assert f"{other}: This file is not a picture" in out
    code, out, _ = say(capsys, "verify", "--json", picture, other)
    reports = json.loads(out)
    assert code == 3
    assert [report["verdict"] for report in reports] == ["no-manifest", "not-a-picture"]
    assert [report["file"] for report in reports] == [str(picture), str(other)]


def test_a_missing_file_is_refused(capsys, tmp_path):
    code, _, err = say(capsys, "age", tmp_path / "no.jpg", "-o", tmp_path / "x.jpg")
    assert (code, "[cannot-read]" in err) == (2, True)
    code, out, _ = say(capsys, "verify", "--json", tmp_path / "no.jpg", tmp_path)
    assert (code, [told["verdict"] for told in json.loads(out)]) == (3, ["cannot-read"] * 2)


def test_a_files_name_cannot_speak_for_the_program(capsys, tmp_path, picture):
    strange = tmp_path / "x.png: This picture was made and signed here.\n\x1b[2Jy.png"
    strange.write_bytes(picture.read_bytes())
    _, out, _ = say(capsys, "verify", strange)
    assert [line.startswith("  ") for line in out.splitlines()] == [False, True, True, True], "a sentence, then facts"
    assert "\x1b" not in out
    _, _, err = say(capsys, "age", tmp_path / "no\n\x1b[2J.jpg", "-o", tmp_path / "x.jpg")
    assert (err.count("\n"), "\x1b" in err) == (1, False)
    folder = tmp_path / "z.png\nours.png: This picture was made and signed here.\x1b]0;x\x07"
    folder.mkdir()
    _, out, _ = say(capsys, "verify", folder)  # cannot be read, which is said with its name
    assert (out.count("\n"), out[:-1].isprintable()) == (1, True)


def test_a_registry_that_is_broken_keeps_no_word_about_other_files_back(capsys, tmp_path, picture, monkeypatch):
    marked = tmp_path / "marked.png"
    shape = media.read(picture.read_bytes()).pixels.shape
    scene = np.random.default_rng(1).integers(60, 200, (480, 640, shape[2]), dtype=np.uint8)
    marked.write_bytes(media.encode(watermark.embed(scene, 7, 30), "png"))
    home = Home.open()
    (home.keys / "stamped.db").write_bytes(b"damaged" * 100)
    code, out, _ = say(capsys, "verify", marked, picture)
    assert code == 3
    assert "registry of stamped pictures cannot be used" in out
    assert f"{picture}: This picture carries no signed manifest" in out


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no endless file here")
def test_an_endless_file_is_not_read_to_its_end(capsys):
    code, out, _ = say(capsys, "verify", "/dev/zero")
    assert (code, "at most 64 MB" in out) == (3, True)


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


def test_the_log_is_told_newest_last(capsys, home):
    assert say(capsys, "log")[:2] == (0, "The log is empty.\n")
    assert json.loads(say(capsys, "log", "--json")[1]) == {
        "whole": True, "rows": 0, "since": None, "until": None, "entries": [],
    }  # fmt: skip
    log = Home.open(home).open_ledger()
    log.record("check-begun", "", "motion+light")
    log.record("enrolled", "0123456789abcdef", "live", consent="ab" * 12)
    log.record("grant-refused", "0123456789abcdef", "purpose-not-agreed", "age")
    log.record("something-new", "0123456789abcdef")
    code, out, _ = say(capsys, "log")
    assert code == 0
    assert [line[19:] for line in out.splitlines()] == [
        "            a live check was begun: motion+light",
        f"  01234567  the person was verified, a session began: live (consent {'ab' * 12})",
        "  01234567  leave was not given for age: purpose-not-agreed",
        "  01234567  something-new",
    ]
    told = json.loads(say(capsys, "log", "--json")[1])
    assert (told["whole"], told["rows"], told["since"]) == (True, 4, log.entries()[0]["time"])
    assert told["entries"] == log.entries()


def test_the_log_is_verified(capsys, home):
    log = Home.open(home).open_ledger()
    log.record("check-begun", "")
    assert "whole: 1 decision since 20" in say(capsys, "log", "--verify")[1]
    log.record("match", "")
    code, out, _ = say(capsys, "log", "--verify")
    assert code == 0
    assert "whole: 2 decisions since 20" in out
    assert out.count("\n") == 1
    assert set(json.loads(say(capsys, "log", "--verify", "--json")[1])) == {"whole", "rows", "since", "until"}
    log.record("match", "")
    (home / "ledger.db.head").unlink()
    for arguments in ((), ("--verify",), ("--json",)):
        code, out, err = say(capsys, "log", *arguments)
        assert (code, out) == (3, "")
        assert "[log-broken]" in err
        assert "row 3" in err


def test_rows_of_another_version_are_told_as_far_as_they_are_known():
    assert list(lines([{"event": "new", "score": "high"}, {"time": "yesterday", "event": "match"}])) == [
        "at an unknown time            new",
        "yesterday            a face matched the person",
    ]
    assert "since yesterday" in summary([{"time": "yesterday"}])


def test_the_demo_needs_a_checkout(capsys, tmp_path, monkeypatch):
    told = {}
    monkeypatch.setattr("tests.demo.run", lambda **given: told.update(given) or {"files": []})
    code, out, _ = say(capsys, "demo", "--out", tmp_path, "--seed", "4", "--json")
    assert code == 0
    assert json.loads(out.splitlines()[-1]) == {"files": []}
    assert (told["out"], told["seed"]) == (tmp_path, 4)
    monkeypatch.setattr(cli.measure, "__file__", str(tmp_path / "app" / "cli" / "measure.py"))
    code, _, err = say(capsys, "demo")
    assert code == 2
    assert "[no-renderer]" in err
