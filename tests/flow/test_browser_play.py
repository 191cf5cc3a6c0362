"""The Play page in a real browser: every no that a picture can get, and a model of the person's own face."""

import functools
import io
import struct

import cv2
import numpy as np
import pytest
from PIL import Image

from app import film as films
from app.film_out import encode
from app.studio.refusals import TABLES
from app.studio.refusals_more_zh import ZH_MORE
from app.studio.strings import say
from app.verify import Verdict, verify
from consent.errors import WORDS
from tests.app.reel_helpers import shown
from tests.booth import SEAT
from tests.flow.barriers import assert_open_to_all
from tests.flow.browser import chromium, visit
from tests.people import person

pytestmark = [
    pytest.mark.browser,
    pytest.mark.long,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of gradio, which runs in this process here
]


@functools.cache
def drawn(name="ada", **scene):
    return person(name).render(SEAT, **{"size": (480, 560), "background": 5, **scene})


def packed(pixels, kind="JPEG", **how):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, **how)
    return file.getvalue()


def two():
    return np.hstack([drawn(), drawn("ivo")])


def small():
    """Her face as small as in a picture of a whole room."""
    room = np.full((480, 640, 3), 150, np.uint8)
    room[200:280, 300:368] = cv2.resize(drawn(), (68, 80), interpolation=cv2.INTER_AREA)
    return room


def shaken():
    """A long time of exposure and an unsteady hand."""
    return cv2.blur(drawn(), (31, 31))


def too_wide():
    data = bytearray(packed(drawn()))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", 30_000, 30_000)
    return bytes(data)


FILES = {
    "not-a-picture": lambda: b"hello",
    "unsupported-picture": lambda: packed(drawn(), "GIF"),
    "moving-picture": lambda: packed(drawn(), "WEBP", save_all=True, append_images=[Image.fromarray(drawn("ivo"))]),
    "broken-picture": lambda: packed(drawn())[:9000],
    "picture-too-large": too_wide,
    "picture-too-small": lambda: packed(drawn()[:100, :100]),
    "no-face": lambda: packed(np.full((300, 300, 3), 128, np.uint8)),
    "several-faces": lambda: packed(two()),
    "face-too-small": lambda: packed(small()),
    "face-turned-away.covered": lambda: packed(drawn(yaw=70.0)),
    "face-too-dark": lambda: packed((drawn() * 0.08).astype(np.uint8)),
    "face-too-bright": lambda: packed(np.minimum(drawn() * 1.9, 255).astype(np.uint8)),
    "face-blurred": lambda: packed(shaken()),
    "looks-like-a-child": lambda: packed(drawn("child_kit", seed=3)),
    "not-you": lambda: packed(drawn("ivo")),
}
"""By the code of the refusal (and its case, as in `consent/words.toml`): a file that gets it."""


@pytest.fixture(scope="module")
def browser():
    with chromium() as one:
        yield one


def chosen(page, name):
    """What the page says of a file: (headline, text)."""
    file = {"name": f"{name}.jpg", "mimeType": "image/jpeg", "buffer": FILES[name]()}
    page.locator("#stage input[type=file]").set_input_files(file)
    said = page.locator(f"#under .card:has(code:text-is('{name.partition('.')[0]}'))")
    said.wait_for()
    return said.locator("h3").inner_text(), said.locator("p").first.inner_text()


def words_of(code, language):
    """Reason and remedy as the tables have them, what is filled in left out; None where each file has its own."""
    if language != "en":
        return TABLES[language].get(code) or ZH_MORE.get(code)
    words = WORDS["refusal"].get(code)
    return None if words is None else (words["reason"], words["remedy"])


def assert_said(said, words):
    for text, meant in zip(said, words, strict=True):
        for piece in meant.replace("}", "{").split("{")[::2]:  # what stands between the braces is filled in
            assert piece in text
        assert "{" not in text


@pytest.mark.parametrize(("language", "locale", "width"), [("en", "en-GB", 1280), ("zh", "zh-CN", 360)])
def test_every_picture_that_is_refused_says_why_and_what_to_do(playing, language, locale, width):
    page, visitor = playing(locale=locale, viewport={"width": width, "height": 900})
    for code in FILES:
        said = chosen(page, code)
        assert all(text and text[-1] in ".。" for text in said), said
        words = words_of(code, language)
        if words is not None:
            assert_said(said, words)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{code} is cut off"
        assert visitor.pictures["target"].match is None
        assert page.locator("#under .chip").count() == 0
        make = page.locator("#make")
        if make.count() and make.is_visible() and make.is_enabled():
            make.click()
            page.wait_for_selector("#play-note .card")
        assert visitor.results == {}
        assert page.locator("#download").count() == 0
        if code in {"several-faces", "not-you"}:
            assert_open_to_all(page)
        page.locator("#under [data-do=clear], #stage [data-do=clear]").first.click()
        page.wait_for_selector("#stage [data-drop]")
    assert page.wrong == page.foreign == []


