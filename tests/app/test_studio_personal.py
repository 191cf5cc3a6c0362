"""The personal model on the Play page: files in, frames through the gate, learnt or trained, drawn, and gone."""

import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import codec, personal
from app import film as films
from app.engines._personaltraining import _BROKEN
from app.film_out import encode
from app.studio import lessons, personal_panel, pictures
from app.studio.curves import curves
from app.studio.data import memory
from app.studio.lessons import Lesson, far
from app.studio.strings import say
from app.verify import Verdict, verify
from consent.enrolment import enrol
from consent.errors import Fault, Refusal
from consent.receipt import Consent
from consent.types import Purpose
from tests.app.reel_helpers import shown as posed
from tests.app.studio_helpers import visited
from tests.conftest import EVERYTHING, checked_again
from tests.promises.stage import draw, sat

pytestmark = pytest.mark.long

PORT = 7995


def routes(api, desk):
    api.include_router(lessons.routes(desk))
    api.include_router(pictures.routes(desk))


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    return visited(PORT, tmp_path_factory.mktemp("home"), routes)


def sit_down(studio, purposes=tuple(Purpose)):
    desk, visitor = studio.desk, studio.visitor
    said = Consent(frozenset(purposes), adult=True, myself=True, language="en", version="test", text="I agree.")
    clock = desk.store.clock
    receipt = desk.notary.sign(said, clock)
    visitor.agreed(receipt)
    visitor.open(enrol(checked_again(sat("ada"), clock), receipt, desk.ledger, clock), receipt)
    visitor.language = "en"


@pytest.fixture
def seated(studio):
    """Ada has agreed and passed the check; nothing is learnt of her."""
    if studio.visitor.gate is None or set(studio.visitor.gate.purposes) != set(EVERYTHING.purposes):
        sit_down(studio)
    if studio.visitor.lesson is not None:
        studio.visitor.lesson.close()
        studio.visitor.lesson = None
    studio.visitor.results.clear()
    studio.visitor.pictures.clear()
    return studio


def put(studio, look, data):
    return studio.client.put(f"/studio/personal/{look}", content=data)


def jpeg(name, **changes):
    return codec.encode(draw(name, **changes), "jpeg", 92)


def reel(names):
    return encode([posed(name, n % 8) for n, name in enumerate(names)], films.Timing.even(len(names)))


def happened(studio, **detail):
    personal_panel._happened(studio.desk, studio.visitor, detail)


def told(studio):
    return personal_panel.shown(studio.visitor)


def test_only_the_persons_frames_are_kept_and_the_others_are_told(seated):
    assert told(seated).count("data-drop=") == 2
    assert put(seated, "now", jpeg("ada", yaw=5.0)).status_code == 204
    assert put(seated, "now", jpeg("bram")).status_code == 204
    found = seated.visitor.lesson.looks["now"]
    assert (len(found.frames), found.refused) == (1, {"not-you": 1})
    assert "Frames of you: 1. Left out: not you 1." in told(seated)
    assert put(seated, "then", reel(["ada"] * 6 + ["bram"] * 6)).status_code == 204
    then = seated.visitor.lesson.looks["then"]
    assert (len(then.frames), then.refused) == (6, {"not-you": 6})
    assert "After frame 6 of 12" in told(seated), "a film that shows somebody else half way is said so"
    assert "What is learnt of your face</dt><dd class=here>7 " in memory(seated.visitor, seated.desk.store.clock())
    happened(seated, do="empty", side="then")
    assert seated.visitor.lesson.looks["then"].frames == ()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "not-a-picture"),
        (b"\x00\x00\x00\x18ftypmp42" + bytes(40), "no-video"),
        (b"\xff\xd8\xff", "broken-picture"),
    ],
)
def test_what_cannot_be_read_is_said_and_nothing_is_kept(seated, data, code):
    assert put(seated, "then", data).status_code == 204
    assert code in seated.visitor.lesson.no.code
    assert 'class="card no"' in told(seated)
    assert seated.visitor.lesson.looks["then"].frames == ()
    assert put(seated, "then", jpeg("ada")).status_code == 204
    assert seated.visitor.lesson.no is None


def test_there_is_an_end_to_what_is_held(seated, monkeypatch):
    assert put(seated, "now", jpeg("ada")).status_code == 204
    known = seated.visitor.lesson
    monkeypatch.setattr(personal, "MOST_HELD", sum(one.pixels.nbytes for one in known.looks["now"].frames))
    before = known.looks["now"]
    put(seated, "now", jpeg("ada", yaw=5.0))
    assert known.looks["now"] is before
    assert "more than a gigabyte" in told(seated)
    seated.visitor.language = "zh"
    assert "1 GB" in told(seated)
    seated.visitor.language = "en"


