"""Matching in motion: leave for one film or one mirror, taken anew in every frame.

A track (`models.tracks`) begins unmatched. It is the person while the scores of its samples of the last moments have a
mean that a photograph must have, none of them lies below a floor, and the face of this very frame can be judged; when
the next sample is taken nobody knows. A film may show others, who stay as they are. A mirror shows one person alone,
who blinks now and then, by a camera that repeats itself as rarely as in the live check.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean
from typing import TYPE_CHECKING, final

from consent import policy
from consent.errors import Box, Refusal
from consent.quality import grown, usable
from consent.sight import reach
from consent.types import Match, Once, Origin, Photo, Pixels, Purpose, freeze
from models.faces import Face
from models.heads import closer
from models.identity import Vector
from models.presentation.lively import Lively
from models.tracks import Tracks

if TYPE_CHECKING:
    from consent.gate import Gate, Work

Found = tuple[Pixels, Face, tuple[Box, ...], float, int]
"""The person in one frame: its pixels, the face, everybody else's boxes, the mean score, the scene."""


@final
class Following:
    """Leave to change the frames of one film or one mirror. Made by `Gate.follow` only; not for several threads."""

    def __init__(self, gate: Gate, tracks: Tracks, source: Match, purposes: Sequence[Purpose], into: Purpose) -> None:
        self._gate, self._finder, self._tracks, self._source = gate, gate._finder, tracks, source  # noqa: SLF001
        self._purposes, self._mirror = tuple(purposes), into is Purpose.MIRROR
        self._origin = Origin.LIVE if self._mirror else Origin.PHOTO
        self._mine: int | None = None
        self._lively, self._awake = Lively(policy.EYES_CLOSED), math.nan
        self._near: tuple[Box, ...] = ()
        self._job, self._looked = Once().mark, (0, math.nan)

    def look(self, photo: Photo, seconds: float) -> tuple[Work, ...] | Refusal:
        """Judge the next frame.

        Args:
            photo: `uint8 RGB (H, W, 3)`, upright; all of one shape.
            seconds: when it is shown in the film, rising; of a mirror, the session's own clock counts.

        Returns:
            What an engine works with, one for each purpose; or why this frame stays as it is.

        Raises:
            Refusal: `session-withdrawn`, `session-expired` or `other-world`: there is nothing more to look at.
        """
        pixels = freeze(photo.pixels)
        template, now = self._gate._admit(pixels, photo.mark)  # noqa: SLF001 - the one maker
        try:
            found = self._found(pixels, now if self._mirror else seconds, template)
        except Refusal as refusal:
            return refusal
        return self._gate._frame(self._source, self._purposes, found, self._origin, self._job)  # noqa: SLF001

    def _found(self, pixels: Pixels, seconds: float, template: Vector) -> Found:
        """The person in this frame."""
        seen = self._tracks.look(pixels, seconds, self._mine, lambda boxes: self._one_camera(pixels, boxes))
        boxes = tuple(one.box for one in seen)
        Refusal.unless(seen, "no-face")
        best, mine = max(((one.score(template, policy.FRAME_COSINE), one) for one in seen), key=lambda pair: pair[0])
        Refusal.unless(best >= policy.MATCH_COSINE, "not-you", boxes=boxes)
        self._mine, face = mine.track, mine.face
        if face is None:
            raise Refusal.of("face-turned-away", "covered", (mine.box,))
        usable(face)
        grown(fmean(sample.years for sample in mine.samples), face.box)
        if self._mirror:
            self._awake = seconds if self._lively.closed(face) or math.isnan(self._awake) else self._awake
            Refusal.unless(seconds - self._awake <= policy.BLINK_SECONDS, "not-lively", boxes=(face.box,))
        if (sample := (mine.track, mine.samples[-1].seconds)) != self._looked:  # it costs more than all the rest
            self._near, self._looked = closer(self._finder, pixels, reach(face, pixels), boxes), sample
        others = (*(box for box in boxes if box is not mine.box), *self._near)
        return pixels, face, others, best, mine.scene

    def _one_camera(self, pixels: Pixels, boxes: tuple[Box, ...]) -> None:
        """Pass a mirror's frame of one person, which is no repeated one; and any frame of a film."""
        if not (self._mirror and boxes):
            return
        least = policy.SECOND_FACE_SHARE * max(box[2] for box in boxes)
        if sum(box[2] >= least for box in boxes) > 1:
            raise Refusal.of("several-faces", "mirror", boxes, count=str(len(boxes)))
        Refusal.unless(self._lively.repeated(pixels) <= policy.DUPLICATES, "frames-repeated")
