"""Refusals: every code that is raised has words, every word is used, and what they leave open is filled in."""

import ast
import string
from pathlib import Path

import pytest

from consent.errors import WORDS, Forgery, Refusal
from consent.liveness.guide import ASK
from consent.liveness.recording import Outcome
from consent.types import Action

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [*sorted((ROOT / "consent").rglob("*.py")), ROOT / "app" / "receipt.py"]


def raised():
    """(code, case) of every `Refusal.of`, `Refusal.unless` and `Forgery.of`; the case is None where it is computed."""
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text())):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            if node.func.attr not in {"of", "unless"}:
                continue
            if getattr(node.func.value, "id", "") not in {"Refusal", "Forgery"}:
                continue
            said = node.args[node.func.attr == "unless" :][:2]
            texts = [arg.value if isinstance(arg, ast.Constant) else None for arg in said]
            if texts[0] is not None:
                yield texts[0], texts[1] if len(texts) > 1 else ""


def words_of(code):
    return {key for key in WORDS["refusal"] if key.split(".")[0] == code}


def test_every_refusal_has_words():
    for code, case in raised():
        wanted = f"{code}.{case}" if case else code
        assert words_of(code) if case is None else wanted in WORDS["refusal"], wanted
    assert {str(outcome) for outcome in Outcome if outcome is not Outcome.COMPLETE} <= set(WORDS["refusal"])


def test_all_words_are_used():
    used = {code for code, _ in raised()} | {str(outcome) for outcome in Outcome}
    assert {key.split(".")[0] for key in WORDS["refusal"]} <= used


@pytest.mark.parametrize("key", WORDS["refusal"])
def test_words_are_whole_sentences(key):
    for text in WORDS["refusal"][key].values():
        assert text[0].isupper() or text[0] == "{"
        assert text.endswith((".", "?"))
    assert set(WORDS["refusal"][key]) == {"reason", "remedy"}


def test_what_is_open_is_filled_in():
    no = Refusal.of("action-not-seen", asked="nod")
    assert (no.code, no.reason) == ("action-not-seen", "This was not seen in time: nod.")
    assert str(no) == f"{no.reason} {no.remedy} [action-not-seen]"
    assert isinstance(Forgery.of("forged"), Forgery)
    with pytest.raises(KeyError):  # a sentence with a hole in it is never said
        Refusal.of("action-not-seen")
    with pytest.raises(KeyError):
        Refusal.of("no-such-code")


@pytest.mark.parametrize("fine", [False, None, (), 0, float("nan"), 1.0])
def test_only_what_holds_is_fine(fine):
    Refusal.unless(1.0 >= 0, "not-you")
    with pytest.raises(Refusal) as caught:
        Refusal.unless(fine, "not-you", boxes=((1.0, 2.0, 3.0, 4.0),))
    assert (caught.value.code, caught.value.boxes) == ("not-you", ((1.0, 2.0, 3.0, 4.0),))


def test_every_action_is_asked_for_in_words():
    assert {str(action) for action in Action} <= set(ASK)
    assert not any(next(iter(string.Formatter().parse(text)))[1] for text in ASK.values())
