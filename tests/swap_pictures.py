"""What swaps look like, and where they stop, pictured with people who do not exist.

python -m tests.swap_pictures FILE.jpg

Every changed picture here went the whole way: through the gate, the engine and the stamp, whose label it carries.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from app import flow
from app.engines.age import AgeOptions
from app.engines.combine import CombineOptions
from app.engines.express import ExpressOptions
from app.engines.swap import SwapOptions
from consent.gate import Gate
from consent.types import Photo, Pixels
from tests import bench, bench_truth, picture_sheet
from tests.people import Scene, person
from tests.people.cast import someone


def pictures(session: bench.Session) -> Iterator[tuple[str, Pixels]]:
    """Five rows of four: two swaps beside the truth, live frames, options, and where the target stays."""

    def made(gate: Gate, source: Pixels | None, target: Pixels, options: flow.Options | None = None) -> Pixels:
        given = Photo(source) if source is not None else None
        stamped = flow.change(gate, given, Photo(target), options or SwapOptions(), session.signer)
        return picture_sheet.decoded(stamped)

    for name, number in (("ada", 0), ("hana", 4)):
        gate, case = session.gate(name), list(bench_truth.cases(name))[number]
        yield f"today, {case.gap:g} degrees apart", case.source.pixels
        yield "another day", case.target.pixels
        yield "today's face on that day", made(gate, case.source.pixels, case.target.pixels)
        yield "the truth, drawn anew", case.truth
    ada, large = session.gate("ada"), list(bench_truth.cases("ada", (2048, 1536)))[3]
    yield "another day, 3 megapixels", large.target.pixels
    yield "of the webcam's live frames", made(ada, None, large.target.pixels)
    front = list(bench_truth.cases("ada"))[1]
    some = SwapOptions(parts=("mouth", "eyes"))
    yield "eyes and mouth alone", made(ada, front.source.pixels, front.target.pixels, some)
    three = CombineOptions(SwapOptions(), AgeOptions(years=30), ExpressOptions(preset="smile"))
    yield "swap, age and smile in one go", made(ada, front.source.pixels, front.target.pixels, three)
    beard, bare = _shot("bram"), _shot("bram", bench_truth.other_day("bram"), yaw=9.0, light="window")
    bram = session.gate("bram")
    yield "a beard today", beard
    yield "none that day", bare
    yield "the beard is not brought", made(bram, beard, bare)
    yield "nor taken", made(bram, bare, beard)
    glasses, none = _shot("hana/round"), _shot("hana", bench_truth.other_day("hana"), yaw=-9.0, light="warm")
    hana = session.gate("hana")
    yield "glasses today", glasses
    yield "none that day", none
    yield "round the eyes, that day stays", made(hana, glasses, none)
    yield "and here too", made(hana, none, glasses)


def _shot(name: str, who: Any = None, **scene: Any) -> Pixels:
    drawn = who or (someone(name) if "/" in name else person(name))
    settings = {"distance": 43.0, "size": (960, 720), "background": 5, "seed": 71, **scene}
    return np.asarray(drawn.render(Scene(**settings)), np.uint8)


if __name__ == "__main__":
    picture_sheet.write(Path(sys.argv[1]), pictures, 4, (330, 248))
