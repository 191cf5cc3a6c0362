"""Was it one person from the first frame to the last? By vectors of identity, against those of the first rest."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final, final

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]
_NAN: Final = float("nan")


@final
@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """An identity sample: which prompt, the embedding (128,), apparent age in years."""

    prompt: int
    embedding: Vector = field(repr=False)
    years: float


@dataclass(frozen=True, slots=True)
class Identity:
    """Agreement with the first rest; cosines.

    Attributes:
        samples: the worst sample of all; NaN when a prompt has none.
        shown: the mean over the colours or the dot; NaN when they have none.
        rests: the worst mean over one later rest.
        kept_rest, kept_moving: the worst kept frame, at rest and else.
        years: median apparent age at rest.
    """

    samples: float
    shown: float
    rests: float
    kept_rest: float
    kept_moving: float
    years: float


NOTHING: Final = Identity(_NAN, _NAN, _NAN, _NAN, _NAN, _NAN)


def measure(
    samples: Sequence[Sample],
    kept: Sequence[tuple[bool, Vector]],
    resting: Collection[int],
    shown: Sequence[Sequence[int]],
    asked: Collection[int],
) -> Identity:
    """Everything after the first rest against it (never against a mean of all, which would hide a change of person).

    Args:
        samples: in the order they were taken.
        kept: of each kept frame whether it is at rest, and its vector.
        resting: the prompts at rest.
        shown: those with colours or a dot, those in a row together.
        asked: the prompts after the first that must each have a sample.

    Returns:
        `NOTHING` without a sample at rest, or where one that was asked for is missing.
    """
    still = [s for s in samples if s.prompt in resting]
    if not still or not {s.prompt for s in samples} >= set(asked):
        return NOTHING
    anchor = _direction([s.embedding for s in still if s.prompt == still[0].prompt])
    scores = [(s.prompt, float(s.embedding @ anchor)) for s in samples]
    later = [[score for prompt, score in scores if prompt == one] for one in asked if one in resting]
    frames = [(at_rest, float(vector @ anchor)) for at_rest, vector in kept]
    return Identity(
        _worst([score for _, score in scores]),
        _worst([_mean([score for prompt, score in scores if prompt in block]) for block in shown]),
        _worst([_mean(some) for some in later]),
        _worst([score for at_rest, score in frames if at_rest]),
        _worst([score for at_rest, score in frames if not at_rest]),
        float(np.median([s.years for s in still])),
    )


def _direction(vectors: Sequence[Vector]) -> Vector:
    mean = np.mean(vectors, axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9), np.float32)


def _worst(scores: Sequence[float]) -> float:
    """The least; NaN when there is none or one of them is NaN."""
    return float(np.min(scores)) if scores else _NAN


def _mean(scores: Sequence[float]) -> float:
    return float(np.mean(scores)) if scores else _NAN
