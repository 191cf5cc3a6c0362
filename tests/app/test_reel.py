"""Films through the real gate, the engine that plays and the stamp: who is changed, who is not, and how it ends."""

import dataclasses
import io
import itertools
import threading

import av
import numpy as np
import pytest

from app import film as films
from app import reel
from app.engines.age import AgeOptions
from app.engines.combine import CombineOptions
from app.engines.express import ExpressOptions
from app.engines.swap import SwapOptions
from app.reel import change_film
from app.verify import Verdict, verify
from consent.errors import Refusal
from consent.types import Purpose
from tests.app.film_helpers import sound_packets
from tests.app.reel_helpers import MINE, NOBODY, THEIRS, TIMES, cut, opened, together
from tests.conftest import EVERYTHING
from tests.promises.stage import gate_of

pytestmark = pytest.mark.long

OLDER = AgeOptions(years=30)


@pytest.fixture(scope="module")
def made(gate, signer):
    """The cut film, made older, and what was told on the way."""
    told = []
    return change_film(gate, gate.live()[0], cut(), OLDER, signer, tell=told.append), told


def test_a_film_goes_the_whole_way(made, signer):
    stamped, _ = made
    report = verify(stamped.data, [signer.anchor_pem])
    assert (report.verdict, report.label.purpose) == (Verdict.OURS, "age")
    finished = films.read(stamped.data)
    assert finished.timing.times == TIMES.times, "each frame at its time"
    assert finished.timing.seconds == cut().timing.seconds
    assert sound_packets(stamped.data) == sound_packets(cut().data) != []
    with av.open(io.BytesIO(stamped.data)) as opened_again:
        assert not {"title", "location", "comment"} & set(opened_again.metadata)


def test_frames_are_counted_by_what_became_of_them(made):
    stamped, told = made
    last, parameters = told[-1], dict(stamped.report.statement.parameters)
    assert (last.frames, last.done, last.looked_at, last.share) == (13, 13, 13, 1.0)
    assert last.changed + sum(last.left_alone.values()) == 13
    assert last.changed >= 6, "Ada is seen in eight frames"
    assert last.left_alone["not-you"] >= len(THEIRS)
    assert last.left_alone["no-face"] == len(NOBODY)
    assert (parameters["frames"], parameters["frames_changed"]) == (13, last.changed)
    counts = {name.removeprefix("left_").replace("_", "-"): n for name, n in parameters.items() if "left_" in name}
    assert counts == last.left_alone


def test_a_film_that_outlasts_the_session_is_refused_early():
    now = reel.Progress(1000, 100, 0, 100, {}, 0.1, 60.0)
    reel.check_time(now, 60.0)
    reel.check_time(dataclasses.replace(now, done=99), 59.0)
    reel.check_time(dataclasses.replace(now, left=None), 59.0)
    with pytest.raises(Refusal, match="film-outlasts-session"):
        reel.check_time(now, 59.0)


def test_progress_never_goes_back(made):
    _, told = made
    shares = [one.share for one in told]
    assert all(0 < a <= b + 0.05 for a, b in itertools.pairwise(shares))
    assert [one.done + one.looked_at for one in told] == sorted(one.done + one.looked_at for one in told)
    assert told[0].left is None
    assert told[-1].left == pytest.approx(0.0)


def test_strangers_stay_to_the_bit(gate, monkeypatch):
    """Before the label and the watermark: of the frames with Bram alone nothing, of those with both his half."""
    for number, (_, item) in enumerate(opened(gate, cut(), OLDER, monkeypatch)):
        if number in (*THEIRS, *NOBODY):
            assert isinstance(item, Refusal)
    changed = 0
    for pixels, item in opened(gate, together(), OLDER, monkeypatch):
        if isinstance(item, Refusal):
            continue
        half = pixels.shape[1] // 2
        assert np.array_equal(item.original, pixels)
        assert np.array_equal(item.pixels[:, half:], pixels[:, half:]), "Bram's half"
        changed += not np.array_equal(item.pixels[:, :half], pixels[:, :half])
    assert changed >= 2


@pytest.mark.parametrize(
    ("options", "purpose"),
    [
        (SwapOptions(), "swap"),
        (CombineOptions(swap=SwapOptions(), age=OLDER, express=ExpressOptions(smile=0.5)), "swap+age+express"),
    ],
)
def test_every_engine(gate, signer, options, purpose):
    stamped = change_film(gate, gate.live()[0], cut(), options, signer)
    assert (stamped.report.verdict, stamped.report.statement.purpose) == (Verdict.OURS, purpose)


def refused(make):
    with pytest.raises(Refusal) as caught:
        make()
    assert not [one for one in threading.enumerate() if one.name == "ahead"], "no thread goes on"
    return caught.value


@pytest.mark.parametrize("frames", [1, 16])
def test_it_can_be_stopped_at_any_frame(gate, signer, frames):
    """At the first, and while the finished film is looked at."""
    told = []
    no = refused(
        lambda: change_film(
            gate, gate.live()[0], cut(), OLDER, signer, tell=told.append, stop=lambda: len(told) == frames
        )
    )
    assert (no.code, len(told)) == ("stopped", frames)


def test_ctrl_c_ends_every_thread(gate, signer):
    def pressed(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        change_film(gate, gate.live()[0], cut(), OLDER, signer, tell=pressed)
    assert not [one for one in threading.enumerate() if one.name == "ahead"]


@pytest.mark.parametrize("frames", [4, 15])
def test_withdrawn_in_mid_film(notary, ledger, signer, frames):
    gate, told = gate_of("ada", notary, ledger), []

    def tell(now):
        told.append(now)
        if len(told) == frames:
            gate.withdraw()

    no = refused(lambda: change_film(gate, gate.live()[0], cut(), OLDER, signer, tell=tell))
    assert no.code == "session-withdrawn"


def test_a_film_of_somebody_else(gate, signer):
    frames = list(cut().frames())[THEIRS.start : THEIRS.stop]
    theirs = films.read(reel_encoded(frames))
    no = refused(lambda: change_film(gate, gate.live()[0], theirs, OLDER, signer))
    assert no.code == "nothing-changed"
    assert Refusal.of("not-you").reason in no.reason


def reel_encoded(frames):
    from app.film_out import encode

    return encode(frames, films.Timing.even(len(frames)))


def test_films_must_be_agreed_to(notary, ledger, signer):
    less = dataclasses.replace(EVERYTHING, purposes=frozenset(Purpose) - {Purpose.VIDEO})
    gate = gate_of("ada", notary, ledger, consent=less)
    no = refused(lambda: change_film(gate, gate.live()[0], cut(), OLDER, signer))
    assert no.code == "purpose-not-agreed"


def test_a_frame_that_the_engine_refuses_stays_as_it_is(gate, monkeypatch):
    """A hand over the mouth in one frame; anything else that an engine refuses ends the film."""
    draw, calls = reel.Player.draw, []

    def covered(player, step, seconds):
        calls.append(seconds)
        if len(calls) == 3:
            raise Refusal("face-covered", "A mask.", "Take it off.")
        return draw(player, step, seconds)

    monkeypatch.setattr(reel.Player, "draw", covered)
    items = [item for _, item in opened(gate, cut(), OLDER, monkeypatch)]
    assert [item.code for item in items[: MINE.stop] if isinstance(item, Refusal)].count("face-covered") == 1
    broken = lambda *_: (_ for _ in ()).throw(Refusal.of("bad-output"))  # noqa: E731
    monkeypatch.setattr(reel.Player, "draw", broken)
    assert refused(lambda: opened(gate, cut(), OLDER, monkeypatch)).code == "bad-output"
