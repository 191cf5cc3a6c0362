"""Synthetic people: persons who do not exist, drawn by code from CC0 shapes, for tests and demonstrations.

    from tests.people import Actor, person
    picture = person("ada").render(yaw=20, expression={"smile": 0.8})   # uint8 RGB (480, 640, 3)
    actor = Actor(person("ada")); actor.perform("turn-left"); actor.frame(1.2)

Conventions of `models.faces.Pose`: yaw > 0 the nose points to the image's right (the person's own left), pitch > 0 the
face looks up, roll > 0 clockwise in the image.
"""

from tests.people.actor import ACTIONS, Actor, Manner
from tests.people.cast import ADULTS, CHILDREN, NAMES, OLD, person, random_person, someone, wearing
from tests.people.flat import flat, puppet
from tests.people.light import LIGHTS, Lamp, Light
from tests.people.person import Person
from tests.people.render import Scene
from tests.people.shape import GROUPS
from tests.people.webcam import Loops, Webcam

__all__ = [
    "ACTIONS",
    "ADULTS",
    "CHILDREN",
    "GROUPS",
    "LIGHTS",
    "NAMES",
    "OLD",
    "Actor",
    "Lamp",
    "Light",
    "Loops",
    "Manner",
    "Person",
    "Scene",
    "Webcam",
    "flat",
    "person",
    "puppet",
    "random_person",
    "someone",
    "wearing",
]
