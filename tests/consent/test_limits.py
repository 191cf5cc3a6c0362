"""The very limits of the verdict: who just reaches one passes; and which words follow from which measurement."""

import dataclasses
import math

import pytest

from consent import policy
from consent.errors import Forgery, Refusal
from consent.liveness import verdict
from consent.liveness.recording import CAPTURE_SEAL, Capture, Outcome
from consent.liveness.verdict import check, judge
from consent.types import LIVE_SEAL, Action, Assurance, LiveCapture, Once
from models.presentation.surface import Surface
from tests.consent.test_verdict import FOLLOWED, LED, LIT

SCREEN = Surface(policy.SCREEN_MOIRE, 0.0)


def changed(found, part, **values):
    return dataclasses.replace(found, **{part: dataclasses.replace(getattr(found, part), **values)} if part else values)


def refusal(found):
    with pytest.raises(Refusal) as caught:
        judge(found)
    return caught.value


@pytest.mark.parametrize("found", [LIT, LED])
@pytest.mark.parametrize(
    ("part", "values"),
    [
        ("", {"fps": policy.LEAST_FPS}),
        ("", {"gap": policy.FACE_GAP}),
        ("", {"gap": 0.0}),
        ("", {"repeated": policy.DUPLICATES}),
        ("identity", {"samples": policy.SAME_FACE}),
        ("identity", {"kept_moving": policy.SAME_FACE}),
        ("identity", {"shown": policy.SAME_FACE_MEAN}),
        ("identity", {"rests": policy.SAME_FACE_MEAN}),
        ("identity", {"years": 0.0}),
        ("identity", {"years": 0.5}),
        ("relief", {"frames": policy.DEPTH_FRAMES}),
        ("relief", {"likeness": policy.DEPTH_ALIKE}),
        ("relief", {"depth": policy.DEPTH_HEAD, "error": 0.0}),
        ("relief", {"depth": 0.5 + policy.DEPTH_SURE, "error": 0.5}),
        ("relief", {"turns": policy.DEPTH_TURNS}),
        ("relief", {"narrowing": policy.DEPTH_NARROWING, "across": 3.0}),
        ("relief", {"narrowing": policy.DEPTH_SOLID[0], "across": 0.0}),
        ("relief", {"narrowing": policy.DEPTH_SOLID[1], "across": 1 / policy.DEPTH_SOLID[1] - 1}),
        ("relief", {"least": policy.DEPTH_FLAT}),
        ("relief", {"trend": policy.DEPTH_TREND}),
    ],
)
def test_who_reaches_a_limit_passes(found, part, values):
    judge(changed(found, part, **values))


@pytest.mark.parametrize(
    "values",
    [
        {"gain": policy.LIGHT_GAIN},
        {"relief_noise": policy.LIGHT_NOISE, "relief": 1.0},
        {"correlation": policy.LIGHT_CORRELATION},
        {"background": policy.LIGHT_BACKGROUND},
        {"relief": policy.LIGHT_RELIEF, "relief_noise": 0.0},
        {"relief": policy.LIGHT_SURE * 0.125, "relief_noise": 0.125},
    ],
)
def test_who_reaches_a_limit_of_the_light_passes(values):
    judge(changed(LIT, "light", **values))


@pytest.mark.parametrize(
    "values",
    [
        {"across": policy.DOT_CORRELATION, "up": policy.DOT_CORRELATION},
        *({"gain_across": gain, "gain_up": gain} for gain in policy.DOT_GAIN),
        *({"lag": lag} for lag in policy.DOT_LAG),
        {"across": policy.DOT_CORRELATION_ONE_WAY, "up": 0.0, "rises": False},
    ],
)
def test_who_reaches_a_limit_of_the_dot_passes(values):
    judge(changed(LED, "pursuit", **values))


def test_a_flat_picture_is_called_so_only_where_it_could_be_followed():
    flat = {"depth": 0.0, "error": 0.0, "least": 0.0}
    assert refusal(changed(LIT, "relief", **flat, likeness=policy.DEPTH_SAME)).code == "looks-flat"
    assert refusal(changed(LIT, "relief", **flat, likeness=policy.DEPTH_SAME - 0.01)).code == "depth-unclear"
    for reached in ({"least": policy.DEPTH_FLAT}, {"narrowing": policy.DEPTH_NARROWING}):
        drifted = changed(LIT, "relief", **reached, trend=0.0, likeness=1.0)
        assert refusal(drifted).code == "depth-unclear"
    shallow = changed(LIT, "relief", depth=0.0, error=policy.DEPTH_HEAD, likeness=1.0)
    assert refusal(shallow).code == "depth-unclear", "what may be a head is not called flat"


SHALLOW = changed(LIT, "light", relief=0.1, relief_noise=0.02)
OTHER_COLOURS = changed(LIT, "light", correlation=0.0)


@pytest.mark.parametrize(
    ("relief", "noise", "code"),
    [
        (0.0, 0.0, "wrong"),
        (0.03, 0.01, "wrong"),
        (-0.2, 0.125, "wrong"),
        (policy.LIGHT_FLAT, 0.0, "unclear"),
        (0.0, policy.LIGHT_FLAT / 2, "unclear"),
        (-0.1, 0.125, "unclear"),
        (0.2, 0.125, "unclear"),
        (9.0, policy.LIGHT_NOISE + 0.01, "unclear"),
    ],
)
def test_light_without_any_relief_is_wrong_and_with_some_unclear(relief, noise, code):
    assert refusal(changed(LIT, "light", relief=relief, relief_noise=noise)).code == f"light-{code}"


