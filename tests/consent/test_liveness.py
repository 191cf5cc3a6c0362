"""Liveness: people who are there pass; what they recorded is refused when anything of it is changed."""

import dataclasses
import itertools

import numpy as np
import pytest

from consent import challenge, liveness, policy
from consent.challenge import dot
from consent.errors import Forgery
from consent.liveness import motion
from consent.liveness.recording import CAPTURE_SEAL, Outcome
from consent.types import Action, LiveFrame, Once
from models.faces import Finder
from models.identity import Recogniser
from models.presentation import series
from models.presentation.asked import DEEP
from tests.booth import SEAT
from tests.consent.recorded import DOT, LIGHT, presented, refusal
from tests.people import person


@pytest.fixture(scope="module")
def bram():
    """Bram, who followed the dot."""
    return presented(DOT)


@pytest.fixture(scope="module")
def lit():
    """Bram in coloured light."""
    return presented(LIGHT)


@pytest.mark.parametrize("kind", ["bram", "lit"])
def test_a_person_passes(request, kind):
    """Who passes here is a textured head that is driven in step with the prompts, as a virtual camera could show one.

    So this is also the limit of the check, which THREATS.md names: no colour camera can tell the two apart.
    """
    capture, live = request.getfixturevalue(kind)
    assert capture.outcome is Outcome.COMPLETE
    asked = [p.action for p in capture.prompts if p.action is not Action.CENTRE]
    slots = [p.colour for p in capture.prompts if p.action is Action.LIGHT]
    more = len(asked) - len(slots) - len(challenge.orders()[0]) - (kind == "bram")
    assert more in {0, 1}, "the spare turn, where two could not be followed"
    assert len(slots) == (policy.LIGHT_SLOTS if kind == "lit" else 0)
    assert {f.action for f in live.frames} >= {Action.CENTRE, Action.TURN_LEFT, Action.TURN_RIGHT}
    assert live.years >= policy.ADULT_YEARS
    assert live.assurance is capture.assurance is {"bram": DOT, "lit": LIGHT}[kind]


def test_no_colour_is_shorter_than_the_page_may_flash(lit):
    since = {}
    for sight in lit[0].sights:
        since.setdefault(sight.prompt, sight.page_time)
    slots = [since[p.index] for p in lit[0].prompts if p.action is Action.LIGHT]
    assert min(b - a for a, b in itertools.pairwise(slots)) >= 1 / 3


def test_kept_frames_show_what_was_asked(bram):
    faces = {f.action: f.face for f in bram[1].frames}
    assert faces[Action.TURN_LEFT].pose.yaw > 10 > -10 > faces[Action.TURN_RIGHT].pose.yaw
    if Action.CLOSE_EYES in faces:
        assert max(faces[Action.CLOSE_EYES].eyes) < min(faces[Action.CENTRE].eyes)
    if Action.OPEN_MOUTH in faces:
        assert faces[Action.OPEN_MOUTH].mouth > faces[Action.CENTRE].mouth + policy.MOUTH_OPEN


def test_a_recording_is_judged_once(bram):
    with pytest.raises(Forgery) as caught:
        liveness.check(bram[0])
    assert caught.value.code == "spent"


@pytest.mark.parametrize(
    "change",
    [
        {"outcome": Outcome.UNFINISHED},
        {"frames": ()},
        {"world": b"x"},
        {"made": 0.0},
        {"samples": ()},
        {"sights": ()},
        {"prompts": ()},
        {"embeddings": ()},
        {"rest": None},
        {"path": None},
        {"seal": b""},
    ],
)
def test_a_changed_recording_is_a_forgery(bram, change):
    with pytest.raises(Forgery) as caught:
        liveness.check(dataclasses.replace(bram[0], **change))
    assert caught.value.code == "forged"


def resealed(capture, **changes):
    return CAPTURE_SEAL.put(dataclasses.replace(capture, once=Once(), **changes))


def test_the_recording_itself_passes_again(bram):
    assert liveness.check(resealed(bram[0])).years == bram[1].years


def test_repeated_frames_are_refused(bram):
    sights = [dataclasses.replace(s, duplicate=i % 4 == 0) for i, s in enumerate(bram[0].sights)]
    assert refusal(resealed(bram[0], sights=tuple(sights))).code == "frames-repeated"


def test_no_sights_at_all_are_refused(bram):
    assert refusal(resealed(bram[0], sights=())).code == "camera-slow"


def test_a_slow_camera_is_refused(bram):
    slowed = [dataclasses.replace(s, page_time=s.page_time * 3) for s in bram[0].sights]
    assert refusal(resealed(bram[0], sights=tuple(slowed))).code == "camera-slow"


def test_without_its_rest_or_path_no_dot_was_followed(bram):
    assert refusal(resealed(bram[0], rest=None)).code == "dot-not-followed"
    assert refusal(resealed(bram[0], path=None)).code == "dot-not-followed"
    assert refusal(resealed(bram[0], path=dot())).code == "dot-not-followed"


def test_other_colours_than_the_commanded_are_refused(lit):
    colours = [p.colour for p in lit[0].prompts if p.colour]
    turned = iter(colours[3:] + colours[:3])
    prompts = tuple(dataclasses.replace(p, colour=next(turned)) if p.colour else p for p in lit[0].prompts)
    assert refusal(resealed(lit[0], prompts=prompts)).code in {"light-wrong", "light-unclear"}


def shown_at(capture):
    return {p.index for p in capture.prompts if p.action in (Action.LIGHT, Action.DOT)}


