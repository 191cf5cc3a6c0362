"""The types refuse misuse before it runs: mypy finds an error in every wrong line."""

import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[1]


def test_mypy_refuses_every_misuse():
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            "--strict",
            "--no-error-summary",
            "--hide-error-context",
            str(HERE / "misuse.py"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    refused = {int(n) for n in re.findall(r"misuse\.py:(\d+): error", done.stdout)}
    lines = (HERE / "misuse.py").read_text(encoding="utf-8").splitlines()
    first = next(i for i, line in enumerate(lines, 1) if line.strip() == "# WRONG")
    wrong = set(range(first + 1, len(lines) + 1))
    assert len(wrong) >= 12
    assert refused == wrong, done.stdout + done.stderr
