"""Nothing of a face is left behind: not in the log, not in a call of the log, not in any file of a session.

Two sessions are looked at: the one in which Ada was really met (`tests/conftest.py`), and one of the whole studio.
The search knows every number and pixel of the person, as bytes of any kind, as base64 and hexadecimal, and as text.
"""

import base64
import contextlib
import json
import os
import re
import sqlite3
import stat
import sys
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from app import flow
from app.engines.age import AgeOptions
from app.engines.swap import SwapOptions
from app.home import Home
from consent.enrolment import enrol
from consent.errors import Refusal
from consent.ledger import Ledger
from consent.types import Domain, Photo, Purpose
from models.identity import Recogniser
from tests.conftest import EVERYTHING, away, checked_again, frames_of
from tests.promises.stage import Clock, draw, finder, jpeg, studio_at

WORD = re.compile(r"[a-z0-9+-]{0,40}")
TIME = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00")
HASH = re.compile(r"[0-9a-f]{64}")
MAGIC = {
    b"\xff\xd8\xff",
    b"\x89PNG",
    b"WEBPVP8",
    b"\x93NUMPY",
    b"PK\x03\x04",
    b"\x1f\x8b\x08",
    b"\x80\x04\x95",
    b"TFL3",
}
"""How pictures, arrays, archives, pickles and models begin."""


class Person:
    """All numbers and pixels a session knows of a person."""

    def __init__(self, gate, *more):
        frames = [*frames_of(gate), *more]
        recogniser = Recogniser()
        numbers = [gate._template, *(recogniser.embed(f.pixels, f.face) for f in frames)]
        numbers += [part for f in frames for part in (f.face.mesh, f.face.points)]
        floats = np.concatenate([np.asarray(n, np.float64).ravel() for n in numbers])
        floats = floats[np.round(floats * 64) != floats * 64]  # not 0, 1, 0.5 and their like
        self.numbers = {size: np.unique(floats.astype(f"f{size}")) for size in (4, 8)}
        self.pixels = np.unique(np.concatenate([runs(crop(f)) for f in frames]))


def crop(frame):
    """The face, `uint8 RGB`."""
    height, width = frame.pixels.shape[:2]
    (x0, y0), (x1, y1) = (f(frame.face.mesh[:, :2], 0).astype(int) for f in (np.min, np.max))
    return frame.pixels[max(0, y0) : min(height, y1), max(0, x0) : min(width, x1)]


def runs(data):
    """Every eight bytes in a row of which no two neighbours are the same, as numbers."""
    flat = np.ascontiguousarray(data).ravel()
    if flat.size < 8:
        return np.zeros(0, np.uint64)
    windows = np.lib.stride_tricks.sliding_window_view(flat, 8)
    lively = (windows[:, 1:] != windows[:, :-1]).all(1)
    return np.ascontiguousarray(windows[lively]).view(np.uint64).ravel()


def among(values, known):
    """(N,) bool: which values are known; `known` is in order."""
    with np.errstate(invalid="ignore"):  # any bytes may be no number
        return known[np.searchsorted(known, values).clip(max=len(known) - 1)] == values


