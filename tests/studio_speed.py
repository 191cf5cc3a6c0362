"""How fast the studio is for a person, in Debian's chromium, with a synthetic person before its camera.

    python -m tests.studio_speed       prints a table; wall times, so of an idle computer only

`page`: from the link, in a window that is open, to a page that can be used. `first`: from the link to the first aged
picture of oneself, the reading of the agreement left out; `check` is the live check in it. `preview`: from a movement
of the slider to its picture, of a photograph of one megapixel. `capture`: frames a second that arrive during the check.
`outside`: requests that were made of anybody but 127.0.0.1.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from app import media
from tests.booth import SEAT
from tests.flow.browser import ME, Program, Sitter, agree, chromium, sit, visit
from tests.people import person

GOALS: Final = {"page": 2.0, "first": 60.0, "preview": 0.25, "capture": 15.0, "outside": 0}
MOVES: Final = (30, 10, 35, -10, 40, 5, 28, -15, 20, 33)
SLIDE: Final = """value => new Promise(done => {
  const slider = document.querySelector('#years input[type=range]'), stage = document.querySelector('#stage');
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(slider, value);
  const begun = performance.now();
  const look = () => {
    const shown = Number(stage.querySelector('[data-preview]')?.dataset.shown || 0);
    if (shown > begun) done((shown - begun) / 1000); else requestAnimationFrame(look);
  };
  slider.dispatchEvent(new Event('input', { bubbles: true }));
  look();
})"""


COUNT: Final = """(() => {
  window.sent = [];
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    if (data instanceof Blob) window.sent.push(performance.now() / 1000);
    return send.call(this, data);
  };
})()"""
"""Notes when a frame goes over the socket of the check."""


def rate(times: list[float]) -> float:
    """Frames a second, without the first second, in which the camera wakes up."""
    kept = [one for one in times if one > times[0] + 1]
    return (len(kept) - 1) / (kept[-1] - kept[0]) if len(kept) > 1 else 0.0


@contextmanager
def still(sitter: Sitter) -> Iterator[None]:
    """Within, the synthetic person keeps still and costs nothing, as a camera that nobody looks at."""
    sitter.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        sitter.process.send_signal(signal.SIGCONT)


def measure(folder: Path) -> dict[str, float]:
    """Walk once.

    Raises:
        SystemExit: the check was not passed in three tries.
    """
    photo = folder / "me.jpg"
    photo.write_bytes(media.encode(person(ME).render(SEAT, size=(1152, 864), background=5, yaw=7.0), "jpeg", 92))
    sitter, program = Sitter(folder / "webcam.y4m"), Program(folder, "studio", "--port", "0", "--no-browser")
    try:
        link, flags = program.link(), sitter.flags
        with chromium(*flags) as browser:
            with still(sitter):
                page = visit(browser, link, COUNT, permissions=["camera"])
                page.wait_for_selector("#agree-text h2")
                told = {"page": time.monotonic() - page.begun}
                agree(page)
            checked = time.monotonic()
            _, ended = sit(page, sitter, tries=3)
            if ended is not None:
                raise SystemExit(f"The check was not passed: {ended['says']}")
            told["check"] = time.monotonic() - checked
            told["capture"] = rate(page.evaluate("window.sent"))
            with still(sitter):
                page.locator("#stage input[type=file]").set_input_files(photo)
                page.wait_for_selector("#under .chip")
                page.locator("#make").click()
                page.wait_for_selector("#download")
                told["first"] = time.monotonic() - page.begun
                page.evaluate(SLIDE, 24)  # the smaller picture is matched once
                told["preview"] = median(page.evaluate(SLIDE, years) for years in MOVES)
            return told | {"outside": len(page.foreign)}
    finally:
        program.stop()
        sitter.close()


def main() -> None:
    """Print the table."""
    with TemporaryDirectory(prefix="selfsame-speed-") as folder:
        for name, value in measure(Path(folder)).items():
            unit = {"capture": "a second", "outside": ""}.get(name, "s")
            goal = f"   goal {GOALS[name]:g}" if name in GOALS else ""
            print(f"{name:8} {value:8.2f} {unit:9}{goal}")


if __name__ == "__main__":
    main()
