"""Enrolment: from a live capture and a consent to a gate that knows this one person, in memory, for a while."""

from __future__ import annotations

from consent import policy
from consent.errors import Refusal
from consent.gate import Gate
from consent.ledger import Ledger
from consent.quality import adult
from consent.receipt import Receipt
from consent.types import LIVE_SEAL, Clock, LiveCapture, since_boot


def enrol(live: LiveCapture, receipt: Receipt, ledger: Ledger, clock: Clock = since_boot) -> Gate:
    """Make the gate of one live, consenting adult.

    Order rules: the capture's seal, its freshness, the age; then the gate checks the consent, spends the capture and
    makes the template; then it is logged.

    Args:
        live: from `liveness.check`, at most a minute old; works once.
        receipt: from `Notary.sign`.
        ledger: where the gate logs its decisions.
        clock: the session's clock, the one the challenge was drawn with.

    Raises:
        Forgery: `forged` or `spent`.
        Refusal: `live-stale`, `consent-stale`, `looks-under-age` or `too-few-frames`.
    """
    try:
        LIVE_SEAL.check(live.seal, *live.sealed_parts())
        if not 0 <= clock() - live.made <= policy.LIVE_SECONDS:
            raise Refusal.of("live-stale")
        adult(live.years)
        gate = Gate(live, receipt, ledger, clock)
    except Refusal as refusal:
        ledger.record("enrolment-refused", "", refusal.code)
        raise
    ledger.record("enrolled", gate.session, gate.domain, consent=gate.consent)
    return gate
