"""Attacks with the environment, settings files, options and the weights: nothing of these may weaken a limit."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
from pathlib import Path

import numpy as np

from app.files import write_atomic
from app.home import Home
from app.notary import open_notary
from app.stamp.signer import Signer
from app.studio.server import bind
from models import load
from models.age import AgeEstimator
from models.faces import Finder
from models.identity import Recogniser
from tests.promises.stage import draw, photo
from tests.redteam.attack import Surface, answer, control, on, together

attack = on(Surface.SETTINGS)
weights = on(Surface.WEIGHTS)

EVIL = {
    **dict.fromkeys(("SELFSAME_MATCH_COSINE", "MATCH_COSINE", "SELFSAME_POLICY_MATCH_COSINE", "POLICY"), "0"),
    **dict.fromkeys(("SELFSAME_UNSAFE", "SELFSAME_NO_GATE", "SELFSAME_DEBUG", "DEBUG", "NSFW", "SKIP_LIVENESS"), "1"),
    **dict.fromkeys(("GRADIO_SHARE", "GRADIO_DEBUG", "GRADIO_MCP_SERVER", "GRADIO_ANALYTICS_ENABLED"), "True"),
    "GRADIO_SERVER_NAME": "0.0.0.0",
    "GRADIO_ALLOWED_PATHS": "/",
    "GRADIO_ROOT_PATH": "/evil",
    "FORWARDED_ALLOW_IPS": "*",
    "UVICORN_HOST": "0.0.0.0",
    "PYTHONOPTIMIZE": "2",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
}
FILES = (
    "selfsame.toml",
    ".env",
    "policy.toml",
    "config.json",
    "pyproject.toml",
    "settings.yaml",
    ".selfsamerc",
    "c2pa.toml",
)
PROGRAM = """
import json, sys
from consent import policy
print(json.dumps({n: repr(v) for n, v in vars(policy).items() if n.isupper()}), sys.flags.optimize)
"""
STRANGER = """
import sys, tempfile
from app.home import Home
from app.notary import open_notary
from tests.promises.stage import draw, gate_of, photo
from tests.redteam.attack import answer
home = Home.open(tempfile.mkdtemp())
gate = gate_of("ada", open_notary(home.keys / "receipts.pem"), home.open_ledger())
said = [answer(gate.match, photo(draw(name, seed=1))) for name in ("ada", "bram")]
print(*said, sys.flags.optimize)
"""


@attack("every limit as before")
def environment_variables_and_settings_files_that_lower_the_limits(ground):
    plain = ground.command(program=("-c", PROGRAM), cwd=ground.room())
    misled = ground.command(program=("-c", PROGRAM), cwd=_misleading(ground.room()), **EVIL)
    limits, _ = plain.stdout.rsplit(" ", 1)
    others, optimised = misled.stdout.rsplit(" ", 1)
    control(len(json.loads(limits)) > 50 and optimised.strip() == "2", "the limits were not read")
    return "every limit as before" if limits == others else "a limit changed"


@attack("the person matches, a stranger is not-you")
def a_python_without_assertions_in_an_evil_environment(ground):
    done = ground.command(program=("-c", STRANGER), cwd=_misleading(ground.room()), **EVIL)
    said = done.stdout.split()
    control(len(said) == 3 and said[2] == "2", f"it did not run: {done.stderr[-100:]}")
    return f"the person {'matches' if said[0] == 'done' else said[0]}, a stranger is {said[1]}"


@attack("127.0.0.1 alone")
def environment_variables_that_open_the_studio_to_others(ground):
    listening = _listening(ground.misled.process.pid)
    control(listening, "it listens nowhere")
    return f"{together(listening)} alone"


@attack("host-not-local", cheap=True)
def a_studio_for_other_computers(ground):
    hosts = ("192.168.0.1", "::", "localhost", "", "127.0.0.1.evil.example", "255.255.255.255", "0.0.0.0 ", "127.0.0.2")
    return together(answer(bind, host, 0) for host in hosts)


@attack("home-not-usable", cheap=True)
def a_data_folder_that_is_none(ground):
    folder = ground.room()
    (folder / "file").write_text("x")
    (folder / "loop").symlink_to(folder / "loop")
    places = [folder / "file", folder / "file" / "below", folder / "loop", "/proc/selfsame", "/dev/null/x"]
    control(answer(Home.open, folder / "fine") == "done", "no folder can be used")
    return together(answer(Home.open, place) for place in places)


@attack("files 0600, folders 0700", cheap=True)
def a_mask_that_lets_everybody_read(ground):
    folder = ground.room()
    before = os.umask(0)
    try:
        home = Home.open(folder / "home")
        home.open_ledger().record("match", "ab")
        Signer.open(home.keys)
        write_atomic(home.receipts / "x.json", b"{}")
    finally:
        os.umask(before)
    modes = {path.is_dir(): set() for path in (home.root, home.ledger)}
    for path in (home.root, *home.root.rglob("*")):
        modes[path.is_dir()].add(f"{path.stat().st_mode & 0o777:04o}")
    return f"files {together(modes[False])}, folders {together(modes[True])}"


@attack("not in the words of its answers")
def a_private_key_in_what_commands_print(ground):
    open_notary(ground.home.keys / "receipts.pem")
    control(ground.signer and b"PRIVATE KEY" in (ground.home.keys / "stamp.pem").read_bytes(), "there is no key")
    said = "".join(ground.command("key", *which).stdout for which in ((), ("certificate",)))
    control("BEGIN CERTIFICATE" in said, "nothing was printed")
    return "not in the words of its answers" if "PRIVATE" not in said else "printed"


@weights("weights-altered, weights-missing", cheap=True)
def weight_files_changed_cut_exchanged_and_missing(ground):
    genuine = {name: load.weights(name) for name in load.registry()[0]}
    some = list(genuine)
    with _weights_at(ground.room()) as folder:
        said = [answer(load.weights, name) for name in some]
        for number, name in enumerate(some):
            data = genuine[name]
            other = genuine[some[number - 1]]
            for changed in (data[:-1], data + b"\0", _bit(data), b"", other):
                (folder / load.registry()[0][name].file).write_bytes(changed)
                said.append(answer(load.weights, name))
    return together(said)


@weights("nobody is let in")
def weights_of_zeros_and_of_no_numbers_with_a_registry_that_fits(ground):
    """Whoever may write the registry may write its sums: then the known answers to known questions must tell."""
    import hashlib

    makers = {"identity": Recogniser, "age": AgeEstimator}
    control(all(answer(make) == "done" for make in makers.values()), "the genuine networks do not open")
    models, packages = load.registry()
    said = []
    for name, make in makers.items():
        data = load.weights(name)
        middle, size = len(data) // 3, len(data) // 3
        for filled in (bytes(size), np.full(size // 4 + 1, np.nan, np.float32).tobytes()[:size], b"\x7f" * size):
            changed = data[:middle] + filled + data[middle + size :]
            with _weights_at(ground.room()) as folder:
                (folder / models[name].file).write_bytes(changed)
                row = dataclasses.replace(models[name], sha256=hashlib.sha256(changed).hexdigest())
                kept, load.registry = load.registry, lambda row=row: ({**models, row.name: row}, packages)
                try:
                    said.append(answer(make))
                finally:
                    load.registry = kept
    return "nobody is let in" if "done" not in said else together(said)


@weights("nobody is let in")
def networks_that_answer_with_no_numbers(ground):
    control(answer(ground.ada.live) == "done", "nobody sat down")
    odd = (np.nan, np.inf, -np.inf, 0.0)
    said = []
    for value in odd:
        for owner, part, given in (
            (Recogniser, "_run", np.full(128, value, np.float32)),
            (AgeEstimator, "years", value),
        ):
            with _instead(owner, part, lambda *_, given=given: given), np.errstate(all="ignore"):
                said.append(answer(ground.ada.match, photo(draw("bram" if value == 0 else "ada", seed=1))))
        with _instead(Finder, "detect", lambda *_: ()):
            said.append(answer(ground.ada.match, photo(draw("ada", seed=1))))
    control(answer(ground.ada.match, photo(draw("ada", seed=1))) == "done", "the gate does not go on afterwards")
    return "nobody is let in" if "done" not in said else together(said)


def _misleading(folder):
    """A folder with settings files of every usual name."""
    words = "\n".join(f"{name} = 0\n{name}=0" for name in ("MATCH_COSINE", "match_cosine", "threshold", "liveness"))
    for name in FILES:
        (folder / name).write_text(f"[policy]\n{words}\n[selfsame]\n{words}\n")
    return folder


def _listening(pid):
    """The addresses on which a process listens for TCP."""
    inodes = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            inodes.add(str(link.readlink()))
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            local, state, inode = (line.split()[n] for n in (1, 3, 9))
            if state == "0A" and f"socket:[{inode}]" in inodes:
                address = local.split(":")[0]
                found.add(".".join(str(b) for b in bytes.fromhex(address)[::-1]) if len(address) == 8 else address)
    return found


def _bit(data):
    at = len(data) // 2
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@contextlib.contextmanager
def _weights_at(folder):
    """The weights are looked for in this folder."""
    kept, load.WEIGHTS = load.WEIGHTS, folder
    try:
        yield folder
    finally:
        load.WEIGHTS = kept


@contextlib.contextmanager
def _instead(owner, name, value):
    kept = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, kept)
