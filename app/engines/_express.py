"""The expression renderer: generic shape directions, and the person's own frames where they show the expression.

Two steps, so that expression can follow a swap or an age in one pass: `Plan.shaped` moves a mesh, `Plan.paint` works on
a picture whose face already lies on the moved mesh.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from app.engines._exemplar import Bank, lend_eyes, lend_folds, lend_mouth
from app.engines._expressshape import Asked, expressed, lip_gap, own_movement
from app.engines._field import deform
from app.engines._filters import Pixels, Points
from app.engines._geometry import Seen
from app.engines._unseen import close_lids, crease, fill_mouth

DRAWN_MOUTH: Final = 0.5
"""How far the mouth opens where no frame of the person shows its inside: what is drawn must stay modest."""
EYES_SHUT: Final = -0.75
"""From here on closed eyes are the person's own, where a frame shows them; a half-closed lid is always bent."""
_OPENS: Final = 0.03


@dataclass(frozen=True, slots=True)
class Plan:
    """What is done to one face, and which of the person's own frames lend for it.

    Attributes:
        asked: what is drawn by generic directions; what frames show is taken out of it.
        rest: the person's frame at rest, for what a lender changes.
        mouth: the frame that lends mouth and folds.
        share: how much of that frame's own movement is shown.
        lids: the frame that lends closed eyes.
    """

    asked: Asked
    rest: Seen | None = None
    mouth: Seen | None = None
    share: float = 0.0
    lids: Seen | None = None

    @property
    def neutral(self) -> bool:
        """True where nothing is changed."""
        return self.mouth is None and self.lids is None and self.asked == Asked()

    def shaped(self, mesh: Points) -> Points:
        """The mesh (468, 3), pixels, with the expression; a plan that is neutral gives it back as it is."""
        after = expressed(mesh, self.asked)
        if self.mouth is not None and self.rest is not None:
            after = after + self.share * own_movement(self.rest.face.mesh, self.mouth.face.mesh, mesh)
        return after

    def paint(self, out: Pixels, before_pixels: Pixels, before_mesh: Points, mesh: Points) -> None:
        """What bending does not show: inside of the mouth, teeth, lids and folds, in place.

        Args:
            out: uint8 RGB (H, W, 3), a picture whose face lies on `mesh`; changed.
            before_pixels: the picture before the face was moved, for its own teeth.
            before_mesh: (468, 3), where the face lies in `before_pixels`.
            mesh: (468, 3), where it lies in `out`: `shaped(before_mesh)`.
        """
        asked = self.asked
        if self.mouth is not None and self.rest is not None:
            lend_folds(out, mesh, self.mouth, self.rest)
            lend_mouth(out, mesh, self.mouth)
        elif asked.mouth > _OPENS * DRAWN_MOUTH:
            fill_mouth(out, before_pixels, before_mesh, mesh, lip_gap(before_mesh))
        if asked.smile > 0:
            crease(out, mesh, asked.smile)
        if self.lids is not None:
            lend_eyes(out, mesh, self.lids)
        elif asked.eyes < 0:
            close_lids(out, mesh, -asked.eyes)


def plan(target: Seen, own: Sequence[Seen], asked: Asked) -> Plan:
    """Which frames lend to `target` for what is asked; what none of them shows is left to generic directions.

    Args:
        target: picture and face.
        own: the person's own frames, one at rest first; may be empty.
        asked: the expression wanted.
    """
    bank = Bank(tuple(own), target)
    opened = bank.open_mouth(asked.mouth) if asked.mouth > _OPENS else None
    smiling = bank.smiling(asked.smile) if opened is None and asked.smile > _OPENS else None
    shut = bank.closed_eyes() if asked.eyes <= EYES_SHUT else None
    if shut is not None or (asked.eyes < 0 and min(target.face.eyes) < bank.shut_below):
        asked = replace(asked, eyes=0.0)  # lent, or they are closed already, which the mesh does not know
    lender, share = opened or smiling, 0.0
    if opened is not None:
        share = bank.share(opened, asked.mouth, opening=True)
    elif smiling is not None:
        share = bank.share(smiling, asked.smile, opening=False)
    left = replace(asked, smile=0.0 if smiling else asked.smile, mouth=0.0 if opened else asked.mouth * DRAWN_MOUTH)
    return Plan(left, bank.rest, lender, share, shut)


def render(target: Seen, own: Sequence[Seen], **asked: float) -> Pixels:
    """The target's picture with another expression.

    Args:
        target: picture and face.
        own: the person's own frames, one at rest first; may be empty.
        asked: fields of `Asked`.

    Returns:
        uint8 RGB of the target's shape; exact beyond `_field.REACH` of the face. All zero changes nothing. Inputs stay.
    """
    made = plan(target, own, Asked(**asked))
    if made.neutral:
        return target.pixels.copy()
    before = target.face.mesh
    after = made.shaped(before)
    out = deform(target.pixels, before, after)
    made.paint(out, target.pixels, before, after)
    return out
