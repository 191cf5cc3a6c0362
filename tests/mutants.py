"""What `make mutants` found, as the table of docs/gate.md, and every change that no test noticed.

python -m tests.mutants [FOLDER]        # where mutmut wrote what it found: mutants/ by default
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

FAILED = (1, 3)
"""What pytest says when a test fails; 3 is an error of its own, as from a change that cannot even be imported."""
ENDLESS = (24, -24, 36, 152, 255)
"""What mutmut says of tests that did not end, so that the change was found by waiting."""


def main(folder: Path) -> None:
    """Print the table, and then the names with mutmut's code; `mutmut show NAME` says what was changed."""
    missed, all_of, all_found, all_endless = [], 0, 0, 0
    print("| part of `consent/` | changes | found | of these, never ended |\n|---|---|---|---|")
    for kept in sorted((folder / "consent").rglob("*.meta")):
        said = json.loads(kept.read_text())["exit_code_by_key"]
        endless = sum(code in ENDLESS for code in said.values())
        found = sum(code in FAILED for code in said.values()) + endless
        missed += [f"{name} ({code})" for name, code in said.items() if code not in (*FAILED, *ENDLESS, None)]
        all_of, all_found, all_endless = all_of + len(said), all_found + found, all_endless + endless
        if said:
            part = kept.relative_to(folder / "consent").as_posix().removesuffix(".py.meta")
            print(f"| `{part}` | {len(said)} | {found} | {endless or ''} |")
    print(f"| together | {all_of} | {all_found} ({all_found / max(all_of, 1):.1%}) | {all_endless} |\n")
    print(*missed, sep="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "mutants"))
