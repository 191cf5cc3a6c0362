"""The pictures of the studio in its documents: its own page in Debian's chromium, with a synthetic person.

    python -m tests.studio_tour [FOLDER]      writes the pictures; docs/studio is the folder of the documents

Everything is the real page, server, gate and stamp; the check itself is sat in the simulator's booth, and what the
camera's dialog shows is said by a script, so that a slow computer makes the same pictures. Whatever face is seen is a
finished picture with its label: the camera plays one, and before and after is slid to after.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import cv2
from PIL import Image

from app import flow, media
from app.film import Timing
from app.film_out import encode
from app.home import Home
from app.studio.desk import OFFERED, Desk
from app.studio.page import mount
from app.studio.server import Running, bind, build
from app.studio.strings import STUDIO_NOTICE, say
from consent.errors import Refusal
from tests.booth import SEAT, Booth
from tests.flow.browser import Server, agree, chromium, visit
from tests.people import person

USER: Final = "edda"
WIDTH: Final = 960
"""Pixels of a picture in the documents."""
QUALITY: Final = 80
ROOT: Final = Path(__file__).resolve().parents[1]
STRANGER: Final = ROOT / "docs" / "demo" / "older.jpg"
"""A finished picture of somebody else."""


class Tour:
    """One studio, one browser, one person.

    Args:
        folder: for what must lie on a disk meanwhile: keys, log, and pictures that are drawn.
        out: where the pictures of the page go.
    """

    def __init__(self, folder: Path, out: Path) -> None:
        self.folder, self.out = folder, out
        out.mkdir(parents=True, exist_ok=True)
        self.shots: dict[str, bytes] = {}
        door = bind("127.0.0.1", 0)
        self.guard, self.desk = build(door.getsockname()[1], Home.open(folder / "home"), page=mount)
        self.running = Running(self.guard, door)
        scene = replace(SEAT, size=(1152, 864), distance=80.0, view=22.0, background=5)
        self.portrait = folder / "portrait.jpg"
        self.portrait.write_bytes(media.encode(person(USER).render(scene), "jpeg", 92))

    def enter(self, page: Any) -> None:
        """Agree as on the page, and sit the check in the booth; then the page is opened again."""
        cookies = "; ".join(f"{one['name']}={one['value']}" for one in page.context.cookies())
        desk: Desk = self.desk
        visitor = desk.visitor({"cookie": cookies})
        for seed in range(3):
            booth = Booth(USER, seed=seed)
            desk.store.clock = booth.clock
            receipt = desk.agree(visitor, map(str, OFFERED), STUDIO_NOTICE, "", myself=True, adult=True)
            try:
                visitor.open(flow.meet(booth, receipt, desk.ledger, booth.clock), receipt)
                break
            except Refusal as no:
                print("Not yet:", no.reason)
        page.reload()
        page.wait_for_selector("#session .pill")

    def shot(self, page: Any, name: str, *, height: int | None = None) -> None:
        """Keep a picture of the page from its top."""
        page.evaluate("scrollTo(0, 0)")
        page.mouse.move(2, 2)
        page.wait_for_timeout(700)
        size = page.viewport_size
        whole = height or min(page.evaluate("document.documentElement.scrollHeight"), 2000)
        self.shots[name] = page.screenshot(
            full_page=True, clip={"x": 0, "y": 0, "width": size["width"], "height": whole}
        )
        print(name)

    def write(self, name: str, *parts: str, width: int = WIDTH) -> None:
        """Write pictures of the page side by side as one JPEG."""
        pictures = [Image.open(io.BytesIO(self.shots[part])).convert("RGB") for part in parts or (name,)]
        high = max(one.height for one in pictures)
        sheet = Image.new("RGB", (sum(one.width for one in pictures) + 24 * (len(pictures) - 1), high), "#94a3b8")
        left = 0
        for one in pictures:
            sheet.paste(one, (left, 0))
            left += one.width + 24
        if sheet.width > width:
            sheet = sheet.resize((width, round(sheet.height * width / sheet.width)), Image.Resampling.LANCZOS)
        sheet.save(self.out / f"{name}.jpg", quality=QUALITY, optimize=True, progressive=True)


def put(page: Any, place: str, file: Path, seen: str) -> None:
    """Choose a file, and wait for what the page says of it."""
    page.locator(f"#{place} input[type=file]").set_input_files(file)
    page.wait_for_selector(seen)


def tab(page: Any, number: int) -> None:
    """Another place of the page."""
    page.get_by_role("tab").nth(number).click()
    page.wait_for_timeout(400)


def play(tour: Tour, page: Any) -> bytes:
    """Older, and an expression; returns the finished picture."""
    tab(page, 2)
    put(page, "stage", tour.portrait, "#under .chip")
    page.locator("#make").click()
    page.wait_for_selector("#download")
    only_after(page)
    tour.shot(page, "play")
    made = page.request.get(page.url.rstrip("/") + page.locator("#download").get_attribute("href")).body()
    page.locator("#action input[value=express]").check(force=True)
    page.wait_for_selector("#stage [data-shown]")
    page.locator("#make").click()
    page.wait_for_selector(".gallery")
    only_after(page)
    return bytes(made)


def learn(tour: Tour, page: Any) -> None:
    """A network in training, with its losses and what it draws so far; then it is forgotten."""
    poses = [person(USER).render(SEAT, yaw=3.0 * n - 10, expression={"smile": n / 8}, seed=40 + n) for n in range(8)]
    file = tour.folder / "me.mp4"
    file.write_bytes(encode([poses[n % 8] for n in range(24)], Timing.even(24)))
    for side, field in enumerate(page.locator("#personal input[type=file]").all(), 1):
        field.set_input_files(file)
        page.wait_for_function(f"document.querySelectorAll('#personal .chip').length === {side}")
    page.locator("#personal summary").click()
    page.locator("#personal [data-network=light]").click()
    page.wait_for_function("document.querySelectorAll('#personal polyline').length > 2", timeout=120_000)
    page.wait_for_timeout(45_000)
    page.locator("#personal [data-do=pause]").click()
    page.wait_for_selector("#personal [data-do=resume]")
    page.wait_for_selector("#personal .grid img")
    page.wait_for_timeout(8000)  # drawn again at the pause
    tour.shots["personal"] = page.locator("#personal").screenshot()
    page.locator("#personal [data-do=forget]").click()
    page.wait_for_selector("#personal [data-do=learn]")


def only_after(page: Any) -> None:
    """Slide to what was made."""
    page.locator(".compare input").evaluate(
        "slider => { slider.value = 0; slider.dispatchEvent(new Event('input', { bubbles: true })); }"
    )


def inside(tour: Tour, browser: Any) -> bytes:
    """The pages of an open session."""
    page = visit(browser, tour.guard.link(), locale="en-GB", viewport={"width": 1280, "height": 860})
    page.wait_for_selector("#agree-text h2")
    tour.shot(page, "agree")
    tour.enter(page)
    made = play(tour, page)
    tour.shot(page, "expression")
    learn(tour, page)
    file = tour.folder / "made.jpg"
    file.write_bytes(made)
    tab(page, 3)
    put(page, "verify-drop", file, "#verify-note .checked:not([hidden])")
    tour.shot(page, "verify")
    tab(page, 4)
    page.wait_for_selector("#data-kept h3")
    tour.shot(page, "data", height=1180)
    page.emulate_media(color_scheme="dark")
    page.reload()
    tab(page, 2)
    page.locator("#under [data-do=back]").click()
    page.locator("#under [data-do=clear]").click()
    put(page, "stage", STRANGER, "#under .card.no")
    tour.shot(page, "refused")
    page.locator("#under [data-do=clear]").click()
    page.wait_for_selector("#stage [data-drop]")
    page.locator(".gallery button").first.click()
    page.locator("[data-language=zh]").click()
    page.wait_for_selector(f"#head :text('{say('session_open', 'zh')}')")
    page.set_viewport_size({"width": 360, "height": 780})
    tab(page, 2)
    page.wait_for_selector("#download")
    only_after(page)
    tour.shot(page, "small-play", height=1150)
    tab(page, 4)
    page.wait_for_selector("#data-kept h3")
    tour.shot(page, "small-data", height=1150)
    page.locator("#data-withdraw").click()
    page.wait_for_selector("#gone .card")
    tour.shot(page, "small-gone", height=1150)
    page.context.close()
    return made


def before_the_camera(tour: Tour, browser: Any) -> None:
    """The dialog of the check, with what a server says."""
    page = visit(
        browser, tour.guard.link(), locale="en-GB", permissions=["camera"], viewport={"width": 1280, "height": 860}
    )
    server = Server(page)
    agree(page)
    page.locator("#capture [data-start]").click()
    page.wait_for_selector("dialog.capture[data-state=choosing]")
    tour.shot(page, "choices", height=860)
    page.locator("dialog [data-begin]").click()
    while not server.frames:
        page.wait_for_timeout(50)
    server.hint(1, "turn-left", amount=0.6, seconds_left=5.2, progress=0.35)
    page.wait_for_selector("dialog[data-prompt=turn-left]")
    tour.shot(page, "prompt", height=860)
    page.context.close()


@contextmanager
def camera(folder: Path, made: bytes) -> Iterator[Any]:
    """A browser whose camera plays one finished picture."""
    pixels = cv2.resize(media.read(made).pixels, (640, 480), interpolation=cv2.INTER_AREA)
    file = folder / "camera.y4m"
    planes = cv2.cvtColor(pixels, cv2.COLOR_RGB2YUV_I420)
    file.write_bytes(b"YUV4MPEG2 W640 H480 F30:1 Ip A1:1 C420jpeg\nFRAME\n" + planes.tobytes())
    with chromium("--use-fake-ui-for-media-stream", f"--use-file-for-fake-video-capture={file}") as browser:
        yield browser


def main(out: Path) -> None:
    """Walk, and write the pictures."""
    with TemporaryDirectory(prefix="selfsame-tour-") as name, ExitStack() as stack:
        tour = Tour(Path(name), out)
        stack.enter_context(tour.running)
        tour.running.wait()
        with chromium() as browser:
            made = inside(tour, browser)
        with camera(Path(name), made) as browser:
            before_the_camera(tour, browser)
    for one in ("agree", "play", "expression", "personal", "refused", "verify", "data"):
        tour.write(one)
    tour.write("prove", "choices", "prompt", width=1280)
    tour.write("small", "small-play", "small-data", "small-gone")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "studio")
