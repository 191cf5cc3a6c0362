"""Promises about the trusted core, read from its source: what would make a way round the gate must not be there."""

import ast
import functools
import itertools
import pathlib
import time

import pytest

ROOT = pathlib.Path(__file__).parents[2]
CORE = sorted((ROOT / "consent").rglob("*.py"))
ALL = sorted(p for folder in ("models", "consent", "app") for p in (ROOT / folder).rglob("*.py"))


@functools.cache
def tree(path):
    """Parsed once; again where another thread was parsing too, which CPython 3.11 does not bear (gh-106905)."""
    for _ in range(5):
        try:
            return ast.parse(path.read_text(encoding="utf-8"))
        except SystemError:
            time.sleep(0.1)
    return ast.parse(path.read_text(encoding="utf-8"))


def nodes(path):
    return ast.walk(tree(path))


def name(node):
    return getattr(node, "id", None) or getattr(node, "attr", None)


def calls(path, *names):
    return [n.lineno for n in nodes(path) if isinstance(n, ast.Call) and name(n.func) in names]


def where(paths, *names):
    return {str(p.relative_to(ROOT)) for p in paths if calls(p, *names)}


def test_the_core_is_there():
    assert len(CORE) > 10


@pytest.mark.parametrize("path", CORE, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_assert_and_no_environment_in_the_core(path):
    for node in nodes(path):
        assert not isinstance(node, ast.Assert), f"line {node.lineno}: an assert vanishes under -O"
        assert name(node) not in {"environ", "getenv", "argv"}, f"line {node.lineno}: the core reads no environment"


@pytest.mark.parametrize("path", CORE, ids=lambda p: str(p.relative_to(ROOT)))
def test_the_core_imports_nothing_that_acts(path):
    for node in nodes(path):
        modules = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        assert not [m for m in modules if m.split(".")[0] in {"app", "tests", "gradio", "socket", "requests", "pickle"}]


def test_each_sealed_value_has_one_maker():
    assert where(ALL, "LiveCapture") == {"consent/liveness/verdict.py"}
    assert where(ALL, "Capture") == {"consent/liveness/recorder.py"}
    assert where(ALL, "Match") == {"consent/gate.py"}
    assert where(ALL, "Grant") == {"consent/gate.py"}
    assert where(ALL, "Work") == {"consent/gate.py"}
    assert where(ALL, "Draft") == {"consent/gate.py"}
    assert where(ALL, "Released") == {"consent/gate.py"}
    assert where(ALL, "Gate") == {"consent/enrolment.py"}
    assert where(ALL, "Receipt") == {"consent/receipt.py"}


def test_only_engines_redeem_and_only_the_stamp_releases():
    releasing = {"app/stamp/frames.py", "app/stamp/mirror.py", "app/stamp/writer.py"}
    assert where(ALL, "release") - {"app/ahead.py"} == releasing
    (room,) = {
        ast.unparse(n.func)
        for n in nodes(ROOT / "app/ahead.py")
        if getattr(n, "func", None) and name(n.func) == "release"
    }
    assert room == "room.release", "a semaphore"
    assert all(p.startswith("app/engines/") for p in where([p for p in ALL if "consent" not in p.parts], "draft"))


def test_the_limits_are_plain_constants():
    assigned = [n for n in tree(ROOT / "consent" / "policy.py").body if isinstance(n, ast.AnnAssign)]
    assert len(assigned) > 20
    assert all(ast.unparse(n.annotation) == "Final" for n in assigned)
    for node in assigned:
        assert not [n for n in ast.walk(node.value) if isinstance(n, (ast.Call, ast.Name))]


def test_every_limit_says_where_it_comes_from():
    body = tree(ROOT / "consent" / "policy.py").body
    for node, after in itertools.pairwise(body):
        if isinstance(node, ast.AnnAssign):
            assert isinstance(after, ast.Expr), f"{ast.unparse(node.target)} has no docstring"
            assert isinstance(after.value, ast.Constant)


def test_weights_are_never_unpickled():
    for path in ALL:
        for node in nodes(path):
            if isinstance(node, ast.Import):
                assert not {a.name for a in node.names} & {"pickle", "joblib", "dill", "marshal", "shelve"}, path
            assert not (isinstance(node, ast.Attribute) and node.attr == "load" and name(node.value) == "torch"), path
