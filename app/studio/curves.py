"""The losses of a training over time, as small drawings."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

from app.studio.strings import say

_WIDE, _HIGH = 200.0, 56.0
_POINTS: Final = 160
"""Drawn at the most: a training of minutes has thousands."""


def curves(losses: Mapping[str, Sequence[tuple[float, float]]], language: str) -> str:
    """A drawing for each loss by its name, with its latest value: HTML.

    Args:
        losses: name -> points (seconds, value), the newest last; what is no number is left out.
        language: of the names.
    """
    finite = {name: [point for point in points if all(map(math.isfinite, point))] for name, points in losses.items()}
    return "".join(_curve(name, points, language) for name, points in finite.items() if points)


def _curve(name: str, points: Sequence[tuple[float, float]], language: str) -> str:
    some = [points[round(k * (len(points) - 1) / (_POINTS - 1))] for k in range(_POINTS)]
    some = list(points) if len(points) <= _POINTS else some
    start, end = some[0][0], some[-1][0]
    low, high = min(0.0, *(value for _, value in some)), max(value for _, value in some)
    wide, tall = max(end - start, 1e-9), max(high - low, 1e-9)
    line = " ".join(
        f"{_WIDE * (seconds - start) / wide:.1f},{_HIGH - 2 - (_HIGH - 4) * (value - low) / tall:.1f}"
        for seconds, value in some
    )
    title = escape(say(f"personal_loss_{name}", language))
    told = f"{title} {some[-1][1]:.3f}"
    return (
        f'<figure><svg viewBox="0 0 {_WIDE:.0f} {_HIGH:.0f}" preserveAspectRatio="none" role="img" aria-label="{told}">'
        f'<polyline points="{line}"/></svg><figcaption>{title} <b>{some[-1][1]:.3f}</b></figcaption></figure>'
    )
