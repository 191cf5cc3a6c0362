"""The one form of what the red team found: a table for people, one JSON object for programs.

The attacks stand in `tests/redteam/`: they need the drawn people, who are not installed, and so a checkout.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """One attack, carried out.

    Attributes:
        attack: its name.
        surface: where it came in.
        expected: what has to happen.
        happened: what did.
        seconds: wall time.
    """

    attack: str
    surface: str
    expected: str
    happened: str
    seconds: float

    @property
    def is_withstood(self) -> bool:
        """What had to happen did, and nothing else."""
        return self.happened == self.expected


def outcomes_json(outcomes: Sequence[Outcome]) -> str:
    """One line: `{"attacks": [{"attack", "surface", "expected", "happened", "seconds", "withstood"}], "open": n}`."""
    told = [{**asdict(one), "withstood": one.is_withstood} for one in outcomes]
    return json.dumps({"attacks": told, "open": sum(not one.is_withstood for one in outcomes)})


def table(outcomes: Sequence[Outcome]) -> str:
    """A table for people, one attack a line, those that got through marked; the last line counts."""
    rows = [("", "attack", "surface", "expected", "happened")]
    rows += [(_mark(one), one.attack, one.surface, one.expected, one.happened) for one in outcomes]
    wide = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = ["  ".join((*(cell.ljust(w) for cell, w in zip(row, wide, strict=False)), row[-1])) for row in rows]
    through = sum(not one.is_withstood for one in outcomes)
    counted = f"{len(outcomes)} attacks, {through} with an outcome that should not be."
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:], counted])


def _mark(outcome: Outcome) -> str:
    return "ok" if outcome.is_withstood else "NO"


def markdown(outcomes: Sequence[Outcome]) -> str:
    """The same as a table in Markdown, by surface."""
    lines = ["| attack | surface | expected | happened |", "|---|---|---|---|"]
    for one in outcomes:
        happened = "the same" if one.is_withstood else f"**{one.happened}**"
        lines.append(f"| {one.attack} | {one.surface} | {one.expected} | {happened} |")
    return "\n".join(lines)