def unwrapped(data):
    """The bytes, and what they may hold as base64 or hexadecimal at every alignment."""
    yield data
    for text in re.findall(rb"[A-Za-z0-9+/_-]{24,}", data):
        plain = text.replace(b"-", b"+").replace(b"_", b"/")
        for at in range(4):
            part = plain[at:]
            yield base64.b64decode(part[: len(part) // 4 * 4])
    for text in re.findall(rb"[0-9a-fA-F]{16,}", data):
        for at in range(2):
            yield bytes.fromhex(text[at : at + (len(text) - at) // 2 * 2].decode())


def found(person, data):
    """What of the person is in these bytes."""
    seen = {repr(magic) for magic in MAGIC if magic in data}
    if re.search(rb"(-?\d+\.\d+(e[+-]?\d+)?[\s,;\[\]]+){4}", data):
        seen.add("decimals in a row")
    for part in unwrapped(data):
        for kind in ("<f4", ">f4", "<f8", ">f8"):
            size = int(kind[-1])
            for at in range(min(size, len(part))):
                values = np.frombuffer(part, kind, (len(part) - at) // size, at)
                hits = among(values, person.numbers[size])
                if (hits if size == 8 else hits[1:] & hits[:-1]).any():
                    seen.add(f"numbers as {kind}")
        if among(runs(np.frombuffer(part, np.uint8)), person.pixels).any():
            seen.add("pixels")
    return seen


def inside(folder):
    """Every file below a folder: its name, and its permissions."""
    return {str(p.relative_to(folder)): stat.S_IMODE(p.lstat().st_mode) for p in folder.rglob("*") if not p.is_dir()}


def folders(folder):
    return {stat.S_IMODE(p.lstat().st_mode) for p in (folder, *folder.rglob("*")) if p.is_dir()}


def looked_through(person, folder):
    for name in inside(folder):
        assert found(person, (folder / name).read_bytes()) == set(), name


def only_words(path):
    """All that stands in the log's tables, and nothing but what may."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        rows = db.execute("SELECT * FROM log ORDER BY number").fetchall()
        heads = db.execute("SELECT * FROM head").fetchall()
    assert tables == {"log", "head"}
    for number, (at, *row) in enumerate(rows, 1):
        time, *words, previous, digest = row
        assert at == number
        assert TIME.fullmatch(time)
        assert all(type(word) is str and WORD.fullmatch(word) for word in words)
        assert HASH.fullmatch(previous)
        assert HASH.fullmatch(digest)
    (one, signed) = heads[0]
    assert (one, len(heads)) == (1, 1)
    assert re.fullmatch(rf"{len(rows)} [0-9a-f]{{64}} [0-9a-f]{{128}}\n", signed)
    return len(rows)


# --- the search can find ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def known(gate):
    """Ada, as her gate knows her."""
    return Person(gate)


def hidden(gate):
    """The ways in which something could have been left."""
    match = gate.live()[0]
    small = crop(match)[:40, :40]
    template, mesh = gate._template, match.face.mesh
    yield from ((f"template {kind}", template.astype(kind).tobytes()) for kind in ("<f4", ">f4", "<f8", ">f8"))
    yield from ((f"mesh {kind}", mesh.astype(kind).tobytes()) for kind in ("<f4", ">f4", "<f8", ">f8"))
    yield "two numbers", template[40:42].tobytes()
    yield "pixels", small.tobytes()
    yield "a few pixels", small[20, 10:16].tobytes()
    yield "base64", base64.b64encode(template.tobytes())
    yield "base64 for links", base64.urlsafe_b64encode(small.tobytes())
    yield "hexadecimal", template.tobytes().hex().encode()
    yield "text", json.dumps(template.tolist()).encode()
    yield "short text", json.dumps([round(v, 2) for v in match.face.points.ravel().tolist()]).encode()
    yield "jpeg", cv2.imencode(".jpg", small)[1].tobytes()
    yield "png", cv2.imencode(".png", small)[1].tobytes()
    yield "webp", cv2.imencode(".webp", small)[1].tobytes()


def test_the_search_finds_what_could_be_left(gate, known):
    for at in range(4):  # wherever in the file, and in the middle of other things
        for what, data in hidden(gate):
            assert found(known, b"x" * (60 + at) + b"\n" + data + b"\n{}"), what


def test_the_search_finds_nothing_in_what_is_no_face(known):
    rng = np.random.default_rng(1)
    assert found(known, rng.bytes(20_000).replace(b"\xff\xd8\xff", b"")) == set()
    assert found(known, b'{"time": "2026-11-22T08:00:00.000+00:00", "share": 0.5}') == set()


# --- the session in which she was met --------------------------------------------------------------------------------


def test_the_live_check_leaves_keys_and_a_log(gate, known, home, elsewhere):
    assert inside(elsewhere) == {}
    files = inside(home.root)
    assert set(files) - {"keys/stamp.pem", "keys/stamped.db"} == {"keys/receipts.pem", "ledger.db", "ledger.db.head"}
    assert set(files.values()) == {0o600}
    assert folders(home.root) == {0o700}
    assert only_words(home.ledger) >= 2
    looked_through(known, home.root)


def test_pictures_made_and_thrown_away_leave_nothing_but_rows(gate, known, tmp_path, notary, signer, monkeypatch):
    """Matched, refused, granted, changed, stamped, withdrawn; every call of the log is looked at too."""
    (tmp_path / "home").mkdir()
    (tmp_path / "elsewhere").mkdir()
    away(monkeypatch, tmp_path / "elsewhere")
    told_log = []
    record = Ledger.record

    def listening(self, *words, **more):
        told_log.append([*words, *(value for name, value in more.items() if name != "allow")])
        record(self, *words, **more)

    monkeypatch.setattr(Ledger, "record", listening)
    home = Home.open(tmp_path / "home")
    log = home.open_ledger()
    clock = Clock()
    mine = enrol(checked_again(frames_of(gate), clock), notary.sign(EVERYTHING, clock), log, clock)
    assert flow.change(mine, Photo(draw("ada", seed=7)), Photo(draw("ada", seed=8)), SwapOptions(), signer).data
    assert flow.change(mine, None, Photo(draw("ada", seed=8)), AgeOptions(years=20), signer).data
    with pytest.raises(Refusal):
        mine.match(Photo(draw("gita", seed=4)))
    mine.withdraw()

    assert inside(tmp_path / "elsewhere") == {}
    assert inside(home.root) == dict.fromkeys(("keys/receipts.pem", "ledger.db", "ledger.db.head"), 0o600)
    assert only_words(home.ledger) == len(told_log) > 10
    looked_through(known, home.root)
    assert all(type(word) in {str, Purpose, Domain} and WORD.fullmatch(word) for words in told_log for word in words)
    assert set(vars(log)) == {"_path", "_key", "_head"}, "the log keeps nothing between calls"


# --- a session of the studio -----------------------------------------------------------------------------------------


WRITING = []
"""Where files opened for writing are noted, while it holds a list; an audit hook cannot be taken off again."""


def _note(event, given):
    if event == "open" and WRITING and isinstance(given[0], (str, bytes)):
        flags = given[2] or 0
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            WRITING[-1].append(os.fsdecode(given[0]))


@pytest.fixture
def opened():
    sys.addaudithook(_note)
    WRITING.append([])
    yield WRITING[-1]
    WRITING.clear()


def test_a_studio_session_leaves_keys_a_receipt_and_a_log(tmp_path, monkeypatch, opened):
    (tmp_path / "elsewhere").mkdir()
    away(monkeypatch, tmp_path / "elsewhere")
    upload = draw("ada", seed=8)
    with studio_at(tmp_path / "home") as studio:
        browser, desk = studio.browser(), studio.desk
        visitor = studio.visitor(browser)
        receipts = {desk.agree(visitor, list(Purpose), "test", "I agree.", myself=True, adult=True).id}
        receipts.add(studio.sit_down(browser, "ada").receipt.id)
        frame = SimpleNamespace(pixels=upload, face=finder().find(upload)[0])
        person = Person(visitor.gate, frame)
        browser.look("target", jpeg(upload))
        browser.make("age")
        (made,) = visitor.results
        result = browser.get(f"/studio/result/{made}")
        browser.look("target", jpeg(draw("gita", seed=4)))
        desk.withdraw(visitor)
        home = desk.home
    assert result.status_code == 200
    assert cv2.imdecode(np.frombuffer(result.content, np.uint8), cv2.IMREAD_COLOR).shape == upload.shape

    events = [entry["event"] for entry in home.open_ledger().entries()]
    assert [*events[:2], events[-1]] == ["enrolled", "match", "withdrawn"]
    assert {"release", "match-refused"} <= set(events)
    assert inside(tmp_path / "elsewhere") == {}
    files = inside(home.root)
    kept = {f"receipts/{name}.json" for name in receipts}
    kept |= {"keys/receipts.pem", "keys/stamp.pem", "keys/stamped.db", "ledger.db", "ledger.db.head"}
    assert set(files) == kept
    assert set(files.values()) == {0o600}
    assert folders(home.root) == {0o700}
    assert all(path.stat().st_size < 8000 for path in home.root.rglob("*") if path.suffix != ".db")
    assert only_words(home.ledger) == len(events)
    looked_through(person, home.root)
    assert len(opened) >= 4, "the hook is on"
    assert {path for path in opened if not path.startswith(str(home.root))} <= {os.devnull}, "a file in passing"
