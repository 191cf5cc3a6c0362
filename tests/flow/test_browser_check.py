"""The page of the live check in a real browser, with a scripted server: what is shown, what is reported, what stops it.

The page, the socket and the camera are the real ones; only what comes over the socket is written here, so that each
state can be looked at without a person who brings it about.
"""

import itertools
import re
import time

import cv2
import numpy as np
import pytest

from app.home import Home
from app.studio.landing import _routes
from app.studio.server import Running, bind, build
from consent.types import Purpose
from tests.booth import SEAT
from tests.flow.barriers import assert_open_to_all
from tests.flow.browser import CHROMIUM, DIALOG, FLAGS, Server, chromium, visit
from tests.people import person

pytestmark = [pytest.mark.browser, pytest.mark.long]

DARK = "rgb(13, 17, 23)"
RED, GREEN, BLUE, WHITE = [255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]


@pytest.fixture(scope="module")
def link(tmp_path_factory):
    door = bind("127.0.0.1", 0)
    home = Home.open(tmp_path_factory.mktemp("home"))
    guard, _ = build(
        door.getsockname()[1], home, page=lambda api, desk: api.include_router(_routes(desk, [Purpose.AGE]))
    )
    with Running(guard, door) as running:
        running.wait()
        yield guard.link()


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    file = tmp_path_factory.mktemp("camera") / "still.y4m"
    planes = cv2.cvtColor(person("ada").render(SEAT, size=(640, 480)), cv2.COLOR_RGB2YUV_I420)
    file.write_bytes(b"YUV4MPEG2 W640 H480 F30:1 Ip A1:1 C420jpeg\nFRAME\n" + planes.tobytes())
    with chromium("--use-fake-ui-for-media-stream", f"--use-file-for-fake-video-capture={file}") as one:
        yield one


@pytest.fixture
def open_page(browser, link):
    """A page with the form of choices open, and the server it will speak to."""
    contexts = []

    def made(script="", on=browser, **settings):
        page = visit(on, link, permissions=["camera"], script=script, **settings)
        contexts.append(page.context)
        page.server = Server(page)
        page.locator("input[name=myself]").check()
        page.locator("input[name=adult]").check()
        page.locator("#capture [data-start]").click()
        page.wait_for_selector("dialog.capture[data-state=choosing]")
        return page

    yield made
    for context in contexts:
        context.close()


def start(page):
    page.locator("dialog [data-begin]").click()
    until(page, lambda: page.server.frames)
    return page


def until(page, true):
    for _ in range(200):
        if true():
            return
        page.wait_for_timeout(25)
    raise AssertionError("it never came to be")


def seen(page):
    return page.evaluate(DIALOG)


def refused(page):
    page.wait_for_selector("dialog[data-state=refused]")
    assert seen(page)["screen"] in (DARK, "rgba(0, 0, 0, 0)")
    assert seen(page)["hint"].endswith(".")
    assert page.evaluate(
        "document.querySelector('dialog video').srcObject?.getTracks().every(t => t.readyState === 'ended') ?? true"
    )
    return seen(page)["says"]


# --- before -----------------------------------------------------------------------------------------------------------


def test_the_choice_comes_before_the_camera_and_reaches_the_server_as_made(open_page):
    page = open_page()
    assert page.locator("dialog .caution").is_visible()
    assert "epilepsy" in page.locator("dialog .caution").inner_text()
    assert page.locator("dialog [name=assurance]:checked").get_attribute("value") == "motion+light"
    assert page.locator("dialog [name=abilities]:checked").count() == 5
    assert page.locator("dialog .calm").is_hidden()
    assert page.evaluate("document.querySelector('dialog video').srcObject") is None
    assert_open_to_all(page)
    page.locator("dialog .can", has_text="Nod").click()
    page.locator("dialog .can", has_text="Close my eyes").click()
    page.locator("dialog .kind", has_text="follow a dot").click()
    start(page)
    assert page.server.heard[0] == {"assurance": "motion", "abilities": ["turn", "open-mouth", "lean-in"]}
    # a no that is about the choices leads back to them, and they are still as they were
    no = {"ok": False, "code": "too-little-to-ask", "reason": "Too little.", "remedy": "Choose more."}
    page.server.send({"verdict": no})
    assert refused(page) == "Too little."
    assert_open_to_all(page)
    assert page.locator("dialog [data-again]").is_hidden()  # the same again would be refused again
    page.locator("dialog [data-change]").click()
    page.wait_for_selector("dialog[data-state=choosing]")
    assert page.locator("dialog [name=assurance]:checked").get_attribute("value") == "motion"
    assert page.locator("dialog [name=abilities]:checked").count() == 3


