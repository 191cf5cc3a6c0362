"""A film on the Play page: handed in, changed beside everything else, stopped, gone with the session."""

import time
from types import SimpleNamespace

import pytest

from app.engines.age import AgeOptions
from app.reel import Progress
from app.studio import films, films_panel, pictures, sessions, strings_films
from app.studio.films import Job, counted, far
from app.studio.strings import TABLES
from app.verify import Verdict, verify
from consent.enrolment import enrol
from consent.errors import Refusal
from consent.types import Purpose
from tests.app.film_helpers import film as drawn_film
from tests.app.reel_helpers import cut
from tests.app.studio_helpers import visited
from tests.conftest import EVERYTHING, checked_again
from tests.promises.stage import sat

PORT = 7996
OLDER = AgeOptions(years=30)


def routes(api, desk):
    api.include_router(films.routes(desk))
    api.include_router(pictures.routes(desk))


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    return visited(PORT, tmp_path_factory.mktemp("home"), routes)


@pytest.fixture
def seated(studio):
    """Ada has agreed and passed the check; her table is empty."""
    desk, visitor = studio.desk, studio.visitor
    if visitor.gate is None:
        clock, receipt = desk.store.clock, desk.notary.sign(EVERYTHING, desk.store.clock)
        visitor.agreed(receipt)
        visitor.open(enrol(checked_again(sat("ada"), clock), receipt, desk.ledger, clock), receipt)
    visitor.film = None
    visitor.results.clear()
    return studio


def put(studio, data):
    return studio.client.put("/studio/film", content=data)


def finished(job):
    ends = time.monotonic() + 120
    while job.is_running and time.monotonic() < ends:
        time.sleep(0.02)
    return job


def test_a_film_goes_in_and_comes_out_stamped(seated):
    visitor, desk, client = seated.visitor, seated.desk, seated.client
    assert 'data-drop="/studio/film"' in films_panel.shown(visitor)
    assert put(seated, cut().data).status_code == 204
    assert "480 x 360, 0:00 minutes, 13 frames" in films_panel.shown(visitor)
    job = visitor.film
    job.begin(desk, visitor, OLDER, visitor.gate.live()[0])
    assert client.get("/studio/film").json()["running"] or not job.is_running
    with pytest.raises(Refusal, match="no-film"):
        job.begin(desk, visitor, OLDER, visitor.gate.live()[0])
    finished(job)
    assert job.no is None
    assert client.get("/studio/film").json() == {"running": False, "share": 0, "text": ""}
    shown = films_panel.shown(visitor)
    assert "Your film is ready" in shown
    assert f"{job.last.changed} of 13 frames were changed. Left as they were: not you 3, no face 2" in shown
    (key,) = visitor.results
    answer = client.get(f"/studio/result/{key}?save=1")
    assert answer.headers["content-type"] == "video/mp4"
    assert verify(answer.content, desk.anchors).verdict is Verdict.OURS


def test_it_can_be_stopped(seated, monkeypatch):
    put(seated, cut().data)
    job = seated.visitor.film
    monkeypatch.setattr(films, "far", lambda *_: job.stop() or {"running": True, "share": 0, "text": ""})
    job.begin(seated.desk, seated.visitor, OLDER, seated.visitor.gate.live()[0])
    seated.client.get("/studio/film")
    finished(job)
    assert job.no.code == "stopped"
    assert not seated.visitor.results
    assert job.film is not None, "it can be started again"


def test_a_session_that_ends_takes_it_along(seated):
    put(seated, cut().data)
    job, visitor = seated.visitor.film, seated.visitor
    job.begin(seated.desk, visitor, OLDER, visitor.gate.live()[0])
    seated.desk.withdraw(visitor)
    assert (visitor.film, job.film) == (None, None)
    finished(job)
    assert job.no.code in {"stopped", "session-withdrawn"}
    assert job.no.__traceback__ is None, "it would keep the film and the face"
    assert not visitor.results


