"""A decision that cannot be logged is not made."""

import numpy as np
import pytest

from app import flow
from consent import attempts
from consent.enrolment import enrol
from consent.errors import Fault
from consent.ledger import Ledger
from consent.types import Photo, Purpose
from tests.conftest import EVERYTHING, checked_again
from tests.promises.stage import Clock, draw, gate_of, sat


@pytest.fixture
def log(tmp_path, notary):
    return Ledger(tmp_path / "ledger.db", notary.key)


def code(call, *args):
    with pytest.raises(Fault) as caught:
        call(*args)
    return caught.value.code


def broken(log):
    log._path.write_bytes(b"no log\n" * 100)


def locked(log):
    log._path.unlink()
    log._path.mkdir()


@pytest.mark.parametrize(("harm", "said"), [(broken, "log-broken"), (locked, "log-unusable")])
def test_without_a_log_the_gate_gives_nothing(log, notary, harm, said):
    gate = gate_of("ada", notary, log)
    mine, stranger = Photo(draw("ada", seed=8)), Photo(draw("gita", seed=4))
    match = gate.match(mine)
    grant, spare = (gate.grant(match, match, Purpose.AGE) for _ in range(2))
    draft = gate.redeem(spare, Purpose.AGE).draft(np.zeros_like(mine.pixels), "none", {})
    harm(log)
    for call, *args in (
        (gate.match, mine),
        (gate.match, stranger),
        (gate.grant, match, match, Purpose.AGE),
        (gate.grant, match, match, Purpose.AGE, (Purpose.AGE,)),
        (gate.redeem, grant, Purpose.AGE),
        (gate.redeem, spare, Purpose.AGE),
        (gate.release, draft),
        (attempts.begin, log),
    ):
        assert code(call, *args) == said
    assert code(gate.withdraw) == said
    assert gate._template is None


def test_without_a_log_nobody_is_enrolled(log, notary):
    broken(log)
    clock = Clock()
    live = checked_again(sat("ada"), clock)
    assert code(enrol, live, notary.sign(EVERYTHING, clock), log, clock) == "log-broken"
    child = checked_again(sat("ada"), clock, years=8.0)
    assert code(enrol, child, notary.sign(EVERYTHING, clock), log, clock) == "log-broken", "nor is a refusal lost"


def test_a_refused_check_that_cannot_be_logged_is_a_fault_too(log, notary):
    broken(log)
    recorder = flow.liveness.Recorder(attempts.draw(Clock()))
    assert code(flow.admit, recorder.capture(), notary.sign(EVERYTHING), log) == "log-broken"
