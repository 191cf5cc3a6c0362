"""The consent receipt: what a person agreed to, in the words they read, signed, without anything of their body.

Its structure is that of ISO/IEC TS 27560:2023 (docs/consent.md names every field): receipt metadata, record header, PII
processing, parties, events. It is signed with the key of this installation (Ed25519), so that it can be proved later
that this program gave it. Values are codes; `app/studio/receipts.py` says them in a person's language.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent import policy
from consent.errors import Refusal
from consent.types import Clock, Purpose, Seal, Sealed, since_boot

VERSION: Final = "selfsame-consent-2"
_SESSION: Final = f"PT{policy.SESSION_SECONDS / 60:.0f}M"
_SAID: Final[Mapping[str, Any]] = MappingProxyType(
    tomllib.loads(Path(__file__).with_name("record.toml").read_text("utf-8"))
)
"""What every receipt says."""


@final
@dataclass(frozen=True, slots=True)
class Consent:
    """What the person said on the page.

    Attributes:
        purposes: what they switched on.
        adult: they say they are 18 or over.
        myself: they say they are the person before the camera.
        language: of the text they read, BCP 47.
        version: which text that was.
        text: exactly what they read; it goes into the receipt with its digest, so that it can be shown again.
    """

    purposes: frozenset[Purpose]
    adult: bool
    myself: bool
    language: str
    version: str
    text: str


@final
@dataclass(frozen=True, slots=True, eq=False)
class Receipt(Sealed):
    """A signed consent. Made by `Notary.sign` only.

    Attributes:
        id: random identifier of the record; stands in the log and in every output's manifest.
        purposes: what may be done.
        document: the JSON a person may keep, signature included.
        made: monotonic seconds.
    """

    id: str
    purposes: frozenset[Purpose]
    document: str = field(repr=False)
    made: float
    clock: Clock = field(repr=False)
    seal: bytes = field(repr=False)

    def check(self) -> None:
        """Pass a genuine receipt that is fresh enough to enrol with.

        Raises:
            Forgery: not made by this process, or changed.
            Refusal: `consent-stale`.
        """
        _SEAL.verify(Receipt, self)
        if not 0 <= self.clock() - self.made <= policy.RECEIPT_SECONDS:
            raise Refusal.of("consent-stale")


_SEAL: Final = Seal()


def body(document: dict[str, Any]) -> bytes:
    """The bytes that are signed: canonical JSON without the signature."""
    rest = {k: v for k, v in document.items() if k not in {"signature", "public_key"}}
    return json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def _processing(consent: Consent) -> dict[str, Any]:
    """The section of what is done with what."""
    digest = hashlib.sha256(consent.text.encode()).hexdigest()
    return {
        "privacy_notice": {"version": consent.version, "sha256": digest, "text": consent.text},
        "language": consent.language,
        "purposes": [{"purpose": purpose, **_SAID["purpose"]} for purpose in sorted(consent.purposes)],
        "retention_period": _SESSION,
        **_SAID["pii_processing"],
    }


def event(state: str, time: str, lasts: str) -> dict[str, str]:
    """What became of the consent, when (ISO 8601), and how long that lasts (an ISO 8601 duration)."""
    return {"event_state": state, "event_time": time, "validity_duration": lasts, **_SAID["event"]}


@final
class Notary:
    """Signs receipts with this installation's key, and keeps nothing else.

    Attributes:
        key: the installation's; it signs the log's heads, too.
        public: its public half, hexadecimal, as it stands in the receipts.
    """

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self.key: Final = key
        self.public: Final = key.public_key().public_bytes_raw().hex()

    def sign(self, consent: Consent, clock: Clock = since_boot) -> Receipt:
        """Turn a consent into a receipt.

        Raises:
            Refusal: `not-adult`, `not-myself` or `no-purpose`.
        """
        if consent.adult is not True:
            raise Refusal.of("not-adult")
        if consent.myself is not True:
            raise Refusal.of("not-myself")
        if not consent.purposes:
            raise Refusal.of("no-purpose")
        record = secrets.token_hex(12)
        header = {"schema_version": VERSION, "record_id": record, "pii_principal_id": secrets.token_hex(8)}
        text = self.signed(
            {
                "record_header": header,
                "pii_processing": _processing(consent),
                "party_identification": _SAID["party_identification"],
                "events": [event("given", datetime.now(UTC).isoformat(timespec="seconds"), _SESSION)],
            }
        )
        return _SEAL.put(Receipt(record, consent.purposes, text, clock(), clock, b""))

    def signed(self, document: dict[str, Any]) -> str:
        """The JSON of a record, under the number of its newest event, signed."""
        named = f"{document['record_header']['record_id']}-{len(document['events'])}"
        document = {**document, "receipt_metadata": {"schema_version": VERSION, "receipt_id": named}}
        signed = {"public_key": self.public, "signature": self.key.sign(body(document)).hex()}
        return json.dumps(document | signed, indent=2, ensure_ascii=False)
