"""Contact sheets of the engines' bench: what every engine makes of people who do not exist, in one folder to look at.

Every picture in it went the whole way, the untouched ones too (through a swap of 0 %): a file of its own with label,
watermark and signature. A page lays them out. Older methods are not there, for what no engine made is not stamped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from html import escape
from itertools import chain, islice
from pathlib import Path
from typing import Final

from app import flow
from app.engines.age import AgeOptions
from app.engines.combine import CombineOptions
from app.engines.express import NAMES, ExpressOptions
from app.engines.swap import SwapOptions
from app.stamp.signer import Signer
from app.studio.strip import AGES
from consent.errors import Refusal
from consent.gate import Gate
from consent.types import Photo, Pixels
from tests import bench_truth
from tests.people import Scene, person

PAGE: Final = "index.html"
UNTOUCHED: Final = SwapOptions(amount=0)
TOGETHER: Final = CombineOptions(SwapOptions(), AgeOptions(years=25), ExpressOptions(preset="smile"))
_HEAD: Final = """<!doctype html><meta charset="utf-8"><title>Selfsame: engines</title>
<style>body{font:15px sans-serif;margin:1.5em}h2{margin:1.2em 0 .3em}div{display:flex;flex-wrap:wrap;gap:8px}
figure{margin:0;width:300px}img{width:300px}figcaption{color:#555}</style>
<h1>What the engines make of people who do not exist</h1>
<p>Every picture is a file of its own, labelled, marked and signed;
<code>selfsame verify FILE</code> says what it is.</p>
"""


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """One picture to make: its words, whose face is used (None for a live frame), the target, and what is done."""

    words: str
    source: Pixels | None
    target: Pixels
    options: flow.Options


def write(
    folder: Path, gates: Iterable[tuple[str, Gate]], signer: Signer, say: Callable[[str], None], *, quick: bool = False
) -> None:
    """Write the pictures and their page.

    Args:
        folder: made if it is not there; files of the same names are replaced.
        gates: a name of the cast, and the open gate of that person.
        signer: stamps them.
        say: gets what happens as sentences.
        quick: one picture of each engine.
    """
    folder.mkdir(parents=True, exist_ok=True)
    page = [_HEAD]
    for name, gate in gates:
        say(f"contact sheets of {name}")
        for row, cells in _rows(name):
            some = enumerate(islice(cells, 1 if quick else None))
            shown = [_figure(folder / f"{name}-{row}-{n}.jpg", one, gate, signer) for n, one in some]
            page.append(f"<h2>{escape(name)}: {escape(row)}</h2>\n<div>{''.join(shown)}</div>\n")
    (folder / PAGE).write_text("".join(page), encoding="utf-8")
    say(f"Written: {folder / PAGE}")


def _figure(path: Path, cell: Cell, gate: Gate, signer: Signer) -> str:
    """Makes and saves one picture: its piece of the page, or the words of whoever refused it."""
    words = escape(cell.words)
    try:
        source = gate.match(Photo(cell.source)) if cell.source is not None else gate.live()[0]
        flow.make(gate, source, gate.match(Photo(cell.target)), cell.options, signer).save(path, overwrite=True)
    except Refusal as no:
        return f"<figure><figcaption>{words}: refused, {escape(no.reason)}</figcaption></figure>"
    return f'<figure><img src="{escape(path.name)}" alt=""><figcaption>{words}</figcaption></figure>'


def _rows(name: str) -> Iterator[tuple[str, Iterator[Cell]]]:
    """Every row of one person: a word for its files, and its pictures."""
    scene = Scene(distance=48.0, size=(960, 720), background=5, seed=71, yaw=7.0, light="window")
    portrait = person(name).render(scene)
    yield "swap", _swaps(name)
    yield "age", (Cell(f"{years:+d} years", None, portrait, AgeOptions(years=years)) for years in AGES)
    yield "express", (Cell(one, None, portrait, ExpressOptions(preset=one)) for one in NAMES[1:])
    other = bench_truth.other_day(name).render(replace(scene, yaw=-9.0, light="warm"))
    yield "together", iter([Cell("swap, 25 years and a smile at once", None, other, TOGETHER)])


def _swaps(name: str) -> Iterator[Cell]:
    for case in chain(bench_truth.cases(name), bench_truth.covered_cases(name)):
        where = f"{case.gap:g} degrees apart, {case.over or case.light}"
        yield Cell(f"today's face, {where}", case.source.pixels, case.target.pixels, SwapOptions())
        yield Cell("that day, as it was", None, case.target.pixels, UNTOUCHED)
        yield Cell("the truth, drawn anew", None, case.truth, UNTOUCHED)
