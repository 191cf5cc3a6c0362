"""What a display shows, or a virtual camera sends: pictures of the victim, chosen or warped as the prompts ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from tests.pad import warp
from tests.pad.clips import COLOURS, POSES, Clip, Library, unpack
from tests.people.actor import DOT_PITCH, DOT_YAW

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from consent.challenge import Prompt
    from consent.liveness.recording import Hint
    from tests.people import Scene
    from tests.people.light import Rgb


class Content(Protocol):
    """A source of pictures."""

    def hear(self, hint: Hint, prompt: Prompt, now: float) -> None:
        """See what the page shows, at `now` seconds."""
        ...

    def shown(self, now: float, pose: Scene, colour: Rgb) -> NDArray[np.uint8]:
        """The picture at `now`, `uint8 RGB`; `pose` is how the operator moves, `colour` what the screen shines."""
        ...


class Still:
    """One photograph."""

    def __init__(self, picture: NDArray[np.uint8]) -> None:
        self.picture = picture

    def hear(self, hint: Hint, prompt: Prompt, now: float) -> None:
        """A photograph hears nothing."""

    def shown(self, now: float, pose: Scene, colour: Rgb) -> NDArray[np.uint8]:
        """Always the same."""
        return self.picture


class Playback:
    """One clip from beginning to end and back, whatever is asked."""

    def __init__(self, clip: Clip) -> None:
        self.clip, self._start = clip, -1.0

    def hear(self, hint: Hint, prompt: Prompt, now: float) -> None:
        """It starts with the check."""
        if self._start < 0:
            self._start = now

    def shown(self, now: float, pose: Scene, colour: Rgb) -> NDArray[np.uint8]:
        """The frame of this moment."""
        return self.clip.looped(int((now - self._start) * self.clip.rate + 1e-6))


class Lucky:
    """The right clip at the right time: an operator plays what is asked, out of a library.

    Colours and dot are those of the earlier session that they were recorded in.

    Args:
        library: of the victim.
        rng: decides the operator's latency and which recordings of colours and dot are played.
        match: answer each colour with a clip that was recorded in that colour.
    """

    def __init__(self, library: Library, rng: np.random.Generator, *, match: bool = False) -> None:
        self.library, self.match = library, match
        self._latency = float(rng.uniform(0.25, 0.45))
        self._session = int(rng.integers(3))
        self._heard, self._was = -1, ""
        self._tape: list[tuple[float, str, bool]] = [(0.0, "rest", False)]

    def hear(self, hint: Hint, prompt: Prompt, now: float) -> None:
        """Press the key for what is asked."""
        if prompt.index == self._heard:
            return
        self._heard = prompt.index
        action, at = str(prompt.action), now + self._latency
        _, was, returned = self._tape[-1]
        if action == "centre":
            back = was in _KEYS and was != "nod" and not returned
            self._tape.append((at, was if back else "rest", back))
        elif action == "light" and self.match and prompt.colour is not None:
            self._tape.append((now + 0.1, str(prompt.colour), False))
        elif action == "light":
            if self._was != "light":
                self._tape.append((at, f"colours-{self._session}", False))
        elif action == "dot":
            self._tape.append((at, f"dot-{self._session}", False))
        else:
            self._tape.append((at, action, False))
        self._was = action

    def shown(self, now: float, pose: Scene, colour: Rgb) -> NDArray[np.uint8]:
        """The frame that is playing."""
        at, what, back = next(entry for entry in reversed(self._tape) if entry[0] <= now)
        clip = self.library.clip(what)
        number = int((now - at) * clip.rate + 1e-6)
        if what == "rest" or what in COLOURS:
            return clip.looped(number)
        if back and number >= len(clip):
            return self.library.clip("rest").looped(number - len(clip))
        if what in _KEYS and what != "nod" and not back and number >= len(clip):
            number = len(clip) - 1 - (number % 2)  # held, with a little life
        return clip.frame(len(clip) - 1 - number if back else number)


_KEYS = {"turn-left", "turn-right", "nod", "close-eyes", "open-mouth", "lean-in"}


class Looped:
    """Other content; between the prompts' answers its time runs in a circle, so that frames come again to the bit.

    Args:
        content: what is shown.
        seconds: length of the circle.
    """

    def __init__(self, content: Content, seconds: float) -> None:
        self.content, self.seconds = content, seconds
        self._since, self._index = 0.0, -1

    def hear(self, hint: Hint, prompt: Prompt, now: float) -> None:
        """As the content does."""
        self.content.hear(hint, prompt, now)
        if prompt.index != self._index:
            self._since, self._index = now, prompt.index

    def shown(self, now: float, pose: Scene, colour: Rgb) -> NDArray[np.uint8]:
        """The frame of this place in the circle, once the answer was given."""
        answer, gone = 1.6, now - self._since  # an answer is played once, then its end goes round
        if gone > answer:
            gone = answer + (gone - answer) % self.seconds
        return self.content.shown(self._since + gone, pose, colour)


class PuppetShow:
    """A photograph moved by warping, driven by an operator's own head.

    The landmarks of a warped photograph turn less than it is warped: the operator sees on the page how much of the
    action was seen, and goes further until it is enough.

    Args:
        warped: the photograph.
        distance: of the operator at rest, centimetres.
        effort: by how much the operator's turns are enlarged at first.
    """

    def __init__(self, warped: warp.Warped, distance: float, effort: float = 1.6) -> None:
        self.warped, self.effort, self._distance = warped, effort, distance
        self._index, self._since = -1, 0.0

    def hear(self, hint: Hint, prompt: Prompt, now: float) -> None:
        """See how much of the action the page has seen."""
        if prompt.index != self._index:
            self._index, self._since = prompt.index, now
        seen = hint.amount
        turning = str(prompt.action) in {"turn-left", "turn-right", "nod"}
        if turning and seen is not None and seen < 1 and now - self._since > 1.0:
            self.effort = min(2.7, self.effort + 0.08)

    def shown(self, now: float, pose: Scene, colour: Rgb) -> NDArray[np.uint8]:
        """The photograph with the operator's pose and face."""
        face = pose.expression
        return self.warped.moved(
            pose.yaw * self.effort, pose.pitch * self.effort, blink=face.get("blink", 0.0),
            mouth=face.get("open-mouth", 0.0), nearer=max(0.0, 1 - pose.distance / self._distance),
        )  # fmt: skip


