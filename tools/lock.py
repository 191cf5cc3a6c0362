"""The lock with the SHA-256 of every file, for this platform: `python -m tools.lock > requirements.hashed.lock`.

pip itself says which files it would take, and from where; nothing is installed. Wheels differ from platform to
platform, so such a lock holds for one, and is made where it is used. Then:

    pip install --require-hashes --no-deps --requirement requirements.hashed.lock
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from tools.sbom import LOCKS, ROOT


def hashed(report: dict[str, Any]) -> str:
    """The lines of a lock, out of what `pip install --dry-run --report` says.

    Raises:
        ValueError: a file has no SHA-256.
    """
    lines = []
    for one in report["install"]:
        digest = one["download_info"].get("archive_info", {}).get("hashes", {}).get("sha256")
        name, version = one["metadata"]["name"], one["metadata"]["version"]
        if not digest:
            raise ValueError(f"{name} has no SHA-256")
        lines.append(f"{name.lower().replace('_', '-')}=={version} --hash=sha256:{digest}")
    return "\n".join(sorted(lines)) + "\n"


def main() -> None:
    """Ask pip, and print."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed", "--no-deps"]
    command += ["--only-binary=:all:", "--report", "-", "--requirement", str(ROOT / LOCKS["program"])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own python's pip
    if done.returncode:
        sys.exit(done.stderr.strip()[-800:])
    sys.stdout.write(hashed(json.loads(done.stdout)))


if __name__ == "__main__":
    main()
