"""What one mirror does with its frames, stage by stage: decode and look, draw, stamp.

Each stage runs in a thread of its own and takes the frames in their order, so that two frames can be in work at once;
what is in the way of a frame is returned and said, what ends the mirror is raised.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from app import media
from app.capture import LARGEST, SMALLEST
from app.engines.combine import model_of
from app.engines.motion import Player
from app.flow import purposes
from app.stamp.mirror import MirrorStamp, Shown
from app.stamp.writer import Stamped, stamp
from consent.errors import Refusal
from consent.types import Draft, Purpose

if TYPE_CHECKING:
    from app.flow import Options
    from app.stamp.plate import Language
    from app.stamp.signer import Signer
    from consent.gate import Gate, Work
    from consent.motion import Following
    from consent.types import Match

LOOK_BACK: Final = 5.0
"""Seconds from one frame that is read back to the next."""
LONGEST: Final = 0.2
"""Seconds between two drawn frames, at most, for who draws: a slow computer must not begin anew with each frame."""
AGAIN: Final = "Please start the mirror again."


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A frame in which the person was found, and who draws it."""

    step: tuple[Work, ...] = field(repr=False)
    player: Player = field(repr=False)
    seconds: float


@dataclass(slots=True)
class Costs:
    """Milliseconds of processor time by stage, of its own thread, and how many frames there were."""

    spent: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    frames: Counter[str] = field(default_factory=Counter)

    def note(self, stage: str, begun: float) -> None:
        """Add what a stage took since `begun`, by this thread's clock."""
        self.spent[stage] += 1000 * (time.thread_time() - begun)
        self.frames[stage] += 1

    def mean(self) -> dict[str, float]:
        """Milliseconds a frame, by stage."""
        return {stage: self.spent[stage] / self.frames[stage] for stage in self.frames}


class Reflection:
    """The stages of one mirror.

    Args:
        gate: whose frames.
        signer: this installation's.
        language: of the label.

    Raises:
        Refusal: `purpose-not-agreed`.
    """

    def __init__(self, gate: Gate, signer: Signer, language: Language) -> None:
        self.costs = Costs()
        self.size: tuple[int, int] | None = None
        self._gate, self._signer, self._language = gate, signer, language
        self._stamp = MirrorStamp(gate, signer, language)
        self._lock = threading.Lock()
        self._asked: tuple[Match, Options] | Refusal = Refusal(
            "frame-unreadable", "The page did not say what to show.", AGAIN
        )
        self._following: Following | None = None
        self._followed: tuple[Match, tuple[Purpose, ...]] | None = None
        self._player: Player | None = None
        self._playing: tuple[Match, Options] | None = None
        self._last_read: float | None = None
        self._last_drawn, self._shown = 0.0, 0.0

    def ask(self, wanted: tuple[Match, Options] | Refusal) -> None:
        """From the next frame on draw so, of this source; or nothing, and say why. From any thread."""
        with self._lock:
            self._asked = wanted

    def look(self, jpeg: bytes, seconds: float) -> Seen | Refusal:
        """The first stage: decode one frame and have it judged.

        Returns:
            What can be drawn, or why the mirror stays blank.

        Raises:
            Refusal: the session is over, or these are no frames of one camera.
        """
        begun = time.thread_time()
        photo = media.read(jpeg)
        self._check_size((photo.pixels.shape[1], photo.pixels.shape[0]))
        now = self._now()
        self.costs.note("decode", begun)
        if isinstance(now, Refusal):
            return now
        begun = time.thread_time()
        step = now[0].look(photo, seconds)
        self.costs.note("look", begun)
        return step if isinstance(step, Refusal) else Seen(step, now[1], seconds)

    def draw(self, seen: Seen) -> Draft | Refusal:
        """The second stage.

        Raises:
            Refusal: the session is over.
        """
        begun = time.thread_time()
        try:
            self._shown += min(seen.seconds - self._last_drawn, LONGEST)
            self._last_drawn = seen.seconds
            draft = seen.player.draw(seen.step, self._shown)
        except Refusal as refusal:
            self._gate.live()  # what ends the session is raised here once more
            seen.player.pause()
            return refusal
        self.costs.note("draw", begun)
        return draft

    def pause(self) -> None:
        """A frame was refused: the second stage's word to who draws."""
        if (player := self._player) is not None:  # the first stage may put another in its place
            player.pause()

    def stamp(self, draft: Draft) -> Shown:
        """The third stage; see `MirrorStamp.stamp`."""
        begun = time.thread_time()
        shown = self._stamp.stamp(draft)
        self.costs.note("stamp", begun)
        return shown

    def is_to_be_read(self, seconds: float) -> bool:
        """Whether the frame of this time is one to `read`; each is asked about once."""
        since = LOOK_BACK if self._last_read is None else seconds - self._last_read
        if since >= LOOK_BACK:
            self._last_read = seconds
        return since >= LOOK_BACK

    def read(self, shown: Shown) -> None:
        """Read a frame back, beside the others; what does not hold is raised."""
        self._stamp.look_back(shown)

    def keep(self, draft: Draft) -> Stamped:
        """A picture to keep, out of one frame: stamped and read back as any other."""
        return stamp(self._gate, draft, self._signer, "jpeg", self._language)

    def _now(self) -> tuple[Following, Player] | Refusal:
        """Leave and player for what is asked now, or why there is none; anew only where that changed."""
        with self._lock:
            asked = self._asked
        if isinstance(asked, Refusal):
            if self._playing is not None and model_of(self._playing[1]) is not None:
                self._player = self._playing = None  # what it draws from may have been forgotten
            return asked
        source, options = asked
        wanted = source, purposes(options)
        try:
            if self._following is None or self._followed is None or not _same(self._followed, wanted):
                self._following, self._followed = self._gate.follow(source, wanted[1], Purpose.MIRROR), wanted
        except Refusal as refusal:
            self._gate.live()  # what ends the session is raised here once more
            self.ask(refusal)  # and is not asked, and logged, frame by frame
            return refusal
        if self._player is None or self._playing is None or not _same(self._playing, asked):
            self._player, self._playing = Player(self._gate, options), asked
        return self._following, self._player

    def _check_size(self, size: tuple[int, int]) -> None:
        if self.size is None:
            low, high = SMALLEST[::-1], LARGEST[::-1]
            if not all(least <= side <= most for least, side, most in zip(low, size, high, strict=True)):
                reason = f"The camera picture has an unusual size ({size[0]} by {size[1]})."
                raise Refusal("camera-size", reason, "Choose another camera in the browser's address bar.")
            self.size = size
        if size != self.size:
            raise Refusal("camera-changed", "The camera changed.", AGAIN)


def _same(one: tuple[Match, object], other: tuple[Match, object]) -> bool:
    return one[0] is other[0] and one[1] == other[1]
