"""Where the gate says no, and where it is wrong, pictured with people who do not exist.

python -m tests.gate_failures FILE.jpg

One invented person is enrolled as `app.evaluate` enrols; then pictures of her and of others are judged by the gate's
own functions. Under each stands the code of the refusal, or the score and what comes of it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from consent import policy
from consent.errors import Refusal
from consent.sight import one_face
from consent.template import score, template
from consent.types import Action, LiveFrame, Pixels, freeze
from models.age import AgeEstimator
from models.faces import Finder
from models.identity import Recogniser, Vector
from tests.booth import SEAT
from tests.people import gallery, someone

USER: Final = gallery.RESEMBLED[0]
_ACROSS, _WIDE, _HIGH, _WORDS, _GAP = 5, 232, 174, 44, 14
_INK, _SOFT = (32, 36, 42), (112, 120, 130)
_MARKS: Final = {"right": (0, 114, 178), "wrong": (213, 94, 0)}


@dataclass(frozen=True, slots=True)
class Case:
    """A picture, what it shows, and whether it ought to match; None where it ought to be refused before that."""

    what: str
    pixels: Pixels
    ought: bool | None


def main(path: Path) -> None:
    """Write the sheet."""
    judge = _Judge()
    cells = [_cell(case, *judge.judged(case)) for case in cases()]
    rows = [np.hstack(cells[k : k + _ACROSS]) for k in range(0, len(cells), _ACROSS)]
    Image.fromarray(np.vstack(rows)).save(path, quality=88)


def cases() -> Iterator[Case]:
    """Fifteen, in three rows: refused before a comparison, the person herself, others."""
    kin = gallery.lookalikes(USER)
    other = next(n for n in gallery.TEST if gallery.RECIPES[n].bones.sex * gallery.RECIPES[USER].bones.sex > 0)
    yield Case("a small face", _of(USER, distance=140.0), ought=None)
    yield Case("out of focus", _of(USER, blur=5.0), ought=None)
    yield Case("hardly any light", _of(USER, exposure=0.02), ought=None)
    yield Case("turned by 60 degrees", _of(USER, yaw=60.0), ought=None)
    yield Case("a child", _of("child_kit"), ought=False)
    yield Case("herself by a window", _of(USER, light="window", yaw=-12.0, expression={"smile": 0.6}), ought=True)
    yield Case("turned by 35 degrees", _of(USER, yaw=35.0), ought=True)
    yield Case("in glasses, warm light", _of(f"{USER}/round", light="warm"), ought=True)
    yield Case("an open mouth, eyes shut", _of(USER, expression={"open-mouth": 1.0, "blink": 1.0}), ought=True)
    yield Case("some eight years ago", _of(f"{USER}/younger", light="flat", expression={"smile": 0.9}), ought=True)
    yield Case("somebody else", _of(other), ought=False)
    for part in (30, 50):
        blend = cv2.addWeighted(_of(USER), 1 - part / 100, _of(other), part / 100, 0)
        yield Case(f"blended, {part} % of that other", np.asarray(blend, np.uint8), ought=False)
    yield Case("made to resemble her", _of(kin[-1]), ought=False)
    yield Case("made to resemble her more", _of(kin[0]), ought=False)


def _of(name: str, **changes: object) -> Pixels:
    return someone(name).render(replace(SEAT, seed=7, **{"distance": 58.0, **changes}))


class _Judge:
    def __init__(self) -> None:
        self._finder, self._ages, self._recogniser = Finder(), AgeEstimator(), Recogniser()
        frames = []
        for k, yaw in enumerate((0, -9, 9, -18, 18, 4)):
            pixels = freeze(_of(USER, yaw=float(yaw), expression={"smile": 0.2 * k}))
            face, _ = one_face(self._finder, self._ages, pixels, None)
            frames.append(LiveFrame(pixels, face, Action.CENTRE))
        self._template: Vector = template(frames, [self._recogniser.embed(f.pixels, f.face) for f in frames])

    def judged(self, case: Case) -> tuple[str, bool]:
        """What is said, and whether it is right."""
        try:
            face, _ = one_face(self._finder, self._ages, case.pixels, None)
        except Refusal as no:
            return f"refused: {no.code}", not case.ought
        cosine = score(self._template, self._recogniser.embed(case.pixels, face))
        matches = cosine >= policy.MATCH_COSINE
        return f"{cosine:.2f}: {'matches' if matches else 'no match'}", matches == case.ought


def _cell(case: Case, said: str, right: bool) -> NDArray[np.uint8]:  # noqa: FBT001
    """One picture with its words."""
    cell = Image.new("RGB", (_WIDE + _GAP, _HIGH + _WORDS + _GAP), "white")
    small = Image.fromarray(case.pixels).resize((_WIDE, _HIGH), Image.Resampling.LANCZOS)
    cell.paste(small, (_GAP // 2, _GAP // 2))
    pen = ImageDraw.Draw(cell)
    top = _GAP // 2 + _HIGH
    pen.rectangle((_GAP // 2, top, _GAP // 2 + _WIDE - 1, top + 3), _MARKS["right" if right else "wrong"])
    pen.text((_GAP // 2, top + 16), case.what, _SOFT, ImageFont.load_default(13), "lm")
    wrong = "" if right else "  (wrong)"
    pen.text((_GAP // 2, top + 34), said + wrong, _INK, ImageFont.load_default(14), "lm")
    return np.asarray(cell, np.uint8)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
