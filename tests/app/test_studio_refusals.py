"""A no is said in the person's language, with what it leaves open, and never not at all."""

import re
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import app
from app.studio.cards import refusal
from app.studio.refusals import BY_CODE, TABLES, VERDICTS, told
from app.studio.strings import say
from app.studio.verify import report_html
from app.verify import Report, Verdict
from consent.errors import WORDS, Fault, Refusal

# What only a program, a test or the demonstration can come across; it is said in English.
FOR_PROGRAMS = {"spent", "wrong-purpose", "bad-output", "bad-option"}
# What only a command says, and what only its options can bring about; commands speak English.
ONLY_COMMANDS = {
    *("bad-salt", "no-salt", "no-original", "nothing-to-compare", "cannot-read", "file-exists", "unknown-format"),
    *(
        "no-folder",
        "no-folder-here",
        "no-pictures",
        "not-a-part",
        "film-not-finished",
        "nobody-enrolled",
        "one-person",
        "no-key",
        "own-key-already",
    ),
    *("no-face-choice", "no-room", "host-not-local", "port-taken", "fetch-altered", "fetch-failed"),
    *("certificate-key-kind", "certificate-key-mismatch", "key-has-password", "key-unreadable", "no-own-model"),
}
COMMANDS = (
    *("app/cli/*.py", "app/bench.py", "app/checking.py", "app/evaluate*.py", "app/personal*.py", "app/redteam.py"),
    *("app/models_add.py", "models/added.py", "app/stamp/credential.py", "app/engines/_neural*.py"),
    *(
        "app/engines/personal*.py",
        "app/engines/_personal*.py",
        "models/personal*.py",
        "models/autoencoder.py",
    ),  # not on the page
)


def raised():
    """The codes of all refusals and faults that are raised with a code written out, but for files of commands alone."""
    root = Path(app.__file__).parents[1]
    for path in (path for folder in ("app", "consent", "models") for path in (root / folder).rglob("*.py")):
        if not any(path.match(pattern) for pattern in COMMANDS):
            yield from re.findall(r'\b(?:Refusal|Fault|Forgery)\(\s*"([a-z-]+)"', path.read_text())


def holes(*texts):
    return {name for text in texts for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", TABLES)
def test_every_language_has_the_words(language):
    table = TABLES[language]
    assert set(WORDS["refusal"]) - FOR_PROGRAMS <= set(table), "not translated"
    for name, words in table.items():
        english = WORDS["refusal"].get(name, {}).values()
        assert holes(*words) == holes(*english), name
        assert all(text for text in words)


@pytest.mark.parametrize("language", TABLES)
@pytest.mark.parametrize("name", sorted(set(WORDS["refusal"]) - FOR_PROGRAMS))
def test_each_case_is_told_apart(name, language):
    values = {hole: str(number + 2) for number, hole in enumerate(holes(*WORDS["refusal"][name].values()))}
    said = told(Refusal.of(*name.split("."), **values), language)
    assert said == tuple(text.format(**values) for text in TABLES[language][name])


@pytest.mark.parametrize("language", TABLES)
def test_whatever_a_person_at_the_page_can_be_told_has_words(language):
    found = set(raised())
    assert {"bad-option", "broken-picture", "stamp-not-sound"} <= found
    known = {name.partition(".")[0] for name in TABLES[language]} | set(BY_CODE[language])
    assert found - known - ONLY_COMMANDS == set()
    assert all(reason and remedy for reason, remedy in BY_CODE[language].values())
    assert not set(BY_CODE[language]) & set(TABLES[language]), "said in two ways"


def test_by_its_code_alone_it_is_said_whatever_it_names():
    no = Refusal(
        "picture-too-small", "The picture has 3 x 4 pixels; both sides need at least 128.", "Use a larger one."
    )
    assert told(no, "zh") == BY_CODE["zh"]["picture-too-small"]
    assert told(no, "en") == (no.reason, no.remedy)


def test_what_was_asked_is_said_in_the_same_language():
    for code, english in WORDS["ask"].items():
        reason, _ = told(Refusal.of("action-not-seen", asked=english), "zh")
        assert say(f"hint_{code}", "zh") in reason
        assert told(Refusal.of("wrong-action", asked=english.lower()), "zh")[0].count(say(f"hint_{code}", "zh")) == 1


@pytest.mark.parametrize(
    "no",
    [Refusal("no-such-code", "Why.", "What."), Fault("port-taken", "Why.", "What."), Refusal.of("spent", what="x")],
)
def test_without_words_it_is_said_in_english(no):
    assert told(no, "zh") == (no.reason, no.remedy)


@given(st.text(), st.text())
def test_other_words_under_a_known_code_are_not_put_into_its_mouth(reason, remedy):
    no = Refusal("several-faces", reason, remedy)
    assert told(no, "zh") == (reason, remedy)


@pytest.mark.parametrize("language", ["en", "xx", ""])
def test_english_is_as_it_was_raised(language):
    no = Refusal.of("several-faces", count="3")
    assert told(no, language) == (no.reason, no.remedy)


@pytest.mark.parametrize("language", VERDICTS)
def test_verify_speaks_it_too(language):
    words = VERDICTS[language]
    assert set(words) == {*map(str, Verdict), "withdrawn"}
    for verdict in Verdict:
        assert words[verdict] in report_html(Report(verdict, "English."), language)
    gone = report_html(Report(Verdict.OURS, "English.", withdrawn="2026-11-22T09:30:00+00:00"), language)
    assert words["withdrawn"].format(date="2026-11-22") in gone
    assert "English" not in gone
    assert "English." in report_html(Report(Verdict.OURS, "English."), "en")


def test_a_card_speaks_it():
    assert TABLES["zh"]["not-you"][0] in refusal(Refusal.of("not-you"), "zh")
    assert "This face does not match" in refusal(Refusal.of("not-you"), "en")
