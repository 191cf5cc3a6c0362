"""Who signs: the installation's own key, an organisation's, or whatever a `Pen` reaches.

The own root's key is thrown away as soon as it has issued the one certificate: nobody, not even the installation, can
ever make another one under that root, so "trusted under this root" means "signed with this key". Under an
organisation's authority there are others: there, the very certificate counts (`anchor_pem` is the whole chain then).

The certificate is the same in all outputs of a signer: whoever has two of them can tell that they come from the same
place, though not whose it is.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NoReturn, SupportsIndex, final

import c2pa
from cryptography import x509
from cryptography.exceptions import InvalidSignature

from app.files import read_file, write_atomic
from app.stamp import certificate, keyfile
from app.stamp.credential import examine, parse_chain, parse_key, try_out
from app.stamp.keyfile import Kept, KeyFile, fingerprint
from app.stamp.pen import KeyPen, Pen, algorithm, pem
from app.stamp.registry import Registry
from consent.errors import Fault, Refusal

FILE: Final = "stamp.pem"
ORGANISATION: Final = "organisation.pem"
REGISTRY: Final = "stamped.db"


def _aloud(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")


@final
@dataclass(frozen=True, slots=True, eq=False)
class Signer:
    """Signs claims for this installation. Made by its class methods only; stays in its process.

    Attributes:
        anchor_pem: Who trusts it recognises this signer's pictures: the own root, or an organisation's whole chain.
        chain_pem: The certificate, then those above it.
        certificate_sha256: Fingerprint of the certificate, 64 hexadecimal digits.
        registry: What this installation has signed, to be found again by its watermark.
        kept: Where the key is.
    """

    anchor_pem: str = field(repr=False)
    chain_pem: str = field(repr=False)
    certificate_sha256: str
    registry: Registry = field(repr=False)
    kept: Kept = field(repr=False)
    _pen: Pen = field(repr=False)

    @classmethod
    def open(cls, directory: Path, now: dt.datetime | None = None, say: Callable[[str], None] = _aloud) -> Signer:
        """Open the organisation's key of a folder, else the own one, which is made if there is none.

        Args:
            directory: The home's `keys` folder; it must exist.
            now: The time to check the certificate against (aware); None for the clock.
            say: Is told, when a key is made, where it is kept.

        Returns:
            The signer; the same one on every call with this folder.

        Raises:
            Refusal: what `credential.examine` says of an organisation's chain.
            Fault: `key-file-broken`, `key-file-mismatched`, `key-out-of-reach`, `key-missing`, `certificate-expired`,
                `certificate-not-yet-valid`, or `cannot-write` from making it.
        """
        moment = now or dt.datetime.now(dt.UTC)
        theirs = directory / ORGANISATION
        if theirs.exists():
            file = keyfile.load(theirs, "Say `selfsame key use` again, or `selfsame key own`.")
            examine(file.chain, moment)
            chain = pem(file.chain)
            return _signer(directory, KeyPen(file.key, chain), file.kept, chain)
        path = directory / FILE
        if not path.exists():
            said = keyfile.create(path, *certificate.make(moment))
            if said:
                say(said)
        file = _own(path, moment)
        return _signer(directory, KeyPen(file.key, pem(file.chain)), file.kept, pem(file.chain[-1:]))

    @classmethod
    def with_pen(cls, pen: Pen, directory: Path, now: dt.datetime | None = None) -> Signer:
        """Sign with a key that is somewhere else.

        Args:
            pen: Certificate chain and signature; checked, and tried once.
            directory: The home's `keys` folder, for the registry.
            now: As for `open`.

        Raises:
            Refusal: what `credential.examine` and `credential.try_out` say.
        """
        chain = parse_chain(pen.chain_pem.encode())
        examine(chain, now or dt.datetime.now(dt.UTC))
        signer = _signer(directory, pen, Kept.PEN, pem(chain))
        try_out(signer)
        return signer

    @classmethod
    def adopt(cls, directory: Path, chain: bytes, key: bytes, now: dt.datetime | None = None) -> Signer:
        """Take over an organisation's certificate and key, from now on; what was signed before stays known.

        Args:
            directory: As for `open`.
            chain: A PEM file's content: the certificate that signs, then those above it.
            key: A PEM file's content: its private key, without a password.
            now: As for `open`.

        Raises:
            Refusal: what `app.stamp.credential` says, or `certificate-key-mismatch`; nothing was changed then.
            Fault: `cannot-write` or `keyring-unusable`.
        """
        certificates, secret = parse_chain(chain), parse_key(key)
        examine(certificates, now or dt.datetime.now(dt.UTC))
        if certificates[0].public_key() != secret.public_key():
            raise Refusal(
                "certificate-key-mismatch",
                "The key does not belong to the first certificate of the chain.",
                "Put the signing certificate first, or name its key.",
            )
        text = pem(certificates)
        try_out(_signer(directory, KeyPen(secret, text), Kept.FILE, text))
        cls.disown(directory)
        keyfile.create(directory / ORGANISATION, secret, certificates)
        return cls.open(directory, now)

    @classmethod
    def disown(cls, directory: Path) -> None:
        """Go back to the own key: the organisation's is deleted here, its certificate stays known.

        Raises:
            Fault: `keyring-unusable` or `cannot-write`.
        """
        path = directory / ORGANISATION
        if not path.exists():
            return
        chain = _chain(path)
        if chain:
            kept = path.with_name(f"retired-{fingerprint(chain[0])[:16]}.pem")
            write_atomic(kept, pem(chain).encode(), mode=0o600, overwrite=True)
        keyfile.forget(path)

    @staticmethod
    def anchors(directory: Path) -> list[str]:
        """Whose pictures are ours, as PEM for `app.verify`: the own root, the organisations' chains; those of before.

        Nothing is made and no key is needed: a stranger's machine verifies too. What cannot be read is left out.
        """
        theirs = [directory / ORGANISATION, *sorted(directory.glob("retired-*.pem"))]
        found = [_chain(directory / FILE)[-1:], *map(_chain, theirs)]
        return [pem(chain) for chain in found if chain]

    @staticmethod
    def registered(directory: Path) -> Registry | None:
        """What this installation has signed, to look a picture up in; None where nothing was. Nothing is made."""
        path = directory / REGISTRY
        return Registry(path) if path.exists() else None

    def sign(self, claim: bytes) -> bytes:
        """Sign a claim, about 2 KB, with the algorithm of the certificate."""
        return self._pen.sign(claim)

    def c2pa(self) -> c2pa.Signer:
        """The library's view of this signer, for one `with` block."""
        name = algorithm(x509.load_pem_x509_certificates(self.chain_pem.encode())[0])
        return c2pa.Signer.from_callback(self.sign, c2pa.C2paSigningAlg[name], self.chain_pem)

    def __reduce_ex__(self, _: SupportsIndex) -> NoReturn:
        raise TypeError("a signing key does not leave its process")


def _signer(directory: Path, pen: Pen, kept: Kept, anchor_pem: str) -> Signer:
    leaf = x509.load_pem_x509_certificates(pen.chain_pem.encode())[0]
    return Signer(anchor_pem, pen.chain_pem, fingerprint(leaf), Registry(directory / REGISTRY), kept, pen)


def _chain(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(read_file(path))
    except (OSError, ValueError):
        return []


def _own(path: Path, now: dt.datetime) -> KeyFile:
    """The installation's own key, with its certificate and root."""
    remedy = f"Move {path} away and start again: a new key is made. Pictures signed with the old one stay signed."
    file = keyfile.load(path, remedy)
    if len(file.chain) != 2:
        raise Fault("key-file-broken", f"The stamping key {path} cannot be read.", remedy)
    leaf, root = file.chain
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
    return file
