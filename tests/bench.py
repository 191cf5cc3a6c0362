"""`selfsame bench`: what can be measured with people who do not exist, through the real gate.

Nobody here is real, so no rate is a rate among people: the figures show that nothing broke, and what a change does.
Everything happens in memory, with a key and a log of this run alone; nothing but figures leaves. Wall times are
medians on this computer as it is: compare ratios.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final

import cv2
import numpy as np

from app import evaluate, evaluate_page, evaluate_second
from app.bench import Bench, Figure, RedTeam, share
from app.engines._geometry import width_of
from app.engines.swap import SwapOptions
from app.home import Home
from app.notary import open_notary
from app.stamp.signer import Signer
from consent import liveness
from consent.challenge import draw
from consent.enrolment import enrol
from consent.errors import Refusal
from consent.gate import Gate
from consent.receipt import Consent
from consent.types import Match, Photo, Pixels, Purpose
from models.faces import Finder
from models.topology import OVAL
from tests import (
    bench_age,
    bench_before,
    bench_cost,
    bench_express,
    bench_sheets,
    bench_stamp,
    bench_truth,
    bench_video,
    bench_watermark,
)
from tests.booth import Booth
from tests.pad.bench import measure as red_team
from tests.people import Scene, gallery, person

USER: Final = "ada"
TRIES: Final = 3
"""As many as a person has patience for; `selfsame bench liveness` counts each alone."""
AGREED: Final = Consent(frozenset(Purpose), adult=True, myself=True, language="en", version="test", text="I agree.")
QUICK_PEOPLE: Final = 6
"""Of the gallery, in a quick run."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Amount:
    """How much is measured."""

    users: tuple[str, ...]
    judges: tuple[str, ...]
    """Whose swaps are held against the truth, and who grows old: nobody tuned on, but in a quick run."""
    crowd: int
    """Of whose aged pictures the apparent age is read."""
    portraits: int
    """Pictures of each user for the engines."""
    sizes: tuple[tuple[int, int], ...]
    marked: int
    """Pictures that are marked and attacked."""
    unmarked: int


QUICK: Final = Amount((USER,), (USER,), 1, 2, ((640, 480), (960, 720)), 2, 4)
FULL: Final = Amount(
    (USER, "chima", "feng", "gita"),
    ("feng", "gita", "hana", "ivo", "joy"),
    len(bench_age.CROWD),
    5,
    ((640, 480), (1152, 864), (4000, 3000)),
    60,
    2000,
)


def run(
    what: Bench | str = Bench.ALL,
    *,
    quick: bool = False,
    red: RedTeam | None = None,
    sheets: Path | None = None,
    say: Say = lambda _: None,
) -> list[Figure]:
    """Measure.

    Args:
        what: one bench or all.
        quick: about a minute on two idle cores.
        red: how much of the liveness bench; among all, one session of each by default.
        sheets: folder for what the engines make, to look at; None for none.
        say: gets what happens meanwhile as sentences.
    """
    what, red = Bench(what), red or RedTeam()
    if what is Bench.ALL and red.sessions is None:
        red = replace(red, sessions=1)
    with TemporaryDirectory(prefix="selfsame-bench-") as folder:  # a key, and a log without a face
        session = Session(Path(folder), QUICK if quick else FULL, say)
        benches: dict[Bench, Callable[[Session], Iterable[Figure]]] = {
            Bench.LIVENESS: lambda session: red_team(red, quick=quick, say=session.say),
            Bench.GATE: lambda session: gate_figures(
                session, *((red.sessions, red.write) if what is Bench.GATE else ())
            ),
            Bench.STAMP: stamp_figures,
            Bench.ENGINES: lambda session: bench_before.beside(engine_figures(session, sheets)),
            Bench.VIDEO: lambda session: bench_video.figures(
                session.gate(USER),
                session.signer,
                session.booths[USER],
                session.say,
                quick=quick or what is Bench.ALL,  # an hour of film alone takes longer than all the others
            ),
            Bench.PERSONAL: lambda session: personal_figures(session, trained=what is Bench.PERSONAL and not quick),
        }
        return [figure for name, bench in benches.items() if what in (name, Bench.ALL) for figure in bench(session)]


