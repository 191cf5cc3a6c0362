"""The template: what the gate knows of the person. Made of live frames, in memory, and of nothing else."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from consent import policy
from consent.errors import Refusal
from consent.types import Action, LiveCapture
from models.identity import Recogniser


def template(live: LiveCapture, recogniser: Recogniser) -> NDArray[np.float32]:
    """The mean of the person's frames at rest that agree with each other: (128,) float32, unit length.

    Raises:
        Refusal: `too-few-frames`.
    """
    resting = [f for f in live.frames if f.action is Action.CENTRE and f.face.sharpness >= policy.SHARPNESS]
    vectors = np.array([recogniser.embed(f.pixels, f.face) for f in resting], np.float32).reshape(-1, 128)
    for _ in range(2):  # once to find the middle, once without what is far from it
        if len(vectors) >= policy.TEMPLATE_FRAMES:
            vectors = vectors[vectors @ _middle(vectors) >= policy.TEMPLATE_COSINE]  # NaN is never kept
    if len(vectors) < policy.TEMPLATE_FRAMES:
        raise Refusal(
            "too-few-frames",
            "Too few clear pictures of your face came out of the check, or they do not agree.",
            "Do it again in better light.",
        )
    return _middle(vectors)


def _middle(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    mean = vectors.mean(0)
    return np.asarray(mean / np.linalg.norm(mean), np.float32)
