"""What a person looks like on the surface: plain values, no pictures."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Colour = tuple[float, float, float]
"""sRGB 0..255, as a colour picker gives it."""


def linear(colour: Colour) -> NDArray[np.float32]:
    """Linear light (3,) float32 0..1 of an sRGB colour 0..255."""
    result: NDArray[np.float32] = ((np.array(colour, np.float32) / 255) ** 2.2).astype(np.float32)
    return result


@dataclass(frozen=True, slots=True)
class Brows:
    """Eyebrows. Lengths in centimetres on the rest face; `hairs` is the number of strokes per brow."""

    colour: Colour = (60, 42, 30)
    height: float = 0.0
    arch: float = 0.35
    thickness: float = 0.55
    length: float = 4.4
    start: float = 1.25
    tilt: float = 0.0
    hairs: int = 420


@dataclass(frozen=True, slots=True)
class Hair:
    """Hair of the head.

    Attributes:
        style: "bald", "tonsure", "buzz", "short", "swept", "curly", "bob", "fringe" (a bob), "long", "bun".
        colour: of the strands; `grey` 0..1 mixes grey in.
        recede: centimetres by which temples and forehead have lost hair.
        thickness: centimetres above the scalp.
        parting: -1..1, where the hair is parted.
    """

    style: str = "short"
    colour: Colour = (70, 48, 34)
    grey: float = 0.0
    recede: float = 0.0
    thickness: float = 1.1
    parting: float = 0.3


@dataclass(frozen=True, slots=True)
class Skin:
    """Skin.

    Attributes:
        melanin: 0 very light to 1 very dark.
        red: -1 olive to 1 ruddy.
        freckles, stubble, beard, wrinkles, spots, blush, shine: 0..1.
        lips: colour of the lips; `lip_strength` 0 bare skin to 1 that colour alone.
        beard_colour: of beard and stubble.
        beard_shape: "full", "goatee" (chin and mouth) or "strap" (along the jaw).
        moles: 0..1, many. texture: of bare skin, 1 is usual. circles: dark ones under the eyes, 1 is usual.
        complexion: how unevenly the tone is spread over the face, as a share of it.
        shadow: painted on the lids, 0..1, in `shadow_colour`.
    """

    melanin: float = 0.25
    red: float = 0.0
    freckles: float = 0.0
    stubble: float = 0.0
    beard: float = 0.0
    moustache: float = 0.0
    wrinkles: float = 0.05
    spots: float = 0.0
    blush: float = 0.3
    shine: float = 1.0
    lips: Colour = (176, 98, 92)
    lip_strength: float = 0.55
    beard_colour: Colour = (50, 36, 28)
    beard_shape: str = "full"
    moles: float = 0.0
    texture: float = 1.0
    circles: float = 1.0
    complexion: float = 0.0
    shadow: float = 0.0
    shadow_colour: Colour = (70, 50, 60)


@dataclass(frozen=True, slots=True)
class Look:
    """Everything that is not bone."""

    skin: Skin = field(default_factory=Skin)
    brows: Brows = field(default_factory=Brows)
    hair: Hair = field(default_factory=Hair)
    iris: Colour = (96, 70, 44)
    shirt: Colour = (70, 84, 110)
    collar: str = "crew"
    teeth: Colour = (232, 224, 208)
    glasses: str = ""
    glasses_colour: Colour = (30, 26, 24)
    lashes: float = 0.9
    seed: int = 0
