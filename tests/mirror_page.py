"""The other end of a mirror's socket, in a process of its own: frames out at a camera's pace, answers in, all timed.

`main` reads one pickled `Job` from its standard input and writes one pickled `Heard` to its
standard output. It decodes and draws nothing: a browser's own work is not in it.
"""

from __future__ import annotations

import json
import pickle
import struct
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field

from websockets.sync.client import connect

_PATIENCE = 60.0
"""Seconds for the answer to the first frame."""


@dataclass(frozen=True)
class Job:
    """What a page does: `frames` are JPEG files, `rate` of them a second, ready before the first is sent."""

    address: str
    origin: str
    cookie: dict[str, str]
    settings: dict[str, object]
    frames: list[bytes] = field(repr=False)
    rate: float


@dataclass
class Answer:
    """One answer: when it came, by this computer's clock; to which frame; what was said in place of a picture."""

    at: float
    number: int
    ms: float | None
    code: str


@dataclass
class Heard:
    """When each frame was sent, what came back, and the processor time of this process, seconds."""

    sent: list[float]
    answers: list[Answer]
    spent: float


def ask(job: Job) -> Heard:
    """Have it done in another process."""
    code = [sys.executable, "-c", "from tests.mirror_page import main; main()"]
    done = subprocess.run(code, input=pickle.dumps(job), stdout=subprocess.PIPE, check=True)
    return pickle.loads(done.stdout)


def _play(job: Job) -> Heard:
    heard = Heard([], [], 0.0)
    headers = {"additional_headers": job.cookie, "origin": job.origin}
    with connect(job.address, **headers, compression=None, max_size=None) as line:
        line.send(json.dumps({"settings": job.settings}))
        ear = threading.Thread(target=_listen, args=(line, heard.answers))
        ear.start()
        for number, jpeg in enumerate(job.frames):
            if number < 2:  # what is built with the first frame is not waited for by the others
                ends = time.monotonic() + _PATIENCE
                while number and not heard.answers and time.monotonic() < ends:
                    time.sleep(0.01)
                begun, spent = time.monotonic(), time.process_time()
            time.sleep(max(0.0, begun + number / job.rate - time.monotonic()))
            header = json.dumps({"seq": number, "t": 1 + number / job.rate}).encode()
            heard.sent.append(time.monotonic())
            line.send(struct.pack(">I", len(header)) + header + jpeg)
        time.sleep(0.5)
        heard.spent = time.process_time() - spent
        line.close()
        ear.join()
    return heard


def _listen(line: object, answers: list[Answer]) -> None:
    for message in line:  # type: ignore[attr-defined]
        at = time.monotonic()
        if isinstance(message, bytes):
            length = int.from_bytes(message[:4], "big")
            head = json.loads(message[4 : 4 + length])
            answers.append(Answer(at, head["seq"], head["ms"], ""))
        else:
            said = json.loads(message)
            what = said.get("blank") or said.get("end") or {}
            answers.append(Answer(at, what.get("seq", -1), None, what.get("code", "")))


def main() -> None:
    """One job, and its end."""
    sys.stdout.buffer.write(pickle.dumps(_play(pickle.loads(sys.stdin.buffer.read()))))
