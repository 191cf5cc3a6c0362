"""What the page says while the check runs: one thing at a time, the most urgent first."""

from __future__ import annotations

from typing import Final

from consent import policy
from consent.types import Action
from models.faces import Face

ASK: Final = {
    Action.CENTRE: "Look straight ahead",
    Action.TURN_LEFT: "Turn your head to your left",
    Action.TURN_RIGHT: "Turn your head to your right",
    Action.NOD: "Nod: lower your chin",
    Action.CLOSE_EYES: "Close both eyes for a moment",
    Action.OPEN_MOUTH: "Open your mouth wide",
    Action.LEAN_IN: "Come closer to the camera",
    Action.LIGHT: "Look straight ahead and hold still",
    Action.DOT: "Follow the dot with your nose",
    "no-face": "No face in sight: look into the camera",
    "several-faces": "Only one person, please",
    "come-closer": "Come closer",
    "go-back": "Move back a little",
    "centre-yourself": "Move into the middle of the oval",
    "more-light": "More light on your face, please",
    "less-light": "Less light on your face, please",
    "hold-still": "Hold still",
    "complete": "Done",
}
"""English sentences by hint code; the page may translate them by code."""


def advice(face: Face, shape: tuple[int, ...]) -> str:
    """The code of what keeps the check from starting, empty when nothing does. `shape` is the frame's (H, W, 3)."""
    height, width = shape[:2]
    x, y = face.box[0] + face.box[2] / 2, face.box[1] + face.box[3] / 2
    low, high = policy.BRIGHTNESS
    advices = (
        (face.eye_distance >= policy.LIVE_EYE_DISTANCE, "come-closer"),
        (face.box[3] <= 0.7 * height, "go-back"),
        (abs(x - width / 2) <= 0.2 * width and abs(y - height / 2) <= 0.25 * height, "centre-yourself"),
        (face.brightness >= 1.5 * low, "more-light"),
        (face.brightness <= high, "less-light"),
        (abs(face.pose.yaw) <= 12 and abs(face.pose.pitch) <= 25, "centre"),
        (face.sharpness >= policy.SHARPNESS, "hold-still"),
        (min(face.eyes) >= 0.1, "centre"),
    )
    return next((code for fine, code in advices if not fine), "")
