"""A certificate chain on the disk, with its private key there or in the keyring: in one of the two, never in both."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from app.files import read_file, write_atomic
from app.stamp import vault
from app.stamp.pen import PrivateKey, pem
from consent.errors import Fault, Refusal

_SECRET: Final = b"PRIVATE KEY-----"


class Kept(StrEnum):
    """Where a private key is."""

    KEYRING = "keyring"
    FILE = "file"
    PEN = "pen"
    """Elsewhere: only a `Pen` reaches it."""


@dataclass(frozen=True, slots=True)
class KeyFile:
    """What a key file holds.

    Attributes:
        chain: The certificate, then those above it.
        key: Its private key.
        kept: Where that is.
    """

    chain: list[x509.Certificate]
    key: PrivateKey
    kept: Kept


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of a certificate, 64 hexadecimal digits: also the name of its key's entry in the keyring."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def create(path: Path, key: PrivateKey, chain: list[x509.Certificate], *, overwrite: bool = False) -> str:
    """Keep a key in the keyring, or in the file where there is no keyring that answers.

    Args:
        path: The file to write, 0600 either way.
        key: The private key.
        chain: Its certificates.
        overwrite: Replace a file that is there; without it another process's file stays, and nothing is kept.

    Returns:
        A sentence that says where the key is; empty if another process was faster.

    Raises:
        Fault: `cannot-write`.
    """
    entry, secret = fingerprint(chain[0]), _text(key)
    try:
        ring = vault.system()
        ring.put(entry, secret)
        inside, said = b"", f"The stamping key is kept in {ring.name}."
    except Fault as no:
        ring, inside = None, secret.encode()
        said = f"The stamping key is kept in the file {path}, which this user alone can read. {no.reason}"
    try:
        write_atomic(path, inside + pem(chain).encode(), mode=0o600, overwrite=overwrite)
    except (Refusal, Fault) as no:
        if ring is not None:
            with contextlib.suppress(Fault):
                ring.drop(entry)
        if isinstance(no, Refusal):
            return ""
        raise
    return said


def load(path: Path, remedy: str) -> KeyFile:
    """Read the chain, and its key from wherever it is.

    Args:
        path: The file.
        remedy: What to do when it is damaged.

    Raises:
        Fault: `key-file-broken`, `key-file-mismatched`, `key-out-of-reach` (the keyring does not answer now) or
            `key-missing` (it does, and has no such key).
    """
    try:
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
        data = read_file(path)
        chain = x509.load_pem_x509_certificates(data)
        kept = Kept.FILE if _SECRET in data else Kept.KEYRING
        key = serialization.load_pem_private_key(data if kept is Kept.FILE else _fetched(chain[0], remedy), None)
    except Fault:
        raise
    except Exception as error:  # the parsers raise several types on a damaged file
        raise Fault("key-file-broken", f"The stamping key {path} cannot be read.", remedy) from error
    if not isinstance(key, PrivateKey) or chain[0].public_key() != key.public_key():
        raise Fault("key-file-mismatched", f"The key and the certificate in {path} do not belong together.", remedy)
    return KeyFile(chain, key, kept)


def _fetched(certificate: x509.Certificate, remedy: str) -> bytes:
    try:
        secret = vault.system().get(fingerprint(certificate))
    except Fault as no:
        raise Fault("key-out-of-reach", f"The stamping key is in the keyring. {no.reason}", no.remedy) from None
    if secret is None:
        raise Fault("key-missing", "The stamping key is not in the keyring any more.", remedy)
    return secret.encode()


def move(path: Path, to: Kept, remedy: str) -> None:
    """Put the key into the keyring, or back into the file, and leave it nowhere else.

    The new place is written and read back before the old one is emptied: who is interrupted has the key twice, not
    never; `selfsame doctor` says so, and doing it again ends it.

    Raises:
        Fault: what `load` says; `keyring-unusable`; `cannot-write`.
    """
    file = load(path, remedy)
    entry, ring = fingerprint(file.chain[0]), vault.system()
    if to is Kept.KEYRING:
        ring.put(entry, _text(file.key))
        write_atomic(path, pem(file.chain).encode(), mode=0o600, overwrite=True)
    else:
        write_atomic(path, (_text(file.key) + pem(file.chain)).encode(), mode=0o600, overwrite=True)
        if ring.get(entry) is not None:
            ring.drop(entry)


def forget(path: Path) -> None:
    """Delete the file, and its key from the keyring; of a damaged one nobody can tell which that is.

    Raises:
        Fault: `keyring-unusable` or `cannot-write`; nothing was deleted then.
    """
    try:
        data, leaf = _found(path)
        if _SECRET not in data and leaf is not None:
            ring, entry = vault.system(), fingerprint(leaf)
            if ring.get(entry) is not None:
                ring.drop(entry)
        path.unlink()
    except OSError as error:
        reason = f"{path} cannot be deleted: {error.strerror}."
        raise Fault("cannot-write", reason, "Move it away.") from error


def is_twice(path: Path) -> bool:
    """Whether the key is in the file and in the keyring, too."""
    try:
        data, leaf = _found(path)
        return _SECRET in data and leaf is not None and vault.system().get(fingerprint(leaf)) is not None
    except (OSError, Fault):
        return False


def _found(path: Path) -> tuple[bytes, x509.Certificate | None]:
    """What is in a file, and its certificate if it can be read."""
    data = read_file(path)
    try:
        return data, x509.load_pem_x509_certificates(data)[0]
    except ValueError:
        return data, None


def _text(key: PrivateKey) -> str:
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, form, plain).decode()
