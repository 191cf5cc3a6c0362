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

from models.errors import Fault, Said

__all__ = ["WORDS", "Fault", "Forgery", "Refusal"]

Box = tuple[float, float, float, float]
WORDS: Final[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("words.toml").read_text("utf-8"))
"""What people are told, in English: `refusal` by code, `ask` by hint."""


class Refusal(Said):
    """A person is told no: what was seen and why it is refused, and what they can do next.

    Attributes:
        boxes: faces the reason speaks of, as (x, y, width, height) in pixels, left to right.
    """

    def __init__(self, code: str, reason: str, remedy: str, boxes: tuple[Box, ...] = ()) -> None:
        super().__init__(code, reason, remedy)
        self.boxes = boxes

    @classmethod
    def of(cls, code: str, case: str = "", boxes: tuple[Box, ...] = (), **values: str) -> Self:
        """The refusal of that code, in the words of `words.toml`.

        Args:
            code: stable kebab-case identifier, for programs and tests.
            case: which of the words of this code.
            boxes: see above.
            values: what the words leave open.
        """
        said = WORDS["refusal"][f"{code}.{case}" if case else code]
        return cls(code, said["reason"].format(**values), said["remedy"].format(**values), boxes)

    @classmethod
    def unless(cls, fine: object, code: str, case: str = "", boxes: tuple[Box, ...] = (), **values: str) -> None:
        """Raise the refusal of that code unless all is fine. Say what must hold: a bare number, as NaN, never does."""
        if isinstance(fine, float) or not fine:
            raise cls.of(code, case, boxes, **values)


class Forgery(Refusal):
    """A sealed value that this gate did not make, or that is spent, stale or changed."""
