"""The whole way: met, matched, granted, changed, stamped, and verified by us and by somebody else's code."""

import dataclasses
import io
import json

import encypher_c2pa
import numpy as np
import pytest
from PIL import Image

from app import flow
from app.engines.age import AgeOptions
from app.engines.express import ExpressOptions
from app.engines.swap import SwapOptions
from app.stamp import label
from app.verify import Verdict, verify
from consent.errors import Forgery, Refusal
from consent.types import Photo
from tests.booth import SEAT
from tests.people import person

PORTRAIT = dataclasses.replace(SEAT, size=(640, 480))
JOBS = {
    "swap": SwapOptions(),
    "older": AgeOptions(years=25),
    "younger": AgeOptions(years=-15),
    "smile": ExpressOptions(smile=0.8),
}


def photo(name="ada", **changes):
    return Photo(person(name).render(dataclasses.replace(PORTRAIT, **changes)))


@pytest.mark.parametrize(("job", "fmt"), [("swap", "jpeg"), ("older", "png"), ("younger", "webp"), ("smile", "jpeg")])
def test_a_change_comes_out_labelled_signed_and_verified_twice(gate, signer, tmp_path, job, fmt):
    target = photo(seed=31, light="warm", yaw=8)
    stamped = flow.change(gate, photo(seed=30) if job == "swap" else None, target, JOBS[job], signer, fmt=fmt)
    path = stamped.save(tmp_path / f"out{stamped.suffix}")

    ours = verify(path.read_bytes(), [signer.anchor_pem])
    assert ours.verdict is Verdict.OURS
    assert ours.statement.as_json()["domain"] == "live"
    theirs = encypher_c2pa.verify(
        str(path), trust_pem=signer.anchor_pem, no_default_trust=True, telemetry=False, online=False
    )
    assert theirs["integrity"] == "valid"

    out = np.asarray(Image.open(io.BytesIO(stamped.data)).convert("RGB"))
    assert out.shape == target.pixels.shape
    assert label.find(out) is not None
    x, y, w, h = (round(v) for v in gate.match(target).face.box)
    change = np.abs(out.astype(int) - target.pixels)
    mark = change[:40, :40]  # far from face and label: the watermark, and what the format loses
    assert change[max(0, y) : y + h, max(0, x) : x + w].mean() > mark.mean() + 0.5, "nothing was changed"
    assert mark.mean() < 3
    if fmt == "png":  # lossless: every channel of a pixel was changed alike
        assert np.ptp(out[:40, :40].astype(int) - target.pixels[:40, :40], axis=2).max() == 0


@pytest.mark.parametrize("side", ["source", "target"])
def test_somebody_else_is_refused_and_nothing_is_written(gate, signer, tmp_path, side):
    mine, theirs = photo(seed=30), photo("gita", seed=30)
    source, target = (theirs, mine) if side == "source" else (mine, theirs)
    with pytest.raises(Refusal) as caught:
        flow.change(gate, source, target, SwapOptions(), signer)
    assert caught.value.code == "not-you"
    assert list(tmp_path.iterdir()) == []


def test_a_grant_for_one_thing_is_not_for_another(gate):
    from app.engines.age import age
    from consent.types import Purpose

    mine = gate.live()[0]
    with pytest.raises(Refusal) as caught:
        age(gate, gate.grant(mine, mine, Purpose.SWAP), AgeOptions(years=10))
    assert caught.value.code == "wrong-purpose"


def test_one_draft_is_stamped_once(gate, signer):
    from app.engines.age import age
    from app.stamp.writer import stamp
    from consent.types import Purpose

    mine = gate.live()[0]
    draft = age(gate, gate.grant(mine, mine, Purpose.AGE), AgeOptions(years=10))
    stamp(gate, draft, signer)
    with pytest.raises(Forgery) as caught:
        stamp(gate, draft, signer)
    assert caught.value.code == "spent"


def test_the_log_tells_the_story_without_a_face(gate, signer, ledger):
    before = len(ledger.entries())
    flow.change(gate, None, photo(seed=33), AgeOptions(years=5), signer)
    story = [e["event"] for e in ledger.entries()[before:]]
    assert story == ["match", "grant", "redeem", "release"]
    assert len(json.dumps(ledger.entries()[before:])) < 2000
