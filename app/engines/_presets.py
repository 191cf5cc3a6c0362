"""Ready-made expressions."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from app.engines._expressshape import Asked

PRESETS: Final[Mapping[str, Asked]] = MappingProxyType(
    {
        "none": Asked(),
        "smile": Asked(smile=0.8, eyes=-0.08, brows=0.08),
        "laugh": Asked(smile=1.0, mouth=0.45, eyes=-0.18, brows=0.15),
        "surprise": Asked(brows=1.0, eyes=0.8, mouth=0.5),
        "sad": Asked(smile=-0.75, grief=0.9, eyes=-0.12, gaze_up=-0.3),
        "wink": Asked(smile=0.45, corner_left=0.3, brow_left=-0.25, eye_left=-1.0),
        "sceptical": Asked(smile=-0.15, corner_left=-0.2, brow_right=0.9, brow_left=-0.6, eye_left=-0.2),
    }
)
"""By name: what actors and FACS (Ekman and Friesen 1978) do for it, in terms of the sliders."""
