"""The trusted core is small enough to be read in an afternoon."""

import ast
import io
import tokenize
from pathlib import Path

CORE = Path(__file__).parents[2] / "consent"
BUDGET = 1499
"""Lines of code of `consent/`: it may only go down."""
LARGEST = 400
"""Lines of any one file, with words and blank lines."""
QUIET = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


def lines_of_code(source):
    """How many lines hold code: not blank, not only a comment, not of a docstring."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    lines = {line for t in tokens if t.type not in QUIET for line in range(t.start[0], t.end[0] + 1)}
    for node in ast.walk(ast.parse(source)):
        for part in getattr(node, "body", []) if not isinstance(node, (ast.Lambda, ast.IfExp)) else []:
            if (
                isinstance(part, ast.Expr)
                and isinstance(part.value, ast.Constant)
                and isinstance(part.value.value, str)
            ):
                lines -= set(range(part.lineno, part.end_lineno + 1))
    return len(lines)


def test_what_counts_as_code():
    text = '"""What it is.\n\nMore."""\n\n# why\nx = """a\nb"""  # said\n\n\n'
    function = 'def f():\n    """Does."""\n    return (\n        1\n    )\n'
    assert lines_of_code(text) == 2
    assert lines_of_code(text + function) == 2 + 1 + 3


def test_the_core_stays_within_its_budget():
    sizes = {str(path.relative_to(CORE)): lines_of_code(path.read_text()) for path in CORE.rglob("*.py")}
    assert len(sizes) > 10
    assert sum(sizes.values()) <= BUDGET, sorted(sizes.items(), key=lambda size: -size[1])


def test_no_file_of_the_core_is_long():
    assert [path.name for path in CORE.rglob("*.py") if len(path.read_text().splitlines()) > LARGEST] == []
