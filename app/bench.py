"""The one form of every benchmark's figures: a table for people, one JSON object for programs.

What is measured, and how, stands in `tests/bench.py`: the synthetic people live there, so figures need a checkout.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

CONFIDENCE: Final = 0.95
_HALVINGS: Final = 60


class Bench(StrEnum):
    """What can be measured."""

    GATE = "gate"
    LIVENESS = "liveness"
    STAMP = "stamp"
    ENGINES = "engines"
    VIDEO = "video"
    PERSONAL = "personal"
    ALL = "all"


class Split(StrEnum):
    """Whose sessions: limits may be chosen looking at development alone."""

    DEVELOPMENT = "development"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number.

    Attributes:
        name: stable, e.g. `swap.ms`.
        value: None when there was nothing to measure it on.
        unit: what the number counts, in a few words.
        goal: the number wanted, where one is set.
        n: how many measurements it rests on.
        ci95: for a share, its Clopper-Pearson interval of 95 %, as if no two measurements had anything in common.
        ci95_people: the same over people drawn again, where measurements share people (see `app.evaluate`).
    """

    name: str
    value: float | None
    unit: str
    n: int
    goal: float | None = None
    ci95: tuple[float, float] | None = None
    ci95_people: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class RedTeam:
    """How much of the liveness bench is run, and where its sessions are kept.

    Attributes:
        sessions: of each instrument and of bona fide, normal and hard; None for the usual number.
        split: people and seeds.
        only: names to run; all where empty.
        folder: keeps the sessions (numbers, no pictures), so that a stopped run goes on; None for a new one.
        rescore: judge the kept sessions with today's limits, run none.
        write: Markdown file for the tables; a picture and the sessions are put beside it.
        processes: 0 for one a core.
        published: sessions that lie beside a table, put into the folder first.
    """

    sessions: int | None = None
    split: Split = Split.TEST
    only: tuple[str, ...] = ()
    folder: Path | None = None
    rescore: bool = False
    write: Path | None = None
    processes: int = 0
    published: Path | None = None


def share(name: str, hits: int, n: int, unit: str, goal: float | None = None) -> Figure:
    """The figure of `hits` out of `n` independent trials."""
    return Figure(name, hits / n if n else None, unit, n, goal, clopper_pearson(hits, n) if n else None)


def clopper_pearson(hits: int, n: int) -> tuple[float, float]:
    """The exact two-sided 95 % interval of a binomial share (Clopper and Pearson 1934).

    Args:
        hits: 0..n.
        n: trials, at least 1.

    Returns:
        (low, high), each 0..1: the shares under which so many hits or more, or so few or fewer, come in 2.5 %.

    Raises:
        ValueError: there cannot be so many hits.
    """
    if not 0 <= hits <= n or n < 1:
        raise ValueError(f"{hits} of {n} is no share")
    tail = (1 - CONFIDENCE) / 2
    low = 0.0 if hits == 0 else _where(lambda p: 1 - _at_most(hits - 1, n, p) > tail)
    high = 1.0 if hits == n else _where(lambda p: _at_most(hits, n, p) < tail)
    return low, high


def _at_most(hits: int, n: int, p: float) -> float:
    """Probability of at most `hits` of `n` at share `p`, 0 < p < 1; by logarithms, so that no factor overflows."""
    return math.fsum(
        math.exp(
            math.lgamma(n + 1)
            - math.lgamma(k + 1)
            - math.lgamma(n - k + 1)
            + k * math.log(p)
            + (n - k) * math.log1p(-p)
        )
        for k in range(hits + 1)
    )


def _where(beyond: Callable[[float], bool]) -> float:
    """The share from which on `beyond` is true."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if beyond(middle) else (middle, high)
    return (low + high) / 2


def figures_json(figures: Sequence[Figure]) -> str:
    """One line: `{"figures": [{"name", "value", "unit", "goal", "n", "ci95"}]}`; some have `ci95_people`, too."""
    return json.dumps({"figures": [_plain(figure) for figure in figures]}, allow_nan=False)


def _plain(figure: Figure) -> dict[str, object]:
    fields = asdict(figure)
    return fields if figure.ci95_people else {name: fields[name] for name in fields if name != "ci95_people"}


def table(figures: Sequence[Figure]) -> str:
    """A table for people, one figure a line."""
    rows: list[tuple[str, ...]] = [("figure", "value", "95 % interval", "by people", "n", "goal", "unit")]
    for figure in figures:
        spans = (span(figure.ci95), span(figure.ci95_people))
        rows.append((figure.name, _short(figure.value), *spans, str(figure.n), _short(figure.goal), figure.unit))
    if not any(figure.ci95_people for figure in figures):
        rows = [(*row[:3], *row[4:]) for row in rows]
    wide = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, wide, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])


def span(ends: tuple[float, float] | None) -> str:
    """An interval in words; empty for none."""
    shown = (f"{end:.3f}" if end >= 0.001 or end == 0 else f"{end:.1e}" for end in ends or ())
    return " to ".join(shown)


def _short(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"
