"""What all tests share. Timings belong in benchmarks, so no example has a deadline."""

from __future__ import annotations

import os
import tempfile

import pytest
from hypothesis import HealthCheck, settings

from app import flow
from app.home import Home
from app.notary import open_notary
from app.stamp.signer import Signer
from consent.errors import Refusal
from consent.ledger import Ledger
from consent.receipt import Consent, Notary
from consent.types import LIVE_SEAL, Action, Assurance, LiveCapture, LiveFrame, Once, Purpose
from tests.booth import Booth

os.environ["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=/nonexistent"  # nobody's keyring is written to by a test

settings.register_profile(
    "selfsame",
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("selfsame")

EVERYTHING = Consent(frozenset(Purpose), adult=True, myself=True, language="en", version="test", text="I agree.")


@pytest.fixture(scope="session")
def home(tmp_path_factory) -> Home:
    """A home for the whole run."""
    return Home.open(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def ledger(home) -> Ledger:
    return home.open_ledger()


@pytest.fixture(scope="session")
def signer(home) -> Signer:
    return Signer.open(home.keys)


@pytest.fixture(scope="session")
def notary(home) -> Notary:
    return open_notary(home.keys / "receipts.pem")


def checked_again(frames, clock, years=40.0):
    """A live capture of frames a gate has matched, sealed as liveness seals it, as if the check had been done again.

    For what comes after the check; the check itself has its own tests.
    """
    return LIVE_SEAL.put(LiveCapture(tuple(frames), years, b"", Assurance.MOTION, clock(), Once(), b""))


def frames_of(gate, resting=7):
    """What a gate's own live matches were made of, with so many of those at rest: each costs time to enrol."""
    rest = [m for m in gate.live() if m.action is Action.CENTRE][:resting]
    asked = [m for m in gate.live() if m.action is not Action.CENTRE]
    return [LiveFrame(m.pixels, m.face, m.action) for m in (*rest, *asked)]


def meet(name, notary, ledger, **rest):
    """A person's camera and gate: like anyone, they try again when the check says no, at most three times."""
    for seed in range(3):
        booth = Booth(name, fps=8, seed=seed, **rest)
        try:
            return booth, flow.meet(booth, notary.sign(EVERYTHING, booth.clock), ledger, booth.clock)
        except Refusal as refusal:
            last = refusal
    raise last


@pytest.fixture(scope="session")
def elsewhere(tmp_path_factory):
    """Where files could be left by mistake while Ada is met: `tests/promises/test_no_traces.py` looks there."""
    return tmp_path_factory.mktemp("elsewhere")


def away(patch, folder):
    """Make `folder` the working and the home folder, and the one for temporary files."""
    for name in ("HOME", "TMPDIR", "TEMP", "TMP", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        patch.setenv(name, str(folder))
    patch.setattr(tempfile, "tempdir", str(folder))
    patch.chdir(folder)


@pytest.fixture(scope="session")
def met(notary, ledger, elsewhere):
    """Ada, verified live by the real check and known to the real gate: (her camera, her gate)."""
    with pytest.MonkeyPatch.context() as patch:
        away(patch, elsewhere)
        return meet("ada", notary, ledger)


@pytest.fixture(scope="session")
def booth(met) -> Booth:
    return met[0]


@pytest.fixture(scope="session")
def gate(met):
    return met[1]
