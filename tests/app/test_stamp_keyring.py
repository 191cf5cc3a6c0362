"""The stamping key in the system's keyring: a real backend of the package `keyring`, in this process's memory."""

import threading
import types

import keyring.backend
import keyring.errors
import pytest
import secretstorage
from keyring.backends import SecretService

from app import cli, doctor
from app.home import Home
from app.stamp import keyfile, keys, vault
from app.stamp.keyfile import Kept
from app.stamp.signer import FILE, ORGANISATION, Signer
from app.stamp.vault import SERVICE, Vault
from app.verify import Verdict, verify
from consent.errors import Fault
from tests.app.stamp_helpers import facts, picture, write
from tests.app.test_stamp_organisation import Token, adopted


class Memory(keyring.backend.KeyringBackend):
    """A keyring as the package wants it, that ends with the test."""

    priority = 1

    def __init__(self):
        super().__init__()
        self.kept, self.broken, self.answers = {}, None, threading.Event()
        self.answers.set()

    def _ready(self):
        self.answers.wait(30)
        if self.broken:
            raise self.broken

    def get_password(self, service, username):
        self._ready()
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        self._ready()
        self.kept[service, username] = password

    def delete_password(self, service, username):
        self._ready()
        if self.kept.pop((service, username), None) is None:
            raise keyring.errors.PasswordDeleteError("not there")


@pytest.fixture
def ring(monkeypatch):
    """This system has a keyring that answers."""
    memory = Memory()
    monkeypatch.setattr(vault, "system", lambda: Vault(memory, "the test's keyring", 0.5))
    return memory


@pytest.fixture
def no_ring(monkeypatch):
    def none():
        raise vault._unusable("there is none in this session")

    monkeypatch.setattr(vault, "system", none)


def said(folder):
    words = []
    return Signer.open(folder, say=words.append), words


def in_file(folder, name=FILE):
    return b"PRIVATE" in (folder / name).read_bytes()


def code(call, *arguments):
    with pytest.raises(Fault) as caught:
        call(*arguments)
    assert caught.value.remedy.endswith(".")
    return caught.value.code


def test_a_new_key_goes_into_the_keyring_and_nowhere_else(tmp_path, ring):
    signer, words = said(tmp_path)
    assert words == ["The stamping key is kept in the test's keyring."]
    assert not in_file(tmp_path)
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    ((service, entry), secret), *rest = ring.kept.items()
    assert (service, entry, rest) == (SERVICE, signer.certificate_sha256, [])
    assert secret.startswith("-----BEGIN PRIVATE KEY-----")
    again, silence = said(tmp_path)
    assert (again.certificate_sha256, again.kept, silence) == (signer.certificate_sha256, Kept.KEYRING, [])
    assert verify(write(picture(), facts(), again, "png").data, [again.anchor_pem]).verdict is Verdict.OURS


def test_without_a_keyring_it_goes_into_a_file_and_that_is_said_once(tmp_path, no_ring):
    signer, words = said(tmp_path)
    (sentence,) = words
    assert f"kept in the file {tmp_path / FILE}, which this user alone can read" in sentence
    assert "there is none in this session" in sentence
    assert in_file(tmp_path)
    assert signer.kept is Kept.FILE
    assert said(tmp_path)[1] == []


def test_it_is_said_on_the_error_stream(tmp_path, no_ring, capsys):
    Signer.open(tmp_path)
    out, err = capsys.readouterr()
    assert (out, "kept in the file" in err) == ("", True)


@pytest.mark.parametrize("error", [keyring.errors.KeyringLocked("x"), RuntimeError("x"), OSError("x")])
def test_a_keyring_that_fails_is_none(tmp_path, ring, error):
    ring.broken = error
    signer, (sentence,) = said(tmp_path)
    assert signer.kept is Kept.FILE
    assert "keyring of this system cannot be used" in sentence


def test_a_keyring_that_waits_for_somebody_is_none(tmp_path, ring):
    ring.answers.clear()
    signer, (sentence,) = said(tmp_path)
    ring.answers.set()
    assert (signer.kept, "does not answer" in sentence) == (Kept.FILE, True)


def test_a_keyring_that_forgets_at_once_is_none(tmp_path, ring):
    ring.set_password = lambda *_: None
    assert said(tmp_path)[0].kept is Kept.FILE


