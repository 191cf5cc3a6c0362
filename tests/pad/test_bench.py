"""The bench's own machinery, with sessions that cost nothing: what is kept, resumed, counted and told."""

import dataclasses
import json
import math
import os
import pathlib
import signal
import subprocess
import sys
import time
import typing
from collections import Counter
from enum import StrEnum

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.bench import RedTeam, Split, clopper_pearson, figures_json
from consent import policy
from consent.challenge import draw
from consent.errors import Fault, Refusal
from consent.liveness.recording import Outcome, Sight
from consent.types import Action, Assurance
from models.presentation.depth import Relief
from models.presentation.evidence import Evidence, Identity
from models.presentation.light import Light
from tests.pad import bench, bench_cast, bench_measures, bench_picture, bench_pool, report
from tests.pad import store as where
from tests.pad.bench_numbers import arrays_of, leaves, packed, unpacked
from tests.pad.bench_session import drawn_again, judged_again
from tests.pad.store import ROOT, Job, Record, Store, code_version

NAMES = ("bona_fide_normal", "bona_fide_hard", "print_still", "inject_puppet")


def filled(kind, **known):
    """A dataclass of numbers, 0 where nothing is said: this file is about keeping evidence, not about what it is."""
    hints = typing.get_type_hints(kind)
    return kind(**{
        f.name: known[f.name] if f.name in known else filled(hints[f.name]) if dataclasses.is_dataclass(hints[f.name])
        else None if type(None) in typing.get_args(hints[f.name]) else hints[f.name](0)
        for f in dataclasses.fields(kind)
    })  # fmt: skip


HEAD = filled(
    Relief,
    depth=1.0,
    error=0.05,
    across=1.0,
    upright=1.0,
    narrowing=0.8,
    trend=0.95,
    likeness=0.9,
    frames=30,
    turns=2,
    least=0.9,
)
SAME = filled(Identity, samples=0.8, shown=0.8, rests=0.9, kept_rest=0.9, kept_moving=0.8, years=30.0)
LIT = filled(Light, correlation=0.99, gain=0.2, lag=0.1, relief=0.9, background=0.1)
LIVING = filled(
    Evidence, outcome=Outcome.COMPLETE, at=Action.CENTRE, assurance=Assurance.MOTION_LIGHT, fps=10.0, identity=SAME,
    relief=HEAD, light=LIT,
)  # fmt: skip


def pretended(job: Job, code: str = "", evidence: Evidence = LIVING, **rest) -> Record:
    """A record as a session leaves it."""
    prompts = ((0, "centre", 90.0, ""), (1, "nod", 8.0, ""))
    about = {"frames": 3, "frame_ms": 20.0, "verdict_ms": 500.0, "verdict_cpu_ms": 400.0, "prompts": prompts, **rest}
    arrays = {"times": np.arange(3, dtype=np.float32)}
    return Record(job, code, "complete", "centre", 17.0, kept={"evidence": packed(evidence)}, arrays=arrays, **about)


def quick_session(job: Job) -> Record:
    """A session of no time at all; one instrument breaks."""
    if job.name == "second_person":
        raise RuntimeError("the second person did not come")
    return pretended(job, "looks-flat" if job.name == "print_still" else "")


def slow_session(job: Job) -> Record:
    """A session of 50 ms that leaves a line for each time it is run."""
    time.sleep(0.05)
    with pathlib.Path(os.environ["RAN"]).open("a") as file:
        file.write(f"{job.name} {job.seed}\n")
    return pretended(job)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "kept", "abc")


def some(store, jobs):
    for job in jobs:
        store.put(quick_session(job))
    return jobs


# --- the plan ---------------------------------------------------------------------------------------------------------


def test_instruments_take_turns_and_both_kinds_come_equally_often():
    jobs = bench.plan(NAMES, 16, "test")
    assert [job.name for job in jobs[:8]] == [*NAMES, *NAMES]
    assert {job.seed for job in jobs} == set(range(20_000, 20_016))
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
    assert len({draw(lambda: 0.0).open().pauses for _ in range(5)}) == 5


