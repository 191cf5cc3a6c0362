"""The consent receipt: what a person agreed to, in words they read, signed, without anything of their body.

The receipt follows the idea of the Kantara consent receipt: who processes what, for which purposes, for how long, and
how to take it back. It is signed with a key of this installation (Ed25519), so that it can be proved later that this
program gave it.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from consent import policy
from consent.errors import Fault, Forgery, Refusal
from consent.types import Clock, Purpose, Seal, Sealed, since_boot

VERSION: Final = "selfsame-consent-1"


@final
@dataclass(frozen=True, slots=True)
class Consent:
    """What the person said on the page.

    Attributes:
        purposes: what they switched on.
        adult: they say they are 18 or over.
        myself: they say they are the person before the camera.
        language: of the text they read, BCP 47.
        text_sha256: of exactly the text they read, so that it can be shown again.
    """

    purposes: frozenset[Purpose]
    adult: bool
    myself: bool
    language: str
    text_sha256: str


@final
@dataclass(frozen=True, slots=True, eq=False)
class Receipt(Sealed):
    """A signed consent. Made by `Notary.sign` only.

    Attributes:
        id: random identifier; stands in the log and in every output's manifest.
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
        _SEAL.check(self.seal, self.id, *sorted(self.purposes), self.document, self.made)
        if not 0 <= self.clock() - self.made <= policy.RECEIPT_SECONDS:
            raise Refusal("consent-stale", "The consent was given too long ago.", "Please agree again.")


_SEAL: Final = Seal()


def _body(document: dict[str, object]) -> bytes:
    """The bytes that are signed: canonical JSON without the signature."""
    rest = {k: v for k, v in document.items() if k not in {"signature", "public_key"}}
    return json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


@final
class Notary:
    """Signs receipts with this installation's key, which signs the log's heads too; keeps nothing else."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self.key: Final = key

    @classmethod
    def open(cls, path: Path) -> Notary:
        """The key at `path` (PEM); made, readable by the owner alone, when there is none.

        Raises:
            Fault: `receipt-key-broken`.
        """
        try:
            cls._ensure(path)
            key = load_pem_private_key(path.read_bytes(), None)
        except (OSError, ValueError, TypeError):
            key = None
        if not isinstance(key, Ed25519PrivateKey):
            raise Fault(
                "receipt-key-broken",
                f"The receipt key {path.name} cannot be read or made.",
                "Move it away; a new one is made.",
            )
        return cls(key)

    @staticmethod
    def _ensure(path: Path) -> None:
        """Make a key where there is none; readable by the owner alone, whole or not at all."""
        if not path.exists():
            pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(pem)
            part.replace(path)

    def sign(self, consent: Consent, clock: Clock = since_boot) -> Receipt:
        """Turn a consent into a receipt.

        Raises:
            Refusal: `not-adult`, `not-myself` or `no-purpose`.
        """
        if consent.adult is not True:
            raise Refusal("not-adult", "Only people of 18 or over can use this.", "Please confirm your age.")
        if consent.myself is not True:
            raise Refusal("not-myself", "You have not said that it is you.", "Only your own face can be changed.")
        if not consent.purposes:
            raise Refusal("no-purpose", "You have not chosen anything to do.", "Choose at least one purpose.")
        receipt_id = secrets.token_hex(12)
        document: dict[str, object] = {
            "version": VERSION,
            "id": receipt_id,
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            "purposes": sorted(consent.purposes),
            "adult": True,
            "subject": "self",
            "language": consent.language,
            "text_sha256": consent.text_sha256,
            "kept": f"in memory only, at most {policy.SESSION_SECONDS / 60:.0f} minutes",
            "sent": "to nobody",
            "withdraw": "the button Withdraw, at any time; it ends the session at once",
        }
        document["public_key"] = self.key.public_key().public_bytes_raw().hex()
        document["signature"] = self.key.sign(_body(document)).hex()
        text = json.dumps(document, indent=2, ensure_ascii=False)
        made = clock()
        seal = _SEAL.over(receipt_id, *sorted(consent.purposes), text, made)
        return Receipt(receipt_id, consent.purposes, text, made, clock, seal)


def verify(text: str) -> dict[str, object]:
    """The content of a receipt somebody kept, if its signature holds. It names the key; whose key it is, you must know.

    Raises:
        Forgery: `receipt-forged`, for anything that is not a receipt or was changed.
    """
    try:
        document = json.loads(text)
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(document["public_key"]))
        key.verify(bytes.fromhex(document["signature"]), _body(document))
    except (InvalidSignature, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Forgery(
            "receipt-forged", "This is not a genuine receipt.", "Use the file exactly as it was saved."
        ) from None
    return dict(document)
