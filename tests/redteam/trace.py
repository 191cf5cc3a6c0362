"""No network, no trace: `python -m tests.redteam.trace [--json]` runs a whole session of the studio under strace.

A person who does not exist sits down before the studio, which runs in a process of its own, hands in a picture, has it
changed, saves it, has a file checked, and withdraws. Three questions are then answered:

1. Which sockets did any of its system calls open, bind or connect, beyond this computer?
2. Which files were written, and what lies on the disk afterwards?
3. Which bytes of the person's frames, template and picture are still in the memory of the process, after *withdraw*?
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

from app.home import Home
from app.studio.server import SWEEP_SECONDS

ROOT = Path(__file__).resolve().parents[2]
CALLS = "trace=network,openat,open,creat,rename,renameat,renameat2,link,linkat,unlink,unlinkat"
LOCAL = ("127.", "::1", "AF_UNIX", "AF_NETLINK")
PIECE = 48
"""Bytes in a row that count as found."""
PIECES = 8
"""Of each thing, so many are looked for."""


def session(folder):
    """The studio with somebody in it. What to do comes in on standard input, a line each; what is asked goes out."""
    import base64
    import gc

    import numpy as np

    from app.studio.server import private_scratch

    def say(**told):
        print(json.dumps(told), flush=True)

    with private_scratch(), _studio(folder / "home") as studio:
        from consent.enrolment import enrol
        from consent.types import Action, LiveFrame, Match, Photo, Purpose, freeze
        from models.faces import Finder
        from tests.conftest import checked_again

        say(token=studio.guard.token, port=studio.port)
        for line in sys.stdin:
            said = json.loads(line)
            if said["do"] == "sit":
                (visitor,) = studio.desk.store._all()
                finder, clock = Finder(), studio.desk.store.clock
                receipt = studio.desk.agree(visitor, list(Purpose), "test", "I agree.", myself=True, adult=True)
                shots = [np.frombuffer(base64.b64decode(one), np.uint8).reshape(360, 480, 3) for one in said["shots"]]
                frames = tuple(LiveFrame(freeze(p), finder.find(p)[0], Action.CENTRE) for p in shots)
                visitor.open(enrol(checked_again(frames, clock), receipt, studio.desk.ledger, clock), receipt)
                del shots, frames, finder, visitor, receipt
                say(sat=True)
            elif said["do"] == "marks":
                (visitor,) = studio.desk.store._all()
                say(marks={name: _turned(mark) for name, mark in _marks(visitor)})
                del visitor
            elif said["do"] == "count":
                say(alive=sum(isinstance(one, (LiveFrame, Match, Photo)) for one in gc.get_objects()))
            else:
                break
            said.clear()


def _studio(folder):
    """Imported late: what is imported before the studio's own temporary folder would use another one."""
    from tests.promises.stage import studio_at

    return studio_at(folder)


def _marks(visitor):
    """What to look for of the person who sits there: some bytes in a row of each."""
    gate, picture = visitor.gate, visitor.pictures["target"]
    (result,) = visitor.results.values()
    live = gate.live()
    kinds = {
        "template": [gate._template.tobytes()],
        "pixels of the live check": [match.pixels.tobytes() for match in live],
        "points of the live face": [match.face.mesh.tobytes() for match in live],
        "pixels of the picture": [picture.match.pixels.tobytes()],
        "file of the picture": [picture.data],
        "file of the result": [result.stamped.data],
    }
    for what, pieces in kinds.items():
        for number, data in enumerate(pieces):
            for at in range(PIECES):
                start = (len(data) - PIECE) * at // PIECES
                mark = data[start : start + PIECE]
                if len(set(mark)) > PIECE // 4:  # plain background is no trace of anybody
                    yield f"{what}, {number}.{at}", mark


def _turned(mark):
    """In the negative, so that the words themselves do not lie in the memory that is searched."""
    return bytes(255 - byte for byte in mark).hex()