def test_doors_that_there_are_not(seated):
    assert put(seated, "other", b"x").status_code == 404
    assert seated.client.get("/studio/personal").json()["state"] == ""
    assert seated.client.get("/studio/personal/abcd/0").status_code == 404
    for detail in ({"do": "train", "network": "mine"}, {"do": "pause"}, {"do": "stop"}, {"do": "empty", "side": "x"}):
        happened(seated, **detail)
    assert seated.visitor.lesson.model is None
    with pytest.raises(Refusal, match="no picture to change"):
        happened(seated, do="draw")


@pytest.mark.parametrize("missing", [Purpose.MODEL, Purpose.SWAP])
def test_both_must_have_been_agreed_to(studio, missing):
    sit_down(studio, [one for one in Purpose if one is not missing])
    assert say("personal_off") in told(studio)
    assert put(studio, "now", jpeg("ada")).status_code == 409
    for do in ("learn", "train", "draw"):
        with pytest.raises(Refusal, match="purpose-not-agreed"):
            happened(studio, do=do, network="light")
    assert studio.visitor.lesson is None


def test_learnt_in_seconds_drawn_on_a_picture_and_forgotten(seated):
    happened(seated, do="learn")
    assert "Your model is ready" in told(seated)
    assert "a model" in memory(seated.visitor, seated.desk.store.clock())
    seated.client.put("/studio/picture/target", content=jpeg("ada", yaw=8.0, seed=4))
    assert say("personal_draw_text") in told(seated)
    seated.desk.look(seated.visitor, "target")
    assert say("personal_draw_text") not in told(seated)
    happened(seated, do="draw")
    (result,) = seated.visitor.results.values()
    assert result.name.startswith("selfsame-personal-")
    report = verify(result.stamped.data, seated.desk.anchors)
    assert (report.verdict, report.statement.source_origin) == (Verdict.OURS, "live")
    put(seated, "now", jpeg("ada", yaw=5.0))
    happened(seated, do="learn")
    happened(seated, do="empty", side="now")
    happened(seated, do="draw")
    report = verify(list(seated.visitor.results.values())[-1].stamped.data, seated.desk.anchors)
    assert report.statement.source_origin == "photo", "what taught it is said, whatever was taken away since"
    happened(seated, do="forget")
    with pytest.raises(Refusal, match="model-not-ready"):
        happened(seated, do="draw")


def trained(studio, monkeypatch, first=0.0):
    """A network in training whose first look at what it draws comes at once."""
    monkeypatch.setattr(lessons, "FIRST", first)
    for look in lessons.LOOKS:
        put(studio, look, reel(["ada"] * 21))
    happened(studio, do="train", network="light")
    return studio.visitor.lesson.training


def until(true):
    ends = time.monotonic() + 120
    while not true() and time.monotonic() < ends:
        time.sleep(0.05)
    assert true()


def test_a_training_is_told_looked_at_and_ends_with_the_session(seated, monkeypatch):
    with pytest.raises(Refusal, match="too-few-frames-to-train"):
        happened(seated, do="train", network="light")
    training = trained(seated, monkeypatch)
    lesson = seated.visitor.lesson
    until(lambda: lesson.shown)
    happened(seated, do="pause")
    now = seated.client.get("/studio/personal").json()
    assert now["state"] == "paused"
    assert "Mean error" in now["curves"]
    assert 'data-personal="paused"' in told(seated)
    assert "Go on" in told(seated)
    for url in now["shown"]:
        assert verify(seated.client.get(url).content, seated.desk.anchors).verdict is Verdict.OURS
    assert seated.client.get(f"/studio/personal/{lesson.mark}/9").status_code == 404
    happened(seated, do="resume")
    assert training.told().state == "running"
    happened(seated, do="stop")
    assert 'data-personal="stopped"' in told(seated)
    seated.visitor.withdraw()
    assert (seated.visitor.lesson, training.told().state) == (None, "forgotten")
    assert (lesson.model, lesson.shown, lesson.looks["now"].frames) == (None, (), ())
    assert training.source is None
    assert seated.client.get(now["shown"][0]).status_code == 404


def test_nothing_that_was_being_read_comes_back_after_the_end(seated):
    put(seated, "now", jpeg("ada"))
    lesson = seated.visitor.lesson
    lesson.close()
    lesson.read("now", jpeg("ada"))
    assert lesson.looks["now"].frames == ()
    lesson.learn()
    assert lesson.model is None


def test_of_two_that_are_learnt_at_once_the_later_alone_is_left(seated, monkeypatch):
    first = trained(seated, monkeypatch, first=math.inf)
    happened(seated, do="learn")
    assert first.told().state == "forgotten"
    seated.visitor.lesson._keep(second := begun_again(seated))
    assert seated.visitor.lesson.training is second
    seated.visitor.lesson.forget()
    assert second.told().state == "forgotten"


