"""Hash, then open: the exact files or nothing."""

import hashlib
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from models import load
from models.errors import Fault

NAMES = sorted(load.registry()[0])


@pytest.mark.parametrize("name", NAMES)
def test_every_model_is_the_pinned_one(name):
    model = load.registry()[0][name]
    assert hashlib.sha256(load.weights(name)).hexdigest() == model.sha256
    assert model.file.endswith((".onnx", ".tflite", ".binarypb"))
    assert model.licence in {"MIT", "Apache-2.0", "CC0-1.0"}
    assert model.package in load.registry()[1]


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """The weights in a folder of their own, so that the real ones stay as they are."""
    shutil.copytree(load.WEIGHTS, tmp_path / "weights")
    monkeypatch.setattr(load, "WEIGHTS", tmp_path / "weights")
    return tmp_path / "weights"


@pytest.mark.parametrize("name", NAMES)
def test_a_changed_bit_is_a_fault_that_names_the_file_and_the_remedy(elsewhere, name):
    model = load.registry()[0][name]
    data = bytearray((elsewhere / model.file).read_bytes())
    data[len(data) // 2] ^= 1
    (elsewhere / model.file).write_bytes(data)
    with pytest.raises(Fault) as caught:
        load.weights(name)
    assert caught.value.code == "weights-altered"
    assert model.file in caught.value.reason
    assert "python -m models.fetch" in caught.value.remedy


def test_a_missing_file_is_a_fault_at_the_next_load(elsewhere):
    load.net("identity")
    (elsewhere / load.registry()[0]["identity"].file).unlink()
    with pytest.raises(Fault) as caught:
        load.net("identity")
    assert caught.value.code == "weights-missing"


def test_an_empty_file_is_a_fault(elsewhere):
    (elsewhere / load.registry()[0]["mesh"].file).write_bytes(b"")
    with pytest.raises(Fault):
        load.Lite("mesh")


def test_networks_that_are_opened_at_once_leave_standard_error_where_it_was(capfd):
    """A session opens its own: two that begin together must not silence the program for good."""
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: load.Lite("iris"), range(60)))
    os.write(2, b"still heard")
    assert "still heard" in capfd.readouterr().err


def test_a_network_is_opened_without_a_standard_error():
    program = "import os; os.close(2); from models import load; load.Lite('iris'); print('opened')"
    done = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, check=True, cwd=load.HERE.parent)
    assert done.stdout == b"opened\n"


@pytest.mark.parametrize("name", ["mesh", "iris", "person"])
@pytest.mark.parametrize("constant", [0.0, 1.0, float("nan")])
def test_a_network_that_says_the_same_of_everything_is_a_fault(monkeypatch, name, constant):
    real = load.Lite.see
    monkeypatch.setattr(
        load.Lite, "see", lambda self, crop: {k: np.full_like(v, constant) for k, v in real(self, crop).items()}
    )
    with pytest.raises(Fault) as caught:
        load.Lite(name)
    assert caught.value.code == "model-wrong"
