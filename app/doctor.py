"""A check-up of the installation: what is needed, what is there, and how to mend what is not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from app.home import Home
from app.stamp.keyfile import is_twice
from app.stamp.keys import keys, where
from app.stamp.signer import Signer
from consent.errors import Fault, Refusal
from models.added import ARCFACE, added, own_weights
from models.arcface import Arcface
from models.load import registry, weights

PACKAGES: Final = (
    "opencv-python",
    "ai-edge-litert",
    "numpy",
    "av",
    "gradio",
    "websockets",
    "c2pa-python",
    "cryptography",
    "keyring",
    "pillow",
    "typer",
)
MEND: Final = "Run `make setup` in a checkout, or install selfsame again."


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        what: its name.
        seen: what was found.
        fine: whether that is as it should be.
        remedy: what to do if not.
    """

    what: str
    seen: str
    fine: bool
    remedy: str = ""


def findings(home: Path | None = None) -> Iterator[Finding]:
    """Look at everything, in the order in which things are needed.

    Args:
        home: the installation's folder; None for the usual one.
    """
    python = ".".join(map(str, sys.version_info[:3]))
    yield Finding("Python", python, sys.version_info >= (3, 11), "Use Python 3.11 or newer.")
    for package in PACKAGES:
        try:
            yield Finding(package, version(package), fine=True)
        except PackageNotFoundError:
            yield Finding(package, "not installed", fine=False, remedy=MEND)
    for name, model in registry()[0].items():
        try:
            size = len(weights(name))
        except Fault as fault:
            yield Finding(f"model {model.file}", fault.reason, fine=False, remedy=fault.remedy)
        else:
            yield Finding(f"model {model.file}", f"{size / 1e6:.1f} MB, right", fine=True)
    yield from _own()
    yield from _home(home)
    yield _memory()
    yield _camera()
    yield from _fonts()


def _own() -> Iterator[Finding]:
    """The models that the user added: whether they are the ones, and answer as they did."""
    try:
        rows = added().values()
    except Fault as fault:
        yield Finding("your own models", fault.reason, fine=False, remedy=fault.remedy)
        return
    for row in rows:
        what = f"your model {row.file}"
        try:
            if row.name == ARCFACE:
                Arcface(row)
            size = len(own_weights(row))
        except Fault as fault:
            yield Finding(what, fault.reason, fine=False, remedy=fault.remedy)
        else:
            limit = f", limit {row.limit:.2f} ({row.calibrated or 'published'})" if row.name == ARCFACE else ""
            seen = f"{size / 1e6:.1f} MB, as it was added; {row.known or 'not known here'}; NON-COMMERCIAL{limit}"
            yield Finding(what, seen, fine=True)


def _home(path: Path | None) -> Iterator[Finding]:
    try:
        home = Home.open(path)
        yield Finding("folder", f"{home.root}, closed to others", fine=True)
        signer = Signer.open(home.keys)
        yield Finding("stamping key", f"certificate {signer.certificate_sha256[:16]}, {where(signer)}", fine=True)
        for file in filter(is_twice, keys(home.keys)):
            remedy = "Say `selfsame key keyring` or `selfsame key file`."
            yield Finding("stamping key", f"in {file.name} and in the keyring, too", fine=False, remedy=remedy)
        yield Finding("log", f"{len(home.open_ledger().entries())} decisions, unbroken", fine=True)
    except (Refusal, Fault) as fault:
        yield Finding("folder, key and log", fault.reason, fine=False, remedy=fault.remedy)


def _memory() -> Finding:
    memory = Path("/dev/shm")  # noqa: S108 - only asked whether it is there
    there = memory.is_dir() and os.access(memory, os.W_OK)
    seen = "in memory" if there else "on disk: this system has no /dev/shm (nothing is meant to be written there)"
    return Finding("temporary folder", seen, fine=True)


def _camera() -> Finding:
    """The browser uses the camera, not this program, so a missing one is a hint and no fault."""
    if not sys.platform.startswith("linux"):
        return Finding("camera", "the browser will ask for it", fine=True)
    found = sorted(Path("/dev").glob("video*"))
    if not found:
        seen = "none seen here; the browser needs one for the live check (without: the demo person, in step 2)"
        return Finding("camera", seen, fine=True)
    names = ", ".join(path.name for path in found)
    if not any(os.access(path, os.R_OK | os.W_OK) for path in found):
        remedy = "Join the group of /dev/video0: sudo usermod -aG video $USER, then log in again."
        return Finding("camera", f"{names}, but this user may not use it", fine=False, remedy=remedy)
    return Finding("camera", names, fine=True)


def _fonts() -> Iterator[Finding]:
    """The label brings its own font; the page uses the system's, and Chinese needs one that has the characters."""
    own = sorted(path.name for path in (Path(__file__).parent / "stamp").glob("*.otf"))
    yield Finding("label font", ", ".join(own) or "missing", fine=bool(own), remedy=MEND)
    finder = shutil.which("fc-list")
    if finder is None:
        return
    told = subprocess.run([finder, ":lang=zh", "family"], capture_output=True, text=True, check=False)  # noqa: S603
    some = told.stdout.strip().partition("\n")[0].partition(",")[0]
    yield Finding("Chinese font", some or "none: the page in Chinese needs one, such as Noto Sans CJK", fine=True)