def test_a_locked_keyring_is_no_reason_for_a_second_key(tmp_path, ring):
    first = Signer.open(tmp_path).certificate_sha256
    ring.broken = keyring.errors.KeyringLocked("x")
    assert code(Signer.open, tmp_path) == "key-out-of-reach"
    ring.broken = None
    assert Signer.open(tmp_path).certificate_sha256 == first
    ring.kept.clear()
    assert code(Signer.open, tmp_path) == "key-missing"


def test_another_key_in_its_place_is_noticed(tmp_path, ring):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    a, b = (Signer.open(tmp_path / name).certificate_sha256 for name in "ab")
    ring.kept[SERVICE, a] = ring.kept[SERVICE, b]
    assert code(Signer.open, tmp_path / "a") == "key-file-mismatched"
    ring.kept[SERVICE, a] = "rubbish"
    assert code(Signer.open, tmp_path / "a") == "key-file-broken"


def test_verifying_needs_no_keyring(tmp_path, ring):
    signer = Signer.open(tmp_path)
    data = write(picture(), facts(), signer, "jpeg").data
    ring.broken = RuntimeError("nobody may ask")
    assert verify(data, Signer.anchors(tmp_path)).verdict is Verdict.OURS


def test_two_at_once_leave_one_key(tmp_path, ring):
    found = []
    threads = [threading.Thread(target=lambda: found.append(said(tmp_path)[0].anchor_pem)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(found), len(set(found)), len(ring.kept)) == (6, 1, 1)


# --- moving ----------------------------------------------------------------------------------------------------------


def test_there_and_back(tmp_path, ring):
    first = Signer.open(tmp_path)
    keyfile.move(tmp_path / FILE, Kept.FILE, "Mend it.")
    assert (in_file(tmp_path), ring.kept) == (True, {})
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    assert Signer.open(tmp_path).kept is Kept.FILE
    keyfile.move(tmp_path / FILE, Kept.KEYRING, "Mend it.")
    assert (in_file(tmp_path), len(ring.kept)) == (False, 1)
    last = Signer.open(tmp_path)
    assert (last.kept, last.chain_pem) == (Kept.KEYRING, first.chain_pem)


def test_a_key_in_a_file_stays_there_until_it_is_moved(tmp_path, ring):
    ring.broken = RuntimeError()
    Signer.open(tmp_path)
    ring.broken = None
    assert Signer.open(tmp_path).kept is Kept.FILE
    assert ring.kept == {}


@pytest.mark.parametrize("to", [Kept.FILE, Kept.KEYRING])
def test_a_move_that_is_cut_off_loses_nothing_and_can_be_done_again(tmp_path, ring, to, monkeypatch):
    Signer.open(tmp_path)
    if to is Kept.KEYRING:
        keyfile.move(tmp_path / FILE, Kept.FILE, "Mend it.")

    def cut(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(*((keyfile, "write_atomic", cut) if to is Kept.KEYRING else (Memory, "delete_password", cut)))
        with pytest.raises((KeyboardInterrupt, Fault)):
            keyfile.move(tmp_path / FILE, to, "Mend it.")
    assert keyfile.is_twice(tmp_path / FILE)
    assert Signer.open(tmp_path)
    keyfile.move(tmp_path / FILE, to, "Mend it.")
    assert not keyfile.is_twice(tmp_path / FILE)
    assert Signer.open(tmp_path).kept is to


# --- the commands ----------------------------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return Home.open()


def say(capsys, *arguments):
    got = cli.run([str(one) for one in arguments])
    return got, *capsys.readouterr()


def stamping_key():
    return [(finding.seen, finding.fine) for finding in doctor._home(None) if finding.what == "stamping key"]


def test_the_commands(capsys, home, ring):
    assert say(capsys, "key", "file")[0] == 2  # there is none yet
    got, out, _ = say(capsys, "key")
    assert (got, "private key  in the test's keyring" in out) == (0, True)
    assert "this installation's own" in out
    got, out, _ = say(capsys, "key", "certificate")
    assert (got, out) == (0, Signer.open(home.keys).anchor_pem)
    got, out, _ = say(capsys, "key", "file")
    assert (got, "in a file that this user alone can read" in out, in_file(home.keys)) == (0, True, True)
    got, out, _ = say(capsys, "key", "keyring")
    assert (got, "in the test's keyring" in out, in_file(home.keys)) == (0, True, False)


def test_moving_into_a_keyring_that_is_none_is_a_clear_no(capsys, home, no_ring):
    Signer.open(home.keys, say=lambda _: None)
    got, _, err = say(capsys, "key", "keyring")
    assert (got, "[keyring-unusable]" in err, in_file(home.keys)) == (3, True, True)


def test_the_check_up_says_where_the_key_is(home, ring):
    ((seen, fine),) = stamping_key()
    assert ("key in the test's keyring" in seen, fine) == (True, True)
    secret = next(iter(ring.kept.values()))
    keyfile.move(home.keys / FILE, Kept.FILE, "Mend it.")
    ((seen, _),) = stamping_key()
    assert "`selfsame key keyring` moves it" in seen
    ring.kept[SERVICE, Signer.open(home.keys).certificate_sha256] = secret
    assert [fine for _, fine in stamping_key()] == [True, False], "in both places"


def test_the_check_up_says_why_the_key_is_in_a_file(home, no_ring):
    ((seen, fine),) = stamping_key()
    assert ("in a file that this user alone can read. The keyring of this system cannot be used" in seen, fine) == (
        True,
        True,
    )


def test_the_real_systems_answer_comes_soon_and_is_a_keyring_or_a_plain_no():
    """Here, without a session bus; `tests/conftest.py` sees to it."""
    with pytest.raises(Fault) as no:
        vault.system()
    assert no.value.code == "keyring-unusable"


def test_neither_environment_nor_settings_choose_another_backend(monkeypatch, tmp_path):
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "tests.app.test_stamp_keyring.Memory")
    with pytest.raises(Fault):
        vault.system()


class Desktop:
    """A session bus with a Secret Service, as far as it is looked at before anything is asked of it."""

    def __init__(self, monkeypatch, *, offered=True, locked=False, there=True):
        self.closed, self.looked = 0, []
        monkeypatch.setattr(secretstorage, "dbus_init", lambda: self)
        monkeypatch.setattr(secretstorage, "check_service_availability", lambda _: offered)
        monkeypatch.setattr(secretstorage, "get_collection_by_alias", self._collection)
        self._locked, self._there = locked, there

    def _collection(self, _, alias):
        self.looked.append(alias)
        if not self._there:
            raise secretstorage.exceptions.ItemNotFoundException("no such collection")
        return types.SimpleNamespace(is_locked=lambda: self._locked)

    def close(self):
        self.closed += 1


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ({"offered": False}, "no service offers one"),
        ({"locked": True}, "it is locked"),
        ({"there": False}, "there is none in this session"),
    ],
)
def test_a_desktop_that_would_have_to_ask_is_not_asked(monkeypatch, how, why):
    """Neither is a collection made nor one unlocked: either would put a window before somebody."""
    desktop = Desktop(monkeypatch, **how)
    monkeypatch.setattr(SecretService.Keyring, "get_preferred_collection", lambda _: pytest.fail("it was asked"))
    with pytest.raises(Fault) as no:
        vault.system()
    assert why in no.value.reason
    assert desktop.closed == 1


def test_a_desktop_whose_keyring_is_open_is_used(monkeypatch):
    desktop = Desktop(monkeypatch)
    found = vault.system()
    assert isinstance(found.backend, SecretService.Keyring)
    assert "desktop" in found.name
    assert set(desktop.looked) == {"default"}


def test_an_organisations_key_goes_into_the_keyring_and_out_of_it(tmp_path, ring):
    signer = adopted(tmp_path)
    assert (signer.kept, list(ring.kept)) == (Kept.KEYRING, [(SERVICE, signer.certificate_sha256)])
    assert not in_file(tmp_path, ORGANISATION)
    ring.broken = RuntimeError("locked now")
    assert code(Signer.disown, tmp_path) == "keyring-unusable"
    assert (tmp_path / ORGANISATION).exists(), "a key that cannot be deleted is not forgotten about"
    ring.broken = None
    Signer.disown(tmp_path)
    assert ring.kept == {}
    assert not (tmp_path / ORGANISATION).exists()


def test_a_key_that_is_elsewhere_is_said_to_be(tmp_path, ring):
    assert keys.where(Signer.with_pen(Token(), tmp_path)) == "key elsewhere"
    assert ring.kept == {}
