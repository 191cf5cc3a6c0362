"""Judge a recording: every check must pass; what is missing or not a number refuses.

1. The recording was completed: every action in its order and time, from rest (see `recorder`).
2. The frames are a camera's: enough of them, hardly any an earlier one.
3. The same face throughout: every identity sample, and every frame that is kept, agrees with those of the first rest.
4. A head, not a picture: depth on pixels (see `models.presentation.depth`).
5. Now, not earlier: the light of the screen on the skin (see `.light`), or the dot that the nose followed (`.pursuit`).
   Who was asked for both, for the light was not clear, has passed the kind with the dot.
"""

from __future__ import annotations

import math

from consent import policy
from consent.errors import Refusal
from consent.liveness.finding import Finding, of_depth, of_now
from consent.liveness.guide import ASK
from consent.liveness.recording import CAPTURE_SEAL, Capture, Outcome
from consent.types import LIVE_SEAL, Action, Assurance, LiveCapture, Once
from models.presentation.evidence import Evidence, gather
from models.presentation.sameness import Identity
from models.presentation.surface import Surface


def check(capture: Capture) -> LiveCapture:
    """Judge a recording, once.

    Raises:
        Forgery: not made by a recorder of this process, changed, or judged before.
        Refusal: the outcome's code, or what `judge` says.
    """
    CAPTURE_SEAL.verify(Capture, capture)
    capture.once.spend("recording")
    if capture.outcome is not Outcome.COMPLETE:  # nothing else needs to be measured
        raise _ended(capture.outcome, capture.at)
    found = gather(capture, policy.DOT_FIELD)
    judge(found)
    years = found.identity.years
    passed = capture.assurance if found.pursuit is None else Assurance.MOTION
    return LIVE_SEAL.put(LiveCapture(capture.frames, years, capture.world, passed, capture.made, Once()))


def judge(found: Evidence) -> None:
    """Every check must pass; what is missing or not a number refuses.

    Raises:
        Refusal: the outcome's code, `camera-slow`, `frames-repeated`, `face-changed`, `depth-unclear`, `looks-flat`,
            `light-unclear`, `light-wrong` or `dot-not-followed`.
    """
    if found.outcome != Outcome.COMPLETE:
        raise _ended(found.outcome, found.at)
    _camera(found)
    _same_face(found.identity)
    _depth(found)
    _now(found)


def _ended(outcome: str, at: Action) -> Refusal:
    return Refusal.of(outcome, asked=ASK[at].lower())


def _camera(found: Evidence) -> None:
    Refusal.unless(policy.LEAST_FPS <= found.fps < math.inf, "camera-slow")
    Refusal.unless(0 <= found.gap <= policy.FACE_GAP, "face-lost", "hidden")
    Refusal.unless(0 <= found.repeated <= policy.DUPLICATES, "frames-repeated")


def _same_face(found: Identity) -> None:
    limits = (policy.SAME_FACE, policy.SAME_FACE, policy.SAME_FACE_MEAN, policy.SAME_FACE_MEAN, policy.SAME_FACE_REST)
    seen = zip((found.samples, found.kept_moving, found.rests, found.shown, found.kept_rest), limits, strict=True)
    same = all(least <= c < math.inf for c, least in seen) and 0 <= found.years < math.inf
    Refusal.unless(same, "face-changed")


def _depth(found: Evidence) -> None:
    finding = of_depth(found.relief)
    Refusal.unless(finding is not Finding.FLAT, "looks-flat", _screen(found.surface))
    Refusal.unless(finding is Finding.HEAD, "depth-unclear")


def _now(found: Evidence) -> None:
    lit = found.assurance is Assurance.MOTION_LIGHT
    finding = of_now(found.light if lit else None, found.pursuit)
    Refusal.unless(finding is not Finding.WRONG, "light-wrong", _screen(found.surface))
    Refusal.unless(finding is Finding.HEAD or not lit or found.pursuit is not None, "light-unclear")
    Refusal.unless(finding is Finding.HEAD, "dot-not-followed")


def _screen(seen: Surface) -> str:
    """The case of the words where it looked like a screen."""
    return "screen" if seen.moire >= policy.SCREEN_MOIRE else ""
