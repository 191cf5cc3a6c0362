"""The gate measured on a folder: what is counted, what is left out, and that nothing but numbers comes of it."""

import ast
import dataclasses
import io
import json
import math
import os
import pathlib
from collections import Counter

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from PIL import Image

from app import cli, codec, evaluate, evaluate_page, evaluate_picture
from app.evaluate import Counts, Outcome, Trials
from consent import policy
from consent.errors import Refusal
from tests.booth import SEAT
from tests.people import person

pytestmark = pytest.mark.long

ROOT = pathlib.Path(__file__).parents[2]
PEOPLE = ("ada", "bram", "edda")
EACH = 7


def jpeg(pixels):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=92)
    return out.getvalue()


@pytest.fixture(scope="module")
def album(tmp_path_factory):
    """Three people with seven pictures each, a fourth with one; and much that is no picture."""
    top = tmp_path_factory.mktemp("album")
    for name in PEOPLE:
        (top / name).mkdir()
        for k in range(EACH):
            scene = dataclasses.replace(SEAT, seed=k, yaw=8.0 * (k - 3), light=("soft", "window")[k % 2])
            (top / name / f"{k}.JPG").write_bytes(jpeg(person(name).render(scene)))
    both = [person(n).render(dataclasses.replace(SEAT, seed=9, distance=d)) for n, d in (("ada", 50.0), ("edda", 70.0))]
    (top / "ada" / "7-two.jpg").write_bytes(jpeg(np.concatenate(both, axis=1)))
    (top / "ada" / "8-nobody.png").write_bytes(png(np.full((200, 200, 3), 90, np.uint8)))
    (top / "ivo").mkdir()
    (top / "ivo" / "1.jpeg").write_bytes(jpeg(person("ivo").render(SEAT)))
    (top / "bram" / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
    (top / "bram" / "notes.txt").write_text("left alone")
    (top / "bram" / ".hidden.jpg").write_bytes(b"left alone")
    (top / "bram" / "linked.jpg").symlink_to(top / "ada" / "0.JPG")
    os.mkfifo(top / "bram" / "pipe.png")
    with (top / "edda" / "huge.jpg").open("wb") as file:
        file.truncate(codec.MAX_BYTES + 1)  # no such file takes room
    (top / "link").symlink_to(top / "ada")
    (top / ".cache").mkdir()
    (top / "empty").mkdir()
    (top / "readme.md").write_text("left alone")
    return top


def png(pixels):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


@pytest.fixture(scope="module")
def measured(album):
    told = []
    outcome = evaluate.compared(*evaluate.see(evaluate.folder(album, told.append), told.append))
    return outcome, told


def test_all_that_is_no_plain_picture_is_named_and_left_out(measured):
    _, told = measured
    left = [line for line in told if line.startswith("left out: ")]
    for name in ("bram/broken.jpg", "bram/linked.jpg", "bram/pipe.png", "edda/huge.jpg", "link is a link"):
        assert sum(name in line for line in left) == 1, name
    assert len(left) == 5


def test_everybody_is_compared_with_everybody_and_no_picture_with_itself(measured):
    outcome, _ = measured
    assert (outcome.counts.people, outcome.counts.few) == (3, 1)
    assert outcome.counts.pictures == 3 * EACH + 2 + 1
    assert outcome.counts.several == 1
    assert outcome.counts.refused["no-face"] == 1
    assert not outcome.counts.not_enrolled
    usable = outcome.counts.pictures - sum(outcome.counts.refused.values())
    assert len(outcome.mated.scores) == usable - 1 - 3 * policy.TEMPLATE_FRAMES
    assert (outcome.mated.mine == outcome.mated.theirs).all()
    pairs = Counter(zip(outcome.others.mine.tolist(), outcome.others.theirs.tolist(), strict=True))
    assert len(pairs) == 3 * 3
    assert all(mine != theirs for mine, theirs in pairs)
    assert len(outcome.others.scores) == 2 * usable + 1  # every template with all pictures but its own person's; ivo's
    assert len(outcome.made_alike.scores) == 0


def test_these_people_are_told_apart(measured):
    outcome, _ = measured
    found = {f.name: f for f in evaluate.figures(outcome)}
    assert (found["false_match_rate"].value, found["false_match_rate"].goal) == (0, 1e-5)
    assert (found["false_non_match_rate"].value, found["false_non_match_rate"].goal) == (0, 0.03)
    assert found["false_match_rate_lookalike"].n < found["false_match_rate"].n
    assert found["failure_to_acquire_rate"].n == outcome.counts.pictures
    assert found["refused.no-face"].value == pytest.approx(1 / outcome.counts.pictures)
    assert found["false_match_rate_fitted"].value is None
    assert "false_match_rate_made_alike" not in found


def test_the_scores_are_the_gates_own():
    """Nothing is built twice: a score of a folder is the one that the gate's functions give."""
    source = (ROOT / "app" / "evaluate.py").read_text()
    assert "policy.MATCH_COSINE" in source
    used = {alias.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)
            for alias in node.names if (node.module or "").startswith("consent")}  # fmt: skip
    assert {"adult", "one_face", "score", "template"} <= used
    for mine in (ast.parse(source), ast.parse((ROOT / "consent" / "gate.py").read_text())):
        assert {"score", "template", "one_face"} <= {n.id for n in ast.walk(mine) if isinstance(n, ast.Name)}