@pytest.mark.parametrize(("language", "locale"), [("en", "en-GB"), ("zh", "zh-CN")])
def test_who_does_not_agree_is_told_what_is_missing(browser, studio, language, locale):
    page = visit(browser, studio[0].link(), locale=locale)
    page.wait_for_selector("#agree-text h2")
    for code, ticked in (("not-adult", None), ("not-myself", "#adult input"), ("no-purpose", "#myself input")):
        if ticked:
            page.locator(ticked).check()
        page.locator("#agree-button").click()
        said = page.locator(f"#agree-note .card:has(code:text-is('{code}'))")
        said.wait_for()
        assert_said((said.locator("h3").inner_text(), said.locator("p").first.inner_text()), words_of(code, language))
        assert_open_to_all(page)
    assert page.locator("#capture [data-start]").count() == 0, "nobody is filmed before they have agreed"
    assert page.wrong == page.foreign == []


# --- the personal model -----------------------------------------------------------------------------------------------


def stamped(page, address, desk):
    """What is said of a picture that the page shows; it must be ours."""
    report = verify(page.request.get(page.url.rstrip("/") + address).body(), desk.anchors)
    assert report.verdict is Verdict.OURS, report
    return report


def press(page, do):
    page.locator(f"#personal [data-do={do}]").click()


def test_a_model_of_ones_own_face_is_learnt_drawn_and_forgotten(playing, studio):
    page, visitor = playing()
    press(page, "learn")
    page.wait_for_selector("#personal .card.yes:has-text('Learnt from')")
    assert_open_to_all(page)
    press(page, "draw")
    page.wait_for_selector("#personal-note .card.no")  # there is no picture on the table yet
    mine = {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": packed(drawn(yaw=6.0))}
    page.locator("#stage input[type=file]").set_input_files(mine)
    page.wait_for_selector("#under .chip")
    press(page, "draw")
    page.wait_for_selector("#stage .compare img.after")
    report = stamped(page, page.locator("#stage img.after").get_attribute("src"), studio[1])
    assert report.label.purpose == "swap"
    page.get_by_role("tab").nth(4).click()
    page.wait_for_selector("#data-memory dd.here:has-text('a model')")
    page.get_by_role("tab").nth(2).click()
    press(page, "forget")
    page.wait_for_selector("#personal [data-do=learn]")
    assert visitor.lesson.model is None
    assert page.wrong == page.foreign == []


def test_a_network_shows_how_it_learns_pauses_and_goes_with_the_session(playing, studio, tmp_path):
    page, visitor = playing(locale="zh-CN", viewport={"width": 390, "height": 844})
    (tmp_path / "me.mp4").write_bytes(encode([shown("ada", n % 8) for n in range(24)], films.Timing.even(24)))
    page.locator("#personal summary").click()
    press(page, "train][data-network=light")
    page.wait_for_selector("#personal-note .card.no code:text-is('too-few-frames-to-train')")
    assert_open_to_all(page)
    for field in page.locator("#personal input[type=file]").all():
        field.set_input_files(tmp_path / "me.mp4")
        page.wait_for_selector("#personal .drop:not(.busy)")
    page.wait_for_function("document.querySelectorAll('#personal .chip').length === 2")
    assert say("personal_frames", "zh", count=24) in page.locator("#personal .chip").first.inner_text()
    page.locator("#personal summary").click()
    press(page, "train][data-network=light")
    page.wait_for_selector("#personal .curves figure:nth-of-type(2) polyline")
    press(page, "pause")
    page.wait_for_selector("#personal [data-do=resume]")
    training = visitor.lesson.training
    steps = training.told().steps
    page.wait_for_selector("#personal .grid img:nth-of-type(4)")
    for image in page.locator("#personal .grid img").all():
        stamped(page, image.get_attribute("src"), studio[1])
    assert training.told().steps == steps
    assert_open_to_all(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    press(page, "resume")
    page.wait_for_selector("#personal [data-do=pause]")
    training.wait(steps + 2, 60)
    press(page, "stop")
    page.wait_for_selector("#personal .far:has-text('训练了')")
    assert training.told().steps > steps
    address = page.locator("#personal .grid img").first.get_attribute("src")
    page.locator("#withdraw").click()
    page.wait_for_selector("#gone .card.yes")
    assert visitor.lesson is None
    assert training.told().state == "forgotten"
    assert page.request.get(page.url.rstrip("/") + address).status == 404
    assert page.foreign == []
