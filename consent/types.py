"""The values that pass between the stages. Sealed ones are made by one stage only and carry its seal.

Sealed values are frozen, hold pixels backed by `bytes` (so that the write flag cannot be set back), and refuse to be
copied or pickled. A seal is an HMAC-SHA-256 over everything in the value, whatever its fields are (of arrays, over a
keyed tag of all their bytes), under a random key that never leaves the stage that made it; who redeems a value checks
the seal first, so one that was rebuilt with anything changed is refused.
"""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import os
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NoReturn, SupportsIndex, TypeVar, final

import numpy as np
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from numpy.typing import NDArray

from consent.errors import Box, Fault, Forgery
from models.faces import Face
from models.presentation.asked import Ability as Ability  # noqa: PLC0414 - handed on
from models.presentation.asked import Action as Action  # noqa: PLC0414
from models.presentation.asked import Assurance as Assurance  # noqa: PLC0414
from models.presentation.asked import Colour as Colour  # noqa: PLC0414

Pixels = NDArray[np.uint8]
"""`uint8 RGB (H, W, 3)`."""
Clock = Callable[[], float]
"""Monotonic seconds."""
_S = TypeVar("_S", bound="Sealed")
_MANY: Final = AESGCM(AESGCM.generate_key(128))
"""Makes sixteen bytes of many, under a random key of this process: of any two pictures they are the same once in 2**100
times. A seal, an HMAC, is put over them and nobody sees them, so one nonce will do. A twentieth of the time of SHA-256.
"""


def since_boot() -> float:
    """The clock of a session: monotonic seconds that go on while the machine sleeps, where the system has such."""
    kind = getattr(time, "CLOCK_BOOTTIME", None)
    return time.clock_gettime(kind) if kind is not None else time.monotonic()


class Purpose(StrEnum):
    """What a person may agree to, one by one. Only what the program can do today is offered."""

    SWAP = "swap"
    AGE = "age"
    EXPRESS = "express"
    VIDEO = "video"
    MIRROR = "mirror"
    MODEL = "personal-model"


class Domain(StrEnum):
    """Where the person exists: before a camera, or only in the simulator (see `consent.domain`)."""

    LIVE = "live"
    DEMO = "demo"


class Origin(StrEnum):
    """Where a matched picture came from."""

    LIVE = "live"
    PHOTO = "photo"


def freeze(pixels: Pixels) -> Pixels:
    """A read-only copy that cannot be made writable again.

    Raises:
        Fault: `bad-pixels`, when the array is not `uint8 (H, W, 3)`.
    """
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or 0 in pixels.shape:
        raise Fault("bad-pixels", f"Expected uint8 (H, W, 3), got {pixels.dtype} {pixels.shape}.", "Report it.")
    return np.frombuffer(pixels.tobytes(), np.uint8).reshape(pixels.shape)


def digest(pixels: Pixels) -> bytes:
    """SHA-256 of shape and pixels."""
    return hashlib.sha256(repr(pixels.shape).encode() + pixels.tobytes()).digest()


def exactly(kind: type, value: object) -> None:
    """Pass a value of this very type: a look-alike could say anything of itself.

    Raises:
        Forgery: `forged`.
    """
    if type(value) is not kind:
        raise Forgery.of("forged")


@final
class Once:
    """Something that can be used one time. Its `mark` is like no other's: a seal over it is over this one."""

    __slots__ = ("_lock", "_mark", "_spent")

    def __init__(self) -> None:
        self._lock, self._mark, self._spent = threading.Lock(), os.urandom(16), False

    @property
    def mark(self) -> bytes:
        """Sixteen random bytes."""
        return self._mark

    def spend(self, what: str) -> None:
        """Use it up.

        Raises:
            Forgery: `spent`, from the second call on.
        """
        with self._lock:
            if self._spent:
                raise Forgery.of("spent", what=what)
            self._spent = True


@dataclass(frozen=True, slots=True, eq=False)
class Sealed:
    """Base of values that are used where they were made: no copy, no pickle. A seal stands in the last field."""

    def _refuse(self, *_: object) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} cannot be copied or serialised")

    __copy__ = __deepcopy__ = __replace__ = _refuse

    def __reduce_ex__(self, _: SupportsIndex) -> NoReturn:
        self._refuse()


@final
class Seal:
    """A random key and what it signs. Each stage that makes sealed values owns one."""

    __slots__ = ("_key",)

    def __init__(self) -> None:
        self._key = os.urandom(32)

    def over(self, *parts: object) -> bytes:
        """HMAC-SHA-256 over all that is in the parts."""
        return hmac.digest(self._key, _told(parts), "sha256")

    def check(self, seal: object, *parts: object) -> None:
        """Raise `Forgery` unless `seal` is this key's seal over `parts`."""
        if not (isinstance(seal, bytes) and hmac.compare_digest(seal, self.over(*parts))):
            raise Forgery.of("forged")

    def put(self, value: _S) -> _S:
        """The value, sealed: type and every field but the last."""
        name, parts = _parts(value)
        return dataclasses.replace(value, **{name: self.over(*parts)})

    def verify(self, kind: type[Sealed], value: Sealed) -> None:
        """Raise `Forgery` unless the value is of this very type, and under this key's seal as it is."""
        exactly(kind, value)
        name, parts = _parts(value)
        self.check(getattr(value, name), *parts)


