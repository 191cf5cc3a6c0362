"""Consent that is taken back: recorded once, known to whoever checks a picture here, at any time after the session."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from app.files import read_file, write_atomic
from app.notary import open_notary
from app.receipt import withdrawn
from app.stamp.registry import Registry
from app.stamp.signer import REGISTRY
from app.studio import receipts
from consent.errors import Fault, Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.home import Home

NUMBER: Final = re.compile(r"[0-9a-f]{24}")
"""What the identifier of a receipt looks like."""


def withdraw(home: Home, receipt: str) -> str:
    """Take back the consent of one receipt of this installation; the earliest withdrawal stays the one that counts.

    The salts of what was made under it are deleted whatever else goes wrong; who is told of a fault can do it again.

    Args:
        home: keys, receipts, ledger.
        receipt: the receipt's page or record.

    Returns:
        The second receipt, which says that it was withdrawn and when; it takes the first one's place in the home.

    Raises:
        Forgery: `receipt-forged`.
        Refusal: `receipt-elsewhere` or `receipt-unknown`.
        Fault: the log or the registry is broken, or nothing can be written.
    """
    document = receipts.record(receipt)
    notary = open_notary(home.keys / "receipts.pem")
    withdrawn(notary, document, "")  # another installation's is refused before anything is written down
    number = receipts.read(document).id
    try:
        ledger = home.open_ledger()
        if number not in ledger.withdrawn():
            ledger.record("withdrawn", "", consent=number)
        again = withdrawn(notary, document, ledger.withdrawn()[number])
        write_atomic(home.receipts / f"{number}.json", again.encode(), overwrite=True)
    finally:
        Registry(home.keys / REGISTRY).forget(number)
    return again


def signed_here(home: Home, receipt: receipts.Reading) -> bool:
    """Whether it is this installation's key that signed a receipt; makes none where there is none."""
    path = home.keys / "receipts.pem"
    return path.exists() and open_notary(path).public == receipt.key


def is_withdrawn(home: Home, number: str) -> bool:
    """Whether the receipt that is kept in the home says so: what another process has just recorded."""
    try:
        return receipts.read(read_file(home.receipts / f"{number}.json").decode()).withdrawn
    except (OSError, ValueError, Refusal):  # deleted or damaged: that is no withdrawal
        return False


def known(home: Home) -> tuple[Mapping[str, str], str]:
    """Which consents were withdrawn, by the log of this installation.

    Returns:
        The identifiers with the date and time of each, and why the log cannot tell, if so. Where there is no log,
        nobody has withdrawn anything here.
    """
    nothing: Mapping[str, str] = MappingProxyType({})
    if not (home.ledger.exists() or (home.keys / "receipts.pem").exists()):
        return nothing, ""
    try:
        return home.open_ledger().withdrawn(), ""
    except Fault as fault:
        return nothing, fault.reason
