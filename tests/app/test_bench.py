"""Figures in one form: names, intervals, a table, JSON as the last line; and one quick run from end to end."""

import dataclasses
import json
import math
import os
import pathlib
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import bench, cli
from app.bench import Bench, Figure, RedTeam, Split
from tests import bench as measured
from tests import bench_stamp, bench_watermark

pytestmark = pytest.mark.long

ROOT = pathlib.Path(__file__).parents[2]
NAMES = {
    "gate": {"false_match_rate", "false_match_rate_lookalike", "false_non_match_rate"},
    "stamp": {
        "label_found_rate",
        "c2pa_trusted_rate",
        "independent_verifier_rate",
        "stamp_ms_per_megapixel",
        "stamp_share_of_pipeline",
        "stamp_share_without_encoding",
        "watermark_share_of_pipeline",
        *(f"stamp_share_of_pipeline.{fmt}" for fmt in bench_stamp.FORMATS),
        *(f"stamp.{step}_ms_per_megapixel" for step in bench_stamp.STEPS),
        *(f"{name}.{size}" for name in ("stamp_ms", "stamp_share_of_pipeline") for size in ("0.3mp", "0.7mp")),
        "watermark.psnr_db",
        "watermark.false_positives",
        *("watermark.film_psnr_db", "watermark.h264", "watermark.h264_film"),
        *(f"watermark.{name}" for name in bench_watermark.ATTACKS),
    },
    "engines": {
        *("swap.ms", "swap.background_exact", "swap.seam_ratio"),
        *("age.ms", "age.ordered_rate", "age.steps_rate", "age.plus30_years", "age.minus20_years"),
        *("age.identity_kept_rate", "age.crowd_kept_rate", "age.background_exact", "age.same_again"),
        *("age.largest_step", "age.strictly_ordered_rate", "age.reading_error_years"),
        *("swap.psnr_over_classical", "swap.live.ssim_over_classical", "swap.score_change"),
        *("express.ms", "express.landmark_error"),
    },
}
KEYS = {"name", "value", "unit", "goal", "n", "ci95"}


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        (0, 1, 0.0, 0.975),
        (0, 10, 0.0, 0.308497),
        (5, 10, 0.187086, 0.812914),
        (10, 10, 0.691503, 1.0),
        (1, 100, 0.000253, 0.054459),
        (0, 24560, 0.0, 0.00015019),
    ],
)
def test_clopper_pearson_agrees_with_the_tables(hits, n, low, high):
    assert bench.clopper_pearson(hits, n) == pytest.approx((low, high), abs=1e-6)


@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_share_and_mirrors(trial):
    hits, n = trial
    low, high = bench.clopper_pearson(hits, n)
    assert 0 <= low <= hits / n <= high <= 1
    assert bench.clopper_pearson(n - hits, n) == pytest.approx((1 - high, 1 - low), abs=1e-9)


@given(st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(1, n), st.just(n))))
def test_the_interval_ends_where_the_tail_is_two_and_a_half_percent(trial):
    hits, n = trial
    low, _ = bench.clopper_pearson(hits, n)
    tail = math.fsum(math.comb(n, k) * low**k * (1 - low) ** (n - k) for k in range(hits, n + 1))
    assert tail == pytest.approx(0.025, rel=1e-6)


@pytest.mark.parametrize(("hits", "n"), [(-1, 5), (6, 5), (0, 0)])
def test_no_share_of_nothing(hits, n):
    with pytest.raises(ValueError, match="no share"):
        bench.clopper_pearson(hits, n)


FIGURES = [
    bench.share("bpcer_normal", 1, 10, "share"),
    bench.share("false_match_rate", 0, 0, "share"),
    Figure("verdict_ms", 261.7, "ms", 10),
    Figure("swap.ms", 44.91, "ms", 3, goal=50.0),
]


