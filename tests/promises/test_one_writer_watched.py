"""From a run: whatever file appears while pictures are changed is a stamp that was saved, or has no pixels.

`test_no_traces.py` looks at what Python opens and at what is left; here the system itself tells of every file that is
made, by any library, in the home folder, the folders for temporary files and the page's own cache.
"""

import re
import subprocess
import sys
from pathlib import Path

from app import flow
from app.engines.age import AgeOptions
from app.engines.express import ExpressOptions
from app.engines.swap import SwapOptions
from app.home import Home
from app.stamp.signer import Signer
from app.studio.server import private_scratch
from app.verify import Verdict, verify
from consent.types import Photo
from tests.conftest import away
from tests.promises.stage import draw, jpeg, studio_at
from tests.promises.watched import watching

ROOT = Path(__file__).parents[2]
KNOWN = re.compile(
    r"keys/(receipts\.pem|stamp\.pem|stamped\.db)"
    r"|receipts/[\w-]+\.json"
    r"|ledger\.db(\.head)?"
)
"""Of a home: keys, what was stamped (no pixels), receipts, the log."""
PASSING = re.compile(r"#\d+|\.selfsame-[0-9a-f]{16}\.part|(ledger|stamped)\.db-journal|.*\.(part|lock|new)")
"""Made on the way to one of those: files that have no name yet, and the data bases' journals."""


def test_the_watch_sees_a_file_that_lives_for_a_moment(tmp_path):
    with watching(tmp_path) as watch:
        (tmp_path / "a" / "b").mkdir(parents=True)
        (tmp_path / "c.jpg").write_bytes(b"x")
        (tmp_path / "c.jpg").unlink()
    assert told(watch, tmp_path / "home") == {tmp_path / "c.jpg"}


def told(watch, home, outputs=()):
    """What appeared and is none of the known; the outputs are stamps to the last one."""
    odd = set()
    for path in watch.seen - set(outputs):
        known = path.is_relative_to(home) and KNOWN.fullmatch(str(path.relative_to(home)))
        if not known and not PASSING.fullmatch(path.name):
            odd.add(path)
    return odd


def test_three_changes_and_the_command_line(gate, tmp_path, monkeypatch):
    """Each engine in its format, saved; then the command line checks what was saved."""
    home, elsewhere, out = (tmp_path / name for name in ("data/selfsame", "elsewhere", "out"))
    for folder in (home, elsewhere, out):
        folder.mkdir(parents=True)
    away(monkeypatch, elsewhere)
    jobs = {"a.jpg": AgeOptions(years=20), "b.png": SwapOptions(), "c.webp": ExpressOptions(smile=0.5)}
    formats = {".jpg": "jpeg", ".png": "png", ".webp": "webp"}
    with watching(home, elsewhere, out) as watch:
        signer = Signer.open(Home.open(home).keys)
        for name, options in jobs.items():
            done = flow.change(gate, None, Photo(draw("ada", seed=8)), options, signer, fmt=formats[Path(name).suffix])
            done.save(out / name)
        said = subprocess.run(
            [sys.executable, "-m", "app", "verify", *[str(out / name) for name in jobs]],
            check=True,
            capture_output=True,
            text=True,
            cwd=elsewhere,
            env={"PATH": "", "PYTHONPATH": str(ROOT), "XDG_DATA_HOME": str(tmp_path / "data"), "HOME": str(elsewhere)},
        )
    outputs = {out / name for name in jobs}
    assert outputs <= watch.seen
    assert told(watch, home, outputs) == set()
    for path in outputs:
        assert verify(path.read_bytes(), [signer.anchor_pem]).verdict is Verdict.OURS
    assert said.stdout


def test_a_studio_session_makes_no_picture_file(tmp_path, monkeypatch):
    """Also in the page's own scratch folder, to which gradio would write. She agreed to Chinese words."""
    (tmp_path / "elsewhere").mkdir()
    away(monkeypatch, tmp_path / "elsewhere")
    home = tmp_path / "home"
    with private_scratch() as scratch, watching(tmp_path, scratch) as watch, studio_at(home) as studio:
        browser = studio.browser()
        visitor = studio.sit_down(browser, "ada")
        visitor.language = "zh"
        browser.look("target", jpeg(draw("ada", seed=8)))
        browser.make("age")
        (made,) = visitor.results
        assert visitor.results[made].stamped.report.label.language == "zh"
        assert browser.get(f"/studio/result/{made}").status_code == 200
        assert browser.get(f"/studio/before/{made}").status_code == 200
        studio.desk.withdraw(visitor)
    assert any(path.name == "ledger.db" for path in watch.seen), "the watch was on"
    assert told(watch, home) == set()
