"""The bench's own machinery, with sessions that cost nothing: what is kept, resumed, counted and told."""

import dataclasses
import json
import math
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from enum import StrEnum

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent import policy
from consent.challenge import draw
from consent.errors import Fault, Refusal
from consent.liveness.recording import Sight
from tests.pad import bench, bench_pool
from tests.pad import store as where
from tests.pad.bench_numbers import arrays_of, leaves, packed, unpacked
from tests.pad.bench_pretended import HEAD, LIVING, NAMES, pretended, quick_session, some
from tests.pad.bench_session import drawn_again, judged_again
from tests.pad.store import ROOT, Job, Record, Store, code_version


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "kept", "abc")


# --- the plan ---------------------------------------------------------------------------------------------------------


def test_instruments_take_turns_and_both_kinds_come_equally_often():
    jobs = bench.plan(NAMES, 16, "test")
    assert [job.name for job in jobs[:8]] == [*NAMES, *NAMES]
    assert {job.seed for job in jobs} == set(range(40_000, 40_016))
    assert {job.split for job in jobs} == {"test"}
    for name in NAMES:
        assert set(Counter(job.assurance for job in jobs if job.name == name).values()) == {8}
    many = bench.plan(NAMES[:1], 150, "test")
    for turns in range(2, 8):  # whoever takes turns with the seeds meets both kinds about equally often
        for remainder in range(turns):
            kinds = Counter(job.assurance for job in many if job.seed % turns == remainder)
            assert min(kinds.values()) > 0.3 * kinds.total()
            assert len(kinds) == 2
    assert {job.split for job in bench.plan(NAMES, 16, "development")} == {"development"}
    usual = Counter(job.name for job in bench.plan([*NAMES, "mask_3d"], None, "test"))
    assert usual == {**dict.fromkeys(NAMES[:3], 150), "inject_puppet": 75, "mask_3d": 75}
    few = Counter(job.name for job in bench.plan(["identity_switch", "frozen", "avatar_3d"], None, "test"))
    assert few == {"identity_switch": 75, "frozen": 75, "avatar_3d": 30}


def test_what_answers_to_colours_always_meets_them():
    jobs = bench.plan(["inject_tinted", "inject_in_colours", "inject_puppet"], 8, "test")
    kinds = {name: Counter(job.assurance for job in jobs if job.name == name) for name in {job.name for job in jobs}}
    assert kinds["inject_tinted"] == kinds["inject_in_colours"] == {"motion+light": 8}
    assert kinds["inject_puppet"] == {"motion+light": 4, "motion": 4}


def test_a_longer_run_begins_with_the_shorter_one():
    assert bench.plan(NAMES, 5, "test") == bench.plan(NAMES, 9, "test")[: 5 * len(NAMES)]


def test_the_seed_decides_what_is_drawn_and_only_within():
    def drawn(seed):
        with drawn_again(seed):
            return draw(lambda: 0.0).open()

    assert drawn("ada 1") == drawn("ada 1")
    assert len({drawn(f"ada {n}").steps for n in range(20)}) > 5
    assert len({draw(lambda: 0.0).open().paths for _ in range(5)}) == 5


# --- the store --------------------------------------------------------------------------------------------------------


def test_a_session_comes_back_as_it_was(store):
    job = Job("print_still", 40_003, "motion+light")
    record = pretended(job, "looks-flat", tags={"tone": "dark"})
    assert not store.has(job)
    store.put(record)
    again = store.get(job, arrays=True)
    assert store.has(job)
    for field in dataclasses.fields(Record):
        if field.name != "arrays":
            assert getattr(again, field.name) == getattr(record, field.name)
    assert again.arrays["times"].tolist() == [0, 1, 2]
    assert [r.job for r in store.records()] == [job]
    assert [p.name for p in store.folder.rglob("*.part")] == []


