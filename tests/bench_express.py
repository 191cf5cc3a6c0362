"""Expressions whose right answer is known: the same moment, drawn again with the expression that was wanted.

A simulated person is drawn at rest (the *target*), with an expression before another wall in other light (the frame it
is copied from), and in the target's very moment with the expression (the *truth*). Sliders and ready-made expressions
have no truth; there the landmarks found in the result are held against those that were meant.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from statistics import fmean, median
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from app.bench import Figure, share
from app.engines import _express
from app.engines._expressshape import Asked
from app.engines._field import REACH, deform
from app.engines._geometry import width_of
from app.engines.express import NAMES, ExpressOptions, express
from consent.errors import Refusal
from consent.gate import Gate
from consent.types import Match, Photo, Pixels, Purpose
from models.faces import Finder
from models.topology import OVAL
from tests.bench_baselines import copied
from tests.bench_truth import LIGHTS, MEGAPIXEL, face_mask, gmsd, psnr, ssim
from tests.people import Scene, person

Mask = NDArray[np.bool_]

WANTED: Final[Mapping[str, Mapping[str, float]]] = {
    "smile": {"smile": 0.9},
    "laugh": {"smile": 0.9, "jawOpen": 0.35, "mouthUpperUpLeft": 0.3, "mouthUpperUpRight": 0.3},
    "surprise": {"surprise": 1.0},
    "open": {"open-mouth": 0.8},
    "frown": {"frown": 1.0},
    "blink": {"blink": 1.0},
    "wink": {"eyeBlinkLeft": 1.0, "mouthSmileLeft": 0.6},
}
"""What simulated people do, in the words of `tests.people.shape`."""
SLIDERS: Final = (
    {"smile": 0.8},
    {"smile": -0.8},
    {"mouth": 0.7},
    {"brows": 0.8},
    {"brows": -0.8},
    *({"preset": name} for name in NAMES[1:]),
)
"""What is asked of the engine with the frames of the live check alone."""
GOAL_MS: Final = 150.0
GOAL_ERROR: Final = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One expression with a known answer; `source` shows it elsewhere, `truth` is the target's moment with it."""

    wanted: str
    source: Photo
    target: Photo
    truth: Pixels


def cases(name: str, size: tuple[int, int] = MEGAPIXEL, wanted: Iterable[str] = WANTED) -> Iterator[Case]:
    """Every expression of a named person, each in another turn of the head and light; the same every time."""
    rng = np.random.default_rng(sum(name.encode()) + 1)
    for number, expression in enumerate(wanted):
        scene = Scene(
            yaw=float(rng.uniform(-14, 14)),
            pitch=float(rng.uniform(-5, 5)),
            roll=float(rng.uniform(-6, 6)),
            light=LIGHTS[(number + len(name)) % len(LIGHTS)],
            background=int(rng.integers(1, 9)),
            distance=float(rng.uniform(44, 52)),
            size=size,
            seed=500 + number,
        )
        shown = replace(scene, expression=WANTED[expression])
        source = replace(
            shown, yaw=0.0, pitch=0.0, roll=0.0, light="soft", background=2, distance=55.0, size=(640, 480), seed=600
        )
        draw = person(name).render
        yield Case(expression, Photo(draw(source)), Photo(draw(scene)), draw(shown))


# --- older methods ----------------------------------------------------------------------------------------------------


def bent(source: Match, target: Match, meant: NDArray[np.float64]) -> Pixels:
    """A plain warp of the picture onto the landmarks that are meant: nothing comes from any other frame."""
    del source
    return deform(target.pixels, target.face.mesh, meant)


