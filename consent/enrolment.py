"""Enrolment: from a live capture and a consent to a gate that knows this one person, in memory, for a while."""

from __future__ import annotations

from consent.errors import Refusal
from consent.gate import Gate
from consent.ledger import Ledger
from consent.receipt import Receipt
from consent.types import Clock, LiveCapture, exactly, since_boot


def enrol(live: LiveCapture, receipt: Receipt, ledger: Ledger, clock: Clock = since_boot) -> Gate:
    """Make the gate of one live, consenting adult.

    Order rules, kept by the gate: the capture's seal, its freshness, the age; then the consent, which must be fresh and
    not withdrawn; then the capture is spent and the template made. Then it is logged, whichever way it went.

    Args:
        live: from `liveness.check`, at most a minute old; works once.
        receipt: from `Notary.sign`.
        ledger: where the gate logs its decisions.
        clock: the session's clock, the one the challenge was drawn with.

    Raises:
        Forgery: `forged` or `spent`; nothing is logged where the ledger is none.
        Refusal: `live-stale`, `consent-stale`, `consent-withdrawn`, `looks-under-age` or `too-few-frames`.
    """
    exactly(Ledger, ledger)
    try:
        gate = Gate(live, receipt, ledger, clock)
    except Refusal as refusal:
        ledger.record("enrolment-refused", "", refusal.code)
        raise
    ledger.record("enrolled", gate.session, gate.domain, consent=gate.consent)
    return gate
