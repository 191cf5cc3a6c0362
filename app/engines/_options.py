"""What every engine's verb shares: options in their range."""

from __future__ import annotations

from consent.errors import Refusal


def ranged(name: str, value: float, low: float, high: float) -> None:
    """Checks one number of an options class.

    Raises:
        Refusal: `bad-option`, when the value is no finite number from `low` to `high`.
    """
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not (number and low <= value <= high):
        raise Refusal(
            "bad-option",
            f"The option {name!r} must be a number from {low:g} to {high:g}, not {value!r}.",
            "Choose a value inside the range.",
        )


def chosen(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Checks one choice of an options class.

    Raises:
        Refusal: `bad-option`, when the value is none of `choices`.
    """
    if not (isinstance(value, str) and value in choices):
        raise Refusal(
            "bad-option",
            f"The option {name!r} must be one of {', '.join(choices)}, not {value!r}.",
            "Choose one of these.",
        )
