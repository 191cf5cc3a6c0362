"""An evaluation as a Markdown page with its picture beside it. No name and no path of the pictures is in either."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.bench import Figure, span
from app.evaluate import Outcome, figures, said
from app.evaluate_picture import picture
from consent.errors import Refusal


def write(path: Path, outcome: Outcome, command: str) -> None:
    """Write the page, and its picture under the same name with `.png`.

    Args:
        path: the Markdown file; replaced.
        outcome: what was compared.
        command: how it is run again, without the names of anybody's folders.

    Raises:
        Refusal: `cannot-write`.
    """
    drawn = path.with_suffix(".png")
    try:
        drawn.write_bytes(picture(outcome))
        path.write_text(page(figures(outcome), said(outcome), command, drawn.name), encoding="utf-8")
    except OSError as error:
        raise Refusal("cannot-write", f"{path} cannot be written ({error.strerror}).", "Name another file.") from None


def page(found: Sequence[Figure], about: str, command: str, drawn: str) -> str:
    """The Markdown."""
    rows = [
        f"| `{f.name}` | {_number(f.value)} | {span(f.ci95)} | {span(f.ci95_people)} | {f.n} | {_number(f.goal)} |"
        f" {f.unit} |"
        for f in found
    ]
    head = ["| figure | value | 95 % | 95 % by people | n | goal | unit |", "|---|---|---|---|---|---|---|"]
    picture_line = f"![How the scores lie, and the DET curve]({drawn})"
    return "\n".join([f"`{command}`", "", about, "", *head, *rows, "", picture_line, ""])


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"
