"""The visible label: white capitals on a solid black plate, burned into a corner of the picture.

Rules it keeps (the strictest union of GB 45438-2025 and the EU code of practice; `tests/app/test_stamp_label.py`
measures each): capitals at least 5 % of the shorter side, capital "AI" first, contrast at least 7:1, whole in the frame
from 128 pixels up, in a corner that covers as little of the face as possible.

Convention: pictures are `uint8` RGB `(H, W, 3)`; a box is `(x, y, width, height)` in pixels, y down.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from consent.errors import Fault

Pixels = NDArray[np.uint8]
Plate = NDArray[np.uint8]
Box = tuple[float, float, float, float]

MIN_SIDE: Final = 128
CAP_SHARE: Final = 0.05
"""Height of the capitals as a share of the picture's shorter side, at least."""
MIN_CONTRAST: Final = 7.0
MIN_SCORE: Final = 0.8
"""Correlation from which a label counts as found: after JPEG 50 it stays above 0.95, without a label below 0.5."""

HEADLINE: Final = "AI MODIFIED"
DEMO_LINE: Final = "DEMO PERSON"
PURPOSE_LINES: Final = (("swap", "FACE SWAP"), ("age", "AGE PREVIEW"), ("express", "EXPRESSION PREVIEW"))

# Relative to the height of the capitals; chosen by eye from 128 x 128 to 4000 x 3000.
_PADDING: Final = 0.6
_LEADING: Final = 0.5
_TRACKING: Final = 0.07
_MARGIN: Final = 0.35
_LONG_LINE: Final = 12


@dataclass(frozen=True, slots=True)
class Label:
    """A label that was found in a picture.

    Attributes:
        box: Where its plate lies: `(x, y, width, height)` in pixels.
        purpose: `swap`, `age` or `express`, as the words on it say.
        demo: Whether it also says DEMO PERSON.
        score: Correlation with the true plate, `MIN_SCORE` to 1.
    """

    box: tuple[int, int, int, int]
    purpose: str
    demo: bool
    score: float


def lines(purpose: str, *, demo: bool) -> tuple[str, ...]:
    """Give the words for a purpose.

    Args:
        purpose: `swap`, `age` or `express`.
        demo: Whether the person shown is the demonstration's synthetic one.

    Returns:
        The lines of the label, top to bottom.

    Raises:
        Fault: `no-such-label`: there are no words for that purpose.
    """
    words = dict(PURPOSE_LINES).get(purpose)
    if words is None:
        raise Fault("no-such-label", f"There is no label for the purpose {purpose!r}.", "Add its words to the table.")
    return (HEADLINE, words, DEMO_LINE) if demo else (HEADLINE, words)


def draw(pixels: Pixels, text: Sequence[str], face_box: Box | None) -> Pixels:
    """Burn the label in.

    Args:
        pixels: The picture, both sides at least `MIN_SIDE`; not changed.
        text: Lines of capitals, top to bottom; see `lines`.
        face_box: The face to leave free, `(x, y, width, height)`; may reach out of the frame. None for no face.

    Returns:
        A labelled copy, same shape. Pixels outside the plate are bit-exact.

    Raises:
        Fault: `picture-too-small-to-label`: a label in it could not be read.
    """
    height, width = pixels.shape[:2]
    if min(height, width) < MIN_SIDE:
        raise Fault(
            "picture-too-small-to-label",
            f"A label cannot be read in {width} x {height} pixels.",
            f"Use a picture of at least {MIN_SIDE} x {MIN_SIDE} pixels.",
        )
    cap = cap_height(height, width)
    options = [
        (_overlap((x, y, plate.shape[1], plate.shape[0]), face_box), plate.size, order, (x, y, plate))
        for plate in _plates(text, height, width)
        for order, (x, y) in enumerate(_corners(plate, height, width, cap))
    ]
    *_, (x, y, plate) = min(options, key=lambda option: option[:3])
    out = pixels.copy()
    out[y : y + plate.shape[0], x : x + plate.shape[1]] = plate[..., None]
    return out


def find(pixels: Pixels) -> Label | None:
    """Look for one of our labels in the places where `draw` puts them.

    It is a check of pixels, not of words somewhere in the file: the plate must be there in its size, with its contrast.

    Args:
        pixels: The picture in the size it was labelled in; compression does not matter down to JPEG quality 50.

    Returns:
        The best match, or None.
    """
    height, width = pixels.shape[:2]
    if min(height, width) < MIN_SIDE:
        return None
    cap = cap_height(height, width)
    step = max(1, cap // 20)  # a large plate is told apart by a sample of its pixels
    best: Label | None = None
    for purpose, demo, plate in _known_plates(height, width):
        for x, y in _corners(plate, height, width, cap):
            piece = pixels[y : y + plate.shape[0], x : x + plate.shape[1]]
            score = _score(piece[::step, ::step], plate[::step, ::step])
            if score >= MIN_SCORE and (best is None or score > best.score):
                best = Label((x, y, plate.shape[1], plate.shape[0]), purpose, demo, score)
    return best


def cap_height(height: int, width: int) -> int:
    """Return the height in pixels that the capitals of a label reach at least in a picture of this size."""
    return int(np.ceil(CAP_SHARE * min(height, width)))


def contrast(first: float, second: float) -> float:
    """Return the WCAG contrast ratio, 1 to 21, of two greys given as sRGB values 0 to 255."""
    bright, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(grey: float) -> float:
    share = grey / 255
    return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)


