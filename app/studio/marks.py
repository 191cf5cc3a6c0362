"""Label and watermark, drawn over a picture that is checked. The browser has the picture; it gets only the lines."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

import numpy as np

from app import codec
from app.stamp import watermark
from app.studio.strings import say
from consent.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.stamp.label import Label
    from app.verify import Report

MOST_LINES: Final = 120
"""Of the watermark's lattice, each way; a longer strip is not drawn over."""
TILE: Final = 64
"""Units of `watermark.Place.start` across one tile."""


def figure(data: bytes, report: Report, language: str) -> str:
    """A place for the picture with the lines over it; nothing for a film, or where nothing was found.

    Args:
        data: the file.
        report: what `app.verify` said of it.
        language: of the caption.
    """
    if (report.label is None and report.watermark is None) or codec.sniff(data) in {None, codec.Format.MP4}:
        return ""
    try:
        pixels = codec.decode(data)
    except Refusal:
        return ""
    height, width = pixels.shape[:2]
    drawn, told = "", []
    if report.watermark is not None:
        mark = watermark.find(pixels)
        if mark is not None:
            drawn += f'<path class="grid" d="{" ".join(lattice(mark.place, (width, height)))}"/>'
            told.append("drawn_mark")
    if report.label is not None:
        drawn += _frame(report.label)
        told.append("drawn_label")
    items = "".join(f'<li class="{name}">{escape(say(name, language))}</li>' for name in told)
    return (
        f'<figure class="checked" hidden><div class="picture" style="--wide:{width / height:.4f}">'
        f'<img data-own alt="{escape(say("verify_picture", language))}">'
        f'<svg viewBox="0 0 {width} {height}" preserveAspectRatio="none" aria-hidden="true">{drawn}</svg></div>'
        f"<figcaption><ul>{items}</ul></figcaption></figure>"
    )


def _frame(found: Label) -> str:
    x, y, width, height = found.box
    return f'<rect class="frame" x="{x}" y="{y}" width="{width}" height="{height}"/>'


def lattice(place: watermark.Place, size: tuple[int, int]) -> Iterator[str]:
    """The borders of the watermark's tiles in a picture, as pieces of an SVG path.

    Args:
        place: where the tiles lie.
        size: (width, height) of the picture, pixels.
    """
    scale = watermark._SHORT / min(size)  # noqa: SLF001 - the size in which places are told
    box = np.array(size) * scale
    corners = np.linalg.inv(place.basis) @ np.array([[0, box[0], 0, box[0]], [0, 0, box[1], box[1]]])
    low, high = corners.min(1), corners.max(1)
    first = low + np.array(place.start) / TILE
    begin = first - np.ceil(first - low)  # the tiles go on beyond the first whole one
    count = np.ceil(high - begin).astype(int)
    if count.max() > MOST_LINES:
        return

    def at(across: float, down: float) -> str:
        x, y = (place.basis @ np.array([across, down])) / scale
        return f"{size[0] - x if place.mirrored else x:.1f} {y:.1f}"

    for n in range(count[0] + 1):
        yield f"M{at(begin[0] + n, low[1])}L{at(begin[0] + n, high[1])}"
    for n in range(count[1] + 1):
        yield f"M{at(low[0], begin[1] + n)}L{at(high[0], begin[1] + n)}"
