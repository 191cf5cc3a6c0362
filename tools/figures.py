"""The figures of README, out of the pages where they stand: `python -m tools.figures` writes them in again.

A row of README's table names a figure and its page; the number is the page's, which names the command that printed it.
`tests/promises/test_docs.py` finds a row that says something else.
"""

from __future__ import annotations

import re
import sys
from typing import Final

from tools.sbom import ROOT

ROW: Final = re.compile(
    r"^\| (?P<what>[^|]+) \| (?P<value>[^|]+) \| `(?P<name>[\w.]+)`, \[[^]]+\]\((?P<page>[\w/.-]+)\) \|$"
)
_FIGURE: Final = re.compile(r"^\| `(?P<name>[\w.]+)` \| (?P<value>[^|]*?) \|")


def stated(page: str) -> dict[str, str]:
    """Value by name of every figure that a page has in a table."""
    found = (_FIGURE.match(line) for line in (ROOT / page).read_text(encoding="utf-8").splitlines())
    return {one["name"]: one["value"] for one in found if one}


def written(text: str) -> str:
    """README with every figure as its page says it; what follows the number (a unit) stays.

    Raises:
        KeyError: a page does not have the figure.
    """
    lines = []
    for line in text.splitlines():
        row = ROW.match(line)
        if row:
            number, _, unit = row["value"].partition(" ")
            fresh = " ".join(filter(None, [stated(row["page"])[row["name"]], unit]))
            line = line.replace(f"| {number}{' ' * bool(unit)}{unit} |", f"| {fresh} |", 1)  # noqa: PLW2901
        lines.append(line)
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    readme = ROOT / "README.md"
    readme.write_text(written(readme.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write("README says what the pages say.\n")
