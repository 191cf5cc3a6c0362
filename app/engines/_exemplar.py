"""The person's own frames as a bank of expressions: real teeth, lids and folds instead of drawn ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from app.engines._expressshape import Pair, expression_of, lip_gap, lower_face, smile_of
from app.engines._filters import Points
from app.engines._geometry import Seen
from models.topology import CANONICAL, LEFT_BROW, LIPS_INNER, LIPS_OUTER, OVAL, RIGHT_BROW

TURN: Final = 18.0
"""Degrees between a lending frame and the target, beyond which texture no longer fits."""
MOUTH_GAP: Final = (0.18, 0.65)
"""Lip gap over mouth width of a frame that shows an open mouth, and of a mouth opened all the way."""
SMILE: Final = (0.05, 0.14)
"""Face widths the corners of the mouth move in a frame that shows a smile, and in a full one."""
SHOWS: Final = 0.05
"""Lip gap over mouth width from which a picture shows what is behind the lips."""
_SHUT: Final = 0.55
"""Share of the person's own open eyes below which they are closed (as in the live check)."""
_SHUT_PLAIN: Final = 0.12
"""Lid gap over eye width of closed eyes where the person's own are not known."""
_CALM: Final = (0.05, 0.02)
"""Lip gap and smile beyond the frame at rest, up to which a frame counts as at rest too."""
_MOVED: Final = (0.010, 0.022)
"""Face widths, root mean square, between which a part of the target's face is at rest and has an expression."""
_WIDTH: Final = float(np.ptp(CANONICAL[:, 0]))


@dataclass(frozen=True, slots=True)
class Bank:
    """The frames that may lend to one target: `own`, the one at rest first, and another picture of the person.

    `calm` are those of `own` with a face at rest.
    """

    own: tuple[Seen, ...]
    target: Seen
    source: Seen | None = None
    calm: tuple[Seen, ...] = ()

    @classmethod
    def of(cls, own: Sequence[Seen], target: Seen, source: Seen | None = None) -> Bank:
        """The bank of these frames, with those at rest found."""
        bank = cls(tuple(own), target, source)
        return replace(bank, calm=tuple(bank.resting()))

    def resting(self) -> Iterator[Seen]:
        """The live check's frames with a face at rest, whichever way the head is turned."""
        rest = self.rest
        if rest is None:
            return
        base, lips = smile_of(rest.face.mesh), rest.face.mouth + _CALM[0]
        for view in self.own:
            quiet = view.face.mouth < lips and min(view.face.eyes) > self.shut_below
            if quiet and abs(smile_of(view.face.mesh) - base) < _CALM[1]:
                yield view

    @property
    def rest(self) -> Seen | None:
        """The frame at rest."""
        return self.own[0] if self.own else None

    @property
    def shut_below(self) -> float:
        """Lid gap below which this person's eyes are closed."""
        return _SHUT * min(self.rest.face.eyes) if self.rest else _SHUT_PLAIN

    def mouth(self, smile: float, mouth: float) -> Seen | None:
        """The frame whose mouth is nearest to a smile and an opening (0..1 each), or None if none shows them.

        Open mouths are lent to an opened mouth, smiles to a smile; of a mouth that stays closed nothing is needed.
        """
        rest = self.rest
        if rest is None:
            return None
        base, wide = smile_of(rest.face.mesh), max(MOUTH_GAP[0], rest.face.mouth + 0.12)
        near = [(view, smile_of(view.face.mesh) - base) for view in self.near()]
        if mouth > 0:
            able = [(v, s) for v, s in near if v.face.mouth > wide and (s < SMILE[0] or smile > 0)]
        else:
            able = [(v, s) for v, s in near if s > SMILE[0] and v.face.mouth < 2 * MOUTH_GAP[0]]

        def apart(one: tuple[Seen, float]) -> float:
            view, smiles = one
            opened = abs(view.face.mouth - mouth * MOUTH_GAP[1]) / MOUTH_GAP[1]
            return opened + 0.7 * abs(smiles - max(smile, 0) * SMILE[1]) / SMILE[1] + self.turn(view) / 90

        return min(able, key=apart)[0] if able else None

    def closed(self, side: int) -> Seen | None:
        """The frame with that eye closed (0 the right, 1 the left) that is nearest in pose, or None."""
        views = [v for v in self.near() if v.face.eyes[side] < self.shut_below]
        return min(views, key=self.turn, default=None)

    def opened(self, side: int) -> Seen | None:
        """A frame with that eye open, or None: the one at rest, for eyes often look elsewhere while a head turns."""
        views = [v for v in self.near() if v.face.eyes[side] > 1.5 * self.shut_below]
        rest = next((v for v in views if v is self.rest), None)
        return rest or min(views, key=self.turn, default=None)

    def at_rest(self, like: Seen) -> Seen | None:
        """The frame at rest that is seen from nearly the same side as `like`."""
        others = [view for view in self.calm if view is not like]
        return min(others, key=lambda view: _apart(view, like), default=self.rest)

    def difference(self, view: Seen) -> Points:
        """What `view` does and the target does not, each against rest: offsets (468, 3) in the head's frame."""
        here, there = self.at_rest(view), self.at_rest(self.target)
        if here is None or there is None:
            return np.zeros_like(CANONICAL)
        return expression_of(view.face.mesh, here.face.mesh) - expression_of(self.target.face.mesh, there.face.mesh)

    def near(self) -> list[Seen]:
        """Frames in about the target's direction."""
        all_of_them = self.own if self.source is None else (*self.own, self.source)
        return [view for view in all_of_them if self.turn(view) < TURN]

    def turn(self, view: Seen) -> float:
        """Degrees between the heads of a frame and of the target."""
        return _apart(view, self.target)


