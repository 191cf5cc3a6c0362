"""A no is said in the person's language, with what it leaves open, and never not at all."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.studio.cards import refusal
from app.studio.refusals import TABLES, VERDICTS, told
from app.studio.strings import say
from app.studio.verify import report_html
from app.verify import Report, Verdict
from consent.errors import WORDS, Fault, Refusal

# What only a program, a test or the demonstration can come across; it is said in English.
FOR_PROGRAMS = {"spent", "wrong-purpose", "bad-output", "bad-option"}


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


def test_what_was_asked_is_said_in_the_same_language():
    for code, english in WORDS["ask"].items():
        reason, _ = told(Refusal.of("action-not-seen", asked=english), "zh")
        assert say(f"hint_{code}", "zh") in reason
        assert told(Refusal.of("wrong-action", asked=english.lower()), "zh")[0].count(say(f"hint_{code}", "zh")) == 1


@pytest.mark.parametrize(
    "no",
    [Refusal("no-such-code", "Why.", "What."), Fault("log-broken", "Why.", "What."), Refusal.of("spent", what="x")],
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
