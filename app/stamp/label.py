"""The visible label: white letters on a solid black plate, burned into a corner of the picture.

Rules it keeps (the strictest union of GB 45438-2025 and the EU code of practice; `tests/app/test_stamp_label.py`
measures each): letters at least 5 % of the shorter side, capital "AI" first, contrast at least 7:1, whole in the frame
from 128 pixels up, in a corner that covers as little of the face as possible. In Chinese the standard asks for AI
together with 生成 (generated) or 合成 (synthesised); a picture in which a face was changed is 合成.

Convention: pictures are `uint8` RGB `(H, W, 3)`; a box is `(x, y, width, height)` in pixels, y down.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.stamp.matching import MARGIN, Corner, Corners, alike
from app.stamp.plate import Language, Plate, Text, language_of, plate, shrunk
from consent.errors import Fault

Pixels = NDArray[np.uint8]
Box = tuple[float, float, float, float]

MIN_SIDE: Final = 128
CAP_SHARE: Final = 0.05
"""Height of the capitals as a share of the picture's shorter side, at least; Chinese characters are a third taller."""
_LEAST_CAP: Final[Mapping[Language, int]] = {"en": 7, "zh": 9}
"""Pixels under which letters cannot be read, however small the picture is."""
MIN_SCORE: Final = 0.8
"""Correlation from which a label counts as found: 0.985 and more as drawn and after JPEG 50, 0.84 and more in half the
size (`tests/app/test_stamp_label.py`)."""

HEADLINE: Final[Mapping[Language, str]] = {"en": "AI MODIFIED", "zh": "AI合成"}
DEMO_LINE: Final[Mapping[Language, str]] = {"en": "DEMO PERSON", "zh": "演示人物"}
PURPOSE_LINES: Final[Mapping[Language, Mapping[str, str]]] = {
    "en": {
        "swap": "FACE SWAP",
        "age": "AGE PREVIEW",
        "express": "EXPRESSION PREVIEW",
        "swap+age": "FACE SWAP AND AGE",
        "swap+express": "SWAP AND EXPRESSION",
        "age+express": "AGE AND EXPRESSION",
        "swap+age+express": "SWAP AGE EXPRESSION",
    },
    "zh": {
        "swap": "换脸",
        "age": "年龄预览",
        "express": "表情预览",
        "swap+age": "换脸年龄",
        "swap+express": "换脸表情",
        "age+express": "年龄表情预览",
        "swap+age+express": "换脸年龄表情",
    },
}

_LONG_LINE: Final = 12
_FINE: Final = 14
"""Height of the capitals, pixels, to which a larger label is made smaller before it is compared."""
_COARSE: Final = 5
_HOPEFUL: Final = 0.35
"""Coarse correlation under which a corner is not looked at closely."""
_SURE: Final = 0.92
"""Correlation from which nothing else is tried."""
_TRIED: Final = 6
"""Likeliest words and corners that are looked at closely."""


@dataclass(frozen=True, slots=True)
class Label:
    """A label that was found in a picture.

    Attributes:
        box: Where its plate lies: `(x, y, width, height)` in pixels.
        purpose: one of `app.stamp.statement.PURPOSES`, as the words on it say.
        demo: Whether it also says DEMO PERSON.
        score: Correlation with the true plate, `MIN_SCORE` to 1.
        language: `en` or `zh`.
    """

    box: tuple[int, int, int, int]
    purpose: str
    demo: bool
    score: float
    language: Language


def lines(purpose: str, *, demo: bool, language: Language = "en") -> Text:
    """Give the words for a purpose.

    Args:
        purpose: one of `app.stamp.statement.PURPOSES`.
        demo: Whether the person shown is the demonstration's synthetic one.
        language: `en` or `zh`.

    Returns:
        The lines of the label, top to bottom.

    Raises:
        Fault: `no-such-label`: there are no words for that purpose, or none in that language.
    """
    words = PURPOSE_LINES.get(language, {}).get(purpose)
    if words is None:
        reason = f"There is no label for the purpose {purpose!r} in the language {language!r}."
        raise Fault("no-such-label", reason, "Add its words to the table.")
    return (HEADLINE[language], words, DEMO_LINE[language]) if demo else (HEADLINE[language], words)


