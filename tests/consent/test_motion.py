"""Matching in motion: the person alone, in every frame anew, whoever walks in, crosses, is cut in or held up."""

import dataclasses

import cv2
import numpy as np
import pytest

from consent import policy
from consent.errors import Forgery, Refusal
from consent.motion import Following
from consent.receipt import Consent
from consent.types import Origin, Photo, Purpose
from models.faces import similarity
from models.tracks import GAP
from tests.booth import SEAT, World
from tests.people import someone
from tests.promises.stage import Clock, draw, finder, gate_of, pasted, photo

FPS = 25
WIDE = (960, 720)


@pytest.fixture(scope="module")
def clock():
    return Clock()


@pytest.fixture(scope="module")
def ada(notary, ledger, clock):
    return gate_of("ada", notary, ledger, clock)


@pytest.fixture
def film(ada):
    """Shows a row of pictures as one film: for each frame its works, or the code of why not."""
    following = ada.follow(ada.live()[0], (Purpose.AGE,), Purpose.VIDEO)
    times = iter(range(10_000))

    def play(*pictures):
        said = [following.look(photo(pixels), next(times) / FPS) for pixels in pictures]
        return [one.code if isinstance(one, Refusal) else one for one in said]

    return play


def mine(number, **changes):
    return draw("ada", seed=300 + number, yaw=2 * number - 4, **changes)


def theirs(number, **changes):
    return draw("bram", seed=300 + number, yaw=2 * number - 4, **changes)


def beside(left, right):
    return np.hstack([left, right])


def place(work):
    return work.target.face.box[0] + work.target.face.box[2] / 2


def granted(said):
    return [one for one in said if not isinstance(one, str)]


def test_each_frame_has_its_own_work(film, ada):
    said = film(*[mine(n) for n in range(4)])
    works = [work for (work,) in said]
    assert [np.array_equal(w.target.pixels, mine(n)) for n, w in enumerate(works)] == [True] * 4
    assert {w.scene for w in works} == {1}
    assert {w.target.origin for w in works} == {Origin.PHOTO}
    assert all(policy.MATCH_COSINE <= w.target.score <= 1 for w in works)
    assert {len(w.own) for w in works} == {len(ada.live())}
    box, mesh = works[2].target.face.box, works[2].target.face.mesh
    assert box[0] < mesh[4, 0] < box[0] + box[2]


def test_of_a_job_the_beginning_and_the_first_way_out_are_logged(ada, ledger, film):
    works = [work for (work,) in film(*[mine(n) for n in range(3)])]
    before = len(ledger.entries())
    for work in works:
        ada.release(work.draft(work.target.pixels, "none", {}))
    assert [e["event"] for e in ledger.entries()[before:]] == ["release"]
    following = ada.follow(ada.live()[0], (Purpose.AGE,), Purpose.VIDEO)
    steps = [following.look(photo(mine(n)), n / FPS) for n in range(3)]
    before = len(ledger.entries())
    for (work,) in steps[1:]:  # an engine may leave the first alone
        ada.release(work.draft(work.target.pixels, "none", {}))
    assert [e["event"] for e in ledger.entries()[before:]] == ["release"]
    (kept,) = film(mine(3))[0]
    ada.release(kept.draft(kept.target.pixels, "none", {}), kept=True)
    assert [e["event"] for e in ledger.entries()[before:]] == ["release", "release"], "a file of its own has a row"
    following = ada.follow(ada.live()[0], (Purpose.AGE,), Purpose.VIDEO)
    last = ledger.entries()[-1]
    assert (last["event"], last["purpose"]) == ("follow", "video")
    assert isinstance(following, Following)
    draft = film(mine(0))[0][0].draft(mine(0), "none", {})
    ada.release(draft)
    with pytest.raises(Forgery):
        ada.release(draft)
    assert ledger.entries()[-1]["event"] == "release-refused"


def test_several_things_are_done_to_the_same_frame(ada):
    following = ada.follow(ada.live()[0], (Purpose.SWAP, Purpose.AGE), Purpose.VIDEO)
    swap, age = following.look(photo(mine(0)), 0.0)
    assert (swap.source, swap.target) == (age.source, age.target)
    facts = ada.release(swap.draft(mine(0), "none", {}, age)).facts
    assert facts.purposes == (Purpose.SWAP, Purpose.AGE)


# --- whoever else is there -------------------------------------------------------------------------------------------


def test_a_stranger_alone_is_left_alone(film):
    assert film(*[theirs(n) for n in range(3)]) == ["not-you"] * 3


