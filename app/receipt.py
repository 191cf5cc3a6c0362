"""Consent receipts that somebody kept: checked, and given again once the consent was withdrawn."""

from __future__ import annotations

import json
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from consent.errors import Forgery, Refusal
from consent.receipt import Notary, body, event

WITHDRAWN: Final = "withdrawn"


def verify(text: str) -> dict[str, Any]:
    """The content of a receipt, if its signature holds. It names the key; whose key it is, you must know.

    Raises:
        Forgery: `receipt-forged`, for anything that is not a receipt or was changed.
    """
    try:
        document = json.loads(text)
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(document["public_key"]))
        key.verify(bytes.fromhex(document["signature"]), body(document))
    except (InvalidSignature, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Forgery.of("receipt-forged") from None
    return dict(document)


def withdrawn(notary: Notary, text: str, time: str) -> str:
    """A second receipt of the same record, which says that and when it was withdrawn.

    Args:
        notary: of this installation.
        text: a receipt of this installation; one that says so already comes back as it is.
        time: of the withdrawal, ISO 8601.

    Raises:
        Forgery: `receipt-forged`.
        Refusal: `receipt-elsewhere`, for another installation's.
    """
    document = verify(text)
    if document["public_key"] != notary.public or "events" not in document:
        raise Refusal.of("receipt-elsewhere")
    if document["events"][-1]["event_state"] == WITHDRAWN:
        return text
    return notary.signed({**document, "events": [*document["events"], event(WITHDRAWN, time, "P0D")]})
