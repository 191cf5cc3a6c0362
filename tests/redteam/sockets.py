"""Attacks on the two sockets of the page: the live check's and the mirror's."""

from __future__ import annotations

import contextlib
import json
import time
from concurrent.futures import ThreadPoolExecutor

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from tests.promises.stage import draw, jpeg
from tests.redteam.attack import Surface, control, on, together
from tests.redteam.camera import message

attack = on(Surface.SOCKET)
CHOICE = {"assurance": "motion+light", "abilities": ["turn", "nod", "close-eyes", "open-mouth", "lean-in"]}
PATHS = ("/capture/ws", "/mirror/ws")


@attack("shut")
def the_sockets_without_a_session_and_from_other_pages(ground):
    program = ground.program
    cookie, own = program.cookie(program.browser()), program.base
    wrong = [("", own), ("selfsame_1=x", own), (cookie, "http://evil.example"), (cookie, "null"), (cookie, None)]
    wrong += [(cookie, f"http://127.0.0.1:{program.port + 1}"), (cookie, f"https://127.0.0.1:{program.port}")]
    control(_said(program, "/capture/ws", cookie, own) == "consent", "the page's own socket does not open")
    return together(_said(program, path, *one) for path in PATHS for one in wrong)


@attack("consent, no-live-check")
def the_sockets_before_the_agreement_and_before_the_check(ground):
    program = ground.program
    cookie = program.cookie(program.browser())
    return together(_said(program, path, cookie, program.base) for path in PATHS)


@attack("choice-unreadable")
def first_messages_that_claim_more_than_a_choice(ground):
    """The page says which kind of check it is to be, and nothing else: not that it was passed, nor how it is judged."""
    more = ({"passed": True}, {"verdict": {"ok": True}}, {"threshold": 0}, {"prompt": "ignore all limits"})
    first = [json.dumps(CHOICE | one) for one in more]
    first += [json.dumps(CHOICE | {"assurance": one}) for one in ("none", "", None, ["motion"], {"motion": 1})]
    first += [json.dumps(CHOICE | {"abilities": one}) for one in ("nod", ["nod", "nod"], ["admin"], {"nod": 1}, [[]])]
    first += [
        '{"assurance": "motion", "assurance": "motion", "abilities": []}',
        "[" * 200,
        "null",
        "",
        "\0",
        "x" * 5000,
    ]
    return together(_checked(ground, [one]) for one in first)


@attack("frame-unreadable, camera-order")
def reports_and_frames_that_are_nonsense(ground):
    first = json.dumps(CHOICE)
    odd = ('{"shown": "x"}', '{"shown": 0}', '{"shown": 1e999, "t": 0}', "{", "[]", '{"verdict": {"ok": true}}')
    odd += (b"", b"\xff" * 100, b"\0\0\0\2{}", message(0, 1.0, b"\xff\xd8\xff")[:20])
    said = {_checked(ground, [first, one]) for one in odd} - {"frame-unreadable"}
    said |= {_checked(ground, [first, '{"shown": 3, "t": 1}', '{"shown": 2, "t": 2}'])}
    return together(["frame-unreadable, camera-order"] if said <= {"camera-order"} else said)


@attack("well afterwards, nobody is in")
def a_hundred_sockets_at_once(ground):
    program = ground.program
    cookie = program.cookie(program.browser())

    def tried(_):
        with contextlib.suppress(OSError, WebSocketException, TimeoutError), _open(program, PATHS[0], cookie) as line:
            line.send("x" * 100)
            time.sleep(1.0)
            return True
        return False

    with ThreadPoolExecutor(100) as pool:
        control(any(pool.map(tried, range(100))), "no socket opened at all")
    inside = _said(program, PATHS[1], cookie, program.base)
    return (
        f"{'well' if program.is_well() else 'not well'} afterwards, "
        f"{'nobody is' if inside == 'no-live-check' else f'{inside}: somebody may be'} in"
    )


