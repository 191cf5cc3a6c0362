"""Is a certificate chain one that C2PA verifiers will accept? A clear no for each reason why not.

For keys that are brought along; the installation's own is made right (`app.stamp.certificate`). At the end a blank
picture is signed and read back, as in earnest, so that nothing that was not thought of here comes up later.
"""

from __future__ import annotations

import datetime as dt
import io
from itertools import pairwise
from typing import TYPE_CHECKING, Final, TypeVar

import c2pa
from cryptography import x509
from cryptography.exceptions import InternalError, InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

from app.codec import Format
from app.stamp.context import open_context
from app.stamp.pen import PrivateKey, algorithm
from app.stamp.reading import BLANK, read
from consent.errors import Refusal

if TYPE_CHECKING:
    from app.stamp.signer import Signer

CLAIM_SIGNING: Final = ObjectIdentifier("1.3.6.1.4.1.62558.2.1")
_USES: Final = frozenset({CLAIM_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION})
_FORBIDDEN: Final = frozenset(
    {
        ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
        ExtendedKeyUsageOID.TIME_STAMPING,
        ExtendedKeyUsageOID.OCSP_SIGNING,
    }
)
_HASHES: Final = (hashes.SHA256, hashes.SHA384, hashes.SHA512)
_LONGEST: Final = 6
"""Certificates in a chain: more do not leave room for the signature."""


def parse_chain(data: bytes) -> list[x509.Certificate]:
    """The certificates of a PEM file.

    Raises:
        Refusal: `certificate-unreadable`.
    """
    try:
        chain = x509.load_pem_x509_certificates(data)
    except ValueError as error:
        raise _no("unreadable", "No certificates can be read there.", "Name a PEM file with the chain.") from error
    if len(chain) > _LONGEST:
        raise _no("unreadable", f"There are {len(chain)} certificates in it.", "Name a file with one chain only.")
    return chain


def parse_key(data: bytes) -> PrivateKey:
    """The private key of a PEM file.

    Raises:
        Refusal: `key-has-password`, `key-unreadable` or `certificate-key-kind`.
    """
    try:
        key = serialization.load_pem_private_key(data, None)
    except TypeError as error:
        raise Refusal(
            "key-has-password", "The key is protected by a password.", "Take the password off, or sign with a Pen."
        ) from error
    except (ValueError, UnsupportedAlgorithm, InternalError) as error:
        raise Refusal("key-unreadable", "No private key can be read there.", "Name a PEM file with it.") from error
    if not isinstance(key, PrivateKey):
        raise _no("key-kind", "The key is of a kind that is not used here.", "Use P-256, P-384 or RSA.")
    return key


def examine(chain: list[x509.Certificate], now: dt.datetime) -> None:
    """Check a chain: the certificate that signs, then those above it.

    Args:
        chain: At least one certificate.
        now: aware.

    Raises:
        Refusal: `certificate-chain-broken`, `certificate-is-authority`, `certificate-usage`,
            `certificate-extended-usage`, `certificate-no-issuer-id`, `certificate-weak`, `certificate-expired`,
            `certificate-not-yet-valid` or `certificate-key-kind`.
    """
    leaf = chain[0]
    for lower, upper in pairwise(chain):
        try:
            lower.verify_directly_issued_by(upper)
        except (InvalidSignature, TypeError, ValueError) as error:
            raise _no(
                "chain-broken",
                f"{_name(lower)} was not issued by {_name(upper)}, which follows it.",
                "Put the signing certificate first, then the one that issued it, and so on.",
            ) from error
    if len(chain) == 1:
        raise _no(
            "chain-broken",
            "There is one certificate only, and nothing that vouches for it.",
            "Add the certificate that issued it, and those above.",
        )
    _uses(leaf)
    algorithm(leaf)
    for one in chain:
        if not isinstance(one.signature_hash_algorithm, _HASHES):
            raise _no("weak", f"{_name(one)} is not signed with SHA-2.", "Ask for a newer certificate.")
        if now > one.not_valid_after_utc:
            raise _no("expired", f"{_name(one)} ended on {one.not_valid_after_utc.date()}.", "Ask for a new one.")
        if now < one.not_valid_before_utc:
            begins = one.not_valid_before_utc.date()
            raise _no("not-yet-valid", f"{_name(one)} begins on {begins}.", "Wait, or set this computer's clock right.")


def _uses(leaf: x509.Certificate) -> None:
    """What the certificate may be used for, by C2PA's profile."""
    extensions = leaf.extensions
    basic = _value(extensions, x509.BasicConstraints)
    if basic is not None and basic.ca:
        raise _no("is-authority", "This is the certificate of an authority.", "Use one that it issued for signing.")
    usage = _value(extensions, x509.KeyUsage)
    if usage is None or not usage.digital_signature or usage.key_cert_sign:
        raise _no("usage", "The certificate may not be used for signatures.", "Ask for key usage digitalSignature.")
    extended = set(_value(extensions, x509.ExtendedKeyUsage) or ())
    if not extended & _USES or extended & _FORBIDDEN:
        raise _no(
            "extended-usage",
            "The certificate's extended key usage does not fit content credentials.",
            f"Ask for {CLAIM_SIGNING.dotted_string} (C2PA claim signing) and e-mail protection, and for nothing else.",
        )
    if _value(extensions, x509.AuthorityKeyIdentifier) is None:
        raise _no("no-issuer-id", "The certificate does not name its issuer's key.", "Ask for an authority key id.")


_Kind = TypeVar("_Kind", bound=x509.ExtensionType)


def _value(extensions: x509.Extensions, kind: type[_Kind]) -> _Kind | None:
    try:
        return extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def try_out(signer: Signer) -> None:
    """Sign a blank picture, and read it back as ours.

    Raises:
        Refusal: `certificate-not-accepted`: the library or the key said no.
    """
    kind = "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia"
    actions = {"actions": [{"action": "c2pa.created", "digitalSourceType": kind}]}
    definition = {
        "claim_generator_info": [{"name": "Selfsame", "version": "0"}],
        "assertions": [{"label": "c2pa.actions.v2", "created": True, "data": actions}],
    }
    out, why = io.BytesIO(), ""
    try:
        with (
            open_context([signer.anchor_pem]) as context,
            signer.c2pa() as pen,
            c2pa.Builder(definition, context=context) as builder,
        ):
            builder.sign(pen, Format.PNG.mime, io.BytesIO(BLANK[Format.PNG]), out)
        found = read(out.getvalue(), Format.PNG, [signer.anchor_pem])
        fine = found is not None and found.state == "Trusted"
    except Exception as error:  # noqa: BLE001  (the library's errors, or whatever the key's owner raises)
        fine, why = False, f" ({type(error).__name__})"
    if not fine:
        raise _no(
            "not-accepted",
            f"A trial picture could not be signed and verified with this certificate{why}.",
            "Check that key and chain belong together, and that the chain ends with the certificate to trust.",
        )


def _name(certificate: x509.Certificate) -> str:
    """For people; the text is cut to what can stand in a terminal."""
    text = certificate.subject.rfc4514_string()[:80]
    return "".join(c if c.isalnum() or c in " =,.-" else "·" for c in text) or "A certificate without a name"


def _no(code: str, reason: str, remedy: str) -> Refusal:
    return Refusal(f"certificate-{code}", reason, remedy)
