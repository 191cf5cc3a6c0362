"""An organisation's own certificate and key, and keys that only a `Pen` reaches."""

import datetime as dt
import functools
import types

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from app import cli, codec
from app.home import Home
from app.stamp.keyfile import Kept
from app.stamp.pen import algorithm
from app.stamp.signer import FILE, ORGANISATION, Signer
from app.verify import Verdict, verify
from consent.errors import Fault, Refusal
from tests.app.stamp_helpers import C2PA_EKU, DOCUMENT_EKU, EMAIL_EKU, facts, picture, write
from tests.app.test_stamp_watermark import portrait

NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)
P256, P384 = ec.SECP256R1, ec.SECP384R1
FLAGS = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only",
         "decipher_only", "crl_sign")  # fmt: skip


@functools.cache
def key_of(kind, which=0):
    """A key of a kind, made once."""
    if isinstance(kind, int):
        return rsa.generate_private_key(65537, kind)
    return ed25519.Ed25519PrivateKey.generate() if kind == "ed25519" else ec.generate_private_key(kind())


def named(common):
    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Acme"), x509.NameAttribute(NameOID.COMMON_NAME, common)]
    )


def issued(
    subject,
    key,
    issuer,
    issuer_key,
    *,
    ca,
    ekus=(),
    usage=True,
    authority=True,
    issues=False,
    begin=-DAY,
    end=90 * DAY,
    sha=None,
):
    """One certificate, as a house's authority makes them, or with one thing wrong."""
    builder = x509.CertificateBuilder(
        named(issuer), named(subject), key.public_key(), x509.random_serial_number(), NOW + begin, NOW + end
    ).add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    if usage is not None:
        rest = dict.fromkeys(FLAGS, False)
        builder = builder.add_extension(
            x509.KeyUsage(digital_signature=usage and not ca, key_cert_sign=ca or issues, **rest), critical=True
        )
    if ekus:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ObjectIdentifier(e) for e in ekus]), critical=False)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    if authority:
        above = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
        builder = builder.add_extension(above, critical=False)
    return builder.sign(issuer_key, (sha or hashes.SHA256)())


@functools.cache
def house(kind=P256, name="Press office", ekus=(C2PA_EKU, EMAIL_EKU), *, between=True, which=0, **leaf):
    """An organisation: (chain, key)."""
    root_key, middle_key, key = key_of(P256, "root"), key_of(P384, "middle"), key_of(kind, which)
    root = issued("Acme root", root_key, "Acme root", root_key, ca=True)
    middle = issued("Acme issuing", middle_key, "Acme root", root_key, ca=True)
    above = ("Acme issuing", middle_key) if between else ("Acme root", root_key)
    one = issued(name, key, *above, **({"ca": False, "ekus": ekus} | leaf))
    return [one, middle, root] if between else [one, root], key


def chain_pem(chain):
    return b"".join(one.public_bytes(serialization.Encoding.PEM) for one in chain)


def key_pem(key, password=None):
    wrap = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, wrap)


def adopted(folder, *args, **rest):
    chain, key = house(*args, **rest)
    return Signer.adopt(folder, chain_pem(chain), key_pem(key))


def made(signer, fmt="png"):
    return write(picture(), facts(), signer, fmt).data


@pytest.mark.parametrize(
    ("kind", "name", "fmt"),
    [
        (P256, "ES256", "jpeg"),
        (P256, "ES256", "png"),
        (P256, "ES256", "webp"),
        (P384, "ES384", "jpeg"),
        (2048, "PS256", "png"),
        (3072, "PS256", "webp"),
    ],
)
def test_pictures_carry_the_organisations_signature(tmp_path, kind, name, fmt):
    signer = adopted(tmp_path, kind)
    assert algorithm(house(kind)[0][0]) == name
    report = verify(made(signer, fmt), Signer.anchors(tmp_path))
    assert (report.verdict, report.signer, report.whose) == (Verdict.OURS, "Press office", "ours")
    elsewhere = verify(made(signer, fmt), [])
    assert (elsewhere.verdict, elsewhere.signer, elsewhere.whose) == (
        Verdict.SELFSAME_ELSEWHERE, "Press office", "someone else's",
    )  # fmt: skip


def test_without_an_authority_in_between(tmp_path):
    assert verify(made(adopted(tmp_path, between=False)), Signer.anchors(tmp_path)).verdict is Verdict.OURS


def test_a_chain_that_ends_below_its_root(tmp_path):
    """Public authorities' roots are often left out."""
    chain, key = house()
    try:
        signer = Signer.adopt(tmp_path, chain_pem(chain[:2]), key_pem(key))
    except Refusal as no:
        assert no.code == "certificate-not-accepted"  # noqa: PT017 - either is right, if it is clear
    else:
        assert verify(made(signer), Signer.anchors(tmp_path)).verdict is Verdict.OURS