@attack("ended, well afterwards")
def ten_thousand_messages_in_one_go(ground):
    """After the agreement and the choice: a flood of reports, then of frames, without waiting for an answer."""
    ended = []
    for flood in ('{"shown": 0, "t": 1}', message(0, 1.0, jpeg(draw("ada", seed=1)))):
        with _agreed(ground) as line:
            with contextlib.suppress(WebSocketException, OSError):
                line.send(json.dumps(CHOICE))
                for _ in range(10_000 if isinstance(flood, str) else 300):
                    line.send(flood)
            ended.append(_verdict(line))
    fine = all(one not in {"ok", "silence"} for one in ended)
    return f"{'ended' if fine else together(ended)}, {'well' if ground.studio_is_well() else 'not well'} afterwards"


@attack("closed, well afterwards")
def messages_larger_than_any_camera_sends(ground):
    program = ground.program
    cookie = program.cookie(program.browser())
    said = set()
    for data in (bytes(5_000_000), "x" * 5_000_000):
        with _open(program, PATHS[0], cookie) as line:
            try:
                line.send(data)
                while True:
                    line.recv(timeout=5)
            except (WebSocketException, OSError):
                said.add("closed")
            except TimeoutError:
                said.add("open")
    return f"{together(said)}, {'well' if program.is_well() else 'not well'} afterwards"


@attack("check-running")
def two_checks_at_once_in_one_browser(ground):
    with _agreed(ground) as line:
        line.send(json.dumps(CHOICE))
        line.send(message(0, 1.0, jpeg(draw("ada", seed=1))))
        control("hint" in json.loads(line.recv(timeout=30)), "the first check does not run")
        with _open(ground.studio, PATHS[0], line.cookie) as second:
            return _verdict(second)


@attack("of the person some, of somebody else none")
def somebody_else_before_the_persons_mirror(ground):
    """Ada's session, and Bram before the camera: not one frame comes back."""
    browser = ground.studio.browser()
    ground.studio.sit_down(browser, "ada")
    mine, theirs = (_mirrored(ground.studio, browser.cookie, name) for name in ("ada", "bram"))
    return f"of the person {'some' if mine else 'none'}, of somebody else {theirs or 'none'}"


def _mirrored(studio, cookie, name):
    """How many of somebody's frames a mirror gives back."""
    frames = 0
    with _open(studio, PATHS[1], cookie) as line:
        line.send(json.dumps({"settings": {"action": "age", "years": 25}}))
        for number in range(8):
            line.send(message(number, 1.0 + number / 5, jpeg(draw(name, seed=90 + number))))
            with contextlib.suppress(TimeoutError, WebSocketException):
                frames += isinstance(line.recv(timeout=8), bytes)
    return frames


def _open(program, path, cookie, origin=""):
    """A socket of a program or of the studio; `origin` is its own unless one is named."""
    own = f"http://127.0.0.1:{program.port}"
    headers = {"cookie": cookie} if cookie else {}
    return connect(
        f"ws://127.0.0.1:{program.port}{path}",
        origin=own if origin == "" else origin,
        additional_headers=headers,
        open_timeout=20,
        max_size=None,
    )


def _said(program, path, cookie, origin):
    """The code of what a socket ends with; `shut` when it does not even open."""
    try:
        with _open(program, path, cookie, origin) as line:
            return _verdict(line)
    except (WebSocketException, OSError, TimeoutError):
        return "shut"


def _verdict(line):
    """How a check or a mirror ended: its code, `ok`, `closed` or `silence`."""
    try:
        while True:
            said = line.recv(timeout=20)
            told = json.loads(said) if isinstance(said, str) else {}
            end = told.get("verdict") or told.get("end")
            if end is not None:
                return "ok" if end.get("ok") else end["code"]
    except TimeoutError:
        return "silence"
    except (WebSocketException, OSError):
        return "closed"


@contextlib.contextmanager
def _agreed(ground):
    """The live check's socket of a new browser, in which somebody has agreed; no tries were made before."""
    from tests.conftest import EVERYTHING

    studio = ground.studio
    browser = studio.browser()
    studio.visitor(browser).agreed(studio.desk.notary.sign(EVERYTHING, studio.desk.store.clock))
    for file in studio.desk.home.root.glob("ledger.db*"):
        file.unlink()
    with _open(studio, PATHS[0], browser.cookie) as line:
        line.cookie = browser.cookie
        yield line


def _checked(ground, messages):
    """What a check that begins with these messages ends with."""
    with _agreed(ground) as line:
        for one in messages:
            line.send(one)
        return _verdict(line)
