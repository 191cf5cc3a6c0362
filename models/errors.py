"""The error of a broken installation or file, shared by all layers."""

from __future__ import annotations


class Fault(Exception):  # noqa: N818 - the project's two words are Refusal and Fault
    """Something is broken (our bug, or a damaged file): nobody was judged.

    Attributes:
        code: stable kebab-case identifier.
        reason: what is broken, in one plain sentence.
        remedy: the command or step that mends it.
    """

    def __init__(self, code: str, reason: str, remedy: str) -> None:
        super().__init__(f"{reason} {remedy} [{code}]")
        self.code = code
        self.reason = reason
        self.remedy = remedy
