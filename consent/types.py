"""The values that pass between the stages. Sealed ones are made by one stage only and carry its seal.

Sealed values are frozen, hold pixels backed by `bytes` (so that the write flag cannot be set back), and refuse to be
copied or pickled. A seal is an HMAC-SHA-256 over everything in the value, under a random key that never leaves the
stage that made it; who redeems a value checks the seal first, so one that was rebuilt with anything changed is refused.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NoReturn, SupportsIndex, final

import numpy as np
from numpy.typing import NDArray

from consent.errors import Box, Fault, Forgery
from models.faces import Face

Pixels = NDArray[np.uint8]
"""`uint8 RGB (H, W, 3)`."""
Clock = Callable[[], float]
"""Monotonic seconds."""


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


class Action(StrEnum):
    """What a person is asked to do. Left and right are the person's own."""

    CENTRE = "centre"
    TURN_LEFT = "turn-left"
    TURN_RIGHT = "turn-right"
    NOD = "nod"
    CLOSE_EYES = "close-eyes"
    OPEN_MOUTH = "open-mouth"
    LEAN_IN = "lean-in"
    LIGHT = "light"
    """Look straight and hold still while the screen shows one colour."""
    DOT = "dot"
    """Follow a dot with the nose."""


class Ability(StrEnum):
    """What a person says they can do. Too little is refused; docs/liveness.md says what that cannot tell apart."""

    TURN = "turn"
    NOD = "nod"
    EYES = "close-eyes"
    MOUTH = "open-mouth"
    LEAN = "lean-in"


class Colour(StrEnum):
    """What the screen shows, all over."""

    RED = "red"
    GREEN = "green"
    BLUE = "blue"
    CYAN = "cyan"
    MAGENTA = "magenta"
    YELLOW = "yellow"

    @property
    def rgb(self) -> tuple[float, float, float]:
        """(r, g, b), each 0 or 1, the same in sRGB and in linear light."""
        lit = {"red": "r", "green": "g", "blue": "b", "cyan": "gb", "magenta": "rb", "yellow": "rg"}[self.value]
        return float("r" in lit), float("g" in lit), float("b" in lit)


class Assurance(StrEnum):
    """Which kind of challenge was passed: actions and a followed dot, or actions and coloured light."""

    MOTION = "motion"
    MOTION_LIGHT = "motion+light"


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


def measured(face: Face) -> bytes:
    """Everything that was measured of a face, for a seal."""
    pose = (face.pose.yaw, face.pose.pitch, face.pose.roll)
    numbers = (*face.box, *pose, *face.eyes, face.mouth, face.score, face.sharpness, face.brightness, face.eye_distance)
    return face.points.tobytes() + face.mesh.tobytes() + np.array(numbers, np.float64).tobytes()


@final
class Seal:
    """A random key and what it signs. Each stage that makes sealed values owns one."""

    __slots__ = ("_key",)

    def __init__(self) -> None:
        self._key = os.urandom(32)

    def over(self, *parts: bytes | str | float) -> bytes:
        """HMAC-SHA-256 over the parts, each prefixed with its length so that none can run into the next."""
        blocks = [
            p if isinstance(p, bytes) else p.encode() if isinstance(p, str) else struct.pack(">d", p) for p in parts
        ]
        return hmac.digest(self._key, b"".join(struct.pack(">Q", len(b)) + b for b in blocks), "sha256")

    def check(self, seal: bytes, *parts: bytes | str | float) -> None:
        """Raise `Forgery` unless `seal` is this key's seal over `parts`."""
        if not (isinstance(seal, bytes) and hmac.compare_digest(seal, self.over(*parts))):
            raise Forgery.of("forged")


def exactly(kind: type, value: object) -> None:
    """Pass a value of this very type: a look-alike could say anything of itself.

    Raises:
        Forgery: `forged`.
    """
    if type(value) is not kind:
        raise Forgery.of("forged")


@final
class Once:
    """Something that can be used one time."""

    __slots__ = ("_lock", "_spent")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._spent = False

    def spend(self, what: str) -> None:
        """Use it up.

        Raises:
            Forgery: `spent`, from the second call on.
        """
        with self._lock:
            if self._spent:
                raise Forgery.of("spent", what=what)
            self._spent = True


class Sealed:
    """Base of values that are used where they were made: no copy, no pickle."""

    __slots__ = ()

    def _refuse(self, *_: object) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} cannot be copied or serialised")

    __copy__ = __deepcopy__ = __replace__ = _refuse

    def __reduce_ex__(self, _: SupportsIndex) -> NoReturn:
        self._refuse()


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
    seal: bytes = field(repr=False)

    def sealed_parts(self) -> tuple[bytes | str | float, ...]:
        """What the seal covers."""
        frames = (digest(f.pixels) + measured(f.face) + f.action.encode() for f in self.frames)
        return (b"live", *frames, self.years, self.world, self.assurance, self.made, id(self.once))


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
    seal: bytes = field(repr=False)

    def sealed_parts(self) -> tuple[bytes | str | float, ...]:
        """What the seal covers."""
        boxes = np.array(self.others, np.float64).tobytes()
        return (b"match", digest(self.pixels), measured(self.face), boxes, self.score, self.origin, self.action or "")


@final
@dataclass(frozen=True, slots=True, eq=False)
class Grant(Sealed):
    """Leave for one purpose, on exactly these two pictures, once, until `expires` (monotonic seconds)."""

    source: Match = field(repr=False)
    target: Match = field(repr=False)
    purpose: Purpose
    expires: float
    nonce: bytes = field(repr=False)
    seal: bytes = field(repr=False)

    def sealed_parts(self) -> tuple[bytes | str | float, ...]:
        """What the seal covers."""
        return (b"grant", self.source.seal, self.target.seal, self.purpose, self.expires, self.nonce)


@final
@dataclass(frozen=True, slots=True)
class Facts:
    """What the stamp says about an output; of biometrics the two cosines alone, which it rounds."""

    purpose: Purpose
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
class Draft(Sealed):
    """A changed picture that nobody can save, show or index; only the stamp opens it, through `Gate.release`."""

    _pixels: Pixels = field(repr=False)
    _original: Pixels = field(repr=False)
    _source: Pixels = field(repr=False)
    _facts: Facts = field(repr=False)
    _nonce: bytes = field(repr=False)
    _seal: bytes = field(repr=False)


@final
@dataclass(frozen=True, slots=True, eq=False)
class Released(Sealed):
    """What the stamp gets: the changed pixels, the target and the source they were made from, and the facts."""

    pixels: Pixels = field(repr=False)
    original: Pixels = field(repr=False)
    source: Pixels = field(repr=False)
    facts: Facts


LIVE_SEAL: Final = Seal()
"""Seals what liveness found until enrolment takes it, within this process."""
