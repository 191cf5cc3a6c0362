"""Expression, frame after frame: planned as for a still picture and followed calmly; what own frames lend is baked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import cv2
import numpy as np

from app.engines import _express
from app.engines._baked import shade
from app.engines._exemplar import Bank
from app.engines._express import EYES_SHUT, Plan
from app.engines._expressshape import Asked, lip_gap
from app.engines._filters import Floats, Pixels, Points
from app.engines._gazing import Gazing
from app.engines._geometry import Box, Seen
from app.engines._laid import Beat, Laid, seen_in
from app.engines._lend import folds
from app.engines._pieces import Kind, Piece
from app.engines._unseen import CREASE, LEFT_SIDE, close_lid, fill_mouth, folds_at
from app.engines._wrap import Atlas, Unwrap
from app.engines._wrinkles import PLACES
from models.topology import CANONICAL, LEFT_EYE, LIPS_OUTER, RIGHT_EYE

_SMALL: Final = 128
"""Pixels across the face in the atlas in which light is followed."""
_KINDS: Final = (
    Kind(LIPS_OUTER, 0.012, 0.012, 0.10, whole=False),
    Kind(RIGHT_EYE, 0.040, 0.016, 0.075, whole=True),
    Kind(LEFT_EYE, 0.040, 0.016, 0.075, whole=True),
)
_PLANS: Final = 3
_CHOOSES: Final = 24
"""Frames between two plans, and between two choices among all own frames."""
_CALM: Final = 6
"""Frames at rest that are kept between two choices."""
_FOLLOWS: Final = 0.07
"""Seconds, about, in which a new plan is followed."""
_DRAWN: Final = 0.015
"""Opening of the mouth from which its inside is drawn."""


class Expressing:
    """Another expression on one person's frames.

    Args:
        asked: the expression.
        copy: how much of the source's expression is copied.
        scale: pixels across the face in the atlas.
    """

    def __init__(self, asked: Asked, copy: float, scale: int) -> None:
        self._asked, self._copy = asked, copy
        self._atlas, self._small = Atlas(scale), Atlas(_SMALL)
        self._fine, self._unwrap = Unwrap(self._atlas, 1), Unwrap(self._small, 2)
        self._pieces = [Piece(kind, self._atlas, self._small) for kind in _KINDS]
        self._gazing = Gazing()
        side = np.zeros((len(self._atlas.places), 3))
        side[:468] = np.column_stack([PLACES, LEFT_SIDE])
        told = self._fine.values(side)
        self._height, self._left = folds_at(told[..., :2].copy()) * self._fine.drawn_in, told[..., 2]
        self.reset()

    def reset(self) -> None:
        """Another scene."""
        for piece in self._pieces:
            piece.reset()
        self._gazing.reset()
        self._number = 0
        self._plan: Plan | None = None
        self._some: tuple[Seen, ...] = ()
        self._move: Points = np.zeros_like(CANONICAL)
        self._now = self._asked
        self._lent: tuple[tuple[Seen, Seen], Floats] | None = None
        self._folds: Floats | None = None

    def shaped(self, target: Seen, own: Sequence[Seen], source: Seen, seconds: float) -> Points:
        """The mesh (468, 3) of a frame with the expression.

        Args:
            target: the frame and its face, landmarks smoothed.
            own: the person's own frames, one at rest first.
            source: the picture whose expression is copied.
            seconds: since the frame before.
        """
        if self._plan is None or self._number % _PLANS == 0:
            self._plan = self._planned(target, own, source)
        made = self._plan
        share = 1.0 if self._number == 0 else min(1.0, seconds / _FOLLOWS)
        self._number += 1
        self._move = self._move + share * (made.move - self._move)
        self._now = self._now.added(made.asked.added(self._now, -1), share)
        for piece, view in zip(self._pieces, (made.mouth, *made.lids), strict=True):
            piece.lend(view, self._fine, seconds)
        return replace(made, asked=self._now, move=self._move).shaped(target.face.mesh)

    def _planned(self, target: Seen, own: Sequence[Seen], source: Seen) -> Plan:
        """What a still picture would be given; now and then all own frames are looked through."""
        if self._number % _CHOOSES == 0 or not self._some:
            made = _express.plan(target, own, self._asked, source, self._copy)
            bank = Bank.of(own, target)
            near = sorted(bank.calm, key=bank.turn)[:_CALM]
            chosen = (*own[:1], *near, made.mouth, *made.lids, *(made.folds or ()))
            self._some = tuple({id(one): one for one in chosen if one is not None}.values())
            return made
        return _express.plan(target, self._some, self._asked, source, self._copy)

    def paint(self, out: Pixels, laid: Laid, before: tuple[Pixels, Points], beat: Beat) -> None:
        """What bending does not show, in place: as `Plan.paint`, in its order.

        Args:
            out: uint8 RGB, a frame whose face has its shape already.
            laid: its geometry.
            before: the frame as it was, and its mesh.
            beat: its moment.
        """
        made, asked = self._plan, self._now
        if made is None:
            return
        share = beat.share
        self._light_folds(out, laid, made, beat)
        mouth, *lids = self._pieces
        if mouth.weight < 0.98 and asked.mouth > _DRAWN:
            self._fill(out, laid, before, 1 - mouth.weight)
        if any(piece.weight > 0.02 for piece in self._pieces):
            now = seen_in(self._unwrap, out, laid)
            mouth.lay(out, laid, now, beat)
            for piece in lids:
                piece.lay(out, laid, now, beat)
        for side, (piece, amount) in enumerate(zip(lids, asked.both_eyes, strict=True)):
            free = share * (1 - piece.weight)
            if amount * free < -0.02:
                close_lid(out, laid.mesh, -amount * free, side)
            if amount > EYES_SHUT and max(abs(asked.gaze), abs(asked.gaze_up)) * free > 0.01:
                self._gazing.look(out, laid.mesh, side, (asked.gaze * free, asked.gaze_up * free), beat.seconds)

    def _fill(self, out: Pixels, laid: Laid, before: tuple[Pixels, Points], weight: float) -> None:
        """The drawn inside of an opened mouth, by a share."""
        box = Box.around(laid.mesh[list(LIPS_OUTER)], 2, out.shape)
        if box.empty:
            return
        kept = box.cut(out).copy()
        fill_mouth(out, *before, laid.mesh, lip_gap(before[1]))
        if weight < 1:
            view = box.cut(out)
            np.copyto(view, np.asarray(cv2.addWeighted(view, weight, kept, 1 - weight, 0), np.uint8))

    def _light_folds(self, out: Pixels, laid: Laid, made: Plan, beat: Beat) -> None:
        """Folds that own frames lend and those of a drawn smile, as shares of light."""
        goal = self._lent_folds(made)
        right, left = (max(one, 0.0) for one in self._now.corners)
        if right or left:
            drawn = CREASE * (right * (1 - self._left) + left * self._left) * self._height
            goal = drawn if goal is None else goal + drawn
        if goal is None and self._folds is None:
            return
        goal = np.zeros_like(self._height) if goal is None else goal
        share = np.float32(1.0 if self._folds is None else min(1.0, beat.seconds / (2 * _FOLLOWS)))
        old = self._folds
        self._folds = np.asarray(goal if old is None else old + share * (goal - old), np.float32)
        shade(out, laid, self._folds, self._atlas, beat.share)

    def _lent_folds(self, made: Plan) -> Floats | None:
        """The change of light by folds of own frames, (h, w) of the atlas."""
        if made.folds is None:
            return None
        if self._lent is None or any(a is not b for a, b in zip(self._lent[0], made.folds, strict=True)):
            width, height = self._atlas.size
            mesh, box = self._atlas.mesh, Box(0, 0, width, height)
            change = folds(mesh, box, float(self._atlas.scale), made.folds, upper=made.copied)
            self._lent = made.folds, np.zeros((height, width), np.float32) if change is None else change
        return np.asarray(self._lent[1] * np.float32(made.share), np.float32)
