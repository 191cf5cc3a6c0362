"""Pictures whose right answer is known: the same person on another day, and how she would look there today.

A swap puts the face of today into a picture of another day. A simulator can draw both: the picture as it was
(the *target*) and the same moment with the face of today (the *truth*), to the pixel. The other day has other skin,
make-up, brows and stubble on the same bones, so leaving the target as it is does not pass for a good swap.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain, islice
from statistics import fmean
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from app.bench import Figure
from app.engines.swap import SwapOptions, swap
from consent.errors import Refusal
from consent.gate import Gate
from consent.types import Match, Photo, Pixels, Purpose
from models.faces import Face
from models.topology import OVAL
from tests.bench_baselines import classical, copied
from tests.people import Scene, person
from tests.people.cast import RECIPES
from tests.people.person import Person

Mask = NDArray[np.bool_]

MEGAPIXEL: Final = (1152, 864)
GAPS: Final = ((0, 0), (-6, 6), (12, -13), (-18, 17), (22, -23), (-30, 30))
"""Yaw of source and target, degrees: 0, 12, 25, 35, 45 and 60 apart. A gate matches nobody turned further."""
LIGHTS: Final = ("soft", "window", "warm", "dim")


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One swap with a known answer.

    Attributes:
        gap: degrees of yaw between source and target.
        light: in the target; the source's is soft.
        source: today's face.
        target: the other day.
        truth: the target's moment with today's face.
        over: what lies before the face in both, if anything.
    """

    gap: float
    light: str
    source: Photo
    target: Photo
    truth: Pixels
    over: str = ""


@functools.lru_cache(maxsize=8)
def other_day(name: str) -> Person:
    """A named person on another day: same bones, hair and clothes; other skin, lips, lids, brows and stubble."""
    recipe = RECIPES[name]
    skin, brows = recipe.look.skin, recipe.look.brows
    man = recipe.bones.sex > 0.5
    changed = replace(
        skin,
        freckles=0.9 if skin.freckles < 0.5 else 0.0,
        moles=min(1.0, skin.moles + 0.6),
        wrinkles=min(1.0, skin.wrinkles + 0.6),
        spots=min(1.0, skin.spots + 0.5),
        circles=skin.circles + 1.5,
        red=skin.red + 0.5,
        stubble=(0.0 if skin.stubble > 0.3 else 0.9) if man else 0.0,
        beard=0.0,
        moustache=0.0,
        lips=skin.lips if man else (150, 30, 50),
        lip_strength=skin.lip_strength if man else 0.9,
        shadow=skin.shadow if man else 0.8,
        blush=skin.blush if man else 0.9,
    )
    look = replace(recipe.look, skin=changed, brows=replace(brows, thickness=brows.thickness * 1.4))
    return Person(f"{name}, another day", replace(recipe, look=look))


def cases(name: str, size: tuple[int, int] = MEGAPIXEL) -> Iterator[Case]:
    """Swaps of a named person: every gap of yaw, in a light by turns; the same every time.

    Args:
        name: of the cast.
        size: (width, height) of every picture.
    """
    rng = np.random.default_rng(sum(name.encode()))
    for number, (here, there) in enumerate(GAPS):
        scene = Scene(
            yaw=there,
            pitch=float(rng.uniform(-6, 6)),
            roll=float(rng.uniform(-6, 6)),
            expression={"smile": float(rng.uniform(0, 0.5))},
            light=LIGHTS[(number + len(name)) % len(LIGHTS)],
            background=int(rng.integers(1, 9)),
            distance=float(rng.uniform(44, 52)),
            size=size,
            seed=300 + number,
        )
        source = replace(scene, yaw=here, pitch=0.0, roll=0.0, expression={}, light="soft", background=2, seed=400)
        yield Case(
            float(abs(here - there)),
            str(scene.light),
            Photo(person(name).render(source)),
            Photo(other_day(name).render(scene)),
            person(name).render(scene),
        )


def covered_cases(name: str, size: tuple[int, int] = MEGAPIXEL) -> Iterator[Case]:
    """The same person before whose face something lies in the target: glasses, a fringe, a hand; 12 degrees apart."""
    scene = Scene(yaw=6, pitch=-2.0, light="soft", background=3, distance=47.0, size=size, seed=310)
    source = Photo(person(name).render(replace(scene, yaw=-6, pitch=0.0, background=2, seed=401)))
    for over in OVER:
        there, here = (_wearing(one, over) for one in (other_day(name), person(name)))
        target, truth = there.render(scene), here.render(scene)
        if over == "hand":
            target, truth = (_with_hand(one) for one in (target, truth))
        yield Case(12.0, "soft", source, Photo(target), truth, over)


OVER: Final = ("glasses", "fringe", "hand")


def _wearing(one: Person, over: str) -> Person:
    look = one.recipe.look
    if over == "glasses":
        look = replace(look, glasses="round")
    elif over == "fringe":
        look = replace(look, hair=replace(look.hair, style="fringe"))
    return Person(f"{one.name}, {over}", replace(one.recipe, look=look)) if look is not one.recipe.look else one


