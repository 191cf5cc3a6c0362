"""What the bench tells: figures, tables, page and picture; and its command, with sessions that cost nothing."""

import dataclasses
import gzip
import json
import math
from collections import Counter

import numpy as np
import pytest

from app.bench import RedTeam, Split, clopper_pearson, figures_json
from consent.errors import Fault, Refusal
from tests.pad import bench, bench_cast, bench_measures, bench_picture, bench_pool, report
from tests.pad.bench_numbers import leaves, packed
from tests.pad.bench_pretended import LIT, LIVING, NAMES, pretended, quick_session, some
from tests.pad.published import publish, take
from tests.pad.store import ROOT, Job, Store, as_text, code_version

SEEN = bench.Seen([pretended(Job("print_still", 40_000, "motion"))], "0123456789ab", "0123456789ab", Counter())


@pytest.fixture
def counted():
    """40 of each name; of bona fide 2 refused, one of them never began; one print accepted."""
    records = []
    for job in bench.plan(NAMES, 40, "test"):
        number = job.seed - 40_000
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
        bench.write(tmp_path / name / "table.md", counted, RedTeam(split=Split.TEST), SEEN)
    for file in ("table.md", "table.png", "table.sessions.gz"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
    page = (tmp_path / "one" / "table.md").read_text()
    assert "`selfsame bench liveness --split test --write table.md`" in page
    assert "![What each check measures, for each presentation](table.png)" in page
    assert "code `0123456789ab`" in page
    assert "](table.sessions.gz)" in page
    assert str(tmp_path) not in page
    widths = {line.count("|") for line in page.split("## Verdicts")[0].splitlines() if line.startswith("|")}
    assert len(widths) == 1
    with pytest.raises(Refusal, match="cannot be written"):
        bench.write(tmp_path / "nowhere" / "table.md", counted, RedTeam(), SEEN)


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


# --- what is published ------------------------------------------------------------------------------------------------


def test_published_sessions_are_judged_again_and_go_on_elsewhere(pretending, tmp_path):
    said = []
    table = tmp_path / "table.md"
    asked = RedTeam(sessions=4, folder=tmp_path / "kept", write=table)
    first = bench.measure(asked, quick=False, say=said.append)
    beside = tmp_path / "table.sessions.gz"
    again = bench.measure(RedTeam(published=beside, rescore=True), quick=False, say=said.append)
    assert {f.name for f, g in zip(first, again, strict=True) if f != g} == {
        f"{kind}.print_still" for kind in ("apcer", "apcer_motion", "apcer_motion_light")
    }
    longer = RedTeam(sessions=6, folder=tmp_path / "elsewhere", published=beside)
    ran = bench.measure(longer, quick=False, say=said.append)
    assert {f.name: f.n for f in ran}["bpcer_normal"] == 6
    assert not any("other code" in line for line in said)
    kept, elsewhere = (Store(tmp_path / folder, code_version()) for folder in ("kept", "elsewhere"))
    jobs = bench.plan(NAMES, 4, "test")
    assert [as_text(elsewhere.get(job)) for job in jobs] == [as_text(kept.get(job)) for job in jobs]
    bench.write(tmp_path / "other.md", report.Summary(), asked, SEEN)
    bench.measure(dataclasses.replace(longer, published=tmp_path / "other.sessions.gz"), quick=False, say=said.append)
    assert any("run by other code (0123456789ab): all are run again" in line for line in said)


@pytest.mark.parametrize("harm", ["cut", "empty", "picture", "other", "line", "name", "kind", "code", "long"])
def test_a_file_that_is_no_whole_one_of_sessions_is_refused(tmp_path, harm):
    path = tmp_path / "table.sessions.gz"
    publish(path, SEEN.code, [pretended(Job("print_still", 40_000 + n, "motion")) for n in range(3)])
    whole = path.read_bytes()
    lines = gzip.decompress(whole).decode()
    harmed = {
        "line": lines[:-9],
        "name": lines.replace("print_still", "../print"),
        "kind": lines.replace('"motion"', '"none"'),
        "code": lines.replace(SEEN.code, "../../../../a"),
        "long": lines + " " * 100_000 + "\n",
        "other": lines.replace("liveness", "gate"),
    }
    raw = {"cut": whole[: len(whole) // 2], "empty": b"", "picture": b"\x89PNG" + whole}
    path.write_bytes(raw[harm] if harm in raw else gzip.compress(harmed[harm].encode()))
    with pytest.raises(Refusal, match="not a whole file of sessions") as told:
        take(path, tmp_path / "kept")
    assert told.value.code == "broken-store"
    assert not (tmp_path / "kept").exists()


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
