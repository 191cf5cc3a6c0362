"""What several files of these tests stand on."""

import pytest

from consent.liveness import recorder
from consent.types import Action
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
