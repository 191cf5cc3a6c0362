"""Actors: a person who follows spoken prompts before a camera, as a live session needs it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tests.people.render import Scene

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tests.people.person import Person

ACTIONS = ("centre", "turn-left", "turn-right", "nod", "close-eyes", "open-mouth", "lean-in", "light", "dot", "smile")
"""The names of `consent`'s Action; left and right are the person's own: turn-left is towards the image's right."""
DOT_YAW, DOT_PITCH = 16.0, 10.0
"""Degrees by which the nose points aside and up at a dot on the edge of its field."""

_NONE = {"yaw": 0.0, "pitch": 0.0, "eyes": 0.0, "mouth": 0.0, "smile": 0.0, "near": 0.0, "follow": 0.0}
_TRAIL = np.arange(12) * 0.03  # seconds back over which the movement after a dot is smoothed


@dataclass(frozen=True, slots=True)
class Cue:
    """From `start` seconds on, the body heads for `target`, reaching it `length` seconds later."""

    start: float
    length: float
    target: dict[str, float]


@dataclass(frozen=True, slots=True)
class Manner:
    """How somebody moves.

    Attributes:
        latency: seconds between a prompt and the first movement, lowest and highest.
        turn, nod: degrees of a full turn and nod.
        sway: degrees of the head's idle movement.
        blinks: spontaneous blinks a minute.
        pace: 1 is normal; 2 moves twice as fast.
        lean: share of the distance by which somebody comes closer, least and most.
        shy: how often somebody draws back a little when the colours begin, 0..1.
        pursuit: seconds the head is behind a dot, least and most.
        reach: how far the head goes for a dot, as a share of what was meant, least and most.
        lag: seconds, time constant of the movement after a dot.
        tremor: degrees of unsteadiness while following a dot.
        drift: share by which the time behind the dot comes and goes.
        heeds: how much of what the page says of the aim is made use of, 0..1.
    """

    latency: tuple[float, float] = (0.25, 0.5)
    turn: float = 26.0
    nod: float = 15.0
    sway: float = 0.8
    blinks: float = 14.0
    pace: float = 1.0
    lean: tuple[float, float] = (0.2, 0.3)
    shy: float = 0.25
    pursuit: tuple[float, float] = (0.15, 0.35)
    reach: tuple[float, float] = (0.8, 1.15)
    lag: float = 0.09
    tremor: float = 0.9
    drift: float = 0.25
    heeds: float = 0.7


