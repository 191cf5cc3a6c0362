"""Sheets of pictures for the docs: rows of stamped pictures of people who do not exist, each with its words."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from app.stamp.writer import Stamped
from consent.types import Pixels
from tests import bench

_WORDS, _GAP, _LETTERS = 26, 10, 15
_SOFT = (112, 120, 130)

Pictures = Callable[[bench.Session], Iterator[tuple[str, Pixels]]]


def write(path: Path, pictures: Pictures, across: int, cell: tuple[int, int]) -> None:
    """Draw what `pictures` gives in a session of its own, and write the sheet.

    Args:
        path: a new JPEG.
        pictures: words and picture, row by row.
        across: pictures in a row.
        cell: (width, height) of each, pixels.
    """
    with TemporaryDirectory(prefix="selfsame-pictures-") as folder:
        session = bench.Session(Path(folder), bench.QUICK, print)
        cells = [_cell(what, pixels, cell) for what, pixels in pictures(session)]
    rows = [np.hstack(cells[first : first + across]) for first in range(0, len(cells), across)]
    Image.fromarray(np.vstack(rows)).save(path, quality=86)


def decoded(stamped: Stamped) -> Pixels:
    """The stamped picture as anybody gets it."""
    return np.asarray(Image.open(io.BytesIO(stamped.data)).convert("RGB"))


def _cell(what: str, pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """One picture with its words."""
    wide, high = size
    cell = Image.new("RGB", (wide + _GAP, high + _WORDS + _GAP), "white")
    cell.paste(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS), (_GAP // 2, _GAP // 2))
    place = (_GAP // 2, _GAP // 2 + high + _LETTERS)
    ImageDraw.Draw(cell).text(place, what, _SOFT, ImageFont.load_default(_LETTERS), "lm")
    return np.asarray(cell, np.uint8)
