"""Two recognisers: their vector, their score, and that the second can only say no. Stand-ins; see `standins.py`."""

import json
import warnings

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import models_add
from consent import policy
from consent.errors import Fault, Refusal
from consent.template import score
from models import added, arcface, runtime
from models.arcface import Recognisers, blob
from models.faces import Finder
from models.identity import Recogniser, agreement, chip, middle
from models.tracks import Sample, Tracked
from tests.models import standins
from tests.promises.stage import draw, gate_of, photo


@pytest.fixture(autouse=True)
def own(tmp_path, monkeypatch):
    """A home of the test's own; gives what adds a model to it."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))

    def put(data, name="w600k_r50.onnx"):
        (tmp_path / name).write_bytes(data)
        return models_add.add(models_add.look(tmp_path / name))

    return put


@pytest.fixture(scope="module")
def face():
    """Ada, and her face."""
    pixels = draw("ada", seed=1)
    return pixels, Finder().find(pixels)[0]


def unit(size, seed):
    vector = np.random.default_rng(seed).normal(size=size)
    return vector / np.linalg.norm(vector)


def both(first, second, own=0.28, gate=policy.MATCH_COSINE):
    return np.concatenate([first, second, [own, gate]]).astype(np.float32)


def test_without_an_added_model_a_vector_is_the_old_one_to_the_bit(face):
    plain, gates = Recogniser().embed(*face), Recognisers(policy.MATCH_COSINE).embed(*face)
    assert plain.tobytes() == gates.tobytes()
    assert plain.shape == (128,)


@given(st.integers(0, 10_000))
def test_without_an_added_model_a_score_is_the_plain_product(seed):
    one, other = (unit(128, seed + k).astype(np.float32) for k in (0, 20_000))
    assert agreement(one, other) == score(other, one) == float(one @ other)
    mean = np.mean([one, other], axis=0)
    assert middle([one, other]).tobytes() == np.asarray(mean / np.linalg.norm(mean), np.float32).tobytes()


@given(st.integers(0, 10_000), st.floats(-1, 1), st.floats(-1, 1), st.floats(added.PUBLISHED, added.MOST_LIMIT))
def test_the_second_can_only_say_no(seed, first_cosine, second_cosine, own):
    def pair(size, cosine):
        one, other = unit(size, seed), unit(size, seed + 1)
        other -= (other @ one) * one
        return one, cosine * one + np.sqrt(1 - cosine**2) * other / np.linalg.norm(other)

    (a, b), (c, d) = pair(128, first_cosine), pair(512, second_cosine)
    together = agreement(both(a, c, own), both(b, d, own))
    assert together <= agreement(a.astype(np.float32), b.astype(np.float32)) + 1e-6
    if together >= policy.MATCH_COSINE:
        assert first_cosine >= policy.MATCH_COSINE - 1e-6
        assert second_cosine >= own - 1e-5


@pytest.mark.parametrize("where", [0, 127, 128, 639, 640, 641])
def test_what_is_no_number_is_no_score(where):
    fine, spoilt = both(unit(128, 1), unit(512, 1)), both(unit(128, 1), unit(512, 1))
    spoilt[where] = np.nan
    assert not agreement(spoilt, fine) >= policy.FRAME_COSINE
    assert not agreement(spoilt, middle([fine, spoilt])) >= policy.FRAME_COSINE


def test_vectors_of_two_kinds_are_not_compared():
    with pytest.raises(ValueError, match=r"size|shape|mismatch|align"):
        agreement(unit(128, 1).astype(np.float32), both(unit(128, 1), unit(512, 1)))


def test_a_mean_is_made_for_each_recogniser_and_keeps_the_stricter_limit():
    one, other = both(unit(128, 1), unit(512, 2), 0.3), both(unit(128, 3), unit(512, 4), 0.4)
    mean = middle([one, other])
    assert np.linalg.norm(mean[:128]) == pytest.approx(1, abs=1e-6)
    assert np.linalg.norm(mean[128:640]) == pytest.approx(1, abs=1e-6)
    assert mean[640:].tolist() == pytest.approx([0.4, policy.MATCH_COSINE])


def test_a_track_is_the_persons_only_if_both_say_so():
    template = both(unit(128, 1), unit(512, 1))

    def track(*vectors):
        samples = tuple(Sample(0.0, vector, 40.0) for vector in vectors)
        return Tracked(1, 0, (0, 0, 9, 9), None, samples).score(template, policy.FRAME_COSINE)

    assert track(template, template) >= policy.MATCH_COSINE
    assert track(template, both(unit(128, 1), -unit(512, 1))) == -1
    assert track(template, both(-unit(128, 1), unit(512, 1))) == -1


# --- behind the gate -------------------------------------------------------------------------------------------------


def no(gate, pixels):
    with pytest.raises(Refusal) as refusal:
        gate.match(photo(pixels))
    return refusal.value.code


def test_both_recognisers_must_agree(own, notary, ledger):
    mine, dark = draw("ada", seed=1), (draw("ada", seed=1) * 0.45).astype(np.uint8)
    plain = gate_of("ada", notary, ledger)
    assert plain.match(photo(mine)).score >= policy.MATCH_COSINE
    assert plain.match(photo(dark)).score >= policy.MATCH_COSINE
    stranger = no(plain, draw("bram", seed=1))
    own(standins.arcface(steep=6.0))  # to it a face is its brightness
    gate = gate_of("ada", notary, ledger)
    assert policy.MATCH_COSINE <= gate.match(photo(mine)).score <= plain.match(photo(mine)).score
    assert no(gate, dark) == "not-you", "the second says no"
    assert no(gate, draw("bram", seed=1)) == stranger == "not-you", "the second says yes, and that helps nobody"


def test_a_second_that_knows_nobody_lets_nobody_through(own, notary, ledger):
    own(standins.arcface(noisy=True))
    assert no(gate_of("ada", notary, ledger), draw("ada", seed=1)) == "not-you"


@pytest.mark.parametrize("spoilt", ["missing", "altered", "swapped", "registry", "looser", "unknown", "list"])
def test_an_added_model_that_cannot_be_used_lets_nobody_in(own, notary, ledger, spoilt):
    row = own(standins.arcface())
    file, table = added.folder() / row.file, added.folder() / "registry.json"
    rows = json.loads(table.read_text())
    if spoilt == "missing":
        file.unlink()
    elif spoilt == "altered":
        file.write_bytes(file.read_bytes()[:-1] + b"\0")
    elif spoilt == "swapped":
        file.write_bytes(standins.arcface(steep=0.0))
    elif spoilt == "registry":
        table.write_text("{")
    else:
        change = {"looser": {"limit": 0.1}, "unknown": {"trusted": True}, "list": {"limit": [0.3]}}[spoilt]
        table.write_text(json.dumps({"arcface": rows["arcface"] | change}))
    with pytest.raises(Fault) as fault:
        gate_of("ada", notary, ledger)
    assert fault.value.code in {"weights-missing", "weights-altered", "own-models-broken"}


def test_a_network_that_does_not_answer_as_it_did_is_a_fault(own, monkeypatch):
    own(standins.arcface())
    real = arcface.probe
    monkeypatch.setattr(arcface, "probe", lambda *a, **k: real(*a, **k) + 0.1)
    with pytest.raises(Fault, match="model-wrong"):
        Recognisers(policy.MATCH_COSINE)


# --- as insightface runs it ------------------------------------------------------------------------------------------


@pytest.fixture
def theirs(tmp_path):
    """insightface's own classes, on a file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from insightface.model_zoo.arcface_onnx import ArcFaceONNX

    def opened(data):
        (tmp_path / "m.onnx").write_bytes(data)
        return ArcFaceONNX(str(tmp_path / "m.onnx"))

    return opened


