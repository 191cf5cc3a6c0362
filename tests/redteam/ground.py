"""Where the attacks take place: a home of its own, people who do not exist, a studio, a signed file; each made once."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path

from app import flow, media
from app.home import Home
from app.notary import open_notary
from app.stamp.signer import Signer
from app.stamp.writer import stamp
from app.studio.landing import _routes
from app.studio.server import Running, bind, build
from consent.errors import Refusal
from consent.types import Purpose
from tests.booth import Booth
from tests.conftest import EVERYTHING
from tests.promises.stage import Clock, draw, gate_of, jpeg, photo, studio_at
from tests.redteam.program import Program, client

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 120
"""What a command may take before it counts as stuck."""


class Filmed(Booth):
    """A camera before which somebody sits, that keeps what it saw."""

    def __init__(self, name, **rest):
        super().__init__(name, **rest)
        self.film = []

    def frame(self, hint):
        self.film.append(super().frame(hint))
        return self.film[-1]


class Ground:
    """All that the attacks share. What is expensive is made when it is first asked for.

    Attributes:
        folder: temporary; everything that is written goes there.
    """

    def __init__(self):
        self._stack = ExitStack()
        self.folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="selfsame-redteam-")))
        self.home = Home.open(self.folder / "data" / "selfsame")
        self._numbers = iter(range(10**6))

    def close(self):
        self._stack.close()

    def room(self):
        """A new empty folder."""
        folder = self.folder / f"room{next(self._numbers)}"
        folder.mkdir()
        return folder

    # --- people --------------------------------------------------------------------------------------------------

    @cached_property
    def notary(self):
        return open_notary(self.home.keys / "receipts.pem")

    @cached_property
    def ledger(self):
        return self.home.open_ledger()

    @cached_property
    def signer(self):
        return Signer.open(self.home.keys)

    @cached_property
    def met(self):
        """Ada's camera and her gate: she sat the whole live check; like anyone, she tries again when it says no."""
        for seed in range(3):
            booth = Filmed("ada", fps=8, seed=seed)
            try:
                return booth, flow.meet(booth, self.notary.sign(EVERYTHING, booth.clock), self.ledger, booth.clock)
            except Refusal as no:
                refusal = no
        raise refusal

    def gate(self, name="ada", clock=None):
        """Somebody's new gate, opened with frames of theirs as the live check hands them over."""
        return gate_of(name, self.notary, self.ledger, clock or Clock())

    @cached_property
    def ada(self):
        return self.gate()

    @cached_property
    def bram(self):
        return self.gate("bram")

    @cached_property
    def mine(self):
        """Ada's match of a photograph of hers."""
        return self.ada.match(photo(draw("ada", seed=1)))

    def leave(self, gate=None, match=None, purpose=Purpose.AGE):
        """A genuine grant."""
        match = match or self.mine
        return (gate or self.ada).grant(match, match, purpose)

    def drafted(self, gate=None, match=None):
        """A genuine draft: the picture somewhat darker, as an engine might give it."""
        gate = gate or self.ada
        work = gate.redeem(self.leave(gate, match), Purpose.AGE)
        return work.draft(work.target.pixels // 2, "redteam 1", {})

    @cached_property
    def stamped(self):
        """A finished file of Ada's."""
        return stamp(self.ada, self.drafted(), self.signer)

    # --- programs ------------------------------------------------------------------------------------------------

    @cached_property
    def studio(self):
        """The studio, answering on a port, with its memory in sight."""
        return self._stack.enter_context(studio_at(self.folder / "studio"))

    @cached_property
    def seated(self):
        """Ada's browser, in which she was seen live and has a finished picture, and that picture's key."""
        browser = self.studio.browser()
        visitor = self.studio.sit_down(browser, "ada")
        browser.look("target", jpeg(draw("ada", seed=1)))
        browser.make("age")
        (key,) = visitor.results
        return browser, visitor, key

    @cached_property
    def program(self):
        """`selfsame studio`, as people start it."""
        return self._stack.enter_context(self.another())

    def studio_is_well(self):
        """Whether it answers."""
        with client(timeout=20.0) as asking:
            return asking.get(f"http://127.0.0.1:{self.studio.port}/healthz").status_code == 200

    def another(self, *options, **more):
        """One more studio, to be used with `with`."""
        return Program(self.environment(self.room()), *options, **more)

    @cached_property
    def small(self):
        """A browser before the small page that a command opens, which asks for leave to show somebody older."""
        door = bind("127.0.0.1", 0)
        port = door.getsockname()[1]
        asking = Home.open(self.folder / "small")
        guard, _ = build(port, asking, page=lambda api, desk: api.include_router(_routes(desk, [Purpose.AGE])))
        running = self._stack.enter_context(Running(guard, door))
        running.wait()
        base = f"http://127.0.0.1:{port}"
        browser = self._stack.enter_context(client(base_url=base, headers={"origin": base}))
        browser.get("/", params={"t": guard.token})
        return browser

    @cached_property
    def misled(self):
        """A studio that was started in an environment that would like to open it to others."""
        from tests.redteam.settings import EVIL

        return self._stack.enter_context(Program(self.environment(self.room(), **EVIL)))

    def environment(self, data=None, **more):
        """What a command finds in its environment: a data folder of its own, no keyring, one thread."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "VIRTUAL_ENV") if name in os.environ}
        quiet = {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent", "OMP_NUM_THREADS": "1"}
        places = {"XDG_DATA_HOME": str(data or self.home.root.parent), "HOME": str(self.folder)}
        return {**kept, **quiet, **places, "OPENCV_FOR_THREADS_NUM": "1", "PYTHONPATH": str(ROOT), **more}

    def command(self, *arguments, data=None, limit=None, cwd=None, python=(), program=("-m", "app"), **more):
        """Run `selfsame ARGUMENTS` in a process of its own.

        Args:
            arguments: what stands after `selfsame`.
            data: its data folder; this ground's by default.
            limit: called in the process before it starts, to take something away from it.
            cwd: where it starts.
            python: options of the interpreter.
            program: what is run instead of `selfsame`.
            more: environment variables.

        Returns:
            The finished process; its code is -9 when it had to be ended, its words are replaced where they are no text.
        """
        words = [sys.executable, *python, *program, *map(str, arguments)]
        child = subprocess.Popen(
            words,
            cwd=cwd or self.folder,
            env=self.environment(data, **more),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=limit,  # noqa: PLW1509 - one thread forks here
            text=True,
            errors="replace",
        )
        try:
            out, err = child.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            out, err = child.communicate()
        return subprocess.CompletedProcess(words, child.returncode, out, err)


def picture(name="ada", **changes):
    """A photograph of somebody as a JPEG file."""
    return media.encode(draw(name, **{"seed": 1, **changes}), "jpeg", 95)