def found_in(pid, marks):
    """How often each of the marks lies in the writable memory of a process."""
    count = dict.fromkeys(marks, 0)
    with Path(f"/proc/{pid}/mem").open("rb", 0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, rights = line.split()[:2]
            if not rights.startswith("rw"):
                continue
            start, end = (int(part, 16) for part in span.split("-"))
            data = _part(memory, start, end)
            for name, mark in marks.items():
                count[name] += data.count(mark)
    return count


def _share(count):
    """By kind: how many of the pieces that were looked for were found at least once, as `found of looked for`."""
    kinds = dict.fromkeys(name.rpartition(",")[0] for name in count)
    told = {}
    for kind in kinds:
        some = [number for name, number in count.items() if name.startswith(f"{kind},")]
        told[kind] = f"{sum(map(bool, some))} of {len(some)}"
    return told


def _part(memory, start, end):
    try:
        memory.seek(start)
        return memory.read(end - start)
    except (OSError, ValueError, OverflowError):
        return b""


def sockets(log):
    """What was opened, bound, connected or sent to beyond this computer."""
    away = []
    for line in log.splitlines():
        if re.search(r"\b(connect|bind|sendto|sendmsg)\(", line) and "sa_family=AF_INET" in line:
            address = re.search(r'inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)"', line)
            name = next(filter(None, address.groups()), "?") if address else "?"
            if not name.startswith(LOCAL):
                away.append(line.strip()[:160])
    return away


def written(log):
    """Every file that was opened to be written or made, and every name that was given: devices left out."""
    names = set()
    for line in log.splitlines():
        if "= -1" in line:
            continue
        if re.search(r"O_(WRONLY|RDWR|CREAT)", line) or re.search(r"\b(rename|link)\w*\(", line):
            names |= set(re.findall(r'"([^"]+)"', line))
    return {name for name in names if name.startswith("/") and not name.startswith(("/dev/null", "/dev/pts", "/proc"))}


def left(folder):
    """(name, permissions, bytes) of everything below a folder."""
    return [
        (str(path.relative_to(folder)) + "/" * path.is_dir(), f"{path.stat().st_mode & 0o777:04o}", path.stat().st_size)
        for path in sorted(folder.rglob("*"))
    ]


def run(say=print):
    """Run the session and answer the three questions; None where there is no strace."""
    if shutil.which("strace") is None:
        say("strace is missing: on Debian `apt-get install strace`. Nothing was traced.")
        return None
    with tempfile.TemporaryDirectory(prefix="selfsame-trace-") as name:
        folder = Path(name)
        for part in ("session", "elsewhere"):
            (folder / part).mkdir()
        child = _started(folder)
        memory = _lived(child, folder)
        log = (folder / "trace.txt").read_text(errors="replace")
        known = (str(folder / "session"), str(folder / "renderer"), "/dev/shm/selfsame-")
        return {
            "calls": len(log.splitlines()),
            "served": len(re.findall(r"\baccept4?\(.*AF_INET", log)),
            "away": sockets(log),
            "outside": sorted(one for one in written(log) if not one.startswith(known)),
            "elsewhere": left(folder / "elsewhere"),
            "left": left(folder / "session"),
            "log": [entry["event"] for entry in Home.open(folder / "session" / "home").open_ledger().entries()],
            **memory,
        }


def _started(folder):
    """The studio under strace; every folder that a library might choose to write into is an empty one."""
    places = ("HOME", "TMPDIR", "TEMP", "TMP", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")
    quiet = {
        "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent",
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
    }
    quiet |= {"OPENCV_FOR_THREADS_NUM": "1", "OPENCV_LOG_LEVEL": "ERROR", "PYTHONPATH": str(ROOT)}
    quiet["NUMBA_CACHE_DIR"] = str(folder / "renderer")  # of the drawn people, who are no part of the program
    watched = ["strace", "-f", "-qq", "-s", "300", "-e", CALLS, "-o", str(folder / "trace.txt")]
    return subprocess.Popen(
        [*watched, sys.executable, "-m", "tests.redteam.trace", "session", str(folder / "session")],
        cwd=ROOT, env={**os.environ, **quiet, **dict.fromkeys(places, str(folder / "elsewhere"))},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip


def _lived(child, folder):
    """Sit down, hand in, change, check and withdraw, from another process; the memory before and after."""
    import base64

    from tests.promises.stage import Browser, draw, jpeg, sat

    def ask(**said):
        child.stdin.write(json.dumps(said) + "\n")
        child.stdin.flush()
        return json.loads(child.stdout.readline())

    opened = json.loads(child.stdout.readline())
    browser = Browser(opened["port"], SimpleNamespace(token=opened["token"], cookie=f"selfsame_{opened['port']}"))
    browser.event(("session", "studio"))
    ask(do="sit", shots=[base64.b64encode(frame.pixels.tobytes()).decode() for frame in sat("ada")])
    browser.look("target", jpeg(draw("ada", seed=8)))
    said = browser.make("age")
    key = re.search(r"/studio/result/(\w+)", said)[1]
    result = browser.get(f"/studio/result/{key}").content
    (folder / "session" / "saved-by-the-browser.jpg").write_bytes(result)
    browser.http.put("/studio/check", content=b"some file")
    marks = {what: bytes(255 - b for b in bytes.fromhex(mark)) for what, mark in ask(do="marks")["marks"].items()}
    pid = int(Path(f"/proc/{child.pid}/task/{child.pid}/children").read_text().split()[0])
    seen = {"alive before": ask(do="count")["alive"], "memory before": _share(found_in(pid, marks))}
    browser.event(("withdraw", "click"))
    browser.http.close()
    time.sleep(2 * SWEEP_SECONDS + 1)
    seen |= {"alive after": ask(do="count")["alive"], "memory after": _share(found_in(pid, marks))}
    child.stdin.write('{"do": "end"}\n')
    child.stdin.close()
    child.wait(120)
    child.stdout.close()
    return seen


def main():
    """The command."""
    if sys.argv[1:2] == ["session"]:
        session(Path(sys.argv[2]))
        return
    seen = run()
    if seen is None:
        return
    print(json.dumps(seen, indent=1))
    control = not any(one.startswith("0 ") for one in seen["memory before"].values()) and seen["served"]
    wrong = (
        seen["away"]
        or seen["outside"]
        or seen["elsewhere"]
        or seen["alive after"]
        or not control
        or "withdrawn" not in seen["log"]
    )
    raise SystemExit(1 if wrong else 0)


if __name__ == "__main__":
    main()
