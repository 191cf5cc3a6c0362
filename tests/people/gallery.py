"""The gallery: 220 adults who do not exist, with eight pictures each, and look-alikes for forty of them.

    for name in IDENTITIES: for photo in pictures(name): ...
    lookalikes("gallery-0")                                  # three names; they have pictures as well
    someone("gallery-3/round"), Booth("gallery-3")           # they sit down before the camera like everybody else

    python -m tests.people.gallery                           # how alike they are to the recogniser
    python -m tests.people.gallery --sheet FILE.jpg          # look at them

The people were **chosen to lie far apart by the recogniser that judges them later** (`tests.people.spread`): a rate
of false matches among them says nothing about real people. It shows that nothing broke, and what a change does.
Recipes are in `assets/gallery.json.gz`, pictures are drawn on demand: the same name and number, the same bytes.
Numbers under 1000 are for development, the others judge.
"""

from __future__ import annotations

import argparse
import functools
import gzip
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from consent.types import Photo
from tests.people import variety
from tests.people.asset import ASSETS
from tests.people.glasses import SHAPES
from tests.people.light import LIGHTS, Lamp, Light
from tests.people.person import Person
from tests.people.recipes import Recipe, parse
from tests.people.render import Scene

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tests.booth import World

FILE: Final = ASSETS / "gallery.json.gz"
PREFIX: Final = "gallery-"
LOOKALIKES: Final = 3
"""Look-alikes of one person, the nearest first."""
SHARES: Final = (0.2, 0.3, 0.45)
"""How far each of them is on the way to somebody else, bone by bone. Fixed beforehand, not by what is recognised."""
FIRST_TEST: Final = 1000


def _recipes() -> dict[str, Recipe]:
    return parse(gzip.decompress(FILE.read_bytes()).decode())


RECIPES: Final = _recipes()
IDENTITIES: Final = tuple(RECIPES)
"""Everybody."""
DEVELOPMENT: Final = tuple(name for name in IDENTITIES if int(name.removeprefix(PREFIX)) < FIRST_TEST)
"""To choose limits with, if at all."""
TEST: Final = tuple(name for name in IDENTITIES if name not in DEVELOPMENT)
"""To judge with."""
RESEMBLED: Final = DEVELOPMENT[::5][:20] + TEST[::5][:20]
"""Forty people whose look-alikes are part of the gallery."""


def lookalikes(name: str) -> tuple[str, ...]:
    """Names of those made to resemble somebody, the nearest first; anybody has them, the gallery uses `RESEMBLED`.

    Raises:
        KeyError: nobody has that name.
    """
    if name not in RECIPES:
        raise KeyError(name)
    return tuple(f"{name}~{k + 1}" for k in range(LOOKALIKES))


@functools.lru_cache(maxsize=1024)
def recipe(name: str) -> Recipe:
    """The recipe of somebody of the gallery or of a look-alike ("gallery-3~1")."""
    who, _, kin = name.partition("~")
    if not kin:
        return RECIPES[who]
    number = int(kin)
    rng = np.random.default_rng((int(who.removeprefix(PREFIX)), number, 11))
    own = RECIPES[who]
    split = DEVELOPMENT if who in DEVELOPMENT else TEST
    others = [n for n in split if n != who and (RECIPES[n].bones.sex > 0.5) == (own.bones.sex > 0.5)]
    other = RECIPES[str(rng.choice(others))]
    return variety.between(own, other, SHARES[number - 1], int(rng.integers(1, 2**31)))


@functools.lru_cache(maxsize=6)
def wearing(name: str) -> Person:
    """Somebody of the gallery by a longer name, as `cast.someone` takes it.

    Args:
        name: who ("gallery-3", "gallery-3~1"), then any of "/beard", "/shaven", "/haircut", "/younger" (by about
            eight years), "/older" (by four) and one of "/round", "/square", "/oval" (glasses).

    Raises:
        KeyError: nobody has that name, or nothing of that name can be worn.
    """
    who, *worn = name.split("/")
    mine = [thing for thing in worn if thing in SHAPES]
    rest = [thing for thing in worn if thing not in SHAPES]
    if mine:  # spectacles leave the skin as it is
        bare = wearing("/".join([who, *rest]))
        return Person(name, replace(bare.recipe, look=replace(bare.look, glasses=mine[0])), bare.paint)
    changed = recipe(who)
    for thing in rest:
        changed = variety.CHANGES[thing](changed)
    return Person(name, changed)


@functools.cache
def _world() -> World:
    """This process's simulator: it marks what it draws."""
    from tests.booth import World

    return World()


def pictures(name: str, count: int = 8, world: World | None = None) -> Iterator[Photo]:
    """Pictures of one person, marked as rendered; the same name and number give the same pixels.

    Args:
        name: of `IDENTITIES`, or a look-alike's.
        count: how many; the first is a plain one from the front, as in a passport.
        world: whose marks they carry (`Unmarked()`: as from a file); by default this process's own.
    """
    for worn, scene in shots(name, count):
        yield (world or _world()).photograph(worn, scene)


def shots(name: str, count: int = 8) -> Iterator[tuple[str, Scene]]:
    """What is in each picture: the person as they were that day (see `wearing`), and the scene."""
    own = recipe(name)
    life = np.random.default_rng((*name.encode(), 3))  # what is the same in all pictures
    glasses = str(life.choice(list(SHAPES))) if life.random() < 0.4 else ""
    once: list[str] = []  # how they looked at another time
    if life.random() < 0.4:
        once.append("younger" if life.random() < 0.7 else "older")
    if own.bones.sex > 0.5 and life.random() < 0.3:
        once.append("shaven" if own.look.skin.beard > 0 else "beard")
    elif life.random() < 0.25:
        once.append("haircut")
    for number in range(count):
        rng = np.random.default_rng((*name.encode(), number, 5))
        worn = [name]
        if number and rng.random() < 0.35:
            worn += once
        if number and glasses and rng.random() < 0.45:
            worn.append(glasses)
        yield "/".join(worn), _scene(rng) if number else _scene(rng, plain=True)


