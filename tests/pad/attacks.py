"""The sitters behind the instruments: each answers prompts through the same calls as a camera."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from consent.types import Photo
from models.faces import Finder
from tests.booth import Booth
from tests.pad import surfaces
from tests.pad.clips import Library, library
from tests.pad.conditions import Conditions, Kind, Split, draw, people, split_of, tone_of
from tests.people import LIGHTS, Light, Manner, Scene, camera, someone
from tests.people.render import develop, lit
from tests.people.sheet import Hold

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from consent.challenge import Prompt
    from consent.liveness.recording import Hint
    from tests.pad.content import Content

VICTIMS: Final = 3
"""People of each skin tone who are attacked: few, so that their clips are recorded once."""
PRACTISED: Final = Manner(
    latency=(0.25, 0.4), turn=27.0, nod=16.0, sway=0.3, blinks=0.0, shy=0.0, pursuit=(0.15, 0.22), reach=(0.95, 1.08),
    lag=0.06, tremor=0.3,
)  # fmt: skip
"""An attacker with a steady hand who has practised."""


def victim(seed: int, split: Split) -> str:
    """Who is attacked in a session: skin tones take turns."""
    tones = sorted({draw(s, Kind.NORMAL).tone for s in range(3)})
    some = people(split, tones[seed % 3])[:VICTIMS]
    return some[(seed // 3) % len(some)]


def stranger(seed: int, split: Split, *, alike: bool = False) -> str:
    """Somebody else of the same split; `alike` of the victim's skin tone."""
    whom = victim(seed, split)
    others = [name for name in people(split, tone_of(whom) if alike else None) if name != whom]
    return others[int(np.random.default_rng((seed, 41)).integers(min(len(others), 8)))]


