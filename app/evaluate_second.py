"""The second recogniser by itself, on the pictures the gate was measured on: where its limit should lie.

`selfsame bench gate DIR` prints it when one was added, and `selfsame models calibrate DIR` sets it.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import numpy as np

from app.bench import Figure, share
from app.evaluate import FALSE_MATCHES, FALSE_NON_MATCHES, Counts, Outcome, Scores, Seen, compared
from consent.errors import Refusal
from models.added import ARCFACE, MOST_LIMIT, PUBLISHED, Added, added
from models.identity import FIRST, SECOND, Vector

_TAIL: Final = 100
"""Highest scores that the tail is fitted to; see `app.evaluate.fitted`."""
LEAST: Final = 10 * _TAIL
"""Comparisons with others below which nothing is fitted."""


def alone(seen: list[Seen], counts: Counts) -> Outcome:
    """The comparisons by the second recogniser's numbers alone; the templates are the gate's, of the same pictures."""
    return compared(
        [
            replace(
                one,
                template=None if one.template is None else _part(one.template),
                vectors=[_part(vector) for vector in one.vectors],
            )
            for one in seen
        ],
        counts,
    )


def wanted(others: Scores) -> float:
    """The limit at which a tail fitted to others' scores lets in `FALSE_MATCHES`; never below the published one.

    Raises:
        Refusal: `too-few-comparisons`.
    """
    if len(others) < LEAST:
        raise Refusal(
            "too-few-comparisons",
            f"There are {len(others)} comparisons with others, and {LEAST} are needed.",
            "Take more people: forty with eight pictures each are enough.",
        )
    top = np.sort(others)[-_TAIL - 1 :]
    beyond = float((top[1:] - top[0]).mean())
    limit = float(top[0]) + beyond * math.log(_TAIL / len(others) / FALSE_MATCHES)
    if not limit <= MOST_LIMIT:
        raise Refusal(
            "recogniser-too-weak",
            f"A limit of {limit:.2f} would be needed, and a person's own pictures do not reach it.",
            "Is each folder one person's? If so, this recogniser cannot tell these people apart.",
        )
    return max(PUBLISHED, limit)


def measured(seen: list[Seen], counts: Counts) -> list[Figure]:
    """Its figures on the gate's own pictures; none where no second recogniser was added."""
    row = added().get(ARCFACE)
    return [] if row is None else figures(alone(seen, counts), row)


def figures(outcome: Outcome, row: Added) -> list[Figure]:
    """The second recogniser's own rates at its limit, and the limit these pictures ask for."""
    others, mated = outcome.others.scores, outcome.mated.scores
    try:
        asked: float | None = wanted(others)
    except Refusal:
        asked = None
    return [
        Figure("second.limit", row.limit, row.calibrated or "cosine; the published one, not calibrated", len(others)),
        Figure("second.limit_asked", asked, "cosine; NOT counted: exponential tail of the highest 100", len(others)),
        _rate("second.false_match_rate", int((others >= row.limit).sum()), len(others), FALSE_MATCHES),
        _rate("second.false_non_match_rate", int((~(mated >= row.limit)).sum()), len(mated), FALSE_NON_MATCHES),
    ]


def _rate(name: str, hits: int, n: int, goal: float) -> Figure:
    return share(name, hits, n, "of comparisons, by the second recogniser alone", goal)


def _part(vector: Vector) -> Vector:
    return vector[FIRST : FIRST + SECOND]
