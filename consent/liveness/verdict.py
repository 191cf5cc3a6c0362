"""Judge a recording: every check must pass; what is missing or not a number refuses.

1. The recording was completed: every action in its order and time, from rest (see `recorder`).
2. The frames are a camera's: enough of them, hardly any an earlier one.
3. The same face throughout: every identity sample, and every frame that is kept, agrees with those of the first rest.
4. A head, not a picture: depth on pixels (see `models.presentation.depth`).
5. Now, not earlier: the light of the screen on the skin (see `.light`), or the dot that the nose followed (`.pursuit`).
"""

from __future__ import annotations

from typing import Final

from consent import policy
from consent.errors import Refusal
from consent.liveness.evidence import Evidence, Identity, gather
from consent.liveness.finding import Finding, of_depth, of_light
from consent.liveness.guide import ASK
from consent.liveness.recording import CAPTURE_SEAL, Capture, Outcome
from consent.types import LIVE_SEAL, Action, Assurance, LiveCapture, Once
from models.presentation.light import Light
from models.presentation.pursuit import Pursuit
from models.presentation.surface import Surface

_AGAIN: Final = "Please try again."
_ENDED: Final = {
    Outcome.UNFINISHED: ("The check was not finished.", _AGAIN),
    Outcome.TOO_SLOW: ("The check took too long.", _AGAIN),
    Outcome.NOT_SEEN: ("This was not seen in time: {asked}.", "Try again; move clearly and hold it for a moment."),
    Outcome.WRONG: ("Something else was done than was asked: {asked}.", "Try again; wait for each sentence."),
    Outcome.TOO_FAST: ("The answer came faster than a person can react.", "Try again; wait for each sentence."),
    Outcome.LOST: ("The face was lost from sight.", "Try again; stay in the oval."),
    Outcome.SECOND_FACE: ("A second face was in the picture.", "Try again, alone before the camera."),
    Outcome.ORDER: ("The camera pictures came in the wrong order.", "Try again; reload the page if it happens again."),
    Outcome.CLOCK: ("The camera's clock and ours disagree.", "Try again; close other programs that use the camera."),
    Outcome.GAP: ("The camera stopped for a moment.", "Try again; close other programs that use the camera."),
    Outcome.STALLED: ("The page did not show what was asked.", "Try again; reload the page if it happens again."),
    Outcome.MIXED: ("The camera pictures do not belong together.", "Try again with one camera."),
}


def check(capture: Capture) -> LiveCapture:
    """Judge a recording, once.

    Raises:
        Forgery: not made by a recorder of this process, changed, or judged before.
        Refusal: the outcome's code, or what `judge` says.
    """
    CAPTURE_SEAL.check(capture.seal, *capture.sealed_parts())
    capture.once.spend("recording")
    if capture.outcome is not Outcome.COMPLETE:  # nothing else needs to be measured
        raise _ended(capture.outcome, capture.at)
    found = gather(capture)
    judge(found)
    live = LiveCapture(
        capture.frames, found.identity.years, capture.world, capture.assurance, capture.made, Once(), b""
    )
    object.__setattr__(live, "seal", LIVE_SEAL.over(*live.sealed_parts()))
    return live


def judge(found: Evidence) -> None:
    """Every check must pass; what is missing or not a number refuses.

    Raises:
        Refusal: the outcome's code, `camera-slow`, `frames-repeated`, `face-changed`, `depth-unclear`, `looks-flat`,
            `light-unclear`, `light-wrong` or `dot-not-followed`.
    """
    if found.outcome is not Outcome.COMPLETE:
        raise _ended(found.outcome, found.at)
    _camera(found)
    _same_face(found.identity)
    _depth(found)
    if found.assurance is Assurance.MOTION_LIGHT:
        _light(found.light, found.surface)
    else:
        _dot(found.pursuit)


def _ended(outcome: Outcome, at: Action) -> Refusal:
    reason, remedy = _ENDED[outcome]
    return Refusal(str(outcome), reason.format(asked=ASK[at].lower()), remedy)


def _camera(found: Evidence) -> None:
    if not found.fps >= policy.LEAST_FPS:
        raise Refusal(
            "camera-slow",
            "The camera, or this computer, gave too few pictures a second.",
            "Turn on more light (cameras slow down in the dark), close other programs, and try again.",
        )
    if not found.gap <= policy.FACE_GAP:
        raise Refusal(
            "face-lost",
            "The face was out of sight for a moment when it had to be seen.",
            "Try again; stay in the oval, with nothing before your face.",
        )
    if not found.repeated <= policy.DUPLICATES:
        raise Refusal(
            "frames-repeated",
            "The camera gave the same picture over and over, as a recording or a stalled camera does.",
            "Close other programs that use the camera, and try again.",
        )


def _same_face(found: Identity) -> None:
    alone, together = (found.samples, found.kept_moving), (found.rests, found.kept_rest, found.shown)
    same = all(c >= policy.SAME_FACE for c in alone) and all(c >= policy.SAME_FACE_MEAN for c in together)
    if not (same and found.years >= 0):
        raise Refusal(
            "face-changed",
            "The face did not stay the same throughout the check.",
            "Try again, alone, in even light; take off what hides the face.",
        )


def _depth(found: Evidence) -> None:
    finding = of_depth(found.relief)
    if finding is Finding.FLAT:
        raise Refusal(
            "looks-flat",
            "What turned before the camera looked flat, like a picture of a face." + _screen(found.surface),
            "If you are there yourself, try again and turn your head further, without hurry.",
        )
    if finding is not Finding.HEAD:
        raise Refusal(
            "depth-unclear",
            "It could not be seen whether this is a head or a picture.",
            "Try again with more light, closer, and turn a little more slowly.",
        )


def _light(found: Light | None, seen: Surface) -> None:
    finding = Finding.UNCLEAR if found is None else of_light(found)
    if finding is Finding.WRONG:
        raise Refusal(
            "light-wrong",
            "The coloured light did not fall on the face as it falls on a head." + _screen(seen),
            "If you are there yourself, try again with no other screen or window lighting your face.",
        )
    if finding is not Finding.HEAD:
        raise Refusal(
            "light-unclear",
            "The coloured light could not be seen well enough on the face.",
            "Make the room darker and the screen brighter, come closer, or choose the check without coloured light.",
        )


def _screen(seen: Surface) -> str:
    """A word more, where it looked like a screen."""
    return " It had the fine pattern of a screen." if seen.moire >= policy.SCREEN_MOIRE else ""


def _dot(found: Pursuit | None) -> None:
    low, high = policy.DOT_GAIN
    ways = () if found is None else ((found.across, found.gain_across), (found.up, found.gain_up))
    asked = ways if found is not None and found.rises else ways[:1]
    least = policy.DOT_CORRELATION if len(asked) > 1 else policy.DOT_CORRELATION_ONE_WAY
    followed = bool(asked) and all(c >= least and low <= gain <= high for c, gain in asked)
    if found is None or not (followed and policy.DOT_LAG[0] <= found.lag <= policy.DOT_LAG[1]):
        raise Refusal(
            "dot-not-followed",
            "The head did not follow the dot.",
            "Try again: keep the ring, which shows where your nose points, on the dot, and move your whole head.",
        )
