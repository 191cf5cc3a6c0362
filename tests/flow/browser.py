"""Hands and eyes for the browser tests: a browser, a person before its camera, a running command, and how one sits the
check by what the page shows and nothing else.
"""

import functools
import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.studio.strings import say

sync_api = pytest.importorskip("playwright.sync_api")

CHROMIUM = "/usr/bin/chromium"
ME = "ada"
FLAGS = [
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]
ROOT = Path(__file__).resolve().parents[2]


class Sitter:
    """The person before the camera: another process, which is told what the page has just asked for."""

    def __init__(self, file):
        self.file = file
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.flow.camera", str(file), ME],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    @functools.cached_property
    def flags(self):
        """What chromium must be told; waits until the person has sat down."""
        assert self.process.stdout.readline() == "ready\n"
        return ("--use-fake-ui-for-media-stream", f"--use-file-for-fake-video-capture={self.file}")

    def hear(self, action):
        self.process.stdin.write(action + "\n")
        self.process.stdin.flush()

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


class Program:
    """A command of the program, running."""

    def __init__(self, home, *arguments, stream="stdout"):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app", *map(str, arguments)],
            cwd=ROOT,
            env={**os.environ, "XDG_DATA_HOME": str(home)},
            text=True,
            **{stream: subprocess.PIPE},
        )
        self.said = getattr(self.process, stream)

    def link(self):
        for line in self.said:
            found = re.search(r"http://127\.0\.0\.1:\d+/\?t=[\w-]+", line)
            if found:
                return found[0]
        raise AssertionError("no link was printed")

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(30)
        self.said.close()
        return code

    def scratch(self):
        return [
            p
            for folder in Path("/dev/shm").glob(f"selfsame-{self.process.pid}-*")
            for p in folder.rglob("*")
            if p.is_file()
        ]


@contextmanager
def chromium(*flags, camera="--use-fake-device-for-media-stream"):
    """A browser with a fake camera."""
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, camera, *flags])
        yield browser
        browser.close()


def visit(browser, url, script="", **settings):
    """A page that has been opened with its link, when it `begun`; it notes whatever is asked of anybody else."""
    page = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **settings}).new_page()
    page.set_default_timeout(120_000)  # two cores render, judge and browse at once
    page.add_init_script(script)
    page.foreign, page.wrong = [], []
    own = url.split("/?")[0]
    page.on("request", lambda r: None if r.url.startswith((own, "data:", "blob:")) else page.foreign.append(r.url))
    page.on("websocket", lambda s: None if s.url.startswith(own.replace("http", "ws")) else page.foreign.append(s.url))
    page.on("response", lambda r: page.wrong.append(f"{r.status} {r.url}") if r.status >= 400 else None)
    page.on("pageerror", lambda error: page.wrong.append(str(error)))
    page.begun = time.monotonic()
    page.goto(url)
    return page


def agree(page):
    page.wait_for_selector("#agree-text h2")
    for box in page.locator("#purposes input").all():
        assert not box.is_checked(), "nothing is agreed to before the person says so"
        box.check()
    page.locator("#myself input").check()
    page.locator("#adult input").check()
    page.locator("#agree-button").click()
    page.wait_for_selector("#capture [data-start]")


DIALOG = """() => {
  const dialog = document.querySelector('dialog.capture');
  if (!dialog) return null;
  const middle = part => {
    const box = part.getBoundingClientRect();
    return [box.x + box.width / 2, box.y + box.height / 2];
  };
  const field = dialog.querySelector('.field'), place = part => {
    const [x, y] = middle(part), [u, v] = middle(field);
    return [2 * (x - u) / field.clientWidth, -2 * (y - v) / field.clientHeight];
  };
  const { state, prompt } = dialog.dataset, text = name => dialog.querySelector(name).textContent;
  return { state, prompt, says: text('.prompt'), hint: text('.hint'),
    screen: getComputedStyle(document.elementFromPoint(5, innerHeight - 5)).backgroundColor,
    dot: prompt === 'dot' ? place(field.querySelector('.dot')) : null,
    aim: prompt === 'dot' && !field.querySelector('.aim').hidden ? place(field.querySelector('.aim')) : null };
}"""


def begin(page, assurance=None):
    """Press the button, choose the kind of check if it is to be another than offered, and start the camera."""
    page.locator("#capture [data-start]").click()
    page.wait_for_selector("dialog.capture[data-state=choosing]")
    if assurance:
        page.locator(f"dialog [name=assurance][value='{assurance}']").check()
    page.locator("dialog [data-begin]").click()


def sit(page, sitter, answers=None, tries=1, assurance=None):
    """Do what the page asks, as a person does who reads it; returns what was asked and how the dialog ended."""
    begin(page, assurance)
    for _ in range(tries):
        page.wait_for_selector("dialog.capture:not([data-state=refused])")
        asked, ended = follow(page, sitter, answers or {})
        if ended is None or tries == 1:
            break
        page.locator("dialog [data-again]").click()
    return asked, ended


def follow(page, sitter, answers):
    """Read, look and obey until the dialog has closed or says no; `page.said` are the sentences that were read."""
    asked, shone, ends = [], None, time.monotonic() + 100
    page.said = set()
    while time.monotonic() < ends:
        seen = page.evaluate(DIALOG)
        if seen is None or seen["state"] in {"refused", "paused"}:
            sitter.hear("shine 0 0 0")
            return asked, seen
        page.said |= {seen["says"], seen["hint"]} - {""}
        if seen["screen"] != shone:
            shone = seen["screen"]
            sitter.hear("shine " + " ".join(re.findall(r"[\d.]+", shone)[:3]))
        if seen["prompt"] and (not asked or seen["prompt"] != asked[-1]):
            asked.append(seen["prompt"])
            sitter.hear(answers.get(asked[-1], asked[-1]))
        if seen["dot"]:
            sitter.hear("see {} {}".format(*seen["dot"]))
        time.sleep(0.03)
    raise AssertionError(f"no verdict; asked {asked}")


class Server:
    """The other end of the socket, written by a test; frames are only acknowledged."""

    def __init__(self, page):
        self.line, self.heard, self.frames = None, [], 0
        page.route_web_socket("**/capture/ws", self._open)

    def _open(self, line):
        self.line = line
        line.on_message(self._hear)

    def _hear(self, message):
        if isinstance(message, str):
            self.heard.append(json.loads(message))
        else:
            self.frames += 1
            length = int.from_bytes(message[:4], "big")
            self.send({"ack": json.loads(message[4 : 4 + length])["seq"]})

    def send(self, message):
        self.line.send(json.dumps(message))

    def hint(self, index, action, code=None, *, colour=None, **rest):
        said = {"code": code or action, "text": say(f"hint_{code or action}"), "progress": 0.3, "seconds_left": None}
        said |= {"amount": None, "dot": [], "aim": None, **rest}
        prompt = {"index": index, "action": action, "text": say(f"hint_{action}"), "colour": colour}
        self.send({"hint": {**said, "prompt": prompt}})

    @property
    def shown(self):
        return [one["shown"] for one in self.heard if "shown" in one]
