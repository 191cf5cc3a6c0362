"""Pictures whose right answer is known: the same person on another day, and how she would look there today.

A swap puts the face of today into a picture of another day. A simulator can draw both: the picture as it was
(the *target*) and the same moment with the face of today (the *truth*), to the pixel. The other day has other skin,
make-up, brows and stubble on the same bones, so leaving the target as it is does not pass for a good swap.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
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
    """

    gap: float
    light: str
    source: Photo
    target: Photo
    truth: Pixels


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

BANDS: Final = {"upto25": (0, 25), "upto45": (25.1, 45), "beyond": (45.1, 90)}
METHODS: Final[Mapping[str, Callable[[Match, Match], Pixels]]] = {"copied": copied, "classical": classical}


def figures(gates: Iterable[tuple[str, Gate]], say: Callable[[str], None]) -> Iterator[Figure]:
    """Swaps of several people held against the truth, beside older methods in the same run.

    Args:
        gates: a name of the cast, and the open gate of that person.
        say: gets what happens as sentences.
    """
    seen: dict[tuple[str, str], list[Scores]] = {}
    for name, gate in gates:
        say(f"swaps of {name} with a known answer")
        for case in cases(name):
            try:
                source, target = gate.match(case.source), gate.match(case.target)
            except Refusal as no:
                say(f"{name}, {case.gap:g} degrees apart: {no.code}")
                continue
            lent = {"swap": source, "swap.live": gate.live()[0]}
            results = {how: swapped(gate, one, target) for how, one in lent.items()} | {"swap.untouched": target.pixels}
            results |= {f"swap.{how}": method(source, target) for how, method in METHODS.items()}
            band = next(band for band, (low, high) in BANDS.items() if low <= case.gap <= high)
            for how, picture in results.items():
                seen.setdefault((how, band), []).append(scores(picture, case.truth, target.face))
    for (how, band), found in seen.items():
        for measure, unit in UNITS.items():
            yield Figure(f"{how}.{measure}_{band}", fmean(getattr(one, measure) for one in found), unit, len(found))


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
