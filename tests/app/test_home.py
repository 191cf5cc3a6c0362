import errno
import os
from pathlib import Path

import pytest

from app.files import write_atomic
from app.home import Home
from consent.errors import Fault, Refusal


def mode(path):
    return path.stat().st_mode & 0o777


def names(folder):
    return [p.name for p in folder.iterdir()]


def test_a_new_home_is_private(tmp_path):
    home = Home.open(tmp_path / "a" / "b")
    assert [mode(p) for p in (home.root, home.keys, home.receipts)] == [0o700] * 3
    assert home.ledger == home.root / "ledger.db"
    assert not home.ledger.exists()
    assert Home.open(home.root) == home


def test_an_open_home_is_closed_again(tmp_path):
    (tmp_path / "keys").mkdir(mode=0o755)
    tmp_path.chmod(0o755)
    home = Home.open(tmp_path)
    assert mode(home.root) == mode(home.keys) == 0o700


def test_default_follows_xdg(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert Home.open().root == tmp_path / "data" / "selfsame"


@pytest.mark.parametrize("value", [None, "", "relative/path"])
def test_default_without_usable_xdg(tmp_path, monkeypatch, value):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    if value is not None:
        monkeypatch.setenv("XDG_DATA_HOME", value)
    assert Home.open().root == tmp_path / ".local" / "share" / "selfsame"


def test_a_file_in_the_way(tmp_path):
    (tmp_path / "home").write_text("x")
    with pytest.raises(Fault) as caught:
        Home.open(tmp_path / "home")
    assert caught.value.code == "home-not-usable"


def test_another_users_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.raises(Fault, match="another user"):
        Home.open(tmp_path)


def test_write_atomic(tmp_path):
    target = tmp_path / "file"
    assert write_atomic(target, b"one") == target
    assert target.read_bytes() == b"one"
    assert mode(target) == 0o600
    assert names(tmp_path) == ["file"]


def test_mode_bows_to_the_umask(tmp_path):
    before = os.umask(0o027)
    try:
        write_atomic(tmp_path / "file", b"", 0o644)
    finally:
        os.umask(before)
    assert mode(tmp_path / "file") == 0o640


def test_will_not_overwrite_unasked(tmp_path):
    target = write_atomic(tmp_path / "file", b"one")
    with pytest.raises(Refusal) as caught:
        write_atomic(target, b"two")
    assert caught.value.code == "file-exists"
    assert target.read_bytes() == b"one"
    write_atomic(target, b"three", overwrite=True)
    assert target.read_bytes() == b"three"
    assert names(tmp_path) == ["file"]


def test_without_hard_links(tmp_path, monkeypatch):
    def no_links(*_, **__):
        raise OSError(errno.EPERM, "no hard links here")

    monkeypatch.setattr(os, "link", no_links)
    target = write_atomic(tmp_path / "file", b"one")
    assert target.read_bytes() == b"one"
    with pytest.raises(Refusal):
        write_atomic(target, b"two")
    assert target.read_bytes() == b"one"
    assert names(tmp_path) == ["file"]


def test_a_failed_write_leaves_nothing(tmp_path, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Fault) as caught:
        write_atomic(tmp_path / "file", b"one")
    assert caught.value.code == "cannot-write"
    assert names(tmp_path) == []


@pytest.mark.parametrize("overwrite", [False, True])
def test_no_folder(tmp_path, overwrite):
    with pytest.raises(Fault, match="could not be written"):
        write_atomic(Path(tmp_path / "no" / "file"), b"one", overwrite=overwrite)


def test_never_seen_in_part(tmp_path, monkeypatch):
    """While the bytes are written the target's old content stays what readers see."""
    target = write_atomic(tmp_path / "file", b"old")
    seen = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (seen.append(target.read_bytes()), real(fd))[1])
    write_atomic(target, b"new", overwrite=True)
    assert seen[0] == b"old"
    assert target.read_bytes() == b"new"
