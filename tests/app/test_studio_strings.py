"""All words stand in one table, and every one is used."""

import hashlib
import json
import re
import string
from html import escape, unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

import app.studio
from app.engines.swap import SwapOptions
from app.home import Home
from app.stamp.statement import PURPOSES
from app.studio.agree import _text
from app.studio.desk import CHANGES, OFFERED
from app.studio.expressions import CHOICES
from app.studio.landing import _routes
from app.studio.live import BROWSER_NOS, capture_html
from app.studio.play import TOGETHER
from app.studio.server import build
from app.studio.strings import CHOSEN, COMMAND_NOTICE, EN, NOTICES, STUDIO_NOTICE, TABLES, consent_text, language, say
from consent.liveness.guide import ASK
from consent.types import Ability, Purpose

HERE = Path(app.studio.__file__).parent
BUILT = re.compile(
    r"step_\w+|purpose_[\w-]+|action_\w+|agree_(happens|kept|stop|marked)(_title|_command)?|capture_\w+|no_\w+|fact_[\w+]+|"
    r"(source|target)_(text|title)|slider_\w+|face_\w+|"
    r"hint_[\w-]+|part_\w+|kind_\w+|ability_\w+|receipt_[\w-]+|mirror_\w+|film_left_[\w-]+|"
    r"personal_((now|then)(_text)?|(train|loss)_\w+|running|paused?|stopped|failed|forgotten|resume|curves|shown)|"
    r"data_(log|model)_[\w-]+|data_(face|pictures|results|film|personal|mirror|waiting|agreement)"
)
"""Keys that are put together in the code."""


def test_no_word_is_left_over():
    sources = [path.read_text() for path in HERE.glob("*.py") if not path.name.startswith("strings")]
    used = {key for source in sources for key in re.findall(r"[\"'](\w+)[\"']", source)}
    assert {key for key in EN if key not in used and not BUILT.fullmatch(key)} == set()


def test_no_word_is_missing():
    called = {key for path in HERE.glob("*.py") for key in re.findall(r'\b(?:say|words)\(\s*"(\w+)"', path.read_text())}
    assert called
    assert called <= set(EN)


def test_no_value_of_a_choice_is_also_the_name_of_words():
    """Gradio's page puts words in the place of any text that is their name, in values as well."""
    values = {*CHOICES, *SwapOptions().parts, *(purpose.value for purpose in OFFERED), TOGETHER}
    assert values & set(EN) == set()


def test_every_language_says_the_same_things():
    def fields(text):
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    for table in TABLES.values():
        assert set(table) == set(EN)
        assert all(fields(table[key]) == fields(EN[key]) for key in EN)


def test_the_language_follows_the_browser_as_far_as_we_have_it():
    assert language("en-GB,en;q=0.9") == "en"
    assert language("zh-CN,zh;q=0.9,en;q=0.8") == "zh"
    assert language("fr, zh-Hans") == "zh"
    assert language("xx,;;,q=1") == "en"
    assert language("") == "en"


def test_the_chosen_language_comes_first():
    assert language("en-GB", f"a=b; {CHOSEN}=zh; c") == "zh"
    assert language("zh-CN", f"{CHOSEN}=en") == "en"
    assert language("zh-CN", f"{CHOSEN}=xx; ;=") == "zh"
    for table in TABLES.values():
        assert table["language_other_tag"] in TABLES


# --- what is agreed to ------------------------------------------------------------------------------------------------

AGREED = {
    "studio-5": {"en": "e5bd94dc3412bc2f", "zh": "177c9b0b8094c970"},
    "command-3": {"en": "6bfbfbc53d7ed39d", "zh": "62a57d8caaeb7c31"},
}
"""First half of the SHA-256 of each text. When a word of it changes, its version must, and this with it: the number in
a receipt then always means the same words."""


def agreed(version, tongue):
    return consent_text(version, tongue, minutes=30, purpose=say("purpose_age", tongue))


def test_a_version_means_the_same_words_for_ever():
    found = {v: {t: hashlib.sha256(agreed(v, t).encode()).hexdigest()[:16] for t in TABLES} for v in NOTICES}
    assert found == AGREED


@pytest.mark.parametrize("tongue", TABLES)
@pytest.mark.parametrize("version", NOTICES)
def test_the_text_that_is_agreed_to_is_whole(version, tongue):
    text = agreed(version, tongue)
    assert all(re.split(r"[{}]", say(key, tongue))[0] in text for key in NOTICES[version] if key)
    assert "{" not in text
    assert "30" in text


def test_what_is_shown_before_the_button_is_what_is_agreed_to():
    shown = set(re.findall(r"<(?:h2|h3|p)>([^<]+)</", _text("en")))
    said = set(agreed(STUDIO_NOTICE, "en").split("\n"))
    assert shown <= {escape(line) for line in said}
    rest = said - {unescape(line) for line in shown} - {""}
    assert rest == {
        *(say(f"purpose_{purpose}") for purpose in OFFERED),
        *(say(f"agree_{name}") for name in ("purposes", "me", "adult", "button")),
    }


def test_the_same_of_the_page_that_a_command_opens(tmp_path):
    guard, _ = build(7996, Home.open(tmp_path), page=lambda api, desk: api.include_router(_routes(desk, [Purpose.AGE])))
    client = TestClient(guard, base_url="http://127.0.0.1:7996", headers={"accept-language": "zh-CN"})
    page = unescape(client.get("/", params={"t": guard.token}).text)
    assert '<html lang="zh">' in page
    assert all(line in page for line in agreed(COMMAND_NOTICE, "zh").split("\n"))


def test_only_what_can_be_done_today_is_offered_and_there_are_words_for_all():
    assert {str(purpose) for purpose in CHANGES} == {name for name in PURPOSES if "+" not in name}
    assert set(OFFERED) - set(CHANGES) == {Purpose.VIDEO, Purpose.MIRROR, Purpose.MODEL}
    assert all(f"fact_what_{name}" in EN for name in PURPOSES)
    assert all(f"purpose_{purpose}" in EN for purpose in Purpose)


def syllables(word):
    """Roughly: groups of vowels, a silent e at the end left out."""
    return max(1, len(re.findall(r"[aeiouy]+", re.sub(r"(?<=[^l\W])e$", "", word))))


def grade(text):
    """The Flesch-Kincaid grade: American school years; at the end of the sixth, a child is 12."""
    sentences = [one for one in re.split(r"[.!?\n]+", text) if one.strip()]
    words = re.findall(r"[a-z]+", text.lower())
    return 0.39 * len(words) / len(sentences) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def test_the_measure_of_plain_words_tells_plain_from_not():
    assert grade("The cat sat on the mat. It was warm.") < 2
    assert grade("Processing is predicated upon the unambiguous authorisation of the biometric principal.") > 15


@pytest.mark.parametrize("version", NOTICES)
def test_a_child_of_twelve_can_read_it(version):
    keys = [key for key in NOTICES[version] if key.startswith("agree_") and len(EN[key]) > 60]
    assert len(keys) >= 4
    for key in keys:
        assert grade(say(key, "en", minutes=30)) < 6, key
        assert max(len(one.split()) for one in re.split(r"[.:]", EN[key])) <= 22, key


# --- the live check ---------------------------------------------------------------------------------------------------


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