class Tinted:
    """Other content, tinted in step with the colours: the whole picture, or as `where` says."""

    def __init__(self, content: Content, strength: float, where: NDArray[np.float32] | None = None) -> None:
        self.content, self.strength, self.where = content, strength, where

    def hear(self, hint: Hint, prompt: Prompt, now: float) -> None:
        """As the content does."""
        self.content.hear(hint, prompt, now)

    def shown(self, now: float, pose: Scene, colour: Rgb) -> NDArray[np.uint8]:
        """The content's picture in the screen's light."""
        return warp.tinted(self.content.shown(now, pose, colour), colour, self.strength, self.where)


class Adaptive:
    """Who knows the code and sees the prompts, with the best that can be done without a model of the head.

    Actions come from a clip library. The dot is followed by the nearest of many recorded directions, the rest of the
    way by warping with the landmarks' depth. Light is painted on with an estimate of the face's relief.
    """

    def __init__(self, library: Library, rng: np.random.Generator, strength: float) -> None:
        self.library, self.strength = library, strength
        self._lucky = Lucky(library, rng)
        self._action = ""
        self._shading = warp.shading(library.face, library.small.shape[:2])
        self._bent = warp.Warped(library.small, library.face, 0.8)
        self._places = np.array(POSES)

    def hear(self, hint: Hint, prompt: Prompt, now: float) -> None:
        """Sees everything the page shows."""
        self._action = str(prompt.action)
        if self._action not in {"light", "dot"}:
            self._lucky.hear(hint, prompt, now)

    def shown(self, now: float, pose: Scene, colour: Rgb) -> NDArray[np.uint8]:
        """A frame of the library, warped and lit."""
        if self._action == "dot":
            picture = self._toward(pose.yaw, pose.pitch)
        elif self._action == "light":
            picture = self.library.clip("rest").looped(int(now * 12))
        else:
            picture = self._lucky.shown(now, pose, colour)
        return warp.tinted(picture, colour, self.strength, self._shading)

    def _toward(self, yaw: float, pitch: float) -> NDArray[np.uint8]:
        aim = np.array([np.clip(yaw, -DOT_YAW * 1.3, DOT_YAW * 1.3), np.clip(pitch, -DOT_PITCH * 1.3, DOT_PITCH * 1.3)])
        nearest = int((((self._places - aim) / (1.0, 0.8)) ** 2).sum(1).argmin())
        rest = aim - self._places[nearest]
        return self._bent.moved(float(rest[0]), float(rest[1]), base=unpack(self.library.poses[nearest]))
