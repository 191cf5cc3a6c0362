"""The personal model against what was there before, on pictures whose right answer is known.

Today's face is learnt from the live check; the pictures to change are of another day (other skin, make-up and brows, or
no beard yet), moving, in other light. The simulator draws each of them with today's face as well: the truth. Nobody of
the pictures that judge is among those that are learnt from.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from statistics import fmean
from typing import Final

import cv2
import numpy as np

from app import personal
from app.bench import Figure
from app.engines._personaldraw import AtlasPainter
from app.engines._personaldraw import drawn as drawn_by
from app.engines._personalfit import fitted
from app.engines.motion import Player
from app.engines.personal import Learnt, PersonalOptions, Training
from app.engines.personal import personal as draw
from app.engines.swap import SwapOptions, swap
from consent.errors import Refusal
from consent.gate import Gate
from consent.types import Match, Photo, Pixels, Purpose
from models.faces import Finder
from models.identity import Recogniser, middle
from tests.bench_baselines import copied
from tests.bench_truth import face_mask, other_day, ssim
from tests.people import Scene, person, someone

SITTERS: Final = ("feng", "gita", "hana/beard", "ivo/beard")
"""Who is judged: nobody that anything was tuned on."""
QUICK: Final = ("ada", "bram")
"""She wore make-up that day; he wears a beard today and did not then."""
CORES: Final = 2
MINUTES: Final = (1.0, 3.0, 5.0)
"""Of training on so many idle cores, at which the light networks are judged."""
PROJECTED: Final = 50_000
"""Steps that people let the program of 2017 train."""
_MOODS: Final = (
    {"yaw": 0.0},
    {"yaw": 12.0, "expression": {"smile": 0.9}},
    {"yaw": -10.0, "expression": {"open-mouth": 0.6}},
    {"yaw": 5.0, "pitch": 4.0, "expression": {"brows-up": 0.9, "smile": 0.4}},
    {"yaw": -22.0, "expression": {"frown": 0.8}},
    {"yaw": 20.0, "expression": {"squint": 0.8, "smile": 0.5}},
)
_LIGHTS: Final = ("soft", "window", "warm", "dim")
FEWER: Final = (8, 16)
"""Frames that the model is learnt from, else all of the live check."""
FILM_UNIT: Final = "ms of one core, to draw a frame of 640 x 480"
_DRAWN: Final = 40
_RATE: Final = 20
_FRAMES: Final = 48
"""Of the film of the other day that networks are trained on."""
UNITS: Final = {
    "mae": "mean absolute error inside the face, 0 to 1",
    "dssim": "structural dissimilarity inside the face, 0 for the same",
    "identity": "cosine with the live enrolment, as the gate's recogniser has it",
    "sharpness": "strength of fine detail, over the truth's",
}


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One picture with a known answer: matched by the gate, and how it would look with today's face."""

    target: Match
    truth: Pixels


def cases(name: str, gate: Gate) -> list[Case]:
    """The pictures that judge."""
    found = []
    for number, mood in enumerate(_MOODS):
        scene = Scene(light=_LIGHTS[number % 4], background=3 + number, distance=48.0, seed=300 + number, **mood)
        target = personal.extract(gate, [Photo(_then(name).render(scene))])
        found += [Case(one, someone(name).render(scene)) for one in target.frames]
    return found


def film(name: str) -> Iterator[Photo]:
    """The other day, moving: what a network learns the other look from."""
    for number in range(_FRAMES):
        turn = number / _FRAMES * 2 * np.pi
        moods = {
            "smile": max(0.0, float(np.sin(2 * turn))) * 0.9,
            "open-mouth": max(0.0, float(np.sin(3 * turn + 1))) * 0.6,
            "brows-up": max(0.0, float(np.sin(turn + 2))),
        }
        light = _LIGHTS[number * 4 // _FRAMES]
        scene = Scene(
            yaw=24 * float(np.sin(turn)), pitch=6 * float(np.sin(2 * turn)), expression=moods, light=light,
            background=4, distance=50.0, size=(480, 360), seed=700 + number,
        )  # fmt: skip
        yield Photo(_then(name).render(scene))


def _then(name: str):
    """The person on the other day: with another skin, or, of somebody with a beard today, without."""
    who, _, worn = name.partition("/")
    return person(who) if worn == "beard" else other_day(who)


# --- methods ----------------------------------------------------------------------------------------------------------


def colour_transfer(source: Match, target: Match) -> Pixels:
    """Copy and paste in the target's colours: mean and spread in CIE Lab (Reinhard et al. 2001), with a soft border."""
    pasted = copied(source, target)
    mask = face_mask(target.face, pasted.shape, -0.02)
    one, other = (cv2.cvtColor(p.astype(np.float32) / 255, cv2.COLOR_RGB2LAB) for p in (pasted, target.pixels))
    spread = other[mask].std(0) / np.maximum(one[mask].std(0), 1e-3)
    lit = (one - one[mask].mean(0)) * spread + other[mask].mean(0)
    lit = np.clip(cv2.cvtColor(lit.astype(np.float32), cv2.COLOR_LAB2RGB) * 255, 0, 255)
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 0.03 * float(np.ptp(target.face.mesh[:, 0])))[..., None]
    return np.asarray(target.pixels + (lit - target.pixels) * soft, np.uint8)


