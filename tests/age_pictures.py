"""What ages look like, and where they fail, pictured with people who do not exist.

python -m tests.age_pictures FILE.jpg

Every changed picture here went the whole way: through the gate, the engine and the stamp, whose label it carries.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from app import flow
from app.engines.age import AgeOptions
from consent.types import Match, Photo, Pixels
from tests import bench, picture_sheet
from tests.people import Scene, someone

STRIP: Final = (-20, -10, 0, 10, 25, 40)
_SIZE: Final = (800, 800)


def pictures(session: bench.Session) -> Iterator[tuple[str, Pixels]]:
    """Four people at six ages, then what fails or stays back, each before and after."""
    scenes: dict[str, dict[str, Any]] = {
        "gita": {"yaw": 8.0, "light": "window"},
        "feng": {"yaw": -10.0, "light": "soft", "expression": {"smile": 0.5}},
        "bram": {"yaw": 6.0, "light": "warm"},
        "ada": {"yaw": -5.0, "light": "soft"},
    }
    for name, scene in scenes.items():
        target = _target(session, name, **scene)
        for years in STRIP:
            what = f"{name}, {years:+d} years" if years else f"{name}, before"
            yield what, _made(session, name, target, years) if years else target.pixels
    glasses = _target(session, "feng", wears="/round", light="soft")
    yield "glasses, before", glasses.pixels
    yield "+40: drawn round them", _made(session, "feng", glasses, 40)
    turned = _target(session, "ada", yaw=36.0, light="soft")
    yield "turned far, before", turned.pixels
    yield "+40", _made(session, "ada", turned, 40)
    small = _target(session, "ada", distance=150.0, light="dim")
    yield "small and dark, before", small.pixels
    yield "+40: fine lines left out", _made(session, "ada", small, 40)


def _target(session: bench.Session, name: str, wears: str = "", **scene: Any) -> Match:
    shot = Scene(**{"distance": 52.0, "size": _SIZE, "background": 5, "seed": 71, **scene})
    return session.gate(name).match(Photo(someone(name + wears).render(shot)))


def _made(session: bench.Session, name: str, target: Match, years: float) -> Pixels:
    """The stamped picture, decoded."""
    gate = session.gate(name)
    stamped = flow.make(gate, gate.live()[0], target, AgeOptions(years=years), session.signer)
    return picture_sheet.decoded(stamped)


if __name__ == "__main__":
    picture_sheet.write(Path(sys.argv[1]), pictures, len(STRIP), (232, 232))
