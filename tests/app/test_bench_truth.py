"""The measures of the engines' bench: the same is the same, worse is worse, and older methods are given a fair try."""

from __future__ import annotations

import cv2
import numpy as np

from tests import bench_truth as truth
from tests.app.engines_sketch import sketch
from tests.bench_baselines import classical, copied

SEEN = sketch()


def noisy(amount):
    noise = np.random.default_rng(1).normal(0, amount, SEEN.pixels.shape)
    return np.clip(SEEN.pixels + noise, 0, 255).astype(np.uint8)


def test_the_same_is_the_same():
    same = truth.scores(SEEN.pixels, SEEN.pixels, SEEN.face)
    assert same.psnr > 90
    assert same.ssim > 1 - 1e-6
    assert same.gmsd < 1e-6
    assert same.seam == 1


def test_worse_is_worse():
    little, much = (truth.scores(noisy(amount), SEEN.pixels, SEEN.face) for amount in (4, 25))
    assert little.psnr > much.psnr + 10
    assert little.ssim > much.ssim
    assert little.gmsd < much.gmsd


def test_a_cut_edge_is_a_seam():
    pasted = SEEN.pixels.copy()
    inside = truth.face_mask(SEEN.face, pasted.shape, -0.03)
    pasted[inside] = np.clip(pasted[inside].astype(int) - 60, 0, 255).astype(np.uint8)
    assert truth.scores(pasted, SEEN.pixels, SEEN.face).seam > 1.3


def test_every_gap_has_a_band():
    for here, there in truth.GAPS:
        assert sum(low <= abs(here - there) <= high for low, high in truth.BANDS.values()) == 1


def test_older_methods_put_the_face_where_it_belongs():
    source = sketch(size=(360, 320), width=150, at=(0.45, 0.55), seed=0)
    before = np.abs(cv2.resize(source.pixels, (400, 400)).astype(int) - SEEN.pixels).mean()
    for method in (copied, classical):
        out = method(source, SEEN)
        mask = truth.face_mask(SEEN.face, out.shape, -0.05)
        assert np.abs(out.astype(int) - SEEN.pixels)[mask].mean() < 0.3 * before
        assert (out[0] == SEEN.pixels[0]).all()
