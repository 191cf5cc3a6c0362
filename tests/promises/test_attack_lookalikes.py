"""Other people: strangers, people who look like the user, and pictures that blend the user with somebody else."""

import cv2
import numpy as np
import pytest

from app import flow
from app.engines.age import AgeOptions
from app.engines.swap import SwapOptions
from consent import policy
from consent.errors import Refusal
from consent.types import Photo
from tests.booth import Unmarked
from tests.people import ADULTS
from tests.people.gallery import DEVELOPMENT, RECIPES, pictures
from tests.promises.morph import morph
from tests.promises.stage import draw, finder, jpeg, photo

STRANGERS = tuple(name for name in ADULTS if name != "ada")
LIKE_HER = tuple(n for n in DEVELOPMENT if RECIPES[n].bones.sex < 0.5 and RECIPES[n].look.skin.melanin < 0.4)[:5]
"""Women of about Ada's colour."""


@pytest.mark.parametrize("name", LIKE_HER)
def test_somebody_of_the_same_kind_is_refused(ada, name):
    (picture,) = pictures(name, 1, Unmarked())
    with pytest.raises(Refusal, match=r"not-you|looks-under-age"):
        ada.match(picture)


def test_over_http_no_stranger_gets_anything_on_either_side(studio):
    browser = studio.browser()
    visitor = studio.sit_down(browser, "ada")
    for name in STRANGERS[:3]:
        for side in ("target", "source"):
            said = browser.look(side, jpeg(draw(name, seed=1)))
            assert "not-you" in said or "looks-under-age" in said, (name, side)
            assert visitor.pictures[side].match is None
        browser.make("swap")
    assert visitor.results == {}


def test_the_users_own_source_opens_no_strangers_target(ada, signer):
    mine, theirs = photo(draw("ada", seed=1)), photo(draw("bram", seed=1))
    for source, target in ((mine, theirs), (theirs, mine), (None, theirs)):
        with pytest.raises(Refusal, match="not-you"):
            flow.change(ada, source, target, SwapOptions(), signer)


@pytest.mark.parametrize("change", ["mirrored", "grey", "hair", "tiled", "negative", "turned"])
def test_a_strangers_picture_changed_by_simple_means_stays_a_strangers(ada, change):
    theirs, mine = draw("bram", seed=5, size=(960, 720)), draw("ada", seed=5, size=(960, 720))
    if change == "hair":  # her picture, his face
        face, own = finder().find(theirs)[0], finder().find(mine)[0]
        low, high = own.mesh[:, :2].min(0).astype(int), own.mesh[:, :2].max(0).astype(int)
        a, b = face.mesh[:, :2].min(0).astype(int), face.mesh[:, :2].max(0).astype(int)
        pixels = mine.copy()
        inner = cv2.resize(theirs[a[1] : b[1], a[0] : b[0]], tuple(int(v) for v in high - low))
        pixels[low[1] : high[1], low[0] : high[0]] = inner
    else:
        pixels = {
            "mirrored": lambda: theirs[:, ::-1],
            "grey": lambda: np.dstack([cv2.cvtColor(theirs, cv2.COLOR_RGB2GRAY)] * 3),
            "tiled": lambda: np.where((np.indices(theirs.shape[:2]).sum(0) % 8 == 0)[..., None], mine, theirs),
            "negative": lambda: 255 - theirs,
            "turned": lambda: theirs[::-1, ::-1],
        }[change]()
    for number in range(len(finder().detect(np.ascontiguousarray(pixels))) or 1):
        with pytest.raises(Refusal, match=r"not-you|looks-under-age|no-face|face-"):
            ada.match(photo(pixels), number)


# --- blends: docs/attacks.md says how many pass ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def blends():
    return {share: morph(draw("ada", seed=1), draw("gita", seed=2), share) for share in (0.3, 0.5, 0.7)}


@pytest.mark.parametrize("share", [0.5, 0.7])
def test_a_blend_that_is_half_or_more_the_user_passes_which_is_a_limit_that_is_known(ada, blends, share):
    """It says so in docs/attacks.md and THREATS.md; this keeps them true."""
    assert ada.match(Photo(blends[share])).score >= policy.MATCH_COSINE


def test_a_blend_that_is_mostly_somebody_else_is_refused(ada, blends):
    with pytest.raises(Refusal, match=r"not-you|looks-under-age"):
        ada.match(Photo(blends[0.3]))


@pytest.mark.parametrize("share", [0.5, 0.7])
def test_a_blend_that_passes_opens_itself_and_nothing_of_the_other_person(ada, blends, signer, share):
    """As a source or a target it counts as the user's picture; pictures of the other one are refused as before."""
    match = ada.match(Photo(blends[share]))
    theirs = photo(draw("gita", seed=1))
    with pytest.raises(Refusal, match="not-you"):
        flow.change(ada, Photo(blends[share]), theirs, SwapOptions(), signer)
    with pytest.raises(Refusal, match="not-you"):
        flow.change(ada, theirs, Photo(blends[share]), SwapOptions(), signer)
    stamped = flow.make(ada, match, match, AgeOptions(years=10), signer)
    assert stamped.report.label is not None
    with pytest.raises(Refusal, match="not-you"):  # having seen a blend, it knows no more than before
        ada.match(theirs)
