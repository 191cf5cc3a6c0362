"""The picture of an evaluation: how the scores lie, and the detection error trade-off (DET) curve.

Left, the share of comparisons at each score, on a logarithmic scale, since all that matters is in the tails. Right,
false matches against false non-matches for every limit that could have been set, both axes by normal deviates, as DET
curves are drawn (Martin et al. 1997; ISO/IEC 19795-1): lower and further left is better.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from app.evaluate import ALIKE_MATCHES, FALSE_MATCHES, FALSE_NON_MATCHES, Outcome, Scores
from consent import policy

_SCALE: Final = 3
"""Drawn so many times larger, then made smaller, for smooth edges."""
_WIDTH, _HEIGHT, _TOP, _FOOT = 1240, 610, 112, 74
_LEFT: Final = (78, 580)
_RIGHT: Final = (700, 1210)
_INK, _SOFT, _RULE, _PAPER, _FAINT = (32, 36, 42), (112, 120, 130), (226, 229, 233), (255, 255, 255), (246, 247, 249)
_UNSEEN: Final = (237, 240, 244)
_OTHERS, _ALIKE, _MATED = (0, 114, 178), (213, 94, 0), (0, 140, 100)
"""Blue, vermilion and green keep apart for the colour-blind (Okabe and Ito)."""
_BIN: Final = 0.02
_RARE: Final = 1e-6
"""The lowest share that is drawn."""
_SHARES: Final = (1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
_LOWEST: Final = 5e-4
_HIGHEST: Final = 0.5
_deviate: Final = NormalDist().inv_cdf

Colour = tuple[int, ...]


def picture(outcome: Outcome) -> bytes:
    """Draw it.

    Returns:
        A PNG; the same bytes for the same scores.
    """
    image = Image.new("RGB", (_WIDTH * _SCALE, _HEIGHT * _SCALE), _PAPER)
    pen = _Pen(ImageDraw.Draw(image, "RGBA"))
    pen.text((28, 30), "How well the gate tells these people apart", 21, _INK)
    x = 28.0
    for colour, trials, words in (
        (_MATED, outcome.mated, "with oneself (mated)"),
        (_OTHERS, outcome.others, "with others (non-mated)"),
        (_ALIKE, outcome.alike, "with the most alike"),
    ):
        pen.box(x, 55, x + 16, 65, colour)
        x += 22 + pen.text((x + 22, 60), f"{words}: {len(trials.scores):,} comparisons", 14, _INK) + 24
    _scores(pen, outcome)
    _det(pen, outcome)
    out = io.BytesIO()
    small = image.resize((_WIDTH, _HEIGHT), Image.Resampling.LANCZOS)
    small.quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


class _Pen:
    """Draws in the units of the finished picture."""

    def __init__(self, draw: ImageDraw.ImageDraw) -> None:
        self._draw = draw

    def text(self, at: tuple[float, float], words: str, size: int, colour: Colour, anchor: str = "lm") -> float:
        """Write; the width is returned."""
        font = ImageFont.load_default(size * _SCALE)
        self._draw.text((at[0] * _SCALE, at[1] * _SCALE), words, colour, font, anchor)
        return float(font.getlength(words)) / _SCALE

    def box(self, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
        """A filled rectangle."""
        if right > left and bottom > top:
            self._draw.rectangle([v * _SCALE for v in (left, top, right, bottom)], colour)

    def line(self, points: Sequence[tuple[float, float]], width: float, colour: Colour) -> None:
        """A line with round corners."""
        if len(points) > 1:
            self._draw.line([(x * _SCALE, y * _SCALE) for x, y in points], colour, round(width * _SCALE), "curve")

    def area(self, points: Sequence[tuple[float, float]], colour: Colour) -> None:
        """A filled polygon."""
        self._draw.polygon([(x * _SCALE, y * _SCALE) for x, y in points], colour)

    def dashes(self, a: tuple[float, float], b: tuple[float, float], width: float, colour: Colour) -> None:
        """A dashed line."""
        long = math.dist(a, b)
        for k in range(0, int(long), 8):
            ends = [(a[0] + (b[0] - a[0]) * t / long, a[1] + (b[1] - a[1]) * t / long) for t in (k, min(k + 5, long))]
            self.line(ends, width, colour)

    def dot(self, x: float, y: float, colour: Colour) -> None:
        """A dot with a white rim."""
        for radius, paint in ((7.0, _PAPER), (5.0, colour)):
            self._draw.ellipse([v * _SCALE for v in (x - radius, y - radius, x + radius, y + radius)], paint)


def _scores(pen: _Pen, outcome: Outcome) -> None:
    left, right = _LEFT
    bottom = _HEIGHT - _FOOT
    every = [t.scores for t in (outcome.others, outcome.alike, outcome.mated)]
    seen = np.concatenate([s for s in every if len(s)]) if any(map(len, every)) else np.zeros(1)
    low = math.floor(min(float(seen.min()), 0.0) * 5) / 5
    floor = 10.0 ** math.floor(math.log10(0.5 / max(map(len, every), default=1))) if any(map(len, every)) else _RARE

    def x(score: float) -> float:
        return left + (right - left) * (min(max(score, low), 1.0) - low) / (1 - low)

    def y(part: float) -> float:
        return bottom - (bottom - _TOP) * (math.log10(max(part, floor)) - math.log10(floor)) / -math.log10(floor)

    pen.text((left - 50, _TOP - 22), f"Share of comparisons at each score, in steps of {_BIN:g}", 14, _INK)
    pen.box(x(policy.MATCH_COSINE), _TOP, right, bottom, _FAINT)
    for power in range(round(math.log10(floor)), 1):
        pen.line([(left, y(10.0**power)), (right, y(10.0**power))], 1, _RULE)
        pen.text((left - 8, y(10.0**power)), _percent(10.0**power), 12, _SOFT, "rm")
    for tick in np.arange(low, 1.01, 0.2):
        pen.text((x(float(tick)), bottom + 14), f"{abs(tick) if abs(tick) < 0.01 else tick:.1f}", 12, _SOFT, "mm")
    pen.text(((left + right) / 2, bottom + 40), "score (cosine with the template)", 13, _SOFT, "mm")
    edges = np.arange(low, 1 + 2 * _BIN, _BIN)
    for scores, colour in zip(every, (_OTHERS, _ALIKE, _MATED), strict=True):
        if len(scores):
            parts = np.histogram(scores, edges)[0] / len(scores)
            line = [(x(score), y(part) if part > 0 else bottom) for score, part in _outline(parts, edges)]
            pen.area([*line, (line[-1][0], bottom), (line[0][0], bottom)], (*colour, 42))
            pen.line(line, 1.6, colour)
    at = x(policy.MATCH_COSINE)
    pen.dashes((at, _TOP), (at, bottom), 1.6, _INK)
    pen.text((at + 7, _TOP + 12), f"limit {policy.MATCH_COSINE:.2f}: matches from here", 12, _INK)


def _outline(parts: NDArray[np.float64], edges: NDArray[np.float64]) -> list[tuple[float, float]]:
    """A histogram as a line of (score, share)."""
    return [(float(edge), float(part)) for n, part in enumerate(parts) for edge in edges[n : n + 2]]


def _det(pen: _Pen, outcome: Outcome) -> None:
    pen.text((_RIGHT[0] - 50, _TOP - 22), "DET curve: false non-match rate (upwards) at every limit", 14, _INK)
    _grid(pen, len(outcome.others.scores))
    left, right = _RIGHT
    bottom = _HEIGHT - _FOOT
    for goal, colour in ((FALSE_MATCHES, _OTHERS), (ALIKE_MATCHES, _ALIKE)):
        pen.dashes((_across(goal), _TOP), (_across(goal), bottom), 1.2, colour)
        pen.text((_across(goal) + 5, _TOP + 12), "goal", 11, colour)
    pen.dashes((left, _up(FALSE_NON_MATCHES)), (right, _up(FALSE_NON_MATCHES)), 1.2, _MATED)
    pen.text((right - 4, _up(FALSE_NON_MATCHES) - 9), "goal", 11, _MATED, "rm")
    for trials, colour in ((outcome.others, _OTHERS), (outcome.alike, _ALIKE)):
        if len(trials.scores) and len(outcome.mated.scores):
            curve = trade_off(trials.scores, outcome.mated.scores)
            pen.line([(_across(fmr), _up(fnmr)) for fmr, fnmr in curve], 2.6, colour)
            fmr, fnmr = (float(np.mean(s)) for s in _wrong(trials.scores, outcome.mated.scores))
            pen.dot(_across(fmr), _up(fnmr), colour)
    pen.text((right - 8, _TOP + 13), f"dots: the gate's limit, {policy.MATCH_COSINE:.2f}", 12, _INK, "rm")


def _grid(pen: _Pen, comparisons: int) -> None:
    """Axes; shaded where less than one of the comparisons lies."""
    left, right = _RIGHT
    bottom = _HEIGHT - _FOOT
    if comparisons:
        pen.box(left, _TOP, _across(1 / comparisons), bottom, _UNSEEN)
        if _across(1 / comparisons) > left + 78:
            pen.text((left + 8, bottom - 28), "less than one", 11, _SOFT)
            pen.text((left + 8, bottom - 14), "comparison", 11, _SOFT)
    for part in _SHARES:
        pen.line([(_across(part), _TOP), (_across(part), bottom)], 1, _RULE)
        if part > _RARE:
            pen.text((_across(part), bottom + 14), _percent(part), 12, _SOFT, "mm")
        if part >= _LOWEST:
            pen.line([(left, _up(part)), (right, _up(part))], 1, _RULE)
            pen.text((left - 8, _up(part)), _percent(part), 12, _SOFT, "rm")
    pen.text(((left + right) / 2, bottom + 40), "false match rate (an edge of the field: none)", 13, _SOFT, "mm")


def _across(part: float) -> float:
    return _RIGHT[0] + (_RIGHT[1] - _RIGHT[0]) * _between(part, _RARE)


def _up(part: float) -> float:
    return _HEIGHT - _FOOT - (_HEIGHT - _FOOT - _TOP) * _between(part, _LOWEST)


def _between(part: float, least: float) -> float:
    """Where a share lies between the least and the highest that are drawn, 0..1, by normal deviates."""
    low, high = _deviate(least), _deviate(_HIGHEST)
    return (_deviate(min(max(part, least), _HIGHEST)) - low) / (high - low)


def _wrong(others: Scores, mated: Scores) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    return others >= policy.MATCH_COSINE, ~(mated >= policy.MATCH_COSINE)


def trade_off(others: Scores, mated: Scores) -> list[tuple[float, float]]:
    """(false match rate, false non-match rate) for each limit at which one of them changes, strictest last."""
    limits = np.unique(np.concatenate([others, mated]))
    limits = limits[limits >= min(float(np.quantile(others, _HIGHEST)), float(mated.min()))]
    fmr = 1 - np.searchsorted(np.sort(others), limits, "left") / len(others)
    fnmr = np.searchsorted(np.sort(mated), limits, "left") / len(mated)
    curve = dict.fromkeys((round(float(a), 9), round(float(b), 9)) for a, b in zip(fmr, fnmr, strict=True))
    return list(curve)


def _percent(part: float) -> str:
    return f"{100 * part:.6f}".rstrip("0").rstrip(".") + " %"
