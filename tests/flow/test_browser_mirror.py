"""The mirror in a real browser: Ada before the camera, a stranger who walks in, a picture, a film, and every end."""

import threading
import time
from contextlib import contextmanager

import cv2
import numpy as np
import pytest

from app import film as films
from app.film_out import encode
from app.studio.strings import say
from app.verify import Verdict, verify
from consent.errors import WORDS
from tests.app.reel_helpers import shown
from tests.flow.barriers import assert_open_to_all
from tests.flow.browser import chromium, visit
from tests.flow.camera import HEADER, SEATED, SLOTS
from tests.people import person

pytestmark = [
    pytest.mark.browser,
    pytest.mark.long,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of gradio, which runs in this process here
]

NOT_YOU = WORDS["refusal"]["not-you"]["reason"]
GLASS = """() => { const c = document.querySelector('.mirror canvas');
  const seen = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
  let light = 0, black = 0;
  for (let i = 0; i < seen.length; i += 4) { light += seen[i]; black += seen[i] + seen[i + 1] + seen[i + 2] < 12; }
  return [light / (seen.length / 4), black / (seen.length / 4)]; }"""


class Seat:
    """A camera before which people take turns: a Y4M file that is rewritten while Chromium plays it."""

    def __init__(self, path):
        self.path, self.rng = path, np.random.default_rng(1)
        self.grain = self.rng.integers(-3, 4, (960, 1280), dtype=np.int16)
        self.poses = {name: [self._drawn(name, n) for n in range(count)] for name, count in (("ada", 4), ("bram", 1))}
        self.name, self.gone = "ada", threading.Event()
        path.write_bytes(HEADER + b"".join(self._frame(n) for n in range(SLOTS)))
        self.thread = threading.Thread(target=self._film, daemon=True)
        self.thread.start()

    def _drawn(self, name, n):
        blink = {"expression": {"blink": 1.0}} if n == 3 else {}
        pixels = person(name).render(SEATED, yaw=1.5 * n, noise=0.0, **blink)
        return cv2.cvtColor(pixels, cv2.COLOR_RGB2YUV_I420).astype(np.int16)

    def _frame(self, number):
        poses = self.poses[self.name]
        planes = poses[number // 9 % len(poses)].copy()
        y, x = self.rng.integers(0, 480), self.rng.integers(0, 640)
        planes[:480] += self.grain[y : y + 480, x : x + 640]
        return b"FRAME\n" + np.clip(planes, 0, 255).astype(np.uint8).tobytes()

    def _film(self):
        with self.path.open("r+b", buffering=0) as file:
            for number in range(10**6):
                frame = self._frame(number)
                file.seek(len(HEADER) + number % SLOTS * len(frame))
                file.write(frame)
                if self.gone.wait(0.012):  # faster than it is played: no picture is seen twice
                    return

    def close(self):
        self.gone.set()
        self.thread.join()


@pytest.fixture(scope="module")
def seat(tmp_path_factory):
    one = Seat(tmp_path_factory.mktemp("camera") / "webcam.y4m")
    yield one
    one.close()


@pytest.fixture(scope="module")
def browser(seat):
    flags = ("--use-fake-ui-for-media-stream", f"--use-file-for-fake-video-capture={seat.path}")
    with chromium(*flags) as one:
        yield one


@pytest.fixture
def mirrored(playing, seat):
    """Opens the mirror of somebody whose check is passed."""
    seat.name = "ada"

    @contextmanager
    def opened(script="", **settings):
        page, visitor = playing(script=script, permissions=["camera"], **settings)
        page.locator("[data-mirror=open]").focus()
        page.keyboard.press("Enter")
        page.wait_for_selector(".mirror[data-state=showing]")
        yield page, visitor
        visitor.wipe()
        assert page.foreign == []

    return opened


def over(page, visitor):
    """What the page says when the mirror has closed; nothing is held then."""
    page.wait_for_selector(".mirror:not(.live) .ended:not(:empty)")
    ends = time.monotonic() + 20
    while visitor.mirror is not None and time.monotonic() < ends:
        page.wait_for_timeout(50)
    assert visitor.mirror is None
    return page.locator(".mirror .ended").inner_text()


def ours(page, address, desk):
    report = verify(page.request.get(page.url.rstrip("/") + address).body(), desk.anchors)
    assert report.verdict is Verdict.OURS, report
    return report


def test_ada_looks_into_the_mirror_and_a_stranger_walks_in(mirrored, studio, seat):
    with mirrored() as (page, _):
        assert_open_to_all(page)
        light, black = page.evaluate(GLASS)
        assert light > 40
        assert 0.02 < black < 0.2, "the label's plate"
        assert page.locator(".mirror .why[aria-live=assertive]").inner_text() == ""
        assert page.locator("#stage").is_hidden()
        page.locator("#years input[type=range]").fill("-10")
        seat.name = "bram"
        page.wait_for_selector(".mirror[data-state=blank]")
        page.wait_for_function("said => document.querySelector('.mirror .why').textContent === said", arg=NOT_YOU)
        assert page.evaluate(GLASS) == [0, 1], "nothing of anybody is left on the glass"
        assert page.locator("[data-mirror=snap]").is_disabled()
        assert_open_to_all(page)
        seat.name = "ada"
        page.wait_for_selector(".mirror[data-state=showing]")
        page.locator("[data-mirror=snap]").press("Enter")
        page.wait_for_selector(".mirror .taken li img")
        assert page.locator("[data-heard]").inner_text() == say("mirror_took", number=1)
        report = ours(page, page.locator(".taken a").get_attribute("href"), studio[1])
        assert (report.label.purpose, report.statement.parameters["years"]) == ("age", -10)
        page.locator("[data-mirror=close]").click()
        page.wait_for_selector("#stage img.after")
        assert page.locator(".mirror .taken li").count() == 1
        assert page.wrong == []


def test_a_recording_is_made_into_a_film_of_hers(mirrored, studio):
    with mirrored() as (page, visitor):
        page.locator("[data-mirror=record]").click()
        page.wait_for_selector(".mirror .rec", state="visible")
        assert page.locator("[data-mirror=record]").get_attribute("aria-pressed") == "true"
        page.wait_for_timeout(1200)
        page.locator("[data-mirror=record]").click()
        page.wait_for_selector(".mirror .making progress", state="visible")
        assert over(page, visitor) == say("mirror_made")
        page.wait_for_selector("#stage video.after")
        report = ours(page, page.locator("#stage video").get_attribute("src"), studio[1])
        assert report.label.purpose == "age"
        page.wait_for_function("document.querySelector('#stage video').readyState >= 2")
        assert page.wrong == []


LONG = 200
"""Frames of a film that is not done before somebody stops it."""


def begin_film(page, folder, frames):
    """Drop a film of Ada, and have it changed."""
    poses = [shown("ada", number) for number in range(6)]
    (folder / "me.mp4").write_bytes(encode([poses[n % 6] for n in range(frames)], films.Timing.even(frames)))
    page.locator("#film input[type=file]").set_input_files(folder / "me.mp4")
    page.wait_for_selector(f"#film .chip:has-text('{frames}')")
    page.locator("#make-film").click()


def close_mirror(page):
    page.locator("[data-mirror=close]").click()
    page.wait_for_selector(".mirror:not(.live)")


def test_two_browsers_at_once_and_a_withdrawal_in_the_middle_of_a_film(mirrored, browser, studio, tmp_path):
    with mirrored() as (page, visitor):
        other = visit(browser, studio[0].link())
        other.wait_for_selector("#agree-text h2")
        close_mirror(page)
        begin_film(page, tmp_path, LONG)
        page.wait_for_selector("#film progress")
        assert page.request.get(page.url + "studio/film").json()["running"]
        assert not other.request.get(other.url + "studio/film").json()["running"], "nobody else's film"
        other.get_by_role("tab").nth(2).click()
        other.wait_for_selector("#play-locked .card")
        page.locator("#withdraw").click()
        page.wait_for_selector("#gone .card.yes")
        assert (visitor.gate, visitor.film, visitor.results) == (None, None, {})
        page.reload()
        page.get_by_role("tab").nth(2).click()
        page.wait_for_selector("#play-locked .card")
        assert other.locator("#gone .card").count() == 0
        assert page.wrong == other.wrong == []
        other.context.close()


def test_a_film_says_how_far_it_is_and_can_be_stopped(mirrored, studio, tmp_path):
    with mirrored() as (page, visitor):
        close_mirror(page)
        begin_film(page, tmp_path, LONG)
        page.wait_for_selector("#film progress")
        page.wait_for_function("document.querySelector('#film .far').innerText")
        assert_open_to_all(page)
        page.locator("#film [data-do=stop]").click()
        page.wait_for_selector("#film .card.note")
        assert visitor.results == {}, "nothing half made"
        page.locator("#film [data-do=clear]").click()
        page.wait_for_selector("#film [data-drop]")
        begin_film(page, tmp_path, 12)
        page.wait_for_selector("#film .card.yes")
        page.wait_for_selector("#stage video.after")
        report = ours(page, page.locator("#stage video").get_attribute("src"), studio[1])
        assert report.label.purpose == "age"
        assert_open_to_all(page)
        assert page.wrong == []


UNPLUG = """const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async wanted => {
    const stream = await real(wanted); window.track = stream.getVideoTracks()[0]; return stream; };"""
HIDE = """Object.defineProperty(document, 'hidden', { value: true, configurable: true });
  document.dispatchEvent(new Event('visibilitychange')); delete document.hidden"""


def test_every_end_has_its_sentence_and_lets_the_camera_go(mirrored):
    with mirrored(UNPLUG, locale="zh-CN", viewport={"width": 390, "height": 844}) as (page, visitor):
        page.evaluate("window.track.dispatchEvent(new Event('ended'))")
        assert say("no_camera_stopped_reason", "zh") in over(page, visitor)
        assert page.evaluate("window.track.readyState") == "ended"
        page.locator("[data-mirror=open]").click()
        page.wait_for_selector(".mirror[data-state=showing]")
        page.evaluate(HIDE)
        assert say("no_mirror_hidden_reason", "zh") in over(page, visitor)
        page.locator("[data-mirror=open]").click()
        page.wait_for_selector(".mirror[data-state=showing]")
        page.locator("#withdraw").click()
        page.wait_for_selector("#gone .card.yes")
        assert visitor.mirror is None
        page.wait_for_function("window.track.readyState === 'ended'")
