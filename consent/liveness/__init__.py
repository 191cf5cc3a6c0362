"""Liveness (ISO/IEC 30107-3): is a living person before the camera, now, doing what is asked?

`Recorder` shows the prompts and records what is seen; `check` judges the recording and makes the `LiveCapture`. An RGB
camera cannot tell a person from a three-dimensional avatar fed through a virtual camera; THREATS.md says so.
"""

from consent.liveness.recorder import Recorder
from consent.liveness.recording import Capture, Hint
from consent.liveness.verdict import check

__all__ = ["Capture", "Hint", "Recorder", "check"]