def test_who_asks_for_less_motion_is_offered_no_flashes(open_page):
    page = open_page(reduced_motion="reduce")
    assert page.locator("dialog [name=assurance]:checked").get_attribute("value") == "motion"
    assert page.locator("dialog .calm").is_visible()
    start(page)
    assert page.server.heard[0]["assurance"] == "motion"


def test_by_keyboard_alone(open_page):
    page = open_page()
    assert page.evaluate("document.activeElement.matches('dialog [data-begin]')")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog.capture", state="detached")
    assert page.evaluate("document.activeElement.matches('[data-start]')")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog.capture[data-state=choosing]")
    page.keyboard.press("Enter")
    until(page, lambda: page.server.frames)
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog.capture", state="detached")


@pytest.mark.parametrize("width", [1280, 360])
def test_nothing_is_cut_off(open_page, width):
    page = open_page(viewport={"width": width, "height": 740})

    def fits():
        return page.evaluate("""() => [...document.querySelectorAll('dialog *')].every(part => {
          const box = part.getBoundingClientRect();
          return !box.width || part.closest('svg') || (box.left >= 0 && box.right <= innerWidth);
        }) && [...document.querySelectorAll('dialog button')].every(b => !b.offsetParent || b.offsetHeight >= 44)""")

    assert fits()
    assert page.evaluate("getComputedStyle(document.querySelector('dialog .booth')).overflowY") == "auto"
    start(page)
    server = page.server
    server.hint(1, "close-eyes", "several-faces", amount=0.5, seconds_left=3.0)
    page.wait_for_selector("dialog .hint:has-text('one person')")
    assert fits()
    server.hint(2, "light", colour=RED)
    page.wait_for_selector("dialog.lit")
    assert fits()
    server.hint(3, "dot", dot=[[0, 1.0, 1.0]], aim=[-1, -1])
    page.wait_for_selector("dialog[data-prompt=dot]")
    assert fits()
    no = {
        "ok": False,
        "code": "x",
        "reason": "What turned looked flat, like a picture of a face.",
        "remedy": "Try again.",
    }
    server.send({"verdict": no})
    refused(page)
    assert fits()


# --- during -----------------------------------------------------------------------------------------------------------


def test_one_thing_is_said_at_a_time(open_page):
    page = start(open_page())
    server = page.server
    server.hint(0, "centre", "come-closer")
    page.wait_for_selector("dialog .prompt:has-text('Come closer')")
    assert seen(page)["hint"] == ""
    assert page.locator("dialog .icon svg path").count() > 0
    assert page.locator("dialog .amount").is_hidden()
    server.hint(1, "turn-left", amount=0.4, seconds_left=6.2)
    page.wait_for_selector("dialog .prompt:has-text('Turn your head to your left')")
    page.wait_for_timeout(200)
    share = "[...document.querySelectorAll('dialog .amount i')].map(i => i.offsetWidth / i.parentNode.offsetWidth)[0]"
    assert page.evaluate(share) == pytest.approx(0.4, abs=0.01)
    assert page.locator("dialog .left").inner_text() == "7 s"
    assert page.locator("dialog .prompt[aria-live=assertive]").count() == 1
    server.hint(1, "turn-left", "no-face", amount=0.4, seconds_left=6.0)
    page.wait_for_selector("dialog .hint:has-text('No face')")
    assert seen(page)["says"].startswith("Turn your head")
    assert server.shown == [0, 1]
    assert_open_to_all(page)


