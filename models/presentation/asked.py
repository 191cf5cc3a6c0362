"""What a person is asked to do, can do, and is shown."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


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
    """What a person says they can do, named as the action, but for the two turns.

    Too little is refused; docs/liveness.md says what that cannot tell apart.
    """

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


DEEP: Final = frozenset({Action.TURN_LEFT, Action.TURN_RIGHT, Action.NOD, Action.DOT})
"""Movements in which a head shows its depth."""
