"""The consent receipt: what a person agreed to, in the words they read, signed, without anything of their body.

It is signed with the key of this installation (Ed25519), so that it can be proved later that this program gave it. What
a record looks like, `app.receipt` says; here stands who can give a consent, and for how long it opens a session.
"""

from __future__ import annotations

import dataclasses
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent import policy
from consent.errors import Refusal
from consent.types import Clock, Purpose, Seal, Sealed, exactly, since_boot


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
    seal: bytes = field(default=b"", repr=False)

    def check(self) -> None:
        """Pass a genuine receipt that is fresh enough to enrol with.

        Raises:
            Forgery: not made by this process, or changed.
            Refusal: `consent-stale`.
        """
        _SEAL.verify(Receipt, self)
        Refusal.unless(0 <= self.clock() - self.made <= policy.RECEIPT_SECONDS, "consent-stale")


_SEAL: Final = Seal()


def body(document: dict[str, Any]) -> bytes:
    """The bytes that are signed: canonical JSON without the signature."""
    rest = {k: v for k, v in document.items() if k not in {"signature", "public_key"}}
    return json.dumps(rest, sort_keys=True, separators=(",", ":")).encode()


Form = Callable[[Consent, str], dict[str, Any]]
"""Writes down a consent under the number of its record, as `app.receipt.record` does; the notary adds its signature."""


@final
class Notary:
    """Signs receipts with this installation's key, and keeps nothing else.

    Attributes:
        key: the installation's; it signs the log's heads, too.
        public: its public half, hexadecimal, as it stands in the receipts.
    """

    def __init__(self, key: Ed25519PrivateKey, form: Form) -> None:
        self.key: Final = key
        self.public: Final = key.public_key().public_bytes_raw().hex()
        self._form = form

    def sign(self, consent: Consent, clock: Clock = since_boot) -> Receipt:
        """Turn a consent into a receipt.

        Raises:
            Forgery: `forged`, for something that only looks like a consent.
            Refusal: `not-adult`, `not-myself` or `no-purpose`.
        """
        exactly(Consent, consent)
        consent = dataclasses.replace(consent, purposes=frozenset(map(Purpose, consent.purposes)))
        Refusal.unless(consent.adult is True, "not-adult")
        Refusal.unless(consent.myself is True, "not-myself")
        Refusal.unless(bool(consent.purposes), "no-purpose")
        record = secrets.token_hex(12)
        text = self.signed(self._form(consent, record))
        return _SEAL.put(Receipt(record, consent.purposes, text, clock(), clock))

    def signed(self, document: dict[str, Any]) -> str:
        """The JSON of a record with the signature over its `body` and the key that verifies it."""
        signed = {"public_key": self.public, "signature": self.key.sign(body(document)).hex()}
        return json.dumps(document | signed, indent=2, ensure_ascii=False)
