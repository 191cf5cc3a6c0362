"""What every error that a person may see says; and the one of a broken installation or file, shared by all layers."""

from __future__ import annotations


class Said(Exception):  # noqa: N818 - the project's two words are Refusal and Fault
    """Something to be said to a person.

    Attributes:
        code: stable kebab-case identifier, for programs and tests.
        reason: what was seen, in one plain sentence.
        remedy: what to do next, in one plain sentence.
    """

    def __init__(self, code: str, reason: str, remedy: str) -> None:
        super().__init__(f"{reason} {remedy} [{code}]")
        self.code = code
        self.reason = reason
        self.remedy = remedy


class Fault(Said):
    """Something is broken (our bug, or a damaged file): nobody was judged. The remedy is what mends it."""
