"""What stands on the terminal of a running studio is plain text, whoever writes it."""

import io
import sys

import pytest
import typer

from app.studio.terminal import Plain, plain_words


def test_what_could_move_a_cursor_becomes_a_question_mark():
    to = io.StringIO()
    print("one\x1b[2J\ttwo\r\x07", file=Plain(to))
    assert to.getvalue() == "one?[2J\ttwo??\n"


def test_bytes_are_not_taken():
    """A command line's library tries whether they are, and would write everything so."""
    with pytest.raises(TypeError):
        Plain(io.StringIO()).write(b"")


def test_the_commands_own_words_come_through(monkeypatch):
    below = io.BytesIO()
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(below, "utf-8"))
    with plain_words():
        typer.echo("First, the camera check: 你好\x1b[31m", err=True)
    sys.stderr.flush()
    assert below.getvalue().decode() == "First, the camera check: 你好\n"