def _parts(value: Sealed) -> tuple[str, tuple[object, ...]]:
    """The name of the field with the seal, and what the seal covers."""
    *fields, last = dataclasses.fields(value)
    return last.name, (type(value).__name__, *(getattr(value, one.name) for one in fields))


def _told(value: object) -> bytes:
    """A value as bytes, for a seal: its very type, and all that is in it, so that no look-alike has the same.

    Of what was sealed before, the seal; of what is not known here, that it is this very object.
    """
    if value is None or isinstance(value, (str, int, float)):  # most are; a union would take longer
        inside = repr(value).encode()
    elif isinstance(value, np.ndarray):
        seen = np.ascontiguousarray(value).view(np.uint8).data
        inside = f"{value.dtype.str} {value.shape} ".encode() + _MANY.encrypt(bytes(12), b"", seen)
    elif isinstance(value, (tuple, list)):
        inside = b"".join(_told(one) for one in value)
    elif isinstance(value, (frozenset, set, Mapping)):
        inside = _told([*value.items()] if isinstance(value, Mapping) else sorted(value))
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        inside = _told(getattr(value, "seal", None) or [getattr(value, one.name) for one in dataclasses.fields(value)])
    else:
        mark = value.mark if isinstance(value, Once) else value
        inside = bytes(mark) if isinstance(mark, (bytes, bytearray)) else repr(id(value)).encode()
    return struct.pack(">QQ", id(type(value)), len(inside)) + inside


@final
@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One camera frame as it arrived.

    Attributes:
        pixels: `uint8 RGB (H, W, 3)`.
        page_time: when the camera took it, seconds by the page's own clock.
        shown: index of the prompt that was painted on the screen when it was taken; -1 for none yet.
        mark: the simulator's mark, empty for a camera (see `consent.domain`).
    """

    pixels: Pixels = field(repr=False)
    page_time: float
    shown: int
    mark: bytes = field(default=b"", repr=False)


@final
@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """One decoded picture, upright. `mark` as in `Frame`."""

    pixels: Pixels = field(repr=False)
    mark: bytes = field(default=b"", repr=False)


@final
@dataclass(frozen=True, slots=True, eq=False)
class LiveFrame:
    """A frame of the live check that was kept, with what was asked when it was taken."""

    pixels: Pixels = field(repr=False)
    face: Face = field(repr=False)
    action: Action


@final
@dataclass(frozen=True, slots=True, eq=False)
class LiveCapture(Sealed):
    """A live person, verified. Made by `consent.liveness.check` only.

    Attributes:
        frames: the kept frames, in the order they were taken.
        years: apparent age, median over the samples of the check.
        world: where the person exists (see `consent.domain`); empty before a real camera.
        assurance: kind of challenge that was passed.
        made: monotonic seconds.
    """

    frames: tuple[LiveFrame, ...] = field(repr=False)
    years: float
    world: bytes = field(repr=False)
    assurance: Assurance
    made: float
    once: Once = field(repr=False)
    seal: bytes = field(default=b"", repr=False)


@final
@dataclass(frozen=True, slots=True, eq=False)
class Match(Sealed):
    """One face of one picture that the gate found to be the enrolled person. Made by `Gate.match` only.

    Attributes:
        pixels: the whole picture, read-only.
        face: the matched face; `others` are the boxes of everyone else in the picture.
        score: cosine with the template, `policy.MATCH_COSINE`..1.
        origin: a photo, or a frame of the live check.
        action: what the person was asked to do, for a live frame.
    """

    pixels: Pixels = field(repr=False)
    face: Face = field(repr=False)
    others: tuple[Box, ...]
    score: float
    origin: Origin
    action: Action | None
    seal: bytes = field(default=b"", repr=False)


@final
@dataclass(frozen=True, slots=True, eq=False)
class Grant(Sealed):
    """Leave for one purpose, on exactly these two pictures, once, until `expires` (monotonic seconds).

    `job` is the number of a film or a mirror, or of the previews of a pair; empty for a picture.
    """

    source: Match = field(repr=False)
    target: Match = field(repr=False)
    purpose: Purpose
    expires: float
    nonce: bytes = field(repr=False)
    job: bytes = field(default=b"", repr=False)
    seal: bytes = field(default=b"", repr=False)


@final
@dataclass(frozen=True, slots=True)
class Facts:
    """What the stamp says about an output; of biometrics the two cosines alone, which it rounds."""

    purposes: tuple[Purpose, ...]
    domain: Domain
    assurance: Assurance
    session: str
    consent: str
    source_origin: Origin
    target_origin: Origin
    engine: str
    parameters: Mapping[str, float | str]
    face_box: Box
    source_score: float
    target_score: float


@final
@dataclass(frozen=True, slots=True, eq=False)
class Released(Sealed):
    """What the stamp gets: the changed pixels, the target and the source they were made from, and the facts."""

    pixels: Pixels = field(repr=False)
    original: Pixels = field(repr=False)
    source: Pixels = field(repr=False)
    facts: Facts


@final
@dataclass(frozen=True, slots=True, eq=False)
class Draft(Sealed):
    """A changed picture that nobody can save, show or index; only the stamp opens it, through `Gate.release`."""

    _inside: Released = field(repr=False)
    _nonce: bytes = field(repr=False)
    _job: bytes = field(repr=False)
    _seal: bytes = field(default=b"", repr=False)


LIVE_SEAL: Final = Seal()
"""Seals what liveness found until enrolment takes it, within this process."""