def pasted(source: Match, target: Match, meant: NDArray[np.float64]) -> Pixels:
    """The frame's face laid over by a similarity and blended by `cv2.seamlessClone` (Perez et al. 2003)."""
    del meant
    laid = copied(source, target)
    mask = np.zeros(laid.shape[:2], np.uint8)
    outline = np.round(target.face.mesh[list(OVAL), :2]).astype(np.int32)
    cv2.fillPoly(mask, [outline], 255)
    mask[[0, -1]], mask[:, [0, -1]] = 0, 0
    left, top, across, down = cv2.boundingRect(cv2.findNonZero(mask))
    middle = (left + across // 2, top + down // 2)
    return np.asarray(cv2.seamlessClone(laid, target.pixels, mask, middle, cv2.NORMAL_CLONE), np.uint8)


# --- measures ---------------------------------------------------------------------------------------------------------


def landmark_error(finder: Finder, picture: Pixels, wanted: NDArray[np.float64], apart: float) -> float | None:
    """Mean distance of the mesh found in a picture from `wanted` (468, >=2), in % of the eye distance; None if unseen.

    Args:
        finder: looks at the picture.
        picture: uint8 RGB (H, W, 3).
        wanted: pixels.
        apart: the eye distance, pixels.
    """
    faces = finder.find(picture)
    if len(faces) != 1:
        return None
    return 100 * float(np.linalg.norm((faces[0].mesh - wanted)[:, :2], axis=1).mean()) / apart


def background(target: Match) -> Mask:
    """Pixels that no deformation reaches: (H, W)."""
    mask = np.zeros(target.pixels.shape[:2], np.uint8)
    cv2.fillConvexPoly(mask, cv2.convexHull(np.round(target.face.mesh[:, :2]).astype(np.int32)), 1)
    far = cv2.distanceTransform(1 - mask, cv2.DIST_L2, 5)
    return np.asarray(far > (REACH + 0.15) * width_of(target.face.mesh), np.bool_)


@dataclass(frozen=True, slots=True)
class Scores:
    """One picture against the truth: landmarks (None if no face is found), and how alike it looks inside the face."""

    landmark_error: float | None
    psnr: float
    ssim: float
    gmsd: float


UNITS: Final = {
    "landmark_error": "% of the eye distance, found against the truth",
    "psnr": "dB inside the face",
    "ssim": "structural similarity inside the face, 1 for the same",
    "gmsd": "gradient deviation inside the face, 0 for the same",
}


# --- the bench --------------------------------------------------------------------------------------------------------


def figures(gates: Iterable[tuple[str, Gate]], finder: Finder, say: Callable[[str], None]) -> Iterator[Figure]:
    """Expressions of several people: copied ones against the truth, asked ones against what was meant.

    Args:
        gates: a name of the cast, and the open gate of that person.
        finder: looks at results.
        say: gets what happens as sentences.
    """
    found: dict[str, list[Scores]] = {}
    spent: list[float] = []
    errors: list[float] = []
    exact: list[bool] = []
    neutral: list[bool] = []
    for name, gate in gates:
        say(f"expressions of {name}")
        for case in cases(name):
            try:
                source, target = gate.match(case.source), gate.match(case.target)
            except Refusal as no:
                say(f"{name}, {case.wanted}: {no.code}")
                continue
            truth = finder.find(case.truth)
            if len(truth) != 1:
                continue
            for how, picture in _methods(gate, source, target, spent).items():
                inside = face_mask(truth[0], picture.shape, -0.02)
                error = landmark_error(finder, picture, truth[0].mesh, target.face.eye_distance)
                seen = [measure(picture, case.truth, inside) for measure in (psnr, ssim, gmsd)]
                found.setdefault(how, []).append(Scores(error, *seen))
                if how == "express.copy":
                    exact.append(np.array_equal(picture[background(target)], target.pixels[background(target)]))
        rest = gate.match(next(cases(name)).target)
        neutral.append(np.array_equal(made(gate, gate.live()[0], rest, ExpressOptions()), rest.pixels))
        errors += _slid(gate, rest, finder)
    middle = median(spent) if spent else None
    yield Figure("express.ms", middle, "ms of one core, 1 megapixel, without mesh and gate", len(spent), GOAL_MS)
    off = fmean(errors) if errors else None
    yield Figure("express.landmark_error", off, "% of the eye distance, found against meant", len(errors), GOAL_ERROR)
    yield share("express.background_exact", sum(exact), len(exact), "share with every pixel beyond as it was", 1.0)
    yield share("express.neutral_exact", sum(neutral), len(neutral), "share that nothing asked for leaves alone", 1.0)
    for how, scores in found.items():
        for measure, unit in UNITS.items():
            known = [value for one in scores if (value := getattr(one, measure)) is not None]
            goal = GOAL_ERROR if (how, measure) == ("express.copy", "landmark_error") else None
            yield Figure(f"{how}.{measure}", fmean(known) if known else None, unit, len(known), goal)


def _methods(gate: Gate, source: Match, target: Match, spent: list[float]) -> dict[str, Pixels]:
    """What every method makes of one case; the processor's time of ours goes into `spent`, ms."""
    once = []
    for _ in range(2):  # the better one: what else the computer does is no part of it
        start = time.process_time()
        planned = _express.plan(target, gate.live(), Asked(), source, 1.0)
        _express.carried_out(planned, target)
        once.append(1000 * (time.process_time() - start))
    spent.append(min(once))
    meant = planned.shaped(target.face.mesh)
    return {
        "express.copy": made(gate, source, target, ExpressOptions(copy=1.0)),
        "express.untouched": target.pixels,
        "express.bent": bent(source, target, meant),
        "express.pasted": pasted(source, target, meant),
    }


def made(gate: Gate, source: Match, target: Match, options: ExpressOptions) -> Pixels:
    """What the engine hands in, opened by the gate."""
    return gate.release(express(gate, gate.grant(source, target, Purpose.EXPRESS), options)).pixels


def _slid(gate: Gate, target: Match, finder: Finder) -> Iterator[float]:
    """Landmark errors of what sliders and ready-made expressions mean, with the live check's own frames."""
    live = gate.live()
    for one in SLIDERS:
        options = ExpressOptions(**one)  # type: ignore[arg-type]
        meant = _express.plan(target, live, options.asked, live[0]).shaped(target.face.mesh)
        error = landmark_error(finder, made(gate, live[0], target, options), meant, target.face.eye_distance)
        if error is not None:
            yield error