def _apart(one: Seen, other: Seen) -> float:
    mine, theirs = one.face.pose, other.face.pose
    return float(np.hypot(mine.yaw - theirs.yaw, mine.pitch - theirs.pitch))


@dataclass(frozen=True, slots=True)
class Shown:
    """How far a frame's mouth is from the person's at rest: smile and opening, 1 for a full one."""

    smile: float
    mouth: float

    @classmethod
    def by(cls, view: Seen, rest: Seen) -> Shown:
        """What `view` shows beyond `rest`."""
        smile = smile_of(view.face.mesh) - smile_of(rest.face.mesh)
        return cls(smile / SMILE[1], (lip_gap(view.face.mesh) - lip_gap(rest.face.mesh)) / MOUTH_GAP[1])


def copied_move(bank: Bank, view: Seen) -> Points:
    """What takes the target's face to the expression of `view`: offsets (468, 3) in the head's frame.

    The person's own movement from rest to `view`, less what the target's face does already, where it does something.
    """
    here, there = bank.at_rest(view), bank.at_rest(bank.target)
    if here is None or there is None:
        return np.zeros_like(CANONICAL)
    move = expression_of(view.face.mesh, here.face.mesh)
    already = expression_of(bank.target.face.mesh, there.face.mesh)
    low = lower_face(there.face.mesh)
    for part, ring in ((low, LIPS_OUTER + LIPS_INNER), (1 - low, RIGHT_BROW + LEFT_BROW)):
        strength = moved(already, ring)
        move -= already * part * float(np.clip((strength - _MOVED[0]) / (_MOVED[1] - _MOVED[0]), 0, 1))
    move[list(_TEMPLES)] *= 0.3  # an outline is where the head ends as seen from here, and no place on it
    return move


_TEMPLES: Final = tuple(point for point in OVAL if CANONICAL[point, 1] < CANONICAL[4, 1])


def moved(move: Points, points: tuple[int, ...]) -> float:
    """How far some points move, root mean square, face widths; `move` (468, 3) in the head's frame."""
    return float(np.sqrt((move[list(points), :2] ** 2).sum(1).mean())) / _WIDTH


def opens(view: Seen, target: Seen) -> Pair:
    """How much further open the lids of `view` are than the target's, right and left."""
    right, left = (a - b for a, b in zip(view.face.eyes, target.face.eyes, strict=True))
    return right, left