def draw(pixels: Pixels, text: Sequence[str], face_box: Box | None) -> Pixels:
    """Burn the label in.

    Args:
        pixels: The picture, both sides at least `MIN_SIDE`; not changed.
        text: Lines, top to bottom; see `lines`.
        face_box: The face to leave free, `(x, y, width, height)`; may reach out of the frame. None for no face.

    Returns:
        A labelled copy, same shape. Pixels outside the plate are bit-exact.

    Raises:
        Fault: `picture-too-small-to-label`: a label in it could not be read.
    """
    x, y, best = _best((pixels.shape[0], pixels.shape[1]), tuple(text), face_box)
    out = pixels.copy()
    out[y : y + best.shape[0], x : x + best.shape[1]] = best[..., None]
    return out


def place(size: tuple[int, int], text: Sequence[str], face_box: Box | None) -> Box:
    """Where `draw` puts the plate in a picture of this size (height, width); raises as it does."""
    x, y, best = _best(size, tuple(text), face_box)
    return x, y, best.shape[1], best.shape[0]


def _best(size: tuple[int, int], words: Text, face_box: Box | None) -> tuple[int, int, Plate]:
    """The plate and its corner that cover least of the face: (x, y, plate)."""
    if min(size) < MIN_SIDE:
        raise Fault(
            "picture-too-small-to-label",
            f"A label cannot be read in {size[1]} x {size[0]} pixels.",
            f"Use a picture of at least {MIN_SIDE} x {MIN_SIDE} pixels.",
        )
    cap = cap_height(*size, language_of(words))
    options = []
    for drawn, corner in itertools.product((plate(layout, cap) for layout in _layouts(words)), Corner):
        x, y, wide, high = _box(drawn.shape, corner, size, cap)
        if min(x, y) >= 0 and x + wide <= size[1] and y + high <= size[0]:
            options.append((overlap((x, y, wide, high), face_box), drawn.size, corner, (x, y, drawn)))
    *_, best = min(options, key=lambda option: option[:3])
    return best


def is_at(grey: Plate, text: Sequence[str], face_box: Box | None) -> bool:
    """Whether the plate that `draw` put into a picture is there: in its place and its size, with its contrast.

    Args:
        grey: brightness of the finished picture, `uint8 (H, W)`.
        text: what was drawn.
        face_box: what it was to leave free.
    """
    words = tuple(text)
    x, y, best = _best((grey.shape[0], grey.shape[1]), words, face_box)
    cap = cap_height(grey.shape[0], grey.shape[1], language_of(words))
    piece = grey[y : y + best.shape[0], x : x + best.shape[1]]
    return alike(piece, best, max(1.0, cap / _FINE)) >= MIN_SCORE


def find(pixels: Pixels) -> Label | None:
    """Look for one of our labels in the places where `draw` puts them.

    It is a check of pixels, not of words somewhere in the file: the plate must be there in its size, with its contrast.

    Args:
        pixels: The picture in the size it was labelled in, or made smaller since; compression does not matter down to
            JPEG quality 50.

    Returns:
        The best match, or None.
    """
    if min(pixels.shape[:2]) < MIN_SIDE:
        return None
    drawn = _as_drawn(pixels)
    if drawn is not None and drawn.score >= _SURE:
        return drawn
    found = [one for one in (drawn, _made_smaller(pixels)) if one is not None]
    return max(found, key=lambda one: one.score, default=None)


def cap_height(height: int, width: int, language: Language = "en") -> int:
    """Return the height in pixels that the capitals of a label reach at least in a picture of this size."""
    return max(int(np.ceil(CAP_SHARE * min(height, width))), _LEAST_CAP[language])


