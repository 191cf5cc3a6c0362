"""Judge a recording: every check must pass; what is missing or not a number refuses.

1. The recording was completed: every action in its order and time, from rest (see `recorder`).
2. The frames are a camera's: hardly any is the frame before.
3. The same face throughout: every identity sample, and every frame that is kept, agrees with those of the first rest.
4. A head, not a picture: parallax in both turns, on pixels (see `parallax`).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from consent import policy
from consent.errors import Refusal
from consent.liveness import parallax
from consent.liveness.guide import ASK
from consent.liveness.motion import TURNS
from consent.liveness.recording import CAPTURE_SEAL, Capture, Outcome
from consent.types import LIVE_SEAL, Action, LiveCapture, Once
from models.identity import Recogniser

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
        Refusal: the outcome's code, `frames-repeated`, `face-changed`, `depth-unclear` or `looks-flat`.
    """
    CAPTURE_SEAL.check(capture.seal, *capture.sealed_parts())
    capture.once.spend("recording")
    if capture.outcome is not Outcome.COMPLETE:
        reason, remedy = _ENDED[capture.outcome]
        raise Refusal(str(capture.outcome), reason.format(asked=ASK[capture.at].lower()), remedy)
    _camera(capture)
    years = _same_face(capture)
    _depth(capture)
    live = LiveCapture(capture.frames, years, capture.world, capture.assurance, capture.made, Once(), b"")
    object.__setattr__(live, "seal", LIVE_SEAL.over(*live.sealed_parts()))
    return live


def _camera(capture: Capture) -> None:
    repeated = np.mean([s.duplicate for s in capture.sights])
    if not repeated <= policy.DUPLICATES:
        raise Refusal(
            "frames-repeated",
            "The camera gave the same picture over and over, as a recording or a stalled camera does.",
            "Close other programs that use the camera, and try again.",
        )


def _same_face(capture: Capture) -> float:
    """Everything after the first rest against it (never against a mean of all, which would hide a change of person).

    Returns the median apparent age at rest.
    """
    actions = {p.index: p.action for p in capture.prompts}
    resting = [s for s in capture.samples if actions[s.prompt] is Action.CENTRE]
    asked = [p.index for p in capture.prompts if p.index]  # of the first prompt there may be no sample yet
    changed = Refusal(
        "face-changed",
        "The face did not stay the same throughout the check.",
        "Try again, alone, in even light; take off what hides the face.",
    )
    if len(resting) < policy.ACTIONS or not {s.prompt for s in capture.samples} >= set(asked):
        raise changed
    first = [s for s in resting if s.prompt == resting[0].prompt]
    anchor = np.mean([s.embedding for s in first], axis=0)
    anchor /= np.linalg.norm(anchor)
    for index in asked:
        scores = [float(s.embedding @ anchor) for s in capture.samples if s.prompt == index]
        mean = policy.SAME_FACE_MEAN if actions[index] is Action.CENTRE else policy.SAME_FACE
        if not (min(scores) >= policy.SAME_FACE and np.mean(scores) >= mean):
            raise changed
    recogniser = Recogniser()
    for frame in capture.frames:  # what the template and the engines will be made of: each one, not samples
        least = policy.SAME_FACE_MEAN if frame.action is Action.CENTRE else policy.SAME_FACE
        if not float(recogniser.embed(frame.pixels, frame.face) @ anchor) >= least:
            raise changed
    return float(np.median([s.years for s in resting]))


def _depth(capture: Capture) -> None:
    """Parallax in every turn that was asked."""
    for prompt in capture.prompts:
        if prompt.action not in TURNS:
            continue
        before = [s for s in capture.sights if s.prompt < prompt.index and s.face is not None]
        turn = [s for s in capture.sights if s.prompt == prompt.index]
        sign = 1 if prompt.action is Action.TURN_LEFT else -1
        found = parallax.measure(before[-1], turn, sign) if before else parallax.NOTHING
        if not (found.tracks >= policy.PARALLAX_TRACKS and found.noise <= policy.PARALLAX_NOISE):
            raise Refusal(
                "depth-unclear",
                "It could not be seen whether this is a head or a picture.",
                "Try again with more light, closer, and turn a little more slowly.",
            )
        deep = found.beta >= policy.PARALLAX and found.ratio >= policy.PARALLAX_RATIO
        if not (deep and found.trend >= policy.PARALLAX_TREND):
            raise Refusal(
                "looks-flat",
                "What turned before the camera looked flat, like a picture of a face.",
                "If you are there yourself, try again and turn your head further, without hurry.",
            )
