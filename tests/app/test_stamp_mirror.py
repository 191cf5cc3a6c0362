"""Each frame of a mirror is a file of ours: label, watermark, statement; and nothing else comes out."""

import copy
import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from app.engines.age import AgeOptions
from app.engines.express import ExpressOptions
from app.engines.motion import Player
from app.flow import purposes
from app.stamp import label
from app.stamp.marking import Marker
from app.stamp.mirror import MirrorStamp, Shown
from app.stamp.writer import STRENGTHS
from app.verify import Verdict, verify
from consent.errors import Forgery, Refusal
from consent.types import Photo, Purpose
from tests.app.mirror_helpers import camera, known_again
from tests.app.stamp_helpers import facts, statement


@pytest.fixture(scope="module")
def frames():
    return camera("ada", 4)


@pytest.fixture(scope="module")
def mine(gate, notary, ledger):
    return known_again(gate, notary, ledger)[0]


def drafts(gate, frames, options):
    """What the engine makes of frames that a mirror saw."""
    following = gate.follow(gate.live()[0], purposes(options), Purpose.MIRROR)
    player = Player(gate, options)
    for number, pixels in enumerate(frames):
        yield player.draw(following.look(Photo(pixels), number / 15), number / 15)


def opened(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


@pytest.fixture(scope="module")
def shown(mine, signer, frames):
    """Two frames older, then two smiling, of one mirror."""
    stamp = MirrorStamp(mine, signer)
    made = [*drafts(mine, frames[:2], AgeOptions(years=30)), *drafts(mine, frames[2:], ExpressOptions(preset="smile"))]
    return [stamp.stamp(draft) for draft in made]


def test_each_frame_is_ours_labelled_and_marked(shown, signer, mine):
    marks = set()
    for number, one in enumerate(shown):
        report = verify(one.data, [signer.anchor_pem])
        assert report.verdict is Verdict.OURS, report.failures
        assert report.statement == one.statement
        assert report.label.purpose == one.statement.purpose == ("age" if number < 2 else "express")
        assert (report.statement.session, report.statement.target_origin) == (mine.session, "live")
        assert report.watermark == report.statement.watermark
        marks.add(report.watermark)
    assert len(marks) == 1


def test_left_and_right_are_exchanged_and_the_statement_says_so(shown, frames):
    for one, frame in zip(shown, frames, strict=True):
        assert one.statement.parameters["mirrored"] == "yes"
        seen, room = opened(one.data)[:120, :60].astype(int), frame[:, ::-1][:120, :60]
        assert np.abs(seen - room).mean() < 4
        assert np.abs(seen - frame[:120, :60]).mean() > 10


def test_a_mirror_is_remembered_once_by_its_first_frame(shown, signer):
    ident = int(shown[0].statement.watermark, 16)
    entry = signer.registry.recall(ident)
    assert entry.steps.shape[0] == 1
    salts = [signer.registry.salt(one.statement.target_hmac) for one in shown]
    assert salts[0] is not None
    assert salts[1:] == [None] * 3
    assert len({one.statement.target_hmac for one in shown}) == 4
    assert len({one.statement.source_hmac for one in shown}) == 1


def test_a_frame_stripped_of_its_manifest_leads_back_here(shown, signer):
    out = io.BytesIO()
    Image.fromarray(opened(shown[1].data)).save(out, "JPEG", quality=80)
    report = verify(out.getvalue(), [signer.anchor_pem], registry=signer.registry)
    assert report.verdict is Verdict.RECOVERED


def test_what_is_shown_cannot_be_made_by_hand_copied_or_saved(shown):
    with pytest.raises(Forgery):
        Shown(shown[0].data, shown[0].statement, b"")
    with pytest.raises(Forgery):
        replace(shown[0], data=shown[1].data)
    with pytest.raises(TypeError):
        copy.copy(shown[0])
    assert not hasattr(shown[0], "save")


def test_a_draft_is_opened_once_and_only_for_its_own_gate(mine, gate, notary, ledger, signer, frames):
    stamp = MirrorStamp(mine, signer)
    (draft,) = drafts(mine, frames[:1], AgeOptions(years=30))
    other, _ = known_again(gate, notary, ledger)
    with pytest.raises(Forgery):
        MirrorStamp(other, signer).stamp(draft)
    stamp.stamp(draft)
    with pytest.raises(Forgery, match="spent"):
        stamp.stamp(draft)


def test_without_an_agreement_or_a_gate_there_is_no_mirror(gate, notary, ledger, signer):
    plain, _ = known_again(gate, notary, ledger, [Purpose.AGE, Purpose.VIDEO])
    with pytest.raises(Refusal, match="purpose-not-agreed"):
        MirrorStamp(plain, signer)
    with pytest.raises(Forgery):
        MirrorStamp(object(), signer)


def test_nothing_comes_out_after_a_withdrawal(gate, notary, ledger, signer, frames):
    mine, _ = known_again(gate, notary, ledger)
    stamp = MirrorStamp(mine, signer)
    first, second = drafts(mine, frames[:2], AgeOptions(years=30))
    stamp.stamp(first)
    mine.withdraw()
    with pytest.raises(Refusal, match="session-withdrawn"):
        stamp.stamp(second)


def test_a_watermark_that_is_not_read_is_drawn_stronger_and_then_ends_it(mine, signer, frames, monkeypatch):
    stamp = MirrorStamp(mine, signer)
    first, second = drafts(mine, frames[:2], AgeOptions(years=30))
    stamp.look_back(stamp.stamp(first))
    monkeypatch.setattr(Marker, "mark", lambda _, pixels: pixels)
    plain = stamp.stamp(second)
    for _ in STRENGTHS[1:]:
        stamp.look_back(plain)
    with pytest.raises(Refusal, match="not-marked"):
        stamp.look_back(plain)
    with pytest.raises(Refusal, match="not-marked"):
        MirrorStamp(mine, signer).stamp(next(drafts(mine, frames[:1], AgeOptions(years=30))))


def test_the_label_stays_where_it_is_until_a_face_comes_there(mine, signer):
    stamp, grey = MirrorStamp(mine, signer), np.full((360, 480, 3), 90, np.uint8)
    about = statement(purposes=(Purpose.AGE,))

    def place(box):
        return label.find(stamp._labelled(grey, facts(face_box=box), about)).box[:2]

    left = place((20.0, 60.0, 150.0, 200.0))
    assert place((170.0, 60.0, 100.0, 200.0)) == left
    there = place((left[0] - 20.0, left[1] - 40.0, 150.0, 120.0))
    assert there != left
    assert place((20.0, 60.0, 100.0, 100.0)) == there
