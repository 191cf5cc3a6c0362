"""Draw a person: pose the mesh, find what each pixel sees, light it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import cv2
import numpy as np

from tests.people import camera, kernels, material
from tests.people.asset import CAVITY, TEETH, TONGUE
from tests.people.light import LIGHTS, Light
from tests.people.raster import normals, rasterise
from tests.people.shape import rotation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tests.people.hair import Shells
    from tests.people.person import Person

PIVOT = np.array([0.0, -10.0, -8.5], np.float32)  # the head turns about the top of the neck


@dataclass(frozen=True, slots=True)
class Scene:
    """How a person is shown.

    Attributes:
        yaw, pitch, roll: degrees; yaw > 0 nose to the image's right (the person's own left), pitch > 0 looks up,
            roll > 0 clockwise in the image.
        expression: face units (ARKit names) or groups (`shape.GROUPS`) -> amount, 1 is full.
        gaze: eyes to the image's right and up, degrees against the head.
        light: one of `light.LIGHTS` or an own `Light`.
        size: (width, height) of the picture.
        distance: camera to eyes, centimetres.
        view: vertical angle of view, degrees.
        shift: (x, y) centimetres by which the whole person stands right of, over the middle.
        background: seed of an invented room, an own picture `uint8 RGB`, or a linear RGB colour.
        exposure, blur, noise, jpeg, white, gamma, smear: of the camera, see `camera.develop`.
        seed: of the camera's noise.
    """

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    expression: Mapping[str, float] = field(default_factory=dict)
    gaze: tuple[float, float] = (0.0, 0.0)
    light: str | Light = "soft"
    size: tuple[int, int] = (640, 480)
    distance: float = 62.0
    view: float = 37.0
    shift: tuple[float, float] = (0.0, 0.0)
    background: int | tuple[float, float, float] | NDArray[np.uint8] = 0
    exposure: float = 1.0
    blur: float = 0.62
    noise: float = 1.2
    jpeg: int = 0
    white: tuple[float, float, float] = (1.0, 1.0, 1.0)
    gamma: float = 1.0
    smear: tuple[float, float] = (0.0, 0.0)
    seed: int = 0


def follow(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """How far (n, 1) each point follows the head, 0 on the shoulders to 1 from the jaw upwards."""
    height = points[:, 1:2] + 0.3 * np.clip(points[:, 2:] + 6, 0, 8)
    k = np.clip((height + 19.5) / 8.5, 0, 1)
    result: NDArray[np.float32] = (k * k * (3 - 2 * k)).astype(np.float32)
    return result


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One scene's geometry: world points and normals, their screen places, and the head's rotation."""

    world: NDArray[np.float32]
    normal: NDArray[np.float32]
    screen: NDArray[np.float32]
    turn: NDArray[np.float32]
    eye: NDArray[np.float32]


def project(world: NDArray[np.float32], scene: Scene) -> NDArray[np.float32]:
    """Pixels and depth (n, 3) of world points; the middle of the picture looks at a point under the eyes."""
    width, height = scene.size
    focal = height / 2 / np.tan(np.radians(scene.view) / 2)
    depth = scene.distance - world[:, 2]
    x = width / 2 + focal * (world[:, 0] + scene.shift[0]) / depth
    y = height / 2 - focal * (world[:, 1] + 3.0 + scene.shift[1]) / depth
    return np.stack([x, y, depth], 1).astype(np.float32)