def test_another_person_walks_in_and_stays_as_they_are(film, ada):
    room = np.full_like(mine(0), 90)
    said = film(*[beside(mine(n), room) for n in range(3)], *[beside(mine(n), theirs(n)) for n in range(3, 6)])
    works = [work for (work,) in said]
    assert all(place(w) < 480 for w in works)
    for number, work in enumerate(works[3:], 3):
        assert len(work.target.others) >= 1
        out = ada.release(work.draft(np.zeros_like(work.target.pixels), "none", {})).pixels
        assert np.array_equal(out[:, 480:], theirs(number))


def test_two_people_change_places_and_the_leave_goes_with_the_person(film):
    said = film(*[beside(mine(n), theirs(n)) for n in range(3)], *[beside(theirs(n), mine(n)) for n in range(3, 6)])
    assert [place(work) < 480 for (work,) in said] == [True] * 3 + [False] * 3


def test_two_people_cross_and_nobody_gets_the_others_leave(film):
    """Ada walks to the right and Bram to the left, she behind him."""
    me, him = mine(1, size=WIDE), theirs(1, size=WIDE)
    small, tall = [cv2.resize(one, (300, 225), interpolation=cv2.INTER_AREA)[:, 60:240] for one in (me, him)]
    room = np.full((240, 640, 3), 110, np.uint8)
    steps = range(0, 461, 46)
    frames = [pasted(pasted(room, small, step, 5), tall, 460 - step, 10) for step in steps]
    frames = [cv2.resize(one, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR) for one in frames]
    for step, one in zip(steps, film(*frames), strict=True):
        if not isinstance(one, str):
            assert abs(place(one[0]) - 2 * (step + 90)) < 60, step
    assert len(granted(film(*frames[:2]))) == 2


def test_a_face_replaced_in_one_frame_is_left_alone_in_that_frame(film):
    said = film(mine(0), mine(1), theirs(2), mine(3), mine(4))
    assert [one if isinstance(one, str) else "mine" for one in said] == ["mine", "mine", "not-you", "mine", "mine"]


def test_only_the_face_is_replaced_and_clothes_and_room_stay(film):
    """The other one's face on the same neck, before the same wall, where the first one was."""

    def masked(number):
        here, there = (finder().find(draw(who, seed=7))[0] for who in ("ada", "bram"))
        into = similarity(there.mesh[:, :2], here.mesh[:, :2])
        face = cv2.warpAffine(draw("bram", seed=number), into, (480, 360))
        hull = cv2.convexHull(here.mesh[:, :2].astype(np.int32))
        mask = cv2.GaussianBlur(cv2.fillConvexPoly(np.zeros((360, 480), np.float32), hull, 1), (0, 0), 3)[..., None]
        return (face * mask + draw("ada", seed=number) * (1 - mask)).astype(np.uint8)

    still = [draw("ada", seed=number) for number in range(7, 10)]
    said = film(*still, masked(10), masked(11), draw("ada", seed=12))
    assert [one if isinstance(one, str) else "mine" for one in said] == ["mine"] * 3 + ["not-you"] * 2 + ["mine"]


def test_one_face_becomes_another_slowly_and_loses_the_leave(film):
    share = np.linspace(0, 1, 14)
    blended = [cv2.addWeighted(draw("ada", seed=7), 1 - k, draw("bram", seed=7), k, 0) for k in share]
    said = film(*blended, *[draw("bram", seed=40 + n) for n in range(round(policy.TRACK_SECONDS * FPS) + 1)])
    assert not isinstance(said[0], str)
    assert said[-1] == "not-you"
    assert len(granted(said[14:])) < policy.TRACK_SECONDS * FPS / 2


def test_a_photo_of_the_person_in_somebodys_hand_is_a_picture_of_the_person(film):
    held = cv2.resize(draw("ada", seed=9, size=WIDE), (480, 360), interpolation=cv2.INTER_AREA)[40:330, 130:350]
    frames = [pasted(draw("bram", seed=80 + n, size=WIDE), held, 20, 400) for n in range(3)]
    for one in film(*frames):
        assert isinstance(one, str) or place(one[0]) < 240


def test_thousands_of_frames_in_one_instant_are_looked_at_like_others(ada):
    """A film says itself when its frames are shown: here she becomes him within a thousandth of a second."""
    following = ada.follow(ada.live()[0], (Purpose.AGE,), Purpose.VIDEO)
    share = np.linspace(0, 1, 14)
    blended = [cv2.addWeighted(draw("ada", seed=7), 1 - k, draw("bram", seed=7), k, 0) for k in share]
    row = [*blended, *[draw("bram", seed=40 + n) for n in range(20)]]
    said = [following.look(photo(pixels), number / 90_000) for number, pixels in enumerate(row)]
    assert not isinstance(said[0], Refusal)
    assert isinstance(said[-1], Refusal)
    assert said[-1].code == "not-you"


