"""Whether a picture of a face is good enough to be judged at all; each shortcoming has its own sentence."""

from __future__ import annotations

from consent import policy
from consent.errors import Refusal
from models.faces import Face


def usable(face: Face) -> None:
    """Pass a face that recognition can judge.

    Raises:
        Refusal: `face-too-small`, `face-too-dark`, `face-too-bright`, `face-blurred` or `face-turned-away`. A measure
            that is not a number refuses.
    """
    low, high = policy.BRIGHTNESS
    boxes = (face.box,)
    # first, since a turned face has its eyes close together
    if not (abs(face.pose.yaw) <= policy.TURNED and abs(face.pose.pitch) <= policy.TURNED):
        raise Refusal(
            "face-turned-away",
            "The face is turned too far away from the camera.",
            "Use a picture that shows both eyes.",
            boxes,
        )
    if not face.eye_distance >= policy.EYE_DISTANCE:
        size = f"{face.eye_distance:.0f}" if face.eye_distance > 0 else "no"
        need = f"{policy.EYE_DISTANCE:.0f}"
        raise Refusal(
            "face-too-small",
            f"The face is too small to be judged: {size} pixels between the eyes, {need} are needed.",
            "Use a closer or larger picture.",
            boxes,
        )
    if not face.brightness >= low:
        raise Refusal("face-too-dark", "The face is too dark to be judged.", "Use a picture with more light.", boxes)
    if not face.brightness <= high:
        raise Refusal("face-too-bright", "The face is burnt out by light.", "Use a picture with less light.", boxes)
    if not face.sharpness >= policy.SHARPNESS:
        raise Refusal("face-blurred", "The face is too blurred to be judged.", "Use a sharper picture.", boxes)


def grown(years: float) -> None:
    """Pass a face that looks adult.

    Raises:
        Refusal: `looks-under-age`, also when the estimate is not a number.
    """
    if not years >= policy.ADULT_YEARS:
        raise Refusal(
            "looks-under-age",
            "This face looks too young to be sure that it is an adult's, and children's faces are never changed here.",
            "If you are 18 or over, try once more in soft, even light.",
        )
