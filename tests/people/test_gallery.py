"""The gallery: everybody another adult, drawn the same every time; look-alikes alike. Seven people stand for all."""

from __future__ import annotations

import functools
import gzip
import json
from dataclasses import replace

import numpy as np
import pytest

from consent import domain
from consent.types import Photo
from tests.booth import Unmarked
from tests.people import gallery, measure, someone, variety
from tests.people.asset import base
from tests.people.gallery import DEVELOPMENT, IDENTITIES, RESEMBLED, TEST, lookalikes, pictures, recipe, shots, wearing
from tests.people.warp import FIELDS, warp

pytestmark = pytest.mark.long

SAMPLE = (*DEVELOPMENT[:30:10], *TEST[:40:10])


@functools.cache
def album(name: str, count: int = 3) -> tuple[Photo, ...]:
    return tuple(pictures(name, count))


@functools.cache
def codes(name: str, count: int = 3) -> np.ndarray:
    faces = [measure.finder().find(photo.pixels) for photo in album(name, count)]
    assert [len(found) for found in faces] == [1] * count, "each picture shows one face"
    return np.array(
        [measure.recogniser().embed(p.pixels, f[0]) for p, f in zip(album(name, count), faces, strict=True)]
    )


def template(name: str) -> np.ndarray:
    mean = codes(name).mean(0)
    return mean / np.linalg.norm(mean)


def test_there_are_enough_of_them_and_two_halves():
    assert len(IDENTITIES) >= 200
    assert len({json.dumps(str(recipe(name))) for name in IDENTITIES}) == len(IDENTITIES)
    assert set(DEVELOPMENT) | set(TEST) == set(IDENTITIES)
    assert not set(DEVELOPMENT) & set(TEST)
    assert len(DEVELOPMENT) >= 100 <= len(TEST)
    assert gallery.FILE.stat().st_size < 300_000
    gzip.decompress(gallery.FILE.read_bytes())


def test_they_are_varied():
    everybody = [recipe(name) for name in IDENTITIES]
    for tones in ([r.look.skin.melanin for r in everybody], [r.bones.sex for r in everybody]):
        low, high = np.percentile(tones, [10, 90])
        assert high - low > 0.5
    assert len({r.look.hair.style for r in everybody}) >= 8
    assert all(r.bones.age > 1 for r in everybody), "adults"


def test_every_recipe_stays_within_what_looks_human():
    known = {*base().axes, *FIELDS}
    for name in IDENTITIES:
        for axis, value in recipe(name).bones.axes.items():
            assert axis in known
            assert abs(value) <= variety.LIMITS.get(axis.split("-", maxsplit=1)[0], 0.8) + 1e-9


@pytest.mark.parametrize("name", SAMPLE)
def test_pictures_are_found_large_enough_and_of_adults(name):
    years = []
    for photo in album(name):
        (face,) = measure.finder().find(photo.pixels)
        chin, eyes = face.mesh[152, :2], face.mesh[[33, 263], :2].mean(0)
        assert np.linalg.norm(chin - eyes) >= 60, "64 pixels for a level face"
        assert abs(face.pose.yaw) < 45
        years.append(measure.years(photo.pixels, face))
    assert np.median(years) >= 25


def test_the_same_name_gives_the_same_pictures():
    name = SAMPLE[0]
    again = tuple(pictures(name, 2))
    assert all(np.array_equal(a.pixels, b.pixels) for a, b in zip(album(name), again, strict=False))
    assert not np.array_equal(again[0].pixels, again[1].pixels)
    assert list(shots(name, 2)) == list(shots(name, 8))[:2], "how many are asked for changes nothing"


def test_pictures_are_marked_by_one_simulator():
    worlds = {domain.world(photo.pixels, photo.mark) for name in SAMPLE[:2] for photo in album(name)}
    assert len(worlds) == 1
    assert worlds != {domain.CAMERA}
    (plain,) = pictures(SAMPLE[0], 1, Unmarked())
    assert domain.world(plain.pixels, plain.mark) == domain.CAMERA


def test_everybody_is_somebody_else():
    for one in SAMPLE:
        assert (codes(one) @ template(one)).min() > 0.6
        for other in SAMPLE:
            if other != one:
                assert (codes(other) @ template(one)).mean() < (codes(one) @ template(one)).min()


def test_lookalikes_are_more_alike_than_strangers():
    assert len(RESEMBLED) == len(set(RESEMBLED)) == 40
    name = RESEMBLED[0]
    near, *_, far = lookalikes(name)
    own = (codes(name) @ template(name)).mean()
    alike = [(codes(kin, 2) @ template(name)).mean() for kin in (near, far)]
    strangers = max((codes(other) @ template(name)).mean() for other in SAMPLE if other != name)
    assert own > max(alike)
    assert min(alike) > strangers
    with pytest.raises(KeyError):
        lookalikes("gallery-x")


def test_people_change_and_stay_themselves():
    name = SAMPLE[1]
    for thing in variety.CHANGES:
        changed = variety.CHANGES[thing](recipe(name))
        assert changed != recipe(name)
    worn = someone(f"{name}/younger/round")
    assert worn.look.glasses == "round"
    assert worn.recipe.bones.age < recipe(name).bones.age
    assert worn is wearing(f"{name}/younger/round")
    picture = worn.render(size=(300, 300), view=24.0)
    face = measure.see(picture)
    assert face is not None
    assert measure.recogniser().embed(picture, face) @ template(name) > 0.5
    with pytest.raises(KeyError):
        someone(f"{name}/crown")
    with pytest.raises(KeyError):
        someone("gallery-x")


def test_bends_leave_the_eyes_level_and_the_shoulders_where_they_are():
    rest = base().rest - base().rest[np.concatenate(base().eyes)].mean(0)
    low = rest[:, 1] < -17
    for axis in FIELDS:
        bent = warp(rest, {axis: 1.0})
        assert 0.05 < np.abs(bent - rest).max() < 2.5
        assert np.array_equal(bent[low], rest[low])
    assert warp(rest, {"nose-hump": 1.0}) is rest
    assert warp(rest, {}) is rest


def test_what_lies_between_two_people_is_between_them():
    one, other = recipe(DEVELOPMENT[0]), recipe(DEVELOPMENT[1])
    assert variety.between(one, other, 0.0, one.look.seed).bones.sex == one.bones.sex
    half = variety.between(one, replace(other, bones=replace(other.bones, weight=1.0)), 0.5, 7)
    assert half.bones.weight == pytest.approx((one.bones.weight + 1.0) / 2, abs=0.01)
    assert half.look.hair == one.look.hair
