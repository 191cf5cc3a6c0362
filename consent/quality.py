"""Whether a picture of a face is good enough to be judged at all; each shortcoming has its own sentence."""

from __future__ import annotations

from consent import policy
from consent.errors import Box, Refusal
from models.faces import Face, disagreement, length


def usable(face: Face) -> None:
    """Pass a face that recognition can judge.

    Raises:
        Refusal: `face-turned-away`, `face-unclear`, `face-too-small`, `face-too-dark`, `face-too-bright` or
            `face-blurred`. A measure that is not a number refuses.
    """
    low, high = policy.BRIGHTNESS
    where = (face.box,)
    ahead = abs(face.pose.yaw) <= policy.TURNED and abs(face.pose.pitch) <= policy.TURNED
    Refusal.unless(ahead, "face-turned-away", boxes=where)
    # the mesh and the detector's points are two networks' word for one face: else one is compared and another changed
    Refusal.unless(disagreement(face) <= policy.APART, "face-unclear", boxes=where)
    sizes = {"seen": f"{length(face):.0f}", "needed": f"{policy.FACE_SIZE:.0f}"}
    Refusal.unless(length(face) >= policy.FACE_SIZE, "face-too-small", boxes=where, **sizes)
    Refusal.unless(face.brightness >= low, "face-too-dark", boxes=where)
    Refusal.unless(face.brightness <= high, "face-too-bright", boxes=where)
    Refusal.unless(face.sharpness >= policy.SHARPNESS, "face-blurred", boxes=where)


def adult(years: float) -> None:
    """Pass a person who looks adult before the camera: the median apparent age over the frames at rest.

    Raises:
        Refusal: `looks-under-age`, also when the estimate is not a number, or nobody's age.
    """
    Refusal.unless(policy.ADULT_YEARS <= years <= 120, "looks-under-age")


def grown(years: float, box: Box) -> None:
    """Pass a face, in this box of a picture, that does not look like a child's.

    Raises:
        Refusal: `looks-like-a-child`, also when the estimate is not a number, or nobody's age.
    """
    Refusal.unless(policy.GROWN_YEARS <= years <= 120, "looks-like-a-child", boxes=(box,))
