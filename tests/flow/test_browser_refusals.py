"""Every no that a picture can get, in a real browser: what is said, what to do, and that nothing of it can be made."""

import functools
import io
import struct

import cv2
import numpy as np
import pytest
from PIL import Image

from app.studio.page import mount
from app.studio.refusals import TABLES
from app.studio.refusals_more_zh import ZH_MORE
from app.studio.server import Running, bind, build
from consent.errors import WORDS
from tests.app.mirror_helpers import known_again
from tests.booth import SEAT
from tests.flow.barriers import assert_open_to_all
from tests.flow.browser import chromium, visit
from tests.people import person

pytestmark = [
    pytest.mark.browser,
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
def studio(home, ledger):
    door = bind("127.0.0.1", 0)
    guard, desk = build(door.getsockname()[1], home, page=mount)
    desk.__dict__["ledger"] = ledger
    with Running(guard, door) as running:
        running.wait()
        yield guard, desk


@pytest.fixture(scope="module")
def browser():
    with chromium() as one:
        yield one


@pytest.fixture
def playing(browser, studio, gate, notary, ledger):
    """Opens the page of somebody whose check is passed, where pictures are changed."""
    guard, desk = studio
    contexts = []

    def opened(**settings):
        page = visit(browser, guard.link(), **settings)
        contexts.append(page.context)
        page.wait_for_selector("#agree-text h2")
        (cookie,) = (one for one in page.context.cookies() if one["name"] == guard.cookie)
        visitor = desk.visitor({"cookie": f"{guard.cookie}={cookie['value']}"})
        mine, receipt = known_again(gate, notary, ledger)
        visitor.agreed(receipt)
        visitor.open(mine, receipt)
        page.reload()
        page.wait_for_selector("#session .pill")
        page.get_by_role("tab").nth(2).click()
        page.wait_for_selector("#stage [data-drop]")
        return page, visitor

    yield opened
    for context in contexts:
        context.close()


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
        assert page.locator("#under .chip.yes").count() == 0
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