def _known_plates(height: int, width: int) -> Iterator[tuple[str, bool, Plate]]:
    for purpose, _ in PURPOSE_LINES:
        for demo in (False, True):
            for plate in _plates(lines(purpose, demo=demo), height, width):
                yield purpose, demo, plate


def _plates(text: Sequence[str], height: int, width: int) -> list[Plate]:
    """Draw the layouts that fit into the frame: as given, and with long lines broken at their spaces."""
    cap = cap_height(height, width)
    font = _font(cap)
    broken = [part for line in text for part in (line.split() if len(line) > _LONG_LINE else [line])]
    layouts = [list(text)] if broken == list(text) else [list(text), broken]
    room = 2 * _margin(cap)
    plates = [_plate(layout, font, cap) for layout in layouts]
    return [plate for plate in plates if plate.shape[0] + room <= height and plate.shape[1] + room <= width]


def _plate(text: Sequence[str], font: ImageFont.FreeTypeFont, cap: int) -> Plate:
    """Draw white text on black, `uint8 (h, w)`, with the same distance from the ink to all four edges."""
    inks = [_line(line, font, cap) for line in text]
    padding, leading = round(_PADDING * cap), round(_LEADING * cap)
    high = inks[0].shape[0]
    wide = max(ink.shape[1] for ink in inks)
    plate = np.zeros((2 * padding + len(inks) * high + (len(inks) - 1) * leading, wide + 2 * padding), np.uint8)
    for number, ink in enumerate(inks):
        top = padding + number * (high + leading)
        plate[top : top + high, padding : padding + ink.shape[1]] = ink
    return plate


def _line(line: str, font: ImageFont.FreeTypeFont, cap: int) -> Plate:
    """Draw one line, cut to its ink at the sides and to the capitals' height: `uint8 (cap height, w)`."""
    high = _cap(font)
    tracking = _TRACKING * cap
    room = int(font.getlength(line) + tracking * len(line)) + 2 * cap
    canvas = Image.new("L", (room, high), 0)
    pen = ImageDraw.Draw(canvas)
    x = float(cap)
    for letter, following in zip(line, [*line[1:], ""], strict=True):
        pen.text((x, high), letter, font=font, fill=255, anchor="ls")
        x += font.getlength(letter + following) - (font.getlength(following) if following else 0) + tracking
    drawn = np.asarray(canvas)
    inked = np.flatnonzero(drawn.max(axis=0))
    return drawn[:, inked[0] : inked[-1] + 1]


def _font(cap: int) -> ImageFont.FreeTypeFont:
    """Return Pillow's own font (Aileron, CC0) in the smallest size whose capitals are at least `cap` pixels high."""
    size = float(cap)
    while True:
        font = ImageFont.load_default(size)
        if not isinstance(font, ImageFont.FreeTypeFont):
            raise Fault("no-font", "Pillow was built without FreeType.", "Install the official Pillow wheel.")
        if _cap(font) >= cap:
            return font
        size += max(0.5, (cap - _cap(font)) / 2)


def _cap(font: ImageFont.FreeTypeFont) -> int:
    return -round(font.getbbox("H", anchor="ls")[1])


def _margin(cap: int) -> int:
    return round(_MARGIN * cap)


def _corners(plate: Plate, height: int, width: int, cap: int) -> list[tuple[int, int]]:
    """Top left points of the plate in the four corners, in the order of preference."""
    margin = _margin(cap)
    right, bottom = width - plate.shape[1] - margin, height - plate.shape[0] - margin
    return [(right, bottom), (margin, bottom), (right, margin), (margin, margin)]


def _overlap(box: Box, face: Box | None) -> float:
    if face is None:
        return 0.0
    wide = min(box[0] + box[2], face[0] + face[2]) - max(box[0], face[0])
    high = min(box[1] + box[3], face[1] + face[3]) - max(box[1], face[1])
    return max(0.0, wide) * max(0.0, high)


def _score(piece: Pixels, plate: Plate) -> float:
    """Correlate a piece of the picture with a plate; 0 without the contrast that a label must have."""
    ink, ground = plate >= 224, plate == 0
    grey = piece.mean(axis=2, dtype=np.float32)
    white, black = float(grey[ink].mean()), float(grey[ground].mean())
    if white < black or contrast(white, black) < MIN_CONTRAST:
        return 0.0
    wanted = plate.astype(np.float32)
    one, two = grey - grey.mean(), wanted - wanted.mean()
    scale = float(np.sqrt((one * one).sum() * (two * two).sum()))
    return float((one * two).sum()) / scale if scale > 0 else 0.0