def test_a_colleague_under_the_same_authority_is_somebody_else(tmp_path):
    adopted(tmp_path)
    (tmp_path / "b").mkdir()
    theirs = adopted(tmp_path / "b", name="Sports desk", which=1)
    report = verify(made(theirs), Signer.anchors(tmp_path))
    assert (report.verdict, report.signer, report.whose) == (
        Verdict.SELFSAME_ELSEWHERE, "Sports desk", "someone else's",
    )  # fmt: skip
    assert verify(made(theirs), Signer.anchors(tmp_path / "b")).verdict is Verdict.OURS


def test_what_was_signed_before_stays_known(tmp_path):
    files = [made(Signer.open(tmp_path, say=lambda _: None))]
    files.append(made(adopted(tmp_path)))
    files.append(made(adopted(tmp_path, name="Press office 2027", which=2)))
    Signer.disown(tmp_path)
    assert not (tmp_path / ORGANISATION).exists()
    files.append(made(Signer.open(tmp_path)))
    assert [verify(one, Signer.anchors(tmp_path)).verdict for one in files] == [Verdict.OURS] * 4
    left = [path for path in tmp_path.glob("*.pem") if b"PRIVATE" in path.read_bytes()]
    assert [path.name for path in left] == [FILE], "no organisation's key is left"


def test_a_stripped_copy_leads_back_to_an_organisations_manifest(tmp_path):
    signer = adopted(tmp_path)
    data = write(portrait(), facts(face_box=(280.0, 150.0, 120.0, 150.0)), signer, "png").data
    stripped = codec.encode(codec.decode(data), "png")
    report = verify(stripped, Signer.anchors(tmp_path), registry=signer.registry)
    assert (report.verdict, report.signer) == (Verdict.RECOVERED, "Press office")
    (tmp_path / "b").mkdir()
    adopted(tmp_path / "b", name="Sports desk", which=1)
    theirs = verify(stripped, Signer.anchors(tmp_path / "b"), registry=signer.registry)
    assert theirs.verdict is Verdict.NO_MANIFEST, "a colleague's manifest, slipped into the registry, is not ours"


def test_it_is_opened_again_and_closed_to_others(tmp_path):
    first = adopted(tmp_path)
    assert (tmp_path / ORGANISATION).stat().st_mode & 0o777 == 0o600
    again = Signer.open(tmp_path)
    assert (again.certificate_sha256, again.kept) == (first.certificate_sha256, Kept.FILE)
    assert not (tmp_path / FILE).exists(), "no key of its own is made that nobody needs"


def test_one_that_runs_out_is_said_and_nothing_is_signed(tmp_path):
    adopted(tmp_path)
    with pytest.raises(Refusal) as no:
        Signer.open(tmp_path, NOW + 100 * DAY)
    assert no.value.code == "certificate-expired"


def broken(code, chain=None, key=None, **leaf):
    usual_chain, usual_key = house(**leaf)
    return code, chain or chain_pem(usual_chain), key or key_pem(usual_key)


CHAIN, KEY = house()
WRONG = {
    "no certificates": broken("certificate-unreadable", chain=b"hello"),
    "an empty file": broken("certificate-unreadable", chain=b"\n"),
    "too many": broken("certificate-unreadable", chain=chain_pem(CHAIN * 3)),
    "no key": broken("key-unreadable", key=b"hello"),
    "a certificate for a key": broken("key-unreadable", key=chain_pem(CHAIN)),
    "a key with a password": broken("key-has-password", key=key_pem(KEY, b"secret")),
    "another key": broken("certificate-key-mismatch", key=key_pem(key_of(P256, "other"))),
    "a key of another kind": broken("certificate-key-kind", key=key_pem(key_of("ed25519"))),
    "short RSA": broken("certificate-key-kind", kind=1024),
    "another curve": broken("certificate-key-kind", kind=ec.SECP256K1),
    "the wrong way round": broken("certificate-chain-broken", chain=chain_pem(CHAIN[::-1])),
    "one left out": broken("certificate-chain-broken", chain=chain_pem([CHAIN[0], CHAIN[2]])),
    "the first alone": broken("certificate-chain-broken", chain=chain_pem(CHAIN[:1])),
    "an authority's": broken("certificate-is-authority", ca=True),
    "not for signatures": broken("certificate-usage", usage=False),
    "for certificates too": broken("certificate-usage", issues=True),
    "no key usage": broken("certificate-usage", usage=None),
    "for nothing": broken("certificate-extended-usage", ekus=()),
    "for documents": broken("certificate-extended-usage", ekus=(DOCUMENT_EKU,)),
    "for everything": broken(
        "certificate-extended-usage", ekus=(C2PA_EKU, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE.dotted_string)
    ),
    "for time stamps too": broken(
        "certificate-extended-usage", ekus=(EMAIL_EKU, ExtendedKeyUsageOID.TIME_STAMPING.dotted_string)
    ),
    "no authority named": broken("certificate-no-issuer-id", authority=False),
    "ended": broken("certificate-expired", end=-dt.timedelta(hours=1)),
    "not begun": broken("certificate-not-yet-valid", begin=DAY),
    "SHA-224": broken("certificate-weak", sha=hashes.SHA224),
}


