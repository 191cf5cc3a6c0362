"""Several changes in one go: one shape and one sampling of each picture, then what is painted on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from app.engines._expressshape import lip_gap
from app.engines._field import deform
from app.engines._filters import Pixels, Points
from app.engines._geometry import Seen
from models.faces import Face

Shape = Callable[[Points], Points]
Paint = Callable[[Pixels, Points], None]


@dataclass(frozen=True, slots=True, eq=False)
class Bent:
    """A picture whose face was moved onto another mesh; a `Seen`."""

    pixels: Pixels
    face: Face


def bent(target: Seen, shapes: list[Shape]) -> Bent:
    """The target with its face moved through all `shapes`, in one sampling."""
    mesh = target.face.mesh
    for shape in shapes:
        mesh = shape(mesh)
    pixels = deform(target.pixels, target.face.mesh, mesh)
    return Bent(pixels, replace(target.face, mesh=mesh, mouth=lip_gap(mesh)))


def painted(on: Bent, texture: Callable[[Seen], Pixels] | None, paints: list[Paint]) -> Pixels:
    """The bent picture with another texture on the face, and what is painted on that: uint8 RGB of its shape.

    Args:
        on: what `bent` gave.
        texture: draws the face of another picture where it lies here; gives a new picture.
        paints: work in place, on a picture and the mesh that its face lies on.
    """
    out = on.pixels.copy() if texture is None else texture(on)
    for paint in paints:
        paint(out, on.face.mesh)
    return out
