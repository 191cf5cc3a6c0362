"""Judge a recording: every check must pass; what is missing or not a number refuses.

1. The recording was completed: every action in its order and time, from rest (see `recorder`).
2. The frames are a camera's: enough of them, hardly any an earlier one.
3. The same face throughout: every identity sample, and every frame that is kept, agrees with those of the first rest.
4. A head, not a picture: depth on pixels (see `models.presentation.depth`).
5. Now, not earlier: the light of the screen on the skin (see `.light`), or the dot that the nose followed (`.pursuit`).
"""

from __future__ import annotations

import math

from consent import policy
from consent.errors import Refusal
from consent.liveness.finding import Finding, of_depth, of_light
from consent.liveness.guide import ASK
from consent.liveness.recording import CAPTURE_SEAL, Capture, Outcome
from consent.types import LIVE_SEAL, Action, Assurance, LiveCapture, Once
from models.presentation.evidence import Evidence, gather
from models.presentation.light import Light
from models.presentation.pursuit import Pursuit
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
    return LIVE_SEAL.put(LiveCapture(capture.frames, years, capture.world, capture.assurance, capture.made, Once()))


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
    if found.assurance is Assurance.MOTION_LIGHT:
        _light(found.light, found.surface)
    else:
        _dot(found.pursuit)


def _ended(outcome: str, at: Action) -> Refusal:
    return Refusal.of(outcome, asked=ASK[at].lower())


def _camera(found: Evidence) -> None:
    if not policy.LEAST_FPS <= found.fps < math.inf:
        raise Refusal.of("camera-slow")
    if not 0 <= found.gap <= policy.FACE_GAP:
        raise Refusal.of("face-lost", "hidden")
    if not 0 <= found.repeated <= policy.DUPLICATES:
        raise Refusal.of("frames-repeated")


def _same_face(found: Identity) -> None:
    limits = (policy.SAME_FACE, policy.SAME_FACE, policy.SAME_FACE_MEAN, policy.SAME_FACE_MEAN, policy.SAME_FACE_REST)
    seen = zip((found.samples, found.kept_moving, found.rests, found.shown, found.kept_rest), limits, strict=True)
    if not (all(least <= c < math.inf for c, least in seen) and 0 <= found.years < math.inf):
        raise Refusal.of("face-changed")


def _depth(found: Evidence) -> None:
    finding = of_depth(found.relief)
    if finding is Finding.FLAT:
        raise Refusal.of("looks-flat", _screen(found.surface))
    if finding is not Finding.HEAD:
        raise Refusal.of("depth-unclear")


def _light(found: Light | None, seen: Surface) -> None:
    finding = Finding.UNCLEAR if found is None else of_light(found)
    if finding is Finding.WRONG:
        raise Refusal.of("light-wrong", _screen(seen))
    if finding is not Finding.HEAD:
        raise Refusal.of("light-unclear")


def _screen(seen: Surface) -> str:
    """The case of the words where it looked like a screen."""
    return "screen" if seen.moire >= policy.SCREEN_MOIRE else ""


def _dot(found: Pursuit | None) -> None:
    low, high = policy.DOT_GAIN
    ways = () if found is None else ((found.across, found.gain_across), (found.up, found.gain_up))
    asked = ways[:1] if found is not None and found.rises is False else ways
    least = policy.DOT_CORRELATION if len(asked) > 1 else policy.DOT_CORRELATION_ONE_WAY
    followed = bool(asked) and all(least <= c < math.inf and low <= gain <= high for c, gain in asked)
    if found is None or not (followed and policy.DOT_LAG[0] <= found.lag <= policy.DOT_LAG[1]):
        raise Refusal.of("dot-not-followed")
