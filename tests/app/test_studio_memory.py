"""What My data says of the memory, and when memory is given back."""

import inspect
import re

import pytest

from app.engines.age import AgeOptions
from app.studio import memory
from app.studio.data import memory as told
from app.studio.play import _handler
from app.studio.strings import TABLES
from consent.gate import Gate
from tests.app.studio_helpers import my_picture, put, seated, sit_down

pytestmark = pytest.mark.long

# The tests of this file share one studio and one browser, and run in order.


@pytest.fixture(scope="module")
def studio(tmp_path_factory, gate):
    return seated(tmp_path_factory.mktemp("home"), gate)


def pictures(visitor):
    """What is said of the pictures that are held."""
    return told(visitor, 1000.0).split("Your pictures</dt>")[1].split("</dd>")[0].rpartition(">")[2]


def test_a_picture_that_was_taken_away_is_held_and_told_while_a_result_shows_it(studio):
    _, desk, _, client, visitor = studio
    assert pictures(visitor) == "nothing"
    desk.live(visitor, "source")  # not an upload: it belongs to the face
    put(client, "target", my_picture())
    desk.look(visitor, "target")
    desk.make(visitor, AgeOptions(years=25))
    assert pictures(visitor).startswith("1 (")
    _handler(desk)(visitor, {"do": "clear", "side": "target"})
    assert pictures(visitor).startswith("1 ("), "the picture before stands beside the one after"
    visitor.results.clear()
    assert pictures(visitor) == "nothing"


def test_nothing_of_a_picture_that_was_taken_away_stays_for_previews(studio):
    _, desk, _, client, visitor = studio
    put(client, "target", my_picture())
    picture = desk.look(visitor, "target")
    visitor.small = (picture.number, picture.match)
    _handler(desk)(visitor, {"do": "clear", "side": "source"})
    assert visitor.small is not None
    _handler(desk)(visitor, {"do": "clear", "side": "target"})
    assert visitor.small is None


def test_memory_is_given_back_whichever_way_a_session_ends(studio, gate, monkeypatch):
    _, desk, time, _, visitor = studio
    given = []
    monkeypatch.setattr(memory, "give_back", lambda: given.append(1))
    for end in (visitor.wipe, lambda: desk.withdraw(visitor), lambda: setattr(time, "now", time.now + 10**6)):
        sit_down(desk, visitor, gate)
        desk.sweep()
        assert not given
        end()
        desk.sweep()
        desk.sweep()
        assert given == [1]
        given.clear()


@pytest.mark.parametrize("language", TABLES)
def test_every_decision_of_the_gate_is_told_in_words(language):
    """My data lists them; one without words would stand there as the log has it."""
    events = set(re.findall(r'_decision\("([a-z]+)"', inspect.getsource(Gate)))
    assert {"match", "follow", "release"} <= events
    wanted = {f"data_log_{event}{end}" for event in events for end in ("", "-refused")}
    assert wanted <= TABLES[language].keys()