# --- the store --------------------------------------------------------------------------------------------------------


def test_a_session_comes_back_as_it_was(store):
    job = Job("print_still", 20_003, "motion+light")
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
    job, other = Job("print_still", 20_000, "motion"), Job("print_still", 20_001, "motion")
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
    job = Job("print_still", 20_000, "motion")
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
    assert any("second_person 20000 broke: RuntimeError: the second person did not come" in line for line in said)
    assert said[-1].startswith("15 of 15 sessions (100 %), 0:00:00 left")
    again = bench_pool.run(jobs, quick_session, store, workers=0, say=said.append)
    assert (again.kept, again.done) == (12, 0)


KILLED = """
import pathlib, sys
from tests.pad import bench, bench_pool, test_bench
from tests.pad.store import Store
store = Store(pathlib.Path(sys.argv[1]), "")
jobs = bench.plan(test_bench.NAMES, 10, "test")
ran = bench_pool.run(jobs, test_bench.slow_session, store, workers=2, say=lambda said: print(said, flush=True))
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


# --- figures ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def counted():
    """40 of each name; of bona fide 2 refused, one of them never began; one print accepted."""
    records = []
    for job in bench.plan(NAMES, 40, "test"):
        number = job.seed - 20_000
        bona_fide = job.name.startswith("bona_fide")
        wrong = number < 2 if bona_fide else number < 1 and job.name == "print_still"
        code = "" if bona_fide != wrong else "looks-flat"
        rest = {"tags": {"tone": ("dark", "light")[number % 2], "room": "dim"}} if bona_fide else {}
        if bona_fide and number == 0:
            rest |= {"prompts": ((0, "centre", 90.0, ""),), "outcome": "unfinished"}
        records.append(dataclasses.replace(pretended(job, code), **rest))
    return report.Summary.of(records)


def test_the_figures_have_the_names_and_form_that_were_agreed(counted):
    figures = {f["name"]: f for f in json.loads(figures_json(report.figures(counted)))["figures"]}
    attacks = [name for name in report.GOALS if not name.startswith("bona_fide")]
    assert len(attacks) == 21
    assert set(figures) >= {f"apcer.{name}" for name in attacks}
    assert set(figures) >= {
        "bpcer_normal",
        "bpcer_hard",
        "bpcer.dark",
        "bpcer_hard.light",
        "check_seconds",
        "verdict_ms",
    }
    assert set(figures) >= {"apcer_motion.print_still", "apcer_motion_light.print_still", "check_cpu_share", "bpnrr"}
    assert all(set(figure) == {"name", "value", "unit", "goal", "n", "ci95"} for figure in figures.values())
    normal = figures["bpcer_normal"]
    assert (normal["value"], normal["n"], normal["goal"]) == (0.05, 40, 0.05)
    assert normal["ci95"] == pytest.approx(clopper_pearson(2, 40))
    assert (figures["apcer.print_still"]["value"], figures["apcer.print_still"]["goal"]) == (1 / 40, 0)
    assert (figures["apcer.mask_3d"]["value"], figures["apcer.mask_3d"]["n"]) == (None, 0)
    assert figures["apcer.inject_puppet"]["ci95"] == pytest.approx([0, 0.08810], abs=1e-5)
    assert (figures["bpcer.dark"]["value"], figures["bpcer.dark"]["n"]) == (2 / 40, 40)
    assert figures["bpnrr"]["value"] == 2 / 80
    assert (figures["check_seconds"]["value"], figures["check_seconds"]["n"]) == (17.0, 76)
    assert figures["check_cpu_share"]["value"] == pytest.approx(0.3)


def test_the_goals_are_the_issues():
    simple = {n for n, goal in report.GOALS.items() if goal == 0.0}
    assert {n for n in report.GOALS if n.startswith("print")} <= simple
    assert {
        "replay_video",
        "replay_session",
        "replay_lucky",
        "inject_photo",
        "inject_video",
        "inject_session",
    } <= simple
    assert {n for n, goal in report.GOALS.items() if goal == 0.05} == {
        "bona_fide_normal", "replay_puppet", "inject_puppet", "mask_3d",
    }  # fmt: skip
    assert {n for n, goal in report.GOALS.items() if goal is None} == {"inject_adaptive", "avatar_3d"}


def test_the_tables_count_every_session_once(counted):
    head, *rows = report.rates(counted)
    told = {row[0]: dict(zip(head, row, strict=True)) for row in rows}
    assert list(told) == list(NAMES)
    assert told["print_still"]["rate"] == "2.5 %"
    assert told["print_still"]["met"] == "no"
    assert told["inject_puppet"]["met"] == "too few"  # none accepted, but 40 attempts are not enough to say so
    assert told["bona_fide_normal"]["non-response"] == "1 of 40"
    assert told["bona_fide_normal"]["motion"].endswith("of 20")
    head, *rows = report.reasons(counted)
    assert head[:3] == ["presentation", "n", "accepted"]
    assert all(sum(int(cell or 0) for cell in row[2:]) == int(row[1]) == 40 for row in rows)
    head, *rows = report.groups(counted)
    assert [row[:2] for row in rows] == [["room", "dim"], ["skin tone", "dark"], ["skin tone", "light"]]
    assert all(len(row) == len(head) for row in rows)
    assert rows[1][2] == "1 of 20"
    assert rows[0][3].startswith("5.0 % (")
    assert report.gains(counted)[1:] == [["dark", "0.200 (n=40)"], ["light", "0.200 (n=40)"]]


def test_page_and_picture_are_the_same_for_the_same_sessions(counted, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        bench.write(tmp_path / name / "table.md", counted, RedTeam(split=Split.TEST), "abc")
    for file in ("table.md", "table.png"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
    page = (tmp_path / "one" / "table.md").read_text()
    assert "`selfsame bench liveness --split test --write table.md`" in page
    assert "![What each check measures, for each presentation](table.png)" in page
    assert "code `abc`" in page
    assert str(tmp_path) not in page
    widths = {line.count("|") for line in page.split("## Verdicts")[0].splitlines() if line.startswith("|")}
    assert len(widths) == 1
    with pytest.raises(Refusal, match="cannot be written"):
        bench.write(tmp_path / "nowhere" / "table.md", counted, RedTeam(), "abc")


def test_the_picture_shows_what_was_measured(counted):
    assert [m.path for m in bench_measures.shown(counted.numbers)][:2] == ["relief.depth", "relief.trend"]
    assert "pursuit.across" not in [m.path for m in bench_measures.shown(counted.numbers)]
    for measure in bench_measures.MEASURES:  # a limit that was renamed must not vanish from the picture
        named = [limit for limit in (measure.floor, measure.ceiling) if limit]
        assert len([limit for limit in measure.limits() if limit is not None]) == len(named), f"update {measure}"
        field = dict(leaves(packed(LIVING))) | {"pursuit.across": 0, "pursuit.up": 0}
        assert measure.path in field, "the evidence changed: bring bench_measures in step"
    deep, noisy = bench_measures.MEASURES[0], next(m for m in bench_measures.MEASURES if m.ceiling)
    assert bench_measures.worst(deep, [[0.4, 0.1], [0.3]]).tolist() == [0.1, 0.3]
    assert bench_measures.worst(noisy, [[0.4, 0.1], []]).tolist() == [0.4]
    assert np.isnan(bench_measures.worst(deep, [[0.4, math.nan]])).all()
    head, *rows = report.checks(counted)
    assert rows[0] == ["bona_fide_normal", *["40 of 40"] * (len(head) - 1)]
    just = deep.limits()[0]
    low = just - 0.01
    assert bench_measures.passed(deep, [[low, 2.0], [math.nan, 2.0], [just, 2.0], []]) == (1, 3)
    dark = dataclasses.replace(LIVING, light=dataclasses.replace(LIT, gain=math.nan))
    for outcome, told in (("complete", {"light.gain": "0 of 1"}), ("action-not-seen", {})):
        record = dataclasses.replace(pretended(Job("print_still", 1, "motion+light"), "x", dark), outcome=outcome)
        head, row = report.checks(report.Summary.of([record]))
        assert {k: v for k, v in zip(head, row, strict=True) if k == "light.gain"} == told
    assert bench_picture.picture(report.Summary()).startswith(b"\x89PNG")


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def pretending(monkeypatch):
    """The bench with sessions that cost nothing, in this process."""
    monkeypatch.setattr(bench_cast, "factories", lambda: dict.fromkeys(NAMES))
    monkeypatch.setattr(bench_cast, "present", quick_session)
    monkeypatch.setattr(
        bench, "run", lambda *rest, workers, say: bench_pool.run(*rest, workers=0, say=say)
    )  # processes would not see the pretending


def test_run_resume_and_rescore_give_the_same_figures(pretending, tmp_path):
    said = []
    asked = RedTeam(sessions=4, folder=tmp_path / "kept")
    first = bench.measure(asked, quick=False, say=said.append)
    assert {f.name: f.value for f in first}["apcer.inject_puppet"] == 1.0  # the pretending puppet passes
    assert any(f"--resume {tmp_path}/kept" in line for line in said)
    assert bench.measure(asked, quick=False, say=said.append) == first
    again = bench.measure(dataclasses.replace(asked, rescore=True), quick=False, say=said.append)
    changed = {f.name for f, g in zip(first, again, strict=True) if f != g}
    assert changed == {f"{kind}.print_still" for kind in ("apcer", "apcer_motion", "apcer_motion_light")}
    assert "4 verdicts differ from those of the run." in said  # its evidence is that of a living person
    only = bench.measure(dataclasses.replace(asked, only=("print_still",)), quick=False, say=said.append)
    assert {f.name: f.n for f in only}["bpcer_normal"] == 0


def test_sessions_of_other_code_are_judged_again_and_named(pretending, tmp_path):
    some(Store(tmp_path / "kept", "older"), bench.plan(NAMES, 2, "test"))
    said = []
    asked = RedTeam(folder=tmp_path / "kept", rescore=True, write=tmp_path / "table.md")
    bench.measure(asked, quick=False, say=said.append)
    assert any("other code (older, this is" in line for line in said)
    assert "sessions older, limits" in (tmp_path / "table.md").read_text()


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (RedTeam(rescore=True), "no-folder"),
        (RedTeam(only=("hologram",)), "unknown-name"),
        (RedTeam(folder=ROOT), "store-inside"),
    ],
)
def test_what_cannot_be_run_is_refused(pretending, asked, code):
    with pytest.raises(Refusal) as told:
        bench.measure(asked, quick=False, say=lambda _: None)
    assert told.value.code == code


def test_an_empty_folder_cannot_be_judged_again_and_a_broken_run_is_no_result(pretending, tmp_path, monkeypatch):
    with pytest.raises(Refusal, match="no sessions"):
        bench.measure(RedTeam(folder=tmp_path / "a", rescore=True), quick=False, say=lambda _: None)
    monkeypatch.setattr(bench_cast, "factories", lambda: {"second_person": None})
    with pytest.raises(Fault, match="Every session broke"):
        bench.measure(RedTeam(sessions=1, folder=tmp_path / "b"), quick=False, say=lambda _: None)


def test_a_quick_run_keeps_nothing(pretending, tmp_path, monkeypatch):
    monkeypatch.setattr(bench.tempfile, "tempdir", str(tmp_path))
    figures = {f.name: f for f in bench.measure(RedTeam(), quick=True, say=lambda _: None)}
    assert (figures["bpcer_normal"].n, figures["bpcer_hard"].n, figures["apcer.inject_puppet"].n) == (1, 1, 1)
    kinds = [figures[f"bpcer_{kind}.{name}"].n for name in ("normal", "hard") for kind in ("motion", "motion_light")]
    assert sorted(kinds) == [0, 0, 1, 1]  # one of each kind
    assert kinds[:2] != kinds[2:]
    assert list(tmp_path.iterdir()) == []
