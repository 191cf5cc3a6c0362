"""What the stamp tests share: pictures made of numbers, facts, and certificates of all kinds."""

import copy
import dataclasses
import datetime as dt
import io
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import c2pa
import numpy as np
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID, ObjectIdentifier

from app import codec
from app.stamp import context, manifest, writer
from app.stamp.proof import Proof
from app.stamp.signer import Signer
from consent.types import Assurance, Domain, Facts, Origin, Purpose, Released

C2PA_EKU = "1.3.6.1.4.1.62558.2.1"
EMAIL_EKU = "1.3.6.1.5.5.7.3.4"
DOCUMENT_EKU = "1.3.6.1.5.5.7.3.36"
FORMATS = ("jpeg", "png", "webp")


def picture(width=192, height=160, seed=0):
    """Soft waves with a little noise: `uint8 (H, W, 3)`."""
    y, x = np.mgrid[0:height, 0:width]
    waves = [120 + 60 * np.sin(x / width * 5), 100 + 90 * y / height, 140 - 50 * np.cos((x + y) / height * 3)]
    noise = np.random.default_rng(seed).normal(0, 4, (height, width, 1))
    return np.clip(np.stack(waves, axis=2) + noise, 0, 255).astype(np.uint8)


def facts(**changes):
    values = {
        "purposes": (Purpose.SWAP,),
        "domain": Domain.LIVE,
        "assurance": Assurance.MOTION,
        "session": "5f0c6a",
        "consent": "c0ffee",
        "source_origin": Origin.LIVE,
        "target_origin": Origin.PHOTO,
        "engine": "swap-mesh 1",
        "parameters": {"strength": 0.75, "mode": "soft"},
        "face_box": (60.0, 30.0, 70.0, 90.0),
        "source_score": 0.87,
        "target_score": 0.7,
    }
    return Facts(**(values | changes))


def statement(**changes):
    return writer._statement(facts(**changes), Proof(bytes(32), "5" * 64, "7" * 64))


def signer(name="ours"):
    """Make one signer per name, for the whole run."""
    return _signer(name)


_homes = TemporaryDirectory()  # until the run ends: each signer remembers what it signed


@cache
def _signer(name):
    folder = Path(_homes.name) / name
    folder.mkdir()
    return Signer.open(folder)


@cache
def stamped(fmt="jpeg", name="ours", seed=0, **changes):
    """Make a finished file once: bytes."""
    return write(picture(seed=seed), facts(**changes), signer(name), fmt).data


def write(pixels, about, pen, fmt):
    """Stamp pixels as if a gate had released them; they were made from this picture upside down and from itself."""
    return writer._write(Released(pixels, pixels[::-1], pixels, about), pen, fmt)


def settings():
    """Our settings, as a copy to change."""
    return copy.deepcopy(dict(context.settings([signer().anchor_pem])))


def sign(under, definition=None, *, sign_with=None, chain=None, remote=None, fmt="jpeg", data=None):
    """Sign with the bare library."""
    kind = codec.Format(fmt)
    definition = definition or manifest.build(statement(), kind, dt.datetime.now(dt.UTC))
    out = io.BytesIO()
    with (
        c2pa.Context.from_dict(under) as ctx,
        c2pa.Signer.from_callback(
            sign_with or signer().sign, c2pa.C2paSigningAlg.ES256, chain or signer().chain_pem
        ) as pen,
        c2pa.Builder(definition, context=ctx) as builder,
    ):
        if remote:
            builder.set_no_embed()
            builder.set_remote_url(remote)
        builder.sign(pen, kind.mime, io.BytesIO(data or codec.encode(picture(), kind)), out)
    return out.getvalue()


def state(under, data, fmt="jpeg"):
    """Read with the bare library: `Trusted`, `Valid` or `Invalid`."""
    with (
        c2pa.Context.from_dict(under) as ctx,
        c2pa.Reader(codec.Format(fmt).mime, io.BytesIO(data), context=ctx) as reader,
    ):
        return reader.get_validation_state()


def certificate(*ekus, ocsp=None, lifetime=dt.timedelta(days=30), common_name="Mallory", ca_as_leaf=False):
    """Make a key and a chain: `(sign, chain_pem, root_pem)`."""
    start = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=5)
    end = dt.datetime.now(dt.UTC) + lifetime

    def name(common):
        return x509.Name(
            [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test"), x509.NameAttribute(NameOID.COMMON_NAME, common)]
        )

    def usage(*, ca):
        flags = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
        rest = dict.fromkeys((*flags, "encipher_only", "decipher_only"), False)
        return x509.KeyUsage(digital_signature=not ca, key_cert_sign=ca, crl_sign=ca, **rest)

    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root_id = x509.SubjectKeyIdentifier.from_public_key(root_key.public_key())
    authority = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(root_id)
    root = (
        x509.CertificateBuilder(name("Root"), name("Root"), root_key.public_key(), 1, start, end)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage(ca=True), critical=True)
        .add_extension(root_id, critical=False)
        .sign(root_key, hashes.SHA256())
    )
    leaf = (
        x509.CertificateBuilder(name("Root"), name(common_name), key.public_key(), 2, start, end)
        .add_extension(x509.BasicConstraints(ca=ca_as_leaf, path_length=None), critical=True)
        .add_extension(usage(ca=ca_as_leaf), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ObjectIdentifier(eku) for eku in ekus]), critical=False)
        .add_extension(authority, critical=False)
    )
    if ocsp:
        where = x509.AccessDescription(x509.AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(ocsp))
        leaf = leaf.add_extension(x509.AuthorityInformationAccess([where]), critical=False)
    pems = [c.public_bytes(serialization.Encoding.PEM).decode() for c in (leaf.sign(root_key, hashes.SHA256()), root)]
    return (lambda data: key.sign(data, ec.ECDSA(hashes.SHA256()))), "".join(pems), pems[1]


def plain(found):
    """A statement with the HMACs of `statement()`: in earnest, they are other ones each time."""
    return dataclasses.replace(found, source_hmac="5" * 64, target_hmac="7" * 64)
