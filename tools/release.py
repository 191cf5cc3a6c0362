"""Make, sign and check a release: `python -m tools.release make|sign|check DIR`.

`make` builds from a fresh clone of what is committed, so nothing of a working folder gets in; `sign` takes a key of the
releaser's own (`ssh-keygen -t ed25519`), which is kept nowhere in the project; `check` needs what anybody has.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Final

from tools.sbom import ROOT

SUMS: Final = "SHA256SUMS"
SPACE: Final = "selfsame-release"
"""What the signature is for; OpenSSH calls it a namespace."""


def _run(*command: str, at: Path | None = None, environ: dict[str, str] | None = None, given: bytes = b"") -> bytes:
    done = subprocess.run(  # noqa: S603 - the commands below alone
        command, cwd=at, env={**os.environ, **(environ or {})}, input=given, capture_output=True, check=False
    )
    if done.returncode:
        sys.exit(f"{command[0]} {command[1]}: {(done.stderr or done.stdout).decode(errors='replace').strip()[-800:]}")
    return done.stdout


def make(out: Path) -> None:
    """Write wheel, sdist, lock, SBOM and their sums; the time in the archives is that of the commit."""
    out.mkdir(parents=True, exist_ok=True)
    if any(out.iterdir()):
        sys.exit(f"{out} is not empty.")
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "selfsame"
        _run("git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(clone))
        when = _run("git", "log", "-1", "--format=%ct", at=clone).decode().strip()
        at = {"SOURCE_DATE_EPOCH": when, "PYTHONHASHSEED": "0"}
        _run(sys.executable, "-m", "build", "--outdir", str(out.absolute()), str(clone), environ=at)
        for path in out.glob("*.tar.gz"):
            path.write_bytes(repacked(path.read_bytes(), int(when)))
        (out / "requirements.lock").write_bytes((clone / "requirements.lock").read_bytes())
        (out / "NOTICE").write_bytes((clone / "NOTICE").read_bytes())
        (out / "sbom.cdx.json").write_bytes(_run(sys.executable, "-m", "tools.sbom", at=clone))
        (out / "COMMIT").write_bytes(_run("git", "rev-parse", "HEAD", at=clone))
    (out / SUMS).write_text(sums(out), encoding="utf-8")


def repacked(data: bytes, when: int) -> bytes:
    """The same archive with one time and no owner, so that the same commit gives the same bytes."""
    out = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as old,
        gzip.GzipFile(fileobj=out, mode="wb", filename="", mtime=when) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as new,
    ):
        for one in sorted(old.getmembers(), key=lambda member: member.name):
            one.mtime, one.uid, one.gid, one.uname, one.gname, one.pax_headers = when, 0, 0, "", "", {}
            new.addfile(one, old.extractfile(one))
    return out.getvalue()


def sums(out: Path) -> str:
    """SHA-256 of every file but the sums and their signature, as `sha256sum` prints it."""
    names = sorted(path.name for path in out.iterdir() if path.is_file() and not path.name.startswith(SUMS))
    return "".join(f"{hashlib.sha256((out / name).read_bytes()).hexdigest()}  {name}\n" for name in names)


def sign(out: Path, key: Path) -> None:
    """Write `SHA256SUMS.sig`. The sums must be true first."""
    _true(out)
    (out / f"{SUMS}.sig").unlink(missing_ok=True)
    _run("ssh-keygen", "-Y", "sign", "-f", str(key.absolute()), "-n", SPACE, SUMS, at=out)


def check(out: Path, signers: Path, who: str) -> None:
    """Pass a release whose files are those that were signed by one of `signers`."""
    _true(out)
    command = ["-Y", "verify", "-f", str(signers.absolute()), "-I", who, "-n", SPACE, "-s", f"{SUMS}.sig"]
    _run("ssh-keygen", *command, at=out, given=(out / SUMS).read_bytes())


def _true(out: Path) -> None:
    if (out / SUMS).read_text(encoding="utf-8") != sums(out):
        sys.exit(f"The files of {out} are not those of its {SUMS}.")


def main(arguments: list[str] | None = None) -> None:
    """Run one of the three."""
    parser = argparse.ArgumentParser(prog="python -m tools.release", description=__doc__)
    what = parser.add_subparsers(dest="what", required=True)
    for name in ("make", "sign", "check"):
        one = what.add_parser(name)
        one.add_argument("out", type=Path)
        if name == "sign":
            one.add_argument("--key", type=Path, required=True, help="a private key of ssh-keygen")
        if name == "check":
            one.add_argument("--signers", type=Path, required=True, help="lines of: NAME ssh-ed25519 AAAA...")
            one.add_argument("--who", required=True, help="the NAME that must have signed")
    given = parser.parse_args(arguments)
    if given.what == "make":
        make(given.out)
    elif given.what == "sign":
        sign(given.out, given.key)
    else:
        check(given.out, given.signers, given.who)
    sys.stdout.write(f"{given.what}: {given.out} is right.\n")


if __name__ == "__main__":
    main()