class Session:
    """One run: who sat down already, and whose gate is open."""

    def __init__(self, folder: Path, amount: Amount, say: Say) -> None:
        home = Home.open(folder / "home")
        self.amount, self.say = amount, say
        self.signer, self.ledger = Signer.open(home.keys), home.open_ledger()
        self._notary = open_notary(home.keys / "receipts.pem")
        self._gates: dict[str, Gate] = {}
        self.booths = dict[str, Booth]()

    def gate(self, name: str) -> Gate:
        """The gate of one person, by the first three calls of `app.flow`; who is refused tries again."""
        for seed in range(TRIES if name not in self._gates else 0):
            self.say(f"{name} sits down before the camera")
            booth = self.booths[name] = Booth(name, fps=8, seed=seed)
            recorder = liveness.Recorder(draw(booth.clock))
            while not recorder.take(booth.frame(recorder.hint)).over:
                pass
            try:
                live = liveness.check(recorder.capture())
                self._gates[name] = enrol(live, self._notary.sign(AGREED, booth.clock), self.ledger, booth.clock)
            except Refusal as no:
                self.say(f"{name} was refused: {no.code}")
                continue
            break
        if name not in self._gates:
            raise Refusal("never-live", f"{name} was refused {TRIES} times.", "Run it again.")
        return self._gates[name]

    @cached_property
    def finder(self) -> Finder:
        """One for the run."""
        return Finder()


def portraits(name: str, count: int, **changes: Any) -> Iterator[Photo]:
    """Pictures as people have of themselves: another room, light, turn and mood in each; the same every time."""
    rng = np.random.default_rng(sum(name.encode()))
    for number in range(count):
        scene = Scene(
            yaw=float(rng.uniform(-20, 20)),
            pitch=float(rng.uniform(-7, 7)),
            roll=float(rng.uniform(-8, 8)),
            expression={"smile": float(rng.uniform(0, 0.8))},
            light=("soft", "window", "warm")[number % 3],
            background=int(rng.integers(1, 9)),
            distance=float(rng.uniform(46, 62)),
            seed=100 + number,
        )
        yield Photo(person(name).render(replace(scene, **changes)))


# --- gate -------------------------------------------------------------------------------------------------------------


