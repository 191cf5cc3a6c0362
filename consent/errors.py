"""The two ways to stop.

Exception
|-- Refusal      a person is told no: code, reason, what to do next; nothing is broken
|   `-- Forgery  a sealed value was hand-built, altered, foreign, replayed or has run out
`-- Fault        something is broken: our bug, a damaged file, a missing model (models.errors)
"""

from __future__ import annotations

from models.errors import Fault

__all__ = ["Fault", "Forgery", "Refusal"]

Box = tuple[float, float, float, float]


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


class Forgery(Refusal):
    """A sealed value that this gate did not make, or that is spent, stale or changed."""