def good(seed: int) -> Conditions:
    """The conditions an attacker chooses: no hardship, a good camera, straight before it."""
    given = draw(seed, Kind.NORMAL)
    fps = 15.0 if (seed // 3) % 3 == 0 else 10.0  # frames are what a run of thousands of sessions costs
    webcam = replace(given.webcam, fps=fps, drops=0.0, jitter=0.03, noise=min(given.webcam.noise, 1.2), shutter=0.004)
    scene = replace(given.scene, yaw=0.0, pitch=0.0, roll=0.0, distance=50.0, shift=(0.0, 0.0))
    who = victim(seed, given.split)
    return replace(given, person=who, webcam=webcam, scene=scene, manner=PRACTISED)


class Attack(Booth):
    """Somebody who presents something in place of a face."""

    def __init__(self, seed: int, manner: Manner = PRACTISED) -> None:
        self.conditions = good(seed)
        c = self.conditions
        super().__init__(c.person, seed=seed, scene=c.scene, manner=manner, webcam=c.webcam, glow=c.glow)
        self.split, self.seed = split_of(seed), seed
        self.rng = np.random.default_rng((seed, 42))

    @property
    def library(self) -> Library:
        """What is known of the victim."""
        return library(self.name, self.seed % 2)

    def picture(self, scene: Scene) -> Photo:
        """What the camera sees of what is held up."""
        light = LIGHTS[scene.light] if isinstance(scene.light, str) else scene.light
        return Photo(develop(self.held_up(scene, light), scene))

    def held_up(self, scene: Scene, light: Light) -> NDArray[np.float32]:
        """Linear light (H, W, 3) of what is before the camera, `scene` being how the attacker moves."""
        raise NotImplementedError


class Printed(Attack):
    """A print, held and moved.

    Args:
        effort: by how much the sheet is turned further than a head would be; 0 holds it still.
        swing: centimetres it is moved aside for each degree of a turn.
        bend: degrees of arc; `upright` says round which axis.
    """

    def __init__(
        self, seed: int, *, effort: float = 1.0, swing: float = 0.0, bend: float = 0.0, upright: bool = True
    ) -> None:
        super().__init__(seed)
        self.effort, self.swing, self.bend, self.upright = effort, swing, bend, upright
        self.height = 33.5 * float(self.rng.uniform(0.95, 1.15))
        self.print = surfaces.Print(self.library.photo, seed)

    def hear(self, hint: Hint, prompt: Prompt) -> None:
        """Who holds a print still does nothing that is asked."""
        if self.effort > 0:
            super().hear(hint, prompt)
        else:
            self.screen.paint(prompt, self.now)

    def hold(self, scene: Scene) -> Hold:
        """How the sheet is held."""
        effort = self.effort or 1.0
        return Hold(
            scene.yaw * effort, scene.pitch * effort, scene.roll, self.bend, self.upright, self.height, scene.distance,
            (scene.shift[0] + self.swing * scene.yaw, scene.shift[1] + 0.5 * self.swing * scene.pitch),
        )  # fmt: skip

    def held_up(self, scene: Scene, light: Light) -> NDArray[np.float32]:
        """The print."""
        return self.print.light(self.hold(scene), scene, light)


class CutMask(Printed):
    """A print bent round the face, with holes for eyes and mouth, worn by somebody else."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed, effort=1.0, bend=float(np.random.default_rng((seed, 43)).uniform(55, 95)))
        self.actor.manner = replace(PRACTISED, blinks=14.0)
        wearer = someone(stranger(seed, self.split, alike=True))
        scene = replace(self.library.scene, seed=seed)
        amounts = (0.0, 0.5, 1.0)
        bank = {
            (shut, gape): wearer.render(replace(scene, expression={"blink": shut, "open-mouth": gape}))
            for shut in amounts
            for gape in amounts
        }
        photo = np.asarray(cv2.resize(self.library.photo, (640, 480), interpolation=cv2.INTER_AREA), np.uint8)
        finder = Finder()
        face, worn = finder.find(photo)[0], finder.find(bank[0.0, 0.0])[0]
        self.mask = surfaces.Cutout(photo, face, bank, worn, seed)

    def held_up(self, scene: Scene, light: Light) -> NDArray[np.float32]:
        """The mask, with who wears it blinking and speaking behind."""
        texture = self.mask.worn(scene.expression.get("blink", 0.0), scene.expression.get("open-mouth", 0.0))
        return self.mask.light(self.hold(scene), scene, light, texture)


class Displayed(Attack):
    """Content on a display before the camera."""

    def __init__(self, seed: int, content: Content | None = None) -> None:
        super().__init__(seed)
        self.display = surfaces.Display(surfaces.panel(seed))
        self.content = content if content is not None else self.chosen()
        self._in_hand = seed % 3 == 0
        lean = self.rng.normal(0, 2.5, 2)
        self._lean = (float(lean[0]), float(lean[1]))

    def chosen(self) -> Content:
        """What is shown."""
        raise NotImplementedError

    def hear(self, hint: Hint, prompt: Prompt) -> None:
        """The operator hears, and so does the content."""
        super().hear(hint, prompt)
        self.content.hear(hint, prompt, self.now)

    def held_up(self, scene: Scene, light: Light) -> NDArray[np.float32]:
        """The display, on a stand or in a steady hand."""
        colour = self.screen.at(self.now)
        frame = self.content.shown(self.now, scene, colour)
        hold = Hold(yaw=self._lean[0], pitch=self._lean[1])
        if self._in_hand:
            sway = (0.25 * scene.shift[0], 0.25 * scene.shift[1])
            hold = Hold(self._lean[0] + sway[0], self._lean[1] + sway[1], 2 * sway[0], shift=sway)
        reflected = np.array(colour, np.float32) * np.float32(self.screen.glow.strength)
        return self.display.light(frame, hold, scene, light, reflected)


class Injected(Attack):
    """Content sent by a virtual camera: no light falls on it, no lens sees it.

    Args:
        seed: of the session.
        content: what is sent.
        repeat: how often each frame is sent, to the bit, before the next; a stalled stream.
        loop: seconds after which the stream repeats itself to the bit while nothing is asked; 0 for never.
    """

    def __init__(self, seed: int, content: Content | None = None, *, repeat: int = 1, loop: float = 0.0) -> None:
        super().__init__(seed)
        self.content = content if content is not None else self.chosen()
        self.repeat, self.loop = repeat, loop
        self._sent: NDArray[np.uint8] | None = None
        self._doing_since = self.now

    def chosen(self) -> Content:
        """What is sent."""
        raise NotImplementedError

    def hear(self, hint: Hint, prompt: Prompt) -> None:
        """The program sees what the page shows."""
        if prompt.index != self._heard:
            self._doing_since = self.now
        super().hear(hint, prompt)
        self.content.hear(hint, prompt, self.now)

    def look(self, waited: float) -> Photo:
        """The next frame of the stream."""
        if self._sent is None or self.number % self.repeat == 0:
            pose = self.actor.pose(self.now - 1000.0)
            frame = self.content.shown(self.now, pose, self.screen.at(self.now))
            seed = self.seed * 100_003 + self.number
            if self.loop > 0:
                seed = self.seed * 100_003 + round((self.now - self._doing_since) % self.loop * self.fps)
            self._sent = _grained(frame, seed)
        return Photo(self._sent)


def _grained(frame: NDArray[np.uint8], seed: int) -> NDArray[np.uint8]:
    """A frame with a trace of noise, encoded as a webcam does: so that no two are the same."""
    grain = camera.grain(frame.shape, seed)
    noisy = np.clip(frame + 0.9 * grain + 0.5, 0, 255).astype(np.uint8)
    packed = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, 92])[1]
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)


class Mask(Attack):
    """A rigid mask of the victim's head, matt, worn by somebody whose eyes are seen in it."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed, replace(PRACTISED, blinks=14.0))
        self.face = someone(f"{self.name}/mask")

    def held_up(self, scene: Scene, light: Light) -> NDArray[np.float32]:
        """The mask turns with the head; nothing but the eyes moves in it."""
        still = {name: amount for name, amount in scene.expression.items() if name == "blink"}
        return lit(self.face, replace(scene, expression=still, light=light))


class Switch(Attack):
    """A person who answers, and half way another who takes the seat."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed, good(seed).manner)
        self.actor.manner = replace(PRACTISED, blinks=14.0, sway=0.6)
        self._other, self._last = stranger(seed, self.split), int(self.rng.integers(3, 10))

    def held_up(self, scene: Scene, light: Light) -> NDArray[np.float32]:
        """The one or the other."""
        who = self._other if self._heard >= self._last else self.name
        return lit(someone(who), replace(scene, light=light))


class Second(Attack):
    """A person who answers while another looks over their shoulder."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.actor.manner = replace(PRACTISED, blinks=14.0, sway=0.6)
        self._side = 1.0 if self.rng.random() < 0.5 else -1.0
        self.actor.scene = replace(self.actor.scene, shift=(-5.0 * self._side, 0.0), distance=54.0)
        self._enters = self.now + float(self.rng.uniform(3, 7))
        self._guest = someone(stranger(seed, self.split))
        self._parts: dict[tuple[int, int], tuple[NDArray[np.float32], ...]] = {}

    def held_up(self, scene: Scene, light: Light) -> NDArray[np.float32]:
        """Both of them."""
        own = lit(someone(self.name), replace(scene, light=light))
        if self.now < self._enters:
            return own
        dark, response, alpha = self._beside(scene)
        colour = np.array(self.screen.at(self.now), np.float32) * np.float32(self.screen.glow.strength)
        drift = (self._side * 2.0 * np.sin(self.now * 1.3), 1.5 * np.sin(self.now * 0.9))
        move = np.array([[1, 0, drift[0]], [0, 1, drift[1]]], np.float32)
        guest, share = (
            np.asarray(cv2.warpAffine(plane, move, scene.size, borderMode=cv2.BORDER_REPLICATE), np.float32)
            for plane in (dark + response * colour, alpha)
        )
        return own * (1 - share[..., None]) + guest

    def _beside(self, scene: Scene) -> tuple[NDArray[np.float32], ...]:
        """The guest without the screen's light, what one unit of it adds, and where they are: light adds up."""
        if scene.size not in self._parts:
            stand = replace(
                self.actor.scene, shift=(15.0 * self._side, -1.0), distance=60.0, yaw=-8.0 * self._side,
                size=scene.size, background=(0.0, 0.0, 0.0),
            )  # fmt: skip
            room = LIGHTS[stand.light] if isinstance(stand.light, str) else stand.light
            white = room.with_screen((1.0, 1.0, 1.0), 1.0, (0.0, -9.0, 61.0))
            dark, bright = lit(self._guest, replace(stand, light=room)), lit(self._guest, replace(stand, light=white))
            bare = lit(self._guest, replace(stand, light=room, background=(1.0, 1.0, 1.0)))
            room_gain = np.array(room.room, np.float32)
            alpha = 1 - ((bare - dark) / np.maximum(room_gain, 1e-3)).mean(-1)
            self._parts[scene.size] = (dark, bright - dark, np.clip(alpha, 0, 1).astype(np.float32))
        return self._parts[scene.size]