def test_nothing_can_be_granted_by_it():
    """No live capture, receipt, gate, match or grant is known to the modules that evaluate."""
    for path in ("evaluate.py", "evaluate_page.py", "evaluate_picture.py"):
        for node in ast.walk(ast.parse((ROOT / "app" / path).read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            module = getattr(node, "module", "") or ""
            assert not {"LiveCapture", "Match", "Grant", "Gate", "LIVE_SEAL", "Receipt"} & set(names)
            assert not module.startswith(("consent.gate", "consent.enrolment", "consent.receipt", "consent.liveness"))
            assert not module.startswith(("app.flow", "app.engines", "app.stamp", "tests"))


def test_the_command_prints_writes_and_names_nobody(album, tmp_path, capsys):
    page = tmp_path / "gate.md"
    assert cli.run(["bench", "gate", str(album), "--quick", "--json", "--write", str(page)]) == 0
    out, err = capsys.readouterr()
    figures = {f["name"]: f for f in json.loads(out.splitlines()[-1])["figures"]}
    assert figures["false_match_rate"]["value"] == 0
    assert "Not the gate's" in err
    said = page.read_text()
    assert "`selfsame bench gate DIR --quick --write gate.md`" in said
    assert "![How the scores lie, and the DET curve](gate.png)" in said
    for name in (*PEOPLE, str(album), album.name):
        assert name not in said
    assert Image.open(io.BytesIO(page.with_suffix(".png").read_bytes())).size == (1240, 610)
    assert cli.run(["bench", "gate", str(album), "--quick", "--write", str(tmp_path / "no" / "gate.md")]) == 2
    assert "[cannot-write]" in capsys.readouterr().err


def test_folders_that_cannot_be_measured_are_refused_in_words(tmp_path, capsys):
    def code(*more):
        assert cli.run(["bench", *more]) == 2
        said = capsys.readouterr().err
        assert "Traceback" not in said
        return said

    assert "[no-folder]" in code("gate", str(tmp_path / "nowhere"))
    file = tmp_path / "file"
    file.write_bytes(jpeg(np.zeros((200, 200, 3), np.uint8)))
    assert "[no-folder]" in code("gate", str(file))
    top = tmp_path / "top"
    top.mkdir()
    assert "[no-pictures]" in code("gate", str(top))
    (top / "loose.jpg").write_bytes(file.read_bytes())
    assert "[no-pictures]" in code("gate", str(top))
    (top / "one").mkdir()
    (top / "one" / "1.jpg").write_bytes(file.read_bytes())
    assert "[one-person]" in code("gate", str(top))
    (top / "two").mkdir()
    for k in range(6):
        (top / "two" / f"{k}.jpg").write_bytes(b"")
    said = code("gate", str(top))
    assert "[nobody-enrolled]" in said
    assert "two/3.jpg" in said
    assert "[no-folder-here]" in code("stamp", str(top))


def test_a_picture_that_goes_away_meanwhile_is_named(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    for name in ("a", "b"):
        (tmp_path / name / "1.jpg").write_bytes(jpeg(np.zeros((200, 200, 3), np.uint8)))
    told = []
    first, second = evaluate.folder(tmp_path, told.append)
    (tmp_path / "a" / "1.jpg").unlink()
    assert list(first.photos) == []
    assert len(list(second.photos)) == 1
    assert len(told) == 1
    assert "a/1.jpg" in told[0]


def test_a_quick_run_takes_some(tmp_path):
    for person_number in range(evaluate.QUICK_PEOPLE + 2):
        (tmp_path / f"{person_number:02d}").mkdir()
        for k in range(evaluate.QUICK_PICTURES + 1):
            (tmp_path / f"{person_number:02d}" / f"{k}.png").write_bytes(png(np.zeros((130, 130, 3), np.uint8)))
    some = evaluate.folder(tmp_path, print, quick=True)
    assert len(some) == evaluate.QUICK_PEOPLE
    assert len(list(some[0].photos)) == evaluate.QUICK_PICTURES


# --- from scores to figures -------------------------------------------------------------------------------------------


def vector(cosine):
    made = np.zeros(128, np.float32)
    made[0], made[1] = cosine, math.sqrt(1 - cosine**2)
    return made


def seen(name, cosines, like=""):
    one = evaluate.Seen(evaluate.Sitter(name, (), like), None, 0, [vector(c) for c in cosines])
    if not like:
        one.template, one.enrolled = vector(1.0), 1
    return one


def test_people_made_to_resemble_meet_whom_they_resemble_alone():
    everybody = [seen("a", [1, 0.9]), seen("b", [1, 0.2]), seen("a~1", [0.6, 0.4], "a")]
    outcome = evaluate.compared(everybody, Counts())
    assert outcome.mated.scores == pytest.approx([0.9, 0.2])
    assert outcome.others.scores == pytest.approx([1, 0.2, 1, 0.9])
    assert outcome.made_alike.scores == pytest.approx([0.6, 0.4])
    figures = {f.name: f.value for f in evaluate.figures(outcome)}
    assert figures["false_match_rate_made_alike"] == 0.5
    assert figures["false_non_match_rate"] == 0.5


def test_the_most_alike_is_who_scores_highest_on_average():
    rows = [(0.5, 0, 1), (0.1, 0, 1), (0.4, 0, 2), (0.4, 0, 2), (0.9, 1, 0), (-0.2, 1, 2)]
    nearest = evaluate._nearest(Trials.of(rows))
    assert nearest.scores == pytest.approx([0.4, 0.4, 0.9])
    assert nearest.theirs.tolist() == [2, 2, 0]
    assert len(evaluate._nearest(Trials.of([])).scores) == 0


def test_what_is_no_number_is_no_match():
    trials = Trials.of([(math.nan, 0, 0), (0.9, 0, 0)])
    assert evaluate._rate("x", trials, "", None, above=True).value == 0.5
    assert evaluate._rate("x", trials, "", None, above=False).value == 0.5


@given(st.integers(3, 12), st.floats(0.05, 0.9), st.integers(0, 99))
def test_people_drawn_again_spread_about_the_rate(people, rate, seed):
    rng = np.random.default_rng(seed)
    rows = [(0.0, a, b) for a in range(people) for b in range(people) if a != b]
    wrong = rng.random(len(rows)) < rate
    assume(wrong.any())
    low, high = evaluate.by_people(Trials.of(rows), wrong)
    assert 0 <= low <= wrong.mean() + 0.02
    assert wrong.mean() - 0.02 <= high <= 1


def test_one_person_who_is_always_wrong_widens_the_interval_by_people():
    rows = [(0.0, p, p) for p in range(20) for _ in range(10)]
    whose = np.array([row[1] for row in rows])
    rng = np.random.default_rng(1)
    together, spread = whose == 3, rng.permutation(whose == 3)
    wide, narrow = (evaluate.by_people(Trials.of(rows), wrong) for wrong in (together, spread))
    assert wide[1] - wide[0] > 1.5 * (narrow[1] - narrow[0])
    assert evaluate.by_people(Trials.of(rows), np.zeros(200, np.bool_)) is None


@given(st.integers(0, 50), st.floats(0.01, 0.05))
def test_the_fitted_tail_finds_an_exponential_one(seed, scale):
    rng = np.random.default_rng(seed)
    scores = rng.exponential(scale, 20_000)
    limit = scale * 9
    found, true = evaluate.fitted(scores, limit), math.exp(-9)
    assert true / 4 < found < 4 * true
    assert evaluate.fitted(scores, 0.0) is None
    assert evaluate.fitted(scores[:900], limit) is None
    assert evaluate.fitted(np.zeros(2000), 0.5) == 0.0


@given(
    st.lists(st.floats(-1, 1, allow_subnormal=False), min_size=1, max_size=40),
    st.lists(st.floats(-1, 1, allow_subnormal=False), min_size=1, max_size=40),
)
def test_the_curve_falls_and_passes_through_the_gates_limit(others, mated):
    others, mated = np.array(others), np.array(mated)
    curve = evaluate_picture.trade_off(others, mated)
    fmr, fnmr = zip(*curve, strict=True)
    assert list(fmr) == sorted(fmr, reverse=True)
    assert list(fnmr) == sorted(fnmr)
    for limit in np.concatenate([others, mated]):
        at = (round(float((others >= limit).mean()), 9), round(float((mated < limit).mean()), 9))
        assert at in curve or at[0] > 0.5


def outcome_of(others, mated):
    def some(scores, mine):
        return Trials.of([(float(s), mine(k), k % 7) for k, s in enumerate(scores)])

    every = some(others, lambda k: 7 + k % 5)
    counts = Counts(10, 1, Counter({"no-face": 2}), 7, 0, Counter({"too-few-frames": 1}))
    return Outcome(some(mated, lambda k: k % 7), every, evaluate._nearest(every), Trials.of([]), counts)


@pytest.mark.parametrize(
    ("others", "mated"),
    [
        (np.linspace(-0.4, 0.45, 500), np.linspace(0.6, 0.95, 60)),
        (np.linspace(-0.4, 0.95, 500), np.linspace(-0.6, 0.95, 60)),
        ([0.1], [0.9]),
        ([], [0.9]),
        ([0.1], []),
        ([], []),
    ],
)
def test_the_picture_and_the_page_are_the_same_for_the_same_scores(others, mated, tmp_path):
    outcome = outcome_of(others, mated)
    first, again = (evaluate_picture.picture(outcome) for _ in range(2))
    assert first == again
    assert Image.open(io.BytesIO(first)).size == (1240, 610)
    evaluate_page.write(tmp_path / "gate.md", outcome, "selfsame bench gate")
    said = (tmp_path / "gate.md").read_text()
    assert (tmp_path / "gate.png").read_bytes() == first
    for figure in evaluate.figures(outcome):
        assert f"| `{figure.name}` |" in said
    assert "too few pictures" not in said


def test_the_curve_is_drawn_where_the_rates_are():
    assert evaluate_picture._across(0.5) == evaluate_picture._RIGHT[1]
    assert evaluate_picture._across(0.0) == evaluate_picture._RIGHT[0]
    assert evaluate_picture._up(1.0) == evaluate_picture._TOP
    places = [evaluate_picture._across(part) for part in (1e-5, 1e-3, 0.1)]
    assert places == sorted(places)
    assert evaluate_picture._percent(1e-5) == "0.001 %"
    assert evaluate_picture._percent(0.2) == "20 %"


def test_a_folder_that_cannot_be_listed_is_a_sentence(tmp_path, monkeypatch):
    (tmp_path / "a").mkdir()
    told = []
    monkeypatch.setattr(evaluate.os, "scandir", lambda _: (_ for _ in ()).throw(PermissionError(13, "denied")))
    assert evaluate._pictures(tmp_path / "a", told.append) == []
    assert "denied" in told[0]
    with pytest.raises(Refusal):
        evaluate.folder(tmp_path, told.append)
