"""A contact sheet of the red team: what the camera sees of each instrument. Synthetic people only.

python -m tests.pad.gallery FILE.jpg        # one picture an instrument, in a grid
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from consent.challenge import Prompt
from consent.liveness.recording import Hint
from consent.types import Action, Colour
from tests.pad.attacks import Attack
from tests.pad.instruments import INSTRUMENTS, LIMITS, Factory

if TYPE_CHECKING:
    from numpy.typing import NDArray

TELLING: Final[Mapping[str, Action]] = {
    "print_waved": Action.TURN_LEFT,
    "print_rotated": Action.TURN_RIGHT,
    "print_bent": Action.TURN_LEFT,
    "print_cutout": Action.OPEN_MOUTH,
    "replay_video": Action.CENTRE,
    "replay_session": Action.NOD,
    "replay_lucky": Action.TURN_LEFT,
    "replay_puppet": Action.TURN_RIGHT,
    "inject_session": Action.TURN_LEFT,
    "inject_puppet": Action.TURN_LEFT,
    "inject_tinted": Action.LIGHT,
    "inject_adaptive": Action.LIGHT,
    "mask_3d": Action.TURN_RIGHT,
    "avatar_3d": Action.LIGHT,
    "inject_in_colours": Action.LIGHT,
}
"""What each instrument is best shown at; the others at rest."""


def hint(action: Action, index: int, colour: Colour | None = None, **more: object) -> Hint:
    """What a page shows while it asks for an action."""
    plain = Hint(str(action), "", Prompt(index, action, 8.0, colour), 0.5, 8.0, over=False)
    return replace(plain, **more)  # type: ignore[arg-type]


def play(
    sitter: object, action: Action, seconds: float, *, before: float = 0.4, index: int = 1
) -> list[NDArray[np.uint8]]:
    """The frames of one action after a short rest, by a few frames a second."""
    clock, frame = sitter.clock, sitter.frame  # type: ignore[attr-defined]
    start, frames = clock(), []
    while clock() < start + before + seconds:
        acting = clock() >= start + before
        colour = Colour.MAGENTA if acting and action is Action.LIGHT else None
        frames.append(frame(hint(action if acting else Action.CENTRE, index * acting, colour)).pixels)
    return frames


def picture(name: str, factory: Factory, seed: int = 4) -> NDArray[np.uint8]:
    """One telling picture of an instrument, `uint8 RGB (240, 320, 3)`."""
    sitter = factory(seed, "development")
    if isinstance(sitter, Attack):
        sitter.loops.webcam = replace(sitter.loops.webcam, fps=5.0)
    late = name in {"second_person", "identity_switch", "replay_video", "replay_session"}
    index = 12 if name == "identity_switch" else 1
    shot = play(sitter, TELLING.get(name, Action.CENTRE), 6.8 if late else 1.4, index=index)[-1]
    small = np.asarray(cv2.resize(shot, (320, 240), interpolation=cv2.INTER_AREA), np.uint8).copy()
    cv2.putText(small, name, (6, 232), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (0, 0, 0), 3, cv2.LINE_AA)
    cv2.putText(small, name, (6, 232), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (255, 255, 255), 1, cv2.LINE_AA)
    return small


def sheet(names: Sequence[str] = (), columns: int = 5, seed: int = 4) -> NDArray[np.uint8]:
    """A grid of pictures, `uint8 RGB`: of the named instruments, or of all."""
    everything = {**INSTRUMENTS, **LIMITS}
    pictures = [picture(name, everything[name], seed) for name in names or everything]
    while len(pictures) % columns:
        pictures.append(np.zeros_like(pictures[0]))
    return np.vstack([np.hstack(pictures[k : k + columns]) for k in range(0, len(pictures), columns)])


def main() -> None:
    """Write the sheet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--seed", type=int, default=4)
    given = parser.parse_args()
    cv2.imwrite(str(given.file), sheet(seed=given.seed)[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])


if __name__ == "__main__":
    main()
