"""The record of a consent: written, read again, and given once more when the consent was withdrawn.

Its structure is that of ISO/IEC TS 27560:2023 (docs/consent.md names every field): receipt metadata, record header, PII
processing, parties, events. Values are codes; `app/studio/receipts.py` says them in a person's language.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from consent import policy
from consent.errors import Forgery, Refusal
from consent.receipt import Consent, Notary, body

VERSION: Final = "selfsame-consent-2"
GIVEN: Final = "given"
WITHDRAWN: Final = "withdrawn"
_SESSION: Final = f"PT{policy.SESSION_SECONDS / 60:.0f}M"
_SAID: Final[Mapping[str, Any]] = MappingProxyType(
    tomllib.loads(Path(__file__).with_name("record.toml").read_text("utf-8"))
)
"""What every record says."""


def record(consent: Consent, number: str) -> dict[str, Any]:
    """What is written down of a consent, not signed yet.

    Args:
        consent: what the person said.
        number: of the record.
    """
    digest = hashlib.sha256(consent.text.encode()).hexdigest()
    processing = {
        "privacy_notice": {"version": consent.version, "sha256": digest, "text": consent.text},
        "language": consent.language,
        "purposes": [{"purpose": purpose, **_SAID["purpose"]} for purpose in sorted(consent.purposes)],
        "retention_period": _SESSION,
        **_SAID["pii_processing"],
    }
    document = {
        "record_header": {"schema_version": VERSION, "record_id": number, "pii_principal_id": secrets.token_hex(8)},
        "pii_processing": processing,
        "party_identification": _SAID["party_identification"],
        "events": [],
    }
    return _after(document, GIVEN, datetime.now(UTC).isoformat(timespec="seconds"), _SESSION)


def verify(text: str) -> dict[str, Any]:
    """The content of a receipt, if its signature holds. It names the key; whose key it is, you must know.

    Raises:
        Forgery: `receipt-forged`, for anything that is not a receipt or was changed.
    """
    try:
        document = json.loads(text)
        key = Ed25519PublicKey.from_public_bytes(_plain(document["public_key"]))
        key.verify(_plain(document["signature"]), body(document))
    except (InvalidSignature, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Forgery.of("receipt-forged") from None
    return dict(document)


def _plain(text: str) -> bytes:
    """Bytes of hexadecimal digits in the one form that we write: of a genuine receipt no letter can be changed."""
    found = bytes.fromhex(text)
    if found.hex() != text:
        raise ValueError("not as it was written")
    return found


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
    return notary.signed(_after(document, WITHDRAWN, time, "P0D"))


def _after(document: dict[str, Any], state: str, time: str, lasts: str) -> dict[str, Any]:
    """The record after one more event: what became of the consent, when (ISO 8601), and how long that lasts."""
    event = {"event_state": state, "event_time": time, "validity_duration": lasts, **_SAID["event"]}
    events = [*document["events"], event]
    name = f"{document['record_header']['record_id']}-{len(events)}"
    return {**document, "events": events, "receipt_metadata": {"schema_version": VERSION, "receipt_id": name}}
