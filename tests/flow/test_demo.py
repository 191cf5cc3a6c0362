"""`selfsame demo` as a person runs it: pictures that verify, labelled DEMO PERSON, and no way in."""

import ast
import io
import json
import os
import pathlib
import subprocess
import sys

import encypher_c2pa
import numpy as np
import pytest
from PIL import Image

from app.stamp import label

pytestmark = pytest.mark.long

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    done = subprocess.run(
        [sys.executable, "-m", "app", "demo", "--out", str(folder / "out"), "--json"],
        cwd=ROOT,
        env={**os.environ, "XDG_DATA_HOME": str(folder / "data")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, json.loads(done.stdout.strip().splitlines()[-1])


def test_every_file_verifies_here_and_elsewhere(run):
    folder, report = run
    assert len(report["files"]) == 6
    assert all(f["verdict"] == "ours" for f in report["files"])
    anchor = (folder / "out" / "anchor.pem").read_text()
    for row in report["files"]:
        theirs = encypher_c2pa.verify(
            str(folder / "out" / row["file"]), trust_pem=anchor, no_default_trust=True, telemetry=False, online=False
        )
        assert theirs["integrity"] == "valid"


def test_every_picture_says_demo_person(run):
    folder, report = run
    for row in report["files"]:
        data = (folder / "out" / row["file"]).read_bytes()
        found = label.find(np.asarray(Image.open(io.BytesIO(data)).convert("RGB")))
        assert found.demo
        assert b"demo" in data


def test_what_must_not_work_did_not(run):
    codes = [r["code"] for r in run[1]["refused"]]
    assert codes == ["not-you", "not-you", "other-world", "other-world", "bad-mark"]


def test_only_the_report_and_stamped_pictures_are_left(run):
    folder, report = run
    names = {p.name for p in (folder / "out").iterdir()}
    assert names == {"report.html", "anchor.pem", *(f["file"] for f in report["files"])}
    kept = [p for p in (folder / "data").rglob("*") if p.is_file()]
    assert kept
    assert not [p for p in kept if p.read_bytes()[:4] in (b"\x89PNG", b"\xff\xd8\xff\xe0", b"RIFF")]


def test_the_demo_takes_no_picture_from_outside():
    tree = ast.parse((ROOT / "tests" / "demo.py").read_text(encoding="utf-8"))
    names = {getattr(n, "id", getattr(n, "attr", "")) for n in ast.walk(tree)}
    assert not names & {"open_image", "imread", "media", "read", "argv", "environ", "Unmarked"} - {"read_bytes"}


def test_without_a_checkout_the_command_says_so(tmp_path):
    code = "from app import cli; cli.measure.__file__ = '/nowhere/app/cli/it.py'; raise SystemExit(cli.run(['demo']))"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "not in the installed package" in done.stderr
    assert "Traceback" not in done.stderr
