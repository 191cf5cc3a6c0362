"""What the invisible watermark survives, on rendered portraits and invented sceneries; and whether it is seen where
there is none.

The attacks are those that the mark is meant to survive. Every picture is marked with an id of its own; a picture counts
when exactly that id comes back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import cv2
import numpy as np

from app.bench import Figure, share
from app.codec import Pixels
from app.stamp import watermark
from tests import bench_film
from tests.people import Scene, random_person
from tests.people.camera import room

SIZES: Final = ((640, 480), (800, 600), (600, 600), (1280, 960), (1920, 1440), (4000, 3000))
"""From 0.3 to 12 megapixels."""
_PEOPLE: Final = 30
"""Different people; the scenes are all different."""
_FILMS: Final = 40
"""Of the pictures, how many are made films, too."""
RIGHT: Final = "share of pictures with all bits right"
WANTED: Final = 0.95
HARDER: Final = 0.80


def jpeg(picture: Pixels, quality: int) -> Pixels:
    """Compressed and opened again."""
    packed = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.ascontiguousarray(np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)[..., ::-1])


def resized(picture: Pixels, across: float, down: float, how: int = cv2.INTER_AREA) -> Pixels:
    """Smaller, larger, or stretched."""
    return np.asarray(cv2.resize(picture, None, fx=across, fy=down, interpolation=how), np.uint8)


def cropped(picture: Pixels, share_: float, seed: int) -> Pixels:
    """So much of each side cut off, somewhere."""
    rng, (height, width) = np.random.default_rng(seed), picture.shape[:2]
    rows, columns = round(height * (1 - share_)), round(width * (1 - share_))
    y, x = (int(rng.integers(0, n + 1)) for n in (height - rows, width - columns))
    return np.ascontiguousarray(picture[y : y + rows, x : x + columns])


def turned(picture: Pixels, degrees: float) -> Pixels:
    """Turned about its middle, the corners black."""
    height, width = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    return np.asarray(cv2.warpAffine(picture, matrix, (width, height)), np.uint8)


def lit(picture: Pixels, gain: float) -> Pixels:
    """Brighter or darker."""
    return np.asarray(np.clip(picture * np.float32(gain), 0, 255), np.uint8)


def social(picture: Pixels) -> Pixels:
    """As social networks send pictures on: at most 1080 pixels, JPEG 70."""
    k = min(1.0, 1080 / max(picture.shape[:2]))
    return jpeg(resized(picture, k, k), 70)


def screenshot(picture: Pixels) -> Pixels:
    """Shown smaller, photographed off the screen's memory with a little cut off, compressed."""
    return jpeg(cropped(resized(picture, 0.83, 0.83, cv2.INTER_LINEAR), 0.02, 5), 80)


ATTACKS: Final[dict[str, tuple[float, Callable[[Pixels, int], Pixels]]]] = {
    "jpeg50": (WANTED, lambda p, _: jpeg(p, 50)),
    "resize50": (WANTED, lambda p, _: resized(p, 0.5, 0.5)),
    "crop25": (WANTED, lambda p, seed: cropped(p, 0.25, seed)),
    "brightness70": (WANTED, lambda p, _: lit(p, 0.7)),
    "brightness120": (WANTED, lambda p, _: lit(p, 1.2)),
    "screenshot": (WANTED, lambda p, _: screenshot(p)),
    "social": (WANTED, lambda p, _: social(p)),
    "rotate2": (HARDER, lambda p, seed: turned(p, 2.0 if seed % 2 else -2.0)),
    "aspect3": (HARDER, lambda p, seed: resized(p, 1.03 if seed % 2 else 0.97, 1.0)),
}
"""By name: the share aimed at, and what is done to the picture of a number."""


def pictures(count: int, largest: int = 10**9) -> Iterator[Pixels]:
    """Portraits and empty rooms in turn, in all sizes up to `largest` pixels; the same every time."""
    sizes = [size for size in SIZES if size[0] * size[1] <= largest]
    for number in range(count):
        size = sizes[number % len(sizes)]
        small = (640, round(640 * size[1] / size[0]))
        if number % 2:
            yield _grainy(np.asarray(cv2.resize(room(number, small), size, interpolation=cv2.INTER_CUBIC)), number)
            continue
        rng = np.random.default_rng(number)
        scene = Scene(
            yaw=float(rng.uniform(-25, 25)),
            pitch=float(rng.uniform(-8, 8)),
            light=("soft", "window", "warm")[number // 2 % 3],
            background=number,
            size=small,
            noise=0.0,
        )
        drawn = random_person(1000 + number // 2 % _PEOPLE).render(scene) / np.float32(255)
        yield _grainy(np.asarray(cv2.resize(drawn, size, interpolation=cv2.INTER_CUBIC)), number)


def _grainy(light: np.ndarray, seed: int) -> Pixels:
    """With a camera's grain, (H, W, 3) of 0..1."""
    grain = np.random.default_rng(seed).normal(0, 1.2, light.shape[:2])[..., None]
    return np.asarray(np.clip(255 * np.clip(light, 0, 1) + grain + 0.5, 0, 255), np.uint8)


def figures(marked: int, unmarked: int, say: Callable[[str], None]) -> Iterator[Figure]:
    """Every attack on `marked` pictures, and `unmarked` pictures in which nothing may be read."""
    right: dict[str, list[bool]] = {name: [] for name in ATTACKS}
    quality = []
    say(f"watermark: {marked} pictures, {len(ATTACKS)} attacks each")
    for number, plain in enumerate(pictures(marked)):
        ident = (2654435761 * (number + 1)) % 2**32
        picture = watermark.embed(plain, ident)
        quality.append(10 * np.log10(255**2 / np.mean((picture.astype(np.float32) - plain) ** 2)))
        for name, (_, attack) in ATTACKS.items():
            mark = watermark.find(np.ascontiguousarray(attack(picture, number)))
            right[name].append(mark is not None and mark.ident == ident)
    yield Figure("watermark.psnr_db", float(np.min(quality)), "dB, the lowest of all", len(quality), 40.0)
    for name, (goal, _) in ATTACKS.items():
        yield share(f"watermark.{name}", sum(right[name]), len(right[name]), RIGHT, goal)
    yield from bench_film.figures(pictures(min(marked, _FILMS), 3_000_000), say)
    say(f"watermark: {unmarked} pictures without one")
    seen = sum(watermark.find(plain) is not None for plain in pictures(unmarked, 500_000))
    yield share("watermark.false_positives", seen, unmarked, "share of unmarked pictures", 0.0)
