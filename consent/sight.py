"""Who is in a picture, and which face is meant.

Everybody whom the detector sees counts, also who is too small or too far turned to be measured: faces on posters,
phones and in mirrors are other people's.
"""

from __future__ import annotations

from consent import policy
from consent.errors import Box, Refusal
from consent.quality import grown, usable
from consent.types import Pixels
from models.age import AgeEstimator
from models.faces import Detection, Face, Finder
from models.heads import around, closer, same


def one_face(finder: Finder, ages: AgeEstimator, pixels: Pixels, choose: int | None) -> tuple[Face, tuple[Box, ...]]:
    """The one face that is meant, fit to be compared, and the boxes of everybody else.

    Args:
        finder: finds and measures.
        ages: estimates apparent ages.
        pixels: `uint8 RGB (H, W, 3)`, upright.
        choose: which face, counted from 0 left to right, when there are several.

    Raises:
        Refusal: `no-face`, `several-faces`, `no-such-face`, or what `consent.quality` says.
    """
    found = finder.detect(pixels)
    boxes = tuple(d.box for d in found)
    chosen = _chosen(found, boxes, choose)
    face = finder.measure(pixels, chosen)
    if face is None:
        raise Refusal.of("face-turned-away", "covered", (chosen.box,))
    usable(face)
    grown(ages.years(pixels, face), face.box)
    return face, (*(d.box for d in found if d is not chosen), *closer(finder, pixels, reach(face, pixels), boxes))


def everybody_else(finder: Finder, pixels: Pixels, face: Face) -> tuple[Box, ...]:
    """The boxes of everybody but the one whose face was found in this picture before, as in the live check."""
    known = (face.box, *(d.box for d in finder.detect(pixels) if not same(d.box, face.box)))
    return known[1:] + closer(finder, pixels, reach(face, pixels), known)


def reach(face: Face, pixels: Pixels) -> tuple[int, int, int, int]:
    """The part of the picture that an engine may change: x0, y0, x1, y1 in pixels, the ends excluded."""
    return around(face, policy.REACH, pixels.shape)


def _chosen(faces: tuple[Detection, ...], boxes: tuple[Box, ...], choose: int | None) -> Detection:
    """The one face that is meant."""
    if not faces:
        raise Refusal.of("no-face")
    if choose is None and len(faces) > 1:
        raise Refusal.of("several-faces", boxes=boxes, count=str(len(faces)))
    if choose is not None and not (type(choose) is int and 0 <= choose < len(faces)):
        raise Refusal.of("no-such-face", boxes=boxes)
    return faces[choose or 0]
