"""What expressions look like, and where they fail, pictured with people who do not exist.

python -m tests.express_pictures FILE.jpg

Every changed picture here went the whole way: through the gate, the engine and the stamp, whose label it carries.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from app import flow
from app.engines.express import ExpressOptions
from consent.gate import Gate
from consent.types import Match, Photo, Pixels
from tests import bench, picture_sheet
from tests.people import Scene, person

WOMAN, MAN = "hana", "bram"
_SIZE: Final = (960, 720)
_LAUGHS: Final = {"smile": 0.9, "jawOpen": 0.35, "mouthUpperUpLeft": 0.3, "mouthUpperUpRight": 0.3}


@dataclass(frozen=True, slots=True)
class Table:
    """One person's gate, and a picture of theirs that is changed."""

    session: bench.Session
    gate: Gate
    target: Match

    def made(self, source: Match | None = None, **asked: Any) -> Pixels:
        """The stamped picture, decoded."""
        options = ExpressOptions(**asked)
        live = self.gate.live()[0]
        stamped = flow.make(self.gate, source or live, self.target, options, self.session.signer)
        return picture_sheet.decoded(stamped)


def pictures(session: bench.Session) -> Iterator[tuple[str, Pixels]]:
    """Five rows of four: ready-made, sliders, copied, a man with a beard, and failures."""
    table = _table(session, WOMAN, yaw=9.0, light="warm")
    yield "before", table.target.pixels
    for name in ("smile", "laugh", "surprise", "sad", "wink", "sceptical"):
        yield name, table.made(preset=name)
    yield "gaze aside, head tilted", table.made(gaze=-1.0, tilt=-1.0)
    laughs = _shot(WOMAN, light="soft", background=2, expression=_LAUGHS)
    yield "a photo to copy", laughs
    yield "copied", table.made(table.gate.match(Photo(laughs)), copy=1.0)
    yield "the truth, drawn anew", _shot(WOMAN, yaw=9.0, light="warm", expression=_LAUGHS)
    asleep = _table(session, WOMAN, yaw=9.0, light="warm", expression={"blink": 1.0})
    yield "closed eyes, opened", asleep.made(eyes=0.6)
    man = _table(session, MAN, yaw=-10.0, light="window")
    yield "before", man.target.pixels
    yield "smile", man.made(preset="smile")
    yield "wink", man.made(preset="wink")
    yield "mouth open: a beard is drawn out", man.made(mouth=1.0)
    turned = _table(session, WOMAN, yaw=34.0, light="soft")
    yield "turned far, before", turned.target.pixels
    yield "turned far: no teeth, half the laugh", turned.made(preset="laugh")
    yield "turned far: lids bent, not lent", turned.made(eyes=-1.0)
    yield "laugh on closed eyes: they stay closed", asleep.made(preset="laugh")


def _shot(name: str, **scene: Any) -> Pixels:
    return person(name).render(Scene(**{"distance": 43.0, "size": _SIZE, "background": 5, "seed": 71, **scene}))


def _table(session: bench.Session, name: str, **scene: Any) -> Table:
    gate = session.gate(name)
    return Table(session, gate, gate.match(Photo(_shot(name, **scene))))


if __name__ == "__main__":
    picture_sheet.write(Path(sys.argv[1]), pictures, 4, (330, 248))
