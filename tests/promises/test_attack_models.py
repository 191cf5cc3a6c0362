"""A model that is missing, altered, or gives nonsense: nothing is let through, and nothing half-done is left behind.

What a model *gives* is broken here; the gate itself is the real one.
"""

import dataclasses
import shutil

import cv2
import numpy as np
import pytest

from app import cli, flow
from app.engines.age import AgeOptions
from consent.errors import Fault, Refusal
from models import load
from models.age import AgeEstimator
from models.faces import Detection, Finder
from models.identity import Recogniser
from tests.promises.stage import Clock, draw, gate_of, photo

NAN, INF = np.nan, np.inf
ANY = (Refusal, Fault, cv2.error, ValueError, TypeError, IndexError, AttributeError, RuntimeError)
"""Whatever it is, nothing may come back."""


def raising(*_, **__):
    raise RuntimeError("the model broke")


def giving(value):
    return lambda *_, **__: value


VECTORS = {
    "nan": np.full(128, NAN), "one nan": np.r_[NAN, np.ones(127)], "inf": np.full(128, INF), "-inf": np.full(128, -INF),
    "zeros": np.zeros(128), "empty": np.zeros(0), "short": np.ones(64), "long": np.ones(129), "none": None,
    "one number": np.float64(1e30), "huge": np.full(128, 1e300), "text": "x",
}  # fmt: skip
YEARS = {"nan": NAN, "-inf": -INF, "zero": 0.0, "negative": -5.0, "none": None, "text": "40"}


def refused(gate, ledger):
    """Neither a match nor anything after it; the log says nothing of a match."""
    before = len(ledger.entries())
    with pytest.raises(ANY):
        gate.match(photo(draw("ada", seed=1)))
    with pytest.raises(ANY):
        gate.match(photo(draw("gita", seed=1)))
    said = [e["event"] for e in ledger.entries()[before:]]
    assert not {"match", "grant", "redeem", "release"} & set(said)


@pytest.mark.parametrize("name", VECTORS)
def test_a_recogniser_that_gives_nonsense_lets_nobody_in(ada, ledger, monkeypatch, name):
    with np.errstate(all="ignore"):
        monkeypatch.setattr(Recogniser, "_run", giving(VECTORS[name]))
        refused(ada, ledger)


@pytest.mark.parametrize("name", YEARS)
def test_an_age_that_is_none_lets_nobody_in(ada, ledger, monkeypatch, name):
    monkeypatch.setattr(AgeEstimator, "years", giving(YEARS[name]))
    refused(ada, ledger)


@pytest.mark.parametrize(("model", "part"), [
    (Recogniser, "_run"), (Recogniser, "embed"), (AgeEstimator, "years"), (Finder, "detect"), (Finder, "measure"),
    (Finder, "_mesh"), (Finder, "_detect"),
])  # fmt: skip
def test_a_model_that_raises_lets_nobody_in_and_the_gate_goes_on(ada, ledger, monkeypatch, model, part):
    with monkeypatch.context() as broken:
        broken.setattr(model, part, raising)
        refused(ada, ledger)
    assert ada.match(photo(draw("ada", seed=1)))


def whole(value):
    """A detection whose every number is `value`."""
    return Detection((value,) * 4, np.full((5, 2), value), value)


@pytest.mark.parametrize("found", [(), (whole(NAN),), (whole(INF),), (whole(0.0),), (whole(-1e9),), (None,), None])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_detector_that_gives_nonsense_lets_nobody_in(ada, ledger, monkeypatch, found):
    monkeypatch.setattr(Finder, "detect", giving(found))
    refused(ada, ledger)


@pytest.mark.parametrize("mesh", [np.full((468, 3), NAN), np.zeros((468, 3)), np.full((468, 3), 1e7)])
@pytest.mark.parametrize("score", [1.0, NAN])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_mesh_that_is_nonsense_lets_nobody_in(ada, ledger, monkeypatch, mesh, score):
    monkeypatch.setattr(Finder, "_mesh", giving((mesh, score)))
    refused(ada, ledger)


