"""`selfsame studio` in a process of its own, and the plain lines of HTTP that no client would send."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[2]
READY = 60.0


def client(**given):
    """An HTTP client that reads no settings of the machine; without certificates, which take long to load."""
    return httpx.Client(**{"verify": False, "trust_env": False, "timeout": 60.0, **given})


class Program:
    """The studio as a person starts it.

    Attributes:
        port: where it answers.
        link: what it printed.
    """

    def __init__(self, environment, *options, limit=None, cwd=None):
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed in `stop`
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app", "studio", "--port", "0", "--no-browser", *options],
            cwd=cwd or ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            preexec_fn=limit,  # noqa: PLW1509
        )
        self.link = self._read_link()
        self.port = int(self.link.split(":")[2].split("/")[0])
        self.base = f"http://127.0.0.1:{self.port}"
        self._wait()

    def _read_link(self):
        for line in self.process.stdout:
            if found := re.search(r"http://127\.0\.0\.1:\d+/\?t=\S+", line):
                return found[0]
        raise RuntimeError(f"the studio did not start: {self.errors()[-300:]}")

    def _wait(self):
        ends = time.monotonic() + READY
        while time.monotonic() < ends:
            if self.is_well():
                return
            time.sleep(0.1)
        raise RuntimeError("the studio does not answer")

    def is_well(self):
        """Whether it answers."""
        try:
            with client(timeout=20.0) as asking:
                return asking.get(f"{self.base}/healthz").json() == {"ok": True}
        except (httpx.HTTPError, ValueError):
            return False

    def browser(self):
        """A client that opened the link: it has a session of its own."""
        opened = client(base_url=self.base, headers={"origin": self.base})
        opened.get("/", params={"t": self.link.split("?t=")[1]})
        return opened

    def cookie(self, browser):
        """What a browser sends to be known again."""
        return "; ".join(f"{name}={value}" for name, value in browser.cookies.items())

    def send(self, data, seconds=5.0):
        """Send plain bytes; what comes back within some seconds."""
        got = b""
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as line:
            try:
                line.sendall(data)
                while len(got) < 65536 and (part := line.recv(65536)):
                    got += part
            except OSError:
                pass
        return got

    def status(self, data, seconds=5.0):
        """The status of the answer to plain bytes; `closed` when the line was closed without one."""
        first = self.send(data, seconds).split(b"\r\n", 1)[0]
        return first.split(b" ")[1].decode() if first.startswith(b"HTTP/1.1 ") else "closed"

    def errors(self):
        """What it has said on its error stream so far."""
        self._errors.seek(0)
        return self._errors.read()

    def kill(self):
        """End it at once, as the machine might."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)

    def stop(self):
        """End it as a person does; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()
        self.process.stdout.close()
        return self.process.returncode

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        self._errors.close()