def begun_again(studio):
    """A training that another request began meanwhile."""
    looks = studio.visitor.lesson.looks
    return lessons.begin(studio.visitor.gate, looks["now"], looks["then"], threads=1)


def test_what_breaks_is_said_and_leaves_no_half_model(seated, monkeypatch):
    training = trained(seated, monkeypatch, first=math.inf)
    training._fail(Refusal(*_BROKEN))
    assert "The training broke" in told(seated)
    assert told(seated).count("data-drop=") == 2
    training.forget()

    def broken(*_, **__):
        raise RuntimeError("no space")

    monkeypatch.setattr(lessons, "previews", broken)
    trained(seated, monkeypatch)
    lesson = seated.visitor.lesson
    until(lambda: lesson.no is not None)
    assert isinstance(lesson.no, Fault)
    assert lesson.model is None
    assert 'class="card fault"' in told(seated)


def test_without_a_session_there_is_nothing(studio):
    studio.visitor.wipe()
    assert told(studio) == ""
    assert put(studio, "now", jpeg("ada")).status_code == 409
    assert far(None, "en") == {"state": "", "text": "", "curves": "", "shown": []}


LOSS = st.floats(-1e3, 1e3) | st.sampled_from([math.nan, math.inf, -math.inf])


@given(st.lists(st.tuples(st.floats(0, 1e6), LOSS), max_size=400))
def test_a_curve_stays_in_its_frame(points):
    points.sort(key=lambda point: point[0])
    drawn = curves({"mae": tuple(points)}, "en")
    assert bool(drawn) == any(math.isfinite(value) for _, value in points)
    for pair in drawn.partition('points="')[2].partition('"')[0].split():
        x, y = map(float, pair.split(","))
        assert 0 <= x <= 200
        assert 0 <= y <= 56
    assert "nan" not in drawn


def test_a_lesson_begins_with_nothing(gate):
    assert Lesson(gate).trouble is None


def test_what_was_learnt_takes_the_sources_place(seated):
    from app.engines.personal import PersonalOptions
    from app.engines.swap import SwapOptions
    from app.studio.play import _handler
    from app.studio.stage import slot

    assert 'data-do="learnt"' not in slot(seated.visitor, "source")
    happened(seated, do="learn")
    assert 'data-do="learnt"' in slot(seated.visitor, "source")
    _handler(seated.desk)(seated.visitor, {"do": "learnt", "side": "source"})
    assert say("personal_used") in slot(seated.visitor, "source")
    assert say("personal_used_text") in told(seated)
    seated.client.put("/studio/picture/target", content=jpeg("ada", yaw=8.0, seed=4))
    seated.desk.look(seated.visitor, "target")
    result = seated.desk.make(seated.visitor, SwapOptions(amount=0.5))
    statement = verify(result.stamped.data, seated.desk.anchors).statement
    assert (statement.engine, statement.parameters["amount"]) == ("personal-atlas 1", 0.5)
    put(seated, "now", jpeg("ada", yaw=5.0))
    assert say("personal_again") in told(seated)
    before = seated.visitor.lesson.model
    put(seated, "now", b"no picture")
    assert say("personal_draw") in told(seated), "a file that is none takes nothing away"
    assert "not a picture" in told(seated)
    happened(seated, do="learn")
    assert seated.visitor.lesson.model.frames == before.frames + 1
    assert seated.visitor.pictures["source"].match is seated.visitor.lesson.model.source is not None
    _, options = seated.desk.wanted(seated.visitor, seated.visitor.gate, SwapOptions(), "live")
    assert options == PersonalOptions(seated.visitor.lesson.model)
    happened(seated, do="forget")
    assert "source" not in seated.visitor.pictures
    with pytest.raises(Refusal, match="source"):
        seated.desk.make(seated.visitor, SwapOptions())


def test_a_photo_in_the_sources_place_stays_when_what_was_learnt_goes(seated):
    happened(seated, do="learn")
    seated.desk.live(seated.visitor, "source")
    happened(seated, do="forget")
    assert "source" in seated.visitor.pictures
    with pytest.raises(Refusal, match="model-not-ready"):
        happened(seated, do="use")


def test_what_is_gone_is_not_swapped_by(seated):
    from app.engines.swap import SwapOptions

    happened(seated, do="learn")
    happened(seated, do="use")
    seated.visitor.lesson.forget()
    with pytest.raises(Refusal, match="model-forgotten"):
        seated.desk.wanted(seated.visitor, seated.visitor.gate, SwapOptions(), "live")
