"""The neural swap behind the same gate and stamp as every engine; with stand-ins, for its file may not be had here."""

import hashlib
import warnings

import cv2
import numpy as np
import pytest

from app import cli, flow, media, models_add
from app.engines import _inswapper
from app.engines.neural import TERMS, NeuralOptions, neural
from consent.errors import Fault, Forgery, Refusal
from consent.types import Draft, Photo, Purpose
from models import added, arcface
from tests.booth import SEAT
from tests.models import standins
from tests.people import person


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    """A home of its own; and the two small files stand in for the known ones, which may not be had here."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    known = {"arcface": standins.arcface(), "inswapper": standins.inswapper()}
    monkeypatch.setattr(added, "SWAPPING", {name: hashlib.sha256(data).hexdigest() for name, data in known.items()})


@pytest.fixture
def files(tmp_path):
    """Both files, added by their user."""
    for name, data in (("face.onnx", standins.arcface()), ("swap.onnx", standins.inswapper())):
        (tmp_path / name).write_bytes(data)
        models_add.add(models_add.look(tmp_path / name))


@pytest.fixture(scope="module")
def mine(gate):
    return gate.match(Photo(person("ada").render(SEAT, seed=41)))


def leave(gate, source, target):
    return gate.grant(source, target, Purpose.SWAP)


def test_a_draft_comes_out_that_says_by_what_and_under_which_terms(gate, mine, files):
    draft = neural(gate, leave(gate, gate.live()[0], mine))
    assert type(draft) is Draft
    released = gate.release(draft)
    facts = released.facts
    assert facts.engine == "swap-neural 1"
    assert facts.parameters == {
        "amount": 1.0, "model_sha256": added.added()["inswapper"].sha256, "model_terms": TERMS,
    }  # fmt: skip
    changed = np.abs(released.pixels.astype(int) - mine.pixels).max(2) > 2
    y, x = np.nonzero(changed)
    low, high = mine.face.mesh[:, :2].min(0), mine.face.mesh[:, :2].max(0)
    assert changed.sum() > 2000
    assert (x.min() >= low[0] - 1, x.max() <= high[0] + 1, y.min() >= low[1] - 1, y.max() <= high[1] + 1) == (True,) * 4


def test_a_leave_is_for_one_thing_once(gate, mine, files):
    with pytest.raises(Refusal, match="wrong-purpose"):
        neural(gate, gate.grant(mine, mine, Purpose.AGE))
    grant = leave(gate, mine, mine)
    neural(gate, grant)
    with pytest.raises(Forgery, match="spent"):
        neural(gate, grant)


def test_without_the_users_files_there_is_nothing_and_the_leave_is_kept(gate, mine, tmp_path):
    grant = leave(gate, mine, mine)
    with pytest.raises(Fault, match="arcface and inswapper"):
        neural(gate, grant)
    (tmp_path / "swap.onnx").write_bytes(standins.inswapper())
    models_add.add(models_add.look(tmp_path / "swap.onnx"))
    with pytest.raises(Fault, match="of your own: arcface"):
        neural(gate, grant)
    gate.redeem(grant, Purpose.SWAP)


def test_an_altered_file_and_another_recogniser_are_faults(gate, mine, files, monkeypatch):
    (added.folder() / "inswapper.onnx").write_bytes(standins.arcface())
    with pytest.raises(Fault, match="weights-altered"):
        neural(gate, leave(gate, mine, mine))


@pytest.mark.parametrize("name", ["arcface", "inswapper"])
def test_no_other_weights_draw(gate, mine, files, monkeypatch, name):
    """A file of the same shape could hold anybody's face; so could a row written by hand that names it."""
    monkeypatch.setattr(added, "SWAPPING", {**added.SWAPPING, name: "0" * 64})
    with pytest.raises(Fault, match=f"your {name} is another file"):
        neural(gate, leave(gate, mine, mine))


def test_another_swap_is_not_even_added(tmp_path, monkeypatch):
    (tmp_path / "swap.onnx").write_bytes(standins.inswapper())
    monkeypatch.setitem(added.SWAPPING, "inswapper", "0" * 64)
    with pytest.raises(Refusal, match="not-the-known-model"):
        models_add.add(models_add.look(tmp_path / "swap.onnx"))
    assert not added.folder().exists()


def test_nothing_asked_nothing_changed(gate, mine, files):
    out = gate.release(neural(gate, leave(gate, mine, mine), NeuralOptions(amount=0)))
    assert (out.pixels == mine.pixels).all()
    for wrong in (-0.1, 1.1, np.nan, "1", None):
        with pytest.raises(Refusal, match="bad-option"):
            NeuralOptions(amount=wrong)


def test_it_is_stamped_as_everything_is(gate, mine, files, signer):
    stamped = flow.make(gate, gate.live()[0], mine, NeuralOptions(), signer)
    assert stamped.report.label is not None
    assert b"compositeWithTrainedAlgorithmicMedia" in stamped.data
    assert b"swap-neural" in stamped.data


def test_its_crop_is_the_one_that_insightface_draws(mine, files, tmp_path):
    """To the grey level, where both cut the same pixels out."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from insightface.app.common import Face
        from insightface.model_zoo.inswapper import INSwapper

        swapper, row = _inswapper.Swapper(), added.added()["arcface"]
        vector = arcface.Arcface(row).embed(mine.pixels, mine.face)
        (tmp_path / "i.onnx").write_bytes(standins.inswapper())
        theirs = INSwapper(str(tmp_path / "i.onnx"))
        face = Face(kps=mine.face.points.astype(np.float32), embedding=vector)
        bgr = cv2.cvtColor(mine.pixels, cv2.COLOR_RGB2BGR)
        seen, matrix = theirs.get(bgr, face, face, paste_back=False)
    drawn, into = swapper.redrawn(mine.pixels, mine.face, mine.pixels, mine.face)
    assert into == pytest.approx(matrix, abs=1e-2)
    far = np.abs(drawn[..., ::-1] - seen.astype(np.float32))
    assert np.median(far) <= 1
    assert np.quantile(far, 0.95) <= 6, "they read four pixels for each, where we average"


def test_films_are_told_no_before_anything_is_asked(capsys, tmp_path, monkeypatch):
    (tmp_path / "film.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(64))
    (tmp_path / "me.jpg").write_bytes(media.encode(np.full((300, 300, 3), 128, np.uint8), "jpeg", 90))
    names = [str(tmp_path / name) for name in ("me.jpg", "film.mp4", "out.mp4")]
    assert cli.run(["swap", "--neural", *names[:2], "-o", names[2]]) == 2
    assert "[pictures-only]" in capsys.readouterr().err


def test_what_is_drawn_is_laid_where_it_was_cut_out(gate, mine, files, monkeypatch):
    """A network that gives back what it gets changes nothing but fine detail."""
    monkeypatch.setattr(_inswapper, "draw", lambda _net, crop, *_: crop.astype(np.float32))
    monkeypatch.setattr(_inswapper, "probe", lambda *_: added.added()["inswapper"].probe)
    pixels = gate.release(neural(gate, leave(gate, mine, mine))).pixels.astype(int)
    assert (pixels != mine.pixels).any()
    assert np.abs(pixels - mine.pixels).mean() < 0.2
    shifted = np.roll(pixels, 2, axis=1)
    x, y = mine.face.mesh[:, :2].mean(0).astype(int)
    part = np.s_[y - 40 : y + 40, x - 40 : x + 40]
    assert np.abs(pixels - mine.pixels)[part].mean() < 0.5 * np.abs(shifted - mine.pixels)[part].mean()