def gate_figures(session: Session, people: int | None = None, page: Path | None = None) -> Iterator[Figure]:
    """The gate on the gallery: everybody's template with everybody's pictures, and look-alikes of every fourth.

    The people were moved apart by the recogniser that judges them here, and drawn people are more alike than living
    ones otherwise: these are no rates among people.

    Args:
        session: says what happens meanwhile.
        people: so many at least, spread over the gallery; None for all, or for a few in a quick run.
        page: Markdown file to write.
    """
    some = people or (QUICK_PEOPLE if session.amount is QUICK else len(gallery.IDENTITIES))
    names = gallery.IDENTITIES[:: max(1, len(gallery.IDENTITIES) // some)]
    sitters = [evaluate.Sitter(name, gallery.pictures(name)) for name in names]
    for name in [name for name in gallery.RESEMBLED if name in names][::4]:
        sitters += [evaluate.Sitter(kin, gallery.pictures(kin), like=name) for kin in gallery.lookalikes(name)]
    session.say(f"{len(sitters)} people, {len(names)} of whom are to be enrolled")
    seen, counts = evaluate.see(sitters, session.say)
    outcome = evaluate.compared(seen, counts)
    session.say(evaluate.said(outcome))
    if page is not None:
        options = (" --quick" if session.amount is QUICK else "") + (f" --sessions {people}" if people else "")
        evaluate_page.write(page, outcome, f"selfsame bench gate{options} --write {page.name}")
        session.say(f"Written: {page} and {page.with_suffix('.png').name}")
    yield from evaluate.figures(outcome)
    yield from evaluate_second.measured(seen, counts)


def _matched(gate: Gate, photo: Photo) -> Match | str:
    """The match, or the code of the refusal."""
    try:
        return gate.match(photo)
    except Refusal as no:
        return no.code


def _compared(gate: Gate, photo: Photo, say: Say) -> bool | None:
    """Whether the picture matches; None when it was refused before it came to a comparison."""
    found = _matched(gate, photo)
    if isinstance(found, Match):
        return True
    if found == "not-you":
        return False
    say(f"a picture could not be compared: {found}")
    return None


# --- stamp ------------------------------------------------------------------------------------------------------------


def stamp_figures(session: Session) -> Iterator[Figure]:
    """Calls 4 to 8 for each size and format, and what the watermark survives."""
    drawn = partial(portraits, USER)
    yield from bench_stamp.figures(session.gate(USER), session.signer, session.amount.sizes, drawn, session.say)
    yield from bench_watermark.figures(session.amount.marked, session.amount.unmarked, session.say)


# --- the personal model -----------------------------------------------------------------------------------------------


def personal_figures(session: Session, *, trained: bool) -> Iterator[Figure]:
    """What is learnt of a person in seconds; and networks, where there is time to train them."""
    from tests import bench_personal  # torch, which takes seconds to load

    names = bench_personal.QUICK if session.amount is QUICK else bench_personal.SITTERS
    minutes = bench_personal.MINUTES if trained else ()
    yield from bench_personal.figures(((name, session.gate(name)) for name in names), session.say, minutes)


# --- engines ----------------------------------------------------------------------------------------------------------


def engine_figures(session: Session, sheets: Path | None = None) -> Iterator[Figure]:
    """The three engines at 640x480, looked at again by the networks."""
    asked = ((session.gate(name), photo) for name in session.amount.users for photo in _some(session, name))
    found = [(gate, _matched(gate, photo)) for gate, photo in asked]
    pairs = [(gate, match) for gate, match in found if isinstance(match, Match)]
    for options in bench_stamp.CHANGES:  # what is built once is built now
        _changed(*pairs[0], options)
    yield from _swap_figures(session, pairs)
    first, quick = session.amount.judges[0], session.amount is QUICK
    yield from bench_cost.figures(first, session.gate(first).live(), session.finder, session.say, quick=quick)
    judges = [(name, session.gate(name)) for name in session.amount.judges]
    yield from bench_age.figures(judges, bench_age.CROWD[: session.amount.crowd], session.say)
    judged = ((name, session.gate(name)) for name in session.amount.judges)
    yield from bench_express.figures(judged, session.finder, session.say)
    yield from bench_truth.figures(judges, session.say, quick=quick)
    if sheets is not None:
        bench_sheets.write(sheets, judges, session.signer, session.say, quick=quick)


Pairs = list[tuple[Gate, Match]]


def _some(session: Session, name: str) -> Iterator[Photo]:
    return portraits(name, session.amount.portraits)


def _changed(gate: Gate, target: Match, options: Any) -> Pixels:
    """The pixels of a change, which stay here."""
    return gate.release(bench_stamp.draft_of(gate, gate.live()[0], target, options)).pixels


def _swap_figures(session: Session, pairs: Pairs) -> Iterator[Figure]:
    session.say("swapping")
    exact, seams = [], []
    for gate, target in pairs:
        out = _changed(gate, target, SwapOptions())
        exact.append(np.array_equal(out[_background(target)], target.pixels[_background(target)]))
        seams.append(_steepness(out, target) / _steepness(target.pixels, target))
    yield share("swap.background_exact", sum(exact), len(exact), "share with every pixel off the face as it was", 1.0)
    yield _middle("swap.seam_ratio", seams, "steepness at the mask's border over the true picture's")


def _background(target: Match) -> np.ndarray:
    """Pixels outside the face's mesh and two more: (H, W) bool."""
    mask = np.zeros(target.pixels.shape[:2], np.uint8)
    cv2.fillConvexPoly(mask, cv2.convexHull(np.round(target.face.mesh[:, :2]).astype(np.int32)), 1)
    return cv2.dilate(mask, np.ones((5, 5), np.uint8)) == 0


def _steepness(picture: Pixels, target: Match) -> float:
    """Mean gradient in the tenth of a face width inside the oval, where a swap's mask fades."""
    mask = np.zeros(picture.shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(target.face.mesh[list(OVAL), :2]).astype(np.int32)], 1)
    inside = cv2.distanceTransform(mask, cv2.DIST_L2, 5)
    band = (inside > 0) & (inside <= 0.10 * width_of(target.face.mesh))
    grey = cv2.GaussianBlur(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32), (0, 0), 1.5)
    return float(np.hypot(*(cv2.Sobel(grey, cv2.CV_32F, x, 1 - x) for x in (0, 1)))[band].mean())


def _middle(name: str, values: list[float], unit: str) -> Figure:
    """The median as a figure."""
    return Figure(name, median(values) if values else None, unit, len(values))
