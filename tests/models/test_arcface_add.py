"""`selfsame models`: what is taken, what is not, what is written down, and what is said aloud."""

import json
import os
import pickle
import stat
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import cli, evaluate_second, models_add
from app.evaluate import Counts, Seen, Sitter
from consent.errors import Refusal
from models import added
from tests.models import standins


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data" / "selfsame"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "w600k_r50.onnx"
    path.write_bytes(standins.arcface())
    return path


def say(capsys, *arguments):
    code = cli.run([str(argument) for argument in arguments])
    return code, *capsys.readouterr()


def test_without_acceptance_the_terms_are_shown_and_nothing_is_done(capsys, file, home):
    code, out, err = say(capsys, "models", "add", file)
    assert (code, out) == (2, "")
    assert "NON-COMMERCIAL RESEARCH ONLY" in err
    assert "[licence-not-accepted]" in err
    assert not home.exists()


def test_what_is_accepted_is_pinned_and_written_down_for_its_user_alone(capsys, file, home):
    code, out, err = say(capsys, "models", "add", file, "--accept-license")
    assert code == 0
    assert "not known here" in out
    assert err.count("NON-COMMERCIAL") == 2
    assert "published one, 0.28, for which no error rate is known" in err
    row = added.added()["arcface"]
    assert row.sha256 in out
    assert (home / "models" / "arcface.onnx").read_bytes() == file.read_bytes()
    assert (row.came, row.limit, row.calibrated) == ("w600k_r50.onnx", added.PUBLISHED, "")
    assert "NON-COMMERCIAL RESEARCH ONLY" in row.accepted
    assert row.licence == models_add.LICENCE
    for path in (home / "models").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((home / "models").stat().st_mode) == 0o700
    shown = say(capsys, "models")[1]
    assert "yours, NON-COMMERCIAL" in shown
    assert "limit 0.280 (published)" in shown


def test_a_model_goes_as_it_came(capsys, file, home):
    assert say(capsys, "models", "remove", "arcface")[0] == 2
    assert "none of your own" in say(capsys, "models")[1]
    say(capsys, "models", "add", file, "--accept-license")
    assert say(capsys, "models", "remove", "arcface")[0] == 0
    assert added.added() == {}
    assert not (home / "models" / "arcface.onnx").exists()


def test_the_doctor_looks_at_what_was_added(capsys, file):
    say(capsys, "models", "add", file, "--accept-license")
    out = say(capsys, "doctor")[1]
    assert "as it was added; not known here; NON-COMMERCIAL, limit 0.28 (published)" in out
    (added.folder() / "arcface.onnx").write_bytes(b"another")
    code, out, _ = say(capsys, "doctor")
    assert code == 1
    assert "is not the one that was added" in out
    (added.folder() / "registry.json").write_text("[]")
    code, out, _ = say(capsys, "doctor")
    assert code == 1
    assert "list of your own models" in out


def test_the_recogniser_is_taken_out_of_a_pack(tmp_path, file):
    pack = tmp_path / "buffalo_l.zip"
    with zipfile.ZipFile(pack, "w") as out:
        out.writestr("buffalo_l/det_10g.onnx", b"another")
        out.write(file, "buffalo_l/w600k_r50.onnx")
    found = models_add.look(pack)
    assert (found.name, found.came, found.data) == ("arcface", "w600k_r50.onnx", file.read_bytes())


def test_the_neural_swap_is_known_by_its_shape(tmp_path):
    (tmp_path / "any name").write_bytes(standins.inswapper())
    assert models_add.look(tmp_path / "any name").name == "inswapper"


class Opened:
    """A pickle that would leave a trace when it is opened."""

    def __reduce__(self):
        return os.mkdir, ("opened",)


