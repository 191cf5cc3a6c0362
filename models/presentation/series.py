"""The frames of a recording, and what each measurement needs of them. Prompts are numbers here, in order."""

from __future__ import annotations

import dataclasses
import hashlib
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.faces import Face, Image
from models.presentation import depth, light, pursuit, surface
from models.presentation.depth import Run, Steps
from models.presentation.motion import Rest, aim
from models.presentation.path import Path, Point
from models.presentation.pursuit import Pursuit
from models.presentation.skin import Skin
from models.presentation.surface import Surface

_NAN: Final = float("nan")


@final
@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """One frame as it was seen.

    Attributes:
        page_time: seconds by the page's clock.
        prompt: index of the prompt that was painted.
        face: the person's; None for none.
        duplicate: whether it is, to the bit, an earlier frame.
        grey: `uint8 (H, W)`, kept where the depth needs it.
        skin: colours of skin and background, kept where the light needs them.
    """

    page_time: float
    prompt: int
    face: Face | None
    duplicate: bool
    grey: NDArray[np.uint8] | None = field(repr=False)
    skin: Skin | None = field(default=None, repr=False)


class Film:
    """What was seen so far, frame by frame, and no more of it than is needed."""

    def __init__(self) -> None:
        self.sights: list[Sight] = []
        self._digests: set[bytes] = set()
        self._steps: dict[int, Steps] = {}
        self._rested = False

    def see(
        self, page_time: float, prompt: int, image: Image, face: Face | None, *, rest: bool, deep: bool, lit: bool
    ) -> None:
        """One more frame.

        Args:
            page_time: seconds by the page's clock.
            prompt: index of the prompt that was painted.
            image: `uint8 RGB (H, W, 3)`, of the same size throughout.
            face: the person's, measured in it; None for none.
            rest: whether rest was asked; of a rest only the last picture is kept, with which a movement begins.
            deep: whether the depth needs the picture.
            lit: whether the light needs the colours.
        """
        digest = hashlib.sha256(image.tobytes()).digest()
        if self._rested and rest:
            self.sights[-1] = dataclasses.replace(self.sights[-1], grey=None)
        grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8) if deep else None
        skin = light.look(image, face) if lit and face is not None else None
        self.sights.append(Sight(page_time, prompt, face, digest in self._digests, grey, skin))
        self._digests.add(digest)
        self._rested = rest

    def since(self, prompt: int) -> list[tuple[float, Face | None]]:
        """(page time, face) of the frames with this prompt on the screen."""
        return [(s.page_time, s.face) for s in self.sights if s.prompt == prompt]

    def gone(self, prompt: int) -> float:
        """Seconds since this prompt was first on the screen; 0 while it is not."""
        since = self.since(prompt)
        return since[-1][0] - since[0][0] if since else 0.0

    def steps(self, moving: Collection[int]) -> tuple[Steps, ...]:
        """What each movement said, by the prompts that asked for it, all of them done; each is followed once."""
        for prompt in moving:
            for run in [] if prompt in self._steps else runs(self.sights, [prompt]):
                self._steps[prompt] = depth.follow(run)
        return tuple(self._steps[prompt] for prompt in moving if prompt in self._steps)

    def lost(self) -> float:
        """Seconds since a face was seen last; infinite when none was."""
        seen = [s.page_time for s in self.sights if s.face is not None]
        return self.sights[-1].page_time - seen[-1] if seen else math.inf


def repeated(sights: Sequence[Sight]) -> float:
    """Share of frames that are, to the bit, an earlier one; NaN without frames."""
    return float(np.mean([s.duplicate for s in sights])) if sights else _NAN


def rate(sights: Sequence[Sight]) -> float:
    """Frames a second, by the page's clock; NaN for fewer than two."""
    return float(1 / np.mean(np.diff([s.page_time for s in sights]))) if len(sights) > 1 else _NAN


def blocks(prompts: Sequence[int]) -> list[list[int]]:
    """Rising numbers, those that follow on each other together: eight colours in a row, then a dot."""
    cuts = [0, *(k for k in range(1, len(prompts)) if prompts[k] != prompts[k - 1] + 1), len(prompts)]
    return [list(prompts[a:b]) for a, b in pairwise(cuts) if a < b]


def gap(sights: Sequence[Sight], shown: Sequence[Sequence[int]]) -> float:
    """The longest time without a face while the prompts of each block showed, to the first frame after; seconds.

    NaN when nothing was shown, or no face seen in one of them.
    """
    return float(np.max([_gap(sights, block) for block in shown])) if shown else _NAN


def _gap(sights: Sequence[Sight], shown: Sequence[int]) -> float:
    during = [s for s in sights if s.prompt in shown]
    after = [s.page_time for s in sights if shown and s.prompt == shown[-1] + 1][:1]
    seen = [s.page_time for s in during if s.face is not None]
    times = [*[s.page_time for s in during][:1], *seen, *after]
    return float(np.max(np.diff(times))) if len(times) > 1 and seen else _NAN


def runs(sights: Sequence[Sight], moving: Collection[int]) -> list[Run]:
    """Every movement with the last frame at rest before it; those without one are left out."""
    found = []
    for prompt in moving:
        before = [s for s in sights if s.prompt == prompt - 1 and s.face and s.grey is not None]
        found += [Run(before[-1], tuple(s for s in sights if s.prompt == prompt))] if before else []
    return found


def coloured(sights: Sequence[Sight], shown: Mapping[int, light.Colour]) -> light.Series:
    """The frames under the colours of `shown`, by prompt, with the rest on either side."""
    around = {min(shown) - 1, max(shown) + 1} if shown else set()
    return [
        (s.page_time, shown.get(s.prompt), s.skin)
        for s in sights
        if s.skin is not None and (s.prompt in shown or s.prompt in around)
    ]


def followed(
    sights: Sequence[Sight], shown: Collection[int], path: Path | None, rest: Rest | None, field: Point
) -> Pursuit:
    """How the nose followed the dot, by the frames that were taken while it was on the screen; `field` as in `aim`."""
    during = [s for s in sights if s.prompt in shown]
    faces = [(s.page_time - during[0].page_time, s.face) for s in during if s.face is not None]
    if not faces or rest is None or path is None:
        return pursuit.NOTHING
    nose = np.array([aim(face, rest, field) for _, face in faces])
    return pursuit.measure(np.array([time for time, _ in faces]), nose, path.at, rises=path.rises)


def strongest(sights: Sequence[Sight], resting: Collection[int]) -> Surface:
    """Signs of a screen, the strongest of the pictures of the face at rest that were kept."""
    seen = [
        surface.measure(s.grey, s.face)
        for s in sights
        if s.grey is not None and s.face is not None and s.prompt in resting
    ]
    return max(seen, key=lambda one: -1.0 if np.isnan(one.moire) else one.moire, default=surface.NOTHING)
