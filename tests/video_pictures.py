"""A film across its cuts, with another person in it: frames as they were filmed, and as they came out.

python -m tests.video_pictures FILE.jpg

Nobody here exists. The film went the whole way: gate, engine, stamp; what is shown are frames of the finished file.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from app import film as films
from app import film_out
from app.engines.age import AgeOptions
from app.reel import Progress, change_film
from consent.types import Pixels
from tests import bench, picture_sheet
from tests.people import Actor, Scene, someone

USER: Final = "ada"
OTHER: Final = "bram"
ALONE: Final = Scene(distance=48.0, size=(640, 480), background=3, seed=5)
ASIDE: Final = replace(ALONE, size=(320, 480), distance=62.0, light="window")
RATE: Final = 12
SHOTS: Final = ((USER, 16), (OTHER, 8), ("both", 12), (USER, 8))
"""Who is seen, and for how many frames."""
SHOWN: Final = (0, 8, 15, 16, 23, 24, 34, 40)
_ACROSS: Final = 4


def pictures(session: bench.Session) -> Iterator[tuple[str, Pixels]]:
    """Rows of frames as they were filmed, each with the row of what came out below it."""
    frames = list(_filmed())
    film = films.read(film_out.encode(frames, films.Timing.even(len(frames), RATE)))
    gate, told = session.gate(USER), list[Progress]()
    stamped = change_film(gate, gate.live()[0], film, AgeOptions(years=35), session.signer, tell=told.append)
    finished = list(films.read(stamped.data).frames())
    before = list(film.frames())
    for first in range(0, len(SHOWN), _ACROSS):
        row = SHOWN[first : first + _ACROSS]
        yield from ((f"frame {number}, as filmed", before[number]) for number in row)
        yield from ((f"frame {number}: {_became(told, number)}", finished[number]) for number in row)


def _filmed() -> Iterator[Pixels]:
    """The frames of the film."""
    actors = {name: Actor(someone(name), ALONE, seed=3) for name in (USER, OTHER)}
    at = 0.0
    for who, count in SHOTS:
        for _ in range(count):
            at += 1 / RATE
            yield (
                np.hstack([_beside(actors[name], name, at) for name in (USER, OTHER)])
                if who == "both"
                else (someone(who).render(actors[who].pose(at)))
            )


def _beside(actor: Actor, name: str, at: float) -> Pixels:
    pose = actor.pose(at)
    return someone(name).render(
        replace(ASIDE, yaw=pose.yaw, pitch=pose.pitch, expression=pose.expression, seed=pose.seed)
    )


def _became(told: list[Progress], number: int) -> str:
    """What became of one frame."""
    after = next(one for one in told if one.done == number + 1)
    before = next((one for one in told if one.done == number), None)
    if after.changed > (before.changed if before else 0):
        return "changed"
    was = before.left_alone if before else {}
    return next(f"left alone, {code.replace('-', ' ')}" for code, n in after.left_alone.items() if n > was.get(code, 0))


if __name__ == "__main__":
    picture_sheet.write(Path(sys.argv[1]), pictures, _ACROSS, (400, 300))
