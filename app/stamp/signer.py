"""The installation's own signing key and certificate.

One file holds the key, its certificate and the root that issued it, so that no crash can leave a key without its
certificate. The root's key is thrown away as soon as it has issued this one certificate: nobody, not even the
installation, can ever make another one under that root, so "trusted under this root" means "signed with this key".

The certificate is the same in all outputs of an installation: whoever has two of them can tell that they come from the
same place, though not whose it is.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NoReturn, SupportsIndex, final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from app.files import write_atomic
from app.stamp.registry import Registry
from consent.errors import Fault, Refusal

FILE: Final = "stamp.pem"
REGISTRY: Final = "stamped.db"
YEARS: Final = 10
"""Without a time-stamp authority (which would need the network) a picture verifies only as long as the certificate."""

_CLAIM_SIGNING: Final = ObjectIdentifier("1.3.6.1.4.1.62558.2.1")
_ORGANISATION: Final = "Selfsame"


@final
@dataclass(frozen=True, slots=True, eq=False)
class Signer:
    """Signs claims for this installation. Made by `Signer.open` only; stays in its process.

    Attributes:
        anchor_pem: The root certificate: who trusts it recognises this installation's pictures.
        chain_pem: The certificate, then the root.
        certificate_sha256: Fingerprint of the certificate, 64 hexadecimal digits.
        registry: What this installation has signed, to be found again by its watermark.
    """

    anchor_pem: str = field(repr=False)
    chain_pem: str = field(repr=False)
    certificate_sha256: str
    registry: Registry = field(repr=False)
    _key: ec.EllipticCurvePrivateKey = field(repr=False)

    @classmethod
    def open(cls, directory: Path, now: dt.datetime | None = None) -> Signer:
        """Open the key in a folder, and make it if there is none.

        Args:
            directory: The home's `keys` folder; it must exist.
            now: The time to check the certificate against (aware); None for the clock.

        Returns:
            The signer; the same one on every call with this folder.

        Raises:
            Fault: `key-file-broken`, `key-file-mismatched`, `certificate-expired`, `certificate-not-yet-valid`, or
                `cannot-write` from making it.
        """
        path = directory / FILE
        moment = now or dt.datetime.now(dt.UTC)
        if not path.exists():
            with contextlib.suppress(Refusal):  # another process was faster; its key is as good
                write_atomic(path, _create(moment), mode=0o600)
        return _load(path, moment)

    @staticmethod
    def anchors(directory: Path) -> list[str]:
        """The root certificate of this installation as PEM, to verify with; empty when there is none that can be read.

        Nothing is made and no key is needed: a stranger's machine verifies too.
        """
        try:
            root = x509.load_pem_x509_certificates((directory / FILE).read_bytes())[-1]
        except (OSError, ValueError):
            return []
        return [root.public_bytes(serialization.Encoding.PEM).decode()]

    @staticmethod
    def registered(directory: Path) -> Registry | None:
        """What this installation has signed, to look a picture up in; None where nothing was. Nothing is made."""
        path = directory / REGISTRY
        return Registry(path) if path.exists() else None

    def sign(self, claim: bytes) -> bytes:
        """Sign a claim with ECDSA P-256 and SHA-256.

        Args:
            claim: The bytes to sign, about 2 KB.

        Returns:
            The DER signature.
        """
        return self._key.sign(claim, ec.ECDSA(hashes.SHA256()))

    def __reduce_ex__(self, _: SupportsIndex) -> NoReturn:
        raise TypeError("a signing key does not leave its process")


def _create(now: dt.datetime) -> bytes:
    """Make root, key and certificate: the PEM file's content."""
    start, end = now - dt.timedelta(minutes=5), now + dt.timedelta(days=365 * YEARS + 3)
    name = secrets.token_hex(4)
    root_key = ec.generate_private_key(ec.SECP256R1())
    root_name = _name(f"Selfsame local root {name}")
    root_id = x509.SubjectKeyIdentifier.from_public_key(root_key.public_key())
    root = (
        x509.CertificateBuilder(root_name, root_name, root_key.public_key(), x509.random_serial_number(), start, end)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(certificates=True), critical=True)
        .add_extension(root_id, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(root_id), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    key = ec.generate_private_key(ec.SECP256R1())
    leaf_name = _name(f"Selfsame installation {name}")
    leaf = (
        x509.CertificateBuilder(root_name, leaf_name, key.public_key(), x509.random_serial_number(), start, end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([_CLAIM_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(root_id), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return secret + leaf.public_bytes(pem) + root.public_bytes(pem)


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, _ORGANISATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _key_usage(*, certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certificates,
        crl_sign=certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _load(path: Path, now: dt.datetime) -> Signer:
    remedy = f"Move {path} away and start again: a new key is made. Pictures signed with the old one stay signed."
    try:
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
        data = path.read_bytes()
        key = serialization.load_pem_private_key(data, None)
        leaf, root = x509.load_pem_x509_certificates(data)
    except Exception as error:  # the parsers raise several types on a damaged file
        raise Fault("key-file-broken", f"The stamping key {path} cannot be read.", remedy) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or leaf.public_key() != key.public_key():
        raise Fault("key-file-mismatched", f"The key and the certificate in {path} do not belong together.", remedy)
    try:
        leaf.verify_directly_issued_by(root)
        root.verify_directly_issued_by(root)
    except (InvalidSignature, TypeError, ValueError) as error:
        raise Fault("key-file-mismatched", f"The certificate and the root in {path} do not match.", remedy) from error
    if now > min(leaf.not_valid_after_utc, root.not_valid_after_utc):
        ended = leaf.not_valid_after_utc.date()
        raise Fault("certificate-expired", f"The stamping certificate ended on {ended}.", remedy)
    if now < max(leaf.not_valid_before_utc, root.not_valid_before_utc):
        begins = leaf.not_valid_before_utc.date()
        raise Fault(
            "certificate-not-yet-valid",
            f"The stamping certificate begins on {begins}, which is in the future.",
            "Set this computer's clock right.",
        )
    pem = serialization.Encoding.PEM
    root_pem = root.public_bytes(pem).decode()
    fingerprint, registry = leaf.fingerprint(hashes.SHA256()).hex(), Registry(path.with_name(REGISTRY))
    return Signer(root_pem, leaf.public_bytes(pem).decode() + root_pem, fingerprint, registry, key)