def _layouts(text: Text) -> list[Text]:
    """As given, and with long lines broken at their spaces."""
    broken = tuple(part for line in text for part in (line.split() if len(line) > _LONG_LINE else [line]))
    return [text] if broken == text else [text, broken]


def _box(plate_: tuple[int, ...], corner: Corner, size: tuple[int, int], cap: int) -> tuple[int, int, int, int]:
    """Where `draw` puts a plate."""
    x, y = corner.place((plate_[0], plate_[1]), size, round(MARGIN * cap))
    return x, y, plate_[1], plate_[0]


def overlap(box: Box, face: Box | None) -> float:
    """How many pixels two boxes (x, y, width, height) have in common."""
    if face is None:
        return 0.0
    wide = min(box[0] + box[2], face[0] + face[2]) - max(box[0], face[0])
    high = min(box[1] + box[3], face[1] + face[3]) - max(box[1], face[1])
    return max(0.0, wide) * max(0.0, high)


# --- finding ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Wording:
    """A label's words in one of their layouts."""

    purpose: str
    demo: bool
    language: Language
    text: Text


@functools.cache
def _wordings(language: Language) -> tuple[_Wording, ...]:
    return tuple(
        _Wording(purpose, demo, language, layout)
        for purpose in PURPOSE_LINES[language]
        for demo in (False, True)
        for layout in _layouts(lines(purpose, demo=demo, language=language))
    )


def _as_drawn(pixels: Pixels) -> Label | None:
    """A label in a picture of the size it was drawn in: to the pixel."""
    size = pixels.shape[0], pixels.shape[1]
    caps = {language: cap_height(*size, language) for language in PURPOSE_LINES}
    best: Label | None = None
    for corner, one in _hopes(pixels, {language: (float(cap),) for language, cap in caps.items()}):
        wanted = plate(one.text, caps[one.language])
        x, y, wide, high = box = _box(wanted.shape, corner, size, caps[one.language])
        if min(x, y) < 0 or x + wide > size[1] or y + high > size[0]:
            continue
        score = alike(pixels[y : y + high, x : x + wide], wanted, max(1.0, caps[one.language] / _FINE))
        if score >= max(MIN_SCORE, best.score if best else 0.0):
            best = Label(box, one.purpose, one.demo, score, one.language)
    return best


def _made_smaller(pixels: Pixels) -> Label | None:
    """A label in a picture that was made smaller since.

    Its capitals are a little larger than 5 % then, for they were whole pixels when they were drawn.
    """
    cap = CAP_SHARE * min(pixels.shape[:2])
    caps = {name: tuple(np.arange(cap, max(cap + 1, least) * 1.01, 0.01 * cap)) for name, least in _LEAST_CAP.items()}
    best: Label | None = None
    for corner, one in _hopes(pixels, caps):
        wanted = shrunk(one.text, _FINE)
        for height in caps[one.language]:
            least = max(MIN_SCORE, best.score if best else 0.0)
            seen = Corners(pixels, height, _FINE, (wanted.shape[0], wanted.shape[1])).match(corner, wanted, least)
            if seen is not None:
                best = Label(seen.box, one.purpose, one.demo, seen.score, one.language)
    return best


def _hopes(pixels: Pixels, caps: Mapping[Language, Sequence[float]]) -> Iterator[tuple[Corner, _Wording]]:
    """The likeliest corners and words, best first."""
    scores: dict[tuple[Corner, _Wording], float] = {}
    for language, heights in caps.items():
        plates = {one: shrunk(one.text, _COARSE) for one in _wordings(language)}
        room = max(one.shape[0] for one in plates.values()), max(one.shape[1] for one in plates.values())
        for cap in heights[::3]:
            corners = Corners(pixels, cap, _COARSE, room)
            for (one, wanted), corner in itertools.product(plates.items(), Corner):
                seen = corners.match(corner, wanted, max(_HOPEFUL, scores.get((corner, one), 0.0)))
                if seen is not None:
                    scores[corner, one] = seen.score
    yield from sorted(scores, key=lambda key: -scores[key])[:_TRIED]
