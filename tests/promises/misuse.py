"""Every line from `WRONG` on must be refused by mypy: see test_types.py. Never imported, never run."""

import numpy as np

from app.engines.swap import swap
from app.stamp.signer import Signer
from app.stamp.writer import stamp
from consent.gate import Gate
from consent.types import Draft, Grant, Match, Photo, Pixels


def misuse(gate: Gate, signer: Signer, match: Match, grant: Grant, draft: Draft, pixels: Pixels) -> None:
    # WRONG
    swap(gate, match)
    swap(gate, pixels)
    swap(gate, grant, pixels)
    gate.grant(pixels, match, "swap")
    gate.match(np.zeros(128, np.float32))
    gate.match(Photo(pixels), threshold=0.1)
    gate.redeem(match)
    stamp(gate, pixels, signer)
    stamp(gate, grant, signer)
    draft.pixels.tobytes()
    draft.save("x.jpg")
    Gate(match, None, None, None)