@pytest.mark.parametrize("kind", ["bram", "lit"])
def test_what_was_shown_must_have_been_seen_throughout(request, kind):
    capture, _ = request.getfixturevalue(kind)
    at = [i for i, s in enumerate(capture.sights) if s.prompt in shown_at(capture)]
    for hidden in (at[4:12], at[:7], at[-7:], at):
        sights = [dataclasses.replace(s, face=None) if i in hidden else s for i, s in enumerate(capture.sights)]
        assert refusal(resealed(capture, sights=tuple(sights))).code == "face-lost"


@pytest.mark.parametrize("kind", ["bram", "lit"])
def test_somebody_alike_who_stands_in_for_it_is_refused(request, kind):
    capture, _ = request.getfixturevalue(kind)
    first = capture.samples[0].embedding
    away = np.random.default_rng(1).normal(size=128)
    away -= first * (away @ first)
    alike = np.float32(0.42 * first + np.sqrt(1 - 0.42**2) * away / np.linalg.norm(away))
    samples = [dataclasses.replace(s, embedding=alike) if s.prompt in shown_at(capture) else s for s in capture.samples]
    assert policy.SAME_FACE < 0.38 < policy.SAME_FACE_MEAN
    assert refusal(resealed(capture, samples=tuple(samples))).code == "face-changed"
    nobody = tuple(s for s in capture.samples if s.prompt not in shown_at(capture))
    assert refusal(resealed(capture, samples=nobody)).code == "face-changed"


def test_nothing_answers_two_prompts_at_once():
    asked = set(motion.CONTRADICTS) - {Action.NOD}
    for action, other in itertools.permutations(asked, 2):
        assert other in motion.CONTRADICTS[action]


def test_light_that_was_not_seen_is_unclear(lit):
    dark = tuple(dataclasses.replace(s, skin=None) for s in lit[0].sights)
    assert refusal(resealed(lit[0], sights=dark)).code == "light-unclear"


def test_an_action_without_an_identity_sample_is_refused(bram):
    samples = tuple(s for s in bram[0].samples if s.prompt != 3)
    assert refusal(resealed(bram[0], samples=samples)).code == "face-changed"


@pytest.mark.parametrize("action", [Action.CENTRE, Action.TURN_LEFT])
def test_one_kept_frame_of_somebody_else_is_refused(bram, action):
    stranger = person("gita").render(dataclasses.replace(SEAT, seed=8))
    face = Finder().find(stranger)[0]
    at = next(i for i, f in enumerate(bram[0].frames) if f.action is action)
    frames = list(bram[0].frames)
    frames[at] = LiveFrame(stranger, face, action)
    embeddings = list(bram[0].embeddings)
    embeddings[at] = Recogniser().embed(stranger, face)
    swapped = resealed(bram[0], frames=tuple(frames), embeddings=tuple(embeddings))
    assert refusal(swapped).code == "face-changed"


def test_a_kept_frame_without_its_embedding_is_refused(bram):
    assert refusal(resealed(bram[0], embeddings=bram[0].embeddings[1:])).code == "face-changed"


@pytest.mark.parametrize("value", [np.nan, -1.0])
def test_a_sample_that_does_not_agree_is_refused(bram, value):
    last = dataclasses.replace(bram[0].samples[-1], embedding=np.full(128, value, np.float32))
    assert refusal(resealed(bram[0], samples=(*bram[0].samples[:-1], last))).code == "face-changed"


def turn_of(capture):
    return next(p.index for p in capture.prompts if p.action is Action.TURN_LEFT)


def moving(capture):
    return {p.index for p in capture.prompts if p.action in DEEP}


def followed_again(capture, sights):
    """The recording with other pictures, the movements in them followed as the recorder follows them."""
    film = series.Film()
    film.sights = sights
    return resealed(capture, sights=tuple(sights), steps=film.steps(sorted(moving(capture))))


def test_the_movements_are_followed_on_the_pictures_that_were_kept(bram):
    again = followed_again(bram[0], list(bram[0].sights)).steps
    assert len(again) == len(moving(bram[0]))
    for steps, once_more in zip(bram[0].steps, again, strict=True):
        assert np.array_equal(steps.table, once_more.table)


def test_movements_that_were_not_followed_are_unclear(bram):
    assert refusal(resealed(bram[0], steps=())).code == "depth-unclear"


def test_movements_that_were_not_seen_are_unclear(bram):
    turns = moving(bram[0]) - shown_at(bram[0])
    faceless = [dataclasses.replace(s, face=None) if s.prompt in turns else s for s in bram[0].sights]
    assert refusal(followed_again(bram[0], faceless)).code == "depth-unclear"
    blind = [dataclasses.replace(s, grey=None) if s.prompt in moving(bram[0]) else s for s in bram[0].sights]
    assert refusal(followed_again(bram[0], blind)).code == "depth-unclear"


def test_movements_without_a_rest_before_them_are_unclear(bram):
    blind = [s if s.prompt in moving(bram[0]) else dataclasses.replace(s, grey=None) for s in bram[0].sights]
    assert refusal(followed_again(bram[0], blind)).code == "depth-unclear"


def test_landmarks_alone_give_no_depth(bram):
    still = [s for s in bram[0].sights if s.prompt == 0 and s.grey is not None][-1]
    rng = np.random.default_rng(1)

    def frozen():
        return np.clip(still.grey.astype(np.int16) + rng.integers(-2, 3, still.grey.shape), 0, 255).astype(np.uint8)

    sights = [dataclasses.replace(s, grey=frozen()) if s.prompt in moving(bram[0]) else s for s in bram[0].sights]
    assert refusal(followed_again(bram[0], sights)).code in {"looks-flat", "depth-unclear"}
