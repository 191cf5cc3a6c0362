"""Two worlds that never meet: people before a camera, and people who exist only in the simulator.

The simulator signs every picture it renders with a key it made when it started and shows to nobody. The mark travels
beside the pixels, in memory; no file and no browser can carry one. So the world of a capture follows from its frames:

* no mark: a camera;
* a valid mark: the simulator that holds the key;
* anything else, or a mixture: refused.

A gate matches pictures of its own world only. Nothing is switched on or off by this, and nothing is easier in the
simulator's world: the same challenge, liveness check, match and grant stand before the same engines, and the stamp says
DEMO PERSON besides.
"""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from consent.errors import Forgery, Refusal
from consent.types import Domain, Pixels, digest

CAMERA: Final = b""
"""The world of everyone who sits before a real camera."""
_KEY_BYTES: Final = 32
_MARK_BYTES: Final = 96
"""Public key (Ed25519) and signature over `MARKED` and the picture's digest."""
MARKED: Final = b"selfsame rendering"


def world(pixels: Pixels, mark: bytes) -> bytes:
    """The world a picture belongs to.

    Raises:
        Forgery: `bad-mark`, when there is a mark that is not a valid one for these pixels.
    """
    if not mark:
        return CAMERA
    try:
        if len(mark) != _MARK_BYTES:
            raise InvalidSignature
        key = Ed25519PublicKey.from_public_bytes(mark[:_KEY_BYTES])
        key.verify(mark[_KEY_BYTES:], MARKED + digest(pixels))
    except (InvalidSignature, ValueError):
        raise Forgery.of("bad-mark") from None
    return mark[:_KEY_BYTES]


def same_world(expected: bytes, found: bytes) -> None:
    """Refuse a picture from another world than the capture's.

    Raises:
        Refusal: `other-world`.
    """
    Refusal.unless(expected == found, "other-world")


def domain(world: bytes) -> Domain:
    """What to call a world."""
    return Domain.DEMO if world else Domain.LIVE
