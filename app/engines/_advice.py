"""What an expression could not be made of, or not wholly: why, and the one thing that helps."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from consent.errors import Refusal

_WORDS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "no-open-mouth": (
            "No picture of you from this side shows your open mouth, so its inside is drawn and opens half way only.",
            "Give a photo of yourself with your mouth open as the face to copy.",
        ),
        "no-smile": (
            "No picture of you from this side shows you smile, so the smile keeps your lips closed.",
            "Give a photo of yourself that smiles and shows your teeth as the face to copy.",
        ),
        "no-closed-eyes": (
            "No picture of you from this side shows your closed eyes, so the lids are only bent.",
            "Give a photo of yourself with your eyes closed as the face to copy.",
        ),
        "no-open-eyes": (
            "Your eyes are closed here, and no picture of you from this side shows them open.",
            "Use a picture in which you look more towards the camera.",
        ),
        "mouth-open-already": (
            "Your mouth is as wide open in this picture already.",
            "Use a picture with your mouth closed to see more of it.",
        ),
        "face-turned": (
            "Your head is turned far to the side here, so less of the expression is shown.",
            "Use a picture in which you look more towards the camera.",
        ),
        "copied-from-afar": (
            "The two pictures show your head from different sides, so only the shape was copied, no teeth or lids.",
            "Give a photo from about the same side.",
        ),
        "nothing-to-copy": (
            "The picture to copy shows the same expression as yours does already.",
            "Give a photo of yourself with another expression.",
        ),
    }
)


def advice(code: str) -> Refusal:
    """What is said of a part that was not done: in the form of a refusal, but nothing is raised."""
    return Refusal(code, *_WORDS[code])
