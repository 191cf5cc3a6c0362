"""How fast the mirror is, through its real socket: `python -m tests.mirror_speed [--seconds N]`.

A camera of 640 x 480 and 30 frames a second speaks to the studio's server in this process; the person does not exist.
Printed are frames a second that came back, milliseconds from a frame's arrival at the server to its stamped answer, and
the processor time of each stage. The browser's own work is not in it.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import threading
import time
from pathlib import Path

import cv2
import numpy as np

from app import flow
from app.engines.age import AgeOptions
from app.engines.express import ExpressOptions
from app.home import Home
from app.notary import open_notary
from app.stamp.signer import Signer
from app.studio.reflection import Reflection, Seen
from app.studio.server import Running, bind, build
from consent.errors import Refusal
from consent.types import since_boot
from tests.app.mirror_helpers import SETTINGS, Browser, Lens, known_again, small_page
from tests.bench import AGREED
from tests.booth import Booth
from tests.flow.camera import SEATED
from tests.people import person

RATE = 30
WARM = 2.0
"""Seconds that do not count: what is baked once is baked in them."""
JOBS = {
    "age": {},
    "express": {"action": "express"},
    "age and express": {"action": "together", "amount": 0},
}


def drawn(count=12):
    """Ada before the camera, swaying and now and then blinking."""
    for n in range(count):
        turn = 2 * np.pi * n / count
        blink = {"expression": {"blink": 1.0}} if n == count - 1 else {}
        yield person("ada").render(SEATED, yaw=4 * np.sin(turn), pitch=2 * np.cos(turn), seed=n, **blink)


def measure(browser, frames, settings):
    """(frames a second, milliseconds of each, processor time of each stage, what was said instead)."""
    came, said = [], []
    with browser.page(**settings) as page:

        def listen():
            for message in page.line:
                if isinstance(message, bytes):
                    length = int.from_bytes(message[:4], "big")
                    came.append((time.monotonic(), json.loads(message[4 : 4 + length])["ms"]))
                else:
                    said.append(json.loads(message))

        ear = threading.Thread(target=listen)
        ear.start()
        begun = time.monotonic()
        for number, jpeg in enumerate(frames):
            time.sleep(max(0.0, begun + number / RATE - time.monotonic()))
            page.send(None, at=1 + number / RATE, jpeg=jpeg)
        ended = time.monotonic()
        costs = browser.visitor.mirror.reflection.costs.mean()
        page.line.close()
        ear.join()
    counted = [ms for at, ms in came if begun + WARM <= at <= ended]
    codes = [one["blank"]["code"] for one in said if "blank" in one]
    return len(counted) / (ended - begun - WARM), counted, costs, codes


def alone(gate, signer, frames, options, clock):
    """Milliseconds of processor time by stage, frames one after another by the camera's own clock."""
    stages = Reflection(gate, signer, "en")
    stages.ask((gate.live()[0], options))
    for number, jpeg in enumerate(frames):
        if number == WARM * RATE:
            stages.costs.spent.clear()
            stages.costs.frames.clear()
        clock[0] += 1 / RATE
        seen = stages.look(jpeg, clock[0])
        if isinstance(seen, Seen):
            stages.stamp(stages.draw(seen))
    return stages.costs.mean()


def met(home, ledger, notary):
    """Ada's gate; who is refused tries again."""
    for seed in range(3):
        booth = Booth("ada", fps=8, seed=seed)
        try:
            return flow.meet(booth, notary.sign(AGREED, booth.clock), ledger, booth.clock)
        except Refusal:
            continue
    raise SystemExit("Ada was refused three times.")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seconds", type=float, default=10.0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Home.open(Path(folder) / "home")
        ledger, notary = home.open_ledger(), open_notary(home.keys / "receipts.pem")
        gate = met(home, ledger, notary)
        pictures, lens = list(drawn()), Lens()
        frames = [lens.jpeg(pictures[n // 2 % len(pictures)]) for n in range(round(RATE * asked.seconds))]
        cv2.setNumThreads(1)
        clock = [since_boot()]
        mine, _ = known_again(gate, notary, ledger, clock=lambda: clock[0])
        for job, options in {"age": AgeOptions(years=30), "express": ExpressOptions(preset="smile")}.items():
            tell(
                f"{job}, one frame after another, one thread",
                alone(mine, Signer.open(home.keys), frames, options, clock),
            )
        through(home, frames, *known_again(gate, notary, ledger), ledger)


def tell(what, costs):
    stages = ", ".join(f"{stage} {ms:.1f}" for stage, ms in costs.items())
    print(f"{what}: CPU ms a frame {stages}; together {sum(costs.values()):.0f}")


def through(home, frames, gate, receipt, ledger):
    """The socket."""
    door = bind("127.0.0.1", 0)
    guard, desk = build(door.getsockname()[1], home, page=small_page)
    desk.__dict__["ledger"] = ledger
    with Running(guard, door) as running:
        running.wait()
        browser = Browser(guard, desk)
        browser.sit_down(gate, receipt)
        for job, changed in JOBS.items():
            rate, took, costs, codes = measure(browser, frames, SETTINGS | changed)
            middle, late = np.percentile(took, [50, 95]) if took else (np.nan, np.nan)
            tell(f"{job}, socket: {rate:.1f} frames a second, latency {middle:.0f} ms (95 %: {late:.0f})", costs)
            if codes:
                print(f"  blank {len(codes)} times: {', '.join(sorted(set(codes)))}")
            while browser.visitor.mirror is not None:
                time.sleep(0.05)


if __name__ == "__main__":
    main()
