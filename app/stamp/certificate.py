"""The installation's own key and certificate: made once, certified by a root whose key is thrown away at once."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from app.stamp.credential import CLAIM_SIGNING

YEARS: Final = 10
"""Without a time-stamp authority (which would need the network) a picture verifies only as long as the certificate."""

_ORGANISATION: Final = "Selfsame"


def make(now: dt.datetime) -> tuple[ec.EllipticCurvePrivateKey, list[x509.Certificate]]:
    """Make a key, its certificate and the root above it.

    Args:
        now: aware; the certificate begins a little before, and lasts ten years.

    Returns:
        The P-256 key; certificate and root. The root's key ends with this call.
    """
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
        .add_extension(x509.ExtendedKeyUsage([CLAIM_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(root_id), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    return key, [leaf, root]


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
