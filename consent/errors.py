"""The two ways to stop.

Exception
|-- Refusal      a person is told no: code, reason, what to do next; nothing is broken
|   `-- Forgery  a sealed value was hand-built, altered, foreign, replayed or has run out
`-- Fault        something is broken: our bug, a damaged file, a missing model (models.errors)
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Final, Self

from models.errors import Fault

__all__ = ["WORDS", "Fault", "Forgery", "Refusal"]

Box = tuple[float, float, float, float]
WORDS: Final[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("words.toml").read_text("utf-8"))
"""What people are told, in English: `refusal` by code, `ask` by hint."""


class Refusal(Exception):  # noqa: N818 - the project's two words are Refusal and Fault
    """A person is told no.

    Attributes:
        code: stable kebab-case identifier, for programs and tests.
        reason: what was seen and why it is refused, in one plain sentence.
        remedy: what the person can do next, in one plain sentence.
        boxes: faces the reason speaks of, as (x, y, width, height) in pixels, left to right.
    """

    def __init__(self, code: str, reason: str, remedy: str, boxes: tuple[Box, ...] = ()) -> None:
        super().__init__(f"{reason} {remedy} [{code}]")
        self.code = code
        self.reason = reason
        self.remedy = remedy
        self.boxes = boxes

    @classmethod
    def of(cls, code: str, case: str = "", boxes: tuple[Box, ...] = (), **values: str) -> Self:
        """The refusal of that code, in the words of `words.toml`.

        Args:
            code: see above.
            case: which of the words of this code.
            boxes: see above.
            values: what the words leave open.
        """
        said = WORDS["refusal"][f"{code}.{case}" if case else code]
        return cls(code, said["reason"].format(**values), said["remedy"].format(**values), boxes)


class Forgery(Refusal):
    """A sealed value that this gate did not make, or that is spent, stale or changed."""
