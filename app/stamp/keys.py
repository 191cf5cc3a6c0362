"""`selfsame key`: where the stamping key is, into the keyring or out of it, an organisation's or the own."""

from __future__ import annotations

from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID

from app.stamp import keyfile, vault
from app.stamp.keyfile import Kept
from app.stamp.reading import clean
from app.stamp.signer import FILE, ORGANISATION, Signer
from consent.errors import Fault, Refusal


def keys(directory: Path) -> list[Path]:
    """The key files that are there, the one in use first."""
    return [path for path in (directory / ORGANISATION, directory / FILE) if path.exists()]


def where(signer: Signer) -> str:
    """Where a key is, and why not in the keyring, for people."""
    if signer.kept is Kept.PEN:
        return "key elsewhere"
    try:
        ring = vault.system()
    except Fault as no:
        return f"key in a file that this user alone can read. {no.reason}"
    if signer.kept is Kept.KEYRING:
        return f"key in {ring.name}"
    return "key in a file that this user alone can read; `selfsame key keyring` moves it into the keyring"


def told(directory: Path) -> list[str]:
    """Whose certificate is used, until when, and where its key is; a line each."""
    signer = Signer.open(directory)
    leaf = x509.load_pem_x509_certificates(signer.chain_pem.encode())[0]
    names = [leaf.subject.get_attributes_for_oid(kind) for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)]
    name = ", ".join(clean(str(one[0].value)) or "?" for one in names if one) or "no name"
    whose = "an organisation's" if (directory / ORGANISATION).exists() else "this installation's own"
    return [
        f"certificate  {name} ({whose})",
        f"SHA-256      {signer.certificate_sha256}",
        f"valid until  {leaf.not_valid_after_utc.date()}",
        f"private key  {where(signer).removeprefix('key ')}",
    ]


def move(directory: Path, to: Kept) -> None:
    """Put every key of a folder into the keyring, or back into its file.

    Raises:
        Refusal: `no-key`: there is none yet.
        Fault: what `keyfile.move` says; what was moved before stays moved, and doing it again does the rest.
    """
    found = keys(directory)
    if not found:
        raise Refusal("no-key", "There is no stamping key here yet.", "It is made with the first picture.")
    for path in found:
        keyfile.move(path, to, "Mend or move away the file first; `selfsame doctor` says more.")
