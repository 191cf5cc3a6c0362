"""Faults of the machine: a full disk, little memory, few descriptors, an end at any moment; and what is left of all."""

from __future__ import annotations

import json
import random
import re
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

from app import codec
from app.home import Home
from app.stamp.registry import Registry
from app.stamp.signer import REGISTRY, Signer
from app.studio.server import sweep_scratch
from app.verify import Verdict, verify
from tests.promises.stage import Browser, draw, finder
from tests.promises.test_no_traces import Person, found
from tests.redteam.attack import Surface, answer, control, on, together
from tests.redteam.ground import ROOT

attack = on(Surface.MACHINE)
KILLS = 6


@attack("cannot-write, log-unusable, nothing left")
def a_full_disk(ground):
    """Files may grow to 2,000 bytes: nothing is saved, nothing is decided, and no part of a picture is left."""
    folder = ground.room()
    done = ground.command(program=("-m", "tests.redteam.child", "full", str(folder)))
    control(done.stdout.startswith("{"), f"it did not run: {done.stderr[-120:]}")
    said = json.loads(done.stdout)
    whole = answer(Home.open(folder / "home").open_ledger().entries) == "done"
    control(whole, "the log is broken afterwards")
    left = "nothing left" if said["left"] == ["home"] else str(said["left"])
    unstamped = f", stamped: {said['stamped']}" if said["stamped"] == "done" else ""
    return f"{said['saved']}, {said['logged']}, {left}{unstamped}"


@attack("a sentence each")
def little_memory_and_few_descriptors(ground):
    folder = ground.room()
    (folder / "large.png").write_bytes(codec.encode(draw("ada", seed=1).repeat(16, 0).repeat(16, 1), "png"))
    limits = ((resource.RLIMIT_AS, 1_200_000_000), (resource.RLIMIT_NOFILE, 24), (resource.RLIMIT_NPROC, 1))
    said = []
    for limit in limits[:2]:
        done = ground.command("verify", "large.png", cwd=folder, limit=lambda one=limit: _take(*one))
        words = (done.stdout + done.stderr).strip()
        fine = done.returncode in {0, 1, 2, 3} and words and "Traceback" not in words
        said.append("a sentence" if fine else f"code {done.returncode}: {words[-100:]}")
    return f"{together(said)} each"


@attack("whole stamped files alone, the log valid, the registry readable")
def the_process_killed_at_random_moments(ground):
    rng = random.Random(7)
    folder = ground.room()
    left = 0
    for _ in range(KILLS):
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.redteam.child", "make", str(folder)],
            cwd=ROOT, env=ground.environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        child.stdout.readline()
        time.sleep(rng.uniform(0.05, 2.5))
        control(child.poll() is None, "it had ended by itself")
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        for path in folder.glob("[0-9]*.jpg"):  # begun anew by the next
            left += 1
            if verify(path.read_bytes(), Signer.anchors(folder / "home" / "keys")).verdict is not Verdict.OURS:
                return f"{path.name} is not whole"
            path.unlink()
    control(left > 2, "nothing was saved before it was killed")
    odd = [
        p.name for p in folder.iterdir() if p.is_file() and p.suffix != ".jpg" and not p.name.startswith(".selfsame-")
    ]
    home = Home.open(folder / "home")
    control(home.open_ledger().entries(), "nothing was logged")
    log = answer(home.open_ledger().entries)
    registry = answer(Registry(home.keys / REGISTRY).fresh)
    return (f"{odd or 'whole stamped files alone'}, the log {'valid' if log == 'done' else log}, "
            f"the registry {'readable' if registry == 'done' else registry}")  # fmt: skip


@attack("private while it ran, swept by the next start, no file in it")
def the_studio_killed(ground):
    program = ground.misled
    (folder,) = Path("/dev/shm").glob(f"selfsame-{program.process.pid}-*")
    private = folder.stat().st_mode & 0o777 == 0o700
    program.kill()
    control(folder.exists(), "there was no folder to be left behind")
    files = [path for path in folder.rglob("*") if path.is_file()]
    sweep_scratch(folder.parent)
    return (f"{'private' if private else 'open'} while it ran, {'left' if folder.exists() else 'swept'} by the next "
            f"start, {len(files) or 'no'} file in it")  # fmt: skip


@attack("no terminal sequence")
def inputs_of_the_page_on_the_studios_terminal(ground):
    """What a browser sends must not move the cursor of the terminal in which the studio runs."""
    program = ground.program
    guard = SimpleNamespace(token=program.link.split("?t=")[1], cookie=f"selfsame_{program.port}")
    browser = Browser(program.port, guard)
    number = browser._numbered("make", "click")
    said = browser.event(number, data=["\x1b[2J\x1b]0;owned\x07", "line\nGENUINE"])
    browser.http.close()
    control(said, "nothing came back")
    errors = program.errors()
    control("[2J" in errors, "nothing of it reached the terminal")
    return "no terminal sequence" if "\x1b" not in errors else "its own words, as they came"


@attack("never more than was granted")
def outputs_without_leave_in_any_log_of_this_run(ground):
    """In the log of every session: what was redeemed never outnumbers what was granted, nor releases what was redeemed;
    of a film or a mirror, whose leave is one to follow, the first release is written down.
    """
    _ = ground.stamped, ground.seated  # so that something was
    ledgers = [ground.ledger, ground.studio.desk.ledger]
    entries = [entry for one in ledgers for entry in one.entries()]
    control(sum(e["event"] == "release" for e in entries) >= 2, "nothing was released in this run")
    for session in {e["session"] for e in entries if e["session"]}:
        count = dict.fromkeys(("grant", "redeem", "release", "follow"), 0)
        for event in (e["event"] for e in entries if e["session"] == session):
            if event in count:
                count[event] += 1
            if not count["release"] - count["follow"] <= count["redeem"] <= count["grant"]:
                return f"session {session} had {count}"
    return "never more than was granted"


@attack("nothing of a face")
def faces_in_the_files_that_the_program_keeps(ground):
    """Every file of the homes of this run is searched for the numbers and pixels of the people who sat here."""
    ground.seated  # noqa: B018 - so that there was a session
    frame = SimpleNamespace(pixels=draw("ada", seed=1), face=finder().find(draw("ada", seed=1))[0])
    person = Person(ground.ada, frame)
    control(found(person, b"x" * 9 + person_bytes(ground)) != set(), "the search finds nothing")
    homes = (ground.home.root, ground.folder / "studio")
    files = [path for home in homes for path in home.rglob("*") if path.is_file()]
    control(len(files) > 6, "there are no files")
    seen = {f"{path.name}: {what}" for path in files for what in found(person, path.read_bytes())}
    return together(seen) if seen else "nothing of a face"


@attack("no traceback, well")
def the_studio_after_all_this(ground):
    errors = ground.program.errors()
    ours = re.findall(r'Traceback[^\n]*\n(?:  .*\n)*?  File "[^"]*/app/[^"]*"', errors)
    return f"{'a' if ours else 'no'} traceback, {'well' if ground.program.is_well() else 'not well'}"


def person_bytes(ground):
    """The numbers of somebody's face as they could stand in a file."""
    return ground.ada._template.tobytes()


def _take(what, amount):
    resource.setrlimit(what, (amount, amount))
