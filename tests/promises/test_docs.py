"""The words are true: promises name tests that exist, figures are those of their pages, links lead somewhere."""

import ast
import functools
import re
import tomllib
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name as canonical

from app.cli import cli
from consent import policy
from models import added
from tools import figures, sbom

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
PROMISES = ROOT / "docs" / "promises.md"
ROW = re.compile(r"^\| (?P<sentence>[^|]+) \| (?P<where>README|THREATS) \| (?P<tests>[^|]+) \|$")


def rows():
    found = (ROW.match(line) for line in PROMISES.read_text().splitlines())
    return [one for one in found if one and one["sentence"] != "sentence"]


def plain(text):
    """Words without marks and line breaks, as a sentence may stand in any layout."""
    return re.sub(r"\s+", " ", re.sub(r"\]\([^)]*\)|[*`\[\]]", "", text)).strip().lower()


@functools.cache
def functions(path):
    return {node.name for node in ast.walk(ast.parse((ROOT / path).read_text())) if isinstance(node, ast.FunctionDef)}


def test_the_list_of_promises_is_a_list():
    assert len(rows()) >= 25
    assert len({row["sentence"] for row in rows()}) == len(rows())


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["sentence"][:40])
def test_a_promise_stands_where_it_is_said_to_and_has_tests(row):
    text = plain((ROOT / f"{row['where']}.md").read_text())
    assert plain(row["sentence"]) in text
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", row["tests"])
    assert named
    for path, test in named:
        assert test in functions(path), f"{path} has no {test}"


def test_every_promise_of_the_threats_page_is_in_the_list():
    table = (ROOT / "THREATS.md").read_text().split("## What is promised")[1].split("\n## ")[0]
    promised = [line.split("|")[1].strip() for line in table.splitlines() if line.startswith("| ")][1:]
    listed = {plain(row["sentence"]) for row in rows() if row["where"] == "THREATS"}
    assert len(promised) >= 12
    assert [p for p in promised if not any(one in plain(p) for one in listed)] == []


def test_every_test_that_a_page_names_exists():
    for page in PAGES:
        for name in re.findall(r"`(tests/[\w/.*-]+)`", page.read_text()):
            assert list(ROOT.glob(name.rstrip("/"))), f"{page.name}: {name}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_the_figures_of_the_readme_are_those_of_their_pages():
    text = (ROOT / "README.md").read_text()
    assert sum(bool(figures.ROW.match(line)) for line in text.splitlines()) >= 8
    assert figures.written(text) == text, "run: python -m tools.figures"


def test_every_command_is_in_the_readme():
    block = (ROOT / "README.md").read_text().split("## Commands")[1].split("```")[1]
    said = {line.split()[1] for line in block.splitlines() if len(line.split()) > 1}
    known = {one.name or one.callback.__name__ for one in cli.registered_commands}
    known |= {one.name for one in cli.registered_groups}
    assert known - {"studio"} <= said


def test_the_tour_leads_past_files_that_exist():
    for page in ("CONTRIBUTING.md", "ARCHITECTURE.md"):
        for name in re.findall(
            r"`((?:app|consent|models|tests|tools)/[\w/.]+\.(?:py|toml))`", (ROOT / page).read_text()
        ):
            assert (ROOT / name).is_file(), f"{page}: {name}"


def test_the_page_of_the_log_knows_every_row_that_is_written():
    page = (ROOT / "docs" / "ledger.md").read_text()
    for path in (ROOT / "consent").rglob("*.py"):
        for event in re.findall(r"(?:\.record|_decision)\(\"([a-z-]+)\"", path.read_text()):
            assert f"`{event}`" in page, event


def test_every_limit_that_a_page_quotes_is_the_one_in_force():
    page = " ".join((ROOT / "docs" / "gate.md").read_text().split())
    assert f"The limit is {policy.MATCH_COSINE}" in page
    assert f"none of them lies below {policy.FRAME_COSINE}" in page
    assert f"for {policy.SESSION_SECONDS / 60:.0f} minutes" in page
    assert f"at most {policy.LIVE_SECONDS:.0f} seconds old" in page
    readme = " ".join((ROOT / "README.md").read_text().split())
    assert f"ends by itself after {policy.SESSION_SECONDS / 60:.0f} minutes" in readme
    models = (ROOT / "docs" / "models.md").read_text()
    assert f"{added.PUBLISHED}, from which InsightFace's own" in models


# --- release ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lock", sbom.LOCKS)
def test_every_locked_package_has_a_licence_on_record(lock):
    assert set(sbom.locked(lock)) == set(sbom.licences()[lock])
    assert all(re.fullmatch(r"[A-Za-z0-9.+() -]+", one) for one in sbom.licences()[lock].values())


def test_every_weight_file_is_in_the_notice():
    notice = (ROOT / "NOTICE").read_text()
    models = tomllib.loads((ROOT / "models" / "registry.toml").read_text())["model"]
    for model in models.values():
        assert model["licence"] in notice, model["file"]
    for word in ("YuNet", "SFace", "MediaPipe", "Cydral", "non-commercial"):
        assert word in notice


def test_the_sbom_has_everything_and_is_the_same_each_time():
    one = sbom.sbom()
    assert one == sbom.sbom()
    names = {part["name"] for part in one["components"]}
    models = tomllib.loads((ROOT / "models" / "registry.toml").read_text())["model"]
    assert names == set(sbom.locked("program")) | {row["file"] for row in models.values()}
    assert len({part["bom-ref"] for part in one["components"]}) == len(one["components"])
    assert all(part["licenses"] for part in one["components"])


def test_what_is_needed_is_locked():
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert {re.split(r"[<>=]", one)[0] for one in needed} <= set(sbom.locked("program"))


def test_whatever_a_locked_package_needs_is_locked_too():
    """Else pip would take whichever is newest on the day."""
    known = {canonical(name) for name in sbom.locked("program")}
    for name in sbom.locked("program"):
        for needed in requires(name) or []:
            one = Requirement(needed)
            if one.marker is None or one.marker.evaluate({"extra": ""}):
                assert canonical(one.name) in known, f"{name} needs {needed}"
