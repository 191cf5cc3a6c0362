"""The challenge: what a person is asked to do, in an order nobody could know before.

Two kinds, which gate alike. `motion+light`: actions, and colours that the screen shines on the face. `motion`:
actions, and a dot that the nose follows. People say first what they can do; who can do less does more rounds.

Order rules, enforced here and in `liveness.recorder`: a challenge is drawn from the system's random source, opened by
one recorder, once; each prompt is revealed only after the one before was done; every action starts from rest.
"""

from __future__ import annotations

import functools
import itertools
import math
import secrets
from dataclasses import dataclass, field
from typing import Final, final

from consent import policy
from consent.errors import Refusal
from consent.types import Ability, Action, Assurance, Clock, Colour, Once, Seal, Sealed, since_boot
from models.presentation.path import Path

Order = tuple[Action, ...]
TURNS: Final = (Action.TURN_LEFT, Action.TURN_RIGHT)
_FACIAL: Final = frozenset({Action.CLOSE_EYES, Action.OPEN_MOUTH})
EVERYTHING: Final = frozenset(Ability)


@functools.cache
def orders(abilities: frozenset[Ability] = EVERYTHING) -> tuple[Order, ...]:
    """Every order that may be drawn, equally likely: as short as gives `policy.ORDER_BITS`.

    The head turns both ways in each, for that carries the depth; the eyes close and the mouth opens where they can, for
    that carries the life; nothing comes twice running where there are four kinds or more.

    Raises:
        Refusal: `too-little-to-ask`, when the head cannot turn, or neither eyes nor mouth can do anything. (A
            photograph that is warped passes a nod alone, and any mask that does not have to blink or speak.)
    """
    able = (ability for ability in Ability if ability in abilities)
    kinds = tuple(a for ability in able for a in (TURNS if ability is Ability.TURN else (Action(ability.value),)))
    must = {*TURNS, *(_FACIAL & set(kinds))}
    Refusal.unless(set(TURNS) <= set(kinds) and _FACIAL & set(kinds), "too-little-to-ask")
    length = policy.ACTIONS
    while True:
        found = tuple(
            order
            for order in itertools.product(kinds, repeat=length)
            if must <= set(order) and (len(kinds) < 4 or all(a != b for a, b in itertools.pairwise(order)))
        )
        if found and math.log2(len(found)) >= policy.ORDER_BITS:
            return found
        length += 1


@final
@dataclass(frozen=True, slots=True)
class Prompt:
    """One thing to do. `index` counts from 0 through the whole check; `seconds` is the time there is for it.

    `colour` is what the screen shows, all over, while it lasts.
    """

    index: int
    action: Action
    seconds: float
    colour: Colour | None = None


@final
@dataclass(frozen=True, slots=True)
class Plan:
    """What was drawn: the steps in order, the colours of LIGHT, the paths of the first DOT and of the next.

    `again` is one thing more, asked at the end of whom something was asked twice, as it was not seen in time; `spare`
    are two turns, asked at the end, once, of whom the depth could not be told (glasses, little light).
    """

    steps: Order = field(repr=False)
    colours: tuple[Colour, ...] = field(repr=False)
    paths: tuple[Path, ...] = field(repr=False)
    again: Order = field(default=(), repr=False)
    spare: Order = field(default=(), repr=False)


@final
@dataclass(frozen=True, slots=True, eq=False)
class Challenge(Sealed):
    """A drawn challenge. Made by `draw` only. `clock` is read by the recorder, never by the page."""

    assurance: Assurance
    clock: Clock = field(repr=False)
    made: float
    once: Once = field(repr=False)
    _plan: Plan = field(repr=False)
    seal: bytes = field(default=b"", repr=False)

    def open(self) -> Plan:
        """The plan; for the recorder, once.

        Raises:
            Forgery: `forged` or `spent`.
        """
        _SEAL.verify(Challenge, self)
        self.once.spend("challenge")
        return self._plan


_SEAL: Final = Seal()


def draw(
    clock: Clock = since_boot,
    assurance: Assurance = Assurance.MOTION_LIGHT,
    abilities: frozenset[Ability] = EVERYTHING,
) -> Challenge:
    """Draw a challenge from the system's random source.

    Raises:
        Refusal: `too-little-to-ask`; see `orders`.
    """
    actions = secrets.choice(orders(abilities))
    light = assurance is Assurance.MOTION_LIGHT
    place = 1 + secrets.randbelow(len(actions))
    steps = (*actions[:place], Action.LIGHT if light else Action.DOT, *actions[place:])
    paths = tuple(dot(up=Ability.NOD in abilities) for _ in range(1 if light else 2))
    first = secrets.randbelow(2)
    again = secrets.choice([action for action in dict.fromkeys(actions) if action is not actions[-1]])
    plan = Plan(steps, _colours() if light else (), paths, (again,), (TURNS[first], TURNS[1 - first]))
    return _SEAL.put(Challenge(assurance, clock, clock(), Once(), plan))


def between(low: float, high: float) -> float:
    """Uniform, from the system's random source: when something happens that nobody may foresee."""
    return min(high, low + (high - low) * secrets.randbelow(1001) / 1000)


def dot(*, up: bool = True) -> Path:
    """The path of the dot that the nose follows: random, so that no recording can have followed it before.

    Args:
        up: it moves up and down, too, for people who can nod. Sideways alone takes longer.
    """
    seconds = policy.DOT_SECONDS if up else policy.DOT_SECONDS_ONE_WAY
    return Path.drawn(lambda: secrets.randbelow(2001) / 1000 - 1, seconds, policy.DOT_LEAP, policy.DOT_SPEED, up=up)


def _colours() -> tuple[Colour, ...]:
    """Colours in a row, never the same twice running."""
    drawn = [secrets.choice(list(Colour))]
    while len(drawn) < policy.LIGHT_SLOTS:
        drawn.append(secrets.choice([colour for colour in Colour if colour is not drawn[-1]]))
    return tuple(drawn)
