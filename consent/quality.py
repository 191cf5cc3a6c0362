"""Whether a picture of a face is good enough to be judged at all; each shortcoming has its own sentence."""

from __future__ import annotations

import numpy as np

from consent import policy
from consent.errors import Box, Refusal
from models.faces import Face, five_points
from models.topology import CHIN


def usable(face: Face) -> None:
    """Pass a face that recognition can judge.

    Raises:
        Refusal: `face-turned-away`, `face-unclear`, `face-too-small`, `face-too-dark`, `face-too-bright` or
            `face-blurred`. A measure that is not a number refuses.
    """
    low, high = policy.BRIGHTNESS
    boxes = (face.box,)
    if not (abs(face.pose.yaw) <= policy.TURNED and abs(face.pose.pitch) <= policy.TURNED):
        raise Refusal(
            "face-turned-away",
            "The face is turned too far away from the camera.",
            "Use a picture that shows both eyes.",
            boxes,
        )
    if not _apart(face) <= policy.APART:  # else one face is compared, and another one changed
        raise Refusal(
            "face-unclear",
            "It is not clear where this face begins and another one ends.",
            "Use a picture in which nobody's face touches yours.",
            boxes,
        )
    size = float(np.linalg.norm(face.mesh[CHIN, :2] - face.points[:2].mean(0)))
    if not size >= policy.FACE_SIZE:
        seen = f"{size:.0f}" if size > 0 else "no"
        raise Refusal(
            "face-too-small",
            f"The face is too small to be judged: {seen} pixels from eyes to chin, {policy.FACE_SIZE:.0f} are needed.",
            "Use a closer or larger picture.",
            boxes,
        )
    if not face.brightness >= low:
        raise Refusal("face-too-dark", "The face is too dark to be judged.", "Use a picture with more light.", boxes)
    if not face.brightness <= high:
        raise Refusal("face-too-bright", "The face is burnt out by light.", "Use a picture with less light.", boxes)
    if not face.sharpness >= policy.SHARPNESS:
        raise Refusal("face-blurred", "The face is too blurred to be judged.", "Use a sharper picture.", boxes)


def _apart(face: Face) -> float:
    """How far the mesh lies from the detector's points, in face sizes: they are two networks' word for one face."""
    return float(np.linalg.norm(five_points(face.mesh) - face.points, axis=1).mean() / max(face.box[2:]))


def adult(years: float) -> None:
    """Pass a person who looks adult before the camera.

    Args:
        years: apparent age, the median over the frames at rest.

    Raises:
        Refusal: `looks-under-age`, also when the estimate is not a number.
    """
    if not years >= policy.ADULT_YEARS:
        raise Refusal(
            "looks-under-age",
            "The camera could not be sure that you are an adult, and children's faces are never changed here. This is"
            " a rough guess, and it is often wrong for people under 25.",
            "If you are 18 or over, please try once more: soft, even light from the front, no cap, a calm face.",
        )


def grown(years: float, box: Box) -> None:
    """Pass a face in a picture that does not look like a child's.

    Args:
        years: apparent age, of this one picture.
        box: the face's.

    Raises:
        Refusal: `looks-like-a-child`, also when the estimate is not a number.
    """
    if not years >= policy.GROWN_YEARS:
        raise Refusal(
            "looks-like-a-child",
            "The face in this picture looks like a child's. Pictures of children are never changed here, not even"
            " your own from long ago.",
            "Use a picture of you as an adult; if it is one, try another with softer light.",
            (box,),
        )
