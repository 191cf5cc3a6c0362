"""Films on the command line."""

import json

import pytest

from app.cli import run
from app.home import Home
from app.stamp.signer import Signer
from tests.app.film_helpers import film, remuxed
from tests.app.film_tampering import signed_film
from tests.app.stamp_helpers import signer


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


def test_films_cannot_be_changed_yet(files, tmp_path, capsys):
    out = tmp_path / "out.jpg"
    assert run(["age", files["stranger"], "-o", str(out), "--no-browser"]) == 2
    assert "stranger.mp4 is a film; only a later version can change films." in capsys.readouterr().err
    assert not out.exists()
