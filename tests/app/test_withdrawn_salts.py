"""Who takes a consent back takes the proof back, too: nothing here can link its outputs to their originals any more."""

import pytest

from app import original
from app.home import Home
from app.notary import open_notary
from app.stamp.proof import Role
from app.stamp.signer import Signer
from app.studio import withdrawal
from app.studio.server import build
from app.studio.sessions import Visitor
from app.verify import verify
from consent.enrolment import enrol
from consent.errors import Fault, Refusal
from tests.app.stamp_helpers import facts, picture, write
from tests.conftest import EVERYTHING, checked_again, frames_of

TARGET = picture()[::-1]


@pytest.fixture
def place(tmp_path):
    return Home.open(tmp_path / "home")


@pytest.fixture
def pen(place):
    return Signer.open(place.keys, say=lambda _: None)


def given(home):
    return open_notary(home.keys / "receipts.pem").sign(EVERYTHING)


def made(signer, receipt):
    """An output made under a consent, and what proves its target."""
    data = write(picture(), facts(consent=receipt.id), signer, "png").data
    report = verify(data, [signer.anchor_pem])
    return report, original.compare(report, [TARGET], signer.registry).salt


def test_a_withdrawal_deletes_the_salts_of_its_outputs_and_of_no_others(place, pen):
    mine, other = given(place), given(place)
    outputs, (other_s, still) = [made(pen, mine) for _ in range(3)], made(pen, other)
    file = place.keys / "stamped.db"
    kept = [pen.registry.salt(report.statement.target_hmac) for report, _ in outputs]
    assert all(salt in file.read_bytes() for salt in kept)
    withdrawal.withdraw(place, mine.document)
    for report, salt in outputs:
        with pytest.raises(Refusal) as no:
            original.compare(report, [TARGET], pen.registry)
        assert no.value.code == "no-salt"
        assert original.compare(report, [TARGET], None, salt).roles == (Role.TARGET,), "who was given it has it"
    left = [p for p in place.root.rglob("*") if p.is_file() and any(salt in p.read_bytes() for salt in kept)]
    assert left == [], "not even where the file has room to spare"
    assert original.compare(other_s, [TARGET], pen.registry).salt == still
    assert verify(write(picture(), facts(consent=other.id), pen, "png").data, [pen.anchor_pem]).statement


def test_nothing_can_be_kept_for_a_withdrawn_consent(place, pen):
    """A session of another process may not have seen it yet: its picture must not come out."""
    receipt = given(place)
    withdrawal.withdraw(place, receipt.document)
    with pytest.raises(Refusal) as no:
        write(picture(), facts(consent=receipt.id), pen, "png")
    assert no.value.code == "consent-withdrawn"


def test_a_broken_log_keeps_no_salt(place, pen):
    receipt = given(place)
    report, _ = made(pen, receipt)
    place.ledger.write_bytes(b"no log at all" * 100)
    with pytest.raises(Fault):
        withdrawal.withdraw(place, receipt.document)
    with pytest.raises(Refusal):
        original.compare(report, [TARGET], pen.registry)


def test_a_broken_registry_keeps_no_withdrawal_back(place, pen):
    receipt = given(place)
    (place.keys / "stamped.db").write_bytes(b"no registry at all" * 100)
    with pytest.raises(Fault) as fault:
        withdrawal.withdraw(place, receipt.document)
    assert fault.value.code == "registry-unusable"
    assert set(withdrawal.known(place)[0]) == {receipt.id}
    assert withdrawal.is_withdrawn(place, receipt.id)
    (place.keys / "stamped.db").unlink()
    withdrawal.withdraw(place, receipt.document)  # doing it again does the rest


def test_the_button_deletes_them_also_when_the_log_is_broken(place, gate):
    """The agreement is dropped at once: nobody could press the button again."""
    _, desk = build(7995, place, page=lambda *_: None)
    visitor, clock = Visitor(), desk.store.clock
    receipt = desk.agree(visitor, ["age"], "test", "I agree.", myself=True, adult=True)
    visitor.open(enrol(checked_again(frames_of(gate), clock), receipt, desk.ledger, clock), receipt)
    report, _ = made(desk.signer, receipt)
    place.ledger.write_bytes(b"no log at all" * 100)
    with pytest.raises(Fault):
        desk.withdraw(visitor)
    assert visitor.gate is visitor.receipt is None
    assert desk.signer.registry.salt(report.statement.target_hmac) is None
