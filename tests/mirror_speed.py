"""How fast the mirror is, through its real socket: `python -m tests.mirror_speed [--seconds N]`.

A camera of 640 x 480 and 30 frames a second speaks to the studio's server; the person does not exist. The page is a
process of its own (`tests.mirror_page`), as a browser is, and its frames are ready before the first one is sent; on a
computer of two cores it has its share of them all the same, which is printed. A browser's own work is not in it.

Printed are frames a second that came back, milliseconds from a frame's arrival at the server to its stamped answer, the
processor time of each stage; and how long it takes, from the moment the page sends the first frame with somebody else,
nobody, or a second person in it, until the page is told to be blank, and how much of that is the judgement's own
processor time. Other work on the computer counts in the first two.
"""

from __future__ import annotations

import argparse
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
from tests.mirror_page import Heard, Job, ask
from tests.people import person

RATE = 30
WARM = 2.0
"""Seconds that do not count: what is baked once is baked in them."""
JOBS = {
    "age": {},
    "express": {"action": "express"},
    "age and express": {"action": "together", "amount": 0},
}
SHOWN, GONE, TIMES = 36, 30, 6
"""Frames of the person, then of what is to be blank; and how often."""
BEFORE = 10
"""Frames of the person that are enough where nothing waits for a clock."""


def drawn(count=12):
    """Ada before the camera, swaying and now and then blinking."""
    for n in range(count):
        turn = 2 * np.pi * n / count
        blink = {"expression": {"blink": 1.0}} if n == count - 1 else {}
        yield person("ada").render(SEATED, yaw=4 * np.sin(turn), pitch=2 * np.cos(turn), seed=n, **blink)


def measure(browser, frames, settings):
    """(what the page heard, processor time of each stage)."""
    opened = []

    def wait():
        while browser.visitor.mirror is None:
            time.sleep(0.05)
        opened.append(browser.visitor.mirror.reflection)

    seen = threading.Thread(target=wait, daemon=True)
    seen.start()
    address = browser.origin.replace("http", "ws") + "/mirror/ws"
    heard = ask(Job(address, browser.origin, browser.cookie, SETTINGS | settings, frames, RATE))
    while browser.visitor.mirror is not None:
        time.sleep(0.05)
    seen.join()
    return heard, opened[0].costs.mean()


def told_speed(job, heard: Heard, costs):
    """Frames a second and latency, once it is warm."""
    begun, ended = heard.sent[0] + WARM, heard.sent[-1]
    counted = [one.ms for one in heard.answers if one.ms is not None and begun <= one.at <= ended]
    middle, late = np.percentile(counted, [50, 95]) if counted else (np.nan, np.nan)
    rate = len(counted) / (ended - begun)
    tell(f"{job}, socket: {rate:.1f} frames a second, latency {middle:.0f} ms (95 %: {late:.0f})", costs)
    print(f"  the page beside it: CPU {1000 * heard.spent / len(heard.sent):.1f} ms for each frame it sends")
    codes = [one.code for one in heard.answers if one.code]
    if codes:
        print(f"  blank {len(codes)} times: {', '.join(sorted(set(codes)))}")


def told_blank(who, heard: Heard):
    """Milliseconds from sending the first frame of what is to be blank to its first sentence; pictures after it."""
    took, shown = [], 0
    for begin in range(SHOWN, len(heard.sent), SHOWN + GONE):
        of_it = [one for one in heard.answers if begin <= one.number < begin + GONE]
        blank = [one.at for one in of_it if one.code]
        took += [1000 * (min(blank) - heard.sent[begin])] if blank else [np.inf]
        shown += sum(one.ms is not None for one in of_it)
    codes = ", ".join(sorted({one.code for one in heard.answers if one.code}))
    print(
        f"{who}: blank after {np.median(took):.0f} ms, at most {max(took):.0f} ({len(took)} times; {codes}); "
        f"{shown} pictures of it"
    )


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


def judged(gate, signer, rows, clock):
    """Of each row of frames, milliseconds of processor time to say no to the first of what is to be blank."""
    for who, row in rows:
        stages = Reflection(gate, signer, "en")
        stages.ask((gate.live()[0], AgeOptions(years=30)))
        took, codes = [], set()
        for number, jpeg in enumerate(row):
            at = number % (SHOWN + GONE)
            if not SHOWN - BEFORE <= at <= SHOWN:
                continue
            clock[0] += 1 / RATE
            begun = time.thread_time()
            seen = stages.look(jpeg, clock[0])
            if at == SHOWN:
                took.append(1000 * (time.thread_time() - begun))
                codes.add(getattr(seen, "code", "shown"))
        print(f"{who}: {', '.join(sorted(codes))} after CPU ms {np.median(took):.0f}, at most {max(took):.0f}")


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
        rows = list(scenes(Lens(1)))
        judged(mine, Signer.open(home.keys), rows, clock)
        through(home, frames, rows, *known_again(gate, notary, ledger), ledger)


def tell(what, costs):
    stages = ", ".join(f"{stage} {ms:.1f}" for stage, ms in costs.items())
    print(f"{what}: CPU ms a frame {stages}; together {sum(costs.values()):.0f}")


def scenes(lens):
    """Who comes before the camera instead of Ada, or beside her: for each its JPEG frames, none like another."""
    me, half = list(drawn(4)), {"size": (320, 480)}
    alone = {name: person(name).render(SEATED, **half) for name in ("ada", "bram")}
    room = np.full_like(me[0], 90)
    room[:, ::7] = 120
    others = {
        "a stranger": person("bram").render(SEATED),
        "nobody": room,
        "a second person": np.hstack([alone["ada"], alone["bram"]]),
    }
    for who, picture in others.items():
        row = [*[me[n // 2 % len(me)] for n in range(SHOWN)], *[picture] * GONE] * TIMES
        yield who, [lens.jpeg(one) for one in row]


def through(home, frames, rows, gate, receipt, ledger):
    """The socket."""
    door = bind("127.0.0.1", 0)
    guard, desk = build(door.getsockname()[1], home, page=small_page)
    desk.__dict__["ledger"] = ledger
    with Running(guard, door) as running:
        running.wait()
        browser = Browser(guard, desk)
        browser.sit_down(gate, receipt)
        for job, changed in JOBS.items():
            told_speed(job, *measure(browser, frames, changed))
        for who, row in rows:
            told_blank(who, measure(browser, row, {})[0])


if __name__ == "__main__":
    main()
