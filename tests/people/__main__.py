"""Look at the cast.

python -m tests.people --sheet FILE.png [names...]      # everybody: poses, expressions, lights
python -m tests.people --one NAME --out FILE.png        # one person, large
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.people import LIGHTS, NAMES, person

SHEET: tuple[dict[str, Any], ...] = (
    {},
    {"yaw": 28.0},
    {"yaw": -28.0},
    {"expression": {"smile": 0.9}},
    {"expression": {"open-mouth": 0.9}},
    {"expression": {"blink": 1.0}},
    {"expression": {"surprise": 0.8}, "pitch": 8.0},
    {"light": "window", "roll": 8.0},
    {"light": "warm", "pitch": -12.0, "gaze": (0.0, 10.0)},
    {"light": LIGHTS["dim"].with_screen((0.35, 0.45, 1.0), 0.6)},
)


def sheet(names: list[str]) -> NDArray[np.uint8]:
    """A contact sheet, `uint8 RGB`: a row for each person."""
    rows = []
    for k, name in enumerate(names):
        views = [person(name).render(size=(240, 280), view=27.0, shift=(0, -0.6), background=k, **v) for v in SHEET]
        cv2.putText(views[0], name, (6, 272), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255), 1)
        rows.append(np.hstack(views))
    return np.vstack(rows)


def main() -> None:
    """Write the picture asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--sheet", type=Path)
    parser.add_argument("--one")
    parser.add_argument("--out", type=Path, default=Path("person.png"))
    given = parser.parse_args()
    if given.one:
        picture, target = person(given.one).render(size=(960, 720)), given.out
    elif given.sheet:
        picture, target = sheet(given.names or list(NAMES)), given.sheet
    else:
        parser.error("say --sheet FILE or --one NAME")
    cv2.imwrite(str(target), picture[:, :, ::-1])


if __name__ == "__main__":
    main()
