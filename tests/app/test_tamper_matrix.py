"""The tamper matrix: every row of `tests.app.tampering`, with exactly the verdict, code and change that it names."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from app import cli
from app.home import Home
from app.stamp.signer import Signer
from app.studio.strings import say
from app.studio.verify import report_html
from app.verify import Verdict
from tests.app import tampering
from tests.app.stamp_helpers import facts, picture, write
from tests.app.tampering import CASES, signer

ROOT = Path(__file__).parents[2]
GENUINE = {"jpeg: nothing", "png: nothing", "webp: nothing", "marked: nothing"}
HERE = [case for case in CASES if not case.apart]
APART = [case for case in CASES if case.apart]
SECONDS, BYTES = 120, 6 * 2**30
"""For all malformed files together, the making of them included; the address space of their process."""


def test_there_are_enough_and_each_has_its_own_name():
    assert len(CASES) >= 40 + len(GENUINE)
    assert len({case.name for case in CASES}) == len(CASES)
    assert {case.verdict for case in CASES} == set(Verdict), "every verdict is in the table"
    assert {case.name for case in CASES if case.code == 0} == GENUINE


@pytest.mark.parametrize("case", HERE, ids=[case.name for case in HERE])
def test_a_row(case):
    report = case.report()
    assert (report.verdict, report.changed) == (case.verdict, case.changed)
    text = json.dumps(report.as_json(), allow_nan=False, ensure_ascii=False)
    assert not set("<>`\\\x1b") & set(text), "no stranger's text speaks for itself"
    if case.name not in GENUINE:
        assert "not a bit of it has changed" not in report.sentence
    if report.verdict is Verdict.ALTERED:
        assert (report.statement, report.title, report.signer, report.actions) == (None, None, None, ())


@pytest.fixture(scope="module")
def malformed(tmp_path_factory):
    """What a process with limits of time and memory says of each malformed file."""
    folder = tmp_path_factory.mktemp("malformed")
    (folder / "anchor.pem").write_text(signer().anchor_pem)
    for number, case in enumerate(APART):
        (folder / f"{number}.bin").write_bytes(case.make())
    program = (
        "import json, sys; from pathlib import Path; from app.verify import verify; folder = Path(sys.argv[1]);"
        "anchor = (folder / 'anchor.pem').read_text();"
        "print(json.dumps({p.stem: verify(p.read_bytes(), [anchor]).as_json() for p in folder.glob('*.bin')}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder)],
        cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False,
        env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES)),
    )  # fmt: skip
    assert done.returncode == 0, f"it ended with {done.returncode}: {done.stderr[-500:]}"
    return json.loads(done.stdout)


@pytest.mark.parametrize("case", APART, ids=[case.name for case in APART])
def test_a_malformed_file(malformed, case):
    report = malformed[str(APART.index(case))]
    assert (report["verdict"], report["changed"]) == (case.verdict, list(case.changed))
    assert report["statement"] is None


def test_the_page_is_the_table():
    assert (ROOT / "docs" / "stamp-tampering.md").read_text() == tampering.page()


NAMED = {
    "jpeg: a bit of the pixels": "photo.jpg",
    "png: a bit of the consent assertion": "notes.txt",
    "jpeg: saved as PNG": "wrong.webp",
    "a foreign signer with our statement": "elsewhere.jpeg",
    "jpeg: signed again as a camera's": "IMG_0001.JPG",
    "a script in every text": "<b>.jpg",
    "an expired certificate": "old.jpg",
    "zero bytes": "empty.png",
}


def test_the_command_says_the_same(capsys, tmp_path, monkeypatch):
    """Under right, wrong and strange names; and of all files together it gives the highest code."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    cases = {case.name: case for case in CASES}
    for name, file in NAMED.items():
        (tmp_path / file).write_bytes(cases[name].make())
        code = cli.run(["verify", "--json", str(tmp_path / file)])
        (told,) = json.loads(capsys.readouterr().out)
        assert (told["verdict"], code) == (cases[name].verdict, cases[name].code), name
    code = cli.run(["verify", "--json", *(str(tmp_path / file) for file in NAMED.values())])
    assert code == 3
    assert [told["verdict"] for told in json.loads(capsys.readouterr().out)] == [cases[name].verdict for name in NAMED]


@pytest.mark.parametrize("name", ["photo.png", "photo.jpg", "photo", "photo.pdf"])
def test_a_genuine_file_is_genuine_under_any_name(capsys, tmp_path, monkeypatch, name):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    (tmp_path / name).write_bytes(write(picture(), facts(), Signer.open(Home.open().keys), "png").data)
    assert cli.run(["verify", str(tmp_path / name)]) == 0
    assert "not a bit of it has changed" in capsys.readouterr().out


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_studios_card_has_words_for_every_change(language):
    """In the person's language, with nothing of a stranger's that speaks for itself."""
    words = {say(f"fact_changed_{one.replace(' ', '_')}", language) for case in CASES for one in case.changed}
    assert len(words) == len({one for case in CASES for one in case.changed}) == 9
    named = {"png: a bit of the consent assertion", "marked: the manifest cut out", "a script in every text"}
    for case in (case for case in CASES if case.name in named):
        card = report_html(case.report(), language)
        assert "<script" not in card
        for one in case.changed:
            assert say(f"fact_changed_{one.replace(' ', '_')}", language) in card
