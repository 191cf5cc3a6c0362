"""The challenge: what a person is asked to do, in an order nobody could know before.

Order rules, enforced here and in `liveness.recorder`: a challenge is drawn from the system's random source, opened by
one recorder, once; each prompt is revealed only after the one before was done; every action starts from rest.
"""

from __future__ import annotations

import itertools
import math
import secrets
from dataclasses import dataclass, field
from typing import Final, final

from consent import policy
from consent.types import Action, Assurance, Clock, Once, Seal, Sealed, since_boot

_KINDS: Final = (Action.TURN_LEFT, Action.TURN_RIGHT, Action.NOD, Action.CLOSE_EYES, Action.OPEN_MOUTH)
_ALWAYS: Final = frozenset({Action.TURN_LEFT, Action.TURN_RIGHT, Action.CLOSE_EYES, Action.OPEN_MOUTH})
"""Both turns carry the parallax, closed eyes and open mouth the life."""


def _orders() -> tuple[tuple[Action, ...], ...]:
    """Every order that may be drawn: all the kinds that must occur, and none twice running."""
    orders = itertools.product(_KINDS, repeat=policy.ACTIONS)
    return tuple(o for o in orders if set(o) >= _ALWAYS and all(a != b for a, b in itertools.pairwise(o)))


ORDERS: Final = _orders()
BITS: Final = math.log2(len(ORDERS))
"""Bits of the order alone, about 8: a blind guess is right once in some 260 tries. The start times come on top."""


@final
@dataclass(frozen=True, slots=True)
class Prompt:
    """One thing to do. `index` counts from 0 through the whole check; `seconds` is the time there is for it."""

    index: int
    action: Action
    seconds: float


@final
@dataclass(frozen=True, slots=True, eq=False)
class Challenge(Sealed):
    """A drawn challenge. Made by `draw` only. `clock` is read by the recorder, never by the page."""

    assurance: Assurance
    clock: Clock = field(repr=False)
    made: float
    once: Once = field(repr=False)
    _order: tuple[Action, ...] = field(repr=False)
    _jitter: tuple[float, ...] = field(repr=False)
    _nonce: bytes = field(repr=False)
    _seal: bytes = field(repr=False)

    def open(self) -> tuple[tuple[Action, ...], tuple[float, ...]]:
        """The actions in order and the seconds of rest before each; for the recorder, once.

        Raises:
            Forgery: `forged` or `spent`.
        """
        _SEAL.check(self._seal, self._nonce, *self._order, *self._jitter, self.made)
        self.once.spend("challenge")
        return self._order, self._jitter


_SEAL: Final = Seal()


def draw(clock: Clock = since_boot) -> Challenge:
    """Draw a challenge from the system's random source."""
    order = secrets.choice(ORDERS)
    low, high = policy.START_JITTER
    jitter = tuple(min(high, low + (high - low) * secrets.randbelow(1001) / 1000) for _ in order)
    made, nonce = clock(), secrets.token_bytes(16)
    seal = _SEAL.over(nonce, *order, *jitter, made)
    return Challenge(Assurance.MOTION, clock, made, Once(), order, jitter, nonce, seal)
