"""What every visible point is made of: skin, cloth, mouth, teeth, eyes, hair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from tests.people import hair, kernels
from tests.people.asset import BODY, CAVITY, FACE, SOCKET, TEETH, TONGUE
from tests.people.look import linear
from tests.people.shape import EYEBALL, resolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from tests.people.person import Person
    from tests.people.raster import Coverage
    from tests.people.render import View

_WRAP = np.array([0.30, 0.13, 0.07], np.float32)  # red light bleeds furthest round the shadow's edge


@dataclass(slots=True, eq=False)
class Surface:
    """Shading inputs of n points: all float32, colours linear RGB.

    Attributes:
        place, normal, colour: (n, 3). roughness, specular, occlusion: (n,). wrap: (n, 3) softness of the terminator.
    """

    place: NDArray[np.float32]
    normal: NDArray[np.float32]
    colour: NDArray[np.float32]
    roughness: NDArray[np.float32]
    specular: NDArray[np.float32]
    occlusion: NDArray[np.float32]
    wrap: NDArray[np.float32]

    def pick(self, some: NDArray[np.bool_]) -> Surface:
        """Some of the points."""
        return Surface(
            self.place[some], self.normal[some], self.colour[some], self.roughness[some], self.specular[some],
            self.occlusion[some], self.wrap[some],
        )  # fmt: skip


def _unit(v: NDArray[np.float32]) -> NDArray[np.float32]:
    result: NDArray[np.float32] = v * (1 / (np.sqrt(np.einsum("ij,ij->i", v, v)) + 1e-9))[:, None]
    return result


def sample(picture: NDArray[np.float32], at: NDArray[np.float32], *, tile: bool = False) -> NDArray[np.float32]:
    """Bilinear samples (n, c) of a picture (h, w, c) at texel coordinates (n, 2)."""
    n, columns = len(at), 1024
    rows = max(1, -(-n // columns))
    flat = np.zeros((rows * columns, 2), np.float32)
    flat[:n] = at
    edge = cv2.BORDER_WRAP if tile else cv2.BORDER_REPLICATE
    u, v = (np.ascontiguousarray(flat[:, k].reshape(rows, columns)) for k in (0, 1))
    out = cv2.remap(picture, u, v, cv2.INTER_LINEAR, borderMode=edge)
    return np.asarray(out, np.float32).reshape(rows * columns, -1)[:n]


def surface(person: Person, view: View, hit: Coverage, expression: Mapping[str, float]) -> Surface:
    """The material at every covered pixel."""
    head = person.head
    part = head.part[hit.triangles]
    mix = hit.mix(np.column_stack([view.world, view.normal, person.rest, person.occlusion]), head.triangles)
    n = len(part)
    s = Surface(
        place=mix[:, :3], normal=_unit(mix[:, 3:6]), colour=np.full((n, 3), 0.2, np.float32),
        roughness=np.full(n, 0.46, np.float32), specular=np.full(n, 0.03, np.float32),
        occlusion=np.clip(mix[:, 9], 0, 1), wrap=np.zeros((n, 3), np.float32),
    )  # fmt: skip
    s.occlusion = 0.10 + 0.90 * s.occlusion
    rest = mix[:, 6:9]
    _skin(s, person, view, hit, part, rest)
    units = resolve(expression)
    _mouth(s, person, part, rest, units)
    _eyes(s, person, view, hit, part, max(0.0, min(1.0, units.get("eyeBlinkLeft", 0), units.get("eyeBlinkRight", 0))))
    return s


def _skin(
    s: Surface,
    person: Person,
    view: View,
    hit: Coverage,
    part: NDArray[np.uint8],
    rest: NDArray[np.float32],
) -> None:
    face = np.nonzero(part == FACE)[0]
    at = hit.pick(face).mix(person.texel, person.texel_corners)
    painted, relief = sample(person.paint.colour, at), sample(person.paint.relief, at)
    kernels.paint(face, painted, relief, view.turn, _WRAP, s.colour, s.normal, s.specular, s.wrap)
    worn = np.nonzero((part == BODY) | (part == FACE))[0]
    worn = worn[rest[worn, 1] < -10]
    edge = person.collar(rest[worn])
    dressed = edge > -0.08
    cloth, inside = worn[dressed], edge[dressed]
    bare = part == BODY
    bare[cloth] = False
    body = np.nonzero(bare)[0]
    where = rest[body]
    angle = np.arctan2(where[:, 0], where[:, 2] + 7)
    detail = sample(person.grain, np.stack([angle * 140, where[:, 1] * 18], 1), tile=True)
    s.colour[body] = person.paint.base * (1 + 0.03 * detail)
    s.specular[body] *= 0.7
    s.wrap[body] = _WRAP
    weave = 1 + 0.05 * np.sin(rest[cloth, 0] * 14) * np.sin(rest[cloth, 1] * 14)
    hem = np.where(inside < 0.9, 0.86 + 0.04 * np.sin(rest[cloth, 0] * 12), 1.0)
    s.colour[cloth] = (weave * hem)[:, None].astype(np.float32) * linear(person.look.shirt).astype(np.float32)
    s.specular[cloth] = 0.006
    s.roughness[cloth] = 0.8
    s.wrap[cloth] = 0.05
    rim = worn[(edge > -1.6) & (edge <= -0.08)]  # the collar's contact shadow
    s.occlusion[rim] *= 1 - 0.5 * np.exp(edge[(edge > -1.6) & (edge <= -0.08)] / 0.4)


def _mouth(
    s: Surface,
    person: Person,
    part: NDArray[np.uint8],
    rest: NDArray[np.float32],
    units: Mapping[str, float],
) -> None:
    gape = units.get("jawOpen", 0) + 0.4 * units.get("mouthSmileLeft", 0)
    m = part == CAVITY
    s.colour[m] = (0.20, 0.05, 0.045)
    s.occlusion[m] = 0.22
    s.specular[m] = 0.01
    m = part == SOCKET
    s.colour[m] = person.paint.base * np.array([0.55, 0.32, 0.3], np.float32)
    m = part == TONGUE
    s.colour[m] = (0.42, 0.15, 0.14)
    s.occlusion[m] = 0.34
    s.specular[m] = 0.05
    s.roughness[m] = 0.3
    m = part == TEETH
    x, y = rest[m, 0], rest[m, 1]
    gap = np.abs(np.mod(x / 0.78 + 0.0, 1) - 0.5) * 2  # about eight millimetres a tooth
    seam = 1 - 0.35 * np.clip((gap - 0.86) / 0.14, 0, 1)
    gum = np.clip((np.abs(y + 6.35) - 0.85) / 0.12, 0, 1)[:, None]
    ivory = linear(person.look.teeth) * seam[:, None]
    s.colour[m] = ivory * (1 - gum) + np.array([0.45, 0.15, 0.14], np.float32) * gum
    s.occlusion[m] = (0.36 + 0.3 * min(1.0, gape)) * np.clip(1.15 - np.abs(x) * 0.22, 0.25, 1)
    s.specular[m] = 0.05
    s.roughness[m] = 0.25


def _eyes(s: Surface, person: Person, view: View, hit: Coverage, part: NDArray[np.uint8], closed: float) -> None:
    m = np.nonzero(part == EYEBALL)[0]
    if len(m) == 0:
        return
    corner = person.head.triangles[hit.triangles[m]]
    w = hit.weights[m]
    look = person.head.look
    e = look[corner[:, 0]] * w[:, :1] + look[corner[:, 1]] * w[:, 1:2] + look[corner[:, 2]] * w[:, 2:]
    across = np.hypot(e[:, 0], e[:, 1])
    deg = np.degrees(np.arctan2(across, e[:, 2]))
    ang = np.arctan2(e[:, 1], e[:, 0])
    iris_rim, pupil = 24.0, 9.0
    white = np.tile(np.array([0.66, 0.62, 0.59], np.float32), (len(m), 1))
    veins = np.clip((deg - 34) / 40, 0, 1)[:, None]
    white *= 1 - veins * np.array([0.12, 0.34, 0.34], np.float32)
    fibres = 0.86 + 0.16 * np.sin(ang * 29 + 2.5 * np.sin(ang * 7)) + 0.1 * np.sin(ang * 51 + 1)
    depth = np.clip((deg - pupil) / (iris_rim - pupil), 0, 1)
    bright = fibres * (0.75 + 0.75 * np.sin(np.pi * np.clip(depth * 0.85 + 0.1, 0, 1)))
    tint = 0.8 * linear(person.look.iris) * bright[:, None]
    tint *= (1 - 0.75 * np.clip((depth - 0.72) / 0.28, 0, 1))[:, None]  # the dark ring round the iris
    edge = np.clip((iris_rim - deg) / 2.2, 0, 1)[:, None]
    colour = white * (1 - edge) + tint * edge
    hole = np.clip((pupil - deg) / 1.6, 0, 1)[:, None]
    s.colour[m] = colour * (1 - hole) + 0.008 * hole
    # the cornea is more curved than the ball, and lit through its front
    bend = np.where(deg < 30, 1.55, 1.0)[:, None]
    local = np.column_stack([e[:, :2] * bend, np.maximum(e[:, 2], 0.05)]).astype(np.float32)
    s.normal[m] = _unit(local @ view.turn.T)
    s.roughness[m] = np.where(deg < 30, 0.27, 0.3)
    s.specular[m] = np.where(deg < 30, 0.22, 0.03)
    lid = np.clip(1 - 1.5 * np.clip(e[:, 1] - 0.08, 0, 1) - 0.5 * np.clip(np.abs(e[:, 0]) - 0.45, 0, 1), 0.22, 1)
    s.occlusion[m] = lid * 0.86 * (1 - 0.9 * closed)  # little light gets behind a closed lid
    s.specular[m] *= 1 - closed
    s.wrap[m] = 0.12


def loose(
    person: Person, inside: NDArray[np.float32], eye: NDArray[np.float32], ink: NDArray[np.float32] | None
) -> tuple[Surface, NDArray[np.float32]]:
    """Material and alpha (n,) of loose hair or glasses; `inside` has place, normal, cover and grain coordinates."""
    place, normal, cover = inside[:, :3], _unit(inside[:, 3:6]), inside[:, 6]
    away = np.einsum("ij,ij->i", eye - place, normal) < 0
    normal[away] *= -1
    if ink is not None:
        n = len(place)
        whole, dull = np.ones(n, np.float32), np.zeros((n, 3), np.float32)
        return Surface(place, normal, dull + ink, 0.3 * whole, 0.04 * whole, 0.9 * whole, dull), whole
    strand = sample(person.strands, inside[:, 7:9], tile=True)[:, 0]
    alpha = np.clip(cover * 2.0 + 0.28 * strand - 0.4, 0, 1) * np.clip(cover * 3, 0, 1)
    facing = np.abs(_unit(eye - place) * normal) @ np.ones(3, np.float32)
    alpha *= np.clip(facing * 2.2 + 0.12 * strand, 0, 1)
    n = len(place)
    colour = hair.colour(person.look.hair) * np.clip(0.95 + 0.27 * strand, 0.25, 2)[:, None]
    return Surface(
        place, normal, colour.astype(np.float32), np.full(n, 0.5, np.float32),
        np.clip(0.004 + 0.003 * strand, 0, 1).astype(np.float32),
        np.clip(0.75 + 0.08 * strand, 0.3, 1).astype(np.float32), np.full((n, 3), 0.15, np.float32),
    ), alpha.astype(np.float32)  # fmt: skip
