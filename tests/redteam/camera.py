"""Attacks on the live check: recordings, stills, people who change places, a camera that lies; and too many tries."""

from __future__ import annotations

import dataclasses
import json
import struct

import numpy as np

from app import flow
from app.capture import Camera
from app.home import Home
from consent import attempts, liveness, policy
from consent.liveness import Recorder
from consent.types import Frame
from tests.booth import Booth
from tests.conftest import EVERYTHING
from tests.promises.stage import Clock, draw, jpeg
from tests.redteam.attack import Surface, answer, control, on, together

attack = on(Surface.CAMERA)


class Replay:
    """A virtual camera that plays the frames of an earlier check, on a page that says what the server wants to hear."""

    def __init__(self, film):
        self.film, self.number, self.now = film, -1, 1000.0

    def clock(self):
        return self.now

    def frame(self, hint):
        self.number += 1
        self.now += 0.1
        pixels = self.film(self.number)
        return Frame(pixels, self.now, hint.prompt.index)


def sat_before(ground, sitter):
    """What the live check says of whoever sits there, with a log of its own: tries are counted."""
    home = Home.open(ground.room() / "home")
    ledger = home.open_ledger()
    return answer(flow.meet, sitter, ground.notary.sign(EVERYTHING, sitter.clock), ledger, sitter.clock)


@attack("refused")
def a_recording_of_a_check_that_was_passed(ground):
    booth, gate = ground.met
    control(gate.live(), "the check that was recorded was not passed")
    film = [frame.pixels for frame in booth.film]
    said = sat_before(ground, Replay(lambda number: film[number % len(film)]))
    return "refused" if said not in {"done", "too-many-tries"} else said


@attack("refused")
def a_photograph_with_a_cameras_noise(ground):
    still, rng = draw("ada", seed=1).astype(np.int16), np.random.default_rng(1)

    def film(_):
        return np.clip(still + rng.normal(0, 2, still.shape), 0, 255).astype(np.uint8)

    said = sat_before(ground, Replay(film))
    return "refused" if said not in {"done", "too-many-tries"} else said


@attack("refused")
def a_stream_that_stands_still(ground):
    said = sat_before(ground, Replay(lambda _: draw("ada", seed=1)))
    return "refused" if said not in {"done", "too-many-tries"} else said


@attack("face-changed")
def another_person_takes_over_after_the_first_action(ground):
    class Switching(Booth):
        def picture(self, scene):
            return self.world.photograph("ada" if self.number < 45 else "bram", scene)

    return sat_before(ground, Switching("ada", fps=8))


@attack("broken-picture, camera-changed, camera-order, camera-size, check-too-long, frame-too-large, frame-unreadable")
def frames_that_no_camera_sends(ground):
    good = message(0, 1.0, jpeg(draw("ada", seed=1)))
    small, large = (jpeg(np.zeros((side, side, 3), np.uint8)) for side in (130, 2200))
    control(answer(_camera(ground).take, good) == "done", "a genuine frame is refused")
    again = _camera(ground)
    again.take(good)
    full = _camera(ground)
    full._frames = 3600
    tries = [
        (again, good),
        (again, message(1, 0.5, jpeg(draw("ada", seed=1)))),
        (again, message(2, 2.0, jpeg(draw("ada", seed=1, size=(640, 480))))),
        (_camera(ground), message(0, 1.0, small)),
        (_camera(ground), message(0, 1.0, large)),
        (again, good + bytes(400_000)),
        (full, good),
    ]
    broken = (b"", b"x", b"\xff" * 8, struct.pack(">I", 2**32 - 1) + b"{}", b"\0\0\0\2{}" + good[10:])
    broken += (
        message(9, 9.0, b"GIF89a"),
        message("x", 1.0, b"\xff\xd8\xff"),
        message(0, float("nan"), b"\xff\xd8\xff"),
    )
    broken += (message(0, -1.0, b"\xff\xd8\xff"), message(0, 1e300, b"\xff\xd8\xff"), b"\0\0\x27\x10" + b"[" * 10_000)
    broken += (message(10, 9.5, jpeg(draw("ada", seed=1))[:300]),)
    return together(answer(camera.take, data) for camera, data in [*tries, *((again, data) for data in broken)])


@attack("camera-order")
def a_page_that_says_it_painted_prompts_nobody_gave_it(ground):
    camera = _camera(ground)
    control(answer(camera.shown, 0, 1.0) == "done", "a genuine report is refused")
    return together(
        answer(camera.shown, *one) for one in ((0, 1.0), (-5, 2.0), (1, 0.5), (1, float("nan")), (2, 1e300))
    )


@attack("frames-out-of-order", cheap=True)
def answering_a_prompt_that_was_not_shown_yet(ground):
    recorder, clock = _recorder(ground)
    for index in (0, 1, 9):
        clock.now += 0.1
        hint = recorder.take(Frame(draw("ada", seed=1), clock.now, index))
    return hint.code


@attack("clock-mismatch")
def a_camera_whose_time_runs_faster(ground):
    recorder, clock = _recorder(ground)
    recorder.take(Frame(draw("ada", seed=1), 1.0, 0))
    clock.now += 0.1
    return recorder.take(Frame(draw("ada", seed=1), 1.0 + 2 * policy.CLOCK_SLACK, 0)).code


@attack("forged, spent")
def recordings_built_by_hand_and_judged_twice(ground):
    recorder, _ = _recorder(ground)
    recording = recorder.capture()
    forged = dataclasses.replace(recording, outcome="complete")
    control(answer(liveness.check, recording) not in {"done", "forged", "spent"}, "it was judged before")
    return together([answer(liveness.check, forged), answer(liveness.check, recording), answer(recorder.capture)])


@attack("too-many-tries", cheap=True)
def trying_until_it_works(ground):
    """Also from a program that was started anew, and after the failures were made to look like another session's."""
    home = Home.open(ground.room() / "home")
    for _ in range(policy.FAILURES):
        control(answer(attempts.begin, home.open_ledger(), Clock()) == "done", "a first try is refused")
    return together(answer(attempts.begin, home.open_ledger(), Clock(start)) for start in (1000.0, 0.0, 1e9))


def message(sequence, at, data):
    """One camera frame as the page sends it."""
    header = json.dumps({"seq": sequence, "t": at}).encode()
    return struct.pack(">I", len(header)) + header + data


def _recorder(ground):
    clock = Clock()
    return Recorder(attempts.begin(Home.open(ground.room() / "home").open_ledger(), clock)), clock


def _camera(ground):
    return Camera(_recorder(ground)[0])
