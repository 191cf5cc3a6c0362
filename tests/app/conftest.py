"""What several tests of the commands share."""

import contextlib

import pytest

from app.studio import landing


@pytest.fixture
def door(gate, monkeypatch, tmp_path):
    """The camera check, passed already: what was asked for."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    asked = []

    @contextlib.contextmanager
    def passed(home, purposes, *_):
        asked.append(purposes)
        yield gate

    monkeypatch.setattr(landing, "live_gate", passed)
    return asked
