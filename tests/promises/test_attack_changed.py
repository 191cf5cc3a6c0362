"""A file that is changed between the match and what comes after: what was judged is what is used, or nothing is."""

import contextlib

import numpy as np
import pytest

from app import cli, media
from app.home import Home
from app.stamp.signer import Signer
from app.studio import landing
from app.verify import Verdict, verify
from tests.promises.stage import draw, jpeg

MINE, THEIRS = jpeg(draw("ada", seed=1)), jpeg(draw("gita", seed=1))


@pytest.fixture
def command(tmp_path, monkeypatch, ada):
    """The command line, with a live check that Ada passes, and something that happens meanwhile."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()

    def run(arguments, meanwhile=lambda: None):
        @contextlib.contextmanager
        def live_gate(*_, **__):
            meanwhile()
            yield ada

        monkeypatch.setattr(landing, "live_gate", live_gate)
        return cli.run([str(part) for part in arguments])

    return run


def near(data, original):
    return float(np.abs(media.read(data).pixels.astype(int) - media.read(original).pixels).mean())


def test_a_file_that_is_exchanged_during_the_live_check_is_used_as_it_was_read(command, tmp_path):
    target, out = tmp_path / "me.jpg", tmp_path / "out.png"
    target.write_bytes(MINE)
    assert command(["age", target, "-o", out, "--no-browser"], lambda: target.write_bytes(THEIRS)) == 0
    assert near(out.read_bytes(), MINE) < 20 < near(out.read_bytes(), THEIRS)
    assert verify(out.read_bytes(), Signer.anchors(Home.open().keys)).verdict is Verdict.OURS


def test_a_stranger_exchanged_for_the_person_is_still_a_stranger(command, tmp_path, capsys):
    target, out = tmp_path / "me.jpg", tmp_path / "out.png"
    target.write_bytes(THEIRS)
    assert command(["age", target, "-o", out, "--no-browser"], lambda: target.write_bytes(MINE)) == 2
    assert "[not-you]" in capsys.readouterr().err
    assert not out.exists()


def test_a_link_that_is_turned_elsewhere_changes_nothing(command, tmp_path):
    mine, theirs, link, out = (tmp_path / name for name in ("a.jpg", "b.jpg", "me.jpg", "out.jpg"))
    mine.write_bytes(MINE)
    theirs.write_bytes(THEIRS)
    link.symlink_to(mine)

    def turn():
        link.unlink()
        link.symlink_to(theirs)

    assert command(["swap", link, link, "-o", out, "--no-browser"], turn) == 0
    assert near(out.read_bytes(), MINE) < 20
    assert theirs.read_bytes() == THEIRS


@pytest.mark.parametrize("face", ["0", "-1", "2", "1.5", "nan", "x", "99999999999999999999"])
def test_a_face_that_is_not_there_makes_nothing(command, tmp_path, face):
    target, out = tmp_path / "me.jpg", tmp_path / "out.png"
    target.write_bytes(MINE)
    assert command(["age", target, "-o", out, "--face", face, "--no-browser"]) == 2
    assert not out.exists()


def test_on_either_side_of_a_swap_a_stranger_makes_nothing(command, tmp_path):
    mine, theirs, out = (tmp_path / name for name in ("a.jpg", "b.jpg", "out.jpg"))
    mine.write_bytes(MINE)
    theirs.write_bytes(THEIRS)
    for pair in ((mine, theirs), (theirs, mine)):
        assert command(["swap", *pair, "-o", out, "--no-browser"]) == 2
        assert not out.exists()


def test_over_http_an_upload_after_the_match_is_not_what_was_matched(studio):
    browser = studio.browser()
    visitor = studio.sit_down(browser, "ada")
    browser.look("target", MINE)
    assert browser.put("target", THEIRS).status_code == 204  # handed in, and not judged yet
    browser.make("age")
    (key,) = visitor.results
    assert near(browser.get(f"/studio/result/{key}").content, MINE) < 20
    assert browser.get(f"/studio/before/{key}").content == MINE
    assert "not-you" in browser.event(("stage", "studio"), {"do": "uploaded", "side": "target"})
    browser.make("age")
    assert list(visitor.results) == [key]
