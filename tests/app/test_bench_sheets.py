"""What the engines' bench leaves to look at is stamped, all of it; figures of before stand beside today's."""

from __future__ import annotations

import json

import pytest

from app import cli
from app.bench import Figure
from app.verify import verify
from tests import bench as measured
from tests import bench_before, bench_sheets

pytestmark = pytest.mark.long


def test_every_picture_of_a_contact_sheet_is_a_stamped_file(gate, signer, tmp_path):
    folder = tmp_path / "sheets"
    bench_sheets.write(folder, [("ada", gate)], signer, lambda _: None, quick=True)
    page = (folder / bench_sheets.PAGE).read_text()
    pictures = sorted(path.name for path in folder.iterdir() if path.name != bench_sheets.PAGE)
    assert pictures == [f"ada-{row}-0.jpg" for row in ("age", "express", "swap", "together")]
    assert all(f'src="{name}"' in page for name in pictures)
    purposes = [verify((folder / name).read_bytes(), []).statement.purpose for name in pictures]
    assert purposes == ["age", "express", "swap", "swap+age+express"]


def test_whoever_is_refused_is_told_in_the_page(gate, signer, tmp_path):
    bench_sheets.write(tmp_path, [("chima", gate)], signer, lambda _: None, quick=True)
    assert [path.name for path in tmp_path.iterdir()] == [bench_sheets.PAGE]
    assert (tmp_path / bench_sheets.PAGE).read_text().count("refused, ") == 4


def test_the_command_says_where_the_sheets_go(capsys, monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(measured, "run", lambda *_, sheets, **__: asked.append(sheets) or [])
    assert cli.run(["bench", "engines", str(tmp_path)]) == 0
    assert asked == [tmp_path]
    assert cli.run(["bench", "video", str(tmp_path)]) == 2
    assert "[no-folder-here]" in capsys.readouterr().err


def test_figures_of_before_stand_behind_those_of_today(monkeypatch, tmp_path):
    then = [
        Figure("swap.ssim_upto25", 0.93, "x", 12),
        Figure("swap.ms", 90, "x", 3),
        Figure("swap.copied.ssim", 1, "", 1),
    ]
    printed = json.dumps({"figures": [{"name": one.name, "value": one.value, "n": one.n} for one in then]})
    monkeypatch.setattr(bench_before, "KEPT", tmp_path / "before.json")
    bench_before.KEPT.write_text(bench_before.kept(printed, "swap-mesh 1"))
    today = [
        Figure("swap.ssim_upto25", 0.95, "x", 12),
        Figure("swap.ms", 80, "x", 3),
        Figure("age.x_rate", None, "", 0),
    ]
    *same, before = bench_before.beside(iter(today))
    assert same == today
    assert (before.name, before.value, before.n) == ("swap.ssim_upto25.before", 0.93, 12)
    assert "swap-mesh 1" in before.unit


def test_what_is_kept_now_can_be_read():
    kept = json.loads(bench_before.KEPT.read_text())
    assert kept["of"]
    assert all(value == pytest.approx(value) and n > 0 for value, n in kept["figures"].values())
