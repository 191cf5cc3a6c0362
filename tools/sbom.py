"""What a release consists of, as CycloneDX 1.6: `python -m tools.sbom > sbom.cdx.json`.

Made of the lock, `tools/licences.toml` and `models/registry.toml` alone, so the same checkout gives the same bytes on
every machine. Libraries inside the packages' wheels are not in it: `NOTICE` names those that matter.
"""

from __future__ import annotations

import json
import sys
import tomllib
import uuid
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]
LOCKS: Final = {"program": "requirements.lock", "development": "requirements-dev.lock"}
_SPACE: Final = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")  # RFC 9562: of URLs


def locked(name: str) -> dict[str, str]:
    """Version by package of one lock: `program` or `development`."""
    lines = (ROOT / LOCKS[name]).read_text(encoding="utf-8").splitlines()
    rows = [line.split(";")[0].strip() for line in lines if line.strip() and not line.startswith("#")]
    return {row.split("==")[0]: row.split("==")[1] for row in rows}


def licences() -> dict[str, dict[str, str]]:
    """SPDX expression by package, by lock."""
    return tomllib.loads((ROOT / "tools" / "licences.toml").read_text(encoding="utf-8"))


def _library(package: str, version: str, licence: str) -> dict[str, Any]:
    purl = f"pkg:pypi/{package.lower().replace('_', '-').replace('.', '-')}@{version}"
    return {
        "type": "library",
        "bom-ref": purl,
        "name": package,
        "version": version,
        "licenses": [{"expression": licence}],
        "purl": purl,
    }


def _weights(name: str, row: dict[str, str], packages: dict[str, dict[str, str]]) -> dict[str, Any]:
    return {
        "type": "machine-learning-model",
        "bom-ref": f"weights:{name}",
        "name": row["file"],
        "description": f"{row['does']} ({row['origin']}; taken out of {packages[row['package']]['requirement']})",
        "hashes": [{"alg": "SHA-256", "content": row["sha256"]}],
        "licenses": [{"license": {"id": row["licence"]}}],
    }


def sbom() -> dict[str, Any]:
    """The whole document."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    registry = tomllib.loads((ROOT / "models" / "registry.toml").read_text(encoding="utf-8"))
    known = licences()["program"]
    parts = [_library(package, version, known[package]) for package, version in sorted(locked("program").items())]
    parts += [_weights(name, row, registry["package"]) for name, row in sorted(registry["model"].items())]
    own = _library(project["name"], project["version"], project["license"]) | {"type": "application"}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(_SPACE, json.dumps([own, parts], sort_keys=True))}",
        "version": 1,
        "metadata": {"component": own},
        "components": parts,
        "dependencies": [{"ref": own["bom-ref"], "dependsOn": [part["bom-ref"] for part in parts]}],
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(sbom(), indent=1) + "\n")