def test_a_film_that_cannot_be_read(seated):
    assert put(seated, drawn_film()[:-500]).status_code == 204
    shown = films_panel.shown(seated.visitor)
    assert "cut short" in shown
    assert "data-drop" in shown
    seated.visitor.language = "zh"
    assert "影片不完整" in films_panel.shown(seated.visitor)
    seated.visitor.language = "en"


def test_nothing_before_the_check_or_without_agreement(studio, seated):
    less = SimpleNamespace(purposes=frozenset(Purpose) - {Purpose.VIDEO})
    with pytest.raises(Refusal, match="purpose-not-agreed"):
        films.place(seated.visitor, less, cut().data)
    studio.visitor.wipe()
    assert films_panel.shown(studio.visitor) == ""
    assert put(studio, cut().data).status_code == 409
    assert studio.visitor.film is None


def test_too_many_bytes_are_not_taken(seated, monkeypatch):
    monkeypatch.setattr(films, "MAX_FILM", 1000)
    assert put(seated, bytes(2000)).status_code == 413


def test_a_film_that_outlasts_the_session_is_not_begun_for_nothing(seated, monkeypatch):
    told = []

    def change(*_, tell, **__):
        for done in range(1, 300):
            tell(Progress(10**6, done, 0, done, {}, done / 10**6, 10**5))
            told.append(done)

    monkeypatch.setattr(films, "change_film", change)
    put(seated, cut().data)
    job = seated.visitor.film
    job.begin(seated.desk, seated.visitor, OLDER, seated.visitor.gate.live()[0])
    assert finished(job).no.code == "film-outlasts-session"
    assert len(told) == 99


def test_what_breaks_is_said(seated, monkeypatch, caplog):
    monkeypatch.setattr(films, "change_film", lambda *_, **__: 1 / 0)
    put(seated, cut().data)
    job = seated.visitor.film
    job.begin(seated.desk, seated.visitor, OLDER, seated.visitor.gate.live()[0])
    assert finished(job).no.code == "film-broke"
    assert "card fault" in films_panel.shown(seated.visitor)


@pytest.mark.parametrize("language", TABLES)
def test_how_far_it_is(language):
    job = Job(is_running=True)
    assert far(job, language)["text"]
    job.now = Progress(100, 40, 0, 30, {"not-you": 7, "several-things": 3}, 0.36, 75.4)
    assert far(job, language)["share"] == 0.36
    assert "36" in far(job, language)["text"]
    assert "1:15" in far(job, language)["text"]
    said = counted(job.now, language)
    assert TABLES[language]["film_left_other"] in said
    assert said.index("7") < said.index("3", said.index("7"))
    assert far(None, language) == {"running": False, "share": 0, "text": ""}


def test_both_tables_have_the_same_words():
    assert set(strings_films.EN) == set(strings_films.ZH)


def test_the_button_follows_the_film():
    visitor = SimpleNamespace(film=None)
    assert not films_panel._can_begin(visitor)
    visitor.film = Job(film=cut())
    assert films_panel._can_begin(visitor)
    visitor.film.is_running = True
    assert not films_panel._can_begin(visitor)
    films_panel._happened(visitor, {"do": "stop"})
    assert visitor.film._stopped.is_set()
    films_panel._happened(visitor, {"do": "clear"})
    assert visitor.film is None
    films_panel._happened(visitor, {"do": "stop"})


def test_old_results_give_way_to_large_ones(seated, monkeypatch):
    monkeypatch.setattr(sessions, "MOST_BYTES", 100)
    visitor = seated.visitor
    for number, size in enumerate((40, 50, 60, 500)):
        visitor.keep(visitor.gate, SimpleNamespace(stamped=SimpleNamespace(data=bytes(size))), str(number))
        assert list(visitor.results) == [["0"], ["0", "1"], ["2"], ["3"]][number]
