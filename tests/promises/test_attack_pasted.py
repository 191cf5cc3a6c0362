"""Several faces in one picture: only the person's own may change, whichever is chosen and wherever the others are.

What leaves is compared with what came in, pixel by pixel.
"""

import math

import cv2
import numpy as np
import pytest

from app import media
from app.engines.age import AgeOptions, age
from app.engines.express import ExpressOptions, express
from app.engines.swap import SwapOptions, swap
from app.stamp.writer import stamp
from consent.errors import Refusal
from consent.types import Purpose
from tests.promises.stage import draw, finder, head, jpeg, pasted, photo

FAINT = 6.0
"""Root mean square of what a watermark may move, grey levels: 1.8 over a whole picture, more where it is rough."""
EVERYTHING = (AgeOptions(years=30), AgeOptions(years=-20), ExpressOptions(smile=1.0, mouth=1.0), SwapOptions())
ODD = [
    -1,
    -(2**70),
    2,
    2**70,
    True,
    False,
    0.0,
    1.0,
    0.5,
    math.nan,
    math.inf,
    "0",
    b"0",
    (0,),
    np.int64(0),
    np.bool_(1),
]


@pytest.fixture(scope="module")
def wall():
    """Ada, large, in front of a plain wall: room for others."""
    return cv2.copyMakeBorder(
        draw("ada", seed=8, size=(960, 720)), 200, 40, 500, 500, cv2.BORDER_CONSTANT, value=(176,) * 3
    )


def drafted(gate, source, target, options):
    """What an engine makes of a grant."""
    engine, purpose = {
        AgeOptions: (age, Purpose.AGE), ExpressOptions: (express, Purpose.EXPRESS), SwapOptions: (swap, Purpose.SWAP)
    }[type(options)]  # fmt: skip
    return engine(gate, gate.grant(source, target, purpose), options)


def others_untouched(gate, pixels, places, signer, every=EVERYTHING, choose=None):
    """Make everything of a picture in which Ada is meant; the other faces' `places` (x, y, w, h) stay to the bit.

    To the bit in what the gate hands to the stamp; in the stamped file but for the watermark and the label.
    """
    target = gate.match(photo(pixels), choose)
    source, seen = gate.live()[0], 0
    for options in every:
        out = gate.release(drafted(gate, source, target, options)).pixels
        differs = (out != target.pixels).any(axis=2)
        seen += int(differs.sum())
        for x, y, w, h in places:
            assert not differs[y : y + h, x : x + w].any(), (options, (x, y, w, h))
    assert seen > 1000, "nothing was changed at all; this shows nothing"
    stamped = stamp(gate, drafted(gate, source, target, every[0]), signer, "png")
    left = media.read(stamped.data).pixels.astype(float)
    lx, ly, lw, lh = (math.floor(v) for v in stamped.report.label.box)
    clear = np.ones(left.shape[:2], bool)
    clear[max(0, ly - 1) : ly + lh + 2, max(0, lx - 1) : lx + lw + 2] = False
    for x, y, w, h in places:
        part = np.s_[y : y + h, x : x + w]
        moved = np.abs(left[part] - target.pixels[part])[clear[part]]
        assert moved.size == 0 or np.sqrt((moved**2).mean()) < FAINT


@pytest.mark.parametrize("order", [("ada", "gita"), ("gita", "ada")])
@pytest.mark.parametrize("sizes", [(120, 60), (60, 120)])
def test_a_face_pasted_beside_another_whichever_is_chosen(ada, signer, order, sizes):
    heads = [head(name, eyes) for name, eyes in zip(order, sizes, strict=True)]
    # far enough apart for the wall behind the other head not to move with hair and ears
    sheet = np.full((max(h.shape[0] for h in heads) + 40, sum(h.shape[1] for h in heads) + 120, 3), 150, np.uint8)
    places, x = [], 20
    for patch in heads:
        sheet = pasted(sheet, patch, x, 20)
        places.append((x, 20, patch.shape[1], patch.shape[0]))
        x += patch.shape[1] + 80
    mine = order.index("ada")
    with pytest.raises(Refusal, match="several-faces"):
        ada.match(photo(sheet))
    for number in range(2):
        if number != mine:
            with pytest.raises(Refusal, match="not-you"):
                ada.match(photo(sheet), number)
    others_untouched(ada, sheet, [places[1 - mine]], signer, EVERYTHING[:1], choose=mine)


@pytest.mark.parametrize("choose", ODD, ids=repr)
def test_only_a_plain_number_of_a_face_in_sight_chooses(ada, choose):
    both = np.hstack([draw("ada", seed=6), draw("gita", seed=6)])
    with pytest.raises(Refusal, match="no-such-face"):
        ada.match(photo(both), choose)
    with pytest.raises(Refusal, match="no-such-face"):
        ada.match(photo(both[:, 480:]), choose if choose != 0 else -1)


