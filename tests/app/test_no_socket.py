"""Stamping and verifying open no socket, whatever a file asks for: the kernel would end the process at the first."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.app.stamp_helpers import C2PA_EKU, EMAIL_EKU, certificate, settings, sign

NOWHERE = "http://127.0.0.1:9"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path):
    """Files that name servers: of the manifest, of revocation lists."""
    (tmp_path / "remote.bin").write_bytes(sign(settings(), remote=f"{NOWHERE}/manifest.c2pa"))
    key, chain, root = certificate(C2PA_EKU, EMAIL_EKU, ocsp=f"{NOWHERE}/ocsp")
    under = settings()
    under["trust"]["user_anchors"] = root
    (tmp_path / "revocation.bin").write_bytes(sign(under, sign_with=key, chain=chain))
    return tmp_path


def run(folder, what):
    words = [sys.executable, "-m", "tests.app.no_socket", str(folder), what]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def whole(done):
    assert done.returncode == 0, done.stderr
    return done.stdout.split("\n")


def test_stamping_and_reading_back(tmp_path):
    assert whole(run(tmp_path, "stamp"))[0] in {"by the kernel", "in Python only"}


def test_files_that_name_servers(folder):
    assert whole(run(folder, "verify"))[:2] == ["remote no-manifest", "revocation selfsame-elsewhere"]


def test_the_kernel_would_notice(folder):
    """With the library's own settings the same file makes it connect, and that ends the process."""
    done = run(folder, "carelessly")
    if "in Python only" in done.stdout:
        pytest.skip("no filter of system calls here: what native code does is not seen")
    assert done.returncode == -signal.SIGSYS


def test_python_would_notice(tmp_path):
    done = run(tmp_path, "python")
    assert "refused" in done.stdout or done.returncode == -signal.SIGSYS