def test_the_colour_fills_the_screen_and_each_one_is_reported(open_page):
    page = start(open_page())
    for index, colour in enumerate([RED, BLUE, GREEN], 1):
        page.server.hint(index, "light", colour=colour)
        until(page, lambda index=index: index in page.server.shown)
        painted = f"rgb({', '.join(map(str, colour))})"
        corners = "[[2, 2], [innerWidth - 3, 2], [2, innerHeight - 3], [innerWidth - 3, innerHeight - 3]]"
        colours = f"{corners}.map(([x, y]) => getComputedStyle(document.elementFromPoint(x, y)).backgroundColor)"
        assert page.evaluate(colours) == [painted] * 4
        page.wait_for_timeout(400)
    area = page.evaluate(
        "(b => b.width * b.height / innerWidth / innerHeight)(document.querySelector('.panel').getBoundingClientRect())"
    )
    assert 0 < area < 0.08  # the face stays visible, small
    assert_open_to_all(page)
    assert page.locator("dialog video").is_visible()
    assert page.server.shown == [1, 2, 3]
    times = [one["t"] for one in page.server.heard if "shown" in one]
    assert all(later - earlier >= 0.4 for earlier, later in itertools.pairwise(times))
    page.server.hint(4, "centre")
    until(page, lambda: not page.locator("dialog.lit").count())
    assert page.evaluate("getComputedStyle(document.querySelector('dialog')).backgroundColor") == DARK


@pytest.mark.parametrize("sequence", [[RED, GREEN, BLUE, RED], [RED, None, RED, None]], ids=["colours", "on and off"])
def test_the_page_never_flashes_whatever_it_is_told(open_page, sequence):
    page = start(open_page())
    for index, colour in enumerate(sequence, 1):
        page.server.hint(index, "light" if colour else "centre", colour=colour)
        page.wait_for_timeout(120)
    if sequence[-1] is None:
        page.server.hint(9, "light", colour=WHITE)
    assert "too fast" in refused(page)
    # another check right away starts from what was shown before
    page.locator("dialog [data-again]").click()
    page.wait_for_selector("dialog:not([data-state=refused])")
    assert page.locator("dialog.lit").count() == 0


def test_cancelling_in_the_middle_of_the_colours_leaves_no_colour(open_page):
    page = start(open_page())
    page.server.hint(1, "light", colour=RED)
    page.wait_for_selector("dialog.lit")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog.capture", state="detached")
    assert page.evaluate("getComputedStyle(document.elementFromPoint(2, 2)).backgroundColor") != "rgb(255, 0, 0)"
    assert page.evaluate("document.fullscreenElement") is None


def test_the_dot_glides_and_the_ring_is_where_the_nose_points(open_page):
    page = start(open_page())
    path = [[t / 20, -0.8 + t / 20, 0.5] for t in range(33)]  # a half field a second, from left to right
    page.server.hint(1, "dot", dot=path[:8], aim=[0.5, -0.25])
    until(page, lambda: 1 in page.server.shown)
    places, patience = [], time.monotonic() + 30
    while not places or places[-1][0] < 0.7:
        page.server.hint(1, "dot", dot=path, aim=[0.5, -0.25])
        places.append(seen(page)["dot"])
        assert time.monotonic() < patience
    across = np.array(places)[:, 0]
    assert np.allclose(np.array(places)[:, 1], 0.5, atol=0.02)
    assert np.diff(across).min() >= -0.01  # never back
    assert len(np.unique(across.round(2))) > 15  # smoothly
    assert seen(page)["aim"] == pytest.approx([0.5, -0.25], abs=0.05)
    assert_open_to_all(page)
    page.wait_for_timeout(300)
    assert seen(page)["dot"] == pytest.approx([0.8, 0.5], abs=0.02)  # rests where its path ends
    page.server.hint(1, "dot", "no-face", dot=path)
    page.wait_for_selector("dialog .hint:has-text('No face')")
    until(page, lambda: seen(page)["aim"] is None)


def test_a_tone_says_when_eyes_may_open(open_page):
    listen = """window.tones = 0; const make = AudioContext.prototype.createOscillator;
      AudioContext.prototype.createOscillator = function () { window.tones++; return make.call(this); };"""
    page = start(open_page(listen))
    page.server.hint(1, "open-mouth")
    page.server.hint(2, "close-eyes")
    page.wait_for_selector("dialog[data-prompt=close-eyes]")
    assert "tone" in seen(page)["says"]
    assert page.evaluate("window.tones") == 0
    page.server.hint(3, "centre")
    page.wait_for_selector("dialog[data-prompt=centre]")
    assert page.evaluate("window.tones") == 2


