"""The key of the receipts: made once, private, whole or not at all."""

import stat

import pytest

from app import notary
from app.notary import open_notary
from consent.errors import Fault


def test_the_key_is_kept_and_private(tmp_path):
    path = tmp_path / "receipts.pem"
    assert open_notary(path).public == open_notary(path).public
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_of_two_who_make_the_key_at_once_both_have_the_one_that_stays(tmp_path, monkeypatch):
    path = tmp_path / "receipts.pem"
    first = open_notary(path)
    monkeypatch.setattr(type(path), "exists", lambda _: False)  # the other looked before the first had made it
    assert open_notary(path).public == first.public
    assert [one.name for one in tmp_path.iterdir()] == ["receipts.pem"]


def test_a_key_is_made_where_there_are_no_hard_links(tmp_path, monkeypatch):
    def refused(*_):
        raise PermissionError

    monkeypatch.setattr(notary.os, "link", refused)
    path = tmp_path / "receipts.pem"
    assert open_notary(path).public == open_notary(path).public
    assert [one.name for one in tmp_path.iterdir()] == ["receipts.pem"]


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_a_broken_key_is_a_fault_and_stays(tmp_path, content):
    path = tmp_path / "receipts.pem"
    path.write_bytes(content)
    with pytest.raises(Fault) as caught:
        open_notary(path)
    assert caught.value.code == "receipt-key-broken"
    assert path.read_bytes() == content
