"""Head direction: the right way round, and nothing where there is nothing to see."""

import dataclasses
import math

import numpy as np
import pytest

from models.faces import Finder, pose_of
from models.topology import CANONICAL
from tests.booth import SEAT
from tests.people import person


@pytest.mark.parametrize(
    "mesh", [np.zeros((468, 3)), np.full((468, 3), 7.5), np.random.default_rng(0).normal(0, 1e-4, (468, 3)) + 40]
)
def test_a_face_of_no_size_has_no_pose_and_stops_nothing(mesh):
    pose = pose_of(mesh, (480, 640))
    assert all(math.isnan(angle) for angle in dataclasses.astuple(pose))


def test_the_canonical_face_looks_at_the_camera():
    mesh = CANONICAL * (8.0, -8.0, -8.0) + (320.0, 240.0, 0.0)
    if np.ptp(mesh[:, 1]) and mesh[152, 1] < mesh[10, 1]:  # the chin is below the forehead
        mesh = CANONICAL * (8.0, 8.0, 8.0) + (320.0, 240.0, 0.0)
    pose = pose_of(mesh, (480, 640))
    assert abs(pose.yaw) < 5
    assert abs(pose.roll) < 5


@pytest.mark.parametrize(("yaw", "sign"), [(25.0, 1), (-25.0, -1)])
def test_a_turned_head_is_measured_to_that_side(yaw, sign):
    picture = person("bram").render(dataclasses.replace(SEAT, yaw=yaw, seed=2))
    (face,) = Finder().find(picture)
    assert 10 < sign * face.pose.yaw < 40


def test_a_picture_full_of_tiny_faces_is_looked_at_without_an_error():
    small = person("edda").render(dataclasses.replace(SEAT, size=(48, 36), seed=1))
    crowd = np.tile(small, (14, 14, 1))
    faces = Finder().find(crowd)
    assert all(np.isfinite(face.points).all() for face in faces)