def test_whoever_is_near_is_looked_for_even_where_the_frame_of_the_sample_was_refused(film, monkeypatch):
    clear = draw("ada", seed=9, size=WIDE)
    x, y, w, h = finder().find(clear)[0].box
    small = cv2.resize(draw("bram", seed=5, size=WIDE), (64, 48), interpolation=cv2.INTER_AREA)
    at = round(x + 0.6 * w), round(y + 0.6 * h)  # seen in a closer look only
    refusals = iter([Refusal.of("face-blurred")])

    def usable(_):
        for refusal in refusals:
            raise refusal

    monkeypatch.setattr("consent.motion.usable", usable)
    refused, (work,) = film(*[pasted(clear, small, *at)] * 2)
    assert refused == "face-blurred"
    assert any(at[0] <= other[0] < at[0] + 64 for other in work.target.others)


# --- what is no usable frame -----------------------------------------------------------------------------------------


def test_what_cannot_be_judged_says_why_and_goes_on_afterwards(film):
    dark = (mine(1) * 0.05).astype(np.uint8)
    said = film(mine(0), np.full_like(dark, 120), draw("ada", seed=5, yaw=58), mine(2))
    assert said[1] == "no-face"
    assert said[2] in {"face-turned-away", "not-you", "no-face"}
    assert len(granted(said)) == 2


def test_a_face_that_cannot_be_measured_any_more_is_left_alone(film, ada, monkeypatch):
    assert len(granted(film(mine(0)))) == 1
    with monkeypatch.context() as patch:
        for how in ("follow", "measure"):
            patch.setattr(ada._finder, how, lambda *_: None)
        assert film(mine(0)) == ["face-turned-away"]
    assert len(granted(film(mine(0)))) == 1


def test_after_a_hole_in_time_everything_begins_anew(ada):
    following = ada.follow(ada.live()[0], (Purpose.AGE,), Purpose.VIDEO)
    scenes = [following.look(photo(mine(n)), at)[0].scene for n, at in enumerate((0.0, 0.04, 0.04 + 2 * GAP, 0.0))]
    assert scenes == [1, 1, 2, 3]


def test_a_score_below_the_floor_or_no_number_undoes_a_track(film, ada, monkeypatch):
    given = iter([0.9, 0.9, policy.FRAME_COSINE - 0.01, np.nan])
    template = ada._template
    monkeypatch.setattr(policy, "FRAME_SECONDS", (0.0, 0.0))
    monkeypatch.setattr(ada._recogniser, "embed", lambda *_: np.float32(next(given)) * template)
    following = ada.follow(ada.live()[0], (Purpose.AGE,), Purpose.VIDEO)
    said = [following.look(photo(mine(n)), n / FPS) for n in range(4)]
    assert [one.code if isinstance(one, Refusal) else "" for one in said] == ["", "", "not-you", "not-you"]


def test_a_child_is_left_alone(film, ada, monkeypatch):
    monkeypatch.setattr(ada._age, "years", lambda *_: policy.GROWN_YEARS - 1)
    assert film(mine(0)) == ["looks-like-a-child"]


# --- leave -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("purposes", "into"),
    [
        ((Purpose.AGE,), Purpose.SWAP),
        ((), Purpose.VIDEO),
        ((Purpose.SWAP,), Purpose.VIDEO),
        ((Purpose.AGE,), Purpose.MIRROR),
    ],
)
def test_leave_is_for_what_was_agreed_to(notary, ledger, purposes, into):
    some = frozenset({Purpose.AGE, Purpose.VIDEO})
    narrow = Consent(some, adult=True, myself=True, language="en", version="test", text="I agree.")
    gate = gate_of("ada", notary, ledger, consent=narrow)
    with pytest.raises(Refusal) as caught:
        gate.follow(gate.live()[0], purposes, into)
    assert caught.value.code == "purpose-not-agreed"
    assert ledger.entries()[-1]["event"] == "follow-refused"
    assert gate.follow(gate.live()[0], (Purpose.AGE,), Purpose.VIDEO)


def test_the_source_is_one_that_the_gate_matched(ada, notary, ledger):
    source = ada.live()[0]
    stranger = gate_of("bram", notary, ledger).live()[0]
    for forged in (stranger, dataclasses.replace(source, score=0.99), None):
        with pytest.raises(Forgery):
            ada.follow(forged, (Purpose.AGE,), Purpose.VIDEO)


def test_what_was_changed_on_the_way_is_a_forgery(film):
    (work,) = film(mine(0))[0]
    object.__setattr__(work.target, "pixels", mine(1))
    with pytest.raises(Forgery):
        work.draft(mine(0), "none", {})


def test_the_leave_for_a_frame_is_redeemed_already(film, ada):
    (work,) = film(mine(0))[0]
    with pytest.raises(Forgery) as caught:
        ada.redeem(work._grant, Purpose.AGE)
    assert caught.value.code == "grant-stale"


