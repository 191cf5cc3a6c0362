import copy
import datetime as dt
import pickle
import threading

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from app.stamp.signer import FILE, Signer
from consent.errors import Fault

NOW = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)


def certificates(signer):
    return x509.load_pem_x509_certificates(signer.chain_pem.encode())


def code(folder, now=None):
    with pytest.raises(Fault) as caught:
        Signer.open(folder, now)
    assert caught.value.remedy.endswith(".")
    return caught.value.code


def test_made_once_and_reopened(tmp_path):
    first = Signer.open(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == [FILE]
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    again = Signer.open(tmp_path)
    assert (again.chain_pem, again.anchor_pem) == (first.chain_pem, first.anchor_pem)
    assert again.certificate_sha256 == first.certificate_sha256


def test_each_installation_has_its_own(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    a, b = Signer.open(tmp_path / "a"), Signer.open(tmp_path / "b")
    assert a.anchor_pem != b.anchor_pem
    assert a.certificate_sha256 != b.certificate_sha256


def test_the_certificate_fits_the_c2pa_profile(tmp_path):
    signer = Signer.open(tmp_path, NOW)
    leaf, root = certificates(signer)
    assert root.public_bytes(serialization.Encoding.PEM).decode() == signer.anchor_pem
    assert leaf.fingerprint(hashes.SHA256()).hex() == signer.certificate_sha256
    assert leaf.public_key().curve.name == "secp256r1"
    uses = {use.dotted_string for use in leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value}
    assert uses == {"1.3.6.1.4.1.62558.2.1", "1.3.6.1.5.5.7.3.4"}
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature
    assert not usage.key_cert_sign
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert root.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 0
    assert leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
    assert leaf.not_valid_after_utc >= NOW.replace(year=2036)


def test_the_roots_key_is_kept_nowhere(tmp_path):
    signer = Signer.open(tmp_path)
    leaf, root = certificates(signer)
    text = (tmp_path / FILE).read_text()
    assert text.count("PRIVATE KEY-----") == 2, "one key: its BEGIN and its END"
    key = serialization.load_pem_private_key(text.encode(), None)
    assert key.public_key() == leaf.public_key() != root.public_key()


def test_signs_what_the_certificate_verifies(tmp_path):
    signer = Signer.open(tmp_path)
    certificates(signer)[0].public_key().verify(signer.sign(b"claim"), b"claim", ec.ECDSA(hashes.SHA256()))


def test_the_key_does_not_show_or_travel(tmp_path):
    signer = Signer.open(tmp_path)
    assert "PRIVATE" not in repr(signer)
    assert "key" not in repr(signer).lower()
    for travel in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            travel(signer)


def test_an_open_key_file_is_closed(tmp_path):
    Signer.open(tmp_path)
    (tmp_path / FILE).chmod(0o644)
    Signer.open(tmp_path)
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_two_at_once_agree(tmp_path):
    found = []
    threads = [threading.Thread(target=lambda: found.append(Signer.open(tmp_path).anchor_pem)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert len(set(found)) == 1


@pytest.mark.parametrize("content", ["", "rubbish", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_a_broken_file(tmp_path, content):
    (tmp_path / FILE).write_text(content)
    assert code(tmp_path) == "key-file-broken"


def test_a_file_cut_short_at_any_line(tmp_path):
    Signer.open(tmp_path)
    content = (tmp_path / FILE).read_text().splitlines(keepends=True)
    for end in range(len(content)):
        (tmp_path / FILE).write_text("".join(content[:end]))
        assert code(tmp_path) == "key-file-broken"


def parts(folder):
    """Split the file into key, certificate and root."""
    text = (folder / FILE).read_text()
    blocks = [block + "-----\n" for block in text.replace("-----\n-----", "-----\n\x00-----").split("\x00")]
    return [block.removesuffix("-----\n") for block in blocks]


def test_parts_of_two_installations_do_not_mix(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        Signer.open(tmp_path / name)
    a, b = parts(tmp_path / "a"), parts(tmp_path / "b")
    assert len(a) == len(b) == 3
    for mix in ((b[0], a[1], a[2]), (a[0], b[1], a[2]), (a[0], a[1], b[2]), (a[0], a[2], a[1])):
        (tmp_path / FILE).write_text("".join(mix))
        assert code(tmp_path) == "key-file-mismatched"


def test_another_kind_of_key(tmp_path):
    Signer.open(tmp_path)
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    (tmp_path / FILE).write_text(pem + "".join(parts(tmp_path)[1:]))
    assert code(tmp_path) == "key-file-mismatched"


def test_time(tmp_path):
    Signer.open(tmp_path, NOW)
    assert Signer.open(tmp_path, NOW + dt.timedelta(days=3650)).anchor_pem
    assert code(tmp_path, NOW + dt.timedelta(days=3660)) == "certificate-expired"
    assert code(tmp_path, NOW - dt.timedelta(days=1)) == "certificate-not-yet-valid"


def test_nowhere_to_write(tmp_path):
    assert code(tmp_path / "missing") == "cannot-write"