def _with_hand(pixels: Pixels) -> Pixels:
    """Three fingers of skin's colour across a cheek, with a shade under them."""
    height, width = pixels.shape[:2]
    skin = np.median(pixels[height * 2 // 5 : height // 2, width * 2 // 5 : width * 3 // 5].reshape(-1, 3), 0)
    out = pixels.astype(np.float32)
    for number in range(3):
        mask, unit = np.zeros((height, width), np.float32), width / 24
        start = (width * 0.74, height * 0.62 - number * unit)
        cv2.line(mask, _point(start), _point((width * 0.545, start[1] - unit * 1.5)), 1.0, round(unit * 0.85))
        soft = cv2.GaussianBlur(mask, (0, 0), 1.2)[..., None]
        shade = cv2.GaussianBlur(mask, (0, 0), unit * 0.3)[..., None]
        out = out * (1 - 0.35 * shade) * (1 - soft) + (skin * (0.75 + 0.3 * shade)) * soft
    return np.asarray(np.clip(out, 0, 255), np.uint8)


def _point(place: tuple[float, float]) -> tuple[int, int]:
    return round(place[0]), round(place[1])


def tone_of(name: str) -> str:
    """The tone of a named person's skin, by the simulator's own number."""
    melanin = RECIPES[name].look.skin.melanin
    return "fair" if melanin < 0.3 else "brown" if melanin < 0.65 else "dark"


# --- measures ---------------------------------------------------------------------------------------------------------


def face_mask(face: Face, shape: tuple[int, ...], grow: float = 0.0) -> Mask:
    """The inside of a face's outline (H, W); `grow` widths of the face further out, or in when negative."""
    mask = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(face.mesh[list(OVAL), :2]).astype(np.int32)], 1)
    size = round(abs(grow) * float(np.ptp(face.mesh[:, 0])))
    if size:
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * size + 1, 2 * size + 1))
        mask = np.asarray((cv2.dilate if grow > 0 else cv2.erode)(mask, kernel), np.uint8)
    return mask.astype(bool)


def psnr(a: Pixels, b: Pixels, mask: Mask) -> float:
    """Peak signal to noise ratio in a mask, dB."""
    error = (a[mask].astype(np.float64) - b[mask]) ** 2
    return float(10 * np.log10(255**2 / max(error.mean(), 1e-9)))


