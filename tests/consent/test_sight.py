"""Who is looked at: each network is shown the very picture, and the very face that was chosen."""

import numpy as np
import pytest

from consent.errors import Refusal
from consent.sight import everybody_else, one_face, reach
from models.faces import Detection
from tests.consent.shown import BOX, EYES, face

PICTURE = np.zeros((400, 500, 3), np.uint8)
OTHER = (330.0, 60.0, 100.0, 130.0)
SMALL = (4.0, 3.0, 12.0, 16.0)


class Networks:
    """Sees the boxes it is told, the near ones in a closer look, and remembers what it was shown."""

    def __init__(self, boxes, near=(), measured=None, years=40.0):
        self.found = [Detection(box, EYES, 0.9) for box in boxes]
        self.near = [Detection(box, EYES, 0.9) for box in near]
        self.measured, self.age = measured, years
        self.shown = []

    def detect(self, image, side=640):
        whole = image is PICTURE
        self.shown.append(("detect", whole, image.shape[:2], side))
        return tuple(self.found if whole else self.near)

    def measure(self, image, detection):
        self.shown.append(("measure", image is PICTURE, detection.box))
        return self.measured

    def years(self, image, seen):
        self.shown.append(("years", image is PICTURE, seen is self.measured))
        return self.age


def test_each_is_shown_the_picture_and_the_face_that_is_meant():
    eyes = Networks([BOX, OTHER], [SMALL], face())
    seen, others = one_face(eyes, eyes, PICTURE, 0)
    x0, y0, x1, y1 = reach(face(), PICTURE)
    assert seen is eyes.measured
    assert others == (OTHER, (SMALL[0] + x0, SMALL[1] + y0, *SMALL[2:]))
    assert eyes.shown == [
        ("detect", True, (400, 500), 640),
        ("measure", True, BOX),
        ("years", True, True),
        ("detect", False, (y1 - y0, x1 - x0), 1280),
    ]


def test_who_is_covered_or_looks_like_a_child_is_told_so_and_where():
    for eyes, code, case in (
        (Networks([BOX]), "face-turned-away", "covered"),
        (Networks([BOX], measured=face(), years=9.0), "looks-like-a-child", ""),
    ):
        with pytest.raises(Refusal) as caught:
            one_face(eyes, eyes, PICTURE, None)
        said = Refusal.of(code, case)
        assert (caught.value.code, caught.value.reason, caught.value.remedy) == (code, said.reason, said.remedy)
        assert caught.value.boxes == (BOX,)


def test_everybody_else_is_everyone_but_the_face_that_is_known():
    again = (BOX[0] + 5, BOX[1] + 5, BOX[2], BOX[3])
    x0, y0, x1, y1 = reach(face(), PICTURE)
    nearby = (again[0] - x0, again[1] - y0, *again[2:])
    eyes = Networks([again, OTHER], [SMALL, nearby], face())
    assert everybody_else(eyes, PICTURE, face()) == (OTHER, (SMALL[0] + x0, SMALL[1] + y0, *SMALL[2:]))
    assert eyes.shown == [("detect", True, (400, 500), 640), ("detect", False, (y1 - y0, x1 - x0), 1280)]
    assert everybody_else(Networks([]), PICTURE, face()) == ()
    assert everybody_else(Networks([again]), PICTURE, face()) == ()
