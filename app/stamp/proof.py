"""Which pictures an output was made from: for its owner to prove, for nobody else to find out.

The manifest holds an HMAC-SHA-256 over the pixels of the source and one over those of the target, each under a salt of
its own, drawn from a random one of this output. That is not in the manifest; the registry of this installation keeps
it. Without it nobody can try out pictures that they have: a plain hash would confirm every right guess. With it the
owner shows that a picture is the very one (`selfsame verify FILE --original PHOTO`), or hands the salt of that one
picture to somebody who then can; about the other picture of the output it says nothing.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Final, final

import numpy as np
from numpy.typing import NDArray

from consent.errors import Forgery

Pixels = NDArray[np.uint8]

SALT_BYTES: Final = 32
SALT: Final = re.compile(r"[0-9a-f]{64}")
DIGEST: Final = re.compile(r"[0-9a-f]{64}")


class Role(StrEnum):
    """What a picture was used as."""

    SOURCE = "source"
    TARGET = "target"


@dataclass(frozen=True, slots=True)
class Proof:
    """The salt of one output, and what it leads to.

    Attributes:
        salt: 32 random bytes; never in the manifest.
        source: HMAC of the picture whose face was used, 64 hexadecimal digits.
        target: of the picture or the frames that were changed.
    """

    salt: bytes = field(repr=False)
    source: str
    target: str

    @classmethod
    def over(cls, source: Pixels, target: Iterable[Pixels]) -> Proof:
        """Draw a salt and commit to the pictures.

        Args:
            source: `uint8 RGB (H, W, 3)`.
            target: the picture in a list of its own, or the frames of a film in their order.
        """
        salt = secrets.token_bytes(SALT_BYTES)
        return cls(salt, commit(salt, Role.SOURCE, [source]), commit(salt, Role.TARGET, target))


@final
class Running:
    """The same for targets that come frame by frame: `add` the `digest` of each, then ask for the proof.

    Args:
        salt: of an output that is there already; None to draw one.
    """

    def __init__(self, salt: bytes | None = None) -> None:
        self._salt = secrets.token_bytes(SALT_BYTES) if salt is None else salt
        self._code = hmac.new(salt_of(self._salt, Role.TARGET), digestmod=sha256)

    def add(self, frame: bytes) -> None:
        """One more frame of the target, by its digest."""
        self._code.update(frame)

    def proof(self, source: Pixels) -> Proof:
        """What the frames that were added, and this source, lead to."""
        return Proof(self._salt, commit(self._salt, Role.SOURCE, [source]), self._code.hexdigest())

    def leads_to(self, target: str) -> None:
        """Pass only if the frames that were added lead to this HMAC of a target.

        Raises:
            Forgery: `forged`.
        """
        if not hmac.compare_digest(self._code.hexdigest(), target):
            raise Forgery.of("forged")

    def copy(self) -> Running:
        """As it is now, to be gone on with apart from this one."""
        other = Running(self._salt)
        other._code = self._code.copy()
        return other


def commit(salt: bytes, role: Role, pictures: Iterable[Pixels]) -> str:
    """HMAC-SHA-256 of pictures in a role, 64 hexadecimal digits.

    Source and target of one output that are the same picture do not show it: the role is in the key. Each picture goes
    in as the SHA-256 of its shape and pixels, so that frames can come one by one.
    """
    return _codes({role: salt_of(salt, role)}, pictures)[role]


def salt_of(salt: bytes, role: Role) -> bytes:
    """The salt of one picture of an output, to be given away."""
    return hmac.digest(salt, f"org.selfsame.{role}".encode(), "sha256")


def roles(salt: bytes, source: str, target: str, pictures: Iterable[Pixels]) -> tuple[Role, ...]:
    """What pictures were in an output, by its salt and its two HMACs; empty when they were nothing in it."""
    return _fitting({role: salt_of(salt, role) for role in Role}, source, target, pictures)


def roles_by_one(given: bytes, source: str, target: str, pictures: Iterable[Pixels]) -> tuple[Role, ...]:
    """The same by the salt of one picture."""
    return _fitting(dict.fromkeys(Role, given), source, target, pictures)


def _fitting(keys: Mapping[Role, bytes], source: str, target: str, pictures: Iterable[Pixels]) -> tuple[Role, ...]:
    told = {Role.SOURCE: source, Role.TARGET: target}
    codes = _codes(keys, pictures)
    return tuple(role for role, code in codes.items() if hmac.compare_digest(code, told[role]))


def _codes(keys: Mapping[Role, bytes], pictures: Iterable[Pixels]) -> dict[Role, str]:
    codes = {role: hmac.new(key, digestmod=sha256) for role, key in keys.items()}
    for pixels in pictures:
        one = digest(pixels)
        for code in codes.values():
            code.update(one)
    return {role: code.hexdigest() for role, code in codes.items()}


def digest(pixels: Pixels) -> bytes:
    """SHA-256 of one picture's shape and pixels, 32 bytes."""
    both = sha256(repr(pixels.shape).encode())
    both.update(np.ascontiguousarray(pixels).data)
    return both.digest()
