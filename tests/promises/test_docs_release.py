"""A release's sums are signed by a key of the releaser's own, and say no to whatever was changed since."""

import io
import shutil
import subprocess
import tarfile

import pytest

from tools import lock, release

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="OpenSSH signs")


@pytest.fixture
def made(tmp_path):
    """A folder as `make` leaves it, and a key."""
    out, key = tmp_path / "dist", tmp_path / "key"
    out.mkdir()
    (out / "selfsame.whl").write_bytes(b"wheel")
    (out / release.SUMS).write_text(release.sums(out))
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    (tmp_path / "signers").write_text(f"releases {(tmp_path / 'key.pub').read_text()}")
    return out, key, tmp_path / "signers"


def say(*arguments):
    release.main([str(one) for one in arguments])


def test_what_was_signed_is_right_until_it_changes(made, capsys):
    out, key, signers = made
    say("sign", out, "--key", key)
    say("check", out, "--signers", signers, "--who", "releases")
    assert "is right" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        say("check", out, "--signers", signers, "--who", "somebody")
    (out / "selfsame.whl").write_bytes(b"other")
    for command in (["check", out, "--signers", signers, "--who", "releases"], ["sign", out, "--key", key]):
        with pytest.raises(SystemExit, match="not those"):
            say(*command)
    (out / release.SUMS).write_text(release.sums(out))
    with pytest.raises(SystemExit, match="ssh-keygen"):
        say("check", out, "--signers", signers, "--who", "releases")


def test_another_key_and_a_file_that_was_added_are_found(made, tmp_path):
    out, key, signers = made
    say("sign", out, "--key", key)
    (out / "more.txt").write_text("added")
    with pytest.raises(SystemExit, match="not those"):
        say("check", out, "--signers", signers, "--who", "releases")
    (out / "more.txt").unlink()
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "other")], check=True)
    signers.write_text(f"releases {(tmp_path / 'other.pub').read_text()}")
    with pytest.raises(SystemExit, match="ssh-keygen"):
        say("check", out, "--signers", signers, "--who", "releases")


def test_a_release_is_made_into_an_empty_folder(made):
    with pytest.raises(SystemExit, match="not empty"):
        say("make", made[0])


def test_the_same_files_make_the_same_archive():
    def archive(when):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w:gz") as new:
            for name in ("b", "a") if when % 2 else ("a", "b"):
                one = tarfile.TarInfo(name)
                one.size, one.mtime, one.uname = 1, when, f"user{when}"
                new.addfile(one, io.BytesIO(name.encode()))
        return out.getvalue()

    one, other = (release.repacked(archive(when), 7) for when in (1, 2))
    assert one == other
    with tarfile.open(fileobj=io.BytesIO(one)) as read:
        assert {m.name: read.extractfile(m).read() for m in read} == {"a": b"a", "b": b"b"}


def test_a_lock_with_hashes_has_one_for_each():
    def one(name, digest):
        info = {"archive_info": {"hashes": {"sha256": digest} if digest else {}}}
        return {"metadata": {"name": name, "version": "1.0"}, "download_info": info}

    text = lock.hashed({"install": [one("Typing_Extensions", "b" * 64), one("av", "a" * 64)]})
    assert text == f"av==1.0 --hash=sha256:{'a' * 64}\ntyping-extensions==1.0 --hash=sha256:{'b' * 64}\n"
    with pytest.raises(ValueError, match="no SHA-256"):
        lock.hashed({"install": [one("av", "")]})
