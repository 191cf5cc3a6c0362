"""The whole way in a real browser: a synthetic person sits before the camera, reads the prompts, and plays.

Debian's chromium runs the unchanged page of the real command; its fake camera plays a file in which the person of
`tests/flow/camera.py` moves. Nothing of the program is replaced, and nothing of it knows that this is a test.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from app import media
from app.studio import receipts
from app.studio.head import CHUNKS
from app.studio.refusals import VERDICTS
from app.studio.strings import say
from tests.booth import SEAT
from tests.flow.barriers import assert_open_to_all
from tests.flow.browser import ME, ROOT, Program, Sitter, agree, begin, chromium, sit, visit
from tests.people import person
from tests.studio_chunks import asked_for

pytestmark = [pytest.mark.browser]

STRANGER = "ivo"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Ordinary JPEG files, as a camera or a phone writes them."""
    folder = tmp_path_factory.mktemp("pictures")

    def picture(name, who, **scene):
        pixels = person(who).render(SEAT, **{"size": (600, 720), "background": 5, **scene})
        (folder / name).write_bytes(media.encode(pixels, "jpeg", 92))
        return pixels

    mine = picture("me.jpg", ME, yaw=7.0, pitch=2.0)
    picture("me-too.jpg", ME, yaw=-9.0, expression={"smile": 0.7}, background=9)
    theirs = picture("stranger.jpg", STRANGER)
    (folder / "both.jpg").write_bytes(media.encode(np.hstack([mine, theirs]), "jpeg", 92))
    (folder / "broken.jpg").write_bytes((folder / "me.jpg").read_bytes()[:4000])
    return folder


@pytest.fixture(scope="module")
def sitter(tmp_path_factory):
    one = Sitter(tmp_path_factory.mktemp("camera") / "webcam.y4m")
    yield one
    one.close()


@pytest.fixture(scope="module")
def studio(home, sitter):
    program = Program(home, "studio", "--port", "0", "--no-browser")  # while the person dresses
    program.url = program.link()
    yield program
    program.stop()


def pick(page, place, file):
    """Choose a file like a person, and wait for what the page says of it."""
    answer = "under" if place == "stage" else place
    page.locator(f"#{place} input[type=file]").set_input_files(file)
    page.wait_for_selector(f"#{answer} .chip, #{answer} .card")
    return page.locator(f"#{answer}").inner_text()


def another(page):
    """Take the picture away."""
    page.locator("#under [data-do=clear]").click()
    page.wait_for_selector("#stage [data-drop]")


def make(page, action):
    """Press the button; the download's address, or the note that says why not."""
    page.locator(f"#action input[value={action}]").check(force=True)
    old = page.locator("#download").get_attribute("href") if page.locator("#download").count() else ""
    page.locator("#make").click()
    page.wait_for_function(
        "old => { const d = document.querySelector('#download');"
        " const n = document.querySelector('#play-note .card:not(.note)');"
        " return n || (d && d.getAttribute('href') !== old); }",
        arg=old,
        timeout=60000,
    )
    assert page.locator("#play-note .card:not(.note)").count() == 0, page.locator("#play-note").inner_text()


def download(page, path):
    with page.expect_download() as waiting:
        page.locator("#download").click()
    waiting.value.save_as(path)
    return path


