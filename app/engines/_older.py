"""Skin some years on: own lines deeper, new ones after the light, broad hollows and bags, uneven tone, less contrast.

Lines follow the mesh and are shaded by the light found in the picture (a height field under one distant light). Fine
lines and pigment depend on the type of skin, told by the individual typology angle (Chardon 1991): fair skin shows
both earlier. Lips and brows lose contrast with the years (Porcheron et al. 2013).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from app.engines import _wrinkles
from app.engines._filters import Floats, Points, blur
from app.engines._geometry import Placement
from app.engines._skin import Canvas, light_direction
from app.engines._wrinkles import Layers

_COARSE_SKIN: Final = 2.6
"""Standard deviation of fine lightness above which skin shows enough of its own lines already."""
_DEEPEST, _LIGHTEST = 20.0, 4.0
"""Lightness a line may take and its shoulders give, at most."""
_SOFT: Final = ((0.13, 0.15, 0.18, 0.25, 0.32), (0.025, 0.015, 0.010, 0.005, 0.0))
"""That share for pictures with a known blur, in face widths, as measured on people of ours and on photographs."""
_FAIR: Final = (-25.0, 45.0)
"""Typology angle, degrees, of dark brown and of fair skin."""


def older(on: Canvas, strength: float, seed: int) -> Floats:
    """`on.lab` with an older skin, (H, W, 3), by `_ageshape.strength_of`; nothing off the face changes."""
    layers = _wrinkles.spread(seed, on)
    toward = light_direction(on) @ Placement.of(on.mesh).rotation[:2, :2]
    # in the dark everything shows less, and where the light is burnt out there is no skin to shade
    burnt = np.asarray(np.clip((99.5 - on.light) / 5, 0, 1), np.float32)
    lit = (0.4 + 0.6 * np.clip(on.light / 65, 0, 1.1)) * burnt
    fair, soft = _fairness(on), _softness(on) * on.width
    layers = replace(layers, spots=blur(layers.spots, soft) * burnt, blotch=layers.blotch * burnt)
    shade = (blur(_lines(layers, toward, strength, fair), soft) + _broad(layers, toward, strength)) * lit
    out = on.lab.copy()
    out[..., 0] += on.bare * (_own_lines(on) * min(strength, 1.15) * lit + shade)
    # less light on the same skin is less colour, too
    out[..., 1:] *= (np.clip(out[..., 0], 1, 100) / np.maximum(on.light, 1))[..., None]
    _tone(out, on, layers, strength * burnt, fair)
    out[..., 1] += on.bare * 0.10 * np.clip(-shade, 0, 14)  # folds are redder
    _contrast(out, on, strength)
    out[..., 0] = np.clip(out[..., 0], 0, 100)
    return out


def _fairness(on: Canvas) -> float:
    """0 for dark brown skin to 1 for fair skin, by its typology angle."""
    light, _, yellow = (float(v) for v in on.tone.middle)
    angle = np.degrees(np.arctan2(light - 50, max(yellow, 1.0)))
    return float(np.clip((angle - _FAIR[0]) / (_FAIR[1] - _FAIR[0]), 0, 1))


def _softness(on: Canvas) -> float:
    """Width of a picture's blur in face widths, so that no line is sharper than the eyes; 0 for a sharp one.

    Told by how much of the detail at a fiftieth of the face is finer still.
    """
    fine, coarse = (((on.light - blur(on.light, share * on.width)) ** 2 * on.face).sum() for share in (0.006, 0.02))
    return float(np.interp(np.sqrt(fine / max(float(coarse), 1e-3)), *_SOFT))


def _own_lines(on: Canvas) -> Floats:
    """What makes the person's own lines and folds deeper once more; light detail hardly, or skin would sparkle."""
    light, width = on.light, on.width
    fine = blur(light, max(0.6, 0.0055 * width)) - blur(light, 0.022 * width)
    folds = blur(light, 0.010 * width) - blur(light, 0.055 * width)
    coarse = float(np.sqrt((fine**2 * on.bare).sum() / max(float(on.bare.sum()), 1.0)))
    fine = fine * np.clip(_COARSE_SKIN / max(coarse, 1e-3), 0.6, 1)
    return np.asarray(np.clip(fine, -14, 6) * np.where(fine < 0, 1.0, 0.15) + 0.55 * np.clip(folds, -11, 0), np.float32)


def _lines(layers: Layers, toward: Points, strength: float, fair: float) -> Floats:
    """Change of lightness by wrinkles: dark in the groove, its far wall lit, its near wall in shade."""
    late = max(strength - 0.2, 0.0) * (0.6 + 0.4 * fair)
    depth = 12 * strength**0.9 * layers.folds + 13 * late * layers.late
    facing = -56 * strength * (layers.folds_x * toward[0] + layers.folds_y * toward[1])
    shade = depth + facing
    limited = np.where(shade < 0, _DEEPEST * np.tanh(shade / _DEEPEST), _LIGHTEST * np.tanh(shade / _LIGHTEST))
    return np.asarray(limited, np.float32)


def _broad(layers: Layers, toward: Points, strength: float) -> Floats:
    """Change of lightness by what swells and sinks."""
    facing = -260 * (layers.volume_x * toward[0] + layers.volume_y * toward[1])
    hollow = 4.0 * np.minimum(layers.volume, 0)
    return np.asarray(strength * (6 * np.tanh(facing / 6) + hollow), np.float32)


def _tone(out: Floats, on: Canvas, layers: Layers, strength: Floats, fair: float) -> None:
    """Duller and yellower, blotched and spotted, as shares of the skin's own colour; in place."""
    even = strength * on.bare
    spots = layers.spots * (0.35 + 0.65 * fair)
    blotch = layers.blotch * (0.4 + 0.6 * fair)
    out[..., 0] *= 1 - even * (0.025 + 0.012 * blotch + 0.14 * spots)
    out[..., 1] *= 1 + even * (0.10 * blotch + 0.10 * spots)
    out[..., 2] *= 1 + even * (0.05 - 0.03 * blotch + 0.22 * spots)


def _contrast(out: Floats, on: Canvas, strength: float) -> None:
    """Lips and brows nearer to the skin round them; in place."""
    some = min(strength, 1.2)
    lips = on.lips * 0.34 * some
    for channel in range(3):
        skin = float(on.tone.middle[channel])
        toward = (skin - on.lab[..., channel]) * (0.5 if channel == 0 else 1.0)
        out[..., channel] += lips * np.where(channel > 0 or toward > 0, toward, 0)
    dark = np.clip((blur(on.light, 0.05 * on.width) - on.light) / 18 + 0.3, 0, 1) * on.brows * 0.75 * some
    out[..., 0] += 10 * dark
    out[..., 1:] *= 1 - 0.45 * dark[..., None]