def test_over_http_every_choice_of_a_strangers_face_is_refused(studio):
    browser = studio.browser()
    visitor = studio.sit_down(browser, "ada")
    both = jpeg(np.hstack([draw("ada", seed=6), draw("gita", seed=6)]))
    wrong = {
        "1": "not-you",
        None: "no-such-face",
        **dict.fromkeys(("-1", "2", "9" * 5000, "", "1.0", "nan", "x", "0x0"), "no-such-face"),
    }
    for face, code in wrong.items():
        assert "several-faces" in browser.look("target", both)
        chosen = {} if face is None else {"face": face}
        said = browser.event(("stage", "studio"), {"do": "choose", "side": "target", **chosen})
        assert code in said, (face or "none")[:9]
        assert visitor.pictures["target"].match is None
        browser.make("age")
        assert visitor.results == {}
    browser.event(("stage", "studio"), {"do": "choose", "side": "target", "face": "0"})
    browser.make("age")
    assert len(visitor.results) == 1


@pytest.fixture(scope="module")
def selfie():
    """Ada, so near that the picture is hardly wider than what an engine may change."""
    return cv2.resize(draw("ada", seed=8, size=(960, 720)), (2000, 1500), interpolation=cv2.INTER_CUBIC)


@pytest.mark.parametrize("eyes", [40, 16])
def test_a_tiny_face_behind_a_selfie_stays_to_the_bit(ada, signer, selfie, eyes):
    mine = finder().find(selfie)[0].mesh
    patch = head("bram", eyes)
    x, y = int(mine[:, 0].max()) + 10, int(mine[4, 1])
    h, w = patch.shape[:2]
    face = (x + w // 8, y + h // 8, w * 3 // 4, h * 3 // 4)  # without the edge of the cut
    choose = 0 if eyes == 40 else None
    others_untouched(ada, pasted(selfie, patch, x, y), [face], signer, EVERYTHING[2:3], choose)


@pytest.mark.parametrize(("eyes", "beside"), [(60, 30), (20, 12), (14, 12)])
def test_a_small_face_beside_a_large_one_stays_to_the_bit(ada, signer, wall, eyes, beside):
    """A phone, a poster, a mirror or somebody far behind: as small as the detector can see when it looks closely."""
    mine = finder().find(wall)[0].mesh
    patch = head("bram", eyes)
    x, y = int(mine[:, 0].max()) + beside, int(mine[4, 1])
    sheet = pasted(wall, patch, x, y)
    seen = finder().detect(
        np.ascontiguousarray(sheet[y - 60 : y + patch.shape[0] + 60, x - 60 : x + patch.shape[1] + 60])
    )
    assert seen, "the detector must be able to see it, or this test shows nothing"
    choose = 0 if len(finder().detect(sheet)) > 1 else None
    bx, by, bw, bh = (round(v) for v in seen[-1].box)
    face = (x - 60 + bx, y - 60 + by, bw, bh)
    others_untouched(ada, sheet, [face], signer, EVERYTHING[1:3], choose=choose)


def test_the_same_person_twice_one_is_chosen_and_the_other_stays(ada, signer, wall):
    """A mirror: both are the person's own, and only the one that was pointed at changes."""
    patch = cv2.flip(head("ada", 60), 1)
    sheet = pasted(wall, patch, 120, 300)
    with pytest.raises(Refusal, match="several-faces"):
        ada.match(photo(sheet))
    others_untouched(ada, sheet, [(120, 300, patch.shape[1], patch.shape[0])], signer, EVERYTHING[:1], choose=1)


@pytest.mark.parametrize("share", [0.35, 0.5, 0.7])
@pytest.mark.parametrize("where", [10, 425, 152, 159], ids=["forehead", "cheek", "chin", "eye"])
def test_a_face_pasted_onto_another_is_compared_where_it_is_changed(ada, share, where):
    """Whoever passes, the mesh that is changed lies on the pixels that were compared."""
    under = draw("bram", seed=5, size=(960, 720))
    face = finder().find(under)[0]
    patch = head("ada", share * face.eye_distance)
    x, y = (face.mesh[where, :2] - np.array(patch.shape[1::-1]) / 2).astype(int)
    x, y = max(0, min(x, under.shape[1] - patch.shape[1])), max(0, min(y, under.shape[0] - patch.shape[0]))
    sheet = pasted(under, patch, x, y)
    for number in range(len(finder().detect(sheet))):
        try:
            match = ada.match(photo(sheet), number)
        except Refusal:
            continue
        middle = match.face.mesh[:, :2].mean(0)
        assert x < middle[0] < x + patch.shape[1]
        assert y < middle[1] < y + patch.shape[0]
        assert np.ptp(match.face.mesh[:, 0]) < 1.2 * patch.shape[1]
