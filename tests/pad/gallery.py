"""A contact sheet of the red team: what the camera sees of each instrument. Synthetic people only.

python -m tests.pad.gallery FILE.jpg        # two pictures an instrument: before, and when something is asked
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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

SEEDS: Final = (3, 4, 5)
"""Sessions that are shown, by turns: a victim of each skin tone."""
SMALL: Final = (240, 180)
"""Of one picture on the sheet, (width, height)."""
STRIP: Final = 20
"""Height of the words under it."""


@dataclass(frozen=True, slots=True)
class Shown:
    """When an instrument is best seen.

    Attributes:
        action: what is asked, after a rest.
        seconds: how long after.
        index: of the prompt, for what changes at a certain one.
    """

    action: Action = Action.TURN_LEFT
    seconds: float = 1.4
    index: int = 1


TELLING: Final[Mapping[str, Shown]] = {
    "print_rotated": Shown(Action.TURN_RIGHT),
    "print_cutout": Shown(Action.OPEN_MOUTH),
    "replay_video": Shown(Action.NOD, 3.0),
    "replay_session": Shown(Action.NOD, 6.8),
    "replay_puppet": Shown(Action.TURN_RIGHT),
    "inject_video": Shown(Action.CLOSE_EYES),
    "inject_session": Shown(Action.NOD, 4.0),
    "inject_tinted": Shown(Action.LIGHT),
    "inject_adaptive": Shown(Action.LIGHT),
    "mask_3d": Shown(Action.OPEN_MOUTH),
    "identity_switch": Shown(Action.CENTRE, 6.8, 12),
    "second_person": Shown(Action.CENTRE, 7.4),
    "looped": Shown(Action.CENTRE, 6.0),
    "avatar_3d": Shown(Action.LIGHT),
    "inject_in_colours": Shown(Action.LIGHT),
}
"""Where a turn to the left tells less."""


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


def scenes(name: str, factory: Factory, seed: int = 4) -> tuple[list[NDArray[np.uint8]], Shown]:
    """The frames of one telling moment of an instrument, from before it on, and what they show."""
    sitter, shown = factory(seed, "development"), TELLING.get(name, Shown())
    if isinstance(sitter, Attack):
        sitter.loops.webcam = replace(sitter.loops.webcam, fps=5.0)
    return play(sitter, shown.action, shown.seconds, index=shown.index), shown


def picture(name: str, factory: Factory, seed: int = 4) -> NDArray[np.uint8]:
    """One telling picture of an instrument, `uint8 RGB (240, 320, 3)`."""
    return _sized(scenes(name, factory, seed)[0][-1], (320, 240))


def pair(name: str, factory: Factory, seed: int = 4) -> NDArray[np.uint8]:
    """Before, and when something is asked, `uint8 RGB (STRIP + height, 2 * width, 3)`, with words.

    Of streams that repeat themselves: two frames that are the same to the bit.
    """
    frames, shown = scenes(name, factory, seed)
    words = "later" if shown.action is Action.CENTRE else f"asked: {shown.action}"
    before, after = frames[0], frames[-1]
    twins = [(a, b) for b in range(len(frames)) for a in range(b) if (frames[a] == frames[b]).all()]
    if twins:
        (a, b), words = twins[-1], f"{words}; both the same to the bit"
        before, after = frames[a], frames[b]
    pictures = np.hstack([_sized(before, SMALL), _sized(after, SMALL)])
    strip = np.full((STRIP, pictures.shape[1], 3), 255, np.uint8)
    for text, x, weight in ((name, 4, 2), (words, SMALL[0] + 4, 1)):
        cv2.putText(strip, text, (x, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (0, 0, 0), weight, cv2.LINE_AA)
    return np.vstack([pictures, strip])


def _sized(shot: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(shot, size, interpolation=cv2.INTER_AREA), np.uint8)


def sheet(names: Sequence[str] = (), columns: int = 3, seeds: Sequence[int] = SEEDS) -> NDArray[np.uint8]:
    """A grid of pairs, `uint8 RGB`: of the named instruments, or of all."""
    everything = {**INSTRUMENTS, **LIMITS}
    pairs = [pair(name, everything[name], seeds[i % len(seeds)]) for i, name in enumerate(names or everything)]
    while len(pairs) % columns:
        pairs.append(np.full_like(pairs[0], 255))
    return np.vstack([np.hstack(pairs[k : k + columns]) for k in range(0, len(pairs), columns)])


def main() -> None:
    """Write the sheet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("names", nargs="*", help="instruments; all by default")
    given = parser.parse_args()
    cv2.imwrite(str(given.file), sheet(given.names)[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 82])


if __name__ == "__main__":
    main()
