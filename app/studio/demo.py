"""For whoever has no camera: the same studio with a person who does not exist (from a checkout).

They are drawn in a world of their own and sit the real check before the real gate; whatever is made carries DEMO
PERSON in its label, and no picture of a living person is accepted in their session.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from app import flow
from app.studio.cards import card
from app.studio.desk import CHANGES
from app.studio.strings import say
from app.studio.tools import button
from consent.errors import Refusal
from consent.receipt import Consent
from consent.types import Clock, Frame, since_boot

if TYPE_CHECKING:
    from app.studio.desk import Desk
    from app.studio.sessions import Visitor
    from consent.liveness import Hint

WITHOUT: Final = frozenset({"no-camera", "camera-refused", "browser-old", "page-insecure"})
"""After these a person is offered it: no camera will come of itself."""
TRIES: Final = 3
_BOOTH: Final = "tests.booth"
_HERE: Final = Path(__file__).resolve().parents[2] / "tests" / "booth.py"


def offer(language: str) -> str:
    """The button; nothing where the renderer is not installed, or is another package's `tests`."""
    if not _is_here():
        return ""
    told = f'<div class="actions left">{button("demo", say("demo_start", language))}</div>'
    return card("note", say("demo_title", language), say("demo_text", language), told)


def _is_here() -> bool:
    """Whether the renderer of this very checkout is what would be imported."""
    spec = find_spec("tests")
    return _HERE.is_file() and spec is not None and Path(spec.origin or "").resolve() == _HERE.with_name("__init__.py")


@dataclass(slots=True)
class _Seat:
    """The booth in the studio's time: the check is drawn faster or slower than it lasts, and no clock ever goes back.

    Args:
        booth: a camera (`app.flow.Camera`) with a clock of its own.
        now: the studio's clock.
    """

    booth: Any
    now: Clock = since_boot
    _ahead: float = field(init=False)
    _last: float = field(init=False)
    _is_over: bool = False

    def __post_init__(self) -> None:
        self._last = self.now()
        self._ahead = self._last - self.booth.clock()

    def frame(self, hint: Hint) -> Frame:
        """The next frame; `clock` then says when it came."""
        taken: Frame = self.booth.frame(hint)
        return taken

    def clock(self) -> float:
        """The booth's time during the check, and the studio's from then on."""
        seen = self.now() if self._is_over else self.booth.clock() + self._ahead
        self._last = max(self._last, seen)
        return self._last

    def leave(self) -> None:
        """The check is over."""
        self._is_over = True


def sit(desk: Desk, visitor: Visitor) -> None:
    """Open a session of the person who does not exist; takes some seconds.

    Raises:
        Refusal: `no-demo-person`, outside of a checkout; what the live check says, after three tries.
        Fault: something is broken.
    """
    if not _is_here():
        raise Refusal("no-demo-person", "There is no demo person here.", "Use a checkout of the program, or a camera.")
    booths: Any = importlib.import_module(_BOOTH)
    world = booths.World()
    said = Consent(
        purposes=frozenset(CHANGES),
        adult=True,
        myself=True,
        language=visitor.language,
        version="demo-1",
        text="A demo person agrees to everything.",
    )
    for seed in range(1, TRIES + 1):
        seat = _Seat(booths.Booth("ada", world, seed=seed), desk.store.clock)
        receipt = desk.notary.sign(said, seat.clock)
        try:
            gate = flow.meet(seat, receipt, desk.ledger, seat.clock)
        except Refusal:
            if seed == TRIES:
                raise
            continue
        seat.leave()
        visitor.agreed(receipt)
        visitor.open(gate, receipt)
        desk.live(visitor, "target")
        return