def meshed(gate: Gate, target: Match, say: Callable[[str], None]) -> Pixels:
    """The mesh engine, from the live frames; what it refuses stays as it is."""
    try:
        return _meshed(gate, target)
    except Refusal as no:
        say(f"  mesh: refused, {no.code}")
        return target.pixels


def _meshed(gate: Gate, target: Match) -> Pixels:
    return gate.release(swap(gate, gate.grant(gate.live()[0], target, Purpose.SWAP), SwapOptions())).pixels


def drawn(gate: Gate, model, target: Match) -> Pixels:
    """What was learnt, drawn."""
    grant = gate.grant(gate.live()[0], target, Purpose.SWAP)
    return gate.release(draw(gate, grant, PersonalOptions(model))).pixels


# --- measures ---------------------------------------------------------------------------------------------------------


class Judge:
    """Holds the networks that look at results."""

    def __init__(self) -> None:
        self._finder, self._recogniser = Finder(), Recogniser()
        self._known: dict[str, np.ndarray] = {}

    def scores(self, gate: Gate, case: Case, out: Pixels) -> dict[str, float]:
        """All measures of one result."""
        mask = face_mask(case.target.face, out.shape, -0.02)
        apart = np.abs(out[mask].astype(np.float64) - case.truth[mask]).mean() / 255
        return {
            "mae": float(apart),
            "dssim": (1 - ssim(out, case.truth, mask)) / 2,
            "identity": self._identity(gate, case, out),
            "sharpness": _fine(out, mask) / max(_fine(case.truth, mask), 1e-6),
        }

    def _identity(self, gate: Gate, case: Case, out: Pixels) -> float:
        if gate.session not in self._known:
            views = [one for one in gate.live() if one.action == "centre"][:5]
            self._known[gate.session] = middle([self._recogniser.embed(one.pixels, one.face) for one in views])
        found = self._finder.find(out)
        face = found[0] if found else case.target.face
        return float(self._known[gate.session] @ self._recogniser.embed(out, face))


def _fine(picture: Pixels, mask: np.ndarray) -> float:
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return float(np.abs(grey - cv2.GaussianBlur(grey, (0, 0), 1.5))[mask].mean())