FINE = standins.arcface()
WRONG = {
    "nothing": b"",
    "noise": bytes(range(256)) * 9,
    "pickle": pickle.dumps(Opened()),
    "half a zip": b"PK\x03\x04" + bytes(40),
    "cut": FINE[: len(FINE) // 2],
    "weights elsewhere": standins.elsewhere(FINE),
    "a graph inside": standins.nested(FINE),
    "another vector": standins.arcface(size=128),
    "another crop": standins.arcface(side=128),
    "no map": standins.inswapper(last=16),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_none_of_the_two_is_not_taken(capsys, tmp_path, monkeypatch, name, home):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file.onnx").write_bytes(WRONG[name])
    code, _, err = say(capsys, "models", "add", "file.onnx", "--accept-license")
    assert code == 2
    assert "[not-a-model]" in err
    assert not home.exists()
    assert not (tmp_path / "opened").exists()


@pytest.mark.parametrize("way", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_pack_that_is_damaged_anywhere_is_refused_in_words(tmp_path, way):
    pack = tmp_path / "pack.zip"
    with zipfile.ZipFile(pack, "w", way) as out:
        out.writestr("w600k_r50.onnx", bytes(range(256)) * 40)
    whole = pack.read_bytes()
    for at in range(4, len(whole), len(whole) // 60 + 1):
        pack.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        with pytest.raises(Refusal, match="not-a-model"):
            models_add.look(pack)


@pytest.mark.parametrize("data", [standins.arcface(steep=0.0), standins.arcface(scale=np.nan)])
def test_what_says_the_same_of_everything_is_not_taken(tmp_path, data):
    (tmp_path / "file.onnx").write_bytes(data)
    with pytest.raises(Refusal, match="not-a-model"):
        models_add.add(models_add.look(tmp_path / "file.onnx"))
    assert added.added() == {}


def test_a_pack_without_a_recogniser_and_one_too_large_are_not_taken(tmp_path, file, monkeypatch):
    with zipfile.ZipFile(tmp_path / "pack.zip", "w") as out:
        out.writestr("../../w600k.onnx", b"x")
    with pytest.raises(Refusal, match="not-a-model"):
        models_add.look(tmp_path / "pack.zip")
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("w600k_r50.onnx", bytes(1 << 20))
    monkeypatch.setattr(models_add, "MOST", 1 << 16)
    for name in ("bomb.zip", "file"):
        (tmp_path / "file").write_bytes(bytes(1 << 17))
        with pytest.raises(Refusal, match="too-large"):
            models_add.look(tmp_path / name)


@given(limit=st.one_of(st.floats(), st.integers(), st.booleans(), st.text(), st.none()))
def test_no_row_loosens_the_second(limit):
    row = dict.fromkeys(("known", "came", "added", "licence", "accepted"), "x")
    row |= {"name": "arcface", "file": "arcface.onnx", "sha256": "0", "probe": 0.5}
    if type(limit) is float and added.PUBLISHED <= limit <= added.MOST_LIMIT:
        assert added.Added(**row, limit=limit).limit == limit
        return
    with pytest.raises(ValueError, match="limit"):
        added.Added(**row, limit=limit)


# --- its limit -------------------------------------------------------------------------------------------------------


def test_the_limit_is_where_the_tail_of_others_ends_and_never_below_the_published_one():
    random = np.random.default_rng(0)
    others = random.exponential(0.05, 50_000)
    assert evaluate_second.wanted(others) == pytest.approx(0.05 * np.log(1e5), abs=0.08)
    assert evaluate_second.wanted(others / 10) == added.PUBLISHED
    with pytest.raises(Refusal, match="recogniser-too-weak"):
        evaluate_second.wanted(others * 3)
    with pytest.raises(Refusal, match="too-few-comparisons"):
        evaluate_second.wanted(others[:999])


def sitting(people=60, pictures=7, spread=1.0):
    """People as two recognisers see them: vectors round one of their own."""
    random, rows = np.random.default_rng(1), []
    for number in range(people):
        middle = random.normal(size=640)
        seen = [middle + spread * random.normal(size=640) for _ in range(pictures)]
        vectors = []
        for one in seen:
            parts = one[:128] / np.linalg.norm(one[:128]), one[128:] / np.linalg.norm(one[128:])
            vectors.append(np.concatenate([*parts, [0.28, 0.55]]).astype(np.float32))
        rows.append(Seen(Sitter(str(number), ()), vectors[0], 1, vectors))
    return rows


def test_calibration_is_by_the_second_alone_and_is_written_down(capsys, file, monkeypatch, tmp_path):
    say(capsys, "models", "add", file, "--accept-license")
    from app import evaluate

    monkeypatch.setattr(evaluate, "folder", lambda *_, **__: [])
    monkeypatch.setattr(evaluate, "see", lambda *_: (sitting(), Counts()))
    code, out, _ = say(capsys, "models", "calibrate", tmp_path)
    assert code == 0
    row = added.added()["arcface"]
    assert added.PUBLISHED <= row.limit < 0.5
    assert row.calibrated.startswith("cosine; 24780 comparisons of 60 people")
    figures = {line.split()[0]: line.split()[1] for line in out.splitlines()[2:]}
    assert figures["second.false_match_rate"] == figures["second.false_non_match_rate"] == "0"
    monkeypatch.setattr(evaluate, "see", lambda *_: (sitting(people=3), Counts()))
    assert say(capsys, "models", "calibrate", tmp_path)[0] == 2
    assert added.added()["arcface"] == row, "nothing is written on too little"


def test_the_bench_of_the_gate_has_its_figures_when_it_is_there(capsys, file, monkeypatch, tmp_path):
    from app import evaluate

    monkeypatch.setattr(evaluate, "folder", lambda *_, **__: [])
    monkeypatch.setattr(evaluate, "see", lambda *_: (sitting(), Counts()))

    def names():
        found = json.loads(say(capsys, "bench", "gate", tmp_path, "--json")[1])["figures"]
        return {one["name"]: one for one in found}

    assert not [name for name in names() if name.startswith("second.")]
    say(capsys, "models", "add", file, "--accept-license")
    assert names()["second.limit"]["value"] == added.PUBLISHED
    assert "not calibrated" in names()["second.limit"]["unit"]
    assert added.PUBLISHED <= names()["second.limit_asked"]["value"] < 0.5


def test_there_is_nothing_to_calibrate_without_one(capsys, tmp_path):
    assert say(capsys, "models", "calibrate", tmp_path)[0] == 2


def test_the_registry_holds_what_was_agreed_and_nothing_else(capsys, file):
    say(capsys, "models", "add", file, "--accept-license")
    row = json.loads((added.folder() / "registry.json").read_text())["arcface"]
    assert set(row) == {
        *("file", "sha256", "known", "came", "added", "licence", "accepted", "probe", "raw", "limit", "calibrated")
    }