@pytest.mark.parametrize("harm", ["cut", "empty", "other", "flipped"])
def test_a_damaged_session_is_named_and_refused(store, harm):
    job, other = Job("print_still", 40_000, "motion"), Job("print_still", 40_001, "motion")
    some(store, [job, other])
    path = store.path(job)
    whole = path.read_bytes()
    harms = {"cut": whole[: len(whole) // 2], "empty": b"", "other": store.path(other).read_bytes()}
    middle = len(whole) // 3
    harms["flipped"] = whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :]
    path.write_bytes(harms[harm])
    for read in (lambda: store.get(job, arrays=True), lambda: list(store.records())):
        with pytest.raises(Refusal, match="damaged") as told:
            read()
        assert told.value.code == "broken-store"
        assert str(path) in told.value.reason


def test_pictures_are_not_kept(store):
    job = Job("print_still", 1, "motion")
    for pixels in (np.zeros((3, 120, 160, 3), np.uint8), np.zeros((120, 160, 3), np.uint8), np.array(["a"] * 3)):
        with pytest.raises(TypeError, match="no per-frame measurement"):
            store.put(dataclasses.replace(pretended(job), arrays={"grey": pixels}))
    assert not store.has(job)


def test_the_store_is_outside_of_the_repository_and_in_a_folder_of_its_own(tmp_path):
    with pytest.raises(Refusal, match="repository"):
        Store(ROOT / "docs", "abc")
    (tmp_path / "holiday.txt").write_text("ours")
    with pytest.raises(Refusal, match="other things"):
        Store(tmp_path, "abc")
    for about in ("{", "[]", '{"format": 99}'):
        (tmp_path / "new").mkdir(exist_ok=True)
        (tmp_path / "new" / "about.json").write_text(about)
        with pytest.raises(Refusal) as told:
            Store(tmp_path / "new", "abc")
        assert told.value.code == "not-a-store"


def test_another_version_of_the_code_starts_afresh(store):
    job = Job("print_still", 40_000, "motion")
    store.put(quick_session(job))
    newer = Store(store.folder, "def")
    assert not newer.has(job)
    assert newer.versions() == ("abc",)
    assert len(code_version()) == 12
    assert code_version() == code_version()


def test_what_a_run_leaves_beside_the_code_is_not_the_code(tmp_path, monkeypatch):
    monkeypatch.setattr(where, "ROOT", tmp_path)
    places = [tmp_path / "consent", tmp_path / "tests" / "people" / "__pycache__"]
    for place in places:
        place.mkdir(parents=True)
    (places[0] / "gate.py").write_text("1")
    before = code_version()
    (places[1] / "kernels.shade-1.py311.1.nbc").write_bytes(b"compiled")
    assert code_version() == before
    (places[0] / "gate.py").write_text("2")
    assert code_version() != before


# --- numbers ----------------------------------------------------------------------------------------------------------


class Kind(StrEnum):
    ONE = "one"


@dataclasses.dataclass(frozen=True)
class Inner:
    value: float
    kind: Kind


@dataclasses.dataclass(frozen=True)
class Outer:
    inner: tuple[Inner, ...]
    pair: tuple[float, int]
    maybe: Inner | None
    sure: bool


@given(st.lists(st.floats()), st.booleans(), st.integers(-5, 5))
def test_evidence_survives_json(values, sure, count):
    inner = tuple(Inner(value, Kind.ONE) for value in values)
    outer = Outer(inner, (0.5, count), inner[0] if inner else None, sure)
    text = json.dumps(packed(outer), allow_nan=False)
    assert repr(unpacked(Outer, json.loads(text))) == repr(outer)


def test_evidence_holds_numbers_with_names_only():
    with pytest.raises(TypeError, match="numbers with names"):
        packed({"embedding": np.zeros(128)})
    found = dict(leaves(packed(LIVING)))
    assert found["light.relief"] == 0.9
    assert list(leaves({"turns": [{"beta": 0.4}, {"beta": "inf"}]})) == [("turns.beta", 0.4), ("turns.beta", math.inf)]
    assert math.isnan(dict(leaves({"a": "nan", "b": "words"}))["a"])


def test_frames_without_a_face_are_rows_of_nothing():
    arrays = arrays_of(
        [Sight(5.0 + n / 10, n, None, duplicate=False, grey=np.zeros((4, 4), np.uint8)) for n in range(3)]
    )
    assert arrays["times"].tolist() == pytest.approx([0, 0.1, 0.2])
    assert arrays["prompt"].tolist() == [0, 1, 2]
    assert all(len(rows) == 3 for rows in arrays.values())
    assert "grey" not in arrays
    assert arrays_of([]) == {}


def test_kept_sessions_are_judged_again_by_todays_limits(monkeypatch):
    record = pretended(Job("print_still", 1, "motion+light"))
    assert judged_again(record).code == ""
    flat = dataclasses.replace(LIVING, relief=dataclasses.replace(HEAD, depth=0.01))
    assert judged_again(pretended(record.job, "", flat)).code == "looks-flat"
    monkeypatch.setattr(policy, "LEAST_FPS", 50.0)
    assert judged_again(record).code == "camera-slow"
    with pytest.raises(Refusal, match="measured other things"):
        judged_again(dataclasses.replace(record, kept={"evidence": {"outcome": "complete"}}))


# --- runs -------------------------------------------------------------------------------------------------------------


def test_a_run_keeps_every_session_skips_what_is_there_and_tells_what_broke(store):
    jobs, said = bench.plan([*NAMES, "second_person"], 3, "test"), []
    some(store, jobs[:2])
    ran = bench_pool.run(jobs, quick_session, store, workers=0, say=said.append)
    assert (ran.kept, ran.done, ran.broke) == (2, 10, {"second_person": 3})
    assert all(store.has(job) == (job.name != "second_person") for job in jobs)
    assert any("second_person 40000 broke: RuntimeError: the second person did not come" in line for line in said)
    assert said[-1].startswith("15 of 15 sessions (100 %), 0:00:00 left")
    again = bench_pool.run(jobs, quick_session, store, workers=0, say=said.append)
    assert (again.kept, again.done) == (12, 0)


KILLED = """
import pathlib, sys
from tests.pad import bench, bench_pool, bench_pretended
from tests.pad.store import Store
store = Store(pathlib.Path(sys.argv[1]), "")
jobs = bench.plan(bench_pretended.NAMES, 10, "test")
ran = bench_pool.run(jobs, bench_pretended.slow_session, store, workers=2, say=lambda said: print(said, flush=True))
print("done", ran.kept, ran.done, flush=True)
"""


def test_a_killed_run_goes_on_where_it_stopped(tmp_path):
    lines, kept = tmp_path / "ran", tmp_path / "kept"
    start = [sys.executable, "-c", KILLED, str(kept)]
    rest = {"cwd": ROOT, "env": {**os.environ, "RAN": str(lines)}, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(start, **rest, start_new_session=True) as first:
        while not lines.exists() or lines.read_text().count("\n") < 6:
            assert first.poll() is None
            time.sleep(0.02)
        first.kill()  # the parent alone: its processes have to notice
    assert first.returncode == -signal.SIGKILL
    while _alive(first.pid):
        time.sleep(0.02)
    whole = len(list(kept.rglob("*.npz")))
    begun = len(lines.read_text().splitlines())
    assert 6 - 2 <= whole <= begun <= whole + 2  # at most one a process was lost
    second = subprocess.run(start, **rest, check=True)
    assert second.stdout.splitlines()[-1] == f"done {whole} {40 - whole}"
    assert len(list(kept.rglob("*.npz"))) == 40
    assert len(lines.read_text().splitlines()) == begun + 40 - whole
    assert len(list(Store(kept, "").folder.glob("*/*.npz"))) == len(bench.plan(NAMES, 10, "test"))


def _alive(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_process_of_other_code_ends_the_run(store):
    with pytest.raises(Fault, match="what was done is kept") as told:
        bench_pool.run([Job("print_still", 1, "motion")], quick_session, store, workers=1, say=lambda _: None)
    assert told.value.code == "bench-broke"