def place(person: Person, points: NDArray[np.float32], scene: Scene) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Turn points about the neck: world points and the rotation."""
    turn = rotation(scene.yaw, scene.pitch, scene.roll)
    weight = follow(points / person.scale)
    pivot = PIVOT * person.scale
    turned = (points - pivot) @ turn.T + pivot
    return points + (turned - points) * weight, turn


def arrange(person: Person, scene: Scene) -> View:
    """Pose, dress and turn the person before the camera."""
    points = person.head.pose(scene.expression, scene.gaze)
    points = points + person.neutral_normals * person.lift[:, None]
    world, turn = place(person, points.astype(np.float32), scene)
    eye = np.array([-scene.shift[0], -3.0 - scene.shift[1], scene.distance], np.float32)
    return View(world, normals(world, person.head.triangles), project(world, scene), turn, eye)


def render(person: Person, scene: Scene) -> NDArray[np.uint8]:
    """A picture of a person, `uint8 RGB (H, W, 3)`."""
    return develop(lit(person, scene), scene)


def lit(person: Person, scene: Scene) -> NDArray[np.float32]:
    """The linear light (H, W, 3) that comes from a person and the room behind."""
    light = LIGHTS[scene.light] if isinstance(scene.light, str) else scene.light
    view = arrange(person, scene)
    # some jaws are narrower than their teeth: what lies inside the mouth must not show through the cheek
    inner = np.isin(person.head.part, (CAVITY, TEETH, TONGUE))
    hit = rasterise(view.screen, person.head.triangles, scene.size, bias=inner.astype(np.float32))
    surface = material.surface(person, view, hit, scene.expression)
    width, height = scene.size
    picture = background(scene, light).reshape(-1, 3)
    picture[hit.pixels] = shade(surface, light, view.eye)
    depth = np.full(width * height, 1e9, np.float32)
    depth[hit.pixels] = scene.distance - surface.place[:, 2]
    for shell in person.shells:
        _overlay(picture, depth, person, shell, scene, light, view)
    _lashes(picture, depth, person, scene, view)
    return picture.reshape(height, width, 3)


def develop(light: NDArray[np.float32], scene: Scene) -> NDArray[np.uint8]:
    """What the scene's camera makes of linear light (H, W, 3): `uint8 RGB (H, W, 3)`."""
    return camera.develop(
        light, exposure=scene.exposure, blur=scene.blur * max(1.0, scene.size[1] / 480), noise=scene.noise,
        jpeg=scene.jpeg, white=scene.white, gamma=scene.gamma, smear=scene.smear, seed=scene.seed,
    )  # fmt: skip


def background(scene: Scene, light: Light) -> NDArray[np.float32]:
    """The room behind, linear RGB (H, W, 3)."""
    given = scene.background
    if isinstance(given, int):
        back = camera.room(given, scene.size)
    elif isinstance(given, tuple):
        back = np.broadcast_to(np.array(given, np.float32), (scene.size[1], scene.size[0], 3))
    else:
        small = np.asarray(cv2.resize(given, scene.size), np.float32)
        back = ((small / 255) ** np.float32(2.2) * np.float32(0.8)).astype(np.float32)
    return np.asarray(cv2.multiply(np.ascontiguousarray(back), (*light.room, 1.0)), np.float32)


def shade(s: material.Surface, light: Light, eye: NDArray[np.float32]) -> NDArray[np.float32]:
    """Linear light (n, 3) that a surface sends to the camera at `eye`."""
    lamps = np.zeros((len(light.lamps), 7), np.float32)
    for row, lamp in zip(lamps, light.lamps, strict=True):
        row[:3], row[3:6], row[6] = lamp.place, lamp.colour, lamp.near
    rough = np.column_stack([s.roughness, s.specular, s.occlusion]).astype(np.float32)
    sky = np.array([light.sky, light.ground], np.float32)
    return kernels.shade(s.place, s.normal, s.colour, rough, s.wrap, sky, lamps, eye)


def _overlay(
    picture: NDArray[np.float32],
    depth: NDArray[np.float32],
    person: Person,
    shell: Shells,
    scene: Scene,
    light: Light,
    view: View,
) -> None:
    """Lay one sheet of loose hair over the picture, in place."""
    free = shell.source < 0
    world = np.empty((len(shell.source), 3), np.float32)
    world[free] = place(person, shell.free[free], scene)[0]
    at = shell.source[~free]
    world[~free] = view.world[at] + view.normal[at] * (shell.offset[~free] - person.lift[at])[:, None]
    hit = rasterise(project(world, scene), shell.triangles, scene.size, cull=False, before=depth)
    if len(hit.pixels) == 0:
        return
    n = normals(world, shell.triangles)
    inside = hit.mix(np.column_stack([world, n, shell.cover, shell.grain]), shell.triangles)
    pixels = hit.pixels
    surface, alpha = material.loose(person, inside, view.eye, shell.ink)
    seen = alpha > 0.004
    if not seen.all():
        inside, pixels, alpha, surface = inside[seen], pixels[seen], alpha[seen], surface.pick(seen)
    lit = shade(surface, light, view.eye)
    picture[pixels] += (lit - picture[pixels]) * alpha[:, None]
    solid = alpha > 0.5
    depth[pixels[solid]] = scene.distance - inside[solid, 2]


def _lashes(picture: NDArray[np.float32], depth: NDArray[np.float32], person: Person, scene: Scene, view: View) -> None:
    """Darken what is behind the lashes, in place."""
    hit = rasterise(view.screen, person.lash_triangles, scene.size, cull=False)
    if len(hit.pixels) == 0:
        return
    inside = hit.mix(np.column_stack([view.screen[:, 2], person.lash_cover]), person.lash_triangles)
    seen = inside[:, 0] < depth[hit.pixels] + 0.05
    pixels = hit.pixels[seen]
    picture[pixels] *= 1 - inside[seen, 1:2] * np.float32(person.look.lashes)
