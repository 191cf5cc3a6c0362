"""A folder of keys in which something else lies under a name: a clear answer, and no waiting."""

import os
import sqlite3
import threading
import time

import pytest

from app import cli, codec
from app.home import Home
from app.notary import open_notary
from app.stamp import keyfile
from app.stamp.registry import Registry
from app.stamp.signer import FILE, ORGANISATION, Signer
from app.studio.withdrawal import is_withdrawn
from consent.errors import Fault
from tests.app.stamp_helpers import picture
from tests.app.test_stamp_organisation import adopted


def soon(ask):
    """What comes of a question: its answer or its fault's code, or that none came."""
    came = []

    def run():
        try:
            came.append(ask())
        except Fault as fault:
            came.append(fault.code)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(20)
    return came[0] if came else "no answer"


@pytest.fixture
def home(tmp_path):
    return Home.open(tmp_path / "home")


@pytest.mark.parametrize("name", [FILE, ORGANISATION, "retired-0.pem", "receipts.pem", "stamped.db"])
def test_a_pipe_that_nobody_writes_to(home, name):
    """Whoever opened it to read would wait for ever."""
    path = home.keys / name
    os.mkfifo(path)
    assert soon(lambda: Signer.anchors(home.keys)) == []
    if name in {FILE, ORGANISATION}:
        assert soon(lambda: Signer.open(home.keys)) == "key-file-broken"
    if name == "receipts.pem":
        assert soon(lambda: open_notary(path)) == "receipt-key-broken"
    if name == "stamped.db":
        assert soon(lambda: Registry(path).recall(1)) == "registry-unusable"


def test_a_stranger_s_folder_with_a_pipe_in_it(home, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    os.mkfifo(tmp_path / "photo.png")
    assert soon(lambda: cli.run(["verify", str(tmp_path / "photo.png")])) == 3
    assert "The file is empty." in capsys.readouterr().out


def test_what_comes_through_a_pipe_is_read(home, tmp_path, monkeypatch, capsys):
    """As a shell does it: `selfsame verify <(...)`."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    out, into = os.pipe()
    data = codec.encode(picture(), "png")
    threading.Thread(target=lambda: (os.write(into, data[:100]), time.sleep(0.3), _all(into, data[100:]))).start()
    assert soon(lambda: cli.run(["verify", f"/dev/fd/{out}"])) == 2
    assert "no signed manifest" in capsys.readouterr().out
    os.close(out)


def _all(into, data):
    with os.fdopen(into, "wb") as file:
        file.write(data)


def test_a_receipt_that_is_a_pipe(home):
    os.mkfifo(home.receipts / f"{'0' * 24}.json")
    assert soon(lambda: is_withdrawn(home, "0" * 24)) is False


@pytest.mark.parametrize(
    "content", [b"", b"rubbish", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_the_way_back_from_a_damaged_organisations_key(home, content):
    """It is what the fault tells to do."""
    adopted(home.keys)
    (home.keys / ORGANISATION).write_bytes(content)
    assert soon(lambda: Signer.open(home.keys)) == "key-file-broken"
    assert not keyfile.is_twice(home.keys / ORGANISATION)
    Signer.disown(home.keys)
    assert Signer.open(home.keys, say=lambda _: None).anchor_pem.count("BEGIN") == 1


@pytest.mark.parametrize(
    "row", [(1, "t", 10**12, 1, 1, b"\0\0"), (1, "t", "x", 1, 1, b"\0\0"), (1, "t", b"", -5, 1, b"")]
)
def test_a_registry_whose_rows_were_exchanged(home, row):
    """A number for a manifest would be taken for as many zeros."""
    data = sqlite3.connect(home.keys / "stamped.db")
    with data:
        data.execute("CREATE TABLE stamped (ident, time, manifest, rows, columns, fingerprint)")
        data.execute("CREATE TABLE proofs (target, salt, consent)")
        data.execute("INSERT INTO stamped VALUES (?, ?, ?, ?, ?, ?)", row)
        data.execute("INSERT INTO proofs VALUES ('t', 5, 'c')")
    data.close()
    registry = Registry(home.keys / "stamped.db")
    assert soon(lambda: registry.recall(1)) == "registry-unusable"
    assert soon(lambda: registry.salt("t")) == "registry-unusable"