def _memory() -> float:
    """The most memory that this process ever used, GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


# --- the bench --------------------------------------------------------------------------------------------------------


def figures(
    gates: Iterable[tuple[str, Gate]],
    say: Callable[[str], None],
    minutes: tuple[float, ...] = MINUTES,
    kinds: tuple[str, ...] = ("light-scratch", "light"),
) -> Iterator[Figure]:
    """Every method on the same pictures of several people.

    Args:
        gates: a name, as `someone` has it, and the open gate of that person.
        say: gets what happens as sentences.
        minutes: of training, at which networks are judged; none are trained where there are none.
        kinds: of networks that are trained.
    """
    judge, seen = Judge(), dict[str, list[dict[str, float]]]()
    seconds, films = list[float](), list[tuple[float, float]]()
    for name, gate in gates:
        say(f"{name}: pictures of another day")
        judged = cases(name, gate)
        start = time.process_time()
        model = personal.know(gate)
        seconds.append(time.process_time() - start)
        still: dict[str, Callable[[Match], Pixels]] = {
            "untouched": lambda target: target.pixels,
            "copied": lambda target, gate=gate: copied(gate.live()[0], target),
            "colour_transfer": lambda target, gate=gate: colour_transfer(gate.live()[0], target),
            "mesh": lambda target, gate=gate: meshed(gate, target, say),
            "personal": lambda target, gate=gate, model=model: drawn(gate, model, target),
        }
        still |= dict(_from_fewer(gate))
        for how, method in still.items():
            _judge(seen, how, judge, gate, judged, method, say)
        films.extend(_in_films(gate, name, model))
        if minutes:
            then = personal.extract(gate, film(name))
            say(f"{name}, the film of the other day: {then.told}")
            for kind in kinds:
                _trained(seen, kind, judge, gate, judged, then, minutes, say)
    for how, found in seen.items():
        for measure, unit in UNITS.items():
            yield Figure(f"personal.{how}.{measure}", fmean(one[measure] for one in found), unit, len(found))
    yield Figure("personal.personal.fit_seconds", max(seconds), "s of the processor, the slowest", len(seconds), 10.0)
    for which, times in zip(("personal", "mesh"), zip(*films, strict=True), strict=True):
        yield Figure(f"personal.film.{which}_ms", fmean(times), FILM_UNIT, len(times))
    yield Figure("personal.memory", _memory(), "GB, the most this run used so far", 1, 2.0)
    yield from _speeds(say)
    yield Figure("personal.original64.memory", _memory(), "GB, the most with the network of 2017", 1)


def _from_fewer(gate: Gate) -> Iterator[tuple[str, Callable[[Match], Pixels]]]:
    """The personal model of only some of the live frames, the first and others evenly spread."""
    own = gate.live()
    for count in FEWER:
        some = [own[k] for k in np.linspace(0, len(own) - 1, count).round().astype(int)]
        painter = AtlasPainter(fitted(some))
        yield f"personal_from_{count}", lambda target, painter=painter: drawn_by(painter, target)


def _in_films(gate: Gate, name: str, model: Learnt) -> Iterator[tuple[float, float]]:
    """Milliseconds that a frame of a film takes to draw, by what was learnt and by the mesh swap."""
    scene = Scene(size=(640, 480))
    frames = [_then(name).render(scene, yaw=8 * np.sin(n / 4), seed=900 + n) for n in range(_DRAWN)]
    times = []
    for options in (PersonalOptions(model), SwapOptions()):
        following = gate.follow(gate.live()[0], (Purpose.SWAP,), Purpose.VIDEO)
        player, spent = Player(gate, options), list[float]()
        for number, pixels in enumerate(frames):
            step = following.look(Photo(pixels), number / _RATE)
            if isinstance(step, Refusal):
                player.pause()
                continue
            start = time.thread_time()
            player.draw(step, number / _RATE)
            spent.append(1000 * (time.thread_time() - start))
        times.append(fmean(spent[_RATE // 2 :]))
    yield times[0], times[1]


def _judge(seen, how: str, judge: Judge, gate: Gate, judged: list[Case], method, say) -> None:
    found = [judge.scores(gate, case, method(case.target)) for case in judged]
    seen.setdefault(how, []).extend(found)
    _say(how, found, say)


def _say(how: str, found: list[dict[str, float]], say: Callable[[str], None]) -> None:
    say(f"  {how}: " + ", ".join(f"{name} {fmean(one[name] for one in found):.4f}" for name in UNITS))


def _trained(seen, kind: str, judge: Judge, gate: Gate, judged, then, minutes, say) -> None:
    """One network, judged at several times of training."""
    training, before = personal.begin(gate, personal.NOTHING, then, kind=kind, threads=1), 0.0
    for until in minutes:
        train_for(training, 60 * (until - before))
        before = until
        say(f"{kind}, {until:g} minutes: {training.told().steps} steps")
        how = f"{kind}_{until:g}min".replace("-", "_")
        _judge(seen, how, judge, gate, judged, lambda target: drawn(gate, training, target), say)
    training.forget()


def train_for(training: Training, seconds: float) -> None:
    """So many seconds more of `CORES` idle cores, by the processor's own time; a pause while it is judged is free."""
    start = time.process_time()
    training.resume()
    while time.process_time() - start < CORES * seconds and (told := training.told()).state == "running":
        training.wait(told.steps + 1, 5.0)
    training.pause()
    while training.told().state == "running":
        time.sleep(0.05)


def _speeds(say: Callable[[str], None]) -> Iterator[Figure]:
    """Steps of both networks a second, and frames a second that are converted at 128 pixels: of one core's time."""
    from app.engines._personalcrops import Crops
    from app.engines._personalnet import Maker

    rng = np.random.default_rng(0)
    for kind, side, steps in (("original64", 64, 2), ("light-scratch", 96, 6), ("light-scratch", 128, 6)):
        say(f"speed of {kind}, {side} pixels")
        whole = round(1.6 * side)
        first, second = (Crops(side, rng.integers(0, 255, (24, whole, whole, 4), np.uint8)) for _ in range(2))
        maker = Maker(kind, side, 1, 0)
        maker.step((first, second))
        start = time.process_time()
        for _ in range(steps):
            maker.step((first, second))
        rate = steps / (time.process_time() - start)
        label = kind if kind == "original64" else f"light{side}"
        yield Figure(f"personal.{label}.steps_per_second", rate, "A and B once each, of one core's time", steps)
        if kind == "original64":
            hours = PROJECTED / (CORES * rate) / 3600
            yield Figure(f"personal.{label}.hours", hours, f"for {PROJECTED} steps, were {CORES} cores idle", steps)
    face = rng.integers(0, 255, (128, 128, 3), np.uint8)
    maker.as_first_look(face)
    start = time.process_time()
    for _ in range(30):
        maker.as_first_look(face)
    rate = 30 / (time.process_time() - start)
    yield Figure("personal.light128.frames_per_second", rate, "faces converted, of one core's time", 30, 10.0)
