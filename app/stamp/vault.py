"""The keyring of the operating system, if there is one that answers without asking anybody anything.

Only these are used: the Secret Service of the desktop (when its default collection is there and unlocked), the Windows
credential locker and the macOS keychain. Neither the environment nor a configuration file can name another, and a
service that does not answer soon counts as none, so nothing here waits for a window that nobody sees. The Secret
Service is reached over a local Unix socket; there is no other connection.
"""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar, final

from consent.errors import Fault

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE: Final = "Selfsame stamping key"
PATIENCE: Final = 3.0
"""Seconds after which a keyring that does not answer counts as none. An unlocked one answers in some milliseconds."""

T = TypeVar("T")


@final
@dataclass(frozen=True, slots=True)
class Vault:
    """A keyring that answers.

    Attributes:
        backend: Of the package `keyring`.
        name: For people.
        patience: Seconds to wait for it.
    """

    backend: KeyringBackend = field(repr=False)
    name: str
    patience: float = PATIENCE

    def get(self, entry: str) -> str | None:
        """The secret of an entry, None if there is none.

        Raises:
            Fault: `keyring-unusable`, like the other methods.
        """
        return self._ask(lambda: self.backend.get_password(SERVICE, entry))

    def put(self, entry: str, secret: str) -> None:
        """Keep a secret, and read it back."""
        self._ask(lambda: self.backend.set_password(SERVICE, entry, secret))
        if self.get(entry) != secret:
            raise _unusable("it does not give back what it was given")

    def drop(self, entry: str) -> None:
        """Delete an entry that is there."""
        self._ask(lambda: self.backend.delete_password(SERVICE, entry))

    def _ask(self, question: Callable[[], T]) -> T:
        return patiently(question, self.patience)


def system() -> Vault:
    """The keyring of this system.

    Raises:
        Fault: `keyring-unusable`: there is none, it is locked, or it does not answer.
    """
    return Vault(*patiently(_find, PATIENCE))


def patiently(question: Callable[[], T], seconds: float) -> T:
    """Ask a keyring in a thread of its own, and stop waiting after some seconds.

    Raises:
        Fault: `keyring-unusable`, whatever went wrong: backends raise what they like.
    """
    answers: queue.SimpleQueue[tuple[T | None, BaseException | None]] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put((question(), None))
        except BaseException as error:  # noqa: BLE001  (nothing may end in a thread unseen)
            answers.put((None, error))

    threading.Thread(target=ask, daemon=True, name="keyring").start()
    try:
        answer, error = answers.get(timeout=seconds)
    except queue.Empty:
        raise _unusable("it does not answer, or waits for somebody") from None
    if isinstance(error, Fault):
        raise error
    if error is not None:
        raise _unusable(f"{type(error).__name__}") from error
    return answer  # type: ignore[return-value]  # without an error it is what the question gave


def _find() -> tuple[KeyringBackend, str]:
    kind: type[KeyringBackend]
    if sys.platform == "win32":
        from keyring.backends import Windows

        kind, name = Windows.WinVaultKeyring, "the Windows credential locker"
    elif sys.platform == "darwin":
        from keyring.backends import macOS

        kind, name = macOS.Keyring, "the macOS keychain"
    else:
        from keyring.backends import SecretService

        _is_open()
        kind, name = SecretService.Keyring, "the keyring of this desktop (Secret Service)"
    if not kind.viable:
        raise _unusable("there is none")
    backend: KeyringBackend = kind()  # type: ignore[no-untyped-call]
    return backend, name


def _is_open() -> None:
    """Look first: the backend itself would make a missing collection, or unlock it, and both ask the person."""
    import secretstorage

    try:
        with closing(secretstorage.dbus_init()) as bus:
            if not secretstorage.check_service_availability(bus):
                raise _unusable("no service offers one")
            if secretstorage.get_collection_by_alias(bus, "default").is_locked():
                raise _unusable("it is locked")
    except (secretstorage.exceptions.SecretStorageException, OSError) as error:
        raise _unusable("there is none in this session") from error


def _unusable(why: str) -> Fault:
    return Fault("keyring-unusable", f"The keyring of this system cannot be used: {why}.", "Unlock it, and try again.")
