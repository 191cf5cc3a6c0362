"""The picture of the score distributions: one panel a measure, one line a presentation, bona fide first.

A dot is a session, the bar its middle 95 %, the tick its median; the shaded side of a dashed line is refused. Values
beyond a panel stand at its edge. Sessions that a measure could say nothing about are counted at the right.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tests.pad.bench_measures import Measure, shown, worst
from tests.pad.report import Summary
from tests.pad.store import BONA_FIDE

_SCALE: Final = 2
"""Drawn so many times larger, then made smaller, for smooth edges."""
_ACROSS: Final = 3
_LABELS, _PANEL, _GAP, _ROW, _TOP, _FOOT, _MARGIN = 150, 380, 46, 20, 50, 34, 28
_FEW: Final = 8
"""Fewer dots speak for themselves."""
_INK, _SOFT, _RULE, _PAPER = (32, 36, 42), (112, 120, 130), (226, 229, 233), (255, 255, 255)
_LIVING, _ATTACK, _REFUSED, _BAND = (0, 114, 178), (213, 94, 0), (250, 240, 234), (247, 248, 250)
"""Blue and vermilion keep apart for the colour-blind (Okabe and Ito)."""


def picture(whole: Summary) -> bytes:
    """Draw it.

    Returns:
        A PNG; the same bytes for the same numbers. An empty picture when there are none.
    """
    names, measures = whole.names(), shown(whole.numbers)
    bands = max(1, -(-len(measures) // _ACROSS))
    height = _TOP + _ROW * len(names) + _FOOT
    size = (2 * _MARGIN + _LABELS + _ACROSS * (_PANEL + _GAP), 2 * _MARGIN + 40 + bands * height)
    image = Image.new("RGB", (size[0] * _SCALE, size[1] * _SCALE), _PAPER)
    pen = _Pen(ImageDraw.Draw(image, "RGBA"))
    _legend(pen)
    for band in range(bands):
        top = _MARGIN + 40 + band * height + _TOP
        row = measures[band * _ACROSS : (band + 1) * _ACROSS]
        for line, name in enumerate(names):
            y = top + (line + 0.5) * _ROW
            label = name.replace("_", " ")
            pen.text((_MARGIN + _LABELS - 12, y), label, 13, _colour(name), "rm")
        for column, measure in enumerate(row):
            left = _MARGIN + _LABELS + column * (_PANEL + _GAP)
            _panel(pen, measure, names, whole.numbers[measure.path], left, top)
    small = image.resize(size, Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


class _Pen:
    """Draws in the units of the finished picture."""

    def __init__(self, draw: ImageDraw.ImageDraw) -> None:
        self._draw = draw

    def text(
        self, at: tuple[float, float], words: str, size: int, colour: tuple[int, ...], anchor: str = "lm"
    ) -> float:
        """Write; the width is returned."""
        font = ImageFont.load_default(size * _SCALE)
        self._draw.text((at[0] * _SCALE, at[1] * _SCALE), words, colour, font, anchor)
        return float(font.getlength(words)) / _SCALE

    def box(self, left: float, top: float, right: float, bottom: float, colour: tuple[int, ...]) -> None:
        """A filled rectangle."""
        if right > left and bottom > top:
            k = _SCALE
            self._draw.rectangle((left * k, top * k, right * k - 1, bottom * k - 1), colour)

    def dot(self, x: float, y: float, radius: float, colour: tuple[int, ...]) -> None:
        """A filled circle."""
        k = _SCALE
        self._draw.ellipse(((x - radius) * k, (y - radius) * k, (x + radius) * k, (y + radius) * k), colour)


def _colour(name: str) -> tuple[int, int, int]:
    return _LIVING if name.startswith(BONA_FIDE) else _ATTACK


def _legend(pen: _Pen) -> None:
    y = _MARGIN + 6.0
    pen.text((_MARGIN, y), "What each check measures, session by session", 19, _INK)
    x, y = float(_MARGIN), y + 27
    for colour, words in ((_LIVING, "bona fide"), (_ATTACK, "presentation attack")):
        pen.dot(x + 5, y, 4, colour)
        x += 16 + pen.text((x + 14, y), words, 13, _INK) + 18
    said = "dots: sessions; bar: middle 95 %; tick: median; shaded: refused by this limit; at the right: not measurable"
    pen.text((x, y), said, 13, _SOFT)


def _panel(
    pen: _Pen,
    measure: Measure,
    names: Sequence[str],
    numbers: Mapping[str, Sequence[Sequence[float]]],
    left: int,
    top: int,
) -> None:
    low, high = measure.span
    bottom = top + _ROW * len(names)

    def x(value: float) -> float:
        return left + _PANEL * (min(max(value, low), high) - low) / (high - low)

    pen.text((left, top - 26), measure.title, 14, _INK)
    pen.text((left, top - 10), measure.unit, 11, _SOFT)
    for line in range(len(names)):
        if line % 2 == 0:
            pen.box(left, top + line * _ROW, left + _PANEL, top + (line + 1) * _ROW, _BAND)
    floor, ceiling = measure.limits()
    if floor is not None:
        pen.box(left, top, x(floor), bottom, _REFUSED)
    if ceiling is not None:
        pen.box(x(ceiling), top, left + _PANEL, bottom, _REFUSED)
    for mark in _ticks(low, high):
        pen.box(x(mark) - 0.5, top, x(mark) + 0.5, bottom, _RULE)
        pen.text((x(mark), bottom + 11), f"{mark:g}", 11, _SOFT, "mm")
    for limit in (floor, ceiling):
        if limit is not None:
            for y in range(top, bottom, 6):
                pen.box(x(limit) - 0.75, y, x(limit) + 0.75, min(y + 3, bottom), _INK)
    for line, name in enumerate(names):
        values = worst(measure, numbers.get(name, ()))
        _row(pen, [x(v) for v in values[~np.isnan(values)]], top + (line + 0.5) * _ROW, _colour(name))
        unsaid = int(np.isnan(values).sum())
        if unsaid:
            pen.text((left + _PANEL + 5, top + (line + 0.5) * _ROW), str(unsaid), 10, _SOFT)


def _row(pen: _Pen, places: Sequence[float], y: float, colour: tuple[int, int, int]) -> None:
    if not len(places):
        return
    begin, middle, end = np.quantile(places, (0.025, 0.5, 0.975))
    if len(places) >= _FEW:
        pen.box(begin - 0.5, y - 1.5, end + 0.5, y + 1.5, (*colour, 70))
    faint = (*colour, int(np.clip(2200 / len(places), 45, 150)))
    for number, place in enumerate(places):
        off = (0.5 + number * 0.618034) % 1 - 0.5  # golden ratio: neighbours lie apart, and the same every time
        pen.dot(place, y + off * (_ROW - 8), 1.9 if len(places) > 40 else 2.6, faint)
    if len(places) >= _FEW:
        pen.box(middle - 1.25, y - 7, middle + 1.25, y + 7, colour)


def _ticks(low: float, high: float) -> list[float]:
    """Round values, four to eight of them."""
    step = 10.0 ** math.floor(math.log10((high - low) / 4))
    step *= next((k for k in (1, 2, 5) if (high - low) / (step * k) <= 8), 10)
    first = math.ceil(low / step - 1e-9)
    return [round(k * step, 10) for k in range(first, math.floor(high / step + 1e-9) + 1)]