_MOODS: tuple[tuple[dict[str, float], float], ...] = (
    ({}, 3), ({"smile": 0.4}, 2), ({"smile": 0.9}, 3), ({"smile": 0.7, "jawOpen": 0.25}, 2), ({"brows-up": 0.7}, 1),
    ({"open-mouth": 0.4}, 1), ({"frown": 0.7}, 1), ({"squint": 0.7, "smile": 0.3}, 1), ({"surprise": 0.6}, 0.7),
    ({"pucker": 0.6}, 0.5),
)  # fmt: skip
_SIZES = ((400, 400), (400, 480), (360, 360))


def _scene(rng: np.random.Generator, *, plain: bool = False) -> Scene:
    """A day's pose, mood, room, light and camera."""
    odds = np.array([weight for _, weight in _MOODS])
    mood = _MOODS[int(rng.choice(len(_MOODS), p=odds / odds.sum()))][0]
    light = _light(rng)
    scene = Scene(
        yaw=float(np.clip(rng.normal(0, 17), -35, 35)), pitch=float(np.clip(rng.normal(0, 6), -14, 14)),
        roll=float(np.clip(rng.normal(0, 6), -16, 16)),
        expression={unit: amount * float(rng.uniform(0.6, 1.1)) for unit, amount in mood.items()},
        gaze=(float(rng.normal(0, 7)), float(rng.normal(0, 4))), light=light,
        size=_SIZES[int(rng.integers(len(_SIZES)))], view=24.0, distance=float(rng.uniform(52, 125)),
        shift=(float(rng.uniform(-2.5, 2.5)), float(rng.uniform(-2.0, 1.0))), background=int(rng.integers(1, 400)),
        exposure=float(np.exp(rng.normal(0.05, 0.22))) * (1.8 if _dim(light) else 1.0),
        blur=float(rng.choice([0.5, 0.62, 0.8, 1.1])), noise=float(rng.choice([0.6, 1.2, 2.0, 3.5])),
        jpeg=int(rng.choice([0, 95, 88, 75, 60])), white=_tint(rng, 0.06),
        gamma=float(rng.uniform(0.92, 1.15)), seed=int(rng.integers(1, 2**31)),
    )  # fmt: skip
    if plain:
        scene = replace(
            scene, yaw=0.15 * scene.yaw, pitch=0.3 * scene.pitch, roll=0.2 * scene.roll, expression={}, gaze=(0, 0),
            light="soft", exposure=1.05, distance=70.0, noise=1.2, blur=0.62, jpeg=0,
        )  # fmt: skip
    return scene


def _dim(light: Light) -> bool:
    return max(lamp.colour[1] for lamp in light.lamps) < 0.4 and light.sky[1] < 0.3


def _light(rng: np.random.Generator) -> Light:
    """A light of the catalogue, from the one side or the other, stronger or weaker and of its own tint."""
    light, mirror = LIGHTS[str(rng.choice(["soft", "soft", "window", "warm", "dim", "flat"]))], rng.choice([-1.0, 1.0])
    gain, tint = float(np.exp(rng.normal(0, 0.12))), _tint(rng, 0.05)

    def lit(lamp: Lamp) -> Lamp:
        x, y, z = lamp.place
        place = (x * float(mirror) + float(rng.normal(0, 8)), y + float(rng.normal(0, 8)), z)
        red, green, blue = (c * gain * t for c, t in zip(lamp.colour, tint, strict=True))
        return replace(lamp, place=place, colour=(red, green, blue))

    return replace(light, lamps=tuple(lit(lamp) for lamp in light.lamps))


def _tint(rng: np.random.Generator, much: float) -> tuple[float, float, float]:
    red, green, blue = (float(v) for v in np.exp(rng.normal(0, much, 3)))
    return red, green, blue


def sheet(names: tuple[str, ...], columns: int = 10) -> NDArray[np.uint8]:
    """A contact sheet, `uint8 RGB`: everybody once, from the front."""
    cells = []
    for k, name in enumerate(names):
        scene = Scene(size=(256, 300), view=24.0, shift=(0, -0.4), background=k, seed=k)
        cells.append(wearing(name).render(scene))
    small = [cv2.resize(cell, (128, 150), interpolation=cv2.INTER_AREA) for cell in cells]
    return np.vstack([np.hstack(small[k : k + columns]) for k in range(0, len(small) - columns + 1, columns)])


def main() -> None:
    """Print the figures, or write a contact sheet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sheet", type=Path, help="write a contact sheet of sixty people instead")
    parser.add_argument("--people", type=int, default=len(IDENTITIES), help="only so many, spread over the gallery")
    parser.add_argument("--pictures", type=int, default=8)
    parser.add_argument("--kinds", type=int, help="compare so many people of each kind in one front view instead")
    given = parser.parse_args()
    if given.sheet:
        picture = sheet(IDENTITIES[:: len(IDENTITIES) // 60][:60])
        cv2.imwrite(str(given.sheet), picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 82])
        return
    from tests.people import likeness

    if given.kinds:
        for line in likeness.kinds(given.kinds):
            print(line, flush=True)
        return
    some = tuple(IDENTITIES[k * len(IDENTITIES) // given.people] for k in range(given.people))
    for line in likeness.lines(some, given.pictures, lambda said: print(said, file=sys.stderr, flush=True)):
        print(line, flush=True)


if __name__ == "__main__":
    main()