class Actor:
    """A person playing a live session. Times are seconds on one clock of the caller's choice, from about 0.

    `frame(t)` is a pure function of the cues given so far: the same calls give the same bytes.
    """

    def __init__(
        self, person: Person, scene: Scene | None = None, *, seed: int = 0, manner: Manner | None = None
    ) -> None:
        """Put `person` into `scene`; `seed` decides latencies, blinks and sway."""
        self.person = person
        self.scene = scene or Scene()
        self.manner = manner or Manner()
        self._rng = np.random.default_rng(seed)
        self._seed = seed
        self._cues: list[Cue] = []
        self._blinks = self._draw_blinks()
        self._waves = self._rng.uniform(0, 2 * np.pi, (6, 4))
        self._pursuit = float(self._rng.uniform(*self.manner.pursuit))
        self._reach = self._rng.uniform(*self.manner.reach, 2)
        self._dot = np.array([[0.0, 0.0, 0.0]])
        self._aims = np.array([[400.0, 400.0], [400.0, 400.0]])  # what was meant, what was seen: degrees squared

    def perform(self, action: str, amount: float = 1.0, at: float | None = None) -> None:
        """Hear a prompt at time `at` (default: when the last movement ends) and obey it, `amount` of the full way.

        Every action starts from looking straight: the head comes back from the last one by itself. "nod" goes down
        and up again; "close-eyes" holds until the next prompt.

        Raises:
            ValueError: the action is none of `ACTIONS`.
        """
        if action not in ACTIONS:
            raise ValueError(f"no such action: {action}")
        said = at if at is not None else (self._cues[-1].start + self._cues[-1].length if self._cues else 0.0)
        start = said + float(self._rng.uniform(*self.manner.latency))
        length = float(self._rng.uniform(0.5, 0.75)) / self.manner.pace
        m, goal = self.manner, dict(_NONE)
        if action == "turn-left":
            goal["yaw"] = m.turn * amount
        elif action == "turn-right":
            goal["yaw"] = -m.turn * amount
        elif action == "close-eyes":
            goal["eyes"], length = amount, 0.22 / m.pace
        elif action == "open-mouth":
            goal["mouth"], length = amount, length * 0.7
        elif action == "lean-in":
            goal["near"], length = float(self._rng.uniform(*m.lean)) * amount, length * 1.5
            goal["pitch"] = float(self._rng.uniform(-2.5, 1.5))
        elif action == "light":
            away = self._rng.random() < m.shy
            goal["near"] = -float(self._rng.uniform(0.02, 0.06)) * away
        elif action == "dot":
            goal["follow"], start, length = 1.0, said, 0.3
        elif action == "smile":
            goal["smile"] = amount
        if action != "nod":
            self._cues.append(Cue(start, length, goal))
            return
        down, up = dict(_NONE), dict(_NONE)
        down["pitch"], up["pitch"] = -m.nod * amount, 0.25 * m.nod * amount
        for part, share in ((down, 0.62), (up, 0.62), (dict(_NONE), 0.4)):
            self._cues.append(Cue(start, length * share, part))
            start += length * share

    def watch(
        self,
        dot: Sequence[tuple[float, float, float]],
        since: float,
        now: float,
        aim: tuple[float, float] | None = None,
    ) -> None:
        """See where the dot goes, and where the page says that the nose points.

        Args:
            dot: (seconds since the prompt, x, y) as far as the page knows: x right, y up, -1..1.
            since, now: when the prompt was painted, and when the page was looked at, in the actor's seconds.
            aim: x and y that the page shows of the nose now.
        """
        if len(dot):
            path = np.add(np.array(dot, float), (since, 0.0, 0.0))
            old = self._dot[self._dot[:, 0] < path[0, 0] - 1e-6]
            self._dot = np.concatenate([old[-400:], path])
        if aim is not None and np.isfinite(aim).all():
            meant = self._after(now)
            self._aims[:, 0] += (meant[0] ** 2, -meant[0] * DOT_YAW * aim[0])
            self._aims[:, 1] += (meant[1] ** 2, meant[1] * DOT_PITCH * aim[1])

    def pose(self, t: float) -> Scene:
        """Where head, lids and mouth are at time `t`, with the sway and blinks of the living."""
        body = self._body(t)
        w, m = self._waves, self.manner

        def sway(k: int, slow: float) -> float:
            speeds = np.array([0.21, 0.37, 0.83, 1.9]) * slow
            return float((np.sin(2 * np.pi * speeds * t + w[k]) * (0.5, 0.3, 0.2, 0.06)).sum())

        eyes = max(body["eyes"], self._blink(t))
        expression = {
            "blink": eyes,
            "open-mouth": body["mouth"],
            "smile": body["smile"] + max(0.0, 0.04 * sway(3, 0.4)),
            "browInnerUp": max(0.0, 0.1 * sway(4, 0.5)),
        }
        yaw, pitch = body["yaw"] + 1.3 * m.sway * sway(0, 1), body["pitch"] + m.sway * sway(1, 1)
        if body["follow"] > 0:
            after = self._after(t)
            yaw += body["follow"] * (after[0] + m.tremor * sway(3, 2.1))
            pitch += body["follow"] * (after[1] + 0.7 * m.tremor * sway(5, 1.9))
        return replace(
            self.scene,
            distance=self.scene.distance * (1 - body["near"]),
            yaw=self.scene.yaw + yaw,
            pitch=self.scene.pitch + pitch,
            roll=self.scene.roll + 0.6 * m.sway * sway(2, 1) + 0.05 * body["yaw"],
            # the eyes stay on the screen while the head turns
            gaze=(float(np.clip(-0.75 * yaw, -22, 22)), float(np.clip(-0.6 * pitch, -12, 12))),
            expression={k: v for k, v in expression.items() if v > 1e-3},
            shift=(self.scene.shift[0] + 0.35 * sway(5, 0.7), self.scene.shift[1] + 0.2 * sway(4, 0.8)),
            seed=self._seed * 100_003 + round(t * 1000),
        )

    def frame(self, t: float) -> NDArray[np.uint8]:
        """The camera's picture at time `t` (seconds), `uint8 RGB (H, W, 3)`."""
        return self.person.render(self.pose(t))

    def _body(self, t: float) -> dict[str, float]:
        """Each joint's value: every cue carries it on from where the one before had brought it."""
        now = dict(_NONE)
        for cue in self._cues:
            if t <= cue.start:
                break
            s = min((t - cue.start) / cue.length, 1.0)
            s = s * s * s * (10 - 15 * s + 6 * s * s)  # minimum jerk, as human movements are
            now = {k: v + (cue.target[k] - v) * s for k, v in now.items()}
        return now

    def _after(self, t: float) -> NDArray[np.float64]:
        """Yaw and pitch (2,), degrees, of a head that follows the dot: late, smooth, not quite far enough."""
        times = t - self._pursuit * (1 + self.manner.drift * np.sin(2.3 * t + self._waves[2, 0])) - _TRAIL
        weight = np.exp(-_TRAIL / self.manner.lag)
        x, y = (float(np.interp(times, self._dot[:, 0], self._dot[:, k]) @ weight / weight.sum()) for k in (1, 2))
        seen = np.clip(self._aims[1] / self._aims[0], 0.55, 1.3)
        reach = self._reach / (1 + self.manner.heeds * (seen - 1))  # who sees the aim fall short goes further
        result: NDArray[np.float64] = np.array([-DOT_YAW * x, DOT_PITCH * y]) * reach
        return result

    def _draw_blinks(self) -> NDArray[np.float64]:
        if self.manner.blinks <= 0:
            return np.zeros(0)
        gaps = self._rng.gamma(4.0, 60 / self.manner.blinks / 4.0, 400) + 0.6
        return np.cumsum(gaps)

    def _blink(self, t: float) -> float:
        """Lid closure 0..1 of a spontaneous blink: shut in 80 ms, open in 160 ms."""
        since = t - self._blinks
        since = since[(since >= 0) & (since < 0.3)]
        if len(since) == 0:
            return 0.0
        return float(np.interp(since.min(), [0, 0.08, 0.12, 0.28], [0, 1, 1, 0]))