def ssim(a: Pixels, b: Pixels, mask: Mask) -> float:
    """Structural similarity of luminance in a mask (Wang et al. 2004: Gaussian of 1.5 pixels, K 0.01 and 0.03)."""
    x, y = (cv2.cvtColor(one, cv2.COLOR_RGB2GRAY).astype(np.float32) for one in (a, b))

    def mean(image: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(cv2.GaussianBlur(image, (11, 11), 1.5), np.float32)

    mx, my = mean(x), mean(y)
    xx, yy, xy = mean(x * x) - mx * mx, mean(y * y) - my * my, mean(x * y) - mx * my
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    index = (2 * mx * my + c1) * (2 * xy + c2) / ((mx * mx + my * my + c1) * (xx + yy + c2))
    return float(index[mask].mean())


def gmsd(a: Pixels, b: Pixels, mask: Mask) -> float:
    """Gradient magnitude similarity deviation in a mask, 0 for the same (Xue et al. 2014: Prewitt at half size)."""
    kernel = np.array([[1, 0, -1]] * 3, np.float32) / 3
    slopes = []
    for one in (a, b):
        grey = cv2.cvtColor(one, cv2.COLOR_RGB2GRAY).astype(np.float32)
        half = cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        slopes.append(np.hypot(cv2.filter2D(half, -1, kernel), cv2.filter2D(half, -1, kernel.T)))
    alike = (2 * slopes[0] * slopes[1] + 170) / (slopes[0] ** 2 + slopes[1] ** 2 + 170)
    small = cv2.resize(mask.astype(np.uint8), (alike.shape[1], alike.shape[0]), interpolation=cv2.INTER_NEAREST)
    return float(alike[small > 0].std())


def seam(picture: Pixels, truth: Pixels, face: Face) -> float:
    """Energy of the gradient in a band round the face's outline, over that of the true picture: 1 is no seam."""
    band = face_mask(face, picture.shape, 0.03) & ~face_mask(face, picture.shape, -0.10)
    energies = []
    for one in (picture, truth):
        lab = cv2.GaussianBlur(cv2.cvtColor(one, cv2.COLOR_RGB2LAB).astype(np.float32), (0, 0), 1.5)
        slope = sum(cv2.Sobel(lab, cv2.CV_32F, x, 1 - x) ** 2 for x in (0, 1))
        energies.append(float(np.asarray(slope).sum(2)[band].mean()))
    return energies[0] / max(energies[1], 1e-9)


# --- the bench --------------------------------------------------------------------------------------------------------

GOALS: Final[Mapping[str, float]] = {
    "swap.ssim_upto25": 0.90, "swap.ssim_upto45": 0.85, "swap.seam_upto25": 1.2,
    "swap.live.ssim_upto25": 0.90, "swap.live.ssim_upto45": 0.85, "swap.live.seam_upto25": 1.2,
}  # fmt: skip
GOAL_DB, GOAL_SSIM, GOAL_SCORE = 3.0, 0.05, -0.05
"""Over the classical swap at every step, and of the gate's score of the result over that of the target itself."""
BANDS: Final = {"upto25": (0, 25), "upto45": (25.1, 45), "beyond": (45.1, 90)}
METHODS: Final[Mapping[str, Callable[[Match, Match], Pixels]]] = {"copied": copied, "classical": classical}


def figures(gates: Iterable[tuple[str, Gate]], say: Callable[[str], None], *, quick: bool = False) -> Iterator[Figure]:
    """Swaps of several people held against the truth, beside older methods in the same run.

    Args:
        gates: a name of the cast, and the open gate of that person.
        say: gets what happens as sentences.
        quick: half of the turns, and nothing before the face.
    """
    seen: dict[tuple[str, str], list[Scores]] = {}
    gained: list[float] = []
    for name, gate in gates:
        say(f"swaps of {name} with a known answer")
        tone = tone_of(name)
        for case in islice(cases(name), 0, None, 2) if quick else chain(cases(name), covered_cases(name)):
            try:
                source, target = gate.match(case.source), gate.match(case.target)
            except Refusal as no:
                say(f"{name}, {case.gap:g} degrees apart, {case.over or 'bare'}: {no.code}")
                continue
            band = next(band for band, (low, high) in BANDS.items() if low <= case.gap <= high)
            groups = (case.over,) if case.over else (band, case.light, tone)
            for how, picture in _results(gate, source, target).items():
                one = scores(picture, case.truth, target.face)
                for group in groups:
                    seen.setdefault((how, group), []).append(one)
                if how in LENT and not case.over:
                    gained += _gain(gate, picture, target, say)
    yield from _told(seen)
    yield from _over_classical(seen)
    unit = "least of the gate's score of a result less that of the target itself"
    yield Figure("swap.score_change", min(gained, default=None), unit, len(gained), GOAL_SCORE)


LENT: Final = ("swap", "swap.live")


def _results(gate: Gate, source: Match, target: Match) -> dict[str, Pixels]:
    """What every method makes of one case."""
    lent = dict(zip(LENT, (source, gate.live()[0]), strict=True))
    results = {how: swapped(gate, one, target) for how, one in lent.items()} | {"swap.untouched": target.pixels}
    return results | {f"swap.{how}": method(source, target) for how, method in METHODS.items()}


def _gain(gate: Gate, picture: Pixels, target: Match, say: Callable[[str], None]) -> list[float]:
    """The gate's score of a result less that of its target; nothing where the gate sees no face to judge."""
    try:
        return [gate.match(Photo(picture)).score - target.score]
    except Refusal as no:
        say(f"a result was refused: {no.code}")
        return [-1.0] if no.code == "not-you" else []


def _told(seen: Mapping[tuple[str, str], list[Scores]]) -> Iterator[Figure]:
    """Means by yaw with every measure; by light, by tone of skin and by what lies before the face with two of them."""
    for (how, group), found in sorted(seen.items(), key=lambda one: one[0][1] not in BANDS):
        for measure in UNITS if group in BANDS else ("psnr", "ssim"):
            name = f"{how}.{measure}_{group}"
            value = fmean(getattr(one, measure) for one in found)
            yield Figure(name, value, UNITS[measure], len(found), GOALS.get(name))


def _over_classical(seen: Mapping[tuple[str, str], list[Scores]]) -> Iterator[Figure]:
    """What is gained over the classical swap: at every step of yaw, the least."""
    for how in LENT:
        for measure, goal in (("psnr", GOAL_DB), ("ssim", GOAL_SSIM)):
            steps = [
                fmean(getattr(one, measure) for one in found)
                - fmean(getattr(one, measure) for one in seen["swap.classical", group])
                for (method, group), found in seen.items()
                if method == how and group in BANDS
            ]
            unit = f"least over the steps of yaw, {measure} over the classical swap's"
            yield Figure(f"{how}.{measure}_over_classical", min(steps, default=None), unit, len(steps), goal)


def swapped(gate: Gate, source: Match, target: Match) -> Pixels:
    """The whole swap, as the stamp would get it."""
    return gate.release(swap(gate, gate.grant(source, target, Purpose.SWAP), SwapOptions())).pixels


@dataclass(frozen=True, slots=True)
class Scores:
    """How near a picture comes to the truth inside the face; see `psnr`, `ssim`, `gmsd`, `seam`."""

    psnr: float
    ssim: float
    gmsd: float
    seam: float


UNITS: Final = {
    "psnr": "dB inside the face",
    "ssim": "structural similarity inside the face, 1 for the same",
    "gmsd": "gradient deviation inside the face, 0 for the same",
    "seam": "gradient energy round the outline, over the truth's",
}


def scores(picture: Pixels, truth: Pixels, face: Face) -> Scores:
    """All measures of one picture; `face` as found in the target."""
    mask = face_mask(face, picture.shape, -0.02)
    return Scores(
        psnr(picture, truth, mask), ssim(picture, truth, mask), gmsd(picture, truth, mask), seam(picture, truth, face)
    )
