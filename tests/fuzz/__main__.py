"""`python -m tests.fuzz [--seconds N] [--out FOLDER] [TARGET...]`: try every reader, or those named.

With coverage guidance where atheris is installed (`pip install atheris`; it has wheels for Linux on x86-64 alone, so it
stands in no lock), else by random changes. Code 1 when there was a finding; inputs that break stay in the folder.
"""

from __future__ import annotations

import argparse
import importlib.util
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.fuzz import plain
from tests.fuzz.targets import TARGETS, once

ROOT = Path(__file__).resolve().parents[2]


def guided(name, seconds, out):
    """(executions, what was found) by atheris."""
    words = [sys.executable, "-m", "tests.fuzz.guided", name, str(seconds), str(out / name)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)
    units = re.search(r"number_of_executed_units:\s*(\d+)", done.stderr)
    cover = re.findall(r"cov: (\d+)", done.stderr)
    found = "" if done.returncode == 0 else done.stderr.strip()[-1500:]
    print(f"{name:<10} {units[1] if units else '?':>10} executions, guided, edges {cover[-1] if cover else '?'}")
    return found


def random_changes(name, seconds, out):
    """The same by random changes."""
    target, seeds, ends, number = TARGETS[name], TARGETS[name].seeds(), time.monotonic() + seconds, 0
    while time.monotonic() < ends:
        data = plain.changed(seeds, number)
        error = once(target, data)
        if error is not None:
            out.mkdir(parents=True, exist_ok=True)
            (out / f"{name}-{number}").write_bytes(data)
            return f"{type(error).__name__}: {error} (number {number})"
        number += 1
    print(f"{name:<10} {number:>10} executions, random")
    return ""


def main():
    """Try them one after the other."""
    asked = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    asked.add_argument("targets", nargs="*", choices=[[], *TARGETS], metavar="TARGET")
    asked.add_argument("--seconds", type=int, default=60, help="for each target")
    asked.add_argument("--out", type=Path, default=Path(tempfile.gettempdir()) / "selfsame-fuzz")
    given = asked.parse_args()
    way = guided if importlib.util.find_spec("atheris") else random_changes
    wrong = 0
    for name in given.targets or TARGETS:
        found = way(name, given.seconds, given.out)
        if found:
            wrong += 1
            print(f"{name:<10} FOUND\n{found}")
    raise SystemExit(1 if wrong else 0)


if __name__ == "__main__":
    main()