def checked(home, *files):
    """What `selfsame verify` says, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "app", "verify", "--json", *map(str, files)],
        cwd=ROOT,
        env={**os.environ, "XDG_DATA_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, json.loads(done.stdout)


def second_opinion(path, home):
    """The same file through another code base, which knows nothing of this program; no network, no telemetry."""
    import encypher_c2pa

    root = (home / "selfsame" / "keys" / "stamp.pem").read_text().split("-----BEGIN CERTIFICATE-----")[-1]
    trusted = "-----BEGIN CERTIFICATE-----" + root
    return encypher_c2pa.verify(
        path.read_bytes(), "image/jpeg", trust_pem=trusted, no_default_trust=True, telemetry=False, online=False
    )


def plays(page, pictures, folder):
    """Every kind of no and yes on the Play page; from the swap on in Chinese. Returns what was made."""
    assert "does not match the person" in pick(page, "stage", pictures / "stranger.jpg")
    assert_open_to_all(page)
    another(page)
    assert "broken-picture" in pick(page, "stage", pictures / "broken.jpg")
    another(page)
    assert "There are 2 faces" in pick(page, "stage", pictures / "both.jpg")
    page.locator("#stage .box.ask").nth(1).click()
    page.wait_for_selector("#under .card:has-text('not-you')")
    another(page)

    # one's own picture: a look at what the slider would do, then older, smiling, and one step back
    assert "It is you" in pick(page, "stage", pictures / "me.jpg")
    page.locator("#years input[type=range]").press("ArrowRight")
    page.wait_for_selector("#stage img.trial")
    assert page.locator("#download").count() == 0
    files = {}
    for action in ("age", "express"):
        make(page, action)
        files[action] = download(page, folder / f"{action}.jpg")
    assert_open_to_all(page)

    # what the sliders would do now is no download; as it was made, or made anew, it is
    tag, ways = page.locator("#stage .tag.right"), [page.locator("#download"), page.get_by_text(say("result_note"))]
    page.locator("#slider-smile input[type=range]").press("ArrowRight")
    page.wait_for_selector("#stage [data-shown]")
    assert (tag.inner_text(), *(way.is_visible() for way in ways)) == (say("preview"), False, False)
    make(page, "express")
    page.wait_for_timeout(1000)  # a preview that came too late would show by now
    assert (tag.inner_text(), *(way.is_visible() for way in ways)) == (say("after"), True, True)
    for _ in range(2):
        shown = page.locator("#download").get_attribute("href")
        page.locator("#under [data-do=undo]").click()
        page.wait_for_function("old => document.querySelector('#download')?.getAttribute('href') !== old", arg=shown)
    assert page.locator("#action input[value=age]").is_checked()
    assert page.locator("#years input[type=range]").input_value() == "26"

    # six ages, one after another; who has seen enough stops them
    page.locator("#make-strip").click()
    page.wait_for_function("/[1-5] of 6/.test(document.querySelector('#strip-far').innerText)")
    page.locator("#stop-strip").click()
    page.wait_for_selector("#make-strip")
    assert page.locator("#strip-far").inner_text().strip() == ""
    assert 1 <= page.locator("#under .strip button").count() < 6

    # the swap, in the other language and on a small dark screen: a stranger as the source is refused
    page.locator("[data-language=zh]").click()
    page.wait_for_selector("#head :text('是你本人')")
    page.emulate_media(color_scheme="dark")
    page.reload()
    page.set_viewport_size({"width": 360, "height": 780})
    page.get_by_role("tab").nth(2).click()
    page.locator("#action input[value=swap]").check(force=True)
    assert say("source_text", "zh") in page.locator("#source").inner_text()
    assert "这张脸和现场检查的人不一致" in pick(page, "source", pictures / "stranger.jpg")
    page.locator("#make").click()
    page.wait_for_selector("#play-note .card:has-text('not-you')")
    page.locator("#source [data-do=clear]").click()
    assert "是你本人" in pick(page, "source", pictures / "me-too.jpg")
    make(page, "swap")
    files["swap"] = download(page, folder / "swap.jpg")
    page.locator("#amount").scroll_into_view_if_needed()
    top, bottom = page.evaluate(
        "(({ top, bottom }) => [top, bottom])(document.querySelector('#stage figure').getBoundingClientRect())"
    )
    assert -1 <= top < bottom < 780, "the picture is out of sight while the sliders move"
    assert_open_to_all(page)
    return files


def leaves(page, made):
    """Check what was made, look at what is kept, withdraw: at once nothing is there, and a check says so."""
    address = page.url.rstrip("/") + page.locator("#download").get_attribute("href").split("?")[0]
    page.get_by_role("tab").nth(3).click()
    page.locator("#verify-drop input[type=file]").set_input_files(made)
    page.wait_for_selector(f"#verify-note .card.yes:has-text('{VERDICTS['zh']['ours'][:12]}')")
    page.wait_for_selector("#verify-note .checked:not([hidden]) svg :is(.frame, .grid)", state="attached")
    assert_open_to_all(page)
    page.get_by_role("tab").nth(4).click()
    page.wait_for_selector("#data-kept ul.kept")
    assert page.locator("#data-memory dd.here").count() == 4  # face, pictures, results, agreement
    assert_open_to_all(page)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.locator("[data-language=en]").click()
    page.wait_for_selector("#head :text('It is you')")
    assert page.request.get(address).ok
    page.get_by_role("tab").nth(4).click()
    page.wait_for_selector("#data-kept h3:has-text('Models')")
    page.locator("#data-withdraw").click()
    page.wait_for_selector("#gone .card:has-text('Everything is gone')")
    assert page.request.get(address).status == 404
    assert page.locator("#myself input").is_checked() is False
    page.get_by_role("tab").nth(4).click()
    page.wait_for_selector("#data-kept .tagged:has-text('withdrawn')")
    assert page.locator("#data-memory dd.here").count() == 0
    page.get_by_role("tab").nth(2).click()
    page.wait_for_selector("#play-locked .card:has-text('First, show that it is you')")
    assert_open_to_all(page)
    page.get_by_role("tab").nth(3).click()
    page.locator("#verify-drop input[type=file]").set_input_files(made)
    page.wait_for_selector("#verify-note .card.no:has-text('Consent withdrawn on')")


def test_a_live_person_sees_themselves_older_smiling_and_swapped(studio, sitter, home, pictures, tmp_path, monkeypatch):
    with chromium(*sitter.flags) as browser:
        page = visit(browser, studio.url, permissions=["camera"])
        page.wait_for_selector("#agree-text h2")
        assert_open_to_all(page)
        agree(page)
        assert_open_to_all(page)
        asked, ended = sit(page, sitter, tries=3)
        assert ended is None, ended
        assert {"turn-left", "turn-right", "light"} <= set(asked)
        page.wait_for_selector("#stage [data-drop]")

        files = plays(page, pictures, tmp_path)

        # the uploads have touched no disk, not even one in memory
        assert studio.scratch() == []
        assert checked(home, *files.values())[0] == 0
        leaves(page, files["age"])
        assert page.foreign == []
        assert page.wrong == []

    code, reports = checked(home, *files.values())
    assert code == 1
    assert all(report["withdrawn"] for report in reports)
    assert [report["verdict"] for report in reports] == ["ours"] * 3
    assert [report["statement"]["purpose"] for report in reports] == ["age", "express", "swap"]
    assert {report["statement"]["domain"] for report in reports} == {"live"}
    assert all(report["label"] for report in reports)
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    for file in files.values():
        report = second_opinion(file, home)
        assert (report["integrity"], report["hard_binding"]) == ("valid", "match")
        assert report["trust"]["status"] == "valid_for_supplied_material"
        assert report["validation_results"]["failure"] == []
    kept = [p for p in home.rglob("*") if p.is_file()]
    assert {p.suffix for p in kept} <= {".pem", ".json", ".db", ".head"}


@pytest.mark.long
def test_what_is_read_is_what_the_receipt_says_in_the_readers_language(studio, tmp_path):
    with chromium() as browser:
        page = visit(browser, studio.url, locale="zh-CN")
        page.wait_for_selector("#agree-text h2:has-text('在看你之前')")
        page.wait_for_selector("#purposes:has-text('改变我的表情')")
        shown = page.locator("#agree-form").inner_text()
        page.locator("#purposes input").nth(1).check()
        page.locator("#myself input").check()
        page.locator("#agree-button").click()
        page.wait_for_selector("#agree-note .card:has-text('18 岁')")  # a no is said in the same language
        page.locator("#adult input").check()
        page.locator("#agree-button").click()
        page.wait_for_selector("#capture [data-start]")
        page.get_by_role("tab").nth(0).click()
        files = []
        for link, name in enumerate(("receipt.html", "receipt.json")):
            with page.expect_download() as waiting:
                page.locator("#agree-done a").nth(link).click()
            waiting.value.save_as(tmp_path / name)
            files.append((tmp_path / name).read_text())
        assert receipts.plain(files[0]) == receipts.plain(files[1])
        record = json.loads(files[1])["pii_processing"]
        assert [one["purpose"] for one in record["purposes"]] == ["express"]
        assert record["language"] == "zh"
        assert all(line in shown for line in record["privacy_notice"]["text"].split("\n"))
        page.locator("#withdraw").click()
        page.wait_for_selector("#gone .card")
        page.wait_for_selector("#agree-form")
        assert [box.is_checked() for box in page.locator("#agree-form input").all()] == [False] * 8
        assert page.foreign == []
        page.context.close()
        page = visit(browser, (tmp_path / "receipt.html").as_uri())
        assert page.locator("h1").inner_text() == "你的同意回执"
        assert page.foreign == []


def test_a_person_who_does_something_else_is_refused_and_may_try_again(studio, sitter):
    wrong = dict.fromkeys(["turn-right", "nod", "close-eyes", "open-mouth", "lean-in"], "turn-left")
    wrong["turn-left"] = "turn-right"
    with chromium(*sitter.flags) as browser:
        page = visit(browser, studio.url, permissions=["camera"])
        agree(page)
        _, ended = sit(page, sitter, wrong)
        assert ended["state"] == "refused"
        assert "Something else was done" in ended["says"]
        assert page.locator("dialog [data-again]").is_visible()
        page.locator("dialog [data-again]").click()
        page.wait_for_selector("dialog[data-state=prompting]")
        page.keyboard.press("Escape")
        page.wait_for_selector("dialog.capture", state="detached")
        page.get_by_role("tab").nth(2).click()
        page.wait_for_selector("#play-locked .card")
        assert page.locator("#stage").is_visible() is False


@pytest.mark.long
@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--deny-permission-prompts"], "The browser was not allowed to use the camera."),
        (
            ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream=device-count=0"],
            "No camera was found.",
        ),
    ],
)
def test_without_a_camera_the_page_says_what_to_do(studio, flags, says):
    with chromium(*flags) as browser:
        page = visit(browser, studio.url)
        agree(page)
        begin(page)
        page.wait_for_selector("dialog[data-state=refused]")
        assert page.locator("dialog .prompt").inner_text() == says
        assert page.locator("dialog .hint").inner_text().endswith(".")
        page.keyboard.press("Escape")
        page.wait_for_selector(f"#prove-note .card:has-text('{says}')")


def test_the_page_names_what_its_scripts_ask_for(studio):
    """`python -m tests.studio_chunks` writes it down again."""
    with chromium() as browser:
        assert sorted(asked_for(visit(browser, studio.url))) == sorted(CHUNKS)


@pytest.mark.long
def test_a_command_asks_for_the_same_check_and_a_dot_does_as_well_as_light(home, sitter, pictures, tmp_path):
    """In Chinese, every sentence of it."""
    out = tmp_path / "older.png"
    program = Program(home, "age", pictures / "me.jpg", "-o", out, "--years", "20", "--no-browser", stream="stderr")
    try:
        with chromium(*sitter.flags) as browser:
            page = visit(browser, program.link(), permissions=["camera"], locale="zh-CN")
            page.locator("#capture [data-start]").click()
            page.wait_for_selector("[role=alert]:has-text('18')")  # nothing was ticked
            page.locator("input[name=myself]").check()
            page.locator("input[name=adult]").check()
            asked, ended = sit(page, sitter, tries=3, assurance="motion")
            assert ended is None, ended
            assert {"turn-left", "turn-right", "dot"} <= set(asked)
            assert {say(f"hint_{action}", "zh") for action in asked} <= page.said
            assert [said for said in page.said if re.search("[A-Za-z]", said)] == []
            assert program.process.wait(60) == 0
            assert page.foreign == []
    finally:
        program.stop()
    code, (report,) = checked(home, out)
    assert (code, report["verdict"], report["statement"]["purpose"]) == (0, "ours", "age")


@pytest.mark.long
def test_when_the_program_ends_the_page_says_so_and_nothing_is_left(home, sitter, pictures, tmp_path):
    out = tmp_path / "never.jpg"
    program = Program(home, "age", pictures / "me.jpg", "-o", out, "--no-browser", stream="stderr")
    try:
        with chromium(*sitter.flags) as browser:
            page = visit(browser, program.link(), permissions=["camera"])
            page.locator("input[name=myself]").check()
            page.locator("input[name=adult]").check()
            begin(page)
            page.wait_for_selector("dialog[data-state=prompting]")
            assert program.stop() == 143
            page.wait_for_selector("dialog[data-state=refused]:has-text('connection to the program')")
    finally:
        program.stop()
    assert list(Path("/dev/shm").glob(f"selfsame-{program.process.pid}-*")) == []
    assert not out.exists()
