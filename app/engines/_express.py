"""The expression renderer: generic shape directions, and the person's own frames where they show the expression."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from app.engines._exemplar import Bank, lend_eyes, lend_folds, lend_mouth
from app.engines._expressshape import expressed, own_movement
from app.engines._field import deform
from app.engines._filters import Pixels
from app.engines._geometry import Seen
from app.engines._unseen import close_lids, crease, fill_mouth

DRAWN_MOUTH: Final = 0.5
"""How far the mouth opens where no frame of the person shows its inside: what is drawn must stay modest."""
EYES_SHUT: Final = -0.75
"""From here on closed eyes are the person's own, where a frame shows them; a half-closed lid is always bent."""
_OPENS: Final = 0.03


def render(
    target: Seen,
    own: Sequence[Seen],
    *,
    smile: float = 0.0,
    brows: float = 0.0,
    eyes: float = 0.0,
    mouth: float = 0.0,
) -> Pixels:
    """The target's picture with another expression.

    Args:
        target: picture and face.
        own: the person's own frames, one at rest first; may be empty.
        smile: -1..1.
        brows: -1..1.
        eyes: -1 (closed) .. 1 (wide).
        mouth: 0..1 (open).

    Returns:
        uint8 RGB of the target's shape; exact beyond `_field.REACH` of the face. All zero changes nothing. Inputs stay.
    """
    if not (smile or brows or eyes or mouth):
        return target.pixels.copy()
    before = target.face.mesh
    bank = Bank(tuple(own), target)
    open_view = bank.open_mouth(mouth) if mouth > _OPENS else None
    smile_view = bank.smiling(smile) if open_view is None and smile > _OPENS else None
    shut_view = bank.closed_eyes() if eyes <= EYES_SHUT else None
    if min(target.face.eyes) < bank.shut_below and eyes < 0:
        eyes = 0.0  # they are closed already, which the mesh does not know
    after = expressed(
        before,
        0.0 if smile_view else smile,
        brows,
        0.0 if shut_view else eyes,
        0.0 if open_view else mouth * DRAWN_MOUTH,
    )
    lender = open_view or smile_view
    if lender is not None and bank.rest is not None:
        share = bank.share(lender, mouth if lender is open_view else smile, opening=lender is open_view)
        after = after + share * own_movement(bank.rest.face.mesh, lender.face.mesh, before)
    out = deform(target.pixels, before, after)
    if lender is not None and bank.rest is not None:
        lend_folds(out, after, lender, bank.rest)
        lend_mouth(out, after, lender)
    elif mouth > _OPENS:
        fill_mouth(out, target.pixels, before, after, target.face.mouth)
    if smile > 0 and smile_view is None:
        crease(out, after, smile)
    if shut_view is not None:
        lend_eyes(out, after, shut_view)
    elif eyes < 0:
        close_lids(out, after, -eyes)
    return out