def test_an_engine_hands_in_each_frame_once(film):
    (work,) = film(mine(0))[0]
    work.draft(mine(0), "none", {})
    with pytest.raises(Forgery):
        work.draft(mine(0), "none", {})


def test_the_end_of_the_session_ends_every_job(notary, ledger):
    clock = Clock()
    gate = gate_of("ada", notary, ledger, clock)
    following = gate.follow(gate.live()[0], (Purpose.AGE,), Purpose.VIDEO)
    marked = World().photograph("ada")
    for stop, code in ((lambda: None, "other-world"), (gate.withdraw, "session-withdrawn")):
        stop()
        with pytest.raises(Refusal) as caught:
            following.look(marked if code == "other-world" else photo(mine(0)), 0.0)
        assert caught.value.code == code
    late = gate_of("ada", notary, ledger, clock)
    following = late.follow(late.live()[0], (Purpose.AGE,), Purpose.VIDEO)
    (work,) = following.look(photo(mine(0)), 0.0)
    clock.now += policy.SESSION_SECONDS
    for call in (lambda: following.look(photo(mine(0)), 0.1), lambda: work.draft(mine(0), "none", {})):
        with pytest.raises(Refusal):
            call()


# --- the mirror ------------------------------------------------------------------------------------------------------


@pytest.fixture
def mirror(ada, clock):
    """Shows a row of pictures to one mirror, a fifteenth of a second apart by the session's clock."""
    following = ada.follow(ada.live()[0], (Purpose.AGE,), Purpose.MIRROR)

    def play(*pictures, apart=1 / 15):
        said = []
        for pixels in pictures:
            clock.now += apart
            said.append(following.look(photo(pixels), 0.0))
        return [one.code if isinstance(one, Refusal) else "mine" for one in said]

    yield play
    clock.now = 1000.0
    ada._seen = clock.now


def test_a_mirror_shows_one_person_alone(mirror):
    said = mirror(mine(0), theirs(1), np.full_like(mine(0), 120), mine(2))
    assert said == ["mine", "not-you", "no-face", "mine"]


def test_a_second_person_comes_and_goes_and_the_first_frame_without_them_is_shown(mirror):
    room = np.full_like(mine(0), 90)
    said = mirror(*[beside(mine(n), room) for n in range(3)], *[beside(mine(n), theirs(n)) for n in range(3, 6)])
    assert said == ["mine"] * 3 + ["several-faces"] * 3
    assert mirror(*[beside(mine(n), room) for n in range(6, 9)]) == ["mine"] * 3


def test_two_faces_blank_the_mirror_before_anybody_is_recognised(mirror, ada, monkeypatch):
    asked, embed, room = [], ada._recogniser.embed, np.full_like(mine(0), 90)
    assert mirror(beside(mine(0), room)) == ["mine"]
    monkeypatch.setattr(type(ada._recogniser), "embed", lambda _, *given: asked.append(1) or embed(*given))
    assert mirror(*[beside(mine(n), theirs(n)) for n in (1, 2)]) == ["several-faces"] * 2
    assert not asked
    assert mirror(beside(theirs(3), room)) == ["not-you"], "who took the seat meanwhile is looked at anew"
    assert asked


def test_a_small_picture_on_the_wall_is_no_second_person(mirror):
    wall = cv2.resize(draw("bram", seed=9, size=WIDE), (120, 90), interpolation=cv2.INTER_AREA)
    assert mirror(*[pasted(draw("ada", seed=n, size=WIDE), wall, 5, 5) for n in range(2)]) == ["mine"] * 2


def test_a_camera_that_repeats_itself_is_none(mirror):
    said = mirror(*[mine(n) for n in range(8)], *[mine(7)] * 3)
    assert said[:8] == ["mine"] * 8
    assert said[-1] == "frames-repeated"


def test_who_does_not_blink_for_long_may_be_a_picture(mirror, monkeypatch):
    monkeypatch.setattr(policy, "BLINK_SECONDS", 0.7)
    shut = someone("ada").render(dataclasses.replace(SEAT, seed=90, expression={"blink": 1.0}))
    open_ = [draw("ada", seed=100 + n) for n in range(24)]
    said = mirror(*open_[:8])
    assert said == ["mine"] * 8
    assert mirror(*open_[8:12])[-1] == "not-lively"
    assert mirror(shut, *open_[12:16]) == ["mine"] * 5
    assert mirror(*open_[16:])[-1] == "not-lively"


def test_what_a_page_says_of_the_time_counts_for_nothing(ada, clock):
    """A page that says that no time passes keeps no face unsampled."""
    following = ada.follow(ada.live()[0], (Purpose.AGE,), Purpose.MIRROR)
    for number in range(3):
        clock.now += 0.05
        following.look(Photo(np.ascontiguousarray(mine(number))), 0.0)
    assert following._tracks._seconds == clock.now
    clock.now = 1000.0
    ada._seen = clock.now
