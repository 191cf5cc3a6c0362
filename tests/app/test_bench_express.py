"""The bench of expressions: its cases have a truth, its measures know it, its baselines do what they are named for."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from tests import bench_express
from tests.app.engines_shots import finder, only

SMALL = (480, 360)


@pytest.fixture(scope="module")
def case():
    """One smile of somebody nothing was tuned on, drawn small."""
    return next(bench_express.cases("hana", SMALL, wanted=("smile",)))


@pytest.fixture(scope="module")
def seen(case):
    """Source and target as a renderer sees them."""
    return [SimpleNamespace(pixels=one.pixels, face=only(one.pixels)) for one in (case.source, case.target)]


def test_the_truth_is_the_targets_moment_with_the_expression(case):
    again = next(bench_express.cases("hana", SMALL, wanted=("smile",)))
    assert (again.truth == case.truth).all()
    assert case.truth.shape == case.target.pixels.shape
    changed = np.abs(case.truth.astype(int) - case.target.pixels).max(2) > 20
    assert 0.001 < changed.mean() < 0.25
    assert not changed[:20].any()


def test_the_error_of_the_truth_is_none_and_of_the_target_some(case, seen):
    wanted, apart = only(case.truth).mesh, seen[1].face.eye_distance
    assert bench_express.landmark_error(finder(), case.truth, wanted, apart) == pytest.approx(0, abs=1e-6)
    assert bench_express.landmark_error(finder(), case.target.pixels, wanted, apart) > 1.5
    assert bench_express.landmark_error(finder(), np.zeros_like(case.truth), wanted, apart) is None


def test_the_baselines_bring_the_smile_and_leave_the_far_background(case, seen):
    source, target = seen
    meant = only(case.truth).mesh
    far = bench_express.background(target)
    assert far.mean() > 0.1
    for method in (bench_express.bent, bench_express.pasted):
        out = method(source, target, meant)
        assert out.shape == target.pixels.shape
        assert (out[far] == target.pixels[far]).all()
        error = bench_express.landmark_error(finder(), out, meant, target.face.eye_distance)
        untouched = bench_express.landmark_error(finder(), target.pixels, meant, target.face.eye_distance)
        assert error < untouched


def test_every_figure_has_its_unit():
    assert set(bench_express.UNITS) == {"landmark_error", "psnr", "ssim", "gmsd"}
