"""Light: what shines on a person, in linear RGB, and what the camera makes of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

Rgb = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Lamp:
    """One light.

    Attributes:
        place: a direction to the lamp, or, for a near one, its place in centimetres from the middle of the eyes.
        colour: linear RGB; irradiance on a surface facing it (a near lamp: at 60 cm).
        near: falls off with the square of the distance, like a screen.
    """

    place: tuple[float, float, float]
    colour: Rgb
    near: bool = False


@dataclass(frozen=True, slots=True)
class Light:
    """All the light in a room: `sky` from above, `ground` from below, `lamps`, and how bright the `room` behind is."""

    sky: Rgb = (0.30, 0.31, 0.33)
    ground: Rgb = (0.16, 0.15, 0.14)
    lamps: tuple[Lamp, ...] = (Lamp((-35, 40, 60), (0.78, 0.75, 0.70)), Lamp((60, 10, 40), (0.17, 0.19, 0.22)))
    room: Rgb = (1.0, 1.0, 1.0)

    def with_screen(
        self, colour: Rgb, strength: float = 0.5, place: tuple[float, float, float] = (0, -6, 58), spill: float = 0.0
    ) -> Light:
        """The same room with a screen before the face.

        Args:
            colour: on the screen, linear RGB 0..1.
            strength: irradiance on a surface that faces it 60 cm away; the lamps of a lit room add up to about 1.
            place: of the screen, centimetres from the middle of the eyes.
            spill: share of it that reaches the room behind.
        """
        glow = (colour[0] * strength, colour[1] * strength, colour[2] * strength)
        room = (self.room[0] + spill * glow[0], self.room[1] + spill * glow[1], self.room[2] + spill * glow[2])
        return replace(self, lamps=(*self.lamps, Lamp(place, glow, near=True)), room=room)


LIGHTS: dict[str, Light] = {
    "soft": Light(),
    "window": Light(
        (0.24, 0.26, 0.30), (0.10, 0.10, 0.10),
        (Lamp((-70, 22, 30), (1.15, 1.17, 1.22)), Lamp((50, 0, 40), (0.14, 0.13, 0.12))),
    ),
    "warm": Light(
        (0.24, 0.19, 0.14), (0.12, 0.09, 0.07),
        (Lamp((25, 60, 40), (0.95, 0.72, 0.48)), Lamp((-50, 0, 50), (0.16, 0.13, 0.11))), (0.9, 0.75, 0.55),
    ),
    "dim": Light(
        (0.10, 0.10, 0.11), (0.05, 0.05, 0.05),
        (Lamp((-10, 14, 60), (0.24, 0.23, 0.22)),), (0.3, 0.3, 0.3),
    ),
    "flat": Light((0.62, 0.62, 0.62), (0.5, 0.5, 0.5), (Lamp((0, 10, 60), (0.35, 0.35, 0.35)),)),
}  # fmt: skip
