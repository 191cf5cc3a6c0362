"""The expression renderer: generic shape directions, and the person's own frames where they show the expression.

Two steps, so that expression can follow a swap or an age in one pass: `Plan.shaped` moves a mesh, `Plan.paint` works on
a picture whose face already lies on the moved mesh.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from app.engines._exemplar import MOUTH_GAP, SHOWS, Bank, Shown, copied_move, moved, opens
from app.engines._expressshape import Asked, closable, expressed, expression_of, eye_share, lip_gap, lower_face
from app.engines._field import deform
from app.engines._filters import Pixels, Points
from app.engines._gaze import look
from app.engines._geometry import Placement, Seen
from app.engines._lend import lend_eye, lend_folds, lend_mouth
from app.engines._unseen import close_lid, crease, fill_mouth
from models.topology import CANONICAL, LEFT_BROW, LEFT_EYE, LIPS_INNER, LIPS_OUTER, RIGHT_BROW, RIGHT_EYE

DRAWN_MOUTH: Final = 0.5
"""How far the mouth opens where no frame of the person shows its inside: what is drawn must stay modest."""
EYES_SHUT: Final = -0.75
"""From here on closed eyes are the person's own, where a frame shows them; a half-closed lid is always bent."""
EYES_OPEN: Final = 0.3
"""From here on closed eyes are opened, with the person's own of a frame that shows them."""
_OPENS: Final = 0.03
_SMILES: Final = 0.3
"""A smile from here on would show teeth."""
_WIDE_ALREADY: Final = 0.6
"""Share of a wide opening beyond which a mouth can hardly be opened further."""
_TURNED: Final = (26.0, 40.0)
_TURNED_LEAVES: Final = 0.5
"""A head turned by the first degrees shows all that is asked, one turned by the second this share of it."""
_LIPS_MOVE: Final = 0.008
"""Face widths, root mean square, that lips must move for those of a copied frame to be lent."""
_LIDS_MOVE: Final = 0.06
"""Lid gap over eye width by which lids must differ for those of a copied frame to be lent."""
_FAR: Final = 26.0
"""Degrees between a copied frame and the target, beyond which its shape alone is copied."""
_EYES: Final = (RIGHT_EYE, LEFT_EYE)
_NOTHING: Final = np.zeros_like(CANONICAL)


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What is done to one face, and which of the person's own frames lend for it.

    Attributes:
        asked: what is drawn by generic directions; what frames show is taken out of it.
        move: (468, 3), the person's own movement in the head's frame; see `_expressshape.expression_of`.
        mouth: the frame that lends the mouth.
        folds: the frame that lends folds, and the one at rest that it is compared with.
        share: how much of the folds is shown.
        lids: the frames that lend the right and the left eye.
        copied: the folds of brow and eyes are lent as well.
        notes: codes of `_advice`: what could not be done wholly.
    """

    asked: Asked
    move: Points
    mouth: Seen | None = None
    folds: tuple[Seen, Seen] | None = None
    share: float = 0.0
    lids: tuple[Seen | None, Seen | None] = (None, None)
    copied: bool = False
    notes: tuple[str, ...] = ()

    @property
    def neutral(self) -> bool:
        """True where nothing is changed."""
        return self.mouth is None and not any(self.lids) and self.asked == Asked() and not self.move.any()

    def shaped(self, mesh: Points) -> Points:
        """The mesh (468, 3), pixels, with the expression; a plan that is neutral gives it back as it is."""
        return expressed(mesh, self.asked) + Placement.of(mesh).turn(self.move)

    def paint(self, out: Pixels, before_pixels: Pixels, before_mesh: Points, mesh: Points) -> None:
        """What bending does not show: inside of the mouth, teeth, lids and folds, in place.

        Args:
            out: uint8 RGB (H, W, 3), a picture whose face lies on `mesh`; changed.
            before_pixels: the picture before the face was moved, for its own teeth.
            before_mesh: (468, 3), where the face lies in `before_pixels`.
            mesh: (468, 3), where it lies in `out`: `shaped(before_mesh)`.
        """
        asked = self.asked
        if self.folds is not None:
            lend_folds(out, mesh, *self.folds, self.share, upper=self.copied)
        if self.mouth is not None:
            lend_mouth(out, mesh, self.mouth)
        elif asked.mouth > _OPENS * DRAWN_MOUTH:
            fill_mouth(out, before_pixels, before_mesh, mesh, lip_gap(before_mesh))
        if max(asked.corners) > 0:
            crease(out, mesh, asked.corners)
        for side, (ring, view, amount) in enumerate(zip(_EYES, self.lids, asked.both_eyes, strict=True)):
            if view is not None:
                lend_eye(out, mesh, view, ring)
            elif amount < 0:
                close_lid(out, mesh, -amount, side)
            if view is None and amount > EYES_SHUT and (asked.gaze or asked.gaze_up):
                look(out, mesh, side, asked.gaze, asked.gaze_up)


def plan(target: Seen, own: Sequence[Seen], asked: Asked, source: Seen | None = None, copy: float = 0.0) -> Plan:
    """Which frames lend to `target` for what is asked; what none of them shows is left to generic directions.

    Args:
        target: picture and face.
        own: the person's own frames, one at rest first; may be empty.
        asked: the expression wanted.
        source: another picture of the person, which may lend as well.
        copy: 0..1, how much of the expression of `source` is copied.
    """
    bank = Bank.of(own, target, source)
    asked, notes = _lowered(target, asked)
    if copy > 0 and source is not None and bank.rest is not None:
        return _copying(bank, source, copy, asked, notes)
    move, view, left = _mouth(bank, asked, notes)
    rest = bank.at_rest(view) if view is not None else None
    right, other = (_lid(bank, side, amount, notes) for side, amount in enumerate(asked.both_eyes))
    shares = [
        closable(target.face.mesh, side) if kept and lent is None else 0.0
        for side, (lent, kept) in enumerate((right, other))
    ]
    left = _bent_lids(left, shares)
    for side, (lent, _) in enumerate((right, other)):
        move = move if lent is None else move + eye_share(side) * bank.difference(lent)
    folds = (view, rest) if view is not None and rest is not None else None
    return Plan(left, move, view, folds, 1.0, (right[0], other[0]), notes=tuple(dict.fromkeys(notes)))


def _lowered(target: Seen, asked: Asked) -> tuple[Asked, list[str]]:
    """Less is asked of a head that is turned away: half of what is shaped there is not seen."""
    turned = max(abs(target.face.pose.yaw), abs(target.face.pose.pitch))
    less = float(np.clip((turned - _TURNED[0]) / (_TURNED[1] - _TURNED[0]), 0, 1)) * (1 - _TURNED_LEAVES)
    if not less > 0 or asked == Asked():
        return asked, []
    return asked.added(asked, -less), ["face-turned"]


def _lid(bank: Bank, side: int, amount: float, notes: list[str]) -> tuple[Seen | None, bool]:
    """The frame that lends an eye, and whether its lids may be bent otherwise (0 the right, 1 the left)."""
    closed = bank.target.face.eyes[side] < bank.shut_below
    if closed and amount >= EYES_OPEN:
        view = bank.opened(side)
        if view is None:
            notes.append("no-open-eyes")
        return view, False
    if closed or amount > EYES_SHUT:
        return None, not closed  # of an eye that is closed already the mesh does not know
    view = bank.closed(side)
    if view is None:
        notes.append("no-closed-eyes")
    return view, True


def _mouth(bank: Bank, asked: Asked, notes: list[str]) -> tuple[Points, Seen | None, Asked]:
    """The movement of the mouth that a frame shows, that frame, and what is left to draw."""
    target, rest = bank.target, bank.rest
    undrawn = replace(asked, mouth=asked.mouth * DRAWN_MOUTH)
    if rest is None or max(asked.smile, asked.mouth) <= _OPENS:
        return _NOTHING, None, undrawn
    shown = target.face.mouth > SHOWS and asked.mouth <= _OPENS  # its own teeth are the best there are
    view = None if shown else bank.mouth(asked.smile, asked.mouth if asked.mouth > _OPENS else 0.0)
    calm = bank.at_rest(view) if view is not None else None
    if view is None or calm is None:
        if asked.mouth > _OPENS:
            notes.append("no-open-mouth")
        elif not shown and asked.smile > _SMILES:
            notes.append("no-smile")
        return _NOTHING, None, undrawn
    have = Shown.by(view, calm)
    if asked.mouth > _OPENS:
        already = max(0.0, target.face.mouth - rest.face.mouth) / MOUTH_GAP[1]
        share = asked.mouth * max(0.0, 1 - already) / max(have.mouth, 1e-3)
        if already > _WIDE_ALREADY:
            notes.append("mouth-open-already")
    else:
        share = asked.smile / max(have.smile, 1e-3)
    share = float(np.clip(share, 0, 1.2))
    move = share * expression_of(view.face.mesh, calm.face.mesh) * lower_face(calm.face.mesh)
    smile = asked.smile if asked.smile <= 0 else float(np.clip(asked.smile - share * have.smile, 0, asked.smile))
    return move, view, replace(asked, mouth=0.0, smile=smile)


def _copying(bank: Bank, source: Seen, copy: float, asked: Asked, notes: list[str]) -> Plan:
    """The expression of `source`, with what is asked besides."""
    rest = bank.at_rest(source)
    move = copy * copied_move(bank, source)
    near = bank.turn(source) < _FAR
    lips = moved(move, LIPS_OUTER + LIPS_INNER) > _LIPS_MOVE
    lids = [abs(more) > _LIDS_MOVE for more in opens(source, bank.target)]
    if not near:
        notes.append("copied-from-afar")
    elif not (lips or any(lids) or moved(move, RIGHT_BROW + LEFT_BROW) > _LIPS_MOVE):
        notes.append("nothing-to-copy")
    lent = [source if near and lid and copy >= -EYES_SHUT else None for lid in lids]
    folds = (source, rest) if near and rest is not None and rest is not source else None
    left = replace(asked, mouth=asked.mouth * DRAWN_MOUTH)
    mouth = source if near and lips else None
    return Plan(left, move, mouth, folds, copy, (lent[0], lent[1]), copied=True, notes=tuple(notes))


def _bent_lids(asked: Asked, shares: Sequence[float]) -> Asked:
    """With lids that close by a share only, right and left; where that is 0 they are not bent at all."""
    right, left = (
        share * amount if amount < 0 else amount * (share > 0)
        for share, amount in zip(shares, asked.both_eyes, strict=True)
    )
    return replace(asked, eyes=0.0, eye_right=right, eye_left=left)


def render(target: Seen, own: Sequence[Seen], **asked: float) -> Pixels:
    """The target's picture with another expression; see `plan` and `carried_out`. `asked` are fields of `Asked`."""
    return carried_out(plan(target, own, Asked(**asked)), target)


def carried_out(made: Plan, target: Seen) -> Pixels:
    """The target's picture with what was planned for it.

    Returns:
        uint8 RGB of the target's shape; exact beyond `_field.REACH` of the face. Inputs stay.
    """
    if made.neutral:
        return target.pixels.copy()
    before = target.face.mesh
    after = made.shaped(before)
    out = deform(target.pixels, before, after)
    made.paint(out, target.pixels, before, after)
    return out