@pytest.mark.parametrize("shift", [(0.7, 0.0), (0.0, 0.7), (-2.0, 0.0)])
def test_a_mesh_beside_the_face_that_was_found_lets_nobody_in(ada, ledger, monkeypatch, shift):
    """Else one face would be compared, and what lies beside it changed."""
    real = Finder.measure

    def beside(self, image, detection):
        face = real(self, image, detection)
        moved = face.mesh + np.array([*shift, 0]) * max(face.box[2:])
        return dataclasses.replace(face, mesh=moved)

    monkeypatch.setattr(Finder, "measure", beside)
    refused(ada, ledger)


@pytest.mark.parametrize("field", ["pose", "eye_distance", "sharpness", "brightness", "points", "mesh"])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_measure_that_is_no_number_lets_nobody_in(ada, ledger, monkeypatch, field):
    real = Finder.measure

    def broken(self, image, detection):
        face = real(self, image, detection)
        old = getattr(face, field)
        new = dataclasses.replace(old, yaw=NAN) if field == "pose" else old * NAN
        return dataclasses.replace(face, **{field: new})

    monkeypatch.setattr(Finder, "measure", broken)
    if field == "eye_distance":  # told apart by its size from eyes to chin
        with pytest.raises(ANY):
            ada.match(photo(draw("gita", seed=1)))
    else:
        refused(ada, ledger)


# --- at enrolment ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", VECTORS)
def test_nobody_enrols_with_a_recogniser_that_gives_nonsense(notary, ledger, monkeypatch, name):
    draw("ada", seed=1)
    with np.errstate(all="ignore"):
        monkeypatch.setattr(Recogniser, "_run", giving(VECTORS[name]))
        with pytest.raises(ANY):
            gate_of("ada", notary, ledger)


def test_nobody_enrols_with_a_recogniser_that_takes_everyone_for_the_same(notary, ledger, monkeypatch):
    """Every face would match the template: the network is asked about two patterns that it must tell apart."""
    monkeypatch.setattr(Recogniser, "_run", giving(np.linspace(-1, 1, 128)))
    with pytest.raises(Fault, match="model-wrong"):
        gate_of("ada", notary, ledger)


def test_nobody_enrols_with_an_age_network_that_knows_one_age(notary, ledger, monkeypatch):
    monkeypatch.setattr(AgeEstimator, "_likely", giving(np.eye(81)[40]))
    with pytest.raises(Fault, match="model-wrong"):
        gate_of("ada", notary, ledger)


# --- files -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def weights(tmp_path, monkeypatch):
    """The weight files, in a folder where they may be spoilt."""
    for path in load.WEIGHTS.iterdir():
        (tmp_path / path.name).symlink_to(path)
    monkeypatch.setattr(load, "WEIGHTS", tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", ["identity", "age", "detector", "mesh", "iris"])
@pytest.mark.parametrize("spoilt", ["missing", "altered", "cut", "another"])
def test_a_weight_file_that_is_not_the_right_one_is_a_fault(notary, ledger, weights, name, spoilt):
    from tests.promises.stage import sat

    sat("ada")  # seen before the files were spoilt
    file = weights / load.registry()[0][name].file
    data = file.read_bytes()
    file.unlink()
    if spoilt == "altered":
        file.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    elif spoilt == "cut":
        file.write_bytes(data[: len(data) // 2])
    elif spoilt == "another":
        shutil.copy(load.WEIGHTS / load.registry()[0]["person" if name != "person" else "age"].file, file)
    with pytest.raises(Fault, match="weights-missing" if spoilt == "missing" else "weights-altered"):
        gate_of("ada", notary, ledger, Clock())


def test_the_doctor_names_the_missing_file(weights, capsys, tmp_path_factory, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
    (weights / load.registry()[0]["identity"].file).unlink()
    assert cli.run(["doctor"]) == 1
    assert load.registry()[0]["identity"].file in capsys.readouterr().out


def test_the_engines_own_models_missing_leave_nothing(ada, signer, weights, ledger):
    for file in list(weights.iterdir()):
        file.unlink()
    match = ada.match(photo(draw("ada", seed=1)))
    before = len(ledger.entries())
    try:
        stamped = flow.make(ada, match, match, AgeOptions(years=10), signer)
    except (Fault, Refusal):
        assert "release" not in [e["event"] for e in ledger.entries()[before:]]
    else:  # this engine had opened what it needs, or needs none
        assert stamped.report.label is not None
