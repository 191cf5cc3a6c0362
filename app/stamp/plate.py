"""The label's plate: white letters on solid black, drawn in the size that is asked for.

All distances grow with the height of the capitals, so that a plate drawn small and a plate drawn large and made
smaller are nearly the same picture.

Convention: a plate is `uint8 (h, w)`, 0 black to 255 white, read-only; text is a tuple of lines, top to bottom.
"""

from __future__ import annotations

import functools
import io
from importlib import resources
from typing import Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Plate = NDArray[np.uint8]
Text = tuple[str, ...]
Language = Literal["en", "zh"]

# Relative to the height of the capitals; chosen by eye from 128 x 128 to 4000 x 3000.
PADDING: Final = 0.6
_LEADING: Final = 0.5
_TRACKING: Final = 0.07
_LARGE: Final = 512
"""Size, in pixels, at which the distances between letters are measured: there, whole pixels are fine enough."""
_MASTER: Final = 42
"""Height of the capitals, pixels, from which letters are drawn as they are; smaller ones are drawn large and made
smaller, for fonts change their shapes to fit into few pixels."""


def language_of(text: Text) -> Language:
    """The language of a label's words: `zh` for anything that is not ASCII."""
    return "en" if all(line.isascii() for line in text) else "zh"


@functools.lru_cache(maxsize=128)
def plate(text: Text, cap: int) -> Plate:
    """Draw a plate.

    Args:
        text: its lines.
        cap: height of the capitals in pixels.

    Returns:
        White on black, with the same distance from the ink to all four edges.
    """
    times = -(-_MASTER // cap)
    language = language_of(text)
    inks = [_line(line, language, times * cap) for line in text]
    high, wide, padding = inks[0].shape[0], max(ink.shape[1] for ink in inks), times * round(PADDING * cap)
    pace = sum(_extent(language)) + _LEADING
    tops = [padding + times * round(pace * cap * number) for number in range(len(inks))]  # whole pixels when small
    size = (-(-(wide + 2 * padding) // times), -(-(tops[-1] + high + padding) // times))
    large = np.zeros((times * size[1], times * size[0]), np.uint8)
    for top, ink in zip(tops, inks, strict=True):
        large[top : top + high, padding : padding + ink.shape[1]] = ink
    out = np.asarray(cv2.resize(large, size, interpolation=cv2.INTER_AREA), np.uint8)
    out.setflags(write=False)
    return out


@functools.lru_cache(maxsize=128)
def shrunk(text: Text, cap: int) -> Plate:
    """A plate as it looks when it was drawn large and the picture was made smaller."""
    large = plate(text, _MASTER)
    size = (round(large.shape[1] * cap / _MASTER), round(large.shape[0] * cap / _MASTER))
    out = np.asarray(cv2.resize(large, size, interpolation=cv2.INTER_AREA), np.uint8)
    out.setflags(write=False)
    return out


def _line(line: str, language: Language, cap: int) -> Plate:
    """Draw one line, cut to its ink at the sides and to the letters' height: `uint8 (letters' height, w)`."""
    rise, drop = _extent(language)
    font = _font(cap)
    above, below = max(_cap(font), round(rise * cap)), round(drop * cap)
    steps = _steps(line)
    canvas = Image.new("L", (int(cap * (steps[-1] + 4)), above + below), 0)
    pen = ImageDraw.Draw(canvas)
    for letter, step in zip(line, steps, strict=True):
        pen.text((cap * (1 + step), above), letter, font=font, fill=255, anchor="ls")
    drawn = np.asarray(canvas)
    inked = np.flatnonzero(drawn.max(axis=0))
    return drawn[:, inked[0] : inked[-1] + 1]


@functools.lru_cache(maxsize=64)
def _steps(line: str) -> tuple[float, ...]:
    """Where each letter of a line begins, in heights of a capital."""
    font = _face().font_variant(size=_LARGE)
    cap, at, out = _cap(font), 0.0, []
    for letter, following in zip(line, [*line[1:], ""], strict=True):
        out.append(at)
        at += (font.getlength(letter + following) - (font.getlength(following) if following else 0)) / cap + _TRACKING
    return tuple(out)


@functools.cache
def _extent(language: Language) -> tuple[float, float]:
    """How far letters reach above and below the line they stand on, in heights of a capital."""
    if language == "en":
        return 1.0, 0.0
    font = _face().font_variant(size=_LARGE)
    _, top, _, bottom = font.getbbox("合成换脸年龄表情预览演示人物", anchor="ls")
    return -top / _cap(font), bottom / _cap(font)


@functools.lru_cache(maxsize=32)
def _font(cap: int) -> ImageFont.FreeTypeFont:
    """The font in the smallest size whose capitals are at least `cap` pixels high."""
    large = _face().font_variant(size=_LARGE)
    size = _LARGE * (cap - 1) / _cap(large)
    while True:
        font = _face().font_variant(size=size)
        if _cap(font) >= cap:
            return font
        size += 0.25


@functools.cache
def _face() -> ImageFont.FreeTypeFont:
    """Letters of Noto Sans CJK SC Bold (OFL; its licence stands beside them)."""
    data = (resources.files("app.stamp") / "label.otf").read_bytes()
    return ImageFont.truetype(io.BytesIO(data), 10, layout_engine=ImageFont.Layout.BASIC)


def _cap(font: ImageFont.FreeTypeFont) -> int:
    return -round(font.getbbox("I", anchor="ls")[1])
