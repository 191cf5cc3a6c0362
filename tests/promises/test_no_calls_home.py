"""Nothing that is loaded reports to its maker: not one file of it is written, whatever the environment says."""

import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
PLACES = ("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME")
LOADED = {
    "every network": "from models.faces import Finder; Finder()\nfrom models.identity import Recogniser; Recogniser()",
    "what runs models of the user's own": "import models.runtime, onnxruntime",
}


def left_behind(tmp_path, code, **environment):
    """The files that a process leaves anywhere it is told to keep things."""
    places = dict.fromkeys(PLACES, str(tmp_path))
    own = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env={**own, **places, **environment}, check=True)
    return sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file())


@pytest.mark.parametrize("what", list(LOADED))
@pytest.mark.parametrize("environment", [{}, {"ORT_DISABLE_TELEMETRY": "0"}])
def test_nothing_is_written_by_what_is_loaded(tmp_path, what, environment):
    assert left_behind(tmp_path, LOADED[what], **environment) == []


def test_else_it_would_be(tmp_path):
    """So that the tests above are known to look where it is: without us, ONNX Runtime does write."""
    if not left_behind(tmp_path, "import onnxruntime", ORT_DISABLE_TELEMETRY="0"):
        pytest.skip("This build of ONNX Runtime reports nothing.")