@pytest.mark.parametrize("what", list(WRONG))
def test_each_fault_of_a_certificate_has_its_own_no(tmp_path, what):
    code, chain, key = WRONG[what]
    Signer.open(tmp_path, say=lambda _: None)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(Refusal) as no:
        Signer.adopt(tmp_path, chain, key)
    assert no.value.code == code
    assert no.value.remedy.endswith(".")
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before, "nothing was changed"


def test_a_damaged_file_of_an_organisation(tmp_path):
    adopted(tmp_path)
    (tmp_path / ORGANISATION).write_bytes(b"rubbish")
    with pytest.raises(Fault) as no:
        Signer.open(tmp_path)
    assert no.value.code == "key-file-broken"
    assert "selfsame key own" in no.value.remedy
    assert Signer.anchors(tmp_path) == []


# --- a key that is somewhere else ------------------------------------------------------------------------------------


class Token:
    """A hardware module, as far as anybody outside it sees one: it signs, and shows no key."""

    def __init__(self, kind=P256, *, raw=False, **rest):
        chain, self.__key = house(kind, **rest)
        self.chain_pem, self._raw, self.asked = chain_pem(chain).decode(), raw, 0

    def sign(self, claim):
        self.asked += 1
        if isinstance(self.__key, rsa.RSAPrivateKey):
            return self.__key.sign(claim, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
        sha = hashes.SHA384() if self.__key.curve.key_size == 384 else hashes.SHA256()
        der = self.__key.sign(claim, ec.ECDSA(sha))
        if not self._raw:
            return der
        from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

        size = self.__key.curve.key_size // 8
        return b"".join(number.to_bytes(size, "big") for number in decode_dss_signature(der))


@pytest.mark.parametrize(("kind", "raw"), [(P256, False), (P256, True), (P384, False), (P384, True), (2048, False)])
def test_a_pen_signs(tmp_path, kind, raw):
    token = Token(kind, raw=raw)
    signer = Signer.with_pen(token, tmp_path)
    assert (signer.kept, token.asked) == (Kept.PEN, 1), "tried once"
    report = verify(made(signer), [signer.anchor_pem])
    assert (report.verdict, report.signer, token.asked) == (Verdict.OURS, "Press office", 2)
    assert not list(tmp_path.glob("*.pem")), "nothing of the key is kept"


def failing(error):
    def sign(_):
        raise error

    return pen_of(sign)


def pen_of(sign):
    return types.SimpleNamespace(chain_pem=chain_pem(CHAIN).decode(), sign=sign)


@pytest.mark.parametrize(
    "pen",
    [
        failing(RuntimeError("no token in the slot")),
        pen_of(lambda claim: b"x" * 70),
        pen_of(lambda claim: b""),
        pen_of(lambda claim: KEY.sign(b"?", ec.ECDSA(hashes.SHA256()))),
    ],
    ids=["raises", "rubbish", "nothing", "something else"],
)
def test_a_pen_that_does_not_sign_is_refused_at_once(tmp_path, pen):
    with pytest.raises(Refusal) as no:
        Signer.with_pen(pen, tmp_path)
    assert no.value.code == "certificate-not-accepted"


def test_a_pen_that_fails_later_leaves_no_picture(tmp_path):
    token = Token()
    signer = Signer.with_pen(token, tmp_path)
    token.sign = lambda claim: b"x" * 70
    with pytest.raises(Fault) as no:
        made(signer)
    assert no.value.code == "not-signed"


# --- the commands ----------------------------------------------------------------------------------------------------


def test_the_commands(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    chain.write_bytes(chain_pem(CHAIN))
    key.write_bytes(key_pem(KEY))

    def say(*arguments):
        code = cli.run([str(one) for one in arguments])
        return code, *capsys.readouterr()

    assert say("key", "own")[0] == 2
    code, out, err = say("key", "use", chain, key)
    assert (code, "Press office, Acme (an organisation's)" in out, "key.pem itself is still" in err) == (0, True, True)
    output = tmp_path / "out.png"
    output.write_bytes(made(Signer.open(Home.open().keys)))
    code, out, _ = say("verify", output)
    assert (code, "Press office (ours)" in out) == (0, True)
    code, out, _ = say("key", "own")
    assert (code, "this installation's own" in out) == (0, True)
    assert say("verify", output)[0] == 0
    code, _, err = say("key", "use", key, chain)
    assert (code, "[certificate-unreadable]" in err) == (2, True)