# --- what can go wrong ------------------------------------------------------------------------------------------------

CAMERA = """const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async wanted => { %s };"""


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("throw new DOMException('', 'NotReadableError')", "Another program is using the camera."),
        ("return document.createElement('canvas').captureStream()", "a program that plays pictures"),
    ],
    ids=["busy", "canvas"],
)
def test_what_is_no_camera_is_refused(open_page, script, says):
    page = open_page(CAMERA % script)
    page.locator("dialog [data-begin]").click()
    assert says in refused(page)
    assert page.server.heard == []


NAMES = [
    *("OBS Virtual Camera", "ManyCam Virtual Webcam", "Dummy video device (0x0000)", "v4l2loopback", "Snap Camera"),
    *("XSplit VCam", "DroidCam Virtual Camera", "mmhmm Camera", "OBS-Camera", "e2eSoft VCam", "Virtual_Cam_1"),
]
REAL = ["Integrated Camera (04f2:b6d0)", "FaceTime HD Camera", "Logitech BRIO", "HD Pro Webcam C920", "fake_device_0"]


def test_virtual_cameras_that_say_so_are_refused_and_real_ones_are_not(open_page):
    page = open_page()
    script = page.request.get(page.url + "capture/assets/capture.js").text()
    pattern = re.search(r"const VIRTUAL = (/.*/i);", script)[1]
    told = page.evaluate(f"names => names.map(name => {pattern}.test(name))", NAMES + REAL)
    assert told == [True] * len(NAMES) + [False] * len(REAL)


def test_a_virtual_cameras_name_refuses(open_page):
    page = open_page(
        CAMERA % "const s = await real(wanted); const [t] = s.getVideoTracks();"
        "Object.defineProperty(t, 'label', { value: 'OBS Virtual Camera' }); window.track = t; return s;"
    )
    page.locator("dialog [data-begin]").click()
    assert "a program that plays pictures" in refused(page)
    assert page.evaluate("window.track.readyState") == "ended"
    assert page.server.heard == []


def test_a_camera_that_is_unplugged_ends_the_check(open_page):
    page = start(open_page(CAMERA % "const s = await real(wanted); window.track = s.getVideoTracks()[0]; return s;"))
    page.server.hint(1, "light", colour=RED)
    page.wait_for_selector("dialog.lit")
    page.evaluate("window.track.dispatchEvent(new Event('ended'))")
    assert refused(page) == "The camera stopped."


def test_a_hidden_page_ends_the_check(open_page):
    page = start(open_page())
    page.evaluate("""Object.defineProperty(document, 'hidden', { value: true });
      document.dispatchEvent(new Event('visibilitychange'))""")
    assert refused(page) == "The page was hidden during the check."


def test_a_lost_line_ends_the_check_and_late_words_change_nothing(open_page):
    page = start(open_page())
    page.server.line.close()
    assert "connection to the program" in refused(page)


def test_after_too_many_tries_the_time_is_counted_down(open_page):
    page = start(open_page())
    no = {
        "ok": False,
        "code": "too-many-tries",
        "reason": "5 checks in a row were not passed.",
        "remedy": "Please wait.",
    }
    page.server.send({"verdict": {**no, "seconds": 2}})
    page.wait_for_selector("dialog[data-state=paused]")
    assert re.fullmatch(r"0:0[12]", page.locator("dialog .left").inner_text())
    assert page.locator("dialog [data-again]").is_hidden()
    page.wait_for_selector("dialog [data-again]", state="visible")
    assert page.locator("dialog .left").inner_text() == ""
    assert_open_to_all(page)


def test_a_slow_camera_asks_for_light(open_page, browser):
    flags = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream=fps=5"]
    slow = browser.browser_type.launch(executable_path=CHROMIUM, args=[*FLAGS, *flags])
    page = start(open_page(on=slow))
    ends = time.monotonic() + 20
    while "slow" not in seen(page)["hint"] and time.monotonic() < ends:
        page.server.hint(0, "centre")
        page.wait_for_timeout(200)
    assert "More light" in seen(page)["hint"]
    slow.close()
