"""The key that signs consent receipts and the log's heads, in a file that only its owner can read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from cryptography.exceptions import InternalError, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from app.files import read_file
from app.receipt import record
from consent.errors import Fault
from consent.receipt import Notary


def open_notary(path: Path) -> Notary:
    """The notary whose key is at `path` (PEM); the key is made, readable by the owner alone, when there is none.

    Raises:
        Fault: `receipt-key-broken`.
    """
    try:
        _ensure(path)
        key = load_pem_private_key(read_file(path), None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm, InternalError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        reason = f"The receipt key {path.name} cannot be read or made."
        raise Fault("receipt-key-broken", reason, "Move it away; a new one is made.")
    return Notary(key, record)


def _ensure(path: Path) -> None:
    """Make a key where there is none, whole or not at all."""
    if not path.exists():
        pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem)
        try:
            os.link(part, path)
        except FileExistsError:
            pass  # another process was faster; its key is as good
        except OSError:  # no hard links here
            part.replace(path)
        part.unlink(missing_ok=True)
