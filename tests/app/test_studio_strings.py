"""All words stand in one table, and every one is used."""

import json
import re
import string
from html import unescape
from pathlib import Path

import pytest

import app.studio
from app.studio.live import BROWSER_NOS, capture_html
from app.studio.strings import COMMAND_CONSENT, EN, STUDIO_CONSENT, TABLES, consent_text, language, say
from consent.liveness.guide import ASK
from consent.types import Ability

HERE = Path(app.studio.__file__).parent
BUILT = re.compile(
    r"step_\w+|purpose_\w+|action_\w+|agree_(happens|kept|marked)(_title|_command)?|capture_\w+|no_\w+|fact_\w+|"
    r"(source|target)_(text|title)|(smile|brows|eyes|mouth)|hint_[\w-]+|kind_\w+|ability_\w+"
)
"""Keys that are put together in the code."""


def test_no_word_is_left_over():
    sources = [path.read_text() for path in HERE.glob("*.py") if path.name != "strings.py"]
    used = {key for source in sources for key in re.findall(r"[\"'](\w+)[\"']", source)}
    assert {key for key in EN if key not in used and not BUILT.fullmatch(key)} == set()


def test_no_word_is_missing():
    called = {key for path in HERE.glob("*.py") for key in re.findall(r'\b(?:say|words)\(\s*"(\w+)"', path.read_text())}
    assert called
    assert called <= set(EN)


def test_every_language_says_the_same_things():
    def fields(text):
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    for table in TABLES.values():
        assert set(table) == set(EN)
        assert all(fields(table[key]) == fields(EN[key]) for key in EN)


def test_the_language_follows_the_browser_as_far_as_we_have_it():
    assert language("en-GB,en;q=0.9") == "en"
    assert language("xx,;;,q=1") == "en"
    assert language("") == "en"


@pytest.mark.parametrize("keys", [STUDIO_CONSENT, COMMAND_CONSENT])
def test_the_text_that_is_agreed_to_is_whole(keys):
    text = consent_text(keys, "en", minutes=30, purpose="show me older")
    assert all(re.split(r"[{}]", say(key, "en"))[0] in text for key in keys)
    assert "{" not in text
    assert "in this computer's memory" in text


def scripts():
    return "\n".join(path.read_text() for path in sorted((HERE / "static").glob("capture*.js")))


def words():
    return json.loads(unescape(re.search(r'data-words="([^"]*)"', capture_html("en"))[1]))


def test_the_browsers_own_refusals_have_their_sentences():
    used = set(re.findall(r"this\.refuse\('([\w-]+)'\)", scripts())) | set(re.findall(r"Error: '([\w-]+)'", scripts()))
    assert used
    assert used <= set(BROWSER_NOS)
    assert all(words()["no"][code]["reason"] and words()["no"][code]["remedy"] for code in BROWSER_NOS)
    assert set(re.findall(r"\bwords\.(\w+)", scripts())) <= set(words())


def test_each_hint_has_a_sentence_and_each_prompt_an_icon():
    drawn = set(re.findall(r"^  '([\w-]+)':", scripts(), re.MULTILINE)) | set(
        re.findall(r"ICONS\['([\w-]+)'\]", scripts())
    )
    codes = {str(code) for code in ASK}
    assert {f"hint_{code}" for code in codes} == {key for key in EN if key.startswith("hint_")}
    assert codes - {"complete"} <= drawn
    assert "tone" in EN["hint_close-eyes"]


def test_the_warning_comes_with_the_choice():
    said = words()
    assert set(said["kinds"]) == {"motion", "motion+light"}
    assert set(said["abilities"]) == {str(ability) for ability in Ability}
    assert "photosensitive epilepsy" in said["caution"]
    assert "sunlight" in said["kinds"]["motion+light"]["text"]
