"""What signs: a certificate chain, and a way to have a few bytes signed, wherever the key lives.

Whoever keeps a key elsewhere (a hardware module, a signing service in the same house) writes a class with the two
members of `Pen` and makes a signer of it: `Signer.with_pen(pen, directory)`. With PKCS#11, for one:

    class Token:
        def __init__(self, session, label, chain_pem):
            self.chain_pem = chain_pem
            self._key = session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=label)

        def sign(self, claim):
            return self._key.sign(sha256(claim).digest(), mechanism=Mechanism.ECDSA)
"""

from __future__ import annotations

from typing import Final, Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from consent.errors import Refusal

RSA_BITS: Final = (2048, 16384)
"""Shortest and longest RSA keys that C2PA allows."""

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class Pen(Protocol):
    """Something that signs claims."""

    @property
    def chain_pem(self) -> str:
        """Its certificate, then those above it, PEM. The last is what others trust; its own issuer is not asked."""
        ...

    def sign(self, claim: bytes) -> bytes:
        """Sign about 2 KB by the certificate's `algorithm`; an ECDSA signature as DER or as r and s in a row."""
        ...


class KeyPen:
    """A key in this process."""

    __slots__ = ("_key", "chain_pem")

    def __init__(self, key: PrivateKey, chain_pem: str) -> None:
        self._key = key
        self.chain_pem = chain_pem

    def sign(self, claim: bytes) -> bytes:
        """Sign with ECDSA (DER) on P-256 and P-384, and with RSA-PSS."""
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(claim, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
        wide = self._key.curve.key_size > 256
        return self._key.sign(claim, ec.ECDSA(hashes.SHA384() if wide else hashes.SHA256()))


def algorithm(certificate: x509.Certificate) -> str:
    """How a certificate's key signs, by C2PA's names: `ES256`, `ES384` or `PS256`.

    Raises:
        Refusal: `certificate-key-kind`.
    """
    key = certificate.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in {"secp256r1", "secp384r1"}:
        return "ES256" if key.curve.name == "secp256r1" else "ES384"
    if isinstance(key, rsa.RSAPublicKey) and RSA_BITS[0] <= key.key_size <= RSA_BITS[1]:
        return "PS256"
    raise Refusal(
        "certificate-key-kind",
        "The certificate's key is of a kind that is not used here.",
        "Use P-256 or P-384, or RSA of at least 2048 bits.",
    )


def pem(certificates: list[x509.Certificate]) -> str:
    """Certificates as PEM, one after the other."""
    return "".join(one.public_bytes(serialization.Encoding.PEM).decode() for one in certificates)
