"""Two worlds that never meet."""

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from consent import domain
from consent.errors import Forgery, Refusal
from consent.types import Domain
from tests.booth import mark

KEY = Ed25519PrivateKey.generate()
PICTURE = np.random.default_rng(0).integers(0, 256, (40, 30, 3), dtype=np.uint8)


def test_no_mark_is_a_camera():
    assert domain.world(PICTURE, b"") == domain.CAMERA
    assert domain.domain(domain.CAMERA) is Domain.LIVE


def test_a_genuine_mark_names_its_simulator():
    world = domain.world(PICTURE, mark(PICTURE, KEY))
    assert world == KEY.public_key().public_bytes_raw()
    assert domain.domain(world) is Domain.DEMO


@given(place=st.integers(0, PICTURE.size - 1))
def test_a_mark_covers_every_pixel(place):
    other = PICTURE.copy()
    other.reshape(-1)[place] ^= 1
    with pytest.raises(Forgery):
        domain.world(other, mark(PICTURE, KEY))


def test_a_mark_covers_the_shape():
    with pytest.raises(Forgery):
        domain.world(PICTURE.reshape(30, 40, 3), mark(PICTURE, KEY))


@given(invented=st.binary(min_size=1, max_size=120))
def test_an_invented_mark_is_a_forgery(invented):
    with pytest.raises(Forgery) as caught:
        domain.world(PICTURE, invented)
    assert caught.value.code == "bad-mark"


def test_worlds_do_not_mix():
    one, two = (domain.world(PICTURE, mark(PICTURE, k)) for k in (KEY, Ed25519PrivateKey.generate()))
    domain.same_world(one, one)
    for expected, found in ((one, two), (one, domain.CAMERA), (domain.CAMERA, one)):
        with pytest.raises(Refusal) as caught:
            domain.same_world(expected, found)
        assert caught.value.code == "other-world"