@pytest.mark.parametrize("raw", [False, True])
def test_the_vector_is_the_one_that_insightface_makes(own, theirs, face, raw):
    import onnx

    names = ["Sub_0", "Mul_1"] if raw else ["", ""]
    more = [
        onnx.helper.make_node("Identity", ["input.1"], ["a"], name=names[0]),
        onnx.helper.make_node("Identity", ["a"], ["b"], name=names[1]),
    ]
    data = standins.arcface(steep=0.1 if raw else 4.0, grey=110 if raw else 0, more=more)
    row = own(data)
    assert row.raw is raw
    seen = theirs(data).get_feat(cv2.cvtColor(chip(*face), cv2.COLOR_RGB2BGR)).ravel()
    mine = arcface.Arcface(row).embed(*face)
    assert mine == pytest.approx(seen / np.linalg.norm(seen), abs=1e-6)


def test_colours_go_in_as_rgb():
    crop = np.zeros((112, 112, 3), np.uint8)
    crop[..., 0] = 255
    assert blob(crop, raw=False)[0, :, 5, 5].tolist() == pytest.approx([1, -1, -1])
    assert blob(crop, raw=True)[0, :, 5, 5].tolist() == [255, 0, 0]


def test_graphics_cards_come_first_and_no_server_ever():
    cards = ["AzureExecutionProvider", "CPUExecutionProvider", "CUDAExecutionProvider"]
    assert runtime.providers(cards) == ["CUDAExecutionProvider", "CPUExecutionProvider"]
    assert runtime.providers([]) == ["CPUExecutionProvider"]


def test_a_card_that_does_not_answer_is_no_reason_to_stop(own, monkeypatch):
    import onnxruntime

    real = onnxruntime.InferenceSession

    def session(data, options, providers):
        if "CUDAExecutionProvider" in providers:
            raise RuntimeError("no driver")
        return real(data, options, providers=providers)

    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CUDAExecutionProvider"])
    monkeypatch.setattr(onnxruntime, "InferenceSession", session)
    assert runtime.Runtime("m", standins.arcface()).providers == ("CPUExecutionProvider",)
