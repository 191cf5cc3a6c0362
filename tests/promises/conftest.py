"""One studio for all attacks, and one gate each for the people they need."""

from __future__ import annotations

import pytest

from tests.promises.stage import gate_of, studio_at


@pytest.fixture(scope="session")
def studio(tmp_path_factory):
    with studio_at(tmp_path_factory.mktemp("studio")) as running:
        yield running


@pytest.fixture(scope="session")
def ada(notary, ledger):
    """Ada's gate, whose clock stands still."""
    return gate_of("ada", notary, ledger)