def test_the_json_is_the_form_that_was_agreed():
    line = bench.figures_json(FIGURES)
    assert "\n" not in line
    figures = json.loads(line)["figures"]
    assert all(set(figure) == KEYS for figure in figures)
    first, empty, plain, _ = figures
    assert (first["value"], first["n"], first["goal"]) == (0.1, 10, None)
    assert first["ci95"] == pytest.approx([0.002529, 0.445016], abs=1e-6)
    assert (empty["value"], empty["ci95"]) == (None, None)
    assert plain["ci95"] is None
    with pytest.raises(ValueError, match="JSON"):
        bench.figures_json([Figure("swap.ms", math.nan, "ms", 1)])


def test_the_table_has_a_line_a_figure_and_keeps_its_columns():
    head, rule, *lines = bench.table(FIGURES).splitlines()
    assert set(rule) == {"-"}
    assert [line.split()[0] for line in lines] == [figure.name for figure in FIGURES]
    assert lines[0][head.index("unit") :] == "share"
    assert "0.003 to 0.445" in lines[0]
    assert (lines[1].split()[1], lines[2].split()[1], lines[3].split()[1]) == ("-", "262", "44.9")


def test_the_command_prints_a_table_or_json_and_passes_on_what_was_asked(capsys, monkeypatch):
    asked = []

    def run(what, *, quick, red, say):
        asked.append((what, quick, red))
        say("measuring")
        return FIGURES

    monkeypatch.setattr(measured, "run", run)
    assert cli.run(["bench"]) == 0
    out, err = capsys.readouterr()
    assert out.rstrip("\n") == bench.table(FIGURES)
    assert err == "measuring\n"
    assert cli.run(["bench", "gate", "--json", "--quick"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == bench.figures_json(FIGURES)
    folder = ["--resume", "kept", "--write", "table.md", "--processes", "1"]
    chosen = ["--sessions", "7", "--split", "development", "--only", "frozen", "--only", "looped", "--rescore"]
    assert cli.run(["bench", "liveness", *folder, *chosen]) == 0
    red = RedTeam(7, Split.DEVELOPMENT, ("frozen", "looped"), pathlib.Path("kept"), rescore=True, processes=1)
    red = dataclasses.replace(red, write=pathlib.Path("table.md"))
    assert asked == [(Bench.ALL, False, RedTeam()), (Bench.GATE, True, RedTeam()), (Bench.LIVENESS, False, red)]
    assert cli.run(["bench", "liveness", "--sessions", "0"]) == 2
    assert cli.run(["bench", "liveness", "--split", "real"]) == 2
    assert len(asked) == 3


def test_an_unknown_bench_and_a_missing_checkout_are_refused(capsys, monkeypatch, tmp_path):
    assert cli.run(["bench", "everything"]) == 2
    assert "liveness" in capsys.readouterr().err
    monkeypatch.setattr(cli.measure, "__file__", str(tmp_path / "app" / "cli" / "measure.py"))
    assert cli.run(["bench"]) == 2
    said = capsys.readouterr().err
    assert "checkout" in said
    assert "[no-renderer]" in said


def test_pictures_differ_from_each_other_and_not_from_run_to_run():
    first, second = ([p.pixels for p in measured.portraits("ada", 2, size=(160, 120))] for _ in range(2))
    assert all((a == b).all() for a, b in zip(first, second, strict=True))
    assert (first[0] != first[1]).any()


def test_a_quick_run_from_end_to_end_leaves_nothing_but_figures(tmp_path):
    (tmp_path / "tmp").mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "app", "bench", "stamp", "--quick", "--json"],
        cwd=ROOT,
        env={**os.environ, "XDG_DATA_HOME": str(tmp_path / "data"), "TMPDIR": str(tmp_path / "tmp")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    figures = {f["name"]: f for f in json.loads(done.stdout.splitlines()[-1])["figures"]}
    assert set(figures) == NAMES["stamp"]
    for name in ("label_found_rate", "c2pa_trusted_rate", "independent_verifier_rate"):
        assert (figures[name]["value"], figures[name]["goal"], figures[name]["n"]) == (1.0, 1.0, 6)
        assert figures[name]["ci95"] == pytest.approx(list(bench.clopper_pearson(6, 6)))
    assert figures["stamp_ms_per_megapixel"]["value"] > 0
    assert 0 < figures["stamp_share_of_pipeline"]["value"] < 1
    assert not (tmp_path / "data").exists()
    assert not list((tmp_path / "tmp").iterdir())
