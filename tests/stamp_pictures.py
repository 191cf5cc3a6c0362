"""Draws the pictures of `docs/stamp.md`, of people who do not exist: `python -m tests.stamp_pictures docs`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from app import codec
from app.codec import Pixels
from app.stamp import label, watermark
from app.stamp.matching import Box
from tests.people import Scene, person

PAPER: Final = 255
GAP: Final = 12
LOUDER: Final = 16
"""By how much the watermark is drawn stronger than it is."""
LARGE: Final = (640, 480)
SMALL: Final = (160, 120)
WHO: Final = (("ada", "swap", "en"), ("bram", "age", "zh"))


def portrait(name: str, size: tuple[int, int]) -> tuple[Pixels, Box]:
    """Somebody in the middle, and about where their face is."""
    width, height = size
    pixels = person(name).render(Scene(size=size, background=3))
    return pixels, (round(0.3 * width), round(0.15 * height), round(0.4 * width), round(0.7 * height))


def beside(*parts: Pixels) -> Pixels:
    """In a row on white paper, their lower edges in line."""
    high = max(part.shape[0] for part in parts)
    cells = []
    for part in parts:
        cell = np.full((high, part.shape[1] + GAP, 3), PAPER, np.uint8)
        cell[high - part.shape[0] :, : part.shape[1]] = part
        cells.append(cell)
    return np.hstack(cells)[:, :-GAP]


def labels() -> Pixels:
    """The label in both languages; each large, and small at three times its size."""
    rows = []
    for name, purpose, language in WHO:
        shown = []
        for size in (LARGE, (128, 128)):
            pixels, face = portrait(name, size if size == LARGE else SMALL)
            if size != LARGE:
                pixels, face = np.ascontiguousarray(pixels[:, 16:144]), (40, 14, 60, 90)
                pixels = cv2.resize(pixels, (128, 128), interpolation=cv2.INTER_AREA)
            text = label.lines(purpose, demo=True, language="zh" if language == "zh" else "en")
            out = label.draw(pixels, text, face)
            times = 1 if size == LARGE else 3
            shown.append(cv2.resize(out, None, fx=times, fy=times, interpolation=cv2.INTER_NEAREST))
        rows.append(beside(*shown))
    return np.vstack([rows[0], np.full((GAP, rows[0].shape[1], 3), PAPER, np.uint8), rows[1]])


def marks() -> Pixels:
    """A picture, the same with its watermark, and what was added, much stronger; at two sizes."""
    rows = []
    for size in (LARGE, (1600, 1200)):
        pixels, _ = portrait("chima", size)
        marked = watermark.embed(pixels, 0xC0FFEE42)
        change = marked[..., 1].astype(int) - pixels[..., 1]
        loud = np.repeat(np.clip(128 + LOUDER * change, 0, 255).astype(np.uint8)[..., None], 3, 2)
        top, left = (size[1] - 480) // 2, (size[0] - 360) // 2
        rows.append(beside(*(part[top : top + 300, left : left + 360] for part in (pixels, marked, loud))))
    return np.vstack([rows[0], np.full((GAP, rows[0].shape[1], 3), PAPER, np.uint8), rows[1]])


def main() -> None:
    """Write both."""
    folder = Path(sys.argv[1])
    for name, drawn in (("stamp-labels.jpg", labels()), ("stamp-watermark.jpg", marks())):
        (folder / name).write_bytes(codec.encode(np.ascontiguousarray(drawn), "jpeg", 85))


if __name__ == "__main__":
    main()
