"""The age engine on invented people, looked at again by the networks; on these nothing was tuned."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from app.engines import _age
from app.engines._field import deform
from app.engines._geometry import width_of
from consent.policy import MATCH_COSINE
from models.age import AgeEstimator
from models.identity import Recogniser
from models.person import Segmenter
from models.topology import LIPS_INNER, OVAL
from tests.app.engines_shots import only, shot
from tests.people import Scene, wearing

pytestmark = pytest.mark.long

CROWD = ("feng", "gita", "hana", "ivo")
recogniser, estimator, segmenter = (cache(kind) for kind in (Recogniser, AgeEstimator, Segmenter))


def inner(seen: SimpleNamespace, inset: float) -> np.ndarray:
    """Pixels inside the oval, drawn in by `inset` face widths: (H, W)."""
    mask = np.zeros(seen.pixels.shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(seen.face.mesh[list(OVAL), :2]).astype(np.int32)], 1)
    return np.asarray(cv2.distanceTransform(mask, cv2.DIST_L2, 5) > inset * width_of(seen.face.mesh))


def test_a_crowd_reads_in_order_and_stays_itself():
    """Means of a crowd: no estimator is to be trusted on one face."""
    read = []
    for years in (-20.0, 0.0, 30.0):
        shown = [_age.render(shot(name), years, 1.0, 7, segmenter()) for name in CROWD]
        read.append(np.mean([estimator().years(out, only(out)) for out in shown]))
        for name, out in zip(CROWD, shown, strict=True):
            own = recogniser().embed(shot(name).pixels, shot(name).face)
            assert own @ recogniser().embed(out, only(out)) > MATCH_COSINE
    assert read == sorted(read)
    assert read[2] - read[1] > 9
    assert read[0] - read[1] < -2


def test_grey_hair_stays_on_the_head():
    seen = shot("feng")
    plain = _age.render(seen, 30.0, 0.0, 7, segmenter())
    grey = _age.render(seen, 30.0, 1.0, 7, segmenter())
    changed = np.abs(grey.astype(int) - plain).max(2) > 8
    assert changed.mean() > 0.005
    assert changed[inner(seen, 0.06)].mean() < 0.05
    person_here = segmenter().mask(seen.pixels)
    assert changed[person_here < 0.05].mean() < 0.002
    below_chin = int(seen.face.mesh[152, 1] + 0.12 * width_of(seen.face.mesh))
    assert not changed[below_chin:].any()
    crown = changed & (np.arange(len(changed))[:, None] < seen.face.mesh[10, 1])
    assert np.ptp(grey[crown].astype(int), axis=1).mean() <= np.ptp(plain[crown].astype(int), axis=1).mean() + 1


def test_grey_hair_has_no_rim_of_light():
    """Where hair ends, nothing becomes lighter than the lighter of hair and skin were, but for the grey itself."""
    seen = shot("hana")
    plain = _age.render(seen, 40.0, 0.0, 7, segmenter()).astype(int).max(2)
    grey = _age.render(seen, 40.0, 1.0, 7, segmenter()).astype(int).max(2)
    lifted = grey - plain
    bright = plain > np.percentile(plain[inner(seen, 0.1)], 40)
    assert lifted[bright].mean() < 2
    assert lifted.max() < 120


def hair(pixels, face):
    """Which pixels of a picture are hair, 0..1, and which lie how many face widths under the chin: (H, W) each."""
    placed, mask = _age.hair_of(pixels, face.mesh, 10_000.0, segmenter())
    whole = np.zeros(pixels.shape[:2], np.float32)
    placed.box.cut(whole)[:] = cv2.resize(mask, placed.box.shape[::-1])
    below = (np.arange(pixels.shape[0])[:, None] - face.mesh[152, 1]) / width_of(face.mesh)
    return whole, np.broadcast_to(below, whole.shape)


def black(pixels):
    return (pixels < 60).all(2)


def test_long_hair_is_hair_under_the_chin_too():
    """Beside the neck as well; it ends by and by, before it ends being painted."""
    seen = shot("gita")
    mask, below = hair(seen.pixels, seen.face)
    strands = black(cv2.blur(seen.pixels, (5, 5)))
    assert mask[strands & (below > 0.05) & (below < 0.25)].mean() > 0.7
    assert mask[~black(seen.pixels) & (below > 0.05)].mean() < 0.02, "neither neck nor clothes"
    last = [mask[strands & (below > at) & (below < at + 0.05)].mean() for at in (0.2, 0.3, 0.4, 0.5)]
    assert last == sorted(last, reverse=True)
    assert last[0] > 0.8
    assert last[-1] < 0.4


def test_dark_clothes_are_no_hair():
    """With dark hair over them nobody can tell which is which: it ends at the chin, as it would be with a collar."""
    seen = shot("gita")
    _, below = hair(seen.pixels, seen.face)
    red, green, blue = (seen.pixels[..., at].astype(int) for at in range(3))
    dressed = seen.pixels.copy()
    clothes = (below > 0.1) & (segmenter().mask(seen.pixels) > 0.5) & (3 * blue < red + 10) & (red > green + 30)
    assert clothes.mean() > 0.05
    dressed[clothes] = dressed[clothes] // 6 + 8
    mask, _ = hair(dressed, seen.face)
    assert mask[below > 0.4].max() < 0.1
    assert mask[below < -0.2].max() > 0.9


def test_a_bald_head_gets_no_grey_hair():
    seen = shot("ivo")
    plain = _age.render(seen, 30.0, 0.0, 7, segmenter())
    grey = _age.render(seen, 30.0, 1.0, 7, segmenter())
    assert (np.abs(grey.astype(int) - plain).max(2) > 8).mean() < 0.002


def test_what_is_between_the_lips_keeps_its_colour():
    seen = shot("gita", expression={"smile": 0.4, "open-mouth": 0.8})
    mesh = _age.shaped(seen.face.mesh, 40.0)
    bent = deform(seen.pixels, seen.face.mesh, mesh)
    out = bent.copy()
    _age.paint(out, mesh, 40.0, 0.0, 7, None)
    gap = np.zeros(out.shape[:2], np.uint8)
    cv2.fillPoly(gap, [np.round(mesh[list(LIPS_INNER), :2]).astype(np.int32)], 1)
    gap = cv2.erode(gap, np.ones((5, 5), np.uint8)) > 0
    assert gap.sum() > 100
    assert np.abs(out.astype(int) - bent)[gap].mean() < 2
    assert np.abs(out.astype(int) - bent)[inner(seen, 0.1)].mean() > 2


@pytest.mark.parametrize("years", [-20.0, 40.0])
def test_glasses_are_not_painted(years):
    """The dark rim, moved with the face, stays what it was."""
    pixels = wearing("feng", "round").render(Scene(distance=50.0))
    seen = SimpleNamespace(pixels=pixels, face=only(pixels))
    mesh = _age.shaped(seen.face.mesh, years)
    bent = deform(pixels, seen.face.mesh, mesh)
    out = bent.copy()
    _age.paint(out, mesh, years, 0.0, 7, None)
    eyes = mesh[[33, 263], :2]
    near = np.zeros(out.shape[:2], np.uint8)
    for x, y in np.round(eyes).astype(int):
        cv2.circle(near, (int(x), int(y)), round(0.2 * width_of(mesh)), 1, -1)
    rim = (near > 0) & (bent.max(2) < 60) & inner(seen, 0.05)
    assert rim.sum() > 60
    assert np.abs(out.astype(int) - bent)[rim].mean() < 8
