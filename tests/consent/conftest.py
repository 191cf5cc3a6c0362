"""What several files of these tests stand on."""

import shutil

import pytest

from consent.ledger import Ledger
from consent.liveness import recorder
from consent.types import Action
from tests.consent.logbook import CONSENT, KEY, ROWS, SESSION
from tests.consent.told import Told


@pytest.fixture
def no_networks(monkeypatch):
    """The recorder loads none, for none is asked where what it sees is told to it."""
    for name in ("Finder", "Recogniser", "AgeEstimator"):
        monkeypatch.setattr(recorder, name, lambda name=name: name)


@pytest.fixture
def turning(no_networks):
    """At rest, and then asked to turn left."""
    told = Told((Action.TURN_LEFT, Action.NOD))
    return told.until(1)


@pytest.fixture
def log(tmp_path):
    return Ledger(tmp_path / "ledger.db", KEY)


@pytest.fixture(scope="session")
def kept(tmp_path_factory):
    """A log of a few rows, to be copied, and what it looked like after each row."""
    folder = tmp_path_factory.mktemp("kept") / "log"
    folder.mkdir()
    log = Ledger(folder / "ledger.db", KEY)
    for number in range(ROWS):
        shutil.copytree(folder, folder.with_name(f"after-{number}"), dirs_exist_ok=True)
        log.record("match-refused", SESSION, "not-you", "swap", CONSENT)
    shutil.copytree(folder, folder.with_name(f"after-{ROWS}"))
    return folder


@pytest.fixture
def copy(kept, tmp_path_factory):
    """Makes a fresh copy of the log as it was after so many rows."""

    def made(rows=ROWS):
        folder = tmp_path_factory.mktemp("copy")
        shutil.copytree(kept.with_name(f"after-{rows}"), folder, dirs_exist_ok=True)
        return Ledger(folder / "ledger.db", KEY)

    return made
