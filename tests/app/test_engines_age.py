"""What the age renderer promises on drawn faces: two steps that are one picture, even steps, light that is right."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engines import _age, _wrinkles
from app.engines._age import OLDEST, YOUNGEST
from app.engines._ageshape import strength_of
from app.engines._field import deform
from app.engines._geometry import width_of
from app.engines._older import _lines
from app.engines._skin import Colour
from app.engines._wrinkles import Layers
from tests.app.engines_sketch import Sketch, sketch

YEARS = st.floats(YOUNGEST, OLDEST)


def change(seen: Sketch, years: float) -> float:
    """Sum of all changes."""
    return float(np.abs(_age.render(seen, years, 0.0, 7, None).astype(int) - seen.pixels).sum())


@pytest.mark.parametrize("years", [-20.0, 12.0, 40.0])
def test_shape_and_paint_are_the_whole(years):
    seen = sketch()
    mesh = _age.shaped(seen.face.mesh, years)
    out = deform(seen.pixels, seen.face.mesh, mesh)
    before = mesh.copy()
    assert _age.paint(out, mesh, years, 1.0, 7, None) is None
    assert (out == _age.render(seen, years, 1.0, 7, None)).all()
    assert (mesh == before).all()


def test_no_years_are_no_change():
    seen = sketch()
    assert (_age.shaped(seen.face.mesh, 0.0) == seen.face.mesh).all()
    out = seen.pixels.copy()
    _age.paint(out, seen.face.mesh, 0.0, 1.0, 7, None)
    assert (out == seen.pixels).all()


@given(YEARS, st.floats(-35, 35), st.floats(-40, 40))
@settings(max_examples=30, deadline=None)
def test_the_shape_moves_evenly_and_little(years, yaw, roll):
    mesh = sketch(yaw=yaw, roll=roll).face.mesh
    width = width_of(mesh)
    near = np.abs(_age.shaped(mesh, years) - _age.shaped(mesh, min(years + 1.0, OLDEST)))
    assert near.max() < 0.006 * width
    moved = np.abs(_age.shaped(mesh, years) - mesh).max()
    assert moved < 0.09 * width
    assert moved <= abs(strength_of(years)) * 0.06 * width


def test_it_grows_with_the_years_on_both_sides():
    seen = sketch()
    older = [change(seen, years) for years in (2.0, 10.0, 20.0, 30.0, 40.0)]
    younger = [change(seen, years) for years in (-2.0, -10.0, -20.0)]
    assert older == sorted(older)
    assert younger == sorted(younger)
    assert len(set(older + younger)) == 8


@pytest.mark.parametrize("years", [-20.0, -1.0, 0.0, 9.0, 24.0, 39.0])
def test_one_year_of_the_slider_is_no_jump(years):
    seen = sketch()
    low, high = (_age.render(seen, y, 0.0, 7, None).astype(int) for y in (years, years + 1))
    assert np.abs(high - low).mean() < 0.12 * np.abs(_age.render(seen, 40.0, 0.0, 7, None).astype(int) - low).mean() + 1


def test_another_seed_is_another_skin():
    seen = sketch()
    assert (_age.render(seen, 25.0, 1.0, 1, None) != _age.render(seen, 25.0, 1.0, 2, None)).any()


def groove() -> Layers:
    """A line across, and nothing else."""
    y = np.arange(64, dtype=np.float32)[:, None] * np.ones((1, 64), np.float32)
    flat = np.zeros((64, 64), np.float32)
    return Layers.of(-np.exp(-((y - 32) ** 2) / 32).astype(np.float32), flat, flat, flat, flat)


@pytest.mark.parametrize(("light", "shaded"), [((0.0, -1.0), "upper"), ((0.0, 1.0), "lower")])
def test_the_wall_of_a_line_that_faces_the_light_is_the_lighter_one(light, shaded):
    shade = _lines(groove(), np.array(light), 1.0, 1.0)[:, 32]
    walls = {"upper": shade[26:31].mean(), "lower": shade[34:39].mean()}
    assert min(walls, key=walls.__getitem__) == shaded
    assert abs(walls["upper"] - walls["lower"]) > 1


def test_lines_have_a_limit():
    shade = _lines(groove(), np.array((0.0, -1.0)), 50.0, 1.0)
    assert shade.min() >= -20.5
    assert shade.max() <= 4.5


def test_burnt_out_skin_is_not_painted():
    drawn = sketch()
    burnt = Sketch(np.where(drawn.pixels > 120, 255, drawn.pixels).astype(np.uint8), drawn.face)
    mesh = _age.shaped(burnt.face.mesh, 40.0)
    bent = deform(burnt.pixels, burnt.face.mesh, mesh)
    out = bent.copy()
    _age.paint(out, mesh, 40.0, 0.0, 7, None)
    row = np.arange(len(bent))[:, None]
    white = (bent.min(2) == 255) & (np.abs(row - mesh[50, 1]) < 5)
    assert white.sum() > 100
    assert out[white].mean() > 250


def test_a_blurred_picture_gets_no_sharp_lines():
    drawn = sketch(width=260, size=(500, 500))
    soft = Sketch(cv2.GaussianBlur(drawn.pixels, (0, 0), 5), drawn.face)

    def steepest(seen):
        painted = deform(seen.pixels, seen.face.mesh, _age.shaped(seen.face.mesh, 30.0))
        plain = painted.copy()
        _age.paint(painted, _age.shaped(seen.face.mesh, 30.0), 30.0, 0.0, 7, None)
        added = painted.astype(np.float32).mean(2) - plain.astype(np.float32).mean(2)
        return np.percentile(np.abs(cv2.Laplacian(added, cv2.CV_32F)), 99)

    assert steepest(soft) < 0.6 * steepest(drawn)


def test_a_small_atlas_is_the_same_skin_without_its_finest_lines():
    whole, small = _wrinkles.atlas(7), _wrinkles.atlas(7, 4)
    assert small.folds.shape[0] == whole.folds.shape[0] // 4
    assert small.folds.mean() == pytest.approx(whole.folds.mean(), abs=0.01)
    assert small.late.std() < whole.late.std()
    with pytest.raises(ValueError, match="read-only"):
        whole.folds[0, 0] = 1


@given(st.integers(0, 2**31 - 1))
@settings(max_examples=20, deadline=None)
def test_distance_from_a_colour_is_mahalanobis(seed):
    rng = np.random.default_rng(seed)
    known = rng.normal(50, 12, (60, 3)).astype(np.float32)
    colour = Colour.of(known, (4.0, 4.0, 4.0))
    lab = rng.uniform(0, 100, (5, 4, 3)).astype(np.float32)
    apart = (lab - colour.middle).astype(float)
    meant = np.sqrt(np.einsum("hwc,cd,hwd->hw", apart, colour.inverse.astype(float), apart))
    assert colour.distance(lab) == pytest.approx(meant, rel=1e-2, abs=1e-2)
    for nothing in (Colour.of(known[:3], (4.0, 4.0, 4.0)), colour.refined(known[:0], (4.0, 4.0, 4.0), 3)):
        assert (nothing.distance(lab) < 1e-2).all()