def test_other_colours_and_a_picture_tinted_as_a_whole_are_wrong():
    assert refusal(OTHER_COLOURS).code == refusal(changed(LIT, "light", background=0.9)).code == "light-wrong"


@pytest.mark.parametrize("light", [SHALLOW.light, None, changed(LIT, "light", gain=math.nan).light])
def test_whose_light_is_unclear_passes_by_the_dot_alone(light):
    judge(dataclasses.replace(LIT, light=light, pursuit=FOLLOWED))
    for missed in (dataclasses.replace(FOLLOWED, across=0.0), dataclasses.replace(FOLLOWED, lag=math.nan)):
        assert refusal(dataclasses.replace(LIT, light=light, pursuit=missed)).code == "dot-not-followed"


def test_no_dot_makes_up_for_other_colours():
    assert refusal(dataclasses.replace(OTHER_COLOURS, pursuit=FOLLOWED)).code == "light-wrong"


def test_who_was_asked_for_neither_light_nor_dot_is_refused():
    assert refusal(dataclasses.replace(LIT, light=None)).code == "light-unclear"
    assert refusal(dataclasses.replace(LED, pursuit=None)).code == "dot-not-followed"


@pytest.mark.parametrize("found", [SHALLOW, LIT])
def test_who_followed_a_dot_has_passed_the_kind_with_the_dot(monkeypatch, found):
    monkeypatch.setattr(verdict, "gather", lambda *_: dataclasses.replace(found, pursuit=FOLLOWED))
    assert check(recording()).assurance is Assurance.MOTION


def test_the_words_follow_what_was_seen():
    hidden = refusal(changed(LIT, "", gap=9.0))
    lost = Refusal.of("face-lost")
    assert hidden.code == lost.code
    assert (hidden.reason, hidden.remedy) == (
        Refusal.of("face-lost", "hidden").reason,
        Refusal.of("face-lost", "hidden").remedy,
    )
    for found, code in (
        (changed(LIT, "light", background=0.9), "light-wrong"),
        (changed(LIT, "relief", depth=0.0, least=0.0), "looks-flat"),
    ):
        plain, screen = Refusal.of(code), Refusal.of(code, "screen")
        assert plain.reason != screen.reason or plain.remedy != screen.remedy
        said = refusal(dataclasses.replace(found, surface=SCREEN))
        assert (said.reason, said.remedy) == (screen.reason, screen.remedy)
        said = refusal(dataclasses.replace(found, surface=Surface(policy.SCREEN_MOIRE - 0.01, 0.0)))
        assert (said.reason, said.remedy) == (plain.reason, plain.remedy)
    late = refusal(dataclasses.replace(LIT, outcome=Outcome.NOT_SEEN, at=Action.NOD))
    assert "nod" in late.reason
    assert "None" not in late.reason
    assert late.reason != late.reason.upper()
    assert not any(letter.isupper() for letter in late.reason[1:])


def test_without_a_way_that_was_asked_nothing_was_followed():
    assert refusal(changed(LED, "pursuit", across=0.0, gain_across=0.0)).code == "dot-not-followed"
    assert FOLLOWED.rises


def recording(outcome=Outcome.COMPLETE, at=Action.CENTRE, **changes):
    blank = Capture(
        outcome, at, (), None, None, (), (), (), ("a frame",), (), b"world", Assurance.MOTION_LIGHT, 12.5, Once()
    )
    return CAPTURE_SEAL.put(dataclasses.replace(blank, **changes))


def test_what_was_recorded_is_handed_on_once_and_sealed(monkeypatch):
    measured = []
    monkeypatch.setattr(verdict, "gather", lambda capture, field: measured.append(capture) or LIT)
    capture = recording()
    live = check(capture)
    LIVE_SEAL.verify(LiveCapture, live)
    assert measured == [capture]
    assert (live.frames, live.years, live.world) == (("a frame",), LIT.identity.years, b"world")
    assert (live.assurance, live.made) == (Assurance.MOTION_LIGHT, 12.5)
    assert live.once is not capture.once
    live.once.spend("live check")
    with pytest.raises(Forgery, match="spent") as caught:
        check(capture)
    assert caught.value.reason.startswith("This recording was")
    with pytest.raises(Forgery, match="forged"):
        check(dataclasses.replace(recording(), world=b"other"))


def test_what_was_not_completed_is_not_measured(monkeypatch):
    monkeypatch.setattr(verdict, "gather", None)
    with pytest.raises(Refusal) as caught:
        check(recording(Outcome.NOT_SEEN, Action.NOD))
    assert caught.value.code == "action-not-seen"
    assert "nod" in caught.value.reason


def test_what_is_measured_is_judged(monkeypatch):
    monkeypatch.setattr(verdict, "gather", lambda *_: dataclasses.replace(LIT, fps=0.0))
    with pytest.raises(Refusal, match="camera-slow"):
        check(recording())
