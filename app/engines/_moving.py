"""The renderers of a moving picture, one frame after another, below the gate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from app.engines._ageing import Ageing
from app.engines._expressing import Expressing
from app.engines._expressshape import Asked
from app.engines._filters import Pixels
from app.engines._geometry import Seen, width_of
from app.engines._laid import MARGIN, Beat, Laid
from app.engines._personaldraw import Painter
from app.engines._steady import Steady
from app.engines._swapping import Swapping
from app.engines._wrap import FACE_RINGS, Atlas
from app.engines.age import AgeOptions
from app.engines.express import ExpressOptions
from app.engines.personal import PersonalOptions
from app.engines.swap import SwapOptions
from models.faces import Face

_FADE: Final = 0.4
"""Seconds from the first frame of a take, which stays as it is, to the whole change."""
_LONGEST: Final = 0.5
"""Seconds between two frames from which they belong to two takes."""
_SIZES: Final = (192, 256, 352, 512)
_FINER: Final = 1.1
"""Pixels across the face in the atlas, and how many it has for one of the frame, if there are so many."""


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A picture and its face; a `Seen`."""

    pixels: Pixels
    face: Face


class Moving:
    """Draws one person's frames. What is asked for is that of a still picture; see the options' own modules."""

    def __init__(
        self, swap: SwapOptions | PersonalOptions | None, age: AgeOptions | None, express: ExpressOptions | None
    ) -> None:
        self._asked = swap, age, express
        self._scene: int | None = None
        self._make(_SIZES[1])
        self.pause()

    def _make(self, scale: int) -> None:
        """The renderers, with atlases of so many pixels across the face."""
        swap, age, express = self._asked
        self._scale = scale
        self._swap = Swapping(swap, scale) if swap is not None and swap.amount > 0 else None
        expressing = express is not None and (express.asked != Asked() or express.copy > 0)
        self._express = Expressing(express.asked, express.copy, scale) if express and expressing else None
        self._age = Ageing(age.years, age.grey, int(age.seed), Atlas(scale)) if age is not None and age.years else None

    def forget(self) -> None:
        """Let go all that is known of the person's frames."""
        self._make(self._scale)
        self.pause()

    def pause(self) -> None:
        """The next frame begins another take."""
        self._steady = Steady()
        self._first: float | None = None
        self._last = 0.0

    def frame(  # noqa: PLR0917 - one frame's own
        self,
        target: Seen,
        source: Seen,
        own: Sequence[Seen],
        views: Sequence[Seen] | Painter,
        scene: int,
        seconds: float,
    ) -> Pixels:
        """The next frame, changed.

        Args:
            target: the frame and its face.
            source: the picture that an expression is copied from.
            own: the person's own frames, one at rest first.
            views: those whose texture is used, or what was learnt of the face.
            scene: of the film; another one has another light, and nothing of the last one is used.
            seconds: when it is shown.

        Returns:
            uint8 RGB of the frame's shape; exact where nothing is changed.
        """
        if scene != self._scene:
            self._another(scene)
        passed = self._passed(seconds)
        if self._first == seconds and (scale := _scale(width_of(target.face.mesh))) != self._scale:
            self._make(scale)
        share = self._share(seconds)
        before = self._steady(target.face.mesh, seconds)
        after = before
        if self._express is not None:
            calm = View(target.pixels, replace(target.face, mesh=before))
            after = self._express.shaped(calm, own, source, passed)
        if self._age is not None:
            after = self._age.shaped(after)
        if after is not before:
            after = before + share * (after - before)
        rings = FACE_RINGS if self._age is None else self._age.rings
        laid = Laid(before, after, target.pixels.shape, rings, MARGIN if self._swap is None else self._swap.margin)
        if laid.face.empty:
            return target.pixels.copy()
        out = laid.bent(target.pixels)
        beat = Beat(passed, share)
        if self._swap is not None and share > 0:
            self._swap.paint(out, laid, target, views, beat)
        if self._express is not None and share > 0:
            self._express.paint(out, laid, (target.pixels, before), beat)
        if self._age is not None:
            self._age.paint(out, laid, beat)
        return out

    def _another(self, scene: int) -> None:
        """Another scene begins."""
        self._scene = scene
        self.pause()
        if self._age is not None:
            self._age.reset()
        if self._swap is not None:
            self._swap.reset()
        if self._express is not None:
            self._express.reset()

    def _passed(self, seconds: float) -> float:
        """Seconds since the frame before; after a gap, or back in time, another take begins."""
        passed = seconds - self._last
        if self._first is None or not 0 < passed < _LONGEST:
            self.pause()
            self._first, passed = seconds, 0.0
        self._last = seconds
        return passed

    def _share(self, seconds: float) -> float:
        """How much of the change is shown, 0..1."""
        way = min(1.0, (seconds - (self._first or 0.0)) / _FADE)
        return way * way * (3 - 2 * way)


def _scale(width: float) -> int:
    """Pixels across the face in the atlas, for a face so wide in the frame."""
    return next((size for size in _SIZES if size >= _FINER * width), _SIZES[-1])
