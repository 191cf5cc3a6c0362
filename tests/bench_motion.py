"""How calm a changed film is: landmarks, colours, and the first moment of a take.

Through the real gate, on somebody who sits still before a noisy camera, and who turns: what moves in the result
without moving in the picture is the engines' own.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from app.bench import Figure
from app.engines._geometry import width_of
from app.engines._steady import Steady
from app.engines.age import AgeOptions
from app.engines.express import ExpressOptions
from app.engines.motion import Options, Player
from app.engines.swap import SwapOptions
from app.flow import purposes
from consent.errors import Refusal
from consent.gate import Gate
from consent.types import Photo, Pixels, Purpose
from models.topology import OVAL
from tests.people import Actor, Scene, someone

Points = NDArray[np.float64]

JOBS: Final[dict[str, Options]] = {
    "age": AgeOptions(years=24),
    "swap": SwapOptions(),
    "express": ExpressOptions(smile=0.8),
}
RATE: Final = 25
NOISE: Final = 5.0
"""Grey levels of the camera's noise, which nothing in the picture explains."""
SETTLED: Final = 1.0
"""Seconds after which a take has come to rest."""
GOAL_JITTER: Final = 0.06
GOAL_FLICKER: Final = 1.15
GOAL_POP: Final = 0.35

Say = Callable[[str], None]


def figures(gate: Gate, name: str, say: Say, *, quick: bool) -> Iterator[Figure]:
    """All of it.

    Args:
        gate: of the person.
        name: who they are, in the cast.
        say: gets what happens meanwhile as sentences.
        quick: some seconds of film for each figure instead of twice as many.
    """
    count = RATE * (2 if quick else 4)
    say(f"{name} sits still for {count} frames")
    frames = still(name, count)
    for number, (job, options) in enumerate(JOBS.items()):
        shown, meshes = played(gate, frames, options)
        if not number:
            yield from _landmarks(meshes)
        outline = meshes[-1][list(OVAL), :2]
        yield Figure(f"motion.flicker_{job}", flicker(frames, shown, outline), "of the film's own", count, GOAL_FLICKER)
        yield Figure(f"motion.pop_{job}", pop(frames, shown, outline), "of the change at once", count, GOAL_POP)
    say(f"{name} turns the head")
    meshes = played(gate, turning(name, count // 2), AgeOptions())[1]
    yield Figure("motion.lag", lag(meshes), "% of the face's width", len(meshes))


def _landmarks(meshes: Sequence[Points]) -> Iterator[Figure]:
    """Of somebody who sits still."""
    unit = "% of the face's width a frame"
    yield Figure("motion.jitter_found", jitter(meshes), unit, len(meshes))
    yield Figure("motion.jitter_drawn", jitter(smoothed(meshes)), unit, len(meshes), GOAL_JITTER)


def still(name: str, count: int, size: tuple[int, int] = (640, 480)) -> list[Pixels]:
    """Somebody who does not move at all, by a noisy camera that compresses."""
    drawn = someone(name).render(Scene(distance=50.0, size=size, noise=0.0)).astype(np.float32)
    rng = np.random.default_rng(3)
    return [_taken(drawn + rng.normal(0, NOISE, drawn.shape)) for _ in range(count)]


def _taken(light: NDArray[np.floating]) -> Pixels:
    """A picture as a webcam sends it."""
    pixels = np.clip(light + 0.5, 0, 255).astype(np.uint8)
    sent = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])[1]
    return np.ascontiguousarray(cv2.imdecode(sent, cv2.IMREAD_COLOR)[..., ::-1])


def turning(name: str, count: int, size: tuple[int, int] = (640, 480)) -> list[Pixels]:
    """Somebody who turns the head and comes back."""
    actor = Actor(someone(name), Scene(distance=50.0, size=size), seed=7)
    actor.perform("turn-left", at=0.1)
    return [someone(name).render(replace(actor.pose(number / RATE), blur=0.3)) for number in range(count)]


def played(gate: Gate, frames: Sequence[Pixels], options: Options) -> tuple[list[Pixels], list[Points]]:
    """A film as the engines change it, and the meshes that the gate found; a frame that is refused stays."""
    following = gate.follow(gate.live()[0], purposes(options), Purpose.VIDEO)
    player, shown, meshes = Player(gate, options), list[Pixels](), list[Points]()
    for number, pixels in enumerate(frames):
        step = following.look(Photo(pixels), number / RATE)
        if isinstance(step, Refusal):
            player.pause()
            shown.append(pixels)
            continue
        meshes.append(step[0].target.face.mesh)
        shown.append(gate.release(player.draw(step, number / RATE)).pixels)
    return shown, meshes


def smoothed(meshes: Sequence[Points]) -> list[Points]:
    """The landmarks that are drawn by."""
    steady = Steady()
    return [steady(mesh, number / RATE) for number, mesh in enumerate(meshes)]


def jitter(meshes: Sequence[Points]) -> float:
    """Root mean square of what landmarks move in a frame, % of the face's width; the first moments are left out."""
    settled = np.array([mesh[:, :2] for mesh in meshes[round(0.4 * RATE) :]])
    return float(100 * np.sqrt((np.diff(settled, axis=0) ** 2).sum(2).mean()) / width_of(meshes[0]))


def lag(meshes: Sequence[Points]) -> float:
    """How far, on average, drawn landmarks are from where a filter that sees the future puts them."""
    found, drawn = (np.array(which)[..., :2] for which in (meshes, smoothed(meshes)))
    calm = (found[:-4] + 2 * found[1:-3] + 3 * found[2:-2] + 2 * found[3:-1] + found[4:]) / 9
    return float(100 * np.linalg.norm(drawn[2:-2] - calm, axis=2).mean() / width_of(meshes[0]))


def flicker(frames: Sequence[Pixels], shown: Sequence[Pixels], outline: Points) -> float:
    """How much the result changes from frame to frame inside the face, over how much the film does."""
    face, first = _inside(frames[0].shape, outline), round(SETTLED * RATE)
    own, made = (_changes(which[first:], face) for which in (frames, shown))
    return made / max(own, 1e-9)


def pop(frames: Sequence[Pixels], shown: Sequence[Pixels], outline: Points) -> float:
    """The largest step, from one frame to the next, of how much is changed; as a share of the whole change."""
    face = _inside(frames[0].shape, outline)
    much = [float(cv2.absdiff(a, b)[face].mean()) for a, b in zip(frames, shown, strict=True)]
    steps = np.abs(np.diff([0.0, *much]))
    return float(steps[: round(SETTLED * RATE)].max() / max(much[-1], 1e-9))


def _inside(shape: tuple[int, ...], outline: Points) -> NDArray[np.bool_]:
    mask = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(outline).astype(np.int32)], 1)
    return mask > 0


def _changes(frames: Sequence[Pixels], face: NDArray[np.bool_]) -> float:
    """Mean change from frame to frame, grey levels."""
    return float(np.mean([cv2.absdiff(a, b)[face].mean() for a, b in itertools.pairwise(frames)]))
