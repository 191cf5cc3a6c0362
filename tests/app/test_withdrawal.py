"""Consent taken back later, when the session is long over: by the file or its number, once, and for ever known."""

import dataclasses
import json

import pytest

from app import cli
from app.home import Home
from app.notary import open_notary
from app.stamp.signer import Signer
from app.studio import receipts, withdrawal
from app.studio.verify import report_html
from app.verify import Verdict, verify
from consent.errors import Fault, Forgery, Refusal
from tests.app.stamp_helpers import facts, picture, write
from tests.conftest import EVERYTHING


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return Home.open()


@pytest.fixture
def given(home):
    """A receipt of this installation, kept as the studio keeps it."""
    receipt = open_notary(home.keys / "receipts.pem").sign(EVERYTHING)
    (home.receipts / f"{receipt.id}.json").write_text(receipt.document)
    return receipt


@pytest.fixture
def made(home, given, tmp_path):
    """A picture that was made under it."""
    path = tmp_path / "me.png"
    path.write_bytes(write(picture(), facts(consent=given.id), Signer.open(home.keys, say=lambda _: None), "png").data)
    return path


def say(capsys, *arguments):
    code = cli.run([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return code, out, err


def dates(home):
    return dict(withdrawal.known(home)[0])


# --- what is known ----------------------------------------------------------------------------------------------------


def test_where_there_is_no_log_nobody_has_withdrawn_and_none_is_made(home):
    assert withdrawal.known(home) == ({}, "")
    assert list(home.root.rglob("*.pem")) == []
    assert not home.ledger.exists()


def test_a_consent_is_withdrawn_once_and_its_first_date_stays(home, given):
    again = withdrawal.withdraw(home, given.document)
    first = dates(home)
    assert set(first) == {given.id}
    assert receipts.read(again).withdrawn
    assert withdrawal.withdraw(home, given.document) == withdrawal.withdraw(home, again)
    assert dates(home) == first
    assert [e["consent"] for e in home.open_ledger().entries()] == [given.id]
    assert receipts.read(again).said.count(first[given.id][:10]) >= 1


def test_the_kept_receipt_says_so_from_then_on(home, given):
    assert not withdrawal.is_withdrawn(home, given.id)
    withdrawal.withdraw(home, receipts.page(given.document))  # the page will do as well
    assert withdrawal.is_withdrawn(home, given.id)
    kept = home.receipts / f"{given.id}.json"
    assert kept.stat().st_mode & 0o077 == 0
    for damage in (b"", b"\xff\xfe", b"{}"):
        kept.write_bytes(damage)
        assert not withdrawal.is_withdrawn(home, given.id)
    kept.unlink()
    assert not withdrawal.is_withdrawn(home, given.id)
    assert given.id in dates(home)  # the log knows


def test_another_installations_receipt_is_refused_and_nothing_is_written(home, tmp_path, given):
    elsewhere = open_notary(tmp_path / "other.pem").sign(EVERYTHING).document
    with pytest.raises(Refusal, match="receipt-elsewhere"):
        withdrawal.withdraw(home, elsewhere)
    with pytest.raises(Forgery):
        withdrawal.withdraw(home, given.document.replace('"age"', '"video"'))
    assert not home.ledger.exists()


def test_a_broken_log_withdraws_nothing_silently(home, given):
    withdrawal.withdraw(home, given.document)
    home.ledger.write_bytes(b"damaged")
    with pytest.raises(Fault, match="log-broken"):
        withdrawal.withdraw(home, given.document)
    gone, why = withdrawal.known(home)
    assert gone == {}
    assert why.endswith(".")


# --- the commands -----------------------------------------------------------------------------------------------------


def test_verify_says_that_consent_was_withdrawn_and_when(capsys, home, given, made):
    code, out, err = say(capsys, "verify", made)
    assert (code, err) == (0, "")
    assert "withdrawn" not in out
    code, out, err = say(capsys, "withdraw", given.id)
    assert code == 0
    assert "took it back" in out
    date = dates(home)[given.id][:10]
    code, out, _ = say(capsys, "verify", made)
    assert code == 1
    assert f"{made}: This picture was made and signed here" in out
    assert f"Consent withdrawn on {date}." in out
    code, out, _ = say(capsys, "verify", "--json", made)
    assert code == 1
    assert [(one["verdict"], one["withdrawn"][:10]) for one in json.loads(out)] == [("ours", date)]


def test_verify_works_with_a_broken_log_and_says_so_in_one_line(capsys, home, given, made, tmp_path):
    strange = tmp_path / "notes.txt"
    strange.write_text("hello")
    withdrawal.withdraw(home, given.document)
    home.ledger.write_bytes(b"damaged")
    code, out, err = say(capsys, "verify", strange, made)
    assert code == 3
    assert f"{strange}: This file is not a picture" in out
    assert f"{made}: This picture was made and signed here" in out
    assert err.count("\n") == 1
    assert err.startswith("Whether consent was withdrawn is not known.")
    assert say(capsys, "verify", made)[0] == 1, "a consent that cannot be looked up does not stand"


def test_the_page_says_it_too(home, given, made):
    anchors = Signer.anchors(home.keys)
    fine = report_html(verify(made.read_bytes(), anchors, dates(home)), "en")
    withdrawal.withdraw(home, given.document)
    gone = report_html(verify(made.read_bytes(), anchors, dates(home)), "en")
    unknown = report_html(verify(made.read_bytes(), anchors), "en", "The log is <damaged>.")
    assert 'class="card yes"' in fine
    assert 'class="card no"' in gone
    assert "Consent withdrawn on" in gone
    assert "withdrawn" not in fine
    assert "The log is &lt;damaged&gt;." in unknown
    assert "damaged" not in report_html(verify(b"x", anchors), "en", "The log is damaged.")
    found = dataclasses.replace(verify(made.read_bytes(), anchors), verdict=Verdict.RECOVERED)
    assert "The log is damaged." in report_html(found, "en", "The log is damaged.")


@pytest.mark.parametrize("form", ["record", "page", "number"])
def test_a_receipt_is_checked_in_each_of_its_forms(capsys, home, given, tmp_path, form):
    path = tmp_path / f"receipt.{form}"
    path.write_text(receipts.page(given.document) if form == "page" else given.document)
    code, out, err = say(capsys, "receipt", given.id if form == "number" else path)
    assert code == 0
    assert out.strip() == receipts.plain(given.document)
    assert "this installation" in err
    assert json.loads(say(capsys, "receipt", path, "--json")[1]) == json.loads(given.document)


def test_the_receipts_kept_here_are_listed(capsys, home, given):
    withdrawal.withdraw(home, given.document)
    other = open_notary(home.keys / "receipts.pem").sign(EVERYTHING)
    (home.receipts / f"{other.id}.json").write_text(other.document)
    (home.receipts / "x.json").write_text("{}")
    code, out, _ = say(capsys, "receipt")
    assert code == 0
    lines = {entry.split()[0]: entry for entry in out.splitlines()}
    assert set(lines) == {given.id, other.id, "?"}
    assert "took it back" in lines[given.id]
    assert "took it back" not in lines[other.id]


def test_a_receipt_is_written_as_a_page(capsys, home, given, tmp_path):
    out = tmp_path / "receipt.html"
    assert say(capsys, "receipt", given.id, "--page", out)[0] == 0
    assert out.read_text() == receipts.page(given.document)
    code, _, err = say(capsys, "receipt", given.id, "--page", out)
    assert (code, "[file-exists]" in err) == (2, True)


def test_an_old_copy_of_a_withdrawn_receipt_is_found_out(capsys, home, given, tmp_path):
    old = tmp_path / "old.json"
    old.write_text(given.document)
    assert say(capsys, "withdraw", old)[0] == 0
    code, out, err = say(capsys, "receipt", old)
    assert code == 0
    assert "took it back" not in out
    assert "By the log here, the consent was withdrawn on" in err
    code, out, err = say(capsys, "receipt", given.id)
    assert "took it back" in out
    assert "By the log" not in err


def test_a_strangers_receipt_is_said_to_be_a_strangers(capsys, home, tmp_path):
    path = tmp_path / "receipt.json"
    path.write_text(open_notary(tmp_path / "other.pem").sign(EVERYTHING).document)
    code, _, err = say(capsys, "receipt", path)
    assert code == 1
    assert "another installation" in err
    assert list(home.keys.iterdir()) == []
    assert say(capsys, "withdraw", path)[0] == 2


@pytest.mark.parametrize("command", ["receipt", "withdraw"])
@pytest.mark.parametrize(
    ("content", "code"), [(None, "cannot-read"), (b"", "receipt-forged"), (b"\xff\xd8\xff", "receipt-forged")]
)
def test_what_is_no_receipt_is_refused(capsys, home, tmp_path, command, content, code):
    path = tmp_path / "x"
    if content is not None:
        path.write_bytes(content)
    result, _, err = say(capsys, command, path)
    assert result == 2
    assert f"[{code}]" in err


def test_a_number_nobody_knows_is_refused(capsys, home):
    assert "[cannot-read]" in say(capsys, "withdraw", "0" * 24)[2]
    assert "[cannot-read]" in say(capsys, "receipt", "no/such/file")[2]
