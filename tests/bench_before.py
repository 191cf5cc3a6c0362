"""The engines as they were: figures of the release before, kept in a file, beside those of today.

An engine of a release cannot be run beside its successor without carrying its code along, so what stands here is what
this bench printed then, on the same drawn people; the file says of which engines, and what is not the same since.
`python -m tests.bench_before FIGURES.json "WHAT THEY ARE OF"` takes the output of `selfsame bench engines --json` in.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from app.bench import Figure

KEPT: Final = Path(__file__).parent / "engines_before.json"
_MEASURES: Final = ("psnr", "ssim", "seam", "landmark_error", "_rate", "_years")
"""What is kept: no times, which are another computer's."""
_OLDER_METHODS: Final = ("swap.untouched", "swap.copied", "swap.classical", "express.untouched", "express.pasted")


def beside(today: Iterable[Figure]) -> Iterator[Figure]:
    """Today's figures as they come, then those of before for every name that both have."""
    before = json.loads(KEPT.read_text(encoding="utf-8"))
    names = []
    for figure in today:
        names.append(figure.name)
        yield figure
    for name in names:
        if name in before["figures"]:
            yield Figure(f"{name}.before", *_told(before["figures"][name], before["of"]))


def kept(printed: str, of: str) -> str:
    """The file's content: of a bench's JSON `printed`, what is compared later; `of` says what was measured."""
    figures = json.loads(printed.strip().splitlines()[-1])["figures"]
    known = [one for one in figures if one["value"] is not None and _told_of(one["name"])]
    some = {one["name"]: [round(one["value"], 4), one["n"]] for one in known}
    return json.dumps({"of": of, "figures": some}, indent=1) + "\n"


def _told_of(name: str) -> bool:
    return any(part in name for part in _MEASURES) and not name.startswith(_OLDER_METHODS)


def _told(value: tuple[float, int], of: str) -> tuple[float, str, int]:
    return value[0], f"as printed for {of}", value[1]


if __name__ == "__main__":
    KEPT.write_text(kept(Path(sys.argv[1]).read_text(encoding="utf-8"), sys.argv[2]), encoding="utf-8")
