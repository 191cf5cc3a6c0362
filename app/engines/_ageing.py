"""Age, frame after frame: painted now and then as on a still picture, kept in an atlas, and laid on each frame."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Thread
from typing import Final

import numpy as np

from app.engines import _age, _wrinkles
from app.engines._ageshape import strength_of
from app.engines._baked import Baked, Covering, correction, lay_on
from app.engines._filters import Floats, Pixels, Points
from app.engines._geometry import Placement
from app.engines._greying import Greying, Sample
from app.engines._laid import Beat, Laid
from app.engines._wrap import FACE_RINGS, Atlas
from models.topology import LEFT_BROW, LIPS_OUTER, RIGHT_BROW

_WAITS: Final = (0.12, 0.25, 0.4, 0.7, 1.2, 1.8)
"""Seconds until the next frame is painted, the first one, the second one and so on: the mean of a few is calm."""
_TURNED: Final = 0.14
"""Sine of the angle a head turns before it shows skin that needs painting at once."""
_MOVED: Final = 0.02
"""Face widths, root mean square, that a face moves before its folds are others."""
_TELLING: Final = LIPS_OUTER + LEFT_BROW + RIGHT_BROW
_COVERS: Final = 3
"""Frames between two looks for what lies before the face."""
_LATER: Final = 6
"""Frames after which a picture that is painted beside the others is waited for."""


@dataclass(slots=True, eq=False)
class _Painting:
    """One frame being painted; `correction` (H, W, 3) of the face's box and `hair` when the thread is done."""

    pixels: Pixels
    laid: Laid
    correction: Floats | None = None
    hair: Sample | None = None

    def paint(self, years: float, seed: int, greying: Greying | None) -> None:
        """Paints it as a still picture is painted."""
        before, box = self.pixels, self.laid.face
        if greying is not None:
            self.hair = greying.look(before, self.laid)
        after = before.copy()
        _age.paint_skin(after, self.laid.mesh, years, seed)
        self.correction = correction(box.cut(before), box.cut(after))


class Ageing:
    """Some years on or back for one person's frames; `years`, `grey` and `seed` as for a still picture."""

    def __init__(self, years: float, grey: float, seed: int, atlas: Atlas) -> None:
        self._years, self._seed = years, seed
        self._baked, self._covering = Baked(atlas), Covering()
        self._greying = Greying(strength_of(years) * grey, seed) if years > 0 and grey > 0 else None
        if self._greying is not None:
            _age.segmenter()
        _wrinkles.atlas(seed)  # drawn once for all; not while the first frame waits
        self.rings = FACE_RINGS + (self._greying is not None)
        self.reset()

    def reset(self) -> None:
        """Another take: nothing of what was baked is used any more."""
        self._baked.reset()
        self._covering.reset()
        self._number = 0
        if self._greying is not None:
            self._greying.reset()
        self._job: tuple[Thread, _Painting] | None = None
        self._waited, self._since, self._count = 0, 0.0, 0
        self._direction: Points | None = None
        self._face: Points = np.zeros(0)

    def shaped(self, mesh: Points) -> Points:
        """The mesh (468, 3) at that age."""
        return _age.shaped(mesh, self._years)

    def paint(self, out: Pixels, laid: Laid, beat: Beat) -> None:
        """Skin and hair of a frame, in place.

        Args:
            out: uint8 RGB, a frame whose face has its shape already.
            laid: its geometry.
            beat: its moment.
        """
        self._since += beat.seconds
        self._collect()
        if self._job is None and self._due(laid):
            self._begin(out, laid)
        self._baked.step(beat.seconds)
        if self._number % _COVERS == 1:
            self._covering.follow(out, laid, _COVERS * beat.seconds)
        self._number += 1
        if self._greying is not None:
            self._greying.paint(out, laid, beat)
        lay_on(out, laid, self._baked.shown, self._baked.atlas, self._covering.shown(laid) * np.float32(beat.share))

    def _due(self, laid: Laid) -> bool:
        """Whether another frame is to be painted: some time has passed, or the head has turned."""
        if self._direction is None:
            return True
        turned = float(np.linalg.norm(_direction(laid.mesh) - self._direction)) / _TURNED
        turned = max(turned, float(np.sqrt(((self._face - _still(laid.mesh)) ** 2).mean())) / _MOVED)
        wait = _WAITS[min(self._count, len(_WAITS)) - 1]
        return self._since > wait or (turned > 1 and self._since > _WAITS[2])

    def _begin(self, out: Pixels, laid: Laid) -> None:
        """Paints a frame, beside those that follow: none of them waits for it."""
        painting = _Painting(out.copy(), laid)
        self._covering.learn(out, laid)
        thread = Thread(target=painting.paint, args=(self._years, self._seed, self._greying))
        thread.start()
        self._job, self._waited = (thread, painting), 0
        self._since, self._direction, self._count = 0.0, _direction(laid.mesh), self._count + 1
        self._face = _still(laid.mesh)

    def _collect(self) -> None:
        """Takes in what was painted, always the same number of frames later: time decides nothing."""
        if self._job is None:
            return
        self._waited += 1
        if self._waited <= _LATER:
            return
        thread, painting = self._job
        thread.join()
        self._job = None
        if painting.correction is not None:
            self._baked.add(painting.correction, painting.laid.face, painting.laid.points)
        if painting.hair is not None and self._greying is not None:
            self._greying.add(painting.hair)


def _direction(mesh: Points) -> Points:
    """Where a face looks: a unit vector (3,)."""
    across, down = mesh[454] - mesh[234], mesh[152] - mesh[10]
    normal = np.cross(across, down)
    return np.asarray(normal / (np.linalg.norm(normal) + 1e-9), np.float64)


def _still(mesh: Points) -> Points:
    """What moves with an expression, in the head's own frame, face widths."""
    own = Placement.of(mesh).back(mesh)
    return np.asarray(own[list(_TELLING), :2] / np.ptp(own[:, 0]), np.float64)
