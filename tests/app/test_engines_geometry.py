"""The engines' geometry: placement, visibility, raster, extension, deformation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engines import _swap
from app.engines._field import REACH, deform
from app.engines._filters import blur, extend, polygon, sample
from app.engines._geometry import (
    Box,
    Placement,
    Raster,
    drawn_out,
    in_sight,
    normals,
    outline_distance,
    rigid,
    visibility,
    width_of,
)
from models.topology import CANONICAL, LEFT_EYE, OVAL, RIGHT_EYE, TRIANGLES
from tests.app.engines_sketch import beyond, sketch, turned


@given(st.floats(-40, 40), st.floats(-25, 25), st.floats(-40, 40), st.floats(20, 900), st.floats(-500, 500))
def test_placement_undoes_itself(yaw, pitch, roll, width, shift):
    mesh = turned(yaw, pitch, roll) * (width / 15) + (shift, -shift, shift / 2)
    place = Placement.of(mesh)
    assert np.allclose(place.back(mesh), CANONICAL, atol=1e-6)
    assert np.allclose(place.forward(CANONICAL), mesh, atol=1e-5)
    assert np.allclose(place.forward(CANONICAL + 1) - mesh, place.turn(np.ones_like(mesh)), atol=1e-5)
    assert np.isclose(np.linalg.det(place.rotation), 1)


def test_rigid_finds_a_similarity():
    mesh = turned(10) * 12 + (200, 210, 0)
    moved = turned(10, 0, 15) * 20 + (100, 90, 5)
    assert np.allclose(rigid(mesh, moved).forward(mesh), moved, atol=1e-6)


def test_normals_are_unit_and_face_the_camera():
    out = normals(CANONICAL)
    assert np.allclose(np.linalg.norm(out, axis=1), 1, atol=1e-6)
    assert out[4, 2] < -0.9
    assert out[454, 0] > 0.8 > -0.8 > out[234, 0]


def test_visibility_falls_on_the_far_side_and_off_the_picture():
    # the nose to the image's right: the person's own left cheek (image right) turns away
    left = turned(35) * 12 + (200, 210, 0)
    seen = visibility(left, (400, 400))
    assert seen[[234, 93, 132]].min() > 0.5 > seen[[454, 323, 361]].max()
    assert visibility(left + np.array([1000, 0, 0]), (400, 400)).max() == 0
    assert ((seen >= 0) & (seen <= 1)).all()


@settings(max_examples=20)
@given(st.integers(1, 5), st.floats(60, 240), st.floats(-25, 25))
def test_raster_spreads_positions_exactly(step, cells, yaw):
    width = cells * step
    mesh = turned(yaw) * (width / 15.5) + (0.7 * width, 0.8 * width, 0)
    box = Box.around(mesh, 6, (round(1.6 * width), round(1.4 * width)))
    raster = Raster(mesh, box, step)
    cells = raster.cells(mesh[:, :2])
    rows, columns = np.nonzero(raster.known)
    centres = np.column_stack([columns, rows]) * step + (step - 1) / 2 + box.corner
    off = np.abs(cells[rows, columns] - centres).max(1)
    assert off.max() <= max(4 * step, 0.025 * width)  # along the edge, where triangles are seen from the side
    assert np.quantile(off, 0.98) <= step
    assert np.median(off) <= 0.05 * step
    assert raster.known.sum() > 0.75 * raster.inside.sum()
    assert not (raster.known & ~raster.inside).any()
    spread = raster.spread(mesh[:, :2])
    assert spread.shape == (*box.shape, 2)
    assert np.isfinite(spread).all()


@given(st.integers(1, 9))
def test_a_raster_samples_the_cells_it_knows_in_their_order(every):
    mesh = turned(20) * 12 + (200, 210, 0)
    raster = Raster(mesh, Box(60, 40, 340, 380), step=2)
    known = raster.cells(mesh)[raster.known]
    assert np.array_equal(raster.samples(mesh, every), known[::every])
    assert len(known) > 1000


def test_raster_covers_the_oval_without_holes():
    mesh = turned() * 14 + (200, 200, 0)
    box = Box.around(mesh, 4, (400, 400))
    inside = polygon(box.shape, mesh[list(OVAL)] - np.append(box.corner, 0)) > 0.99
    covered = Raster(mesh, box, 1).inside
    assert covered[inside].mean() > 0.999
    assert len(TRIANGLES) == 898


def test_raster_shows_the_nearer_surface():
    mesh = turned(50) * 14 + (200, 200, 0)
    box = Box.around(mesh, 2, (400, 400))
    depth = Raster(mesh, box, 1).cells(mesh[:, 2], fill=1e6)[..., 0]
    tip = np.round(mesh[4, :2] - box.corner).astype(int)
    assert abs(depth[tip[1], tip[0]] - mesh[4, 2]) < 4


@pytest.mark.parametrize("at", [(-3.0, 0.5), (4.0, 0.5), (0.5, -3.0), (0.5, 5.0)])
def test_a_face_outside_the_picture_gives_an_empty_box(at):
    seen = sketch(at=at)
    assert Box.around(seen.face.mesh, 5, seen.pixels.shape).empty


def test_outline_distance_grows_inwards():
    seen = sketch()
    inside = outline_distance(seen.face.mesh, seen.pixels.shape)
    assert inside[4] > 0.3
    assert inside[[234, 454, 10, 152]].max() < 0.05


def test_extend_keeps_what_is_known_and_stays_within_its_range():
    rng = np.random.default_rng(1)
    values = rng.uniform(-5, 9, (37, 53, 2)).astype(np.float32)
    known = rng.random((37, 53)) < 0.02
    known[3, 4] = True
    out = extend(values, known)
    assert (out[known] == values[known]).all()
    for channel in range(2):
        assert out[..., channel].min() >= values[known][:, channel].min() - 1e-3
        assert out[..., channel].max() <= values[known][:, channel].max() + 1e-3


def test_extend_with_nothing_known_is_harmless():
    assert np.isfinite(extend(np.zeros((4, 5, 1), np.float32), np.zeros((4, 5), bool))).all()


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 1.4, 3.0]), st.sampled_from([0.0, 0.2, 1.5, 5.9, 6.1, 9.0]))
def test_a_polygon_is_a_part_of_the_same_polygon_in_a_wider_picture(seed, grow, soft):
    rng = np.random.default_rng(seed)
    corners, around = rng.uniform(0, (89, 69), (int(rng.integers(3, 9)), 2)), 160
    mask = polygon((70, 90), corners, grow, soft)
    wide = polygon((70 + 2 * around, 90 + 2 * around), corners + around, grow, soft)[around:-around, around:-around]
    # at the edge of a picture what lies beyond it counts otherwise: to a blur it is a mirror
    far = np.s_[24:-24, 24:-24] if soft else np.s_[6:-6, 6:-6]
    assert np.abs(mask[far] - wide[far]).max() < (0.02 if soft > 6 else 1e-6)
    assert mask.dtype == np.float32
    assert 0 <= mask.min() <= mask.max() <= 1 + 1e-6


@given(st.floats(0.1, 40))
def test_blur_keeps_a_flat_picture(sigma):
    assert np.allclose(blur(np.full((31, 45, 3), 77, np.float32), sigma), 77, atol=1e-2)


def test_sample_at_its_own_places_is_the_picture():
    seen = sketch()
    y, x = np.mgrid[50:90, 60:110].astype(np.float32)
    assert np.abs(sample(seen.pixels, np.dstack([x, y])) - seen.pixels[50:90, 60:110]).max() < 0.01


def test_sample_far_outside_stays_finite():
    seen = sketch()
    far = np.full((6, 6, 2), 5000, np.float32)
    assert np.isfinite(sample(seen.pixels, far)).all()


def test_deform_without_movement_is_the_picture_itself():
    seen = sketch()
    out = deform(seen.pixels, seen.face.mesh, seen.face.mesh)
    assert (out == seen.pixels).all()
    assert out is not seen.pixels


def test_deform_moves_points_to_their_places_and_fades_to_nothing():
    seen = sketch(width=160)
    after = seen.face.mesh.copy()
    after[:, 1] += 6 * np.exp(-(((seen.face.mesh[:, :2] - seen.face.mesh[152, :2]) ** 2).sum(1)) / 40**2)
    bright = seen.pixels.copy()
    x, y = np.round(seen.face.mesh[17, :2]).astype(int)
    bright[y - 2 : y + 3, x - 2 : x + 3] = 255
    out = deform(bright, seen.face.mesh, after)
    near = out[y - 4 : y + 14, x - 4 : x + 5].astype(float).sum(2)
    found = (np.arange(len(near)) * (near.max(1) > 740)).sum() / max((near.max(1) > 740).sum(), 1) - 4
    assert abs(found - (after[17, 1] - seen.face.mesh[17, 1])) < 1.2
    assert (out[beyond(seen, REACH)] == bright[beyond(seen, REACH)]).all()


def test_width_is_never_nothing():
    assert width_of(np.zeros((468, 3))) == 1


def test_what_is_drawn_out_is_told_by_its_factor():
    mesh = sketch().face.mesh
    assert np.allclose(drawn_out(mesh, mesh * 2 + 5), 1, atol=1e-6)
    wide = mesh * (1.0, 0.5, 1.0)  # twice as wide as it is high, of the same width
    assert np.allclose(drawn_out(wide, mesh), 2, atol=0.05)
    assert drawn_out(sketch(yaw=35.0).face.mesh, sketch(yaw=-10.0).face.mesh).max() > 2.5
    assert np.isfinite(drawn_out(np.zeros_like(mesh), mesh)).all()


def test_a_turned_nose_hides_the_cheek_behind_it():
    seen = sketch(yaw=40.0)
    hidden = in_sight(seen.face.mesh, seen.pixels.shape) == 0
    assert in_sight(sketch().face.mesh, seen.pixels.shape).mean() > 0.95
    assert 3 < hidden.sum() < 150
    assert not hidden[[1, 4, 152]].any()


def test_half_a_feature_is_not_lent():
    seen, turned = sketch(yaw=-20.0), sketch(yaw=24.0)
    box = Box.around(seen.face.mesh, 10, seen.pixels.shape)
    raster = Raster(seen.face.mesh, box)
    trust = _swap._trusted(turned, raster, seen.face.mesh)
    places = np.round(seen.face.mesh[:, :2] - box.corner).astype(int)
    for eye in (RIGHT_EYE, LEFT_EYE):
        seen_so = [trust[y, x] for x, y in places[list(eye)]]
        assert max(seen_so) - min(seen_so) < 0.5
