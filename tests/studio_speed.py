"""How fast the studio is for a person, in Debian's chromium, with a synthetic person before its camera.

    python -m tests.studio_speed       prints a table; wall times, so of an idle computer only

`page`: from the link to a page that can be used. `first`: from the link to the first aged picture of oneself, the
reading of the agreement left out; `check` is the live check in it. `preview`: from a movement of the slider to its
picture, of a photograph of one megapixel. `capture`: frames a second that arrive during the check. `outside`: requests
that were made of anybody but 127.0.0.1.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final

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


@dataclass
class Frames:
    """The frames that go over the socket of the check."""

    times: list[float]

    def listen(self, page: Any) -> None:
        """Count those of this page."""
        page.on("websocket", lambda socket: socket.on("framesent", self._sent))

    def _sent(self, payload: object) -> None:
        if isinstance(payload, bytes):
            self.times.append(time.monotonic())

    @property
    def rate(self) -> float:
        """A second, without the first second, in which the camera wakes up."""
        kept = [one for one in self.times if one > self.times[0] + 1] if self.times else []
        return (len(kept) - 1) / (kept[-1] - kept[0]) if len(kept) > 1 else 0.0


def measure(folder: Path) -> dict[str, float]:
    """Walk once.

    Raises:
        SystemExit: the check was not passed in three tries.
    """
    photo = folder / "me.jpg"
    photo.write_bytes(media.encode(person(ME).render(SEAT, size=(1152, 864), background=5, yaw=7.0), "jpeg", 92))
    sitter, program, frames = (
        Sitter(folder / "webcam.y4m"),
        Program(folder, "studio", "--port", "0", "--no-browser"),
        Frames([]),
    )
    try:
        link, flags = program.link(), sitter.flags
        with chromium(*flags) as browser:
            begun = time.monotonic()
            page = visit(browser, link, permissions=["camera"])
            page.wait_for_selector("#agree-text h2")
            told = {"page": time.monotonic() - begun}
            frames.listen(page)
            agree(page)
            checked = time.monotonic()
            _, ended = sit(page, sitter, tries=3)
            if ended is not None:
                raise SystemExit(f"The check was not passed: {ended['says']}")
            told["check"] = time.monotonic() - checked
            page.locator("#stage input[type=file]").set_input_files(photo)
            page.wait_for_selector("#under .chip")
            page.locator("#make").click()
            page.wait_for_selector("#download")
            told["first"] = time.monotonic() - begun
            page.evaluate(SLIDE, 24)  # the smaller picture is matched once
            told["preview"] = median(page.evaluate(SLIDE, years) for years in MOVES)
            return told | {"capture": frames.rate, "outside": len(page.foreign)}
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
